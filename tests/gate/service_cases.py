"""Cases of other services' settings: what is understood of each, as lines to compare with ``expected.txt``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from covpath.errors import Place
from covpath.gate.blocking import ACTIONS
from covpath.gate.checks import CheckPattern
from covpath.gate.services.codecov_status import read_codecov
from covpath.gate.services.mergify import read_mergify
from covpath.gate.services.mergify_merging import Red, held, protections_red
from covpath.terms import Reason

CASES = Path(__file__).resolve().parents[1] / "cases"


def codecov_lines(case: Path) -> Iterator[str]:
    codecov = read_codecov("codecov.yml", (case / "codecov.yml").read_bytes())
    for one in codecov.statuses:
        figures = ", ".join(
            f"{name} {text}" for name, text in (("target", one.target), ("threshold", one.threshold)) if text
        )
        shown = f" ({figures})" if figures else ""
        yield f"{one.name}{_at(one.place)}: posted {one.posted}, can fail {one.can_fail}{shown}"
        yield from map(_reason, one.reasons)
    yield from map(_reason, codecov.waits)


def mergify_lines(case: Path) -> Iterator[str]:
    mergify = read_mergify(".mergify.yml", (case / "mergify.yml").read_bytes())
    for way in (*mergify.ways, *mergify.protections):
        needed = [str(one) for one in way.condition.needed()]
        asked = [f"{one}{'' if str(one) in needed else ' (not by itself)'}" for one in way.condition.checks()]
        yield f"{way}{_at(way.place)}: {', '.join(asked) or 'no check'}"
    for name in (case / "red.txt").read_text(encoding="utf-8").splitlines():
        red = Red(certain=(CheckPattern(name, certain=True),), possible=(), by=ACTIONS)
        found = held(mergify, red)
        yield f"with {name} red it holds back: {found.value}"
        yield from map(_reason, (*found.reasons, *protections_red(mergify, red)))


def _reason(reason: Reason) -> str:
    return f"  {reason.code}{_at(reason.place)}: {reason.message}"


def _at(place: Place | None) -> str:
    return "" if place is None else f" line {place.line}"
