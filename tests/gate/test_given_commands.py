"""Commands that a caller gives, and what they make of a failure: another verdict for each call."""

from __future__ import annotations

from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.tracing.chains import Tracer
from covpath.gate.verdict import JobVerdict
from covpath.terms import Gate, JobId
from covpath.workflow.calls import link
from covpath.workflow.local_action import read_action
from judging import workflow

CALLED = """\
on:
  workflow_call:
    inputs:
      command: {type: string, default: pytest --cov}
jobs:
  run:
    runs-on: x
    steps:
      - run: ${{ inputs.command }}
"""
MAKEFILE = "cov:\n\tpytest --cov\nsoft:\n\tpytest --cov || true\n"
PATH = ".github/workflows/called.yml"
ACTION = ".github/actions/run/action.yml"


def verdicts(jobs: str) -> dict[str, JobVerdict]:
    """The verdicts on the jobs of a workflow that may call the other one, and on the job called."""
    caller = workflow(f"on: pull_request\njobs:\n{jobs}")
    called = workflow(CALLED, "called.yml")
    inner = "    - run: ${{ inputs.command }}\n      shell: bash {0}\n"
    text = f"inputs: {{command: {{}}}}\nruns:\n  using: composite\n  steps:\n{inner}"
    action = read_action(ACTION, text.encode())
    links = link([caller, called], actions=lambda uses: action if "actions/run" in uses else None)
    behind = Tracer({"Makefile": MAKEFILE, ACTION: text}.get, links).alternatives
    judge = Judge(required=UNKNOWN_REQUIRED, links=links, behind=behind)
    found = {name: judge.job(caller, job) for name, job in caller.jobs.items()}
    return {**found, "called": judge.job(called, called.jobs[JobId("run")])}


def call(name: str, command: str) -> str:
    return f"  {name}:\n    uses: ./{PATH}\n    with:\n      command: {command}\n"


def test_each_call_has_the_gate_of_its_own_command() -> None:
    found = verdicts(
        call("hard", "make cov") + call("soft", "make soft") + call("masked", "pytest --cov || true") + call("no", "ls")
    )
    gates = {name: verdict.gate for name, verdict in found.items()}
    assert gates == {
        "hard": Gate.BLOCKING,
        "soft": Gate.SILENT,
        "masked": Gate.SILENT,
        "no": Gate.BLOCKING,
        "called": Gate.BLOCKING,
    }
    assert {name for name, verdict in found.items() if not verdict.coverage} == {"no"}
    assert found["called"].partly
    assert [leg.gate for leg in found["called"].legs] == [Gate.BLOCKING, Gate.SILENT, Gate.SILENT, Gate.BLOCKING]


def test_where_all_calls_are_soft_the_job_is() -> None:
    found = verdicts(call("a", "make soft") + call("b", "pytest --cov || true"))
    assert found["called"].gate is Gate.SILENT


def test_where_nothing_is_handed_over_the_default_counts() -> None:
    found = verdicts(f"  plain:\n    uses: ./{PATH}\n")
    assert (found["plain"].coverage, found["plain"].gate) == (True, Gate.BLOCKING)


def test_what_a_variable_of_the_repository_gives_is_not_known() -> None:
    found = verdicts(call("outside", "${{ vars.COMMAND }}"))
    assert not found["outside"].coverage


def using(name: str, command: str) -> str:
    return (
        f"  {name}:\n    runs-on: x\n    steps:\n      - uses: ./.github/actions/run\n"
        f"        with: {{command: {command!r}}}\n"
    )


def test_a_command_given_to_an_action_masks_there() -> None:
    found = verdicts(using("hard", "pytest --cov") + using("soft", "pytest --cov || true") + using("list", "make soft"))
    assert {name: found[name].gate for name in ("hard", "soft", "list")} == {
        "hard": Gate.BLOCKING,
        "soft": Gate.SILENT,
        "list": Gate.SILENT,
    }


def test_the_actions_own_shell_runs_what_is_given() -> None:
    found = verdicts(using("lines", "pytest --cov; true"))
    assert found["lines"].gate is Gate.SILENT
