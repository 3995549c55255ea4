"""Many audited repositories in one line each, for people and as data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from msgspec import Struct


class Line(Struct, frozen=True, kw_only=True):
    """One repository: how much was found in it, the worst finding, and the error that kept a part from being read."""

    root: str
    jobs: int = 0
    entries: int = 0
    errors: int = 0
    warnings: int = 0
    notes: int = 0
    fails: bool = False
    worst: str = ""
    error: str = ""

    @property
    def rank(self) -> tuple[object, ...]:
        """The order of the lines: most errors first, then what could not be read, then by name."""
        return (-self.errors, -bool(self.error), -self.warnings, self.root)


def render(lines: Sequence[Line], today: date) -> str:
    """A line each, then the sums."""
    width = max(len(line.root) for line in lines)
    told = [f"{line.root:<{width}}  {'; '.join(filter(None, (_counts(line), _detail(line))))}" for line in lines]
    failing = sum(line.fails for line in lines)
    unread = sum(bool(line.error) for line in lines)
    told.append(
        f"{len(lines)} {'repository' if len(lines) == 1 else 'repositories'}: {failing} with errors, "
        f"{unread} not wholly read, "
        f"{sum(line.errors for line in lines)} errors in {sum(line.jobs for line in lines)} jobs, "
        f"judged as of {today}."
    )
    return "\n".join(told) + "\n"


def _counts(line: Line) -> str:
    if not (line.errors or line.warnings):
        return "clean" if not line.error else ""
    return f"{_counted(line.errors, 'error')}, {_counted(line.warnings, 'warning')}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _detail(line: Line) -> str:
    return "; ".join(part for part in (line.worst, f"not read: {line.error}" if line.error else "") if part)


def to_json(lines: Sequence[Line], today: date) -> dict[str, Any]:
    """The lines as data (schema ``audit-many``)."""
    return {
        "version": 1,
        "today": today.isoformat(),
        "repositories": [
            {
                "repository": line.root,
                "jobs": line.jobs,
                "entries": line.entries,
                "errors": line.errors,
                "warnings": line.warnings,
                "notes": line.notes,
                "fails": line.fails,
                "worst": line.worst or None,
                "unreadable": line.error or None,
            }
            for line in lines
        ],
    }
