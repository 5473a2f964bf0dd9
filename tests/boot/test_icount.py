# SPDX-License-Identifier: MIT
# timeout: 1500
"""Virtual time by counted instructions (-icount): Debian boots and measures itself the same to the
bit in every run and on both engines: serial output with its time stamps, counters, registers and all
of its memory at the end. A boot sector that reads its disk, likewise."""
import difflib
import hashlib
import json
import os
import re

import bootlib
import linux

if bootlib.IS_QEMU:
    print('needs -report; QEMU has other devices and times')
    raise SystemExit(bootlib.SKIPPED)

# Nobody types: what comes from outside comes at another time in each run.
INIT = '''#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
date
for i in 1 2 3; do cat /proc/uptime; sleep 0.1; done
dd if=/bin/busybox bs=64k 2>/dev/null | md5sum
cat /proc/interrupts /proc/timer_list
echo DONE
poweroff -f
'''
MODES = [('jit', 'jit', 'off'), ('jit-asleep', 'jit', 'on'), ('interp', 'interp', 'off')]


def dump(path):
    """Registers, and a digest of each page of memory."""
    qmp = bootlib.Qmp(path)
    ram = path + '.ram'
    while qmp.command('query-status')['running']:  # it powers off, and -no-shutdown keeps it
        pass
    registers = qmp.command('human-monitor-command', **{'command-line': 'info registers'})
    qmp.command('pmemsave', val=0, size=128 << 20, filename=ram)
    with open(ram, 'rb') as f:
        pages = [hashlib.md5(page).hexdigest() for page in iter(lambda: f.read(4096), b'')]
    os.remove(ram)
    qmp.command('quit')
    return registers, pages


def options(mode, sleep, report):
    return ('-accel', f'tcg,mode={mode}', '-icount', f'shift=0,sleep={sleep}', '-report', report,
            '-rtc', 'base=2026-01-31T12:00:00')


def counted(report):
    with open(report) as f:
        told = json.load(f)
    counts = [told['vcpus'][0][name] for name in ('instructions', 'interrupts', 'faults')]
    return {'counts': counts, 'guest time': told['guest_seconds']}


def boot(label, mode, sleep):
    socket, report = bootlib.work(f'{label}.qmp'), bootlib.work(f'{label}.json')
    for path in (socket, report):
        if os.path.exists(path):
            os.remove(path)
    with linux.boot('-no-shutdown', *options(mode, sleep, report),
                    '-qmp', f'unix:{socket},server=on,wait=off',
                    init=INIT, label=label, append='quiet printk.time=1 loglevel=7') as guest:
        guest.expect(r'DONE')
        guest.expect(r'reboot: Power down')
        registers, pages = dump(socket)
        guest.wait(status=0)
        return {'serial': guest.text, 'registers': registers, 'memory': pages, **counted(report)}


def boot_disk(label, mode, sleep):
    """SeaBIOS and a boot sector that reads three sectors."""
    disk, report = bootlib.disk_image('disk.img', bootlib.guest_bin('bootsect'), 4 << 20), \
        bootlib.work(f'{label}.json')
    with bootlib.Guest('-hda', disk, '-device', 'isa-debug-exit', *options(mode, sleep, report),
                       label=f'disk-{label}') as guest:
        guest.expect('third sector read')
        guest.wait(status=33)
        with open(guest.debugcon_path) as f:
            return {'serial': guest.text, 'firmware': f.read(), **counted(report)}


def differences(name, a, b):
    if a == b:
        return ''
    if isinstance(a, str):
        return '\n'.join(list(difflib.unified_diff(a.splitlines(), b.splitlines(), lineterm=''))[:20])
    if name == 'memory':
        pages = [hex(k << 12) for k, pair in enumerate(zip(a, b)) if pair[0] != pair[1]]
        return f'{len(pages)} pages: {" ".join(pages[:20])}'
    return f'{a} and {b}'


def compare(run):
    first = run(*MODES[0])
    for mode in MODES[1:]:
        other = run(*mode)
        wrong = ''.join(f'\n{name}: {text}' for name in first
                        if (text := differences(name, first[name], other[name])))
        if wrong:
            raise bootlib.Failed(f'{MODES[0][0]} and {mode[0]} differ:{wrong}')
    return first


def disk():
    compare(boot_disk)


def linux_guest():
    first = compare(boot)
    stamps = re.findall(r'\n(\d+\.\d+) \d+\.\d+\r', first['serial'])
    if len(stamps) != 3 or not 0.1 <= float(stamps[2]) - float(stamps[0]) - 0.1 < 1:
        raise bootlib.Failed(f'two pauses of 0.1 s and these times: {stamps}')


bootlib.main(disk, linux_guest)
