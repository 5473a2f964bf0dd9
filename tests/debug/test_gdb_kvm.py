# SPDX-License-Identifier: MIT
# timeout: 300
"""gdb on KVM and on tcg, the same session: breakpoints in the processor's debug registers, single steps
through long mode, registers written."""
import os

import gdblib
from gdblib import bootlib

TURNS = 0x4e2       # of tests/guests/longloop.asm
FNINIT = 0xf0115


def loop_end():
    """Where DEC R15D is, behind the loop's body."""
    with open(bootlib.guest_bin('longloop'), 'rb') as f:
        code = f.read()
    return 0xf0000 + code.index(b'\x41\xff\xcf')


def session(accel):
    name = accel.split(',')[0]
    socket = gdblib.socket_path(name)
    end = loop_end()
    commands = [
        f'hbreak *{FNINIT:#x}', 'continue', 'print/x $rip', 'print/x $r15',
        'stepi', 'print/x $rip', 'stepi', 'print/x $rip', 'stepi', 'print/x $rip', 'delete',
        f'break *{end:#x}', 'continue', 'print $r15', 'continue', 'print $r15',
        'stepi', 'print $r15', 'set $r15 = 3', 'continue', 'print $r15', 'delete', 'detach']
    with bootlib.Guest('-m', '4', '-cpu', 'qemu64', '-vga', 'none', '-bios',
                       bootlib.guest_bin('longloop'), '-device', 'isa-debug-exit', '-S', '-gdb',
                       f'unix:{socket}', '-accel', accel, label=name) as g:
        text = gdblib.gdb(g, socket, commands, name, 200)
        gdblib.expect(text, r'\$1 = 0xf0115', rf'\$2 = {TURNS:#x}', r'\$3 = 0xf0117',
                      r'\$4 = 0xf0119', r'\$5 = 0xf011b', rf'\$6 = {TURNS}', rf'\$7 = {TURNS - 1}',
                      rf'\$8 = {TURNS - 2}', r'\$9 = 3', 'detached')
        g.wait(33)
    if os.path.exists(socket):
        os.remove(socket)


def test_tcg():
    session('tcg')


def test_kvm():
    if not bootlib.has_kvm():
        print('test_kvm: no access to /dev/kvm, skipped')
        return
    session('kvm,fallback=off')


bootlib.main(test_tcg, test_kvm)
