"""What may truthfully be said of two backends' reports on the same commit, level by level.

The levels are those of ``facts``, backends, section 7.2: pipeline, tests, files, lines, headline.
Two percentages are never compared: their denominators differ.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from covpath.bench.executed_tests import ExecutedTests
from covpath.bench.references import load_reference
from covpath.bench.report_file import Report
from covpath.evidence.model import Evidence
from covpath.evidence.trial import Outcome, Role, Trial
from covpath.quantity import show_percent
from covpath.terms import Fact, Tri

_TEST_FILE = re.compile(
    r"(?:^|/)(?:tests?|__tests__|spec|examples|benches)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest|tests)\.\w+$"
    r"|\.(?:test|spec)\.\w+$"
)
_SHOWN = 5


class Level(Fact):
    """What is compared."""

    PIPELINE = "pipeline"
    """Both end well and leave a report that can be read."""
    TESTS = "tests"
    """Both execute the same tests."""
    FILES = "files"
    """Both report the same files, test files left aside."""
    LINES = "lines"
    """On lines that both call coverable, they agree which were executed."""
    HEADLINE = "headline"
    """Both percentages with their denominators; never called equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a backend's reference run left."""

    trial: Trial
    report: Report | None
    tests: ExecutedTests | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One level: whether it holds (unknown for the headline, always), and the figures in words."""

    level: Level
    holds: Tri
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """Two backends, level by level."""

    first: str
    second: str
    findings: tuple[Finding, ...]


def parity(first: Reference, second: Reference) -> Parity:
    """Compare two reference runs of the same files."""
    findings = [_pipeline(first, second), _tests(first.tests, second.tests)]
    if first.report is not None and second.report is not None:
        findings += [
            _files(first.report, second.report),
            _lines(first.report, second.report),
            _headline(first.report, second.report),
        ]
    return Parity(first=first.trial.backend, second=second.trial.backend, findings=tuple(findings))


def parities(evidence: Evidence, reports: Path) -> tuple[Parity, ...]:
    """The first backend (the job's own) held against each other one; ``reports`` is the benchmark's folder of them."""
    references = []
    for trial in evidence.trials:
        if trial.role is Role.REFERENCE:
            kept = load_reference(reports, trial.cell) if trial.outcome is Outcome.OK else None
            references.append(
                Reference(trial=trial, report=kept.report if kept else None, tests=kept.tests if kept else None)
            )
    return tuple(parity(references[0], other) for other in references[1:])


def proposed_threshold(threshold: float, before: Report, after: Report) -> float:
    """A threshold as strict as the old one was: as far below what is measured now as it was before.

    In percent, one decimal, rounded down; both reports must be of the same commit.
    """
    slack = _percent(before) - threshold
    return max(0.0, math.floor((_percent(after) - slack) * 10) / 10)


def is_test_file(name: str) -> bool:
    """Whether a name is, by custom, that of a file of tests."""
    return _TEST_FILE.search(name) is not None


def _pipeline(first: Reference, second: Reference) -> Finding:
    bad = [f"{one.trial.backend}: {one.trial.reason}" for one in (first, second) if one.trial.outcome is not Outcome.OK]
    says = "; ".join(bad) or "both end well and leave a report"
    return Finding(level=Level.PIPELINE, holds=Tri.of(not bad), says=says)


def _tests(first: ExecutedTests | None, second: ExecutedTests | None) -> Finding:
    if first is None or second is None:
        return _finding(Level.TESTS, Tri.UNKNOWN, "the output of at least one does not say which tests ran")
    if (first.executed, first.skipped, first.failed) != (second.executed, second.skipped, second.failed):
        says = f"{_count(first)} against {_count(second)}"
        return _finding(Level.TESTS, Tri.FALSE, says)
    if first.names is None or second.names is None:
        return _finding(Level.TESTS, Tri.UNKNOWN, f"as many: {_count(first)}; the output does not name them all")
    differing = sorted(first.names ^ second.names)
    if differing:
        return _finding(Level.TESTS, Tri.FALSE, f"{len(differing)} run in one only: {_some(differing)}")
    return _finding(Level.TESTS, Tri.TRUE, f"the same {_count(first)}")


def _files(first: Report, second: Report) -> Finding:
    parts = []
    for names, word in ((first.names - second.names, "the first"), (second.names - first.names, "the second")):
        own = sorted(name for name in names if not is_test_file(name))
        tests = len(names) - len(own)
        parts += [f"{len(own)} only in {word}: {_some(own)}"] if own else []
        parts += [f"{tests} test files only in {word}"] if tests else []
    differ = any(not is_test_file(name) for name in first.names ^ second.names)
    says = "; ".join(parts) or f"the same {len(first.names)} files"
    return _finding(Level.FILES, Tri.of(not differ), says)


def _lines(first: Report, second: Report) -> Finding:
    others = {file.name: file.lines for file in second.files}
    agree, lost, won, unknown = 0, [], 0, 0
    for file in first.files:
        lines = others.get(file.name)
        if file.lines is None or lines is None:
            unknown += file.name in others
            continue
        for number in file.lines.keys() & lines.keys():
            if file.lines[number] == lines[number]:
                agree += 1
            elif file.lines[number]:
                lost.append(f"{file.name}:{number}")
            else:
                won += 1
    both = agree + len(lost) + won
    if unknown or not both:
        return _finding(Level.LINES, Tri.UNKNOWN, "a report gives no lines, or none that both call coverable")
    says = f"{show_percent(agree, both)} of {both} lines that both call coverable agree"
    if lost or won:
        says += f"; {len(lost)} executed only by the first ({_some(sorted(lost))}), {won} only by the second"
    return _finding(Level.LINES, Tri.of(agree == both), says)


def _headline(first: Report, second: Report) -> Finding:
    shares = [f"{show_percent(one.covered, one.coverable)} of {one.coverable} lines" for one in (first, second)]
    return _finding(Level.HEADLINE, Tri.UNKNOWN, f"{shares[0]} against {shares[1]}: two different measures")


def _finding(level: Level, holds: Tri, says: str) -> Finding:
    return Finding(level=level, holds=holds, says=says)


def _percent(report: Report) -> float:
    return 100 * report.covered / report.coverable if report.coverable else 0.0


def _count(tests: ExecutedTests) -> str:
    parts = [f"{tests.executed} tests"]
    parts += [f"{tests.failed} failed"] if tests.failed else []
    parts += [f"{tests.skipped} skipped"] if tests.skipped else []
    return ", ".join(parts)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "") if names else "none"
