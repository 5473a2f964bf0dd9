# SPDX-License-Identifier: MIT
# timeout: 900
"""How a machine ends is its exit status: power-off, debug exit, resets, triple fault, SIGTERM."""
import bootlib


def image(how):
    """The boot sector of tests/guests/ends.asm with its way to end put in."""
    with open(bootlib.guest_bin('ends'), 'rb') as f:
        sector = bytearray(f.read())
    sector[509] = ord(how)
    path = bootlib.work(f'ends-{how}.img')
    with open(path, 'wb') as f:
        f.write(sector)
        f.truncate(1 << 20)
    return path


def ends(how, status, *args, twice=False):
    with bootlib.Guest('-m', '16', '-drive', f'file={image(how)},format=raw', *args,
                       label=f'ends-{how}') as guest:
        guest.expect(r'\*')
        if twice:
            guest.expect(r'\*')     # it came up again
            return guest
        guest.wait(status)
    with open(guest.stderr_path, errors='replace') as f:
        return f.read()


def power_off():
    ends('p', 0)


def keyboard_reset():
    ends('k', 0, '-no-reboot')
    ends('k', 0, twice=True)


def cf9_reset():
    ends('c', 0, '-no-reboot')
    ends('c', 0, twice=True)


def triple_fault():
    """Never in silence, and with -no-reboot never as success; QEMU's is 0 and says nothing."""
    said = ends('t', 0 if bootlib.IS_QEMU else 2, '-no-reboot')
    if not bootlib.IS_QEMU:
        bootlib.expect_in(said, r'(?i)triple fault', 'stderr')
    ends('t', 0, twice=True)


def power_off_then_debug_exit():
    disk = bootlib.disk_image('s5exit.img', bootlib.guest_bin('s5exit'), 1 << 20)
    log = bootlib.work('e9.log')
    with bootlib.Guest('-m', '16', '-drive', f'file={disk},format=raw', '-device', 'isa-debug-exit',
                       '-chardev', f'file,id=e9,path={log}', '-device', 'isa-debugcon,chardev=e9',
                       label='s5exit') as guest:
        guest.wait(51)
    with open(log) as f:
        bootlib.expect_in(f.read(), r'^S5$', log)


def sigterm():
    """The log of a machine that is told to end is complete, and it ends at once."""
    with bootlib.Guest('-m', '16', '-drive', f'file={image("h")},format=raw',
                       label='sigterm') as guest:
        guest.expect(r'\*')
        guest.process.terminate()
        guest.wait(0, seconds=60)


bootlib.main(power_off, keyboard_reset, cf9_reset, triple_fault, power_off_then_debug_exit, sigterm)
