# SPDX-License-Identifier: MIT
"""The reference host as a child process, and a client that speaks accel/revirt/abi.h's messages."""
import array
import contextlib
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, f'{SOURCE}/tests/boot')
BUILD = os.path.abspath(os.environ.get('BUILDDIR', f'{SOURCE}/build'))
HOST = os.environ.get('REVIRT_HOST', f'{BUILD}/revirt-host')
EMU = os.environ.get('EMU', f'{BUILD}/emu')

REQUEST, REPLY = 0x51525652, 0x50525652
OPEN, OPENAT, CALL = 1, 2, 3
INFO, MAP, WRITTEN, DIRTY, OFFERS = 1, 2, 3, 4, 5
RUN, GET, SET, CPUID, MSR_EXITS, DEBUG = 16, 17, 18, 19, 20, 21
INJECT, WINDOW = 1, 2
PIO, MMIO, EMULATE, MSR, EXIT_CPUID, HLT, SHUTDOWN, EXIT_WINDOW, KICK, EXIT_DEBUG, FAIL, TPR = range(1, 13)
READY, OWED = 1, 2
B_GPR, B_SEG, B_CR, B_DR, B_FPU, B_VEC, B_MSR, B_EVENTS, B_MP, B_TSC = (1 << i for i in range(10))
B_ALL = (1 << 10) - 1
SIZES = {B_GPR: 144, B_SEG: 152, B_CR: 56, B_DR: 64, B_FPU: 160, B_VEC: 2120, B_MSR: 1032,
         B_EVENTS: 32, B_MP: 8, B_TSC: 8}
EXIT_SIZE, RUN_SIZE = 152, 48


CHOSEN = [os.environ.get('REVIRT_ENGINE')]


def engine():
    """What hosts are to run guests on; None: their own choice."""
    return CHOSEN[-1]


def engines():
    """Those that work here; the missing are named."""
    if engine():
        return [engine()]
    found = []
    for name in ('interp', 'jit', 'kvm'):
        run = subprocess.run([HOST, '-engine', name, '/nonexistent/socket'], capture_output=True,
                             text=True, check=False)
        if '-engine' in run.stderr:
            print(f'skipped: {run.stderr.splitlines()[0]}')
        else:
            found.append(name)
    return found


class Gone(Exception):
    """The host closed the socket."""


class Host:
    """revirt-host on a socket of its own; killed and cleaned up at the end."""

    def __init__(self, *args, preexec=None):
        self.folder = tempfile.mkdtemp(prefix='emu-revirt')
        self.path = f'{self.folder}/socket'
        ready, told = os.pipe()
        self.stderr = open(f'{self.folder}/stderr', 'w+')
        if engine():
            args = ('-engine', engine(), *args)
        self.process = subprocess.Popen([HOST, *args, '-ready-fd', str(told), self.path],
                                        pass_fds=[told], stderr=self.stderr, preexec_fn=preexec)
        os.close(told)
        assert os.read(ready, 1) == b'\0', 'the host does not start'
        os.close(ready)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        alive = self.process.poll() is None
        self.process.terminate()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.stderr.seek(0)
        text = self.stderr.read()
        self.stderr.close()
        shutil.rmtree(self.folder)
        if kind is None:
            assert alive, f'the host ended by itself: status {status}\n{text}'
            assert status == 0, f'status {status} after SIGTERM\n{text}'

    def kill(self):
        """No farewell. Nothing is checked at the end."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.__exit__(OSError)

    def fds(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def threads(self):
        return len(os.listdir(f'/proc/{self.process.pid}/task'))

    def connect(self):
        s = socket.socket(socket.AF_UNIX)
        s.connect(self.path)
        s.settimeout(60)
        return Node(s)

    def survives(self):
        """Does it leave registers behind? Not without memory that can be made read-only."""
        with self.open('survives') as vm, vm.vcpu() as v:
            return v.error(OPENAT, payload=b'survivor') == 0

    def open(self, name):
        vm = self.connect()
        vm.ok(OPEN, payload=name.encode())
        return vm


class Node:
    """A VM or a vCPU."""

    def __init__(self, sock):
        self.sock = sock

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def receive(self, n):
        data, fds = b'', array.array('i')
        while len(data) < n:
            more, control, _, _ = self.sock.recvmsg(n - len(data), socket.CMSG_SPACE(16))
            for level, kind, payload in control:
                if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                    fds.frombytes(payload[:len(payload) // 4 * 4])
            if not more:
                raise Gone()
            data += more
        return data, list(fds)

    def send(self, op, meta=(), payload=b'', room=32768, magic=REQUEST, length=None):
        meta = (list(meta) + [0] * 4)[:4]
        length = len(payload) if length is None else length
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.sock.sendall(struct.pack('<4I4Q', magic, op, length, room, *meta) + payload)

    def answer(self):
        """(result, payload, descriptors)"""
        try:
            while True:
                head, fds = self.receive(16)
                magic, result, length, count = struct.unpack('<IiII', head)
                assert magic == REPLY and count == len(fds), 'a reply of another form'
                data = self.receive(length)[0] if length else b''
                # KVM wants to know all of CPUID before the first instruction.
                if engine() != 'kvm' or length != EXIT_SIZE or Exit(data).kind != EXIT_CPUID:
                    return result, data, fds
                self.send(CALL, [RUN], run_record())
        except ConnectionResetError:
            raise Gone() from None

    def request(self, op, *meta, payload=b'', **more):
        self.send(op, meta, payload, **more)
        result, data, fds = self.answer()
        for fd in fds:
            os.close(fd)
        return result, data

    def error(self, op, *meta, payload=b'', **more):
        """The error number that this request is answered with; 0: none."""
        return -min(0, self.request(op, *meta, payload=payload, **more)[0])

    def ok(self, op, *meta, payload=b'', **more):
        result, data = self.request(op, *meta, payload=payload, **more)
        assert result >= 0, f'op {op} {meta}: {os.strerror(-result)}'
        return data

    def fd(self, path):
        self.send(OPENAT, payload=path.encode())
        result, _, fds = self.answer()
        assert result >= 0 and len(fds) == 1, f'{path}: {os.strerror(-result)}'
        return fds[0]

    def vcpu(self, index=0, ready=True):
        v = Node(socket.socket(fileno=self.fd(f'vcpu/{index}')))
        v.sock.settimeout(60)
        if ready:
            v.ok(CALL, CPUID, payload=CPUID_TABLE)
        return v

    def memory(self, size):
        fd = self.fd('memory')
        try:
            return mmap.mmap(fd, size)
        finally:
            os.close(fd)

    def map(self, *rows):
        self.ok(CALL, MAP, payload=b''.join(map_row(*r) for r in rows))

    def get(self, blocks):
        return self.ok(CALL, GET, blocks)

    def run(self, flags=0, vector=0, value=0, cr8=0):
        return Exit(self.ok(CALL, RUN, payload=run_record(flags, vector, value, cr8)))


class Exit:
    def __init__(self, data):
        assert len(data) == EXIT_SIZE
        self.kind, self.flags, self.rip, self.cr8, self.tsc = struct.unpack_from('<IIQQQ', data)
        self.u = data[32:]

    def pio(self):
        """(port, size, write, value)"""
        port, size, write, _, value = struct.unpack_from('<HBBIQ', self.u)
        return port, size, write, value

    def mmio(self):
        return struct.unpack_from('<QQII', self.u)

    def emulate(self):
        return struct.unpack_from('<QI', self.u)


def map_row(gpa, size, offset, flags=1):
    return struct.pack('<QQQII', gpa, size, offset, flags, 0)


def run_record(flags=0, vector=0, value=0, cr8=0, fault=0):
    return struct.pack('<IIQQI4II', flags, vector, cr8, value, fault, 0, 0, 0, 0, 0)


def cpuid_row(leaf, eax=0, ebx=0, ecx=0, edx=0, flags=0, subleaf=0):
    return struct.pack('<7I', leaf, subleaf, flags, eax, ebx, ecx, edx)


# A 486 with CPUID: enough for real mode.
CPUID_TABLE = (cpuid_row(0, 1, *struct.unpack('<3I', b'Genuntelinei')) + cpuid_row(1, 0x480, edx=1) +
               cpuid_row(0x80000000, 0x80000008) + cpuid_row(0x80000008, 36 | 48 << 8))


def real_mode(vm, code, memory=0x20000, base=0x1000):
    """A vCPU that is about to run these bytes in real mode at 0:base; (vcpu, memory)."""
    ram = vm.memory(memory)
    ram[base:base + len(code)] = code
    vm.map((0, memory, 0))
    v = vm.vcpu()
    set_real(v, base)
    return v, ram


def set_real(v, ip, flags=2):
    seg = bytearray(v.get(B_SEG))
    struct.pack_into('<QIHH', seg, 16, 0, 0xffff, 0, 0x9b)
    v.ok(CALL, SET, B_SEG, payload=bytes(seg))
    gpr = struct.pack('<16Q', *([0] * 4 + [0x8000] + [0] * 11)) + struct.pack('<QQ', ip, flags)
    v.ok(CALL, SET, B_GPR, payload=gpr)


def gpr(v):
    """RAX, RCX, ... R15, RIP, RFLAGS"""
    return struct.unpack('<18Q', v.get(B_GPR))


def main(*cases):
    """Runs the cases, prints the names of those that fail."""
    wanted = sys.argv[1:]
    failed = []
    cases = [(name, case) for name in engines() for case in cases
             if not wanted or case.__name__ in wanted]
    for name, case in cases:
        CHOSEN.append(name)
        try:
            case()
        except Exception as error:  # noqa: BLE001  (a test reports whatever went wrong)
            failed.append(case.__name__)
            where = error.__traceback__
            while where.tb_next and where.tb_next.tb_frame.f_code.co_filename.startswith(HERE):
                where = where.tb_next
            print(f'{case.__name__}, {name}: {type(error).__name__}: {error} '
                  f'(line {where.tb_lineno})')
        CHOSEN.pop()
    print(f'{len(cases) - len(failed)} passed, {len(failed)} failed')
    sys.exit(1 if failed else 0)
