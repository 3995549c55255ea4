"""The ways out of a job as plain data for ``--format json``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from covpath.decide import Option

VERSION = 1


def to_json(job: str, options: Sequence[Option], choice: Option | None, why: str) -> dict[str, Any]:
    """Options and choice as data."""
    return {
        "version": VERSION,
        "job": job,
        "choice": None if choice is None else str(choice.decision),
        "why": why,
        "options": [
            {
                "decision": str(option.decision),
                "works": str(option.works),
                "predicted": option.predicted,
                "summary": option.summary,
                "backend": option.backend,
                "runner": option.runner,
                "labels": list(option.labels),
                "price_dollars": option.price_dollars,
                "wall_seconds": option.wall_seconds,
                "evidence": [
                    {"kind": str(support.kind), "text": support.text, "where": support.where}
                    for support in option.support
                ],
                "not_compared": list(option.apart),
            }
            for option in options
        ],
    }
