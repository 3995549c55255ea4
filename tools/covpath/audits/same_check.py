"""Two jobs that report one check name."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.audits.finding import Finding, Severity
from covpath.audits.subject import AuditSubject

ID = "same-check"
TITLE = "two jobs report the same check name"
EXPLANATION = """\
Branch protection knows checks by name only. Where two jobs report one name, GitHub calls it ambiguous: the pull
request may stay blocked, or be let through by the wrong one of the two. One job that does nothing, for the paths
that the other leaves out, is GitHub's own recipe for required checks; it is told as a note, since then a failure
of the real one can hide behind the other's green.

What to do: give each job a name of its own.
"""


def check(subject: AuditSubject) -> Iterator[Finding]:
    """One finding for each name that several jobs with a signal on pull requests report."""
    for shared in subject.verdicts.shared_names:
        names = sorted(str(one.ref) for one in shared.reporters)
        twin = any(one.stands_in for one in shared.reporters)
        *others, last = shared.reporters
        yield Finding(
            rule=ID,
            severity=Severity.NOTE if twin else Severity.WARNING,
            message=f"the check `{shared.name}` is reported by {' and '.join(names)}"
            + (", one of which does nothing" if twin else ""),
            place=last.place,
            hint="Give each job a name of its own.",
            job=last.ref,
            key=f"{shared.name} {' '.join(names)}",
            related=tuple((str(one.ref), one.place) for one in others),
        )
