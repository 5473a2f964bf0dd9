# SPDX-License-Identifier: MIT
# timeout: 1500
"""The host refuses writes to a part of the disk: Linux sees ATA errors there, and goes on."""
import os
import resource
import signal

import bootlib
import linux

INIT = '''#!/bin/sh
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for m in {modules}; do insmod /$m; done
n=0
until [ -b /dev/sda ] || [ $n = 600 ]; do sleep 0.1; n=$((n+1)); done
dd if=/bin/busybox of=/dev/sda bs=64k count=4 conv=fsync 2>/dev/null && echo "FIRST is written"
dd if=/bin/busybox of=/dev/sda bs=64k count=4 seek=100 conv=fsync 2>/dev/null || echo "SECOND fails"
dd if=/bin/busybox of=/dev/sda bs=64k count=4 seek=8 conv=fsync 2>/dev/null && echo "THIRD is written"
echo "STILL here"
poweroff -f
'''
LIMIT = 4 << 20


def ignore_the_signal():
    """In the child: a write past the limit is to fail with EFBIG, not to end the process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def write_error():
    image = bootlib.work('disk.img')
    with open(image, 'wb') as f:
        f.truncate(16 << 20)
    files = linux.modules('amd64', 'ata_piix', 'sd_mod')
    init = INIT.format(modules=' '.join(path for path, _ in files))
    with linux.boot('-drive', f'file={image},format=raw,if=ide', init=init, files=files,
                    before_exec=ignore_the_signal) as guest:
        # Not before it has its memory, which may be a file too.
        guest.expect(r'Linux version')
        resource.prlimit(guest.process.pid, resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
        guest.expect(r'FIRST is written')
        guest.expect(r'SECOND fails')
        guest.expect(r'THIRD is written')
        guest.expect(r'STILL here')
        guest.wait(0)
        bootlib.expect_in(guest.text, r'ata1\.00: (status|error|failed command|exception)',
                          'the serial line')
        bootlib.expect_in(guest.text, r'I/O error, dev sda', 'the serial line')
    with open(image, 'rb') as f, open(bootlib.guests.busybox(), 'rb') as source:
        data = source.read(4 << 16)
        if f.read(len(data)) != data:
            raise bootlib.Failed('what was written before the error is not in the image')
        f.seek(8 << 16)
        if f.read(len(data)) != data:
            raise bootlib.Failed('what was written after the error is not in the image')
    os.remove(image)


bootlib.main(write_error)
