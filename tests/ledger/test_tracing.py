from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import pytest

from covpath.errors import Place
from covpath.ledger.calendar import Calendar, open_calendar
from covpath.ledger.history import Change, ChangeKind, History, JobHistory
from covpath.ledger.model import Cadence, DateTarget, SprintTarget
from covpath.ledger.reading import parse
from covpath.ledger.tracing import Version, trace
from covpath.terms import Tri
from covpath.yamltext.source import decode

CALENDAR = Cadence(sprint=20, starts=date(2026, 2, 8), days=14, place=Place("ci/ci-exceptions.yaml", 2, 11))
DAY = date(2026, 3, 1)


def calendar() -> Calendar:
    return open_calendar(CALENDAR, lambda path: path)


def file(*entries: str, owner: str = "@org/ci") -> str:
    head = f'version: 1\nowner: "{owner}"\nexceptions:\n'
    return head + "".join(f"  - {entry}\n" for entry in entries) if entries else head


def entry(job: str = "ci.yml:a", target: str = "sprint 24", more: str = "", reason: str = "it dies") -> str:
    return f"{{job: {job}, decision: new-backend, target: {target}, reason: {reason}{more}}}"


def versions(texts: Iterable[str | None]) -> Iterable[Version]:
    before: str | None = None
    for number, text in enumerate(texts):
        day = DAY + timedelta(days=number)
        yield Version(commit=f"c{number}", day=day, author=f"author {number}", before=before, after=text)
        before = text


def traced(*texts: str | None) -> History:
    return trace(versions(texts))


def told(history: JobHistory) -> list[tuple[str, str, str | None, str | None]]:
    return [(change.commit, change.kind.value, change.before, change.after) for change in history.changes]


def test_nothing_changes_when_nothing_changes() -> None:
    history = traced(file(entry()), file(entry()) + "# a comment\n", file(entry()))
    assert told(history.jobs["ci.yml:a"]) == [("c0", "added", None, "new-backend")]
    assert history.jobs["ci.yml:a"].drift(calendar()) is None
    assert history.complete
    assert history.unreadable == ()


def test_reordering_is_no_change() -> None:
    one, other = entry(), entry("ci.yml:b", "sprint 25")
    history = traced(file(one, other), file(other, one))
    assert [len(job.changes) for job in history.jobs.values()] == [1, 1]


def test_who_decided_and_when() -> None:
    undecided = "{job: ci.yml:a, decision: undecided, reason: r}"
    history = traced(file(undecided), file(entry()), file(entry(target="sprint 25"))).jobs["ci.yml:a"]
    decided = history.decided
    assert decided is not None
    assert (decided.commit, decided.author, decided.day) == ("c1", "author 1", DAY + timedelta(days=1))
    assert history.began == DAY


def test_every_postponement_is_counted_in_sprints_and_days() -> None:
    history = traced(
        file(entry()),
        file(entry(target="sprint 25")),
        file(entry(target="sprint 25", more=", evidence: https://example.org/1")),
        file(entry(target="sprint 27", more=", evidence: [https://example.org/1, https://example.org/2]")),
        file(entry(target="2026-06-30", more=", evidence: {url: https://example.org/2}")),
    ).jobs["ci.yml:a"]
    moves = history.moves(calendar())
    assert [(move.later, move.sprints, move.days, move.change.new_evidence) for move in moves] == [
        (Tri.TRUE, 1, 14, False),
        (Tri.TRUE, 2, 28, True),
        (Tri.TRUE, None, 31, False),
    ]
    drift = history.drift(calendar())
    assert drift is not None
    assert (drift.times, drift.unsupported, drift.days, drift.sprints) == (3, 2, 73, None)
    assert (drift.first, drift.last) == (SprintTarget("24"), DateTarget(date(2026, 6, 30)))


def test_a_target_that_comes_nearer_is_no_postponement() -> None:
    history = traced(file(entry()), file(entry(target="sprint 22"))).jobs["ci.yml:a"]
    (move,) = history.moves(calendar())
    assert (move.later, move.sprints) == (Tri.FALSE, -2)
    assert history.drift(calendar()) is None


def test_without_a_calendar_sprints_are_counted_and_days_are_not() -> None:
    history = traced(file(entry()), file(entry(target="sprint 26")), file(entry(target="2026-06-30")))
    numbered, unclear = history.jobs["ci.yml:a"].moves(None)
    assert (numbered.later, numbered.sprints, numbered.days) == (Tri.TRUE, 2, None)
    assert (unclear.later, unclear.sprints, unclear.days) == (Tri.UNKNOWN, None, None)


def test_the_review_of_a_permanent_entry_moves_as_a_target_does() -> None:
    def permanent(review: str) -> str:
        return f"{{job: ci.yml:a, decision: permanent-advisory, review: {review}, reason: r}}"

    history = traced(file(permanent("sprint 30")), file(permanent("sprint 40"))).jobs["ci.yml:a"]
    drift = history.drift(calendar())
    assert drift is not None
    assert drift.sprints == 10


def test_a_renamed_job_keeps_its_past() -> None:
    history = traced(
        file(entry(), entry("ci.yml:other", "sprint 30", reason="slow")),
        file(entry(target="sprint 25"), entry("ci.yml:other", "sprint 30", reason="slow")),
        file(entry("ci.yml:cov", "sprint 25"), entry("ci.yml:other", "sprint 30", reason="slow")),
        file(entry("ci.yml:cov", "sprint 26"), entry("ci.yml:other", "sprint 30", reason="slow")),
    )
    assert set(history.jobs) == {"ci.yml:cov", "ci.yml:other"}
    job = history.jobs["ci.yml:cov"]
    assert job.names == ("ci.yml:a", "ci.yml:cov")
    assert [change.kind for change in job.changes] == [
        ChangeKind.ADDED,
        ChangeKind.MOVED,
        ChangeKind.RENAMED,
        ChangeKind.MOVED,
    ]
    drift = job.drift(calendar())
    assert drift is not None
    assert (drift.times, drift.first, drift.last) == (2, SprintTarget("24"), SprintTarget("26"))


def test_another_job_with_another_reason_is_no_rename() -> None:
    history = traced(file(entry()), file(entry("ci.yml:b", "sprint 25", reason="slow")))
    assert [change.kind for change in history.jobs["ci.yml:a"].changes] == [ChangeKind.ADDED, ChangeKind.REMOVED]
    assert [change.kind for change in history.jobs["ci.yml:b"].changes] == [ChangeKind.ADDED]


def test_taking_an_entry_out_and_putting_it_back_does_not_stop_the_clock() -> None:
    history = traced(file(entry()), file(), file(entry(target="sprint 29"))).jobs["ci.yml:a"]
    assert [change.kind for change in history.changes] == [
        ChangeKind.ADDED,
        ChangeKind.REMOVED,
        ChangeKind.ADDED,
        ChangeKind.MOVED,
    ]
    drift = history.drift(calendar())
    assert drift is not None
    assert drift.sprints == 5


def test_an_invalid_version_in_between_hides_nothing_and_invents_nothing() -> None:
    history = traced(file(entry()), "version: [", "a: b: c", file(entry(target="sprint 26")))
    assert history.unreadable == ("c1", "c2")
    assert told(history.jobs["ci.yml:a"]) == [
        ("c0", "added", None, "new-backend"),
        ("c3", "moved", "sprint 24", "sprint 26"),
    ]


@pytest.mark.parametrize("broken", ["[]", "just text", "", "exceptions: {a: b}", "exceptions: [3, {job: {}}]"])
def test_versions_of_another_shape_do_not_stop_it(broken: str) -> None:
    history = traced(broken, file(entry()), broken, file(entry(target="sprint 25")))
    assert any(change.after == "sprint 25" for change in history.jobs["ci.yml:a"].changes)


def test_targets_that_were_no_targets_are_not_counted() -> None:
    history = traced(file(entry(target="soon")), file(entry(target="2026-02-30")), file(entry(target="sprint 26")))
    assert history.jobs["ci.yml:a"].moves(calendar()) == ()


def test_one_decision_about_several_jobs_is_everyone_s_history() -> None:
    history = traced(file(entry("[ci.yml:a, ci.yml:b]")), file(entry("[ci.yml:a, ci.yml:b]", "sprint 25")))
    assert [change.kind for change in history.jobs["ci.yml:b"].changes] == [ChangeKind.ADDED, ChangeKind.MOVED]
    present = parse(decode("x", file(entry("[ci.yml:new, ci.yml:b]")).encode())).entries[0]
    assert history.of(present) == history.jobs["ci.yml:b"]


def test_owners_and_resolutions_are_followed() -> None:
    history = traced(
        file(entry()),
        file(entry(), owner="@org/build"),
        file(entry(more=", owner: '@jo'"), owner="@org/build"),
        file(entry(more=", owner: '@jo', resolved: 2026-03-09"), owner="@org/build"),
        file(entry(more=", owner: '@jo'"), owner="@org/build"),
        None,
    ).jobs["ci.yml:a"]
    assert told(history)[1:] == [
        ("c1", "owned", "@org/ci", "@org/build"),
        ("c2", "owned", "@org/build", "@jo"),
        ("c3", "resolved", None, "2026-03-09"),
        ("c4", "reopened", "2026-03-09", None),
        ("c5", "removed", "new-backend", None),
    ]


def test_parallel_branches_are_not_taken_for_a_to_and_fro() -> None:
    start, left, right = file(entry()), file(entry(target="sprint 25")), file(entry(), entry("ci.yml:b", reason="x"))
    both = file(entry(target="sprint 25"), entry("ci.yml:b", reason="x"))
    history = trace(
        [
            Version(commit="0", day=DAY, author="a", before=None, after=start),
            Version(commit="1", day=DAY, author="b", before=start, after=left),
            Version(commit="2", day=DAY, author="c", before=start, after=right),
            Version(commit="3", day=DAY, author="d", before=both, after=both + "# end\n"),
        ]
    )
    assert [change.commit for change in history.jobs["ci.yml:a"].changes] == ["0", "1"]
    assert [change.commit for change in history.jobs["ci.yml:b"].changes] == ["2"]


def test_a_history_that_was_cut_off_says_so() -> None:
    assert not trace(versions([file(entry())]), complete=False).complete


def test_changes_are_comparable() -> None:
    one = traced(file(entry())).jobs["ci.yml:a"].changes[0]
    assert isinstance(one, Change)
    assert one == traced(file(entry())).jobs["ci.yml:a"].changes[0]


def test_each_piece_of_evidence_knows_the_commit_that_brought_it() -> None:
    history = traced(
        file(entry(more=", evidence: https://example.org/1")),
        file(entry(more=", evidence: [https://example.org/1, {file: ci/evidence/a.json}]")),
        file(entry(more=", evidence: [https://example.org/1, {file: ci/evidence/a.json}]", target="sprint 25")),
    )
    seen = history.jobs["ci.yml:a"].evidence
    assert {where: first.commit for where, first in seen.items()} == {
        "https://example.org/1": "c0",
        "ci/evidence/a.json": "c1",
    }
    assert seen["ci/evidence/a.json"].day == DAY + timedelta(days=1)


def test_of_evidence_older_than_the_history_nothing_is_told() -> None:
    old = file(entry(more=", evidence: https://example.org/1"))
    new = file(entry(more=", evidence: https://example.org/1", target="sprint 25"))
    cut = trace([Version(commit="c9", day=DAY, author="a", before=old, after=new)], complete=False)
    assert cut.jobs["ci.yml:a"].evidence == {}
