"""An entry that says only that nothing has been decided."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import AuditSubject, Finding, Severity
from covpath.terms import Decision

ID = "undecided"
TITLE = "an entry has not been decided"
EXPLANATION = """\
"Acknowledged" is not a way out. There are three: a runner big enough for the job, another coverage backend, or
permanently advisory with a pull request that says so. An undecided entry keeps the facts until then and says in
every audit that the decision is missing, with what else it lacks: an owner, a target.

What to do: `covpath decide JOB` shows the ways out with their evidence; with --record it writes the choice.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding an undecided entry."""
    for entry in subject.ledger.open_entries if subject.ledger is not None else ():
        if entry.decision is not Decision.UNDECIDED:
            continue
        lacks = [what for what, value in (("owner", entry.owner), ("target", entry.until)) if value is None]
        missing = f"; it has no {' and no '.join(lacks)}" if lacks else ""
        name = " and ".join(map(str, entry.jobs))
        yield Finding(
            rule=ID,
            severity=Severity.WARNING,
            message=f"{name}: nothing is decided{missing}",
            place=entry.place_of("decision"),
            hint=f"covpath decide {entry.jobs[0]} shows the ways out.",
        )
