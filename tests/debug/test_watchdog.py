# SPDX-License-Identifier: MIT
"""Guests that hang, each in its own way, and what -watchdog-explain says of them."""
import sector
from sector import bootlib

CASES = [
    ('spin-off', 'cli\n jmp $', r'vCPU 0 has been spinning at 0x7c\w\w with interrupts off'),
    ('halt-off', 'cli\nagain: hlt\n jmp again',
     r'vCPU 0 has been halted at 0x7c\w\w with interrupts off \(IF = 0\): only an NMI or a reset'),
    ('masked', 'mov al, 0xff\n out 0x21, al\n out 0xa1, al\n sti\nagain: hlt\n jmp again',
     r'halted at 0x7c\w\w\. Waiting: IRQ 0 \(timer\), masked in the 8259A'),
    ('device', 'mov dx, 0x1f7\nagain: in al, dx\n test al, 8\n jz again',
     r'spinning at 0x7c\w\w.*asks port 0x1f7 \(ide primary status\) again and again and always '
     r'reads 0x\w+'),
]


def test_explanations():
    for name, body, pattern in CASES:
        sector.run(name, body, '-watchdog-explain', '0.5', until='watchdog: for .*' + pattern)


def test_silence():
    """A guest that gets on with it is not commented upon."""
    text = sector.run('lively', 'mov cx, 40\nl: sti\n hlt\n loop l', '-watchdog-explain', '0.5')
    sector.refuse('lively', text, 'watchdog')


bootlib.main(test_explanations, test_silence)
