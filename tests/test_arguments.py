from __future__ import annotations

import argparse
import re
import shutil

import pytest

from covpath.arguments import build_parser
from covpath.cli import COMMON

VERBS = ("status", "move", "bench", "decide", "audit", "exceptions", "diagnose", "explain", "schema")
WRONG = (
    ["--help"],
    ["-h"],
    ["--nothing"],
    ["--version"],
    ["--version", "--help"],
    ["--format", "yaml"],
    ["--repo"],
    ["a", "b", "c", "d", "--x"],
    ["add"],
    ["add", "--help"],
    ["add", "job", "--dec", "nothing"],
    ["--form", "json", "a", "--nothing=1"],
)


def said(parser: argparse.ArgumentParser, words: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[object, ...]:
    try:
        found: object = vars(parser.parse_args(words))
    except SystemExit as error:
        found = error.code
    return found, *capsys.readouterr()


def without_usage(told: tuple[object, ...]) -> tuple[object, ...]:
    """What is told beside the usage, which is the verb's own where only that is declared."""
    found, out, err = told
    return found, out, re.sub(r"\Ausage: .*\n(?: .*\n)*", "", str(err))


def test_every_verb_is_declared(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(build_parser(), ["--help"], capsys)
    assert [verb for verb in VERBS if f"\n    {verb}" not in str(out)] == []


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("rest", [[], *WRONG], ids=" ".join)
def test_a_verb_alone_is_understood_as_beside_the_others(
    verb: str, rest: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    words = [verb, *rest]
    alone = said(build_parser(verb), words, capsys)
    assert without_usage(alone) == without_usage(said(build_parser(), words, capsys))
    assert not alone[-1] or str(alone[-1]).startswith(f"usage: covpath {verb} ")


@pytest.mark.parametrize("words", sorted(COMMON))
def test_common_words_mean_what_the_parser_would_say(words: tuple[str, ...]) -> None:
    assert vars(build_parser().parse_args(words)) == COMMON[words]


@pytest.mark.parametrize("first", ["statu", "--version", "-h", "", "_verb", "format"])
def test_what_is_no_verb_leaves_all_of_them(first: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(build_parser(first), [first], capsys) == said(build_parser(), [first], capsys)


@pytest.mark.parametrize("words", [["bench", "--help"], ["exceptions", "add", "--help"], ["move", "--write", "--undo"]])
def test_what_is_printed_is_as_wide_as_the_terminal(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = {}
    for columns in (60, 120):
        monkeypatch.setenv("COLUMNS", str(columns))
        _, out, err = said(build_parser(), words, capsys)
        lines[columns] = f"{out}{err}".splitlines()
    assert len(lines[60]) > len(lines[120])
    assert 80 < max(map(len, lines[120])) <= 120


def test_nobody_is_asked_how_wide_the_terminal_is_before_something_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked() -> None:
        raise AssertionError("asked")

    monkeypatch.setattr(shutil, "get_terminal_size", asked)
    assert build_parser().parse_args(["exceptions", "check"]).verb == "exceptions"
