"""Actions that take a coverage report: which inputs name it, what format they want, when they fail.

Inputs are read as GitHub hands them over: strings. A value that holds an expression is unknown.
Sources: the actions' own ``action.yml`` and programs, 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import reduce

from msgspec import Struct, field
from msgspec.structs import replace

from covpath.backends.request import Format
from covpath.patterns import regex
from covpath.terms import Tri, both

_MAJOR = regex(r"v?(\d+)(?:\.\d+)*(?:[-+].*)?")


class Switch(Struct, frozen=True):
    """A yes-or-no input, and what each answer means."""

    input: str
    default: bool
    when_true: Tri = Tri.TRUE
    when_false: Tri = Tri.FALSE

    def read(self, inputs: Mapping[str, str]) -> Tri:
        """What the input's value means; unknown where an expression decides."""
        value = inputs.get(self.input)
        if value is None or not value.strip():
            return self.when_true if self.default else self.when_false
        if "${{" in value:
            return Tri.UNKNOWN
        return self.when_true if value.strip().lower() == "true" else self.when_false


class Choice(Struct, frozen=True):
    """An input with several words, of which some make a missing report an error."""

    input: str
    default: str
    failing: frozenset[str]

    def read(self, inputs: Mapping[str, str]) -> Tri:
        """Whether the chosen word is one that fails."""
        value = inputs.get(self.input) or self.default
        return Tri.UNKNOWN if "${{" in value else Tri.of(value.strip() in self.failing)


class Absent(Struct, frozen=True):
    """True where none of these inputs is given."""

    inputs: tuple[str, ...]

    def read(self, inputs: Mapping[str, str]) -> Tri:
        """Whether all of them are missing or empty."""
        return Tri.of(not any((inputs.get(name) or "").strip() for name in self.inputs))


Condition = Switch | Choice | Absent | Tri


class PathInput(Struct, frozen=True):
    """An input that names reports, what separates several, and what is taken without it."""

    name: str
    separator: str = ""
    """A regular expression; empty where there is only one path."""
    default: str | None = None


class PathUse(Struct, frozen=True):
    """One path in an input: ``start`` and ``end`` are positions in the input's value."""

    input: str
    path: str
    start: int
    end: int


class Uploader(Struct, frozen=True, kw_only=True):
    """What is known of one action, at the version it is used at."""

    action: str
    service: str
    path_inputs: tuple[PathInput, ...]
    accepts: frozenset[Format] | None = None
    """The formats it reads; None where any file will do."""
    format_input: str | None = None
    format_values: Mapping[Format, str] = field(default_factory=dict)
    errors_count: tuple[Condition, ...] = (Tri.TRUE,)
    missing_counts: tuple[Condition, ...] = (Tri.UNKNOWN,)
    searches: Condition = Tri.FALSE
    """Whether it also looks for reports by itself."""
    major: int | None = None
    no_longer_inputs: frozenset[str] = frozenset()
    """Inputs of older versions that this one no longer has; the runner only warns about them."""

    def can_fail(self, inputs: Mapping[str, str]) -> Tri:
        """Whether an error of the upload fails the step."""
        return _all(self.errors_count, inputs)

    def missing_report_fails(self, inputs: Mapping[str, str]) -> Tri:
        """Whether the step fails when the report it should take does not exist."""
        return _all((*self.errors_count, *self.missing_counts), inputs)

    def searches_itself(self, inputs: Mapping[str, str]) -> Tri:
        """Whether it finds reports by their usual names, beside those that are named."""
        return _all((self.searches,), inputs)

    def paths(self, inputs: Mapping[str, str]) -> tuple[PathUse, ...]:
        """The paths its inputs name, with their positions in the inputs' values."""
        found: list[PathUse] = []
        for path_input in self.path_inputs:
            value = inputs.get(path_input.name)
            if value is not None and path_input.name not in self.no_longer_inputs:
                found += _split(path_input, value)
        return tuple(found)

    def ignored(self, inputs: Mapping[str, str]) -> tuple[str, ...]:
        """Inputs given that this version does not have."""
        return tuple(name for name in inputs if name in self.no_longer_inputs)


def _all(conditions: tuple[Condition, ...], inputs: Mapping[str, str]) -> Tri:
    read = (condition if isinstance(condition, Tri) else condition.read(inputs) for condition in conditions)
    return reduce(both, read, Tri.TRUE)


def _split(path_input: PathInput, value: str) -> list[PathUse]:
    if not path_input.separator:
        spans = [(0, len(value))]
    else:
        cuts = [match.span() for match in re.finditer(path_input.separator, value)]
        starts = [0, *(end for _, end in cuts)]
        ends = [*(start for start, _ in cuts), len(value)]
        spans = list(zip(starts, ends, strict=True))
    uses = []
    for start, end in spans:
        text = value[start:end]
        path = text.strip()
        if path:
            begin = start + text.index(path)
            uses.append(PathUse(path_input.name, path, begin, begin + len(path)))
    return uses


_COMMA = r","
_SPACE = r"\s+"
_LINE = r"\n"
_TEXT_REPORTS = frozenset({Format.LCOV, Format.COBERTURA, Format.CLOVER})

_CODECOV = Uploader(
    action="codecov/codecov-action",
    service="Codecov",
    path_inputs=(PathInput("files", _COMMA), PathInput("file")),
    accepts=_TEXT_REPORTS | {Format.CODECOV},
    errors_count=(Switch("fail_ci_if_error", default=False),),
    # It fails only when nothing at all is found, and it looks for other files unless told not to.
    missing_counts=(
        Switch("handle_no_reports_found", default=False, when_true=Tri.FALSE, when_false=Tri.TRUE),
        Switch("disable_search", default=False, when_false=Tri.UNKNOWN),
    ),
    searches=Switch("disable_search", default=False, when_true=Tri.FALSE, when_false=Tri.TRUE),
)

_FORMATS = {Format.LCOV: "lcov", Format.COBERTURA: "cobertura"}

UPLOADERS = (
    _CODECOV,
    Uploader(
        action="coverallsapp/github-action",
        service="Coveralls",
        path_inputs=(PathInput("file"), PathInput("files", _SPACE), PathInput("path-to-lcov")),
        accepts=_TEXT_REPORTS,
        format_input="format",
        format_values=_FORMATS,
        errors_count=(Switch("fail-on-error", default=True),),
        missing_counts=(Tri.TRUE,),
        searches=Absent(("file", "files", "path-to-lcov")),
    ),
    Uploader(
        action="codacy/codacy-coverage-reporter-action",
        service="Codacy",
        path_inputs=(PathInput("coverage-reports", _COMMA),),
        accepts=_TEXT_REPORTS,
        format_input="force-coverage-parser",
        format_values=_FORMATS,
    ),
    Uploader(
        action="actions/upload-code-coverage",
        service="GitHub",
        path_inputs=(PathInput("file"),),
        accepts=frozenset({Format.COBERTURA}),
        errors_count=(Switch("fail-on-error", default=True),),
    ),
    Uploader(
        action="qltysh/qlty-action/coverage",
        service="Qlty",
        path_inputs=(PathInput("files", r"[,\s]+"),),
        accepts=_TEXT_REPORTS,
        errors_count=(Switch("skip-errors", default=True, when_true=Tri.FALSE, when_false=Tri.TRUE),),
    ),
    Uploader(
        action="actions/upload-artifact",
        service="artifacts",
        path_inputs=(PathInput("path", _LINE),),
        missing_counts=(Choice("if-no-files-found", "warn", frozenset({"error"})),),
    ),
    Uploader(
        action="actions/upload-pages-artifact",
        service="GitHub Pages",
        path_inputs=(PathInput("path", default="_site/"),),
        missing_counts=(Tri.TRUE,),
    ),
    Uploader(
        action="irongut/CodeCoverageSummary",
        service="summary",
        path_inputs=(PathInput("filename", _COMMA),),
        accepts=frozenset({Format.COBERTURA}),
        missing_counts=(Tri.TRUE,),
    ),
    Uploader(
        action="5monkeys/cobertura-action",
        service="comment",
        path_inputs=(PathInput("path", default="coverage.xml"),),
        accepts=frozenset({Format.COBERTURA}),
    ),
    Uploader(
        action="insightsengineering/coverage-action",
        service="comment",
        path_inputs=(PathInput("path"),),
        accepts=frozenset({Format.COBERTURA}),
    ),
    Uploader(
        action="orgoro/coverage",
        service="comment",
        path_inputs=(PathInput("coverageFile"),),
        accepts=frozenset({Format.COBERTURA}),
    ),
    Uploader(
        action="zgosalvez/github-actions-report-lcov",
        service="comment",
        path_inputs=(PathInput("coverage-files"),),
        accepts=frozenset({Format.LCOV}),
    ),
    Uploader(
        action="romeovs/lcov-reporter-action",
        service="comment",
        path_inputs=(PathInput("lcov-file", default="./coverage/lcov.info"),),
        accepts=frozenset({Format.LCOV}),
        # It prints that there is no report and ends well.
        missing_counts=(Tri.FALSE,),
    ),
    Uploader(
        action="MishaKav/pytest-coverage-comment",
        service="comment",
        path_inputs=(
            PathInput("pytest-coverage-path", default="./pytest-coverage.txt"),
            PathInput("pytest-xml-coverage-path"),
        ),
        accepts=frozenset({Format.TEXT, Format.COBERTURA}),
    ),
    Uploader(
        action="py-cov-action/python-coverage-comment-action",
        service="comment",
        path_inputs=(),
        accepts=frozenset(),
    ),
    Uploader(action="SonarSource/sonarqube-scan-action", service="SonarQube", path_inputs=()),
    Uploader(action="SonarSource/sonarcloud-github-action", service="SonarQube", path_inputs=()),
    Uploader(action="SonarSource/sonarqube-github-action", service="SonarQube", path_inputs=()),
)
"""SonarQube's actions take report paths in ``args`` and in ``sonar-project.properties``: see ``mentions``."""

_BY_ACTION = {uploader.action.lower(): uploader for uploader in UPLOADERS}


def uploader(uses: str, comment: str = "") -> Uploader | None:
    """What is known of the action in ``uses: owner/name@ref``, or None.

    ``comment`` is what stands behind it in the file: ``# v5.1.0`` tells the version of a commit.
    """
    action, _, ref = uses.strip().partition("@")
    found = _BY_ACTION.get(action.rstrip("/").lower())
    if found is None:
        return None
    major = _major(ref) or _major(comment.strip().lstrip("#").strip().partition(" ")[0])
    if found.action == "actions/upload-artifact" and major == 1:  # the runner's own plugin: a missing path is its error
        return replace(found, major=major, missing_counts=(Tri.TRUE,))
    gone = frozenset({"file", "plugin"}) if found is _CODECOV and major is not None and major >= 5 else frozenset()
    return replace(found, major=major, no_longer_inputs=gone)


def _major(ref: str) -> int | None:
    match = _MAJOR.fullmatch(ref)
    return int(match[1]) if match and len(ref) < 40 else None
