"""``covpath audit`` as a user meets it: on a branch, on a day, on GitHub, in a shallow clone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from command_line import Call, caller
from sample_repositories import commit, git, repository, write

WORKFLOW = ".github/workflows/ci.yml"
EXCEPTIONS = "ci/ci-exceptions.yaml"

HARD = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
    steps:
      - run: make lint
  docs:
    runs-on: ubuntu-24.04
    steps:
      - run: make docs
"""
SOFT_LINT = HARD.replace(
    "  lint:\n    runs-on: ubuntu-24.04\n", "  lint:\n    runs-on: ubuntu-24.04\n    continue-on-error: true\n"
)
SOFT_DOCS = "      - run: make docs\n        continue-on-error: true\n"
ENTRY = """\
version: 1
owner: "@org/ci"
exceptions:
  - job: ci.yml:lint
    decision: new-backend
    target: {target}
    reason: the linter is being chosen
    evidence: https://example.org/org/repo/actions/runs/1
    accepts: [advisory, runner-loss]
"""
DAY = ("--today", "2026-11-25")


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("GITHUB_ACTIONS", "GITHUB_EVENT_NAME", "GITHUB_BASE_REF", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return repository(tmp_path / "repo", {WORKFLOW: HARD})


@pytest.fixture
def call(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


def test_where_no_workflow_lies_that_is_said(repo: Path, call: Call) -> None:
    (repo / WORKFLOW).unlink()
    outcome = call("audit", *DAY)
    summary = "nothing to report; no job in .github/workflows, no exceptions file, judged as of 2026-11-25.\n"
    assert (outcome.code, outcome.out) == (0, summary)


@pytest.mark.parametrize("words", [("audit", *DAY), ("status",), ("exceptions", "adopt")])
def test_a_sparse_checkout_without_workflows_is_not_taken_for_a_repository_without(
    repo: Path, call: Call, words: tuple[str, ...]
) -> None:
    commit(repo, {EXCEPTIONS: ENTRY.format(target="2026-12-31")}, "Begin")
    git(repo, "sparse-checkout", "set", "ci")
    outcome = call(*words)
    assert (outcome.code, outcome.out) == (2, "")
    assert "git sparse-checkout add .github/workflows" in outcome.err
    assert call("exceptions", "check").code == 0


def test_what_could_not_be_read_is_not_called_nothing(repo: Path, call: Call) -> None:
    write(repo, {EXCEPTIONS: ENTRY.format(target="2026-13-31")})
    outcome = call("audit", *DAY)
    assert (outcome.code, outcome.out.split(";")[0]) == (2, "not all could be read")


def rules(call: Call, *arguments: str) -> list[tuple[str, str, bool]]:
    findings = call("audit", "--format", "json", *DAY, *arguments).json()["findings"]
    return [(one["rule"], one["severity"], one["standing"]) for one in findings]


def test_nothing_to_report(call: Call) -> None:
    outcome = call("audit", *DAY)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == "nothing to report; 2 jobs, no exceptions file, judged as of 2026-11-25.\n"


def test_a_finding_fails_and_says_what_to_do(repo: Path, call: Call) -> None:
    write(repo, {WORKFLOW: SOFT_LINT})
    outcome = call("audit", *DAY)
    assert outcome.code == 1
    assert outcome.out.splitlines() == [
        f"{WORKFLOW}:5:24: error: lint is advisory: a failure is seen, but the run passes, and no entry says why"
        " [unexplained]",
        "    line 5: the job's `continue-on-error: true` lets it pass",
        "    Undo: delete line 5. Keep: covpath exceptions add ci.yml:lint --target ... --reason ...",
        "1 error; 2 jobs, no exceptions file, judged as of 2026-11-25.",
    ]


def test_warnings_fail_only_under_strict(repo: Path, call: Call) -> None:
    write(repo, {WORKFLOW: SOFT_LINT, EXCEPTIONS: ENTRY.format(target="2026-11-30")})
    assert rules(call) == [
        ("due-soon", "warning", False),
        ("accepted-gate", "note", False),
        ("runner-loss", "note", False),
    ]
    assert call("audit", *DAY).code == 0
    assert call("audit", *DAY, "--strict").code == 1


def test_what_is_accepted_is_told_in_a_line(repo: Path, call: Call) -> None:
    write(repo, {WORKFLOW: SOFT_LINT, EXCEPTIONS: ENTRY.format(target="2026-12-31")})
    out = call("audit", *DAY).out
    assert "accepted, or only told:\n" in out
    assert "lint is advisory, accepted until 2026-12-31 by @org/ci (new-backend)" in out
    assert out.endswith("2 notes; 2 jobs, 1 open entry, judged as of 2026-11-25.\n")


def test_a_sprint_s_kickoff(repo: Path, call: Call) -> None:
    text = ENTRY.format(target="2026-11-30").replace(
        "exceptions:", "calendar: {sprint: 1, starts: 2026-11-23, days: 14}\nexceptions:"
    )
    write(repo, {WORKFLOW: SOFT_LINT, EXCEPTIONS: text})
    assert ("kickoff", "error", False) in rules(call, "--kickoff", "2")
    assert call("audit", *DAY, "--kickoff", "2").code == 1
    unknown = call("audit", *DAY, "--kickoff", "two")
    assert unknown.code == 2
    assert "when sprint two begins cannot be told" in unknown.err


class TestBranch:
    """Only what a branch changes can fail it."""

    def branch(self, repo: Path, files: dict[str, str]) -> None:
        git(repo, "switch", "--quiet", "--create", "work")
        commit(repo, files, "Change")

    def test_old_debts_and_passing_dates_do_not_fail_it(self, repo: Path, call: Call) -> None:
        late = ENTRY.format(target="2026-10-30")
        commit(repo, {WORKFLOW: SOFT_LINT.replace("      - run: make docs\n", SOFT_DOCS), EXCEPTIONS: late}, "Debts")
        self.branch(repo, {"README.md": "words\n"})
        outcome = call("audit", "--base", "main", *DAY)
        assert outcome.code == 0
        assert "not this branch:\n" in outcome.out
        assert f"  {EXCEPTIONS}:6:13: ci.yml:lint: due 2026-10-30, @org/ci, 26 days late [overdue]\n" in outcome.out
        assert "docs is silent" in outcome.out
        assert outcome.out.endswith(
            "nothing new (4 older); 2 jobs, 1 open entry, judged as of 2026-11-25, against main.\n"
        )
        assert call("audit", *DAY).code == 1  # on the default branch it does fail

    def test_what_it_makes_soft_fails_it(self, repo: Path, call: Call) -> None:
        self.branch(repo, {WORKFLOW: SOFT_LINT})
        outcome = call("audit", "--base", "main", *DAY)
        assert outcome.code == 1
        assert outcome.out.splitlines()[:3] == [
            f"{WORKFLOW}:5:24: error: lint: this branch makes it advisory (was blocking) [unexplained]",
            "    line 5: the job's `continue-on-error: true` lets it pass",
            "    Undo: delete line 5. Keep: covpath exceptions add ci.yml:lint --target ... --reason ...",
        ]

    def test_a_soft_job_that_moves_down_a_line_is_an_old_debt(self, repo: Path, call: Call) -> None:
        commit(repo, {WORKFLOW: SOFT_LINT}, "Debt")
        self.branch(repo, {WORKFLOW: "# a line more\n" + SOFT_LINT})
        assert rules(call, "--base", "main") == [("unexplained", "error", True)]

    def test_a_soft_job_that_becomes_softer_is_a_new_one(self, repo: Path, call: Call) -> None:
        commit(repo, {WORKFLOW: SOFT_LINT}, "Debt")
        self.branch(repo, {WORKFLOW: SOFT_LINT.replace("make lint\n", "make lint\n        continue-on-error: true\n")})
        outcome = call("audit", "--base", "main", *DAY)
        assert outcome.code == 1
        assert "lint: this branch makes it silent (was advisory)" in outcome.out

    def test_a_soft_job_that_becomes_less_soft_is_an_old_debt(self, repo: Path, call: Call) -> None:
        softer = SOFT_LINT.replace("      - run: make lint\n", SOFT_DOCS.replace("docs", "lint"))
        commit(repo, {WORKFLOW: softer}, "Debt")
        self.branch(repo, {WORKFLOW: SOFT_LINT})
        assert rules(call, "--base", "main") == [("unexplained", "error", True)]

    def test_a_new_job_that_is_soft(self, repo: Path, call: Call) -> None:
        more = "  spelling:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make spelling || true\n"
        self.branch(repo, {WORKFLOW: HARD + more})
        assert "spelling: this branch adds it, and it is silent" in call("audit", "--base", "main", *DAY).out

    def test_an_entry_taken_away_too_early(self, repo: Path, call: Call) -> None:
        commit(repo, {WORKFLOW: SOFT_LINT, EXCEPTIONS: ENTRY.format(target="2026-12-31")}, "Decided")
        self.branch(repo, {EXCEPTIONS: "version: 1\nexceptions: []\n"})
        outcome = call("audit", "--base", "main", *DAY)
        assert outcome.code == 1
        assert "lint: it is advisory, and this branch takes its entry away" in outcome.out

    def test_blocking_again_takes_its_entry_along(self, repo: Path, call: Call) -> None:
        commit(repo, {WORKFLOW: SOFT_LINT, EXCEPTIONS: ENTRY.format(target="2026-12-31")}, "Decided")
        self.branch(repo, {WORKFLOW: HARD})
        assert rules(call, "--base", "main")[0] == ("still-open", "error", False)

    def test_what_the_base_got_meanwhile_is_not_the_branch_s(self, repo: Path, call: Call) -> None:
        self.branch(repo, {"README.md": "words\n"})
        git(repo, "switch", "--quiet", "main")
        commit(repo, {WORKFLOW: SOFT_LINT}, "Meanwhile")
        git(repo, "switch", "--quiet", "work")
        assert call("audit", "--base", "main", *DAY).code == 0

    def test_a_file_that_cannot_be_read_fails_whoever_broke_it(self, repo: Path, call: Call) -> None:
        self.branch(repo, {WORKFLOW: HARD + "  : [\n"})
        outcome = call("audit", "--base", "main", *DAY)
        assert outcome.code == 2
        assert f"covpath: {WORKFLOW}:" in outcome.err

    def test_a_file_that_could_not_be_read_before_fails_nobody_else(self, repo: Path, call: Call) -> None:
        commit(repo, {".github/workflows/broken.yml": "jobs: [\n"}, "Break")
        self.branch(repo, {"README.md": "words\n"})
        outcome = call("audit", "--base", "main", *DAY)
        assert (outcome.code, outcome.err) == (0, "")
        assert "not this branch:\n  not read: .github/workflows/broken.yml" in outcome.out

    def test_no_such_base(self, call: Call) -> None:
        outcome = call("audit", "--base", "origin/main", *DAY)
        assert outcome.code == 2
        assert "there is no commit 'origin/main'" in outcome.err


class TestOnGitHub:
    """The event decides what can fail."""

    @pytest.fixture
    def checkout(self, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A pull request's merge commit, checked out as GitHub's runners do."""
        commit(repo, {WORKFLOW: SOFT_LINT}, "Debt")
        git(tmp_path, "clone", "--quiet", str(repo), "checkout")
        root = tmp_path / "checkout"
        git(root, "switch", "--quiet", "--detach")
        commit(root, {"README.md": "words\n"}, "Change")
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(root))
        monkeypatch.setenv("GITHUB_EVENT_NAME", "pull_request")
        monkeypatch.setenv("GITHUB_BASE_REF", "main")
        return root

    def test_a_pull_request_is_held_against_its_base(self, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call = caller(capsys, checkout)
        assert call("audit", *DAY).code == 0
        assert call("audit", *DAY, "--no-base").code == 1

    @pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch"])
    def test_on_other_events_everything_counts(
        self, checkout: Path, event: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GITHUB_EVENT_NAME", event)
        assert caller(capsys, checkout)("audit", *DAY).code == 1

    def test_a_merge_queue_names_its_base_in_the_event(
        self, checkout: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = tmp_path / "event.json"
        event.write_text(json.dumps({"merge_group": {"base_sha": git(checkout, "rev-parse", "origin/main")}}))
        monkeypatch.setenv("GITHUB_EVENT_NAME", "merge_group")
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
        assert caller(capsys, checkout)("audit", *DAY).code == 0

    def test_another_repository_has_nothing_to_do_with_the_event(
        self, checkout: Path, repo: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert caller(capsys, repo)("audit", *DAY).code == 1

    def test_a_checkout_that_lacks_the_base_says_how_to_get_it(
        self, repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        git(tmp_path, "clone", "--quiet", "--depth=1", repo.as_uri(), "shallow")
        root = tmp_path / "shallow"
        git(root, "update-ref", "-d", "refs/remotes/origin/main")
        git(root, "symbolic-ref", "--delete", "refs/remotes/origin/HEAD")
        for name, value in (
            ("ACTIONS", "true"),
            ("WORKSPACE", str(root)),
            ("EVENT_NAME", "pull_request"),
            ("BASE_REF", "main"),
        ):
            monkeypatch.setenv(f"GITHUB_{name}", value)
        outcome = caller(capsys, root)("audit", *DAY)
        assert outcome.code == 2
        assert "git fetch --unshallow origin main:refs/remotes/origin/main" in outcome.err


class TestTime:
    """The same history and day give the same answer, and a history that is cut off says so."""

    def history(self, repo: Path) -> None:
        for target, day in (("2026-08-31", "2026-03-01"), ("2026-10-31", "2026-08-30"), ("2026-12-31", "2026-10-30")):
            files = {WORKFLOW: SOFT_LINT, EXCEPTIONS: ENTRY.format(target=target)}
            commit(repo, files, f"Until {target}", date=day)

    def test_the_answer_is_the_same_for_ever(
        self, repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.history(repo)
        git(tmp_path, "clone", "--quiet", str(repo), "again")
        one = caller(capsys, repo)("audit", "--format", "json", *DAY)
        other = caller(capsys, tmp_path / "again")("audit", "--format", "json", *DAY)
        assert one.out == other.out
        assert ("drifted", "warning") in [(found["rule"], found["severity"]) for found in one.json()["findings"]]

    def test_a_shallow_clone_says_what_is_unknown(
        self, repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        self.history(repo)
        git(tmp_path, "clone", "--quiet", "--depth=1", repo.as_uri(), "shallow")
        findings = caller(capsys, tmp_path / "shallow")("audit", "--format", "json", *DAY).json()["findings"]
        told = {found["rule"]: found["message"] for found in findings if "unknown" in found["message"]}
        assert set(told) == {"drifted", "evidence-old"}
        assert all("cut off" in message for message in told.values())

    def test_a_shallow_clone_does_not_know_what_a_job_was(
        self, repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        silent = HARD.replace("      - run: make lint\n", "      - run: make lint\n        continue-on-error: true\n")
        entry = ENTRY.format(target="2026-12-31").replace("    accepts: [advisory, runner-loss]\n", "")
        commit(repo, {WORKFLOW: SOFT_LINT, EXCEPTIONS: entry}, "Decide")
        commit(repo, {WORKFLOW: silent}, "Soften")
        found = caller(capsys, repo)("audit", *DAY)
        assert "lint is silent, and was advisory when that was decided" in found.out
        git(tmp_path, "clone", "--quiet", "--depth=1", repo.as_uri(), "shallow")
        outcome = caller(capsys, tmp_path / "shallow")("audit", *DAY)
        assert outcome.code == 0
        assert "whether lint was silent when that was decided is unknown: the history is cut off" in outcome.out

    def test_a_branch_whose_beginning_is_cut_off_is_held_against_the_base_as_it_is(
        self, repo: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        commit(repo, {WORKFLOW: SOFT_LINT}, "Debt")
        git(repo, "switch", "--quiet", "--create", "work")
        commit(repo, {"README.md": "words\n"}, "Change")
        git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", "--branch=work", repo.as_uri(), "shallow")
        outcome = caller(capsys, tmp_path / "shallow")("audit", "--base", "origin/main", *DAY)
        assert outcome.code == 0
        assert "note: where this branch left origin/main is unknown (a shallow clone)" in outcome.out


def test_a_damaged_entry_is_told_and_its_job_is_not_called_unexplained(repo: Path, call: Call) -> None:
    damaged = ENTRY.format(target="2026-02-30")
    write(repo, {WORKFLOW: SOFT_LINT.replace("      - run: make docs\n", SOFT_DOCS), EXCEPTIONS: damaged})
    outcome = call("audit", "--format", "json", *DAY)
    assert outcome.code == 2
    assert [(one["rule"], one["job"]) for one in outcome.json()["findings"]] == [("unexplained", "docs")]
    assert "February 2026 has 28 days" in outcome.err


def test_an_exceptions_file_that_cannot_be_read_at_all_makes_nothing_unexplained(repo: Path, call: Call) -> None:
    write(repo, {WORKFLOW: SOFT_LINT, EXCEPTIONS: "version: [\n"})
    outcome = call("audit", "--format", "json", *DAY)
    assert (outcome.code, outcome.json()["findings"]) == (2, [])
    assert f"covpath: {EXCEPTIONS}:" in outcome.err


def test_an_entry_about_a_file_that_cannot_be_read_is_not_stale(repo: Path, call: Call) -> None:
    write(repo, {WORKFLOW: "jobs: [\n", EXCEPTIONS: ENTRY.format(target="2026-12-31")})
    outcome = call("audit", "--format", "json", *DAY)
    assert (outcome.code, outcome.json()["findings"]) == (2, [])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--today", "2026-02-30"), "February 2026 has 28 days"),
        (("--branch", "x"), "Add --fix"),
        (("--required", "nothing.json"), "no such file"),
    ],
)
def test_wrong_usage(call: Call, arguments: tuple[str, ...], said: str) -> None:
    outcome = call("audit", *arguments)
    assert outcome.code == 2
    assert said in outcome.err
