"""Members of values: ``target.key``, ``target[key]`` and the filter ``target.*``.

Source: actions/runner, ``src/Sdk/Expressions/Sdk/Operators/Index.cs``.
"""

from __future__ import annotations

import math

from msgspec import Struct

from covpath.workflow.expressions.value import (
    Alternative,
    Array,
    Object,
    Open,
    Pieces,
    Unknown,
    Value,
    alternatives,
    names_of,
    number_of,
    one_of,
    text_of,
    unknown,
)


class _Item(Struct, frozen=True):
    """An element that is in a filtered array for certain, or only perhaps."""

    value: Value
    certain: bool


def filtered(value: Value) -> Value:
    """``value.*``."""
    if type(value) is Unknown:
        return Array((), value.names, filtered=True)
    match value:
        case Array(filtered=False):
            return Array(value.items, value.rest, filtered=True)
        case Object():
            return Array(tuple(value.entries.values()), _rest(value), filtered=True)
        case Array():
            parts = [filtered(item) for item in value.items]
            inner = [part for part in parts if isinstance(part, Array)]
            items = tuple(item for part in inner for item in part.items)
            return Array(items, value.rest.union(*(part.rest for part in inner)), filtered=True)
        case _:
            return Array((), filtered=True)


def _rest(value: Object) -> frozenset[str]:
    return frozenset() if value.rest is None else frozenset({f"{value.rest}.*"})


def indexed(target: Value, key: Value) -> Value:
    """``target[key]``; null for a key that is not there."""
    if type(target) is Array and target.filtered:
        return _indexed_each(target, key)
    if type(target) is not Unknown and type(key) is not Unknown:
        return _indexed_known(target, key)
    found: list[Alternative] = []
    names = names_of(target, key)
    for one in alternatives(target):
        value = _indexed_one(one, key)
        names |= names_of(value)
        found.extend(alternatives(value))
    result = one_of(names, found)
    if type(target) is Unknown and type(result) is Unknown and type(key) is not Unknown:
        return Unknown(_longer(target.names, key), result.among)
    return result


def _longer(names: frozenset[str], key: Value) -> frozenset[str]:
    """``github`` becomes ``github.ref``: the name of a single unknown context grows by the key."""
    if len(names) != 1 or not isinstance(key, (str, float)) or any("(" in name for name in names):
        return names
    return frozenset(f"{name}.{text_of(key)}" for name in names)


def _indexed_one(target: Alternative, key: Value) -> Value:
    if type(target) is Open:
        return unknown()
    if type(target) is Array and target.filtered:
        return _indexed_each(target, key)
    if type(key) is Unknown and (type(target) is Array or type(target) is Object):
        return _any_entry(target, key)
    if type(target) is Pieces or type(key) is Unknown:
        return None  # a text has no members, whatever the key
    return _indexed_known(target, key)


def _any_entry(target: Array | Object, key: Unknown) -> Value:
    """What an unknown key could find."""
    if target.rest:
        return unknown(*key.names)
    inside = target.items if isinstance(target, Array) else tuple(target.entries.values())
    found = [alternative for value in inside for alternative in alternatives(value)]
    return one_of(key.names | names_of(*inside), [*found, None])


def _indexed_known(target: Value, key: Value) -> Value:
    assert type(key) is not Unknown, "a key that is known was asked for"
    if type(target) is Object:
        return None if type(key) is Array or type(key) is Object else target.get(text_of(key))
    return _item(target, number_of(key)) if type(target) is Array else None


def _item(array: Array, number: float) -> Value:
    if math.isnan(number) or number < 0 or math.isinf(number):
        return None
    position = math.floor(number)
    if position < len(array.items):
        return array.items[position]
    return unknown(*array.rest) if array.rest else None


def _indexed_each(array: Array, key: Value) -> Value:
    """``needs.*.result``: the key of every member that has it; members are dropped, not made null."""
    items: list[Value] = []
    rest = array.rest
    for member in array.items:
        found = _member(member, key)
        if found is None:
            continue
        if found.certain:
            items.append(found.value)
        else:
            rest |= names_of(member, key) | names_of(found.value)
    return Array(tuple(items), rest, filtered=True)


def _member(member: Value, key: Value) -> _Item | None:
    if type(member) is Unknown:
        maybe = any(isinstance(one, (Open, Array, Object)) for one in alternatives(member))
        return _Item(member, certain=False) if maybe else None
    if type(member) is not Array and type(member) is not Object:
        return None
    if type(key) is Unknown:
        return _Item(key, certain=False)
    if type(member) is Array:
        position = number_of(key)
        inside = not math.isnan(position) and 0 <= position < len(member.items)
        if not inside and member.rest:
            return _Item(unknown(*member.rest), certain=False)
        return _Item(member.items[math.floor(position)], certain=True) if inside else None
    if type(key) is Array or type(key) is Object:
        return None
    name = text_of(key)
    if not member.has(name):
        return None if member.rest is None else _Item(member.get(name), certain=False)
    return _Item(member.get(name), certain=True)
