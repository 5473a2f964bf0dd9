# SPDX-License-Identifier: MIT
# timeout: 2400
"""memtest86+, the 32- and the 64-bit build: tests 0 to 5 find no error."""
import bootlib


def memtest(build, label):
    program = bootlib.guests.find('memtest', f'boot/memtest86+{build}.bin')
    with bootlib.Guest('-m', '8', '-kernel', program, '-append', 'console=ttyS0,115200',
                       label=label, display=True) as guest:
        guest.expect(r'Memtest86\+')
        # It shows what it does every two seconds only, so that a quick test may never be seen.
        guest.expect(r'#([6-9]|10) +\[')
        guest.expect(r'Errors: +0 ')
        guest.refuse(r'Errors: +[1-9]|Unexpected interrupt|Exception|Press any key to reboot')
        text = guest.end()
    bootlib.expect_in(text, r'Memtest86\+ v6', 'the screen')
    bootlib.expect_in(text, r'Errors: 0\b', 'the screen')


def ia32():
    memtest('ia32', 'ia32')


def x64():
    memtest('x64', 'x64')


bootlib.main(ia32, x64)
