#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What makes a post-mortem, and what its options add: pvpanic, loops of resets and of triple faults,
a reset under -no-reboot, branches, symbols."""
import json
import re
import sys
import tempfile

from pmlib import LIMIT, accelerators, assemble, dies, expect, start

RESET = 'mov al, 0xfe\n out 0x64, al\n hlt\n jmp $'


def until(process, pattern):
    """Lines of stderr up to one that matches; ends the machine if it goes on."""
    lines = []
    for line in process.stderr:
        lines.append(line)
        if re.search(pattern, line):
            break
        if len(lines) > 400:
            break
    process.kill()
    process.wait(LIMIT)
    return ''.join(lines)


def panic(folder, accel):
    image = assemble(folder, 32, 'mov dx, 0x505\n mov al, 1\n out dx, al')
    text, _ = dies(image, '-device', 'pvpanic', accel=accel)
    expect(text, r'post-mortem: the guest reports a panic on vCPU 0, 32-bit protected mode, at 0008')
    expect(text, r'(?s)=> .*out dx, al.*out8 0x505<-0x1')


def reset_loop(folder, accel):
    text = until(start(assemble(folder, 32, RESET), accel=accel), r'last device accesses')
    expect(text, r'three times in ten seconds')
    expect(text, r'post-mortem: a loop of resets')
    expect(text, r'out8 0x64<-0xfe')


def triple_fault_loop(folder, accel):
    text = until(start(assemble(folder, 32, 'NO_IDT\n int3'), accel=accel), r'5 times now')
    expect(text, r'cause: #BP .*no IDT was loaded')
    expect(text, r'the same again, 2 times now')
    if text.count('cause:') != 1:
        sys.exit(f'the same death is told {text.count("cause:")} times:\n{text}')


def reset_report(folder, accel):
    report = f'{folder}/report.json'
    text, status = dies(assemble(folder, 32, RESET), '-no-reboot', '-postmortem', report,
                        accel=accel)
    with open(report) as f:
        data = json.load(f)
    if status != 0 or data['reason'] != 'reset' or 'post-mortem' in text:
        sys.exit(f'status {status}, reason {data["reason"]}\n{text}')


def branches_and_symbols(folder):
    report, names = f'{folder}/report.json', f'{folder}/names.map'
    with open(names, 'w') as f:
        f.write('00000000000e0000 T firmware\n')
    process = start(assemble(folder, 64, 'ONLY 3\n mov ecx, 3\n again: loop again\n ud2'),
                    '-no-reboot', '-postmortem', f'{report},branches=on',
                    '-symbols', f'{names},offset=0x10000')
    _, text = process.communicate(timeout=LIMIT)
    expect(text, r'triple fault .* <firmware\+0x[0-9a-f]+>')
    expect(text, r'last branches \(newest first\): (0x[0-9a-f]+)->\1 \1->\1 ')
    with open(report) as f:
        data = json.load(f)
    if len(data['branches']) < 40 or not data['branches_recorded']:
        sys.exit(f'{len(data["branches"])} branches')


# Hot loops, calls, an indirect jump, a table of handlers' INT, a fault and IRET back, a store into the
# code that runs: everything that begins or ends a run of instructions.
BUSY = '''
        mov edi, IDT_AT + 6 * 16
        lea rax, [rel undefined]
        mov [rdi], ax
        shr rax, 16
        mov [rdi + 6], ax
        mov esi, 0x20000        ; code in RAM, made there
        mov byte [rsi], 0xb8    ; mov eax, imm32
        mov dword [rsi + 1], 0
        mov byte [rsi + 5], 0xc3
        xor ebx, ebx
.round: mov ecx, 7
.inner: test cl, 1
        jz .even
        call .leaf
        jmp .next
.even:  lea rax, [rel .next]
        jmp rax
.next:  loop .inner
        push rsi
        mov edi, 0x30000
        mov esi, 0x31000
        mov ecx, 300
        rep movsb
        pop rsi
        test bl, 7
        jnz .calm
        ud2
        inc dword [rsi + 1]
.calm:  call rsi
        inc ebx
        cmp ebx, 300
        jb .round
        NO_IDT
        ud2
.leaf:  cmp ecx, ebx
        ja .more
        nop
.more:  ret
undefined:
        add qword [rsp], 2
        iretq
'''


def branches_of_both_engines(folder):
    """The translator notes what it runs by itself: it must be what the interpreter notes."""
    image, lists = assemble(folder, 64, BUSY), []
    for mode in ('interp', 'jit'):
        report = f'{folder}/{mode}.json'
        text, status = dies(image, '-no-reboot', '-postmortem', f'{report},branches=on',
                            accel=f'tcg,mode={mode}')
        with open(report) as f:
            data = json.load(f)
        lists.append([(b['from'], b['to']) for b in data['branches']])
        if status != 2 or len(lists[-1]) != 64:
            sys.exit(f'{mode}: status {status}, {len(lists[-1])} branches\n{text}')
    if lists[0] != lists[1]:
        sys.exit('interpreter and translator differ:\n' + '\n'.join(
            f'{a} {b}' for a, b in zip(*lists) if a != b))


def watchdog(folder, accel):
    text = until(start(assemble(folder, 32, 'cli\n jmp $'), '-watchdog-explain', '0.5', accel=accel),
                 'watchdog: for')
    expect(text, r'vCPU 0 has been spinning at .*0x[0-9a-f]+ with interrupts off')


def main():
    for accel in accelerators():
        for test in (panic, reset_loop, triple_fault_loop, reset_report, watchdog):
            with tempfile.TemporaryDirectory() as folder:
                test(folder, accel)
    for test in (branches_and_symbols, branches_of_both_engines):
        with tempfile.TemporaryDirectory() as folder:
            test(folder)


main()
