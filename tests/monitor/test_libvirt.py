# SPDX-License-Identifier: MIT
# timeout: 600
"""What libvirt 9 asks: its capability probe and the start of a machine, as recorded from it with
QEMU 7.2. An error is fine where libvirt takes one; everything else must have the shape it reads."""
import monlib
from monlib import Machine, check, equal

DEVICES = ('virtio-blk-pci virtio-net-pci virtio-scsi-pci virtio-gpu-pci virtio-balloon-pci '
           'virtio-mem-pci virtio-iommu-pci virtio-blk-ccw virtio-net-ccw virtio-scsi-ccw '
           'virtio-gpu-device virtio-balloon-device vfio-pci scsi-hd ide-hd PIIX4_PM usb-redir '
           'usb-storage usb-host kvm-pit VGA vmware-svga qxl ICH9-LPC intel-iommu mch nvdimm '
           'pcie-root-port vhost-user-fs-device').split()
TYPES = ('memory-backend-file', 'memory-backend-memfd', 'max-x86_64-cpu', 'none-machine')


def is_list_of(value, *keys):
    check(isinstance(value, list), f'no list: {value}')
    for item in value:
        for key in keys:
            check(key in item, f'{item} lacks {key}')
    return value


def probe():
    with Machine('-S', '-no-user-config', '-nodefaults', '-nographic', '-machine',
                 'none,accel=kvm:tcg', display=False) as machine:
        qmp = machine.qmp()
        check('qemu' in qmp.command('query-version'), 'version')
        equal(qmp.command('query-target'), {'arch': 'x86_64'}, 'target')
        schema = is_list_of(qmp.command('query-qmp-schema'), 'name', 'meta-type')
        names = {entity['name'] for entity in schema}
        for entity in schema: # every type that is named is there
            for member in entity.get('members', []):
                check(member['type'] in names, f'{entity}')
            for key in ('arg-type', 'ret-type'):
                check(key not in entity or entity[key] in names, f'{entity}')
        commands = {c['name'] for c in is_list_of(qmp.command('query-commands'), 'name')}
        equal(commands, {e['name'] for e in schema if e['meta-type'] == 'command'}, 'commands')
        kvm = qmp.command('query-kvm')
        check(isinstance(kvm['enabled'], bool) and isinstance(kvm['present'], bool), kvm)
        types = {t['name'] for t in is_list_of(qmp.command('qom-list-types'), 'name', 'parent')}
        check({'VGA', 'ide-hd', 'max-x86_64-cpu', 'isa-debug-exit'} <= types, types)
        for name in DEVICES:
            answer = qmp.call('device-list-properties', {'typename': name})
            if 'error' in answer:
                equal(answer['error']['class'], 'DeviceNotFound', name)
                check(name not in types, f'{name} is listed but not found')
            else:
                is_list_of(answer['return'], 'name', 'type')
        check(len(qmp.command('device-list-properties', typename='VGA')) > 0, 'VGA')
        for name in TYPES:
            answer = qmp.call('qom-list-properties', {'typename': name})
            check('return' in answer or answer['error']['class'] == 'DeviceNotFound', answer)
        machines = is_list_of(qmp.command('query-machines'), 'name', 'cpu-max', 'hotpluggable-cpus')
        check([m for m in machines if m.get('is-default')], 'a default machine')
        cpus = is_list_of(qmp.command('query-cpu-definitions'), 'name', 'typename', 'static')
        check({'max', 'host', 'qemu64', 'Haswell'} <= {c['name'] for c in cpus}, cpus)
        for name in ('query-tpm-models', 'query-tpm-types', 'query-migrate-capabilities'):
            is_list_of(qmp.command(name))
        is_list_of(qmp.command('query-command-line-options'), 'option', 'parameters')
        for name in ('query-sev-capabilities', 'query-sgx-capabilities'):
            qmp.call(name)
        for kind, name in (('full', 'max'), ('static', 'max'), ('full', 'host'), ('full', 'qemu64')):
            model = qmp.command('query-cpu-model-expansion', type=kind, model={'name': name})['model']
            check(len(model['props']) > 100 and model['props']['fpu'] is True, model)
        qmp.command('quit')
        machine.wait()


def start_of_a_machine():
    with Machine('-name', 'guest=test,debug-threads=on', '-S', '-uuid',
                 '6c9b2d1e-7a0c-4f0e-8d1b-0123456789ab', '-no-user-config', '-nodefaults',
                 '-machine', 'pc-i440fx-7.2', '-smp', '2,sockets=1,cores=2,threads=1', '-vga', 'std',
                 '-cpu', 'qemu64', '-no-shutdown', '-boot', 'strict=on') as machine:
        qmp = machine.qmp()
        is_list_of(qmp.command('query-migrate-capabilities'))
        qmp.command('migrate-set-capabilities', capabilities=[{'capability': 'events',
                                                               'state': True}])
        is_list_of(qmp.command('query-chardev'), 'label', 'filename', 'frontend-open')
        hot = is_list_of(qmp.command('query-hotpluggable-cpus'), 'type', 'vcpus-count', 'props')
        cpus = is_list_of(qmp.command('query-cpus-fast'), 'cpu-index', 'thread-id', 'qom-path')
        equal((len(hot), len(cpus)), (2, 2), 'processors')
        path = cpus[0]['qom-path']
        equal(path, '/machine/unattached/device[0]', 'path')
        properties = is_list_of(qmp.command('qom-list', path=path), 'name', 'type')
        values = {p['name']: qmp.command('qom-get', path=path, property=p['name'])
                  for p in properties}
        equal((values['sse2'], values['avx512f']), (True, False), 'qemu64')
        for p in properties:
            check(p['type'] != 'bool' or isinstance(values[p['name']], bool), p)
        is_list_of(qmp.command('qom-list', path='/machine/peripheral'), 'name', 'type')
        is_list_of(qmp.command('query-iothreads'))
        equal(qmp.error('query-balloon')[0], 'DeviceNotActive', 'balloon')
        is_list_of(qmp.command('query-named-block-nodes', flat=True))
        is_list_of(qmp.command('query-block'), 'device')
        qmp.command('set-action', reboot='shutdown')
        equal(qmp.command('query-name'), {'name': 'test'}, 'name')
        equal(qmp.command('query-uuid'), {'UUID': '6c9b2d1e-7a0c-4f0e-8d1b-0123456789ab'}, 'UUID')
        qmp.command('cont')
        qmp.wait_event('RESUME')
        # reboot=shutdown with -no-shutdown: a reset by the guest leaves it off, but there
        qmp.hmp('o /b 0xcf9 6')
        equal(qmp.wait_event('SHUTDOWN')['data'], {'guest': True, 'reason': 'guest-reset'}, 'event')
        equal(qmp.command('query-status')['status'], 'shutdown', 'status')
        qmp.command('quit')
        machine.wait()


monlib.main(probe, start_of_a_machine)
