"""The names of a job's checks, formed as GitHub forms them: what branch protection sees.

Source: actions/runner, ``Conversion/JobNameBuilder.cs`` and ``WorkflowTemplateEvaluator.EvaluateJobName``; the
``caller / called`` form is as observed (actions/runner issue 1917).
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from covpath.terms import CheckName, Tri
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.template import OPEN, evaluate_text
from covpath.workflow.expressions.value import (
    Pieces,
    Scalar,
    Unknown,
    Value,
    concat,
    text_of,
    texts,
    unknown_text,
)
from covpath.workflow.legs import Leg, Presence, contexts_of_each

MAX_NAME = 100
"""Characters of a name that GitHub puts together itself; longer ones end in ``...``."""

_CUT = "..."


class CheckNameResult(Struct, frozen=True, kw_only=True):
    """The name of the check one leg reports.

    ``name`` is None where it is not known; ``pattern`` has ``*`` for what is not, and is the name where it is.
    ``depends`` names what decides the rest, ``leg`` the matrix combination it belongs to.
    """

    name: CheckName | None
    pattern: str
    presence: Presence
    leg: Leg
    depends: frozenset[str] = frozenset()
    forms: tuple[str | Pieces, ...] = ()
    """Every form the name could have."""

    def could_be(self, name: str) -> Tri:
        """Whether this check is called ``name``, letter for letter."""
        if self.name is not None:
            return Tri.of(self.name == name)
        return Tri.UNKNOWN if any(_could_be(form, name) for form in self.forms) else Tri.FALSE


def check_names(
    job: str,
    name: Scalar,
    legs: tuple[Leg, ...],
    contexts: Contexts,
    callers: Sequence[CheckNameResult] = (),
) -> tuple[CheckNameResult, ...]:
    """The checks of a job, one per leg and, in a reusable workflow, per calling job (``caller / called``).

    ``name`` is the value of the job's ``name:``, None where there is none. Raises ExpressionError for a name
    GitHub cannot evaluate.
    """
    text = text_of(name)
    if OPEN in text:
        seen = contexts_of_each(legs, contexts)
        own = [_evaluated(job, text, leg, one) for leg, one in zip(legs, seen, strict=True)]
    else:
        own = [_built(text or job, leg) for leg in legs]
    found = [_result(text, leg, leg.presence) for text, leg in zip(own, legs, strict=True)]
    if not callers:
        return tuple(found)
    return tuple(_called(caller, called) for caller in callers for called in found)


def _evaluated(job: str, text: str, leg: Leg, contexts: Contexts) -> str | Unknown:
    evaluated = evaluate_text(text, contexts)
    if evaluated == "":
        return _built(job, leg)
    if isinstance(evaluated, Unknown) and all(one == "" or _may_be_empty(one) for one in texts(evaluated)):
        return unknown_text(*evaluated.names)  # it could also be the default name
    return evaluated


def _may_be_empty(text: str | Pieces) -> bool:
    return isinstance(text, Pieces) and not any(text.pieces)


def _built(base: str, leg: Leg) -> str | Unknown:
    """``base (v1, v2)``."""
    if not leg.shown:
        return _cut(base)
    parts: list[Value] = [base, " ("]
    for number, value in enumerate(leg.shown):
        parts.extend([", ", value] if number else [value])
    name = concat([*parts, ")"])
    return name if isinstance(name, Unknown) else _cut(name)


def _cut(name: str) -> str:
    units = name.encode("utf-16-le", "surrogatepass")
    if len(units) <= 2 * MAX_NAME:
        return name
    return units[: 2 * (MAX_NAME - len(_CUT))].decode("utf-16-le", "replace") + _CUT


def _result(name: str | Unknown, leg: Leg, presence: Presence) -> CheckNameResult:
    if isinstance(name, str):
        return CheckNameResult(name=CheckName(name), pattern=name, presence=presence, leg=leg, forms=(name,))
    forms = texts(name)
    return CheckNameResult(
        name=None,
        pattern=str(forms[0]) if len(forms) == 1 else "*",
        presence=presence,
        leg=leg,
        depends=name.names,
        forms=forms,
    )


def _called(caller: CheckNameResult, called: CheckNameResult) -> CheckNameResult:
    parts = [Unknown(one.depends, one.forms) if one.name is None else one.name for one in (caller, called)]
    presences = {caller.presence, called.presence}
    for presence in (Presence.ANY_NUMBER, Presence.PERHAPS):
        if presence in presences:
            break
    else:
        presence = Presence.ONE
    return _result(concat([parts[0], " / ", parts[1]]), called.leg, presence)


def _could_be(form: str | Pieces, name: str) -> bool:
    """Whether ``form`` can be filled to be ``name``.

    A value that turns out empty takes its separator and brackets along, so those beside a gap are no evidence;
    a name that was cut shows only its beginning.
    """
    if isinstance(form, str):
        return form == name
    # Imported here: most names are known.
    from covpath.workflow.expressions.compare import can_be

    first, *others = form.pieces
    last = others.pop()
    first, others = _before_gap(first), [_before_gap(_after_gap(piece)) for piece in others]
    if can_be(Pieces((first, *others, _after_gap(last))), name):
        return True
    beginning = name.removesuffix(_CUT)
    return beginning != name and (beginning.startswith(first) or first.startswith(beginning))


def _before_gap(piece: str) -> str:
    return piece.removesuffix(", ").removesuffix(" (")


def _after_gap(piece: str) -> str:
    return piece.removeprefix(", ").removeprefix(")")
