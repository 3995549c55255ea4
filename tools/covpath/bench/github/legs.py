"""One combination of a job's own matrix: the one that is measured, on Linux and with the measuring step in it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from covpath.bench.github.measured import runs_a_measurement
from covpath.bench.github.on_push import push_contexts
from covpath.errors import Refusal
from covpath.workflow.expressions.template import evaluate_data
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Array, Object, Unknown, Value, text_of, unknown
from covpath.workflow.legs import Leg, Presence
from covpath.workflow.matrix import expand
from covpath.workflow.matrix_reading import MatrixError
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.nodes import Mapping as MappingNode
from covpath.yamltext.nodes import Node, Plain, deref, to_plain


def choose_leg(
    workflow: Workflow, job: Job, branch: str, asked: Mapping[str, str], read: Collection[str]
) -> dict[str, Plain] | None:
    """The values of the combination to measure, None for a job without a matrix.

    ``asked`` are values it must have. Without them it is the first for Linux in which something
    measures. What the job reads (``read``) and this combination lacks is an empty text in it. Raises
    Refusal where the matrix cannot be told from the file, where nothing fits, and for a job that
    runs on another system than Linux.
    """
    matrix = _matrix(job)
    place = workflow.place(job.key)
    if matrix is None:
        if asked:
            raise Refusal(f"job {job.id!r} has no matrix, so no combination can be chosen.", place=place)
        _refuse_other_systems(workflow, job, _system(job, None, branch))
        return None
    try:
        legs = expand(to_plain(matrix), push_contexts(branch).but(inputs=unknown("inputs")))
    except (MatrixError, ExpressionError) as error:
        raise Refusal(f"the matrix of job {job.id!r} cannot be read: {error}", place=workflow.place(matrix)) from None
    certain = [leg for leg in legs if leg.presence is not Presence.ANY_NUMBER and not leg.depends]
    fitting = [leg for leg in certain if leg.values is not None and _fits(leg.values, asked)]
    if not fitting:
        if not certain and asked:
            return {**dict.fromkeys(read, ""), **asked}
        raise Refusal(
            f"no combination of the matrix of job {job.id!r} is {_shown(asked)}."
            if certain
            else f"the matrix of job {job.id!r} is made by another job or an expression; it cannot be told here.",
            place=workflow.place(matrix),
            hint=_hint(certain),
        )
    best = min(fitting, key=lambda leg: _badness(workflow, job, leg, branch))
    assert best.values is not None
    _refuse_other_systems(workflow, job, _system(job, best.values, branch))
    data = _data(best.values)
    assert isinstance(data, dict)
    return {**data, **dict.fromkeys([name for name in read if not best.values.has(name)], "")}


def _matrix(job: Job) -> Node | None:
    strategy = deref(job.strategy) if job.strategy is not None else None
    return strategy.get("matrix") if isinstance(strategy, MappingNode) else None


def _fits(values: Object, asked: Mapping[str, str]) -> bool:
    for name, wanted in asked.items():
        value = values.get(name)
        if isinstance(value, (Array, Object, Unknown)) or text_of(value) != wanted:
            return False
    return True


def _badness(workflow: Workflow, job: Job, leg: Leg, branch: str) -> tuple[bool, bool]:
    """What speaks against a leg: another system, and that nothing measures in it."""
    assert leg.values is not None
    contexts = push_contexts(branch).but(matrix=leg.values)
    return _system(job, leg.values, branch) is not None, not runs_a_measurement(workflow, job, contexts)


def _system(job: Job, values: Object | None, branch: str) -> str | None:
    """``Windows`` or ``macOS`` where the job runs there, None where it may be Linux."""
    if job.runs_on is None:
        return None
    contexts = push_contexts(branch).but(matrix=values)
    try:
        found = evaluate_data(to_plain(job.runs_on), contexts)
    except ExpressionError:
        return None
    for label in _texts(found):
        if label.lower().startswith("windows"):
            return "Windows"
        if label.lower().startswith(("macos", "osx")):
            return "macOS"
    return None


def _texts(value: Value) -> tuple[str, ...]:
    match value:
        case str():
            return (value,)
        case Array(items=items):
            return tuple(text for item in items for text in _texts(item))
        case Object(entries=entries):
            return tuple(text for item in entries.values() for text in _texts(item))
        case _:
            return ()


def _refuse_other_systems(workflow: Workflow, job: Job, system: str | None) -> None:
    if system is not None:
        raise Refusal(
            f"job {job.id!r} runs on {system}; covpath measures on Linux.",
            place=workflow.place(job.runs_on) if job.runs_on is not None else None,
            hint="Measure a job, or with --leg a combination, that runs on Linux.",
        )


def _data(value: Value) -> Plain:
    """A value as plain data, whole numbers as such."""
    match value:
        case Object(entries=entries):
            return {key: _data(item) for key, item in entries.items()}
        case Array(items=items):
            return [_data(item) for item in items]
        case bool() | None | str():
            return value
        case float():
            return int(value) if value.is_integer() else value
        case Unknown():
            return ""
    raise AssertionError("unreachable")


def _shown(asked: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in asked.items()) or "known"


def _hint(legs: list[Leg]) -> str:
    if not legs:
        return "Say one combination, a --leg NAME=VALUE for each value the job reads."
    shown = []
    for leg in legs[:6]:
        values = leg.values.entries if leg.values is not None else {}
        plain = {name: value for name, value in values.items() if not isinstance(value, (Array, Object, Unknown))}
        shown.append(" ".join(f"--leg {name}={text_of(value)}" for name, value in plain.items()))
    more = f" and {len(legs) - 6} more" if len(legs) > 6 else ""
    return f"There is: {'; '.join(shown)}{more}."
