"""The same measurement by other backends: the job's script with its measuring commands exchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from covpath.backends.gathering import gather
from covpath.backends.request import CoverageRequest, Language, Topic
from covpath.backends.table import backend
from covpath.bench import python_ways, rust_ways
from covpath.bench.from_job import MeasuringCommand
from covpath.bench.interpreters import Interpreter, own_environment
from covpath.bench.llvm_tools import llvm_tools
from covpath.bench.parity import JobThreshold
from covpath.bench.rewritten import Left, Rewritten, placed, rewritten, untouched
from covpath.bench.subject import Probe, Variant
from covpath.errors import Refusal, UsageError

CORES = python_ways.CORES

DEFAULTS: Mapping[Language, tuple[str, ...]] = {
    Language.PYTHON: ("pytest-cov", "coverage.py-ctrace", "coverage.py-sysmon", "slipcover"),
    Language.RUST: ("cargo-tarpaulin", rust_ways.TARPAULIN_LLVM, "cargo-llvm-cov", rust_ways.PLAIN),
    Language.JAVASCRIPT: ("nyc", "c8"),
}
"""What is benched for a language where nothing else is asked."""


class Variants(Struct, frozen=True, kw_only=True):
    """The variants that can be benched, and what is said about the others or is different in them.

    ``own`` names the variant that is the job's own measurement, None where it is not among them.
    """

    variants: tuple[Variant, ...]
    notes: tuple[str, ...]
    request: CoverageRequest
    own: str | None = None


def make_variants(
    command: MeasuringCommand, names: Sequence[str], interpreter: Interpreter, llvm: Mapping[str, str] | None = None
) -> Variants:
    """One variant for each backend name; the job's own backend keeps its script untouched.

    Where a variant needs another interpreter, the job's own installing steps are run for it.
    ``llvm`` are the variables that name LLVM's tools (default: those found here). Raises
    UsageError for an unknown name, Refusal where nothing is left to bench.
    """
    module = backend(command.backend)
    request = gather([(one.recognition, module.parse(one.recognition)) for one in command.commands]).request
    if llvm is None:
        llvm = llvm_tools(own_environment()) if module.LANGUAGE is Language.RUST else {}
    variants: list[Variant] = []
    notes: list[str] = []
    own: list[str] = []
    for name in tuple(names) or DEFAULTS[module.LANGUAGE]:
        base, mode = split_name(name)
        if backend(base).LANGUAGE is not module.LANGUAGE:
            raise UsageError(
                f"{base} does not measure {module.LANGUAGE}.", hint=f"Use {', '.join(DEFAULTS[module.LANGUAGE])}."
            )
        try:
            found = _way(command, request, backend(base).NAME, mode, llvm)
            if mode == python_ways.SYSMON:
                python_ways.require_monitoring(request, interpreter)
        except Left as left:
            notes.append(f"{name}: left out; {left}.")
            continue
        variant = placed(command, name, found, tuple(probes(base, request, mode)))
        if mode == python_ways.SYSMON:
            variant = interpreter.adapted(variant, command.installs)
        variants.append(variant)
        notes += [f"{name}: {note}." for note in found.notes]
        own += [variant.backend] if found.own else []
    if not variants:
        raise Refusal("no backend is left to measure with.", hint=" ".join(notes) or None)
    return Variants(variants=tuple(variants), notes=tuple(notes), request=request, own=next(iter(own), None))


def job_threshold(request: CoverageRequest) -> JobThreshold | None:
    """The job's minimum of lines; of other things where there is no such, None where there is none at all.

    Where branches are measured, Python's total counts them too.
    """
    of_lines = {"lines"} if request.has(Topic.BRANCH) else {"lines", "total"}
    for asked in sorted(request.thresholds, key=lambda one: one.metric not in of_lines):
        what = f"{asked.flag} {asked.value.raw}"
        try:
            value = float(str(asked.value)) if asked.metric in of_lines else None
        except ValueError:
            value = None
        return JobThreshold(what=what, value=value)
    return None


def split_name(name: str) -> tuple[str, str | None]:
    """A name that is benched as backend and way of measuring: ``coverage.py-ctrace``, ``cargo-tarpaulin-llvm``."""
    if name == rust_ways.PLAIN:
        return "grcov", rust_ways.PLAIN
    if name == rust_ways.TARPAULIN_LLVM:
        return "cargo-tarpaulin", "llvm"
    return split_core(name)


def split_core(name: str) -> tuple[str, str | None]:
    """``coverage.py-ctrace`` as backend and core."""
    base, _, core = name.rpartition("-")
    return (base, core) if core in CORES else (name, None)


def _way(
    command: MeasuringCommand, request: CoverageRequest, base: str, mode: str | None, llvm: Mapping[str, str]
) -> Rewritten:
    """The script of one way of measuring; Left where there is none."""
    if request.language is Language.RUST:
        return rust_ways.way(command, request, base, mode, llvm)
    found = untouched(command, request) if command.backend == base else rewritten(command, base)
    return found if mode is None else found.with_environment({"COVERAGE_CORE": mode})


def probes(base: str, request: CoverageRequest | None = None, mode: str | None = None) -> Iterator[Probe]:
    """What to ask once: the core that really measures, and the tool's version."""
    if base in ("pytest-cov", "coverage.py"):
        yield python_ways.core_probe(branch=request is not None and request.has(Topic.BRANCH))
        yield Probe(name="coverage.py", script="python -m coverage --version", pattern=r"version (\S+?),? ")
    if base == "pytest-cov":
        yield Probe(name="pytest-cov", script="python -m pip show pytest-cov", pattern=r"Version: (\S+)")
    if base == "slipcover":
        yield Probe(name="slipcover", script="python -m slipcover --version", pattern=r"v?([\d.]+)")
    if base in ("nyc", "c8"):
        yield Probe(name=base, script=f"npx --no -- {base} --version", pattern=r"^(\d[\w.]+)$")
        yield Probe(name="node", script="node --version", pattern=r"^v(\d[\w.]+)$")
    yield from rust_ways.probes(base, mode)
