"""What a cell has to know on the runner: written once at its beginning, read by each measuring step.

All of it comes out of the generated workflow, through environment variables.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from covpath.errors import InputError, Place, UsageError
from covpath.evidence.codec import from_data, to_data
from covpath.evidence.model import SubjectRecord
from covpath.evidence.runner import RunnerProfile

_SETTINGS = "settings.json"
_LAUNCHER = """\
#!/bin/sh
COVPATH_LC_CTYPE="${{LC_CTYPE+=$LC_CTYPE}}" exec {python} -I -m covpath "$@"
"""


class PartSettings(Struct, frozen=True, kw_only=True):
    """One wrapped step: its script as the workflow has it, its shell, its time limit in seconds."""

    script: str
    shell: str
    timeout_seconds: float | None = None


class CellSettings(Struct, frozen=True, kw_only=True):
    """A cell on its runner.

    ``report`` is a path from ``workspace``, None where none is known. ``environment`` is set beside the
    step's own. ``secrets`` are names of secrets the job takes: their values may stand in its output.
    ``began`` is when the cell was begun, in seconds since the epoch.
    """

    subject: SubjectRecord
    backend: str
    number: int
    runner: RunnerProfile
    report: str | None
    workspace: str
    environment: dict[str, str]
    time_limit_seconds: float | None
    secrets: tuple[str, ...]
    parts: tuple[PartSettings, ...]
    began: float


def cell_folder(environment: Mapping[str, str]) -> Path:
    """Where a cell keeps its files on the runner. Raises UsageError outside of GitHub Actions."""
    temporary = environment.get("RUNNER_TEMP")
    if not temporary:
        raise UsageError("there is no RUNNER_TEMP: this runs in a step of GitHub Actions only.")
    return Path(temporary) / "covpath-cell"


def begin(environment: Mapping[str, str]) -> CellSettings:
    """Take the cell's settings from the environment and lay them down, and a launcher on the path.

    The record's place becomes the step's output ``record``. Raises InputError for settings that are none.
    """
    settings = _settings(environment)
    folder = cell_folder(environment)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _SETTINGS).write_text(json.dumps(to_data(settings)), encoding="utf-8")
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    launcher = programs / "covpath"
    # -I: what the job sets for its own Python (PYTHONPATH, PYTHONHOME) does not reach covpath's.
    # COVPATH_LC_CTYPE: Python sets LC_CTYPE, which the measured command must not see (PEP 538).
    launcher.write_text(_LAUNCHER.format(python=f'"{sys.executable}"'), encoding="utf-8")
    launcher.chmod(launcher.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)
    _append(environment, "GITHUB_PATH", str(programs))
    _append(environment, "GITHUB_OUTPUT", f"record={folder / 'evidence.json'}")
    return settings


def step_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment as the step's own shell would have had it: without what the launcher and Python change."""
    found = dict(environment)
    before = found.pop("COVPATH_LC_CTYPE", None)
    if before is not None:
        found.pop("LC_CTYPE", None)
        if before.startswith("="):
            found["LC_CTYPE"] = before[1:]
    return found


def load_settings(environment: Mapping[str, str]) -> CellSettings:
    """What ``begin`` laid down. Raises InputError where it did not."""
    path = cell_folder(environment) / _SETTINGS
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise InputError(f"the cell was not begun: {error}.", place=Place(str(path))) from error
    return _from_data(data, str(path))


def _settings(environment: Mapping[str, str]) -> CellSettings:
    cell, subject = _json(environment, "COVPATH_CELL"), _json(environment, "COVPATH_SUBJECT")
    about = {name: subject.get(name) for name in ("name", "commit", "digest")}
    data = {
        "environment": {},
        **cell,
        **{name: subject.get(name) for name in ("time_limit_seconds", "secrets", "parts")},
        "subject": {**about, "job": subject.get("name")},
        "runner": json.loads(str(cell.get("runner"))),
        "report": environment.get("COVPATH_REPORT") or None,
        "workspace": environment.get("GITHUB_WORKSPACE") or str(Path.cwd()),
        "began": time.time(),
    }
    return _from_data(data, "COVPATH_CELL")


def _json(environment: Mapping[str, str], name: str) -> dict[str, Any]:
    try:
        found = json.loads(environment[name])
    except (KeyError, ValueError) as error:
        raise InputError(f"{name} does not hold what the generated workflow puts there: {error}.") from error
    if not isinstance(found, dict):
        raise InputError(f"{name} is not a mapping.")
    return found


def _from_data(data: Any, file: str) -> CellSettings:
    try:
        runner = from_data(RunnerProfile, data["runner"], "runner", lambda _route: Place(file))
        return CellSettings(
            subject=SubjectRecord(**data["subject"]),
            backend=str(data["backend"]),
            number=int(data["number"]),
            runner=runner,
            report=data["report"],
            workspace=str(data["workspace"]),
            environment={str(name): str(value) for name, value in data["environment"].items()},
            time_limit_seconds=data["time_limit_seconds"],
            secrets=tuple(map(str, data["secrets"])),
            parts=tuple(PartSettings(**part) for part in data["parts"]),
            began=float(data["began"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(f"the cell's settings are not whole: {error!r}.", place=Place(file)) from error


def _append(environment: Mapping[str, str], name: str, line: str) -> None:
    path = environment.get(name)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{line}{os.linesep}")
