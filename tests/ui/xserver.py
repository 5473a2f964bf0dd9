# SPDX-License-Identifier: MIT
"""An X server for tests (Xvfb), and what it shows.

Xvfb keeps its screen in a file in XWD's format, which is how tests see windows.
"""
import os
import shutil
import struct
import subprocess
import sys
import time

STEP = 30  # only ends what hangs


class Failed(Exception):
    pass


def skip(why):
    print(why)
    sys.exit(77)


def until(what, test, seconds=STEP):
    end = time.monotonic() + seconds
    while True:
        value = test()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f'still waiting for {what} after {seconds} s')
        time.sleep(0.02)


class X:
    """Its files are in `folder`, which is made anew."""

    def __init__(self, folder, width=1280, height=1024):
        self.folder, self.width, self.height = folder, width, height

    def __enter__(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        out, give = os.pipe()
        with open(f'{self.folder}/xvfb.log', 'wb') as log:
            self.server = subprocess.Popen(
                ['Xvfb', '-displayfd', str(give), '-screen', '0', f'{self.width}x{self.height}x24', '-fbdir',
                 self.folder, '-nolisten', 'tcp', '-noreset'], pass_fds=[give], stdout=log, stderr=log)
        os.close(give)
        with os.fdopen(out) as f:
            number = f.readline().strip()
        if not number:
            skip('Xvfb does not start here')
        self.env = dict(os.environ, DISPLAY=f':{number}', SDL_RENDER_DRIVER='software',
                        SDL_VIDEODRIVER='x11')
        self.env.pop('WAYLAND_DISPLAY', None)
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()

    def do(self, *args):
        return subprocess.run(['xdotool', *map(str, args)], env=self.env, capture_output=True,
                              text=True, timeout=STEP).stdout

    def pixels(self):
        """Rows of the screen as bytes B G R X."""
        with open(f'{self.folder}/Xvfb_screen0', 'rb') as f:
            data = f.read()
        header = struct.unpack('>25I', data[:100])
        size, line, colours = header[0], header[12], header[19]
        start = size + colours * 12
        return [data[start + y * line:start + (y + 1) * line] for y in range(self.height)]


def read_ppm(path):
    with open(path, 'rb') as f:
        data = f.read()
    fields = data.split(None, 4)
    width, height = int(fields[1]), int(fields[2])
    return width, height, data[-width * height * 3:]


def rgb(rows, x, y, width, height):
    out = bytearray()
    for row in rows[y:y + height]:
        part = row[4 * x:4 * (x + width)]
        line = bytearray(3 * width)
        line[0::3], line[1::3], line[2::3] = part[2::4], part[1::4], part[0::4]
        out += line
    return bytes(out)
