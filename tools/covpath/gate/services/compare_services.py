"""What a branch changes about Codecov's statuses and Mergify's conditions, beside what the verdicts on jobs show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.blocking import ACTIONS
from covpath.gate.checks import CheckPattern
from covpath.gate.compare import waiting, waits_less
from covpath.gate.required import RequiredChecks
from covpath.gate.services.codecov_blocking import StatusVerdict, codecov_of, judge_statuses
from covpath.gate.services.codecov_status import PREFIX, CodecovStatus, percentage
from covpath.gate.services.mergify import PROTECTIONS, Mergify, Way
from covpath.gate.services.mergify_merging import Red, held, protections_red
from covpath.gate.verdict import NOT_HELD, Held
from covpath.terms import Reason, Tri


class ServiceChange(Struct, frozen=True, kw_only=True):
    """A change of what another service makes of ``check``; ``loosens``: less can stop a merge than before."""

    service: str
    check: str
    message: str
    place: Place
    loosens: bool


def compare_services(
    before: RequiredChecks, after: RequiredChecks, reported: Collection[str]
) -> tuple[ServiceChange, ...]:
    """The changes from one state's settings to another's; ``reported`` are the checks of jobs, which are told there.

    Nothing is said of settings that cannot be read in one of the states.
    """
    return (*_of_codecov(before, after), *_of_mergify(before, after, reported))


def _of_codecov(before: RequiredChecks, after: RequiredChecks) -> Iterator[ServiceChange]:
    both = (codecov_of(before), codecov_of(after))
    if not all(one.readable for one in both) or both[0].path is both[1].path is None:
        return
    old = {one.status.name: one for one in judge_statuses(before)}
    new = {one.status.name: one for one in judge_statuses(after)}
    file = next(one.path for one in reversed(both) if one.path is not None)
    for name in {**new, **old}:
        message = _told(name, old.get(name), new.get(name))
        if message is not None:
            yield ServiceChange(
                service="codecov",
                check=name,
                message=message,
                place=_place(new.get(name)) or Place(file),
                loosens=_loosens(old.get(name), new.get(name)),
            )


def _told(name: str, old: StatusVerdict | None, new: StatusVerdict | None) -> str | None:
    """What a reviewer is told of a status; nothing where it could and can stop nobody."""
    if not any(one is not None and (one.may_stop or one.required is Tri.TRUE) for one in (old, new)):
        return None
    was, now = _state(old), _state(new)
    if was != now:
        after = f"makes `{name}` {now}" if now else f"stops Codecov from posting `{name}`"
        return f"{after} (was: {was or 'not posted'})"
    if old is None or new is None:
        return None
    parts = [
        f"{key} {_figure(after)} (was: {_figure(before)})"
        for key, before, after in (
            ("target", old.status.target, new.status.target),
            ("threshold", old.status.threshold, new.status.threshold),
        )
        if _figure(before) != _figure(after)
    ]
    return f"changes when `{name}` turns red: {', '.join(parts)}" if parts else None


def _state(one: StatusVerdict | None) -> str:
    """What a status can do, as the end of a sentence; empty where it is not posted."""
    if one is None or one.status.posted is Tri.FALSE:
        return ""
    if one.status.can_fail is Tri.FALSE:
        return "unable to turn red"
    if one.status.posted is one.status.can_fail is Tri.TRUE:
        return "able to turn red"
    return (
        "posted for some branches only"
        if one.status.why("codecov-branches") is not None
        else "perhaps able to turn red"
    )


def _figure(written: str | None) -> str:
    number = percentage(written)
    return f"{number:g}%" if number is not None else written or "by default"


def _place(one: StatusVerdict | None) -> Place | None:
    """The line that does it."""
    if one is None:
        return None
    return next((reason.place for reason in one.status.reasons if reason.place is not None), one.status.place)


def _loosens(old: StatusVerdict | None, new: StatusVerdict | None) -> bool:
    was, now = _strength(old), _strength(new)
    if was != now or old is None or new is None:
        return now < was
    lowest = (_lowest(old.status), _lowest(new.status))
    return lowest[0] is not None and lowest[1] is not None and lowest[1] < lowest[0]


def _strength(one: StatusVerdict | None) -> int:
    if one is None or Tri.FALSE in (one.status.posted, one.status.can_fail):
        return 0
    return 2 if one.status.posted is one.status.can_fail is Tri.TRUE else 1


def _lowest(status: CodecovStatus) -> float | None:
    """The coverage that is enough, counted from 100 where the base's counts; None where that cannot be told."""
    target = percentage(status.target)
    threshold = percentage(status.threshold) or 0.0
    return (100.0 if target is None else target) - threshold


def _of_mergify(before: RequiredChecks, after: RequiredChecks, reported: Collection[str]) -> Iterator[ServiceChange]:
    old, new = before.mergify, after.mergify
    if not all(one is None or one.readable for one in (old, new)):
        return
    file = next((one.path for one in (new, old) if one is not None), "")
    for name in dict.fromkeys(name for one in (new, old) if one is not None for name in _named(one.ways)):
        was, now = _held(old, name), _held(new, name)
        if name not in reported and was.value is not now.value:
            message = waiting(name, was.value, now.value)
            yield _changed(name, message, now.reasons, file, loosens=waits_less(was.value, now.value))
    if after.known and not after.requires(PROTECTIONS):
        return
    for name in dict.fromkeys(name for one in (new, old) if one is not None for name in _named(one.protections)):
        before_, after_ = (protections_red(one, _red(name)) if one is not None else () for one in (old, new))
        if bool(before_) is not bool(after_):
            what = f"makes `{PROTECTIONS}` turn red with" if after_ else f"lets `{PROTECTIONS}` be green despite a red"
            yield _changed(name, f"{what} `{name}`", after_, file, loosens=not after_)


def _changed(name: str, message: str, reasons: Sequence[Reason], file: str, *, loosens: bool) -> ServiceChange:
    place = next((reason.place for reason in reasons if reason.place is not None), None)
    return ServiceChange(service="mergify", check=name, message=message, place=place or Place(file), loosens=loosens)


def _named(ways: Iterable[Way]) -> Iterator[str]:
    return (one.name for way in ways for one in way.condition.checks() if one.is_plain)


def _held(mergify: Mergify | None, name: str) -> Held:
    return held(mergify, _red(name)) if mergify is not None else NOT_HELD


def _red(name: str) -> Red:
    by = "codecov" if name.startswith(PREFIX) else ACTIONS
    return Red(certain=(CheckPattern(name, certain=True),), possible=(), by=by)
