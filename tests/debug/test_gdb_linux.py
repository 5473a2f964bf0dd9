# SPDX-License-Identifier: MIT
# timeout: 2400
"""gdb from the boot sector through GRUB into Debian's kernel in long mode, on four processors."""
import os
import shutil
import subprocess

import gdblib
from gdblib import bootlib
import grub
import linux

APPEND = 'console=ttyS0 panic=-1 nokaslr'
NAMES = ['start_kernel', 'jiffies_64', 'kernel_init', 'vfs_read', 'ksys_read', 'vfs_open', 'do_exit',
         'tick_do_update_jiffies64', 'do_timer', 'secondary_startup_64', 'default_idle',
         'do_idle', 'acpi_idle_do_entry']
INIT = '''#!/bin/sh
mount -t proc proc /proc
grep -E ' (%s)$' /proc/kallsyms
echo 'READY: init'
cat /init >/dev/null
echo 'READY: end'
poweroff -f
''' % '|'.join(NAMES)


def disk(initrd):
    root = bootlib.work('root')
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(f'{root}/boot/grub')
    shutil.copy(linux.guests.kernel('amd64'), f'{root}/boot/vmlinuz')
    shutil.copy(initrd, f'{root}/boot/initrd')
    with open(f'{root}/boot/grub/grub.cfg', 'w') as f:
        f.write(f'linux /boot/vmlinuz {APPEND}\ninitrd /boot/initrd\nboot\n')
    return grub.disk(bootlib.work('gdb.img'), root, 32)


def symbols(initrd):
    """Debian's System.map is empty: the running kernel says where its functions are."""
    with bootlib.Guest('-m', '256', '-kernel', linux.guests.kernel('amd64'), '-initrd', initrd,
                       '-append', APPEND, label='symbols') as g:
        g.expect('READY: init')
        table = {}
        for line in g.text.splitlines():
            words = line.split()
            if len(words) == 3 and words[2] in NAMES:
                table[words[2]] = int(words[0], 16)
    # relative to .text at address 0
    return gdblib.symbol_file(bootlib.work('kernel.sym'), table), table


def debug(accel, image, sym, table):
    socket = gdblib.socket_path(accel)
    label = accel
    # gdb's own breakpoint on the first instruction: no prologue to skip, no line table.
    commands = [
        f'symbol-file {sym}',
        'break *0x7c00', 'continue',
        'print/x $rip', 'x/2xb 0x7c00', 'x/2xb 0x7dfe', 'stepi', 'stepi',
        'info registers cr0 efer', 'delete',
        'hbreak *start_kernel', 'continue', 'info symbol $rip', 'bt 1',
        'info registers cr0 efer', 'print/x $cs_attr', 'delete',
        'info threads',
        'break *kernel_init', 'continue', 'delete',
        'watch *(unsigned long *)&jiffies_64', 'continue', 'info symbol $rip', 'continue', 'delete',
        'break *vfs_open', 'continue', 'info threads', 'finish', 'delete',
        'break *vfs_read if $rdx > 0', 'continue', 'bt 2', 'stepi', 'stepi',
        'print $_thread', 'thread apply all bt 2', 'thread apply all print/x $cr3',
        'print $xmm0.uint128', 'print $eflags',
        'maintenance packet Qqemu.PhyMemMode:1', 'x/2xb 0x7dfe',
        'maintenance packet Qqemu.PhyMemMode:0',
        'delete', 'detach']
    with bootlib.Guest('-m', '256', '-smp', '4', '-hda', image, '-snapshot', '-S', '-gdb',
                       f'unix:{socket}', '-accel', f'tcg,mode={accel}', label=label) as g:
        text = gdblib.gdb(g, socket, commands, label)
        gdblib.expect(
            text, r'0x000000000000fff0', r'hit Breakpoint 1, 0x0000000000007c00',
            r'\$1 = 0x7c00', r'0x7c00:\s+0xeb', r'0x7dfe:\s+0x55\s+0xaa',
            r'efer\s+0x0 ', r'Hardware assisted breakpoint 2 at', r'hit Breakpoint 2, .*start_kernel',
            r'start_kernel in section', r'^#0  .*start_kernel', r'cr0\s+0x8\w+\s+\[.*PE.*PG',
            r'efer\s+0x\w+\s+\[.*LME.*LMA', r'\$2 = 0xa[0-9a-f]+',
            r'CPU#0 \[running\]', r'CPU#3 \[halted\]',
            r'hit Breakpoint 3, .*kernel_init',
            r'atchpoint 4: ', r'Old value = \d+', r'New value = \d+',
            r'Old value = \d+', r'New value = \d+',
            r'hit Breakpoint 5, .*vfs_open', r'CPU#3 \[', r'^0xffffffff\w+ in .*\(\)',
            r'hit Breakpoint 6, .*vfs_read', r'^#0 .* in vfs_read', r'^#1 .* in ksys_read',
            r'Thread 4 \(Thread 4 \(CPU#3', r'^#0 ', r'Thread 1 \(Thread 1 \(CPU#0', r'^#0 ',
            r'\[ .*\]', r'0x7dfe:\s+0x55\s+0xaa', r'detached')
        g.expect('READY: end')
        g.wait(0)
    if os.path.exists(socket):
        os.remove(socket)


def test_gdb():
    initrd = linux.initramfs('init.cpio', INIT)
    sym, table = symbols(initrd)
    if len(table) < len(NAMES) - 2:
        raise bootlib.Failed(f'the kernel names only {table}')
    image = disk(initrd)
    for accel in ('jit', 'interp'):
        debug(accel, image, sym, table)


bootlib.main(test_gdb)
