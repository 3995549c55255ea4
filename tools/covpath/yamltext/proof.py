"""Proving that a patch did what it said and nothing else, from the bytes and the data alone.

This module shares no code with the operations: it reads the text before and after.
"""

from __future__ import annotations

from collections import Counter

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import InputError, ProofFailed
from covpath.yamltext.comments import comments
from covpath.yamltext.edit import Change, ChangeKind, Patch
from covpath.yamltext.nodes import Alias, Node, Plain, Route, Scalar, Sequence, deref, same
from covpath.yamltext.reading import Document, read
from covpath.yamltext.sites import show


class _Leaf(Struct, frozen=True):
    """A scalar: its data and its text; no text where a change brought it."""

    data: Plain
    text: str | None


class _Tree(Struct, frozen=True):
    """Data with the names of the anchor or alias it is written with."""

    value: _Leaf | list[_Tree] | dict[str, _Tree]
    anchor: str | None = None
    alias: str | None = None
    free: bool = False
    """Whether a change touched it: then its anchor and alias may differ."""


def prove(
    patch: Patch,
    changes: tuple[Change, ...],
    *,
    gone: tuple[str, ...] = (),
    lines: int | None = None,
    before: Document | None = None,
) -> Document:
    """The document after the patch, if the patch does exactly what was declared.

    ``changes`` are applied in turn to the data before and must give the data after; ``gone``
    are the only comments that may be missing; ``lines``, where given, is by how many lines the
    file may grow; ``before`` is the patch's source as read already. Raises ProofFailed with
    the diff.
    """
    after = patch.apply()
    try:
        old = before if before is not None and before.source == patch.source else read(patch.source)
        new = read(after)
    except InputError as error:
        raise _failed(patch, f"the result cannot be read: {error.message}") from error
    _bytes(patch)
    expected = _expected(old, changes, patch)
    found = _tree(new.root) if new.root is not None else _Tree(_Leaf(None, ""))
    difference = _difference(expected, found, ())
    if difference is not None:
        raise _failed(patch, difference)
    _comments(patch, old, new, gone)
    grown = after.text.count("\n") - patch.source.text.count("\n")
    if lines is not None and grown != lines:
        raise _failed(patch, f"the file grows by {grown} lines instead of {lines}")
    return new


def _bytes(patch: Patch) -> None:
    """Outside the edits nothing differs, and the way back leads to the same bytes."""
    before, after = patch.source.text, patch.apply().text
    shift = position = 0
    for edit in patch.in_order():
        if before[position : edit.start] != after[position + shift : edit.start + shift]:
            raise _failed(patch, f"text before {edit.why!r} differs")
        shift += len(edit.new) - (edit.end - edit.start)
        position = edit.end
    if before[position:] != after[position + shift :]:
        raise _failed(patch, "text behind the edits differs")
    if patch.reverse().apply().encode() != patch.source.encode():
        raise _failed(patch, "the reverse patch does not restore the bytes")


def _comments(patch: Patch, old: Document, new: Document, gone: tuple[str, ...]) -> None:
    """Every comment is still there, in the same order, except those declared gone."""
    before = [comment.text for comment in comments(old)]
    after = [comment.text for comment in comments(new)]
    for text, wrong in (
        (_first(Counter(before) - Counter(after) - Counter(gone)), "is lost"),
        (_first(Counter(after) - Counter(before)), "is new"),
        (_first(Counter(gone) - (Counter(before) - Counter(after))), "was said to go but is still there"),
    ):
        if text is not None:
            raise _failed(patch, f"the comment {text!r} {wrong}")
    left = iter(before)
    for text in after:
        if text not in left:  # goes on from where the comment before was found
            raise _failed(patch, f"the comment {text!r} moved")


def _first(texts: Counter[str]) -> str | None:
    return next(iter(texts), None)


def _failed(patch: Patch, message: str) -> ProofFailed:
    return ProofFailed(
        f"a planned edit does not do what it says: {message}.\n{patch.diff()}",
        place=patch.source.place(patch.edits[0].start if patch.edits else 0),
        hint="Nothing was written. This is a mistake in covpath; please report it with the file.",
    )


def _tree(node: Node) -> _Tree:
    real = deref(node)
    alias = node.name if isinstance(node, Alias) else None
    if isinstance(real, Scalar):
        value: _Leaf | list[_Tree] | dict[str, _Tree] = _Leaf(real.data(), real.value)
    elif isinstance(real, Sequence):
        value = [_tree(item) for item in real.items]
    else:
        value = {entry.key.value: _tree(entry.value) for entry in real.entries}
    return _Tree(value, real.anchor, alias)


def _plain_tree(data: Plain) -> _Tree:
    if isinstance(data, list):
        return _Tree([_plain_tree(item) for item in data], free=True)
    if isinstance(data, dict):
        return _Tree({key: _plain_tree(item) for key, item in data.items()}, free=True)
    return _Tree(_Leaf(data, None), free=True)


def _expected(old: Document, changes: tuple[Change, ...], patch: Patch) -> _Tree:
    tree = _tree(old.root) if old.root is not None else _Tree(_Leaf(None, ""))
    for change in changes:
        tree = _changed(tree, change, change.route, patch)
    return tree


def _changed(tree: _Tree, change: Change, route: Route, patch: Patch) -> _Tree:
    """The tree with one change made below it."""
    if not route:
        return _plain_tree(change.value)
    step, *rest = route
    value = tree.value
    if isinstance(value, dict) and isinstance(step, str):
        copy = dict(value)
        if rest and step in copy:
            copy[step] = _changed(copy[step], change, tuple(rest), patch)
            return replace(tree, value=copy)
        if not rest and (step in copy) == (change.kind is not ChangeKind.ADDED):
            copy.pop(step) if change.kind is ChangeKind.REMOVED else copy.update({step: _plain_tree(change.value)})
            return replace(tree, value=copy)
    elif isinstance(value, list) and isinstance(step, int) and 0 <= step <= len(value):
        items = list(value)
        if rest and step < len(items):
            items[step] = _changed(items[step], change, tuple(rest), patch)
            return replace(tree, value=items)
        if not rest and (step < len(items) or change.kind is ChangeKind.ADDED):
            new = [] if change.kind is ChangeKind.REMOVED else [_plain_tree(change.value)]
            items[step : step + (change.kind is not ChangeKind.ADDED)] = new
            return replace(tree, value=items)
    raise _failed(patch, f"the declared change {change.kind.value} {show(change.route)} fits no data")


def _difference(expected: _Tree, found: _Tree, route: Route) -> str | None:
    """The first place where the data found is not the data expected, in words."""
    at = show(route)
    if not expected.free and (expected.alias, expected.anchor) != (found.alias, found.anchor):
        return f"an anchor or alias of {at} changed"
    one, other = expected.value, found.value
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return f"the keys of {at} are {', '.join(other)}, not {', '.join(one)}"
        kept = [key for key in other if not one[key].free]
        if kept != [key for key in one if not one[key].free]:
            return f"the order of the keys of {at} changed"
        return next(filter(None, (_difference(one[key], other[key], (*route, key)) for key in one)), None)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{at} has {len(other)} items, not {len(one)}"
        pairs = enumerate(zip(one, other, strict=True))
        return next(filter(None, (_difference(a, b, (*route, i)) for i, (a, b) in pairs)), None)
    if isinstance(one, _Leaf) and isinstance(other, _Leaf):
        if not same(one.data, other.data):
            return f"{at} is {other.data!r}, not {one.data!r}"
        if one.text is not None and one.text != other.text:
            return f"the text of {at} is {other.text!r}, not {one.text!r}"
        return None
    return f"{at} is of another kind"
