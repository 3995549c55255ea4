from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from covpath.gate.tracing import claims
from covpath.gate.tracing.claims import NAMED, mentions_coverage
from covpath.gate.tracing.worth_following import is_given
from covpath.workflow.model import Step
from covpath.workflow.reading import read_workflow

PIECES = (
    "c",
    "ov",
    "cov",
    "erage",
    "COV",
    "test-results",
    "coverity",
    "--no-cov",
    "type coverage",
    " ",
    "x",
    "install",
)
LINES = (
    "$CMD x",
    "  $CMD",
    "${{ inputs.run }}",
    'A=1 B=$(x) "$RUN"',
    'A=1 "$RUN"',
    "echo $X",
    "",
    "A=$B",
    "A=b ${C}",
    "\t'$D'",
)


def step(script: str) -> Step:
    lines = "".join(f"          {line}\n" for line in script.split("\n"))
    text = f"on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n          :\n{lines}"
    return next(iter(read_workflow("w.yml", text.encode()).jobs.values())).steps[0]


@given(st.lists(st.sampled_from(PIECES), max_size=6))
@example(["c", "test-results", "ov"])
def test_a_text_in_which_nothing_is_looked_for_names_no_coverage(pieces: list[str]) -> None:
    text = "".join(pieces)
    left = claims._NOT_COVERAGE.sub("", claims._INSTALL.sub("", claims.COMMENT.sub("", text)))
    assert mentions_coverage(step(text)) is (NAMED.search(left) is not None)


WORDS = (
    *(
        "cov",
        "-cover",
        "jacoco",
        "kover",
        "Clover",
        ".info",
        "slather",
        "BISECT",
        "tarpaulin",
        "slipcover",
        "slipcovers",
    ),
    *("er", "age", "over", "covers", "covid", "k", "cl", "slip", "-", " ", "x", "\u0130"),
)


@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=4), max_size=4))
@example([["-cover"], ["slip", "cover"], ["x", "kover"], ["covid"]])
@example([["slip", "cov", "er", "age"]])
def test_hints_stand_in_the_lines_where_the_pattern_finds_one(lines: list[list[str]]) -> None:
    texts = ["".join(words) for words in lines]
    text = "\n".join(texts)
    found = claims.hints(text)
    low = text.lower() if len(text.lower()) == len(text) else text
    assert list(found) == sorted(found)
    assert claims.has_hint(text) is bool(found)
    start = 0
    for line in texts:
        end = start + len(line)
        held = any(claims._HINT.match(low, position) for position in range(start, end))
        assert any(start <= position < end for position in found) is held
        start = end + 1


@pytest.mark.parametrize(("script", "given_"), [(line, line not in ("echo $X", "", "A=$B")) for line in LINES])
def test_a_line_that_begins_with_what_a_variable_holds(script: str, given_: bool) -> None:
    if "$(" in script:
        given_ = False
    assert is_given(step(script)) is given_


@given(st.lists(st.sampled_from(LINES), max_size=4))
def test_a_script_is_given_where_one_of_its_lines_is(lines: list[str]) -> None:
    pattern = r"^[ \t]*(?:\w+=[^\s(`]*[ \t]+)*[\"']?(?:\$\{\{|\$\w+|\$\{\w+\})"
    asked = step("\n".join(lines))
    assert asked.run is not None
    assert is_given(asked) is (re.search(pattern, asked.run.value, re.MULTILINE) is not None)
