"""The table of rules, in the order in which they run."""

from __future__ import annotations

from covpath.audits import (
    accepted_gate,
    accepts_too_much,
    cannot_go_red,
    drifted,
    due_soon,
    evidence_missing,
    evidence_old,
    evidence_reported,
    far_target,
    gate_fails_open,
    gate_misses_job,
    kickoff,
    levers_contradict,
    no_data,
    no_reason,
    no_review,
    not_resolved,
    overdue,
    runner_loss,
    same_check,
    softer_than_decided,
    stale,
    still_open,
    stuck_check,
    undecided,
    unexplained,
    unknown_owner,
)
from covpath.audits.finding import Finding, Rule, Severity
from covpath.audits.subject import AuditSubject
from covpath.errors import UsageError

RULES: tuple[Rule, ...] = (
    unexplained,
    stale,
    accepted_gate,
    softer_than_decided,
    accepts_too_much,
    still_open,
    not_resolved,
    undecided,
    no_reason,
    overdue,
    due_soon,
    far_target,
    drifted,
    kickoff,
    no_review,
    unknown_owner,
    evidence_missing,
    evidence_reported,
    evidence_old,
    runner_loss,
    no_data,
    cannot_go_red,
    stuck_check,
    same_check,
    gate_fails_open,
    gate_misses_job,
    levers_contradict,
)

_ORDER = (Severity.ERROR, Severity.WARNING, Severity.NOTE)


def audit(subject: AuditSubject) -> tuple[Finding, ...]:
    """Every rule's findings, the worst first, then the heaviest, then by place."""
    found = [finding for rule in RULES for finding in rule.check(subject)]
    return tuple(sorted(found, key=_rank))


def _rank(one: Finding) -> tuple[object, ...]:
    return (_ORDER.index(one.severity), -one.weight, one.place.file, one.place.line or 0, one.rule, one.message)


def rule(name: str) -> Rule:
    """The rule of that id. Raises UsageError with the known ids."""
    for one in RULES:
        if name == one.ID:
            return one
    raise UsageError(f"there is no rule {name!r}", hint=f"The rules are {', '.join(one.ID for one in RULES)}.")
