"""Adding, changing, postponing and resolving entries as edits of text, each one proved.

Nothing is dumped: comments, order, quotes, indentation and line ends of what is not asked
to change stay byte for byte, because only the ranges that change are replaced.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from datetime import date

from msgspec import Struct

from covpath.errors import Refusal, UsageError
from covpath.ledger.draft import Draft, EvidenceDraft, Fields
from covpath.ledger.entries import is_same_job
from covpath.ledger.lists import add_first, remove_only
from covpath.ledger.model import ENTRY_FIELDS, DateTarget, Entry, JobName, Ledger, SprintTarget, Target
from covpath.ledger.reading import examine, parse
from covpath.yamltext import layout
from covpath.yamltext.edit import Change, ChangeKind, Edit, Patch
from covpath.yamltext.nodes import Plain, Route, Scalar, Sequence, deref, node_at, to_plain
from covpath.yamltext.operations import insert_item, remove_item, remove_key, set_key, set_value
from covpath.yamltext.reading import Document, read
from covpath.yamltext.rewriting import Rewriting
from covpath.yamltext.source import Source

_LIST = "exceptions"


class Edited(Struct, frozen=True, kw_only=True):
    """A proved change of an exceptions file, not yet written.

    ``said`` are sentences about what goes with it or stays behind; ``changes`` and ``gone``
    declare the data that differs and the comments that are lost.
    """

    patch: Patch
    said: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    gone: tuple[str, ...] = ()
    begun: Source | None = None
    """Where the file is new: what ``changes`` start from, while the patch starts from nothing."""

    @property
    def before(self) -> Source:
        """The file that ``changes`` are made in."""
        return self.patch.source if self.begun is None else self.begun

    @property
    def source(self) -> Source:
        """The file as it will be."""
        return self.patch.apply()


def add(source: Source, *drafts: Draft, calendar: dict[str, Plain] | None = None) -> Edited:
    """Append entries, and give the file the ``calendar`` that it lacks.

    Raises InvalidExceptions where the file is not valid as it is, and UsageError where one
    of the jobs has an open entry, a draft does not make a valid one, or there is a calendar.
    """
    ledger = parse(source)
    _refuse_known_jobs(ledger, drafts)
    rewriting = Rewriting(read(source))
    if calendar is not None:
        rewriting.make(_set_calendar(rewriting.document, ledger, calendar))
    left = [draft.fields(default_owner=ledger.owner) for draft in drafts]
    entries = _entries(rewriting.document)
    if left and (entries is None or not entries.items):
        rewriting.make(add_first(rewriting.document, _LIST, left.pop(0)))
    while left:
        together = _append_entries(rewriting.document, left)
        rewriting.make(together)
        del left[: len(together.changes)]
    return _checked(rewriting)


def update(source: Source, job: JobName, changes: MappingABC[str, Plain]) -> Edited:
    """Set fields of the job's open entry; a field set to None is removed.

    Raises UsageError where the job has no open entry or the result is not a valid one.
    """
    entry = _open_entry(parse(source), job)
    rewriting = Rewriting(read(source))
    for key, value in changes.items():
        rewriting.make(_set(rewriting.document, entry.index, key, value))
    return _checked(rewriting)


def _verb(before: Target, after: Target) -> str:
    """What to call the move of a target, as far as the two can be compared without a calendar."""
    match before, after:
        case DateTarget(day=one), DateTarget(day=other):
            earlier = other < one
        case SprintTarget(name=one), SprintTarget(name=other) if one.isdecimal() and other.isdecimal():
            earlier = int(other[:12]) < int(one[:12])
        case _:
            earlier = False
    return "Brought forward" if earlier else "Postponed"


def postpone(
    source: Source, job: JobName, until: Target, reason: str, evidence: tuple[EvidenceDraft, ...] = ()
) -> Edited:
    """Move the target (of a permanent entry: the review) of the job's open entry, and note why.

    Who did it and when is git's to remember. Raises UsageError where the job has no open
    entry, or one without anything to move.
    """
    entry = _open_entry(parse(source), job)
    if not reason.strip():
        raise UsageError("a postponement needs its reason.", hint="Say in a sentence what stood in the way: --reason.")
    field = "target" if entry.target is not None or entry.review is None else "review"
    before = entry.until
    if before == until:
        raise UsageError(f"{job} is due {until} already.", place=entry.place_of(field))
    rewriting = Rewriting(read(source))
    rewriting.make(_set(rewriting.document, entry.index, field, str(until)))
    moved = f"{_verb(before, until)} from {before} to {until}" if before else f"Target set to {until}"
    rewriting.make(_append(rewriting.document, entry.index, "notes", f"{moved} ({reason.strip()})"))
    for piece in evidence:
        rewriting.make(_append(rewriting.document, entry.index, "evidence", piece.plain()))
    return _checked(rewriting)


def resolve(source: Source, jobs: tuple[JobName, ...], *, on: date | None = None) -> Edited:
    """Take the open entry of ``jobs`` out of the file, or with ``on`` mark it as resolved that day.

    Where the entry is about more jobs than these, only these leave it. Raises UsageError
    where a job has no open entry, and Refusal where part of an entry would have to be marked.
    """
    ledger = parse(source)
    rewriting = Rewriting(read(source))
    said: list[str] = []
    holders = {entry.index: entry for entry in (_open_entry(ledger, job) for job in jobs)}
    for index in sorted(holders, reverse=True):  # from the end, so that the indexes before it stay
        entry = holders[index]
        staying = [name for name in entry.jobs if not any(is_same_job(name, job) for job in jobs)]
        if on is None and not staying:
            said += _left_above(rewriting.document, index)
            rewriting.make(_take_out(rewriting.document, index))
        elif on is None:
            for position in reversed(range(len(entry.jobs))):
                if entry.jobs[position] not in staying:
                    rewriting.make(remove_item(rewriting.document, (_LIST, index, "job", position)))
        elif staying:
            raise Refusal(
                f"the entry is about {' and '.join(map(str, staying))} too, and can only be marked as a whole.",
                place=entry.place,
                hint="Name all of its jobs, or take the job out of the entry instead.",
            )
        else:
            rewriting.make(_set(rewriting.document, index, "resolved", on.isoformat()))
    return _checked(rewriting, tuple(said))


def _entries(document: Document) -> Sequence | None:
    node = None if document.root is None else node_at(document.root, (_LIST,))
    real = None if node is None else deref(node)
    return real if isinstance(real, Sequence) else None


def _refuse_known_jobs(ledger: Ledger, drafts: tuple[Draft, ...]) -> None:
    drafted: list[JobName] = []
    for job in (job for draft in drafts for job in draft.jobs):
        holder = _holder(ledger, job)
        if holder is not None:
            raise UsageError(
                f"{job} has an entry already.",
                place=holder.place,
                hint=f"Change that one: covpath exceptions postpone {job}, or resolve it.",
            )
        if any(is_same_job(job, other) for other in drafted):
            raise UsageError(f"{job} is to get two entries at once.", hint="One open entry for each job.")
        drafted.append(job)


def _set_calendar(document: Document, ledger: Ledger, calendar: dict[str, Plain]) -> Edit | None:
    if ledger.calendar is not None:
        raise UsageError(
            "the file has a calendar already.", place=ledger.calendar.place, hint="Change that one by hand."
        )
    return set_key(document, (), "calendar", calendar, before=("exceptions",), after=("version", "owner"))


def _append_entries(document: Document, entries: list[Fields]) -> Edit:
    """One edit that appends all of them, or the first alone where the style makes each an edit of its own."""
    present = _entries(document)
    number = 0 if present is None else len(present.items)
    edits = [insert_item(document, (_LIST,), number, fields, why="add an entry") for fields in entries]
    first = edits[0]
    if any((edit.start, edit.end) != (first.start, first.start) for edit in edits):
        return first
    changes = tuple(Change((_LIST, number + index), ChangeKind.ADDED, fields) for index, fields in enumerate(entries))
    why = f"add {len(entries)} entries" if len(entries) > 1 else first.why
    return Edit(first.start, first.start, "".join(edit.new for edit in edits), why, changes)


def _holder(ledger: Ledger, job: JobName) -> Entry | None:
    return next((entry for entry in ledger.open_entries if any(is_same_job(name, job) for name in entry.jobs)), None)


def _open_entry(ledger: Ledger, job: JobName) -> Entry:
    entry = _holder(ledger, job)
    if entry is None:
        known = sorted(str(name) for entry in ledger.open_entries for name in entry.jobs)
        raise UsageError(
            f"{ledger.path} has no open entry for {job}.",
            hint=f"It has {', '.join(known)}." if known else "It has no open entries at all.",
        )
    return entry


def _set(document: Document, index: int, key: str, value: Plain) -> Edit | None:
    """One field in its place among the others."""
    route: Route = (_LIST, index)
    if value is None:
        return remove_key(document, (*route, key))
    order = ENTRY_FIELDS.index(key)
    return set_key(document, route, key, value, before=ENTRY_FIELDS[order + 1 :], after=ENTRY_FIELDS[:order])


def _append(document: Document, index: int, key: str, value: Plain) -> Edit | None:
    """One more item of a field that holds one or several.

    A text that stands alone gets a second line, so that its comment and place stay.
    """
    assert document.root is not None
    route: Route = (_LIST, index, key)
    node = node_at(document.root, route)
    if node is None:
        return _set(document, index, key, value)
    real = deref(node)
    if isinstance(real, Sequence):
        return insert_item(document, route, len(real.items), value)
    if key == "notes" and isinstance(real, Scalar):
        return set_value(document, route, f"{real.value.rstrip()}\n{value}")
    return set_value(document, route, [to_plain(real), value])


def _take_out(document: Document, index: int) -> Edit | None:
    entries = _entries(document)
    if entries is not None and len(entries.items) == 1:
        return remove_only(document, _LIST)
    return remove_item(document, (_LIST, index), why="remove the entry")


def _left_above(document: Document, index: int) -> list[str]:
    """Comments directly above an entry: they may be about it or about those below, so they stay and are named.

    Those that stand deeper belong to the entry before.
    """
    entries = _entries(document)
    if entries is None or entries.flow:
        return []
    source = document.source
    dash = layout.dash(document, entries, index)
    margin = " " * (layout.column(source.text, dash) + 1)
    line = source.line_of(dash) - 1
    found: list[str] = []
    while (
        line > 0 and source.line_text(line).lstrip().startswith("#") and not source.line_text(line).startswith(margin)
    ):
        found.append(f"the comment above it, in line {line}, stays: {source.line_text(line).strip()}")
        line -= 1
    return found[::-1]


def _checked(rewriting: Rewriting, said: tuple[str, ...] = ()) -> Edited:
    """The proved patch, once its result is a valid exceptions file."""
    patch = rewriting.patch()
    problems = examine(patch.apply()).problems
    if problems:
        # Its place is in a file that does not exist yet: only what is wrong with it is told.
        raise UsageError(problems[0].message, hint=problems[0].hint)
    told = tuple(f"this comment goes with it: {comment}" for comment in rewriting.gone)
    return Edited(patch=patch, said=(*said, *told), changes=rewriting.changes, gone=rewriting.gone)
