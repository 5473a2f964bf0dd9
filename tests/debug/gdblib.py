# SPDX-License-Identifier: MIT
"""A guest under gdb: scripts go to Debian's gdb, what it prints is matched."""
import os
import re
import shutil
import subprocess
import time
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f'{os.path.dirname(HERE)}/boot')
import bootlib  # noqa: E402  (needs the path above)

BASE = ['set pagination off', 'set confirm off', 'set width 0', 'set style enabled off',
        'set breakpoint pending off', 'set remotetimeout 600']


def socket_path(label):
    """Short: a UNIX socket's name has little room."""
    path = f'/tmp/emu-gdb-{os.getpid()}-{label}'
    if os.path.exists(path):
        os.remove(path)
    return path


def gdb(guest, socket, commands, label, seconds=900):
    """Runs the commands in gdb and returns what it printed; the guest's serial line is read on."""
    if not shutil.which('gdb'):
        raise bootlib.Failed('gdb is not installed (packages.txt)')
    script = bootlib.work(f'{label}.gdb')
    output = bootlib.work(f'{label}.gdb.out')
    with open(script, 'w') as f:
        f.write('\n'.join([*BASE, f'target remote {socket}', *commands]) + '\n')
    with open(output, 'w') as out:
        p = subprocess.Popen(['gdb', '-nx', '-batch', '-x', script], stdin=subprocess.DEVNULL,
                             stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + seconds
        while p.poll() is None and time.monotonic() < end:
            guest._read(0.2)
        if p.poll() is None:
            p.kill()
            guest.fail(f'gdb did not end within {seconds} s; its output is in {output}')
    finally:
        if p.poll() is None:
            p.kill()
        p.wait()
    with open(output, errors='replace') as f:
        return f.read()


def expect(text, *patterns):
    """The patterns in this order."""
    at = 0
    for pattern in patterns:
        match = re.compile(pattern, re.M).search(text, at)
        if not match:
            raise bootlib.Failed(f'gdb did not print /{pattern}/ behind what was matched before. '
                                 f'It printed:\n{text[max(0, at - 200):][-6000:]}')
        at = match.end()


def symbol_file(path, symbols):
    """An ELF file without code that gives names to addresses: {name: address}."""
    names = sorted(symbols, key=symbols.get)
    base = symbols[names[0]] & ~0xfff
    at, lines = base, ['.section .names,"ax",@nobits']
    for name in names:
        lines += [f'.skip {symbols[name] - at}', f'.globl {name}', f'.type {name},@function',
                  f'{name}:']
        at = symbols[name]
    with open(path + '.s', 'w') as f:
        f.write('\n'.join(lines) + '\n.skip 4096\n')
    subprocess.run(['as', '-o', path + '.o', path + '.s'], check=True)
    subprocess.run(['ld', f'--section-start=.names={base:#x}', '-e', '0', '-o', path, path + '.o'], check=True)
    return path
