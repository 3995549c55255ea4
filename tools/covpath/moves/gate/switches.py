"""Switches that lie outside the file: variables of the repository, inputs, outputs of other jobs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

from covpath.moves.proposal import Draft, NoteKind
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.references import Reference, references_in
from covpath.workflow.expressions.template import evaluate_template, read_template
from covpath.workflow.expressions.tree import Compare, Expr, ExpressionError, Literal, walk
from covpath.workflow.expressions.value import Object
from covpath.yamltext.nodes import Scalar

SWITCH = "outside-switch"
"""What ``--accept`` takes to have a switch replaced by what is asked now."""

_OUTSIDE = {
    "vars": "the repository variable",
    "inputs": "the input",
    "needs": "an output of another job,",
    "secrets": "the secret",
    "steps": "an output of an earlier step,",
}


def outside(text: str) -> tuple[Reference, ...]:
    """What an expression reads that this file does not set."""
    try:
        found = references_in(text)
    except ExpressionError:
        return ()
    return tuple(reference for reference in found if reference.path[0].lower() in _OUTSIDE and len(reference.path) > 1)


def say_switch(draft: Draft, scalar: Scalar, *, on: bool | None = None) -> None:
    """Stop where an edit takes a switch away that somebody turns from outside, and say how to turn it instead.

    ``on`` is the value that the expression shall have.
    """
    for reference in outside(scalar.value):
        what = f"{_OUTSIDE[reference.path[0].lower()]} {reference.path[1]}"
        place = draft.workflow.place(scalar)
        draft.stop(SWITCH, str(reference), f"{what} decides here; the edit takes that switch away", place)
        if reference.path[0].lower() == "vars":
            words = _words(scalar.value, reference)
            draft.say(
                NoteKind.OUTSIDE,
                f"{what} can be turned without any edit" + (f": {words}" if words else ""),
                place=place,
                command=f"gh variable set {reference.path[1]} --body {_body(scalar.value, reference, on)}",
            )


def _body(text: str, reference: Reference, on: bool | None) -> str:
    """The word that gives the expression its value, where one is known to."""
    return next((word for word, value in turned(text, reference) if value is on and on is not None), "VALUE")


def _words(text: str, reference: Reference) -> str:
    """What the values that an expression compares a variable with make of it."""
    told = [f"`{word}` makes it {str(value).lower()}" for word, value in turned(text, reference) if value is not None]
    return ", ".join(dict.fromkeys(told))


def turned(text: str, reference: Reference) -> Iterator[tuple[str, bool | None]]:
    """The words an expression compares with, and its value where the variable is that word."""
    for word in literals(text):
        contexts = Contexts({reference.path[0].lower(): Object({reference.path[1]: word})})
        try:
            value = evaluate_template(text, contexts)
        except (ExpressionError, KeyError):
            value = None
        yield word, value if isinstance(value, bool) else None


def literals(text: str) -> tuple[str, ...]:
    """Every word that the expressions of a text compare something with."""
    try:
        expressions = read_template(text).expressions
    except ExpressionError:
        return ()
    nodes: Iterable[Expr] = itertools.chain.from_iterable(walk(expression) for expression in expressions)
    sides = (side for node in nodes if isinstance(node, Compare) for side in (node.left, node.right))
    found = (side.value for side in sides if isinstance(side, Literal))
    return tuple(dict.fromkeys(word for word in found if isinstance(word, str) and word))
