"""The day to judge by: an argument, else today in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime

from covpath.errors import UsageError
from covpath.ledger.calendar import utc_today
from covpath.ledger.days import parse_day


def day_or_today(text: str | None) -> date:
    """``--today``, or today in UTC. Raises UsageError for a day that does not exist."""
    if text is None:
        return utc_today(datetime.now(UTC))
    try:
        return parse_day(text)
    except ValueError as error:
        raise UsageError(f"--today {text}: {error}", hint="Write it as 2026-10-30.") from error
