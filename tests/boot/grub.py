# SPDX-License-Identifier: MIT
"""A bootable disk image with GRUB on it, made without root or a loop device."""
import os
import subprocess

import bootlib

MODULES = 'biosdisk part_msdos ext2 iso9660 serial terminal echo halt hashsum gcry_sha256 test ls ' \
          'normal configfile cat search linux terminfo'
FIRST = 2048    # first sector of the partition


def disk(image, root, megabytes):
    """What grub-install does: boot.img, core.img behind it, a partition with the folder `root`."""
    core = image + '.core'
    subprocess.run(['grub-mkimage', '-O', 'i386-pc', '-p', '(hd0,msdos1)/boot/grub', '-o', core,
                    *MODULES.split()], check=True)
    sectors = megabytes << 11
    with open(image, 'wb') as f:
        for part in ('/usr/lib/grub/i386-pc/boot.img', core):
            with open(part, 'rb') as source:
                f.write(source.read())
        if f.tell() > FIRST * 512:
            raise bootlib.Failed('core.img does not fit before the partition')
        f.truncate(sectors * 512)
        f.seek(446)
        f.write(bytes([0x80, 1, 1, 0, 0x83, 0xfe, 0xff, 0xff]) + FIRST.to_bytes(4, 'little') +
                (sectors - FIRST).to_bytes(4, 'little') + bytes(48) + b'\x55\xaa')
    subprocess.run(['mke2fs', '-q', '-t', 'ext2', '-d', root, '-E', f'offset={FIRST * 512}', image,
                    f'{(sectors - FIRST) // 2}k'],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.remove(core)
    return image
