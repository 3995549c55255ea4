"""``covpath schema``: the JSON Schemas of the files covpath reads and prints."""

from __future__ import annotations

from importlib.resources import files
from typing import TextIO

from covpath.errors import ExitCode, UsageError

_SUFFIX = ".schema.json"


def schema_names() -> tuple[str, ...]:
    """The names of the packaged schemas, sorted."""
    folder = files("covpath") / "data" / "schemas"
    return tuple(sorted(item.name.removesuffix(_SUFFIX) for item in folder.iterdir() if item.name.endswith(_SUFFIX)))


def run(*, name: str | None, screen: TextIO) -> ExitCode:
    """Print one schema, or the names there are."""
    names = schema_names()
    if name is None:
        screen.write("\n".join(names) + "\n")
        return ExitCode.DONE
    if name not in names:
        raise UsageError(f"there is no schema {name!r}", hint=f"The schemas are {', '.join(names)}.")
    screen.write((files("covpath") / "data" / "schemas" / f"{name}{_SUFFIX}").read_text("utf-8"))
    return ExitCode.DONE
