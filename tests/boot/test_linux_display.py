# SPDX-License-Identifier: MIT
# timeout: 1800
"""Debian's bochs-drm driver: adapter registers, EDID, and its console in the frame buffer."""
import bootlib
import linux

INIT = '''#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in {modules}; do insmod /$m || echo "INSMOD FAILED $m"; done
cat /sys/class/drm/*/modes | sed 's/^/MODE /'
cat /sys/class/graphics/fb0/virtual_size | sed 's/^/SIZE /'
echo -e '\\033[?25l\\033[44m\\033[2J\\033[10;1H\\033[41m\\033[K' > /dev/tty0
sleep 2
echo "DISPLAY over"
poweroff -f
'''
WIDTH, HEIGHT = 1280, 800
BLUE, RED = bytes((0, 0, 170)), bytes((170, 0, 0))


def display():
    files = linux.modules('amd64', 'bochs')
    init = INIT.format(modules=' '.join(path for path, _ in files))
    linux.APPLETS += ' sed'
    shot = bootlib.work('guest.png')
    extra = [] if bootlib.IS_QEMU else ['-screenshot-on-exit', shot]
    with linux.boot(*extra, init=init, files=files, memory=192) as guest:
        guest.expect(r'Found bochs VGA, ID 0xb0c5')
        guest.expect(r'Found EDID data blob')
        guest.expect(r'MODE 1280x800')
        guest.expect(r'SIZE 1280,800')
        guest.expect(r'DISPLAY over')
        guest.refuse(r'FAILED|Call Trace')
        guest.wait(status=0)
    if bootlib.IS_QEMU:
        return
    width, height, rgb = bootlib.picture(guest)
    if (width, height) != (WIDTH, HEIGHT):
        raise bootlib.Failed(f'the picture has {width}x{height} pixels')
    for y in range(HEIGHT):
        want = RED if y // 16 == 9 else BLUE
        if rgb[y * WIDTH * 3:(y + 1) * WIDTH * 3] != want * WIDTH:
            raise bootlib.Failed(f'line {y} is not all {tuple(want)}')


bootlib.main(display)
