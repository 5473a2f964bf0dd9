# SPDX-License-Identifier: MIT
# timeout: 300
"""VNC clients see the guest's picture and type: one written here (RFB 3.8, raw encoding, plain and
over a WebSocket), gvnccapture, and noVNC in a headless Chromium where these are installed."""
import functools
import http.server
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import zlib

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
WORK = f'{BUILD}/ui/vnc'
NOVNC = '/usr/share/novnc'
STEP = 60   # only ends what hangs
SECRET = 'gHeim!7'
sys.path += [f'{SOURCE}/tests/ui', f'{SOURCE}/tests/monitor', f'{SOURCE}/tests/boot', f'{SOURCE}/tests/lib']
import monlib  # noqa: E402  (after the path)
from websocket import TEXT, WebSocket  # noqa: E402  (after the path)


class Failed(Exception):
    pass


def until(what, test):
    end = time.monotonic() + STEP
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f'still waiting for {what} after {STEP} s')
        time.sleep(0.05)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def des(key, data):
    """One key of VNC's: eight bytes, each with its bits reversed."""
    key = bytes(int(f'{b:08b}'[::-1], 2) for b in key.encode().ljust(8, b'\0')[:8])
    return subprocess.run(['openssl', 'enc', '-des-ecb', '-K', key.hex(), '-nopad', '-provider',
                           'legacy', '-provider', 'default'], input=data, check=True,
                          capture_output=True).stdout


class Client:
    def __init__(self, port, password=None, web=False):
        self.s = until('the server', functools.partial(self.connect, port, web))
        assert self.read(12).startswith(b'RFB 003.')
        self.s.sendall(b'RFB 003.008\n')
        self.kinds = set(self.read(self.read(1)[0]))
        kind = 2 if password is not None else 1
        if kind not in self.kinds:
            raise Failed(f'security types {self.kinds} instead of {kind}')
        self.s.sendall(bytes([kind]))
        if kind == 2:
            self.s.sendall(des(password, self.read(16)))
        if self.read(4) != bytes(4):
            raise PermissionError('refused')
        self.s.sendall(b'\x01')
        self.width, self.height = struct.unpack('>HH', self.read(4))
        self.read(16)
        self.read(struct.unpack('>I', self.read(4))[0])
        # 32 bits, little-endian, red at 16; raw and DesktopSize
        self.s.sendall(struct.pack('>BxxxBBBBHHHBBBxxx', 0, 32, 24, 0, 1, 255, 255, 255, 16, 8, 0))
        self.s.sendall(struct.pack('>BxHii', 2, 2, 0, -223))

    def connect(self, port, web):
        try:
            if web:
                return WebSocket('127.0.0.1', port, '/websockify', 'binary')
            if isinstance(port, str):
                s = socket.socket(socket.AF_UNIX)
                s.settimeout(20)
                s.connect(port)
                return s
            return socket.create_connection(('127.0.0.1', port), timeout=20)
        except (ConnectionRefusedError, FileNotFoundError):
            return None

    def read(self, n):
        out = b''
        while len(out) < n:
            part = self.s.recv(n - len(out))
            assert part, 'the server hung up'
            out += part
        return out

    def key(self, sym, down):
        self.s.sendall(struct.pack('>BBxxI', 4, down, sym))

    def type(self, text):
        for c in text:
            sym = 0xff0d if c == '\n' else ord(c)
            self.key(sym, 1)
            self.key(sym, 0)
            time.sleep(0.02)    # a keyboard's queue is short

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


class Emu:
    """The guest tests/guests/screen.asm."""
    def __init__(self, label, options='', path=None, more=()):
        os.makedirs(WORK, exist_ok=True)
        self.port = path or free_port()
        address = f'unix:{path}' if path else f':{self.port - 5900}'
        self.keys, self.shot = f'{WORK}/{label}.keys', f'{WORK}/{label}.ppm'
        for path in (self.keys, self.shot):
            if os.path.exists(path):
                os.remove(path)
        self.process = subprocess.Popen(
            [EMU, '-m', '16', '-drive', f'file={BUILD}/guests/screen.bin,format=raw,snapshot=on',
             *more, '-vnc', address + options, '-debugcon', f'file:{self.keys}', '-net',
             'none', '-screenshot-on-exit', self.shot], stdin=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.terminate()
        status = self.process.wait(STEP)
        if kind is None and status != 0:
            raise Failed(f'emu ended with status {status}')

    def codes(self):
        if not os.path.exists(self.keys):
            return []
        with open(self.keys) as f:
            return f.read().split()

    def until_guest_answers(self, client):
        def answers():
            client.key(0x31, 1)
            client.key(0x31, 0)
            time.sleep(0.2)
            return 'ok' in self.codes()
        until('the guest', answers)
        time.sleep(1)

    def picture(self):
        """What emu itself saved at its end: width, height, pixels."""
        with open(self.shot, 'rb') as f:
            data = f.read()
        width, height = map(int, data.split(None, 3)[1:3])
        return width, height, data[-width * height * 3:]


def whole_picture(client):
    return until('a whole picture', client.update)


def compare(what, emu, width, height, pixels):
    w, h, wanted = emu.picture()
    if (w, h) != (width, height):
        raise Failed(f'{what}: {width}x{height}, the guest has {w}x{h}')
    if pixels != wanted:
        bad = next(i for i in range(len(wanted)) if wanted[i] != pixels[i]) // 3
        raise Failed(f'{what}: not the guest\'s picture at {bad % w},{bad // w}')


def sees_and_types(web=False):
    with Emu('web' if web else 'plain') as emu:
        client = Client(emu.port, web=web)
        emu.until_guest_answers(client)
        before = len(emu.codes())
        for sym in (0x41, 0xffe1, 0x21, 0xff52):  # A, Shift_L with !, Up
            client.key(sym, 1)
        for sym in (0x41, 0x21, 0xffe1, 0xff52):
            client.key(sym, 0)
        wanted = '2a 1e aa 2a 02 ok e0 48 9e 82 aa e0 c8'.split()
        until('the keys', lambda: len(emu.codes()) >= before + len(wanted))
        got = emu.codes()[before:]
        if got != wanted:
            raise Failed(f'the guest got {got}, expected {wanted}')
        for sym in (0x31, 0x33):
            client.key(sym, 1)
            client.key(sym, 0)
            time.sleep(1)
        until('the new size', lambda: client.update() is not None and client.width == 640)
        pixels = whole_picture(client)
    compare('RFB', emu, client.width, client.height, pixels)


def plain():
    sees_and_types()


def web():
    sees_and_types(web=True)


def password():
    with Emu('password', f',password={SECRET}') as emu:
        try:
            Client(emu.port)
            raise Failed('no password was asked for')
        except Failed as e:
            if '{2}' not in str(e):
                raise
        try:
            Client(emu.port, 'wrong')
            raise Failed('a wrong password was taken')
        except PermissionError:
            pass
        until('a picture', Client(emu.port, SECRET).update)


def refused(port, secret):
    try:
        Client(port, secret)
    except PermissionError:
        return
    raise Failed(f'{secret} was taken')


def later_password():
    """On a UNIX socket, with a password that the monitor gives, changes and lets expire."""
    with tempfile.TemporaryDirectory() as folder:
        path = f'{folder}/screen'
        with Emu('unix', ',password=on', path,
                 ('-qmp', f'unix:{folder}/qmp,server=on,wait=off')):
            refused(path, '')
            qmp = monlib.Qmp(f'{folder}/qmp')
            server = qmp.command('query-vnc')
            got = [server[k] for k in ('enabled', 'host', 'family', 'auth', 'clients')]
            if got != [True, path, 'unix', 'vnc', []]:
                raise Failed(f'query-vnc: {server}')
            qmp.command('set_password', protocol='vnc', password=SECRET)
            refused(path, 'wrong')
            client = Client(path, SECRET)
            pixels = until('a picture', client.update)
            if len(pixels) != client.width * client.height * 3:
                raise Failed('half a picture')
            until('the client', lambda: len(qmp.command('query-vnc')['clients']) == 1)
            qmp.hmp('change vnc password other')
            refused(path, SECRET)
            Client(path, 'other')
            qmp.command('expire_password', protocol='vnc', time='now')
            refused(path, 'other')
            qmp.command('expire_password', protocol='vnc', time='+1000')
            Client(path, 'other')
            until('another picture', client.update)
        if os.path.exists(path):
            raise Failed('the socket is left behind')


def loopback():
    """Nobody else may connect unless asked for."""
    with Emu('loopback') as emu:
        Client(emu.port)
        with open('/proc/net/tcp') as f:
            rows = [line.split() for line in f][1:]
        heard = {row[1].split(':')[0] for row in rows
                 if row[3] == '0A' and int(row[1].split(':')[1], 16) == emu.port}
        if heard != {'0100007F'}:
            raise Failed(f'listening on {heard}')


def read_png(data):
    """Eight bits, RGB or RGBA, no interlace: width, height, pixels as R G B."""
    at, packed = 8, b''
    while at < len(data):
        n, kind = struct.unpack('>I4s', data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        if kind == b'IHDR':
            width, height, depth, colour = struct.unpack('>IIBB', body[:10])
        packed += body if kind == b'IDAT' else b''
        at += n + 12
    assert depth == 8 and colour in (2, 6), (depth, colour)
    bpp = 3 if colour == 2 else 4
    raw, line, out = zlib.decompress(packed), bytes(width * bpp), bytearray()
    for y in range(height):
        kind = raw[y * (width * bpp + 1)]
        row = bytearray(raw[y * (width * bpp + 1) + 1:(y + 1) * (width * bpp + 1)])
        for i in range(len(row) if kind else 0):
            a, b = row[i - bpp] if i >= bpp else 0, line[i]
            c = line[i - bpp] if i >= bpp else 0
            if kind == 4:
                p = a + b - c
                near = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))
                row[i] = (row[i] + near[2]) & 255
            else:
                row[i] = (row[i] + (0, a, b, (a + b) // 2)[kind]) & 255
        line = bytes(row)
        rgb = bytearray(3 * width)
        rgb[0::3], rgb[1::3], rgb[2::3] = line[0::bpp], line[1::bpp], line[2::bpp]
        out += rgb
    return width, height, bytes(out)


def gvnccapture():
    if not shutil.which('gvnccapture'):
        return 'not installed'
    with Emu('capture') as emu:
        emu.until_guest_answers(Client(emu.port))
        path = f'{WORK}/capture.png'
        subprocess.run(['gvnccapture', '-q', f'127.0.0.1:{emu.port - 5900}', path], check=True,
                       timeout=STEP)
    with open(path, 'rb') as f:
        compare('gvnccapture', emu, *read_png(f.read()))
    return None


def grub_prompt():
    """A line typed at GRUB's prompt, and what GRUB answers."""
    import bootlib
    import grub
    os.makedirs(f'{WORK}/disk/boot/grub', exist_ok=True)
    with open(f'{WORK}/disk/boot/grub/grub.cfg', 'w') as f:
        f.write('terminal_output console serial\nserial --unit=0\n'
                'terminal_output console serial\n')
    bootlib.WORK = WORK
    image = grub.disk(f'{WORK}/grub.img', f'{WORK}/disk', 16)
    port, serial, text = free_port(), f'{WORK}/grub.serial', f'{WORK}/grub.txt'
    with open(serial, 'wb'):
        pass
    emu = subprocess.Popen([EMU, '-m', '64', '-hda', image, '-vnc', f':{port - 5900}', '-serial',
                            f'file:{serial}', '-net', 'none', '-screentext-on-exit', text],
                           stdin=subprocess.DEVNULL)

    def said():
        with open(serial, errors='replace') as f:
            return re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', f.read())
    try:
        client = Client(port)
        until('the prompt', lambda: 'grub>' in said())
        client.type('echo typed-by-$prefix-over-VNC "(~!@#%^&*_+)"\n')
        until('GRUB\'s answer',
              lambda: re.search(r'typed-by-\(hd0,msdos1\)\S+-over-VNC \(~!@#%\^&\*_\+\)', said()))
    finally:
        emu.terminate()
        emu.wait(STEP)
    with open(text) as f:
        if 'typed-by-(hd0,msdos1)' not in f.read():
            raise Failed('the answer is not on the screen')


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Chromium:
    """Driven by the DevTools protocol."""
    def __init__(self, url):
        profile = f'{WORK}/chromium'
        shutil.rmtree(profile, ignore_errors=True)
        self.process = subprocess.Popen(
            ['chromium', '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
             '--remote-debugging-port=0', f'--user-data-dir={profile}', '--window-size=1024,800',
             '--no-first-run', '--remote-allow-origins=*', 'about:blank'],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = f'{profile}/DevToolsActivePort'
        until('Chromium', lambda: os.path.exists(found) and open(found).read().count('\n'))
        port = int(open(found).readline())
        request = urllib.request.Request(f'http://127.0.0.1:{port}/json/new?{urllib.parse.quote(url)}', method='PUT')
        with urllib.request.urlopen(request, timeout=STEP) as f:
            target = json.load(f)['webSocketDebuggerUrl']
        self.socket = WebSocket('127.0.0.1', port, target.split(str(port), 1)[1], timeout=STEP)
        self.n = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def do(self, method, **params):
        self.n += 1
        self.socket.send(json.dumps({'id': self.n, 'method': method, 'params': params}).encode(),
                         TEXT)
        while True:
            answer = json.loads(self.socket.message())
            if answer.get('id') == self.n:
                return answer.get('result', answer)

    def value(self, script):
        return self.do('Runtime.evaluate', expression=script, awaitPromise=True,
                       returnByValue=True).get('result', {}).get('value')


def novnc():
    if not shutil.which('chromium') or not os.path.exists(f'{NOVNC}/vnc_lite.html'):
        return 'novnc or chromium is not installed'
    files = http.server.ThreadingHTTPServer(
        ('127.0.0.1', 0), functools.partial(Quiet, directory=NOVNC))
    threading.Thread(target=files.serve_forever, daemon=True).start()
    with Emu('novnc') as emu:
        emu.until_guest_answers(Client(emu.port))
        url = (f'http://127.0.0.1:{files.server_port}/vnc_lite.html?host=127.0.0.1&port={emu.port}'
               '&path=websockify')
        with Chromium(url) as browser:
            until('noVNC', lambda: browser.value('document.querySelector("canvas")?.width') == 720)
            before = len(emu.codes())
            browser.value('document.querySelector("canvas").focus()')
            for what in ('keyDown', 'keyUp'):
                browser.do('Input.dispatchKeyEvent', type=what, key='z', code='KeyZ', text='z',
                           windowsVirtualKeyCode=90)
            until('the key', lambda: emu.codes()[before:] == ['2c', 'ac'])
            time.sleep(1)
            script = '''(() => { const c = document.querySelector("canvas");
                const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
                let s = ""; for (let i = 0; i < d.length; i++) if (i % 4 != 3)
                s += String.fromCharCode(d[i]); return btoa(s); })()'''
            import base64
            pixels = base64.b64decode(browser.value(script))
    files.shutdown()
    compare('noVNC', emu, 720, 400, pixels)
    return None


def main():
    known = subprocess.run([EMU, '-display', 'help'], capture_output=True, text=True).stdout
    if '\nvnc ' not in known:
        print('this emu was built without LibVNCServer')
        sys.exit(77)
    failed = 0
    for case in (plain, web, password, later_password, loopback, gvnccapture, grub_prompt, novnc):
        if sys.argv[1:] and case.__name__ not in sys.argv[1:]:
            continue
        try:
            why = case()
            print(f'skip {case.__name__}: {why}' if why else f'ok   {case.__name__}')
        except (Failed, AssertionError, OSError, subprocess.SubprocessError) as e:
            failed += 1
            print(f'FAIL {case.__name__}: {e}')
        sys.stdout.flush()
    sys.exit(1 if failed else 0)


main()
