# SPDX-License-Identifier: MIT
# timeout: 300
"""The window on a real X server (Xvfb): what it shows, what is typed into it, how it is resized."""
import os
import random
import re
import shutil
import subprocess
import sys
import time

from xserver import Failed, STEP, X, read_ppm, rgb, skip, until

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')
WORK = f'{BUILD}/ui/window'

# X keysym -> set 1 make code; the break code is the same with bit 7. Numbers of two digits are
# keycodes: for the keysyms of right-hand modifiers and of the keypad xdotool would press others, too.
KEYS = {
    'Escape': '01', '1': '02', '2': '03', '3': '04', '4': '05', '5': '06', '6': '07', '7': '08',
    '8': '09', '9': '0a', '0': '0b', 'minus': '0c', 'equal': '0d', 'BackSpace': '0e', 'Tab': '0f',
    'q': '10', 'w': '11', 'e': '12', 'r': '13', 't': '14', 'y': '15', 'u': '16', 'i': '17',
    'o': '18', 'p': '19', 'bracketleft': '1a', 'bracketright': '1b', 'Return': '1c',
    'Control_L': '1d', 'a': '1e', 's': '1f', 'd': '20', 'f': '21', 'g': '22', 'h': '23', 'j': '24',
    'k': '25', 'l': '26', 'semicolon': '27', 'apostrophe': '28', 'grave': '29', 'Shift_L': '2a',
    'backslash': '2b', 'z': '2c', 'x': '2d', 'c': '2e', 'v': '2f', 'b': '30', 'n': '31', 'm': '32',
    'comma': '33', 'period': '34', 'slash': '35', '62': '36', 'KP_Multiply': '37', 'Alt_L': '38',
    'space': '39', 'Caps_Lock': '3a', 'F1': '3b', 'F2': '3c', 'F3': '3d', 'F4': '3e', 'F5': '3f',
    'F6': '40', 'F7': '41', 'F8': '42', 'F9': '43', 'F10': '44', 'Num_Lock': '45',
    'Scroll_Lock': '46', '79': '47', '80': '48', '81': '49', 'KP_Subtract': '4a', '83': '4b',
    '84': '4c', '85': '4d', 'KP_Add': '4e', '87': '4f', '88': '50', '89': '51', '90': '52',
    '91': '53', '94': '56', 'F11': '57', 'F12': '58',
    'KP_Enter': 'e0 1c', '105': 'e0 1d', 'KP_Divide': 'e0 35', '108': 'e0 38',
    'Home': 'e0 47', 'Up': 'e0 48', 'Prior': 'e0 49', 'Left': 'e0 4b', 'Right': 'e0 4d',
    'End': 'e0 4f', 'Down': 'e0 50', 'Next': 'e0 51', 'Insert': 'e0 52', 'Delete': 'e0 53',
    'Super_L': 'e0 5b', '134': 'e0 5c', '135': 'e0 5d',
}
# Keys whose codes are not of that form.
ODD_KEYS = {
    '107': 'e0 2a e0 37 e0 b7 e0 aa',   # Print
    '127': 'e1 1d 45 e1 9d c5',         # Pause
}
# Held modifiers (as keysym or keycode) and the key.
COMBINATIONS = (
    ('Control_L', 'c'), ('Control_L', 'F10'), ('Alt_L', 'F4'), ('Alt_L', 'Tab'), ('108', 'e'),
    ('108', '7'), ('108', 'backslash'), ('Shift_L', '108', 'q'), ('Control_L', 'Alt_L', 'Delete'),
    ('Control_L', 'Alt_L', 'End'), ('Control_L', 'Shift_L', 'Escape'), ('105', '108', 'space'),
    ('Super_L', 'l'),
)


def units(codes):
    """Scan codes with their prefixes; repetitions of one key are told by these."""
    out = []
    for code in codes:
        if out and out[-1] == 'e0':
            out[-1] += ' ' + code
        else:
            out.append(code)
    return out


class Emu:
    def __init__(self, x, label, *args):
        self.x, self.keys_path = x, f'{WORK}/{label}.keys'
        self.picture_path = f'{WORK}/{label}.ppm'
        self.log_path = f'{WORK}/{label}.log'
        self.log = open(self.log_path, 'wb')
        self.process = subprocess.Popen(
            [EMU, '-name', 'a test', '-m', '16', '-drive',
             f'file={BUILD}/guests/screen.bin,format=raw,snapshot=on', '-debugcon',
             f'file:{self.keys_path}', '-screenshot-on-exit', self.picture_path, '-net', 'none',
             *args], env=x.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        self.read, self.held, self.ignored = 0, None, ()

    def __enter__(self):
        self.until_guest_types()
        self.x.do('windowmove', self.window, 0, 0)
        return self

    def until_guest_types(self):
        """The boot sector runs when its answer to a key arrives."""
        def found():
            if self.process.poll() is not None:
                raise Failed(f'emu ended with status {self.process.returncode}')
            return self.x.do('search', '--name', 'a test').split()

        def ready():
            # SDL may make its window a second time for the renderer, so it is found anew.
            self.window = until('the window', found)[0]
            self.x.do('windowfocus', self.window)
            self.x.do('key', '1')
            time.sleep(0.2)
            return 'ok' in self.codes()
        try:
            until('the guest', ready)
        except Failed as e:
            with open(self.log_path, errors='replace') as f:
                raise Failed(f'{e}; emu said: {f.read()}') from None
        time.sleep(0.5)
        self.read = len(self.all_codes())

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.terminate()
        status = self.process.wait(STEP)
        self.log.close()
        if kind is None and status != 0:
            raise Failed(f'emu ended with status {status}')

    def all_codes(self):
        try:
            with open(self.keys_path) as f:
                return f.read().split()
        except FileNotFoundError:
            return []

    def codes(self):
        return self.all_codes()[self.read:]

    def expect(self, what, wanted):
        """The codes come next; a key that is held may repeat before and between them."""
        want = units(wanted)

        def came():
            got, last = 0, self.held
            for n, unit in enumerate(units(self.codes())):
                if got < len(want) and unit == want[got]:
                    last, got = unit, got + 1
                elif unit != last and unit not in self.ignored:
                    return 0
                if got == len(want):
                    self.held = last
                    return sum(len(u.split()) for u in units(self.codes())[:n + 1])
            return 0
        try:
            self.read += until(what, came, STEP)
        except Failed:
            raise Failed(f'{what}: the guest got {self.codes()}, expected {wanted}') from None

    def activate(self):
        """The window manager gives it the keyboard, once it manages it."""
        def focused():
            self.x.do('windowactivate', self.window)
            time.sleep(0.1)
            return all(self.x.do(what).strip() == self.window
                       for what in ('getactivewindow', 'getwindowfocus'))
        until('the keyboard', focused)

    def size(self):
        out = self.x.do('getwindowgeometry', '--shell', self.window)
        v = dict(line.split('=', 1) for line in out.split('\n') if '=' in line)
        if 'X' not in v:
            raise Failed(f'the window {self.window} is gone: {out}')
        return int(v['X']), int(v['Y']), int(v['WIDTH']), int(v['HEIGHT'])


class Openbox:
    """A window manager, which full screen needs; without frames, so that sizes are exact."""
    def __init__(self, x):
        with open(f'{WORK}/rc.xml', 'w') as f:
            f.write('<openbox_config xmlns="http://openbox.org/3.4/rc">'
                    '<theme><keepBorder>no</keepBorder></theme><applications><application class="*">'
                    '<decor>no</decor></application></applications></openbox_config>')
        self.process = subprocess.Popen(['openbox', '--config-file', f'{WORK}/rc.xml'], env=x.env,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


def picture(x, label, key, make):
    with Emu(x, label) as emu:
        x.do('key', key)
        until('the new picture', lambda: 'ok' in emu.codes())
        time.sleep(1)
        left, top, width, height = emu.size()
        shown = rgb(x.pixels(), left, top, width, height)
    w, h, wanted = read_ppm(emu.picture_path)
    if (w, h) != (width, height):
        raise Failed(f'{label}: the window is {width}x{height}, the surface {w}x{h}')
    if len(set(wanted[i:i + 3] for i in range(0, len(wanted), 3))) < make:
        raise Failed(f'{label}: fewer than {make} colours in the guest\'s own picture')
    if shown != wanted:
        bad = [i // 3 for i in range(len(wanted)) if wanted[i] != shown[i]]
        raise Failed(f'{label}: {len(bad)} bytes differ, the first at {bad[0] % w},{bad[0] // w}')


def pictures(x):
    for label, key, colours in (('text', '1', 16), ('mode13h', '2', 100), ('vbe32', '3', 10000),
                                ('planar', '4', 16), ('mode_x', '5', 100)):
        picture(x, label, key, colours)


def break_of(make):
    make = make.split()
    return make[:-1] + [f'{int(make[-1], 16) | 0x80:02x}']


def keys(x):
    with Emu(x, 'keys') as emu:
        x.do('key', '0')
        emu.expect('silence', ['0b', 'ok', '8b'])
        for name, code in KEYS.items():
            x.do('key', name)
            emu.expect(name, code.split() + break_of(code))
        for name, codes in ODD_KEYS.items():
            x.do('key', name)
            emu.expect(name, codes.split())
        for name in ('Caps_Lock', 'Num_Lock', 'Scroll_Lock'):
            x.do('key', name)
            emu.expect(name, KEYS[name].split() + break_of(KEYS[name]))
        for combination in COMBINATIONS:
            for name in combination:
                x.do('keydown', name)
                emu.expect(f'{combination}: {name} down', KEYS[name].split())
            for name in reversed(combination):
                x.do('keyup', name)
                emu.expect(f'{combination}: {name} up', break_of(KEYS[name]))


def pointer(x):
    """The guest asks for the absolute pointer; then it is where the host's is."""
    with Emu(x, 'pointer') as emu:
        x.do('key', '7')
        emu.expect('vmmouse', ['08', 'ok', '88'])
        _, _, width, height = emu.size()
        spots = [(1, 1), (width // 2, height // 2), (width - 1, height - 1), (100, 300), (0, 0)]
        for spot in spots:
            x.do('mousemove', '--window', emu.window, *spot)
            wanted = [v * 65535 // (size - 1) for v, size in zip(spot, (width, height))]

            def there():
                last = emu.codes()[-4:]
                return len(last) == 4 and last[0] == 'm' and all(
                    abs(int(got, 16) - want) < 2 for got, want in zip(last[1:3], wanted))
            try:
                until(f'the pointer at {spot}', there, 10)
            except Failed as e:
                raise Failed(f'{e}; wanted {wanted}, the guest got {emu.codes()[-8:]}') from None
        for button, bits in ((1, '20'), (3, '10'), (2, '08')):
            x.do('mousedown', button)
            until(f'button {button}', lambda: emu.codes()[-1:] == [bits], 10)
            x.do('mouseup', button)
            until(f'the end of button {button}', lambda: emu.codes()[-1:] == ['00'], 10)


def focus(x):
    """A key that is down when the window loses the keyboard is released for the guest."""
    with Emu(x, 'focus') as emu:
        x.do('keydown', 'a')
        emu.expect('key down', ['1e'])
        other = subprocess.Popen([EMU, '-name', 'other', '-S', '-display', 'sdl'], env=x.env,
                                 stdin=subprocess.DEVNULL)
        try:
            second = until('the second window',
                           lambda: x.do('search', '--name', 'other').split())[0]
            x.do('windowfocus', second)
            until('the release', lambda: 'be' not in emu.codes() and '9e' in emu.codes(), 10)
        finally:
            x.do('keyup', 'a')
            other.terminate()
            other.wait(STEP)


def consoles(x):
    """Ctrl-Alt-2 shows the monitor, which then has the keyboard; Ctrl-Alt-1 the guest again."""
    with Emu(x, 'consoles') as emu:
        def title():
            return x.do('getwindowname', emu.window)
        emu.ignored = ('1d', '38', '9d', 'b8')
        until('the title', lambda: re.search(r'a test \((tcg|kvm|revirt)', title()))
        x.do('key', 'ctrl+alt+2')
        until('the monitor', lambda: 'monitor' in title() and emu.size()[2:] == (640, 400))
        x.do('key', *'stop', 'Return')
        until('a stopped guest', lambda: 'paused' in title())
        x.do('key', *'cont', 'Return')
        until('a guest that runs', lambda: 'paused' not in title())
        typed = [c for c in emu.codes() if c not in emu.ignored]
        if typed:
            raise Failed(f'what was typed at the monitor reached the guest: {typed}')
        x.do('key', 'ctrl+alt+1')
        until('the guest\'s screen', lambda: 'monitor' not in title()
              and emu.size()[2:] == (720, 400))
        x.do('key', 'q')
        emu.expect('q', ['10', '90'])


def clipboard(x):
    """Ctrl-Alt-V types it."""
    with Emu(x, 'clipboard') as emu:
        x.do('key', '0')
        emu.expect('silence', ['0b', 'ok', '8b'])
        emu.ignored = ('1d', '38', '9d', 'b8')
        owner = subprocess.Popen(['xclip', '-selection', 'clipboard', '-quiet'], env=x.env,
                                 stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        owner.stdin.write(b'aB-_\n')
        owner.stdin.close()
        time.sleep(0.5)
        x.do('key', 'ctrl+alt+v')
        emu.expect('the clipboard', '1e 9e 2a 30 b0 aa 0c 8c 2a 0c 8c aa 1c 9c'.split())
        owner.terminate()
        owner.wait()


def resizes(x):
    """While the guest animates its screen the window changes its size, the guest its mode."""
    chance, whole = random.Random(1), False
    with Emu(x, 'resizes') as emu, Openbox(x):
        emu.activate()
        emu.ignored = ('1d', '38', '9d', 'b8')  # of the hot key; released when that changes focus
        x.do('key', '6')
        emu.expect('animation', ['07', 'ok', '87'])
        for n in range(200):
            if n % 10 == 9:
                key = chance.choice('12345')
                x.do('key', key)
                emu.expect(f'mode {key}', [KEYS[key], 'ok', break_of(KEYS[key])[0]])
            if n % 25 == 24:
                x.do('key', 'ctrl+alt+f')
                whole = not whole
                until('full screen' if whole else 'a window again',
                      lambda: (emu.size()[2:] == (x.width, x.height)) == whole)
            x.do('windowsize', emu.window, chance.randint(1, 1200), chance.randint(1, 1000))
            if emu.process.poll() is not None:
                raise Failed(f'emu ended with status {emu.process.returncode} at resize {n}')
        x.do('key', '6')
        emu.expect('the end of the animation', ['07', 'ok', '87'])
        x.do('key', '3')
        emu.expect('mode 3', ['04', 'ok', '84'])
        x.do('windowsize', '--sync', emu.window, 640, 480)
        x.do('windowmove', emu.window, 0, 0)
        x.do('mousemove', x.width - 1, x.height - 1)     # Xvfb draws it into its picture
        time.sleep(1)
        left, top, width, height = emu.size()
        shown = rgb(x.pixels(), left, top, width, height)
    w, h, wanted = read_ppm(emu.picture_path)
    if (w, h, wanted) != (width, height, shown):
        raise Failed(f'afterwards the window ({width}x{height}) is not the surface ({w}x{h})')


def main():
    for tool in ('Xvfb', 'xdotool', 'openbox', 'xclip'):
        if not shutil.which(tool):
            skip(f'{tool} is not installed')
    known = subprocess.run([EMU, '-display', 'help'], capture_output=True, text=True).stdout
    if '\nsdl ' not in known:
        skip('this emu was built without SDL2')
    failed = 0
    only = sys.argv[1:]
    with X(WORK) as x:
        for case in (pictures, keys, pointer, focus, consoles, clipboard, resizes):
            if only and case.__name__ not in only:
                continue
            try:
                case(x)
                print(f'ok   {case.__name__}')
            except (Failed, subprocess.TimeoutExpired) as e:
                failed += 1
                print(f'FAIL {case.__name__}: {e}')
    sys.exit(1 if failed else 0)


main()
