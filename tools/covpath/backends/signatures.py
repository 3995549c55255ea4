"""What lines of a failed job's log mean: a table read from the package's data."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

from msgspec import Struct

from covpath.terms import Fact


class Family(Fact):
    """What a failure comes down to."""

    OUT_OF_MEMORY = "out-of-memory"
    DISK_FULL = "disk-full"
    TIME_LIMIT = "time-limit"
    RUNNER_LOST = "runner-lost"
    KILLED = "killed"
    """By a signal; why is not said."""
    CANCELED = "canceled"
    TEST_FAILURE = "test-failure"
    BUILD_FAILURE = "build-failure"
    THRESHOLD = "threshold"
    NO_DATA = "no-data"
    TOOL_DEFECT = "tool-defect"
    CONFIGURATION = "configuration"
    UPLOAD = "upload"
    UNKNOWN = "unknown"


class Level(Fact):
    """How much a line explains."""

    CAUSE = "cause"
    SYMPTOM = "symptom"
    """Where nothing better is found."""
    WARNING = "warning"
    """Told beside the cause; the run went on."""
    CONSEQUENCE = "consequence"
    """Never a cause."""


class Signature(Struct, frozen=True, kw_only=True):
    """One line worth knowing; earlier entries of the table are more specific than later ones.

    ``sure`` is False where several things lead to this line. ``needs`` and ``unless`` are looked for in
    the whole log.
    """

    name: str
    family: Family
    level: Level
    pattern: re.Pattern[str]
    backend: str | None
    sure: bool
    needs: tuple[re.Pattern[str], ...]
    unless: tuple[re.Pattern[str], ...]
    meaning: str
    hint: str
    source: str


@lru_cache(maxsize=1)
def signatures() -> tuple[Signature, ...]:
    """The table, in its order."""
    text = resources.files("covpath").joinpath("data", "signatures.toml").read_text(encoding="utf-8")
    return tuple(_signature(entry) for entry in tomllib.loads(text)["signature"])


def _signature(entry: dict[str, Any]) -> Signature:
    source = entry["regex"] if "regex" in entry else re.escape(entry["literal"])
    return Signature(
        name=entry["class"],
        family=Family(entry["family"]),
        level=Level(entry["level"]),
        pattern=re.compile(source),
        backend=entry.get("backend"),
        sure=entry.get("sure", True),
        needs=tuple(re.compile(part, re.MULTILINE) for part in entry.get("needs", ())),
        unless=tuple(re.compile(part, re.MULTILINE) for part in entry.get("unless", ())),
        meaning=entry["meaning"],
        hint=entry["hint"],
        source=entry["source"],
    )
