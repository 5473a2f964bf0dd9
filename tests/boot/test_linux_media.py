# SPDX-License-Identifier: MIT
# timeout: 1800
"""Debian's kernel with a CD-ROM (ISO 9660 through DMA) and a floppy disk (read and written)."""
import hashlib
import os
import subprocess

import bootlib
import linux

INIT = '''#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in {modules}; do insmod /$m || echo "INSMOD FAILED $m"; done
n=0
until [ -b /dev/sr0 ] || [ $n = 600 ]; do sleep 0.1; n=$((n+1)); done
mount -t iso9660 -o ro /dev/sr0 /mnt || echo "MOUNT FAILED cd"
md5sum /mnt/big.bin | sed 's/^/CD /'
umount /mnt
md5sum /dev/fd0 | sed 's/^/FLOPPY /'
mount -t vfat /dev/fd0 /mnt || echo "MOUNT FAILED floppy"
cat /mnt/HELLO.TXT
md5sum /mnt/HELLO.TXT | sed 's/ .*//' > /mnt/SUM.TXT
umount /mnt
echo "MEDIA over"
poweroff -f
'''


def images():
    folder = bootlib.work('cd')
    os.makedirs(folder, exist_ok=True)
    data = b''.join(hashlib.sha256(b'%d' % n).digest() for n in range(150000))
    with open(f'{folder}/big.bin', 'wb') as f:
        f.write(data)
    iso, floppy = bootlib.work('cd.iso'), bootlib.work('floppy.img')
    subprocess.run(['xorriso', '-as', 'mkisofs', '-quiet', '-R', '-o', iso, folder], check=True,
                   stderr=subprocess.DEVNULL)
    if os.path.exists(floppy):
        os.remove(floppy)
    subprocess.run(['mkfs.fat', '-C', floppy, '1440'], check=True, stdout=subprocess.DEVNULL)
    hello = bootlib.work('HELLO.TXT')
    with open(hello, 'w') as f:
        f.write('FLOPPY says hello\n')
    subprocess.run(['mcopy', '-i', floppy, hello, '::HELLO.TXT'], check=True)
    return iso, floppy, hashlib.md5(data).hexdigest()


def media():
    iso, floppy, cd_sum = images()
    with open(floppy, 'rb') as f:
        floppy_sum = hashlib.md5(f.read()).hexdigest()
    files = linux.modules('amd64', 'ata_piix', 'sr_mod', 'isofs', 'floppy', 'vfat', 'nls_cp437',
                          'nls_ascii', 'nls_utf8')
    linux.APPLETS += ' sed'
    init = INIT.format(modules=' '.join(path for path, _ in files))
    with linux.boot('-cdrom', iso, '-fda', floppy, init=init, files=files) as guest:
        guest.expect(r'ATAPI: EMU DVD-ROM')
        guest.expect(r'FDC 0 is a post-1991 82077')
        guest.expect(f'CD {cd_sum}')
        guest.expect(f'FLOPPY {floppy_sum}')
        guest.expect(r'FLOPPY says hello')
        guest.expect(r'MEDIA over')
        guest.refuse(r'FAILED|I/O error.*fd0|ata2.*(error|failed)|Call Trace')
        guest.wait(status=0)
    result = subprocess.run(['mtype', '-i', floppy, '::SUM.TXT'], check=True, capture_output=True)
    want = hashlib.md5(b'FLOPPY says hello\n').hexdigest()
    if result.stdout.decode().strip() != want:
        raise bootlib.Failed(f'the floppy has {result.stdout!r}, not {want}')


bootlib.main(media)
