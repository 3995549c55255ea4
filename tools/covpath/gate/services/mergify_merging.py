"""What Mergify makes of red checks: whether it still merges, and why not.

The fault is put into each way that Mergify merges, as into a workflow: what the red checks decide of its
conditions is known, everything else they ask is not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from covpath.gate.checks import CheckPattern
from covpath.gate.services.mergify import CheckCondition, Condition, Kind, Mergify, Way
from covpath.gate.verdict import NOT_HELD, Held
from covpath.terms import Reason, Tri, any_of, both

_COUNTED = frozenset({"check-success", "check-success-or-neutral", "check-failure"})
"""States whose number a red check decides."""


class Red(Struct, frozen=True, kw_only=True):
    """The checks that end red, and those that may. ``by`` is the app that reports them."""

    certain: Sequence[CheckPattern]
    possible: Sequence[CheckPattern]
    by: str

    def concerns(self, check: CheckCondition) -> Tri:
        """Whether a condition asks about one of them."""
        if check.app is not None and check.app != self.by:
            return Tri.FALSE
        if check.counted:
            told = Tri.TRUE if self.certain else Tri.UNKNOWN
            return told if check.state in _COUNTED else Tri.FALSE
        told = any_of(check.names(one.text) for one in self.certain if one.known)
        if told is Tri.TRUE:
            return told
        unsure = (*(one for one in self.certain if not one.known), *self.possible)
        return any_of((told, *(_may_name(check, one) for one in unsure)))


def _may_name(check: CheckCondition, pattern: CheckPattern) -> Tri:
    """Whether a condition may be about a check that is not certain, or not certainly called so."""
    if pattern.known:
        return Tri.FALSE if check.names(pattern.text) is Tri.FALSE else Tri.UNKNOWN
    if check.is_plain or check.operator == "!=":
        return Tri.FALSE if pattern.could_be(check.name) is Tri.FALSE else Tri.UNKNOWN
    return Tri.UNKNOWN


def held(mergify: Mergify, red: Red) -> Held:
    """Whether Mergify holds a pull request back while these checks are red, with one reason a way that may."""
    if not mergify.readable:
        return Held(value=Tri.UNKNOWN)
    found = [(way, *_of_way(way, red)) for way in mergify.ways]
    values = {value for _, value, _ in found}
    told = tuple(
        _reason(way, value, check) for way, value, check in found if value is not Tri.FALSE and check is not None
    )
    if mergify.extends is not None:
        return Held(value=Tri.UNKNOWN, reasons=told)
    if not values or values == {Tri.FALSE}:
        return NOT_HELD
    if values == {Tri.TRUE}:
        return Held(value=Tri.TRUE, reasons=told)
    free = [way for way, value, _ in found if value is Tri.FALSE]
    others = tuple(
        Reason(code="mergify-does-not-ask", message=f"{way} does not ask for it", place=way.place) for way in free
    )
    return Held(value=Tri.UNKNOWN, reasons=(*told, *others))


def protections_red(mergify: Mergify, red: Red) -> tuple[Reason, ...]:
    """Why the check about merge protections may end red with these; only Mergify knows whether it is switched on."""
    found = [(way, *_of_way(way, red)) for way in mergify.protections]
    return tuple(
        Reason(code="mergify-protection", message=f"{way} asks for `{check}`{_where(way)}", place=check.place)
        for way, value, check in found
        if value is not Tri.FALSE and check is not None
    )


def _where(way: Way) -> str:
    return ", where its `if` holds" if way.applies.parts else ""


def _of_way(way: Way, red: Red) -> tuple[Tri, CheckCondition | None]:
    """Whether a way is closed while these checks are red, and the condition that closes it."""
    if _holds(way.condition, red) is Tri.FALSE:
        return Tri.TRUE, next(_deciding(way.condition, red, Tri.FALSE), None)
    asking = next(_hindering(way.condition, red, Tri.TRUE), None)
    return (Tri.FALSE, None) if asking is None else (Tri.UNKNOWN, asking)


def _reason(way: Way, value: Tri, check: CheckCondition) -> Reason:
    if value is Tri.TRUE:
        what = f"when `{check.name}` is green" if check.wants_success else f"while `{check}` holds"
        return Reason(code="mergify-holds", message=f"{way} merges only {what}", place=check.place)
    message = f"whether {way} still merges cannot be told: it asks for `{check}` among others"
    return Reason(code="mergify-may-hold", message=message, place=check.place)


def _holds(condition: Condition, red: Red) -> Tri:
    if condition.check is not None:
        return _check_holds(condition.check, red)
    if condition.kind is Kind.OTHER:
        return Tri.UNKNOWN
    values = [_holds(part, red) for part in condition.parts]
    if condition.kind is Kind.NOT:
        return _all(values).negate()
    return any_of(values) if condition.kind is Kind.OR else _all(values)


def _all(values: list[Tri]) -> Tri:
    found = Tri.TRUE
    for value in values:
        found = both(found, value)
    return found


def _check_holds(check: CheckCondition, red: Red) -> Tri:
    """Whether a condition on a check holds while the checks are red."""
    if red.concerns(check) is not Tri.TRUE:
        return Tri.UNKNOWN
    if check.counted:
        value = _count_holds(check) if check.state == "check-failure" else Tri.UNKNOWN
    elif check.state == "check-failure":
        value = Tri.TRUE if check.operator in ("=", "~=", "*=") else Tri.FALSE
    elif check.operator in ("=", "!="):
        in_state = Tri.FALSE if check.state in _NEVER_RED else Tri.UNKNOWN
        value = in_state if check.operator == "=" else in_state.negate()
    else:
        value = Tri.UNKNOWN  # another check that the pattern fits may be green
    return value.negate() if check.negated else value


_NEVER_RED = frozenset({"check-success", "check-success-or-neutral", "check-neutral", "check-skipped"})


def _count_holds(check: CheckCondition) -> Tri:
    """A condition on how many checks have failed, when at least one has."""
    if not check.name.isdecimal():
        return Tri.UNKNOWN
    number = int(check.name[:6])
    never = {"=": number == 0, "<=": number == 0, "<": number <= 1}
    always = {"!=": number == 0, ">=": number <= 1, ">": number == 0}
    if never.get(check.operator, False):
        return Tri.FALSE
    return Tri.TRUE if always.get(check.operator, False) else Tri.UNKNOWN


def _deciding(condition: Condition, red: Red, value: Tri) -> Iterator[CheckCondition]:
    """The conditions on checks that make the whole come to ``value``, which it does."""
    if condition.check is not None:
        yield condition.check
    wanted = value.negate() if condition.kind is Kind.NOT else value
    for part in condition.parts:
        if _holds(part, red) is wanted:
            yield from _deciding(part, red, wanted)


def _hindering(condition: Condition, red: Red, wanted: Tri) -> Iterator[CheckCondition]:
    """The conditions on the red checks that may keep the whole from coming to ``wanted``."""
    check = condition.check
    if check is not None and red.concerns(check) is not Tri.FALSE and _check_holds(check, red) is not wanted:
        yield check
    for part in condition.parts:
        yield from _hindering(part, red, wanted.negate() if condition.kind is Kind.NOT else wanted)
