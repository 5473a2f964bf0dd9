# SPDX-License-Identifier: MIT
# timeout: 600
"""What accel/revirt/ABI.md says, verb by verb: right, wrong, out of order, many at once."""
import contextlib
import errno
import os
import resource
import socket
import struct

import revirtlib as r
import bootlib
from revirtlib import CALL, Gone, Host, OPEN, OPENAT

HLT = b'\xf4'
OUT_IN_HLT = bytes.fromhex('b05a e680 e481 f4')  # mov al,5ah; out 80h,al; in al,81h; hlt


def expect(what, got, wanted):
    assert got == wanted, f'{what}: {got}, not {wanted}'


def expect_error(what, got, wanted):
    assert got == wanted, (f'{what}: {errno.errorcode.get(got, got)}, '
                           f'not {errno.errorcode.get(wanted, wanted)}')


def expect_gone(what, node):
    """The host has closed this."""
    with contextlib.suppress(Gone):
        node.answer()
        raise AssertionError(f'{what}: an answer instead of an end')


def names():
    with Host() as host:
        for name, wanted in (('a', 0), ('x' * 63, 0), ('A-Z_0.9', 0), ('', errno.EINVAL),
                             ('x' * 64, errno.EINVAL), ('.hidden', errno.EINVAL),
                             ('a/b', errno.EINVAL), ('a\0b', errno.EINVAL), ('ä', errno.EINVAL)):
            with host.connect() as vm:
                expect_error(f'name {name!r}', vm.error(OPEN, payload=name.encode()), wanted)
        with host.open('twin') as first:
            with host.connect() as second:
                expect_error('a name in use', second.error(OPEN, payload=b'twin'), errno.EEXIST)
            expect_error('open twice', first.error(OPEN, payload=b'other'), errno.EBUSY)
        with host.connect() as vm:
            expect_error('a verb before OPEN', vm.error(CALL, r.INFO), errno.EPERM)


def info():
    with Host() as host, host.open('vm') as vm:
        data = vm.ok(CALL, r.INFO)
        major, minor, features, vcpus, maps, khz, vms, window = struct.unpack_from('<HHIIIIIQ', data)
        expect('version', (major, minor), (1, 0))
        expect('limits', (vcpus, maps, window), (64, 512, 512 << 30))
        expect('VMs', vms, 1)
        assert khz and bool(features & 2) == (r.engine() != 'kvm')  # TELL_WRITES
        expect_error('no room', vm.error(CALL, r.INFO, room=10), errno.EMSGSIZE)
        expect_error('a payload', vm.error(CALL, r.INFO, payload=b'x'), errno.EINVAL)
        for verb in (0, 6, 15, r.RUN, r.GET, 1 << 40):
            expect_error(f'verb {verb} on a VM', vm.error(CALL, verb), errno.ENOSYS)
        expect_error('an unknown operation', vm.error(77), errno.ENOSYS)
        assert len(vm.ok(CALL, r.OFFERS)) % 28 == 0


def paths():
    with Host() as host, host.open('vm') as vm:
        for path in ('', 'vcpu', 'vcpu/', 'vcpu/64', 'vcpu/-1', 'vcpu/1x', 'vcpu/0/kick', 'mem',
                     'memory/', 'x' * 500):
            expect_error(f'path {path[:20]!r}', vm.error(OPENAT, payload=path.encode()),
                         errno.ENOENT)
        with vm.vcpu(63) as v:
            expect_error('a vCPU twice', vm.error(OPENAT, payload=b'vcpu/63'), errno.EBUSY)
            expect_error('below a vCPU', v.error(OPENAT, payload=b'memory'), errno.ENOENT)
            for verb in (r.INFO, r.MAP, 22):
                expect_error(f'verb {verb} on a vCPU', v.error(CALL, verb), errno.ENOSYS)


def maps():
    page, top = 4096, 512 << 30
    with Host('-max-memory', '1') as host, host.open('vm') as vm:
        def error(*rows):
            return vm.error(CALL, r.MAP, payload=b''.join(r.map_row(*x) for x in rows))
        for name, rows, wanted in (
                ('nothing', [], 0),
                ('one', [(0, page, 0)], 0),
                ('two', [(0, page, 0), (page, page, 0)], 0),
                ('ROM with log', [(0, page, page, 2)], 0),
                ('the last page of the window', [(0, page, top - page)], 0),
                ('size 0', [(0, 0, 0)], errno.EINVAL),
                ('half a page', [(0, 2048, 0)], errno.EINVAL),
                ('gpa within a page', [(1, page, 0)], errno.EINVAL),
                ('offset within a page', [(0, page, 8)], errno.EINVAL),
                ('overlap', [(0, 2 * page, 0), (page, page, 0)], errno.EINVAL),
                ('descending', [(page, page, 0), (0, page, 0)], errno.EINVAL),
                ('beyond the window', [(0, 2 * page, top - page)], errno.EINVAL),
                ('offset wraps', [(0, page, (1 << 64) - page)], errno.EINVAL),
                ('gpa beyond the width', [(1 << 52, page, 0)], errno.EINVAL),
                ('gpa wraps', [((1 << 64) - page, page, 0)], errno.EINVAL),
                ('flags', [(0, page, 0, 4)], errno.EINVAL),
                ('too much memory', [(0, (1 << 30) + page, 0)], errno.ENOMEM),
                ('513 rows', [(i * page, page, 0) for i in range(513)], errno.EINVAL),
                ('512 rows', [(i * page, page, 0) for i in range(512)], 0)):
            expect_error(name, error(*rows), wanted)
        expect_error('odd length', vm.error(CALL, r.MAP, payload=b'x' * 31), errno.EINVAL)
        for verb in (r.WRITTEN, r.DIRTY):
            expect_error('wraps', vm.error(CALL, verb, 1 << 63, 1 << 63), errno.EINVAL)
        expect_error('DIRTY of nothing', vm.error(CALL, r.DIRTY, 0, 0), errno.EINVAL)
        expect_error('DIRTY of bytes', vm.error(CALL, r.DIRTY, 0, 100), errno.EINVAL)
        expect_error('DIRTY without room', vm.error(CALL, r.DIRTY, 0, 1 << 30, room=16),
                     errno.EMSGSIZE)


def run_and_owe():
    with Host() as host, host.open('vm') as vm:
        v, _ = r.real_mode(vm, OUT_IN_HLT)
        e = v.run()
        expect('OUT', (e.kind, e.pio(), e.flags), (r.PIO, (0x80, 1, 1, 0x5a), r.OWED))
        for verb, args in ((r.GET, [r.B_GPR]), (r.SET, [r.B_GPR]), (r.DEBUG, [0])):
            expect_error(f'verb {verb} while owed', v.error(CALL, verb, *args), errno.EBUSY)
        expect_error('inject while owed', v.error(CALL, r.RUN, payload=r.run_record(r.INJECT, 8)),
                     errno.EAGAIN)
        e = v.run()
        expect('IN', (e.kind, e.pio()[:3]), (r.PIO, (0x81, 1, 0)))
        e = v.run(value=0xffc3)
        expect('HLT', (e.kind, e.rip, e.flags), (r.HLT, 0x1007, 0))
        expect('AL has one byte', r.gpr(v)[0], 0xc3)
        expect('still halted', v.run().kind, r.HLT)


def run_arguments():
    with Host() as host, host.open('vm') as vm:
        vm.map((0, 4096, 0))
        with vm.vcpu(ready=False) as v:
            expect_error('RUN before CPUID', v.error(CALL, r.RUN, payload=r.run_record()),
                         errno.EINVAL)
            for name, table in (('no row', b''), ('odd length', b'x' * 27),
                                ('129 rows', r.cpuid_row(0) * 129),
                                ('a flag', r.cpuid_row(0, flags=8)),
                                ('physical width', r.cpuid_row(0x80000008, 3 | 48 << 8))):
                expect_error(f'CPUID: {name}', v.error(CALL, r.CPUID, payload=table), errno.EINVAL)
            avx512 = r.cpuid_row(7, ebx=1 << 16, flags=1)
            expect_error('AVX-512', v.error(CALL, r.CPUID, payload=r.CPUID_TABLE + avx512),
                         errno.ENOTSUP)
            v.ok(CALL, r.CPUID, payload=r.CPUID_TABLE)
            for name, record, wanted in (
                    ('short', r.run_record()[:-1], errno.EINVAL),
                    ('long', r.run_record() + b'\0', errno.EINVAL),
                    ('flags', r.run_record(4), errno.EINVAL),
                    ('vector', r.run_record(0, 256), errno.EINVAL),
                    ('cr8', r.run_record(cr8=16), errno.EINVAL),
                    ('fault', r.run_record(fault=2), errno.EINVAL),
                    ('interrupts are off', r.run_record(r.INJECT, 8), errno.EAGAIN)):
                expect_error(f'RUN: {name}', v.error(CALL, r.RUN, payload=record), wanted)
            expect_error('RUN: no room', v.error(CALL, r.RUN, payload=r.run_record(), room=151),
                         errno.EINVAL)
            for name, rows, wanted in (('count 0', (0x1b, 0), errno.EINVAL),
                                       ('wraps', (0xffffffff, 2), errno.EINVAL),
                                       ('EFER', (0xc0000080, 1), errno.ENOTSUP),
                                       ('x2APIC and more', (0x800, 0x101), errno.ENOTSUP),
                                       ('x2APIC', (0x800, 0x100), 0)):
                expect_error(f'MSR_EXITS: {name}',
                             v.error(CALL, r.MSR_EXITS, payload=struct.pack('<II', *rows)), wanted)
            expect_error('65 ranges', v.error(CALL, r.MSR_EXITS,
                                              payload=struct.pack('<II', 0x1b, 1) * 65),
                         errno.EINVAL)
            expect_error('65 breakpoints', v.error(CALL, r.DEBUG, 0, payload=b'\0' * 8 * 65),
                         errno.EINVAL)
            expect_error('step 2', v.error(CALL, r.DEBUG, 2), errno.EINVAL)


def holes():
    code = bytes.fromhex('a00090 f4')  # mov al,[9000h]; hlt
    if r.engine() != 'kvm':
        holes_undecoded(code)
    with Host('-mmio', 'decoded') as host, host.open('vm') as vm:
        v, ram = r.real_mode(vm, code, 0x2000)
        e = v.run()
        expect('decoded', (e.kind, e.flags, e.mmio()[0], e.mmio()[2:]),
               (r.MMIO, r.OWED, 0x9000, (1, 0)))
        expect('then', v.run(value=0x77).kind, r.HLT)
        expect('its value', r.gpr(v)[0], 0x77)


def holes_undecoded(code):
    with Host('-mmio', 'undecoded') as host, host.open('vm') as vm:
        v, ram = r.real_mode(vm, code, 0x2000)
        e = v.run()
        expect('a hole', (e.kind, e.emulate(), e.rip), (r.EMULATE, (0x9000, 0), 0x1000))
        expect('nothing happened', r.gpr(v)[16], 0x1000)
        expect('again', v.run().kind, r.EMULATE)
        vm.map((0, 0x2000, 0), (0x9000, 0x1000, 0x1000, 0))
        expect('ROM can be read', v.run().kind, r.HLT)
        expect('its byte', r.gpr(v)[0], ram[0x1000])
        ram[0x1000:0x1004] = bytes.fromhex('a20090 f4')  # mov [9000h],al
        vm.ok(CALL, r.WRITTEN, 0x1000, 4)
        v.ok(CALL, r.SET, r.B_MP, payload=bytes(8))
        r.set_real(v, 0x1000)
        expect('ROM is not written', (lambda e: (e.kind, e.emulate()))(v.run()),
               (r.EMULATE, (0x9000, 1)))


def interrupts():
    if r.engine() == 'kvm' and not bootlib.hardware():
        print('interrupts, kvm: a software kind without interrupt windows, skipped')
        return
    # sti; l: jmp l. Vector 20h at 0:1100h: hlt
    with Host() as host, host.open('vm') as vm:
        v, ram = r.real_mode(vm, bytes.fromhex('fb ebfe'))
        ram[0x80:0x84] = struct.pack('<HH', 0x1100, 0)
        ram[0x1100:0x1101] = HLT
        e = v.run(r.WINDOW)
        expect('the window opens', (e.kind, e.flags), (r.EXIT_WINDOW, r.READY))
        kick = vm_kick(v)
        os.write(kick, b'xx')
        e = v.run(r.INJECT, 0x20)
        assert e.kind in (r.KICK, r.HLT), 'delivered, kicked or not'
        if e.kind == r.KICK: # before or behind the delivery, which must not be lost
            e = v.run()
        expect('the handler', (e.kind, e.rip, e.flags), (r.HLT, 0x1101, 0))
        stack = struct.unpack_from('<HHH', ram, r.gpr(v)[4])
        expect('the frame', (stack[0] in (0x1001,), stack[1]), (True, 0))
        os.close(kick)


def vm_kick(v):
    return v.fd('kick')


def kicks():
    with Host() as host, host.open('vm') as vm:
        v, _ = r.real_mode(vm, bytes.fromhex('ebfe'))
        kick = vm_kick(v)
        for when in ('before', 'during'):
            if when == 'before':
                os.write(kick, b'x')
                v.send(CALL, [r.RUN], r.run_record())
            else:
                v.send(CALL, [r.RUN], r.run_record())
                os.write(kick, b'x')
            result, data, _ = v.answer()
            expect(f'kick {when}', (result, r.Exit(data).kind), (0, r.KICK))
        os.close(kick)
        v.send(CALL, [r.RUN], r.run_record())  # the VM ends while this runs
        vm.close()
        expect_gone('a running vCPU of an ended VM', v)
        v.close()


def blocks():
    with Host() as host, host.open('vm') as vm, vm.vcpu() as v:
        everything = v.get(r.B_ALL)
        expect('all blocks', len(everything), sum(r.SIZES.values()))
        for block, size in r.SIZES.items():
            before = v.get(block)
            expect(f'block {block}', len(before), size)
            v.ok(CALL, r.SET, block, payload=before)
            if block != r.B_TSC:
                expect(f'block {block} after SET', v.get(block), before)
            expect_error(f'block {block}, short', v.error(CALL, r.SET, block, payload=before[1:]),
                         errno.EINVAL)
        for bad in (0, 1 << 10, 1 << 63):
            expect_error(f'GET {bad}', v.error(CALL, r.GET, bad), errno.EINVAL)
            expect_error(f'SET {bad}', v.error(CALL, r.SET, bad), errno.EINVAL)
        def changed(block, offset, form, value):
            data = bytearray(v.get(block))
            struct.pack_into(form, data, offset, value)
            return v.error(CALL, r.SET, block, payload=bytes(data))
        for name, args in (('CR8', (r.B_CR, 32, '<Q', 16)), ('XCR0', (r.B_CR, 40, '<Q', 0)),
                           ('XCR0 AVX-512', (r.B_CR, 40, '<Q', 0xe7)), ('MP', (r.B_MP, 0, '<I', 4)),
                           ('MXCSR', (r.B_VEC, 2116, '<I', 1 << 16)),
                           ('MSR count', (r.B_MSR, 0, '<I', 65)),
                           ('MSR index', (r.B_MSR, 8, '<I', 0x12345)),
                           ('shadow', (r.B_EVENTS, 0, '<B', 2)),
                           ('SMM', (r.B_EVENTS, 5, '<B', 1)),
                           ('vector', (r.B_EVENTS, 7, '<B', 32))):
            expect_error(f'SET: {name}', changed(*args), errno.EINVAL)
        expect('nothing has changed', v.get(r.B_ALL ^ r.B_TSC),
               everything[:-r.SIZES[r.B_TSC]])


def dirty():
    # mov [3000h],al; hlt
    with Host() as host, host.open('vm') as vm:
        v, _ = r.real_mode(vm, bytes.fromhex('a20030 f4'))
        vm.map((0, 0x20000, 0, 3))
        vm.ok(CALL, r.DIRTY, 0, 0x20000)  # all is dirty at first
        expect('clean', vm.ok(CALL, r.DIRTY, 0, 0x20000), bytes(4))
        expect('hlt', v.run().kind, r.HLT)
        expect('page 3', vm.ok(CALL, r.DIRTY, 0, 0x20000), bytes([8, 0, 0, 0]))
        expect('cleared', vm.ok(CALL, r.DIRTY, 0, 0x20000), bytes(4))
        r.set_real(v, 0x1000)
        v.ok(CALL, r.SET, r.B_MP, payload=bytes(8))
        v.run()
        expect('seen again', vm.ok(CALL, r.DIRTY, 0x2000, 0x2000), b'\2')


def no_message():
    with Host() as host, host.open('other') as other:
        for name, send in (('magic', dict(magic=1)), ('length', dict(length=1 << 20))):
            with host.open('vm' + name) as vm:
                vm.send(CALL, [r.INFO], **send)
                expect_gone(name, vm)
        with host.open('half') as vm:
            vm.sock.sendall(b'RV')
            vm.sock.shutdown(socket.SHUT_WR)
            expect_gone('half a message', vm)
        other.ok(CALL, r.INFO)


def window_is_sealed():
    with Host() as host, host.open('vm') as vm, vm.vcpu() as v:
        if not host.survives():
            print('window_is_sealed: no memory that can be sealed here, skipped')
            return
        for node, path in ((vm, 'memory'), (v, 'survivor')):
            fd = node.fd(path)
            for size in (0, 1 << 50):
                try:
                    os.ftruncate(fd, size)
                    raise AssertionError(f'{path}: its size can be changed')
                except PermissionError:
                    pass
            os.close(fd)
        fd = v.fd('survivor')
        try:
            os.pwrite(fd, b'x', 5000)
            raise AssertionError('the host\'s processor can be written')
        except PermissionError:
            pass
        os.close(fd)


def many():
    """64 VMs that run side by side; two of them with four processors; then all are gone."""
    with Host() as host:
        before, threads = host.fds(), host.threads()
        vms = []
        for i in range(64):
            vm = host.open(f'vm{i}')
            code = bytes([0xb0, i]) + bytes.fromhex('e680f4')
            v, ram = r.real_mode(vm, code)
            vms.append((vm, v, ram))
            if i < 2:
                vms[i] += tuple(vm.vcpu(k) for k in (1, 2, 3))
        for i, (_, v, *_) in enumerate(vms):
            v.send(CALL, [r.RUN], r.run_record())
        for i, (_, v, *_) in enumerate(vms):
            expect(f'VM {i}', r.Exit(v.answer()[1]).pio(), (0x80, 1, 1, i))
        for vm, *rest in vms:
            vm.close()
            for node in rest:
                node.close()
        await_count(host.fds, before)
        await_count(host.threads, threads)
        with host.open('afterwards') as vm:
            vm.ok(CALL, r.INFO)


def await_count(count, wanted):
    """The host cleans up in its own time: ask until it has (the test's time limit ends this)."""
    while count() > wanted:
        os.sched_yield()


def no_descriptors():
    """A host that has none left says so, and goes on when there are some again."""
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    with Host(preexec=limit) as host:
        with host.open('vm') as vm:
            nodes, error = [], 0
            for i in range(64):
                vm.send(OPENAT, payload=f'vcpu/{i}'.encode())
                result, _, fds = vm.answer()
                nodes += fds
                error = -result
                if error:
                    break
            expect_error('too many', error, errno.EMFILE)
            for fd in nodes:
                os.close(fd)
            vm.ok(CALL, r.INFO)
            while vm.error(OPENAT, payload=b'vcpu/60'):  # the others go away in the host's own time
                os.sched_yield()
        with host.open('next') as vm:
            vm.ok(CALL, r.INFO)


r.main(names, info, paths, maps, run_and_owe, run_arguments, holes, interrupts, kicks, blocks, dirty,
       no_message, window_is_sealed, many, no_descriptors)
