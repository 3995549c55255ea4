from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.terms import Tri
from covpath.workflow.expressions.contexts import Contexts, Status, partly
from covpath.workflow.expressions.evaluate import evaluate
from covpath.workflow.expressions.parse import parse
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import (
    MAX_ALTERNATIVES,
    Object,
    Unknown,
    Value,
    pattern,
    truthy,
    unknown,
    unknown_text,
    value_of,
)
from expression_samples import admits, contexts, expression, plain

COMPLETIONS = 6


def _leaves(data: Any, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Every place in the data that could be unknown, the containers included."""
    found = [path] if path else []
    if isinstance(data, dict):
        found += [leaf for key, item in data.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(data, list):
        found += [leaf for number, item in enumerate(data) for leaf in _leaves(item, (*path, number))]
    return found


def _with(data: Any, path: tuple[object, ...], value: object) -> Any:
    if not path:
        return value
    if isinstance(data, list):
        return [_with(item, path[1:], value) if number == path[0] else item for number, item in enumerate(data)]
    return {key: _with(item, path[1:], value) if key == path[0] else item for key, item in data.items()}


def _completed(known: dict[str, Any], random: Random) -> dict[str, Any]:
    """``known`` among keys that were not."""
    others = {
        key: plain(random) for key in random.sample(["result", "os", "rust", "more", "job9"], random.randrange(4))
    }
    entries = list((others | known).items())
    random.shuffle(entries)
    return dict(entries)


def _outside(path: tuple[object, ...], others: list[tuple[object, ...]]) -> bool:
    return not any(path[: len(other)] == other or other[: len(path)] == path for other in others)


def _value(text: str, data: dict[str, Any], status: Status) -> Value | ExpressionError:
    try:
        return evaluate(parse(text), Contexts.of(data, status=status))
    except ExpressionError as error:
        return error


def _status(random: Random) -> Status:
    return random.choice(
        [
            Status(success=Tri.TRUE, failure=Tri.FALSE, cancelled=Tri.FALSE),
            Status(success=Tri.FALSE, failure=Tri.TRUE, cancelled=Tri.FALSE),
            Status(success=Tri.FALSE, failure=Tri.FALSE, cancelled=Tri.TRUE),
        ]
    )


def check_sound(random: Random) -> bool:
    """Takes knowledge away from one evaluation; whatever is still claimed must hold however it comes back."""
    data = contexts(random)
    holes: list[tuple[object, ...]] = []
    for leaf in random.sample(places := _leaves(data), min(len(places), random.randrange(1, 4))):
        if _outside(leaf, holes):
            holes.append(leaf)
    blank = data
    for hole in holes:
        blank = _with(blank, hole, unknown(".".join(map(str, hole))))
    statuses = [_status(random)]
    blank_status = statuses[0]
    if random.random() < 0.3:
        statuses, blank_status = [_status(random) for _ in range(COMPLETIONS)], Status()
    kept = {}
    whole = [name for name, item in blank.items() if isinstance(item, dict)]
    if whole and random.random() < 0.4:
        name = random.choice(whole)
        keys = random.sample(list(data[name]), random.randrange(len(data[name]) + 1))
        kept = {name: keys}
        blank = {**blank, name: partly(name, {key: blank[name][key] for key in keys})}
    text = expression(random)
    if random.random() < 0.2:
        text = text.replace("null", "fromJSON('{')")
    claimed = _value(text, blank, blank_status)
    for number in range(COMPLETIONS):
        full = data
        for hole in holes if number else []:
            full = _with(full, hole, plain(random))
        for name, keys in kept.items() if number else ():
            full = {**full, name: _completed({key: full[name][key] for key in keys}, random)}
        true = _value(text, full, statuses[number % len(statuses)])
        if isinstance(claimed, ExpressionError):
            assert isinstance(true, ExpressionError), f"{text}: not certain to fail with {full}"
        elif not isinstance(true, ExpressionError):  # a claim is about what does not fail
            assert not isinstance(true, Unknown), f"{text}: unknown with everything known"
            assert admits(claimed, true), f"{text}: {claimed!r} does not allow {true!r} with {full}"
            assert truthy(claimed) in {Tri.UNKNOWN, truthy(true)}, text
    assert not isinstance(claimed, Unknown) or claimed.names, f"{text}: unknown for no reason"
    return isinstance(claimed, Unknown)


@settings(max_examples=400, deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_claim_is_wrong_however_the_unknown_turns_out(random: Random) -> None:
    check_sound(random)


def test_no_claim_is_wrong_in_many_more_cases() -> None:
    random = Random(7)
    unknowns = sum(check_sound(random) for _ in range(2_000))
    assert unknowns > 200, "the test takes away what the expressions read"


NEEDS = {"a": {"result": "failure"}, "b": {"result": unknown("needs.b.result")}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("false && github.ref", Tri.FALSE),
        ("github.ref && false", Tri.FALSE),
        ("true && github.ref", Tri.UNKNOWN),
        ("true || github.ref", Tri.TRUE),
        ("github.ref || true", Tri.TRUE),
        ("github.ref || 'main'", Tri.TRUE),
        ("false || github.ref", Tri.UNKNOWN),
        ("!github.ref", Tri.UNKNOWN),
        ("github.ref == 'x'", Tri.UNKNOWN),
        ("github.ref == 'x' || github.ref != 'x'", Tri.UNKNOWN),  # each is asked by itself
        ("github.ref == github", Tri.UNKNOWN),
        ("contains(needs.*.result, 'failure')", Tri.TRUE),
        ("contains(needs.*.result, 'skipped')", Tri.UNKNOWN),
        ("contains(needs.a.result, 'fail')", Tri.TRUE),
        ("contains(needs.c.result, 'fail')", Tri.FALSE),
        ("contains(needs, github.ref)", Tri.FALSE),
        ("contains(format('x-{0}-y', github.ref), 'X-')", Tri.TRUE),
        ("contains('main', format('z{0}', github.ref))", Tri.FALSE),
        ("startsWith(format('refs/{0}', github.ref), 'REFS')", Tri.TRUE),
        ("startsWith(format('refs/{0}', github.ref), 'refs/heads')", Tri.UNKNOWN),
        ("startsWith(format('refs/{0}', github.ref), 'heads')", Tri.FALSE),
        ("endsWith(format('{0}.rs', github.ref), '.rs')", Tri.TRUE),
        ("endsWith(format('{0}.rs', github.ref), 'x.rs')", Tri.UNKNOWN),
        ("endsWith('a.py', format('{0}.rs', github.ref))", Tri.FALSE),
        ("format('{0} == {1}', github.ref, 'x')", Tri.TRUE),
        ("format('{0}-{1}', github.ref, 'x') == 'main-y'", Tri.FALSE),
        ("format('{0}-{1}', github.ref, 'x') == 'Main-X'", Tri.UNKNOWN),
        ('toJSON(needs.*.result) == \'["failure","success"]\'', Tri.FALSE),
        ("join(needs.*.result, '-') == 'success-success'", Tri.FALSE),
        ("hashFiles('**/*.lock') != ''", Tri.UNKNOWN),
        ("fromJSON(vars.X)", Tri.UNKNOWN),
        ("case(github.ref == 'x', 'a', 'b')", Tri.TRUE),
        ("matrix[github.ref] == 'linux'", Tri.UNKNOWN),
        ("matrix[github.ref] == 'windows'", Tri.FALSE),
        ("(github.ref == 'a' && 'x' || 'y') == 'Y'", Tri.UNKNOWN),
        ("(github.ref == 'a' && 'x' || 'y') == 'z'", Tri.FALSE),
        ("join(github.x == 1 && needs || '')", Tri.FALSE),
        ("case(github.x == 1, fromJSON('{'), 'a')", Tri.UNKNOWN),
        ("github.x && fromJSON('{')", Tri.UNKNOWN),
        ("contains(github.x, fromJSON('{'))", Tri.UNKNOWN),
        ("(null)[fromJSON('{')]", Tri.FALSE),
        ("success()", Tri.UNKNOWN),
        ("always()", Tri.TRUE),
        ("success('a')", Tri.UNKNOWN),
    ],
)
def test_truth(text: str, expected: Tri) -> None:
    data = Contexts.of({"needs": NEEDS, "matrix": {"os": "linux", "rust": "stable"}})
    assert truthy(evaluate(parse(text), data)) is expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("github.event.pull_request.draft", {"github.event.pull_request.draft"}),
        ("github['event']['x']", {"github.event.x"}),
        ("vars.X == 'a' && inputs.y", {"vars.x", "inputs.y", "vars.X"} - {"vars.x"}),
        ("contains(needs.*.result, 'skipped')", {"needs.b.result"}),
        ("hashFiles('a', github.ref)", {"hashFiles('a', '*')"}),
        ("success() && failure()", {"success()", "failure()"}),
        ("steps.a.outcome == 'failure'", {"steps.a.outcome"}),
        ("env.A || env.B", {"env.A", "env.B"}),
        ("case(github.x == 1, inputs.a, vars.B)", {"github.x", "inputs.a", "vars.B"}),
    ],
)
def test_what_an_unknown_depends_on(text: str, names: set[str]) -> None:
    value = evaluate(parse(text), Contexts.of({"needs": NEEDS}))
    assert isinstance(value, Unknown)
    assert value.names == names
    assert str(value) == f"depends on {', '.join(sorted(names))}"


def test_partly_known_contexts() -> None:
    data = Contexts.of({"github": partly("github", {"event_name": "push"}), "vars": {"A": "1"}})
    assert evaluate(parse("github.event_name"), data) == "push"
    assert evaluate(parse("vars.B"), data) is None
    value = evaluate(parse("github.ref"), data)
    assert isinstance(value, Unknown)
    assert value.names == {"github.ref"}
    assert truthy(evaluate(parse("contains(github.*, 'PUSH')"), data)) is Tri.TRUE
    assert truthy(evaluate(parse("contains(github.*, 'pull_request')"), data)) is Tri.UNKNOWN


def test_texts_keep_what_is_known_of_them() -> None:
    data = Contexts.of({"matrix": {"os": "ubuntu", "rust": unknown_text("matrix.rust")}})
    assert pattern(evaluate(parse("format('test ({0}, {1})', matrix.rust, matrix.os)"), data)) == "test (*, ubuntu)"
    assert pattern(evaluate(parse("matrix.rust"), data)) == "*"
    assert pattern(evaluate(parse("matrix.os"), data)) == "ubuntu"


def test_choices_are_kept_until_there_are_too_many() -> None:
    data = Contexts.of({})
    two = evaluate(parse("github.x == 'a' && 'ubuntu' || 'macos'"), data)
    assert isinstance(two, Unknown)
    assert two.among == ("ubuntu", "macos")
    text = "''"
    for number in range(MAX_ALTERNATIVES + 2):
        text = (
            f"case(github.x == {number}, 'v{number}', {text})"
            if number % 2
            else f"(a == {number} && 'v{number}' || {text})"
        )
    many = evaluate(parse(text), data)
    assert isinstance(many, Unknown)
    assert truthy(many) is Tri.UNKNOWN


def test_the_same_answer_either_way_is_an_answer() -> None:
    assert evaluate(parse("github.x == 'a' && 'same' || 'same'"), Contexts.of({})) == "same"
    assert evaluate(parse("case(github.x == 1, 2, 2)"), Contexts.of({})) == 2


def test_values_come_from_plain_data() -> None:
    value = value_of({"a": [1, True, None], "B": unknown("x")})
    assert isinstance(value, Object)
    assert value.has("b")
    assert isinstance(value.get("b"), Unknown)
    assert value.get("c") is None
