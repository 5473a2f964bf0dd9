# SPDX-License-Identifier: MIT
"""Hostile clients of the reference host: random objects, verbs, payloads, states and code.

  fuzz.py [--seconds N | --rounds N] [--seed S]

Every round is a connection. The host must answer each message or close the socket, never end, never
hang; a well-behaved client is served all the time. Prints the seed, which repeats the run.
"""
import argparse
import contextlib
import os
import random
import struct
import time

import revirtlib as r

EDGES = (0, 1, 2, 7, 8, 0xff, 0xfff, 0x1000, 0x7fffffff, 0x80000000, 0xffffffff, 1 << 32, 1 << 39,
         1 << 40, 1 << 47, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, (1 << 64) - 0x1000)
RAM = 0x10000


class Fuzzer:
    def __init__(self, host, rng):
        self.host, self.rng = host, rng

    def number(self):
        rng = self.rng
        return rng.choice((rng.choice(EDGES), rng.randrange(1 << 64), rng.randrange(64)))

    def noise(self, length):
        return self.rng.randbytes(length)

    def mangled(self, data):
        data = bytearray(data)
        for _ in range(self.rng.choice((0, 1, 1, 2, 8))):
            if data:
                at = self.rng.randrange(len(data))
                data[at:at + 8] = self.rng.choice((self.noise(1), struct.pack(
                    '<Q', self.number())))[:len(data) - at]
        if self.rng.random() < 0.1:
            data = data[:self.rng.randrange(len(data) + 1)]
        return bytes(data)

    def maps(self):
        rows, gpa = [], 0
        for _ in range(self.rng.choice((0, 1, 2, 5, 40))):
            gpa += self.rng.randrange(4) * 4096
            size = self.rng.randrange(1, 5) * 4096
            rows.append(r.map_row(gpa, size, self.rng.randrange(RAM // 4096) * 4096,
                                  self.rng.randrange(4)))
            gpa += size
        return b''.join(rows)

    def vm_message(self, vm):
        rng = self.rng
        verb = rng.choice((r.INFO, r.MAP, r.MAP, r.MAP, r.WRITTEN, r.DIRTY, r.OFFERS,
                           rng.randrange(40)))
        payload = {r.MAP: self.maps}.get(verb, lambda: self.noise(rng.choice((0, 0, 9))))()
        meta = (verb, rng.randrange(16) * 4096, rng.randrange(16) * 4096)
        if rng.random() < 0.3:
            payload, meta = self.mangled(payload), (verb, self.number(), self.number())
        vm.send(r.CALL, meta, payload, room=rng.choice((32768, 32768, self.number() & 0xffffffff)))
        vm.answer()

    def state(self, v):
        """Some block as it is, with changes."""
        blocks = self.rng.choice((1 << self.rng.randrange(10), r.B_ALL, self.number()))
        v.send(r.CALL, (r.GET, blocks))
        result, data, _ = v.answer()
        if result < 0:
            data = self.noise(self.rng.randrange(200))
        v.send(r.CALL, (r.SET, blocks), self.mangled(data))
        v.answer()

    def run_it(self, v, kick):
        rng = self.rng
        record = r.run_record(rng.choice((0, 0, r.WINDOW, r.INJECT | r.WINDOW)), rng.randrange(256),
                              self.number(), rng.choice((0, 0, 15)))
        v.send(r.CALL, [r.RUN], record if rng.random() < 0.95 else self.mangled(record))
        os.write(kick, b'x')
        v.answer()

    def vcpu_message(self, v, kick):
        rng = self.rng
        what = rng.random()
        if what < 0.5:
            self.run_it(v, kick)
        elif what < 0.8:
            self.state(v)
        else:
            verb = rng.choice((r.CPUID, r.MSR_EXITS, r.DEBUG, r.GET, rng.randrange(40)))
            payload = {r.CPUID: lambda: r.CPUID_TABLE,
                       r.MSR_EXITS: lambda: struct.pack('<II', 0x800, 0x100)}.get(
                           verb, lambda: self.noise(8 * rng.randrange(4)))()
            v.send(r.CALL, (verb, self.number(), self.number()), self.mangled(payload))
            v.answer()

    def connection(self, name):
        """One hostile client."""
        rng = self.rng
        with contextlib.suppress(r.Gone, BrokenPipeError), contextlib.ExitStack() as stack:
            vm = stack.enter_context(self.host.open(name))
            ram = vm.memory(RAM)
            ram[:] = self.noise(RAM) if rng.random() < 0.7 else bytes(RAM)
            vm.map((0, RAM, 0))
            v = stack.enter_context(vm.vcpu(rng.randrange(64)))
            if rng.random() < 0.7:
                v.ok(r.CALL, r.SET, r.B_MP, payload=bytes(8))
                r.set_real(v, rng.randrange(RAM), rng.choice((2, 0x202, 0x302)))
            kick = v.fd('kick')
            stack.callback(os.close, kick)
            for _ in range(rng.randrange(1, 60)):
                if rng.random() < 0.25:
                    self.vm_message(vm)
                else:
                    self.vcpu_message(v, kick)
            ending = rng.random()
            if ending < 0.2:
                vm.sock.sendall(self.noise(rng.randrange(200)))
            elif ending < 0.4:
                vm.send(rng.randrange(5), (self.number(),), self.noise(20), magic=rng.choice(
                    (r.REQUEST, rng.randrange(1 << 32))), length=rng.choice((0, 20, 1 << 31)))
            elif ending < 0.6:
                v.send(r.CALL, [r.RUN], r.run_record())  # nobody waits for the answer


def fuzz(seed, seconds=None, rounds=None):
    print(f'seed {seed}', flush=True)
    rng = random.Random(seed)
    start, done = time.monotonic(), 0
    with r.Host(*rng.choice(((), ('-mmio', 'undecoded')))) as host, host.open('good') as good:
        fuzzer = Fuzzer(host, rng)
        while done < rounds if rounds else time.monotonic() - start < seconds:
            fuzzer.connection(f'hostile{done}')
            good.ok(r.CALL, r.INFO)
            done += 1
    print(f'{done} connections')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, default=60)
    parser.add_argument('--rounds', type=int)
    parser.add_argument('--seed', type=int, default=int.from_bytes(os.urandom(4), 'little'))
    args = parser.parse_args()
    fuzz(args.seed, args.seconds, args.rounds)


if __name__ == '__main__':
    main()
