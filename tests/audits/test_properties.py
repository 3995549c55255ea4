"""Random workflows and exceptions files: the audit's answer is what the rules say of their meaning, no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.audits.table import audit
from covpath.commands.audited import Asked, look_at
from covpath.commands.state import WorkingTree
from covpath.outside.git import Repository
from sample_repositories import write

TODAY = date(2026, 11, 25)
Told = set[tuple[str, str, str]]


@dataclass(frozen=True)
class Job:
    """A job: what its failure comes to, and how its entry speaks of it (None: it has none)."""

    name: str
    gate: str
    decision: str | None = None
    accepts: tuple[str, ...] = ()
    days: int = 100
    owner: str = "@org/ci"
    evidence: str = "https://example.org/org/repo/actions/runs/1"


GATES = st.sampled_from(["blocking", "advisory", "silent", "no-signal"])
ACCEPTS = st.sampled_from(
    [(), ("advisory",), ("silent",), ("silent", "runner-loss"), ("advisory", "silent"), ("no-signal",)]
)
DECISIONS = st.sampled_from([None, None, "new-backend", "larger-runner", "undecided"])
DAYS = st.sampled_from([-30, -1, 0, 1, 14, 15, 100])
OWNERS = st.sampled_from(["@org/ci", "@Org/CI", "@org/nobody"])
EVIDENCE = st.sampled_from(
    ["", "https://example.org/org/repo/actions/runs/1", "{text: it takes long}", "ci/evidence/no.json"]
)


@st.composite
def all_jobs(draw: st.DrawFn) -> list[Job]:
    names = draw(st.lists(st.sampled_from(["lint", "docs", "test", "spell"]), min_size=1, max_size=4, unique=True))
    return [
        Job(name, draw(GATES), draw(DECISIONS), draw(ACCEPTS), draw(DAYS), draw(OWNERS), draw(EVIDENCE))
        for name in names
    ]


def expected(job: Job) -> Told:
    """What the rules say of a job, told from their explanations."""
    found: Told = set()

    def tell(rule: str, severity: str) -> None:
        found.add((rule, severity, job.name))

    soft = job.gate in ("advisory", "silent")
    if job.decision is None:
        if soft:
            tell("unexplained", "error")
        return found
    undecided = job.decision == "undecided"
    if undecided:
        tell("undecided", "warning")
    if job.gate == "blocking":
        tell("still-open", "error")
    else:
        gates = {"advisory", "silent", "no-signal"} & set(job.accepts)
        if not gates or job.gate in gates:
            tell("accepted-gate", "note")
        else:
            tell("accepted-gate", "warning" if job.gate == "advisory" and gates == {"silent"} else "error")
        if soft:
            tell("runner-loss", "note" if "runner-loss" in job.accepts else "warning")
    if job.days < 0:
        tell("overdue", "error")
    elif job.days <= 14:
        tell("due-soon", "warning")
    if job.owner.lower() != "@org/ci":
        tell("unknown-owner", "warning")
    if job.evidence.startswith("ci/"):
        tell("evidence-missing", "error")
    elif not job.evidence and not undecided:
        tell("evidence-missing", "warning")
    elif job.evidence.startswith("{") and not undecided:
        tell("evidence-reported", "warning")
    return found


@st.composite
def rendered(draw: st.DrawFn, jobs: list[Job]) -> dict[str, str]:
    """The files that say so, with comments, order, blank lines and quotes as they come."""
    noise = st.sampled_from(["", "", "# a word\n", "\n"])
    files = {".github/CODEOWNERS": draw(noise) + "* @org/ci\n"}
    workflows: dict[str, str] = {}
    for job in draw(st.permutations(jobs)):
        file = "nightly" if job.gate == "no-signal" else "ci"
        text = draw(noise) + f"  {job.name}:\n    runs-on: ubuntu-24.04\n"
        text += "    continue-on-error: true # for now\n" if job.gate == "advisory" else ""
        text += "    steps:\n      - uses: actions/checkout@v5\n" + draw(noise)
        text += f"      - name: {draw(st.sampled_from(['Do', 'Do it']))}\n        run: make {job.name}\n"
        text += "        continue-on-error: true\n" if job.gate in ("silent", "no-signal") else ""
        workflows[file] = workflows.get(file, "") + text
    for file, body in workflows.items():
        on = (
            "{schedule: [{cron: '1 2 * * *'}]}"
            if file == "nightly"
            else draw(st.sampled_from(["pull_request", "[push, pull_request]"]))
        )
        files[f".github/workflows/{file}.yml"] = f"on: {on}\n{draw(noise)}jobs:\n{body}"
    entries = ""
    for job in draw(st.permutations([job for job in jobs if job.decision is not None])):
        file = "nightly" if job.gate == "no-signal" else "ci"
        quote = draw(st.sampled_from(["", "'", '"']))
        entries += draw(noise) + f"  - job: {quote}{file}.yml:{job.name}{quote}\n    decision: {job.decision}\n"
        entries += f"    owner: '{job.owner}'\n    target: {quote}{TODAY + timedelta(days=job.days)}{quote}\n"
        entries += f"    reason: {draw(st.sampled_from(['slow', 'flaky', 'new']))}\n"
        entries += f"    evidence: {job.evidence}\n" if job.evidence else ""
        entries += f"    accepts: [{', '.join(draw(st.permutations(job.accepts)))}]\n" if job.accepts else ""
    if entries or draw(st.booleans()):
        files["ci/ci-exceptions.yaml"] = (
            f"{draw(noise)}version: 1\nexceptions:{chr(10) if entries else ' []'}{entries}\n"
        )
    return files


def found_in(files: dict[str, str]) -> tuple[Told, set[str]]:
    """What the audit finds, and its fingerprints."""
    with TemporaryDirectory() as folder:
        write(Path(folder), files)
        repository = Repository(root=Path(folder), has_git=False)
        audited = look_at(repository, WorkingTree(root=Path(folder)), Asked(today=TODAY))
        assert not audited.unreadable
        findings = audit(audited.subject)
    return {(one.rule, str(one.severity), str(one.job.job)) for one in findings if one.job}, {
        one.fingerprint for one in findings
    }


@settings(max_examples=120)
@given(st.data())
def test_the_answer_is_what_the_rules_say(data: st.DataObject) -> None:
    jobs = data.draw(all_jobs())
    told, _ = found_in(data.draw(rendered(jobs)))
    assert told == set().union(*map(expected, jobs))


@settings(max_examples=60)
@given(st.data())
def test_how_it_is_written_changes_nothing(data: st.DataObject) -> None:
    jobs = data.draw(all_jobs())
    one, other = data.draw(rendered(jobs)), data.draw(rendered(jobs))
    told, fingerprints = found_in(one)
    told_again, fingerprints_again = found_in(other)
    assert told == told_again
    assert len(fingerprints) == len(fingerprints_again)
