#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Debian packages that hold guests: downloaded and unpacked under the cache, never installed.

  guests.py NAME...|all|list      fetch, and print where each was unpacked

apt works here with its own lists and cache, so that no root is needed, the machine's package state
is left alone, and the i386 packages are within reach on an amd64 machine.
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys

BUILD = os.path.abspath(os.environ.get('BUILDDIR', 'build'))
CACHE = os.path.abspath(os.environ.get('EMU_CACHE', f'{BUILD}/cache'))

# name -> package; `->` follows a metapackage to what it depends on.
GUESTS = {
    'linux-amd64': '->linux-image-amd64',
    'linux-686': '->linux-image-686:i386',
    'linux-686-pae': '->linux-image-686-pae:i386',
    'busybox-amd64': 'busybox-static',
    'busybox-i386': 'busybox-static:i386',
    'memtest': 'memtest86+',
    'ipxe': 'ipxe',
    'xen': '->xen-hypervisor-4.17-amd64',
    'installer': 'debian-installer-12-netboot-amd64',
}


class GuestError(Exception):
    pass


def _apt(tool, *args):
    private = f'{CACHE}/apt'
    for folder in ('lists/partial', 'cache/archives/partial', 'debs'):
        os.makedirs(f'{private}/{folder}', exist_ok=True)
    command = [tool, '-q', '-o', f'Dir::State={private}', '-o', f'Dir::State::lists={private}/lists',
               '-o', 'Dir::State::status=/dev/null', '-o', f'Dir::Cache={private}/cache',
               '-o', 'APT::Architectures=amd64,i386', '-o', 'APT::Sandbox::User=root',
               '-o', 'Acquire::Languages=none', *args]
    return subprocess.run(command, cwd=f'{private}/debs', text=True, errors='replace',
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _resolve(package):
    """The package a metapackage stands for; a plain name stays what it is."""
    if not package.startswith('->'):
        return package
    package = package[2:]
    base, _, arch = package.partition(':')
    out = _apt('apt-cache', 'depends', package).stdout
    pattern = r'(linux-image-\d|xen-hypervisor-\d)'
    found = re.search(r'Depends: (' + pattern + r'\S*)', out)
    name = found.group(1) if found else base
    return name.split(':')[0] + (f':{arch}' if arch else '')


def _fetch(name):
    package = _resolve(GUESTS[name])
    for old in glob.glob(f'{CACHE}/apt/debs/*.deb'):
        os.remove(old)
    done = _apt('apt-get', 'download', package)
    if done.returncode:
        # No lists yet, or too old ones. A third party's source may fail: what counts is the package.
        update = _apt('apt-get', 'update')
        package = _resolve(GUESTS[name])
        done = _apt('apt-get', 'download', package)
        if done.returncode:
            raise GuestError(f'cannot download {package}:\n{update.stdout[-500:]}{done.stdout[-500:]}')
    deb = glob.glob(f'{CACHE}/apt/debs/*.deb')[0]
    target = f'{CACHE}/{name}'
    shutil.rmtree(f'{target}.new', ignore_errors=True)
    subprocess.run(['dpkg-deb', '-x', deb, f'{target}.new'], check=True)
    os.rename(f'{target}.new', target)
    os.remove(deb)


def guest(name):
    """The folder a guest's package was unpacked to; fetched when it isn't there yet."""
    target = f'{CACHE}/{name}'
    if not os.path.isdir(target):
        os.makedirs(CACHE, exist_ok=True)
        with open(f'{CACHE}/lock', 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.isdir(target):
                _fetch(name)
    return target


def root(name, packages):
    """A folder with these packages and all they depend on, unpacked as a root file system."""
    target = f'{CACHE}/root-{name}'
    if os.path.isdir(target):
        return target
    os.makedirs(CACHE, exist_ok=True)
    with open(f'{CACHE}/lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.isdir(target):
            return target
        for attempt in range(2):
            done = _apt('apt-get', '-y', '--no-install-recommends', '--download-only', '-o',
                        'Debug::NoLocking=1', 'install', *packages)
            if done.returncode == 0:
                break
            _apt('apt-get', 'update')
        if done.returncode:
            raise GuestError(f'cannot download {" ".join(packages)}:\n{done.stdout[-800:]}')
        shutil.rmtree(f'{target}.new', ignore_errors=True)
        for link in ('bin', 'sbin', 'lib', 'lib64'):
            os.makedirs(f'{target}.new/usr/{link}')
            os.symlink(f'usr/{link}', f'{target}.new/{link}')
        for deb in sorted(glob.glob(f'{CACHE}/apt/cache/archives/*.deb')):
            tar = subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE)
            subprocess.run(['tar', '-x', '--keep-directory-symlink', '--no-same-owner', '-C',
                            f'{target}.new'], stdin=tar.stdout, check=True)
            if tar.wait():
                raise GuestError(f'cannot unpack {deb}')
            os.remove(deb)
        os.rename(f'{target}.new', target)
    return target


def find(name, pattern):
    """The one file of a guest that matches."""
    found = sorted(glob.glob(f'{guest(name)}/{pattern}'))
    if not found:
        raise GuestError(f'no {pattern} in {name}')
    return found[0]


def kernel(flavour):
    return find(f'linux-{flavour}', 'boot/vmlinuz-*')


def busybox(arch='amd64'):
    return find(f'busybox-{arch}', 'bin/busybox')


def main():
    names = sys.argv[1:] or ['list']
    if names == ['list']:
        print('\n'.join(f'{n:15} {p.lstrip("->")}' for n, p in GUESTS.items()))
        return 0
    try:
        for name in GUESTS if names == ['all'] else names:
            if name not in GUESTS:
                raise GuestError(f'unknown guest {name}; there are: {" ".join(GUESTS)}')
            fresh = not os.path.isdir(f'{CACHE}/{name}')
            path = guest(name)
            if fresh:
                print(f'{name}: {path}')
    except (GuestError, subprocess.CalledProcessError) as error:
        print(f'guests: {error}', file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
