# SPDX-License-Identifier: MIT
# timeout: 1200
"""iPXE without a network card: from -kernel and from its CD, to its prompt, which runs commands."""
import re

import bootlib


def prompt(guest):
    guest.expect(r'iPXE initialising devices\.\.\.ok')
    guest.expect(r'Open Source Network Boot Firmware')
    guest.expect(r'Press Ctrl-B for the iPXE command line')
    guest.send('\x02')
    guest.expect(r'iPXE> ')
    # One by one: the BIOS keeps 15 keys, and drops what comes faster than iPXE takes them.
    for key in 'cpuid --ext 29 && echo long mode yes':
        guest.send(key)
        guest.expect(re.escape(key))
    guest.send('\r')
    guest.expect(r'\nlong mode yes')
    guest.expect(r'iPXE> ')


def kernel():
    """-nographic makes SeaBIOS copy what INT 10h prints to the serial line, and keys back."""
    program = bootlib.guests.find('ipxe', 'boot/ipxe.lkrn')
    with bootlib.Guest('-nographic', '-m', '24', '-kernel', program, label='kernel') as guest:
        prompt(guest)


def cd():
    image = bootlib.guests.find('ipxe', 'usr/lib/ipxe/ipxe.iso')
    with bootlib.Guest('-nographic', '-m', '24', '-cdrom', image, '-boot', 'd',
                       label='cd') as guest:
        guest.expect_debugcon(r'Booting from DVD/CD')
        prompt(guest)


bootlib.main(kernel, cd)
