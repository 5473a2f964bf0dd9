#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# timeout: 600
"""Stacks and names of compiled guests: C without frame pointers, 64 and 32 bits, by .eh_frame; C++ and
Rust names as in the source, line numbers, a call of what is no code."""
import json
import os
import shutil
import subprocess
import sys
import tempfile

from pmlib import EMU, assemble, dies, expect

AT = 0xf4000    # in the firmware's 64 KiB, behind frame.asm's code
FREESTANDING = ['-O2', '-g', '-ffreestanding', '-fno-pic', '-fno-pie', '-mno-sse', '-mno-red-zone',
                '-fno-stack-protector', '-fcf-protection=none', '-fno-optimize-sibling-calls']
PLAIN_C = '''
/* Each keeps something on the stack that looks like nothing, and something behind its call. */
__attribute__((noinline)) int hard(volatile int *p) { __asm__ volatile("ud2"); return *p; }
__attribute__((noinline)) int third(int n) { volatile int a[33]; a[n] = n; return hard(a + n) + 1; }
__attribute__((noinline)) int second(int n) { volatile char a[300]; a[n] = 1; return third(n) + a[n]; }
__attribute__((noinline)) int first(int n) { return n > 4 ? second(n) * 3 : first(n + 1) + 2; }
__attribute__((section(".text.begin"))) void begin(void) { first(3); __asm__ volatile("hlt"); }
'''
WILD_C = '''
void (*volatile hook)(int);
__attribute__((noinline)) int caller(int n) { volatile int a[9]; a[n] = n; hook(n); return a[n]; }
__attribute__((section(".text.begin"))) void begin(void)
{
    hook = (void (*)(int))0x40000000; /* not mapped */
    caller(3);
    __asm__ volatile("hlt");
}
'''
CPP = '''
namespace device {
template <typename T> struct Ring {
    T last;
    __attribute__((noinline, noclone)) T push(T v, const char *s)
    {
        __asm__ volatile("ud2" :: "r"(this), "r"(s), "r"(v));
        return last + v;
    }
};
}
extern "C" __attribute__((section(".text.begin"))) void begin() {
    device::Ring<unsigned> r{3};
    r.push(4, "x");
    __asm__ volatile("hlt");
}
'''
RUST = '''
#![no_std]
#![no_main]
pub mod memory {
    pub struct Frame<T>(pub T);
    pub trait Allocator { fn allocate(&mut self, n: u32) -> u32; }
    impl<T: Copy + Into<u32>> Allocator for Frame<T> {
        #[inline(never)]
        fn allocate(&mut self, n: u32) -> u32 {
            unsafe { core::arch::asm!("ud2") };
            n + self.0.into()
        }
    }
}
#[no_mangle]
#[link_section = ".text.begin"]
pub extern "C" fn begin() {
    use memory::Allocator;
    let mut frame = memory::Frame(7u16);
    let n = frame.allocate(3);
    unsafe { core::arch::asm!("hlt", in("eax") n) };
}
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! { loop {} }
'''
LINKER = '''SECTIONS { . = %#x; .text : { *(.text.begin) *(.text*) } .rodata : { *(.rodata*) }
.eh_frame : { *(.eh_frame) } .eh_frame_hdr : { *(.eh_frame_hdr) } .bss 0x6000 : { *(.bss*) *(COMMON) } }
'''


def link(folder, objects, base):
    """Firmware with the program at AT, and its ELF file for -symbols."""
    elf, flat = f'{folder}/program.elf', f'{folder}/program.bin'
    with open(f'{folder}/script', 'w') as f:
        f.write(LINKER % AT)
    subprocess.run(['ld', '-m', 'elf_x86_64' if base == 64 else 'elf_i386', '-static', '-T',
                    f'{folder}/script', '--eh-frame-hdr', '-z', 'noexecstack', '--no-warn-rwx-segments',
                    '-o', elf, *objects], check=True)
    subprocess.run(['objcopy', '-O', 'binary', '-j', '.text', '-j', '.rodata', elf, flat], check=True)
    image = assemble(folder, base, f'NO_IDT\n call {AT}\n hlt\n times {AT - 0xf0000} - ($ - $$) db 0\n'
                                   f' incbin "{flat}"')
    return image, elf


def compiled(folder, text, compiler, flags, base, name):
    source, obj = f'{folder}/{name}', f'{folder}/{name}.o'
    with open(source, 'w') as f:
        f.write(text)
    subprocess.run([compiler, *flags, f'-m{base}', '-c', '-o', obj, source], check=True)
    return link(folder, [obj], base)


def frames(folder, image, *symbols):
    """(name, how) of each frame, and the report's text."""
    report = f'{folder}/report.json'
    text, status = dies(image, '-no-reboot', '-postmortem', report, *symbols)
    if status != 2:
        sys.exit(f'status {status}\n{text}')
    with open(report) as f:
        stack = json.load(f)['stack']
    return [(f.get('symbol', '').split('+')[0], f['how']) for f in stack], text


def same(what, got, want):
    if got != want:
        sys.exit(f'{what}:\n got  {got}\n want {want}')


def without_frame_pointers(folder, base):
    image, elf = compiled(folder, PLAIN_C, 'gcc', [*FREESTANDING, '-fomit-frame-pointer',
                                                   '-fasynchronous-unwind-tables'], base, 'plain.c')
    want = ['hard', 'third', 'second', 'first', 'first', 'first', 'begin']
    got, text = frames(folder, image, '-symbols', elf)
    # The last frame is frame.asm's, which no table covers.
    same(f'{base} bits', got[:8], [('hard', 'here'), *((n, 'eh_frame') for n in want[1:]),
                                   ('', 'eh_frame')])
    expect(text, r'#1 0xf4[0-9a-f]+ third\+0x\w+/0x\w+ \(plain\.c:4\)  \[eh_frame\]')
    # A file without its symbols still has the tables.
    subprocess.run(['strip', '-s', elf], check=True)
    got, _ = frames(folder, image, '-symbols', elf)
    same(f'{base} bits, stripped', [how for _, how in got[:8]], ['here'] + ['eh_frame'] * 7)


def wild_call(folder):
    image, elf = compiled(folder, WILD_C, 'gcc', [*FREESTANDING, '-fomit-frame-pointer',
                                                  '-fasynchronous-unwind-tables'], 64, 'wild.c')
    got, _ = frames(folder, image, '-symbols', elf)
    same('a wild pointer called', got[1:3], [('caller', 'top of stack'), ('begin', 'eh_frame')])


def cpp(folder):
    image, elf = compiled(folder, CPP, 'g++', [*FREESTANDING, '-fno-exceptions', '-fno-rtti',
                                               '-fasynchronous-unwind-tables'], 64, 'ring.cc')
    got, text = frames(folder, image, '-symbols', elf)
    same('C++', [n for n, _ in got[:2]],
         ['device::Ring<unsigned int>::push(unsigned int, char const*)', 'begin'])
    expect(text, r'triple fault .*<device::Ring<unsigned int>::push\(unsigned int, char const\*\).*'
                 r'\(ring\.cc:7\)>')


def rust(folder, mangling, want):
    source, obj = f'{folder}/kernel.rs', f'{folder}/kernel.o'
    with open(source, 'w') as f:
        f.write(RUST)
    subprocess.run(['rustc', '--edition=2021', '--emit=obj', '-Cpanic=abort', '-Copt-level=2', '-g',
                    '-Crelocation-model=static', '-Cno-redzone=yes', '-Cforce-unwind-tables=yes',
                    f'-Csymbol-mangling-version={mangling}', '-Zunstable-options', '-o', obj, source],
                   # newer compilers call the legacy names unstable
                   env={**os.environ, 'RUSTC_BOOTSTRAP': '1'}, check=True)
    image, elf = link(folder, [obj], 64)
    got, text = frames(folder, image, '-symbols', elf)
    same(f'Rust {mangling}', got[:2], [(want, 'here'), ('begin', 'eh_frame')])
    expect(text, r'\(kernel\.rs:10\)')


def main():
    if not os.path.exists(f'{os.path.dirname(EMU)}/lib/emu-dw.so'):
        print('emu was built without libdw')
        sys.exit(77)
    tests = [lambda f: without_frame_pointers(f, 64), lambda f: without_frame_pointers(f, 32),
             wild_call, cpp]
    if shutil.which('rustc'):
        tests += [lambda f: rust(f, 'v0', '<kernel::memory::Frame<u16> as '
                                          'kernel::memory::Allocator>::allocate'),
                  lambda f: rust(f, 'legacy', '<kernel::memory::Frame<T> as '
                                              'kernel::memory::Allocator>::allocate')]
    else:
        print('no rustc: Rust left out')
    for test in tests:
        with tempfile.TemporaryDirectory() as folder:
            test(folder)
    print(f'{len(tests)} guests')


main()
