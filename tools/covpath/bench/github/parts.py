"""The runs of a cell's wrapped steps, kept between the steps, and added up as if they were one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from covpath.errors import InputError, Place

_FILE = "parts.json"


class PartRun(Struct, frozen=True, kw_only=True):
    """What the supervisor told of one step's run, the words it ran, and the end of its output."""

    argv: tuple[str, ...]
    result: dict[str, Any]
    log: str

    @property
    def failed(self) -> bool:
        """Whether the steps after it would not have run."""
        return self.result["status"] != 0 or bool(self.result["timed_out"])


def load_parts(folder: Path) -> tuple[PartRun, ...]:
    """The runs so far. Raises InputError for a file that is not ours."""
    path = folder / _FILE
    if not path.exists():
        return ()
    try:
        data = json.loads(path.read_bytes())
        return tuple(PartRun(argv=tuple(one["argv"]), result=dict(one["result"]), log=str(one["log"])) for one in data)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"does not hold the runs of a cell: {error!r}.", place=Place(str(path))) from error


def keep_parts(folder: Path, parts: Sequence[PartRun]) -> None:
    """Write them down for the next step."""
    data = [{"argv": list(one.argv), "result": one.result, "log": one.log} for one in parts]
    (folder / _FILE).write_text(json.dumps(data), encoding="utf-8")


def added_up(parts: Sequence[PartRun]) -> dict[str, Any]:
    """One result for all: times and growth added, peaks the highest, the end that of the last."""
    results = [one.result for one in parts]
    offset, samples = 0.0, []
    for one in results:
        samples += [[round(row[0] + offset, 3), *row[1:]] for row in one["samples"]]
        offset += one["wall"]
    return {
        "started": results[0]["started"],
        "status": results[-1]["status"],
        "timed_out": results[-1]["timed_out"],
        "wall": offset,
        "all_killed": all(one["all_killed"] for one in results),
        "counters": _counters([one["counters"] for one in results]),
        "least_free": min((one["least_free"] for one in results if one["least_free"] is not None), default=None),
        "samples": samples,
        **{name: _sum([one[name] for one in results]) for name in ("foreign", "steal", "growth")},
        **{name: sum(one[name] for one in results) for name in ("orphans", "machine_oom_kills", "log_dropped")},
    }


def _counters(all_of_them: Sequence[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in ("user", "system", "oom_kills", "limit_hits", "throttled"):
        if all(name in one for one in all_of_them):
            found[name] = _sum([one[name] for one in all_of_them])
    for name in ("peak", "largest"):
        known = [one[name] for one in all_of_them if one.get(name) is not None]
        if known and (name != "peak" or len(known) == len(all_of_them)):
            found[name] = max(known)
    return found


def _sum(values: Sequence[Any]) -> Any:
    """The sum, None where one is not known."""
    return None if None in values else sum(values)
