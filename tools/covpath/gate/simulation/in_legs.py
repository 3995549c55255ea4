"""What differs from leg to leg of a matrix, or among steps that run beside each other, taken together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from msgspec import Struct

from covpath.gate.scripts.shell_effect import ShellEffect
from covpath.gate.simulation.effect import Effect, JobSimulation, followed, step_gate
from covpath.gate.simulation.runs import Runs
from covpath.terms import Gate, Reason
from covpath.workflow.model import Step

STRICTEST = (Gate.BLOCKING, Gate.UNKNOWN, Gate.ADVISORY, Gate.SILENT, Gate.NO_SIGNAL)
"""Where gates differ (from leg to leg, from call to call), the first of these is the job's."""

Fault = tuple[Gate, tuple[Reason, ...]]
"""What a failure comes to, and why."""


def strictest(gates: Iterable[Gate]) -> Gate:
    """The one that counts where gates differ."""
    found = set(gates)
    if len(found) == 1:
        return found.pop()
    return next((gate for gate in STRICTEST if gate in found), Gate.UNKNOWN)


def in_each_leg(runs: Runs, simulation: JobSimulation, step: Step) -> Iterator[JobSimulation]:
    """A job's simulation, and those of the other legs where a step's own keys may tell them apart."""
    yield simulation
    keys = [key for one in step.children or (step,) for key in (one.if_, one.continue_on_error)]
    if not any(key is not None and "matrix" in key.value for key in keys):
        return
    for leg in runs.legs(simulation.run, simulation.job):
        if leg is not simulation.leg:
            yield simulation.in_leg(leg)


def together(found: Sequence[Fault]) -> tuple[Gate, Gate, tuple[Reason, ...]]:
    """The gate that counts, the softest that some leg has, and the reasons of both."""
    if len(found) == 1:
        ((gate, reasons),) = found
        return gate, gate, tuple(dict.fromkeys(reasons))
    gate = strictest(one for one, _ in found)
    soft = strictest(one for one, _ in found if one in (Gate.ADVISORY, Gate.SILENT))
    softest = gate if soft is Gate.UNKNOWN else soft
    told = [reason for wanted in dict.fromkeys((gate, softest)) for reason in _of(wanted, found)]
    return gate, softest, tuple(dict.fromkeys(told))


def _of(gate: Gate, found: Sequence[Fault]) -> tuple[Reason, ...]:
    return next(reasons for one, reasons in found if one is gate)


ShellOf = Callable[[Step, JobSimulation, int], ShellEffect]
"""What a step's script makes of a failure; the number is the index of the step, or of its ``parallel`` group."""


class Failure(Struct, frozen=True, kw_only=True):
    """What becomes of the failure of ``step``, which may be one of a ``parallel`` group."""

    step: Step
    gate: Gate
    shell: ShellEffect
    effect: Effect


def failure(
    simulation: JobSimulation, step: Step, inner: Step | None, shell_of: ShellOf, *, runs: bool = False
) -> Failure:
    """The failure of a step of the job; of a group that of ``inner``, or of the one that does most.

    ``runs``: suppose that the step runs.
    """
    meant = (inner,) if inner is not None else step.children
    if not meant or not followed(simulation.job, step):
        return _failure_of(simulation, step, None, shell_of, runs)
    found = [_failure_of(simulation, step, one, shell_of, runs) for one in meant]
    return min(found, key=lambda one: STRICTEST.index(one.gate))


def _failure_of(simulation: JobSimulation, step: Step, within: Step | None, shell_of: ShellOf, runs: bool) -> Failure:
    about = within or step
    shell = shell_of(about, simulation, step.index)
    effect = simulation.step_failure(step.index, within)
    return Failure(step=about, gate=step_gate(simulation, about, shell, effect, runs=runs), shell=shell, effect=effect)
