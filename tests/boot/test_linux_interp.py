# SPDX-License-Identifier: MIT
# timeout: 1500
"""Debian's amd64 kernel on the interpreter; the other tests run on the default engine."""
import bootlib
import linux


def shell():
    with linux.boot('-no-reboot', '-accel', 'tcg,mode=interp') as guest:
        guest.expect(r'INIT: x86_64 up')
        guest.expect(r'# ')
        guest.run('echo sum=$((6*7))', r'sum=42\r')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace')
        guest.send('poweroff -f\n')
        guest.expect(r'reboot: Power down')
        guest.wait(status=0)


bootlib.main(shell)
