"""Codecov's statuses and Mergify's conditions in the status of a repository, as text and as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from covpath.errors import Place
from covpath.gate.required import RequiredChecks
from covpath.gate.services.codecov_blocking import StatusVerdict, codecov_of, judge_statuses
from covpath.gate.services.mergify import CheckCondition, Mergify, Way
from covpath.gate.verdict import JobVerdict
from covpath.report.status_data import blocks_to_json, place_to_json, reasons
from covpath.terms import Blocks, Gate, Reason, Tri
from covpath.wording import few

_MOST_NAMED = 6


def services_lines(required: RequiredChecks, uploading: Tri) -> Iterator[str]:
    """What other services make of checks, for people; ``uploading``: whether a job hands reports to Codecov."""
    if required.codecov is not None or uploading is Tri.TRUE:
        yield from _codecov_lines(required, uploading)
    if required.mergify is not None:
        yield from _mergify_lines(required.mergify)


def job_lines(verdict: JobVerdict, required: RequiredChecks) -> Iterator[str]:
    """What a job that uploads to Codecov and the statuses that follow can stop together."""
    if verdict.gate is Gate.NO_SIGNAL:
        yield "uploads to Codecov, but never for a pull request"
        return
    if not codecov_of(required).readable:
        yield f"whether coverage can stop the merge cannot be told: {codecov_of(required).path} cannot be read"
        return
    statuses = [one for one in judge_statuses(required) if one.status.posted is not Tri.FALSE]
    job_stops = verdict.blocks.value is not Blocks.NO or verdict.blocks.held is not Tri.FALSE
    coverage = _what_coverage_stops(statuses, required)
    if coverage is None:
        what = "coverage itself cannot" if job_stops else "neither the job nor coverage can"
        yield f"{what} stop a merge: {'; '.join(_harmless(statuses)) or 'Codecov posts no status'}"
    elif job_stops:
        yield f"coverage can stop the merge too{coverage}"
    else:
        yield f"the job cannot stop a merge; coverage can{coverage}"
    awaited = [f"`{one.status.name}`" for one in statuses if one.required is Tri.TRUE]
    if awaited and verdict.data.green_without_data is Tri.TRUE:
        yield f"a run that delivers nothing leaves {' and '.join(awaited)} waiting, which the merge waits for"


def _what_coverage_stops(statuses: list[StatusVerdict], required: RequiredChecks) -> str | None:
    """How a fall of coverage stops a merge, as the end of a sentence; None where it does not."""
    for one in statuses:
        if one.blocks.value is Blocks.YES:
            return f": `{one.status.name}` is required{_at(one.status.place)}"
        if one.blocks.mergify is not None and one.blocks.held is Tri.TRUE:
            return f": {_said(one.blocks.mergify.reasons[0])}"
    unsure = [one for one in statuses if one.may_stop]
    if not unsure:
        return None
    for one in unsure:
        for reason in one.blocks.mergify.reasons if one.blocks.mergify is not None else ():
            if reason.code == "mergify-protection" and required.known:
                return f": {_said(reason)}"
    names = " or ".join(f"`{one.status.name}`{_at(one.status.place)}" for one in unsure)
    if not required.known:
        return f", if {names} is required"
    if any(one.blocks.value is Blocks.NO for one in unsure):
        return f", if Mergify waits for {names}"
    return f", if {names} is posted"


def _harmless(statuses: list[StatusVerdict]) -> Iterator[str]:
    """Why statuses stop nobody."""
    for one in statuses:
        if one.status.can_fail is Tri.FALSE:
            yield f"`{one.status.name}` {_said(one.status.reasons[0])}"
    free = [f"`{one.status.name}`" for one in statuses if one.status.can_fail is not Tri.FALSE]
    if free:
        yield f"{' and '.join(free)} {'is' if len(free) == 1 else 'are'} not required"


def _said(reason: Reason) -> str:
    return f"{reason.message}{_at(reason.place)}"


def _at(place: Place | None) -> str:
    return "" if place is None or place.line is None else f" ({place.file.rsplit('/', 1)[-1]}:{place.line})"


def _codecov_lines(required: RequiredChecks, uploading: Tri) -> Iterator[str]:
    codecov = codecov_of(required)
    told = [_status_line(one) for one in judge_statuses(required)]
    where = codecov.path if codecov.path is not None else "no settings here, so its defaults"
    yield f"Codecov's statuses ({where}):"
    width = max((len(name) for name, _ in told), default=0)
    yield from (f"  {name:<{width}}  {text}" for name, text in told)
    yield from (f"  Codecov {_said(reason)}" for reason in codecov.waits)
    if codecov.unused:
        yield f"  {', '.join(codecov.unused)} is not read: Codecov reads {codecov.path}"
    if uploading is Tri.FALSE:
        yield "  no job here is seen to upload to it"


def _status_line(one: StatusVerdict) -> tuple[str, str]:
    status = one.status
    if status.posted is Tri.FALSE:
        return status.name, f"not posted: it {_said(status.reasons[0])}"
    figures = [
        f"{name} {value}" for name, value in (("target", status.target), ("threshold", status.threshold)) if value
    ]
    if status.can_fail is Tri.FALSE:
        told = "never red"
    elif status.can_fail is Tri.TRUE:
        told = f"can turn red{_at(status.place)}{': ' + ', '.join(figures) if figures else ''}{_stops(one)}"
    else:
        told = "whether it can turn red cannot be told"
    return status.name, "; ".join([told, *(f"it {_said(reason)}" for reason in status.reasons)])


def _stops(one: StatusVerdict) -> str:
    words = {
        Blocks.YES: "; required, so it blocks the merge",
        Blocks.NO: "; does not block the merge",
        Blocks.IF_REQUIRED: "; blocks the merge if it is required",
        Blocks.UNKNOWN: "; whether it blocks the merge cannot be told",
    }
    held = one.blocks.mergify
    asked = [_said(reason) for reason in held.reasons] if held is not None else []
    return "; ".join((words[one.blocks.value], *asked))


def _mergify_lines(mergify: Mergify) -> Iterator[str]:
    if not mergify.readable:
        yield f"Mergify ({mergify.path}): cannot be read, so nothing is claimed about what it merges."
        return
    yield f"Mergify ({mergify.path}) merges through:"
    if not mergify.ways:
        yield "  nothing in this file"
    yield from (f"  {_way_line(way)}" for way in mergify.ways)
    if mergify.protections:
        yield "and reports as `Mergify Merge Protections`:"
        yield from (f"  {_way_line(way)}" for way in mergify.protections)
    if mergify.extends is not None:
        yield f"  settings it takes over from elsewhere are not read{_at(mergify.extends)}"


def _way_line(way: Way) -> str:
    asked = [f"`{one}`{_at(one.place)}" for one in way.condition.checks()]
    what = f"asks for {few(asked, _MOST_NAMED)}" if asked else "asks for no check by its own conditions"
    return f"{way}{_at(way.place)} {what}"


def services_to_json(required: RequiredChecks, *, uploading: bool) -> dict[str, Any]:
    """The same as data: ``codecov`` and ``mergify``, each None where it has nothing to do with the repository."""
    codecov = codecov_of(required) if required.codecov is not None or uploading else None
    told = None
    if codecov is not None:
        told = {
            "file": codecov.path,
            "not_read": list(codecov.unused),
            "waits": reasons(codecov.waits),
            "statuses": [_status_to_json(one) for one in judge_statuses(required)],
        }
    return {"codecov": told, "mergify": None if required.mergify is None else _mergify_to_json(required.mergify)}


def _status_to_json(one: StatusVerdict) -> dict[str, Any]:
    status = one.status
    return {
        "check": status.name,
        "posted": str(status.posted),
        "can_fail": str(status.can_fail),
        "informational": status.informational,
        "target": status.target,
        "threshold": status.threshold,
        "required": str(one.required),
        "blocks": blocks_to_json(one.blocks),
        "reasons": reasons(status.reasons),
        **place_to_json(status.place),
    }


def _mergify_to_json(mergify: Mergify) -> dict[str, Any]:
    return {
        "file": mergify.path,
        "readable": mergify.readable,
        "extends": mergify.extends is not None,
        "ways": _ways_to_json(mergify.ways),
        "protections": _ways_to_json(mergify.protections),
    }


def _ways_to_json(ways: Iterable[Way]) -> list[dict[str, Any]]:
    return [
        {
            "kind": way.kind.value,
            "name": way.name,
            **place_to_json(way.place),
            "conditions": [_condition_to_json(check, way) for check in way.condition.checks()],
        }
        for way in ways
    ]


def _condition_to_json(check: CheckCondition, way: Way) -> dict[str, Any]:
    return {
        "condition": str(check),
        "check": check.name if check.is_plain else None,
        "needed": any(one is check for one in way.condition.needed()),
        "list": check.key,
        **place_to_json(check.place),
    }
