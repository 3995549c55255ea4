"""``continue-on-error``: what it masks, what it leaves red, and which values it takes."""

from __future__ import annotations

import pytest

from covpath.terms import Blocks, Gate, Tri
from judging import judged

TEMPLATE = """\
on: {on}
env:
  LEVER: 'yes'
jobs:
  changes:
    runs-on: ubuntu-latest
    outputs:
      kind: ${{{{ steps.x.outputs.kind }}}}
    steps:
      - run: ./detect
        id: x
  job:
    runs-on: ubuntu-latest
    needs: changes
    {job}
    steps:
      - run: make test
        {step}
  after:
    runs-on: ubuntu-latest
    needs: job
    steps:
      - run: make package
  gate:
    runs-on: ubuntu-latest
    needs: [job]
    if: always()
    steps:
      - run: exit 1
        if: contains(needs.*.result, 'failure')
"""


def template(*, job: str = "", step: str = "", on: str = "pull_request") -> str:
    return TEMPLATE.format(job=job, step=step, on=on)


COE = "continue-on-error: "

# The rows of the effect table: lever, gate, the job's check red, what blocks with each of two required checks.
EFFECTS = {
    "neither": ("", "", Gate.BLOCKING, Blocks.YES, Blocks.YES),
    "step": ("", f"{COE}true", Gate.SILENT, Blocks.NO, Blocks.NO),
    "job": (f"{COE}true", "", Gate.ADVISORY, Blocks.YES, Blocks.NO),
    "both": (f"{COE}true", f"{COE}true", Gate.SILENT, Blocks.NO, Blocks.NO),
    "false": (f"{COE}false", f"{COE}false", Gate.BLOCKING, Blocks.YES, Blocks.YES),
}


@pytest.mark.parametrize("lever", EFFECTS)
def test_the_gate_and_what_blocks(lever: str) -> None:
    job, step, gate, own, aggregate = EFFECTS[lever]
    text = template(job=job, step=step)
    assert judged(text)["job"].gate is gate
    assert judged(text, ["job"])["job"].blocks.value is own
    assert judged(text, ["gate"])["job"].blocks.value is aggregate
    assert judged(text, ["something else"])["job"].blocks.value is Blocks.NO


@pytest.mark.parametrize(
    ("lever", "checks"), [("neither", ("job", "gate")), ("job", ("job",)), ("step", ()), ("both", ())]
)
def test_without_a_list_the_checks_it_depends_on_are_named(lever: str, checks: tuple[str, ...]) -> None:
    job, step, *_ = EFFECTS[lever]
    blocks = judged(template(job=job, step=step))["job"].blocks
    assert blocks.value is (Blocks.IF_REQUIRED if checks else Blocks.NO)
    assert blocks.checks == checks


def test_a_flag_on_another_step_masks_nothing() -> None:
    text = """
    on: pull_request
    jobs:
      test:
        runs-on: ubuntu-latest
        steps:
          - run: make test
          - uses: codecov/codecov-action@v5
            continue-on-error: true
    """
    verdict = judged(text)["test"]
    assert (verdict.gate, verdict.measuring) == (Gate.BLOCKING, 0)
    assert [step.gate for step in verdict.steps] == [Gate.BLOCKING, Gate.SILENT]


def test_the_reason_names_the_line() -> None:
    verdict = judged(template(step=f"{COE}true"))["job"]
    found = [(reason.code, reason.place and reason.place.line) for reason in verdict.reasons]
    assert ("step-continue-on-error", 18) in found


# What a step or job makes of a value: literals as GitHub's schema takes them.
LITERALS = {
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "yes": False, "no": False, "on": False, "'true'": False, '"true"': False, "1": False, "0": False, "null": False,
    "": False,
}  # fmt: skip


@pytest.mark.parametrize("literal", LITERALS)
def test_only_a_boolean_switches_it_on(literal: str) -> None:
    masked = LITERALS[literal]
    assert judged(template(step=COE + literal))["job"].gate is (Gate.SILENT if masked else Gate.BLOCKING)
    assert judged(template(job=COE + literal))["job"].gate is (Gate.ADVISORY if masked else Gate.BLOCKING)


STEP_EXPRESSIONS = {
    "${{ true }}": Gate.SILENT,
    "${{ false }}": Gate.BLOCKING,
    "${{ 'true' }}": Gate.BLOCKING,  # a text is no boolean: an error, and GitHub fails closed
    "${{ env.LEVER }}": Gate.BLOCKING,
    "${{ env.LEVER == 'yes' }}": Gate.SILENT,
    "${{ env.LEVER != 'yes' }}": Gate.BLOCKING,
    "${{ vars.SOFT }}": Gate.BLOCKING,  # all variables are texts
    "${{ vars.SOFT == 'true' }}": Gate.UNKNOWN,
    "${{ fromJSON(vars.SOFT) }}": Gate.UNKNOWN,
    "${{ fromJSON('true') }}": Gate.SILENT,
    "${{ github.event_name == 'pull_request' }}": Gate.SILENT,
    "${{ github.event_name == 'push' }}": Gate.BLOCKING,
    "${{ github.event_name != 'pull_request' }}": Gate.BLOCKING,
    "${{ matrix.nothing }}": Gate.BLOCKING,
    "${{ matrix.nothing == true }}": Gate.BLOCKING,
    "${{ needs.changes.outputs.kind == 'soft' }}": Gate.UNKNOWN,
    "${{ needs.changes.result == 'success' }}": Gate.SILENT,
    "${{ inputs.soft }}": Gate.BLOCKING,  # null: a pull request hands no inputs over
    "${{ always() }}": Gate.BLOCKING,  # not allowed here
    "${{ unclosed": Gate.BLOCKING,
}


@pytest.mark.parametrize("expression", STEP_EXPRESSIONS)
def test_expressions_on_a_step(expression: str) -> None:
    assert judged(template(step=f'{COE}"{expression}"'))["job"].gate is STEP_EXPRESSIONS[expression]


JOB_EXPRESSIONS = {
    "${{ true }}": Gate.ADVISORY,
    "${{ false }}": Gate.BLOCKING,
    "${{ vars.SOFT == 'true' }}": Gate.UNKNOWN,
    "${{ github.event_name == 'pull_request' }}": Gate.ADVISORY,
    "${{ needs.changes.outputs.kind == 'soft' }}": Gate.UNKNOWN,
    "${{ env.LEVER == 'yes' }}": Gate.BLOCKING,  # env is not to be had here
    "${{ secrets.X == '' }}": Gate.BLOCKING,
}


@pytest.mark.parametrize("expression", JOB_EXPRESSIONS)
def test_expressions_on_a_job(expression: str) -> None:
    assert judged(template(job=f'{COE}"{expression}"'))["job"].gate is JOB_EXPRESSIONS[expression]


MATRIX = """
on: pull_request
jobs:
  job:
    name: test ${{{{ matrix.rust }}}}
    runs-on: ubuntu-latest
    continue-on-error: {job}
    strategy:
      matrix:
        rust: [stable, beta, nightly]
        include:
          - rust: nightly
            soft: true
    steps:
      - run: cargo test
        continue-on-error: {step}
"""

LEGS = {
    ("false", "false"): (Gate.BLOCKING, False, {}),
    ("${{ matrix.rust != 'stable' }}", "false"): (
        Gate.BLOCKING, True, {"test stable": Gate.BLOCKING, "test beta": Gate.ADVISORY, "test nightly": Gate.ADVISORY},
    ),
    ("false", "${{ matrix.soft == true }}"): (
        Gate.BLOCKING, True, {"test stable": Gate.BLOCKING, "test beta": Gate.BLOCKING, "test nightly": Gate.SILENT},
    ),
    # Where the key is missing the value is null, which is no boolean.
    ("${{ matrix.soft }}", "false"): (
        Gate.BLOCKING, True, {"test stable": Gate.BLOCKING, "test beta": Gate.BLOCKING, "test nightly": Gate.ADVISORY},
    ),
    ("${{ matrix.rust == 'stable' }}", "${{ matrix.rust != 'stable' }}"): (
        Gate.ADVISORY, True, {"test stable": Gate.ADVISORY, "test beta": Gate.SILENT, "test nightly": Gate.SILENT},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("job", "step"), LEGS)
def test_legs_are_judged_one_by_one(job: str, step: str) -> None:
    gate, partly, legs = LEGS[job, step]
    verdict = judged(MATRIX.format(job=job, step=step))["job"]
    assert (verdict.gate, verdict.partly) == (gate, partly)
    assert {leg.check: leg.gate for leg in verdict.legs} == legs


def test_only_the_legs_that_turn_red_can_block() -> None:
    text = MATRIX.format(job="false", step="${{ matrix.rust != 'stable' }}")
    assert judged(text, ["test stable"])["job"].blocks.value is Blocks.YES
    assert judged(text, ["test nightly"])["job"].blocks.value is Blocks.NO
    assert judged(text)["job"].blocks.checks == ("test stable",)


def test_a_matrix_made_elsewhere_leaves_the_gate_unknown() -> None:
    text = """
    on: pull_request
    jobs:
      plan:
        runs-on: ubuntu-latest
        outputs:
          legs: ${{ steps.x.outputs.legs }}
        steps:
          - run: ./plan
            id: x
      job:
        runs-on: ubuntu-latest
        needs: plan
        continue-on-error: ${{ matrix.soft }}
        strategy:
          matrix:
            include: ${{ fromJSON(needs.plan.outputs.legs) }}
        steps:
          - run: make test
    """
    verdict = judged(text)["job"]
    assert verdict.gate is Gate.UNKNOWN
    assert any("matrix.soft" in reason.message and reason.place for reason in verdict.reasons)


@pytest.mark.parametrize(("job", "step"), [("", ""), ("", f"{COE}true"), (f"{COE}true", "")])
def test_no_setting_of_a_step_survives_the_loss_of_the_runner(job: str, step: str) -> None:
    loss = judged(template(job=job, step=step))["job"].on_runner_loss
    assert loss.check_red is Tri.TRUE
    # Whether a job's own flag covers a job that was cancelled is not settled.
    assert loss.run_fails is (Tri.UNKNOWN if job else Tri.TRUE)
    assert judged(template(job=job, step=step), ["job"])["job"].on_runner_loss.blocks.value is Blocks.YES


def test_a_step_that_goes_on_after_a_masked_failure_can_still_fail_the_job() -> None:
    text = """
    on: pull_request
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: pytest --cov
            id: tests
            continue-on-error: true
          - run: exit 1
            if: steps.tests.outcome == 'failure'
    """
    assert judged(text)["job"].gate is Gate.BLOCKING


@pytest.mark.parametrize(
    ("condition", "gate"),
    [
        ("steps.tests.outcome == 'failure'", Gate.ADVISORY),
        ("steps.tests.conclusion == 'failure'", Gate.SILENT),  # after the flag it is success
        ("failure()", Gate.SILENT),  # and so is the job
        ("always()", Gate.SILENT),  # it says the same whether or not the step fails
    ],
)
def test_a_failure_is_seen_where_a_later_step_tells_of_it(condition: str, gate: Gate) -> None:
    text = f"""
    on: pull_request
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: pytest --cov
            id: tests
            continue-on-error: true
          - run: echo "::warning::the tests failed"
            if: {condition}
    """
    assert judged(text)["job"].gate is gate
