"""The statuses that Codecov posts on pull requests, and whether coverage can turn one red.

Sources: Codecov's own programs, 2026: how the settings of account and repository are merged, which
statuses they ask for, under which names, and how each state is worked out. A status blocks a merge
only where branch protection or another service waits for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.services.loose_yaml import entries, is_null, items, text_of, truth, value_of
from covpath.terms import Reason, Tri
from covpath.yamltext.nodes import Entry, Mapping, Node, deref
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode

PREFIX = "codecov/"
"""How the names of all its statuses begin."""

_DEFAULTS = {"project": Tri.UNKNOWN, "patch": Tri.TRUE, "changes": Tri.FALSE}
_ACCOUNT = Reason(
    code="codecov-account",
    message="is posted by default only for accounts from before 30 April 2024",
)
_BESIDE_KINDS = (
    ("flag_management", "individual_flags", ("name",), "the flag"),
    ("component_management", "individual_components", ("name", "component_id"), "the component"),
)
_SAYS_RED = frozenset({"failure", "error"})
_EVERY_BRANCH = frozenset({"*", "**", ".*", "^.*", "^.*$", ".+"})


class CodecovStatus(Struct, frozen=True, kw_only=True):
    """A status of Codecov's.

    ``posted``: whether pull requests get it, once a report has arrived. ``can_fail``: whether coverage may turn
    it red. ``reasons`` say what makes either untrue or uncertain, each as what the status does, such as
    "is switched off". ``target`` and ``threshold`` are as written, ``place`` is where the status is named. In
    ``name``, ``*`` stands for any flag or component.
    """

    name: str
    posted: Tri
    can_fail: Tri
    reasons: tuple[Reason, ...] = ()
    informational: bool = False
    target: str | None = None
    threshold: str | None = None
    place: Place | None = None

    def is_called(self, check: str) -> bool:
        """Whether it is, or may be, a check of this name."""
        if "*" not in self.name:
            return self.name == check
        before, _, after = self.name.partition("*")
        return len(check) > len(before) + len(after) and check.startswith(before) and check.endswith(after)

    def why(self, *codes: str) -> Reason | None:
        """The first of its reasons with one of these codes."""
        return next((reason for reason in self.reasons if reason.code in codes), None)


class Codecov(Struct, frozen=True, kw_only=True):
    """What Codecov posts on a repository.

    ``path`` is its settings file, None where there is none; ``unused`` are others that it does not read.
    ``waits`` say what else it waits for before it posts anything.
    """

    path: str | None
    statuses: tuple[CodecovStatus, ...]
    unused: tuple[str, ...] = ()
    waits: tuple[Reason, ...] = ()
    readable: bool = True

    def status(self, check: str) -> CodecovStatus | None:
        """The status of this name, or one that may be."""
        named = (one for exactly in (True, False) for one in self.statuses if ("*" not in one.name) is exactly)
        return next((one for one in named if one.is_called(check)), None)


def read_codecov(path: str, data: bytes, unused: Iterable[str] = ()) -> Codecov:
    """The statuses a settings file asks for. Raises InputError with a place for what is not YAML."""
    document = read(decode(path, data), strict=False)
    root = entries(document.root)
    return Codecov(
        path=path,
        statuses=(*_of_coverage(document, root), *_of_flags(document, root)),
        unused=tuple(unused),
        waits=tuple(_waits(document, root)),
    )


def without_file() -> Codecov:
    """What Codecov posts on a repository without settings of its own."""
    return Codecov(path=None, statuses=tuple(_default(kind, None) for kind in ("project", "patch")))


def unreadable(path: str) -> Codecov:
    """What is known where the settings cannot be read: nothing."""
    reason = Reason(code="codecov-unreadable", message=f"is not known: {path} cannot be read", place=Place(path))
    statuses = tuple(
        CodecovStatus(name=PREFIX + kind, posted=Tri.UNKNOWN, can_fail=Tri.UNKNOWN, reasons=(reason,))
        for kind in ("project", "patch")
    )
    return Codecov(path=path, statuses=statuses, readable=False)


def _of_coverage(document: Document, root: dict[str, Entry]) -> Iterator[CodecovStatus]:
    status = entries(value_of(root, "coverage")).get("status")
    place = document.source.place
    if status is not None and not isinstance(deref(status.value), Mapping):
        off = truth(status.value) is Tri.FALSE
        for kind in ("project", "patch"):
            yield _off(kind, place(status.value.start)) if off else _unclear(kind, place(status.key.start))
        return
    asked = entries(status.value) if status is not None else {}
    for kind, posted in _DEFAULTS.items():
        entry = asked.get(kind)
        if entry is not None:
            yield from _of_kind(document, kind, entry)
        elif posted is not Tri.FALSE:
            yield _default(kind, None)


def _default(kind: str, place: Place | None) -> CodecovStatus:
    posted = _DEFAULTS[kind]
    reasons = (_ACCOUNT,) if posted is Tri.UNKNOWN else ()
    return CodecovStatus(name=PREFIX + kind, posted=posted, can_fail=Tri.TRUE, reasons=reasons, place=place)


def _of_kind(document: Document, kind: str, entry: Entry) -> Iterator[CodecovStatus]:
    if not isinstance(deref(entry.value), Mapping):
        yield _simple(document, kind, entry)
        return
    for title, one in entries(entry.value).items():
        name = kind if title == "default" else f"{kind}/{title}"
        if isinstance(deref(one.value), Mapping):
            yield _status(document, name, one.key, entries(one.value))
        else:
            yield _simple(document, name, one)


def _simple(document: Document, name: str, entry: Entry) -> CodecovStatus:
    """A status that is only switched on or off; an empty value switches it off."""
    place, value = document.source.place(entry.key.start), truth(entry.value)
    if value is Tri.TRUE:
        return CodecovStatus(name=PREFIX + name, posted=Tri.TRUE, can_fail=Tri.TRUE, place=place)
    if value is Tri.FALSE or ("/" in name and is_null(entry.value)):
        return _off(name, document.source.place(entry.value.start) if value is Tri.FALSE else place)
    return _unclear(name, place)


def _off(name: str, place: Place) -> CodecovStatus:
    reason = Reason(code="codecov-off", message="is switched off", place=place)
    return CodecovStatus(name=PREFIX + name, posted=Tri.FALSE, can_fail=Tri.FALSE, reasons=(reason,), place=place)


def _unclear(name: str, place: Place) -> CodecovStatus:
    message = "is set to what is neither yes, no, nor settings"
    reason = Reason(code="codecov-unclear", message=message, place=place)
    return CodecovStatus(name=PREFIX + name, posted=Tri.UNKNOWN, can_fail=Tri.UNKNOWN, reasons=(reason,), place=place)


def _status(document: Document, name: str, key: Node, settings: dict[str, Entry]) -> CodecovStatus:
    place = document.source.place
    enabled = settings.get("enabled")
    if enabled is not None and truth(enabled.value) is Tri.FALSE:
        return _off(name, place(enabled.value.start))
    quiet = truth(value_of(settings, "informational")) if "informational" in settings else Tri.FALSE
    harmless = _harmless(document, settings)
    narrow = _branches(document, settings)
    can_fail = Tri.FALSE if quiet is Tri.TRUE or harmless is not None else quiet.negate()
    reasons = [one for one in (_informational(document, settings, quiet), harmless, narrow) if one is not None]
    return CodecovStatus(
        name=PREFIX + name,
        posted=Tri.UNKNOWN if narrow is not None else Tri.TRUE,
        can_fail=can_fail,
        reasons=tuple(reasons),
        informational=quiet is Tri.TRUE,
        target=text_of(value_of(settings, "target")),
        threshold=text_of(value_of(settings, "threshold")),
        place=place(key.start),
    )


def _informational(document: Document, settings: dict[str, Entry], quiet: Tri) -> Reason | None:
    if quiet is Tri.FALSE:
        return None
    place = document.source.place(settings["informational"].key.start)
    written = "is informational" if quiet is Tri.TRUE else "is informational, or not: that cannot be told"
    return Reason(code="codecov-informational", message=written, place=place)


def _harmless(document: Document, settings: dict[str, Entry]) -> Reason | None:
    """A figure so generous that no coverage misses it; a missing report may still count as a failure."""
    if text_of(value_of(settings, "if_not_found")) in _SAYS_RED:
        return None
    written: dict[str, Entry] = {key: settings[key] for key in ("target", "threshold") if key in settings}
    target, threshold = (percentage(text_of(value_of(settings, key))) for key in ("target", "threshold"))
    # Without a figure the base's coverage is the target, which is 100% at most.
    if not written or (100 if target is None else target) - (threshold or 0) > 0:
        return None
    deciding = "threshold" if target != 0 else "target"
    shown = " and ".join(
        f"a {key} of {text_of(entry.value)}" for key, entry in written.items() if target != 0 or key == "target"
    )
    place = document.source.place(written[deciding].key.start)
    return Reason(code="codecov-harmless", message=f"asks for {shown}, which no coverage misses", place=place)


def percentage(written: str | None) -> float | None:
    """A target or threshold as a number of percent; None for ``auto`` and what is no number."""
    match = re.fullmatch(r"\s*([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*%?\s*", written or "")
    return float(match[1]) if match else None


def _branches(document: Document, settings: dict[str, Entry]) -> Reason | None:
    """The branches to whose pull requests a status is confined: Codecov compares the names of their own branches."""
    entry = settings.get("branches")
    names = [name for item in items(entry.value) if (name := text_of(item))] if entry is not None else []
    if entry is None or not names or _EVERY_BRANCH.intersection(names):
        return None
    shown = ", ".join(f"`{name}`" for name in names[:4]) + (" and others" if len(names) > 4 else "")
    message = f"is posted only for pull requests from branches called {shown}"
    return Reason(code="codecov-branches", message=message, place=document.source.place(entry.key.start))


def _of_flags(document: Document, root: dict[str, Entry]) -> Iterator[CodecovStatus]:
    """The statuses of single flags and components: posted where something was uploaded for them."""
    for section, listed, names, what in _BESIDE_KINDS:
        management = entries(value_of(root, section))
        rules = value_of(entries(value_of(management, "default_rules")), "statuses")
        of_any = partial(_flag_status, document, "*", f"{what}s")
        yield from (of_any(one) for one in items(rules) if "type" in entries(one))
        for item in items(value_of(management, listed)):
            told = entries(item)
            own = told.get("statuses")
            name = next((text for key in names if (text := text_of(value_of(told, key)))), None)
            if name is not None:
                statuses = items(own.value if own is not None else rules)
                of_it = partial(_flag_status, document, name, f"{what} `{name}`")
                yield from (of_it(one) for one in statuses if "type" in entries(one))


def _flag_status(document: Document, title: str, whose: str, node: Node) -> CodecovStatus:
    settings = entries(node)
    prefix = text_of(value_of(settings, "name_prefix")) or ""
    kind = text_of(value_of(settings, "type"))
    found = _status(document, f"{kind}/{prefix}{title}", node, settings)
    if found.posted is Tri.FALSE:
        return found
    reason = Reason(code="codecov-flag", message=f"is posted where reports arrive for {whose}", place=found.place)
    return CodecovStatus(
        name=found.name, posted=Tri.UNKNOWN, can_fail=found.can_fail, reasons=(*found.reasons, reason),
        informational=found.informational, target=found.target, threshold=found.threshold, place=found.place,
    )  # fmt: skip


def _waits(document: Document, root: dict[str, Entry]) -> Iterator[Reason]:
    notify = entries(value_of(entries(value_of(root, "codecov")), "notify"))
    count = notify.get("after_n_builds")
    number = text_of(count.value) if count is not None else None
    if count is not None and number is not None and number.isdecimal() and int(number[:9]) > 1:
        place = document.source.place(count.key.start)
        yield Reason(code="codecov-uploads", message=f"posts nothing before upload {number[:9]}", place=place)
    manual = notify.get("manual_trigger")
    if manual is not None and truth(manual.value) is Tri.TRUE:
        place = document.source.place(manual.key.start)
        yield Reason(code="codecov-manual", message="posts nothing before it is told to", place=place)
