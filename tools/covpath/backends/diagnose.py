"""What a failed job's log says: the cause, what followed from it, and how sure that is.

The most specific earliest cause wins; an exit code or a cancellation never does. A log is the text as
GitHub gives it, or a backend's own output; annotations are a second input, because the loss of a runner
stands only there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from covpath.backends.signatures import Family, Level, Signature, signatures

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
_STAMP = re.compile(r"^\ufeff?(?:[^\t\n]*\t[^\t\n]*\t)?\ufeff?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z ?")
_LONGEST = 500
_RANK = {Level.CAUSE: 0, Level.SYMPTOM: 1, Level.WARNING: 2, Level.CONSEQUENCE: 3}


class Line(Struct, frozen=True):
    """A quoted line: its number in the log from 1, None for an annotation."""

    number: int | None
    text: str


class Finding(Struct, frozen=True, kw_only=True):
    """One signature found: the first line that shows it, and how many there are."""

    signature: Signature
    line: Line
    count: int


class Diagnosis(Struct, frozen=True, kw_only=True):
    """The cause (None where nothing in the table explains the failure) and everything else found.

    ``consequences`` are lines that follow from it; ``others`` further causes, less specific or later;
    ``warnings`` what is worth knowing beside it.
    """

    cause: Finding | None
    others: tuple[Finding, ...] = ()
    consequences: tuple[Finding, ...] = ()
    warnings: tuple[Finding, ...] = ()

    @property
    def family(self) -> Family:
        """What the failure comes down to."""
        return Family.UNKNOWN if self.cause is None else self.cause.signature.family

    @property
    def sure(self) -> bool:
        """Whether the line leaves no other reading."""
        return self.cause is not None and self.cause.signature.sure


def diagnose(log: str, annotations: Sequence[str] = ()) -> Diagnosis:
    """Read a log (and the run's annotations) and rank what it shows."""
    lines = [*_clean(log), *(Line(None, _ANSI.sub("", text).strip()) for text in annotations)]
    whole = "\n".join(line.text for line in lines)
    found = [finding for finding in _findings(lines) if _fits(finding.signature, whole)]
    found = _without_doubles(found)
    order = {signature.name: index for index, signature in enumerate(signatures())}
    found.sort(key=lambda one: _key(one, order))
    explaining = [one for one in found if one.signature.level in (Level.CAUSE, Level.SYMPTOM)]
    cause = explaining[0] if explaining else None
    return Diagnosis(
        cause=cause,
        others=tuple(explaining[1:]),
        consequences=tuple(one for one in found if one.signature.level is Level.CONSEQUENCE),
        warnings=tuple(one for one in found if one.signature.level is Level.WARNING),
    )


def _key(found: Finding, order: dict[str, int]) -> tuple[int, int, int, int]:
    """Causes first; of those the sure ones; of those the earliest line; of one line the most specific."""
    number = found.line.number
    return (
        _RANK[found.signature.level],
        0 if found.signature.sure else 1,
        number if number is not None else 1_000_000_000,
        order[found.signature.name],
    )


def _clean(log: str) -> Iterator[Line]:
    # Only line feeds count: a log's own lines may hold other line separators.
    for number, raw in enumerate(log.split("\n"), start=1):
        text = _STAMP.sub("", _ANSI.sub("", raw))
        yield Line(number, text.rstrip()[:_LONGEST])


def _findings(lines: Sequence[Line]) -> list[Finding]:
    table = signatures()
    any_of = re.compile("|".join(f"(?:{signature.pattern.pattern})" for signature in table))
    first: dict[str, Line] = {}
    count: dict[str, int] = {}
    for line in lines:
        if not any_of.search(line.text):
            continue
        for signature in table:
            if signature.pattern.search(line.text):
                first.setdefault(signature.name, line)
                count[signature.name] = count.get(signature.name, 0) + 1
    return [
        Finding(signature=signature, line=first[signature.name], count=count[signature.name])
        for signature in table
        if signature.name in first
    ]


def _fits(signature: Signature, whole: str) -> bool:
    return all(part.search(whole) for part in signature.needs) and not any(
        part.search(whole) for part in signature.unless
    )


def _without_doubles(found: Sequence[Finding]) -> list[Finding]:
    """Of several signatures for the same line and family only the most specific."""
    seen: set[tuple[int | None, str, Family]] = set()
    kept = []
    for one in found:
        key = (one.line.number, one.line.text, one.signature.family)
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept
