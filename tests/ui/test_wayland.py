# SPDX-License-Identifier: MIT
# timeout: 300
"""The window under Wayland on a screen of two dots a pixel: weston, itself a window in Xvfb, shows emu on
all of a 720x400 screen at scale 2. The guest's text screen must be there dot by dot, each one as 2x2, and
a key must arrive."""
import os
import shutil
import subprocess
import sys
import tempfile

from xserver import Failed, STEP, X, read_ppm, rgb, skip, until

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
WORK = f'{BUILD}/ui/wayland'
WIDTH, HEIGHT = 720, 400


class Weston:
    def __init__(self, x):
        self.x, self.folder = x, tempfile.mkdtemp(prefix='wayland-')
        self.env = dict(x.env, XDG_RUNTIME_DIR=self.folder, WAYLAND_DISPLAY='wayland-test')
        with open(f'{WORK}/weston.log', 'wb') as log:
            self.process = subprocess.Popen(
                ['weston', '--backend=x11-backend.so', '--use-pixman', f'--width={WIDTH}',
                 f'--height={HEIGHT}', '--scale=2', '--shell=kiosk-shell.so', '--no-config',
                 '--socket=wayland-test', '--idle-time=0'], env=self.env, stdout=log, stderr=log)

    def __enter__(self):
        def ready():
            if self.process.poll() is not None:
                raise Failed(f'weston ended with status {self.process.returncode}')
            return os.path.exists(f'{self.folder}/wayland-test')
        until('weston', ready)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def typed():
    try:
        with open(f'{WORK}/keys') as f:
            return f.read().split()
    except FileNotFoundError:
        return []


def twice(pixels, width, height):
    """Each dot as 2x2."""
    out = bytearray()
    for y in range(height):
        line = bytearray(6 * width)
        for i in range(3):
            colour = pixels[3 * width * y + i:3 * width * (y + 1):3]
            line[i::6] = line[i + 3::6] = colour
        out += line + line
    return bytes(out)


def run(x, weston):
    env = dict(weston.env, SDL_VIDEODRIVER='wayland')
    del env['DISPLAY']
    process = subprocess.Popen(
        [EMU, '-m', '16', '-drive', f'file={BUILD}/guests/screen.bin,format=raw,snapshot=on',
         '-debugcon', f'file:{WORK}/keys', '-screenshot-on-exit', f'{WORK}/guest.ppm', '-net',
         'none', '-display', 'sdl'], env=env, stdin=subprocess.DEVNULL)
    try:
        window = until('weston\'s window', lambda: x.do('search', '--class', '.').split())[0]
        x.do('windowmove', window, 0, 0)

        def answers():
            if process.poll() is not None:
                raise Failed(f'emu ended with status {process.returncode}')
            x.do('mousemove', 2 * WIDTH - 1, 2 * HEIGHT - 1)
            x.do('windowfocus', window)
            x.do('key', '1')
            return 'ok' in typed()
        until('the guest', answers)

        def whole():
            """What is shown and has been so for a while."""
            before = rgb(x.pixels(), 0, 0, 2 * WIDTH, 2 * HEIGHT)
            try:
                process.wait(0.7)
            except subprocess.TimeoutExpired:
                pass
            return before == rgb(x.pixels(), 0, 0, 2 * WIDTH, 2 * HEIGHT) and before
        shown = until('a quiet screen', whole)
    finally:
        process.terminate()
        status = process.wait(STEP)
    if status != 0:
        raise Failed(f'emu ended with status {status}')
    width, height, pixels = read_ppm(f'{WORK}/guest.ppm')
    if (width, height) != (WIDTH, HEIGHT):
        raise Failed(f'the guest has {width}x{height}')
    wanted = twice(pixels, width, height)
    bad = [i // 3 for i in range(0, len(wanted), 3) if wanted[i:i + 3] != shown[i:i + 3]]
    # weston draws its pointer, of which the last corner shows the tip
    bad = [i for i in bad if i % (2 * WIDTH) < 2 * WIDTH - 16 or i // (2 * WIDTH) < 2 * HEIGHT - 16]
    if bad:
        raise Failed(f'{len(bad)} of {len(wanted) // 3} dots differ, the first at '
                     f'{bad[0] % (2 * WIDTH)},{bad[0] // (2 * WIDTH)}')


def main():
    for tool in ('Xvfb', 'xdotool', 'weston'):
        if not shutil.which(tool):
            skip(f'{tool} is not installed')
    known = subprocess.run([EMU, '-display', 'help'], capture_output=True, text=True).stdout
    if '\nsdl ' not in known:
        skip('this emu was built without SDL2')
    try:
        with X(WORK, 1600, 1000) as x, Weston(x) as weston:
            run(x, weston)
    except Failed as e:
        sys.exit(f'{e} (logs: {WORK})')


main()
