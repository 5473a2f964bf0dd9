# SPDX-License-Identifier: MIT
"""Debian's kernel with a small initramfs of our own making."""
import os
import re

import bootlib
from bootlib import guests

APPLETS = ('sh mount umount mkdir cat echo ls ps uname nproc poweroff reboot sync insmod md5sum '
           'switch_root mknod dd grep sleep setsid cttyhack dmesg free stat test true taskset cut tr')
# A serial shell as process 1's child, so that it has a controlling terminal and job control.
SHELL_INIT = '''#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
echo "INIT: $(uname -m) up"
exec setsid cttyhack sh
'''


def cpio(entries):
    """An initramfs in newc form from (path, mode, data, device) tuples, without needing root."""
    out = bytearray()
    for inode, (path, mode, data, device) in enumerate([*entries, ('TRAILER!!!', 0, b'', (0, 0))], 1):
        name = path.encode() + b'\0'
        fields = (inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        out += b'070701' + b''.join(b'%08x' % f for f in fields) + name
        out += b'\0' * (-len(out) % 4) + data
        out += b'\0' * (-len(out) % 4)
    return bytes(out)


def initramfs(name, init, arch='amd64', files=(), folders=()):
    """An uncompressed initramfs (unpacking costs the guest time): busybox, /init and more files."""
    entries = [(d, 0o40755, b'', (0, 0)) for d in ('bin', 'dev', 'proc', 'sys', 'mnt', 'lib', *folders)]
    entries.append(('dev/console', 0o20600, b'', (5, 1)))
    with open(guests.busybox(arch), 'rb') as f:
        entries.append(('bin/busybox', 0o100755, f.read(), (0, 0)))
    entries += [(f'bin/{a}', 0o120777, b'busybox', (0, 0)) for a in APPLETS.split()]
    entries.append(('init', 0o100755, init.encode(), (0, 0)))
    entries += [(path, 0o100755, data, (0, 0)) for path, data in files]
    path = bootlib.work(name)
    with open(f'{path}.new', 'wb') as f:
        f.write(cpio(entries))
    os.rename(f'{path}.new', path)  # whoever reads the old one goes on with it
    return path


def modules(flavour, *names):
    """The module files for these names and all they depend on, in an order insmod can take."""
    root = guests.guest(f'linux-{flavour}')
    paths = {}
    for folder, _, files in os.walk(f'{root}/lib/modules'):
        paths.update({f[:-3].replace('-', '_'): f'{folder}/{f}' for f in files if f.endswith('.ko')})
    order = {}

    def add(name):
        if name in order or name not in paths:
            return
        with open(paths[name], 'rb') as f:
            data = f.read()
        for key in (rb'softdep=pre:([^\0]*)\0', rb'depends=([^\0]*)\0'):
            for found in re.findall(key, data):
                for needed in re.split(r'[ ,]+', found.decode()):
                    add(needed.replace('-', '_'))
        order[name] = (f'lib/{name}.ko', data)

    for name in names:
        if name not in paths:
            raise guests.GuestError(f'no module {name} in linux-{flavour}')
        add(name)
    return list(order.values())


def boot(*args, flavour='amd64', init=SHELL_INIT, arch=None, files=(), append='', memory=128,
         label='', before_exec=None):
    """A guest that boots Debian's kernel straight into our initramfs."""
    arch = arch or ('amd64' if flavour == 'amd64' else 'i386')
    image = initramfs((label or 'guest') + '.cpio', init, arch, files)
    return bootlib.Guest('-m', str(memory), '-kernel', guests.kernel(flavour), '-initrd', image,
                         '-append', f'console=ttyS0 panic=-1 {append}'.strip(), *args, label=label,
                         before_exec=before_exec)


if __name__ == '__main__':
    # For `make run GUEST=linux`: the kernel, and an initramfs whose shell says what to do.
    print(guests.kernel('amd64'), initramfs('run.cpio', SHELL_INIT))
