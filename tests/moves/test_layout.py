from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.moves.backend.layout import laid_out, word_by_word
from covpath.workflow.shell.parse import parse_script

WORDS = st.sampled_from(["--one", "--two=2", "-q", "x", "a/b", "'c d'", "--", "-m", "python", "$X", "${{ y }}"])
BLANKS = st.sampled_from([" ", "  ", " \\\n    ", " \\\n  "])


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a --x", "a --x", "a --x"),
        ("a  --x   y", "b --x y", "b --x   y"),
        ("a \\\n  --x \\\n  --y", "a --x --y", "a \\\n  --x \\\n  --y"),
        ("a \\\n  --x 1 \\\n  --y", "a --y", "a \\\n  --y"),
        ("a \\\n  --x 1", "a --z 2 --w", "a \\\n  --z 2 \\\n  --w"),
        ("a --x \\\n  --y", "a --new --x --y", "a --new --x \\\n  --y"),
        ("a \\\n  --x --y", "a --x --y --z", "a \\\n  --x --y --z"),
        ("a \\\n  --x \\\n  -- --t 1", "a --x --z -- --t 1", "a \\\n  --x \\\n  --z \\\n  -- --t 1"),
        ("pytest \\\n  -q", "python -m slipcover -m pytest -q", "python -m slipcover \\\n  -m pytest \\\n  -q"),
        ("a > log --x", "b --x", "b --x"),
    ],
)
def test_layout(old: str, new: str, expected: str) -> None:
    assert laid_out(old, new.split()) == expected


@given(st.lists(st.tuples(WORDS, BLANKS), max_size=8), st.lists(WORDS, max_size=8))
def test_the_command_is_the_one_asked_for(old: list[tuple[str, str]], new: list[str]) -> None:
    before = "run" + "".join(blank + word for word, blank in old)
    commands = parse_script(laid_out(before, ["go", *new])).commands
    assert [word.raw for word in commands[0].words] == ["go", *new]


@given(st.lists(st.tuples(WORDS, BLANKS), max_size=8))
def test_a_command_that_stays_keeps_every_byte(old: list[tuple[str, str]]) -> None:
    before = "run" + "".join(blank + word for word, blank in old)
    assert laid_out(before, ["run", *(word for word, _ in old)]) == before


@given(st.lists(WORDS), st.lists(WORDS))
def test_word_by_word_turns_one_into_the_other(old: list[str], new: list[str]) -> None:
    text = " ".join(["run", *old])
    for start, end, part in word_by_word(text, " ".join(["run", *new])):
        text = text[:start] + part + text[end:]
    assert text.split() == " ".join(["run", *new]).split()
