#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# timeout: 900
"""A Debian kernel panics: our unwinder's stack, found in the guest's memory without its help, is the
call trace that the kernel prints (up to panic() itself, which is further on by the time it resets).
"""
import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f'{os.path.dirname(HERE)}/boot')
import bootlib  # noqa: E402
import linux  # noqa: E402
from bootlib import Failed, Guest, guests  # noqa: E402


def printed_trace(text):
    """The functions of the kernel's own call trace, innermost first; guesses (?) left out."""
    trace = text[text.index('Call Trace:'):]
    trace = trace[:trace.index('</TASK>')]
    return [name for guess, name in
            re.findall(r'\]\s+(\? )?([\w.]+\+0x[0-9a-f]+/0x[0-9a-f]+)', trace) if not guess]


def panic(append, init='#!/bin/sh\nexit 7\n'):
    report = bootlib.work('panic.json')
    root = guests.guest('linux-amd64')
    kernel = next(f'{root}/boot/{f}' for f in os.listdir(f'{root}/boot') if f.startswith('vmlinuz'))
    initrd = linux.initramfs('panic.cpio', init)
    with Guest('-m', '256', '-kernel', kernel, '-initrd', initrd, '-no-reboot', '-append',
               f'console=ttyS0 panic=1 {append}', '-postmortem', report, label='panic') as guest:
        guest.fatal = None
        guest.expect('Kernel panic - not syncing')
        guest.wait(0)
        text = guest.text
    with open(report) as f:
        return text, json.load(f)


def same(text, report):
    kernel = printed_trace(text)
    frames = [f.get('symbol', '?') for f in report['stack']]
    start = next((i for i, f in enumerate(kernel) if f.startswith('panic+')), None)
    ours = next((i for i, f in enumerate(frames) if f.startswith('panic+')), None)
    if start is None or ours is None:
        raise Failed(f'no panic() on a stack:\nkernel: {kernel}\nours: {frames}')
    if len(kernel) - start < 4:
        raise Failed(f'the kernel printed little: {kernel}')
    # the last entry of the kernel's is in the entry code; ours goes no further
    if kernel[start + 1:] != frames[ours + 1:]:
        raise Failed(f'the stacks differ:\nkernel: {kernel[start:]}\nours:   {frames[ours:]}')
    hows = {f['how'] for f in report['stack'][1:]}
    if not hows <= {'ORC', 'interrupt frame'}:
        raise Failed(f'part of the stack is not exact: {hows}')
    print(f'{len(frames) - ours} frames agree: ' + ', '.join(f.split("+")[0] for f in frames))


def broken_init():
    same(*panic(''))


def without_kaslr():
    same(*panic('nokaslr'))


bootlib.main(broken_init, without_kaslr)
