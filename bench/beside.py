# SPDX-License-Identifier: MIT
"""Running the same work in several emulators and on the host, and showing it side by side.

A runner is a program that says READY and then answers each line NAME on its standard input with
`DONE NAME CHECKSUM NANOSECONDS` or `NONE NAME`: process 1 of a guest, or the program itself.
"""
import datetime
import glob
import json
import math
import os
import platform
import select
import shutil
import statistics
import subprocess
import sys
import time


def threads_ns(pid):
    """Processor time of all threads of a process."""
    total = 0
    for path in glob.glob(f'/proc/{pid}/task/*/schedstat'):
        with open(path) as f:
            total += int(f.read().split()[0])
    return total


class Runner:
    def __init__(self, name, command, folder, limit):
        self.name, self.limit, self.text, self.dead = name, limit, b'', False
        self.samples, self.sums, self.guest_ns, self.missing = {}, {}, {}, set()
        self.stderr = f'{folder}/{name}.stderr'
        self.errors = open(self.stderr, 'wb')
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors, cwd=folder)

    def cpu_ns(self):
        """Processor time of all its threads, and of children that it has waited for."""
        total = threads_ns(self.process.pid)
        with open(f'/proc/{self.process.pid}/stat') as f:
            fields = f.read().rsplit(')', 1)[1].split()
        ticks = int(fields[13]) + int(fields[14])
        return total + ticks * 1000000000 // os.sysconf('SC_CLK_TCK')

    def until(self, *marks):
        """The line that begins with one of the marks; None when the guest does not come to it."""
        end = time.monotonic() + self.limit
        while True:
            for line in self.text.split(b'\n')[:-1]:
                if line.strip().startswith(marks):
                    self.text = b''
                    return line.strip().decode()
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                return None
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                return None
            self.text += data

    def run(self, kernel):
        if self.dead or kernel in self.missing:
            return
        before = self.cpu_ns()
        self.process.stdin.write(f'{kernel}\n'.encode())
        self.process.stdin.flush()
        line = self.until(b'DONE ' + kernel.encode() + b' ', b'NONE ' + kernel.encode())
        after = self.cpu_ns() if self.process.poll() is None else before
        if line is None:
            self.dead = True
            return
        if line.startswith('NONE'):
            self.missing.add(kernel)
            return
        _, _, checksum, ns = line.split()
        self.samples.setdefault(kernel, []).append((after - before) / 1e9)
        self.guest_ns.setdefault(kernel, []).append(int(ns) / 1e9)
        self.sums[kernel] = checksum

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self.errors.close()


def table(names, runners):
    """Rows (name, {runner: median seconds}, {runner: checksum})."""
    return [(n, {r.name: statistics.median(r.samples[n]) for r in runners if r.samples.get(n)},
             {r.name: r.sums.get(n) for r in runners}) for n in names]


def geometric(values):
    return math.exp(sum(math.log(v) for v in values) / len(values)) if values else None


def ratio(medians, above, below):
    a, b = medians.get(above), medians.get(below)
    return a / max(b, 1e-4) if a and b else None


def shown(value, form='{:.1f}'):
    return form.format(value) if value is not None else '–'


def markdown(rows, goals):
    lines = ['| kernel | native | emu | QEMU | emu ÷ native | QEMU ÷ emu | goal |',
             '|---|---:|---:|---:|---:|---:|---:|']
    for name, medians, sums in rows:
        same = len({s for s in sums.values() if s}) <= 1
        cells = [f'{medians[n] * 1000:.0f} ms' if n in medians else '–'
                 for n in ('native', 'emu', 'qemu')]
        goal = goals.get(name)
        faster = ratio(medians, 'qemu', 'emu')
        lines.append(f"| {name}{'' if same else ' **checksums differ**'} | {' | '.join(cells)} | "
                     f"{shown(ratio(medians, 'emu', 'native'))} | {shown(faster)} | "
                     f"{goal if goal else ''}{' ✓' if goal and faster and faster >= goal else ''} |")
    slow = geometric([r for r in (ratio(m, 'emu', 'native') for _, m, _ in rows) if r])
    fast = geometric([r for r in (ratio(m, 'qemu', 'emu') for _, m, _ in rows) if r])
    lines.append(f'| **geometric mean** | | | | **{shown(slow)}** | **{shown(fast)}** | |')
    return '\n'.join(lines)


def picture(rows):
    """Bars on a logarithmic scale: how many times faster than QEMU, one a kernel."""
    values = [(n, ratio(m, 'qemu', 'emu')) for n, m, _ in rows]
    values = [(n, v) for n, v in values if v]
    width, row, left = 720, 22, 90
    top = max([v for _, v in values] + [10])
    scale = (width - left - 60) / math.log10(max(top, 1) / 0.1)
    x = {v: left + scale * math.log10(v / 0.1) for v in (0.1, 1, 10, 100) if v <= top * 1.01}
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" '
           f'height="{row * len(values) + 50}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    for v, at in x.items():
        out.append(f'<line x1="{at:.0f}" y1="24" x2="{at:.0f}" y2="{row * len(values) + 30}" '
                   f'stroke="{"#444" if v == 1 else "#ccc"}"/>'
                   f'<text x="{at:.0f}" y="16" text-anchor="middle">{v:g}×</text>')
    for i, (name, v) in enumerate(values):
        y, at = 30 + i * row, left + scale * math.log10(max(v, 0.1) / 0.1)
        a, b = sorted((x[1], at))
        out.append(f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{name}</text>'
                   f'<rect x="{a:.1f}" y="{y + 2}" width="{b - a:.1f}" height="{row - 8}" '
                   f'fill="{"#2a7" if v >= 1 else "#c43"}"/>'
                   f'<text x="{b + 5:.1f}" y="{y + 13}">{v:.1f}</text>')
    return '\n'.join(out) + '\n</svg>\n'


def cpu_name():
    with open('/proc/cpuinfo') as f:
        for line in f:
            if line.startswith('model name'):
                return line.split(':', 1)[1].strip()
    return platform.machine()


def write(names, runners, goals, command, prefix, docs):
    """Prints and keeps the table; true if all checksums agree. prefix: of the files, as
    BUILDDIR/bench/kernels."""
    rows = table(names, runners)
    text = markdown(rows, goals)
    head = f'{cpu_name()}, {os.cpu_count()} processors, {datetime.date.today()}, `{command}`'
    with open(f'{prefix}.json', 'w') as f:
        json.dump({'host': head, 'cpu_seconds': {r.name: r.samples for r in runners},
                   'guest_seconds': {r.name: r.guest_ns for r in runners},
                   'checksums': {r.name: r.sums for r in runners}}, f, indent=1)
    with open(f'{prefix}.md', 'w') as f:
        f.write(f'{head}\n\n{text}\n')
    with open(f'{prefix}.svg', 'w') as f:
        f.write(picture(rows))
    print(text)
    if docs:
        mark = os.path.basename(prefix)
        with open(docs) as f:
            before, _, rest = f.read().partition(f'<!-- {mark} -->')
            after = rest.partition('<!-- end -->')[2]
        with open(docs, 'w') as f:
            f.write(f'{before}<!-- {mark} -->\n{head}\n\n{text}\n<!-- end -->{after}')
        shutil.copy(f'{prefix}.svg', os.path.dirname(os.path.abspath(docs)))
    return all(len({s for s in sums.values() if s}) <= 1 for _, _, sums in rows)


def compare(runners, names, rounds, what):
    """Every runner runs every name in turn. The names of those that did not get to the end."""
    for r in runners:
        if r.until(b'READY') is None:
            r.dead = True
            print(f'{r.name}: the guest did not come up; see {r.stderr}', file=sys.stderr)
    for round_ in range(rounds):
        for name in names:
            for r in runners:
                r.run(name)
        print(f'  {what}: round {round_ + 1} of {rounds}', file=sys.stderr)
    for r in runners:
        r.end()
    return [r.name for r in runners if r.dead]
