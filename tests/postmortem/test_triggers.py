#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What makes a post-mortem, and what its options add: pvpanic, loops of resets and of triple faults,
a reset under -no-reboot, branches, symbols."""
import json
import re
import sys
import tempfile

from pmlib import LIMIT, assemble, expect, start

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


def panic(folder):
    image = assemble(folder, 32, 'mov dx, 0x505\n mov al, 1\n out dx, al')
    process = start(image, '-device', 'pvpanic')
    _, text = process.communicate(timeout=LIMIT)
    expect(text, r'post-mortem: the guest reports a panic on vCPU 0, 32-bit protected mode, at 0008')
    expect(text, r'(?s)=> .*out dx, al.*out8 0x505<-0x1')


def reset_loop(folder):
    text = until(start(assemble(folder, 32, RESET)), r'last device accesses')
    expect(text, r'three times in ten seconds')
    expect(text, r'post-mortem: a loop of resets')
    expect(text, r'out8 0x64<-0xfe')


def triple_fault_loop(folder):
    text = until(start(assemble(folder, 32, 'NO_IDT\n int3')), r'4 times now')
    expect(text, r'cause: #BP .*no IDT was loaded')
    expect(text, r'the same again, 2 times now')
    if text.count('cause:') != 1:
        sys.exit(f'the same death is told {text.count("cause:")} times')


def reset_report(folder):
    report = f'{folder}/report.json'
    process = start(assemble(folder, 32, RESET), '-no-reboot', '-postmortem', report)
    _, text = process.communicate(timeout=LIMIT)
    with open(report) as f:
        data = json.load(f)
    if process.returncode != 0 or data['reason'] != 'reset' or 'post-mortem' in text:
        sys.exit(f'status {process.returncode}, reason {data["reason"]}\n{text}')


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


def main():
    for test in (panic, reset_loop, triple_fault_loop, reset_report, branches_and_symbols):
        with tempfile.TemporaryDirectory() as folder:
            test(folder)


main()
