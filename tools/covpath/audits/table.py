"""The table of rules, in the order in which they run."""

from __future__ import annotations

from covpath.audits import overdue, stale, undecided, unexplained
from covpath.audits.finding import AuditSubject, Finding, Rule, Severity
from covpath.errors import UsageError

RULES: tuple[Rule, ...] = (unexplained, stale, overdue, undecided)

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def audit(subject: AuditSubject) -> tuple[Finding, ...]:
    """Every rule's findings, the worst first, then by place."""
    found = [finding for rule in RULES for finding in rule.check(subject)]
    return tuple(sorted(found, key=lambda one: (_ORDER.index(one.severity), one.place.file, one.place.line or 0)))


def rule(name: str) -> Rule:
    """The rule of that id. Raises UsageError with the known ids."""
    for one in RULES:
        if name == one.ID:
            return one
    raise UsageError(f"there is no rule {name!r}", hint=f"The rules are {', '.join(one.ID for one in RULES)}.")
