# SPDX-License-Identifier: MIT
# timeout: 1500
"""What the monitor shows of a running Debian, against what Debian says of itself: tables, memory,
registers, devices; an ELF core that gdb reads; and nothing of it disturbs the guest."""
import os
import re
import shutil
import subprocess

import monlib
from monlib import Failed, Qmp, check, equal

import bootlib
import linux

NUMBER = r'0x([0-9a-f]+)'
# Each item of `info` and what its text has to have on this machine.
INFO = {
    'status': r'^VM status: running$', 'version': r'^emu \d', 'name': r'^a guest$',
    'uuid': r'^6c9b2d1e-7a0c-4f0e-8d1b-0123456789ab$', 'kvm': r'^kvm support: disabled$',
    'accel': r'^accelerator: tcg', 'jit': r'vcpu0', 'cpus': r'^\* CPU #0: pc=0x.* 64-bit mode',
    'registers': r'^RIP=[0-9a-f]{16} RFL=', 'mem': r'^ffff[0-9a-f]{12}-ffff[0-9a-f]{12} ',
    'tlb': r'^[0-9a-f]{16}: [0-9a-f]{16} ', 'gdt': r'code.*<- CS', 'ldt': r'LDT',
    'idt': r'^0e +#PF .*interrupt gate', 'tss': r'64-bit TSS', 'lapic': r'LVT timer',
    'ioapic': r'pin 2 ', 'pic': r'^pic0: irr=', 'irq': r'taken|sent',
    'mtree': r'prio 1, rom\): bios-low(.*\n)+.*0000000000000000-000000000009ffff \(ram\): ram-low',
    'mtree -f': r'^  0000000000100000-', 'pci': r'VGA controller \(0300\): PCI device 1234:1111',
    'qtree': r'^dev: isa-debugcon(.*\n)+?  iobase = 1026', 'block': r'^ide1-cd0: \[not inserted\]',
    'chardev': r'^serial0: filename=stdio', 'mice': r'PS/2 Mouse', 'roms': r'mem=rom name="',
    'network': r'', 'usb': r'', 'snapshots': r'', 'vnc': r'disabled', 'history': r'',
    'trace-events': r'^int : state 0$', 'registers -a': r'CPU#1',
}


def every_item(qmp):
    items = re.findall(r'^info ([\w-]+)', qmp.hmp('info'), re.M)
    unknown = set(items) - set(INFO) - {'postmortem', 'symbols'}
    for item, pattern in INFO.items():
        text = qmp.hmp(f'info {item}')
        check(re.search(pattern, text, re.M), f'info {item}: no /{pattern}/ in\n{text[:1500]}')
    for item in unknown: # others' items: they answer
        check('unknown command' not in qmp.hmp(f'info {item}'), item)


def registers(qmp):
    text = qmp.hmp('info registers')
    return {name: int(value, 16) for name, value in re.findall(r'\b([A-Z]\w+)\s*=([0-9a-f]+)', text)}


def kernel_tables(guest, qmp):
    """Addresses of /proc/kallsyms are where the monitor finds them."""
    symbols = {}
    for name in ('asm_exc_page_fault', 'entry_SYSCALL_64', 'init_top_pgt', 'linux_banner'):
        match = guest.run(f'grep -w {name} /proc/kallsyms', r'\n([0-9a-f]{16}) \w ' + name + r'\r')
        symbols[name] = int(match.group(1), 16)
    qmp.command('stop')
    gate = re.search(r'^0e .*?gate to 0010:' + NUMBER, qmp.hmp('info idt'), re.M)
    check(gate, qmp.hmp('info idt')[:800])
    equal(int(gate.group(1), 16), symbols['asm_exc_page_fault'], 'the page fault handler')
    banner = qmp.hmp(f"x/13cb {symbols['linux_banner']:#x}")
    equal(''.join(re.findall(r"'(.)'", banner)), 'Linux version', 'linux_banner')
    gpa = re.search('gpa: ' + NUMBER, qmp.hmp(f"gva2gpa {symbols['linux_banner']:#x}")).group(1)
    equal(''.join(re.findall(r"'(.)'", qmp.hmp(f'xp/13cb 0x{gpa}'))), 'Linux version', 'physical')
    walk = qmp.hmp(f"walk {symbols['linux_banner']:#x}")
    check('PML4E' in walk and f'physical 0x{gpa}' in walk, walk)
    check('not present' in qmp.hmp('walk 0x0000700000000000'), 'a walk that ends early')
    check('Cannot access' in qmp.hmp('x/4xb 0x0000700000000000'), 'unmapped memory')
    # The code of the kernel is in a range that can be executed and not written.
    ranges = [(int(a, 16), int(b, 16), r) for a, b, r in re.findall(
        r'^([0-9a-f]{16})-([0-9a-f]{16}) [0-9a-f]{16} (\S+)', qmp.hmp('info mem'), re.M)]
    entry = symbols['entry_SYSCALL_64']
    rights = [r for a, b, r in ranges if a <= entry < b]
    equal(rights, ['-r-x'], 'rights of the kernel code')
    check(re.search(r'entry|swapgs', qmp.hmp(f'x/3i {entry:#x}')), 'disassembly of the entry')
    return symbols


def core(qmp, symbols, folder):
    """gdb reads the core: registers, and the banner at its virtual address with -p."""
    path = f'{folder}/core'
    for paging in (False, True):
        qmp.command('dump-guest-memory', paging=paging, protocol=f'file:{path}')
        if not shutil.which('gdb'):
            raise Failed('gdb is not installed (packages.txt has it)')
        commands = ['-ex', 'info registers rip', '-ex', 'info threads']
        if paging:
            commands += ['-ex', f"x/s {symbols['linux_banner']:#x}"]
        out = subprocess.run(['gdb', '-nx', '-batch', '-core', path, *commands],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             timeout=monlib.LIMIT).stdout
        rip = registers(qmp)['RIP']
        check(re.search(rf'rip\s+{rip:#x}', out), f'rip {rip:#x} is not in\n{out}')
        check(not paging or 'Linux version' in out, out)
        os.unlink(path)


def debian():
    qmp_path = bootlib.work('info.qmp')
    if os.path.exists(qmp_path):
        os.unlink(qmp_path)
    with linux.boot('-no-reboot', '-smp', '2', '-name', 'a guest', '-accel', 'tcg', '-uuid',
                    '6c9b2d1e-7a0c-4f0e-8d1b-0123456789ab', '-drive', 'if=ide,media=cdrom',
                    '-qmp', f'unix:{qmp_path},server=on,wait=off', append='nokaslr') as guest:
        guest.expect(r'INIT: x86_64 up')
        guest.expect(r'# ')
        qmp = Qmp(qmp_path)
        every_item(qmp)
        symbols = kernel_tables(guest, qmp)
        every_item_paused = qmp.hmp('info status')
        check('paused' in every_item_paused, every_item_paused)
        core(qmp, symbols, bootlib.workdir())
        qmp.command('cont')
        # The guest did not notice.
        guest.run('echo sum=$((6*7))', r'sum=42\r')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace|rcu.*stall')
        # ACPI's power button reaches the kernel; a disc goes in and out.
        disc = bootlib.work('disc.iso')
        with open(disc, 'wb') as f:
            f.write(bytes(1 << 20))
        qmp.command('blockdev-change-medium', device='ide1-cd0', filename=disc)
        check('disc.iso' in qmp.hmp('info block'), 'the disc is in')
        event = qmp.wait_event('DEVICE_TRAY_MOVED')['data']
        equal((event['device'], event['tray-open']), ('ide1-cd0', False), 'event')
        qmp.command('eject', device='ide1-cd0', force=True)
        equal(qmp.wait_event('DEVICE_TRAY_MOVED')['data']['tray-open'], True, 'event')
        guest.send('poweroff -f\n')
        equal(qmp.wait_event('SHUTDOWN')['data'], {'guest': True, 'reason': 'guest-shutdown'}, 'end')
        guest.wait(status=0)


monlib.main(debian)
