"""Edits made up at random, each with what it does to plain data."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from covpath.yamltext.edit import Edit
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.operations import insert_item, remove_item, remove_key, set_key, set_value
from covpath.yamltext.reading import Document
from generated_workflows import KEYS, NUMBERS, QUOTED, TEXTS, WORDS


@dataclass(frozen=True)
class Asked:
    """An edit to ask for, the data expected after it, and whether asking again must find nothing to do."""

    name: str
    make: Callable[[Document], Edit | None]
    expected: Any
    settles: bool = True


def routes(data: Any, route: tuple[Any, ...] = ()) -> list[tuple[tuple[Any, ...], Any]]:
    """Every route and what is there."""
    found = [(route, data)]
    if isinstance(data, dict):
        return found + [each for key, value in data.items() for each in routes(value, (*route, key))]
    if isinstance(data, list):
        return found + [each for i, value in enumerate(data) for each in routes(value, (*route, i))]
    return found


def changed(data: Any, route: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    """A copy of the data after ``change`` was called with the holder of a route and its last step."""
    result = copy.deepcopy(data)
    holder = result
    for step in route[:-1]:
        holder = holder[step]
    change(holder, route[-1])
    return result


def put(value: Any) -> Callable[[Any, Any], None]:
    def change(holder: Any, step: Any) -> None:
        holder[step] = value

    return change


def new_value(random: Random) -> Any:
    kind = random.random()
    scalar = random.choice(random.choice((WORDS, WORDS, QUOTED, TEXTS, NUMBERS)))
    if kind < 0.7:
        return scalar
    if kind < 0.85:
        return [random.choice(WORDS + QUOTED) for _ in range(random.randint(0, 3))]
    return {key: random.choice(WORDS + QUOTED + TEXTS) for key in random.sample(KEYS, random.randint(0, 2))}


def ask(random: Random, data: Any) -> Asked:
    """One edit that makes sense for the data."""
    everything = routes(data)
    kind = random.choice(("set", "set", "add", "add", "remove", "insert", "take", "part"))
    if kind == "add":
        route, mapping = random.choice([each for each in everything if isinstance(each[1], dict) and each[1]])
        return _add(random, data, route, mapping)
    if kind == "remove":
        route, _ = random.choice([each for each in everything if each[0] and isinstance(each[0][-1], str)])
        return Asked(
            f"remove {route}",
            lambda document: remove_key(document, route),
            changed(data, route, lambda holder, step: holder.pop(step)),
        )
    lists = [each for each in everything if isinstance(each[1], list) and each[1]]
    if kind in ("insert", "take") and lists:
        route, items = random.choice(lists)
        return _insert(random, data, route, items) if kind == "insert" else _take(random, data, route, items)
    texts = [each for each in everything if isinstance(each[1], str) and each[0]]
    if kind == "part":
        route, text = random.choice(texts)
        start = random.randint(0, len(text))
        end = random.randint(start, min(len(text), start + 8))
        new = random.choice(("", "word", "a b", "x\ny", "\n", "it's", '"q"', ": ", " #", "  z\n", "\\"))
        value = text[:start] + new + text[end:]
        return Asked(
            f"replace {start}:{end} of {route} by {new!r}",
            lambda document: replace_in_scalar(document, route, start, end, new),
            changed(data, route, put(value)),
            settles=False,
        )
    route, _ = random.choice([each for each in everything if each[0]])
    value = new_value(random)
    return Asked(
        f"set {route} to {value!r}",
        lambda document: set_value(document, route, value),
        changed(data, route, put(value)),
    )


def _add(random: Random, data: Any, route: tuple[Any, ...], mapping: dict[str, Any]) -> Asked:
    key = random.choice(KEYS)
    value = new_value(random)
    before = tuple(random.sample(list(mapping), random.randint(0, 1)))
    after = tuple(random.sample(list(mapping), random.randint(0, 1)))
    return Asked(
        f"set key {key!r} of {route} to {value!r}, before {before}, after {after}",
        lambda document: set_key(document, route, key, value, before=before, after=after),
        changed(data, (*route, key), put(value)),
    )


def _insert(random: Random, data: Any, route: tuple[Any, ...], items: list[Any]) -> Asked:
    index = random.randint(0, len(items))
    value = new_value(random)
    return Asked(
        f"insert {value!r} at {(*route, index)}",
        lambda document: insert_item(document, route, index, value),
        changed(data, (*route, index), lambda holder, step: holder.insert(step, value)),
        settles=False,
    )


def _take(random: Random, data: Any, route: tuple[Any, ...], items: list[Any]) -> Asked:
    index = random.randrange(len(items))
    return Asked(
        f"remove item {(*route, index)}",
        lambda document: remove_item(document, (*route, index)),
        changed(data, (*route, index), lambda holder, step: holder.pop(step)),
        settles=False,
    )
