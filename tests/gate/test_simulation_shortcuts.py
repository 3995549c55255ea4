"""What the simulator leaves out: each shortcut says what the whole way says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from covpath.errors import CovpathError
from covpath.gate.simulation.assumptions import condition_holds, parsed_condition
from covpath.gate.simulation.effect import Effect, JobSimulation, merged
from covpath.gate.simulation.failing import fails_of_itself
from covpath.gate.simulation.jobs import propagate, ran, view_of
from covpath.gate.simulation.logic import CANCELS, FAILS, SKIPS, SUCCEEDS
from covpath.gate.simulation.run import JobResult, Run
from covpath.gate.simulation.runs import Runs
from covpath.gate.simulation.scope import Scope
from covpath.gate.simulation.situation import situate
from covpath.gate.simulation.steps import run_steps
from covpath.gate.simulation.view import holds
from covpath.terms import Tri
from covpath.workflow.expressions.condition import condition_value
from covpath.workflow.expressions.contexts import CANCELLED, FAILED, SUCCEEDED, Contexts, Status
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import truthy
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow
from judging import workflow
from shared_data import shared_path

STEP_CONDITIONS = (
    *("always()", "failure()", "!cancelled()", "${{ success() || failure() }}", "false"),
    *("matrix.os == 'b'", "${{ matrix.os != 'a' && failure() }}", "always() && matrix.n > 1", "toJSON(matrix) != ''"),
    *("steps.s0.outcome == 'failure'", "failure() && steps.s1.conclusion == 'success'", "steps.s0.outputs.x == '1'"),
    *("github.event_name == 'push'", "github.event_name != 'push'", "github.ref == 'refs/heads/main' || failure()"),
    *("env.X == 'y'", "env.X != 'y' && matrix.os == 'a'", "runner.os == 'Linux'", "job.status == 'failure'"),
    *("needs.j0.outputs.o == 'yes'", "contains(needs.*.result, 'failure')", "secrets.T != ''", "a b"),
    *("hashFiles('x') != ''", "strategy.job-index == 0", "inputs.x", "Matrix.OS == 'A'"),
)
JOB_CONDITIONS = (
    *("always()", "failure()", "!cancelled()", "github.event_name == 'pull_request'", "needs.j0.result == 'failure'"),
    *("always() && contains(needs.*.result, 'cancelled')", "needs.j0.outputs.o == 'yes'", "vars.X == 'y'"),
)
FLAGS = ("true", "false", "${{ matrix.os == 'b' }}", "${{ env.X == 'y' }}", "${{ github.event_name == 'push' }}")
SCRIPTS = ("make test", "exit 1", "echo ok", "echo '::error::x'", "test '${{ needs.j0.result }}' = success",
           "test '${{ steps.s0.outcome }}' != failure || exit 1",
           "test '${{ contains(needs.*.result, 'failure') }}' != true",
           "test '${{ needs.j1.result }}' != failure")  # fmt: skip


def random_workflow(random: Random) -> Workflow:
    lines = ["on: [pull_request, push]", "jobs:"]
    for number in range(random.randrange(1, 4)):
        lines += [f"  j{number}:", "    runs-on: ubuntu-24.04", "    outputs: {o: x}"]
        if number and random.random() < 0.7:
            others = random.sample(range(number), random.randrange(1, number + 1))
            lines.append(f"    needs: {[f'j{other}' for other in others]}")
        if random.random() < 0.4:
            lines.append(f'    if: "{random.choice(JOB_CONDITIONS)}"')
        if random.random() < 0.3:
            lines.append(f'    continue-on-error: "{random.choice(FLAGS)}"'.replace('"true"', "true"))
        if random.random() < 0.5:
            lines.append("    strategy: {matrix: {os: [a, b], n: [1, 2]}}")
        lines.append("    steps:")
        for step in range(random.randrange(1, 6)):
            lines.append(f'      - run: "{random.choice(SCRIPTS)}"')
            if random.random() < 0.7:
                lines.append(f"        id: s{step}")
            if random.random() < 0.3:
                lines.append("        env: {X: y}")
            if random.random() < 0.6:
                lines.append(f'        if: "{random.choice(STEP_CONDITIONS)}"')
            if random.random() < 0.4:
                lines.append(f'        continue-on-error: "{random.choice(FLAGS)}"'.replace('"true"', "true"))
    return workflow("\n".join(lines) + "\n")


def simulations(one: Workflow) -> Iterator[JobSimulation]:
    """A simulation of each job in the runs it is judged in, and one in each other leg."""
    runs = Runs(None)
    for job in one.jobs.values():
        for run in situate(runs, one, job).runs:
            legs = runs.legs(run, job)[:6]
            first = JobSimulation(run, job, legs[0], legs, alone=len(legs) > 1)
            yield first
            yield from map(first.in_leg, legs[1:])


def check(one: Workflow) -> None:
    for simulation in simulations(one):
        run, job, leg, legs = simulation.run, simulation.job, simulation.leg, simulation.scope.legs
        alone = JobSimulation(run, job, leg, legs, alone=simulation.told is not None)
        plain = not any(step.children or step.background or step.waits_for is not None for step in job.steps)
        for step in job.steps:
            assert simulation.runs(step) is alone.runs(step)
            assert simulation.step_failure(step.index) == alone.step_failure(step.index)
            whole = run_steps(alone.scope, job, alone.view, fault=step.index, failing=fails_of_itself)
            before = simulation.sound.steps[: step.index] if plain else ()
            begun = run_steps(
                simulation.scope, job, simulation.view, fault=step.index, failing=fails_of_itself, before=before
            )
            assert begun == whole
            assert _without_shown(simulation.step_failure(step.index)) == _without_shown(alone.ended(whole.results))
            if step.continue_on_error is not None:
                assert simulation.step_failure(step.index) == alone._propagated(
                    whole.results, alone._newly_shown(whole)
                )
            if step.if_ is not None:
                view = simulation.scope.step_view(job, step, simulation.view, {}, SUCCEEDED)
                assert holds(step.if_, view) is asked_at_once(step.if_.value, view.contexts)
                if plain:
                    assert simulation.runs(step) is simulation.sound.steps[step.index].ran
                    named = {
                        other.id: trace.result
                        for other, trace in zip(job.steps[: step.index], whole.steps, strict=False)
                        if other.id
                    }
                    for status in (SUCCEEDED, FAILED):
                        view = simulation.scope.step_view(job, step, simulation.view, named, status)
                        assert holds(step.if_, view) is asked_at_once(step.if_.value, view.contexts)
        check_condition(simulation)
        check_others(simulation)
        if job.continue_on_error is None:
            assert simulation.runner_loss() == merged(alone.ended(FAILS), alone.ended(CANCELS))


def check_condition(simulation: JobSimulation) -> None:
    """Whatever the jobs before it came to, the job's own condition is told as if nobody had asked before."""
    job = simulation.job
    if job.if_ is None:
        return
    for result, status in product((SUCCEEDS, FAILS, CANCELS, SKIPS), (SUCCEEDED, FAILED)):
        view = simulation.others.scope.job_view(dict.fromkeys(job.needs, JobResult(result, result)), status)
        assert holds(job.if_, view) is asked_at_once(job.if_.value, view.contexts)


def check_others(simulation: JobSimulation) -> None:
    """What the jobs after it come to is told as if no other job had ever failed in this run."""
    run, others = simulation.run, simulation.others
    for outcome in (
        JobResult(FAILS, FAILS, Tri.TRUE),
        JobResult(CANCELS, CANCELS, Tri.TRUE),
        JobResult(FAILS, SUCCEEDS),
    ):
        found = propagate(others.scope, simulation.job, outcome, others.baseline)
        alone = Scope(Run(run.workflow, run.graph, run.event, caller=run.caller, inputs=run.inputs),
                      assumptions=others.scope.assumptions)  # fmt: skip
        for job in run.graph.dependants(simulation.job):
            assert found[job.id] == ran(alone, job, view_of(alone, job, {**others.baseline, **found}))


def _without_shown(effect: Effect) -> Effect:
    return replace(effect, shown=Tri.FALSE)


def asked_at_once(text: str, contexts: Contexts) -> Tri:
    try:
        return condition_holds(text, contexts)
    except ExpressionError:
        return Tri.UNKNOWN


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False))
def test_shortcuts_say_what_the_whole_way_says(random: Random) -> None:
    check(random_workflow(random))


@pytest.mark.parametrize(
    "steps",
    [
        "[{run: make, id: a, continue-on-error: true}, {run: make}]",
        "[{run: make, id: a, continue-on-error: true}, {run: \"echo '::error::x'\", if: steps.a.outcome == 'failure'}]",
        "[{run: make}, {run: \"echo '::error::x'\", if: failure(), continue-on-error: true}]",
        "[{run: make, id: a, continue-on-error: true}, {run: \"test '${{ steps.a.outcome }}' = success\"}]",
        "[{run: make, continue-on-error: true}, {run: exit 1, if: failure()}, {run: exit 1, if: always()}]",
        "[{run: make, continue-on-error: 'true'}, {run: exit 1, if: failure()}]",
        "[{run: make, id: a}, {run: make, if: steps.a.outputs.x && steps.b.outputs.y}, {run: make, id: b}]",
    ],
)
def test_and_so_they_do_of_a_failure_that_is_taken_back(steps: str) -> None:
    check(workflow(f"on: pull_request\njobs:\n  a:\n    runs-on: u\n    steps: {steps}\n"))


@pytest.mark.parametrize("condition", ["failure()", "always()", "always() && contains(needs.*.result, 'failure')"])
def test_and_so_they_do_of_a_job_that_hears_of_others_through_one(condition: str) -> None:
    first = "a: {runs-on: u, steps: [{run: m}]}, d: {runs-on: u, steps: [{run: m}]}"
    never = "b: {runs-on: u, needs: [a, d], if: failure() && false, steps: [{run: m}]}"
    last = f'c: {{runs-on: u, needs: b, if: "{condition}", steps: [{{run: exit 1, if: failure()}}]}}'
    check(workflow(f"on: pull_request\njobs: {{{first}, {never}, {last}}}\n"))


@pytest.mark.slow
@pytest.mark.shared
def test_and_so_they_do_on_real_workflows() -> None:
    checked = 0
    for path in sorted(shared_path("corpus/dev").glob("*/*.y*ml"))[::3]:
        try:
            one = read_workflow(f".github/workflows/{path.name}", path.read_bytes())
        except CovpathError:
            continue
        check(one)
        checked += 1
    assert checked > 150


@pytest.mark.parametrize("text", [*STEP_CONDITIONS, *JOB_CONDITIONS, "", "${{ 'always()' }}", "x ${{ github.ref }}"])
def test_success_before_a_condition_decides_alone_or_not_at_all(text: str) -> None:
    statuses = [SUCCEEDED, FAILED, CANCELLED, *(Status(success=one, failure=other) for one, other in product(Tri, Tri))]
    for status in statuses:
        contexts = Contexts.of({"matrix": {"os": "b", "n": 2}}, status=status)
        try:
            whole = truthy(condition_value(parsed_condition(text), contexts))
        except CovpathError:
            with pytest.raises(ExpressionError):
                condition_holds(text, contexts)
            continue
        assert condition_holds(text, contexts) is whole
