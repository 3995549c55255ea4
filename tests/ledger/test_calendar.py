from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.errors import CovpathError, InputError, Place, Refusal
from covpath.ledger.calendar import Calendar, UnknownDay, due, is_overdue, open_calendar, utc_today
from covpath.ledger.model import Cadence, DateTarget, Sprint, SprintFile, SprintList, SprintTarget
from shared_data import shared_path

HERE = Place("ci/ci-exceptions.yaml", 3, 11)
FILE = SprintFile(file="ops/sprint.json", sprint="/sprint", starts="/start_date", ends=None, days=14, place=HERE)
CADENCE = Cadence(sprint=23, starts=date(2026, 3, 22), days=14, place=HERE)


def no_file(path: str) -> str:
    raise AssertionError(f"{path} was read")


def opened(spec: SprintFile, **data: object) -> Calendar:
    return open_calendar(spec, lambda path: json.dumps(data) if path == spec.file else no_file(path))


def with_ends(ends: str | None, days: int | None) -> SprintFile:
    return SprintFile(file=FILE.file, sprint=FILE.sprint, starts=FILE.starts, ends=ends, days=days, place=FILE.place)


@pytest.mark.parametrize(
    ("sprint", "last"),
    [("23", date(2026, 4, 4)), ("24", date(2026, 4, 18)), ("22", date(2026, 3, 21)), ("30", date(2026, 7, 11))],
)
def test_sprints_are_counted_from_the_known_one(sprint: str, last: date) -> None:
    assert due(SprintTarget(sprint), open_calendar(CADENCE, no_file)) == last


def test_a_day_needs_no_calendar() -> None:
    assert due(DateTarget(date(2026, 10, 30)), None) == date(2026, 10, 30)


def test_the_last_day_is_in_time_and_the_next_is_not() -> None:
    last = due(SprintTarget("24"), open_calendar(CADENCE, no_file))
    assert isinstance(last, date)
    assert not is_overdue(last, date(2026, 4, 18))
    assert is_overdue(last, date(2026, 4, 19))


def test_a_moment_is_a_day_in_utc() -> None:
    late_in_berlin = datetime(2026, 4, 19, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert utc_today(late_in_berlin) == date(2026, 4, 18)
    with pytest.raises(ValueError, match="time zone"):
        utc_today(datetime(2026, 4, 19))


def test_a_sprint_without_a_calendar_is_unknown() -> None:
    unknown = due(SprintTarget("24"), None)
    assert isinstance(unknown, UnknownDay)
    assert unknown.reason == "no calendar says when sprint 24 ends."


def test_the_real_file_with_the_length_beside_it() -> None:
    text = shared_path("cases/icn/sprint-current.json").read_text(encoding="utf-8")
    calendar = open_calendar(FILE, lambda _: text)
    assert calendar.span("23") == Sprint(name="23", first=date(2026, 3, 22), last=date(2026, 4, 4))
    assert due(SprintTarget("24"), calendar) == date(2026, 4, 18)


def test_the_length_of_the_real_file_is_not_guessed() -> None:
    text = shared_path("cases/icn/sprint-current.json").read_text(encoding="utf-8")
    with pytest.raises(Refusal, match=r"when sprint 23 begins \(2026-03-22\) and nothing says how long") as refused:
        open_calendar(with_ends(None, None), lambda _: text)
    assert refused.value.place == HERE
    assert "days: 14" in (refused.value.hint or "")


def test_a_file_that_knows_the_end_of_its_sprint_but_no_length() -> None:
    calendar = opened(with_ends("/end", None), sprint=5, start_date="2026-01-05", end="2026-01-16")
    assert due(SprintTarget("5"), calendar) == date(2026, 1, 16)
    unknown = due(SprintTarget("6"), calendar)
    assert isinstance(unknown, UnknownDay)
    assert "knows only sprint 5" in unknown.reason
    assert "days" in unknown.hint


def test_later_sprints_follow_the_end_a_file_states() -> None:
    calendar = opened(with_ends("/end", 14), sprint=5, start_date="2026-01-05", end="2026-01-25")
    assert calendar.span("6") == Sprint(name="6", first=date(2026, 1, 26), last=date(2026, 2, 8))
    assert calendar.span("4") == Sprint(name="4", first=date(2025, 12, 22), last=date(2026, 1, 4))
    assert calendar.sprint_on(date(2026, 1, 25)) == calendar.span("5")
    assert calendar.sprint_on(date(2026, 1, 26)) == calendar.span("6")
    assert calendar.sprint_on(date(2026, 2, 8)) == calendar.span("6")
    assert calendar.sprint_on(date(2026, 2, 9)) == calendar.span("7")


@pytest.mark.parametrize("number", [23, "23", "Sprint 23", "sprint-23", " 23 "])
def test_ways_to_write_the_current_sprint(number: object) -> None:
    assert opened(FILE, sprint=number, start_date="2026-03-22").known[0].name == "23"


@pytest.mark.parametrize("day", ["2026-03-22", "2026-03-22T23:30:00Z", "2026-03-23T01:00:00+02:00", "2026-03-22T08:00"])
def test_ways_to_write_the_first_day(day: str) -> None:
    assert opened(FILE, sprint=23, start_date=day).known[0].first == date(2026, 3, 22)


def test_pointers_go_through_lists_and_escapes() -> None:
    spec = SprintFile(file="f.json", sprint="/a~1b/1/m~0n", starts="/s", ends=None, days=7, place=HERE)
    text = json.dumps({"a/b": [0, {"m~n": 8}], "s": "2026-01-01"})
    assert open_calendar(spec, lambda _: text).known[0].name == "8"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "ops/sprint.json:1:2: is not JSON: Expecting property name enclosed in double quotes."),
        ("[" * 100_000, "ops/sprint.json: is not JSON: "),
        (
            "{}",
            "ops/sprint.json: there is nothing at /sprint. The calendar in ci/ci-exceptions.yaml:3:11 points there.",
        ),
        ('{"sprint": true, "start_date": "2026-03-22"}', "ops/sprint.json: /sprint holds true, which is no sprint's"),
        ('{"sprint": "x", "start_date": "2026-03-22"}', 'ops/sprint.json: /sprint holds "x", which is no sprint\'s'),
        ('{"sprint": 2, "start_date": "2026-02-30"}', "/start_date holds no day: 2026-02-30 is no date: February 2026"),
        ('{"sprint": 2, "start_date": 7}', "/start_date holds no day: 7 is no date."),
        ('{"sprint": 2, "start_date": "2026-03-22T99:00"}', "/start_date holds no day: "),
    ],
)
def test_a_calendar_file_that_cannot_be_used(text: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        open_calendar(FILE, lambda _: text)
    assert told in str(error.value)


def test_a_calendar_file_that_ends_before_it_begins() -> None:
    with pytest.raises(InputError, match="ends before it begins"):
        opened(with_ends("/end", None), sprint=5, start_date="2026-01-05", end="2026-01-04")


def test_a_calendar_file_that_is_not_there() -> None:
    def absent(path: str) -> str:
        raise InputError("there is no such file.", place=Place(path))

    with pytest.raises(CovpathError, match="no such file"):
        open_calendar(FILE, absent)


def listed() -> Calendar:
    sprints = (
        Sprint(name="2026-18", first=date(2026, 4, 27), last=date(2026, 5, 8)),
        Sprint(name="2026-20", first=date(2026, 5, 11), last=date(2026, 5, 22)),
    )
    return open_calendar(SprintList(sprints=sprints, place=HERE), no_file)


def test_a_list_knows_what_it_lists_and_no_more() -> None:
    assert due(SprintTarget("2026-20"), listed()) == date(2026, 5, 22)
    unknown = due(SprintTarget("2026-22"), listed())
    assert isinstance(unknown, UnknownDay)
    assert unknown.reason == "sprint 2026-22 is not in the calendar's list."
    assert listed().sprint_on(date(2026, 5, 9)) is None


def test_a_name_where_sprints_are_counted_is_unknown() -> None:
    unknown = due(SprintTarget("spring"), open_calendar(CADENCE, no_file))
    assert isinstance(unknown, UnknownDay)
    assert "has no number" in unknown.reason


def test_a_number_beyond_all_calendars_is_unknown() -> None:
    assert isinstance(due(SprintTarget("9" * 30), open_calendar(CADENCE, no_file)), UnknownDay)
    assert isinstance(due(SprintTarget("9" * 9000), open_calendar(CADENCE, no_file)), UnknownDay)
    assert isinstance(due(SprintTarget("300000"), open_calendar(CADENCE, no_file)), UnknownDay)


@pytest.mark.parametrize(
    ("earlier", "later", "sprints"),
    [
        (SprintTarget("24"), SprintTarget("27"), 3),
        (SprintTarget("27"), SprintTarget("24"), -3),
        (SprintTarget("24"), DateTarget(date(2026, 5, 1)), None),
        (SprintTarget("x"), SprintTarget("24"), None),
    ],
)
def test_distance_in_sprints(earlier: SprintTarget, later: SprintTarget | DateTarget, sprints: int | None) -> None:
    assert open_calendar(CADENCE, no_file).distance(earlier, later) == sprints


def test_distance_in_a_list_is_counted_in_its_order() -> None:
    assert listed().distance(SprintTarget("2026-18"), SprintTarget("2026-20")) == 1
    assert listed().distance(SprintTarget("2026-18"), SprintTarget("2026-99")) is None


@given(
    days=st.integers(1, 60),
    number=st.integers(0, 500),
    offset=st.integers(-2000, 2000),
)
def test_every_day_belongs_to_exactly_the_sprint_whose_span_holds_it(days: int, number: int, offset: int) -> None:
    calendar = open_calendar(Cadence(sprint=number, starts=date(2026, 3, 22), days=days, place=HERE), no_file)
    day = date(2026, 3, 22) + timedelta(days=offset)
    sprint = calendar.sprint_on(day)
    if sprint is None:
        assert day < date(2026, 3, 22) - timedelta(days=number * days)
        return
    assert sprint.first <= day <= sprint.last
    assert (sprint.last - sprint.first).days == days - 1
    after = calendar.span(str(int(sprint.name) + 1))
    assert isinstance(after, Sprint)
    assert after.first == sprint.last + timedelta(days=1)


@given(st.datetimes(timezones=st.timezones()))
def test_today_does_not_depend_on_where_one_stands(now: datetime) -> None:
    try:
        expected = now.astimezone(UTC).date()
    except OverflowError:
        return
    assert utc_today(now) == expected
