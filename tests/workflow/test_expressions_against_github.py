from __future__ import annotations

from random import Random

import pytest

from covpath.terms import Tri
from covpath.workflow.expressions.contexts import Contexts, Status
from covpath.workflow.expressions.evaluate import evaluate
from covpath.workflow.expressions.parse import parse
from covpath.workflow.expressions.tree import ExpressionError
from expression_samples import as_plain, contexts, expression
from oracles.github import Question, evaluate_expressions

ROUNDS = 6_000


def _ours(question: Question) -> object:
    status = Status(
        success=Tri.of(question.success), failure=Tri.of(question.failure), cancelled=Tri.of(question.cancelled)
    )
    try:
        return as_plain(evaluate(parse(question.text), Contexts.of(question.contexts, status=status)))  # type: ignore[arg-type]
    except ExpressionError as error:
        return error


def _questions() -> list[Question]:
    random = Random(20_240_229)
    found = []
    while len(found) < ROUNDS:
        text = expression(random, random.randrange(5))
        outcome = random.choice(["success", "failure", "cancelled"])
        found.append(
            Question(
                text,
                contexts(random),
                success=outcome == "success",
                failure=outcome == "failure",
                cancelled=outcome == "cancelled",
            )
        )
    return found


def _same(ours: object, theirs: object) -> bool:
    """Equal, and of the same kind: Python takes True for 1."""
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(_same(ours[key], theirs[key]) for key in ours)
    return isinstance(ours, bool) == isinstance(theirs, bool) and ours == theirs


def test_generated_expressions_have_githubs_values() -> None:
    questions = _questions()
    compared = 0
    for question, answer in zip(questions, evaluate_expressions(questions), strict=True):
        assert answer.parse_error is None, question.text
        assert answer.evaluation_error is None, question.text
        if ("NaN" in question.text or "Infinity" in question.text) and "json" in question.text.lower():
            continue  # TypeScript writes null for them
        compared += 1
        assert _same(_ours(question), answer.value), f"{question.text} with {question.contexts}"
    assert compared > 0.9 * ROUNDS


FAILING = [
    "fromJSON('')",
    "fromJSON('{')",
    "fromJSON('[1,]')",
    "fromJSON('{a: 1}')",
    "fromJSON('NaN')",
    "fromJSON('1 2')",
    "fromJSON(null)",
    "fromJSON(a)",
    "format('{0}')",
    "format('{0')",
    "format('0}')",
    "format('{}', 1)",
    "format('{-1}', 1)",
    "format('{1}', 1)",
    "format('{ 0}', 1)",
    "case('true', 1, 2)",
    "case(1, 1, 2)",
    "case(null, 1, 2)",
    "case(false, 1, a, 2, 3)",
    "a == 'x' || fromJSON('{')",
    "!format('{')",
]
NOT_FAILING = ["a == 'x' && fromJSON('{')", "true || format('{')", "format('{{0}}')", "format('{0}{0}', a, 1)"]


def test_what_fails_there_fails_here() -> None:
    questions = [Question(text, {"a": {}}) for text in FAILING + NOT_FAILING]
    for question, answer in zip(questions, evaluate_expressions(questions), strict=True):
        assert answer.parse_error is None
        assert (answer.evaluation_error is not None) == (question.text in FAILING), question.text
        assert isinstance(_ours(question), ExpressionError) == (question.text in FAILING), question.text


SYNTAX = [
    "a.b",
    "a . b [ 'c' ] . *",
    "a[*].b",
    "(a)[0]",
    "('x')",
    "format('x')[0]",
    "a.true.null",
    "!a",
    "!!a.b",
    "a && b || c && !a",
    "a == b == c",
    "a < b <= c > a >= b != c",
    "a\n\t&&\r\nb",
    ".5 == 0.5",
    "-1 < +1",
    "1e3 == 1E+3",
    "0xff == 0o377",
    "NaN",
    "Infinity",
    "-Infinity",
    "contains(a,b)",
    "CONTAINS ( a , b )",
    "case(true, 1, 2)",
    "'it''s'",
    "''",
    "a_b-c.d-1",
    # not accepted by either
    "",
    " ",
    "a b",
    "a.",
    ".a",
    "a..b",
    "a[",
    "a[]",
    "a[0",
    "(a",
    "a)",
    "()",
    "a &&",
    "&& a",
    "a & b",
    "a | b",
    "a = b",
    "a !",
    "1 2",
    "1.2.3",
    "1a",
    "'open",
    '"double"',
    "'a'[0]",
    "1.a",
    "true.a",
    "a.0",
    "a.'b'",
    "a.(b)",
    "a.b(c)",
    "True",
    "NULL",
    "unknown(a)",
    "contains(a)",
    "contains(a, b, c)",
    "contains(a b)",
    "contains(, a)",
    "case(true, 1)",
    "case(true, 1, 2, 3)",
    "format()",
    "always(a)",
    "a,b",
    "a*b",
    "*",
    "a.*b",
    "-",
    "a-",
    "a #b",
    "ä",
    "a.ä",
]


UNKNOWN_NAMES = {"True", "NULL", "a-"}
"""Names nobody defines: refused there when reading, here by ``availability``."""


def test_syntax_is_accepted_and_refused_as_github_does() -> None:
    data = {"a": {}, "b": {}, "c": {}, "a_b-c": {}}
    answers = evaluate_expressions([Question(text, data) for text in SYNTAX])
    for text, answer in zip(SYNTAX, answers, strict=True):
        if not text.strip() or text in UNKNOWN_NAMES:
            continue
        error = _refusal(text)
        assert (error is not None) == (answer.parse_error is not None), f"{text!r}: {error} or {answer.parse_error}"
        assert error is None or 0 <= error.offset <= len(text)


def _refusal(text: str) -> ExpressionError | None:
    try:
        parse(text)
    except ExpressionError as error:
        return error
    return None


@pytest.mark.parametrize(
    ("text", "theirs", "ours"),
    [
        ("'a''b''c'", "a'b''c", "a'b'c"),  # TypeScript unescapes only the first pair
        ("0XFF == 255", None, "refused"),  # and takes JavaScript's other number prefixes
        ("0b11 == 3", None, "refused"),
        ("format('{0}', 1e21)", "1e+21", "1E+21"),  # the server writes .NET's G15
        ("toJSON(NaN)", "null", "NaN"),
        ("'ß' == 'SS'", True, False),  # the server maps one character to one character
        ("contains(a, b,)", None, "refused"),  # a trailing comma
    ],
)
def test_where_the_two_evaluators_of_github_differ_we_follow_the_server(
    text: str, theirs: object, ours: object
) -> None:
    data = {"a": "x", "b": "y"}
    (answer,) = evaluate_expressions([Question(text, data)])
    assert answer.parse_error is None
    if theirs is not None:
        assert answer.value == theirs
    found = _ours(Question(text, data))
    assert ("refused" if isinstance(found, ExpressionError) else found) == ours
