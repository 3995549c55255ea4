"""What a branch changes about what can block a merge: two judgements of the same repository, job by job.

Renames, a new order and comments change nothing: jobs are matched by file and id, then by the
checks they report, then by what they do.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.verdict import JobVerdict, StepVerdict
from covpath.terms import Gate, JobRef, Reason, Tri


class ChangeKind(Enum):
    """What happened to a job."""

    GATE = "gate"
    """Its gate is another one."""
    PARTLY = "partly"
    """Steps or legs of it that blocked do so no longer, or the other way round."""
    BLOCKS = "blocks"
    """The same failure blocks other required checks, or none."""
    MERGIFY = "mergify"
    """Mergify waits for its check, or does so no longer."""
    ADDED = "added"
    REMOVED = "removed"


class GateChange(Struct, frozen=True, kw_only=True):
    """One job's change. ``before`` or ``after`` is None where there is no such job.

    ``place`` is the line that does it (for a removed job, where it stood); ``loosens``: less
    can block than before.
    """

    kind: ChangeKind
    ref: JobRef
    before: JobVerdict | None
    after: JobVerdict | None
    place: Place
    message: str
    loosens: bool


def compare(before: Iterable[JobVerdict], after: Iterable[JobVerdict]) -> tuple[GateChange, ...]:
    """The changes from one judgement to the next, in the order of ``after``, removed jobs last."""
    pairs, removed = _matched(list(before), list(after))
    changes = [change for old, new in pairs for change in _changed(old, new)]
    return (*changes, *(_removed(verdict) for verdict in removed if verdict.gate is not Gate.NO_SIGNAL))


def _matched(
    before: list[JobVerdict], after: list[JobVerdict]
) -> tuple[list[tuple[JobVerdict | None, JobVerdict]], list[JobVerdict]]:
    """Each job of ``after`` with what it was, and the jobs that are gone."""
    left = {verdict.ref: verdict for verdict in before}
    found: dict[JobRef, JobVerdict] = {}
    for key in (_by_ref, _by_checks, _by_work):
        offered: dict[object, list[JobVerdict]] = {}
        for verdict in left.values():
            offered.setdefault(key(verdict), []).append(verdict)
        for verdict in after:
            fitting = offered.get(key(verdict)) if verdict.ref not in found else None
            if fitting:
                old = fitting.pop(0)
                found[verdict.ref] = old
                del left[old.ref]
    return [(found.get(verdict.ref), verdict) for verdict in after], list(left.values())


def _by_ref(verdict: JobVerdict) -> object:
    return verdict.ref


def _by_checks(verdict: JobVerdict) -> object:
    return (verdict.checks, verdict.coverage)


def _by_work(verdict: JobVerdict) -> object:
    """A job under another name: the same file and the same steps, by what people call them."""
    return (verdict.ref.workflow, tuple(step.label for step in verdict.steps), verdict.coverage)


def _changed(old: JobVerdict | None, new: JobVerdict) -> Iterator[GateChange]:
    if old is None:
        if new.gate is not Gate.NO_SIGNAL:
            yield _change(ChangeKind.ADDED, None, new, f"adds `{new.ref.job}`, which is {_word(new)}", loosens=False)
    elif old.gate is not new.gate:
        message = f"makes `{new.ref.job}` {_word(new)} (was {_word(old)})"
        yield _change(ChangeKind.GATE, old, new, message, loosens=_rank(new) < _rank(old))
    elif _blocking_parts(old) != _blocking_parts(new):
        fewer = _blocking_parts(new) < _blocking_parts(old)
        message = f"makes {'less' if fewer else 'more'} of `{new.ref.job}` block (it is {_word(new)})"
        yield _change(ChangeKind.PARTLY, old, new, message, loosens=fewer)
    elif old.blocks.value is not new.blocks.value:
        message = f"`{new.ref.job}`: its failure blocks the merge: {new.blocks.value} (was: {old.blocks.value})"
        yield _change(
            ChangeKind.BLOCKS,
            old,
            new,
            message,
            loosens=_ORDER.index(str(new.blocks.value)) < _ORDER.index(str(old.blocks.value)),
        )
    elif old.blocks.held is not new.blocks.held:
        yield _held(old, new)


def _held(old: JobVerdict, new: JobVerdict) -> GateChange:
    return GateChange(
        kind=ChangeKind.MERGIFY,
        ref=new.ref,
        before=old,
        after=new,
        place=_condition_place(old, new),
        message=waiting(str(new.ref.job), old.blocks.held, new.blocks.held),
        loosens=waits_less(old.blocks.held, new.blocks.held),
    )


def waiting(name: str, waited: Tri, waits: Tri) -> str:
    """What a change of Mergify's conditions makes of a job or check, before and after."""
    words = {
        Tri.TRUE: f"makes Mergify merge only when `{name}` is green",
        Tri.FALSE: f"lets Mergify merge when `{name}` is red",
        Tri.UNKNOWN: f"leaves open whether Mergify merges when `{name}` is red",
    }
    was = {Tri.TRUE: "only when green", Tri.FALSE: "even when red", Tri.UNKNOWN: "not known"}
    return f"{words[waits]} (was: {was[waited]})"


def waits_less(waited: Tri, waits: Tri) -> bool:
    """Whether Mergify holds back less than before."""
    order = (Tri.FALSE, Tri.UNKNOWN, Tri.TRUE)
    return order.index(waits) < order.index(waited)


def _condition_place(old: JobVerdict, new: JobVerdict) -> Place:
    """The condition that is there now, else the file in which it was."""
    for verdict, now in ((new, True), (old, False)):
        for reason in verdict.blocks.mergify.reasons if verdict.blocks.mergify is not None else ():
            if reason.place is not None:
                return reason.place if now else Place(reason.place.file)
    return new.place


_ORDER = ("no", "unknown", "if required", "yes")
_STRENGTH = (Gate.NO_SIGNAL, Gate.SILENT, Gate.ADVISORY, Gate.UNKNOWN, Gate.BLOCKING)


def _rank(verdict: JobVerdict) -> int:
    return _STRENGTH.index(verdict.gate)


def _word(verdict: JobVerdict) -> str:
    return "never run for pull requests" if verdict.gate is Gate.NO_SIGNAL else str(verdict.gate)


def _blocking_parts(verdict: JobVerdict) -> float:
    """How much of a job blocks: nothing, all, or so many legs and checking steps."""
    if not verdict.partly:
        return math.inf if verdict.gate is Gate.BLOCKING else 0
    legs = sum(leg.gate is Gate.BLOCKING for leg in verdict.legs)
    return legs + sum(step.gate is Gate.BLOCKING and not step.setup for step in _others(verdict))


def _others(verdict: JobVerdict) -> Iterator[StepVerdict]:
    return (step for step in verdict.steps if step.index != verdict.measuring)


def _change(kind: ChangeKind, old: JobVerdict | None, new: JobVerdict, message: str, *, loosens: bool) -> GateChange:
    return GateChange(
        kind=kind, ref=new.ref, before=old, after=new, place=_doing(old, new), message=message, loosens=loosens
    )


def _doing(old: JobVerdict | None, new: JobVerdict) -> Place:
    """The line that does it: the first reason that was not there before and says more than the outcome."""
    known = {(reason.code, reason.message) for reason in old.reasons} if old is not None else set()
    fresh = [
        reason for reason in new.reasons if (reason.code, reason.message) not in known and reason.place is not None
    ]
    turned = old is not None and any(reason.code == "ratchet" for reason in old.reasons)
    ratchets = [reason for reason in fresh if turned and reason.code == "ratchet"]
    for reason in (*ratchets, *filter(_is_lever, fresh), *fresh):
        if reason.place is not None:
            return reason.place
    step = new.measuring_step
    return step.place if step is not None else new.place


_LEVERS = ("ratchet", "step-continue", "job-continue", "shell-", "upload-", "no-signal", "job-skipped", "step-skipped",
           "reusable-call")  # fmt: skip


def _is_lever(reason: Reason) -> bool:
    return reason.code.startswith(_LEVERS)


def _removed(verdict: JobVerdict) -> GateChange:
    return GateChange(
        kind=ChangeKind.REMOVED,
        ref=verdict.ref,
        before=verdict,
        after=None,
        place=verdict.place,
        message=f"removes `{verdict.ref.job}` (was {_word(verdict)})",
        loosens=verdict.gate is Gate.BLOCKING,
    )
