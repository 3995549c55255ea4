from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.backends.losses import drop
from covpath.backends.options import Arity, Dialect, Option, Reading, Table, ordered
from covpath.backends.request import CoverageRequest, Language, Topic
from covpath.backends.words import plain, texts, words
from covpath.terms import LossAction

OPTIONS = (
    Option(names=("--verbose", "-v"), topic=Topic.VERBOSE),
    Option(names=("--package", "-p"), arity=Arity.MANY, topic=Topic.PACKAGE),
    Option(names=("--target",), arity=Arity.ONE, topic=Topic.TARGET, single=True),
    Option(names=("--jobs", "-j"), arity=Arity.ONE, topic=Topic.JOBS),
    Option(names=("--source",), arity=Arity.MAYBE, topic=Topic.SOURCE),
    Option(names=("--count",), leaving=drop("count", "always counted")),
)


def read(line: str, **dialect: bool) -> Reading:
    return Table(OPTIONS, Dialect(**dialect)).read(words(line))


def given_of(reading: Reading) -> list[tuple[str, tuple[str, ...]]]:
    return [(given.flag, texts(given.values)) for given in reading.given]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("--package a b --verbose", [("--package", ("a", "b")), ("--verbose", ())]),
        ("-p a -p b", [("-p", ("a",)), ("-p", ("b",))]),
        ("--package=a b", [("--package", ("a",))]),
        ("-vp a b", [("-v", ()), ("-p", ("a", "b"))]),
        ("-j4 -vj 5", [("-j", ("4",)), ("-v", ()), ("-j", ("5",))]),
        ("--target -x", [("--target", ("-x",))]),
        ("--source --verbose", [("--source", ()), ("--verbose", ())]),
        ("--source a b", [("--source", ("a",))]),
        ("--source=", [("--source", ("",))]),
        ('"--jobs=a b"', [("--jobs", ("a b",))]),
    ],
)
def test_options(line: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert given_of(read(line)) == expected


def test_rest_behind_dashes() -> None:
    reading = read("-v -- -p x")
    assert texts(reading.rest) == ("-p", "x")
    assert given_of(reading) == [("-v", ())]


def test_stops_at_positional() -> None:
    reading = read("-v run --target x", stops_at_positional=True)
    assert texts(reading.rest) == ("run", "--target", "x")


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("--nothing", "unknown-option"),
        ("-x", "unknown-option"),
        ("--verbose=yes", "unknown-option"),
        ("--target", "missing-value"),
        ("--target a --target b", "repeated-option"),
        ("$FLAGS", "dynamic-arguments"),
        ("--${{ x }}", "dynamic-arguments"),
        ("--package a $MORE", "dynamic-arguments"),
        ("--source $X", "dynamic-arguments"),
    ],
)
def test_what_is_not_certain_stops(line: str, name: str) -> None:
    losses = read(line).losses
    assert [loss.name for loss in losses] == [name]
    assert losses[0].action is LossAction.STOP


@pytest.mark.parametrize(
    "line", ["--target $X", "--target=${{ x }}", "-j$N", "--package $X", '--package a "$X"', '"$X"']
)
def test_values_only_a_run_can_tell_are_carried(line: str) -> None:
    assert read(line).losses == ()


def test_what_belongs_to_somebody_else() -> None:
    reading = read("tests -k 'a b' $ARGS --verbose -x", passes_unknown=True, passes_dynamic=True)
    assert reading.losses == ()
    assert texts(ordered(reading.loose)) == ("tests", "-k", "a b", "$ARGS", "-x")


def test_abbreviations() -> None:
    assert given_of(read("--verb --pack a", abbreviations=True)) == [("--verb", ()), ("--pack", ("a",))]
    assert [loss.name for loss in read("--verb").losses] == ["unknown-option"]


def test_an_abbreviation_of_two_is_unknown() -> None:
    table = Table((Option(names=("--aa",)), Option(names=("--ab",))), Dialect(abbreviations=True))
    assert table.find("--a") is None


def test_camel_case() -> None:
    table = Table((Option(names=("--check-coverage",)),), Dialect(camel_case=True))
    assert table.find("--checkCoverage") is table.options[0]


def test_writing_keeps_flags_values_and_order() -> None:
    table = Table(OPTIONS, Dialect())
    line = "-v -j4 --target=x -p a b --source"
    reading = table.read(words(line))
    request = CoverageRequest(language=Language.RUST, origin="x", asks=reading.asks())
    pieces, losses = table.write(request, {})
    assert " ".join(word.raw for word in ordered(pieces)) == line
    assert losses == ()


def test_writing_says_what_it_cannot() -> None:
    reading = Table(OPTIONS, Dialect()).read(words("--jobs 4 --count"))
    request = CoverageRequest(language=Language.RUST, origin="x", asks=reading.asks())
    pieces, losses = Table((), Dialect()).write(request, {Topic.JOBS: drop("jobs", "no")})
    assert pieces == ()
    assert [(loss.name, loss.what) for loss in losses] == [("jobs", "--jobs 4")]
    assert [native.leaving.what for native in reading.natives()] == ["--count"]


def test_a_flag_without_value_is_written_once() -> None:
    table = Table(OPTIONS, Dialect())
    request = CoverageRequest(language=Language.RUST, origin="x", asks=table.read(words("-v -v")).asks())
    assert texts(ordered(table.write(request, {})[0])) == ("-v",)


WORD = st.sampled_from(
    ["-v", "-p", "--package", "a", "b", "--target", "x", "-j", "-j4", "--source", "--source=s", "--", "--odd", "$X"]
)


@given(st.lists(WORD))
def test_every_word_is_accounted_for(parts: list[str]) -> None:
    """No word is lost: it is an option's, loose, behind the dashes, or the dashes."""
    reading = Table(OPTIONS, Dialect()).read(words(" ".join(parts)))
    before = [(given.order, texts(given.words)) for given in reading.given]
    before += [(part.order, texts(part.words)) for part in reading.loose]
    seen = [word for _, some in sorted(before) for word in some]
    rest = list(texts(reading.rest))
    assert parts in (seen + rest, [*seen, "--", *rest])


def test_plain_words_are_never_dynamic() -> None:
    assert plain("$X").text == "$X"
