# SPDX-License-Identifier: MIT
# timeout: 300
"""emu under QEMU's names: what they promise, `make install` that makes the links, and the command
lines of Redox's build and of redoxer as they are (REDOX's own `make qemu`, redoxer's exec.rs)."""
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, f'{SOURCE}/tests/boot')
import bootlib  # noqa: E402  (needs the path above)

NAMES = ('qemu-system-x86_64', 'qemu-system-i386')

# Redox's line for i586, disk image and capture file in our folder, without KVM.
REDOX_I586 = '''-d guest_errors -name "Redox OS i586" -smp 1 -m 1024
 -chardev stdio,id=debug,signal=off,mux=on, -serial chardev:debug -mon chardev=debug
 -machine pc -device AC97
 -device e1000,netdev=net0,id=nic0 -netdev user,id=net0
 -object filter-dump,id=f1,netdev=net0,file={dir}/network.pcap
 -vga std
 -drive file={dir}/harddrive.img,format=raw
 -drive file={dir}/extra.img,format=raw
 -cpu pentium2'''
REDOX_X86_64 = '''-d guest_errors -name "Redox OS x86_64" -device qemu-xhci -smp 4 -m 2048
 -chardev stdio,id=debug,signal=off,mux=on, -serial chardev:debug -mon chardev=debug
 -machine q35 -device ich9-intel-hda -device hda-output
 -device e1000,netdev=net0,id=nic0 -netdev user,id=net0
 -object filter-dump,id=f1,netdev=net0,file={dir}/network.pcap
 -vga std
 -drive file={dir}/harddrive.img,format=raw,if=none,id=drv0
 -device nvme,drive=drv0,serial=NVME_SERIAL
 -cpu core2duo'''
REDOXER = '''-cpu max -m 2048 -smp 4 -netdev user,id=net0 -device e1000,netdev=net0 -machine q35
 -serial mon:stdio -device isa-debugcon,chardev=log -device isa-debug-exit
 -chardev file,id=log,path={dir}/redoxer.log -drive file={dir}/harddrive.img,format=raw,if=virtio
 -nographic -vga none'''


def installed():
    """emu and its links as `make install` puts them."""
    folder = os.path.abspath(bootlib.work('install'))
    subprocess.run(['make', '-s', '-o', 'all', '-f', f'{SOURCE}/Makefile', f'BUILDDIR={bootlib.BUILD}',
                    f'DESTDIR={folder}', 'prefix=/usr', f'QEMU_NAMES={" ".join(NAMES)}',
                    'install'], check=True, cwd=SOURCE, stdout=subprocess.DEVNULL)
    return f'{folder}/usr/bin'


# Real mode: CPUID 80000001h, EDX bit 29 (long mode) to isa-debug-exit, hlt.
SECTOR = bytes.fromhex('66b801000080 0fa2 66c1ea1d 88d0 2401 ba0105 ee f4')


def links():
    """A processor without 64 bits as qemu-system-i386."""
    folder, disk = installed(), bootlib.work('long.img')
    with open(disk, 'wb') as f:
        f.write(SECTOR.ljust(510, b'\0') + b'\x55\xaa')
        f.truncate(1 << 20)
    for name, status in zip(NAMES, (3, 1)):
        if os.readlink(f'{folder}/{name}') != 'emu':
            raise bootlib.Failed(f'{name} is not a link to emu')
        run = subprocess.run([f'{folder}/{name}', '-accel', 'tcg', '-m', '16', '-drive',
                              f'file={disk},format=raw', '-device', 'isa-debug-exit', '-display',
                              'none', '-net', 'none'], capture_output=True, text=True, check=False,
                             stdin=subprocess.DEVNULL, timeout=bootlib.STEP)
        if run.returncode != status:
            raise bootlib.Failed(f'{name}: status {run.returncode}, not {status}: {run.stderr}')


def images():
    folder = os.path.dirname(bootlib.disk_image('harddrive.img', bootlib.guest_bin('bootsect'),
                                                4 << 20))
    bootlib.disk_image('extra.img', bootlib.guest_bin('bootsect'), 4 << 20)
    return folder


def start(name, line, *more):
    folder = os.path.abspath(images())
    link = f'{folder}/{name}'
    if not os.path.islink(link):
        os.symlink(bootlib.EMU, link)
    args = [word.format(dir=folder) for word in shlex.split(line)]
    return subprocess.run([link, *args, *more], capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=bootlib.STEP)


def redox_i586():
    """It boots; what is missing is one warning each, and no more."""
    run = start('qemu-system-i386', REDOX_I586, '-device', 'isa-debug-exit', '-display', 'none')
    if run.returncode != 0x10 << 1 | 1 or 'third sector read' not in run.stdout:
        raise bootlib.Failed(f'status {run.returncode}\n{run.stdout}\n{run.stderr}')
    lines = [line for line in run.stderr.splitlines() if 'using tcg' not in line]
    for word in ('AC97', 'e1000', '-netdev', 'filter-dump'):
        if sum(word in line for line in lines) != 1:
            raise bootlib.Failed(f'not one line about {word}: {lines}')
    if len(lines) != 4 or not all('warning' in line for line in lines):
        raise bootlib.Failed(f'not four warnings: {lines}')


def refused():
    """A machine or disk that is missing is named, in one line; so is each device under emu's name."""
    for name, line, culprit in (('qemu-system-x86_64', REDOX_X86_64, 'q35'),
                                ('qemu-system-x86_64', REDOXER, 'q35'),
                                ('emu', '-device AC97', 'AC97'), ('emu', '-netdev user,id=n', 'netdev'),
                                ('qemu-system-x86_64', '-device nvme,drive=d', 'nvme')):
        run = start(name, line)
        errors = [x for x in run.stderr.splitlines() if 'warning' not in x and 'using tcg' not in x]
        if run.returncode != 1 or len(errors) != 1 or culprit not in errors[0]:
            raise bootlib.Failed(f'{name} {line}: status {run.returncode}: {run.stderr}')


bootlib.main(links, redox_i586, refused)
