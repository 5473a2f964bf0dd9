# SPDX-License-Identifier: MIT
# timeout: 900
"""One machine on every accelerator: a firmware image that exercises each mode of the processor, the
APIC's timer and a second processor tells the same, ends with the same status and leaves the same
memory; a machine moved while it boots gets there; what cannot be had says why."""
import os
import subprocess
import sys

import bootlib

sys.path.insert(0, f'{os.path.dirname(os.path.abspath(__file__))}/../revirt')
import revirtlib  # noqa: E402

GOLDEN = r'''real 0893 D0D0 2E0C CB88
protected 00000006 00000000 00000003 00000000 0000000D 00000068 0000000B 00000038 0000000D 00000040 \
00000000 00000000 00000005 00000000 0000000D 00000000
paging 0000000E 00000000 00050123 0000000E 00000003 00051ABC 00052023 00053063 FEEDF00D
'''.replace('\\\n', '')
NO_PAGING, NO_SYSCALL, BACKDOOR = 1, 2, 4


def image(flags):
    path = bootlib.work(f'conform{flags}.bin')
    with open(bootlib.guest_bin('conform'), 'rb') as f:
        data = bytearray(f.read())
    data[0xffe0] = flags
    with open(path, 'wb') as f:
        f.write(data)
    return path


def run(accel, flags):
    """What the guest wrote, its exit status, what emu said."""
    out = bootlib.work('conform.out')
    done = subprocess.run(
        [bootlib.EMU, '-accel', accel, '-bios', image(flags), '-smp', '2', '-m', '16', '-no-reboot',
         '-debugcon', f'file:{out}', '-device', 'isa-debug-exit', '-display', 'none', '-net', 'none',
         '-serial', 'null', '-monitor', 'none'], capture_output=True, text=True, check=False,
        timeout=bootlib.STEP)
    with open(out, encoding='ascii') as f:
        return '\n'.join(line.rstrip() for line in f) + '\n', done.returncode, done.stderr


def same(accels, flags):
    want = None
    for accel in accels:
        text, status, said = run(accel, flags)
        if status != 5:
            raise bootlib.Failed(f'{accel}: status {status}, not 5\n{text}\n{said}')
        if want is None:
            want = text
        if text != want:
            raise bootlib.Failed(f'{accel} tells another story than {accels[0]}:\n{text}\n{want}')
    return want


def conformance():
    text = same(['tcg,mode=interp', 'tcg,mode=jit'], 0)
    if not text.startswith(GOLDEN):
        raise bootlib.Failed(f'not what a processor says:\n{text}\n{GOLDEN}')
    text = same(['tcg,mode=interp', 'tcg,mode=jit'], BACKDOOR)
    bootlib.expect_in(text, 'backdoor 000600005868564D FFFFFFFF1234ABCD', 'its answer')


def conformance_kvm():
    if not bootlib.has_kvm():
        print('conformance_kvm: no access to /dev/kvm, skipped')
        return
    flags = 0 if bootlib.hardware() else NO_PAGING | NO_SYSCALL
    same(['tcg,mode=interp', 'kvm'], flags | BACKDOOR)


def conformance_revirt():
    """By the reference host, on each of its engines."""
    for engine in revirtlib.engines():
        flags = 0 if engine != 'kvm' or bootlib.hardware() else NO_PAGING | NO_SYSCALL
        for mmio in ('decoded',) if engine == 'kvm' else ('decoded', 'undecoded'):
            with revirtlib.Host('-engine', engine, '-mmio', mmio) as host:
                same(['tcg,mode=interp', f'revirt,host={host.path},fallback=off'], flags)


def refused():
    for accel, says in (('kvm,fallback=off,nonsense=1', 'nonsense'),
                        ('tcg,switch-at=long-mode', 'switch-at'),
                        ('tcg:tcg,switch-at=serial=', 'which text'),
                        ('tcg:kvm,switch-at=never', 'switch-at')):
        _, status, said = run(accel, 0)
        if status != 1 or says not in said:
            raise bootlib.Failed(f'-accel {accel}: status {status}, {said}')


def moved():
    """Between the engines of tcg at the boot sector's first instruction, and at what it says."""
    moved_at('pc=0x7c00')
    moved_at('serial="second sector"')
    moved_at('serial=nobody says this', moves=False)


def moved_at(where, moves=True):
    disk = bootlib.disk_image('disk.img', bootlib.guest_bin('bootsect'), 4 << 20)
    with bootlib.Guest('-m', '16', '-drive', f'file={disk},format=raw', '-device', 'isa-debug-exit',
                       '-accel', f'tcg,mode=interp,switch-at={where}', '-accel', 'tcg,mode=jit',
                       label='moved') as guest:
        guest.expect(r'third sector read')
        guest.wait(status=33)
        with open(guest.stderr_path, encoding='utf-8') as f:
            if ('switch-at: the guest goes on with tcg,mode=jit' in f.read()) != moves:
                raise bootlib.Failed(f'{where}: moved: {not moves}')


bootlib.main(conformance, conformance_kvm, conformance_revirt, refused, moved)
