# SPDX-License-Identifier: MIT
# timeout: 900
"""Litmus tests on four processors, in interpreter, translator and KVM: memory order, locked
operations, page tables used by two processors, code changed by another processor and by DMA. What
x86 forbids is never seen; what it allows is counted. LITMUS_FACTOR=20 for a long run,
LITMUS_ACCELS=tcg,mode=jit for one engine."""
import os
import re
import subprocess

import bootlib

SECTOR = 512
NAMES = 4 * 13 + 3 * 3 + 2 + 6 + 36 + 4 + 6 + 1     # lines of a complete run


def disk():
    path = bootlib.work('code.img')
    with open(path, 'wb') as f:
        for n in range(8):
            f.write((b'\xb8' + (0x100 + n).to_bytes(4, 'little') + b'\xc3').ljust(SECTOR, b'\0'))
        f.truncate(1 << 20)
    return path


def image(cpus, factor):
    path = bootlib.work('litmus.bin')
    with open(bootlib.guest_bin('litmus'), 'rb') as f:
        data = bytearray(f.read())
    data[0xffe0:0xffe3] = bytes((cpus, factor, 1))
    with open(path, 'wb') as f:
        f.write(data)
    return path


def run(accel, factor, cpus=4):
    factor *= int(os.environ.get('LITMUS_FACTOR', '1'))
    out = bootlib.work('litmus.out')
    command = [bootlib.EMU, '-accel', accel, '-bios', image(cpus, factor), '-smp', str(cpus), '-m',
               '16', '-no-reboot', '-debugcon', f'file:{out}', '-device', 'isa-debug-exit', '-drive',
               f'file={disk()},format=raw,if=ide', '-display', 'none', '-net', 'none', '-serial',
               'null', '-monitor', 'none']
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False,
                              timeout=bootlib.STEP)
        status, said = done.returncode, done.stderr
    except subprocess.TimeoutExpired:
        status, said = None, ''
    with open(out, encoding='ascii') as f:
        text = f.read()
    rows = re.findall(r'^(\S+) (\d+) (\d+) (allowed|forbidden)$', text, re.M)
    wrong = [f'{name}: {seen} of {of}' for name, seen, of, verdict in rows
             if verdict == 'forbidden' and seen != '0']
    if wrong and accel.startswith('kvm') and not bootlib.hardware():
        print(f'{accel}: this software kind of it shows what x86 forbids: ' + '; '.join(wrong))
    elif wrong:
        raise bootlib.Failed(f'{accel}: x86 forbids what was seen: ' + '; '.join(wrong))
    if status != 5 or len(rows) != NAMES:
        raise bootlib.Failed(f'{accel}: status {status}, {len(rows)} results, not {NAMES}\n'
                             f'{text[-500:]}\n{said}')
    return [f'{name} {seen}/{of}' for name, seen, of, verdict in rows if verdict == 'allowed']


def litmus():
    chosen = os.environ.get('LITMUS_ACCELS', 'tcg,mode=interp tcg,mode=jit kvm,fallback=off').split()
    for accel in chosen:
        if accel.startswith('kvm') and not bootlib.has_kvm():
            print('kvm: no access to /dev/kvm, skipped')
            continue
        print(f'{accel}: allowed and seen:', ', '.join(run(accel, 3 if 'jit' in accel else 1)))


bootlib.main(litmus)
