"""The scratch directory of one benchmark: who owns it, what lies in it, and what a killed owner left."""

from __future__ import annotations

import os
import re
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

from covpath.bench.supervisor.kernel import start_time
from covpath.errors import OutsideError, Place

_NAME = re.compile(r"covpath-bench-(\d+)-(\d+)")


class Site:
    """A directory of ours: ``trial`` (the one under way), ``prepared`` copies, logs, collected reports.

    Use as a context manager: it is gone afterwards, whatever happened. What an owner that was
    killed left behind (groups with processes, directories) is removed when the next one opens.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.trial = root / "trial"
        self.pristine = root / "pristine"
        self.log = root / "log"
        self.errors = root / "supervisor-errors"
        self.image = root / "disk.img"
        self.collected = root / "collected"
        self._groups = 0

    @staticmethod
    def open(base: Path | None = None) -> Site:
        """A new directory under ``base``, by default where temporary files lie on a disk."""
        parent = base or _default_base()
        try:
            sweep(parent)
            root = parent / f"covpath-bench-{os.getpid()}-{start_time(os.getpid())}"
            with suppress(FileNotFoundError):
                shutil.rmtree(root)
            root.mkdir(mode=0o700)
            site = Site(root.resolve())
            site.collected.mkdir()
        except OSError as error:
            raise OutsideError(
                f"no scratch directory can be made: {error.strerror}.", place=Place(str(error.filename))
            ) from error
        return site

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def prepared(self, key: str) -> Path:
        """Where the prepared files of one variant lie."""
        return self.root / f"prepared-{key}"

    def next_group(self) -> str:
        """A name for the next trial's control groups; it names the owner too."""
        self._groups += 1
        return f"{_group_prefix(self.root.name)}-{self._groups}"

    def note_groups(self, groups: tuple[Path, ...]) -> None:
        """Write down which groups exist now, for whoever has to clean up after us."""
        (self.root / "groups").write_text("".join(f"{group}\n" for group in groups))


def sweep(base: Path) -> None:
    """Remove what dead owners left under ``base``: their groups, with all processes in them, and directories."""
    for entry in sorted(base.glob("covpath-bench-*")):
        match = _NAME.fullmatch(entry.name)
        status = entry.lstat()
        ours = match is not None and entry.is_dir() and not entry.is_symlink() and status.st_uid == os.geteuid()
        if match is None or not ours or start_time(int(match[1])) == int(match[2]):
            continue
        noted = entry / "groups"
        for line in noted.read_text().splitlines() if noted.is_file() else ():
            group = Path(line)
            if group.name.startswith(_group_prefix(entry.name)) and (group / "cgroup.procs").is_file():
                remove_group(group)
        shutil.rmtree(entry, ignore_errors=True)


def remove_group(group: Path) -> None:
    """Kill what is in a control group and remove it, as far as that goes within two seconds."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        with suppress(OSError):  # another hierarchy than the freezer's
            (group / "freezer.state").write_text("THAWED")
        try:
            pids = [int(word) for word in (group / "cgroup.procs").read_text().split()]
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not pids:
                group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            pass  # busy: a killed process has not gone yet
        time.sleep(0.005)


def _group_prefix(site: str) -> str:
    return site.replace("-bench-", "-", 1)


def _default_base() -> Path:
    """``/var/tmp`` is on a disk, where ``/tmp`` may be in memory and would count as such."""
    lasting = Path("/var/tmp")  # noqa: S108 - the directory in it is ours alone
    return lasting if os.access(lasting, os.W_OK) else Path(tempfile.gettempdir())
