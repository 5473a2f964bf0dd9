# SPDX-License-Identifier: MIT
# timeout: 900
"""Two ends that need more than a manifest (test_bios.toml has the rest)."""
import bootlib


def ends(how, *args):
    return bootlib.Guest('-m', '16', '-drive', f'file={bootlib.ends_image(how)},format=raw', *args,
                         label=f'ends-{how}')


def triple_fault():
    """Never in silence, and with -no-reboot never as success; QEMU's is 0 and says nothing."""
    with ends('t', '-no-reboot') as guest:
        guest.expect(r'\*')
        guest.wait(0 if bootlib.IS_QEMU else 2)
    with open(guest.stderr_path, errors='replace') as f:
        if not bootlib.IS_QEMU:
            bootlib.expect_in(f.read(), r'(?i)triple fault', 'stderr')


def sigterm():
    """The log of a machine that is told to end is complete, and it ends at once."""
    with ends('h') as guest:
        guest.expect(r'\*')
        guest.process.terminate()
        guest.wait(0, seconds=60)


bootlib.main(triple_fault, sigterm)
