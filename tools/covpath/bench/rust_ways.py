"""What is particular to Rust's ways of measuring: tarpaulin's two engines, plain LLVM tools, test threads.

cargo-tarpaulin's LLVM engine runs tests on one thread unless told otherwise, its ptrace engine
keeps them on one processor whatever it is told, the others run them on all: a comparison that
ignores this measures threads (``facts``, backends, fact 2; seen with 0.37). The job's own habit is
held for all, and where it cannot be, that is said. In a trial cargo-llvm-cov must not add components to the
toolchain, as it does where ``CI`` is set: the toolchain is no copy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from covpath.backends.request import CoverageRequest, Format
from covpath.backends.words import Argument, plain, texts
from covpath.bench.from_job import MeasuringCommand
from covpath.bench.rewritten import (
    Left,
    Rewritten,
    exchanged,
    put_together,
    report_path,
    rewritten,
    translated,
    untouched,
)
from covpath.bench.subject import DEFAULT_SHELL, Probe

TARPAULIN = "cargo-tarpaulin"
TARPAULIN_LLVM = "cargo-tarpaulin-llvm"
PLAIN = "instrument-coverage"
"""rustc's own instrumentation, put together by LLVM's tools."""

_SERIAL = "its tests run one at a time, as the job's own backend runs them"
_ONE_PROCESSOR = "the ptrace engine keeps tests on one processor"

_BUILT = '"$RUNNER_TEMP/built.json"'
_PROFILES = '"$PWD/target/coverage"'


def way(
    command: MeasuringCommand, request: CoverageRequest, base: str, mode: str | None, llvm: Mapping[str, str]
) -> Rewritten:
    """The script of one way of measuring Rust. Raises Left where there is none."""
    if base == TARPAULIN:
        return _tarpaulin(command, request, "ptrace" if mode is None else mode)
    if mode == PLAIN:
        return _plain(command, request, llvm)
    if command.backend == base:
        found = untouched(command, request)
    else:
        found = _noted(rewritten(command, base), _SERIAL if request.behaviour.serial_tests else None)
    return found.with_environment({"CARGO_LLVM_COV_SETUP": "no", **llvm}) if base == "cargo-llvm-cov" else found


def probes(base: str, mode: str | None) -> Iterator[Probe]:
    """The tool's version and the compiler's."""
    if base.startswith("cargo-"):
        version = rf"^{base}\S* (\d[\w.]+)"
        yield Probe(name=base, script=f"cargo {base.removeprefix('cargo-')} --version", pattern=version)
    elif mode == PLAIN:
        yield Probe(name="llvm", script='"$LLVM_PROFDATA" --version', pattern=r"LLVM version (\d[\w.]+)")
    elif base == "grcov":
        yield Probe(name=base, script="grcov --version", pattern=r"^grcov (\d[\w.]+)")
    else:
        return
    yield Probe(name="rustc", script="rustc --version", pattern=r"rustc (\d[\w.-]+)")


def _tarpaulin(command: MeasuringCommand, request: CoverageRequest, engine: str) -> Rewritten:
    note = _ONE_PROCESSOR if engine == "ptrace" and not request.behaviour.serial_tests else None
    if command.backend != TARPAULIN:
        found = translated(command, TARPAULIN)
        lines = {
            one.index: tuple(line.line.replace("--engine llvm", f"--engine {engine}") for line in one.commands)
            for one in found.replacements
        }
        return _noted(put_together(command, found, lines), note)
    own = untouched(command, request)
    if (request.behaviour.engine or "ptrace").replace("auto", "ptrace") == engine:
        return own
    lines = {
        index: (" ".join(word.raw for word in _with_engine(one.words, engine)),)
        for index, one in enumerate(command.commands)
    }
    return Rewritten(script=exchanged(command, lines), report=own.report)


def _with_engine(words: Sequence[Argument], engine: str) -> tuple[Argument, ...]:
    """The words with ``--engine`` set anew."""
    line = list(words)
    names = texts(line)
    if "--engine" in names:
        line[names.index("--engine") + 1] = plain(engine)
        return tuple(line)
    attached = next((index for index, name in enumerate(names) if name.startswith("--engine=")), None)
    if attached is not None:
        line[attached] = plain(f"--engine={engine}")
        return tuple(line)
    end = names.index("--") if "--" in names else len(line)
    return (*line[:end], plain("--engine"), plain(engine), *line[end:])


def _plain(command: MeasuringCommand, request: CoverageRequest, llvm: Mapping[str, str]) -> Rewritten:
    """``cargo test`` under ``-C instrument-coverage``; the profiles merged and exported as lcov by hand."""
    if not llvm:
        raise Left("LLVM's tools of the compiler's version are not here")
    found = translated(command, "grcov", Format.LCOV)
    measuring = next(one for one in found.replacements if one.commands)
    tests = next(one for one in measuring.commands if one.measures)
    report = report_path(found.after) or "lcov.info"
    written = _script(tests.words, report, _ignored(command))
    lines: dict[int, Sequence[str]] = {one.index: (written,) if one is measuring else () for one in found.replacements}
    environment = {name: value for name, value in found.environment if name != "LLVM_PROFILE_FILE"}
    return Rewritten(
        script=exchanged(command, lines),
        report=report,
        environment={**environment, **llvm},
        notes=(_SERIAL,) if request.behaviour.serial_tests else (),
        shell=DEFAULT_SHELL,
    )


def _script(tests: Sequence[str], report: str, ignored: str | None) -> str:
    end = tests.index("--") if "--" in tests else len(tests)
    # What is wrong (a full disk, say) goes to the log, only the rest into the file.
    build = " ".join((*tests[:end], "--no-run", "--message-format=json-render-diagnostics"))
    folder = report.rpartition("/")[0]
    without = f" --ignore-filename-regex={ignored}" if ignored else ""
    lines = (
        f"export LLVM_PROFILE_FILE={_PROFILES}/%p-%m.profraw",
        f"{build} > {_BUILT}",
        " ".join(tests),
        f'mapfile -t objects < <(sed -n \'s/.*"executable":"\\([^"]*\\)".*/--object=\\1/p\' {_BUILT})',
        f'"$LLVM_PROFDATA" merge --sparse {_PROFILES}/*.profraw -o {_PROFILES}/all.profdata',
        *((f"mkdir -p {folder}",) if folder else ()),
        f'"$LLVM_COV" export --format=lcov --skip-functions --instr-profile={_PROFILES}/all.profdata'
        f' "${{objects[@]}}"{without} --sources "$PWD" > {report}',
    )
    return "\n".join(lines)


def _ignored(command: MeasuringCommand) -> str | None:
    """The files the job leaves out, as the expression cargo-llvm-cov would be given."""
    if command.backend == "cargo-llvm-cov":
        lines = [one.words for one in command.commands]
        words = [word.raw for line in lines for word in line]
    else:
        words = [word for one in translated(command, "cargo-llvm-cov").commands for word in one.words]
    flag = "--ignore-filename-regex"
    if flag in words:
        return words[words.index(flag) + 1]
    return next((word.partition("=")[2] for word in words if word.startswith(f"{flag}=")), None)


def _noted(found: Rewritten, note: str | None) -> Rewritten:
    return found if note is None else replace(found, notes=(*found.notes, note))
