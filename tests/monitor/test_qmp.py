# SPDX-License-Identifier: MIT
# timeout: 600
"""QMP: greeting, negotiation, commands, events, and input that is wrong, huge, deep or in pieces."""
import json
import os
import shutil
import subprocess
import tempfile

import monlib
from monlib import Failed, IS_QEMU, Machine, check, equal


def greeting_and_negotiation():
    with Machine('-S') as machine:
        qmp = machine.qmp(negotiate=False)
        version = qmp.greeting['QMP']['version']['qemu']
        check((version['major'], version['minor']) >= (6, 2), f'version {version}')
        check(isinstance(qmp.greeting['QMP']['capabilities'], list), 'capabilities')
        equal(qmp.error('query-status')[0], 'CommandNotFound', 'before negotiation')
        qmp.command('qmp_capabilities')
        equal(qmp.error('qmp_capabilities')[0], 'CommandNotFound', 'a second negotiation')
        equal(qmp.call('query-status', id={'a': [1, 'x']})['id'], {'a': [1, 'x']}, 'id')
        equal(qmp.call('no-such', id=7), {'error': {
            'class': 'CommandNotFound', 'desc': 'The command no-such has not been found'},
            'id': 7}, 'unknown command')
        # A second client in its turn: a fresh session.
        qmp.close()
        again = machine.qmp(negotiate=False)
        equal(again.error('query-status')[0], 'CommandNotFound', 'after reconnecting')


def run_states_and_events():
    with Machine('-S') as machine:
        qmp = machine.qmp()
        equal(qmp.command('query-status')['status'], 'prelaunch', '-S')
        qmp.command('cont')
        qmp.wait_event('RESUME')
        equal(qmp.command('query-status'),
              {'running': True, 'singlestep': False, 'status': 'running'}, 'after cont')
        qmp.command('stop')
        event = qmp.wait_event('STOP')
        check(event['timestamp']['seconds'] > 1600000000, 'timestamp')
        equal(qmp.command('query-status')['status'], 'paused', 'after stop')
        qmp.command('system_reset')
        equal(qmp.wait_event('RESET')['data'],
              {'guest': False, 'reason': 'host-qmp-system-reset'}, 'RESET')
        equal(qmp.command('query-status')['status'], 'prelaunch', 'reset while it stands still')
        qmp.command('cont')
        qmp.command('system_powerdown')
        qmp.wait_event('POWERDOWN')
        qmp.command('quit')
        equal(qmp.wait_event('SHUTDOWN')['data'],
              {'guest': False, 'reason': 'host-qmp-quit'}, 'SHUTDOWN')
        machine.wait()


def guest_ends():
    import bootlib
    guest = bootlib.guest_bin('bootsect')
    reasons = []
    for no_shutdown in (False, True):
        with Machine('-S', '-no-reboot', *(['-no-shutdown'] if no_shutdown else []),
                     '-drive', f'file={guest},format=raw,if=floppy') as machine:
            qmp = machine.qmp()
            qmp.command('cont')
            # The firmware's reset port ends the machine.
            qmp.hmp('o /1b 0x64 0xfe')
            reasons.append(qmp.wait_event('SHUTDOWN')['data'])
            if not no_shutdown:
                machine.wait()
                continue
            equal(qmp.command('query-status')['status'], 'shutdown', '-no-shutdown')
            check('reset' in qmp.error('cont')[1].lower(), 'cont of a machine that is off')
            qmp.command('system_reset')
            qmp.wait_event('RESET')
            qmp.command('cont')
            qmp.command('quit')
            machine.wait()
    equal(reasons, [{'guest': True, 'reason': 'guest-reset'}] * 2, 'reasons')


def arguments_are_checked():
    cases = [
        ('screendump', {}, "Parameter 'filename' is missing"),
        ('screendump', {'filename': 1}, "Invalid parameter type for 'filename', expected: string"),
        ('pmemsave', {'val': 'x', 'size': 1, 'filename': 'f'}, 'integer'),
        ('stop', {'now': True}, "Parameter 'now' is unexpected"),
        ('send-key', {'keys': [{'type': 'qcode', 'data': 'nokey'}]}, 'nokey'),
        ('send-key', {'keys': 'a'}, 'keys'),
        ('eject', {'device': 'nodrive'}, 'nodrive'),
        ('input-send-event', {'events': [{'type': 'key', 'data': {}}]}, ''),
        ('input-send-event', {'events': [1, None, [], {}]}, ''),
        ('qom-get', {'path': '/machine/nowhere', 'property': 'x'}, ''),
        ('device-list-properties', {'typename': 'nosuch'}, 'nosuch'),
        ('human-monitor-command', {}, 'command-line'),
        ('query-cpu-model-expansion', {'type': 'full', 'model': {'name': 'nosuch'}}, ''),
        ('query-cpu-model-expansion', {'type': 'full', 'model': 7}, ''),
    ]
    with Machine('-S') as machine:
        qmp = machine.qmp()
        for name, arguments, text in cases:
            got = qmp.error(name, arguments)[1]
            check(IS_QEMU or text in got, f'{name} {arguments}: {got}')
        equal(qmp.error('eject', {'device': 'nodrive'})[0], 'DeviceNotFound', 'class')
        machine.alive()


def bad_input():
    cases = {
        'not JSON': b'hello\n',
        'bracket that nobody opened': b'}\n',
        'wrong brackets': b'{"execute": "query-status"]\n',
        'array': b'[1, 2]\n',
        'number': b'42\n',
        'execute is no string': b'{"execute": 1}\n',
        'nothing to execute': b'{"id": 1}\n',
        'unknown member': b'{"execute": "query-status", "foo": 1}\n',
        'arguments are no object': b'{"execute": "query-status", "arguments": []}\n',
        'control character': b'{"execute": "query-\nstatus"}\n',
        'bad escape': b'{"execute": "\\q"}\n',
        'bad UTF-8': b'{"execute": "\xc0\xaf"}\n',
        'NUL': b'{"execute": "a\\u0000b"}\n',
        'lone surrogate': b'{"execute": "\\ud800"}\n',
        'number out of range': b'{"execute": "pmemsave", "arguments": {"val": '
                               + b'9' * 400 + b', "size": 1, "filename": "/dev/null"}}\n',
        'twice the same': b'{"execute": "query-status", "execute": "quit"}\n',
        'deep': b'[' * 100000 + b']' * 100000 + b'\n',
        'deep objects': b'{"a":' * 50000 + b'1' + b'}' * 50000 + b'\n',
        'huge string': b'{"execute": "' + b'x' * 3000000 + b'"}\n',
        'huge id': b'{"execute": "query-status", "id": "' + b'y' * 2000000 + b'"}\n',
    }
    with Machine('-S') as machine:
        qmp = machine.qmp()
        for name, data in cases.items():
            qmp.raw(data)
            check('error' in qmp.answer(), f'{name}: no error')
            # Byte FFh and a line's end bring everybody back to the beginning of a request.
            qmp.raw(b'\xff\n')
            qmp.raw(b'{"execute": "query-status", "id": "after"}\n')
            while True:
                answer = qmp.answer()
                if answer.get('id') == 'after':
                    break
                check('error' in answer, f'{name}: {answer}')
        machine.alive()


def pieces_and_pipelines():
    with Machine('-S') as machine:
        qmp = machine.qmp()
        for byte in b"{ 'execute': 'query-name',\t\"id\" : 'it\\'s \"one\"' }":
            qmp.raw(bytes([byte]))
        equal(qmp.answer(), {'return': {}, 'id': 'it\'s "one"'}, 'byte by byte, single quotes')
        count = 2000
        qmp.raw(b''.join(json.dumps({'execute': 'query-version', 'id': i}).encode()
                         for i in range(count)))
        equal([qmp.answer()['id'] for _ in range(count)], list(range(count)), 'order')
        # Two clients at once, each on its socket, half a request each.
        machine.alive()


def two_monitors_interleaved():
    with Machine('-S', '-chardev', 'socket,id=second,path=second.sock,server=on,wait=off',
                 '-mon', 'chardev=second,mode=control,pretty=on', qmp=True) as machine:
        qmp = machine.qmp()
        other = monlib.Qmp.__new__(monlib.Qmp)
        import socket
        other.socket = socket.socket(socket.AF_UNIX)
        other.socket.connect('second.sock')
        os.unlink('second.sock')
        other.stream, other.events = monlib.Stream(other.socket.fileno()), []
        other.stream.until(rb'"capabilities".*?\n}\r?\n')
        other.raw('{"execute": "qmp_capab')
        qmp.raw('{"execute": "query-st')
        other.raw('ilities"}\n')
        qmp.raw('atus"}\n')
        check('return' in qmp.answer(), 'first')
        text = other.stream.until(rb'\n}\r?\n')
        check(b'\n    "return"' in text, f'pretty: {text!r}')
        qmp.command('cont')
        qmp.wait_event('RESUME')
        other.stream.until(rb'"event": "RESUME"')


def a_client_that_does_not_read():
    """Its answers are not kept without bound, and nobody else waits."""
    with Machine('-S', '-chardev', 'socket,id=lazy,path=lazy.sock,server=on,wait=off',
                 '-mon', 'chardev=lazy,mode=control') as machine:
        qmp = machine.qmp()
        import socket
        lazy = socket.socket(socket.AF_UNIX)
        lazy.connect('lazy.sock')
        os.unlink('lazy.sock')
        lazy.setblocking(False)
        lazy.sendall(b'{"execute": "qmp_capabilities"}')
        sent = 0
        try:
            while sent < 20000:
                lazy.sendall(b'{"execute": "query-qmp-schema"}')
                sent += 1
        except BlockingIOError:
            pass
        for _ in range(200):
            qmp.command('query-status')
        for _ in range(300):
            qmp.command('cont')
            qmp.command('stop')
        with open(f'/proc/{machine.process.pid}/statm') as f:
            resident = int(f.read().split()[1]) * 4096
        check(resident < 200 << 20, f'{resident >> 20} MiB resident')
        lazy.close()
        qmp.command('quit')
        machine.wait()


def through_socat():
    if not shutil.which('socat'):
        raise Failed('socat is not installed (packages.txt has it)')
    with Machine('-S') as machine:
        machine.qmp().close()
        out = subprocess.run(
            ['socat', '-t', '20', '-', f'UNIX-CONNECT:{machine.path}'], check=True, timeout=60,
            input=b'{"execute":"qmp_capabilities"}\n{"execute":"query-status"}\n'
                  b'{"execute":"quit"}\n', stdout=subprocess.PIPE).stdout.decode()
        messages = [json.loads(line) for line in out.splitlines() if line.strip()]
        check('QMP' in messages[0], f'greeting: {messages[0]}')
        check([m for m in messages if m.get('return', {}) and 'status' in m['return']], out)
        check(messages[-1].get('event') == 'SHUTDOWN', f'last: {messages[-1]}')
        machine.wait()


def memory_and_pictures():
    with Machine('-S') as machine:
        qmp = machine.qmp()
        saved, core, picture = machine.file('saved'), machine.file('core'), machine.file('p.ppm')
        qmp.command('pmemsave', val=0xfffffff0, size=16, filename=saved)
        with open(saved, 'rb') as f:
            equal(f.read(1), b'\xea', 'the jump at the reset vector')
        check('error' in qmp.call('pmemsave', {'val': 1 << 50, 'size': 16, 'filename': saved}),
              'no memory there')
        check('error' in qmp.call('pmemsave', {'val': 0, 'size': 16, 'filename': '/nowhere/x'}),
              'no such folder')
        qmp.command('memsave', val=0, size=4096, filename=saved)
        equal(os.path.getsize(saved), 4096, 'memsave')
        qmp.command('dump-guest-memory', paging=False, protocol=f'file:{core}')
        out = subprocess.run(['readelf', '-hlWn', core], check=True, stdout=subprocess.PIPE,
                             text=True).stdout
        check('CORE (Core file)' in out and 'X86-64' in out, out)
        check('0x0000000000000000 0x0000000000000000' in out and 'NT_PRSTATUS' in out, out)
        qmp.command('screendump', filename=picture)
        with open(picture, 'rb') as f:
            equal(f.read(2), b'P6', 'ppm')


def drives_and_processors():
    """What is counted and named of a machine whose firmware reads a disk."""
    folder = tempfile.mkdtemp(prefix='monitor-')
    image, disc = f'{folder}/disk.img', f'{folder}/disc.iso'
    with open(disc, 'wb') as f:
        f.write(bytes(1 << 16))
    with open(image, 'wb') as f:
        f.write(b'\xf4\xeb\xfd'.ljust(510, b'\0') + b'\x55\xaa' + bytes(1 << 20))
    try:
        with Machine('-smp', '2', '-drive', f'if=none,id=d,file={image},format=raw', '-device',
                     'ide-hd,drive=d,id=hd,bootindex=0', '-cdrom', disc) as machine:
            qmp = machine.qmp()
            drives = {d['device']: d for d in qmp.command('query-block')}
            equal(drives['d']['inserted']['file'], image, 'file')
            equal(drives['d']['qdev'], 'hd', 'qdev')
            check(drives['ide1-cd0']['removable'] and not drives['ide1-cd0']['tray_open'], drives)
            stats = {}
            while stats.get('rd_operations', 0) == 0: # the boot sector
                stats = {d['device']: d for d in qmp.command('query-blockstats')}['d']['stats']
            check(stats['rd_bytes'] >= 512 and stats['rd_total_time_ns'] > 0, stats)
            equal((stats['wr_bytes'], stats['failed_rd_operations']), (0, 0), 'nothing else')
            check('rd_operations=' in qmp.hmp('info blockstats'), 'info blockstats')
            threads = [c['thread-id'] for c in qmp.command('query-cpus-fast')]
            if not IS_QEMU or len(set(threads)) == 2:
                equal({os.path.exists(f'/proc/{machine.process.pid}/task/{t}') for t in threads},
                      {True}, f'threads {threads}')
                equal(len(set(threads)), 2, 'threads')
            qmp.command('eject', device='ide1-cd0')
            check('inserted' not in {d['device']: d for d in qmp.command('query-block')}['ide1-cd0'],
                  'an empty drive')
    finally:
        shutil.rmtree(folder)


monlib.main(greeting_and_negotiation, run_states_and_events, guest_ends, arguments_are_checked,
            bad_input, pieces_and_pipelines, two_monitors_interleaved,
            a_client_that_does_not_read, through_socat, memory_and_pictures,
            drives_and_processors)
