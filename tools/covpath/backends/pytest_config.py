"""What pytest's configuration files add to every command line (``addopts``).

Source: pytest's documentation, "Configuration file formats" and "Finding the rootdir": in each directory,
upwards, the first file that has pytest's section decides.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct

from covpath.errors import Place
from covpath.workflow.recipes.ini import read_ini
from covpath.workflow.recipes.links import Reader
from covpath.workflow.recipes.toml_text import Table, line_of, read_toml, table_at

_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
_SECTIONS = {"setup.cfg": "tool:pytest"}
_ALWAYS = frozenset({"pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"})


class Addopts(Struct, frozen=True, kw_only=True):
    """``addopts`` as one line for the shell, and where it is written."""

    text: str
    place: Place


def addopts(arguments: Sequence[str | None], directory: str | None, reader: Reader) -> Addopts | None:
    """What is added to a pytest command line started in ``directory``; None where nothing is, or nobody can tell."""
    if directory is None or any((word or "").startswith(("addopts=", "-oaddopts=")) for word in arguments):
        return None
    for path, text in _candidates(_given(arguments), directory, reader):
        found = _in_toml(path, text) if path.endswith(".toml") else _in_ini(path, text)
        if found is not None:
            return found if found.text else None
    return None


def _given(arguments: Sequence[str | None]) -> str | None:
    """The file that ``-c FILE`` names."""
    for index, word in enumerate(arguments):
        if word in {"-c", "--config-file"} and index + 1 < len(arguments):
            return arguments[index + 1]
        if word is not None and word.startswith("--config-file="):
            return word.partition("=")[2]
    return None


def _candidates(given: str | None, directory: str, reader: Reader) -> Iterator[tuple[str, str]]:
    if given is not None:
        path, text = reader.read(directory, given)
        if text is not None:
            yield path, text
        return
    while True:
        for name in _FILES:
            path, text = reader.read(directory, name)
            if text is not None:
                yield path, text
        if directory in {".", "", "/"}:
            return
        directory = directory.rpartition("/")[0] or "."


def _in_ini(path: str, text: str) -> Addopts | None:
    """None where the file has no section for pytest."""
    name = path.rpartition("/")[2]
    sections = read_ini(text)
    section = sections.get(_SECTIONS.get(name, "pytest"))
    if section is None:
        return Addopts(text="", place=Place(path)) if name in _ALWAYS else None
    lines = section.get("addopts", ())
    words = " ".join(value for _, value in lines if value)
    line = next((number for number, value in lines if "cov" in value), lines[0][0] if lines else None)
    return Addopts(text=words, place=Place(path, line))


def _in_toml(path: str, text: str) -> Addopts | None:
    data = read_toml(text)
    native = path.rpartition("/")[2] != "pyproject.toml"
    table = table_at(data, "pytest") if native else _pyproject(table_at(data, "tool", "pytest"))
    if table is None or (not table and not native):
        return None
    value = table.get("addopts", "")
    words = shlex.join(map(str, value)) if isinstance(value, list) else " ".join(str(value).split())
    line = line_of(text, "addopts", *(["--cov"] if "--cov" in words else []))
    return Addopts(text=words, place=Place(path, line))


def _pyproject(table: Table) -> Table | None:
    """``[tool.pytest.ini_options]``, or pytest 9's own ``[tool.pytest]``."""
    return table_at(table, "ini_options") if "ini_options" in table else (table or None)
