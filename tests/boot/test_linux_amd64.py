# SPDX-License-Identifier: MIT
# timeout: 1500
"""Debian's amd64 kernel to a busybox shell that runs commands; power-off is exit status 0."""
import bootlib
import linux


def shell():
    with linux.boot('-no-reboot') as guest:
        guest.expect(r'Linux version 6\.')
        guest.expect(r'INIT: x86_64 up')
        guest.expect(r'# ')
        guest.run('echo sum=$((6*7))', r'sum=42\r')
        guest.run('cat /proc/cpuinfo', r'model name\s*: \S')
        guest.run('dd if=/bin/busybox bs=64k 2>/dev/null | md5sum; md5sum < /bin/busybox',
                  r'([0-9a-f]{32})  -\r\n\1  -')
        guest.run('nproc', r'\n1\r')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace')
        guest.send('poweroff -f\n')
        guest.expect(r'reboot: Power down')
        guest.wait(status=0)


bootlib.main(shell)
