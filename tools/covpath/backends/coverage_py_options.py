"""coverage.py's options for ``run`` and for the commands that report, and what is lost with each.

Read from ``coverage run --help`` and its like at version 7.17.
"""

from __future__ import annotations

from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import Arity, Dialect, Option, Table
from covpath.backends.request import Format, Topic

NAME = "coverage.py"


def _own(leaving: Leaving, *names: str, arity: Arity = Arity.NONE) -> Option:
    return Option(names=names, arity=arity, leaving=leaving)


def _one(topic: Topic, *names: str, joined: str | None = None) -> Option:
    return Option(names=names, arity=Arity.ONE, topic=topic, joined=joined)


_DIALECT = Dialect(abbreviations=True, stops_at_positional=True)
_REPORT_DIALECT = Dialect(abbreviations=True)
_DATA = warn("data-file", "the name of the data file is not carried over; COVERAGE_FILE sets it for all of coverage.py")
_DEBUG = drop("debug", "it only adds to the log")

RUN = Table(
    (
        Option(names=("-m", "--module")),
        Option(names=("--append", "-a"), topic=Topic.APPEND),
        Option(names=("--branch",), topic=Topic.BRANCH),
        _one(Topic.SOURCE, "--source", joined=","),
        _one(Topic.EXCLUDE_FILES, "--omit", joined=","),
        _one(Topic.INCLUDE_FILES, "--include", joined=","),
        _one(Topic.CONFIG, "--rcfile"),
        _own(
            warn("concurrency", "the concurrency library must be set in a configuration file"),
            "--concurrency",
            arity=Arity.ONE,
        ),
        _own(warn("static-context", "no context label is recorded"), "--context", arity=Arity.ONE),
        _own(_DATA, "--data-file", arity=Arity.ONE),
        _own(stop("pylib", "the installed library cannot be measured"), "-L", "--pylib"),
        _own(drop("parallel-mode", "data of several processes is put together by itself"), "-p", "--parallel-mode"),
        _own(warn("save-signal", "no signal writes the data"), "--save-signal", arity=Arity.ONE),
        _own(drop("timid", "there is one way of tracing"), "--timid"),
        _own(_DEBUG, "--debug", arity=Arity.ONE),
    ),
    _DIALECT,
)

_LOOKS = drop("report-appearance", "it only changes how the report looks")
_MODULES = warn("report-errors", "files that cannot be read end the report")

REPORT = Table(
    (
        Option(names=("-o",), arity=Arity.ONE),
        Option(names=("-d", "--directory"), arity=Arity.ONE),
        Option(names=("--format",), arity=Arity.ONE),
        Option(names=("--fail-under",), arity=Arity.ONE),
        Option(names=("-m", "--show-missing"), topic=Topic.MISSING_LINES),
        Option(names=("--skip-covered",), topic=Topic.SKIP_COVERED),
        _one(Topic.PRECISION, "--precision"),
        _one(Topic.EXCLUDE_FILES, "--omit", joined=","),
        _one(Topic.INCLUDE_FILES, "--include", joined=","),
        _one(Topic.CONFIG, "--rcfile"),
        _own(_MODULES, "-i", "--ignore-errors"),
        _own(_DATA, "--data-file", arity=Arity.ONE),
        _own(drop("keep-combined", "there is nothing to keep"), "--keep-combined"),
        _own(warn("test-contexts", "contexts are not shown"), "--show-contexts"),
        _own(warn("test-contexts", "contexts cannot be chosen"), "--contexts", arity=Arity.ONE),
        _own(_LOOKS, "-q", "--quiet"),
        _own(_LOOKS, "--skip-empty"),
        _own(_LOOKS, "--no-skip-covered"),
        _own(_LOOKS, "--pretty-print"),
        _own(_LOOKS, "--sort", arity=Arity.ONE),
        _own(_LOOKS, "--title", arity=Arity.ONE),
        _own(_LOOKS, "--extra-css", arity=Arity.ONE),
        _own(_DEBUG, "--debug", arity=Arity.ONE),
    ),
    _REPORT_DIALECT,
)
"""For ``xml``, ``lcov``, ``json``, ``html``, ``report`` and ``annotate``; each takes a part of these."""

REPORT_COMMANDS = {
    "xml": Format.COBERTURA,
    "lcov": Format.LCOV,
    "json": Format.JSON,
    "html": Format.HTML,
    "report": Format.TEXT,
    "annotate": Format.OTHER,
}
