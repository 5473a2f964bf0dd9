# SPDX-License-Identifier: MIT
"""A boot sector from a floppy and from a disk; SeaBIOS's own log on the debug console."""
import bootlib


def boots(guest, drive):
    guest.expect(rf'boot sector: drive {drive}\r\n')
    guest.expect(r'second sector runs')
    guest.expect(r'third sector read')
    guest.wait(status=0x10 << 1 | 1)


def disk():
    image = bootlib.disk_image('disk.img', bootlib.guest_bin('bootsect'), 4 << 20)
    with bootlib.Guest('-m', '16', '-drive', f'file={image},format=raw', '-device',
                       'isa-debug-exit', label='disk') as guest:
        boots(guest, '80')
        guest.expect_debugcon(r'SeaBIOS \(version ')
        guest.expect_debugcon(r'ata0-0: .* ATA-\d+ Hard-Disk')
        guest.expect_debugcon(r'Booting from Hard Disk')


def floppy():
    image = bootlib.disk_image('floppy.img', bootlib.guest_bin('bootsect'), 1440 << 10)
    with bootlib.Guest('-m', '16', '-fda', image, '-boot', 'a', '-device',
                       'isa-debug-exit', label='floppy') as guest:
        boots(guest, '00')
        guest.expect_debugcon(r'Booting from Floppy')


def screen():
    """The same text is on the VGA screen."""
    image = bootlib.disk_image('disk.img', bootlib.guest_bin('bootsect'), 4 << 20)
    with bootlib.Guest('-m', '16', '-hda', image, label='screen', display=True) as guest:
        guest.expect(r'third sector read')
        text = guest.end()
    bootlib.expect_in(text, r'SeaBIOS \(version', 'the screen')
    bootlib.expect_in(text, r'Booting from Hard Disk\.\.\.\n+boot sector: drive 80\n'
                            r'second sector runs\nthird sector read', 'the screen')


bootlib.main(disk, floppy, screen)
