# SPDX-License-Identifier: MIT
# timeout: 600
"""HMP as people use it: on a terminal with editing, completion and history, beside a serial port on
one terminal, on a socket; and every way out gives the terminal back as it was."""
import fcntl
import os
import pty
import re
import signal
import subprocess
import tempfile
import termios

import monlib
from monlib import EMU, LIMIT, Machine, Stream, check, equal

PROMPT = rb'\(qemu\) '
ESCAPES = re.compile(rb'\x1b\[[0-9;]*[A-Za-z]')


def take_terminal():
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


class Terminal:
    """emu on a pseudo terminal of its own."""

    def __init__(self, *args, controlling=True, stderr=False):
        self.master, self.slave = pty.openpty()
        self.before = termios.tcgetattr(self.slave)
        self.process = subprocess.Popen([EMU, '-display', 'none', *args], stdin=self.slave,
                                        stdout=self.slave,
                                        stderr=self.slave if stderr else subprocess.DEVNULL,
                                        start_new_session=True,
                                        preexec_fn=take_terminal if controlling else None)
        self.stream = Stream(self.master)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)

    def type(self, keys):
        os.write(self.master, keys)

    def line(self, keys):
        """Types a line and returns what is printed up to the next prompt, without escapes."""
        self.type(keys)
        return ESCAPES.sub(b'', self.stream.until(PROMPT)).decode(errors='replace')

    def ended(self, status=0):
        equal(self.process.wait(LIMIT), status, 'exit status')
        equal(termios.tcgetattr(self.slave)[:4], self.before[:4], 'the terminal afterwards')


def editing():
    with Terminal('-S', '-monitor', 'stdio') as t:
        t.stream.until(rb"monitor - type 'help'.*?" + PROMPT)
        check('paused (prelaunch)' in t.line(b'info status\r'), 'info status')
        # The cursor goes back and a character is put in; then at the beginning and the end.
        check('0x2a' in t.line(b'prnt 6*7\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[Di\r'), 'insert')
        check('0x2b' in t.line(b'rint 6*7\x01p\x05+1\r'), 'Home and End')
        check('0x2a' in t.line(b'print 6*7xyz\x7f\x7f\x7f\r'), 'backspace')
        check('0x7' in t.line(b'print 9*9\x17print 7\x15print 7\r'), 'erase word, erase line')
        check('0x3' in t.line(b'print 3 garbage\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x1b[D\x0b\r'),
              'kill to the end')
        check('0x5' in t.line(b'print 5\r\n'), 'CR LF is one Enter')
        t.type(b'quit\r')
        t.ended()


def history():
    # A harness' pty is often nobody's controlling terminal.
    with Terminal('-S', '-monitor', 'stdio', controlling=False) as t:
        t.stream.until(PROMPT)
        for n in (b'print 11', b'print 22', b'print 33'):
            t.line(n + b'\r')
        check('0x16' in t.line(b'\x1b[A\x1b[A\r'), 'two up')
        check('0x16' in t.line(b'\x10\r'), 'Ctrl-P: a line moves to the end')
        check('0x2c' in t.line(b'print 44\x1b[A\x1b[B\r'), 'the line that was being typed comes back')
        check("0: 'print 11'" in t.line(b'info history\r'), 'info history')
        t.type(b'q\r')
        t.ended()


def completion():
    with Terminal('-S', '-monitor', 'stdio', '-drive', 'if=ide,media=cdrom,id=thedisc') as t:
        t.stream.until(PROMPT)
        check('emu ' in t.line(b'info vers\t\r'), 'a word behind info')
        text = t.line(b'info m\t')
        check(all(w in text for w in ('mem', 'mice', 'mtree')), f'candidates: {text}')
        t.line(b'\x15\r')
        t.type(b'system_p\t')
        t.stream.until(rb'system_powerdown ')
        t.line(b'\x15\r')
        t.type(b'eject th\t')
        t.stream.until(rb'eject thedisc ')
        t.line(b'\x15\r')
        check('/usr/share/doc/libc6/' in t.line(b'logfile /usr/share/doc/libc6\t'), 'files')
        t.line(b'\x15\r')
        check('did you mean' in t.line(b'sytem_reset\r'), 'a misspelt command')
        t.type(b'q\r')
        t.ended()


def expressions_and_errors():
    cases = {
        'p 1+2*3': '0x7', 'p (1+2)*3': '0x9', 'p /d -5': '-5', 'p ~0': '0xffffffffffffffff',
        'p 0xff&0xf0|1': '0xf1', 'p 10%4': '0x2', "p 'A'": '0x41', 'p/c 65': "'A'",
        'p 1/0': 'division by zero', 'p 1+': 'too early', 'p (1': 'expected',
        'p $nosuch': 'unknown register', 'p $cs': '0xf000', 'p $pc': '0xfffffff0',
        'p ' + '(' * 1000: 'deep', 'p 1 2': 'too much', 'x': 'missing', 'x/4q 0': "'q'",
        'sendkey a-nokey': 'nokey', 'sendkey ' + '-'.join('a' * 40): 'at most',
        'mouse_move a b': 'number', 'eject': 'not found', 'change nodrive x': 'not found',
        'cpu 9': 'processors 0 to 0', 'info nosuch': 'unknown command', 'nosuch': 'unknown command',
        'trace-event nosuch on': 'nosuch', 'log nosuch': 'nosuch', 'o 0x10000 1': 'ports',
        'xp/4xb 0xfffffffffffffff0': 'Cannot access', 'screendump /nowhere/x.ppm': 'nowhere',
        'gpa2hva 0': 'emu does not', 'memsave 0 (-1) f': 'negative', 'help nosuch': 'unknown command',
        'dump-guest-memory /nowhere/x': '/nowhere/x', 'log "unterminated': 'unterminated',
        'sum 0 1': '00000', 'i 0x64': 'portb[0x0064] = ', 'i/w 0xcf8': 'portl[0x0cf8] = ',
    }
    with Machine('-S') as machine:
        qmp = machine.qmp()
        for line, text in cases.items():
            got = qmp.hmp(line)
            check(text in got, f'{line[:40]!r}: {got!r} lacks {text!r}')
        got = qmp.hmp('xp/3i 0xfffffff0')
        check(re.search(r'0xfffffff0:  ea 5b e0 00 f0 +jmp', got), got)
        # Every line of help names a command that help knows, and a bare command never ends emu.
        names = re.findall(r'^([\w-]+)', qmp.hmp('help'), re.M)
        check(len(names) > 30, names)
        for name in names:
            check(name in qmp.hmp(f'help {name}'), name)
            if name not in ('quit', 'system_reset', 'cont'):
                qmp.hmp(name)
                qmp.hmp(f'{name} ' + 'A' * 3000)
                qmp.hmp(f'{name} -1 -1 -1')
        machine.alive()


def mux_with_serial():
    """-nographic: the guest's serial port first, Ctrl-A c for the monitor and back."""
    with Terminal('-nographic', '-boot', 'd') as t:
        t.stream.until(rb'SeaBIOS', limit=LIMIT)
        t.type(b'\x01h')
        t.stream.until(rb'switch between console and monitor')
        t.type(b'\x01c')
        t.stream.until(rb"monitor - type 'help'.*?" + PROMPT)
        check('running' in t.line(b'info status\r'), 'info status')
        check('mux' in t.line(b'info chardev\r'), 'info chardev')
        t.type(b'info stat')
        t.type(b'\x01c\x01c')
        t.stream.until(PROMPT + rb'info stat')
        check('running' in t.line(b'us\r'), 'the line that was half typed')
        t.type(b'\x01x')
        t.ended()


def redox_command_line():
    with Terminal('-chardev', 'stdio,id=debug,signal=off,mux=on,', '-serial', 'chardev:debug', '-mon',
                  'chardev=debug', '-nographic') as t:
        t.type(b'\x01c')
        t.stream.until(rb"monitor - type 'help'.*?" + PROMPT)
        t.type(b'\x03')
        t.stream.until(rb'\^C')
        t.type(b'quit\r')
        t.ended()


def every_way_out_restores_the_terminal():
    for name, how in (('SIGTERM', lambda p: p.send_signal(signal.SIGTERM)),
                      ('SIGINT', lambda p: p.send_signal(signal.SIGINT)),
                      ('SIGHUP', lambda p: p.send_signal(signal.SIGHUP))):
        with Terminal('-S', '-monitor', 'stdio') as t:
            t.stream.until(PROMPT)
            t.line(b'info status\r')
            check(termios.tcgetattr(t.slave)[3] & termios.ICANON == 0, 'raw while it runs')
            how(t.process)
            try:
                t.ended()
            except monlib.Failed as error:
                raise monlib.Failed(f'{name}: {error}') from None
    with Terminal('-S', '-monitor', 'stdio', '-drive', 'file=/no/such/file') as t:
        t.ended(1)
    with Terminal('-monitor', 'stdio', '-no-reboot') as t:
        t.stream.until(PROMPT)
        t.type(b'o 0xcf9 6\r')
        t.ended()


def sockets():
    with Machine('-S', '-monitor', 'unix:hmp.sock,server=on,wait=off') as machine:
        try:
            machine.qmp()
            for _ in range(2): # one client after another
                import socket
                s = socket.socket(socket.AF_UNIX)
                s.connect('hmp.sock')
                stream = Stream(s.fileno())
                stream.until(rb"monitor - type 'help'.*?" + PROMPT)
                s.sendall(b'info name\ninfo status\n')
                stream.until(rb'paused \(prelaunch\)\r\n' + PROMPT)
                s.sendall(b'x/100000xb 0xf0000\n' * 3 + bytes(range(256)) * 20)
                s.close()
            machine.alive()
        finally:
            if os.path.exists('hmp.sock'):
                os.unlink('hmp.sock')


def progress():
    """Where a person waits at a terminal one line says so; to a file nothing is said."""
    with Machine('-vga', 'none', '-S') as machine:
        qmp = machine.qmp()
        qmp.command('cont')
        qmp.command('quit')
        machine.wait()
        check('nothing from the guest' not in machine.stderr(), machine.stderr())
    master, slave = pty.openpty()
    process = subprocess.Popen([EMU, '-vga', 'none', '-display', 'none'], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=slave, start_new_session=True)
    try:
        stream = Stream(master)
        line = rb'\remu: tcg, (\d+ MIPS, )?firmware, [0-9.]+ s, nothing from the guest yet\x1b\[K'
        stream.until(line)
        stream.until(line)
        process.send_signal(signal.SIGTERM)
        stream.until(rb'\r\x1b\[Kemu: terminated by a signal\r\n')
        equal(process.wait(LIMIT), 0, 'exit status')
    finally:
        process.kill()
        process.wait()
        os.close(master)
        os.close(slave)
    # A terminal that the guest writes to is the guest's.
    with Terminal('-nographic', stderr=True) as t:
        text = t.stream.until(rb'SeaBIOS.*Booting')
        check(b'nothing from' not in text[text.index(b'SeaBIOS'):], text)
        t.type(b'\x01x')
        t.ended()


def password():
    """A VNC password that is asked for is not shown."""
    if 'vnc' not in subprocess.run([EMU, '-display', 'help'], capture_output=True, text=True,
                                   check=False).stdout:
        return
    with tempfile.TemporaryDirectory() as folder:
        with Terminal('-S', '-monitor', 'stdio', '-vnc', f'unix:{folder}/vnc,password=on') as t:
            t.stream.until(PROMPT)
            t.type(b'change vnc password\r')
            t.stream.until(b'Password: ')
            shown = t.line(b'gHeim!7x\x7f\r')
            check('gHeim' not in shown and 'Error' not in shown, f'shown: {shown!r}')
            shown = t.line(b'info vnc\r')
            check(f'{folder}/vnc (unix)' in shown and 'Auth: vnc' in shown, shown)
            check('Error' in t.line(b'set_password spice a\r'), 'no SPICE')
            t.type(b'quit\r')
            t.ended()
    with Terminal('-S', '-monitor', 'stdio') as t:
        t.stream.until(PROMPT)
        check('no VNC server' in t.line(b'change vnc password a\r'), 'without a server')
        t.type(b'quit\r')
        t.ended()


monlib.main(editing, history, password, completion, expressions_and_errors, mux_with_serial,
            redox_command_line, progress, every_way_out_restores_the_terminal, sockets)
