#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What makes a post-mortem, and what its options add: pvpanic, loops of resets and of triple faults,
a reset under -no-reboot, branches, symbols."""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
LIMIT = 120
RESET = 'mov al, 0xfe\n out 0x64, al\n hlt\n jmp $'


def assemble(folder, base, code):
    with open(f'{folder}/case.inc', 'w') as f:
        f.write(f' {code}\n')
    subprocess.run(['nasm', '-f', 'bin', f'-DBASE={base}', f'-DCASE="{folder}/case.inc"',
                    '-w-all', '-o', f'{folder}/case.bin', f'{HERE}/frame.asm'], check=True)
    return f'{folder}/case.bin'


def start(image, *args):
    return subprocess.Popen([EMU, '-accel', 'tcg', '-bios', image, '-m', '16', '-display', 'none',
                             '-nodefaults', '-device', 'isa-debug-exit,iobase=0x501,iosize=1',
                             *args], stderr=subprocess.PIPE, text=True)


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


def expect(text, pattern):
    if not re.search(pattern, text):
        sys.exit(f'no /{pattern}/ in\n{text[-4000:]}')


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


def lines_and_demangling(folder):
    """Names of C++ and line numbers, where the module for them was built."""
    if not os.path.exists(f'{os.path.dirname(EMU)}/lib/emu-dw.so'):
        return
    with open(f'{folder}/place.c', 'w') as f:
        f.write('void place(void) __asm__("_ZN3foo3barEv");\n'
                'void place(void)\n{\n    __asm__(".skip 4096, 0x90");\n}\n')
    subprocess.run(['gcc', '-g', '-O1', '-fcf-protection=none', '-nostdlib', '-static', '-no-pie',
                    '-Wl,-Ttext=0xf0000,-e0xf0000,--build-id=none', '-o', f'{folder}/place.elf',
                    f'{folder}/place.c'], check=True)
    process = start(assemble(folder, 64, 'NO_IDT\n ud2'), '-no-reboot', '-symbols',
                    f'{folder}/place.elf')
    _, text = process.communicate(timeout=LIMIT)
    expect(text, r'triple fault .* <foo::bar\(\)\+0x[0-9a-f]+/0x[0-9a-f]+ \(place.c:4\)>')


def main():
    for test in (lines_and_demangling, panic, reset_loop, triple_fault_loop, reset_report, branches_and_symbols):
        with tempfile.TemporaryDirectory() as folder:
            test(folder)


main()
