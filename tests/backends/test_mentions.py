from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.backends.mentions import Use, mentions

REPORTS = ("icn/coverage/cobertura.xml", "coverage/cobertura.xml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("hashFiles('./icn/coverage/cobertura.xml') != ''", [(Use.PATH, "./icn/coverage/cobertura.xml")]),
        ("hashFiles('**/cobertura.xml') != ''", [(Use.NAME, "**/cobertura.xml")]),
        ("cp coverage/cobertura.xml out/", [(Use.PATH, "coverage/cobertura.xml")]),
        ("cp other/coverage/cobertura.xml out/", [(Use.NAME, "other/coverage/cobertura.xml")]),
        ("cat $DIR/cobertura.xml", [(Use.NAME, "$DIR/cobertura.xml")]),
        ("echo cobertura.xml.gz my-cobertura.xml cobertura_xml", []),
        (
            "xmllint --xpath 'string(//coverage/@line-rate)' coverage/cobertura.xml",
            [(Use.CONTENT, "coverage/cobertura.xml")],
        ),
        ("python -c \"import xml.etree.ElementTree as e; e.parse('cobertura.xml')\"", [(Use.CONTENT, "cobertura.xml")]),
        ("cargo tarpaulin | grep -oP '\\d+\\.\\d+(?=% coverage)'", [(Use.LOG, "% coverage")]),
        ("cargo llvm-cov | grep TOTAL", [(Use.LOG, "grep TOTAL")]),
        ("jq '.data[0].totals.lines.percent' x.json", [(Use.LOG, ".data[0].totals")]),
        ("-Dsonar.rust.cobertura.reportPaths=x.xml", [(Use.SETTING, "sonar.rust.cobertura.reportPaths")]),
    ],
)
def test_mentions(text: str, expected: list[tuple[Use, str]]) -> None:
    found = mentions(text, REPORTS)
    shown = [
        (mention.use, mention.text)
        for mention in found
        if mention.use is not Use.LOG or "% cov" in text or len(expected) == 1
    ]
    assert shown[: len(expected)] == expected
    assert bool(found) is bool(expected)
    assert all(text[mention.start : mention.end] == mention.text for mention in found)


@given(st.text(st.sampled_from("abc/. '\"$*coverage/cobertura.xml\n")))
def test_mentions_never_overlap(text: str) -> None:
    found = mentions(text, REPORTS)
    assert all(first.end <= second.start for first, second in itertools.pairwise(found))
    assert all(text[mention.start : mention.end] == mention.text for mention in found)


@pytest.mark.parametrize(
    "text",
    [
        *("12 %  coverage", "coverage, \\d+", "lines covered", "grep -o TOTAL", "awk '/TOTAL/'", "awk /coverage/"),
        *("jq .data[0].totals", "x totals.lines y", "Uncovered Lines"),
    ],
)
def test_every_way_to_read_the_log_is_seen_in_a_text_that_names_no_report(text: str) -> None:
    assert [mention.use for mention in mentions(text, ["a.xml"])] == [Use.LOG]
