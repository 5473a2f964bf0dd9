#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What the manifests of this folder boot: images.py NAME makes it in BUILDDIR/boot/images.

  linux-FLAVOUR   FLAVOUR.kernel and FLAVOUR.cpio: Debian's kernel and a shell (linux.py)
  grub-cd, grub-disk, ends, memtest, ipxe, xen, installer
"""
import fcntl
import gzip
import hashlib
import os
import random
import shutil
import subprocess
import sys

os.environ.pop('EMU', None)     # these are the same for all, and in one place
import bootlib  # noqa: E402
import grub  # noqa: E402
import linux  # noqa: E402
from bootlib import guests, work  # noqa: E402

GRUB_CONFIG = '''
serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
echo "GRUB runs from $root"
if hashsum --hash sha256 --check $prefix/sums --prefix $prefix; then echo "sums are right"; fi
echo "powering off"
halt
'''
INSTALLER = 'usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64'


def link(source, name):
    """Another name for what lies in the cache; replaced at once, others may be reading it."""
    os.path.lexists(work(f'{name}.new')) and os.remove(work(f'{name}.new'))
    os.symlink(source, work(f'{name}.new'))
    os.rename(work(f'{name}.new'), work(name))


def grub_folder(boot):
    """GRUB's folder: configuration, and 700,000 bytes whose sum it has to find right."""
    shutil.rmtree(boot, ignore_errors=True)
    os.makedirs(boot)
    data = random.Random(1).randbytes(700_000)
    with open(f'{boot}/data', 'wb') as f:
        f.write(data)
    with open(f'{boot}/sums', 'w') as f:
        f.write(f'{hashlib.sha256(data).hexdigest()}  data\n')
    with open(f'{boot}/grub.cfg', 'w') as f:
        f.write(GRUB_CONFIG)


def grub_cd():
    grub_folder(work('cd/boot/grub'))
    done = subprocess.run(['grub-mkrescue', '-d', '/usr/lib/grub/i386-pc', '-o', work('grub.iso'),
                           f'--modules={grub.MODULES}', work('cd')],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise bootlib.Failed(f'grub-mkrescue: {done.stdout[-1000:]}')


def grub_disk():
    grub_folder(work('disk/boot/grub'))
    grub.disk(work('grub.img'), work('disk'), 16)


def ends():
    for how in 'ptkc':
        bootlib.ends_image(how)


def memtest():
    for build in ('ia32', 'x64'):
        link(guests.find('memtest', f'boot/memtest86+{build}.bin'), f'memtest-{build}')


def ipxe():
    link(guests.find('ipxe', 'boot/ipxe.lkrn'), 'ipxe.lkrn')
    link(guests.find('ipxe', 'usr/lib/ipxe/ipxe.iso'), 'ipxe.iso')


def linux_shell(flavour):
    link(guests.kernel(flavour), f'{flavour}.kernel')
    linux.initramfs(f'{flavour}.cpio', linux.SHELL_INIT, 'amd64' if flavour == 'amd64' else 'i386')


def xen():
    with gzip.open(guests.find('xen', 'boot/xen-4.17-amd64.gz')) as packed:
        with open(work('xen.new'), 'wb') as f:
            shutil.copyfileobj(packed, f)
    os.rename(work('xen.new'), work('xen'))
    linux_shell('amd64')


def installer():
    folder = guests.find('installer', INSTALLER)
    link(f'{folder}/linux', 'installer.kernel')
    link(f'{folder}/initrd.gz', 'installer.cpio')


MAKERS = {'grub-cd': grub_cd, 'grub-disk': grub_disk, 'ends': ends, 'memtest': memtest, 'ipxe': ipxe,
          'xen': xen, 'installer': installer}


def make(name):
    with open(work('.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        MAKERS[name]() if name in MAKERS else linux_shell(name.removeprefix('linux-'))


bootlib.main(lambda: [make(name) for name in sys.argv[1:]])
