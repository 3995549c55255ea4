"""``covpath exceptions`` as its users use it: from nothing to a file that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Call, caller
from sample_repositories import repository, write

WORKFLOW = ".github/workflows/ci.yml"
FILE = "ci/ci-exceptions.yaml"
DAY = ("--today", "2026-11-25")

JOBS = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
    continue-on-error: true
    steps:
      - run: make lint
  coverage:
    runs-on: ubuntu-24.04
    steps:
      - run: cargo llvm-cov --workspace --lcov --output-path lcov.info
        continue-on-error: true
      - uses: codecov/codecov-action@v5
        with:
          files: lcov.info
  test:
    runs-on: ubuntu-24.04
    steps:
      - run: make fixtures
        continue-on-error: true
      - run: make test
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: make build
"""
ADD = ("exceptions", "add", "lint", "--reason", "the linter is being chosen")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {WORKFLOW: JOBS})


@pytest.fixture
def call(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


def text(repo: Path) -> str:
    return (repo / FILE).read_text(encoding="utf-8")


def findings(call: Call) -> list[tuple[str, str | None, str]]:
    found = call("audit", "--format", "json", *DAY).json()["findings"]
    return [(one["rule"], one["job"], one["severity"]) for one in found]


class TestAdd:
    def test_without_write_it_is_only_shown(self, repo: Path, call: Call) -> None:
        outcome = call(*ADD)
        assert outcome.code == 0
        assert "+  - job: ci.yml:lint\n+    decision: undecided\n" in outcome.out
        assert outcome.out.endswith("Nothing is written without --write.\n")
        assert not (repo / FILE).exists()

    def test_a_file_is_begun(self, repo: Path, call: Call) -> None:
        decided = ("--decision", "new-backend", "--owner", "@org/ci", "--target", "2026-12-18")
        assert call(*ADD, *decided, "--evidence", "https://example.org/runs/1", "--write").code == 0
        assert text(repo) == (
            "# The decisions about CI jobs that do not block; the format: covpath schema exceptions\n"
            "version: 1\n"
            "exceptions:\n"
            "  - job: ci.yml:lint\n"
            "    decision: new-backend\n"
            "    owner: '@org/ci'\n"
            "    target: '2026-12-18'\n"
            "    reason: the linter is being chosen\n"
            "    evidence: https://example.org/runs/1\n"
            "    accepts: advisory\n"
        )

    def test_it_accepts_the_gate_of_today_or_what_is_said(self, repo: Path, call: Call) -> None:
        assert "accepts: silent" in call("exceptions", "add", "coverage", "--reason", "r").out
        said = call("exceptions", "add", "coverage", "--reason", "r", "--accept", "silent", "--accept", "no-data").out
        assert "+    accepts:\n+      - silent\n+      - no-data\n" in said
        wrong = call("exceptions", "add", "coverage", "--reason", "r", "--accept", "everything")
        assert wrong.code == 2
        assert "It can accept advisory, silent" in wrong.err

    def test_a_permanent_one_has_a_review(self, call: Call) -> None:
        decided = ("--decision", "permanent-advisory", "--owner", "@org/ci", "--target", "2027-05-01")
        assert "+    review: '2027-05-01'\n" in call(*ADD, *decided).out

    def test_that_a_job_blocks_and_needs_no_entry_is_said(self, call: Call) -> None:
        said = "blocks: the audit will ask to resolve the entry."
        assert call("exceptions", "add", "build", "--reason", "r").out.splitlines()[-1] == f"ci.yml:build {said}"
        assert said not in call("exceptions", "add", "build", "--reason", "r", "--accept", "no-data").out
        assert said not in call("exceptions", "add", "test", "--reason", "r").out
        assert said not in call(*ADD).out

    def test_a_decision_needs_somebody_who_answers_for_it(self, repo: Path, call: Call) -> None:
        decided = (*ADD, "--decision", "new-backend", "--target", "2026-12-18")
        outcome = call(*decided)
        assert outcome.code == 2
        assert "who answers for it? Name a person or a team" in outcome.err
        write(repo, {".github/CODEOWNERS": "* @org/platform\n/docs @org/docs\n"})
        assert "CODEOWNERS names @org/platform: --owner @org/platform." in call(*decided).err
        write(repo, {FILE: 'version: 1\nowner: "@org/ci"\nexceptions: []\n'})
        assert call(*decided).code == 0

    def test_a_calendar_comes_with_the_first_sprint(self, repo: Path, call: Call) -> None:
        sprint = ("--decision", "new-backend", "--owner", "@org/ci", "--target", "sprint 24")
        assert call(*ADD, *sprint, "--calendar", "sprint=23,starts=2026-11-23,days=14", "--write").code == 0
        assert "calendar:\n  sprint: 23\n  starts: '2026-11-23'\n  days: 14\nexceptions:\n" in text(repo)
        assert ("overdue", "lint", "error") not in findings(call)
        again = call(
            "exceptions", "add", "coverage", "--reason", "r", "--calendar", "sprint=1,starts=2026-01-01,days=7"
        )
        assert again.code == 2
        assert "has a calendar already" in again.err

    def test_a_calendar_may_be_a_file_s(self, repo: Path, call: Call) -> None:
        write(repo, {"sprint.json": '{"sprint": {"number": 23, "start": "2026-11-23"}}'})
        spec = "file=sprint.json,sprint=/sprint/number,starts=/sprint/start,days=14"
        sprint = ("--decision", "new-backend", "--owner", "@org/ci", "--target", "sprint 24")
        assert call(*ADD, *sprint, "--calendar", spec, "--write").code == 0
        assert call("audit", "--kickoff", "24", *DAY).code == 1  # coverage and test are unexplained

    @pytest.mark.parametrize(
        "spec", ["sprint=23", "sprint=23,starts=2026-02-30,days=14", "14 days", "sprint=23,length=9"]
    )
    def test_a_calendar_that_is_none(self, repo: Path, call: Call, spec: str) -> None:
        assert call(*ADD, "--calendar", spec, "--write").code == 2
        assert not (repo / FILE).exists()

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("add", "lint"), "needs its reason"),
            (("add", "nothing", "--reason", "r"), "no job 'nothing'"),
            (("add", "lint", "--reason", "r", "--target", "soon"), "--target 'soon'"),
        ],
    )
    def test_wrong_usage(self, call: Call, arguments: tuple[str, ...], said: str) -> None:
        outcome = call("exceptions", *arguments)
        assert outcome.code == 2
        assert said in outcome.err

    def test_one_entry_for_each_job(self, call: Call) -> None:
        assert call(*ADD, "--write").code == 0
        again = call(*ADD, "--write")
        assert again.code == 2
        assert "has an entry already" in again.err


class TestAdopt:
    def test_every_soft_job_gets_an_entry_that_accepts_what_is_so(self, repo: Path, call: Call) -> None:
        assert [found for found in findings(call) if found[0] == "unexplained"] == [
            ("unexplained", "lint", "error"),
            ("unexplained", "coverage", "error"),
            ("unexplained", "test", "error"),
        ]
        assert call("exceptions", "adopt", "--owner", "@org/ci", "--target", "2026-12-31", "--write").code == 0
        assert "owner: '@org/ci'" in text(repo).splitlines()[2]
        assert text(repo).count("decision: undecided") == 3
        assert "accepts:\n      - silent\n      - runner-loss\n      - no-data\n" in text(repo)
        assert {severity for rule, _, severity in findings(call) if rule != "undecided"} == {"note"}
        assert call("audit", *DAY).code == 0

    def test_taking_one_entry_away_brings_back_one_finding(self, repo: Path, call: Call) -> None:
        call("exceptions", "adopt", "--write")
        whole = text(repo)
        failing = [found for found in findings(call) if found[2] == "error"]
        assert failing == []
        for job in ("lint", "coverage", "test"):
            assert call("exceptions", "resolve", job, "--write").code == 0
            assert [found for found in findings(call) if found[2] == "error"] == [("unexplained", job, "error")]
            write(repo, {FILE: whole})

    def test_a_second_time_there_is_nothing_left(self, call: Call) -> None:
        call("exceptions", "adopt", "--write")
        assert call("exceptions", "adopt").out == "Nothing to adopt: every job that does not block has its entry.\n"

    def test_who_may_own_them_is_suggested_not_invented(self, repo: Path, call: Call) -> None:
        write(repo, {"CODEOWNERS": "* @org/platform\n"})
        outcome = call("exceptions", "adopt", "--write")
        assert "CODEOWNERS names @org/platform: --owner @org/platform." in outcome.out
        assert "owner:" not in text(repo)


class TestPostponeAndResolve:
    @pytest.fixture(autouse=True)
    def decided(self, repo: Path) -> None:
        write(
            repo,
            {
                FILE: 'version: 1\nowner: "@org/ci"\nexceptions:\n'
                "  # by Ann\n  - job: ci.yml:lint # the linter\n    decision: new-backend\n    target: 2026-10-30\n"
                "    reason: the linter is being chosen\n"
            },
        )

    def test_a_postponement_keeps_its_reason_and_brings_evidence(self, repo: Path, call: Call) -> None:
        late = ("exceptions", "postpone", "lint", "--target", "2026-12-18", "--reason", "the release came first")
        assert call(*late, "--evidence", "https://example.org/runs/2", "--write").code == 0
        assert "  # by Ann\n  - job: ci.yml:lint # the linter\n" in text(repo)
        assert "target: '2026-12-18'\n" in text(repo)
        assert "notes: Postponed from 2026-10-30 to 2026-12-18 (the release came first)\n" in text(repo)
        assert "evidence: https://example.org/runs/2\n" in text(repo)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (("--reason", "r"), "until when?"),
            (("--target", "2026-12-18"), "needs its reason"),
            (("--target", "2026-10-30", "--reason", "r"), "is due 2026-10-30 already"),
        ],
    )
    def test_what_is_no_postponement(self, repo: Path, call: Call, arguments: tuple[str, ...], said: str) -> None:
        before = text(repo)
        outcome = call("exceptions", "postpone", "lint", *arguments, "--write")
        assert outcome.code == 2
        assert said in outcome.err
        assert text(repo) == before

    def test_resolving_what_is_still_soft_says_so(self, call: Call) -> None:
        outcome = call("exceptions", "resolve", "lint", "--write")
        assert outcome.code == 0
        assert "ci.yml:lint is still advisory: without an entry the audit will ask for one." in outcome.out

    def test_nothing_is_called_resolved_that_does_not_block(self, repo: Path, call: Call) -> None:
        outcome = call("exceptions", "resolve", "lint", "--mark", "--write")
        assert outcome.code == 3
        assert "is still advisory" in outcome.err
        write(repo, {WORKFLOW: JOBS.replace("    continue-on-error: true\n    steps:", "    steps:")})
        assert call("exceptions", "resolve", "lint", "--mark", *DAY, "--write").code == 0
        assert "resolved: '2026-11-25'" in text(repo)

    def test_an_entry_outlives_its_job_no_longer_than_until_it_is_resolved(self, repo: Path, call: Call) -> None:
        write(repo, {WORKFLOW: JOBS.replace("  lint:", "  style:")})
        assert call("exceptions", "resolve", "lint").code == 2  # which file?
        assert call("exceptions", "resolve", "ci.yml:lint", "--write").code == 0
        assert text(repo).startswith('version: 1\nowner: "@org/ci"\nexceptions: []\n')


class TestReading:
    def test_check_tells_all_that_is_wrong(self, repo: Path, call: Call) -> None:
        write(repo, {FILE: "version: 1\nexceptions:\n  - job: lint\n    decision: maybe\n    raisin: r\n"})
        outcome = call("exceptions", "check")
        assert (outcome.code, outcome.out) == (2, "")
        assert len(outcome.err.splitlines()) == 4
        assert all(line.startswith(f"covpath: {FILE}:") for line in outcome.err.splitlines())

    def test_check_tells_that_all_is_well(self, repo: Path, call: Call) -> None:
        call(*ADD, "--write")
        assert call("exceptions", "check").out == f"{FILE} is valid: 1 open entry.\n"

    def test_a_page_is_rendered_and_known_to_be_current(self, repo: Path, call: Call) -> None:
        call(*ADD, "--write")
        page = repo / "EXCEPTIONS.md"
        page.write_text(call("exceptions", "render").out)
        assert call("exceptions", "render", "--check", str(page)).code == 0
        call("exceptions", "add", "coverage", "--reason", "r", "--write")
        outdated = call("exceptions", "render", "--check", str(page))
        assert outdated.code == 1
        assert "is not current: covpath exceptions render >" in outdated.out

    def test_nobody_is_told_to_replace_a_page_written_by_hand(self, repo: Path, call: Call) -> None:
        call(*ADD, "--write")
        page = repo / "EXCEPTIONS.md"
        page.write_text("# Our exceptions\n")
        by_hand = call("exceptions", "render", "--check", str(page))
        assert by_hand.code == 1
        assert by_hand.out == f"{page} was not rendered from {FILE}; covpath exceptions import {page} reads it.\n"

    def test_a_registry_is_imported_and_what_is_not_certain_is_said(self, repo: Path, call: Call) -> None:
        write(
            repo,
            {
                "docs/ci.md": "# Known failures\n\n## Lint (`lint`)\n- **Reason**: the linter is being chosen\n"
                "- **Owner**: Sprint 23\n\n## The nightly thing\n- **Reason**: slow\n"
            },
        )
        outcome = call("exceptions", "import", "docs/ci.md", "--write")
        assert outcome.code == 0
        assert "'The nightly thing' is not imported: it names no job" in outcome.out
        assert "job: ci.yml:lint\n    decision: undecided\n" in text(repo)
        assert "owner:" not in text(repo)
        assert "Sprint 23" in text(repo)


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2026-12-24", "Postponed from 2026-11-30 to 2026-12-24 (late)"),
        ("2026-11-02", "Brought forward from 2026-11-30 to 2026-11-02 (late)"),
        ("sprint 9", "Postponed from 2026-11-30 to sprint 9 (late)"),
    ],
)
def test_a_moved_target_says_which_way_as_far_as_that_is_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], until: str, said: str
) -> None:
    root = repository(tmp_path / "moved", {".github/workflows/ci.yml": MOVED, "ci/ci-exceptions.yaml": DUE})
    outcome = caller(capsys, root)("exceptions", "postpone", "lint", "--target", until, "--reason", "late")
    assert said in outcome.out


def test_a_page_from_elsewhere_leaves_no_path_of_this_machine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path / "moved", {".github/workflows/ci.yml": MOVED})
    page = tmp_path / "registry.md"
    page.write_text("# Known failures\n\n## Lint (`lint`)\n- **Reason**: the linter is being chosen\n")
    outcome = caller(capsys, root)("exceptions", "import", str(page))
    assert "From registry.md:3" in outcome.out
    assert str(tmp_path) not in outcome.out


MOVED = "on: push\njobs:\n  lint:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make lint\n"
DUE = """\
version: 1
owner: "@org/ci"
exceptions:
  - job: ci.yml:lint
    decision: new-backend
    target: 2026-11-30
    reason: the linter is being chosen
"""
