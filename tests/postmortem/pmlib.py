# SPDX-License-Identifier: MIT
"""Guests that die, for the tests of this folder: frame.asm makes a mode, a few lines die in it."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
LIMIT = 120     # seconds; only for what hangs


def assemble(folder, base, code, name='case'):
    """FOLDER/NAME.bin: firmware that brings the processor into 16, 32 or 64-bit mode and runs code."""
    include, image = f'{folder}/{name}.inc', f'{folder}/{name}.bin'
    options = ['-DNO_TR'] if '%define NO_TR' in code else []
    options += ['-DHAVE_USER'] if 'user:' in code else []
    with open(include, 'w') as f:
        f.write(' ' + code.replace('%define NO_TR\n', '') + '\n')
    subprocess.run(['nasm', '-f', 'bin', f'-DBASE={base}', f'-DCASE="{include}"', *options, '-w-all',
                    '-o', image, f'{HERE}/frame.asm'], check=True)
    return image


def command(accel, image, *args):
    return [EMU, '-accel', accel, '-bios', image, '-m', '16', '-display', 'none', '-nodefaults',
            '-device', 'isa-debug-exit,iobase=0x501,iosize=1', *args]


def start(image, *args, accel='tcg'):
    return subprocess.Popen(command(accel, image, *args), stderr=subprocess.PIPE, text=True)


def dies(image, *args, accel='tcg'):
    """What a guest that ends by itself says, and the exit status."""
    process = start(image, *args, accel=accel)
    _, text = process.communicate(timeout=LIMIT)
    return text, process.returncode


def accelerators():
    """Interpreter, translator and KVM, as far as they work here; ACCELS has the word."""
    if 'ACCELS' in os.environ:
        return os.environ['ACCELS'].split()
    said = subprocess.run([EMU, '-accel', 'tcg,mode=jit', '-version'], capture_output=True,
                          text=True, check=False)
    chosen = ['tcg,mode=interp'] + ['tcg,mode=jit'] * (said.returncode == 0)
    # without kvm in it, tcg would run the guests once more
    said = subprocess.run([EMU, '-accel', 'help'], capture_output=True, text=True, check=False)
    if os.access('/dev/kvm', os.R_OK | os.W_OK) and re.search(r'(?m)^kvm\n.*works here', said.stdout):
        chosen.append('kvm')
    return chosen


def expect(text, pattern):
    if not re.search(pattern, text):
        sys.exit(f'no /{pattern}/ in\n{text[-4000:]}')
