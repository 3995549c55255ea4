"""An owner whom CODEOWNERS does not know."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of

ID = "unknown-owner"
TITLE = "the owner of an entry is unknown to CODEOWNERS"
EXPLANATION = """\
An owner is somebody who can be asked. Where the repository has a CODEOWNERS file, an owner that it does not name
is most likely a typo, a team that is gone, or no person at all: the registry this tool began with was owned by a
sprint. A member of a team that is named there is unknown too, since only GitHub knows who that is.

What to do: name an owner of CODEOWNERS, or add yours there.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each open entry with such an owner; none where there is no CODEOWNERS."""
    if subject.owners is None:
        return
    for entry in subject.open_entries:
        if entry.owner is None or entry.owner.strip().lower() in subject.owners.names:
            continue
        near = difflib.get_close_matches(entry.owner.lower(), sorted(subject.owners.names), n=1)
        yield Finding(
            rule=ID,
            severity=Severity.WARNING,
            message=f"{names_of(entry)}: {subject.owners.path} does not know {entry.owner}",
            place=entry.place_of("owner"),
            hint=f"Is it {near[0]}?" if near else f"Name an owner of {subject.owners.path}.",
            job=subject.ref_of(entry),
            key=f"{names_of(entry)} {entry.owner}",
        )
