"""An owner whom CODEOWNERS does not know."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, Owners, names_of
from covpath.errors import Place
from covpath.ledger.model import Entry

ID = "unknown-owner"
TITLE = "the owner of an entry is unknown to CODEOWNERS"
EXPLANATION = """\
An owner is somebody who can be asked. Where the repository has a CODEOWNERS file, an owner that it does not name
is most likely a typo, a team that is gone, or no person at all: the registry this tool began with was owned by a
sprint. A member of a team that is named there is unknown too, since only GitHub knows who that is.

What to do: name an owner of CODEOWNERS, or add yours there.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each open entry with such an owner, one for all that have the file's; none without CODEOWNERS."""
    if subject.owners is None or subject.ledger is None:
        return
    unknown = [
        entry
        for entry in subject.open_entries
        if entry.owner is not None and entry.owner.strip().lower() not in subject.owners.names
    ]
    for entry in unknown:
        if entry.place_of("owner") != entry.place:
            yield _finding(subject, subject.owners, (entry,), entry.place_of("owner"))
    all_s = tuple(entry for entry in unknown if entry.place_of("owner") == entry.place)
    if all_s:
        yield _finding(subject, subject.owners, all_s, subject.ledger.owner_place or all_s[0].place)


def _finding(subject: AuditSubject, owners: Owners, entries: tuple[Entry, ...], place: Place) -> Finding:
    owner = str(entries[0].owner)
    near = difflib.get_close_matches(owner.lower(), sorted(owners.names), n=1)
    one = len(entries) == 1
    whose = names_of(entries[0]) if one else f"{names_of(entries[0])} and {len(entries) - 1} more"
    return Finding(
        rule=ID,
        severity=Severity.WARNING,
        message=f"{whose}: {owners.path} does not know {owner}",
        place=place,
        hint=f"Is it {near[0]}?" if near else f"Name an owner of {owners.path}.",
        job=subject.ref_of(entries[0]) if one else None,
        key=f"{names_of(entries[0])} {owner}" if one else owner,
    )
