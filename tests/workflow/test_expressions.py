from __future__ import annotations

import contextlib
import math
import time

import pytest

from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts, partly
from covpath.workflow.expressions.evaluate import evaluate
from covpath.workflow.expressions.lex import MAX_LENGTH, parse_number
from covpath.workflow.expressions.parse import MAX_DEPTH, parse
from covpath.workflow.expressions.references import references, references_in
from covpath.workflow.expressions.template import evaluate_template, evaluate_text, read_template
from covpath.workflow.expressions.tree import ExpressionError, walk
from covpath.workflow.expressions.value import Value, pattern, show_number

DATA = Contexts.of(
    {
        "github": {"ref": "refs/heads/main", "event": {"number": 7}},
        "matrix": {"python": 3.10, "os": "Linux", "list": ["a", 2, None], "deep": {"x": {"y": True}}},
        "needs": {"a": {"result": "success"}, "b": {"result": "failure"}},
    },
    status=SUCCEEDED,
)


def _value(text: str) -> Value:
    return evaluate(parse(text), DATA)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("matrix.python", 3.1),
        ("matrix['PYTHON']", 3.1),
        ("MATRIX.Python", 3.1),
        ("matrix.list[1]", 2.0),
        ("matrix.list['1']", 2.0),
        ("matrix.list[1.9]", 2.0),
        ("matrix.list[9]", None),
        ("matrix.list[-1]", None),
        ("matrix.os.length", None),
        ("matrix.deep.*.y", "Array"),
        ("join(matrix.list, ';')", "a;2;"),
        ("join(needs.*.result)", "success,failure"),
        ("join(matrix.os)", "Linux"),
        ("join(matrix.deep)", ""),
        ("contains('Hello', 'ELL')", True),
        ("contains(matrix.list, '2')", True),
        ("contains(needs.*.result, 'failure')", True),
        ("startsWith(github.ref, 'REFS/heads/')", True),
        ("endsWith(github.ref, '/MAIN')", True),
        ("startsWith(matrix.list, 'a')", False),
        ("format('{{{0}}} {1}', matrix.os, matrix.python)", "{Linux} 3.1"),
        ("toJSON(matrix.deep)", '{\n  "x": {\n    "y": true\n  }\n}'),
        ("toJSON(fromJSON('[]'))", "[]"),
        ("fromJSON('{\"a\": [1, true]}').a[1]", True),
        ('fromJSON(\'{"a": 1, "A": 2}\').a', 1.0),
        ("'it''s' == 'IT''S'", True),
        ("null == ''", True),
        ("null == 0", True),
        ("'' == 0", True),
        ("true == 1", True),
        ("true == 'true'", False),
        ("'0x10' == 16", True),
        ("NaN == NaN", False),
        ("null == null", True),
        ("null >= null", True),
        ("null > null", False),
        ("'b' > 'A'", True),
        ("matrix.deep == matrix.deep", True),
        ("needs.*.result == needs.*.result", False),
        ("0 || '' || null", None),
        ("1 && 'x'", "x"),
        ("case(matrix.os == 'linux', 'l', fromJSON('{'))", "l"),
        ("success() && !failure() && !cancelled()", True),
    ],
)
def test_value(text: str, expected: object) -> None:
    found = _value(text)
    assert (pattern(found) if expected == "Array" else found) == expected


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0), (" 12\n", 12), ("-.5", -0.5), ("5.", 5), ("1e3", 1000), ("0xFF", 255), ("0o17", 15),
        ("0xFFFFFFFF", -1), ("0x100000000", math.nan), ("0b1", math.nan), ("0XFF", math.nan), ("1_000", math.nan),
        ("1:30", math.nan), ("Infinity", math.inf), ("-Infinity", -math.inf), ("infinity", math.nan), ("١", math.nan),
    ],
)  # fmt: skip
def test_number_of_a_text(text: str, number: float) -> None:
    found = parse_number(text)
    assert found == number or (math.isnan(found) and math.isnan(number))


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3.10, "3.1"), (3.0, "3"), (-0.0, "0"), (0.1 + 0.2, "0.3"), (1e14, "100000000000000"), (1e15, "1E+15"),
        (123456789012345678, "1.23456789012346E+17"), (0.0001, "0.0001"), (0.00001, "1E-05"), (-2.5, "-2.5"),
        (math.nan, "NaN"), (-math.inf, "-Infinity"), (100.0, "100"),
    ],
)  # fmt: skip
def test_numbers_are_shown_as_github_shows_them(number: float, text: str) -> None:
    assert show_number(number) == text


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "expected"),
        ("a &&", 4, "end of expression"),
        ("a b", 2, "'b'"),
        ("a == 'open", 5, "Unexpected symbol"),
        ('a == "x"', 5, "Unexpected symbol"),
        ("foo(a)", 0, "Unrecognized function: 'foo'"),
        ("a || contains(b)", 5, "Too few"),
        ("a || always(b)", 5, "Too many"),
        ("case(true, 1, 2, 3)", 0, "odd"),
        ("a.b[", 4, "end of expression"),
        ("1.2.3", 0, "'1.2.3'"),
    ],
)
def test_error_names_its_place(text: str, offset: int, message: str) -> None:
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text)
    assert caught.value.offset == offset


def test_errors_say_what_to_do() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse('"double"')
    assert caught.value.hint == "Strings are written in single quotes."


def test_depth_and_length_are_bounded_as_on_github() -> None:
    parse("a" + ".b" * (MAX_DEPTH - 1))
    parse("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH)
    parse(" || ".join(["a"] * 4000))  # flattened: two levels
    parse("'" + "x" * (MAX_LENGTH - 2) + "'")
    for text in (
        "a" + ".b" * MAX_DEPTH,
        "!" * MAX_DEPTH + "a",
        "(" * 5000,
        "(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1),
        "a" + "[a" * 5000,
        "==".join(["a"] * (MAX_DEPTH + 1)),
        "format(" * 3000,
        "'" + "x" * (MAX_LENGTH - 1) + "'",
    ):
        with pytest.raises(ExpressionError):
            parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "'" + "''" * 10_400,
        " " * 20_999 + "a",
        "format('" + "{{" * 10_000 + "')",
        "fromJSON('" + "[" * 20_000 + "')",
        "format('{99999999999999999999}', 1)",
        "(" + ", ".join(["a"] * 6_000) + ")",
        "contains('" + "a" * 10_000 + "', '" + "a" * 9_000 + "b')",
    ],
)
def test_hostile_text_is_refused_or_read_at_once(text: str) -> None:
    started = time.perf_counter()
    with contextlib.suppress(ExpressionError):
        _value(text)
    assert time.perf_counter() - started < 1


def test_unknown_alternatives_do_not_multiply_without_end() -> None:
    text = "format('" + "{0}{1}" * 60 + "', github.x == 1 && 'a' || 'b', github.y == 1 && 'c' || 'd')"
    started = time.perf_counter()
    assert "*" in pattern(evaluate(parse(text), Contexts.of({})))
    assert time.perf_counter() - started < 1


def test_references_have_paths_and_places() -> None:
    text = "env.GATE_X == matrix['rust'] && needs.*.result[0] || steps[env.S].outcome == github"
    found = [(str(one), text[one.start : one.end]) for one in references(parse(text))]
    assert found == [
        ("env.GATE_X", "env.GATE_X"),
        ("matrix.rust", "matrix['rust']"),
        ("needs.*.result.0", "needs.*.result[0]"),
        ("steps.*.outcome", "steps[env.S].outcome"),
        ("env.S", "env.S"),
        ("github", "github"),
    ]


def test_references_in_text_count_from_its_start() -> None:
    text = "a ${{ env.A }} b ${{ toJSON( env.B )}}"
    assert [text[one.start : one.end] for one in references_in(text)] == ["env.A", "env.B"]
    assert references_in("env.A") == ()
    assert [str(one) for one in references_in("env.A", bare=True)] == ["env.A"]


def test_a_reference_knows_what_it_reads() -> None:
    (reference,) = references(parse("ENV.gate_x"))
    assert reference.reads("env", "GATE_X")
    assert reference.reads("env")
    assert not reference.reads("env", "OTHER")
    (computed,) = references(parse("env[format('GATE_{0}', 1)]"))
    assert computed.reads("env", "GATE_X")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("", ""),
        ("${{ matrix.python }}", 3.1),
        ("${{matrix.os}}", "Linux"),
        (" ${{ matrix.python }}", " 3.1"),
        ("py${{ matrix.python }} on ${{ matrix.os }}", "py3.1 on Linux"),
        ("${{ 'a }} b' }}", "a }} b"),
        ("${{ matrix.list }}!", "Array!"),
        ("${{ null }}-", "-"),
        ("{0} ${{ matrix.os }}", "{0} Linux"),
        ("$ {{ x }}", "$ {{ x }}"),
        ("${{ matrix.python == '3.1' }}", True),
    ],
)
def test_template(text: str, expected: object) -> None:
    assert evaluate_template(text, DATA) == expected


def test_template_of_what_is_partly_known() -> None:
    data = Contexts.of({"matrix": {"os": "linux"}, "github": partly("github", {})})
    assert pattern(evaluate_text("${{ matrix.os }} / ${{ github.ref }}", data)) == "linux / *"


@pytest.mark.parametrize(
    ("text", "offset"),
    [("a ${{ b", 2), ("${{ 'b }}", 4), ("x ${{ }}", 6), ("x ${{ a b }}", 8), ("${{ a }} ${{ ! }}", 14)],
)
def test_template_errors_count_from_the_texts_start(text: str, offset: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        read_template(text)
    assert caught.value.offset == offset


def test_every_node_spans_its_text() -> None:
    text = "!a.b[ 'c' ] && contains(x.*, 1) || (null == y)"
    spans = {text[node.start : node.end] for node in walk(parse(text))}
    assert {"!a.b[ 'c' ]", "a.b[ 'c' ]", "contains(x.*, 1)", "x.*", "null == y", text.rstrip(")")} <= spans
