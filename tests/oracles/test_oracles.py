from __future__ import annotations

from pathlib import Path

from oracles.github import Answer, ParseError, Question, evaluate_expressions, parse_workflows, schema_contexts
from oracles.linters import actionlint, zizmor

GOOD = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: 'true'\n"
BAD = GOOD.replace("runs-on", "run-on")


def test_one_bad_file_does_not_stop_the_others() -> None:
    parsed = parse_workflows({"good.yml": GOOD, "bad.yml": BAD, "no.yml": "a: [", "empty.yml": ""})
    assert parsed["good.yml"].accepted
    assert ParseError("Unexpected value 'run-on'", 4, 5) in parsed["bad.yml"].errors
    assert not parsed["no.yml"].accepted
    assert not parsed["empty.yml"].accepted


def test_a_file_that_takes_too_long_is_given_up() -> None:
    doubling = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9) if n else '1'}]\n" for n in range(12))
    parsed = parse_workflows({"bomb.yml": doubling, "good.yml": GOOD}, seconds=2)
    assert parsed["bomb.yml"].errors
    assert parsed["good.yml"].accepted


def test_background_steps_are_behind_a_flag() -> None:
    text = GOOD + "        background: true\n"
    assert not parse_workflows({"a.yml": text})["a.yml"].accepted
    assert parse_workflows({"a.yml": text}, background_steps=True)["a.yml"].accepted


def test_expressions_are_evaluated() -> None:
    answers = evaluate_expressions(
        [Question("a.b == 'X'", {"a": {"b": "x"}}), Question("1 +", {}), Question("fromJSON('{')", {})]
    )
    assert answers[0] == Answer(value=True)
    assert answers[1].parse_error
    assert answers[2].evaluation_error


def test_the_schema_can_be_asked() -> None:
    assert schema_contexts()["job-if"][:4] == ("github", "inputs", "vars", "needs")


def test_linters_answer(tmp_path: Path) -> None:
    assert actionlint({"good.yml": GOOD})["good.yml"] == ()
    assert [one.kind for one in actionlint({"bad.yml": BAD})["bad.yml"]] == ["syntax-check", "syntax-check"]
    file = tmp_path / "good.yml"
    file.write_text(GOOD)
    assert {one["ident"] for one in zizmor([file]).findings} >= {"excessive-permissions"}
