import math

import pytest

from covpath.yamltext.nodes import Alias, Plain, node_at, resolve_plain, same, to_plain, walk
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode


def document(text: str) -> Document:
    return read(decode("w.yml", text.encode()))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[(word, word) for word in ("on", "yes", "no", "off", "y", "NO", "1:30", "12:30:45", "2_17", "1_000")],
        *[(word, word) for word in ("2026-01-01", "tRue", "nUll", ".iNf", "0o8", "0xg", "1.2.3")],
        *[(word, word) for word in ("+", "-", ".", "1e", "²")],
        *[(word, None) for word in ("", "~", "null", "Null", "NULL")],
        *[(word, True) for word in ("true", "True", "TRUE")],
        *[(word, False) for word in ("false", "False", "FALSE")],
        ("010", 10), ("0755", 755), ("0o10", 8), ("0x1F", 31), ("-7", -7), ("+7", 7),
        ("1e3", 1000.0), ("3.10", 3.1), (".5", 0.5), ("5.", 5.0), ("-1.5E-2", -0.015),
        (".inf", math.inf), ("-.INF", -math.inf), ("+.Inf", math.inf), ("9" * 400, math.inf), ("0" * 5000 + "1", 1.0),
    ],
)  # fmt: skip
def test_plain_scalars_are_read_as_github_reads_them(text: str, value: Plain) -> None:
    assert same(resolve_plain(text), value)


def test_not_a_number_equals_itself() -> None:
    assert same(resolve_plain(".NaN"), resolve_plain(".nan"))


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), (1, True), (1, "1"), (None, ""), ([], {}), ({"a": 1}, {"a": 1.0})]
)
def test_data_of_different_type_differ(one: Plain, other: Plain) -> None:
    assert not same(one, other)
    assert same(one, one)


def test_data_of_quoted_tagged_and_aliased_nodes() -> None:
    text = "a: '1'\nb: !!str 1\nc: !!bool \"true\"\nd: &x [1, {e: ~}]\nf: *x\ng: ! 12\n"
    root = document(text).root
    assert root is not None
    data = {"a": "1", "b": "1", "c": True, "d": [1, {"e": None}], "f": [1, {"e": None}]}
    assert same({**to_plain(root), "g": None}, {**data, "g": None})  # type: ignore[dict-item]


def test_routes_lead_through_aliases_but_walking_does_not() -> None:
    root = document("a: &x\n  - b: 1\nc: *x\n").root
    assert root is not None
    assert isinstance(node_at(root, ("c",)), Alias)
    assert node_at(root, ("c", 0, "b")) is node_at(root, ("a", 0, "b"))
    assert node_at(root, ("c", 1)) is None
    assert node_at(root, ("c", "b")) is None
    assert [route for route, _ in walk(root)] == [(), ("a",), ("a", 0), ("a", 0, "b"), ("c",)]
