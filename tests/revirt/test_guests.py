# SPDX-License-Identifier: MIT
# timeout: 1500
"""emu on the reference host: the same guests as on tcg, with the same output and exit status."""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../boot'))
import bootlib  # noqa: E402
import linux  # noqa: E402
import revirtlib  # noqa: E402


def boots_sector(guest):
    guest.expect(r'boot sector: drive 80\r\n')
    guest.expect(r'third sector read')
    guest.wait(status=0x10 << 1 | 1)


def boot_sector():
    """SeaBIOS and a boot sector: decoded and undecoded accesses, four processors, VNC's machine."""
    image = bootlib.disk_image('disk.img', bootlib.guest_bin('bootsect'), 4 << 20)
    for mmio in ('undecoded', 'decoded'):
        for cpus in ('1', '4'):
            with revirtlib.Host('-mmio', mmio) as host, bootlib.Guest(
                    '-m', '16', '-smp', cpus, '-drive', f'file={image},format=raw', '-device',
                    'isa-debug-exit', '-accel', f'revirt,host={host.path},fallback=off',
                    label=f'{mmio}{cpus}') as guest:
                boots_sector(guest)


def machines_end_together():
    """Two emus at one host; the host is clean afterwards."""
    image = bootlib.disk_image('disk.img', bootlib.guest_bin('bootsect'), 4 << 20)
    with revirtlib.Host() as host:
        args = ('-m', '16', '-snapshot', '-drive', f'file={image},format=raw', '-device',
                'isa-debug-exit', '-accel', f'revirt,host={host.path},fallback=off')
        with bootlib.Guest(*args, label='one') as one, bootlib.Guest(*args, label='two') as two:
            boots_sector(one)
            boots_sector(two)
        with host.open('afterwards') as vm:
            vm.ok(revirtlib.CALL, revirtlib.INFO)


def linux_shell():
    with revirtlib.Host() as host, linux.boot(
            '-no-reboot', '-accel', f'revirt,host={host.path},fallback=off') as guest:
        guest.expect(r'INIT: x86_64 up')
        guest.expect(r'# ')
        guest.run('echo sum=$((6*7))', r'sum=42\r')
        guest.run('dd if=/bin/busybox bs=64k 2>/dev/null | md5sum; md5sum < /bin/busybox',
                  r'([0-9a-f]{32})  -\r\n\1  -')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace')
        guest.send('poweroff -f\n')
        guest.wait(status=0)


def host_killed():
    """The guest carries on with tcg, with its memory and registers, and one warning."""
    host = revirtlib.Host()
    if not host.survives():
        print('host_killed: its registers go with it here, skipped')
        host.kill()
        return
    with linux.boot('-no-reboot', '-accel', f'revirt,host={host.path}', label='killed') as guest:
        guest.expect(r'Linux version 6\.')
        guest.expect(r'Memory: ')
        host.kill()
        guest.expect(r'INIT: x86_64 up')
        guest.expect(r'# ')
        guest.run('echo sum=$((6*7))', r'sum=42\r')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace')
        guest.send('poweroff -f\n')
        guest.wait(status=0)
    with open(guest.stderr_path) as f:
        warnings = [line for line in f if 'revirt' in line]
    if len(warnings) != 1 or 'tcg' not in warnings[0]:
        raise bootlib.Failed(f'not one warning: {warnings}')


def without_host():
    """One line says why, and the next accelerator carries on."""
    image = bootlib.disk_image('disk.img', bootlib.guest_bin('bootsect'), 4 << 20)
    for value, why in (('revirt', 'this is not Redox, and no reference host was given'),
                       ('revirt,host=/nonexistent', 'cannot reach a reference host')):
        with bootlib.Guest('-m', '16', '-drive', f'file={image},format=raw', '-device',
                           'isa-debug-exit', '-accel', value, label='none') as guest:
            boots_sector(guest)
        with open(guest.stderr_path) as f:
            lines = f.read().splitlines()
        if len(lines) != 1 or why not in lines[0]:
            raise bootlib.Failed(f'-accel {value}: not one line with "{why}": {lines}')
        run = subprocess.run([bootlib.EMU, '-accel', f'{value},fallback=off', '-display', 'none'],
                             capture_output=True, text=True)
        if run.returncode != 1 or why not in run.stderr:
            raise bootlib.Failed(f'{value},fallback=off: status {run.returncode}: {run.stderr}')


bootlib.main(boot_sector, machines_end_together, linux_shell, host_killed, without_host)
