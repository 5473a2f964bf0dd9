# SPDX-License-Identifier: MIT
# timeout: 600
"""The gdb server without gdb: odd, broken and random packets, clients that vanish, the way out."""
import os
import random
import socket

import gdblib
from gdblib import bootlib

SEED = int(os.environ.get('EMU_SEED', random.randrange(1 << 32)))


class Client:
    def __init__(self, path):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.connect(path)
        self.s.settimeout(60)
        self.data = b''

    def raw(self, data):
        self.s.sendall(data)

    def send(self, body):
        if isinstance(body, str):
            body = body.encode()
        self.raw(b'$' + body + b'#%02x' % (sum(body) & 255))

    def answer(self):
        while True:
            start = self.data.find(b'$')
            end = self.data.find(b'#', start)
            if start >= 0 and 0 <= end <= len(self.data) - 3:
                body, self.data = self.data[start + 1:end], self.data[end + 3:]
                try:
                    self.raw(b'+')
                except BrokenPipeError:
                    pass        # it ended, as it was asked to
                return body.decode('latin-1')
            more = self.s.recv(65536)
            if not more:
                raise bootlib.Failed('the server hung up')
            self.data += more

    def ask(self, body):
        self.send(body)
        return self.answer()


def check(name, got, want):
    if got != want:
        raise bootlib.Failed(f'{name}: {got!r} instead of {want!r}')


def guest(path, *more):
    return bootlib.Guest('-hda', bootlib.guest_bin('bootsect'), '-snapshot', '-gdb', f'unix:{path}',
                         '-smp', '2', *more)


def wait_for(g, path):
    for _ in range(3000):
        try:
            return Client(path)
        except (FileNotFoundError, ConnectionRefusedError):
            g._read(0.02)   # not there, or bound and not listening yet
    g.fail('no socket')


def test_answers():
    path = gdblib.socket_path('p')
    with guest(path, '-S') as g:
        c = wait_for(g, path)
        for ask, want in [
                ('?', 'T05thread:01;'), ('qC', 'QC01'), ('qAttached', '1'), ('Hg2', 'OK'),
                ('Hg3', 'E16'), ('Hc-1', 'OK'), ('T2', 'OK'), ('T3', 'E16'), ('Hg0', 'OK'),
                ('qfThreadInfo', 'm01,02'), ('qsThreadInfo', 'l'), ('vMustReplyEmpty', ''),
                ('zz', 'E16'), ('Z9,0,1', ''), ('Z2,0,0', 'E16'),
                ('Z2,fffffffffffffff0,20', 'E16'),
                ('Z0,7c00,1', 'OK'), ('Z0,7c00,1', 'OK'), ('z0,7c00,1', 'OK'), ('z0,7c00,1', 'OK'),
                ('p99999', 'E16'), ('P10=', 'E16'), ('m0', 'E16'), ('M0,4:00', 'E16'),
                ('md0000000,4', 'E0e'), ('G00', 'E16'), ('vCont;x', 'E16'), ('vCont', 'E16'),
                ('vCont;s:9', 'E16'), ('qXfer:features:read:no.xml:0,10', 'E00'),
                ('Qqemu.PhyMemMode:1', 'OK'), ('M5000,4:01020304', 'OK'), ('m5000,4', '01020304'),
                (b'X5000,3:\x07}\x03\x08', 'OK'), ('m5000,4', '07230804'),
                ('Mfffffff0,1:00', 'E0e'), ('Qqemu.PhyMemMode:2', 'E16'),
                ('Qqemu.PhyMemMode:0', 'OK')]:
            check(ask, c.ask(ask), want)
        c.send('g')
        regs = c.answer()
        check('G what g gave', c.ask('G' + regs), 'OK')
        check('g again', c.ask('g')[:len(regs) - 16], regs[:-16])   # the TSC is the last
        c.ask('Z0,7c00,1')
        check('continue to the boot sector', c.ask('vCont;c'), 'T05thread:01;swbreak:;')
        # Still there, and the client does not step: over it, to the end of time.
        c.send('vCont;c')
        c.raw(b'\x03')
        check('the break byte', c.answer()[:10], 'T02thread:')
        check('text of a monitor command', c.ask('qRcmd,' + b'info status'.hex())[0], 'O')
        check('end of it', c.answer(), 'OK')
        c.send('k')
        g.wait(0)


def test_reconnect():
    path = gdblib.socket_path('r')
    with guest(path) as g:
        for _ in range(5):
            c = wait_for(g, path)
            c.ask('?')
            c.ask('Z0,7c00,1')
            c.send('vCont;c')
            c.s.close()         # in mid-run, with a breakpoint
        c = wait_for(g, path)
        check('detach', c.ask('D'), 'OK')
        c.s.close()
        c = wait_for(g, path)
        c.ask('?')
        c.send('vKill;1')
        check('kill', c.answer(), 'OK')
        g.wait(0)


def test_random():
    rng = random.Random(SEED)
    path = gdblib.socket_path('f')
    # 3f (a question mark) keeps random letters from being the monitor's q, which quits.
    heads = [b'?', b'H', b'Hg', b'T', b'g', b'G', b'p', b'P', b'm', b'M', b'X', b'Z', b'z', b'q', b'Q',
             b'v', b'vCont;', b'qXfer:features:read:target.xml:', b'qRcmd,3f', b'qThreadExtraInfo,', b'!',
             b'Qqemu.PhyMemMode:', b'qSupported', b'R', b'i', b'vFile:', b'']
    letters = b'0123456789abcdef,:;=-#$}*\x03\xff csSr'
    with guest(path, '-S') as g:
        c = wait_for(g, path)
        for _ in range(4000):
            body = bytearray(rng.choice(heads))
            body += bytes(rng.choice(letters) for _ in range(rng.choice((0, 1, 3, 9, 30))))
            if rng.random() < 0.02:
                body += b'a' * rng.randrange(40000)
            if rng.random() < 0.8:
                body = body.replace(b'#', b'').replace(b'$', b'').replace(b'\x03', b'')
                c.send(bytes(body))
            else:
                c.raw(b'$' + bytes(body))
            c.s.setblocking(False)
            try:
                c.s.recv(1 << 20)
            except BlockingIOError:
                pass
            c.s.settimeout(60)
        c.s.close()
        c = wait_for(g, path)
        check(f'alive (seed {SEED})', c.ask('?')[:1], 'T')
        c.send('k')
        g.wait(0)


bootlib.main(test_answers, test_reconnect, test_random)
