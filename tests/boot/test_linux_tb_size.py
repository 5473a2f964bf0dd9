# SPDX-License-Identifier: MIT
# timeout: 1500
"""Debian with 256 KiB of host code, which is full again and again; what stats=on and perfmap=on say;
what emu needs besides the guest's memory."""
import os
import re

import bootlib
import linux

if bootlib.IS_QEMU:
    print('stats=on is ours alone')
    raise SystemExit(bootlib.SKIPPED)


def counter(text, name):
    found = re.search(rf'[:,] {re.escape(name)} (\d+)', text)
    if not found:
        raise bootlib.Failed(f'no "{name}" in what stats=on printed:\n{text}')
    return int(found.group(1))


def check_stats(text):
    room = counter(text, 'translated bytes of room')
    if room != 256 << 10 or not 0 < counter(text, 'translated bytes of host code') <= room:
        raise bootlib.Failed(f'host code has not the size asked for:\n{text}')
    if counter(text, 'blocks bytes') > counter(text, 'blocks bytes of room'):
        raise bootlib.Failed(f'decoded code has more than its room:\n{text}')
    if counter(text, 'translated host code flushes') < 100:
        raise bootlib.Failed(f'the cache was hardly ever full:\n{text}')
    ran = counter(text, 'ran instructions translated') + counter(text, 'ran instructions interpreted')
    if ran != counter(text, 'instructions'):
        raise bootlib.Failed(f'{ran} instructions are not all:\n{text}')
    for name in ('TLB misses user read', 'TLB misses to devices', 'TLB flushes of a page',
                 'blocks dropped by own writes', 'ran slow paths', 'ran exits at system instructions'):
        if not counter(text, name):
            raise bootlib.Failed(f'"{name}" is 0:\n{text}')
    bootlib.expect_in(text, r'estimated accesses \d{6,}, .* \d+\.\d+ %', 'stderr')


def check_map(path):
    with open(path) as f:
        lines = f.read().splitlines()
    wrong = [line for line in lines
             if not re.fullmatch(r'[0-9a-f]+ [0-9a-f]+ (emu:\S+|guest:0x[0-9a-f]+.*)', line)]
    if wrong:
        raise bootlib.Failed(f'not a line of a perf map: {wrong[0]}')
    if not any(line.split()[2].startswith('guest:0xffffffff') for line in lines):
        raise bootlib.Failed(f'no code of the kernel in {path}')


def small_cache():
    options = 'tcg,mode=jit,tb-size=256K,stats=on,perfmap=on'
    with linux.boot('-no-reboot', '-accel', options) as guest:
        path = f'/tmp/perf-{guest.process.pid}.map'
        try:
            guest.expect(r'INIT: x86_64 up')
            guest.expect(r'# ')
            guest.run('dd if=/bin/busybox bs=64k 2>/dev/null | md5sum; md5sum < /bin/busybox',
                      r'([0-9a-f]{32})  -\r\n\1  -')
            guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace')
            guest.send('poweroff -f\n')
            guest.expect(r'reboot: Power down')
            guest.wait(status=0)
            check_map(path)
        finally:
            if os.path.exists(path):
                os.remove(path)
        with open(guest.stderr_path) as f:
            check_stats(f.read())


def memory():
    """With everything as it is by default: at most 64 MiB beside the guest's memory."""
    with linux.boot('-no-reboot', '-accel', 'tcg', label='memory') as guest:
        guest.expect(r'INIT: x86_64 up')
        guest.run('find / -xdev | md5sum; dd if=/bin/busybox bs=64k 2>/dev/null | md5sum', r'  -\r\n.*  -')
        kib = bootlib.beyond_ram_kib(guest.process.pid, 128)
        print(f'{kib / 1024:.1f} MiB beside the guest\'s memory')
        if not 1024 < kib <= 64 << 10:
            guest.fail(f'{kib / 1024:.1f} MiB beside the guest\'s memory, 64 at most')
        guest.send('poweroff -f\n')
        guest.wait(status=0)


bootlib.main(small_cache, memory)
