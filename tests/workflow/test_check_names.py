from __future__ import annotations

from typing import Any

import pytest

from covpath.terms import Tri
from covpath.workflow.check_names import CheckNameResult, check_names
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.legs import Presence
from covpath.workflow.matrix import expand

DATA = Contexts.of({"github": {"ref": "main"}, "vars": {}})


def _checks(
    name: Any = None, matrix: Any = None, callers: tuple[CheckNameResult, ...] = ()
) -> tuple[CheckNameResult, ...]:
    return check_names("test", name, expand(matrix, DATA), DATA, callers)


def _names(name: Any = None, matrix: Any = None) -> list[str | None]:
    return [one.name for one in _checks(name, matrix)]


@pytest.mark.parametrize(
    ("name", "matrix", "names"),
    [
        (None, None, ["test"]),
        ("", None, ["test"]),
        ("Unit tests", None, ["Unit tests"]),
        (3.10, None, ["3.1"]),
        (True, None, ["true"]),
        ("on ${{ github.ref }}", None, ["on main"]),
        ("${{ vars.NONE }}", None, ["test"]),
        (None, {"os": ["linux", "mac"]}, ["test (linux)", "test (mac)"]),
        ("Unit", {"os": ["linux"], "py": [3.10, 3.11]}, ["Unit (linux, 3.1)", "Unit (linux, 3.11)"]),
        ("Unit ${{ matrix.py }}", {"py": [3.10, "3.10"]}, ["Unit 3.1", "Unit 3.10"]),
        ("Unit", {"flag": [True, False]}, ["Unit (true)", "Unit (false)"]),
        # values that include adds to a combination are not shown, those of a leg of its own are
        (
            None,
            {"os": ["linux"], "include": [{"os": "linux", "x": 1}, {"os": "mac", "x": 2}]},
            ["test (linux)", "test (mac, 2)"],
        ),
        # keys of the lists come first, whatever the order they were written in
        (None, {"os": ["linux"], "include": [{"x": 2, "os": "mac"}]}, ["test (linux)", "test (mac, 2)"]),
        # nested values are flattened, empty ones dropped
        (
            None,
            {"v": [{"a": 1, "b": {"c": "x"}}, ["p", "", None]], "w": ["", None]},
            ["test (1, x)", "test (1, x)", "test (p)", "test (p)"],
        ),
        (None, {"v": [""]}, ["test"]),
        (None, {"v": [1e15, 100]}, ["test (1E+15)", "test (100)"]),
        ("${{ vars.NONE }}", {"os": ["linux"]}, ["test (linux)"]),
    ],
)  # fmt: skip
def test_name(name: object, matrix: object, names: list[str]) -> None:
    assert _names(name, matrix) == names


def test_a_long_name_is_cut_at_100_characters() -> None:
    assert _names("x" * 100) == ["x" * 100]
    assert _names("x" * 101) == ["x" * 97 + "..."]
    (found,) = _names("x" * 90, {"v": ["y" * 20]})
    assert found == "x" * 90 + " (yyyyy..."
    assert _names("${{ format('{0}', '" + "x" * 120 + "') }}") == ["x" * 120]


def test_a_called_job_is_named_after_its_caller() -> None:
    callers = check_names("call", None, expand({"os": ["linux", "mac"]}, DATA), DATA)
    found = _checks("Unit", {"n": [1, 2]}, callers)
    assert [one.name for one in found] == [
        "call (linux) / Unit (1)",
        "call (linux) / Unit (2)",
        "call (mac) / Unit (1)",
        "call (mac) / Unit (2)",
    ]
    (nested,) = check_names("deep", None, expand(None, DATA), DATA, found[:1])
    assert nested.name == "call (linux) / Unit (1) / deep"


@pytest.mark.parametrize(
    ("name", "matrix", "patterns"),
    [
        (None, {"py": "${{ fromJSON(inputs.py) }}", "os": ["ubuntu-latest"]}, ["test (*, ubuntu-latest)"]),
        (None, "${{ fromJSON(inputs.matrix) }}", ["test (*)"]),
        ("Test on ${{ matrix.os }}", "${{ fromJSON(inputs.matrix) }}", ["Test on *"]),
        ("${{ inputs.name }}", None, ["*"]),
        ("${{ inputs.name }} / x", None, ["* / x"]),
        ("${{ github.ref }}", {"n": "${{ fromJSON(inputs.n) }}"}, ["main"]),
    ],
)
def test_what_is_not_known_of_a_name_is_a_star(name: object, matrix: object, patterns: list[str]) -> None:
    assert [one.pattern for one in _checks(name, matrix)] == patterns


def test_a_name_that_is_not_known_says_why() -> None:
    (found,) = _checks(None, {"py": "${{ fromJSON(inputs.py) }}", "os": ["ubuntu-latest"]})
    assert found.name is None
    assert found.depends == {"inputs.py"}
    assert found.presence is Presence.ANY_NUMBER
    (called,) = check_names("deep", None, expand(None, DATA), DATA, (found,))
    assert called.pattern == "test (*, ubuntu-latest) / deep"
    assert called.depends == {"inputs.py"}
    assert called.presence is Presence.ANY_NUMBER


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("test (3.12, ubuntu-latest)", Tri.UNKNOWN),
        ("test (ubuntu-latest)", Tri.UNKNOWN),  # the value may turn out empty
        ("test (3.12, mac)", Tri.FALSE),
        ("lint", Tri.FALSE),
        ("test (" + "y" * 91 + "...", Tri.UNKNOWN),
    ],
)
def test_could_be(asked: str, answer: Tri) -> None:
    (found,) = _checks(None, {"py": "${{ fromJSON(inputs.py) }}", "os": ["ubuntu-latest"]})
    assert found.could_be(asked) is answer


def test_a_known_name_is_compared_letter_for_letter() -> None:
    (found,) = _checks("Unit")
    assert found.could_be("Unit") is Tri.TRUE
    assert found.could_be("unit") is Tri.FALSE


def test_a_name_github_cannot_evaluate_is_an_error() -> None:
    with pytest.raises(ExpressionError):
        _checks("${{ fromJSON('{') }}")
