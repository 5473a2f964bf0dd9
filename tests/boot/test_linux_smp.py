# SPDX-License-Identifier: MIT
# timeout: 2400
"""Four processors: Debian's kernel brings all of them up, and each of them runs something."""
import bootlib
import linux


def smp4():
    with linux.boot('-smp', '4') as guest:
        guest.expect(r'smp: Brought up 1 node, 4 CPUs')
        guest.expect(r'INIT: x86_64 up')
        guest.expect(r'# ')
        guest.run('nproc', r'\n4\r')
        guest.run('for c in 1 2 4 8; do taskset $c sh -c "cut -d\\" \\" -f39 /proc/self/stat"; done'
                  ' | tr -d "\\n"; echo .', r'0123\.')
        guest.run('grep -c "^processor" /proc/cpuinfo', r'\n4\r')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace|hard LOCKUP|soft lockup')
        guest.send('poweroff -f\n')
        guest.wait(status=0)


bootlib.main(smp4)
