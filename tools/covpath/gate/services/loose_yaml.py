"""Settings of other services as those read them: YAML 1.1 words for yes and no, merge keys, the last of two keys.

Source: PyYAML's safe loader, which Codecov reads with.
"""

from __future__ import annotations

from collections.abc import Mapping as Keys

from covpath.terms import Tri
from covpath.yamltext.nodes import Entry, Mapping, Node, Scalar, Sequence, deref

_YES = frozenset({"yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})
_NO = frozenset({"no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})


def entries(node: Node | None) -> dict[str, Entry]:
    """A mapping's entries by key, those it merges in included; nothing for any other node."""
    real = deref(node) if node is not None else None
    if not isinstance(real, Mapping):
        return {}
    found: dict[str, Entry] = {}
    own = {entry.key.value: entry for entry in real.entries}
    merged = own.pop("<<", None)
    if merged is not None:
        value = deref(merged.value)
        # The first of several mappings wins.
        for one in reversed(value.items) if isinstance(value, Sequence) else (value,):
            found |= entries(one)
    return found | own


def items(node: Node | None) -> tuple[Node, ...]:
    """A list's items; nothing for any other node."""
    real = deref(node) if node is not None else None
    return tuple(real.items) if isinstance(real, Sequence) else ()


def value_of(found: Keys[str, Entry], key: str) -> Node | None:
    """The value of a key, or None."""
    entry = found.get(key)
    return entry.value if entry is not None else None


def text_of(node: Node | None) -> str | None:
    """A scalar's text; None for null and for anything else."""
    real = deref(node) if node is not None else None
    return real.value if isinstance(real, Scalar) and not is_null(real) else None


def is_null(node: Node | None) -> bool:
    """Whether a value is there and empty."""
    real = deref(node) if node is not None else None
    return isinstance(real, Scalar) and real.data() is None


def truth(node: Node | None) -> Tri:
    """What a yes-or-no setting says; unknown where it says neither."""
    real = deref(node) if node is not None else None
    if not isinstance(real, Scalar) or real.style:
        return Tri.UNKNOWN
    return Tri.TRUE if real.value in _YES else Tri.FALSE if real.value in _NO else Tri.UNKNOWN
