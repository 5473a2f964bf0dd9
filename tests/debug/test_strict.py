# SPDX-License-Identifier: MIT
"""-strict: a guest for each thing it reports, in the interpreter and in the translator."""
import sector
from sector import bootlib

HERE = r'strict: %s: [^\n]*\n  #0 0x7[c-f]\w\w$'
CASES = [
    # name, code, option, pattern
    ('unmapped', sector.PROTECTED + 'mov eax, [0xd0000000]', 'unmapped',
     r'strict: unmapped: read from physical address 0xd0000000, 4 bytes: nothing is mapped'),
    ('rom', sector.PROTECTED + 'mov byte [0xfffffff0], 1', 'rom',
     r'strict: rom: write of 0x1 to 0xfffffff0 in ROM'),
    ('reserved', 'mov dx, 0x3f9\n mov al, 0xf0\n out dx, al', 'reserved',
     r'strict: reserved: 0xf0 to uart COM1 IER sets reserved bits 0xf0'),
    ('reserved-pte', sector.LONG + '''
        lidt [zero]
        mov dword [0x102008], 0x202083
        invlpg [0x200000]
        mov al, [0x200000]
zero:   dq 0, 0''', 'reserved',
     r'strict: reserved: an entry of the page tables for 0x200000 has reserved bits set'),
    ('reserved-cr3', sector.LONG + 'lidt [zero]\n bts rax, 62\n mov cr3, rax\nzero: dq 0, 0',
     'reserved', r'strict: reserved: #GP raised: CR3 would get reserved bits'),
    ('reserved-cr4', sector.LONG + 'lidt [zero]\n mov eax, 0x8020\n mov cr4, rax\nzero: dq 0, 0',
     'reserved', r'strict: reserved: #GP raised: CR4 would get bits that this processor does not'),
    ('reserved-msr', sector.LONG + 'lidt [zero]\n mov ecx, 0xc0000084\n mov edx, 1\n wrmsr\n'
     'zero: dq 0, 0', 'reserved',
     r'strict: reserved: #GP raised: there is no such MSR, or it does not take this value'),
    ('reserved-descriptor', sector.LONG + '''
        lidt [zero]
        or byte [gdt + 0x18 + 6], 0x40
        push 0x18
        push 0x7c00
        retfq
zero:   dq 0, 0''', 'reserved', r'strict: reserved: #GP raised: .*both L and D'),
    ('access-port', 'mov dx, 0x20\n in ax, dx', 'access', r'strict: access: read from isa-pic at 0x20: wrong-size access of 2 bytes'),
    ('access', sector.PROTECTED + 'mov ax, [0xfee00021]', 'access',
     r'strict: access: read from lapic at 0xfee00021: unaligned access of 2 bytes'),
    ('eoi', 'cli\n mov al, 0x20\n out 0xa0, al', 'eoi',
     r'strict: eoi: EOI \(0x20\) to the slave 8259A, which has no interrupt in service'),
    ('eoi-lapic', sector.PROTECTED + 'mov dword [0xfee000b0], 0', 'eoi',
     r'strict: eoi: EOI to the local APIC, which has no interrupt in service'),
    ('wx', sector.LONG + 'nop', 'wx',
     r'strict: wx: code runs in the page at 0x7000, which is writable and executable'),
    ('a20', '''
        in al, 0x92
        and al, 0xfd
        out 0x92, al
        mov al, 0xd1            ; and the keyboard controller's output port
        out 0x64, al
        mov al, 0xdd
        out 0x60, al
        mov ax, 0xffff
        mov ds, ax
        mov al, [0x10]''', 'a20',
     r'strict: a20: access to 0x100000 with A20 masked arrives at 0x0'),
    ('uninit', sector.PROTECTED + 'mov eax, [0x600000]', 'uninit',
     r'strict: uninit: read of 4 bytes at 0x600000: byte 0 of RAM at 0x600000 was never written'),
]
DIES = ('reserved-pte', 'reserved-cr3', 'reserved-cr4', 'reserved-msr', 'reserved-descriptor')


def test_each():
    for mode in ('interp', 'jit'):
        for name, body, kind, pattern in CASES:
            text = sector.run(name, body, f'-strict={kind}', '-accel', f'tcg,mode={mode}',
                              status=2 if name in DIES else 1)
            sector.expect(f'{name} ({mode})', text, pattern)
            if name not in DIES:
                sector.expect(f'{name} ({mode})', text, HERE % kind)
            quiet = sector.run(name, body, status=2 if name in DIES else 1)
            sector.refuse(f'{name} without -strict', quiet, 'strict:')


def test_once():
    text = sector.run('once', sector.PROTECTED + '''
        mov ecx, 1000
l:      mov eax, [0xd0000000]
        loop l
        mov eax, [0xd0000000]''', '-strict')
    if text.count('0xd0000000') != 2:
        raise bootlib.Failed(f'two places, {text.count("0xd0000000")} reports:\n{text}')


def test_written_is_fine():
    text = sector.run('written', sector.PROTECTED + '''
        mov edi, 0x600000
        mov ecx, 0x2000
        rep stosb
        mov eax, [0x600000]
        mov eax, [0x600ffe]
        mov eax, [0x601ffc]''', '-strict=uninit')
    sector.refuse('written', text, '0x60[01]')


bootlib.main(test_each, test_once, test_written_is_fine)
