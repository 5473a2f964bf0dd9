# SPDX-License-Identifier: MIT
# timeout: 900
"""Bad input ends with exit status 1 and one line on stderr that names the culprit.

One row a case: a name, the arguments, and what the line must say. {d} is a scratch folder.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

BUILD = os.path.abspath(os.environ.get('BUILDDIR', 'build'))
EMU = os.environ.get('EMU', f'{BUILD}/emu')

BAD = [
    # options
    ('unknown option', '-foo', 'foo'),
    ('nearly an option', '-seriall none', r'seriall.*serial'),
    ('unknown long option', '--nosuch x', 'nosuch'),
    ('option without its value', '-m', r'-m\b'),
    ('option without its value, at the end', '-nodefaults -drive', 'drive'),
    # sizes and counts
    ('no memory', '-m 0', r'-m\b.*0'),
    ('negative memory', '-m -5', r'-5'),
    ('memory is a word', '-m lots', 'lots'),
    ('memory with an unknown suffix', '-m 5Q', '5Q'),
    ('memory that overflows', '-m 99999999999999999999G', '9999'),
    ('memory nobody has', '-m 16777216T', '16777216T'),
    ('memory with a stray key', '-m 64,nosuch=1', 'nosuch'),
    ('no processors', '-smp 0', r'-smp\b.*0'),
    ('processors is a word', '-smp many', 'many'),
    ('absurdly many processors', '-smp 100000', '100000'),
    ('topology that does not multiply', '-smp 4,sockets=3,cores=1,threads=1', 'smp'),
    ('unknown smp key', '-smp 2,nosuch=2', 'nosuch'),
    # machine, processor, accelerator
    ('unknown machine', '-machine nosuch', 'nosuch'),
    ('unknown machine property', '-machine pc,nosuch=1', 'nosuch'),
    ('unknown processor', '-cpu nosuch', 'nosuch'),
    ('unknown feature', '-cpu max,+nosuch', 'nosuch'),
    ('unknown feature as a key', '-cpu max,nosuch=on', 'nosuch'),
    ('feature neither on nor off', '-cpu max,sse2=maybe', 'maybe'),
    ('unknown accelerator', '-accel nosuch', 'nosuch'),
    ('unknown accelerator property', '-accel tcg,nosuch=1', 'nosuch'),
    ('tiny translation cache', '-accel tcg,tb-size=64K', '256K'),
    ('instruction counting that adapts', '-icount auto', 'auto'),
    ('instruction counting on two processors', '-icount 1 -smp 2', 'smp'),
    ('instruction counting without counts', '-icount 1 -compare interp,jit', 'icount'),
    ('unknown icount key', '-icount shift=1,rr=record', 'rr'),
    # images
    ('disk that is not there', '-hda {d}/missing.img', 'missing.img'),
    ('disk that is a folder', '-hda {d}', r'{d}'),
    ('empty disk', '-hda {d}/empty.img', 'empty.img'),
    ('odd-sized disk', '-drive file={d}/odd.img,format=raw', 'odd.img'),
    ('floppy that is not there', '-fda {d}/missing.img', 'missing.img'),
    ('empty floppy', '-fda {d}/empty.img', 'empty.img'),
    ('CD that is not there', '-cdrom {d}/missing.iso', 'missing.iso'),
    ('disk nobody may read', '-hda {d}/secret.img', 'secret.img'),
    # JSON, objects, nodes, passed files
    ('JSON that breaks off', '-device {"driver":"VGA"', 'device.*character'),
    ('JSON of no device', '-device {"driver":"nosuch","id":"a"}', 'nosuch'),
    ('JSON where there is none', '-name {"guest":"a"}', 'JSON|guest'),
    ('unknown object', '-object nosuch,id=a', 'nosuch'),
    ('object without an id', '-object secret,data=a', 'id='),
    ('secret that is nothing', '-object secret,id=a', 'data=|file='),
    ('two objects of one name', '-object secret,id=a,data=x -object secret,id=a,data=y', 'id=a'),
    ('memory back end that is not there', '-machine pc,memory-backend=a', 'memory-backend=a'),
    ('memory back end of another size',
     '-object memory-backend-ram,id=a,size=32M -machine pc,memory-backend=a -m 64', 'size'),
    ('node without a name', '-blockdev driver=file,filename={d}/ok.img', 'node-name'),
    ('node without a file', '-blockdev driver=raw,node-name=a', 'node-name=a'),
    ('node of a node that is not there', '-blockdev driver=raw,node-name=a,file=b', 'node-name=a'),
    ('node of an unknown format', '-blockdev driver=nosuch,node-name=a,file.filename={d}/ok.img',
     'nosuch'),
    ('two nodes of one name', '-blockdev driver=file,node-name=a,filename={d}/ok.img '
     '-drive if=none,id=a,file={d}/ok.img,format=raw', 'id'),
    ('passed file that is not open', '-add-fd set=1,fd=99', '99'),
    ('passed file without a number', '-add-fd set=1', 'fd='),
    ('standard stream passed', '-add-fd set=1,fd=0', 'fd'),
    ('set that nobody passed', '-serial file:/dev/fdset/7', '/dev/fdset/7'),
    ('sound', '-audiodev alsa,id=a', 'none'),
    ('locked memory', '-overcommit mem-lock=on', 'mem-lock'),
    ('device on a bus that is not there', '-device VGA,bus=pci.7', 'pci.7'),
    ('unknown secret for VNC', '-vnc :99,password-secret=a', 'secret'),
    ('VNC on a socket in no folder', '-vnc unix:{d}/missing/vnc', 'missing'),
    # -drive
    ('drive without a file', '-drive format=raw', 'drive|file'),
    ('drive with an empty file name', '-drive file=,format=raw', 'file'),
    ('drive with an unknown key', '-drive file={d}/ok.img,nosuch=1', 'nosuch'),
    ('drive with an unknown format', '-drive file={d}/ok.img,format=nosuch', 'nosuch'),
    ('drive on an unknown interface', '-drive file={d}/ok.img,if=nosuch', 'nosuch'),
    ('drive with an unknown media', '-drive file={d}/ok.img,media=nosuch', 'nosuch'),
    ('drive past the last', '-drive file={d}/ok.img,format=raw,if=ide,index=9', '9'),
    ('two drives in one place', '-hda {d}/ok.img -drive file={d}/ok2.img,format=raw,index=0',
     'hda|index|ide'),
    ('drive id twice', '-drive file={d}/ok.img,format=raw,id=a,index=0 '
     '-drive file={d}/ok2.img,format=raw,id=a,index=1', r'\ba\b'),
    ('value that is not a bool', '-drive file={d}/ok.img,format=raw,readonly=perhaps', 'perhaps'),
    # devices
    ('unknown device', '-device nosuch', 'nosuch'),
    ('nearly a device', '-device isa-debug-exot', r'isa-debug-exot.*isa-debug-exit'),
    ('unknown property', '-device isa-debug-exit,nosuch=1', 'nosuch'),
    ('property that is not a number', '-device isa-debug-exit,iobase=zz', 'zz|iobase'),
    ('property out of range', '-device isa-debug-exit,iobase=0x10000', '0x10000|iobase'),
    ('device without a name', '-device ,iobase=1', 'device'),
    ('device id twice', '-device isa-debug-exit,id=a -device isa-debugcon,id=a', r'\ba\b'),
    ('chardev that is not there', '-device isa-debugcon,chardev=nosuch', 'nosuch'),
    ('two devices on one port', '-device isa-debug-exit -device isa-debug-exit', '501|debug-exit'),
    ('malformed -global', '-global nodots', 'nodots'),
    # character back ends
    ('unknown chardev', '-chardev nosuch,id=a', 'nosuch'),
    ('chardev without an id', '-chardev null', 'id'),
    ('chardev id twice', '-chardev null,id=a -chardev null,id=a', r'\ba\b'),
    ('chardev with an unknown key', '-chardev null,id=a,nosuch=1', 'nosuch'),
    ('chardev file without a path', '-chardev file,id=a', 'path'),
    ('chardev file that cannot be made', '-chardev file,id=a,path={d}/no/file', 'no/file'),
    ('serial to nowhere', '-serial nosuch', 'nosuch'),
    ('serial to an unknown chardev', '-serial chardev:nosuch', 'nosuch'),
    ('stdio claimed twice', '-serial stdio -serial stdio', 'stdio'),
    # firmware and kernels
    ('firmware that is not there', '-bios {d}/missing.bin', 'missing.bin'),
    ('empty firmware', '-bios {d}/empty.img', 'empty.img'),
    ('odd-sized firmware', '-bios {d}/odd.img', 'odd.img'),
    ('firmware larger than its place', '-bios {d}/huge.img', 'huge.img'),
    ('kernel that is not there', '-kernel {d}/missing', 'missing'),
    ('empty kernel', '-kernel {d}/empty.img', 'empty.img'),
    ('kernel that is none', '-kernel {d}/ok.img', 'ok.img'),
    ('truncated kernel', '-kernel {d}/short.bz', 'short.bz'),
    ('kernel whose set-up part is cut', '-kernel {d}/shorter.bz', 'shorter.bz'),
    ('truncated ELF kernel', '-kernel {d}/short.elf', 'short.elf'),
    ('initrd without a kernel', '-initrd {d}/ok.img', 'initrd'),
    ('append without a kernel', '-append quiet', 'append'),
    ('unknown boot device', '-boot z', 'z'),
    ('unknown boot key', '-boot nosuch=1', 'nosuch'),
    ('fw_cfg without a value', '-fw_cfg name=opt/a', 'fw_cfg|opt/a'),
    ('fw_cfg file that is not there', '-fw_cfg name=opt/a,file={d}/missing', 'missing'),
    ('smbios without a type', '-smbios nosuch=1', 'nosuch|type'),
    # the rest
    ('unknown screen', '-display nosuch', 'nosuch'),
    ('unknown adapter', '-vga nosuch', 'nosuch'),
    ('malformed date', '-rtc base=yesterday', 'yesterday'),
    ('malformed uuid', '-uuid 123', '123'),
    ('unknown log item', '-d nosuch', 'nosuch'),
    ('log file that cannot be made', '-d int -D {d}/no/log', 'no/log'),
    ('pid file that cannot be made', '-pidfile {d}/no/pid', 'no/pid'),
    # what others have and emu lacks
    ('user network', '-netdev user,id=n', 'netdev'),
    ('network card', '-net nic', 'nic|-net'),
    ('monitor nobody has', '-monitor bogus', 'bogus'),
    ('monitor on a chardev that is not there', '-mon chardev=nosuch', 'nosuch'),
    ('monitor mode nobody has', '-chardev null,id=a -mon chardev=a,mode=bogus', 'bogus'),
    ('monitor with a stray key', '-chardev null,id=a -mon chardev=a,nosuch=1', 'nosuch'),
    ('two monitors on one chardev', '-chardev null,id=a -mon a -mon a', 'mux=on'),
    ('QMP where no folder is', '-qmp unix:/no/such/folder/s,server=on', '/no/such/folder/s'),
    ('gdb back end nobody has', '-gdb bogus', 'bogus'),
    ('gdb on a chardev that is not there', '-gdb chardev:nosuch', 'nosuch'),
    ('gdb where no folder is', '-gdb unix:/no/such/folder/s', '/no/such/folder/s'),
    ('log item nobody has', '-d int,nosuch', 'nosuch'),
    ('log vector too large', '-d int,vector=256', 'vector=256'),
    ('log ring without a size', '-d int,ring=0', 'ring=0'),
    ('log range backwards', '-d int,pc=5..4', 'pc=5..4'),
    ('dfilter that is no range', '-dfilter 0x1000..x', r'0x1000\.\.x'),
    ('strict word nobody knows', '-strict=unmapped,nosuch', 'nosuch'),
    ('trace file that is not there', '-trace events=/no/such/file', '/no/such/file'),
    ('watchdog without a number', '-watchdog-explain soon', 'soon'),
    ('watchdog that waits too long', '-watchdog-explain 1e9', '1e9'),
    ('usb', '-usb', 'usb'),
    ('q35', '-machine q35', 'q35'),
]

# These print something on stdout, nothing on stderr, and end with 0.
GOOD = [
    ('help', '-help', r'-kernel\b'),
    ('help with two dashes', '--help', r'-kernel\b'),
    ('version', '-version', r'\d+\.\d+'),
    ('accelerators', '-accel help', r'\btcg\b'),
    ('machines', '-machine help', r'\bpc\b'),
    ('processors', '-cpu help', r'\bHaswell\b'),
    ('devices', '-device help', r'isa-debug-exit'),
    ('properties', '-device isa-debug-exit,help', r'iobase'),
    ('log items', '-d help', r'guest_errors'),
    ('chardevs', '-chardev help', r'\bstdio\b'),
]


def prepare(folder):
    def put(name, data, size=None):
        with open(f'{folder}/{name}', 'wb') as f:
            f.write(data)
            if size is not None:
                f.truncate(size)
    put('empty.img', b'')
    put('odd.img', b'x' * 1000)
    put('ok.img', b'', 1 << 20)
    put('ok2.img', b'', 1 << 20)
    put('huge.img', b'', 1 << 30)
    put('secret.img', b'', 1 << 20)
    os.chmod(f'{folder}/secret.img', 0)
    setup = bytearray(4096)     # a Linux header that promises more than the file holds
    setup[0x1f1] = 30
    setup[0x1f4:0x1f8] = (1 << 20).to_bytes(4, 'little')
    setup[0x1fe:0x202] = b'\x55\xaa\xeb\x66'
    setup[0x202:0x206] = b'HdrS'
    setup[0x206:0x208] = b'\x0f\x02'
    put('short.bz', setup)
    put('shorter.bz', setup[:0x230])
    elf = bytearray(b'\x7fELF\x02\x01\x01' + bytes(9) + b'\x02\0\x3e\0\x01\0\0\0' + bytes(8))
    elf += (64).to_bytes(8, 'little') + bytes(14) + b'\x38\0\x08\0' + bytes(6)
    put('short.elf', elf)


def run(arguments):
    try:
        done = subprocess.run([EMU, *arguments], stdin=subprocess.DEVNULL, text=True,
                              errors='replace', capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None, '', ''
    return done.returncode, done.stdout, done.stderr


def check_bad(folder, row):
    name, line, culprit = row
    words = line.replace('{d}', folder).split(' ')
    status, out, err = run(['-display', 'none', *words] if len(words) > 1 else words)
    lines = err.splitlines()
    if status is None:
        return 'it runs'
    if status != 1:
        return f'exit status {status}, expected 1: {err[-300:]}'
    if len(lines) != 1:
        return f'{len(lines)} lines on stderr, expected one: {err[-600:]}'
    if not re.search(culprit.replace('{d}', re.escape(folder)), lines[0]):
        return f'the message does not name {culprit}: {lines[0]}'
    if out:
        return f'unexpected output: {out[:200]}'
    return None


def check_good(row):
    name, line, pattern = row
    status, out, err = run(line.split(' '))
    if status != 0 or err:
        return f'exit status {status}, stderr: {err[-300:]}'
    return None if re.search(pattern, out) else f'no {pattern} in: {out[:300]}'


def main():
    folder = tempfile.mkdtemp(prefix='emu-cli-')
    failures = 0
    vnc = '\nvnc ' in run(['-display', 'help'])[1]
    try:
        prepare(folder)
        for row in BAD:
            if 'secret' in row[1] and os.geteuid() == 0:
                continue        # root may read everything
            if '-vnc unix:' in row[1] and not vnc:
                continue        # without LibVNCServer the option is a warning
            problem = check_bad(folder, row)
            if problem:
                failures += 1
                print(f'{row[0]} (emu {row[1]}): {problem}')
        for row in GOOD:
            problem = check_good(row)
            if problem:
                failures += 1
                print(f'{row[0]} (emu {row[1]}): {problem}')
    finally:
        shutil.rmtree(folder)
    if failures:
        print(f'{failures} of {len(BAD) + len(GOOD)} cases failed')
    return 1 if failures else 0


if __name__ == '__main__':
    if os.path.basename(EMU).startswith('qemu'):
        print('only emu promises one line')
        sys.exit(77)
    sys.exit(main())
