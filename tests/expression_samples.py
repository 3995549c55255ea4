"""Random expressions and contexts for the tests of the expression evaluator.

Left out is what GitHub's two own evaluators (C# on the server, TypeScript on npm) do differently; those
differences are tested one by one.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

from covpath.workflow.expressions.compare import can_be
from covpath.workflow.expressions.value import (
    Array,
    Known,
    Object,
    Open,
    Pieces,
    Unknown,
    Value,
    truth,
)

TEXTS = [
    "",
    "a",
    "A",
    "abc",
    "failure",
    "success",
    "ubuntu-latest",
    "0",
    "1",
    "true",
    "x,y",
    "é",
    "É",
    " 1 ",
    "1.5",
    "{0}",
]
NUMBERS = ["0", "1", "-1", "2", "3.10", "1.5", "1e3", "0x1F", "0o17", ".5", "-0", "+2", "NaN", "Infinity", "-Infinity"]
KEYS = ["result", "Result", "os", "rust", "0", "missing"]
CONTEXTS = ["github", "matrix", "needs", "env"]
COMPARISONS = ["==", "!=", "<", "<=", ">", ">="]
STATUS = ["always()", "success()", "failure()", "cancelled()"]


def plain_scalar(random: Random) -> object:
    return random.choice([None, True, False, 0, 1, 2.5, -1, *TEXTS, "it's"])


def plain(random: Random, depth: int = 2) -> object:
    kind = random.random()
    if depth == 0 or kind < 0.5:
        return plain_scalar(random)
    if kind < 0.65:
        return [plain(random, depth - 1) for _ in range(random.randrange(4))]
    return {key: plain(random, depth - 1) for key in random.sample(["result", "os", "rust", "n"], random.randrange(4))}


def contexts(random: Random) -> dict[str, Any]:
    """Plain data of every context; ``needs`` looks like GitHub's."""
    results = ["success", "failure", "cancelled", "skipped"]
    needs = {f"job{n}": {"result": random.choice(results), "outputs": {"os": "a"}} for n in range(random.randrange(4))}
    return {name: plain(random, 3) for name in CONTEXTS if name != "needs"} | {"needs": needs}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def expression(random: Random, depth: int = 4) -> str:
    """Any expression."""
    if depth == 0 or random.random() < 0.15:
        return random.choice([literal, path])(random, 0)
    make = random.choice(
        [literal, path, path, logic, logic, comparison, comparison, negation, function, function, status]
    )
    return make(random, depth - 1)


def literal(random: Random, _depth: int = 0) -> str:
    return random.choice([quoted(random.choice(TEXTS)), random.choice(NUMBERS), "null", "true", "false"])


def path(random: Random, depth: int = 0) -> str:
    if random.random() < 0.3:
        return "needs.*.result"
    text = random.choice(CONTEXTS)
    for _ in range(random.randrange(4)):
        key = random.choice(KEYS)
        steps = [f".{key}", f"['{key}']", ".*", "[0]", "[*]"] if not key.isdigit() else [f"[{key}]"]
        if depth:
            steps.append(f"[{expression(random, depth - 1)}]")
        text += random.choice(steps)
    return text


def logic(random: Random, depth: int) -> str:
    operator = random.choice(["&&", "||"])
    return "(" + f" {operator} ".join(expression(random, depth) for _ in range(random.randrange(2, 4))) + ")"


def comparison(random: Random, depth: int) -> str:
    return f"({expression(random, depth)} {random.choice(COMPARISONS)} {expression(random, depth)})"


def negation(random: Random, depth: int) -> str:
    return f"!{expression(random, depth)}"


def status(random: Random, _depth: int) -> str:
    return random.choice(STATUS)


def function(random: Random, depth: int) -> str:
    def arg() -> str:
        return expression(random, depth)

    name = random.choice(
        ["contains", "contains", "startsWith", "endsWith", "format", "join", "toJSON", "fromJSON", "case"]
    )
    if name in {"contains", "startsWith", "endsWith"}:
        return f"{name}({arg()}, {arg()})"
    if name == "format":
        return f"format('{random.choice(['{0}', 'a{0}b{1}', '{{0}} {1}{1}', 'none'])}', {arg()}, {arg()})"
    if name == "join":
        return f"join({arg()})" if random.random() < 0.5 else f"join({arg()}, {arg()})"
    if name == "toJSON":
        return f"TOJSON({arg()})"
    if name == "fromJSON":
        inside = random.choice(["toJSON({})", "format('[{{0}}]', toJSON({}))"]).format(arg())
        return f"fromJSON({inside})"
    return f"case({arg()} == {arg()}, {arg()}, {arg()})"


def as_plain(value: Value) -> object:
    """A known value in the shape the oracle answers with."""
    match value:
        case Array(items=items):
            return [as_plain(item) for item in items]
        case Object(entries=entries):
            return {"$object": [[key, as_plain(item)] for key, item in entries.items()]}
        case float() if not math.isfinite(value):
            return {"$number": str(value).replace("nan", "NaN").replace("inf", "Infinity")}
        case Unknown():
            raise AssertionError(f"unknown: {value}")
        case _:
            return value


def admits(value: Value, known: Known) -> bool:
    """Whether ``known`` is among what ``value`` says it could be."""
    if isinstance(value, Unknown):
        return any(_admits_one(one, known) for one in value.among)
    return _admits_one(value, known)


def _admits_one(one: Known | Pieces | Open, known: Known) -> bool:
    match one:
        case Open.ANY:
            return True
        case Open.TRUTHY:
            return truth(known) is truth(True)
        case Pieces():
            return isinstance(known, str) and can_be(one, known)
        case Array(items=items, rest=rest):
            if not isinstance(known, Array) or (not rest and len(items) != len(known.items)):
                return False
            return _all_found(items, known.items) if rest else all(map(admits, items, known.items))
        case Object(entries=entries):
            return isinstance(known, Object) and all(
                known.has(key) and admits(item, known.get(key)) for key, item in entries.items()
            )
        case float():
            return isinstance(known, float) and (one == known or (math.isnan(one) and math.isnan(known)))
        case _:
            return type(one) is type(known) and one == known


def _all_found(items: tuple[Value, ...], known: tuple[Value, ...]) -> bool:
    """Whether every item has a counterpart of its own, in any order."""
    if not items:
        return True
    first, *others = items
    return any(
        admits(first, candidate) and _all_found(tuple(others), known[:at] + known[at + 1 :])  # type: ignore[arg-type]
        for at, candidate in enumerate(known)
    )
