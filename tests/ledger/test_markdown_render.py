from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from covpath.ledger.calendar import Calendar, open_calendar
from covpath.ledger.markdown_render import is_current, is_rendered, render
from covpath.ledger.model import Ledger
from covpath.ledger.reading import parse
from covpath.yamltext.rendering import render_flow
from covpath.yamltext.source import decode

CASES = Path(__file__).resolve().parents[1] / "cases" / "ledger"
RENDERED = sorted((CASES / "render").glob("*.md"))
PATH = "ci/ci-exceptions.yaml"
SPRINTS = '{"sprint": 23, "start_date": "2026-03-22"}'


def ledger(name: str) -> Ledger:
    return parse(decode(PATH, (CASES / "valid" / f"{name}.yaml").read_bytes()))


def calendar(of: Ledger) -> Calendar | None:
    return None if of.calendar is None else open_calendar(of.calendar, lambda _: SPRINTS)


@pytest.mark.parametrize("case", RENDERED, ids=lambda case: case.stem)
def test_the_page(case: Path) -> None:
    said = ledger(case.stem)
    page = case.read_text(encoding="utf-8")
    assert render(said, calendar(said)) == page
    assert is_rendered(page)
    assert is_current(page, said, calendar(said))
    assert is_current(page.replace("\n", "\r\n"), said, calendar(said))


def test_a_page_by_hand_is_not_taken_for_a_rendered_one() -> None:
    assert not is_rendered("# CI Exception Registry\n")


def test_a_page_of_yesterday_is_not_current() -> None:
    page = render(ledger("short"), calendar(ledger("short")))
    assert not is_current(page, ledger("none"), None)
    assert not is_current(page, ledger("short"), None)  # without the calendar the day is not known


@given(st.text(max_size=60).filter(lambda text: text.strip()), st.integers(1, 3))
def test_whatever_a_reason_holds_the_table_stays_a_table(reason: str, entries: int) -> None:
    data = {
        "version": 1,
        "exceptions": [
            {"job": f"ci.yml:job{number}", "decision": "undecided", "reason": reason} for number in range(entries)
        ],
    }
    page = render(parse(decode(PATH, render_flow(data).encode())), None)  # type: ignore[arg-type]
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    rows = [token for token in tokens if token.type == "tr_open"]
    cells = [token for token in tokens if token.type == "td_open"]
    assert (len(rows), len(cells)) == (1 + entries, 5 * entries)
    assert page.count("\n## ") == entries
