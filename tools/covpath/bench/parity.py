"""What may truthfully be said of two backends' reports on the same commit, level by level.

The levels are those of ``facts``, backends, section 7.2: pipeline, tests, files, lines, headline.
Two percentages are never compared: their denominators differ.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from covpath.bench.differences import inline_tests_of, is_test_file, ranges, shortened, why_only_there
from covpath.bench.executed_tests import ExecutedTests
from covpath.bench.references import load_reference
from covpath.bench.report_file import Report
from covpath.evidence.model import Evidence
from covpath.evidence.parity import Finding, Level, Parity, Share
from covpath.evidence.trial import Outcome, Role, Trial
from covpath.quantity import show_percent
from covpath.terms import Tri


class Reference(Struct, frozen=True, kw_only=True):
    """What a backend's reference run left."""

    trial: Trial
    report: Report | None
    tests: ExecutedTests | None


class JobThreshold(Struct, frozen=True, kw_only=True):
    """The job's minimum as it stands (``what``); ``value`` is None where it is of other things than lines."""

    what: str
    value: float | None


def parities(
    evidence: Evidence,
    reports: Path,
    *,
    own: str | None = None,
    tree: Path | None = None,
    threshold: JobThreshold | None = None,
) -> tuple[Parity, ...]:
    """The job's ``own`` backend (else the first) held against each other one.

    ``reports`` is the benchmark's folder of them, ``tree`` holds the repository's files.
    """
    references: dict[str, Reference] = {}
    for trial in evidence.trials:
        if trial.role is Role.REFERENCE:
            kept = load_reference(reports, trial.cell) if trial.outcome is Outcome.OK else None
            found = Reference(trial=trial, report=kept.report if kept else None, tests=kept.tests if kept else None)
            if found.report is not None or trial.backend not in references:
                references[trial.backend] = found
    if not references:
        return ()
    first = references[own] if own in references else next(iter(references.values()))
    return tuple(parity(first, other, tree, threshold) for other in references.values() if other is not first)


def parity(
    first: Reference, second: Reference, tree: Path | None = None, threshold: JobThreshold | None = None
) -> Parity:
    """Compare two reference runs of the same files."""
    names = (first.trial.backend, second.trial.backend)
    findings = [_pipeline(first, second), _tests(first.tests, second.tests, names)]
    one, other = first.report, second.report
    if one is None or other is None:
        return Parity(first=names[0], second=names[1], findings=tuple(findings))
    proposal = None
    if threshold is not None and threshold.value is not None and _percent(one) >= threshold.value:
        proposal = proposed_threshold(threshold.value, one, other)
    findings += [
        _files(one, other, names, tree),
        _lines(one, other, names, tree),
        _headline(one, other, names, threshold, proposal),
    ]
    return Parity(
        first=names[0],
        second=names[1],
        findings=tuple(findings),
        first_share=Share(covered=one.covered, coverable=one.coverable),
        second_share=Share(covered=other.covered, coverable=other.coverable),
        proposed_threshold=proposal,
    )


def proposed_threshold(threshold: float, before: Report, after: Report) -> float:
    """A threshold as strict as the old one was: as far below what is measured now as it was before.

    In percent, one decimal, rounded down; both reports must be of the same commit.
    """
    slack = _percent(before) - threshold
    return max(0.0, math.floor((_percent(after) - slack) * 10) / 10)


def _pipeline(first: Reference, second: Reference) -> Finding:
    bad = [f"{one.trial.backend}: {one.trial.reason}" for one in (first, second) if one.trial.outcome is not Outcome.OK]
    if bad:
        return Finding(level=Level.PIPELINE, holds=Tri.FALSE, says="; ".join(bad))
    one, other = first.trial.report, second.trial.report
    if one is None or other is None:
        says = "both end well; a report is not looked for" if one is other else "both end well, one leaves no report"
        return Finding(level=Level.PIPELINE, holds=Tri.UNKNOWN if one is other else Tri.FALSE, says=says)
    if (one.path, one.format) == (other.path, other.format):
        says = f"both end well and leave {one.format} at {one.path}"
        return Finding(level=Level.PIPELINE, holds=Tri.TRUE, says=says)
    says = f"both end well; {one.format} at {one.path} against {other.format} at {other.path}"
    return Finding(
        level=Level.PIPELINE, holds=Tri.FALSE, says=says, details=("the steps that read the report must follow",)
    )


def _tests(first: ExecutedTests | None, second: ExecutedTests | None, names: tuple[str, str]) -> Finding:
    if first is None or second is None:
        missing = " and ".join(name for name, one in zip(names, (first, second), strict=True) if one is None)
        return Finding(level=Level.TESTS, holds=Tri.UNKNOWN, says=f"the output of {missing} does not say which ran")
    if (first.executed, first.skipped, first.failed) != (second.executed, second.skipped, second.failed):
        says = f"{_count(first)} against {_count(second)}"
        return Finding(level=Level.TESTS, holds=Tri.FALSE, says=says, details=_only_one(first, second, names))
    if first.names is None or second.names is None:
        says = f"as many: {_count(first)}; the output does not name them all"
        return Finding(level=Level.TESTS, holds=Tri.UNKNOWN, says=says)
    first, second = _named_alike(first, second)
    differing = (first.names or frozenset()) ^ (second.names or frozenset())
    if differing:
        says = f"{len(differing)} run in one only"
        return Finding(level=Level.TESTS, holds=Tri.FALSE, says=says, details=_only_one(first, second, names))
    return Finding(level=Level.TESTS, holds=Tri.TRUE, says=f"the same {_count(first)}")


def _named_alike(first: ExecutedTests, second: ExecutedTests) -> tuple[ExecutedTests, ExecutedTests]:
    """Names without the test program's, where one output does not say which program ran them."""
    if not any(all(name.startswith(" ") for name in one.names or ()) for one in (first, second)):
        return first, second
    bare = [frozenset(name.rpartition(" ")[2] for name in one.names or ()) for one in (first, second)]
    return replace(first, names=bare[0]), replace(second, names=bare[1])


def _only_one(first: ExecutedTests, second: ExecutedTests, names: tuple[str, str]) -> tuple[str, ...]:
    if first.names is None or second.names is None:
        return ()
    sides = ((names[0], first.names - second.names), (names[1], second.names - first.names))
    return shortened(f"only with {name}: {test}" for name, tests in sides for test in sorted(tests))


def _files(first: Report, second: Report, names: tuple[str, str], tree: Path | None) -> Finding:
    only = [
        (name, file)
        for name, report, other in ((names[0], first, second), (names[1], second, first))
        for file in report.files
        if file.name not in other.names
    ]
    own = [pair for pair in only if not is_test_file(pair[1].name)]
    tests = len(only) - len(own)
    parts = [f"{len(own)} in one report only"] if own else []
    parts += [f"{tests} file{_s(tests)} of tests in one only"] if tests else []
    common = len(first.names & second.names)
    says = f"{common} file{_s(common)} in both; {', '.join(parts)}" if parts else f"the same {common} file{_s(common)}"
    # What matters first: files of tests after the others.
    ordered = sorted(only, key=lambda pair: is_test_file(pair[1].name))
    details = shortened(f"only with {name}: {file.name} ({why_only_there(file, tree)})" for name, file in ordered)
    return Finding(level=Level.FILES, holds=Tri.of(not own), says=says, details=details)


def _lines(first: Report, second: Report, names: tuple[str, str], tree: Path | None) -> Finding:
    """Agreement on the lines that both call coverable, inline tests left aside."""
    others = {file.name: file.lines for file in second.files}
    agree = inline = unknown = 0
    lost: dict[str, list[int]] = {}
    won: dict[str, list[int]] = {}
    for file in first.files:
        lines = others.get(file.name)
        if file.lines is None or lines is None:
            unknown += file.name in others
            continue
        tests = inline_tests_of(file.name, tree)
        both = file.lines.keys() & lines.keys()
        inline += len(both & tests)
        for number in both - tests:
            if file.lines[number] == lines[number]:
                agree += 1
            else:
                (lost if file.lines[number] else won).setdefault(file.name, []).append(number)
    differ = sum(map(len, (*lost.values(), *won.values())))
    if unknown or not agree + differ:
        says = "a report gives no lines, or none that both call coverable"
        return Finding(level=Level.LINES, holds=Tri.UNKNOWN, says=says)
    says = f"{show_percent(agree, agree + differ)} of {agree + differ} lines that both call coverable agree"
    says += f"; {differ} do not" if differ else ""
    says += f"; {inline} line{_s(inline)} of inline tests left aside" if inline else ""
    return Finding(
        level=Level.LINES,
        holds=Tri.of(not differ),
        says=says,
        details=shortened((*_executed_only(names[0], lost), *_executed_only(names[1], won))),
    )


def _executed_only(name: str, lines: Mapping[str, list[int]]) -> tuple[str, ...]:
    return tuple(f"executed only with {name}: {file} {ranges(numbers)}" for file, numbers in sorted(lines.items()))


def _headline(
    first: Report, second: Report, names: tuple[str, str], threshold: JobThreshold | None, proposal: float | None
) -> Finding:
    shares = [f"{show_percent(one.covered, one.coverable)} of {one.coverable} lines" for one in (first, second)]
    details: tuple[str, ...] = ()
    if proposal is not None and threshold is not None:
        details = (
            f"{threshold.what} would be {proposal:g} with {names[1]}: as far below what this commit measures as now",
        )
    elif threshold is not None:
        details = (f"{threshold.what} must be derived anew for {names[1]}; here only lines are compared",)
    says = f"{shares[0]} with {names[0]}, {shares[1]} with {names[1]}: two different measures"
    return Finding(level=Level.HEADLINE, holds=Tri.UNKNOWN, says=says, details=details)


def _s(number: int) -> str:
    """What makes a plural."""
    return "" if number == 1 else "s"


def _percent(report: Report) -> float:
    return 100 * report.covered / report.coverable if report.coverable else 0.0


def _count(tests: ExecutedTests) -> str:
    parts = [f"{tests.executed} test{_s(tests.executed)}"]
    parts += [f"{tests.failed} failed"] if tests.failed else []
    parts += [f"{tests.skipped} skipped"] if tests.skipped else []
    return ", ".join(parts)
