"""``covpath bench --few`` from its command line to what it prints and keeps."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from command_line import caller
from covpath.bench.limits.table import best
from covpath.bench.limits.unprivileged import NAME as UNPRIVILEGED
from covpath.bench.machine import this_machine
from covpath.bench.proofs import keep_proofs
from covpath.evidence.model import Proof
from covpath.evidence.store import load_evidence
from covpath.evidence.trial import Outcome, Role
from sample_repositories import repository

pytestmark = pytest.mark.linux_limits

WORKFLOW = """\
on: push
jobs:
  coverage:
    runs-on: ubuntu-latest
    steps:
      - run: python -m pytest -q -p no:cacheprovider --cov=app --cov-report=xml:cov.xml
"""
RUNNERS = "version: 1\nrunners:\n" + "".join(
    f"  {name}: {{labels: [{name}], kind: self-hosted, cpus: 1, memory: {memory} MiB, price_per_minute: {price},\n"
    f"    source: invented, date: 2026-11-25}}\n"
    for name, memory, price in (("tiny", 16, 0.001), ("small", 128, 0.002), ("large", 256, 0.004))
)
TEST = "import app\n\n\ndef test_x():\n    assert app.x\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if not sys.platform.startswith("linux") or best().NAME == UNPRIVILEGED:
        pytest.skip("NO CONTROL GROUPS, enforced cells are not tested here")
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    # The limits' own proofs take a while and have their own tests.
    machine = this_machine(best().NAME).fingerprint
    keep_proofs(tmp_path / "kept" / "proofs.json", [Proof(part="all", machine=machine, passed=True, says="as before")])
    files = {
        ".github/workflows/ci.yml": WORKFLOW,
        "ci/runners.yaml": RUNNERS,
        "app/__init__.py": "x = 1\n",
        "test_app.py": TEST,
    }
    return repository(tmp_path / "repo", files)


def test_few_runs_name_the_cheapest_and_a_second_start_runs_nothing(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    covpath = caller(capsys, root)
    kept = tmp_path / "kept"
    command = ["bench", "--few", "--yes", "--job", "coverage", "--backends", "slipcover,pytest-cov"]
    command += ["--runners", "large,small,tiny", "--out", str(kept)]
    done = covpath(*command)
    assert done.code == 0, done.err
    assert "in few runs, under the limits of:\n" in done.out
    said = " ".join(done.out.split())
    assert re.search(
        r"The cheapest that works: pytest-cov on small \(3 of 3 runs good\); "
        r"the next smaller, tiny, was run and fails: out of memory\. "
        r"For the same price there: slipcover \((predicted|1 of 1 runs good); \d+ % of the processor time",
        said,
    ), done.out
    evidence = load_evidence(kept / "evidence.json")
    choice = evidence.cheapest
    assert choice is not None
    assert (choice.backend, choice.runner, choice.confirmed) == ("pytest-cov", "small", True)
    assert (choice.refuted, choice.refuted_outcome, choice.as_cheap) == ("tiny", Outcome.OOM, ("slipcover",))
    assert [trial.role for trial in evidence.trials].count(Role.REFERENCE) == 2
    assert len(evidence.trials) <= 2 + 3 + 1 + 2
    assert "large" not in {trial.runner for trial in evidence.trials}

    again = covpath(*command)
    assert again.code == 0, again.err
    assert load_evidence(kept / "evidence.json").trials == evidence.trials
    assert load_evidence(kept / "evidence.json").cheapest == choice


def test_certain_goes_on_from_few_in_a_scratch_folder_of_ones_own(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    covpath = caller(capsys, root)
    kept, scratch = tmp_path / "kept", tmp_path / "scratch"
    scratch.mkdir()
    command = ["bench", "--yes", "--job", "coverage", "--backends", "slipcover", "--runners", "small,tiny"]
    command += ["--out", str(kept), "--scratch", str(scratch)]
    assert covpath(*command, "--few").code == 0
    few = load_evidence(kept / "evidence.json")
    done = covpath(*command, "--certain")
    assert done.code == 0, done.err
    certain = load_evidence(kept / "evidence.json")
    assert {trial.started for trial in few.trials} <= {trial.started for trial in certain.trials}
    assert not any(one.open for one in certain.predictions)
    assert list(scratch.iterdir()) == []


def test_a_scratch_folder_in_the_repository_or_nowhere_is_refused(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    covpath = caller(capsys, root)
    inside = covpath("bench", "--job", "coverage", "--scratch", str(root / "scratch"))
    assert (inside.code, "--scratch lies in the repository" in inside.err) == (2, True), inside.err
    nowhere = covpath(
        "bench", "--yes", "--job", "coverage", "--scratch", str(tmp_path / "none"), "--out", str(tmp_path)
    )
    assert (nowhere.code, "no scratch directory can be made" in nowhere.err) == (2, True), nowhere.err


def test_few_and_a_number_of_trials_exclude_each_other(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = caller(capsys, root)("bench", "--few", "--trials", "2", "--job", "coverage")
    assert (done.code, "not allowed with argument --few" in done.err) == (2, True), done.err
