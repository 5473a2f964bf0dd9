# SPDX-License-Identifier: MIT
# timeout: 300
"""libvirt itself, by its virt-qemu-run: it probes emu and starts a machine with a disk, a CD-ROM drive,
a serial port on a passed descriptor and VNC with a password on a UNIX socket, whose boot sector says
hello and powers off. EMU=qemu-system-x86_64 runs the same with QEMU."""
import glob
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import monlib
from monlib import check

# COM1, 8 bits, says "hi", then ACPI's soft-off (PM1a control at 604h), then nothing.
CODE = bytes.fromhex('bafb03 b003 ee baf803 b068 ee b069 ee ba0406 b80020 ef f4 ebfd')
LIMIT = 240

DOMAIN = """<domain type='qemu'>
  <name>t</name><memory unit='MiB'>64</memory><vcpu>2</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/><apic/></features>
  <cpu mode='custom' match='exact'><model>qemu64</model></cpu>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot>
  <devices>
    <emulator>{folder}/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw'/><source file='{folder}/disk,1.img'/>
      <target dev='hda' bus='ide'/><boot order='1'/>
    </disk>
    <disk type='file' device='cdrom'><target dev='hdc' bus='ide'/><readonly/></disk>
    <controller type='usb' model='none'/><memballoon model='none'/>
    <graphics type='vnc' socket='{folder}/vnc' passwd='secret'/>
    <video><model type='vga' vram='16384'/></video>
    <serial type='file'><source path='{folder}/serial'/></serial>
  </devices>
</domain>
"""


def skip(why):
    print(f'skipped: {why}')
    sys.exit(77)


def unprivileged():
    """libvirt wants a user of its own when root runs it: a user namespace makes us another."""
    if os.getuid() != 0:
        return []
    command = ['unshare', '-U', '--map-user=1000', '--map-group=1000']
    if not shutil.which('unshare') or subprocess.run([*command, 'true'], check=False,
                                                     capture_output=True).returncode:
        skip('root cannot become another user here (unshare -U)')
    return command


def read(pattern):
    text = ''
    for path in glob.glob(pattern):
        with open(path, errors='replace') as f:
            text += f.read()
    return text


def libvirt_runs_it():
    if not shutil.which('virt-qemu-run'):
        skip('no virt-qemu-run (package libvirt-daemon-driver-qemu)')
    known = subprocess.run([monlib.EMU, '-display', 'help'], capture_output=True, text=True, check=False)
    if '\nvnc ' not in known.stdout:
        skip('this emu was built without LibVNCServer')
    prefix = unprivileged()
    folder = tempfile.mkdtemp(prefix='libvirt-')
    os.makedirs(f'{folder}/root/etc')
    with open(f'{folder}/root/etc/qemu.conf', 'w') as f:
        f.write('stdio_handler = "file"\n') # there is no virtlogd
    with open(f'{folder}/disk,1.img', 'wb') as f:
        f.write(CODE.ljust(510, b'\0') + b'\x55\xaa' + bytes(1 << 20))
    with open(f'{folder}/domain.xml', 'w') as f:
        f.write(DOMAIN.format(folder=folder))
    os.symlink(shutil.which(monlib.EMU), f'{folder}/qemu-system-x86_64')
    environment = {k: v for k, v in os.environ.items() if k != 'XDG_RUNTIME_DIR'}
    process = subprocess.Popen([*prefix, 'virt-qemu-run', '-v', '-r', f'{folder}/root',
                                f'{folder}/domain.xml'], env=dict(environment, HOME=folder),
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True)
    deadline = time.monotonic() + LIMIT
    log = ''
    try:
        # The guest's power-off makes libvirt end the machine; virt-qemu-run itself waits for us.
        while 'shutting down, reason=' not in log and time.monotonic() < deadline:
            try:
                process.wait(0.2)
                break
            except subprocess.TimeoutExpired:
                log = read(f'{folder}/root/log/qemu/*.log')
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        try:
            output = process.communicate(timeout=30)[0].decode(errors='replace')
        except subprocess.TimeoutExpired:
            output = '(virt-qemu-run hangs)'
        log = read(f'{folder}/root/log/qemu/*.log')
        check('reason=shutdown' in log, f'not run to its end:\n{output[-2000:]}\n{log[-3000:]}')
        check(read(f'{folder}/serial') == 'hi', f'serial port: {read(folder + "/serial")!r}')
        check("<flag name='" in read(f'{folder}/root/cache/qemu/capabilities/*.xml'), 'capabilities')
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        for pid in read(f'{folder}/root/run/qemu/*.pid').split(): # of a machine that was left over
            command = read(f'/proc/{pid}/cmdline')
            if folder in command:
                os.kill(int(pid), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


monlib.main(libvirt_runs_it)
