"""An entry that says only that nothing has been decided."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject, names_of
from covpath.ledger.model import Entry
from covpath.terms import Decision

ID = "undecided"
TITLE = "an entry has not been decided"
EXPLANATION = """\
"Acknowledged" is not a way out. There are three: a runner big enough for the job, another coverage backend, or
permanently advisory with a pull request that says so. An undecided entry keeps the facts until then and says in
every audit that the decision is missing, with what else it lacks: an owner, a target, evidence.

What to do: `covpath decide JOB` shows the ways out with their evidence; with --record it writes the choice.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding an undecided entry."""
    for entry in subject.open_entries:
        if entry.decision is not Decision.UNDECIDED:
            continue
        yield Finding(
            rule=ID,
            severity=Severity.WARNING,
            message=f"{names_of(entry)}: nothing is decided{_lacks(entry)}",
            place=entry.place_of("decision"),
            hint=f"covpath decide {entry.jobs[0]} shows the ways out.",
            job=subject.ref_of(entry),
            key=names_of(entry),
        )


def _lacks(entry: Entry) -> str:
    wanted = (("owner", entry.owner), ("target", entry.until), ("evidence", entry.evidence or None))
    missing = [what for what, value in wanted if value is None]
    return f"; it has no {', no '.join(missing)}" if missing else ""
