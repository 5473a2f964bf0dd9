# SPDX-License-Identifier: MIT
"""-d, -dfilter, -D, -trace: what they print, and what the filters leave out."""
import glob
import os
import re

import sector
from sector import bootlib

GUEST = '''
        mov word [0x21 * 4], handler
        mov word [0x21 * 4 + 2], 0
        mov word [0x22 * 4], handler
        mov word [0x22 * 4 + 2], 0
        int 0x21
        int 0x22
        mov al, 0x34            ; PIT, counter 0: rate generator, 100 Hz
        out 0x43, al
        mov al, 0x9c
        out 0x40, al
        mov al, 0x2e
        out 0x40, al
        mov al, 0xfb            ; 8259A: cascade only
        out 0x21, al
        mov al, 0x0f            ; RTC: register B
        mov al, 0x0b
        out 0x70, al
        in al, 0x71
        mov al, 0xad
        out 0x64, al
        mov dx, 0x3ce
        mov ax, 0x0205
        out dx, ax
        mov dx, 0x3fb
        mov al, 0x03
        out dx, al
        mov dx, 0xcf8
        mov eax, 0x80000804
        out dx, eax
        mov dx, 0xcfc
        in ax, dx
        mov dx, 0x1f6
        mov al, 0xe0
        out dx, al
        inc dx
        mov al, 0xec
        out dx, al
        jmp over
handler: iret
over:
'''
APICS = sector.PROTECTED + '''
        mov dword [0xfee00320], 0x20031
        mov dword [0xfec00000], 0x12
        mov dword [0xfec00010], 0x10031
'''


def test_devices():
    text = sector.run('devices', GUEST, '-d', 'dev:*')
    sector.expect(
        'dev:*', text,
        r'^pit: control <- 0x34, counter 0, low, high byte, mode 2 rate generator$',
        r'^pit: counter 0 <- 0x2e, count 11932: 99\.\d+ Hz$',
        r'^pic: master <- 0xfb, OCW1: unmasked IRQ 2$',
        r'^rtc: data -> 0x\w\w, register B, 24 hours$',
        r'^kbd: command <- 0xad, disable the keyboard port$',
        r'^vga: graphics <- 0x0205, mode <- 0x02$',
        r'^uart: COM1 LCR <- 0x03, 8 bits, parity none$',
        r'^pci: address <- 0x80000804, 00:01.0 register 0x04$',
        r'^pci: data -> 0x\w{4}, 00:01.0 register 0x04 command$',
        r'^ide: primary command <- 0xec, IDENTIFY DEVICE, device 0$')
    text = sector.run('apics', APICS, '-d', 'dev:*apic')
    sector.expect('dev:*apic', text, r'^lapic: LVT timer <- 0x00020031, vector 0x31, periodic$',
                  r'^ioapic: window <- 0x00010031, pin 1: vector 0x31, fixed, edge, .*masked$')
    sector.refuse('dev:*apic', text, '^pit:', '^pic:')


def test_interrupts():
    text = sector.run('int', GUEST, '-d', 'int,pc=0x7c00..0x7dff')
    sector.expect('int', text, r'^ *\d+: v=21 e=0000 i=1 cpl=0 IP=0000:0{12}7c\w\w pc=0{12}7c\w\w '
                               r'SP=0000:0{12}7c00 INT n$', r': v=22 ')
    lines = [line for line in text.splitlines() if ': v=' in line]
    if any(not re.search(r'pc=0{12}7[cd]', line) for line in lines):
        raise bootlib.Failed(f'pc= lets others through:\n{text}')
    text = sector.run('vector', GUEST, '-d', 'int,vector=0x22', '-dfilter', '0x7c00+0x200')
    sector.expect('vector=', text, ': v=22 ')
    sector.refuse('vector=', text, ': v=21 ')
    text = sector.run('cpl', GUEST, '-d', 'int,cpl=3')
    sector.refuse('cpl=3', text, ': v=')


def test_files():
    for old in glob.glob(bootlib.work('log.*')):
        os.remove(old)
    text = sector.run('file', GUEST, '-d', 'dev:pit', '-D', bootlib.work('log.%d'))
    sector.refuse('-D', text, '^pit:')
    files = glob.glob(bootlib.work('log.*'))
    if len(files) != 1 or not re.fullmatch(r'.*log\.\d+', files[0]):
        raise bootlib.Failed(f'-D log.%d made {files}')
    with open(files[0]) as f:
        sector.expect('-D', f.read(), '^pit: control')


def test_ring():
    """Nothing at all from a guest that ends well, the last lines from one that dies."""
    text = sector.run('ring', GUEST, '-d', 'dev:*,ring=2k')
    sector.refuse('ring', text, '^pit:')
    dies = sector.PROTECTED + 'lidt [zero]\n mov al, 0x34\n out 0x43, al\n int3\nzero: dq 0, 0\n'
    text = sector.run('ring-dies', dies, '-d', 'dev:*,ring=2k', status=2)
    sector.expect('ring', text, r'^emu: the last \d+ bytes of the log \(the guest died\):$',
                  r'^pit: control <- 0x34')
    if len(re.findall(r'^(vga|pci|ide|rtc|pit|pic|kbd|uart): .*\n', text, re.M)) > 200:
        raise bootlib.Failed('more than the ring holds')


# What SeaBIOS does with its devices on the way to a boot sector.
DEVICE_EVENTS = [
    ('ide_*', r'ide_command \w+ device 0, command 0xec'),
    ('ide_*', r'ide_read sector 0, 1 sectors'),
    ('ide_*', r'ide_done 0'),
    ('pic_*', r'pic_line IRQ 0 1'),
    ('pit_*', r'pit_load mode \d, count \d+'),
    ('fw_cfg_*', r'fw_cfg_select key 0x0019'),
    ('i8042_*', r'i8042_data 0xfa'),
    ('pci_*', r'pci_bar \S+ BAR 4 at 0xc\w+'),
    ('lapic_*', r'lapic_ipi ICR 0x\w+, destination 0x0'),
]


def test_trace():
    text = sector.run('trace', GUEST, '-trace', 'ioport_write', '-trace', 'irq_*')
    sector.expect('-trace', text, r'^ioport_write port 0x0043, 1 bytes: 0x34$')
    sector.refuse('-trace', text, '^ioport_read')
    disk = f"file={sector.build('trace-disk', GUEST)},format=raw,if=ide,snapshot=on"
    text = sector.run('trace-devices', GUEST, '-drive', disk, '-boot', 'c', *(w for e in DEVICE_EVENTS for w in ('-trace', e[0])))
    for _, line in DEVICE_EVENTS:
        sector.expect('-trace of devices', text, f'^{line}$')
    text = sector.run('trace-floppy', GUEST, '-trace', 'fdc_*')
    sector.expect('-trace of a floppy', text, r'^fdc_command 0xe6$', r'^fdc_finish ST0 0x00')
    text = sector.run('trace-d', GUEST, '-d', 'trace:ioport_*')
    sector.expect('-d trace:', text, r'^ioport_read port 0x0071')
    text = sector.run('invalid', sector.PROTECTED + 'mov eax, [0xd0000000]\n mov dx, 0x1234\n in al, dx',
                      '-d', 'invalid_mem')
    sector.expect('invalid_mem', text, '^invalid_mem: read from address 0xd0000000, 4 bytes$',
                  '^invalid_mem: read from port 0x1234, 1 bytes$')


def test_translator():
    loop = sector.LONG + '''
        mov ecx, 1000
again:  add eax, [0x9000]
        dec ecx
        jnz again
'''
    text = sector.run('op', loop, '-d', 'op,out_asm,pc=0x7c00..0x7dff', accel='tcg,mode=jit')
    sector.expect('op', text, r'^OP: 0x00007\w\w\w, \d+ instructions of \d+ blocks$',
                  r'^0x00007\w\w\w:  ADD +add eax, dword \[0x9000\] +; inline rw,r, sets flags, memory$',
                  r'^0x00007\w\w\w:  JCC +jnz 0x7\w\w\w +; branch ')
    sector.expect('out_asm', text, r'^OUT: 0x00007\w\w\w \[size=\d+\]$',
                  r'^  -- guest 0x00007\w\w\w: add eax, dword \[0x9000\]$',
                  r'^0x\w+:  cmp r14, \[slot\.limit\]$', r'^  -- slow paths and exits$',
                  r'^0x\w+:  jmp exit_slice$')
    for name, engine, items in (('dfilter', 'jit', 'op,out_asm,in_asm,pc=0x100..0x200'),
                                ('op-interp', 'interp', 'op,out_asm')):
        text = sector.run(name, loop, '-d', items, accel=f'tcg,mode={engine}')
        sector.refuse(name, text, '^(OP|OUT|IN):')


def test_system():
    text = sector.run('mmu', sector.LONG + 'mov al, [0x200000]', '-d', 'mmu,pcall')
    sector.expect('mmu', text, r'^mmu: r 0x200000 -> 0x200000, rwx, page 2\^21$',
                  r'^far jmp 0018:0{12}7\w\w\w, operand size')
    text = sector.run('asm', GUEST, '-d', 'in_asm,exec,cpu,pc=0x7c00..0x7dff')
    sector.expect('in_asm', text, r'^IN: 0000:0{12}7c\w\w, physical 7c', r'^0x00007c\w\w:  int 0x21$',
                  r'^Trace 0: 0000:0{12}7c\w\w ', r'^RAX=', r'^CR0=')
    test_translator()
    text = sector.run('none', GUEST)
    sector.refuse('without -d', text, r'^\w+: .*(<-|->)')


bootlib.main(test_devices, test_interrupts, test_files, test_ring, test_trace, test_system)
