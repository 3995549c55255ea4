"""A job's script with the backend's commands in it exchanged, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from covpath.backends.cargo_workspace import tarpaulin_configuration, workspace_root
from covpath.backends.contract import Situation
from covpath.backends.request import MACHINE_FORMATS, CoverageRequest, Format, Report
from covpath.backends.translate import Translation, script_lines, translate
from covpath.bench.from_job import MeasuringCommand
from covpath.bench.measuring_script import Measured
from covpath.bench.subject import Probe, Variant
from covpath.terms import LossAction


class Left(Exception):
    """A way of measuring that is left out; the message says why."""


class Rewritten(Struct, frozen=True, kw_only=True):
    """A script and what it needs. ``report`` is a path from the step's directory.

    ``unset`` are variables of the step that served its own backend only.
    ``own`` says that it is the job's script as it stands, ``notes`` what differs and cannot be seen.
    """

    script: str
    report: str | None
    environment: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    shell: str | None = None
    own: bool = False

    def with_environment(self, more: Mapping[str, str]) -> Rewritten:
        """The same with more variables set."""
        return replace(self, environment={**self.environment, **more})


def untouched(command: MeasuringCommand, request: CoverageRequest) -> Rewritten:
    """The job's own script."""
    return Rewritten(script=command.script, report=report_path(request.reports), own=True)


def rewritten(command: MeasuringCommand, target: str) -> Rewritten:
    """The job's script with another backend's commands."""
    found = translated(command, target)
    lines = {one.index: script_lines(one.commands) for one in found.replacements}
    return put_together(command, found, lines)


def put_together(command: MeasuringCommand, found: Translation, lines: Mapping[int, Sequence[str]]) -> Rewritten:
    """The script with these lines, and the variables the translation sets and leaves out."""
    own = found.request.own_variables
    return Rewritten(
        script=exchanged(command, lines),
        report=report_path(found.after),
        environment={**{name: rest for name, rest in own if rest is not None}, **dict(found.environment)},
        unset=(*(name for name, rest in own if rest is None), *found.unset),
    )


def translated(command: MeasuringCommand, target: str, report: Format | None = None) -> Translation:
    """The commands for ``target``, without thresholds, with the job's own number of test threads.

    Raises Left where something asked for cannot be said to it.
    """
    found = translate(
        [one.words for one in command.commands],
        target,
        report=report,
        situation=_situation(command),
        environ=dict(command.environment),
        tarpaulin_toml=_tarpaulin_toml(command),
        thresholds=False,
    )
    stops = [loss.message for loss in found.losses if loss.action is LossAction.STOP]
    if stops:
        raise Left("; ".join(dict.fromkeys(stops)))
    return found


def exchanged(command: MeasuringCommand, lines: Mapping[int, Sequence[str]]) -> str:
    """The script with ``lines`` in the place of command number so-and-so; no line: nothing is done there.

    Variables set before a command and redirections behind it stay.
    """
    script = command.script
    for index in sorted(lines, key=lambda index: command.commands[index].command.span.start, reverse=True):
        words = command.commands[index].command.words
        start, end = words[0].span.start, words[-1].span.end
        script = script[:start] + _put(command.commands[index], script, start, lines[index]) + script[end:]
    return script


def placed(command: MeasuringCommand, name: str, found: Rewritten, probes: tuple[Probe, ...]) -> Variant:
    """The variant that runs the script in the step's surroundings."""
    kept = {name: value for name, value in command.environment if name not in found.unset}
    environment = {**kept, **found.environment}
    report = found.report
    return Variant(
        backend=name,
        script=found.script,
        report=None if report is None else os.path.normpath(str(Path(command.directory) / report)),
        shell=found.shell or command.shell,
        directory=command.directory,
        environment=tuple(environment.items()),
        probes=probes,
    )


def report_path(reports: Sequence[Report]) -> str | None:
    """The report that is judged: the first that programs read, else none."""
    paths = (one.path for one in reports if one.path is not None and one.format in MACHINE_FORMATS)
    return next((str(path) for path in paths), None)


def _put(one: Measured, script: str, start: int, lines: Sequence[str]) -> str:
    """One line where the command shares its own with something, else each on its own."""
    if not lines:
        return ":"
    indent = script[script.rfind("\n", 0, start) + 1 : start]
    if one.command.context or indent.strip():
        return (
            lines[0] if len(lines) == 1 else f"{{ {'; '.join(lines) if _remembers(lines) else ' && '.join(lines)}; }}"
        )
    if _remembers(lines) and script[one.command.span.end :].strip():
        return f"\n{indent}".join(("(", *lines, ")"))  # its exit is not the script's
    return f"\n{indent}".join(lines)


def _remembers(lines: Sequence[str]) -> bool:
    """Whether the lines keep a failure for later, and so must all run."""
    return lines[0] == "status=0"


def _situation(command: MeasuringCommand) -> Situation:
    root = workspace_root(command.directory, command.read)
    return Situation(workdir=os.path.normpath(command.directory), workspace_root=root, keep_serial=True)


def _tarpaulin_toml(command: MeasuringCommand) -> str | None:
    root = workspace_root(command.directory, command.read)
    return tarpaulin_configuration(root or command.directory, command.read)
