# SPDX-License-Identifier: MIT
# timeout: 1500
"""Debian's i386 kernel (686) to user space: 32-bit protected mode without PAE."""
import bootlib
import linux


def i386():
    with linux.boot('-no-reboot', flavour='686') as guest:
        guest.expect(r'Linux version 6\.')
        guest.expect(r'INIT: i686 up')
        guest.expect(r'# ')
        guest.run('uname -r', r'\n6\.[^\r]*-686\r')
        guest.run('dd if=/bin/busybox bs=64k 2>/dev/null | md5sum; md5sum < /bin/busybox',
                  r'([0-9a-f]{32})  -\r\n\1  -')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace')
        guest.send('poweroff -f\n')
        guest.wait(status=0)


bootlib.main(i386)
