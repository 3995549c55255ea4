from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import cast

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from bench_runs import HOG, MIB, REPORT, ROOMY, Variant, bench, subject
from covpath.bench.events import Event, Note
from covpath.bench.limits.ask import Ask
from covpath.bench.limits.table import best
from covpath.bench.limits.unprivileged import NAME as UNPRIVILEGED
from covpath.bench.plan import CellPlan, Plan
from covpath.bench.planner import GIVE_UP, PATIENCE, Answer, Step, answer, next_step, without
from covpath.bench.predict import held_bytes
from covpath.bench.run import Run
from covpath.bench.trial import TrialRequest, TrialResult
from covpath.bench.workbench import Ready, Workbench
from covpath.evidence.cells import cells as cells_of
from covpath.evidence.model import Choice
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.store import TrialLog, dump_evidence, parse_evidence
from covpath.evidence.trial import (
    CacheState,
    CpuUse,
    DiskUse,
    Enforcement,
    MemorySeries,
    MemoryUse,
    Outcome,
    PeakBasis,
    Role,
    Trial,
)
from covpath.terms import Tri
from evidence_samples import RUNNER, TRIAL


@dataclass(frozen=True, kw_only=True)
class Program:
    """A backend as nature made it: what it needs, and what a sampled generous run shows of it.

    ``greedy`` is what it holds on top where nothing limits its memory.
    """

    name: str
    needs: int
    cache: int = 0
    hidden: int = 0
    greedy: int = 0
    cpu: float = 4.0
    threads: float = 1.0
    disk: int = 0
    broken: bool = False

    def run(self, cell: CellPlan, number: int) -> Trial:
        ask = cell.ask
        outcome = self.outcome(cell)
        greedy = 0 if ask.memory_bytes else self.greedy
        peak = min(self.needs + self.cache + greedy, ask.memory_bytes or 10**15)
        return replace(
            TRIAL,
            cell=cell.key,
            number=number,
            role=Role.CELL if cell.runner else Role.REFERENCE,
            backend=self.name,
            runner=cell.runner.name if cell.runner else None,
            outcome=outcome,
            reason="" if outcome is Outcome.OK else f"simulated {outcome}",
            wall_seconds=self.wall(ask),
            cpu=CpuUse(user_seconds=self.cpu, system_seconds=0.0),
            memory=MemoryUse(
                peak_bytes=peak,
                peak_basis=PeakBasis.HIGH_WATER_MARK,
                unreclaimable_peak_bytes=self.needs - self.hidden + greedy,
                swap_peak_bytes=max(0, self.needs - (ask.memory_bytes or 10**15)),
            ),
            disk=DiskUse(growth_bytes=self.disk),
        )

    def wall(self, ask: Ask) -> float:
        return self.cpu / min(self.threads, ask.cpus or 2)

    def outcome(self, cell: CellPlan) -> Outcome:
        ask = cell.ask
        if self.broken:
            return Outcome.TEST_FAIL
        if ask.memory_bytes is not None and self.needs > ask.memory_bytes + (ask.swap_bytes or 0):
            return Outcome.OOM
        if ask.disk_bytes is not None and self.disk > ask.disk_bytes:
            return Outcome.DISK_FULL
        return Outcome.TIMEOUT if ask.time_seconds and self.wall(ask) > ask.time_seconds else Outcome.OK


@dataclass(frozen=True, kw_only=True)
class Decided:
    answer: Answer
    runs: int
    steps: list[Step]


def plan_of(
    programs: list[Program],
    runners: list[RunnerProfile],
    big: frozenset[str] = frozenset(),
    *,
    own: str | None = None,
    files: int = 0,
) -> Plan:
    ready = {
        one.name: Ready(
            variant=Variant(backend=one.name, script="", report=None),
            prepared=Path(),
            environment={},
            core=None,
            versions={},
            digest=one.name,
            files_bytes=files,
        )
        for one in programs
    }
    generous = Ask(time_seconds=10**6)
    references = [
        CellPlan(ready=one, runner=None, cache=CacheState.WARM, ask=generous, key=name) for name, one in ready.items()
    ]
    cells = [
        CellPlan(
            ready=one,
            runner=runner,
            cache=CacheState.WARM,
            ask=Ask.of(runner),
            key=f"{name}/{runner.name}",
            obstacle="bigger than this machine" if runner.name in big else None,
        )
        for name, one in ready.items()
        for runner in runners
    ]
    return Plan(references=tuple(references), cells=tuple(cells), own=own)


def decide(programs: list[Program], plan: Plan) -> Decided:
    by_name = {one.name: one for one in programs}
    done: dict[str, list[Trial]] = {}
    steps: list[Step] = []
    while (step := next_step(plan, done)) is not None:
        trials = done.setdefault(step.cell.key, [])
        trials.append(by_name[step.cell.backend].run(step.cell, len(trials)))
        steps.append(step)
        assert len(steps) < 1000, "it never decides"
    return Decided(answer=answer(plan, done), runs=len(steps), steps=steps)


def runner(name: str, memory: int, cpus: float = 1, price: float | None = 0.001, **changes: object) -> RunnerProfile:
    base = replace(RUNNER, name=name, memory_bytes=memory * MIB, cpus=cpus, price_per_minute_dollars=price)
    return replace(base, **changes)  # type: ignore[arg-type]


SIZES = [24, 32, 40, 48, 56, 64, 80, 96, 128, 256]
SHARES = [0.25, 0.5, 1, 2]


def grid() -> list[RunnerProfile]:
    return [
        runner(f"{size}/{share}", size, share, price=0.001 * size * share + 0.00001 * size)
        for size in SIZES
        for share in SHARES
    ]


def ran(found: Decided) -> list[str]:
    return [step.cell.key for step in found.steps]


def test_the_reference_runs_come_first_and_no_cell_that_is_settled_is_run() -> None:
    programs = [Program(name="a", needs=50 * MIB), Program(name="b", needs=200 * MIB)]
    found = decide(programs, plan_of(programs, grid()))
    assert ran(found)[:2] == ["a", "b"]
    assert found.answer.winner is not None
    assert found.answer.winner.key == "a/56/0.25"
    assert found.answer.confirmed
    assert ran(found)[2:6] == ["a/48/0.25", *["a/56/0.25"] * 3]
    # Whether less than what was seen would do is settled once for each number of workers.
    assert ran(found)[6:] == ["a/48/2", "b/128/1", "b/128/2"]


def test_the_cheaper_neighbour_is_refuted_once() -> None:
    programs = [Program(name="a", needs=50 * MIB)]
    found = decide(programs, plan_of(programs, [runner(str(size), size, price=size) for size in (20, 56)]))
    last = found.steps[-1]
    assert (last.cell.key, last.why) == ("a/20", "the next cheaper one is said to fail")
    assert found.answer.refuted is last.cell


def test_a_neighbour_that_a_larger_failure_refutes_is_not_run_again() -> None:
    programs = [Program(name="a", needs=50 * MIB)]
    found = decide(programs, plan_of(programs, [one for one in grid() if one.cpus <= 1]))
    assert found.answer.refuted is not None
    assert found.answer.refuted.key == "a/48/0.25"
    assert ran(found) == ["a", "a/48/0.25", *["a/56/0.25"] * 3]


def test_a_band_of_page_cache_is_settled_from_what_was_in_use() -> None:
    programs = [Program(name="a", needs=44 * MIB, cache=200 * MIB, hidden=4 * MIB)]
    plan = plan_of(programs, [one for one in grid() if one.cpus == 1])
    found = decide(programs, plan)
    assert ran(found) == ["a", "a/40/1", "a/80/1", "a/56/1", "a/48/1", "a/48/1", "a/48/1"]
    assert found.answer.winner is not None
    assert found.answer.winner.key == "a/48/1"
    works = {key.split("/")[1]: verdict.works for key, verdict in found.answer.verdicts.items()}
    assert works == {str(size): Tri.of(size >= 48) for size in SIZES}


def test_a_runtime_that_takes_what_there_is_may_do_with_less() -> None:
    programs = [Program(name="heap", needs=90 * MIB, greedy=70 * MIB)]
    found = decide(programs, plan_of(programs, [one for one in grid() if one.cpus == 1]))
    assert found.answer.winner is not None
    assert found.answer.winner.key == "heap/96/1"
    assert found.answer.refuted is not None
    assert found.answer.refuted.key == "heap/80/1"


def test_a_run_with_as_many_workers_tells_what_those_need() -> None:
    programs = [Program(name="a", needs=50 * MIB, greedy=30 * MIB)]
    found = decide(programs, plan_of(programs, [runner(str(size), size, price=size) for size in (30, 52, 60, 72, 90)]))
    assert ran(found)[:3] == ["a", "a/72", "a/52"]
    assert found.answer.winner is not None
    assert (found.answer.winner.key, found.answer.verdicts["a/60"].works) == ("a/52", Tri.TRUE)


def test_of_one_price_the_jobs_own_backend_wins_and_the_others_are_named() -> None:
    programs = [Program(name=name, needs=needs * MIB) for name, needs in (("a", 30), ("b", 40), ("c", 400))]
    runners = [runner("small", 64), runner("large", 128, price=0.002)]
    for own, others in (("b", ["a"]), (None, ["b"]), ("c", ["b"])):
        found = decide(programs, plan_of(programs, runners, own=own)).answer
        assert found.winner is not None
        assert found.winner.key == f"{own if own == 'b' else 'a'}/small"
        assert [cell.backend for cell in found.as_cheap] == others


def test_less_than_a_minute_decides_nothing_but_whole_minutes_do() -> None:
    for slow, fast, winner in ((50, 20, "slow"), (150, 130, "slow"), (150, 50, "fast")):
        programs = [Program(name="slow", needs=MIB, cpu=slow), Program(name="fast", needs=MIB, cpu=fast)]
        for price in (0.0, 0.002):
            found = decide(programs, plan_of(programs, [runner("one", 64, price=price)], own="slow"))
            assert found.answer.winner is not None
            assert found.answer.winner.backend == winner
            assert {step.cell.backend for step in found.steps if step.cell.runner} == {winner}


def test_of_one_price_the_smaller_runner_wins() -> None:
    programs = [Program(name="a", needs=MIB)]
    found = decide(programs, plan_of(programs, [runner("large", 128, price=0.0), runner("small", 64, price=0.0)]))
    assert found.answer.winner is not None
    assert found.answer.winner.key == "a/small"


def test_what_the_choice_does_not_need_is_run_for_a_fair_price_only() -> None:
    programs = [
        Program(name="small", needs=20 * MIB),
        *(Program(name=f"p{number}", needs=60 * MIB, cache=180 * MIB, cpu=60) for number in range(3)),
    ]
    plan = plan_of(programs, [one for one in grid() if one.cpus <= 1])
    found = decide(programs, plan)
    by_name = {one.name: one for one in programs}
    spent = sum(by_name[step.cell.backend].wall(step.cell.ask) for step in found.steps)
    assert found.answer.winner is not None
    least = sum(one.wall(Ask()) for one in programs) + 3 * by_name["small"].wall(found.answer.winner.ask)
    assert least * 1.2 < spent <= least * PATIENCE
    left = [verdict for verdict in found.answer.verdicts.values() if verdict.works is Tri.UNKNOWN]
    assert 0 < len(left) < len(plan.cells) / 2


def test_a_large_grid_is_left_at_a_tenth_of_its_time() -> None:
    programs = [Program(name="slow", needs=20 * MIB, cpu=300), Program(name="other", needs=60 * MIB, cache=90 * MIB)]
    slow = runner("slow", 24, 0.25, price=0.001)
    for others, asked in ((19, 0), (10, 1)):
        runners = [slow, *(runner(str(size), size, 1, price=size) for size in range(62, 62 + others))]
        found = decide(programs, plan_of(programs, runners))
        why = [step.why for step in found.steps if step.most_seconds is not None]
        assert (found.answer.winner is not None, len(why) > 0) == (True, asked > 0)


def test_a_run_the_choice_does_not_need_is_given_up_when_it_drags_on() -> None:
    programs = [Program(name="own", needs=20 * MIB, cpu=100), Program(name="other", needs=60 * MIB, cache=90 * MIB)]
    plan = plan_of(programs, [runner(str(size), size, price=size) for size in (16, 24, 64, 96)])
    found = decide(programs, plan)
    [step] = [step for step in found.steps if step.cell.key == "other/64"]
    assert (step.why, step.most_seconds) == ("only a run can tell whether it works", GIVE_UP * 4)
    assert {one.most_seconds for one in found.steps if one is not step} == {None}
    ended = programs[1].run(step.cell, 0)
    assert not step.gives_up(ended)
    late = replace(ended, outcome=Outcome.TIMEOUT)
    assert step.gives_up(late)
    tighter = replace(step.cell, ask=replace(step.cell.ask, time_seconds=3.0))
    assert not Step(cell=tighter, why="", most_seconds=12.0).gives_up(late)  # that was its runner's own limit

    done = {one.cell.key: [programs[one.cell.backend == "other"].run(one.cell, 0)] for one in found.steps[:2]}
    left = without(plan, step.cell.key, step.most_seconds or 0.0)
    assert {cell.key: cell.lost_seconds for cell in left.cells if cell.obstacle} == {"other/64": 12.0}
    assert answer(left, done).verdicts["other/64"].works is Tri.UNKNOWN


def test_a_run_that_was_given_up_is_written_down_and_counts_as_no_measurement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = {
        "own": Program(name="own", needs=20 * MIB, cpu=100),
        "other": Program(name="other", needs=60 * MIB, cache=90 * MIB),
    }
    runners = [runner(str(size), size, price=size) for size in (16, 24, 64, 96)]
    plan = plan_of(list(programs.values()), runners)
    cells = {cell.key: cell for cell in (*plan.references, *plan.cells)}
    asked: list[str] = []

    def run_trial(request: TrialRequest, *_: object) -> TrialResult:
        asked.append(request.cell)
        trial = programs[request.variant.backend].run(cells[request.cell], request.number)
        limit = request.ask.time_seconds
        if request.cell == "other/64" and limit is not None and limit < 43:  # it reads its own pages from the disk
            trial = replace(trial, outcome=Outcome.TIMEOUT, wall_seconds=limit)
        return TrialResult(trial=trial, report=None, tests=None)

    monkeypatch.setattr("covpath.bench.run.run_trial", run_trial)
    surroundings = SimpleNamespace(subject=subject(tmp_path), site=None, means=None, machine=None, files_digest="")
    told: list[Event] = []

    def start(*, certain: bool = False) -> Run:
        asked.clear()
        run = Run(cast("Workbench", surroundings), plan, TrialLog(tmp_path / "trials.jsonl"), tmp_path, (), told.append)
        run.few(certain=certain)
        return run

    run = start()
    assert [one.message for one in told if isinstance(one, Note)] == ["other on 64: given up after 12 s"]
    assert run.done["other/64"] == []
    [cell] = [cell for cell in run.plan.cells if cell.key == "other/64"]
    assert cell.obstacle == "a run was given up after 12.0 s, and the choice did not need it"
    own = run.choice()
    assert own is not None
    assert (own.backend, own.runner, own.confirmed) == ("own", "24", True)

    evidence = run.evidence(runners)
    [record] = [trial for trial in evidence.trials if trial.role is Role.GIVEN_UP]
    assert (record.runner, record.reason) == ("64", "given up after 12.0 s: the choice did not need it")
    [seen] = [one for one in cells_of(evidence) if (one.backend, one.runner) == ("other", "64")]
    assert (seen.trials, seen.works, seen.enforcement) == (0, Tri.UNKNOWN, Enforcement.PREDICTED)
    [prediction] = [one for one in evidence.predictions if (one.backend, one.runner) == ("other", "64")]
    assert prediction.open
    assert parse_evidence(dump_evidence(evidence), "e.json") == evidence

    again = start()
    assert "other/64" not in asked
    assert again.evidence(runners).trials == evidence.trials

    certain = start(certain=True)
    assert "other/64" in asked
    assert not any(one.open for one in certain.evidence(runners).predictions)
    assert certain.choice() == own


def test_a_short_peak_that_no_page_cache_explains_was_needed() -> None:
    def memory(*files: int, seen: int | None = 60) -> MemoryUse:
        return MemoryUse(
            peak_bytes=100,
            peak_basis=PeakBasis.HIGH_WATER_MARK,
            unreclaimable_peak_bytes=seen,
            series=MemorySeries(file_bytes=files),
        )

    assert held_bytes(memory(5, 10)) == 90
    assert held_bytes(memory(5, 70)) == 60
    assert held_bytes(memory()) == 60
    assert held_bytes(memory(5, seen=None)) is None
    assert held_bytes(replace(memory(5), peak_basis=PeakBasis.SAMPLED)) == 60


def test_a_peak_just_below_the_memory_settles_nothing() -> None:
    programs = [Program(name="a", needs=100 * MIB)]
    plan = plan_of(programs, [runner(str(size), size, price=size) for size in (100, 104, 106)])
    known = answer(plan, {"a": [programs[0].run(plan.references[0], 0)]}).verdicts
    assert [known[f"a/{size}"].works for size in (100, 104, 106)] == [Tri.UNKNOWN, Tri.UNKNOWN, Tri.TRUE]


def test_prepared_files_need_room_too() -> None:
    programs = [Program(name="a", needs=MIB, disk=40 * MIB)]
    disks = [runner(str(size), 64, price=size, disk_bytes=size * MIB) for size in (60, 85, 95, 120)]
    plan = plan_of(programs, disks, files=50 * MIB)
    known = answer(plan, {"a": [programs[0].run(plan.references[0], 0)]}).verdicts
    assert {key: verdict.works for key, verdict in known.items()} == {
        "a/60": Tri.FALSE,
        "a/85": Tri.UNKNOWN,
        "a/95": Tri.UNKNOWN,
        "a/120": Tri.TRUE,
    }
    assert known["a/60"].outcome is Outcome.DISK_FULL


def test_runs_that_disagree_settle_nothing_between_them() -> None:
    programs = [Program(name="a", needs=50 * MIB)]
    plan = plan_of(programs, [runner(str(size), size, price=size) for size in (40, 44, 48)])
    flaky = {cell.key: programs[0].run(cell, 0) for cell in (*plan.references, *plan.cells)}
    good = replace(flaky["a/40"], outcome=Outcome.OK, reason="")
    verdicts = answer(plan, {"a": [flaky["a"]], "a/40": [good], "a/48": [flaky["a/48"]]}).verdicts
    assert verdicts["a/44"].works is Tri.UNKNOWN
    assert verdicts["a/44"].reason == "40 works and 48 fails, which has no less memory"


def test_with_swap_nothing_is_inferred_and_a_pass_must_be_repeated() -> None:
    programs = [Program(name="a", needs=50 * MIB)]
    swapping = [runner(str(size), size, price=size, swap_bytes=20 * MIB) for size in (24, 32, 40, 64)]
    found = decide(programs, plan_of(programs, swapping))
    runs = [step.cell.key for step in found.steps]
    assert runs.count("a/32") == 3
    assert runs.count("a/40") >= 1
    assert found.answer.winner is not None
    assert found.answer.winner.key == "a/32"


def test_other_worker_counts_are_not_inferred_from() -> None:
    programs = [Program(name="a", needs=44 * MIB, cache=200 * MIB, hidden=30 * MIB)]
    plan = plan_of(programs, [one for one in grid() if one.cpus in (1, 2)])
    tested = {step.cell.ask.cpus for step in decide(programs, plan).steps if step.cell.runner}
    assert tested == {1, 2}


def test_what_is_bigger_than_this_machine_is_never_run_and_never_wins() -> None:
    programs = [Program(name="a", needs=50 * MIB)]
    plan = plan_of(programs, [runner("free", 999, 4, price=0.0), runner("paid", 999)], frozenset({"free"}))
    found = decide(programs, plan)
    assert found.answer.winner is not None
    assert found.answer.winner.key == "a/paid"
    assert found.answer.verdicts["a/free"].works is Tri.TRUE


def test_nothing_works() -> None:
    programs = [Program(name="broken", needs=MIB, broken=True), Program(name="big", needs=999 * MIB)]
    found = decide(programs, plan_of(programs, grid()))
    assert (found.answer.winner, found.answer.confirmed) == (None, False)
    assert {verdict.works for verdict in found.answer.verdicts.values()} == {Tri.FALSE}
    assert found.runs == 2


def test_a_time_limit_near_the_estimate_is_tried() -> None:
    programs = [Program(name="a", needs=MIB, cpu=60)]
    limits = [runner(str(seconds), 64, time_limit_seconds=seconds) for seconds in (20, 50, 58, 62, 90)]
    found = decide(programs, plan_of(programs, limits))
    works = {key: verdict.works for key, verdict in found.answer.verdicts.items()}
    assert works == {
        "a/20": Tri.FALSE,
        "a/50": Tri.FALSE,
        "a/58": Tri.FALSE,
        "a/62": Tri.TRUE,
        "a/90": Tri.TRUE,
    }
    assert "a/20" not in {step.cell.key for step in found.steps}


PROGRAMS = st.lists(
    st.builds(
        Program,
        name=st.just(""),
        needs=st.integers(6, 300).map(lambda size: size * MIB),
        cache=st.integers(0, 100).map(lambda size: size * MIB),
        hidden=st.integers(0, 4).map(lambda size: size * MIB),
        greedy=st.sampled_from([0, 0, 10, 100]).map(lambda size: size * MIB),
        cpu=st.floats(1, 500),
        threads=st.sampled_from([1.0, 2.0]),
    ),
    min_size=1,
    max_size=4,
).map(
    lambda found: [
        dataclasses.replace(one, name=f"p{number}", greedy=min(one.greedy, one.needs - one.hidden - MIB))
        for number, one in enumerate(found)
    ]
)


@settings(deadline=None, max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(PROGRAMS)
def test_certain_leaves_nothing_open_that_a_run_could_tell(programs: list[Program]) -> None:
    plan = plan_of(programs, [replace(one, time_limit_seconds=600.0) for one in grid()])
    by_name = {one.name: one for one in programs}
    done: dict[str, list[Trial]] = {}
    while (step := next_step(plan, done, certain=True)) is not None:
        trials = done.setdefault(step.cell.key, [])
        trials.append(by_name[step.cell.backend].run(step.cell, len(trials)))
        assert step.most_seconds is None
    found = answer(plan, done)
    assert found.winner == decide(programs, plan).answer.winner
    for key, verdict in found.verdicts.items():
        truth = next(by_name[cell.backend].outcome(cell) for cell in plan.cells if cell.key == key)
        assert verdict.works is Tri.of(truth is Outcome.OK), (key, verdict)


@settings(deadline=None, max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(PROGRAMS)
def test_the_answer_is_that_of_the_whole_grid_in_few_runs(programs: list[Program]) -> None:
    plan = plan_of(programs, [replace(one, time_limit_seconds=600.0) for one in grid()])
    found = decide(programs, plan)
    by_name = {one.name: one for one in programs}
    truth = {cell.key: by_name[cell.backend].outcome(cell) for cell in plan.cells}
    for key, verdict in found.answer.verdicts.items():
        if verdict.works is not Tri.UNKNOWN:
            assert (verdict.works is Tri.TRUE) == (truth[key] is Outcome.OK), (key, verdict)
    working = [cell for cell in plan.cells if truth[cell.key] is Outcome.OK]
    assert (found.answer.winner is None) == (not working)
    if found.answer.winner is not None:
        assert cost(found.answer.winner, by_name) == min(cost(cell, by_name) for cell in working)
        assert found.answer.confirmed
    assert found.runs <= 0.2 * 3 * len(plan.cells) + len(programs)


@pytest.mark.parametrize("seed", range(40))
def test_it_decides_whatever_happens(seed: int) -> None:
    random = Random(seed)
    programs = [
        Program(
            name=f"p{number}",
            needs=random.randint(6, 150) * MIB,
            cache=random.choice([0, 30, 90]) * MIB,
            greedy=random.choice([0, 0, 80]) * MIB,
            cpu=random.uniform(1, 400),
            disk=random.choice([0, 50]) * MIB,
        )
        for number in range(random.randint(1, 4))
    ]
    runners = [
        runner(
            f"r{number}",
            random.choice([24, 48, 64, 96, 128, 200]),
            random.choice(SHARES),
            price=random.choice([0.0, None, 0.001 * number]),
            time_limit_seconds=random.choice([None, 100.0, 400.0]),
            disk_bytes=random.choice([None, 40 * MIB, 80 * MIB]),
            swap_bytes=random.choice([0, 0, 0, 40 * MIB]),
        )
        for number in range(random.randint(1, 14))
    ]
    plan = plan_of(programs, runners, own=random.choice([None, "p0"]), files=random.choice([0, 20 * MIB]))
    by_name = {one.name: one for one in programs}
    done: dict[str, list[Trial]] = {}
    while (step := next_step(plan, done)) is not None:
        trial = by_name[step.cell.backend].run(step.cell, 0)
        if step.cell.runner and random.random() < 0.2:  # a run that ends as none before it did
            trial = replace(trial, outcome=random.choice(list(Outcome)), reason="by chance")
        done.setdefault(step.cell.key, []).append(trial)
        assert sum(map(len, done.values())) < 60, "it never decides"
    found = answer(plan, done)
    assert found.winner is None or all(trial.outcome is Outcome.OK for trial in done[found.winner.key])


def cost(cell: CellPlan, programs: dict[str, Program]) -> float:
    assert cell.runner is not None
    assert cell.runner.price_per_minute_dollars is not None
    minutes = max(1, math.ceil(programs[cell.backend].wall(cell.ask) / 60))
    return minutes * cell.runner.price_per_minute_dollars


@pytest.mark.linux_limits
def test_few_runs_on_real_limits(tmp_path: Path) -> None:
    if best().NAME == UNPRIVILEGED:
        pytest.skip("NO CONTROL GROUPS, enforced cells are not tested here")
    big = Variant(backend="big", script=HOG, report="lcov.info")
    small = Variant(backend="small", script=REPORT, report="lcov.info")
    sizes = [replace(ROOMY, name=str(size), memory_bytes=size * MIB) for size in (16, 32, 48, 64, 128, 256)]
    priced = [replace(one, price_per_minute_dollars=0.001 * number) for number, one in enumerate(sizes, 1)]
    evidence = bench(tmp_path, subject(tmp_path, big, small), *priced, few=True)
    assert len(evidence.trials) <= 7
    works = {(cell.backend, cell.runner): cell.works for cell in cells_of(evidence)}
    said = {key: value for key, value in works.items() if value is not Tri.UNKNOWN}
    assert {key: value is Tri.TRUE for key, value in said.items()} == {
        (backend, size): backend == "small" or int(size) > 80 for backend, size in said
    }
    assert {("small", size.name) for size in sizes} <= set(said)
    measured = [cell for cell in cells_of(evidence) if cell.enforcement is Enforcement.ENFORCED and cell.trials == 3]
    assert [(cell.backend, cell.runner) for cell in measured] == [("small", "16")]
    assert evidence.cheapest == Choice(
        backend="small", runner="16", cache=CacheState.WARM, confirmed=True, refuted=None, refuted_outcome=None
    )
    assert parse_evidence(dump_evidence(evidence), "e") == evidence


@pytest.mark.linux_limits
def test_the_refuted_neighbour_is_in_the_record(tmp_path: Path) -> None:
    if best().NAME == UNPRIVILEGED:
        pytest.skip("NO CONTROL GROUPS, enforced cells are not tested here")
    big = Variant(backend="big", script=HOG, report="lcov.info")
    sizes = [
        replace(ROOMY, name=str(size), memory_bytes=size * MIB, price_per_minute_dollars=size / 10_000)
        for size in (48, 64, 128, 256)
    ]
    found = bench(tmp_path, subject(tmp_path, big), *sizes, few=True).cheapest
    assert found is not None
    assert (found.runner, found.confirmed) == ("128", True)
    assert (found.refuted, found.refuted_outcome) == ("64", Outcome.OOM)
