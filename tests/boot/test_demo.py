# SPDX-License-Identifier: MIT
# timeout: 900
"""The picture of the guest of `make run`; test_bios.toml has its text."""
import os
import subprocess

import bootlib

def image():
    path = f'{bootlib.BUILD}/demo/demo.bin'
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        subprocess.run(['nasm', '-f', 'bin', '-o', path, f'{bootlib.SOURCE}/demo/demo.asm'],
                       check=True)
    return path


def screen():
    """Mode 13h: the plasma has many colours, and the title is drawn in white."""
    with bootlib.Guest('-m', '64', '-drive', f'file={image()},format=raw,snapshot=on',
                       label='screen', display=True) as guest:
        for _ in range(3):
            guest.expect(r'\x1b\[11;1H')
        guest.end()
        width, height, pixels = bootlib.picture(guest)
    if width % 320 or height % 200:
        raise bootlib.Failed(f'the picture is {width}x{height}, expected 320x200 or a multiple')
    scale = width // 320
    at = [pixels[3 * (y * (height // 200) * width + x * scale):][:3]
          for y in range(200) for x in range(320)]
    if len(set(at)) < 150:
        raise bootlib.Failed(f'only {len(set(at))} colours on the screen')
    title = [p for i, p in enumerate(at) if 32 <= i // 320 < 64 and 80 <= i % 320 < 176]
    white = sum(min(p) >= 0xf8 for p in title)
    if not 300 < white < 2000:
        raise bootlib.Failed(f'{white} white pixels where the title is')


bootlib.main(screen)
