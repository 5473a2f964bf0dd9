# SPDX-License-Identifier: MIT
# timeout: 600
"""emu-test judges guests: each reason, each exit status, each report."""
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')

# The boot sector of tests/guests/bootsect.asm says a few lines and writes 0x10 to 0x501; ends.asm
# says `*` and ends as its byte 509 says: p power-off, t triple fault, k reset (for ever).
HEAD = '''[defaults]
memory = 16
timeout = 200
options = ["-device", "isa-debug-exit", "-net", "none"]
'''
ROWS = {
    'passes': ('disk = "bootsect.bin"\ndebug_exit = 0x10\n'
               'expect = ["boot sector", "/second .* runs/"]', 0, 'pass'),
    'steps': ('disk = "bootsect.bin"\nsteps = ["boot sector: drive 80", "third sector read"]', 0,
              'pass'),
    'by status': ('disk = "bootsect.bin"\nexit = 33', 0, 'pass'),
    'powers off': ('disk = "ends-p.img"\nexit = 0', 0, 'pass'),
    'skipped': ('disk = "ends-p.img"\nskip = "not today"', 0, 'skip'),
    'wrong value': ('disk = "bootsect.bin"\ndebug_exit = 0x11', 1, 'debug-exit'),
    'wrong status': ('disk = "ends-p.img"\nexit = 5', 1, 'exit-status'),
    'no value': ('disk = "ends-p.img"\ndebug_exit = 0', 1, 'debug-exit'),
    'silent': ('disk = "bootsect.bin"\nexpect = "never said"', 1, 'missing-output'),
    'wrong order': ('disk = "bootsect.bin"\nexpect = ["second sector", "boot sector"]', 1,
                    'missing-output'),
    'refused': ('disk = "bootsect.bin"\nrefuse = "/second/"\nexit = "any"', 1, 'refused-output'),
    'dies': ('disk = "ends-t.img"\nexit = 0\noptions = ["-no-reboot"]', 1, 'triple-fault'),
    'guest time': ('disk = "ends-k.img"\nexpect = "never"\nguest_timeout = 0.7', 124,
                   'guest-timeout'),
    'host time': ('disk = "ends-k.img"\nexpect = "never"\ntimeout = 1', 124, 'timeout'),
    'bad option': ('disk = "ends-p.img"\nexit = 0\noptions = ["-nosuch"]', 2, 'setup'),
}
WRONG = {
    'no such file': '[[test]]\ndisk = "nope.img"\nname = "x"',
    'unknown key': '[[test]]\ndisk = "bootsect.bin"\nname = "x"\ncolour = 1',
    'unknown step': '[[test]]\ndisk = "bootsect.bin"\nname = "x"\nsteps = [{dance = 1}]',
    'no medium': '[[test]]\nname = "x"',
    'bad expression': '[[test]]\ndisk = "bootsect.bin"\nname = "x"\nexpect = "/(/"',
    'negative time': '[[test]]\ndisk = "bootsect.bin"\nname = "x"\ntimeout = -1',
    'not TOML': '[[test',
    'nothing in it': '',
    'one name twice': '[[test]]\ndisk = "bootsect.bin"\n[[test]]\ndisk = "bootsect.bin"',
}
problems = []


def check(what, right, detail=''):
    if not right:
        problems.append(f'{what}: {detail}')


def emu_test(folder, *args):
    return subprocess.run([sys.executable, f'{SOURCE}/tools/emu-test', '--emu', EMU, '--output',
                           f'{folder}/out', *args], cwd=folder, capture_output=True, text=True,
                          timeout=500)


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)


def guests(folder):
    with open(f'{BUILD}/guests/bootsect.bin', 'rb') as f:
        boot = f.read()
    with open(f'{BUILD}/guests/ends.bin', 'rb') as f:
        ends = bytearray(f.read())
    with open(f'{folder}/bootsect.bin', 'wb') as f:
        f.write(boot)
        f.truncate(1 << 20)
    for how in 'ptk':
        ends[509] = ord(how)
        with open(f'{folder}/ends-{how}.img', 'wb') as f:
            f.write(ends)
            f.truncate(1 << 20)


def results(folder):
    write(f'{folder}/emu-test.toml', HEAD + ''.join(
        f'[[test]]\nname = "{name}"\n{text}\n' for name, (text, _, _) in ROWS.items()))
    done = emu_test(folder, '--tap', 'r.tap', '--junit', 'r.xml', '--json', 'r.json', '.')
    check('all', done.returncode == 2, f'status {done.returncode}\n{done.stderr}')
    with open(f'{folder}/r.json') as f:
        got = {r['name']: r for r in json.load(f)}
    for name, (_, status, reason) in ROWS.items():
        r = got.get(name, {})
        check(name, (r.get('status'), r.get('reason')) == (status, reason),
              f"{r.get('status')} {r.get('reason')} {r.get('text')}")
    r = got['passes']
    check('the guest value comes unshifted', (r['debug_exit'], r['exit_status']) == (16, 33), r)
    machine = r.get('machine', {})
    check('what emu reports', machine.get('accelerator') == 'tcg' and machine['exit_status'] == 33
          and machine['vcpus'][0].get('instructions', 0) > 1000, machine)
    cases = {c.get('name'): c for c in ET.parse(f'{folder}/r.xml').iter('testcase')}
    check('JUnit', len(cases) == len(ROWS) and cases['silent'].find('failure') is not None and
          cases['bad option'].find('error') is not None and
          cases['skipped'].find('skipped') is not None and len(cases['passes']) == 1, list(cases))
    with open(f'{folder}/r.tap') as f:
        tap = f.read().splitlines()
    check('TAP', tap[:2] == ['TAP version 13', f'1..{len(ROWS)}'] and
          sum(line.startswith('ok ') for line in tap) == sum(s == 0 for _, s, _ in ROWS.values()) and
          sum(line.startswith('not ok ') for line in tap) ==
          sum(s != 0 for _, s, _ in ROWS.values()), tap[:3])


def statuses(folder):
    for only, status in (('passes', 0), ('silent', 1), ('guest time', 124)):
        done = emu_test(folder, '--only', only, '.')
        check(f'exit status of {only}', done.returncode == status, f'{done.returncode} {done.stderr}')
    done = emu_test(folder, '--expect', 'boot sector', 'bootsect.bin', '--', '-net', 'none')
    check('an image by itself', done.returncode == 0 and 'ok 1 - bootsect.bin' in done.stdout,
          done.stdout + done.stderr)
    for name, text in WRONG.items():
        write(f'{folder}/wrong.toml', text)
        done = emu_test(folder, 'wrong.toml')
        check(name, done.returncode == 2 and len(done.stderr.splitlines()) == 1 and
              'Traceback' not in done.stderr, f'{done.returncode} {done.stderr}')
    done = emu_test(folder, 'nowhere.img')
    check('a target that is not there', done.returncode == 2, done.stderr)


with tempfile.TemporaryDirectory() as scratch:
    guests(scratch)
    results(scratch)
    statuses(scratch)
print('\n'.join(problems) or f'{len(ROWS) + len(WRONG)} cases')
sys.exit(1 if problems else 0)
