"""What the Python backends share: how pytest is started, report names, and losses they all can have."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from covpath.backends.contract import Command, Situation, command, make_directory, prefixed
from covpath.backends.losses import stop, warn
from covpath.backends.request import CoverageRequest, Format, Report, Topic
from covpath.backends.words import Argument, directory_of, plain, words

VARIABLES = ("PYTEST_ADDOPTS", "COVERAGE_CORE", "COVERAGE_FILE", "COVERAGE_RCFILE")
"""Environment variables the Python backends read."""

DEFAULT_PATHS = {
    Format.COBERTURA: "coverage.xml",
    Format.LCOV: "coverage.lcov",
    Format.JSON: "coverage.json",
    Format.HTML: "htmlcov",
    Format.MARKDOWN: "coverage.md",
}
"""Where pytest-cov writes a report without a path; coverage.py's defaults are the same but for Markdown."""

PYTEST = frozenset({"pytest", "py.test"})

UNITTEST = stop(
    "not-pytest", "unittest runs these tests: pytest runs them too, but finds their files in its own way (test_*.py)"
)
NOT_PYTEST = stop("not-pytest", "this does not run pytest, so a pytest plugin has nothing to measure")
XDIST = stop(
    "xdist",
    "coverage.py measures nothing in pytest-xdist's workers, so the figure falls to 0 % (the setting patch = subprocess"
    " with parallel data files would measure them)",
)
CONTEXTS = warn("test-contexts", "no context is recorded for each test")
CONFIG = warn(
    "coverage-config",
    "omit, exclude and source in .coveragerc, setup.cfg, tox.ini and [tool.coverage] are not read; slipcover has"
    " [tool.slipcover] in pyproject.toml",
)
NO_CONFIG = warn("coverage-config", "slipcover does not read coverage.py's configuration file")
SLIPCOVER_CONFIG = warn(
    "slipcover-config", "[tool.slipcover] in pyproject.toml is not read; set the same in coverage.py's"
)
DIFFERENT_LINES = warn(
    "counted-lines",
    "slipcover and coverage.py count different lines (each line of a statement, and only the first), so the figure"
    " changes",
)
THRESHOLD = warn("threshold", "other lines are counted, so the same number is another demand: derive it anew")
EXIT_CODE = warn(
    "threshold-exit-code", "below the threshold the command ends with another code (pytest-cov 1, others 2)"
)
JSON = stop("json-schema", "the two JSON schemas have nothing in common; whoever reads this file breaks")
ADDOPTS = warn(
    "cov-in-addopts",
    "pytest's configuration turns pytest-cov on: --no-cov turns it off here; remove --cov from addopts",
)
IMPORTABLE = warn(
    "current-directory-importable",
    "started as a module, pytest can also import from the current directory, which plain pytest does not add",
)
FAILURE = warn(
    "no-cov-on-fail",
    "after a failing test the reports are not written because the commands for them are not reached",
)


def environment(environ: Mapping[str, str], assigned: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The variables the Python backends look at."""
    seen = {**environ, **assigned}
    return tuple((name, seen[name]) for name in VARIABLES if name in seen)


def runs_pytest(request: CoverageRequest) -> bool:
    """Whether what is measured is pytest."""
    texts = tuple(str(word) for word in request.command)
    if texts[:1] == ("-m",):
        return len(texts) > 1 and texts[1] in PYTEST
    return bool(texts) and texts[0].rsplit("/", 1)[-1] in PYTEST


def distributes(request: CoverageRequest, situation: Situation) -> bool:
    """Whether pytest-xdist's workers run the tests, as far as can be seen."""
    hidden = words_or_none(f"{situation.pytest_addopts} {request.variable('PYTEST_ADDOPTS') or ''}")
    texts = [str(word) for word in (*request.passed_words, *hidden)]
    for index, text in enumerate(texts):
        count = None
        if text in {"-n", "--numprocesses"}:
            count = texts[index + 1] if index + 1 < len(texts) else ""
        elif match := re.fullmatch(r"(?:-n|--numprocesses)=?(\w+)", text):
            count = match[1]
        elif text == "--dist":
            count = texts[index + 1] if index + 1 < len(texts) else ""
        elif text == "-d" or text.startswith("--dist="):
            count = text.partition("=")[2] or "auto"
        if count is not None and count not in {"0", "no"}:
            return True
    return False


def words_or_none(line: str) -> tuple[Argument, ...]:
    """The words of ``line``, or none where it cannot be split."""
    try:
        return words(line)
    except ValueError:
        return ()


def tool(request: CoverageRequest, name: str, *, measuring: bool) -> tuple[Argument, ...]:
    """``name`` started the way the old command was: as a module of the same interpreter, or by itself."""
    if request.interpreter:
        return (*prefixed(request, measuring=measuring), *request.interpreter, plain("-m"), plain(name))
    return (*prefixed(request, measuring=measuring), plain(request.folder + name))


def module(request: CoverageRequest, name: str, *, measuring: bool) -> tuple[Argument, ...]:
    """``python -m name``, with the interpreter that the old command named, if any."""
    if request.interpreter:
        return tool(request, name, measuring=measuring)
    return (*prefixed(request, measuring=measuring), plain(f"{request.folder}python"), *words("-m"), plain(name))


def added_to_path(request: CoverageRequest) -> bool:
    """Whether pytest was started by its own name, without the current directory on the import path."""
    return not request.interpreter and runs_pytest(request)


def sources(request: CoverageRequest) -> tuple[Argument, ...]:
    """What is measured, one each (coverage.py separates them with commas)."""
    found: list[Argument] = []
    for value in request.values(Topic.SOURCE):
        if value.text is None:
            found.append(value)
        else:
            found += [plain(part) for part in value.text.split(",") if part]
    return tuple(found)


def joined(values: Sequence[Argument]) -> Argument | None:
    """The values as one, separated by commas, or None where there is none."""
    if not values:
        return None
    if all(value.text is not None for value in values):
        return plain(",".join(str(value) for value in values))
    return Argument(",".join(value.raw for value in values), None)


def directories(reports: Sequence[Report]) -> tuple[Command, ...]:
    """``mkdir -p`` for every folder a report needs, for tools that fail without it."""
    made: list[Command] = []
    for report in reports:
        directory = directory_of(report.path) if report.path is not None else None
        if directory is not None and make_directory(directory) not in made:
            made.append(make_directory(directory))
    return tuple(made)


def run(line: Sequence[Argument]) -> Command:
    """The command that runs the tests."""
    return command(line, measures=True)


def report(line: Sequence[Argument], *, always: bool = False) -> Command:
    """A command that reports."""
    return command(line, always=always)
