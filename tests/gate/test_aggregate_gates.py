"""Jobs that make one check of many: what each shape lets through, and whether a failure reaches the required check."""

from __future__ import annotations

import pytest

from covpath.gate.simulation.gate_actions import readings
from covpath.gate.simulation.logic import CANCELS, FAILS, SKIPS, SUCCEEDS
from covpath.gate.simulation.view import View
from covpath.terms import Blocks, Gate, Tri
from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts
from judging import judged, workflow

TEMPLATE = """\
on: pull_request
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: make test
  b:
    runs-on: ubuntu-latest
    steps:
      - run: make lint
  gate:
    needs: [a, b]
    {condition}
    runs-on: ubuntu-latest
    steps:
{steps}
"""


def template(condition: str, *steps: str) -> str:
    lines = [line for step in steps for line in f"- {step}".splitlines()]
    body = "\n".join(f"      {line}" for line in lines)
    return TEMPLATE.format(condition=f"if: {condition}" if condition else "", steps=body)


FAILURE = "run: exit 1\n  if: contains(needs.*.result, 'failure')"
FAILURE_OR_CANCELLED = "run: exit 1\n  if: contains(needs.*.result, 'failure') || contains(needs.*.result, 'cancelled')"
GREEN = "uses: re-actors/alls-green@release/v1\n  with:\n    jobs: ${{ toJSON(needs) }}"
GOOD = "uses: lowlydba/are-we-good@v2\n  with:\n    jobs: ${{ toJSON(needs) }}"
LOOP = """run: |
    for result in ${{ join(needs.*.result, ' ') }}; do
      if [[ "$result" != success && "$result" != skipped ]]; then
        exit 1
      fi
    done"""
LOOP_IN_ENV = """run: |
    for result in $RESULTS; do
      [ "$result" = success ] || exit 1
    done
  env:
    RESULTS: ${{ join(needs.*.result, ' ') }}"""
ONE_BY_ONE = """run: |
    [[ "${{ needs.a.result }}" == "success" ]] || exit 1
    [[ "${{ needs.b.result }}" == "success" ]] || exit 1"""
JQ = """run: jq -e 'all(.result == "success" or .result == "skipped")' <<< '${{ toJSON(needs) }}'"""
JQ_IN_ENV = """run: echo "$NEEDS" | jq -e '[.[] | .result == "success"] | all'
  env:
    NEEDS: ${{ toJSON(needs) }}"""
PRETTY = 'run: exit 1\n  if: toJSON(needs.*.result) == \'["success", "success"]\''
IN_JOB_ENV = "run: exit $FAIL"
PYTHON = "run: python -c \"import sys; sys.exit('failure' in '${{ join(needs.*.result) }}')\""
SCRIPT = """uses: actions/github-script@v8
  with:
    script: |
      const needs = ${{ toJSON(needs) }}
      if (Object.values(needs).some(n => n.result === 'failure')) core.setFailed('no')"""

# Shapes of gates: condition, steps, and what becomes of the required check when a needed job fails.
SHAPES = {
    "no condition": ("", FAILURE, Blocks.NO),
    "success()": ("success()", FAILURE, Blocks.NO),
    "skips on failure": ("${{ !contains(needs.*.result, 'failure') }}", "run: echo fine", Blocks.NO),
    "always and failure": ("always()", FAILURE, Blocks.YES),
    "always and failure or cancelled": ("${{ always() }}", FAILURE_OR_CANCELLED, Blocks.YES),
    "not cancelled": ("${{ !cancelled() }}", FAILURE, Blocks.YES),
    "quoted always is a text": ("\"'always()'\"", FAILURE, Blocks.NO),
    "alls-green": ("always()", GREEN, Blocks.YES),
    "alls-green without always": ("", GREEN, Blocks.NO),
    "are-we-good": ("always()", GOOD, Blocks.YES),
    "inverse": ("failure()", "run: exit 1", Blocks.YES),
    "inverse that only tells": ("failure()", "run: echo no", Blocks.NO),
    "toJSON pretty-prints": ("always()", PRETTY, Blocks.NO),
    "loop": ("always()", LOOP, Blocks.YES),
    "loop in env": ("always()", LOOP_IN_ENV, Blocks.YES),
    "one by one": ("always()", ONE_BY_ONE, Blocks.YES),
    "jq": ("always()", JQ, Blocks.YES),
    "jq in env": ("always()", JQ_IN_ENV, Blocks.YES),
    "python": ("always()", PYTHON, Blocks.UNKNOWN),
    "github-script": ("always()", SCRIPT, Blocks.UNKNOWN),
    "only echoes": ("always()", "run: echo ${{ join(needs.*.result) }}", Blocks.NO),
    "masked": ("always()", f"{FAILURE}\n  continue-on-error: true", Blocks.NO),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_whether_a_failure_reaches_the_required_gate(shape: str) -> None:
    condition, steps, blocks = SHAPES[shape]
    verdict = judged(template(condition, steps), ["gate"])["a"]
    assert verdict.gate is Gate.BLOCKING  # the job and the run fail, whatever the gate makes of it
    assert verdict.blocks.value is blocks


def test_a_gate_knows_only_what_it_needs() -> None:
    text = template("always()", FAILURE).replace("needs: [a, b]", "needs: [a]")
    assert judged(text, ["gate"])["b"].blocks.value is Blocks.NO


def test_a_gate_hears_of_jobs_before_those_it_needs() -> None:
    text = template("always()", FAILURE_OR_CANCELLED.replace("cancelled", "skipped")).replace(
        "  b:\n", "  b:\n    needs: a\n"
    )
    text = text.replace("needs: [a, b]", "needs: [b]")
    assert judged(text, ["gate"])["a"].blocks.value is Blocks.YES  # b is skipped when a fails
    lenient = text.replace("'skipped'", "'cancelled'")
    assert judged(lenient, ["gate"])["a"].blocks.value is Blocks.NO


def test_the_environment_of_the_job_counts_as_well() -> None:
    text = template("always()", IN_JOB_ENV).replace(
        "    runs-on: ubuntu-latest\n    steps:\n      - run: exit $FAIL",
        "    runs-on: ubuntu-latest\n    env:\n      FAIL: ${{ contains(needs.*.result, 'failure') && 1 || 0 }}\n"
        "    steps:\n      - run: exit $FAIL",
    )
    assert judged(text, ["gate"])["a"].blocks.value is Blocks.YES


def test_a_flag_of_the_job_makes_every_gate_pass() -> None:
    for steps in (FAILURE, GREEN, LOOP, JQ_IN_ENV):
        text = template("always()", steps).replace("  a:\n", "  a:\n    continue-on-error: true\n")
        verdict = judged(text, ["gate"])["a"]
        assert (verdict.gate, verdict.blocks.value) == (Gate.ADVISORY, Blocks.NO)


def test_what_the_lost_runner_leaves_may_be_a_failure_or_cancelled() -> None:
    lenient = judged(template("always()", FAILURE), ["gate"])["a"].on_runner_loss
    strict = judged(template("always()", FAILURE_OR_CANCELLED), ["gate"])["a"].on_runner_loss
    assert (lenient.check_red, lenient.blocks.value) == (Tri.TRUE, Blocks.UNKNOWN)
    assert (strict.check_red, strict.blocks.value) == (Tri.TRUE, Blocks.YES)


CONDITIONAL = """\
on: pull_request
jobs:
  changes:
    runs-on: ubuntu-latest
    outputs:
      code: ${{ steps.filter.outputs.code }}
      docs: ${{ steps.filter.outputs.docs }}
    steps:
      - run: ./filter
        id: filter
  test:
    needs: changes
    if: needs.changes.outputs.code == 'true'
    runs-on: ubuntu-latest
    steps:
      - run: make test
  docs:
    needs: changes
    if: needs.changes.outputs.docs == 'true'
    runs-on: ubuntu-latest
    steps:
      - run: make docs
  gate:
    needs: [changes, test, docs]
    if: always()
    runs-on: ubuntu-latest
    steps:
      - env:
          CODE: ${{ needs.changes.outputs.code }}
          TEST: ${{ needs.test.result }}
          DOCS: ${{ needs.docs.result }}
        run: |
          if [[ "$CODE" != true ]]; then exit 0; fi
          for one in "$TEST" "$DOCS"; do
            if [[ "$one" != success && "$one" != skipped ]]; then exit 1; fi
          done
"""


def test_a_job_that_failed_has_run_so_its_condition_held() -> None:
    found = judged(CONDITIONAL, ["gate"])
    assert found["test"].blocks.value is Blocks.YES
    # Whether the code changed is not known when the documentation fails.
    assert found["docs"].blocks.value is Blocks.UNKNOWN


# What alls-green makes of a result, by the lists the job is in (run and seen with its releases).
ALLS_GREEN = {
    (): (True, False, False, False),
    ("allowed-skips",): (True, True, False, False),
    ("allowed-failures",): (True, True, True, True),
    ("allowed-failures", "allowed-skips"): (True, True, False, False),
}
ARE_WE_GOOD = {
    (): (True, True, False, False),
    ("allowed-to-skip",): (True, True, False, False),
    ("allowed-to-fail",): (True, True, True, False),
    ("allowed-to-cancel",): (True, True, False, True),
}
RESULTS = (SUCCEEDS, SKIPS, FAILS, CANCELS)


def accepts(action: str, inputs: dict[str, str], job: str, result: int) -> Tri:
    with_ = "".join(f"\n      {name}: {value}" for name, value in inputs.items())
    text = template("always()", f"uses: {action}@v1\n  with:\n    jobs: ${{{{ toJSON(needs) }}}}")
    text = text.replace("jobs: ${{ toJSON(needs) }}", "jobs: ${{ toJSON(needs) }}" + with_.replace("\n", "\n    "))
    step = workflow(text).jobs["gate"].steps[0]  # type: ignore[index]
    view = View(SUCCEEDED, lambda: Contexts.of({"needs": {"a": {"result": "success"}, "b": {"result": "success"}}}))
    answers = {one.accepts(job, result) for one in readings(step, view)}
    return answers.pop() if len(answers) == 1 else Tri.UNKNOWN


@pytest.mark.parametrize("value", ["a", "'b, a'", "'[\"a\"]'", '\'["b", "a"]\'', "b,a,unheard-of"])
@pytest.mark.parametrize("lists", ALLS_GREEN)
def test_the_released_table_of_alls_green(lists: tuple[str, ...], value: str) -> None:
    found = [accepts("re-actors/alls-green", dict.fromkeys(lists, value), "a", result) for result in RESULTS]
    assert found == [Tri.of(one) for one in ALLS_GREEN[lists]]


@pytest.mark.parametrize("value", ["A", "'a-1'", "unheard-of", "'[]'", '"b\\na"'])
def test_names_are_job_ids_and_case_counts_and_lines_are_not_split(value: str) -> None:
    assert accepts("re-actors/alls-green", {"allowed-failures": value}, "a", FAILS) is Tri.FALSE


def test_a_list_that_is_not_known_leaves_open_what_it_could_allow() -> None:
    unknown = {"allowed-skips": "${{ vars.SKIPS }}"}
    assert accepts("re-actors/alls-green", unknown, "a", SKIPS) is Tri.UNKNOWN
    assert accepts("re-actors/alls-green", unknown, "a", FAILS) is Tri.FALSE
    either = {"allowed-skips": "${{ github.event_name == 'push' && 'a' || 'a, b' }}"}
    assert accepts("re-actors/alls-green", either, "a", SKIPS) is Tri.TRUE
    assert accepts("re-actors/alls-green", either, "b", SKIPS) is Tri.UNKNOWN
    assert accepts("re-actors/alls-green", {"allowed-skips": "${{ toJSON(needs) }}"}, "b", SKIPS) is Tri.TRUE


@pytest.mark.parametrize("lists", ARE_WE_GOOD)
def test_the_table_of_are_we_good(lists: tuple[str, ...]) -> None:
    found = [accepts("lowlydba/are-we-good", dict.fromkeys(lists, "a"), "a", result) for result in RESULTS]
    assert found == [Tri.of(one) for one in ARE_WE_GOOD[lists]]
    if "allowed-to-skip" in lists:
        assert accepts("lowlydba/are-we-good", dict.fromkeys(lists, "a"), "b", SKIPS) is Tri.FALSE


@pytest.mark.parametrize(
    ("extra", "blocks"),
    [
        ("allowed-failures: a", Blocks.NO),
        ("allowed-failures: b", Blocks.YES),
        ("allowed-skips: a", Blocks.YES),
        ("allowed-failures: a\n    allowed-skips: a", Blocks.YES),
        ("allowed-failures: ${{ vars.SOFT }}", Blocks.UNKNOWN),
    ],
)
def test_the_lists_decide_what_reaches_the_required_check(extra: str, blocks: Blocks) -> None:
    assert judged(template("always()", f"{GREEN}\n    {extra}"), ["gate"])["a"].blocks.value is blocks


def test_the_unreleased_branch_is_not_taken_for_the_released_one() -> None:
    text = template("always()", GREEN.replace("release/v1", "bugfixes/23-allowed-failures"))
    assert judged(text, ["gate"])["a"].blocks.value is Blocks.UNKNOWN


def test_an_empty_input_is_an_error() -> None:
    text = template("always()", GREEN.replace("${{ toJSON(needs) }}", "'{}'"))
    assert judged(text, ["gate"])["a"].blocks.value is Blocks.YES


@pytest.mark.parametrize(
    "steps",
    [
        "uses: slackapi/slack-github-action@v2\n  with:\n    payload: ${{ toJSON(needs) }}",
        "run: gh pr comment 1 --body '${{ needs.a.result }}'",
        "uses: actions/upload-artifact@v4\n  with:\n    name: ${{ needs.a.result }}",
    ],
)
def test_what_only_tells_decides_nothing(steps: str) -> None:
    assert judged(template("always()", steps), ["gate"])["a"].blocks.value is Blocks.NO


def test_an_action_nobody_knows_may_decide() -> None:
    text = template("always()", "uses: acme/decide@v1\n  with:\n    needs: ${{ toJSON(needs) }}")
    assert judged(text, ["gate"])["a"].blocks.value is Blocks.UNKNOWN


def test_unknown_outputs_do_not_hide_known_results() -> None:
    outputs = "  a:\n    outputs:\n      version: ${{ steps.x.outputs.version }}\n"
    text = template("always()", JQ_IN_ENV).replace("  a:\n", outputs)
    assert judged(text, ["gate"])["b"].blocks.value is Blocks.YES


def test_a_job_that_is_let_off_changes_nothing_for_a_gate_that_cannot_be_followed() -> None:
    text = """
    on: pull_request
    jobs:
      test:
        runs-on: ubuntu-latest
        continue-on-error: true
        steps: [{run: make test}]
      lint:
        if: github.actor == 'somebody'
        runs-on: ubuntu-latest
        steps: [{run: make lint}]
      all-good:
        needs: [test, lint]
        if: always()
        runs-on: ubuntu-latest
        steps:
          - run: ./ci/judge "$NEEDS"
            env:
              NEEDS: ${{ toJSON(needs) }}
    """
    verdicts = judged(text)
    assert (verdicts["test"].gate, verdicts["test"].blocks.checks) == (Gate.ADVISORY, ("test",))
    assert verdicts["lint"].gate is Gate.BLOCKING
