"""A decision whose reason is still the sentence that the file began with."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of
from covpath.ledger.draft import NOBODY_SAID
from covpath.terms import Decision

ID = "no-reason"
TITLE = "an entry has been decided, and its reason is still that nobody has said why"
EXPLANATION = """\
`covpath exceptions adopt` writes down what it finds, and that nobody has said why. That is true of an entry that is
still undecided. Whoever decides knows the reason, and it is what the next reader needs.

What to do: write the reason into the entry, in a sentence.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each decided open entry with such a reason; an undecided one is `undecided`'s."""
    for entry in subject.open_entries:
        if entry.decision is not Decision.UNDECIDED and " ".join(entry.reason.split()).endswith(NOBODY_SAID):
            yield Finding(
                rule=ID,
                severity=Severity.WARNING,
                message=f"{names_of(entry)}: {entry.decision}, and the reason is still that {NOBODY_SAID}",
                place=entry.place_of("reason"),
                hint="Write down why it was decided so.",
                job=subject.ref_of(entry),
                key=names_of(entry),
            )
