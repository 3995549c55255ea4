"""``ci/bench.yaml``: what a repository's benchmark does when the command line does not say."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from msgspec import Struct

from covpath.bench.yaml_file import read_yaml
from covpath.evidence.trial import CacheState
from covpath.outside.files import read_bytes, shown
from covpath.quantity import parse_seconds

FILE = "ci/bench.yaml"
"""Where a repository keeps its benchmark settings."""


class BenchSettings(Struct, frozen=True, kw_only=True):
    """The file's content; None or empty where it says nothing."""

    job: str | None = None
    setup: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    runners: tuple[str, ...] = ()
    trials: int | None = None
    caches: tuple[CacheState, ...] = ()
    seed: int | None = None
    budget_seconds: float | None = None
    expected_exit: int = 0


def load_settings(repo: Path) -> BenchSettings:
    """The repository's settings, all empty where it has none; InputError with a place where they are wrong."""
    path = repo / FILE
    if not path.exists():
        return BenchSettings()
    file = read_yaml(read_bytes(path, within=repo), shown(path, repo), "bench")
    data = file.data

    def words(key: str) -> tuple[str, ...]:
        return tuple(cast("list[str]", data.get(key, [])))

    try:
        budget = parse_seconds(cast("str | float", data["budget"])) if "budget" in data else None
    except ValueError as error:
        raise file.error(f"{error}.", ("budget",)) from None
    return BenchSettings(
        job=cast("str | None", data.get("job")),
        setup=words("setup"),
        backends=words("backends"),
        runners=words("runners"),
        trials=cast("int | None", data.get("trials")),
        caches=tuple(CacheState(word) for word in words("caches")),
        seed=cast("int | None", data.get("seed")),
        budget_seconds=budget,
        expected_exit=cast("int", data.get("expected_exit", 0)),
    )
