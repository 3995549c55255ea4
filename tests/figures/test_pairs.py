"""What is said of moves, measured on real commits: what people changed, and what covpath makes of the same wish."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from commit_pairs import Pair, job_gates, leg_gates, moved, pairs, toggled_step, uploading
from covpath.backends.request import CoverageRequest, Format, Topic
from covpath.backends.table import backend
from covpath.errors import ProofFailed, Refusal, UsageError
from covpath.gate.judge import Judge
from covpath.gate.measuring import find_measuring
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.moves.backend.sites import sites
from covpath.moves.matrix_legs import legs
from covpath.moves.plan import plan
from covpath.moves.proposal import Proposal
from covpath.moves.wanted import Wanted
from covpath.terms import Gate, LossAction
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Mapping, Scalar, deref, to_plain

JUDGE = Judge(required=UNKNOWN_REQUIRED)
KNOWN = {
    "advisory-064": "its matrix is none: a value stands where GitHub wants a list (the next commit mends it)",
}
"""Toggles whose gate does not differ as people meant it, and why."""


def _print(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")


# --- advisory toggles -----------------------------------------------------------------------------------


def _gates(pair: Pair) -> tuple[list[Gate], list[Gate]]:
    """The gates of what was toggled, in every leg, before and after."""
    level = pair.meta["level"]
    found = []
    for workflow, job in ((pair.before, pair.job_before), (pair.after, pair.job_after)):
        if level == "step":
            step = toggled_step(job, pair.meta)
            found.append(leg_gates(workflow, job, step, exits=True) if step is not None else [])
        elif level == "uploader input":
            found.append([gate for step in uploading(job) for gate in leg_gates(workflow, job, step, exits=False)])
        elif level == "job":
            found.append(job_gates(workflow, job))
        else:
            index = find_measuring(workflow, job).index
            found.append(leg_gates(workflow, job, job.steps[index], exits=False) if index is not None else [])
    return found[0], found[1]


def test_toggles_are_seen_as_people_meant_them() -> None:
    found, unread = pairs("advisory", clean=True)
    assert unread == []
    seen = 0
    _print("\nadvisory toggles marked clean: the gate of the toggled step, input or job, before and after")
    for pair in found:
        before, after = _gates(pair)
        direction = moved(before, after)
        seen += direction == pair.direction
        if direction != pair.direction:
            assert pair.name in KNOWN, f"{pair.name}: {before} to {after}"
            _print(f"  {pair.name} {pair.direction}: {KNOWN[pair.name]}")
    _print(f"in the direction people gave it: {seen} of {len(found)} ({100 * seen / len(found):.1f} %)")
    assert seen >= 0.95 * len(found)


def test_the_same_wish_reaches_the_same_gate() -> None:
    found, _ = pairs("advisory")
    table: Counter[str] = Counter()
    _print("\nthe same toggle asked of covpath, all pairs whose lever stands in the job:")
    for pair in found:
        if pair.meta["level"].startswith(("gate", "alls-green")):
            continue
        outcome, why = _own_toggle(pair)
        table[outcome] += 1
        if why:
            _print(f"  {pair.name} {pair.meta['level']} {pair.direction}: {outcome}: {why[:150]}")
    for outcome, number in table.most_common():
        _print(f"  {number:3} {outcome}")
    reached = sum(number for outcome, number in table.items() if outcome.startswith("reached"))
    _print(f"reached: {reached} of {sum(table.values())} ({100 * reached / sum(table.values()):.1f} %)")
    assert table["proof failed"] == 0


def _own_toggle(pair: Pair) -> tuple[str, str]:
    job = pair.job_before
    gate = "advisory" if pair.direction == "to-advisory" else "blocking"
    step = _step_of(pair, job)
    wanted = Wanted(gate=gate, step=None if step is None else str(step.index + 1), leg=_leg(pair))
    try:
        proposal = plan(pair.before, (job.id,), wanted, JUDGE)
    except ProofFailed as error:
        return "proof failed", str(error)
    except (Refusal, UsageError) as error:
        return "refused", error.message
    if not proposal.patch.edits:
        return "nothing to do: it has that gate already", ""
    _, theirs = _gates(pair)
    if Gate.SILENT in theirs and gate == "advisory":
        return "reached, and seen: people left the failure silent", ""
    return "reached, as people did", ""


def _step_of(pair: Pair, job: Job) -> Step | None:
    if pair.meta["level"] == "step":
        return toggled_step(job, pair.meta)
    if pair.meta["level"] == "uploader input":
        return next(iter(uploading(job)), None)
    return None


def _leg(pair: Pair) -> str | None:
    """The leg a toggle by a matrix condition was about, where the matrix has it before too."""
    if pair.meta["level"] != "job" or "matrix." not in str(pair.meta["value"]):
        return None
    after = job_gates(pair.after, pair.job_after)
    views = legs(pair.job_after)
    if len(views) != len(after) or len(legs(pair.job_before)) < 2:
        return None
    before = {leg.check for leg in legs(pair.job_before)}
    advisory = [leg.check for leg, gate in zip(views, after, strict=True) if gate is Gate.ADVISORY]
    return advisory[0] if len(advisory) == 1 and advisory[0] in before else None


# --- tarpaulin to llvm-cov ------------------------------------------------------------------------------

SCOPE = (
    Topic.WORKSPACE, Topic.PACKAGE, Topic.EXCLUDE_PACKAGE, Topic.FEATURES, Topic.ALL_FEATURES,
    Topic.NO_DEFAULT_FEATURES, Topic.RELEASE, Topic.PROFILE, Topic.LOCKED, Topic.LIB, Topic.BINS, Topic.BIN,
    Topic.EXAMPLES, Topic.EXAMPLE, Topic.TESTS, Topic.TEST, Topic.ALL_TARGETS, Topic.EXCLUDE_FILES,
    Topic.EXCLUDE_REGEX, Topic.MANIFEST,
)  # fmt: skip
"""What decides which code is measured."""


def _requests(workflow: Workflow, job: Job) -> list[CoverageRequest]:
    return [
        backend(site.recognition.backend).parse(site.recognition).request
        for site in sites(workflow, job)
        if site.recognition.backend in ("cargo-tarpaulin", "cargo-llvm-cov")
    ]


def _scope(requests: Iterable[CoverageRequest]) -> set[str]:
    found = set()
    for request in requests:
        for ask in request.asks:
            topic = Topic.EXCLUDE_FILES if ask.topic is Topic.EXCLUDE_REGEX else ask.topic
            if topic in SCOPE and topic is not Topic.EXCLUDE_FILES:
                found |= {f"{topic} {word}".strip() for value in ask.values or ("",) for word in _words(str(value))}
            elif topic is Topic.EXCLUDE_FILES:
                found.add(str(topic))
    return found


def _words(value: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", value.strip("'\"")) if word] or [""]


def _formats(requests: Iterable[CoverageRequest]) -> set[str]:
    return {
        str(report.format) for request in requests for report in request.reports if report.format is not Format.TEXT
    }


def test_every_tarpaulin_migration_is_moved_or_refused_for_a_reason() -> None:
    found, unread = pairs("tarpaulin-to-llvm-cov")
    assert unread == []
    moves = refused = accepted = 0
    _print("\ntarpaulin to cargo-llvm-cov: what covpath does with the file people began with, and what they did")
    for pair in found:
        job = pair.job_before
        try:
            proposal = plan(pair.before, (job.id,), Wanted(backend="cargo-llvm-cov"), JUDGE)
        except Refusal as error:
            refused += 1
            _print(f"  {pair.name}: refused: {error}")
            continue
        moves += 1
        stops = sorted({loss.name for loss in proposal.losses if loss.action is LossAction.STOP})
        accepted += bool(stops)
        before = _requests(pair.before, job)
        after = _requests(proposal.after, proposal.after.jobs[job.id])
        assert _unaccounted(before, after, proposal) == [], pair.name
        assert _scope(before) == _scope(after), pair.name
        assert _formats(before) == _formats(after), pair.name
        named = sorted({loss.name for loss in proposal.losses if loss.action is not LossAction.MAP})
        _print(
            f"  {pair.name}: moved{' once accepted: ' + ', '.join(stops) if stops else ''}; named: {', '.join(named)}"
        )
        for difference in _differences(pair, proposal):
            _print(f"      people: {difference}")
    _print(
        f"moved with every flag carried or named, scope, formats and gate unchanged: {moves} of {len(found)} "
        f"({accepted} of them once a loss is accepted by name); refused: {refused}"
    )
    assert refused <= len(found) / 4


def _unaccounted(before: list[CoverageRequest], after: list[CoverageRequest], proposal: Proposal) -> list[str]:
    """Flags of the old commands that are neither in the new ones nor named."""
    carried = {ask.topic for request in after for ask in request.asks}
    named = " ".join(loss.what for loss in proposal.losses)
    carried |= {Topic.EXCLUDE_FILES} if Topic.EXCLUDE_REGEX in carried else set()
    flags = [ask.flag for request in before for ask in request.asks if ask.topic not in carried]
    flags += [native.leaving.what for request in before for native in request.natives]
    return [flag for flag in flags if flag not in named and not _handed_on(flag, after)]


def _handed_on(flag: str, after: list[CoverageRequest]) -> bool:
    """``--ignored`` becomes an argument of the test programs."""
    return flag in ("--ignored", "-i") and any("ignored" in str(word) for one in after for word in one.passed_words)


def _differences(pair: Pair, proposal: Proposal) -> Iterator[str]:
    """What people's commit did that the move does not, or does otherwise."""
    ours = proposal.after.jobs[pair.job_before.id]
    theirs = pair.job_after
    mine, other = _requests(proposal.after, ours), _requests(pair.after, theirs)
    if not other:
        yield "the command is not in the file any more"
    elif _scope(mine) != _scope(other):
        only = [f"+{one}" for one in sorted(_scope(other) - _scope(mine))]
        only += [f"-{one}" for one in sorted(_scope(mine) - _scope(other))]
        yield f"changed what is measured ({', '.join(only)}); covpath keeps it"
    if other and _formats(mine) != _formats(other):
        wrote, kept = (", ".join(sorted(_formats(one))) for one in (other, mine))
        yield f"wrote {wrote} instead of {kept}; --report does that"
    both = ((proposal.after, ours), (pair.after, theirs))
    gates = [" and ".join(sorted(map(str, set(job_gates(workflow, job))))) for workflow, job in both]
    if gates[0] != gates[1]:
        yield f"the job's gate is {gates[1]}, not {gates[0]}; covpath moves it only when asked"
    inputs = [_failing_inputs(job) for job in (ours, theirs)]
    if inputs[0] != inputs[1]:
        yield f"upload inputs {inputs[1] or 'none'} instead of {inputs[0] or 'none'}; --with-upload sets them"
    lost = {word for one in mine for word in map(str, one.passed_words)} - {
        word for one in other for word in map(str, one.passed_words)
    }
    if other and lost:
        yield f"lost {' '.join(sorted(lost))}"


def _failing_inputs(job: Job) -> list[str]:
    return [
        f"{name}: {value}" for step in job.steps for name, value in step.inputs().items() if name == "fail_ci_if_error"
    ]


# --- runners and uploaders ------------------------------------------------------------------------------


def test_runner_moves_of_people() -> None:
    found, _ = pairs("runner")
    table: Counter[str] = Counter()
    _print("\nrunner moves of people, asked of covpath:")
    for pair in found:
        outcome, why = _own_runner(pair)
        table[outcome] += 1
        if why:
            _print(f"  {pair.name}: {outcome}: {why[:160]}")
    for outcome, number in table.most_common():
        _print(f"  {number:3} {outcome}")
    assert not any(outcome.startswith("different") for outcome in table)


def _own_runner(pair: Pair) -> tuple[str, str]:
    node = deref(pair.job_after.runs_on) if pair.job_after.runs_on is not None else None
    if node is None or isinstance(node, Mapping) or (isinstance(node, Scalar) and "${{" in node.value):
        return "people brought a matrix or an expression in", "" if node is None else str(to_plain(node))
    plain = to_plain(node)
    labels = tuple(map(str, plain)) if isinstance(plain, list) else (str(plain),)
    try:
        proposal = plan(pair.before, (pair.job_before.id,), Wanted(labels=labels), JUDGE)
    except ProofFailed as error:
        return "different: the proof failed", str(error)
    except (Refusal, UsageError) as error:
        return "refused", str(error)
    now = proposal.after.jobs[pair.job_before.id].runs_on
    same = now is not None and _as_list(to_plain(now)) == _as_list(plain)
    return ("the same runner", "") if same else ("different", proposal.patch.diff())


def _as_list(plain: object) -> list[object]:
    return plain if isinstance(plain, list) else [plain]


def test_what_uploader_migrations_do_to_the_gate() -> None:
    found, _ = pairs("uploader")
    changed = reached = 0
    for pair in found:
        gates = [
            {gate for step in uploading(job)[:1] for gate in leg_gates(workflow, job, step, exits=False)}
            for workflow, job in ((pair.before, pair.job_before), (pair.after, pair.job_after))
        ]
        if not all(gates) or gates[0] == gates[1]:
            continue
        changed += 1
        step = uploading(pair.job_before)[0]
        wanted = Wanted(gate="blocking" if Gate.BLOCKING in gates[1] else "advisory", step=str(step.index + 1))
        try:
            reached += bool(plan(pair.before, (pair.job_before.id,), wanted, JUDGE).patch.edits)
        except (Refusal, UsageError) as error:
            _print(f"  {pair.name}: {error}")
    _print(
        f"\nuploader migrations: {len(found)}; services and versions are not covpath's to move; "
        f"{changed} change whether a failing upload counts, of which --step reaches {reached}"
    )
