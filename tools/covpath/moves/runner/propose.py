"""Runner moves: other labels or another group, wherever the file says them, and another time limit."""

from __future__ import annotations

from covpath.errors import Refusal
from covpath.gate.simulation.step_reasons import short
from covpath.moves.gate.switches import outside, say_switch
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind
from covpath.moves.runner.matrix import change_matrix
from covpath.moves.runner.risks import say_risks
from covpath.moves.runner.systems import say_system
from covpath.moves.wanted import Wanted
from covpath.terms import JobId
from covpath.workflow.expressions.references import references
from covpath.workflow.expressions.template import OPEN, read_template
from covpath.workflow.expressions.tree import ExpressionError, Index
from covpath.yamltext.nodes import Mapping, Node, Plain, Route, Scalar, Sequence, deref, to_plain
from covpath.yamltext.operations import remove_key, set_key, set_value
from covpath.yamltext.sites import SharedNode

EXPRESSION = "runner-expression"


def propose_runner(draft: Draft, jobs: tuple[JobId, ...], wanted: Wanted, judging: Judging) -> None:
    """Let the jobs run on the labels asked for: one as a word, several as a list, a group as a mapping.

    Raises Refusal where a job has no runner of its own, where the runner is shared with jobs that
    are not moved, and where a matrix has several and none was named.
    """
    for job in jobs:
        draft.turn_to(job)
        if draft.job.runs_on is None:
            if len(jobs) == 1:
                raise _no_runner(draft)
            draft.say(
                NoteKind.LEFTOVER,
                f"job {job!r} calls a reusable workflow; its runner is chosen there",
                place=draft.workflow.place(draft.job.key),
            )
            continue
        _move(draft, jobs, wanted, judging)


def _no_runner(draft: Draft) -> Refusal:
    return Refusal(
        f"job {draft.job_id!r} calls a reusable workflow; its runner is chosen there.",
        place=draft.workflow.place(draft.job.key),
        hint=f"Move the job in {_called(draft)}.",
    )


def _called(draft: Draft) -> str:
    """The file that a call names."""
    uses = draft.job.uses
    return "the called workflow" if uses is None else uses.value.partition("@")[0]


def _move(draft: Draft, jobs: tuple[JobId, ...], wanted: Wanted, judging: Judging) -> None:
    job = draft.job
    assert job.runs_on is not None
    before = _labels(to_plain(job.runs_on))
    what = ", ".join((*((f"group {wanted.group}",) if wanted.group else ()), *wanted.labels))
    path = _matrix_path(job.runs_on)
    if path is not None and wanted.group is None:
        value: Plain = wanted.labels[0] if len(wanted.labels) == 1 else list(wanted.labels)
        old = change_matrix(draft, judging, path, value, wanted.leg)
        if old is None:
            return
        before = (old,)
    else:
        if wanted.leg is not None:
            raise Refusal(
                f"the runner of job {job.id!r} does not come from the matrix alone.",
                place=draft.workflow.place(job.runs_on),
                hint="Leave --leg out to move all legs.",
            )
        expressions = list(_expressions(job.runs_on))
        if not _set(draft, jobs, wanted, what):
            return
        _say_expressions(draft, expressions, wanted.labels)
    draft.titles.append(f"run on {what}")
    say_system(draft, before, wanted.labels)
    say_risks(draft, before, wanted.labels, wanted.group)


def _matrix_path(node: Node) -> str | None:
    """The matrix value that is the whole ``runs-on``."""
    real = deref(node)
    if not isinstance(real, Scalar) or OPEN not in real.value:
        return None
    try:
        alone = read_template(real.value).alone
    except ExpressionError:
        return None
    if not isinstance(alone, Index):
        return None
    path = references(alone)[0].path
    return ".".join(path[1:]) if path[0].lower() == "matrix" and "*" not in path else None


def _expressions(node: Node) -> list[Scalar]:
    real = deref(node)
    inside: list[Node] = []
    if isinstance(real, Sequence):
        inside = real.items
    elif isinstance(real, Mapping):
        inside = [entry.value for entry in real.entries]
    if isinstance(real, Scalar):
        return [real] if OPEN in real.value else []
    return [scalar for item in inside for scalar in _expressions(item)]


def _say_expressions(draft: Draft, expressions: list[Scalar], labels: tuple[str, ...]) -> None:
    """Whatever chose the runner until now does not any more."""
    for scalar in expressions:
        place = draft.before.place(scalar)
        message = f"the runner is `{short(scalar.value)}`; the edit takes that choice away"
        draft.stop(EXPRESSION, scalar.value, message, place)
        for reference in outside(scalar.value):
            if reference.path[0].lower() == "vars":
                draft.say(
                    NoteKind.OUTSIDE,
                    f"the repository variable {reference.path[1]} can be set without any edit",
                    place=place,
                    command=f"gh variable set {reference.path[1]} --body {' '.join(labels[:1]) or 'LABEL'}",
                )


def _set(draft: Draft, jobs: tuple[JobId, ...], wanted: Wanted, what: str) -> bool:
    """Write the new runner in the form the old one has."""
    job = draft.job
    assert job.runs_on is not None
    route: Route = (*job.route, "runs-on")
    why = f"run on {what}"
    real = deref(job.runs_on)
    mapping = isinstance(real, Mapping)
    labels: Plain = wanted.labels[0] if len(wanted.labels) == 1 else list(wanted.labels)
    same = _labels(to_plain(job.runs_on)) == wanted.labels
    if not mapping:
        group: dict[str, Plain] = {"group": wanted.group}
        if same and wanted.group is None:
            return False
        value = labels if wanted.group is None else {**group, **({"labels": labels} if wanted.labels else {})}
        return _set_value(draft, jobs, route, value, why)
    done = False
    if wanted.group is not None:
        done = draft.make(set_key(draft.workflow.document, route, "group", wanted.group, before=("labels",), why=why))
    if wanted.labels and not same:
        done = draft.make(set_key(draft.workflow.document, route, "labels", labels, why=why)) or done
        if wanted.group is None and done:
            draft.say(NoteKind.LEFTOVER, "the runner group stays", place=draft.workflow.place(job.key))
    elif wanted.group is not None and not wanted.labels:
        done = draft.make(remove_key(draft.workflow.document, (*route, "labels"), why=why)) or done
    return done


def _set_value(draft: Draft, jobs: tuple[JobId, ...], route: Route, value: Plain, why: str) -> bool:
    """Set it; where an anchor shares it, for all its users if all of them are moved."""
    try:
        return draft.make(set_value(draft.workflow.document, route, value, why=why))
    except SharedNode as shared:
        moved = set()
        for job in jobs:
            node = draft.workflow.jobs[job].runs_on
            if node is not None:
                moved.add(draft.workflow.document.source.place(node.outer_start))
        if not moved.issuperset(shared.users):
            raise
        return draft.make(set_value(draft.workflow.document, route, value, shared=True, why=why))


def propose_timeout(draft: Draft, minutes: int) -> None:
    """Set the job's time limit, in minutes. Raises Refusal for a call, which cannot have one."""
    job = draft.job
    if job.uses is not None:
        raise Refusal(
            f"job {job.id!r} calls a reusable workflow, where GitHub allows no `timeout-minutes`.",
            place=draft.workflow.place(job.uses),
            hint=f"Move the job in {_called(draft)}.",
        )
    old = job.timeout_minutes
    edit = set_key(
        draft.workflow.document,
        job.route,
        "timeout-minutes",
        minutes,
        after=("name", "needs", "if", "runs-on"),
        why=f"limit the job to {minutes} minutes",
    )
    if draft.make(edit):
        draft.titles.append(f"limit it to {minutes} minutes")
        if old is not None and OPEN in old.value:
            draft.say(NoteKind.CHANGE, f"`timeout-minutes: {short(old.value)}` goes for good")
            say_switch(draft, old)


def _labels(plain: Plain) -> tuple[str, ...]:
    if isinstance(plain, dict):
        plain = plain.get("labels")
    if isinstance(plain, list):
        return tuple(str(item) for item in plain)
    return (str(plain),)
