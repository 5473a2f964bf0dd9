# SPDX-License-Identifier: MIT
"""Boot sectors from a few lines of assembly, run to their end; what emu says on stderr."""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f'{os.path.dirname(HERE)}/boot')
import bootlib  # noqa: E402  (needs the path above)

HEAD = '''
        org 0x7c00
        bits 16
        jmp 0:start
start:  xor ax, ax
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov sp, 0x7c00
'''
EXIT = '''
        mov al, 0
        out 0xf4, al
        jmp $
'''
# Protected mode, flat, and long mode with identity-mapped 2 MiB pages at 100000h.
PROTECTED = '''
        cli
        lgdt [gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp 8:p32
gdtr:   dw 31
        dd gdt
        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff
        bits 32
p32:    mov ax, 16
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, 0x7c00
'''
LONG = PROTECTED + '''
        in al, 0x92
        or al, 2
        out 0x92, al
        mov edi, 0x100000
        mov ecx, 0x3000 / 4
        xor eax, eax
        rep stosd
        mov dword [0x100000], 0x101003
        mov dword [0x101000], 0x102003
        mov dword [0x102000], 0x000083
        mov dword [0x102008], 0x200083
        mov eax, 0x100000
        mov cr3, eax
        mov eax, cr4
        or al, 0x20
        mov cr4, eax
        mov ecx, 0xc0000080
        rdmsr
        or eax, 0x900
        wrmsr
        mov eax, cr0
        or eax, 0x80010000
        mov cr0, eax
        jmp 24:p64
        bits 64
p64:
'''


def build(name, body, end=EXIT):
    source, image = bootlib.work(f'{name}.asm'), bootlib.work(f'{name}.bin')
    with open(source, 'w') as f:
        f.write(HEAD + body + end + '\n        times 510 - ($ - $$) db 0\n        dw 0xaa55\n')
    subprocess.run(['nasm', '-f', 'bin', '-o', image, source], check=True)
    return image


def run(name, body, *options, end=EXIT, status=1, until=None, seconds=120,
        accel='tcg'):
    """What emu wrote to stderr; until: ended from outside once stderr has this pattern."""
    image = build(name, body, end)
    command = [bootlib.EMU, '-accel', accel, '-display', 'none', '-serial', 'none', '-net', 'none',
               '-drive', f'file={image},format=raw,if=floppy', '-snapshot', '-no-reboot',
               '-device', 'isa-debug-exit,iobase=0xf4', *bootlib.EXTRA, *options]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, errors='replace') as p:
        text = ''
        try:
            if until:
                for line in p.stderr:
                    text += line
                    if re.search(until, text):
                        break
                else:
                    raise bootlib.Failed(f'{name}: no /{until}/ before it ended; it said:\n{text}')
            else:
                _, text = p.communicate(timeout=seconds)
                if p.returncode != status:
                    raise bootlib.Failed(f'{name}: status {p.returncode}, expected {status}:\n{text}')
        except subprocess.TimeoutExpired:
            raise bootlib.Failed(f'{name}: still running after {seconds} s') from None
        finally:
            p.kill()
    return text


def expect(name, text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text, re.M):
            raise bootlib.Failed(f'{name}: no /{pattern}/ in:\n{text[-4000:]}')


def refuse(name, text, *patterns):
    for pattern in patterns:
        match = re.search(pattern, text, re.M)
        if match:
            raise bootlib.Failed(f'{name}: unexpected: {match.group(0)}')
