#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# timeout: 900
"""Guests that die in different ways: the first three lines of the post-mortem name the true cause.

Each case is a few instructions in one of three modes (frame.asm makes the mode). Names of cases as
arguments choose them; -v prints the reports. $EMU is the emulator.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import pmlib
from pmlib import LIMIT

# What KVM offers depends on the host's processor.
HOST_FEATURES = {'smep', 'smap', 'avx-not-enabled'}

# (name, mode, code, what the first three lines say)
CASES = [
    # --- no way to deliver it
    ('real-no-ivt', 16, 'lidt [cs:zeros - 0xf0000]\n int3',
     r'the vector is beyond|beyond the IDT'),
    ('no-idt', 32, 'NO_IDT\n int3', r"#BP .*IDT entry 3 .*limit 0x0: no IDT was loaded"),
    ('no-idt-64', 64, 'NO_IDT\n int3', r"IDT entry 3 .*limit 0x0: no IDT was loaded"),
    ('real-mode-idt', 32, 'mov word [0x1000], 0x3ff\n mov dword [0x1002], 0\n lidt [0x1000]\n ud2',
     r"real mode's vector table"),
    ('gate-not-present', 32, 'ONLY 3\n mov byte [IDT_AT + 3*8 + 5], 0x0e\n int3',
     r'IDT entry 3 .*the gate is not present'),
    ('gate-not-present-64', 64, 'ONLY 3\n mov byte [IDT_AT + 3*16 + 5], 0x0e\n int3',
     r'IDT entry 3 .*the gate is not present'),
    ('gate-empty', 32, 'ONLY 3\n mov dword [IDT_AT + 24], 0\n mov dword [IDT_AT + 28], 0\n int3',
     r'IDT entry 3 .*empty \(all zeros'),
    ('gate-type', 32, 'ONLY 3\n mov byte [IDT_AT + 3*8 + 5], 0x89\n int3',
     r'IDT entry 3 .*not a gate of this mode'),
    ('gate-legacy-in-long-mode', 64, 'ONLY 3\n mov byte [IDT_AT + 3*16 + 5], 0x86\n int3',
     r'IDT entry 3 .*not a gate of this mode'),
    ('gate-dpl', 32, 'ONLY 3\n jmp user32\n user: int3', r"the gate's DPL is below the CPL"),
    ('gate-dpl-64', 64, 'ONLY 3\n jmp user64\n user: int 3', r"the gate's DPL is below the CPL"),
    ('gate-null-selector', 32, 'ONLY 3\n mov word [IDT_AT + 26], 0\n int3',
     r"the gate's selector is null"),
    ('gate-data-selector', 32, 'ONLY 3\n mov word [IDT_AT + 26], DATA\n int3',
     r"selector 0x0010: the gate's selector names no code segment; the GDT says: .*data"),
    ('gate-selector-beyond-gdt', 32, 'ONLY 3\n mov word [IDT_AT + 26], 0x800\n int3',
     r"selector 0x0800: .*beyond its descriptor table's limit; the GDT ends at 0x67"),
    ('handler-not-present', 32, 'ONLY 3\n mov word [IDT_AT + 26], NOCODE\n int3',
     r"selector 0x0050: the handler's code segment is not present"),
    ('handler-32-bit-in-long-mode', 64, 'ONLY 3\n mov word [IDT_AT + 3*16 + 2], CODE32\n int3',
     r"the handler's code segment is not 64-bit"),
    ('interrupt-no-gate', 32, 'ONLY 7\n int 0x80', r'IDT entry 128 .*beyond the IDT'),
    ('idt-not-mapped', 64, 'mov dword [0x1002], 0x40000000\n mov word [0x1000], 0xfff\n'
     ' mov dword [0x1006], 0\n lidt [0x1000]\n int3',
     r'IDT entry 3 cannot be read: read of 0x40000030 .*PDPTE is not present'),
    ('gdt-not-mapped', 64, 'mov dword [0x1002], 0x40000000\n mov word [0x1000], 0xff\n'
     ' mov dword [0x1006], 0\n lgdt [0x1000]\n int3', r'the GDT cannot be read: .*not present'),
    # --- the TSS and stacks of handlers
    ('no-tss', 32, '%define NO_TR\n ONLY 3\n or byte [IDT_AT + 29], 0x60\n jmp user32\n user: int3',
     r'\(#TS\): SS would be a null selector'),
    ('tss-bad-ss0', 32, 'ONLY 3\n or byte [IDT_AT + 29], 0x60\n mov word [TSS_AT + 8], CODE32\n'
     ' jmp user32\n user: int3', r'selector 0x0008: the stack segment is not a writable data'),
    ('tss-ss0-rpl', 32, 'ONLY 3\n or byte [IDT_AT + 29], 0x60\n mov word [TSS_AT + 8], UDATA\n'
     ' jmp user32\n user: int3', r'selector 0x0020: the RPL of SS is not the CPL'),
    ('tss-too-small', 32, 'ONLY 3\n or byte [IDT_AT + 29], 0x60\n mov word [GDT_AT + TSS], 3\n'
     ' mov byte [GDT_AT + TSS + 5], 0x89\n mov ax, TSS\n ltr ax\n jmp user32\n user: int3',
     r"beyond the TSS's limit"),
    ('rsp0-not-set', 64, 'ONLY 14\n mov dword [TSS_AT + 4], 0\n jmp user64\n user: ud2',
     r'frame cannot be pushed \(RSP0 of the TSS\): write to 0xfffffffffffffff8'),
    ('ist-not-canonical', 64, 'mov byte [IDT_AT + 3*16 + 4], 1\n ONLY 3\n'
     ' mov rax, 0x8000000000000000\n mov [TSS_AT + 36], rax\n int3',
     r'IST1 of the TSS.*not canonical, IST1=0x8000000000000000'),
    ('ist-not-mapped', 64, 'mov byte [IDT_AT + 3*16 + 4], 2\n ONLY 3\n'
     ' mov dword [TSS_AT + 44], 0x40001000\n int3', r'IST2 of the TSS\): write to 0x40000ff8'),
    ('stack-overflow', 64, 'mov qword [PT + 8*8], 0\n invlpg [0x8000]\n deeper: call deeper',
     r'STACK OVERFLOW: RSP=0x9000'),
    ('stack-gone', 64, 'mov esp, 0x50000000\n push rax', r'that is the stack, RSP=0x50000000'),
    ('stack-not-canonical', 64, 'ONLY 3\n mov rsp, 0x8000000000000000\n push rax',
     r'#SS .*not canonical'),
    ('stack-limit', 32, 'ONLY 3\n mov ax, SMALL\n mov ss, ax\n push eax',
     r"#SS .*the offset is beyond the segment's limit"),
    ('handler-faults-again', 64, 'mov qword [IDT_AT + 14*16 + 8], 0\n mov eax, again\n'
     ' mov [IDT_AT + 14*16], ax\n mov qword [PT + 8*8], 0\n invlpg [0x8000]\n'
     ' mov esp, 0x9180\n again: mov eax, [0x40000000]', r'inside its own handler'),
    # --- pages
    ('null-pointer', 64, 'ONLY 3\n mov qword [PT], 0\n invlpg [0]\n xor eax, eax\n mov [rax], eax',
     r'#PF .*write to 0x0 .*the PTE is not present.*a null pointer\?'),
    ('pml4e-not-present', 64, 'ONLY 3\n mov rax, 0x40000000000\n mov eax, [rax]',
     r'read of 0x40000000000 .*the PML4E is not present'),
    ('pde-not-present', 64, 'ONLY 3\n mov qword [PD + 8], 0\n invlpg [0x200000]\n'
     ' mov eax, [0x200000]', r'read of 0x200000 .*the PDE is not present'),
    ('read-only', 64, 'ONLY 3\n and byte [PT + 8], ~2\n invlpg [0x1000]\n mov [0x1000], eax',
     r'write to 0x1000 .*read-only \(R/W=0 in the PTE, CR0.WP=1\)'),
    ('no-execute', 64, 'ONLY 3\n bts qword [PT + 8*8], 63\n invlpg [0x8000]\n mov eax, 0x8000\n'
     ' jmp rax', r'execution of 0x8000 .*not executable \(XD=1 in the PTE\)'),
    ('smep', 64, 'ONLY 3\n mov rax, cr4\n bts rax, 20\n and byte [PT + 0xf0*8], ~4\n mov rbx, cr3\n'
     ' mov cr3, rbx\n mov cr4, rax\n mov eax, 0x6000\n jmp rax', r'execution of 0x6000 .*SMEP'),
    ('smap', 64, 'ONLY 3\n mov rax, cr4\n bts rax, 21\n mov cr4, rax\n mov eax, [0x6000]',
     r'read of 0x6000 .*SMAP'),
    ('user-page', 64, 'ONLY 3\n jmp user64\n user: mov eax, [0x2000]',
     r'read of 0x2000 in user mode: the page is for the supervisor only \(U/S=0 in the PTE\)'),
    ('reserved-bit', 64, 'ONLY 3\n bts qword [PT + 8], 51\n invlpg [0x1000]\n mov eax, [0x1000]',
     r'the PTE is bad, its address is beyond'),
    ('reserved-ps', 64, 'ONLY 3\n mov qword [PML4 + 8], PDPT + 0x87\n mov rax, 0x8000000000\n'
     ' mov eax, [rax]', r'the PML4E is bad, its bit 7'),
    ('xd-without-nxe', 64, 'ONLY 3\n mov ecx, 0xc0000080\n rdmsr\n btr eax, 11\n wrmsr\n'
     ' bts qword [PT + 8], 63\n invlpg [0x1000]\n mov eax, [0x1000]', r'bit 63 \(XD\).*EFER.NXE=0'),
    ('page-table-overwritten', 64, 'mov rdi, PT\n mov ecx, 512\n xor eax, eax\n rep stosq\n'
     ' mov rax, cr3\n mov cr3, rax\n nop',
     r'execution of 0xf0[0-9a-f]+ .*the PTE is not present'),
    ('cr3-garbage', 64, 'mov eax, 0x20000\n mov cr3, rax\n nop',
     r'execution of 0xf0[0-9a-f]+ .*PML4E is not present'),
    ('paging-without-tables', 32, 'mov eax, 0x20000\n mov cr3, eax\n mov eax, cr0\n'
     ' or eax, 0x80000000\n mov cr0, eax\n nop', r'execution of 0xf0[0-9a-f]+ .*PDE is not present'),
    # --- addresses and segments
    ('not-canonical', 64, 'ONLY 3\n mov rax, 0x123456789abcdef0\n mov eax, [rax]',
     r'#GP .*not canonical; the operand is at DS:0x123456789abcdef0'),
    ('jump-not-canonical', 64, 'ONLY 3\n mov rax, 0x8000000000000000\n jmp rax',
     r'#GP .*the target is not canonical'),
    ('ret-to-nowhere', 64, 'ONLY 3\n push 0x40000000\n ret',
     r'execution of 0x40000000 .*PDPTE is not present'),
    ('segment-limit', 32, 'ONLY 3\n mov ax, SMALL\n mov ds, ax\n mov eax, [0x2000]',
     r"beyond the segment's limit; the operand is at DS:0x2000, DS is 0x0058 with limit 0xfff"),
    ('null-segment', 32, 'ONLY 3\n xor eax, eax\n mov fs, ax\n mov eax, [fs:0]',
     r'null selector; the operand is at FS:0x0, FS is null'),
    ('write-to-code', 32, 'ONLY 3\n mov [cs:0x1000], eax', r'#GP .*the segment is not writable'),
    ('read-execute-only', 32, 'ONLY 3\n jmp XONLY:.x\n .x: mov eax, [cs:0x1000]',
     r'#GP .*the segment is not readable'),
    ('load-not-present', 32, 'ONLY 3\n mov ax, NODATA\n mov es, ax',
     r'#NP .*selector 0x0048: the segment is not present; .*NOT PRESENT'),
    ('load-beyond-gdt', 32, 'ONLY 3\n mov ax, 0x1230\n mov ds, ax',
     r"selector 0x1230: .*limit; the GDT ends at 0x67"),
    ('load-null-ss', 32, 'ONLY 3\n xor eax, eax\n mov ss, ax', r'SS may not be null'),
    ('load-code-into-ss', 32, 'ONLY 3\n mov ax, CODE32\n mov ss, ax',
     r'selector 0x0008: the stack segment is not a writable data segment'),
    ('jump-to-data', 32, 'ONLY 3\n jmp DATA:0x1000', r'selector 0x0010: the target is a data segm'),
    ('jump-to-absent-code', 32, 'ONLY 3\n jmp NOCODE:0x1000',
     r'selector 0x0050: the code segment is not present'),
    ('jump-to-null', 32, 'ONLY 3\n jmp 0:0x1000', r"the target's selector is null"),
    ('iret-null-cs', 32, 'ONLY 3\n push 2\n push 0\n push 0x1000\n iret',
     r'CS in the interrupt frame is null; its frame: RIP=0x1000 CS=0x0 RFLAGS=0x2'),
    ('iret-data-cs', 32, 'ONLY 3\n push 2\n push DATA\n push 0x1000\n iret',
     r'CS in the interrupt frame names no code segment.*its frame'),
    ('iret-bad-ss', 64, 'ONLY 3\n push 0\n push 0x7000\n push 2\n push UCODE64\n push 0x6000\n'
     ' iretq', r'SS in the interrupt frame is null; its frame: .*CS=0x43 .*SS=0x0'),
    ('iret-not-canonical', 64, 'ONLY 3\n push DATA\n push 0x9000\n push 2\n push CODE64\n'
     ' mov rax, 0x8000000000000000\n push rax\n iretq', r'the target is not canonical; its frame'),
    ('iret-nt', 64, 'ONLY 3\n push 0x4002\n popfq\n iretq', r'NT=1 in long mode'),
    # --- system instructions
    ('long-mode-without-pae', 32, 'ONLY 3\n mov ecx, 0xc0000080\n rdmsr\n or eax, 0x100\n wrmsr\n'
     ' mov eax, cr0\n or eax, 0x80000000\n mov cr0, eax', r'needs CR4.PAE=1'),
    ('paging-without-protection', 16, 'lidt [cs:zeros - 0xf0000]\n mov eax, 0x80000000\n'
     ' mov cr0, eax', r'CR0.PG=1 needs CR0.PE=1'),
    ('cr4-unknown-bit', 64, 'ONLY 3\n mov rax, cr4\n bts rax, 31\n mov cr4, rax',
     r'CR4 would get bits .*CR4 would become 0x80'),
    ('paging-off-in-64-bit', 64, 'ONLY 3\n mov rax, cr0\n btr rax, 31\n mov cr0, rax',
     r'cannot be switched off in 64-bit code'),
    ('unknown-msr', 32, 'ONLY 3\n mov ecx, 0xdead\n rdmsr', r'no such MSR.*MSR 0xdead'),
    ('bad-msr-value', 64, 'ONLY 3\n mov ecx, 0xc0000101\n mov edx, 0x80000000\n xor eax, eax\n'
     ' wrmsr', r'does not take this value; MSR 0xc0000101, value 0x8000000000000000'),
    ('ltr-busy', 32, 'ONLY 3\n mov ax, TSS\n ltr ax', r'selector 0x0028: the TSS is busy already'),
    ('ltr-no-tss', 32, 'ONLY 3\n mov ax, DATA\n ltr ax', r'the descriptor is no available TSS'),
    ('lldt-no-ldt', 32, 'ONLY 3\n mov ax, DATA\n lldt ax', r'the descriptor is no LDT'),
    ('lidt-not-canonical', 64, 'ONLY 3\n mov rax, 0x8000000000000000\n mov [0x1002], rax\n'
     ' lidt [0x1000]', r"the table's base is not canonical"),
    ('hlt-in-user-mode', 32, 'ONLY 3\n jmp user32\n user: hlt', r'the instruction is for CPL 0'),
    ('cli-in-user-mode', 64, 'ONLY 3\n jmp user64\n user: cli', r'CLI with CPL above IOPL'),
    ('port-in-user-mode', 32, 'ONLY 3\n jmp user32\n user: in al, 0x60',
     r'I/O with CPL above IOPL'),
    ('syscall-not-enabled', 64, 'ONLY 3\n syscall', r'#UD .*EFER.SCE=0'),
    ('sse-not-enabled', 64, 'ONLY 3\n xorps xmm0, xmm0', r'#UD .*CR4.OSFXSR=0'),
    ('avx-not-enabled', 64, 'ONLY 3\n vxorps ymm0, ymm0, ymm0', r'#UD .*CR4.OSXSAVE=0'),
    ('movaps-unaligned', 64, 'ONLY 3\n mov rax, cr4\n or eax, 0x600\n mov cr4, rax\n'
     ' movaps xmm0, [0x1001]', r'the operand is not aligned; the operand is at DS:0x1001'),
    # --- the code itself
    ('divide-by-zero', 32, 'NO_IDT\n xor ecx, ecx\n div ecx', r'#DE .*the divisor is zero'),
    ('divide-overflow', 64, 'NO_IDT\n mov edx, 5\n mov ecx, 1\n div ecx',
     r'#DE .*the quotient is too large'),
    ('ud2', 64, 'ONLY 3\n ud2', r'#UD .*UD2'),
    ('no-instruction', 32, 'ONLY 3\n db 0x0f, 0xff, 0xff', r'#UD invalid opcode'),
    ('jump-into-ff', 32, 'ONLY 3\n mov eax, 0xd0000000\n jmp eax', r'only bytes of 0xff'),
]


def die(folder, case, accel):
    """None, or what is wrong with the report."""
    name, _, _, expected = case
    label = f'{name} ({accel})'
    report = f'{folder}/{name}.' + re.sub('[^a-z]', '-', accel) + '.json'
    command = pmlib.command(accel, f'{folder}/{name}.bin', '-no-reboot', '-postmortem', report)
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f'{label}: still alive after {LIMIT} s'
    # Where KVM gives up (the software kind knows no 32-bit paging) the machine is moved, with a word.
    lines = [line for line in done.stderr.splitlines() if not line.startswith('emu: warning:')]
    head = '\n'.join(lines[:3])
    if '-v' in sys.argv:
        print(f'--- {label}\n{done.stderr}')
    if done.returncode != 2:
        return f'{label}: exit status {done.returncode}, expected 2\n{done.stderr}'
    if 'triple fault' not in lines[0] or not re.search(expected, head):
        return f'{label}: no /{expected}/ in\n{head}'
    if len(lines) > 62:
        return f'{label}: {len(lines)} lines'
    try:
        with open(report) as f:
            data = json.load(f)
    except (OSError, ValueError) as error:
        return f'{label}: {report}: {error}'
    missing = {'cause', 'chain', 'code', 'registers', 'segments', 'page_walks', 'stack',
               'interrupts', 'device_accesses', 'branches'} - set(data)
    if missing or not data['chain'] or data['chain'][-1]['end'] != 'shutdown':
        return f'{label}: the JSON lacks {missing or "the chain"}'
    # A machine that was moved to tcg in the middle has its own record.
    source = data['accelerator'], data['chain_source']
    if source not in (('tcg', 'recorded'), ('kvm', 're-run')):
        return f'{label}: the chain of {source[0]} is {source[1]}'
    if source[0] == 'kvm' and not data['exits']:
        return f'{label}: no exits'
    return None


def main():
    wanted = [a for a in sys.argv[1:] if not a.startswith('-')]
    cases = [c for c in CASES if not wanted or c[0] in wanted]
    assert len({c[0] for c in CASES}) == len(CASES)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda c: pmlib.assemble(folder, c[1], c[2], c[0]), cases))
        runs = [(folder, c, a) for a in pmlib.accelerators() for c in cases
                if not (a.startswith('kvm') and c[0] in HOST_FEATURES)]
        wrong = [w for w in pool.map(lambda r: die(*r), runs) if w]
    for w in wrong:
        print(w)
    print(f'{len(runs) - len(wrong)} of {len(runs)} deaths explained ({len(cases)} guests)')
    sys.exit(1 if wrong else 0)


main()
