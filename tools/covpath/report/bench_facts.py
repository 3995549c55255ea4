"""What a benchmark says beside its cells, in words: parity, what was enforced, memory over time."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covpath.evidence.model import Evidence
from covpath.evidence.parity import Level
from covpath.evidence.trial import Enforcement, Knob, Limit, Outcome, Role, Trial
from covpath.quantity import show_bytes, show_percent, show_seconds
from covpath.terms import Tri

PARITY_COLUMNS = ("against", "level", "holds", "what is seen")
LIMIT_COLUMNS = ("runner", "limit", "asked", "set", "held", "why not")

_HOLDS = {Tri.TRUE: "yes", Tri.FALSE: "no", Tri.UNKNOWN: "not known"}
_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 24


class ParityRow(Struct, frozen=True, kw_only=True):
    """One level of one comparison; ``first`` is what the others are held against."""

    first: str
    second: str
    level: str
    holds: Tri
    word: str
    says: str
    details: tuple[str, ...]


def parity_rows(evidence: Evidence) -> tuple[ParityRow, ...]:
    """Every level of every comparison. Of the headline nothing holds or fails: it is stated."""
    return tuple(
        ParityRow(
            first=one.first,
            second=one.second,
            level=str(finding.level),
            holds=finding.holds,
            word="stated" if finding.level is Level.HEADLINE else _HOLDS[finding.holds],
            says=finding.says,
            details=finding.details,
        )
        for one in evidence.parities
        for finding in one.findings
    )


def limit_rows(evidence: Evidence) -> tuple[tuple[str, str, str, str, str, str], ...]:
    """Every limit of every runner that was measured, as its weakest trial held it."""
    found: dict[tuple[str, Knob], Limit] = {}
    order = list(Enforcement)
    for trial in evidence.trials:
        for limit in trial.limits if trial.role is Role.CELL else ():
            key = (str(trial.runner), limit.knob)
            if key not in found or order.index(limit.state) > order.index(found[key].state):
                found[key] = limit
    return tuple(
        (runner, str(knob), _shown(limit, limit.asked), _shown(limit, limit.read_back), str(limit.state), limit.reason)
        for (runner, knob), limit in found.items()
    )


def _shown(limit: Limit, value: float | None) -> str:
    if value is None:
        return "-"
    match limit.knob:
        case Knob.CPUS:
            return f"{value:g}"
        case Knob.TIME:
            return show_seconds(value)
        case _:
            return show_bytes(int(value))


def machine_words(evidence: Evidence) -> str | None:
    """On what it was measured: every machine once; None where nothing was."""
    found = dict.fromkeys(
        f"{one.cpu_model}, {one.cpus} processors, {show_bytes(one.memory_bytes)}, Linux {one.kernel}, "
        f"limits by {one.confinement}"
        for one in (trial.machine for trial in evidence.trials)
    )
    return "; ".join(found) or None


def memory_lines(evidence: Evidence) -> Iterator[str]:
    """For each backend, a line of its memory over time without limits, and its peak against each runner's ceiling."""
    for trial in references(evidence):
        peak = trial.memory.peak_bytes
        if peak is None:
            continue
        shares = ", ".join(
            f"{show_percent(peak, runner.usable_memory_bytes)} of {runner.name}" for runner in evidence.runners
        )
        curve = sparkline([total for _, total in curve_of(trial)])
        yield f"{trial.backend}: {curve}{' ' if curve else ''}peak {show_bytes(peak)} ({shares})"


def references(evidence: Evidence) -> tuple[Trial, ...]:
    """The good run without limits of each backend."""
    found: dict[str, Trial] = {}
    for trial in evidence.trials:
        if trial.role is Role.REFERENCE and trial.outcome is Outcome.OK:
            found.setdefault(trial.backend, trial)
    return tuple(found.values())


def curve_of(trial: Trial) -> tuple[tuple[float, int], ...]:
    """Seconds and bytes that cannot be given back: anonymous, shared and kernel memory."""
    series = trial.memory.series
    parts = zip(series.seconds, series.anonymous_bytes, series.shared_bytes, series.kernel_bytes, strict=True)
    return tuple((seconds, anonymous + shared + kernel) for seconds, anonymous, shared, kernel in parts)


def sparkline(values: list[int]) -> str:
    """The values as a row of bars, the largest as a whole one."""
    top = max(values, default=0)
    if top == 0:
        return ""
    step = max(1, -(-len(values) // _WIDTH))
    peaks = [max(values[start : start + step]) for start in range(0, len(values), step)]
    return "".join(_BARS[min(len(_BARS) - 1, value * len(_BARS) // (top + 1))] for value in peaks)
