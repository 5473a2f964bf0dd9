# SPDX-License-Identifier: MIT
# timeout: 1200
"""GRUB from a CD (grub-mkrescue, through ATAPI) and from a disk image it was installed on.

It reads a file back and checks its sum, powers off through ACPI.
"""
import hashlib
import os
import random
import shutil
import subprocess

import bootlib
import grub

CONFIG = '''
serial --unit=0 --speed=115200
terminal_input serial console
terminal_output serial console
echo "GRUB runs from $root"
if hashsum --hash sha256 --check $prefix/sums --prefix $prefix; then echo "sums are right"; fi
echo "powering off"
halt
'''


def fill(boot):
    """GRUB's folder: configuration, and 700,000 bytes whose sum it has to find right."""
    shutil.rmtree(boot, ignore_errors=True)
    os.makedirs(boot)
    data = random.Random(1).randbytes(700_000)
    with open(f'{boot}/data', 'wb') as f:
        f.write(data)
    with open(f'{boot}/sums', 'w') as f:
        f.write(f'{hashlib.sha256(data).hexdigest()}  data\n')
    with open(f'{boot}/grub.cfg', 'w') as f:
        f.write(CONFIG)


def run_grub(guest, root):
    guest.expect(rf'GRUB runs from {root}')
    guest.expect(r'sums are right')
    guest.expect(r'powering off')
    guest.wait(status=0)


def cd():
    fill(bootlib.work('cd/boot/grub'))
    image = bootlib.work('grub.iso')
    done = subprocess.run(['grub-mkrescue', '-d', '/usr/lib/grub/i386-pc', '-o', image,
                           f'--modules={grub.MODULES}', bootlib.work('cd')],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise bootlib.Failed(f'grub-mkrescue: {done.stdout[-1000:]}')
    with bootlib.Guest('-m', '64', '-cdrom', image, '-boot', 'd', label='cd') as guest:
        run_grub(guest, r'hd\d+')
        guest.expect_debugcon(r'Booting from DVD/CD')


def disk():
    fill(bootlib.work('disk/boot/grub'))
    image = grub.disk(bootlib.work('grub.img'), bootlib.work('disk'), 16)
    with bootlib.Guest('-m', '64', '-hda', image, label='disk') as guest:
        run_grub(guest, 'hd0,msdos1')
        guest.expect_debugcon(r'Booting from Hard Disk')


bootlib.main(cd, disk)
