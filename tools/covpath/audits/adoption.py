"""What is advisory today, as entries that keep it so until somebody decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from covpath.audits.unexplained import masked_steps
from covpath.gate.verdict import JobVerdict
from covpath.ledger.model import Accepted
from covpath.terms import Gate


def adoptable(verdicts: Iterable[JobVerdict]) -> Iterator[tuple[JobVerdict, str, tuple[Accepted, ...]]]:
    """Each job that does not block or masks a step, with a reason that only says so, and what that accepts."""
    for verdict in verdicts:
        if verdict.gate is Gate.NO_SIGNAL:
            continue
        if verdict.gate in (Gate.ADVISORY, Gate.SILENT):
            yield verdict, f"was {verdict.gate} when this file began; nobody has said why", _accepts(verdict)
        elif masked := masked_steps(verdict):
            names = ", ".join(step.label for step in masked)
            yield verdict, f"masked the step {names} when this file began; nobody has said why", ()


def _accepts(verdict: JobVerdict) -> tuple[Accepted, ...]:
    return (Accepted.ADVISORY,) if verdict.gate is Gate.ADVISORY else (Accepted.SILENT,)
