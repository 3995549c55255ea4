"""A runner that comes from the matrix: the values are changed where they stand, and legs stay what they were."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covpath.errors import Refusal, UsageError
from covpath.moves.gate.outside import say_names
from covpath.moves.judging import Judging
from covpath.moves.matrix_legs import LegView, choose, entries_of, legs
from covpath.moves.proposal import Draft
from covpath.patterns import regex
from covpath.workflow.model import Job
from covpath.yamltext.nodes import Plain, Route, Scalar, deref, walk
from covpath.yamltext.operations import set_value

CONDITIONS = "runner-conditions"
_PARTS = regex(
    r"(?P<function>startsWith|endsWith|contains)\(\s*matrix\.[\w.-]+\s*,\s*'(?P<part>[^']*)'\s*\)", re.IGNORECASE
)


def change_matrix(draft: Draft, judging: Judging, path: str, value: Plain, leg: str | None) -> str | None:
    """Give the legs meant another value at ``path``; the old value, or None where it is so already.

    Raises Refusal where several legs would be meant, or where other legs would change too.
    """
    new = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)
    before = legs(draft.job)
    if not before:
        raise Refusal(
            f"the runner of job {draft.job_id!r} is `matrix.{path}`, and the file does not tell its values.",
            place=draft.workflow.place(draft.job.runs_on or draft.job.key),
            hint="Change what makes the matrix.",
        )
    chosen = _chosen(draft, before, path, new, leg)
    if not chosen:
        return None
    old = chosen[0].values[path]
    wanted = [_with(one, path, new) if one in chosen else dict(one.values) for one in before]
    for routes in _choices(draft, path, old):
        trial = draft.trial()
        if _set_all(trial, routes, value) and [dict(one.values) for one in legs(trial.job)] == wanted:
            _set_all(draft, routes, value)
            say_names(draft, judging, before, legs(draft.job))
            _say_conditions(draft, old)
            _say_parts(draft, path, old, value)
            return old
    raise Refusal(
        f"no edit of the matrix of job {draft.job_id!r} gives only {leg or old!r} the runner {new}.",
        place=draft.workflow.place(draft.job.strategy or draft.job.key),
        hint=f"Move all legs with {path}={old}, or split them first.",
    )


def _chosen(draft: Draft, before: tuple[LegView, ...], path: str, new: str, leg: str | None) -> tuple[LegView, ...]:
    if leg is None:
        values = dict.fromkeys(one.values.get(path, "") for one in before)
        if set(values) == {new}:
            return ()
        if len(values) > 1:
            raise Refusal(
                f"the runner of job {draft.job_id!r} is `matrix.{path}`, which has {len(values)} values.",
                place=draft.workflow.place(draft.job.runs_on or draft.job.key),
                hint=f"Say which: {' or '.join(f'--leg {path}={one}' for one in values)}.",
            )
        return before
    try:
        found = choose(draft.job, leg)
    except UsageError:
        # Once moved, a leg is no longer found by the runner it had.
        if leg.removeprefix("matrix.").startswith(f"{path}=") and any(one.values.get(path) == new for one in before):
            return ()
        raise
    if any(path not in one.values or one.values[path] != found[0].values.get(path) for one in found):
        raise Refusal(
            f"the legs {leg!r} of job {draft.job_id!r} do not all have the same runner.",
            place=draft.workflow.place(draft.job.strategy or draft.job.key),
            hint=f"Say which: --leg {path}=VALUE.",
        )
    return () if found[0].values[path] == new else found


def _with(leg: LegView, path: str, new: str) -> dict[str, str]:
    return {**leg.values, path: new}


def _choices(draft: Draft, path: str, old: str) -> Iterator[list[Route]]:
    """The places to change: all that have the old value, else each alone."""
    found = [route for route, scalar in entries_of(draft.job, path) if scalar.value.lower() == old.lower()]
    yield found
    yield from ([route] for route in found)


def _set_all(draft: Draft, routes: list[Route], value: Plain) -> bool:
    done = False
    for route in routes:
        done = draft.make(set_value(draft.workflow.document, route, value, why=f"run on {value}")) or done
    return done


def _say_conditions(draft: Draft, old: str) -> None:
    """Conditions of the job that compare with the value that is no longer there."""
    compared = re.compile(rf"'{re.escape(old)}'", re.IGNORECASE)
    for route, scalar in _conditions(draft.job):
        if compared.search(scalar.value) and "matrix" in scalar.value:
            draft.stop(
                CONDITIONS,
                scalar.value,
                f"`{route[-1]}: {' '.join(scalar.value.split())}` compares with {old}, which these legs are no longer",
                draft.workflow.place(scalar),
            )


def _say_parts(draft: Draft, path: str, old: str, value: Plain) -> None:
    """Expressions that ask for part of the value, or take it as a text, which a list of labels is not."""
    named = re.compile(rf"\bmatrix\.{re.escape(path)}(?![\w.-])", re.IGNORECASE)
    for route, scalar in _conditions(draft.job):
        if not named.search(scalar.value) or route[-1] == "runs-on":
            continue
        shown = f"`{route[-1]}: {' '.join(scalar.value.split())}`"
        if isinstance(value, list):
            message = f"{shown} takes `matrix.{path}` as a text, which a list of labels is not"
        elif any(_holds(one, old) != _holds(one, str(value)) for one in _PARTS.finditer(scalar.value)):
            message = f"{shown} asks for a part of {old}, which these legs have no longer"
        else:
            continue
        draft.stop(CONDITIONS, scalar.value, message, draft.workflow.place(scalar))


def _holds(asked: re.Match[str], value: str) -> bool:
    """Whether a value has the part that ``startsWith``, ``endsWith`` or ``contains`` asks for; they ignore case."""
    function, part, value = asked["function"].lower(), asked["part"].lower(), value.lower()
    if function == "contains":
        return part in value
    return value.startswith(part) if function == "startswith" else value.endswith(part)


def _conditions(job: Job) -> Iterator[tuple[Route, Scalar]]:
    for route, node in walk(job.node):
        real = deref(node)
        if isinstance(real, Scalar) and route and (route[-1] == "if" or "${{" in real.value):
            yield route, real
