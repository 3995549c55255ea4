"""Runner profiles: those that ship with covpath, changed and extended by ``ci/runners.yaml``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, TypeVar, cast

from covpath.bench.yaml_file import YamlFile, packaged, read_yaml
from covpath.errors import UsageError
from covpath.evidence.runner import RunnerKind, RunnerProfile, Visibility
from covpath.outside.files import read_bytes, shown
from covpath.quantity import parse_bytes, parse_seconds
from covpath.yamltext.nodes import Plain

FILE = "ci/runners.yaml"
"""Where a repository keeps its own profiles."""

Number = TypeVar("Number", int, float)

_REQUIRED = ("labels", "kind", "cpus", "memory", "source", "date")
_SIZES = ("memory", "used_at_start", "swap", "disk")


def packaged_profiles() -> dict[str, RunnerProfile]:
    """The profiles that ship with covpath, by name."""
    return _merge({}, read_yaml(packaged("runners.yaml"), "runners.yaml", "runners"))


def load_profiles(repo: Path) -> dict[str, RunnerProfile]:
    """All profiles by name: the packaged ones, and the repository's own where it has any.

    Raises InputError with a place for whatever is wrong in ``ci/runners.yaml``.
    """
    path = repo / FILE
    if not path.exists():
        return packaged_profiles()
    base = read_yaml(packaged("runners.yaml"), "runners.yaml", "runners")
    own = read_yaml(read_bytes(path, within=repo), shown(path, repo), "runners")
    return _merge(_merge({}, base), own, _settings(base))


def choose(profiles: dict[str, RunnerProfile], names: Collection[str]) -> tuple[RunnerProfile, ...]:
    """The profiles of these names, in their order; UsageError for a name nobody defined."""
    for name in names:
        if name not in profiles:
            near = difflib.get_close_matches(name, profiles, n=1)
            meant = f"Did you mean {near[0]}? " if near else ""
            raise UsageError(
                f"no runner profile is called {name!r}.",
                hint=f"{meant}Known are {', '.join(profiles)}; {FILE} can define more.",
            )
    return tuple(profiles[name] for name in names)


def _settings(file: YamlFile) -> dict[str, dict[str, Plain]]:
    return cast("dict[str, dict[str, Plain]]", file.data["runners"])


def _merge(
    known: dict[str, RunnerProfile], file: YamlFile, below: dict[str, dict[str, Plain]] | None = None
) -> dict[str, RunnerProfile]:
    merged = dict(known)
    for name, given in _settings(file).items():
        whole = {**(below or {}).get(name, {}), **given}
        missing = [key for key in _REQUIRED if key not in whole]
        if missing:
            raise file.error(
                f"the runner {name!r} is new and lacks {', '.join(missing)}.",
                ("runners", name),
                "A profile with the name of a packaged one may leave keys out; a new one may not.",
            )
        merged[name] = _profile(file, name, whole)
    return merged


def _profile(file: YamlFile, name: str, keys: dict[str, Plain]) -> RunnerProfile:
    sizes = {key: _quantity(file, name, key, keys.get(key, 0), parse_bytes) for key in _SIZES}
    limit = keys.get("time_limit")
    if sizes["used_at_start"] >= sizes["memory"]:
        raise file.error("the memory used at the start is all the memory there is.", ("runners", name, "used_at_start"))
    return RunnerProfile(
        name=name,
        labels=tuple(cast("list[str]", keys["labels"])),
        kind=RunnerKind(keys["kind"]),
        architecture=str(keys.get("architecture", "x64")),
        visibility=Visibility(keys.get("visibility", "any")),
        cpus=float(cast("float", keys["cpus"])),
        memory_bytes=sizes["memory"],
        used_at_start_bytes=sizes["used_at_start"],
        swap_bytes=sizes["swap"],
        disk_bytes=sizes["disk"] if "disk" in keys else None,
        time_limit_seconds=None if limit is None else _quantity(file, name, "time_limit", limit, parse_seconds),
        price_per_minute_dollars=cast("float | None", keys.get("price_per_minute")),
        tmp_in_memory=bool(keys.get("tmp_in_memory", False)),
        minimal_container=bool(keys.get("minimal_container", False)),
        source=str(keys["source"]),
        date=str(keys["date"]),
        notes=str(keys.get("notes", "")),
    )


def _quantity(file: YamlFile, name: str, key: str, value: Plain, parse: Callable[[Any], Number]) -> Number:
    try:
        return parse(value)
    except ValueError as error:
        raise file.error(f"{error}.", ("runners", name, key)) from None
