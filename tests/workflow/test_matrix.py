from __future__ import annotations

from itertools import product
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.workflow.check_names import check_names
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.evaluate import evaluate
from covpath.workflow.expressions.parse import parse
from covpath.workflow.expressions.template import evaluate_data
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Array, Object, Unknown, Value, pattern, unknown
from covpath.workflow.legs import MAX_LEGS, NO_MATRIX, Leg, Presence, contexts_of
from covpath.workflow.matrix import expand
from covpath.workflow.matrix_matching import asked_of, matches
from covpath.workflow.matrix_reading import MatrixError, read_matrix
from expression_samples import admits

NOTHING = Contexts.of({})


def _plain(value: Value) -> object:
    match value:
        case Array(items=items):
            return [_plain(item) for item in items]
        case Object(entries=entries):
            return {key: _plain(item) for key, item in entries.items()}
        case Unknown():
            return "?"
        case _:
            return value


def _legs(matrix: Any, contexts: Contexts = NOTHING) -> list[object]:
    return [_plain(leg.values) for leg in expand(matrix, contexts)]


def test_no_matrix_is_one_leg() -> None:
    assert expand(None, NOTHING) == (NO_MATRIX,)


@pytest.mark.parametrize(
    ("matrix", "legs"),
    [
        (
            {"os": ["linux", "mac"], "python": [3.10, 3.11]},
            [
                {"os": "linux", "python": 3.1},
                {"os": "linux", "python": 3.11},
                {"os": "mac", "python": 3.1},
                {"os": "mac", "python": 3.11},
            ],
        ),
        # exclude: a partial match is enough, and comparison is loose
        (
            {"os": ["linux", "mac"], "n": [1, 2], "exclude": [{"os": "MAC", "n": "1"}]},
            [{"os": "linux", "n": 1}, {"os": "linux", "n": 2}, {"os": "mac", "n": 2}],
        ),
        (
            {"os": ["linux", "mac"], "n": [1, 2], "exclude": [{"os": "mac"}]},
            [{"os": "linux", "n": 1}, {"os": "linux", "n": 2}],
        ),
        # include: alone
        ({"include": [{"os": "linux"}, {"os": "mac", "x": 1}]}, [{"os": "linux"}, {"os": "mac", "x": 1}]),
        # include: extends what matches, one after the other; what matches nothing is a leg of its own
        (
            {
                "tree": ["oak", "elm"],
                "bird": ["owl", "jay"],
                "include": [
                    {"leaf": "green"},
                    {"leaf": "brown", "bird": "owl"},
                    {"tree": "oak", "nut": True},
                    {"tree": "fir"},
                    {"tree": "fir", "bird": "owl"},
                ],
            },
            [
                {"tree": "oak", "bird": "owl", "leaf": "brown", "nut": True},
                {"tree": "oak", "bird": "jay", "leaf": "green", "nut": True},
                {"tree": "elm", "bird": "owl", "leaf": "brown"},
                {"tree": "elm", "bird": "jay", "leaf": "green"},
                {"tree": "fir"},
                {"tree": "fir", "bird": "owl"},
            ],
        ),
        # an excluded combination is not there to be extended
        (
            {"os": ["linux", "mac"], "exclude": [{"os": "mac"}], "include": [{"os": "mac", "x": 1}]},
            [{"os": "linux"}, {"os": "mac", "x": 1}],
        ),
        # mappings as values are compared leaf by leaf
        (
            {"v": [{"a": 1, "b": 2}, {"a": 3, "b": 4}], "exclude": [{"v": {"a": 1}}]},
            [{"v": {"a": 3, "b": 4}}],
        ),
        ({"v": [["x", "y"], ["z"]], "exclude": [{"v": ["x"]}]}, [{"v": ["z"]}]),
        # keys ignore case
        ({"OS": ["linux"], "include": [{"os": "linux", "X": 1}, {"os": "linux", "x": 2}]}, [{"OS": "linux", "X": 2}]),
        # nothing left: the job runs without a matrix
        ({"os": ["linux"], "exclude": [{"os": "linux"}]}, [None]),
        # duplicates stay
        ({"os": ["linux", "linux"]}, [{"os": "linux"}, {"os": "linux"}]),
    ],
)  # fmt: skip
def test_expansion(matrix: object, legs: list[object]) -> None:
    assert _legs(matrix) == legs


def test_expressions_are_evaluated_first() -> None:
    data = Contexts.of({"vars": {"LIST": '["a", "b"]'}, "github": {"ref": "main"}})
    assert _legs({"x": "${{ fromJSON(vars.LIST) }}", "ref": ["v-${{ github.ref }}"]}, data) == [
        {"x": "a", "ref": "v-main"},
        {"x": "b", "ref": "v-main"},
    ]
    whole = Contexts.of({"needs": {"plan": {"outputs": {"matrix": '{"include": [{"k": 1}, {"k": 2}]}'}}}})
    assert _legs("${{ fromJSON(needs.plan.outputs.matrix) }}", whole) == [{"k": 1}, {"k": 2}]


@pytest.mark.parametrize(
    ("matrix", "route"),
    [
        ({}, ()),
        ([1], ()),
        ("text", ()),
        ({"os": []}, ("os",)),
        ({"os": "linux"}, ("os",)),
        ({"os": None}, ("os",)),
        ({"include": []}, ()),
        ({"os": [1], "include": {"a": 1}}, ("include",)),
        ({"os": [1], "include": ["x"]}, ("include", 0)),
        ({"os": [1], "include": [{"os": 1}, {}]}, ("include", 1)),
        ({"os": [1], "exclude": [{}]}, ("exclude", 0)),
        ({"os": [1], "exclude": [{"os": 1, "nope": 1}]}, ("exclude", 0, "nope")),
        ({"a": list(range(17)), "b": list(range(16))}, ()),
        ({f"k{n}": [1, 2, 3] for n in range(200)}, ()),
        ({"include": [{"n": n} for n in range(MAX_LEGS + 1)]}, ()),
    ],
)
def test_refused(matrix: object, route: tuple[object, ...]) -> None:
    with pytest.raises(MatrixError) as caught:
        expand(matrix, NOTHING)  # type: ignore[arg-type]
    assert caught.value.route == route


def test_the_most_legs_there_may_be() -> None:
    assert len(_legs({"a": list(range(16)), "b": list(range(16))})) == MAX_LEGS
    assert len(_legs({"a": list(range(17)), "b": list(range(16)), "exclude": [{"a": 0}]})) == MAX_LEGS


def test_a_broken_expression_is_an_error() -> None:
    with pytest.raises(ExpressionError):
        expand({"os": ["${{ a b }}"]}, NOTHING)


def _described(matrix: Any, contexts: Contexts = NOTHING) -> list[tuple[object, str]]:
    return [(_plain(leg.values), leg.presence.value) for leg in expand(matrix, contexts)]


@pytest.mark.parametrize(
    ("matrix", "legs"),
    [
        ("${{ fromJSON(inputs.matrix) }}", [({}, "any number")]),
        (
            {"os": ["linux", "mac"], "py": "${{ fromJSON(needs.x.outputs.py) }}"},
            [({"os": "linux", "py": "?"}, "any number"), ({"os": "mac", "py": "?"}, "any number")],
        ),
        ({"os": ["linux", "${{ inputs.os }}"]}, [({"os": "linux"}, "one"), ({"os": "?"}, "one")]),
        (
            {"os": ["a", "b"], "exclude": [{"os": "${{ inputs.os }}"}]},
            [({"os": "a"}, "perhaps"), ({"os": "b"}, "perhaps")],
        ),
        (
            {"os": ["a", "b"], "exclude": "${{ fromJSON(inputs.x) }}"},
            [({"os": "a"}, "perhaps"), ({"os": "b"}, "perhaps")],
        ),
        ({"os": ["a"], "include": "${{ fromJSON(inputs.x) }}"}, [({"os": "a"}, "one"), ({}, "any number")]),
        (
            {"os": ["a", "b"], "include": [{"os": "${{ inputs.os }}", "x": 1}]},
            [({"os": "a", "x": "?"}, "one"), ({"os": "b", "x": "?"}, "one"), ({"os": "?", "x": 1}, "perhaps")],
        ),
        (
            {"os": "${{ fromJSON(github.event_name == 'push' && '[\"a\", \"b\"]' || '[\"a\"]') }}"},
            [({"os": "a"}, "one"), ({"os": "b"}, "perhaps")],
        ),
        # the include extends "b" if it is there, and is a leg of its own if it is not
        (
            {
                "os": "${{ fromJSON(github.event_name == 'push' && '[\"a\", \"b\"]' || '[\"a\"]') }}",
                "include": [{"os": "b", "x": 1}],
            },
            [({"os": "a"}, "one"), ({"os": "b", "x": 1}, "perhaps"), ({"os": "b", "x": 1}, "perhaps")],
        ),
        # what an include nobody knows has added may stay
        (
            {"os": ["a"], "include": ["${{ fromJSON(inputs.x) }}", {"os": "${{ inputs.os }}", "x": 1}]},
            [({"os": "a", "x": "?"}, "one"), ({"os": "?", "x": 1}, "perhaps"), ({}, "any number")],
        ),
    ],
)  # fmt: skip
def test_what_is_not_known_is_said(matrix: object, legs: list[object]) -> None:
    assert _described(matrix) == legs


def test_a_leg_knows_what_it_depends_on() -> None:
    (leg,) = expand({"os": ["${{ inputs.os }}"]}, NOTHING)
    assert leg.depends == {"inputs.os"}
    (leg,) = expand({"os": "${{ fromJSON(needs.x.outputs.y) }}"}, NOTHING)
    assert leg.depends == {"needs.x.outputs.y"}


def test_contexts_of_a_leg() -> None:
    legs = expand({"os": ["a", "b"]}, NOTHING)
    seen = contexts_of(legs[1], legs, NOTHING)
    expression = parse("format('{0} {1}/{2} {3}', matrix.os, strategy.job-index, strategy.job-total, matrix.none)")
    assert evaluate(expression, seen) == "b 1/2 "
    open_legs = expand({"os": ["a"], "include": "${{ fromJSON(inputs.x) }}"}, NOTHING)
    seen = contexts_of(open_legs[0], open_legs, NOTHING)
    assert pattern(evaluate(parse("format('{0}-{1}', matrix.os, matrix.more)"), seen)) == "a-*"
    assert isinstance(evaluate(parse("strategy.job-total"), seen), Unknown)


def _random_matrix(random: Random) -> dict[str, Any]:
    values = ["a", "A", "b", 1, 2.5, True, "", None, {"x": 1}, ["p", 2]]
    keys = random.sample(["os", "py", "n"], random.randrange(4))
    matrix: dict[str, Any] = {key: [random.choice(values) for _ in range(random.randrange(1, 4))] for key in keys}
    some = [*keys, "extra", "more"]
    matrix["include"] = [
        {key: random.choice(values) for key in random.sample(some, random.randrange(1, 3))}
        for _ in range(random.randrange(0 if keys else 1, 4))
    ]
    matrix["exclude"] = [
        {key: random.choice(values) for key in random.sample(keys, random.randrange(1, len(keys) + 1))}
        for _ in range(random.randrange(3) if keys else 0)
    ]
    return matrix


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_lists_and_combinations_are_asked_the_same(random: Random) -> None:
    spec = read_matrix(evaluate_data(_blanked(_random_matrix(random), random), NOTHING))
    for wanted in (*spec.excludes, *(Object(include.wanted) for include in spec.includes)):
        asked = asked_of(spec.lists, wanted)
        for positions in product(*(range(len(items)) for items in spec.lists.values())):
            chosen = {name: items[at].value for (name, items), at in zip(spec.lists.items(), positions, strict=True)}
            assert asked.of(positions) is matches(wanted, Object(chosen)), (wanted, chosen)


def _blanked(matrix: dict[str, Any], random: Random) -> Any:
    """The matrix with some of it unknown."""
    hole = unknown("inputs.x")
    if random.random() < 0.05:
        return hole
    result: dict[str, Any] = {}
    for key, items in matrix.items():
        if items and random.random() < 0.2:
            result[key] = hole
        elif key in {"include", "exclude"}:
            result[key] = [_item(item, random) for item in items]
        else:
            result[key] = [hole if random.random() < 0.2 else item for item in items]
    return result


def _item(item: dict[str, Any], random: Random) -> Any:
    if random.random() < 0.1:
        return unknown("inputs.y")
    return {key: unknown("inputs.z") if random.random() < 0.2 else value for key, value in item.items()}


def _covers(claimed: Leg, true: Leg) -> bool:
    if true.values is None or claimed.values is None:
        return claimed.values is true.values or (claimed.values is not None and claimed.values.rest is not None)
    if claimed.values.rest is None and len(claimed.values.entries) < len(true.values.entries):
        return False
    return admits(claimed.values, true.values) or all(
        admits(claimed.values.get(key), value)  # type: ignore[arg-type]
        for key, value in true.values.entries.items()
    )


@settings(max_examples=300, deadline=None)
@given(st.randoms(use_true_random=False))
def test_every_true_leg_is_among_the_claimed_ones(random: Random) -> None:
    matrix = _random_matrix(random)
    true = expand(matrix, NOTHING)
    claimed = expand(_blanked(matrix, random), NOTHING)
    names = check_names("job", None, claimed, NOTHING)
    for leg, (name,) in zip(true, [check_names("job", None, (leg,), NOTHING) for leg in true], strict=True):
        if leg.values is None and any(one.presence is not Presence.ONE for one in claimed):
            continue  # all combinations may be gone
        assert any(_covers(one, leg) for one in claimed), (matrix, leg)
        assert any(one.could_be(name.pattern).value != "false" for one in names), (name.pattern, names)
    certain = [one for one in claimed if one.presence is Presence.ONE]
    assert len(certain) <= len(true)
    for one in certain:
        assert any(_covers(one, leg) for leg in true), (matrix, one)
