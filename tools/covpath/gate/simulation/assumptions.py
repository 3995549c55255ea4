"""What must be so because a job has run: the conditions it and the jobs before it ran under.

A fault is imagined in a job that runs. ``if: needs.changes.outputs.code == 'true'`` then tells what
a gate, which reads the same output, sees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from covpath.terms import Tri
from covpath.workflow.expressions.tree import Compare, Context, Expr, ExpressionError, Index, Literal, Logic, Not
from covpath.workflow.expressions.value import text_of
from covpath.workflow.model import Job
from covpath.yamltext.nodes import Scalar

if TYPE_CHECKING:
    from covpath.workflow.expressions.condition import Condition
    from covpath.workflow.expressions.contexts import Contexts

Path: TypeAlias = tuple[str, ...]
Assumptions: TypeAlias = Mapping[Path, "bool | float | str | None"]
"""Values by lower-case path, such as ``("needs", "changes", "outputs", "code")``."""

NOTHING: Assumptions = {}
_OF_THE_RUN = frozenset({"github", "inputs", "needs", "vars"})


def assumed(jobs: Iterable[Job]) -> Assumptions:
    """What the conditions of jobs that ran say about contexts that are the same in the whole run."""
    found: dict[Path, bool | float | str | None] = {}
    for job in jobs:
        if job.if_ is None:
            continue
        try:
            written = parsed_condition(job.if_.value).written
        except ExpressionError:
            continue
        for path, value in _facts(written) if written is not None else ():
            found.setdefault(path, value)
    return found


@lru_cache(maxsize=4096)
def parsed_condition(text: str) -> Condition:
    """A condition, read once however often it is asked about. Raises ExpressionError."""
    # Imported here, as below: a small file has no condition.
    from covpath.workflow.expressions.condition import condition

    return condition(text)


def condition_holds(text: str, contexts: Contexts) -> Tri:
    """Whether the condition written as ``text`` holds. Raises ExpressionError."""
    from covpath.workflow.expressions.condition import evaluate_condition

    return evaluate_condition(parsed_condition(text), contexts)


def uses_status(scalar: Scalar | None) -> bool:
    """Whether a condition says itself when to run, so that a failure before it does not skip it."""
    if scalar is None:
        return False
    try:
        return not parsed_condition(scalar.value).implicit_success
    except ExpressionError:
        return True


def _facts(expr: Expr) -> Iterator[tuple[Path, bool | float | str | None]]:
    match expr:
        case Logic(operator="&&", args=args):
            for arg in args:
                yield from _facts(arg)
        case (
            Compare(operator="==", left=left, right=Literal(value=value))
            | Compare(operator="==", left=Literal(value=value), right=left)
        ):
            path = _path(left)
            if path is not None:
                yield path, value
        case Not(operand=operand):
            path = _path(operand)
            if path is not None and "outputs" in path:
                yield path, ""
        case _:
            return


def _path(expr: Expr) -> Path | None:
    keys: list[str] = []
    while isinstance(expr, Index):
        if not isinstance(expr.key, Literal) or isinstance(expr.key.value, float):
            return None
        keys.append(text_of(expr.key.value).lower())
        expr = expr.target
    if not isinstance(expr, Context) or expr.name.lower() not in _OF_THE_RUN:
        return None
    path = (expr.name.lower(), *reversed(keys))
    if path[0] == "needs" and (len(path) != 4 or path[2] != "outputs"):
        return None
    return path if len(path) == (4 if path[0] == "needs" else 2) else None
