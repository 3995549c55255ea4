"""The same measurement by other backends: the job's script with its measuring command exchanged."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from covpath.backends.contract import Recognition, Situation
from covpath.backends.request import CoverageRequest, Language
from covpath.backends.table import backend
from covpath.bench.from_job import MeasuringCommand
from covpath.bench.interpreters import Interpreter
from covpath.bench.subject import Probe, Variant
from covpath.errors import Refusal, UsageError
from covpath.terms import LossAction

CORES = ("ctrace", "sysmon")
"""coverage.py's measurement cores that are benched by name (``coverage.py-ctrace``)."""

_ASK_CORE = 'python -m coverage run --debug=sys --data-file="$RUNNER_TEMP/asked" -m platform'
"""Starts a measurement, of nothing much: a requested core can silently be another.

Its data goes to a file that coverage.py may remove: it removes the old one, a device of that name too.
"""

DEFAULTS: Mapping[Language, tuple[str, ...]] = {
    Language.PYTHON: ("pytest-cov", "coverage.py-ctrace", "coverage.py-sysmon", "slipcover"),
    Language.RUST: ("cargo-tarpaulin", "cargo-llvm-cov"),
    Language.JAVASCRIPT: ("nyc", "c8"),
}
"""What is benched for a language where nothing else is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variants:
    """The variants that can be benched, and what is said about the others or is different in them."""

    variants: tuple[Variant, ...]
    notes: tuple[str, ...]


def make_variants(command: MeasuringCommand, names: Sequence[str], interpreter: Interpreter) -> Variants:
    """One variant for each backend name; the job's own backend keeps its script untouched.

    Where a variant needs another interpreter, the job's own installing steps are run for it.
    Raises UsageError for an unknown name, Refusal where nothing is left to bench.
    """
    own = command.measuring.recognition
    assert own is not None
    module = backend(own.backend)
    request = module.parse(own).request
    chosen = tuple(names) or DEFAULTS[module.LANGUAGE]
    variants: list[Variant] = []
    notes: list[str] = []
    for name in chosen:
        base, core = split_core(name)
        target = backend(base)
        if target.LANGUAGE is not module.LANGUAGE:
            raise UsageError(
                f"{base} does not measure {module.LANGUAGE}.", hint=f"Use {', '.join(DEFAULTS[module.LANGUAGE])}."
            )
        if core == "sysmon" and not interpreter.monitors:
            notes.append(f"{name}: left out; {interpreter.why_not}.")
            continue
        made = _variant(command, own, request, name, base, core)
        if isinstance(made, str):
            notes.append(f"{name}: left out; {made}")
            continue
        variants.append(interpreter.adapted(made, command.installs) if core == "sysmon" else made)
    if not variants:
        raise Refusal("no backend is left to measure with.", hint=" ".join(notes) or None)
    return Variants(variants=tuple(variants), notes=tuple(notes))


def split_core(name: str) -> tuple[str, str | None]:
    """``coverage.py-ctrace`` as backend and core."""
    base, _, core = name.rpartition("-")
    return (base, core) if core in CORES else (name, None)


def _variant(
    command: MeasuringCommand, own: Recognition, request: CoverageRequest, name: str, base: str, core: str | None
) -> Variant | str:
    """The variant, or why there is none."""
    script, report = command.script, next((one.path for one in request.files if one.path is not None), None)
    path = str(report) if report is not None else None
    environment = dict(command.environment)
    target = backend(base)
    if own.backend != target.NAME:
        emission = target.emit(request, Situation(workdir=command.directory))
        stops = [loss for loss in emission.losses if loss.action is LossAction.STOP]
        if stops:
            return "; ".join(loss.message for loss in stops)
        line = " && ".join(one.line for one in emission.commands)
        span = command.measuring.command
        assert span is not None
        script = script[: span.span.start] + line + script[span.span.end :]
        environment.update(emission.environment)
        path = next((str(one.path) for one in emission.reports if one.path is not None), path)
    if core is not None:
        environment["COVERAGE_CORE"] = core
    return Variant(
        backend=name,
        script=script,
        report=None if path is None else os.path.normpath(str(Path(command.directory) / path)),
        shell=command.shell,
        directory=command.directory,
        environment=tuple(environment.items()),
        probes=tuple(probes(base)),
    )


def probes(base: str) -> Iterator[Probe]:
    """What to ask once: the core that really measures, and the tool's version."""
    if base in ("pytest-cov", "coverage.py"):
        yield Probe(name="core", script=_ASK_CORE, pattern=r"(?m)^\s*core: (\S.*)$")
        yield Probe(name="coverage.py", script="python -m coverage --version", pattern=r"version (\S+?),? ")
    if base == "pytest-cov":
        yield Probe(name="pytest-cov", script="python -m pip show pytest-cov", pattern=r"Version: (\S+)")
    if base == "slipcover":
        yield Probe(name="slipcover", script="python -m slipcover --version", pattern=r"v?([\d.]+)")
    if base.startswith("cargo-"):
        yield Probe(name=base, script=f"cargo {base.removeprefix('cargo-')} --version", pattern=r"(\d[\w.]+)")
    if base in ("nyc", "c8"):
        yield Probe(name=base, script=f"npx {base} --version", pattern=r"(\d[\w.]+)")
