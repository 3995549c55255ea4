"""The statuses ``codecov.yml`` asks Codecov to post, and whether one can go red.

Source: codecov/shared, ``user_schema.py``. A status blocks only where branch protection requires it.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place
from covpath.terms import Tri
from covpath.yamltext.nodes import Mapping, Node, Scalar, deref
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode

CODECOV_PATHS = ("codecov.yml", ".codecov.yml", ".github/codecov.yml", ".github/.codecov.yml", "codecov.yaml",
                 ".codecov.yaml", "dev/codecov.yml", "dev/.codecov.yml")  # fmt: skip
"""Where Codecov looks for the file, in this repository."""

_KINDS = ("project", "patch", "changes")


class CodecovStatus(Struct, frozen=True, kw_only=True):
    """A status check. ``can_fail``: whether it may end red; ``target`` and ``threshold`` as written."""

    name: str
    can_fail: Tri
    informational: bool
    target: str | None
    threshold: str | None
    place: Place


def codecov_statuses(path: str, data: bytes) -> tuple[CodecovStatus, ...]:
    """The statuses of a file; project and patch are on unless they are switched off.

    Raises InputError with a place for what is not YAML.
    """
    document = read(decode(path, data), strict=False)
    coverage = _inside(document.root, "coverage")
    if coverage is None:
        return tuple(_default(document, kind) for kind in ("project", "patch"))
    status = coverage.find("status")
    if status is None:
        return tuple(_default(document, kind) for kind in ("project", "patch"))
    value = deref(status.value)
    if isinstance(value, Scalar):
        on = value.data() is not False and value.value not in ("off", "no")
        return tuple(_default(document, kind, status.value) for kind in ("project", "patch")) if on else ()
    return tuple(_listed(document, value)) if isinstance(value, Mapping) else ()


def _listed(document: Document, status: Mapping) -> Iterator[CodecovStatus]:
    for kind in _KINDS:
        entry = status.find(kind)
        if entry is None:
            if kind != "changes":
                yield _default(document, kind)
            continue
        value = deref(entry.value)
        if isinstance(value, Scalar):
            if not _is_off(value):
                yield _default(document, kind, entry.key)
        elif isinstance(value, Mapping):
            for one in value.entries:
                settings = deref(one.value)
                name = f"codecov/{kind}" + ("" if one.key.value == "default" else f"/{one.key.value}")
                if isinstance(settings, Mapping):
                    if not _is_off(deref(settings.get("enabled") or one.key)):
                        yield _status(document, name, settings, one.key)
                elif not _is_off(settings):
                    yield _named(document, name, one.key)


def _is_off(node: object) -> bool:
    return isinstance(node, Scalar) and (node.data() is False or node.value in ("off", "no"))


def _status(document: Document, name: str, settings: Mapping, key: Node) -> CodecovStatus:
    informational = deref(settings.get("informational") or key)
    quiet = isinstance(informational, Scalar) and informational is not key and informational.data() is True
    return CodecovStatus(
        name=name,
        can_fail=Tri.of(not quiet),
        informational=quiet,
        target=_text(settings, "target"),
        threshold=_text(settings, "threshold"),
        place=document.source.place((informational if quiet and isinstance(informational, Scalar) else key).start),
    )


def _named(document: Document, name: str, key: Node) -> CodecovStatus:
    return CodecovStatus(
        name=name, can_fail=Tri.TRUE, informational=False, target=None, threshold=None,
        place=document.source.place(key.start),
    )  # fmt: skip


def _default(document: Document, kind: str, node: Node | None = None) -> CodecovStatus:
    return CodecovStatus(
        name=f"codecov/{kind}", can_fail=Tri.TRUE, informational=False, target=None, threshold=None,
        place=document.source.place(node.start if node is not None else 0),
    )  # fmt: skip


def _text(settings: Mapping, key: str) -> str | None:
    node = settings.get(key)
    real = deref(node) if node is not None else None
    return real.value if isinstance(real, Scalar) else None


def _inside(root: Node | None, key: str) -> Mapping | None:
    real = deref(root) if root is not None else None
    node = real.get(key) if isinstance(real, Mapping) else None
    inner = deref(node) if node is not None else None
    return inner if isinstance(inner, Mapping) else None
