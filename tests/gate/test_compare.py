"""What a branch changes about what can block: the change, its line, and nothing where nothing changed."""

from __future__ import annotations

import textwrap

import pytest

from covpath.gate.compare import ChangeKind, GateChange, compare
from covpath.gate.judge import Judge
from covpath.gate.verdict import JobVerdict
from judging import required, workflow

BASE = """\
name: CI
on: [push, pull_request]
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - run: cargo fmt --check
  coverage:
    name: Coverage
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - name: Measure
        run: cargo llvm-cov --workspace --lcov --output-path lcov.info
      - run: cargo audit
"""


def _verdicts(text: str, names: tuple[str, ...] | None = None, file: str = "ci.yml") -> list[JobVerdict]:
    return list(Judge(required=required(names)).workflow(workflow(text, file)))


def _changes(after: str, before: str = BASE, names: tuple[str, ...] | None = None) -> list[GateChange]:
    return list(compare(_verdicts(before, names), _verdicts(after, names)))


def _with(old: str, new: str, text: str = BASE) -> str:
    assert old in text
    return text.replace(old, new, 1)


LINT = BASE[BASE.index("  lint:") : BASE.index("  coverage:")]
NO_CHANGES = {
    "nothing": BASE,
    "comments": "# why\n" + _with("      - name: Measure", "      # it counts\n      - name: Measure"),
    "another order of jobs": BASE.replace(LINT, "") + LINT,
    "the workflow's name": _with("name: CI", "name: Checks"),
    "a job's id": _with("  coverage:", "  cov:"),
    "a job's id and name": _with("    name: Coverage\n", "", _with("  coverage:", "  cov:")),
    "a step's name": _with("name: Measure", "name: Measure all of it"),
    "a lever that changes nothing": _with(
        "      - name: Measure", "      - continue-on-error: false\n        name: Measure"
    ),
    "another command that blocks the same": _with("--workspace", "--workspace --all-features"),
    "one preparing step more": _with("      - name: Measure", "      - run: rustup update\n      - name: Measure"),
    "an always-true condition": _with("    name: Coverage", "    if: ${{ true }}\n    name: Coverage"),
}


@pytest.mark.parametrize("what", NO_CHANGES)
def test_what_can_block_is_the_same(what: str) -> None:
    assert _changes(NO_CHANGES[what]) == []


def test_no_change_in_another_file_name() -> None:
    assert compare(_verdicts(BASE), _verdicts(BASE, file="checks.yml")) == ()


LEVER = "      - continue-on-error: true\n        name: Measure"
CHANGES = {
    "a step's lever": (
        _with("      - name: Measure", LEVER),
        "makes `coverage` silent (was blocking)",
        13,
        True,
    ),
    "a mask in the script": (
        _with("lcov.info", "lcov.info || true"),
        "makes `coverage` silent (was blocking)",
        14,
        True,
    ),
    "a job's lever": (
        _with("    name: Coverage", "    continue-on-error: true\n    name: Coverage"),
        "makes `coverage` advisory (was blocking)",
        9,
        True,
    ),
    "a job that never runs": (
        _with("    name: Coverage", "    if: github.event_name == 'schedule'\n    name: Coverage"),
        "makes `coverage` never run for pull requests (was blocking)",
        9,
        True,
    ),
    "a job more": (
        BASE + "  docs:\n    runs-on: ubuntu-latest\n    steps:\n      - run: cargo doc\n",
        "adds `docs`, which is blocking",
        19,
        False,
    ),
    "a job less": (BASE.replace(LINT, ""), "removes `lint` (was blocking)", 4, True),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_told_with_its_line(what: str) -> None:
    after, message, line, loosens = CHANGES[what]
    (change,) = _changes(after)
    assert (change.message, change.place.line, change.loosens) == (message, line, loosens)


def test_the_way_back_is_a_change_that_tightens() -> None:
    (change,) = _changes(BASE, before=CHANGES["a step's lever"][0])
    assert (change.message, change.loosens) == ("makes `coverage` blocking (was silent)", False)


def test_a_whole_workflow_that_no_longer_runs_for_pull_requests() -> None:
    changes = _changes(_with("on: [push, pull_request]", "on: [workflow_dispatch]"))
    assert [(change.ref.job, change.loosens) for change in changes] == [("lint", True), ("coverage", True)]
    assert {change.place.line for change in changes} == {2}


def test_a_ratchet_is_told_by_its_own_line() -> None:
    masked = _with(
        "      - name: Measure", "      - id: measure\n        continue-on-error: true\n        name: Measure"
    )
    ratchet = masked + textwrap.indent(
        "- if: steps.measure.outcome == 'failure'\n  run: exit 1\n",
        "      ",
    )
    (change,) = _changes(masked, before=ratchet)
    assert change.message == "makes `coverage` silent (was blocking)"
    assert change.loosens


def test_what_only_required_checks_tell() -> None:
    renamed = _with("    name: Coverage", "    name: Measured")
    (change,) = _changes(renamed, names=("Coverage",))
    assert change.kind is ChangeKind.BLOCKS
    assert (change.loosens, change.before is not None) == (True, True)
    assert _changes(renamed, names=("lint",)) == []


def test_a_job_becomes_partly_blocking() -> None:
    matrix = _with(
        "    name: Coverage\n",
        "    name: Coverage\n    strategy:\n      matrix:\n        os: [ubuntu-latest, windows-latest]\n",
    )
    partly = _with(
        "    strategy:", "    continue-on-error: ${{ matrix.os == 'windows-latest' }}\n    strategy:", matrix
    )
    (change,) = _changes(partly, before=matrix)
    assert (change.kind, change.loosens, change.place.line) == (ChangeKind.PARTLY, True, 10)
