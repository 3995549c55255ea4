"""The exceptions file as a Markdown page: what, who, until when, why, what was seen, what comes next.

The page depends on the file and its calendar alone, not on the day or on git, so that a
check can tell whether it is current by rendering it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from covpath.ledger.calendar import Calendar, UnknownDay, due
from covpath.ledger.model import Accepted, Entry, Evidence, EvidenceForm, Ledger, SprintTarget, Target
from covpath.terms import Decision

_MARK = "<!-- written by: covpath exceptions render"
_DECISIONS = {
    Decision.LARGER_RUNNER: "a runner on which it completes",
    Decision.NEW_BACKEND: "another coverage tool",
    Decision.PERMANENT_ADVISORY: "advisory for good",
    Decision.UNDECIDED: "nobody has decided",
}
_ACCEPTED = {
    Accepted.ADVISORY: "its failure can be seen and does not block",
    Accepted.SILENT: "nothing shows its failure",
    Accepted.NO_SIGNAL: "it does not run before a merge",
    Accepted.UNKNOWN: "what its failure does cannot be told from the file",
    Accepted.RUNNER_LOSS: "it is red when its runner is lost",
    Accepted.NO_DATA: "it may be green without a report",
}
_CODE = re.compile(r"(`+[^`]*`+)")
_WHY_LENGTH = 100


def render(ledger: Ledger, calendar: Calendar | None) -> str:
    """The page, ending in a line end; the same file and calendar give the same page."""
    entries = sorted(ledger.open_entries, key=lambda entry: _urgency(entry, calendar))
    lines = [
        f"{_MARK}, from {ledger.path}; change that file and run it again -->",
        "",
        "# CI exceptions",
        "",
        "CI jobs that do not block, what was decided about each, who answers for it and until when.",
        "Days are UTC; the last day itself is still in time.",
        "",
    ]
    if not entries:
        lines += ["There are none.", ""]
    else:
        lines += ["| Job | Decision | Owner | Until | Why |", "|---|---|---|---|---|"]
        lines += [_row(entry, calendar) for entry in entries]
        for entry in entries:
            lines += ["", f"## {_heading(entry)}", "", *_details(entry, calendar)]
        lines.append("")
    resolved = [entry for entry in ledger.entries if entry.resolved is not None]
    if resolved:
        lines += ["## Resolved", ""]
        lines += [f"- {_heading(entry)}, {entry.resolved}: {_short(entry.reason)}" for entry in resolved]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def is_rendered(page: str) -> bool:
    """Whether a page was written by this module, so that it may be replaced."""
    return page.removeprefix("\N{BYTE ORDER MARK}").startswith(_MARK)


def is_current(page: str, ledger: Ledger, calendar: Calendar | None) -> bool:
    """Whether a page says what the file says now; git may have changed its line ends."""
    return page.replace("\r\n", "\n") == render(ledger, calendar)


def _urgency(entry: Entry, calendar: Calendar | None) -> tuple[int, date, int]:
    """What is undecided first, then by the last day, then what has none that is known."""
    last = _last_day(entry.until, calendar)
    if entry.decision is Decision.UNDECIDED:
        return 0, last or date.max, entry.index
    return (2, date.max, entry.index) if last is None else (1, last, entry.index)


def _last_day(target: Target | None, calendar: Calendar | None) -> date | None:
    found = None if target is None else due(target, calendar)
    return None if isinstance(found, UnknownDay) else found


def _row(entry: Entry, calendar: Calendar | None) -> str:
    link = re.sub(r"[^\w\- ]", "", _heading(entry).lower()).replace(" ", "-")
    cells = (
        f"[{_heading(entry)}](#{link})",
        str(entry.decision),
        entry.owner or "nobody",
        _until(entry, calendar),
        _short(entry.reason),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _heading(entry: Entry) -> str:
    return ", ".join(f"`{job}`" for job in entry.jobs)


def _until(entry: Entry, calendar: Calendar | None) -> str:
    if entry.until is None:
        return "open"
    last = _last_day(entry.until, calendar)
    shown = (
        f"{entry.until} ({last})" if last is not None and isinstance(entry.until, SprintTarget) else str(entry.until)
    )
    return f"review: {shown}" if entry.target is None else shown


def _details(entry: Entry, calendar: Calendar | None) -> Iterator[str]:
    yield f"- **Decision**: {entry.decision} ({_DECISIONS[entry.decision]})"
    yield f"- **Owner**: {entry.owner or 'nobody'}"
    yield f"- **Until**: {_until(entry, calendar)}"
    if entry.target is not None and entry.review is not None:
        yield f"- **Review**: {entry.review}"
    yield from _item("Why", entry.reason)
    if entry.cause is not None:
        yield from _item("Cause", entry.cause)
    yield from _items("Evidence", [_evidence(piece) for piece in entry.evidence] or ["none"])
    if entry.accepts:
        yield from _items("Accepted meanwhile", [f"{one}: {_ACCEPTED[one]}" for one in entry.accepts])
    yield f"- **Next step**: {_next_step(entry)}"
    if entry.done_when:
        yield from _items("Done when", [_safe(text) for text in entry.done_when])
    for note in entry.notes:
        yield from _item("Note", note)


def _item(label: str, text: str) -> Iterator[str]:
    """A labelled text; its further lines stay lines of the same item."""
    first, *rest = _safe(text).splitlines()
    yield f"- **{label}**: {first.rstrip()}"
    yield from (f"  {line.rstrip()}" if line.strip() else "" for line in rest)


def _items(label: str, texts: list[str]) -> Iterator[str]:
    if len(texts) == 1 and "\n" not in texts[0]:
        yield f"- **{label}**: {texts[0]}"
        return
    yield f"- **{label}**:"
    for text in texts:
        first, *rest = text.splitlines()
        yield f"  - {first.rstrip()}"
        yield from (f"    {line.rstrip()}" if line.strip() else "" for line in rest)


def _evidence(piece: Evidence) -> str:
    where = {EvidenceForm.URL: f"<{piece.where}>", EvidenceForm.FILE: f"`{piece.where}`"}
    day = f", {piece.day}" if piece.day else ""
    note = f": {_safe(piece.note)}" if piece.note else ""
    return f"{piece.kind}{day}: {where.get(piece.form, _safe(piece.where))}{note}"


def _next_step(entry: Entry) -> str:
    job = entry.jobs[0]
    match entry.decision:
        case Decision.UNDECIDED:
            return f"decide; `covpath decide {job}` shows the options"
        case Decision.PERMANENT_ADVISORY:
            return "take its check out of what counts as a failure, and look again at the review"
        case Decision.LARGER_RUNNER | Decision.NEW_BACKEND:
            if entry.moves is None:
                return f"choose by measuring; `covpath decide {job}` shows what is known"
            return "; ".join(f"`covpath move {name}{_flags(entry)}`" for name in entry.jobs)


def _flags(entry: Entry) -> str:
    move = entry.moves
    assert move is not None
    given = (
        ("gate", move.gate),
        ("backend", move.backend),
        ("runner", ",".join(move.runner) or None),
        ("timeout-minutes", None if move.timeout_minutes is None else str(move.timeout_minutes)),
    )
    return "".join(f" --{flag} {value if ' ' not in value else repr(value)}" for flag, value in given if value)


def _short(text: str) -> str:
    """The first line for a table, cut at a word where it is long."""
    first = " ".join(text.split())
    if len(first) > _WHY_LENGTH:
        first = first[:_WHY_LENGTH].rsplit(" ", 1)[0].rstrip(" ,;:") + " …"
        if first.count("`") % 2:
            first += "`"
    return _safe(first)


def _safe(text: str) -> str:
    """Words without HTML; what stands between backticks is shown as it is anyway."""
    parts = _CODE.split(text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;") for part in parts)
