# SPDX-License-Identifier: MIT
# timeout: 1500
"""Debian boots to its shell while it is moved between interpreter and translator, at least a hundred
times at random moments, by the monitor's `accel`."""
import os
import random
import threading
import time

import bootlib
import linux

MOVES = 100


class Mover(threading.Thread):
    """Moves the machine until told to stop, and at least MOVES times."""

    def __init__(self, path, seed):
        super().__init__(daemon=True)
        self.path, self.random = path, random.Random(seed)
        self.moves, self.trouble, self.enough = 0, '', threading.Event()

    def run(self):
        try:
            monitor = bootlib.Qmp(self.path)
            while not self.enough.is_set() or self.moves < MOVES:
                mode = ('jit', 'interp')[self.moves % 2]
                said = monitor.command('human-monitor-command',
                                       **{'command-line': f'accel tcg,mode={mode}'})
                if said:
                    self.trouble = said
                    return
                self.moves += 1
                time.sleep(self.random.uniform(0, 0.05))
        except (OSError, ValueError) as error:
            if not self.enough.is_set():
                self.trouble = str(error)


def moved():
    path = bootlib.work('moved.qmp')
    seed = int(os.environ.get('EMU_SEED', time.time_ns() % 1000000))
    print(f'EMU_SEED={seed}')
    if os.path.exists(path):
        os.remove(path)
    with linux.boot('-no-reboot', '-qmp', f'unix:{path},server=on,wait=off') as guest:
        while not os.path.exists(path):
            if guest.process.poll() is not None:
                guest.fail('no machine')
            time.sleep(0.01)
        mover = Mover(path, seed)
        mover.start()
        guest.expect(r'INIT: x86_64 up')
        guest.expect(r'# ')
        mover.enough.set()
        mover.join(600)
        if mover.trouble or mover.moves < MOVES:
            guest.fail(f'{mover.moves} moves, {mover.trouble}')
        guest.run('echo sum=$((6*7))', r'sum=42\r')
        guest.run('dd if=/bin/busybox bs=64k 2>/dev/null | md5sum; md5sum < /bin/busybox',
                  r'([0-9a-f]{32})  -\r\n\1  -')
        guest.refuse(r'Kernel panic|Oops|BUG:|Call Trace')
        guest.send('poweroff -f\n')
        guest.wait(status=0)
        print(f'{mover.moves} moves')


bootlib.main(moved)
