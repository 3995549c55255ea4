"""Running a plan: references, blocks of cells, repeats near a limit; every trial on disk as it ends."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from covpath.bench.events import Listener, Note, Planned, Preparing, TrialBegins, TrialEnded, nobody
from covpath.bench.knowledge import Knowledge
from covpath.bench.limits.ask import Ask, Means
from covpath.bench.limits.table import best, obstacles
from covpath.bench.machine import this_machine
from covpath.bench.plan import CellPlan, Plan, make_plan
from covpath.bench.planner import CONFIRM, answer, next_step, without
from covpath.bench.predict import predict
from covpath.bench.proofs import Prover, failures, keep_proofs, kept_proofs, prove
from covpath.bench.references import load_reference, save_reference
from covpath.bench.site import Site
from covpath.bench.subject import Subject
from covpath.bench.trial import TrialRequest, run_trial
from covpath.bench.workbench import Workbench
from covpath.evidence.model import Choice, Evidence, Proof, SubjectRecord
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.store import TrialLog
from covpath.evidence.trial import CacheState, Knob, Outcome, Role, Trial
from covpath.outside.git import find_repository
from covpath.quantity import show_seconds

NEAR = 0.1
"""A cell this near to a limit (as a share of it) is run again."""

REPORTS_NAME = "reports"
"""Where, in a benchmark's folder, the reports of its reference runs are kept."""

Clock = Callable[[], float]


class BenchOptions(Struct, frozen=True, kw_only=True):
    """How to bench: repeats, cache states, order, time, and how to confine (default: the best way there is)."""

    trials: int = 1
    caches: tuple[CacheState, ...] = (CacheState.WARM,)
    seed: int = 1
    budget_seconds: float | None = None
    means: Means | None = None
    scratch: Path | None = None
    prove: bool = True
    """Whether limits prove themselves before their first use here."""
    few: bool = False
    """Only the runs needed to say which cells work and which is the cheapest; ``trials`` does not matter then."""
    certain: bool = False
    """With ``few``: and those that tell of every cell that can be run here."""


def run_bench(
    subject: Subject,
    runners: Sequence[RunnerProfile],
    folder: Path,
    options: BenchOptions | None = None,
    listen: Listener = nobody,
) -> Evidence:
    """Bench every backend of ``subject`` on every runner; trials and reference reports are kept in ``folder``.

    Trials found there that ran the same thing on this machine are not run again. Raises
    OutsideError where nothing can be run; Ctrl-C passes through, and the trials before it are kept.
    """
    options = options or BenchOptions()
    means = options.means or best()
    for obstacle in obstacles() if options.means is None else ():
        listen(Note(message=obstacle))
    with Site.open(options.scratch) as site:
        bench = Workbench(subject, site, means, this_machine(means.NAME))
        proofs = _proofs(bench, folder, listen) if options.prove else ()
        listen(Preparing(what=f"copying {subject.repo}"))
        bench.copy()
        variants = []
        for variant in subject.variants:
            listen(Preparing(what=f"setting up {variant.backend}"))
            variants.append(bench.ready(variant))
        plan = make_plan(
            variants,
            runners,
            machine=bench.machine.fingerprint,
            own=subject.own,
            caches=options.caches,
            time_limit_seconds=subject.time_limit_seconds,
            trials=options.trials,
            seed=options.seed,
            budget_seconds=options.budget_seconds,
        )
        run = Run(bench, plan, TrialLog(folder / "trials.jsonl"), folder / REPORTS_NAME, proofs, listen)
        run.few(certain=options.certain) if options.few else run.all()
        evidence = run.evidence(runners)
        return replace(evidence, cheapest=run.choice()) if options.few else evidence


def _proofs(bench: Workbench, folder: Path, listen: Listener) -> tuple[Proof, ...]:
    """The proofs made on this machine before, else new ones; a failed part is told aloud."""
    path, machine = folder / "proofs.json", bench.machine
    proofs = kept_proofs(path, machine.fingerprint)
    if proofs is None:
        listen(Preparing(what="proving the limits of this machine"))
        proofs = prove(Prover(site=bench.site, means=bench.means, machine=machine))
        keep_proofs(path, proofs)
    for proof in proofs:
        if not proof.passed:
            listen(Note(message=f"{proof.part} failed its proof and is not relied on: {proof.says}"))
    return proofs


class Run(Struct):
    """One plan under way. ``done`` holds the trials of each cell, earlier starts' included.

    ``given_up`` are those that were ended because the choice did not need them.
    """

    bench: Workbench
    plan: Plan
    log: TrialLog
    reports: Path
    proofs: tuple[Proof, ...] = ()
    listen: Listener = nobody
    clock: Clock = time.monotonic
    done: dict[str, list[Trial]] = field(default_factory=dict)
    given_up: list[Trial] = field(default_factory=list)
    began: float = 0.0
    out_of_time: bool = False

    def all(self) -> None:
        """Run every cell of the plan that is not yet on disk, as far as the budget goes."""
        cells = self._begin()
        self.listen(Planned(trials=len(self.plan.references) + len(cells) * self.plan.trials, resumed=self._resumed()))
        self._references()
        working = [cell for cell in cells if self._reference_ok(cell)]
        for number in range(self.plan.trials):
            self._block(number, working)
        for number in range(self.plan.trials, self.plan.most_trials):
            self._block(number, [cell for cell in working if self.near_limit(cell)])

    def few(self, *, certain: bool = False) -> None:
        """Run what the planner asks for, until it has its answer or the budget has ended.

        What an earlier start has given up is not tried again, unless all is to be ``certain``.
        """
        self._begin()
        for trial in () if certain else self.given_up:
            if not self.done[trial.cell]:
                self.plan = without(self.plan, trial.cell, trial.wall_seconds)
        self.listen(Planned(trials=len(self.plan.references) + CONFIRM + 1, resumed=self._resumed()))
        self._references()
        while (step := next_step(self.plan, self.done, certain=certain)) is not None:
            if step.cell.runner is not None and self._late():
                return
            trial = self._trial(step.cell, step.most_seconds)
            if step.gives_up(trial):
                self._give_up(trial)
            else:
                self._keep(step.cell, _with_own_time(trial, step.cell.ask))

    def _give_up(self, trial: Trial) -> None:
        """Write down that it was tried, and for how long; it says nothing about its cell."""
        seconds = trial.wall_seconds
        reason = f"given up after {show_seconds(seconds)}: the choice did not need it"
        record = replace(trial, role=Role.GIVEN_UP, reason=reason)
        self.log.append(record)
        self.given_up.append(record)
        self.plan = without(self.plan, trial.cell, seconds)
        self.listen(Note(message=f"{trial.backend} on {trial.runner}: given up after {seconds:.0f} s"))

    def _references(self) -> None:
        """One that failed at an earlier start is tried again: what it lacked may be there now."""
        for cell in self.plan.references:
            if not self._reference_ok(cell):
                self._run(cell)

    def _begin(self) -> list[CellPlan]:
        """Take in the trials on disk; the cells that can be run here."""
        self.began = self.clock()
        cells = [cell for cell in self.plan.cells if cell.obstacle is None]
        self.done = {cell.key: [] for cell in (*self.plan.references, *cells)}
        for trial in self.log.read():
            if trial.cell in self.done:
                (self.given_up if trial.role is Role.GIVEN_UP else self.done[trial.cell]).append(trial)
        return cells

    def _resumed(self) -> int:
        return sum(map(len, self.done.values()))

    def _block(self, number: int, cells: Sequence[CellPlan]) -> None:
        for cell in self.plan.block(number, cells):
            if len(self.done[cell.key]) <= number:
                if self._late():
                    return
                self._run(cell)

    def _late(self) -> bool:
        """Whether the budget has ended; told once."""
        budget = self.plan.budget_seconds
        late = budget is not None and self.clock() - self.began > budget
        if late and not self.out_of_time:
            self.listen(Note(message="the time budget has ended; what is left is predicted"))
        self.out_of_time = late
        return late

    def _run(self, cell: CellPlan) -> None:
        self._keep(cell, self._trial(cell))

    def _keep(self, cell: CellPlan, trial: Trial) -> None:
        """Write it down, and tell."""
        self.log.append(trial)
        self.done[cell.key].append(trial)
        self.listen(TrialEnded(trial=trial))

    def _trial(self, cell: CellPlan, most_seconds: float | None = None) -> Trial:
        """Run it, for at most so long."""
        number = len(self.done[cell.key])
        role = Role.REFERENCE if cell.runner is None else Role.CELL
        runner = cell.runner.name if cell.runner else None
        self.listen(TrialBegins(role=role, backend=cell.backend, runner=runner, cache=cell.cache, number=number))
        reference = load_reference(self.reports, self._reference(cell).key) if cell.runner else None
        result = run_trial(
            TrialRequest(
                cell=cell.key,
                number=number,
                role=role,
                variant=cell.ready.variant,
                runner=runner,
                ask=_shorter(cell.ask, most_seconds),
                cache=cell.cache,
                prepared=cell.ready.prepared,
                environment=cell.ready.environment,
                evict=self.bench.subject.read_paths,
                reference=reference.report.names if reference else None,
                core=cell.ready.core,
                versions=cell.ready.versions,
                distrusted=failures(self.proofs),
            ),
            self.bench.site,
            self.bench.means,
            self.bench.machine,
        )
        if role is Role.REFERENCE and result.report is not None:
            save_reference(self.reports, cell.key, result.report, result.tests)
        return result.trial

    def _reference(self, cell: CellPlan) -> CellPlan:
        return next(one for one in self.plan.references if one.ready is cell.ready)

    @property
    def known(self) -> Knowledge:
        """What the trials so far say."""
        return Knowledge(self.plan, self.done)

    def _reference_ok(self, cell: CellPlan) -> bool:
        trial = self.known.reference(cell)
        return trial is not None and trial.outcome is Outcome.OK

    def near_limit(self, cell: CellPlan) -> bool:
        """Whether one run may not be enough: memory or time came near a limit, or trials disagree."""
        trials = self.done[cell.key]
        if len({trial.outcome for trial in trials}) > 1:
            return True
        memory, seconds = cell.ask.memory_bytes, cell.ask.time_seconds
        reference = self.known.reference(cell)
        for trial in (*trials, *([reference] if reference else [])):
            needed = trial.memory.unreclaimable_peak_bytes or trial.memory.peak_bytes
            if trial.outcome is Outcome.OK and memory and needed and abs(needed - memory) <= NEAR * memory:
                return True
            if seconds and trial.runner and abs(trial.wall_seconds - seconds) <= NEAR * seconds:
                return trial.outcome is Outcome.OK
        return False

    def evidence(self, runners: Sequence[RunnerProfile]) -> Evidence:
        """All trials of the plan, and predictions for the cells without any."""
        predictions = [
            predict(
                cell, self.known.reference(cell), self.known.verdict(cell), cell.obstacle or self._why_not_run(cell)
            )
            for cell in self.plan.cells
            if not self.done.get(cell.key)
        ]
        subject = self.bench.subject
        repository = find_repository(subject.repo)
        return Evidence(
            created=dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            subject=SubjectRecord(
                name=subject.name,
                job=str(subject.job) if subject.job else None,
                commit=repository.head() if repository.has_git else None,
                digest=self.bench.files_digest,
            ),
            runners=tuple(runners),
            trials=(*(trial for trials in self.done.values() for trial in trials), *self.given_up),
            predictions=tuple(predictions),
            proofs=self.proofs,
        )

    def choice(self) -> Choice | None:
        """The cheapest cell that works, as far as the trials go; None where none does."""
        found = answer(self.plan, self.done)
        if found.winner is None or found.winner.runner is None:
            return None
        refuted = found.refuted
        return Choice(
            backend=found.winner.backend,
            runner=found.winner.runner.name,
            cache=found.winner.cache,
            confirmed=found.confirmed,
            as_cheap=tuple(cell.backend for cell in found.as_cheap),
            refuted=refuted.runner.name if refuted is not None and refuted.runner else None,
            refuted_outcome=found.verdicts[refuted.key].outcome if refuted is not None else None,
        )

    def _why_not_run(self, cell: CellPlan) -> str:
        if not self._reference_ok(cell):
            return "its backend fails here"
        return "the time budget had ended" if self.out_of_time else "the answer did not need it"


def _shorter(ask: Ask, most_seconds: float | None) -> Ask:
    """The same limits, for at most so long."""
    limits = [seconds for seconds in (ask.time_seconds, most_seconds) if seconds is not None]
    return replace(ask, time_seconds=min(limits, default=None))


def _with_own_time(trial: Trial, ask: Ask) -> Trial:
    """The record of a trial that ended before it was given up, with the time limit of its runner."""
    own = ask.time_seconds
    limits = [
        replace(limit, asked=own, read_back=own) if limit.knob is Knob.TIME else limit
        for limit in trial.limits
        if limit.knob is not Knob.TIME or own is not None
    ]
    return replace(trial, limits=tuple(limits))
