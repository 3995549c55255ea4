"""The first programs of the virtual machine: a cpio archive with busybox, modules and ``init``.

The machine's root is this machine's own file tree, read-only below and a tmpfs above, so
that a command runs there with the interpreter and the checkout it was started from.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

STARTED = "COVPATH-VM-STARTED"
MARKER = "COVPATH-VM-EXIT-STATUS"

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
echo {started}
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
for module in {modules}; do insmod /modules/$module || echo "no module $module"; done
mount -t virtiofs -o ro host /lower
mount -t tmpfs none /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work none /whole
for directory in proc sys dev; do mount --move /$directory /whole/$directory; done
mount -t ext4 /whole/dev/vdb /whole/tmp && chmod 1777 /whole/tmp
mount -t tmpfs none /whole/run
mkdir -p /whole/dev/shm && mount -t tmpfs none /whole/dev/shm
mount -t cgroup2 none /whole/sys/fs/cgroup
mkswap /whole/dev/vda >/dev/null && swapon /whole/dev/vda
ip link set lo up
cp /command /whole/run/command
chroot /whole /bin/sh /run/command
echo {marker}=$?
chroot /whole /bin/sync
poweroff -f
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A file or directory of the archive."""

    name: str
    mode: int
    data: bytes = b""


def build(busybox: Path, modules: Iterable[Path], command: str) -> bytes:
    """The archive; ``modules`` in the order in which they are loaded, ``command`` a line of shell."""
    modules = tuple(modules)
    init = INIT.format(modules=" ".join(module.name for module in modules), started=STARTED, marker=MARKER)
    directories = ("bin", "dev", "lower", "modules", "proc", "sys", "upper", "whole")
    return archive(
        (
            *(Entry(name=name, mode=stat.S_IFDIR | 0o755) for name in directories),
            Entry(name="bin/busybox", mode=stat.S_IFREG | 0o755, data=busybox.read_bytes()),
            *(
                Entry(name=f"modules/{module.name}", mode=stat.S_IFREG | 0o644, data=module.read_bytes())
                for module in modules
            ),
            Entry(name="command", mode=stat.S_IFREG | 0o644, data=f"{command}\n".encode()),
            Entry(name="init", mode=stat.S_IFREG | 0o755, data=init.encode()),
        )
    )


def archive(entries: Iterable[Entry]) -> bytes:
    """``entries`` in cpio's "newc" form: a header of hexadecimal fields, the name, the data, each padded to four."""
    parts = []
    for number, entry in enumerate((*entries, Entry(name="TRAILER!!!", mode=0)), start=1):
        name = entry.name.encode() + b"\0"
        fields = (number, entry.mode, 0, 0, 1, 0, len(entry.data), 0, 0, 0, 0, len(name), 0)
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        parts += [_padded(header + name), _padded(entry.data)]
    return b"".join(parts)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)
