# SPDX-License-Identifier: MIT
# timeout: 600
"""-compare: no difference through SeaBIOS and a boot sector; a wrong instruction is named exactly."""
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{HERE}/../../build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
problems = []


def run(spec, folder):
    disk = f'file={BUILD}/guests/bootsect.bin,format=raw,snapshot=on'
    return subprocess.run([EMU, '-compare', f'{spec},repro={folder}/repro', '-m', '16', '-drive',
                           disk, '-device', 'isa-debug-exit', '-display', 'none', '-serial', 'stdio',
                           '-monitor', 'none', '-net', 'none'], capture_output=True, text=True,
                          timeout=500)


def check(what, right, done):
    if not right:
        problems.append(f'{what}: status {done.returncode}\n{done.stdout}{done.stderr}')


with tempfile.TemporaryDirectory() as scratch:
    for pair in ('interp,jit', 'jit,interp', 'interp,interp,every=50000'):
        done = run(pair, scratch)
        if 'mode=jit' in done.stderr:
            continue        # no translator for this host
        check(pair, done.returncode == 33 and 'third sector read' in done.stdout and
              'differ' not in done.stderr and not os.path.exists(f'{scratch}/repro'), done)
    # The boot sector's first instruction behind its far jump, done wrong by the second.
    done = run('interp,interp,test-fault=0x7c05,every=10000', scratch)
    named = re.search(r'-->\s+0*7c05\s+xor ax, ax ', done.stderr)
    check('a wrong instruction', done.returncode == 4 and named and
          'first, second: R15 0, 0x10\n' in done.stderr, done)
    with open(f'{scratch}/repro', 'rb') as f:
        head = f.read(400)
    check('reproduction', head.startswith(b'emu-compare 1\nfirst tcg\nsecond tcg\nstate '), done)
    for spec in ('interp', 'interp,', 'interp,nosuch', 'interp,jit,nosuch=1', 'compare,tcg',
                 'interp,interp,every=x'):
        done = run(spec, scratch)
        check(spec, done.returncode == 1 and 1 <= len(done.stderr.splitlines()) <= 2, done)
print('\n'.join(problems) or 'all agree')
sys.exit(1 if problems else 0)
