# SPDX-License-Identifier: MIT
# timeout: 2400
"""Root on ext4 through IDE DMA: written, re-read after the guest's reboot, clean for e2fsck."""
import os
import subprocess

import bootlib
import linux

INITRD_INIT = '''#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t sysfs sys /sys
for m in {modules}; do insmod /$m || echo "INSMOD FAILED $m"; done
n=0
until [ -b /dev/sda ] || [ $n = 600 ]; do sleep 0.1; n=$((n+1)); done
echo "DMA MODE $(cat /sys/class/ata_device/dev1.0/dma_mode)"
mount -t ext4 /dev/sda /mnt || echo "MOUNT FAILED"
exec switch_root /mnt /init
'''
# On the disk. First boot: 6 MiB out of a generator, its sum kept on the host's side of the line;
# second boot: sums from the disk alone.
ROOT_INIT = '''#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
if [ ! -f /stage ]; then
    n=0; while [ $n -lt 6 ]; do cat /bin/busybox; n=$((n+1)); done | dd bs=1M of=/big 2>/dev/null
    mkdir -p /d/e/f; for i in 1 2 3 4 5 6 7 8 9; do echo "file $i" > /d/e/f/$i; done
    md5sum /big /d/e/f/* | md5sum | sed 's/^/FIRST /'
    echo done > /stage
    sync
    mount -o remount,ro /
    echo "STAGE 1 over"
    reboot -f
fi
md5sum /big /d/e/f/* | md5sum | sed 's/^/SECOND /'
rm -r /d
sync
mount -o remount,ro /
echo "STAGE 2 over"
poweroff -f
'''
APPLETS = linux.APPLETS + ' sed rm'


def root_image():
    root = bootlib.work('root')
    subprocess.run(['rm', '-rf', root], check=True)
    for folder in ('bin', 'dev', 'proc', 'sys'):
        os.makedirs(f'{root}/{folder}')
    subprocess.run(['cp', bootlib.guests.busybox(), f'{root}/bin/busybox'], check=True)
    for applet in APPLETS.split():
        os.symlink('busybox', f'{root}/bin/{applet}')
    with open(f'{root}/init', 'w') as f:
        f.write(ROOT_INIT)
    os.chmod(f'{root}/init', 0o755)
    image = bootlib.work('root.img')
    if os.path.exists(image):
        os.remove(image)
    subprocess.run(['mke2fs', '-q', '-t', 'ext4', '-E', 'root_owner=0:0', '-d', root, image, '48M'],
                   check=True, stdout=subprocess.DEVNULL)
    return image


def ext4():
    image = root_image()
    files = linux.modules('amd64', 'ata_piix', 'sd_mod', 'crc32c_generic', 'ext4')
    init = INITRD_INIT.format(modules=' '.join(path for path, _ in files))
    with linux.boot('-drive', f'file={image},format=raw,if=ide', init=init, files=files) as guest:
        guest.expect(r'ata1: PATA .* bmdma 0x')
        guest.expect(r'sda\] \d+ 512-byte logical blocks')
        guest.expect(r'DMA MODE XFER_(U|MW)_?DMA')
        guest.expect(r'EXT4-fs \(sda\): mounted filesystem')
        first = guest.expect(r'FIRST ([0-9a-f]{32})').group(1)
        guest.expect(r'STAGE 1 over')
        guest.expect(r'Linux version')
        guest.expect(r'EXT4-fs \(sda\): mounted filesystem')
        second = guest.expect(r'SECOND ([0-9a-f]{32})').group(1)
        guest.expect(r'STAGE 2 over')
        guest.refuse(r'FAILED|I/O error|ata1.*(error|failed)|EXT4-fs error|Call Trace')
        guest.wait(status=0)
    if first != second:
        raise bootlib.Failed(f'written {first}, re-read {second}')
    check = subprocess.run(['e2fsck', '-fn', image], text=True, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    if check.returncode:
        raise bootlib.Failed(f'e2fsck: {check.stdout}')


bootlib.main(ext4)
