from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from covpath.errors import InputError, UsageError
from covpath.ledger.beginning import begin
from covpath.ledger.draft import Draft
from covpath.ledger.editing import Edited, add
from covpath.ledger.model import JobName
from covpath.ledger.reading import load, parse
from covpath.ledger.writing import change, preview
from covpath.terms import Decision
from covpath.yamltext.source import Source
from ledger.write_runs import FILE, FIRST, begun, left_behind, run

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


def draft(job: str = "ci.yml:new") -> Draft:
    return Draft(jobs=(JobName.parse(job),), decision=Decision.UNDECIDED, reason="it dies")


def add_new(source: Source) -> Edited:
    return add(source, draft())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return begun(tmp_path)


def test_a_change_that_is_only_looked_at_is_not_written(root: Path) -> None:
    edited = preview(root, root / FILE, add_new)
    assert "+  - job: ci.yml:new" in edited.patch.diff()
    assert (root / FILE).read_text(encoding="utf-8") == FIRST


def test_a_change_is_written_and_nothing_lies_about(root: Path) -> None:
    edited = change(root, root / FILE, add_new)
    assert (root / FILE).read_bytes() == edited.source.encode()
    assert edited.source.text.startswith(FIRST)
    assert left_behind(root) == []


def test_what_is_refused_writes_nothing(root: Path) -> None:
    with pytest.raises(UsageError, match="has an entry already"):
        change(root, root / FILE, lambda source: add(source, draft("ci.yml:first")))
    assert (root / FILE).read_text(encoding="utf-8") == FIRST
    assert left_behind(root) == []


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_the_mode_stays(root: Path) -> None:
    (root / FILE).chmod(0o640)
    change(root, root / FILE, add_new)
    assert (root / FILE).stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_not_there_is_not_made_by_itself(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        change(tmp_path, tmp_path / FILE, add_new)
    assert not (tmp_path / "ci").exists()


def test_a_new_file_is_begun(tmp_path: Path) -> None:
    start = begin(
        FILE,
        owner="@org/ci",
        calendar={"sprint": 23, "starts": "2026-03-22", "days": 14},
        preamble="What we know.\n\nAnd why.",
        schema="../schemas/exceptions.schema.json",
    )
    edited = change(tmp_path, tmp_path / FILE, add_new, begin=start)
    assert (tmp_path / FILE).read_text(encoding="utf-8") == (
        "# yaml-language-server: $schema=../schemas/exceptions.schema.json\n"
        "# What we know.\n#\n# And why.\n"
        "version: 1\n"
        "owner: '@org/ci'\n"
        "calendar: { sprint: 23, starts: '2026-03-22', days: 14 }\n"
        "exceptions:\n"
        "  - job: ci.yml:new\n"
        "    decision: undecided\n"
        "    reason: it dies\n"
    )
    assert edited.patch.diff().startswith("--- a/ci/ci-exceptions.yaml\n+++ b/ci/ci-exceptions.yaml\n@@ -0,0 +1,")
    ledger = load(tmp_path / FILE, tmp_path)
    assert ledger.owner == "@org/ci"
    assert ledger.calendar is not None


def test_a_file_that_is_there_is_not_begun_anew(root: Path) -> None:
    edited = change(root, root / FILE, add_new, begin=begin(FILE))
    assert edited.source.text.startswith(FIRST)


def test_a_file_begun_says_what_it_is() -> None:
    ledger = parse(begin(FILE))
    assert ledger.entries == ()
    assert begin(FILE).text.startswith("# The decisions about CI jobs that do not block")


@needs_fork
def test_twenty_writers_at_once_lose_nothing(root: Path) -> None:
    assert run("together", root, 20) == 0
    jobs = {str(job) for entry in load(root / FILE, root).entries for job in entry.jobs}
    assert jobs == {"ci.yml:first", *(f"ci.yml:job{number}" for number in range(20))}
    assert left_behind(root) == []


@needs_fork
def test_a_writer_killed_before_any_of_its_system_calls_leaves_a_whole_file(root: Path) -> None:
    points = run("killed", root, 200)
    assert 10 < points < 200
    change(root, root / FILE, add_new)
    assert left_behind(root) == []


@needs_fork
def test_writers_killed_from_outside_leave_a_whole_file(root: Path) -> None:
    run("shot", root, 25)


@needs_fork
@pytest.mark.slow
def test_two_hundred_writers_killed_from_outside_leave_a_whole_file(root: Path) -> None:
    assert run("shot", root, 200) > 50
