"""What a branch brings, and what stood before: only the first can fail it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from covpath.audits import unexplained
from covpath.audits.finding import Finding
from covpath.audits.subject import AuditSubject


class Judged(Struct, frozen=True, kw_only=True):
    """A finding, and whether it is a standing debt that this branch did not bring."""

    finding: Finding
    standing: bool = False


def all_new(findings: Iterable[Finding]) -> tuple[Judged, ...]:
    """Where there is nothing to compare with, everything counts."""
    return tuple(Judged(finding=finding) for finding in findings)


def compare(findings: Iterable[Finding], before: Iterable[Finding], subject_before: AuditSubject) -> tuple[Judged, ...]:
    """Each finding, told apart by whether the state before had the same debt."""
    return tuple(_compare(findings, Counter(one.fingerprint for one in before), subject_before))


def _compare(findings: Iterable[Finding], left: Counter[str], subject_before: AuditSubject) -> Iterator[Judged]:
    for finding in findings:
        if left[finding.fingerprint]:
            left[finding.fingerprint] -= 1
            yield Judged(finding=finding, standing=True)
        else:
            yield Judged(finding=_as_change(finding, subject_before))


def _as_change(finding: Finding, before: AuditSubject) -> Finding:
    """The finding in the words of a review: what this branch does, and what was there before."""
    if finding.rule != unexplained.ID or finding.job is None:
        return finding
    verdict = before.verdicts.of(finding.job)
    name, gate = finding.job.job, finding.key.partition(" ")[0]
    if verdict is None:
        told = f"this branch adds it, and it is {gate}"
    elif str(verdict.gate) != gate:
        told = f"this branch makes it {gate} (was {verdict.gate})"
    elif before.entry_of(finding.job) is not None:
        told = f"it is {gate}, and this branch takes its entry away"
    else:
        told = f"this branch masks more of it (it is {gate})"
    return replace(finding, message=f"{name}: {told}")
