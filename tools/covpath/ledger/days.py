"""Days as they are written in the file: strings, checked here, never YAML timestamps."""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from datetime import date

_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")


def parse_day(text: str) -> date:
    """A day written YYYY-MM-DD.

    Raises ValueError with a sentence that says what is wrong with it.
    """
    match = _DAY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no date; write it as YYYY-MM-DD, such as 2026-10-30.")
    year, month, day = (int(part) for part in match.groups())
    if year == 0:
        raise ValueError(f"{text} is no date: years begin with 0001.")
    if not 1 <= month <= 12:
        raise ValueError(f"{text} is no date: there is no month {month}.")
    last = monthrange(year, month)[1]
    if not 1 <= day <= last:
        raise ValueError(f"{text} is no date: {month_name[month]} {year} has {last} days.")
    return date(year, month, day)
