"""A Python with sys.monitoring, for the backend that needs one: the job's own, or another that is here."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from covpath.bench.subject import Variant
from covpath.errors import OutsideError
from covpath.outside.processes import run

MONITORING_SINCE = (3, 12)
"""The first Python with sys.monitoring (PEP 669)."""

_NAMES = ("python3.14", "python3.13", "python3.12")
_ASK = "import sys; print(*sys.version_info[:2])"
_PLACE = "$RUNNER_TEMP/monitoring"


class Interpreter(Struct, frozen=True, kw_only=True):
    """The Python a sysmon variant runs with.

    ``path`` is None where the job's own has sys.monitoring; ``why_not`` says why there is none.
    """

    monitors: bool
    path: str | None = None
    version: str = ""
    why_not: str = ""

    @property
    def number(self) -> tuple[int, ...]:
        """The version as numbers."""
        return tuple(int(part) for part in self.version.split(".") if part)

    def adapted(self, variant: Variant, setup: Sequence[str]) -> Variant:
        """The variant as it must be to run with this interpreter: a virtual environment, first on the path."""
        if self.path is None:
            return variant
        path = f'export PATH="{_PLACE}/bin:$PATH"'
        return replace(
            variant,
            backend=f"{variant.backend} (Python {self.version})",
            script=f"{path}\n{variant.script}",
            setup=(f'"{self.path}" -m venv "{_PLACE}"', *(f"{path}\n{command}" for command in setup)),
            probes=tuple(replace(probe, script=f"{path}\n{probe.script}") for probe in variant.probes),
        )


def monitoring_interpreter(environment: Mapping[str, str]) -> Interpreter:
    """The job's own ``python`` if it has sys.monitoring, else the newest other one that is found."""
    own = _version("python", environment)
    if own is not None and own >= MONITORING_SINCE:
        return Interpreter(monitors=True, version=_shown(own))
    for path in _candidates(environment):
        found = _version(path, environment)
        if found is not None and found >= MONITORING_SINCE:
            return Interpreter(monitors=True, path=path, version=_shown(found))
    running = f"Python {_shown(own)}" if own else "no Python"
    return Interpreter(monitors=False, why_not=f"sys.monitoring came with Python 3.12, and only {running} is here")


def _candidates(environment: Mapping[str, str]) -> Iterator[str]:
    for name in _NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found is not None:
            yield found
    # pyenv keeps versions beside each other; its shims answer only for the chosen one.
    root = Path(environment.get("PYENV_ROOT") or Path(environment.get("HOME", "/nonexistent"), ".pyenv"))
    for name in _NAMES:
        for path in sorted(root.glob(f"versions/*/bin/{name}"), reverse=True):
            yield str(path)


def _version(program: str, environment: Mapping[str, str]) -> tuple[int, int] | None:
    try:
        done = run([program, "-c", _ASK], directory=Path("/"), environment=environment, timeout_seconds=20.0)
        major, minor = done.output.split()
    except (OutsideError, ValueError, OSError):
        return None
    return int(major), int(minor)


def _shown(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def own_environment() -> dict[str, str]:
    """This process's environment, to look for interpreters in."""
    return dict(os.environ)
