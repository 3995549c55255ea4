"""Moves of generated jobs: refused, or proven, and the way back restores the bytes."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covpath.errors import Refusal
from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED, from_names
from covpath.moves.backend.sites import sites
from covpath.moves.plan import plan
from covpath.moves.proposal import Proposal
from covpath.moves.wanted import Wanted
from covpath.terms import Gate, JobId
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow

JOB = JobId("coverage")
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
JUDGES = (Judge(required=UNKNOWN_REQUIRED), Judge(required=from_names(["coverage"], "a test")))

COMMANDS = (
    "cargo tarpaulin --out Xml",
    "cargo tarpaulin --workspace --out Xml Lcov --output-dir out",
    "RUST_BACKTRACE=1 cargo +nightly tarpaulin --no-fail-fast --out Lcov",
    "cargo llvm-cov --lcov --output-path out/lcov.info",
    "cargo llvm-cov --all-features --html",
    "make coverage",
)
AROUND = (
    "{}",
    "{} || true",
    "{} || :",
    "{} || echo failed",
    "{} || exit 0",
    "{} | tee log",
    "{} || make again",
    "make deps\n{}\nls",
    "set +e\n{}\nexit 0",
    "set +e\n{}\necho done",
    "set -euo pipefail\n{} | tee log",
    "if test -d src; then\n  {}\nfi\nls",
    "test -d src && {}",
    "cd icn\n{}",
    "({}) || true",
    "! {}",
)
FLAGS = (None, "true", "false", "${{ true }}", "${{ matrix.soft == true }}", "${{ vars.SOFT }}", "'true'")
UPLOADS = (None, "fail_ci_if_error: true", "fail_ci_if_error: false", "name: x")
MATRICES = (
    None,
    "        soft: [true, false]",
    "        os: [ubuntu-latest, windows-latest]\n        include:\n          - {os: ubuntu-latest, soft: true}",
)


@st.composite
def workflows(draw: st.DrawFn) -> str:
    lines = ["on: pull_request", "jobs:", "  coverage:"]
    if (flag := draw(st.sampled_from(FLAGS))) is not None:
        lines.append(f"    continue-on-error: {flag}")
    matrix = draw(st.sampled_from(MATRICES))
    lines.append(f"    runs-on: {'${{ matrix.os }}' if matrix and 'os:' in matrix else 'ubuntu-latest'}")
    if matrix is not None:
        lines += ["    strategy:", "      matrix:", matrix]
    lines += ["    steps:", "      - uses: actions/checkout@v5"]
    script = draw(st.sampled_from(AROUND)).format(draw(st.sampled_from(COMMANDS)))
    lines.append("      - name: Measure")
    if "\n" in script or draw(st.booleans()):
        lines += ["        run: |", *(f"          {line}" for line in script.split("\n"))]
    else:
        quote = "'" if ":" in script or script[0] == "!" else ""
        lines.append(f"        run: {quote}{script}{quote}")
    if (flag := draw(st.sampled_from(FLAGS))) is not None:
        lines.append(f"        continue-on-error: {flag}  # for now")
    if (upload := draw(st.sampled_from(UPLOADS))) is not None:
        lines += ["      - uses: codecov/codecov-action@v5", "        with:", f"          {upload}"]
    if draw(st.booleans()):
        lines += ["  later:", "    needs: coverage", "    runs-on: ubuntu-latest"]
        lines += ["    steps:", "      - run: make later"]
    return "\n".join(lines) + draw(st.sampled_from(("\n", "")))


def planned(workflow: Workflow, jobs: tuple[JobId, ...], wanted: Wanted, judge: Judge) -> Proposal | None:
    """The proposal; None where it is refused, which always has a place."""
    places = []
    try:
        return plan(workflow, jobs, wanted, judge)
    except Refusal as refusal:
        places.append(refusal.place)
    assert places[0] is not None
    return None


def read(text: str) -> Workflow:
    return read_workflow(".github/workflows/ci.yml", text.encode())


@FEW
@given(workflows(), st.sampled_from(("blocking", "advisory")), st.sampled_from(JUDGES))
def test_a_gate_is_reached_and_proven_or_refused(text: str, gate: str, judge: Judge) -> None:
    workflow = read(text)
    proposal = planned(workflow, (JOB,), Wanted(gate=gate), judge)
    if proposal is None:
        return
    assert proposal.patch.reverse().apply().encode() == text.encode()
    again = plan(proposal.after, (JOB,), Wanted(gate=gate), judge)
    assert not again.patch.edits


@FEW
@given(workflows(), st.sampled_from(JUDGES))
def test_from_blocking_to_advisory_and_back_restores_the_bytes(text: str, judge: Judge) -> None:
    workflow = read(text)
    verdict = judge.job(workflow, workflow.jobs[JOB])
    flags = (workflow.jobs[JOB].continue_on_error, *(step.continue_on_error for step in workflow.jobs[JOB].steps))
    if verdict.gate is not Gate.BLOCKING or verdict.partly or any(flags):
        return
    there = plan(workflow, (JOB,), Wanted(gate="advisory"), judge)
    back = plan(there.after, (JOB,), Wanted(gate="blocking"), judge)
    assert back.after.document.source.encode() == text.encode()


@FEW
@given(workflows(), st.sampled_from(("cargo-tarpaulin", "cargo-llvm-cov", "grcov")))
def test_a_backend_move_is_proven_or_refused(text: str, target: str) -> None:
    workflow = read(text)
    proposal = planned(workflow, (JOB,), Wanted(backend=target), JUDGES[0])
    if proposal is None:
        return
    assert proposal.patch.reverse().apply().encode() == text.encode()
    found = {site.recognition.backend for site in sites(proposal.after, proposal.after.jobs[JOB])}
    assert found == {target}


@FEW
@given(workflows(), st.sampled_from(("blocking", "advisory")), st.integers(1, 3))
def test_a_step_moves_alone_or_not_at_all(text: str, gate: str, number: int) -> None:
    workflow = read(text)
    if number > len(workflow.jobs[JOB].steps):
        return
    try:
        proposal = plan(workflow, (JOB,), Wanted(gate=gate, step=str(number)), JUDGES[0])
    except Refusal:
        return
    before = {step.label: step.gate for step in JUDGES[0].job(workflow, workflow.jobs[JOB]).steps}
    after = {step.label: step.gate for step in JUDGES[0].job(proposal.after, proposal.after.jobs[JOB]).steps}
    moved = workflow.jobs[JOB].steps[number - 1].label
    assert {label: found for label, found in after.items() if label in before and label != moved} == {
        label: found for label, found in before.items() if label != moved
    }
