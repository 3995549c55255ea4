from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from bench_runs import BIG, HUGE, REPORT, ROOMY, SMALL, TIGHT, bench, subject
from covpath.bench.events import Event, Note, Planned, TrialBegins
from covpath.bench.limits import unprivileged
from covpath.bench.limits.table import best
from covpath.bench.parity import parities
from covpath.bench.run import BenchOptions, run_bench
from covpath.bench.subject import Probe, Variant
from covpath.errors import OutsideError
from covpath.evidence.cells import cells
from covpath.evidence.parity import Level
from covpath.evidence.store import TrialLog, dump_evidence, parse_evidence
from covpath.evidence.trial import Enforcement, Outcome, Role
from covpath.terms import Tri


@pytest.mark.linux_limits
def test_every_cell_is_measured_or_predicted_and_labelled(tmp_path: Path) -> None:
    if best() is unprivileged:
        pytest.skip("NO CONTROL GROUPS, enforced cells are not tested here")
    evidence = bench(tmp_path, subject(tmp_path, SMALL, BIG), ROOMY, TIGHT, HUGE)
    found = {(cell.backend, cell.runner): (cell.works, cell.enforcement, cell.outcome) for cell in cells(evidence)}
    assert found == {
        ("small", "roomy"): (Tri.TRUE, Enforcement.ENFORCED, Outcome.OK),
        ("small", "tight"): (Tri.TRUE, Enforcement.ENFORCED, Outcome.OK),
        ("small", "huge"): (Tri.TRUE, Enforcement.PREDICTED, None),
        ("big", "roomy"): (Tri.TRUE, Enforcement.ENFORCED, Outcome.OK),
        ("big", "tight"): (Tri.FALSE, Enforcement.ENFORCED, Outcome.OOM),
        ("big", "huge"): (Tri.TRUE, Enforcement.PREDICTED, None),
    }
    assert parse_evidence(dump_evidence(evidence), "e") == evidence
    assert TrialLog(tmp_path / "kept" / "trials.jsonl").read()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "repo"]


def test_a_second_start_runs_only_what_is_missing(tmp_path: Path) -> None:
    what = subject(tmp_path, SMALL)
    first = bench(tmp_path, what, ROOMY, means=unprivileged).trials
    events: list[Event] = []
    again = bench(tmp_path, what, ROOMY, TIGHT, means=unprivileged, listen=events.append, trials=2)
    assert [event.resumed for event in events if isinstance(event, Planned)] == [2]
    began = [(event.runner, event.number) for event in events if isinstance(event, TrialBegins)]
    assert sorted(began) == [("roomy", 1), ("tight", 0), ("tight", 1)]
    assert [trial for trial in again.trials if trial in first] == list(first)
    assert len(again.trials) == len(first) + 3
    (what.repo / "a.py").write_text("# changed")
    events.clear()
    bench(tmp_path, what, ROOMY, means=unprivileged, listen=events.append)
    assert [event.resumed for event in events if isinstance(event, Planned)] == [0]


def test_blocks_are_shuffled_the_same_way_for_the_same_seed(tmp_path: Path) -> None:
    what = subject(tmp_path, SMALL, replace(SMALL, backend="other"))

    def order(folder: str, seed: int) -> list[tuple[str, str | None]]:
        events: list[Event] = []
        options = BenchOptions(scratch=tmp_path, means=unprivileged, seed=seed, prove=False)
        run_bench(what, (ROOMY, TIGHT), tmp_path / folder, options, events.append)
        return [(event.backend, event.runner) for event in events if isinstance(event, TrialBegins)]

    first = order("one", 7)
    assert first == order("two", 7)
    assert first[:2] == [("small", None), ("other", None)]
    assert any(order(f"seed{seed}", seed) != first for seed in (8, 9, 10))


def test_a_backend_that_fails_without_limits_is_not_tried_with_them(tmp_path: Path) -> None:
    broken = Variant(backend="broken", script="exit 7\n", report="lcov.info")
    evidence = bench(tmp_path, subject(tmp_path, broken), ROOMY, means=unprivileged)
    assert [trial.role for trial in evidence.trials] == [Role.REFERENCE]
    [cell] = cells(evidence)
    assert (cell.works, cell.outcome, cell.enforcement) == (Tri.FALSE, Outcome.TEST_FAIL, Enforcement.PREDICTED)
    assert "fails without limits too: ended with exit code 7" in cell.reason
    events: list[Event] = []
    bench(tmp_path, subject(tmp_path, broken), ROOMY, means=unprivileged, listen=events.append)
    assert any(isinstance(event, TrialBegins) for event in events), "what it lacked may be there now"


def test_a_report_of_other_files_than_the_reference_is_bad(tmp_path: Path) -> None:
    script = "mkdir -p ../../seen\n" + REPORT + "if ! mkdir ../../seen/x; then sed -i s/a.py/b.py/ lcov.info; fi\n"
    shifty = Variant(backend="shifty", script=script, report="lcov.info")
    evidence = bench(tmp_path, subject(tmp_path, shifty), ROOMY, means=unprivileged)
    assert [trial.outcome for trial in evidence.trials] == [Outcome.OK, Outcome.REPORT_BAD]
    assert "1 missing (a.py)" in evidence.trials[1].reason


def test_when_time_is_up_the_rest_is_predicted(tmp_path: Path) -> None:
    events: list[Event] = []
    what = subject(tmp_path, SMALL)
    evidence = bench(tmp_path, what, ROOMY, TIGHT, means=unprivileged, budget_seconds=0.0, listen=events.append)
    assert [trial.role for trial in evidence.trials] == [Role.REFERENCE]
    assert {cell.enforcement for cell in cells(evidence)} == {Enforcement.PREDICTED}
    assert all("the time budget had ended" in cell.reason for cell in cells(evidence))
    assert sum(isinstance(event, Note) and "budget" in event.message for event in events) == 1


def test_cells_near_a_limit_are_repeated(tmp_path: Path) -> None:
    slow = Variant(backend="slow", script=REPORT + "sleep 0.5\n", report="lcov.info")
    near = replace(ROOMY, time_limit_seconds=0.56)
    evidence = bench(tmp_path, subject(tmp_path, slow), near, ROOMY, means=unprivileged)
    counts = [trial.runner for trial in evidence.trials]
    assert counts.count("roomy") >= 2


def test_set_up_and_probes(tmp_path: Path) -> None:
    setup = ("mkdir built && echo 1 > built/x", 'echo "WORD=set" >> "$GITHUB_ENV"')
    probes = (
        Probe(name="core", script="echo core: C-tracer", pattern="^core: (.*)$"),
        Probe(name="tool", script="echo tool 1.2", pattern=r"tool (\S+)"),
        Probe(name="absent", script="no-such-tool", pattern="x"),
    )
    script = 'test "$WORD" = set\ntest "$(cat built/x)" = 1\nrm built/x\n' + REPORT
    variant = Variant(backend="b", script=script, report="lcov.info", probes=probes)
    evidence = bench(tmp_path, subject(tmp_path, variant, setup=setup), ROOMY, means=unprivileged)
    assert [trial.outcome for trial in evidence.trials] == [Outcome.OK, Outcome.OK]
    assert evidence.trials[0].core == "C-tracer"
    assert evidence.trials[0].versions == {"tool": "1.2", "absent": "unknown"}
    assert not (tmp_path / "repo" / "built").exists()


def test_set_up_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    what = subject(tmp_path, SMALL, setup=("echo no compiler >&2; exit 9",))
    with pytest.raises(OutsideError, match="failed with exit code 9: no compiler"):
        bench(tmp_path, what, ROOMY, means=unprivileged)
    assert [path.name for path in tmp_path.iterdir()] == ["repo"]


def test_the_backends_of_one_benchmark_are_held_against_the_first(tmp_path: Path) -> None:
    other = replace(SMALL, backend="other", script=REPORT + "echo 3 passed in 0.1s\n")
    broken = replace(SMALL, backend="broken", script="exit 1\n")
    evidence = bench(tmp_path, subject(tmp_path, SMALL, other, broken), ROOMY, means=unprivileged)
    found = parities(evidence, tmp_path / "kept" / "reports")
    assert [(one.first, one.second) for one in found] == [("small", "other"), ("small", "broken")]
    holds = {finding.level: finding.holds for finding in found[0].findings}
    assert (holds[Level.PIPELINE], holds[Level.FILES], holds[Level.TESTS]) == (Tri.TRUE, Tri.TRUE, Tri.UNKNOWN)
    assert found[1].findings[0].holds is Tri.FALSE
