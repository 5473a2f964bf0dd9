# SPDX-License-Identifier: MIT
# timeout: 2400
"""The Debian installer's netboot kernel and initrd to its first dialog, on the serial console."""
import bootlib

IMAGES = 'usr/lib/debian-installer/images/12/amd64/text/debian-installer/amd64'


def first_dialog():
    folder = bootlib.guests.find('installer', IMAGES)
    with bootlib.Guest('-m', '1024', '-kernel', f'{folder}/linux', '-initrd', f'{folder}/initrd.gz',
                       '-append', 'console=ttyS0') as guest:
        guest.expect(r'Run /init as init process')
        guest.expect(r'Select a language')
        guest.expect(r'Choose the language')
        guest.expect(r'English')
        guest.expect(r'Go Back')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace')


bootlib.main(first_dialog)
