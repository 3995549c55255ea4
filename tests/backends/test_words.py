from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.backends.words import Argument, behind, directory_of, in_directory, plain, texts, words, written


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ()),
        ("a b  c", ("a", "b", "c")),
        ("'a b' \"c d\" e\\ f", ("a b", "c d", "e f")),
        ("x=${{ matrix.a && 'b c' }} y", (None, "y")),
        ("\"$HOME\" '$HOME' \\$HOME a$", (None, "$HOME", "$HOME", "a$")),
        ("`date` $(date) ${X:-y}", (None, None, None)),
        ("a\nb", ("a", "b")),
    ],
)
def test_words(line: str, expected: tuple[str | None, ...]) -> None:
    assert tuple(word.text for word in words(line)) == expected


def test_dollars_are_characters_outside_a_shell() -> None:
    assert texts(words("a $B", shell=False)) == ("a", "$B")
    assert words("$B", shell=False)[0].raw == "'$B'"
    assert words("${{ x }}", shell=False)[0].text is None


def test_an_open_quote_is_an_error() -> None:
    with pytest.raises(ValueError, match="quote"):
        words("a 'b")


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\r\n"), min_size=1)))
def test_quoted_words_come_back(parts: list[str]) -> None:
    line = shlex.join(parts)
    found = words(line)
    assert texts(found) == tuple(parts)
    assert shlex.split(written(found)) == parts


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_text_is_read_or_refused(line: str) -> None:
    try:
        found = words(line)
    except ValueError:
        return
    assert written(found).split() == line.split() or any(word.raw.strip() != word.raw for word in found) or found


@pytest.mark.parametrize(
    ("word", "lead", "raw", "text"),
    [
        ("--cov=src", "--cov=", "src", "src"),
        ('--cov="a b"', "--cov=", '"a b"', "a b"),
        ('"--cov=a b"', "--cov=", "'a b'", "a b"),
        ("--cov=${{ x }}", "--cov=", "${{ x }}", None),
        ("-p$X", "-p", "$X", None),
        ("--cov=", "--cov=", "", ""),
    ],
)
def test_behind(word: str, lead: str, raw: str, text: str | None) -> None:
    assert behind(words(word)[0], lead) == Argument(raw, text)


def test_behind_something_else() -> None:
    assert behind(plain("--other=x"), "--cov=") is None
    assert behind(Argument('"--cov=$X"', None), "--cov=") is None


@pytest.mark.parametrize(
    ("word", "spreads"), [("$X", True), ('"$X"', False), ("a$X", True), ("${{ x }}", True), ("x", False)]
)
def test_may_spread(word: str, spreads: bool) -> None:
    assert words(word)[0].may_spread is spreads


@pytest.mark.parametrize(
    ("directory", "path"),
    [("out", "out/f"), ("./out/", "./out/f"), (".", "f"), ("'a b'", "'a b/f'"), ("$X", "$X/f"), ('"$X"', '"$X"/f')],
)
def test_in_directory(directory: str, path: str) -> None:
    assert in_directory(words(directory)[0], "f").raw == path


@pytest.mark.parametrize(
    ("path", "directory"),
    [
        ("f", None),
        ("a/b/f", "a/b"),
        ("./f", None),
        ("'a b/f'", "'a b'"),
        ("$X/f", "$X"),
        ('"$X/f"', '"$(dirname "$X/f")"'),
        ("out-${{ a/b }}.xml", None),
        ("out/${{ a/b }}.xml", "out"),
    ],
)
def test_directory_of(path: str, directory: str | None) -> None:
    found = directory_of(words(path)[0])
    assert (None if found is None else found.raw) == directory
