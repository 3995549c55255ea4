"""One entry's data, valid by the schema, to the model; and the rules the schema cannot express."""

from __future__ import annotations

import re
from datetime import date
from pathlib import PurePosixPath
from typing import Any

from covpath.ledger.days import parse_day
from covpath.ledger.model import (
    Accepted,
    DateTarget,
    Entry,
    Evidence,
    EvidenceForm,
    JobName,
    PlannedMove,
    SprintTarget,
    Target,
)
from covpath.ledger.problems import Inspection
from covpath.terms import Decision, EvidenceKind
from covpath.yamltext.nodes import Mapping, Route, deref, node_at

_ADDRESS = re.compile(r"(?i)https?://\S+")
_RUN = re.compile(r"(?i)https?://\S+/actions/runs/\d+\S*")
_FILE = re.compile(r"[^\s:]+(?:/[^\s:]+|\.(?:json|xml|ya?ml|md|txt|log|html|info))")
_NO_OWNER = re.compile(r"(?i)sprint\b.*|\d{4}-\d{2}-\d{2}.*")


def read_entry(index: int, data: dict[str, Any], default_owner: str | None, inspection: Inspection) -> Entry | None:
    """The entry at ``index``, or None where it breaks a rule (reported to ``inspection``)."""
    route: Route = ("exceptions", index)
    decision = Decision(data["decision"])
    owner = read_owner(data["owner"], (*route, "owner"), inspection) if "owner" in data else default_owner
    evidence = _evidence(data.get("evidence"), (*route, "evidence"), inspection)
    _check(data, decision, owner, route, inspection)
    if not inspection.is_sound(*route):
        return None
    return Entry(
        index=index,
        jobs=tuple(JobName.parse(text) for text in _several(data["job"])),
        decision=decision,
        owner=owner,
        owns="owner" in data,
        target=read_target(data["target"]) if "target" in data else None,
        review=read_target(data["review"]) if "review" in data else None,
        reason=data["reason"].strip(),
        evidence=evidence,
        cause=data["cause"].strip() if "cause" in data else None,
        moves=_moves(data.get("moves"), (*route, "moves"), inspection),
        accepts=tuple(Accepted(word) for word in _several(data.get("accepts"))),
        done_when=_texts(data.get("done_when")),
        notes=_texts(data.get("notes")),
        resolved=parse_day(data["resolved"]) if "resolved" in data else None,
        place=inspection.place(*route),
        places=_places(route, inspection),
    )


def check_rest(index: int, data: dict[str, Any], default_owner: str | None, inspection: Inspection) -> None:
    """Report what else is wrong with an entry that cannot be read, as far as its sound values tell."""
    route: Route = ("exceptions", index)
    sound = {key: value for key, value in data.items() if inspection.is_sound(*route, key)}
    owner = read_owner(sound["owner"], (*route, "owner"), inspection) if "owner" in sound else default_owner
    _evidence(sound.get("evidence"), (*route, "evidence"), inspection)
    if "decision" in sound and ("owner" in sound or "owner" not in data):
        _check(sound, Decision(sound["decision"]), owner, route, inspection)


def read_owner(text: str, route: Route, inspection: Inspection) -> str | None:
    """An owner, which must be a person or a team; None (and a problem) for a sprint or a day."""
    if _NO_OWNER.fullmatch(text.strip()):
        inspection.report(
            f"`{text.strip()}` is no owner.",
            route,
            hint="Name a person or a team: @user, @org/team or an e-mail address.",
        )
        return None
    return text.strip()


def read_target(text: str) -> Target:
    """``sprint 24`` or ``2026-10-30``; raises ValueError with a sentence for anything else."""
    word, _, name = text.partition(" ")
    if word == "sprint" and name:
        return SprintTarget(name)
    return DateTarget(parse_day(text))


def is_same_job(one: JobName, other: JobName) -> bool:
    """Whether two names, one perhaps with more of the path, can mean the same job."""
    if one.job != other.job:
        return False
    short, long = sorted((one.file, other.file), key=len)
    return long == short or long.endswith("/" + short)


def outside_of_repository(path: str) -> str | None:
    """What is wrong with a path that must lie in the repository, or None."""
    if "\\" in path:
        return f"`{path}` has backslashes; write forward slashes."
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or re.match(r"[A-Za-z]:", path):
        return f"`{path}` leads out of the repository; write a path from its root."
    return None


def _check(data: dict[str, Any], decision: Decision, owner: str | None, route: Route, inspection: Inspection) -> None:
    if owner is None and decision is not Decision.UNDECIDED and inspection.is_sound("owner"):
        inspection.report(
            "nobody owns this entry.", route, hint="Add `owner:` to it, or once at the top for all entries."
        )
    if "review" in data and decision in (Decision.LARGER_RUNNER, Decision.NEW_BACKEND):
        inspection.report(
            f"the decision {decision} has a `target`, not a `review`.",
            (*route, "review"),
            hint="A review belongs to permanent-advisory.",
        )


def _places(route: Route, inspection: Inspection) -> tuple[tuple[str, Any], ...]:
    node = node_at(inspection.root, route)
    real = deref(node) if node is not None else None
    assert isinstance(real, Mapping)
    source = inspection.source
    return tuple((entry.key.value, source.place(entry.value.start)) for entry in real.entries)


def _several(value: Any) -> list[Any]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(text.strip() for text in _several(value))


def _moves(data: dict[str, Any] | None, route: Route, inspection: Inspection) -> PlannedMove | None:
    if data is None:
        return None
    labels = [label.strip() for text in _several(data.get("runner")) for label in text.split(",")]
    return PlannedMove(
        gate=data.get("gate"),
        backend=data.get("backend"),
        runner=tuple(label for label in labels if label),
        timeout_minutes=data.get("timeout_minutes"),
        place=inspection.place(*route),
    )


def _evidence(data: Any, route: Route, inspection: Inspection) -> tuple[Evidence, ...]:
    if isinstance(data, list):
        found = [_one_evidence(item, (*route, index), inspection) for index, item in enumerate(data)]
    else:
        found = [] if data is None else [_one_evidence(data, route, inspection)]
    return tuple(found)


def _one_evidence(data: str | dict[str, str], route: Route, inspection: Inspection) -> Evidence:
    if isinstance(data, str):
        where, form = data.strip(), _form_of(data.strip())
        data = {}
    else:
        form = next(form for form in EvidenceForm if form.value in data)
        where = data[form.value].strip()
    kind = EvidenceKind(data["kind"]) if "kind" in data else _kind_of(form, where)
    wrong = outside_of_repository(where) if form is EvidenceForm.FILE else None
    if wrong:
        inspection.report(wrong, route)
    if kind is EvidenceKind.MEASURED and form is not EvidenceForm.FILE:
        inspection.report(
            "`measured` evidence is a benchmark's saved result.",
            route,
            hint="Name its file under ci/evidence, or call it observed or reported.",
        )
    return Evidence(
        form=form,
        where=where,
        kind=kind,
        stated="kind" in data,
        day=_day(data.get("date")),
        note=data.get("note"),
        place=inspection.place(*route),
    )


def _form_of(text: str) -> EvidenceForm:
    if _ADDRESS.fullmatch(text):
        return EvidenceForm.URL
    return EvidenceForm.FILE if _FILE.fullmatch(text) else EvidenceForm.TEXT


def _kind_of(form: EvidenceForm, where: str) -> EvidenceKind:
    """What evidence is worth that does not say it: never more than its form allows."""
    if form is EvidenceForm.FILE and where.endswith(".json"):
        return EvidenceKind.MEASURED
    if form is EvidenceForm.URL and _RUN.fullmatch(where):
        return EvidenceKind.OBSERVED
    return EvidenceKind.REPORTED


def _day(text: str | None) -> date | None:
    return None if text is None else parse_day(text)
