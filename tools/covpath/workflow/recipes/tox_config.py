"""Which file configures tox, read by its kind."""

from __future__ import annotations

import posixpath

from covpath.workflow.recipes.ini import read_ini
from covpath.workflow.recipes.links import Reader
from covpath.workflow.recipes.toml_text import first_text_line, line_of, read_toml, table_at
from covpath.workflow.recipes.tox_ini import config_from_ini
from covpath.workflow.recipes.tox_model import ToxConfig
from covpath.workflow.recipes.tox_toml import config_from_toml


def read_config(given: str | None, directory: str, reader: Reader) -> ToxConfig | None:
    """The configuration that tox would take: ``tox.ini``, ``setup.cfg``, ``pyproject.toml``, ``tox.toml``."""
    for name in (given,) if given else ("tox.ini", "setup.cfg", "pyproject.toml", "tox.toml"):
        path, text = reader.read(directory, name)
        if text is None:
            continue
        root = posixpath.dirname(path) or "."
        if path.endswith(".toml"):
            data = read_toml(text)
            table = data if path.endswith("tox.toml") else table_at(data, "tool", "tox")
            legacy = table_at(data, "tool", "tox").get("legacy_tox_ini")
            if isinstance(legacy, str):
                offset = first_text_line(text, line_of(text, "legacy_tox_ini"))
                return config_from_ini(path, read_ini("\n" * (offset - 1) + legacy), root)
            if table:
                return config_from_toml(path, text, table, root)
            continue
        sections = read_ini(text)
        if path.endswith("setup.cfg"):
            if "tox:tox" not in sections:
                continue
            sections["tox"] = sections["tox:tox"]
        return config_from_ini(path, sections, root)
    return None
