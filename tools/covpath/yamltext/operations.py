"""The edits one can ask for: set, add, remove, insert; each one range of text, or a refusal.

Every function looks at the tree and returns an Edit of the text; None where the data is as
asked already. Nothing is written or proved here: see ``rewriting`` and ``proof``.
"""

from __future__ import annotations

from collections import Counter

from covpath.errors import InputError, Refusal
from covpath.yamltext import block, flow, replacing
from covpath.yamltext.comments import comments, comments_between
from covpath.yamltext.edit import Change, ChangeKind, Edit
from covpath.yamltext.nodes import Mapping, Plain, Route, Scalar, Sequence, deref, node_at, same, to_plain
from covpath.yamltext.reading import Document, read
from covpath.yamltext.sites import Site, locate, refuse_lost_anchors, show


def set_value(document: Document, route: Route, value: Plain, *, shared: bool = False, why: str = "") -> Edit | None:
    """Give the node at a route another value, in the style it has where the value allows it.

    An alias is replaced by the value; text that aliases use is refused unless ``shared``.
    """
    found = node_at(document.root, route) if document.root is not None else None
    if found is not None and same(to_plain(found), value):
        return None
    site = locate(document, route, shared=shared)
    start, end, new = replacing.replace(document, site, value)
    return _edit(document, start, end, new, why or f"set {show(route)}", _changes(site, ChangeKind.SET, value))


def set_key(
    document: Document,
    route: Route,
    key: str,
    value: Plain,
    *,
    before: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    shared: bool = False,
    why: str = "",
) -> Edit | None:
    """Set a key of the mapping at a route, or add it.

    A new key goes before the first of ``before`` that is there, else after the last of
    ``after`` that is there; else before a last entry that is a list of mappings, else at the
    end. A mapping that is still empty is begun.
    """
    if document.root is not None and node_at(document.root, (*route, key)) is not None:
        return set_value(document, (*route, key), value, shared=shared, why=why)
    site = locate(document, route, shared=shared, enter=True)
    mapping = deref(site.node)
    why = why or f"add {key} to {show(route)}"
    if isinstance(mapping, Scalar) and mapping.data() is None:
        start, end, new = replacing.replace(document, site, {key: value})
        change = _changes(site, ChangeKind.SET, {key: value})
        return _edit(document, start, end, new, why, change)
    if not isinstance(mapping, Mapping):
        raise _not_a(document, site, "mapping")
    for entry in mapping.entries:
        if entry.key.value.lower() == key.lower():
            raise Refusal(
                f"{show(route)} has the key {entry.key.value}, which GitHub does not tell from {key}.",
                place=document.source.place(entry.key.start),
                hint=f"Write it {key} first.",
            )
    index = _position(mapping, before, after)
    add = flow.add_entry if mapping.flow else block.add_entry
    start, end, new = add(document, mapping, index, key, value)
    changes = tuple(Change((*each, key), ChangeKind.ADDED, value) for each in site.routes)
    return _edit(document, start, end, new, why, changes)


def remove_key(
    document: Document, route: Route, *, prune: bool = False, shared: bool = False, why: str = ""
) -> Edit | None:
    """Remove the entry at a route, with the comment on its line; None where there is none.

    The last entry of a mapping goes only with the mapping itself, when ``prune`` says so.
    """
    *above, key = route
    holder = locate(document, tuple(above), shared=shared, enter=True)
    mapping = deref(holder.node)
    if not isinstance(mapping, Mapping) or not isinstance(key, str):
        raise _not_a(document, holder, "mapping")
    index = next((i for i, entry in enumerate(mapping.entries) if entry.key.value == key), None)
    if index is None:
        return None
    if len(mapping.entries) == 1:
        if not prune or not above or not isinstance(above[-1], str):
            raise Refusal(
                f"{key} is the only entry of {show(tuple(above))}, which would be left empty.",
                place=document.source.place(mapping.entries[0].key.start),
                hint="Remove the whole of it.",
            )
        return remove_key(document, tuple(above), prune=True, shared=shared, why=why or f"remove {show(route)}")
    cut = flow.remove_entry if mapping.flow else block.remove_entry
    start, end, new = cut(document, mapping, index)
    refuse_lost_anchors(document, start, end)
    changes = tuple(Change((*each, key), ChangeKind.REMOVED) for each in holder.routes)
    return _edit(document, start, end, new, why or f"remove {show(route)}", changes)


def insert_item(
    document: Document, route: Route, index: int, value: Plain, *, shared: bool = False, why: str = ""
) -> Edit:
    """Insert an item before the one at ``index`` (the length: at the end) of the sequence at a route."""
    site = locate(document, route, shared=shared, enter=True)
    sequence = _sequence(document, site)
    if not 0 <= index <= len(sequence.items):
        raise Refusal(
            f"{show(route)} has no place {index}.",
            place=document.source.place(sequence.start),
            hint=f"It has {len(sequence.items)} items.",
        )
    add = flow.add_item if sequence.flow else block.add_item
    start, end, new = add(document, sequence, index, value)
    changes = tuple(Change((*each, index), ChangeKind.ADDED, value) for each in site.routes)
    return _edit(document, start, end, new, why or f"insert {show((*route, index))}", changes)


def remove_item(document: Document, route: Route, *, shared: bool = False, why: str = "") -> Edit:
    """Remove an item of a sequence; the last one left is refused."""
    *above, index = route
    site = locate(document, tuple(above), shared=shared, enter=True)
    sequence = _sequence(document, site)
    if not isinstance(index, int) or not 0 <= index < len(sequence.items):
        raise Refusal(
            f"has no {show(route)}.",
            place=document.source.place(sequence.start),
            hint=f"{show(tuple(above))} has {len(sequence.items)} items.",
        )
    if len(sequence.items) == 1:
        raise Refusal(
            f"{show(route)} is the only item of {show(tuple(above))}, which would be left empty.",
            place=document.source.place(sequence.items[0].start),
            hint="Remove the whole list.",
        )
    cut = flow.remove_item if sequence.flow else block.remove_item
    start, end, new = cut(document, sequence, index)
    refuse_lost_anchors(document, start, end)
    changes = tuple(Change((*each, index), ChangeKind.REMOVED) for each in site.routes)
    return _edit(document, start, end, new, why or f"remove {show(route)}", changes)


def _edit(document: Document, start: int, end: int, new: str, why: str, changes: tuple[Change, ...]) -> Edit:
    """The edit without what it leaves as it is, and with the comments it loses."""
    old = document.source.text[start:end]
    gone = _gone(document, start, end, new)
    shortest = min(len(old), len(new))
    head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
    tail = next((i for i in range(shortest - head) if old[-1 - i] != new[-1 - i]), shortest - head)
    return Edit(start + head, end - tail, new[head : len(new) - tail], why, changes, gone)


def _gone(document: Document, start: int, end: int, new: str) -> tuple[str, ...]:
    """The comments of a range that are no longer there once it is replaced."""
    inside = comments_between(document, start, end)
    if not inside:
        return ()
    text = document.source.text
    try:
        after = read(document.source.with_text(text[:start] + new + text[end:]), strict=False)
    except InputError:
        return inside  # the proof will say what is wrong
    lost = Counter(comment.text for comment in comments(document)) - Counter(each.text for each in comments(after))
    gone = []
    for comment in inside:
        if lost[comment]:
            lost[comment] -= 1
            gone.append(comment)
    return tuple(gone)


def _changes(site: Site, kind: ChangeKind, value: Plain) -> tuple[Change, ...]:
    return tuple(Change(route, kind, value) for route in site.routes)


def _sequence(document: Document, site: Site) -> Sequence:
    sequence = deref(site.node)
    if not isinstance(sequence, Sequence) or not sequence.items:
        raise _not_a(document, site, "list with items")
    return sequence


def _not_a(document: Document, site: Site, kind: str) -> Refusal:
    return Refusal(
        f"{show(site.route)} is not a {kind}.",
        place=document.source.place(site.node.start),
        hint=f"Write it as a {kind} first.",
    )


def _position(mapping: Mapping, before: tuple[str, ...], after: tuple[str, ...]) -> int:
    """The index a new key gets."""
    keys = [entry.key.value for entry in mapping.entries]
    for key in before:
        if key in keys:
            return keys.index(key)
    behind = [keys.index(key) + 1 for key in after if key in keys]
    if behind:
        return max(behind)
    last = deref(mapping.entries[-1].value) if mapping.entries else None
    if isinstance(last, Sequence) and last.items and isinstance(deref(last.items[0]), Mapping):
        return len(keys) - 1
    return len(keys)
