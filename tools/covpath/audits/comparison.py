"""What a branch or a commit brings, and what stood before: only the first can fail it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.audits import unexplained
from covpath.audits.finding import Finding
from covpath.audits.subject import AuditSubject
from covpath.terms import JobRef


class Judged(Struct, frozen=True, kw_only=True):
    """A finding, and whether it is a standing debt that this change did not bring."""

    finding: Finding
    standing: bool = False


def all_new(findings: Iterable[Finding]) -> tuple[Judged, ...]:
    """Where there is nothing to compare with, everything counts."""
    return tuple(Judged(finding=finding) for finding in findings)


def compare(
    findings: Iterable[Finding], before: Iterable[Iterable[Finding]], subject_before: AuditSubject, change: str
) -> tuple[Judged, ...]:
    """Each finding, told apart by whether one of the states before had the same debt.

    Several came before a merge; ``subject_before`` is the first. ``change`` is what people call it:
    ``branch`` or ``commit``.
    """
    left: Counter[str] = Counter()
    unexplained_before: dict[JobRef, list[str]] = {}
    for state in before:
        found = tuple(state)
        left |= Counter(one.fingerprint for one in found)
        for one in found:
            if one.rule == unexplained.ID and one.job is not None:
                unexplained_before.setdefault(one.job, []).append(one.key)
    return tuple(_compare(findings, left, unexplained_before, subject_before, change))


def _compare(
    findings: Iterable[Finding],
    left: Counter[str],
    unexplained_before: Mapping[JobRef, Sequence[str]],
    subject_before: AuditSubject,
    change: str,
) -> Iterator[Judged]:
    for finding in findings:
        if left[finding.fingerprint]:
            left[finding.fingerprint] -= 1
            yield Judged(finding=finding, standing=True)
        elif finding.rule == unexplained.ID and finding.job is not None:
            # Who makes an old debt smaller does not have to pay the rest of it.
            old = unexplained_before.get(finding.job, ())
            if any(unexplained.is_no_worse(finding.key, one) for one in old):
                yield Judged(finding=finding, standing=True)
            else:
                yield Judged(finding=_as_change(finding, finding.job, subject_before, change))
        else:
            yield Judged(finding=finding)


def _as_change(finding: Finding, job: JobRef, before: AuditSubject, change: str) -> Finding:
    """The finding in the words of a review: what this branch does, and what was there before."""
    verdict = before.verdicts.of(job)
    name, gate = job.job, unexplained.gate_of(finding.key)
    if verdict is None:
        told = f"this {change} adds it, and it is {gate}"
    elif str(verdict.gate) != gate:
        told = f"this {change} makes it {gate} (was {verdict.gate})"
    elif before.entry_of(job) is not None:
        told = f"it is {gate}, and this {change} takes its entry away"
    else:
        told = f"this {change} masks more of it (it is {gate})"
    return replace(finding, message=f"{name}: {told}")
