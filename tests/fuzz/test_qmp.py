# SPDX-License-Identifier: MIT
# timeout: 900
"""QMP fed with what a program with a bug, or somebody with ill will, sends: requests made from the
schema with wrong values, and bytes of good requests shuffled, cut, repeated and replaced.

    FUZZ_SECONDS=3600 FUZZ_SEED=7 EMU=build/asan/emu python3 tests/fuzz/test_qmp.py

The seed is printed; what was sent last is kept in BUILDDIR/fuzz/qmp.last when something is found.
"""
import json
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'monitor'))
import monlib  # noqa: E402  (needs the path above)
from monlib import Failed, Machine, check  # noqa: E402

SECONDS = float(os.environ.get('FUZZ_SECONDS', 5))
SEED = int(os.environ.get('FUZZ_SEED', random.randrange(1 << 30)))
# These end or block the session by design.
AVOID = {'quit', 'dump-guest-memory', 'screendump', 'memsave', 'pmemsave', 'logfile'}
HMP_AVOID = {'quit', 'q', 'logfile', 'log', 'memsave', 'pmemsave', 'screendump', 'accel',
             'dump-guest-memory', 'change', 'gdbserver', 'trace-event', 'savevm', 'loadvm', 'delvm',
             'migrate', 'nbd_server_start', 'drive_mirror'}
STRINGS = ['', 'a', 'max', 'ide1-cd0', '/machine', '/machine/unattached/device[0]',
           '/machine/unattached/device[4294967295]', 'x' * 5000, '\x01', '"\\', '%s%n', '../..',
           'é', '\U0001f600', 'on', 'VGA', 'full', 'ret', '/dev/null', 'NaN']


def value(rng, depth=0):
    kind = rng.randrange(9 if depth < 4 else 6)
    if kind == 0:
        return rng.choice([0, 1, -1, 255, 1 << 31, 1 << 32, (1 << 63) - 1, -(1 << 63), 1 << 70])
    if kind == 1:
        return rng.choice([True, False, None])
    if kind == 2:
        return rng.choice([0.5, 1e300, -0.0])
    if kind < 6:
        return rng.choice(STRINGS)
    if kind == 6:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    keys = ['type', 'data', 'down', 'key', 'axis', 'value', 'button', 'name', 'props', 'x']
    return {rng.choice(keys): value(rng, depth + 1) for _ in range(rng.randrange(4))}


def typed(rng, kind):
    if rng.random() < 0.3:
        return value(rng)
    return {'str': rng.choice(STRINGS), 'int': rng.randrange(-2, 300),
            'bool': rng.random() < 0.5}.get(kind, value(rng))


def request(rng, schema, members):
    name = rng.choice(schema)
    arguments = {m['name']: typed(rng, m['type']) for m in members[name]
                 if rng.random() < (0.5 if 'default' in m else 0.95)}
    if rng.random() < 0.05:
        arguments[rng.choice(STRINGS)] = value(rng)
    if name == 'human-monitor-command':
        arguments['command-line'] = hmp_line(rng)
    message = {'execute': name, 'arguments': arguments}
    if rng.random() < 0.3:
        message['id'] = value(rng)
    if rng.random() < 0.02:
        message[rng.choice(STRINGS)] = value(rng)
    return message


def hmp_line(rng):
    words = ['info', 'x', 'xp', 'p', 'sendkey', 'i', 'o', 'cpu', 'walk', 'gva2gpa', 'eject', 'stop',
             'cont', 'system_reset', 'mouse_move', 'nmi', 'help', 'sum', 'print', '/20i', '/999999xg',
             '$rip', '$pc', '0', '-1', '(', ')', '+', '*', '"', '\\', 'mem', 'tlb', 'gdt', 'idt', 'tss',
             'registers', '-a', 'mtree', 'pci', 'qtree', 'lapic', 'pic', '0xffffffffffffffff', '/']
    line = ' '.join(rng.choice(words) for _ in range(rng.randrange(1, 6)))
    return 'info status' if line.split()[0] in HMP_AVOID else line


def mangle(rng, data):
    data = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(5)
        if kind == 0:
            data[at:at + rng.randrange(8)] = b''
        elif kind == 1:
            data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(8)))
        elif kind == 2:
            data[at:at] = data[rng.randrange(len(data) + 1):][:rng.randrange(200)]
        elif kind == 3:
            data[at:at] = rng.choice([b'{', b'}', b'[', b']', b'"', b"'", b'\\', b'\xff', b'\n',
                                      b'\\u0000', b'[' * 300, b'1' * 400])
        elif at < len(data):
            data[at] ^= 1 << rng.randrange(8)
    return bytes(data)


class Session:
    """One machine, restarted never: it has to survive all of it."""

    def __init__(self, machine, rng):
        self.machine, self.rng, self.sent = machine, rng, []
        self.qmp = machine.qmp()
        entities = self.qmp.command('query-qmp-schema')
        objects = {e['name']: e for e in entities}
        self.members = {e['name']: objects[e['arg-type']].get('members', []) for e in entities
                        if e['meta-type'] == 'command' and e['name'] not in AVOID}
        self.names = sorted(self.members)

    def send(self, data):
        self.sent = self.sent[-200:] + [data]
        self.qmp.raw(data)

    def round(self):
        good = [json.dumps(request(self.rng, self.names, self.members)).encode()
                for _ in range(self.rng.randrange(1, 5))]
        text = b'\n'.join(good)
        if b'"quit"' in text:
            return
        if self.rng.random() < 0.5:
            text = mangle(self.rng, text)
            if b'quit' in text:
                return
        self.send(text)
        self.sync()

    def sync(self):
        """After FFh and a new line whatever it was is forgotten, and emu answers again."""
        mark = self.rng.randrange(1 << 60)
        self.send(b'\xff\n{"execute": "query-status", "id": "mark-%d"}\n' % mark)
        while True:
            message = self.qmp.answer()
            if message.get('id') == f'mark-{mark}':
                break
            check('return' in message or 'error' in message, f'what is that? {message}')
        self.qmp.events.clear()
        if 'return' not in message: # a mangled request closed the negotiation: never
            raise Failed(f'no status any more: {message}')

    def reconnect(self):
        self.qmp.close()
        self.qmp = self.machine.qmp()


def fuzz():
    rng = random.Random(SEED)
    rounds, end = 0, time.monotonic() + SECONDS
    session = None
    with Machine('-m', '16', '-smp', '2', '-no-shutdown') as machine:
        try:
            session = Session(machine, rng)
            while time.monotonic() < end:
                session.round()
                rounds += 1
                if rng.random() < 0.02:
                    session.reconnect()
            session.qmp.command('quit')
            machine.wait()
        except (Failed, OSError, ValueError) as error:
            path = f'{monlib.BUILD}/fuzz/qmp.last'
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'wb') as f:
                f.write(b'\n--\n'.join(session.sent if session else []))
            status = machine.process.poll()
            raise Failed(f'seed {SEED}, round {rounds}, status {status}: {error}\n'
                         f'{machine.stderr()[-4000:]}\nsent last: {path}') from None
    print(f'{rounds} rounds in {SECONDS:.0f} s, seed {SEED}')
    check(rounds > 3, 'hardly a round was made')


monlib.main(fuzz)
