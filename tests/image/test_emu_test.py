# SPDX-License-Identifier: MIT
# timeout: 600
"""emu-test judges guests: each reason, each exit status, each report."""
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
import xml.etree.ElementTree as ET

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
sys.path.insert(0, f'{SOURCE}/tests/boot')
import bootlib  # noqa: E402  (needs the path above)

# The boot sector of tests/guests/bootsect.asm says a few lines and writes 0x10 to 0x501; ends.asm
# says `*` and ends as its byte 509 says: p power-off, t triple fault, k reset (for ever); echo.asm
# shows keys and gives serial input back, F2 draws stripes.
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
    'keys': ('disk = "echo.bin"\nsteps = ["ready> ", {keys = "h i shift-1"}, "hi!", '
             '{screen_text = "ready> hi!"}, {screen_text = \'/^ready> [a-z]+!$/\'}]', 0, 'pass'),
    'typing': ('disk = "echo.bin"\nsteps = ["ready> ", {type = "one by one"}, {send = "more"}, '
               '"more"]', 0, 'pass'),
    'other keys': ('disk = "echo.bin"\ntimeout = 3\nsteps = ["ready> ", {keys = "a"}, '
                   '{screen_text = "ready> b"}]', 124, 'timeout'),
    'no such key': ('disk = "echo.bin"\nsteps = ["ready> ", {keys = "nosuchkey"}]', 2, 'setup'),
    'pictures': ('disk = "echo.bin"\nsteps = ["ready> ", {keys = "f2"}, "#", '
                 '{screen = "stripes.ppm"}, {screen = "stripes.png"}, {screenshot = "shot.png"}]', 0,
                 'pass'),
    'other picture': ('disk = "echo.bin"\ntimeout = 3\nsteps = ["ready> ", {screen = "stripes.ppm"}]',
                      124, 'timeout'),
    'debug console': ('disk = "bootsect.bin"\ndebugcon = 0x402\nsteps = ["third sector", '
                      '{debugcon = \'/Booting from H.*/\'}]', 0, 'pass'),
    'silent console': ('disk = "bootsect.bin"\nsteps = [{debugcon = "never"}]\ndebug_exit = 16', 1,
                       'missing-output'),
    'padded': ('disk = "raw.bin"\nsize = "64K"\nexpect = "second sector"', 0, 'pass'),
    'built': ('disk = "${MADE}/made.img"\nbuild = "echo >> built; cp ends-p.img made.img"\nexit = 0',
              0, 'pass'),
    'built once': ('disk = "${MADE}/made.img"\n'
                   'build = "echo >> built; cp ends-p.img made.img"\nexit = 0', 0, 'pass'),
    'build fails': ('disk = "ends-p.img"\nbuild = "echo no luck; exit 3"\nexit = 0', 2, 'setup'),
    'bad option': ('disk = "ends-p.img"\nexit = 0\noptions = ["-nosuch"]', 2, 'setup'),
}
WRONG = {
    'no such file': '[[test]]\ndisk = "nope.img"\nname = "x"',
    'unknown key': '[[test]]\ndisk = "bootsect.bin"\nname = "x"\ncolour = 1',
    'unknown step': '[[test]]\ndisk = "bootsect.bin"\nname = "x"\nsteps = [{dance = 1}]',
    'no medium': '[[test]]\nname = "x"',
    'no variable': '[[test]]\ndisk = "$NO_SUCH/x"\nname = "x"',
    'bad size': '[[test]]\ndisk = "bootsect.bin"\nname = "x"\nsize = "4 apples"',
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
                          timeout=500, env={**os.environ, 'MADE': folder})


def write(path, text):
    with open(path, 'w') as f:
        f.write(text)


def read(path):
    with open(path) as f:
        return f.read()


def guests(folder):
    with open(f'{BUILD}/guests/bootsect.bin', 'rb') as f:
        boot = f.read()
    with open(f'{BUILD}/guests/ends.bin', 'rb') as f:
        ends = bytearray(f.read())
    with open(f'{folder}/bootsect.bin', 'wb') as f:
        f.write(boot)
        f.truncate(1 << 20)
    with open(f'{folder}/raw.bin', 'wb') as f:
        f.write(boot)
    shutil.copyfile(f'{BUILD}/guests/echo.bin', f'{folder}/echo.bin')
    for how in 'ptk':
        ends[509] = ord(how)
        with open(f'{folder}/ends-{how}.img', 'wb') as f:
            f.write(ends)
            f.truncate(1 << 20)


def stripes(folder):
    """Pictures to compare with, made by emu-test itself; here one looks whether they are right."""
    write(f'{folder}/stripes.toml', HEAD + '''[[test]]
name = "stripes"
disk = "echo.bin"
steps = ["ready> ", {keys = "f2"}, "#", {screenshot = "stripes.ppm"}, {screenshot = "stripes.png"}]
''')
    done = emu_test(folder, 'stripes.toml')
    check('screenshots', done.returncode == 0, done.stdout + done.stderr)
    for form in ('ppm', 'png') if done.returncode == 0 else ():
        os.rename(f'{folder}/out/stripes/stripes.{form}', f'{folder}/stripes.{form}')
        width, height, rgb = bootlib.emu_test.pixels(f'{folder}/stripes.{form}')
        scale = width // 320
        # A stripe is 16 pixels of one colour, and 256 colours of mode 13h are at least 200.
        line = [rgb[3 * x * scale:3 * x * scale + 3] for x in range(320)]
        check(f'the stripes of {form}', (width % 320, height % 200) == (0, 0) and
              all(line[x] == line[x & ~15] for x in range(320)) and len(set(line)) > 12 and
              len({rgb[at:at + 3] for at in range(0, len(rgb), 3)}) >= 200, (width, height, len(set(line))))


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


def examples(folder):
    """docs/testing-your-os.md: what it prints runs as printed."""
    text = read(f'{SOURCE}/docs/testing-your-os.md')
    blocks = dict(re.findall(r'^```[a-z]+\n(\S.*?)\n(.*?)^```', text, re.M | re.S))
    own = f'{folder}/own'
    os.mkdir(own)
    write(f'{own}/boot.asm', blocks['; boot.asm'])
    write(f'{own}/emu-test.toml', blocks['# emu-test.toml'])
    done = emu_test(folder, own)
    check('the smallest start', done.returncode == 0, done.stdout + done.stderr)
    first = next(line for line in blocks if line.startswith('[defaults]'))
    write(f'{folder}/hobby.toml', f'{first}\n{blocks[first]}')
    done = emu_test(folder, '--list', 'hobby.toml')
    check('the hobby OS', done.stdout.splitlines() == ['boots to a shell', 'echo', 'powers off'],
          done.stdout + done.stderr)
    bootimage = tomllib.loads('run-command' + text.split('\nrun-command')[1].split('```')[0])
    command = [{'emu': EMU}.get(word, word.replace('{}', f'{own}/boot.img'))
               for word in bootimage['run-command'] + bootimage['test-args']]
    done = subprocess.run([*command, '-net', 'none'], stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=200)
    check('bootimage', done.returncode == bootimage['test-success-exit-code'], done)
    shutil.copyfile(f'{BUILD}/guests/s5exit.bin', f'{folder}/redoxer.img')
    os.truncate(f'{folder}/redoxer.img', 1 << 20)
    line = re.search(r'emu-test --debug-exit 25 redoxer.*\\\n.*', text)[0].replace('\\\n', ' ')
    done = emu_test(folder, *shlex.split(line)[1:], '-net', 'none')
    check('redoxer', done.returncode == 0 and read(f'{folder}/log.txt') == 'S5',
          done.stdout + done.stderr)


with tempfile.TemporaryDirectory() as scratch:
    guests(scratch)
    stripes(scratch)
    results(scratch)
    statuses(scratch)
    examples(scratch)
print('\n'.join(problems) or f'{len(ROWS) + len(WRONG)} cases')
sys.exit(1 if problems else 0)
