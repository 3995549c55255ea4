"""Bytes, durations, percentages and prices: parse, compare, show. One rounding rule.

The rule: figures are shown with three significant digits at most; a percentage that is
not exactly 0 or 100 is never rounded to it.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import NewType

Bytes = NewType("Bytes", int)
Seconds = NewType("Seconds", float)

_BINARY = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}
_DECIMAL = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*")
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d)")
_SPAN_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}


def parse_bytes(text: str | int) -> Bytes:
    """A size such as ``3.8 GiB``, ``512M`` (binary) or ``14 GB`` (decimal).

    Raises ValueError with the accepted spellings when it is none of them.
    """
    if isinstance(text, int):
        return Bytes(text)
    match = _SIZE.fullmatch(text)
    if match:
        unit = match[2].lower()
        factor = _DECIMAL.get(unit) or _BINARY.get(unit.removesuffix("ib") if unit.endswith("ib") else unit)
        if factor:
            return Bytes(int(Decimal(match[1]) * factor))
    raise ValueError(f"not a size: {text!r} (use 512 MiB, 3.8 GiB, 14 GB or a number of bytes)")


def parse_seconds(text: str | float) -> Seconds:
    """A duration such as ``90s``, ``15 min``, ``6h``, ``1h 30m`` or a number of seconds."""
    if isinstance(text, (int, float)):
        return Seconds(float(text))
    compact = text.strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", compact):
        return Seconds(float(compact))
    parts = _SPAN.findall(compact)
    if parts and not re.sub(r"\s", "", _SPAN.sub("", compact)):
        return Seconds(sum(float(number) * _SPAN_SECONDS[unit] for number, unit in parts))
    raise ValueError(f"not a duration: {text!r} (use 90s, 15min, 6h or a number of seconds)")


def _three_digits(value: float) -> str:
    """``value`` with three significant digits at most, never in exponent form."""
    if value == 0:
        return "0"
    number = Decimal(repr(value))
    digits = max(0, 2 - number.adjusted())
    return f"{number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN):f}"


def show_bytes(size: int) -> str:
    """``7.20 GiB``: binary units, three significant digits."""
    value = float(abs(size))
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1000 or unit == "TiB":
            shown = str(int(value)) if unit == "B" else _three_digits(value)
            return f"{'-' if size < 0 else ''}{shown} {unit}"
        value /= 1024
    raise AssertionError("unreachable")


def show_seconds(seconds: float) -> str:
    """``820 ms``, ``4.57 s``, ``11 min 05 s``, ``2 h 03 min``."""
    if seconds < 1:
        return f"{_three_digits(seconds * 1000)} ms"
    if seconds < 60:
        return f"{_three_digits(seconds)} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def show_percent(part: float, whole: float) -> str:
    """``part`` of ``whole`` with one decimal; 0 % and 100 % only where they are exact."""
    if whole == 0:
        return "n/a"
    share = 100 * part / whole
    if 0 < share < 0.1:
        return "0.1 %"
    if 99.9 < share < 100:
        return "99.9 %"
    return f"{share:.1f} %"


def show_dollars(dollars: float) -> str:
    """``$0.006``, ``$0.12``, ``$1.50``: three significant digits at most; ``free`` for nothing."""
    if dollars == 0:
        return "free"
    whole, _, decimals = _three_digits(dollars).partition(".")
    return f"${whole}.{decimals.rstrip('0').ljust(2, '0')}"
