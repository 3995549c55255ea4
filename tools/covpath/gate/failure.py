"""What becomes of a step's failure; in a group of steps that run beside each other, of that which does most."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from covpath.gate.effect import Effect, JobSimulation, followed, step_gate
from covpath.gate.in_legs import STRICTEST
from covpath.gate.shell_effect import ShellEffect
from covpath.terms import Gate
from covpath.workflow.model import Step

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
