from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.bench.differences import MOST, is_test_file, ranges, why_only_there
from covpath.bench.executed_tests import ExecutedTests, executed_tests
from covpath.bench.inline_tests import inline_test_lines
from covpath.bench.parity import JobThreshold, Reference, parity, proposed_threshold
from covpath.bench.references import load_reference, save_reference
from covpath.bench.report_file import Report
from covpath.bench.report_lines import FileLines
from covpath.evidence.parity import Finding, Level, Parity, Share
from covpath.evidence.trial import Outcome, ReportTotals
from covpath.terms import Tri
from evidence_samples import trial


def report(**files: dict[int, bool]) -> Report:
    return Report(format="lcov", files=tuple(FileLines.of(name, lines) for name, lines in files.items()))


SEEN = ExecutedTests(passed=2, failed=0, skipped=1, names=frozenset({"a", "b", "c"}))
LINES = report(a={1: True, 2: True, 3: False}, b={1: True})


def of(report: Report | None = LINES, tests: ExecutedTests | None = SEEN, **changes: object) -> Reference:
    return Reference(trial=trial(**changes), report=report, tests=tests)


def levels(found: Parity) -> dict[Level, Finding]:
    return {one.level: one for one in found.findings}


def said(first: Reference, second: Reference) -> dict[Level, tuple[Tri, str]]:
    return {one.level: (one.holds, one.says) for one in parity(first, second).findings}


def test_a_backend_has_parity_with_itself_but_its_headline_is_never_called_equal() -> None:
    found = said(of(), of())
    assert {level: holds for level, (holds, _) in found.items()} == {
        Level.PIPELINE: Tri.TRUE,
        Level.TESTS: Tri.TRUE,
        Level.FILES: Tri.TRUE,
        Level.LINES: Tri.TRUE,
        Level.HEADLINE: Tri.UNKNOWN,
    }
    assert found[Level.HEADLINE][1] == (
        "75.0 % of 4 lines with pytest-cov, 75.0 % of 4 lines with pytest-cov: two different measures"
    )


def test_a_run_that_failed_is_named() -> None:
    holds, says = said(of(), of(None, outcome=Outcome.OOM, reason="ran out", backend="other"))[Level.PIPELINE]
    assert (holds, says) == (Tri.FALSE, "other: ran out")


@pytest.mark.parametrize(
    ("tests", "holds", "says"),
    [
        (None, Tri.UNKNOWN, "does not say which"),
        (ExecutedTests(passed=2, failed=0, skipped=1), Tri.UNKNOWN, "as many: 2 tests, 1 skipped"),
        (ExecutedTests(passed=1, failed=0, skipped=1), Tri.FALSE, "2 tests, 1 skipped against 1 test, 1 skipped"),
        (ExecutedTests(passed=1, failed=1, skipped=1), Tri.FALSE, "1 failed"),
        (ExecutedTests(passed=2, failed=0, skipped=1, names=frozenset("abd")), Tri.FALSE, "2 run in one only"),
    ],
)
def test_the_same_tests(tests: ExecutedTests | None, holds: Tri, says: str) -> None:
    found = said(of(), of(tests=tests))[Level.TESTS]
    assert found[0] is holds
    assert says in found[1]


def test_tests_that_only_one_runs_are_named() -> None:
    other = ExecutedTests(passed=2, failed=0, skipped=1, names=frozenset("abd"))
    assert levels(parity(of(), of(tests=other, backend="b")))[Level.TESTS].details == (
        "only with pytest-cov: c",
        "only with b: d",
    )


def test_another_kind_of_report_is_another_pipeline() -> None:
    totals = ReportTotals(
        path="lcov.info", format="lcov", files=1, covered_lines=1, coverable_lines=2, files_sha256="0"
    )
    other = Reference(trial=trial(report=totals), report=LINES, tests=SEEN)
    found = levels(parity(of(), other))[Level.PIPELINE]
    assert (found.holds, found.says) == (
        Tri.FALSE,
        "both end well; cobertura at coverage.xml against lcov at lcov.info",
    )
    assert found.details == ("the steps that read the report must follow",)


def test_without_a_report_to_look_for_nothing_is_claimed() -> None:
    bare = Reference(trial=trial(report=None), report=None, tests=None)
    assert said(bare, bare)[Level.PIPELINE][0] is Tri.UNKNOWN
    assert said(of(), bare)[Level.PIPELINE][0] is Tri.FALSE


def test_test_files_are_left_aside_and_told() -> None:
    more = Report(format="lcov", files=(*LINES.files, FileLines.of("tests/test_x.py", {1: True})))
    found = levels(parity(of(), of(more, backend="b")))[Level.FILES]
    assert (found.holds, found.says) == (Tri.TRUE, "2 files in both; 1 file of tests in one only")
    assert found.details == ("only with b: tests/test_x.py (a file of tests)",)


def test_every_file_that_only_one_reports_has_its_reason(tmp_path: Path) -> None:
    for name in ("idle.py", "empty.py", "run.py", "inner.rs"):
        (tmp_path / name).write_text("#[cfg(test)]\nmod tests {\n    fn x() {}\n}\n")
    reasons = {
        "gone.py": ({1: True}, "no file of the repository"),
        "empty.py": ({}, "no line to cover"),
        "idle.py": ({1: False}, "no line of it was executed"),
        "run.py": ({1: True}, "not known"),
        "inner.rs": ({3: True}, "inline tests"),
        "tests/x.py": ({1: True}, "a file of tests"),
    }
    for name, (lines, reason) in reasons.items():
        assert reason in why_only_there(FileLines.of(name, lines), tmp_path), name
    assert "not known" in why_only_there(FileLines.of("gone.py", {1: True}), None)
    other = Report(format="lcov", files=(*LINES.files, FileLines.of("gone.py", {1: True})))
    found = levels(parity(of(other), of(backend="b"), tmp_path))[Level.FILES]
    assert (found.holds, found.says) == (Tri.FALSE, "2 files in both; 1 in one report only")


def test_long_lists_are_cut_and_counted() -> None:
    many = report(**{f"f{number:03}": {1: True} for number in range(MOST + 5)})
    details = levels(parity(of(many), of(report(other={1: True}))))[Level.FILES].details
    assert len(details) == MOST + 1
    assert details[-1] == "and 6 more"


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("tests/a.rs", True),
        ("src/tests.rs", True),
        ("src/parse_test.go", True),
        ("lib/x.spec.ts", True),
        ("pkg/test_x.py", True),
        ("conftest.py", True),
        ("src/latest.py", False),
        ("src/attest/x.rs", False),
        ("src/testing.py", False),
        ("contests/x.py", False),
    ],
)
def test_what_is_a_test_file(name: str, is_one: bool) -> None:
    assert is_test_file(name) is is_one


def test_lines_that_only_one_calls_coverable_are_no_disagreement() -> None:
    other = report(a={1: True, 3: False, 9: False}, b={1: True}, c={1: True})
    assert said(of(), of(other))[Level.LINES] == (Tri.TRUE, "100.0 % of 3 lines that both call coverable agree")


def test_lines_lost_and_won_are_counted_and_listed() -> None:
    other = report(a={1: False, 2: True, 3: True}, b={1: True})
    found = levels(parity(of(), of(other, backend="b")))[Level.LINES]
    assert found.holds is Tri.FALSE
    assert found.says == "50.0 % of 4 lines that both call coverable agree; 2 do not"
    assert found.details == ("executed only with pytest-cov: a 1", "executed only with b: a 3")


def test_lines_of_inline_tests_are_no_disagreement(tmp_path: Path) -> None:
    (tmp_path / "a.rs").write_text("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n")
    one = report(**{"a.rs": {1: True, 4: False}})
    other = report(**{"a.rs": {1: True, 4: True}})
    found = levels(parity(of(one), of(other), tmp_path))[Level.LINES]
    assert (found.holds, found.says) == (
        Tri.TRUE,
        "100.0 % of 1 lines that both call coverable agree; 1 line of inline tests left aside",
    )
    assert levels(parity(of(one), of(other)))[Level.LINES].holds is Tri.FALSE


RUST = [
    ("fn a() {}\n", set()),
    ("#[cfg(test)]\nmod tests;\nfn a() {}\n", {1, 2}),
    ("fn a() {}\n#[cfg(test)]\nmod t {\n    fn b() { if x {} }\n}\nfn c() {}\n", {2, 3, 4, 5}),
    ("// #[cfg(test)]\nfn a() {}\n", set()),
    ("/* #[cfg(test)]\n*/ fn a() {}\n", set()),
    ('const A: &str = "#[cfg(test)] {";\nfn a() {}\n', set()),
    ("#[cfg(test)]\nmod t {\n    const B: &str = \"}\";\n    const C: char = '}';\n}\nfn c() {}\n", {1, 2, 3, 4, 5}),
    ('#[cfg(test)]\nfn t() { r#"}"#; b"}"; }\nfn c<\'a>(x: &\'a str) {}\n', {1, 2}),
    ("#[cfg(all(test, unix))]\nmod t {\n}\nfn c() {}\n", {1, 2, 3}),
    ("#[cfg(not(test))]\nfn a() {}\n", set()),
    ("#[cfg(test)]\nmod t {\n", {1, 2, 3}),
]


@pytest.mark.parametrize(("text", "lines"), RUST)
def test_where_inline_tests_are(text: str, lines: set[int]) -> None:
    assert inline_test_lines(text) == lines


@given(st.sets(st.integers(1, 60)))
def test_ranges_say_every_line_once(numbers: set[int]) -> None:
    told: list[int] = []
    for part in filter(None, ranges(numbers).split(", ")):
        low, _, high = part.partition("-")
        told += range(int(low), int(high or low) + 1)
    assert told == sorted(numbers)


def test_counts_alone_say_nothing_of_lines() -> None:
    summary = Report(format="llvm-cov", files=(FileLines(name="a", covered=2, coverable=3),))
    assert said(of(), of(summary))[Level.LINES][0] is Tri.UNKNOWN


def test_a_threshold_keeps_its_distance_from_what_is_measured() -> None:
    before, after = report(a=dict.fromkeys(range(100), True)), report(a={n: n < 70 for n in range(100)})
    assert proposed_threshold(95, before, before) == 95.0
    assert proposed_threshold(95, before, after) == 65.0
    assert proposed_threshold(20, before, after) == 0.0
    assert proposed_threshold(95, before, report(a={n: n < 2 for n in range(3)})) == 61.6


def test_the_headline_keeps_both_denominators_and_derives_the_threshold_anew() -> None:
    before, after = report(a=dict.fromkeys(range(100), True)), report(a={n: n < 70 for n in range(200)})
    asked = JobThreshold(what="--fail-under 95", value=95)
    found = parity(of(before), of(after, backend="b"), None, asked)
    assert found.proposed_threshold == 30.0
    assert (found.first_share, found.second_share) == (
        Share(covered=100, coverable=100),
        Share(covered=70, coverable=200),
    )
    headline = levels(found)[Level.HEADLINE]
    assert headline.holds is Tri.UNKNOWN
    assert headline.details == ("--fail-under 95 would be 30 with b: as far below what this commit measures as now",)


def test_a_threshold_of_other_things_than_lines_is_not_derived() -> None:
    found = parity(of(), of(backend="b"), None, JobThreshold(what="--branches 80", value=None))
    assert found.proposed_threshold is None
    assert levels(found)[Level.HEADLINE].details == (
        "--branches 80 must be derived anew for b; here only lines are compared",
    )


OUTPUTS = {
    "pytest quiet": ("....s..\n6 passed, 1 skipped in 0.12s\n", (6, 0, 1), None),
    "pytest loud": (
        "t.py::test_a PASSED [ 50%]\nt.py::test_b[x y] FAILED [100%]\n=== 1 failed, 1 passed, 2 warnings in 1.0s ===\n",
        (1, 1, 0),
        {"t.py::test_a", "t.py::test_b[x y]"},
    ),
    "pytest in colour": ("\x1b[32m\x1b[1m3 passed\x1b[0m\x1b[32m in 0.01s\x1b[0m\n", (3, 0, 0), None),
    "pytest long": ("= 3 passed, 1 xfailed, 1 error in 61.20s (0:01:01) =\n", (4, 1, 0), None),
    "libtest": (
        "     Running unittests src/lib.rs (target/debug/deps/x-1)\n\nrunning 2 tests\ntest a ... ok\n"
        "test m::b ... ignored\n\ntest result: ok. 1 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n"
        "     Running tests/it.rs (target/debug/deps/it-2)\n\nrunning 1 test\ntest a ... FAILED\n\n"
        "test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out\n",
        (1, 1, 1),
        {"src/lib.rs a", "src/lib.rs m::b", "tests/it.rs a"},
    ),
    "nextest": ("     Summary [   0.5s] 12 tests run: 11 passed, 1 failed, 2 skipped\n", (11, 1, 2), None),
    "unittest": ("Ran 5 tests in 0.001s\n\nFAILED (failures=1, skipped=2)\n", (2, 1, 2), None),
    "mocha": ("  10 passing (1s)\n  1 pending\n  2 failing\n", (10, 2, 1), None),
    "jest": ("Tests:       1 failed, 2 skipped, 7 passed, 10 total\n", (7, 1, 2), None),
    "tap": ("# tests 4\n# pass 3\n# fail 1\n# skipped 0\n", (3, 1, 0), None),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_what_test_runners_say(name: str) -> None:
    text, counts, names = OUTPUTS[name]
    found = executed_tests(text)
    assert found is not None
    assert (found.passed, found.failed, found.skipped) == counts
    assert found.names == (None if names is None else frozenset(names))


def test_other_output_says_nothing_of_tests() -> None:
    assert executed_tests("Compiling x\n3 warnings emitted in 4 files\nin 2.0s\n") is None


def test_references_come_back_as_they_were(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert load_reference(tmp_path, "none") is None
    summary = Report(format="llvm-cov", files=(FileLines(name="a", covered=2, coverable=3),))
    for number, (kept, tests) in enumerate([(LINES, SEEN), (LINES, None), (summary, None)]):
        save_reference(tmp_path, str(number), kept, tests)
        found = load_reference(tmp_path, str(number))
        assert found is not None
        assert (found.report, found.tests) == (kept, tests)
    (tmp_path / "bad.json").write_text("{}")
    assert load_reference(tmp_path, "bad") is None
