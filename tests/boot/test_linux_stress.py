# SPDX-License-Identifier: MIT
# timeout: 2400
"""Four processors under full load: stress-ng's stressors on Debian's kernel, each until it has done
a number of operations and with its own verification. STRESS_SECONDS=60 runs each for a minute, and
STRESS=futex,fork only those, with SMP=8 processors."""
import os
import re
import subprocess

import bootlib
import linux
from bootlib import guests

# stressor -> operations of all its workers together, and more options
STRESSORS = {
    'cpu': (40, '--cpu-method all'),
    'vm': (4000, '--vm-bytes 4m'),
    'cache': (40, ''),
    'futex': (2500, ''),
    'mmap': (20, '--mmap-bytes 2m'),
    'fork': (300, ''),
    'switch': (8000, ''),
    'signal': (6000, ''),
}
CPUS = os.environ.get('SMP', '4')
BAD = r'Kernel panic|Oops|BUG:|Call Trace|WARNING:|hard LOCKUP|soft lockup|rcu.*(stall|starved)'


def program(root, name):
    """The files that a dynamic program needs, as initramfs entries: itself, libraries, loader."""
    found, todo = {}, [f'usr/bin/{name}']
    while todo:
        path = todo.pop()
        dynamic = subprocess.run(['readelf', '-d', f'{root}/{path}'], capture_output=True, text=True,
                                 check=True).stdout
        with open(f'{root}/{path}', 'rb') as f:
            found[path] = f.read()
        for library in re.findall(r'NEEDED.*\[(.*)\]', dynamic):
            where = [p for p in (f'usr/lib/x86_64-linux-gnu/{library}', f'usr/lib64/{library}')
                     if os.path.exists(f'{root}/{p}')]
            if where and where[0] not in found and where[0] not in todo:
                todo.append(where[0])
    flat = [(f'lib/{os.path.basename(p)}', data) for p, data in found.items() if '/lib' in p]
    return flat + [(f'lib/{name}', found[f'usr/bin/{name}'])]


def stress():
    seconds = os.environ.get('STRESS_SECONDS')
    files = program(guests.root('stress', ['stress-ng']), 'stress-ng')
    names = os.environ.get('STRESS', ','.join(STRESSORS)).split(',')
    with linux.boot('-smp', CPUS, files=files, memory=512, append='quiet',
                    label=f'smp{CPUS}') as guest:
        guest.expect(r'# ')
        guest.run('export LD_LIBRARY_PATH=/lib PATH=/bin:/lib; mount -t tmpfs tmp /mnt; cd /mnt; echo ready', r'\nready')
        for name in names:
            ops, more = STRESSORS.get(name, (0, ''))
            until = f'-t {seconds}' if seconds or not ops else f'--{name}-ops {ops}'
            guest.send(f'/lib/ld-linux-x86-64.so.2 /lib/stress-ng --{name} {CPUS} {more} {until} '
                       '--verify --metrics-brief; echo "status=$?"\n')
            guest.expect(rf'{name} +\d+ ')
            guest.expect(r'status=0\r')
            guest.refuse(BAD)
        guest.send('dmesg | tail -n 5; poweroff -f\n')
        guest.wait(status=0)
        guest.refuse(BAD + r'|stress-ng: (fail|error)')


bootlib.main(stress)
