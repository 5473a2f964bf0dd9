# SPDX-License-Identifier: MIT
# timeout: 120
"""-display curses on a terminal of our own: the text arrives, keys go in, messages of emu's own do
not disturb it and come at the end, the terminal is given back."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
WORK = f'{BUILD}/ui/curses'
STEP = 40   # only ends what hangs


def main():
    known = subprocess.run([EMU, '-display', 'help'], capture_output=True, text=True).stdout
    if '\ncurses ' not in known:
        print('this emu was built without ncurses')
        sys.exit(77)
    os.makedirs(WORK, exist_ok=True)
    keys = f'{WORK}/keys'
    if os.path.exists(keys):
        os.remove(keys)
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(TERM='xterm-256color', LC_ALL='C.UTF-8')
        os.environ.pop('DISPLAY', None)
        os.execv(EMU, [EMU, '-m', '16', '-drive',
                       f'file={BUILD}/guests/screen.bin,format=raw,snapshot=on', '-display',
                       'curses', '-chardev', f'file,id=k,path={keys}', '-device',
                       'isa-debugcon,chardev=k', '-net', 'none', '-monitor', 'vc'])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 100, 0, 0))
    out = b''

    def pump(seconds):
        nonlocal out
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([terminal], [], [], 0.05)[0]:
                try:
                    out += os.read(terminal, 65536)
                except OSError:
                    return

    def until(what, test):
        end = time.monotonic() + STEP
        while not test():
            assert time.monotonic() < end, f'still waiting for {what}; the terminal got {out[-2000:]}'
            pump(0.1)

    def codes():
        try:
            with open(keys) as f:
                return f.read().split()
        except FileNotFoundError:
            return []

    def answers():
        os.write(terminal, b'1')
        pump(0.3)
        return 'ok' in codes()

    def plain(data):
        return re.sub(rb'\x1b(\[[0-9;?]*[A-Za-z]|[()].|[=>78])', b'', data)

    try:
        until('the guest', answers)
        assert b'ABCDEFGHIJ' in plain(out), 'the text is not there'
        before_arrow = len(codes())
        os.write(terminal, b'\x1bOA')
        until('the arrow', lambda: codes()[before_arrow:][-4:] == ['e0', '48', 'e0', 'c8'])
        # The monitor's screen and back; then a message of emu's own.
        mark = len(out)
        os.write(terminal, b'\x012')
        until('the monitor', lambda: b'monitor' in plain(out[mark:]))
        mark = len(out)
        os.write(terminal, b'\x011')
        pump(0.5)
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + STEP
        done = 0
        while not done and time.monotonic() < end:
            pump(0.1)
            done, status = os.waitpid(pid, os.WNOHANG)
        assert done and status == 0, f'emu ended with status {status}'
        pump(0.3)
        last = out.rindex(b'\x1b[?1049l')  # the terminal's other screen ends
        assert b'emu: terminated by a signal' in out[last:], 'the message came too early, or never'
        assert b'emu: terminated' not in out[:last], 'the message disturbed the screen'
        wanted = termios.ECHO | termios.ICANON | termios.ISIG
        assert termios.tcgetattr(terminal)[3] & wanted == wanted, 'the terminal was not restored'
    finally:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
    print('ok')


main()
