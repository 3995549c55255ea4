"""The ways out of a job for people: each with what speaks for it, then the choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from covpath.decide import Option
from covpath.quantity import show_dollars, show_seconds
from covpath.terms import Tri

_WORKS = {Tri.TRUE: "works", Tri.FALSE: "does not work", Tri.UNKNOWN: "not known to work"}


def render(job: str, options: Sequence[Option], choice: Option | None, why: str) -> str:
    """The page: options in order, the choice last."""
    lines = [f"Ways out for {job}:"]
    for option in options:
        lines += _option(option, option is choice)
    lines.append(f"Choice: {choice.decision if choice is not None else 'none'}; {why}.")
    return "\n".join(lines) + "\n"


def _option(option: Option, chosen: bool) -> Iterator[str]:
    word = "predicted to work" if option.predicted and option.works is Tri.TRUE else _WORKS[option.works]
    yield f"{'>' if chosen else ' '} {option.decision}: {word}"
    yield f"    {option.summary}"
    figures = []
    if option.wall_seconds is not None:
        figures.append(show_seconds(option.wall_seconds))
    if option.price_dollars is not None:
        figures.append(f"{show_dollars(option.price_dollars)} a run")
    if figures:
        yield f"    {', '.join(figures)}"
    for support in option.support:
        yield f"    {support.kind}: {support.text}" + (f" [{support.where}]" if support.where else "")
    for text in option.apart:
        yield f"    not compared: {text}"
