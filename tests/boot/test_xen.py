# SPDX-License-Identifier: MIT
# timeout: 2400
"""Xen as a multiboot kernel, with Debian's kernel as its dom0, to dom0's banner."""
import gzip

import bootlib
import linux


def dom0():
    hypervisor = bootlib.work('xen')
    with gzip.open(bootlib.guests.find('xen', 'boot/xen-4.17-amd64.gz')) as packed:
        with open(hypervisor, 'wb') as f:
            f.write(packed.read())
    image = linux.initramfs('guest.cpio', linux.SHELL_INIT)
    kernel = linux.guests.kernel('amd64')
    with bootlib.Guest('-m', '512', '-kernel', hypervisor, '-append',
                       'com1=115200,8n1 console=com1 noreboot loglvl=info',
                       '-initrd', f'{kernel} console=hvc0,{image}') as guest:
        guest.expect(r'Xen version 4\.17')
        guest.expect(r'Xen is relinquishing VGA console|Scrubbing Free RAM|Loading dom0|DOM0')
        guest.expect(r'Linux version 6\.')
        guest.expect(r'Booting kernel on Xen|Hypervisor detected: Xen PV|Xen version: 4\.17')
        guest.refuse(r'\(XEN\) (Panic|FATAL|\*\*\*\*\*\*)')


bootlib.main(dom0)
