# SPDX-License-Identifier: MIT
"""Run a guest, talk to it over its serial line, look at its screen and its exit status.

The program under test is $EMU (BUILDDIR/emu by default); its command line is QEMU's, so every test
also runs with EMU=qemu-system-x86_64, which is how the tests themselves are checked.
Logs, disks and pictures of a test are kept in BUILDDIR/boot/NAME.
"""
import glob
import json
import os
import re
import select
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from importlib.machinery import SourceFileLoader

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, f'{SOURCE}/tests/lib')
import guests  # noqa: E402  (needs the path above)

emu_test = SourceFileLoader('emu_test', f'{SOURCE}/tools/emu-test').load_module()

BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
EXTRA = shlex.split(os.environ.get('EMU_ARGS', ''))
IS_QEMU = os.path.basename(EMU).startswith('qemu-system')
# A busy machine and an interpreter are slow: limits only exist to end what hangs.
STEP = float(os.environ.get('BOOT_STEP_SECONDS', 1500))
SKIPPED = 77


class Failed(Exception):
    pass


def workdir():
    """BUILDDIR/boot/NAME, with one folder more when the program isn't our own build."""
    name = os.path.basename(sys.argv[0]).removeprefix('test_').removesuffix('.py')
    path = f'{BUILD}/boot/{name}' + ('.qemu' if IS_QEMU else '')
    os.makedirs(path, exist_ok=True)
    return path


def work(name):
    return f'{workdir()}/{name}'


def guest_bin(name):
    """A guest of tests/guests, assembled by make; by hand when make hasn't."""
    path = f'{BUILD}/guests/{name}.bin'
    source = f'{SOURCE}/tests/guests/{name}.asm'
    parts = [source, *glob.glob(f'{SOURCE}/tests/guests/*.inc')]
    if not os.path.exists(path) or os.path.getmtime(path) < max(map(os.path.getmtime, parts)):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        subprocess.run(['nasm', '-f', 'bin', '-I', f'{SOURCE}/tests/guests/', '-o', path, source],
                       check=True)
    return path


def has_kvm():
    return os.access('/dev/kvm', os.R_OK | os.W_OK)


def hardware():
    """Without these KVM is a software kind, which is not exact."""
    with open('/proc/cpuinfo', encoding='ascii', errors='replace') as f:
        words = f.read().split()
    return 'vmx' in words or 'svm' in words


def disk_image(name, sector_file, size):
    """A raw image of `size` bytes that begins with the contents of sector_file."""
    path = work(name)
    shutil.copyfile(sector_file, path)
    os.truncate(path, size)
    return path


def ends_image(how, size=1 << 20):
    """The boot sector of tests/guests/ends.asm with its way to end put in."""
    path = disk_image(f'ends-{how}.img', guest_bin('ends'), size)
    with open(path, 'r+b') as f:
        f.seek(509)
        f.write(how.encode())
    return path


class Qmp:
    """The two things tests ask of QEMU that emu gives by an option: its screen as text and picture."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile('rw')
        self.file.readline()
        self.command('qmp_capabilities')

    def command(self, name, **arguments):
        self.file.write(json.dumps({'execute': name, 'arguments': arguments}) + '\n')
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if 'return' in answer or 'error' in answer:
                return answer.get('return')


class Guest:
    """One running machine. Use as a context manager: nothing outlives the test."""

    def __init__(self, *args, label='', display=False, before_exec=None):
        self.text, self.seen = '', 0
        self.fatal = re.compile(r'Kernel panic - not syncing.*\n')
        self.label = label
        stem = work(label or 'guest')
        self.serial_path, self.screen_path = stem + '.serial', stem + '.screen'
        self.picture_path, self.stderr_path = stem + '.png', stem + '.stderr'
        self.qmp_path = stem + '.qmp'
        self.debugcon_path = stem + '.debugcon'
        command = [EMU, *args, '-serial', 'stdio', '-monitor', 'none',
                   '-display', 'none', '-net', 'none',
                   '-chardev', f'file,id=fwlog,path={self.debugcon_path}',
                   '-device', 'isa-debugcon,iobase=0x402,chardev=fwlog']
        for path in (self.screen_path, self.picture_path, self.qmp_path, self.debugcon_path):
            if os.path.exists(path):
                os.remove(path)
        if IS_QEMU:
            command += ['-accel', 'tcg', '-qmp', f'unix:{self.qmp_path},server=on,wait=off']
        elif display:
            command += ['-screentext-on-exit', self.screen_path,
                        '-screenshot-on-exit', self.picture_path]
        command += EXTRA
        self.command = shlex.join(command)
        self.log = open(self.serial_path, 'wb')
        self.stderr = open(self.stderr_path, 'wb')
        self.start = time.monotonic()
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=self.stderr,
                                            stdout=subprocess.PIPE, start_new_session=True,
                                            preexec_fn=before_exec)
        except OSError as error:
            raise Failed(f'cannot run {EMU}: {error.strerror}') from None
        self.fd = self.process.stdout.fileno()
        self.open = True

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            if kind is not None and not IS_QEMU:
                # Let it write its screen: on a failure that is what one wants to see.
                self.process.send_signal(signal.SIGTERM)
                try:
                    self.process.wait(10)
                except subprocess.TimeoutExpired:
                    pass
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()
        self.process.stdout.close()
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.log.close()
        self.stderr.close()

    def _read(self, seconds):
        """More serial output into self.text; False at its end or when none came in time."""
        if not self.open or not select.select([self.fd], [], [], max(0, seconds))[0]:
            return False
        data = os.read(self.fd, 65536)
        if not data:
            self.open = False
            return False
        self.log.write(data)
        self.log.flush()
        self.text += data.decode('latin-1')
        return True

    def fail(self, what):
        if os.path.exists(self.stderr_path):
            self.stderr.flush()
            errors = open(self.stderr_path, errors='replace').read().strip()
        tail = [re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', line).rstrip()
                for line in self.text.splitlines()[-30:]]
        raise Failed(f'{what}\n  command: {self.command}\n  stderr: {errors[-2000:] or "(empty)"}\n'
                     f'  serial, last lines (all in {self.serial_path}):\n    ' + '\n    '.join(tail))

    def expect(self, pattern, seconds=None):
        """Wait for a pattern in the serial output after what was matched last; returns the match."""
        deadline = time.monotonic() + (seconds or STEP)
        while True:
            match = re.compile(pattern).search(self.text, self.seen)
            if match:
                self.seen = match.end()
                return match
            if self.fatal and self.fatal.search(self.text, self.seen):
                self.fail(f'the guest gave up before /{pattern}/')
            if not self._read(deadline - time.monotonic()):
                if not self.open:
                    self.fail(f'the machine ended (status {self.process.wait()}) before /{pattern}/')
                if time.monotonic() >= deadline:
                    self.fail(f'no /{pattern}/ within {seconds or STEP:.0f} s')

    def refuse(self, pattern):
        """The pattern has not been seen so far."""
        match = re.search(pattern, self.text)
        if match:
            self.fail(f'unexpected: {match.group(0)}')

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def run(self, command, pattern, prompt=r'[#$] ', seconds=None):
        """Type a shell command; its output must match the pattern, then the prompt returns."""
        self.send(command + '\n')
        match = self.expect(pattern, seconds)
        self.expect(prompt, seconds)
        return match

    def wait(self, status=0, seconds=None):
        """The machine ends by itself with this exit status."""
        deadline = time.monotonic() + (seconds or STEP)
        while self._read(deadline - time.monotonic()):
            pass
        if self.open:
            self.fail(f'still running after {seconds or STEP:.0f} s')
        got = self.process.wait()
        if got != status:
            self.fail(f'exit status {got}, expected {status}')

    def expect_debugcon(self, pattern, seconds=None):
        """Wait for a pattern in the firmware's log, while serial output goes on."""
        deadline = time.monotonic() + (seconds or STEP)
        while time.monotonic() < deadline:
            try:
                with open(self.debugcon_path, errors='replace') as f:
                    match = re.search(pattern, f.read())
            except FileNotFoundError:
                match = None
            if match:
                return match
            if self.open:
                self._read(0.1)
            elif self.process.wait() is not None:
                break
        return self.fail(f'no /{pattern}/ in {self.debugcon_path}')

    def end(self):
        """End the machine and return its text screen as a string, for a guest that goes on forever."""
        if IS_QEMU:
            text = self._qemu_screen()
            self.process.kill()
        else:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.fail('SIGTERM did not end the machine')
            text = self.screen()
        return text

    def screen(self):
        """The text screen that was written when the machine ended."""
        if not os.path.exists(self.screen_path):
            self.fail(f'no screen in {self.screen_path}')
        with open(self.screen_path, errors='replace') as f:
            return f.read()

    def _qemu_screen(self):
        qmp = Qmp(self.qmp_path)
        raw = self.screen_path + '.raw'
        qmp.command('screendump', filename=self.picture_path[:-4] + '.ppm')
        qmp.command('pmemsave', val=0xb8000, size=4000, filename=raw)
        with open(raw, 'rb') as f:
            cells = f.read()[0::2].decode('cp437')
        text = '\n'.join(cells[i:i + 80].rstrip() for i in range(0, 2000, 80)) + '\n'
        with open(self.screen_path, 'w') as f:
            f.write(text)
        return text


def picture(guest):
    """What was on the guest's screen when it ended: width, height, RGB bytes."""
    path = guest.picture_path[:-4] + '.ppm' if IS_QEMU else guest.picture_path
    if not os.path.exists(path):
        raise Failed(f'no picture in {path}')
    return emu_test.pixels(path)


def beyond_ram_kib(pid, ram_mib):
    """What is resident of the process besides the guest's memory."""
    kib, name, size = 0, '', 0
    with open(f'/proc/{pid}/smaps') as f:
        for line in f:
            fields = line.split()
            if re.match(r'[0-9a-f]+-[0-9a-f]+ ', line):
                start, end = (int(x, 16) for x in fields[0].split('-'))
                name, size = fields[-1], end - start
            elif fields[0] == 'Rss:' and 'emu-ram' not in name and size != ram_mib << 20:
                kib += int(fields[1])
    return kib


def expect_in(text, pattern, where):
    if not re.search(pattern, text):
        raise Failed(f'no /{pattern}/ on {where}:\n{text}')


def main(*tests):
    """Run the test functions of a file; the first failure ends it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit('ended from outside'))
    try:
        for test in tests:
            test()
    except (Failed, guests.GuestError) as error:
        print(f'{test.__name__}: {error}')
        sys.exit(1)
    sys.exit(0)
