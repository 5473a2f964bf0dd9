# SPDX-License-Identifier: MIT
"""Talk to a machine's monitors: QMP and HMP over UNIX sockets, HMP over a pseudo terminal.

The program under test is $EMU (BUILDDIR/emu by default). Where it makes sense a test also runs with
EMU=qemu-system-x86_64, which is how the tests themselves are checked.
"""
import json
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
IS_QEMU = os.path.basename(EMU).startswith('qemu-system')
# Only there to end what hangs.
LIMIT = float(os.environ.get('MONITOR_STEP_SECONDS', 120))
sys.path.insert(0, f'{SOURCE}/tests/boot')


class Failed(Exception):
    pass


def check(condition, what):
    if not condition:
        raise Failed(what)


def equal(got, wanted, what):
    if got != wanted:
        raise Failed(f'{what}: got {got!r}, expected {wanted!r}')


class Stream:
    """Bytes of a socket or terminal with what was not looked at yet."""

    def __init__(self, fd):
        self.fd, self.data, self.at_end = fd, b'', False

    def more(self, deadline):
        left = deadline - time.monotonic()
        if self.at_end or left <= 0 or not select.select([self.fd], [], [], left)[0]:
            return False
        try:
            new = os.read(self.fd, 65536)
        except OSError:
            new = b''
        self.at_end = not new
        self.data += new
        return bool(new)

    def write(self, data):
        """The reader may stop reading while it has not been read from."""
        while data:
            readable, writable, _ = select.select([self.fd], [self.fd], [], LIMIT)
            check(readable or writable, 'the monitor takes nothing and says nothing')
            if readable and not self.more(time.monotonic() + 1):
                raise Failed('the monitor hung up')
            if writable:
                data = data[os.write(self.fd, data[:4096]):]

    def until(self, pattern, what=None, limit=LIMIT):
        """Text up to and with a match of the pattern (bytes); raises when it does not come."""
        deadline = time.monotonic() + limit
        while True:
            match = re.search(pattern, self.data, re.S)
            if match:
                text, self.data = self.data[:match.end()], self.data[match.end():]
                return text
            if not self.more(deadline):
                raise Failed(f'no {what or pattern!r} came; there was {self.data[-400:]!r}')


class Qmp:
    """A QMP client that keeps events apart."""

    def __init__(self, path, negotiate=True):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.setblocking(False)
        self.stream = Stream(self.socket.fileno())
        self.events = []
        self.greeting = self.read()
        if negotiate:
            self.command('qmp_capabilities')

    def close(self):
        self.socket.close()

    def read(self):
        while True:
            line = self.stream.until(rb'\n', 'answer')
            if line.strip():
                return json.loads(line)

    def answer(self):
        """The next message that is no event."""
        while True:
            message = self.read()
            if 'event' not in message:
                return message
            self.events.append(message)

    def raw(self, data):
        self.stream.write(data if isinstance(data, bytes) else data.encode())

    def call(self, name, arguments=None, **more):
        request = dict({'execute': name}, **more)
        if arguments is not None:
            request['arguments'] = arguments
        self.raw(json.dumps(request) + '\n')
        return self.answer()

    def command(self, name, **arguments):
        """The command's return value; an error fails the test."""
        arguments = {k.replace('_', '-') if k.endswith('_line') or k.endswith('_index') else k: v
                     for k, v in arguments.items()}
        message = self.call(name, arguments or None)
        check('return' in message, f'{name}: {message}')
        return message['return']

    def error(self, name, arguments=None):
        """The class and text of the error that it must be."""
        message = self.call(name, arguments)
        check('error' in message, f'{name} {arguments}: no error but {message}')
        return message['error']['class'], message['error']['desc']

    def hmp(self, line):
        return self.command('human-monitor-command', command_line=line).replace('\r\n', '\n')

    def wait_event(self, name):
        while True:
            for i, event in enumerate(self.events):
                if event['event'] == name:
                    del self.events[:i + 1]
                    return event
            message = self.read()
            check('event' in message, f'waiting for {name}: {message}')
            self.events.append(message)


class Machine:
    """A machine with a QMP socket (and what else the arguments say). Nothing outlives the test."""

    def __init__(self, *args, qmp=True, stdio=None, display=True):
        self.folder = tempfile.mkdtemp(prefix='monitor-')
        self.path = f'{self.folder}/qmp'
        self.errors = open(f'{self.folder}/stderr', 'w+b')
        command = [EMU, *args]
        if qmp:
            command += ['-qmp', f'unix:{self.path},server=on,wait=off']
        if display:
            command += ['-display', 'none']
        if IS_QEMU:
            command += ['-accel', 'tcg', '-net', 'none']
        self.command = command
        self.process = subprocess.Popen(command, stdin=stdio or subprocess.DEVNULL,
                                        stdout=stdio or self.errors,
                                        stderr=self.errors, start_new_session=True)

    def file(self, name):
        return f'{self.folder}/{name}'

    def qmp(self, **options):
        deadline = time.monotonic() + LIMIT
        while not os.path.exists(self.path):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise Failed(f'{self.command}: no QMP socket; {self.stderr()}')
            try:
                self.process.wait(0.02)
            except subprocess.TimeoutExpired:
                pass
        while True:
            try:
                return Qmp(self.path, **options)
            except ConnectionRefusedError:
                check(time.monotonic() < deadline, 'nobody listens on the QMP socket')

    def connect(self, name):
        """A stream on another UNIX socket of the machine."""
        deadline = time.monotonic() + LIMIT
        while True:
            s = socket.socket(socket.AF_UNIX)
            try:
                s.connect(self.file(name))
                self.extra = getattr(self, 'extra', []) + [s]
                return Stream(s.fileno())
            except (FileNotFoundError, ConnectionRefusedError):
                s.close()
                check(self.process.poll() is None and time.monotonic() < deadline,
                      f'no socket {name}: {self.stderr()}')
                try:
                    self.process.wait(0.02)
                except subprocess.TimeoutExpired:
                    pass

    def stderr(self):
        self.errors.flush()
        self.errors.seek(0)
        return self.errors.read().decode(errors='replace')

    def wait(self, status=0):
        try:
            got = self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            raise Failed(f'still running after {LIMIT:.0f} s') from None
        equal(got, status, f'exit status ({self.stderr()})')

    def alive(self):
        check(self.process.poll() is None,
              f'ended with {self.process.returncode}: {self.stderr()[-2000:]}')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.errors.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def main(*tests):
    """Run the test functions of a file (or those named on the command line); every failure counts."""
    chosen = [t for t in tests if not sys.argv[1:] or t.__name__ in sys.argv[1:]]
    failed = 0
    for test in chosen:
        try:
            test()
        except (Failed, OSError, ValueError, KeyError) as error:
            print(f'{test.__name__}: {type(error).__name__}: {error}')
            failed += 1
    sys.exit(1 if failed else 0)
