# SPDX-License-Identifier: MIT
# timeout: 120
"""A VNC client (RFB 3.8, raw encoding) sees the guest's picture and types."""
import os
import socket
import struct
import subprocess
import sys
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
WORK = f'{BUILD}/ui/vnc'


class Client:
    def __init__(self, port):
        end = time.monotonic() + 20
        while True:
            try:
                self.s = socket.create_connection(('127.0.0.1', port), timeout=20)
                break
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        assert self.read(12).startswith(b'RFB 003.')
        self.s.sendall(b'RFB 003.008\n')
        assert 1 in self.read(self.read(1)[0]), 'the server wants a password'
        self.s.sendall(b'\x01')
        assert self.read(4) == bytes(4)
        self.s.sendall(b'\x01')
        self.width, self.height = struct.unpack('>HH', self.read(4))
        self.read(16)
        self.read(struct.unpack('>I', self.read(4))[0])
        # 32 bits, little-endian, red at 16; raw and DesktopSize
        self.s.sendall(struct.pack('>BxxxBBBBHHHBBBxxx', 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self.s.sendall(struct.pack('>BxHii', 2, 2, 0, -223))

    def read(self, n):
        out = b''
        while len(out) < n:
            part = self.s.recv(n - len(out))
            assert part, 'the server hung up'
            out += part
        return out

    def key(self, sym, down):
        self.s.sendall(struct.pack('>BBxxI', 4, down, sym))

    def update(self):
        """Asks for everything; returns the picture as R G B, None when the size changed."""
        self.s.sendall(struct.pack('>BBHHHH', 3, 0, 0, 0, self.width, self.height))
        while self.read(1)[0] != 0:
            pass
        rows = [None] * self.height
        changed = False
        for _ in range(struct.unpack('>xH', self.read(3))[0]):
            x, y, w, h, kind = struct.unpack('>HHHHi', self.read(12))
            if kind == -223:
                self.width, self.height, changed = w, h, True
                continue
            data = self.read(w * h * 4)
            for row in range(h):
                line = data[row * w * 4:(row + 1) * w * 4]
                out = bytearray(3 * w)
                out[0::3], out[1::3], out[2::3] = line[2::4], line[1::4], line[0::4]
                if not changed and (x, w) == (0, self.width):
                    rows[y + row] = bytes(out)
        return None if changed or None in rows else b''.join(rows)


def main():
    known = subprocess.run([EMU, '-display', 'help'], capture_output=True, text=True).stdout
    if '\nvnc ' not in known:
        print('this emu was built without LibVNCServer')
        sys.exit(77)
    os.makedirs(WORK, exist_ok=True)
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        port = s.getsockname()[1]
    keys, shot = f'{WORK}/keys', f'{WORK}/screen.ppm'
    if os.path.exists(keys):
        os.remove(keys)
    emu = subprocess.Popen(
        [EMU, '-m', '16', '-drive', f'file={BUILD}/guests/screen.bin,format=raw,snapshot=on',
         '-vnc', f':{port - 5900}', '-debugcon', f'file:{keys}', '-net', 'none',
         '-screenshot-on-exit', shot], stdin=subprocess.DEVNULL)

    def codes():
        if not os.path.exists(keys):
            return []
        with open(keys) as f:
            return f.read().split()

    try:
        client = Client(port)
        end = time.monotonic() + 60
        while 'ok' not in codes():
            assert time.monotonic() < end, 'the guest does not answer'
            client.key(0x31, 1)
            client.key(0x31, 0)
            time.sleep(0.2)
        time.sleep(1)
        before = len(codes())
        for sym in (0x41, 0xffe1, 0x21, 0xff52):  # A, Shift_L with !, Up
            client.key(sym, 1)
        for sym in (0x41, 0x21, 0xffe1, 0xff52):
            client.key(sym, 0)
        wanted = '2a 1e aa 2a 02 ok e0 48 9e 82 aa e0 c8'.split()
        while len(codes()) < before + len(wanted) and time.monotonic() < end:
            time.sleep(0.05)
        got = codes()[before:]
        assert got == wanted, f'the guest got {got}, expected {wanted}'
        for sym in (0x31, 0x33):
            client.key(sym, 1)
            client.key(sym, 0)
            time.sleep(1)
        picture = None
        for _ in range(20):
            picture = client.update()
            if picture and client.width == 640:
                break
            time.sleep(0.2)
        assert picture, 'no whole picture came'
    finally:
        emu.terminate()
        status = emu.wait(20)
    assert status == 0, f'emu ended with status {status}'
    with open(shot, 'rb') as f:
        data = f.read()
    assert data.split(None, 3)[1:3] == [b'%d' % client.width, b'%d' % client.height]
    assert data[-len(picture):] == picture, 'the picture is not the guest\'s'
    print('ok')


main()
