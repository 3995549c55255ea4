"""What two backends' reference runs on the same commit have in common, level by level."""

from __future__ import annotations

from msgspec import Struct

from covpath.terms import Fact, Tri


class Level(Fact):
    """What is compared (``facts``, backends, section 7.2)."""

    PIPELINE = "pipeline"
    """Both end well and leave the same kind of report in the same place."""
    TESTS = "tests"
    """Both execute the same tests."""
    FILES = "files"
    """Both report the same files, test files left aside."""
    LINES = "lines"
    """On lines that both call coverable, they agree which were executed."""
    HEADLINE = "headline"
    """Both percentages with their denominators; never called equal."""


class Finding(Struct, frozen=True, kw_only=True):
    """One level: whether it holds (of the headline never known), in one sentence, and its differences one by one."""

    level: Level
    holds: Tri
    says: str
    details: tuple[str, ...] = ()


class Share(Struct, frozen=True, kw_only=True):
    """Lines executed, of the lines a backend calls coverable."""

    covered: int
    coverable: int


class Parity(Struct, frozen=True, kw_only=True):
    """Two backends. ``proposed_threshold`` is in percent, as strict for the second as the job's is for the first."""

    first: str
    second: str
    findings: tuple[Finding, ...]
    first_share: Share | None = None
    second_share: Share | None = None
    proposed_threshold: float | None = None
