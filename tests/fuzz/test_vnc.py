# SPDX-License-Identifier: MIT
# timeout: 900
"""A VNC server fed with what no client sends: messages of every type with wrong lengths, formats and
rectangles, plain and in WebSocket frames, cut and mangled; and HMP lines of random bytes. Between them a
proper client must still get its picture.

    FUZZ_SECONDS=3600 FUZZ_SEED=7 EMU=build/asan/emu python3 tests/fuzz/test_vnc.py
"""
import os
import random
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'monitor'))
import monlib  # noqa: E402  (needs the path above)
from monlib import Failed, Machine, check  # noqa: E402

SECONDS = float(os.environ.get('FUZZ_SECONDS', 5))
SEED = int(os.environ.get('FUZZ_SEED', random.randrange(1 << 30)))
EDGES = [0, 1, 7, 8, 15, 16, 24, 31, 32, 33, 255, 256, 640, 32767, 32768, 65535]
ENCODINGS = [0, 1, 2, 4, 5, 6, 7, 8, 9, 15, 16, 17, -223, -224, -232, -239, -240, -247, -256, -260,
             -305, -307, -308, -309, 0xfffe0001 - (1 << 32), 0xfffe0000 - (1 << 32), 0x574d5664,
             -1063131698]
KEYS = [0x20, 0x41, 0xff0d, 0xffe1, 0xffe3, 0xffe9, 0x31, 0x32, 0x39, 0xffff, 0, 0xffffffff]
UPGRADE = (b'GET /websockify HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
           b'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: binary\r\n'
           b'Origin: http://x\r\nSec-WebSocket-Version: 13\r\n\r\n')


def edge(rng, bits):
    return (rng.choice(EDGES) if rng.random() < 0.7 else rng.randrange(1 << bits)) % (1 << bits)


def message(rng):
    kind = rng.randrange(9)
    if kind == 0: # SetPixelFormat
        good = (32, 24, 0, 1, 255, 255, 255, 16, 8, 0)
        odd = (edge(rng, 8), edge(rng, 8), rng.randrange(2), rng.randrange(2), edge(rng, 16),
               edge(rng, 16), edge(rng, 16), edge(rng, 8), edge(rng, 8), edge(rng, 8))
        return struct.pack('>BxxxBBBBHHHBBBxxx', 0, *(good if rng.random() < 0.5 else odd))
    if kind == 1: # SetEncodings
        list_ = [rng.choice(ENCODINGS) for _ in range(rng.randrange(12))]
        count = len(list_) if rng.random() < 0.8 else edge(rng, 16)
        return struct.pack('>BxH', 2, count) + b''.join(struct.pack('>i', e) for e in list_)
    if kind in (2, 3): # FramebufferUpdateRequest
        return struct.pack('>BBHHHH', 3, rng.randrange(3), *(edge(rng, 16) for _ in range(4)))
    if kind == 4:
        return struct.pack('>BBxxI', 4, rng.randrange(3), rng.choice(KEYS))
    if kind == 5:
        return struct.pack('>BBHH', 5, edge(rng, 8), edge(rng, 16), edge(rng, 16))
    if kind == 6: # ClientCutText
        text = bytes(rng.randrange(256) for _ in range(rng.randrange(40)))
        size = len(text) if rng.random() < 0.6 else rng.choice([1 << 20, 1 << 31, (1 << 32) - 1, 5])
        return struct.pack('>BxxxI', 6, size) + text
    if kind == 7: # extensions: xvp, SetDesktopSize, fences, file transfer of UltraVNC, scale
        return bytes([rng.choice([7, 8, 9, 10, 11, 15, 248, 250, 251, 255])]) + bytes(
            rng.choice([0, 1, 255]) for _ in range(rng.randrange(24)))
    return bytes(rng.randrange(256) for _ in range(rng.randrange(30)))


def mangle(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data) + 1)
        if rng.random() < 0.5:
            data[at:at + rng.randrange(9)] = bytes(rng.randrange(256) for _ in range(rng.randrange(9)))
        elif at < len(data):
            data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


def frame(rng, data):
    """A WebSocket frame, often with a wrong head."""
    first = 0x82 if rng.random() < 0.8 else rng.randrange(256)
    size, mask = len(data), 0x80 if rng.random() < 0.9 else 0
    if rng.random() < 0.1:
        size = rng.choice([0, 125, 126, 65535, 65536, (1 << 63) - 1, (1 << 64) - 1])
    head = bytes([first, mask | size]) if size < 126 else (
        struct.pack('>BBH', first, mask | 126, size) if size < 65536 else
        struct.pack('>BBQ', first, mask | 127, size))
    key = bytes(rng.randrange(256) for _ in range(4))
    return head + (key + bytes(b ^ key[i % 4] for i, b in enumerate(data)) if mask else data)


class Peer:
    def __init__(self, port):
        self.s = socket.create_connection(('127.0.0.1', port), timeout=monlib.LIMIT)

    def read(self, n):
        out = b''
        while len(out) < n:
            part = self.s.recv(n - len(out))
            if not part:
                raise ConnectionError('hung up')
            out += part
        return out

    def drain(self):
        while select.select([self.s], [], [], 0)[0] and self.s.recv(1 << 16):
            pass

    def proper(self):
        """What a client has to do, up to a whole picture."""
        self.read(12)
        self.s.sendall(b'RFB 003.008\n')
        self.read(self.read(1)[0])
        self.s.sendall(b'\x01')
        check(self.read(4) == bytes(4), 'a proper client is refused')
        self.s.sendall(b'\x01')
        width, height = struct.unpack('>HH', self.read(4))
        self.read(16)
        self.read(struct.unpack('>I', self.read(4))[0])
        self.s.sendall(struct.pack('>BxHi', 2, 1, 0))
        self.s.sendall(struct.pack('>BBHHHH', 3, 0, 0, 0, width, height))
        left = width * height
        while left > 0:
            while self.read(1)[0] != 0:
                pass
            for _ in range(struct.unpack('>xH', self.read(3))[0]):
                w, h = struct.unpack('>4xHH4x', self.read(12))
                self.read(w * h * 4)
                left -= w * h


def session(rng, port):
    peer = Peer(port)
    web = rng.random() < 0.3
    try:
        if web:
            peer.s.sendall(UPGRADE if rng.random() < 0.8 else mangle(rng, UPGRADE))
        hello = b'RFB 003.00%d\n' % rng.choice([3, 7, 8, 9])
        parts = [hello, b'\x01', bytes([rng.randrange(2)])]
        parts += [message(rng) for _ in range(rng.randrange(20))]
        for part in parts:
            part = mangle(rng, part) if rng.random() < 0.1 else part
            peer.s.sendall(frame(rng, part) if web else part)
            if rng.random() < 0.3:
                peer.drain()
    except (ConnectionError, BrokenPipeError):
        pass
    finally:
        peer.s.close()


def hmp(rng, s):
    line = bytes(rng.choice([rng.randrange(256), rng.randrange(0x20, 0x7f), 0x1b, 0x5b, 0x7f, 9])
                 for _ in range(rng.randrange(30)))
    line = line if rng.random() < 0.8 else b'change vnc password' + line[:3]
    if b'q' not in line: # quit
        s.sendall(line + b'\x03\r\x15\r')
    while select.select([s], [], [], 0)[0]:
        check(s.recv(1 << 16), 'the monitor hung up')


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def fuzz():
    rng = random.Random(SEED)
    rounds, end = 0, time.monotonic() + SECONDS
    port, monitor = free_port(), free_port()
    with Machine('-m', '16', '-vnc', f'127.0.0.1:{port - 5900},password=off', '-no-shutdown',
                 '-monitor', f'tcp:127.0.0.1:{monitor},server=on,wait=off',
                 display=False) as machine:
        machine.qmp().close()
        try:
            person = socket.create_connection(('127.0.0.1', monitor), timeout=monlib.LIMIT)
            while time.monotonic() < end:
                hmp(rng, person)
                session(rng, port)
                rounds += 1
                if rounds % 10 == 0:
                    proper = Peer(port)
                    proper.proper()
                    proper.s.close()
            machine.alive()
            qmp = machine.qmp()
            qmp.command('quit')
            machine.wait()
        except (Failed, OSError, struct.error) as error:
            raise Failed(f'seed {SEED}, session {rounds}, status {machine.process.poll()}: {error!r}\n'
                         f'{machine.stderr()[-4000:]}') from None
    print(f'{rounds} sessions in {SECONDS:.0f} s, seed {SEED}')
    check(rounds > 3, 'hardly a session was made')


monlib.main(fuzz)
