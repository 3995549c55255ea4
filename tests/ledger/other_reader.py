"""Another library's view of a YAML file, to hold ours against."""

from __future__ import annotations

from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor


class _AsStrings(SafeConstructor):
    """Timestamps as the strings they are in the core schema of YAML 1.2."""


_AsStrings.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


def independently(text: str) -> Any:
    """The data of a file as YAML 1.2 (a last line without its end is one all the same)."""
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _AsStrings
    return yaml.load(StringIO(text if text.endswith("\n") else text + "\n"))
