"""Random edits of workflows and exceptions files: the answer changes with their meaning, and with nothing else."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from audits.test_properties import (
    ACCEPTS,
    DAYS,
    DECISIONS,
    EVIDENCE,
    GATES,
    OWNERS,
    TODAY,
    Job,
    all_jobs,
    expected,
    rendered,
)
from audits.unfiltered import findings
from covpath.audits.finding import Finding

EXCEPTIONS = "ci/ci-exceptions.yaml"
Files = dict[str, str]
Told = tuple[str, str, str, str, str]


def told(one: Finding) -> Told:
    """A finding without its lines."""
    return one.rule, str(one.severity), one.message, str(one.job), one.fingerprint


def answer(files: Files) -> Counter[Told]:
    return Counter(map(told, findings(files)))


def about(files: Files, job: str) -> set[tuple[str, str]]:
    return {(one.rule, str(one.severity)) for one in findings(files) if one.job is not None and one.job.job == job}


def comment_above(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = draw(st.integers(0, len(lines)))
    return "".join([*lines[:at], f"{' ' * draw(st.integers(0, 8))}# TODO: continue-on-error: true\n", *lines[at:]])


def comment_behind(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines()
    at = draw(st.integers(0, len(lines) - 1))
    lines[at] += draw(st.sampled_from(["  # || true", "   "])) if lines[at].strip() else ""
    return "\n".join(lines) + "\n"


def blank_line(draw: st.DrawFn, text: str) -> str:
    lines = text.splitlines(keepends=True)
    at = draw(st.integers(0, len(lines)))
    return "".join([*lines[:at], "\n", *lines[at:]])


def other_line_ends(draw: st.DrawFn, text: str) -> str:
    del draw
    return text.replace("\r\n", "\n").replace("\n", "\r\n")


def no_last_line_end(draw: st.DrawFn, text: str) -> str:
    del draw
    return text.rstrip("\r\n")


def blocks_in_another_order(draw: st.DrawFn, text: str) -> str:
    """Jobs, or entries, in another order."""
    head, mark, body = text.partition("jobs:\n") if "jobs:\n" in text else text.partition("exceptions:\n")
    blocks = re.split(r"(?m)^(?=  [a-z-])", body)
    return head + mark + blocks[0] + "".join(draw(st.permutations([one.rstrip("\n") + "\n" for one in blocks[1:]])))


def other_quotes(draw: st.DrawFn, text: str) -> str:
    quote = draw(st.sampled_from(["'", '"', ""]))
    return re.sub(r"(?m)^((?:  - | +)(?:job|target|reason|name|runs-on): )['\"]?([\w.:-]+( it)?)['\"]?$",
                  rf"\g<1>{quote}\g<2>{quote}", text)  # fmt: skip


def another_indentation(draw: st.DrawFn, text: str) -> str:
    del draw
    return re.sub(
        r"(?m)^( *)(?:-( +))?", lambda one: one[1] * 2 + (f"-{one[2] * 2} " if one[2] is not None else ""), text
    )


def a_title(draw: st.DrawFn, text: str) -> str:
    return f"name: {draw(st.sampled_from(['CI', 'All of it']))}\n{text}" if "jobs:" in text else text


def a_setup_step(draw: st.DrawFn, text: str) -> str:
    del draw
    return re.sub(r"(?m)^( +)steps:(\r?)$", r"\1steps:\2\n\1  - uses: actions/cache@v4\2", text, count=1)


QUIET = (comment_above, comment_behind, blank_line, other_line_ends, no_last_line_end, blocks_in_another_order,
         other_quotes, another_indentation, a_title, a_setup_step)  # fmt: skip


@st.composite
def edited(draw: st.DrawFn, files: Files) -> Files:
    """The files after a few edits that mean nothing."""
    after = dict(files)
    for _ in range(draw(st.integers(1, 4))):
        path = draw(st.sampled_from(sorted(path for path in files if path.endswith(("yml", "yaml")))))
        after[path] = draw(st.sampled_from(QUIET))(draw, after[path])
    # A title stands at most once.
    return {path: re.sub(r"(?m)^name: .*\n(?=(.*\n)*name: )", "", text) for path, text in after.items()}


@settings(max_examples=150)
@given(st.data())
def test_edits_without_a_meaning_change_nothing(data: st.DataObject) -> None:
    files = data.draw(rendered(data.draw(all_jobs())))
    assert answer(data.draw(edited(files))) == answer(files)


CHANGES = st.one_of(
    st.tuples(st.just("gate"), GATES),
    st.tuples(st.just("decision"), DECISIONS),
    st.tuples(st.just("accepts"), ACCEPTS),
    st.tuples(st.just("days"), DAYS),
    st.tuples(st.just("owner"), OWNERS),
    st.tuples(st.just("evidence"), EVIDENCE),
)


@settings(max_examples=150)
@given(st.data())
def test_an_edit_of_one_job_changes_the_answer_about_that_job_only(data: st.DataObject) -> None:
    jobs = data.draw(all_jobs())
    one = data.draw(st.sampled_from(jobs))
    field, value = data.draw(CHANGES)
    other: Job = replace(one, **{field: value})
    assume(other != one)
    before = data.draw(rendered(jobs))
    after = data.draw(rendered([other if job is one else job for job in jobs]))
    for job in jobs:
        if job is not one:
            assert about(after, job.name) == about(before, job.name)
    same = about(after, one.name) == about(before, one.name)
    assert same is (expected_of(one) == expected_of(other))


def expected_of(job: Job) -> set[tuple[str, str]]:
    return {(rule, severity) for rule, severity, _ in expected(job)}


@settings(max_examples=80)
@given(st.data(), st.sampled_from(["workflow", "entry", "both"]))
def test_a_job_renamed_is_another_job_unless_its_entry_follows(data: st.DataObject, where: str) -> None:
    jobs = data.draw(all_jobs())
    one = data.draw(st.sampled_from(jobs))
    assume(one.decision is not None)
    files = data.draw(rendered(jobs))
    renamed = {}
    for path, text in files.items():
        if path == EXCEPTIONS and where != "workflow":
            text = text.replace(f".yml:{one.name}", f".yml:{one.name}-two")
        elif path.endswith(".yml") and where != "entry":
            text = text.replace(f"\n  {one.name}:\n", f"\n  {one.name}-two:\n")
        renamed[path] = text
    now = {"workflow": f"{one.name}-two", "entry": one.name, "both": f"{one.name}-two"}[where]
    before, after = answer(files), answer(renamed)
    for job in jobs:
        if job is not one:
            assert about(renamed, job.name) == about(files, job.name)
    if where == "both":
        assert about(renamed, now) == about(files, one.name)
        assert sum(after.values()) == sum(before.values())
    else:
        stale = [message for rule, _, message, _, _ in after if rule == "stale"]
        assert len(stale) == 1
        assert stale[0].endswith(f":{now} now")
        assert ("unexplained", "error") not in about(renamed, now)  # one cause, told once


@settings(max_examples=60)
@given(st.data())
def test_a_day_later_only_dates_change(data: st.DataObject) -> None:
    jobs = data.draw(all_jobs())
    files = data.draw(rendered(jobs))
    later = {
        path: re.sub(
            r"20\d\d-\d\d-\d\d",
            lambda match: str(type(TODAY).fromisoformat(match[0]) - timedelta(days=1)),
            text,
        )
        if path == EXCEPTIONS
        else text
        for path, text in files.items()
    }
    by_time = {"overdue", "due-soon"}
    before = {one for one in about_all(files) if one[0] not in by_time}
    assert {one for one in about_all(later) if one[0] not in by_time} == before


def about_all(files: Files) -> set[tuple[str, str, str]]:
    return {(one.rule, str(one.severity), str(one.job)) for one in findings(files)}
