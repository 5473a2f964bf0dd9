# SPDX-License-Identifier: MIT
# timeout: 3000
"""The Debian installer on the screen, driven by QMP alone through its first three dialogs."""
import os
import subprocess
import time

import monlib
from monlib import Failed, Machine, check

import bootlib

IMAGES = 'usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64'
STEP = float(os.environ.get('BOOT_STEP_SECONDS', 1500))


class Screen:
    def __init__(self, machine, qmp):
        self.machine, self.qmp, self.pictures = machine, qmp, []

    def text(self):
        """What the text screen shows, to know where the installer is."""
        return self.qmp.command('x-query-screentext')['text'] or ''

    def wait(self, word, gone=False):
        deadline, text = time.monotonic() + STEP, ''
        while time.monotonic() < deadline:
            text = self.text()
            if (word in text) != gone:
                return text
            try: # one look a second; the machine's end is noticed at once
                self.machine.process.wait(1)
            except subprocess.TimeoutExpired:
                continue
            break
        raise Failed(f'{word!r} {"stayed" if gone else "did not come"}; the screen:\n{text}')

    def key(self, *names):
        self.qmp.command('send-key', keys=[{'type': 'qcode', 'data': n} for n in names])

    def picture(self):
        """A screendump, which shows something, and not what the one before showed."""
        path = self.machine.file(f'{len(self.pictures)}.ppm')
        self.qmp.command('screendump', filename=path)
        with open(path, 'rb') as f:
            kind, size, depth, pixels = f.read().split(b'\n', 3)
        width, height = map(int, size.split())
        check(kind == b'P6' and depth == b'255', 'a PPM')
        check(len(pixels) == width * height * 3 and width >= 640, f'{width}x{height}')
        check(len({pixels[i:i + 3] for i in range(0, len(pixels), 3)}) >= 2, 'a blank screen')
        check(pixels not in self.pictures, 'the same picture as before')
        self.pictures.append(pixels)


def three_dialogs():
    folder = bootlib.guests.find('installer', IMAGES)
    with Machine('-m', '1024', '-kernel', f'{folder}/linux', '-initrd', f'{folder}/initrd.gz',
                 '-append', 'vga=normal nomodeset fb=false') as machine:
        qmp = machine.qmp()
        screen = Screen(machine, qmp)
        screen.wait('Select a language')
        screen.picture()
        screen.key('ret')
        screen.wait('Select your location')
        screen.picture()
        # The list follows the arrows; then its first line is chosen again.
        screen.key('down')
        screen.key('up')
        screen.key('ret')
        screen.wait('Configure the keyboard')
        screen.picture()
        screen.key('ret')
        screen.wait('Configure the keyboard', gone=True)
        screen.picture()
        qmp.command('quit')
        machine.wait()


monlib.main(three_dialogs)
