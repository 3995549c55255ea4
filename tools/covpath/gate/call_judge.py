"""The verdict on a job that calls a reusable workflow: what the jobs inside make of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from covpath.gate.job_judge import JobJudge
from covpath.gate.required import RequiredChecks
from covpath.gate.simulation.in_legs import strictest
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.situation import situate
from covpath.gate.verdict import (
    NO_BLOCKS,
    NO_LOSS,
    UNKNOWN_BLOCKS,
    BlocksVerdict,
    DataVerdict,
    Held,
    JobVerdict,
    LossVerdict,
    Lost,
)
from covpath.terms import Blocks, Gate, Reason, Tri, any_of
from covpath.wording import few
from covpath.workflow.calls import LOCAL, Caller
from covpath.workflow.model import Job, Workflow

_MOST_NAMED = 6
_NO_DATA = DataVerdict(green_without_data=Tri.FALSE, reasons=())


class CallJudge:
    """Works out one verdict; one use each."""

    def __init__(
        self,
        runs: Runs,
        required: RequiredChecks,
        workflow: Workflow,
        job: Job,
        *,
        through: Caller | None = None,
        above: frozenset[str] = frozenset(),
    ) -> None:
        self.runs = runs
        self.required = required
        self.workflow = workflow
        self.job = job
        self.through = through
        self.above = above | {workflow.path}

    def verdict(self) -> JobVerdict:
        """The gate that the strictest job inside has through this call; unknown where none is at hand."""
        situation = situate(self.runs, self.workflow, self.job, self.through)
        called = self.runs.links.called(self.workflow, self.job) if self.runs.links is not None else None
        if situation.gate is Gate.NO_SIGNAL:
            return self._verdict(Gate.NO_SIGNAL, (), situation.reasons)
        if called is None or called.path in self.above:
            return self._verdict(Gate.UNKNOWN, (), (*situation.reasons, self._out_of_sight()))
        inside = self._inside(called)
        found = strictest([verdict.gate for verdict in inside])
        gate = found if situation.gate is None else situation.gate
        return self._verdict(gate, inside, (*situation.reasons, self._followed(called, inside)))

    def _inside(self, called: Workflow) -> tuple[JobVerdict, ...]:
        """The jobs of the called workflow, as this call runs them."""
        through = Caller(self.workflow, self.job.id)
        return tuple(
            CallJudge(self.runs, self.required, called, job, through=through, above=self.above).verdict()
            if job.uses is not None
            else JobJudge(self.runs, self.required, called, job, every_step=False, through=through).verdict()
            for job in called.jobs.values()
        )

    def _verdict(self, gate: Gate, inside: tuple[JobVerdict, ...], reasons: tuple[Reason, ...]) -> JobVerdict:
        running = [verdict for verdict in inside if verdict.gate is not Gate.NO_SIGNAL]
        told = bool(running) or gate is Gate.NO_SIGNAL
        return JobVerdict(
            ref=self.workflow.ref(self.job),
            place=self.workflow.place(self.job.key),
            checks=tuple(dict.fromkeys(check for verdict in inside for check in verdict.checks)) or self._checks(),
            coverage=any(verdict.coverage for verdict in inside),
            gate=gate,
            partly=len({verdict.gate for verdict in running}) > 1,
            blocks=_joined(verdict.blocks for verdict in running) if told else UNKNOWN_BLOCKS,
            lost=Lost(partial(self._loss, running)) if gate is not Gate.NO_SIGNAL else NO_LOSS,
            measuring=None,
            steps=(),
            legs=(),
            data=_NO_DATA,
            reasons=reasons,
        )

    def _checks(self) -> tuple[str, ...]:
        """``job / *``, for a workflow that is not at hand."""
        run = self.runs.imagined(self.workflow)
        return tuple(dict.fromkeys(check.text for check in self.runs.checks(run, self.job)))

    def _loss(self, running: list[JobVerdict]) -> LossVerdict:
        losses = [verdict.on_runner_loss for verdict in running]
        if not losses:
            return LossVerdict(check_red=Tri.UNKNOWN, run_fails=Tri.UNKNOWN, blocks=UNKNOWN_BLOCKS, reasons=())
        return LossVerdict(
            check_red=any_of(loss.check_red for loss in losses),
            run_fails=any_of(loss.run_fails for loss in losses),
            blocks=_joined(loss.blocks for loss in losses),
            reasons=losses[0].reasons,
        )

    def _out_of_sight(self) -> Reason:
        assert self.job.uses is not None
        text = self.job.uses.value
        why = "is not in this repository (--with DIR gives it)" if not text.startswith(LOCAL) else "could not be read"
        if self.runs.links is None:
            why = "is not followed"
        message = f"calls the reusable workflow {text}, which {why}"
        return Reason(code="reusable-call", message=message, place=self.workflow.place(self.job.uses))

    def _followed(self, called: Workflow, inside: tuple[JobVerdict, ...]) -> Reason:
        assert self.job.uses is not None
        named = [f"`{verdict.ref.job}` {verdict.gate}" for verdict in inside]
        message = f"calls {called.path.rsplit('/', 1)[-1]}: {few(named, _MOST_NAMED)}"
        return Reason(code="reusable-call", message=message, place=self.workflow.place(self.job.uses))


_WORST = (Blocks.YES, Blocks.UNKNOWN, Blocks.IF_REQUIRED, Blocks.NO)


def _joined(verdicts: Iterable[BlocksVerdict]) -> BlocksVerdict:
    """What several jobs block together."""
    found = list(verdicts)
    value = next((worst for worst in _WORST if any(one.value is worst for one in found)), Blocks.NO)
    checks = dict.fromkeys(check for one in found if one.value is value for check in one.checks)
    return BlocksVerdict(value=value, checks=tuple(checks), mergify=_together(found)) if found else NO_BLOCKS


def _together(found: list[BlocksVerdict]) -> Held | None:
    """What Mergify holds back for any of them."""
    known = [one.mergify for one in found if one.mergify is not None]
    reasons = dict.fromkeys(reason for one in known for reason in one.reasons)
    return Held(value=any_of(one.value for one in known), reasons=tuple(reasons)) if known else None
