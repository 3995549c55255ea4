"""The story of the repository this project was made for, from its true state to a decision that cannot drift."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from command_line import Call, caller
from sample_repositories import commit, git, repository
from shared_data import shared_path

WORKFLOW = ".github/workflows/ci.yml"
REGISTRY = "ops/state/ci-exceptions.md"
SPRINT = "ops/state/sprint/current.json"


@pytest.fixture
def case() -> Path:
    return shared_path("cases/icn")


@pytest.fixture
def icn(tmp_path: Path, case: Path) -> Path:
    """The repository at its first commit, with a bare one standing in for the remote."""
    root = repository(
        tmp_path / "icn",
        {
            WORKFLOW: (case / "ci.yml").read_bytes(),
            REGISTRY: (case / "ci-exceptions.md").read_bytes(),
            SPRINT: (case / "sprint-current.json").read_bytes(),
            "icn/Cargo.toml": "[workspace]\n",
        },
        "The workflow as it was",
    )
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(root, "remote", "add", "origin", str(tmp_path / "remote.git"))
    git(root, "push", "--quiet", "origin", "main")
    return root


def second_commit(icn: Path, case: Path) -> None:
    commit(icn, {WORKFLOW: (case / "coverage-job-before.yml").read_bytes()}, "The workflow of March")


def workflow(icn: Path) -> bytes:
    return (icn / WORKFLOW).read_bytes()


def removed_then_added(diff: str) -> list[str]:
    """The changed lines, all removed ones first: how a diff groups them is not the move's business."""
    return sorted(changed_lines(diff), key=lambda line: line.startswith("+"))


def changed_lines(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line.startswith(("+", "-")) and line[:3] not in ("+++", "---")]


class TestFirstCommit:
    def test_the_true_state(self, icn: Path, capsys: pytest.CaptureFixture[str]) -> None:
        answer = caller(capsys, icn)("status", "--format", "json").json()
        jobs = {job["job"]: job for job in answer["jobs"]}
        assert {name: job["gate"] for name, job in jobs.items()} == {
            "fmt": "blocking", "clippy": "blocking", "test": "blocking", "coverage": "silent", "security": "silent",
            "build": "blocking", "sdk": "silent", "web-ui": "blocking",
        }  # fmt: skip
        assert [name for name, job in jobs.items() if job["partly"]] == ["sdk"]
        assert all(job["on_runner_loss"]["check_red"] == "true" for job in jobs.values())
        assert answer["required"]["known"] is False
        assert jobs["fmt"]["blocks"] == {"value": "if required", "checks": ["Format Check"], "mergify": None}

    def test_why_a_green_coverage_job_means_nothing(self, icn: Path, capsys: pytest.CaptureFixture[str]) -> None:
        coverage = caller(capsys, icn)("status", "coverage", "--format", "json").json()["jobs"][0]
        assert (coverage["gate"], coverage["blocks"]["value"]) == ("silent", "no")
        assert coverage["green_without_data"]["value"] == "true"
        lines = [(reason["code"], reason["line"]) for reason in coverage["green_without_data"]["reasons"]]
        assert lines == [("measuring-masked", 133), ("upload-cannot-fail", 139)]
        assert coverage["backend"] == "cargo-tarpaulin"
        assert coverage["reports"] == [
            {"path": "icn/coverage/cobertura.xml", "format": "cobertura", "consumers": ["Upload coverage to Codecov"]}
        ]

    def test_known_required_checks_make_it_yes_or_no(
        self, icn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        answer = tmp_path / "rules.json"
        rule = {"required_status_checks": [{"context": "Format Check"}]}
        answer.write_text(json.dumps([{"type": "required_status_checks", "parameters": rule}]))
        jobs = caller(capsys, icn)("status", "--format", "json", "--required", str(answer)).json()["jobs"]
        assert {job["job"]: job["blocks"]["value"] for job in jobs} == {
            "fmt": "yes", "clippy": "no", "test": "no", "coverage": "no", "security": "no", "build": "no",
            "sdk": "no", "web-ui": "no",
        }  # fmt: skip

    def test_fmt_to_advisory_and_back(self, icn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call = caller(capsys, icn)
        before = workflow(icn)
        moved = call("move", "fmt", "--gate", "advisory", "--write")
        assert moved.code == 0
        assert "the check `Format Check` still turns red" in moved.out
        assert "gh api -X DELETE" in moved.out
        assert changed_lines(moved.out) == ["+    continue-on-error: true"]
        gates = {job["job"]: job["gate"] for job in call("status", "--format", "json").json()["jobs"]}
        assert (gates["fmt"], gates["clippy"]) == ("advisory", "blocking")
        assert call("move", "fmt", "--gate", "blocking", "--write").code == 0
        assert workflow(icn) == before

    def test_a_required_fmt_is_moved_by_its_step(
        self, icn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call = caller(capsys, icn)
        before = workflow(icn)
        required = tmp_path / "protection.json"
        required.write_text('{"required_status_checks": {"contexts": ["Format Check"]}}')
        moved = call("move", "fmt", "--gate", "advisory", "--required", str(required), "--write")
        assert "+        continue-on-error: true" in changed_lines(moved.out)
        assert "::warning title=Format Check::" in moved.out
        fmt = call("status", "fmt", "--format", "json", "--required", str(required)).json()["jobs"][0]
        assert (fmt["gate"], fmt["blocks"]["value"]) == ("advisory", "no")
        call("move", "fmt", "--gate", "blocking", "--write")
        assert workflow(icn) == before

    def test_coverage_to_blocking_says_what_goes_and_what_stays(
        self, icn: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call = caller(capsys, icn)
        before = workflow(icn)
        moved = call("move", "coverage", "--gate", "blocking", "--write")
        assert "the comment `# Tarpaulin can have spurious failures even when tests pass` goes" in moved.out
        assert "ci.yml:139 `Upload coverage to Codecov` passes with nothing delivered" in moved.out
        (icn / WORKFLOW).write_bytes(before)
        patch = call("move", "coverage", "--gate", "blocking", "--undo").out
        call("move", "coverage", "--gate", "blocking", "--write")
        assert workflow(icn) != before
        subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=icn, check=True)
        assert workflow(icn) == before


class TestSecondCommit:
    @pytest.fixture(autouse=True)
    def at_second_commit(self, icn: Path, case: Path) -> None:
        second_commit(icn, case)

    def test_the_ratchet_turns_and_turns_back(self, icn: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call = caller(capsys, icn)
        before = workflow(icn)
        moved = call("move", "coverage", "--gate", "blocking", "--write")
        assert changed_lines(moved.out) == [
            "-  GATE_RATCHET_PHASE_COVERAGE: observational",
            "+  GATE_RATCHET_PHASE_COVERAGE: blocking",
        ]
        assert call("move", "coverage", "--gate", "observational", "--write").code == 0
        assert workflow(icn) == before

    def move(self, call: Call, *more: str) -> tuple[int, str, str]:
        outcome = call(
            "move", "coverage", "--backend", "cargo-llvm-cov", "--runner", "self-hosted,linux,x64,coverage",
            "--timeout-minutes", "30", *more,
        )  # fmt: skip
        return outcome.code, outcome.out, outcome.err

    def test_backend_and_runner_in_one_minimal_diff(self, icn: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = self.move(caller(capsys, icn))
        assert code == 3
        assert "--accept self-hosted-forks --accept self-hosted-deletes" in err
        assert removed_then_added(out) == [
            "-    timeout-minutes: 45",
            "-    runs-on: ubuntu-latest",
            "-      - name: Install cargo-tarpaulin",
            "-        run: cargo install cargo-tarpaulin --locked",
            "-        run: cargo tarpaulin --workspace --timeout 300 --out Xml --output-dir ./coverage",
            "+    timeout-minutes: 30",
            "+    runs-on: [self-hosted, linux, x64, coverage]",
            "+      - name: Install cargo-llvm-cov",
            "+        run: cargo install cargo-llvm-cov --locked",
            "+        run: mkdir -p ./coverage && cargo llvm-cov --workspace --cobertura --output-path"
            " ./coverage/cobertura.xml",
        ]
        for named in ("timeout:", "parallel-tests:", "inline-test-code:", "Pre-tarpaulin cleanup"):
            assert named in out

    def test_another_report_takes_its_readers_along(self, icn: Path, capsys: pytest.CaptureFixture[str]) -> None:
        _, out, _ = self.move(caller(capsys, icn), "--report", "lcov")
        added = [line for line in changed_lines(out) if line.startswith("+") and "lcov.info" in line]
        assert added == [
            "+        run: mkdir -p ./coverage && cargo llvm-cov --workspace --lcov --output-path ./coverage/lcov.info",
            "+        if: hashFiles('./icn/coverage/lcov.info') != ''",
            "+          files: ./icn/coverage/lcov.info",
        ]

    def test_the_way_back_has_the_old_gate(self, icn: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call = caller(capsys, icn)
        before = call("status", "coverage", "--format", "json").json()["jobs"][0]
        accept = ("--accept", "self-hosted-forks", "--accept", "self-hosted-deletes")
        assert self.move(call, *accept, "--write")[0] == 0
        assert call("move", "coverage", "--backend", "cargo-tarpaulin", "--write").code == 0
        after = call("status", "coverage", "--format", "json").json()["jobs"][0]
        assert (after["gate"], after["blocks"], after["backend"]) == (
            before["gate"],
            before["blocks"],
            "cargo-tarpaulin",
        )

    def test_a_pull_request_where_there_is_no_github(
        self, icn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("GH_TOKEN", raising=False)
        monkeypatch.delenv("GITHUB_TOKEN", raising=False)
        text = tmp_path / "pull-request.md"
        before, head = workflow(icn), git(icn, "rev-parse", "HEAD")
        outcome = caller(capsys, icn)("move", "coverage", "--gate", "blocking", "--pr", "--text", str(text))
        assert outcome.code == 0
        branch = git(tmp_path / "remote.git", "for-each-ref", "--format=%(refname:short)", "refs/heads/covpath")
        assert branch.startswith("covpath/coverage-set-gate-ratchet-phase-coverage-to-bloc")
        assert "GATE_RATCHET_PHASE_COVERAGE: blocking" in git(tmp_path / "remote.git", "show", f"{branch}:{WORKFLOW}")
        assert branch in text.read_text()
        assert "```diff" in text.read_text()
        # Nothing of it touched the working tree or the branch one stands on.
        assert (workflow(icn), git(icn, "rev-parse", "HEAD"), git(icn, "status", "--porcelain")) == (before, head, "")


CALENDAR = "calendar: {file: ops/state/sprint/current.json, sprint: /sprint, starts: /start_date, days: 14}\n"
DECIDED = ("--record", "--decision", "new-backend", "--owner", "@icn/ci", "--target", "sprint 24")


class TestDecision:
    """From the page to an entry with owner and target, and the days on which the audit says what."""

    @pytest.fixture
    def call(self, icn: Path, capsys: pytest.CaptureFixture[str]) -> Call:
        return caller(capsys, icn)

    def ledger(self, icn: Path) -> Path:
        return icn / "ci/ci-exceptions.yaml"

    def imported(self, icn: Path, call: Call) -> None:
        assert call("exceptions", "import", REGISTRY, "--write").code == 0
        text = self.ledger(icn).read_text()
        self.ledger(icn).write_text(text.replace("version: 1\n", f"version: 1\n{CALENDAR}"))
        # Two more jobs do not block, and the page says nothing of them.
        for job, target in (("security", "2026-12-31"), ("sdk", "2026-12-31")):
            added = call(
                "exceptions", "add", job, "--decision", "larger-runner", "--owner", "@icn/ci", "--target", target,
                "--reason", "advisories are being worked through", "--accept", "silent", "--write",
            )  # fmt: skip
            assert added.code == 0, added.err

    def audit(self, call: Call, today: str) -> tuple[int, list[tuple[str, str]]]:
        outcome = call("audit", "--today", today, "--format", "json")
        return outcome.code, [(one["rule"], one["severity"]) for one in outcome.json()["findings"]]

    def test_the_page_becomes_a_valid_entry_that_invents_nothing(self, icn: Path, call: Call) -> None:
        self.imported(icn, call)
        assert call("exceptions", "check").code == 0
        text = self.ledger(icn).read_text()
        entry = text.split("  - job: ci.yml:security")[0]
        assert "job: ci.yml:coverage" in entry
        assert "decision: undecided" in entry
        assert not any(line.startswith(("    owner:", "    target:")) for line in entry.splitlines())
        assert entry.count("kind: observed") == 3
        assert "measured" not in entry
        for word in (icn / REGISTRY).read_text().split():
            assert word.strip("*`:#") in text, word

    def test_undecided_is_reported(self, icn: Path, call: Call) -> None:
        self.imported(icn, call)
        code, findings = self.audit(call, "2026-03-25")
        assert ("undecided", "warning") in findings
        assert code == 0

    def test_decide_shows_the_ways_out_and_records_one(self, icn: Path, call: Call) -> None:
        self.imported(icn, call)
        shown = call("decide", "coverage")
        assert shown.code == 0
        assert "nothing has been measured yet" in shown.out
        assert "observed: CI run 23399051170" in shown.out
        refused = call("decide", "coverage", "--record", "--owner", "@icn/ci", "--target", "sprint 24")
        assert refused.code == 3
        recorded = call("decide", "coverage", *DECIDED)
        assert recorded.code == 0, recorded.err
        entry = self.ledger(icn).read_text().split("  - job: ci.yml:security")[0]
        for line in ("decision: new-backend", "target: sprint 24"):
            assert line in entry
        assert "owner: '@icn/ci'" in entry or 'owner: "@icn/ci"' in entry

    def test_in_time_until_the_last_day_of_the_sprint_and_late_the_day_after(self, icn: Path, call: Call) -> None:
        self.imported(icn, call)
        call(
            "decide", "coverage", "--record", "--decision", "new-backend", "--owner", "@icn/ci", "--target", "sprint 24"
        )
        # Sprint 23 began on 2026-03-22 and has 14 days, so sprint 24 ends on 2026-04-18.
        code, findings = self.audit(call, "2026-04-18")
        assert (code, [one for one in findings if one[1] == "error"]) == (0, [])
        code, findings = self.audit(call, "2026-04-19")
        assert code == 1
        assert ("overdue", "error") in findings

    def test_a_sprint_without_a_length_is_not_guessed(self, icn: Path, call: Call) -> None:
        self.imported(icn, call)
        call(
            "decide", "coverage", "--record", "--decision", "new-backend", "--owner", "@icn/ci", "--target", "sprint 24"
        )
        text = self.ledger(icn).read_text()
        self.ledger(icn).write_text(text.replace(", days: 14", ""))
        code, _ = self.audit(call, "2026-03-25")
        assert code == 1

    def test_a_job_that_no_entry_explains_fails(self, icn: Path, call: Call) -> None:
        self.imported(icn, call)
        assert self.audit(call, "2026-03-25")[0] == 0
        call("move", "fmt", "--gate", "advisory", "--write")
        code, findings = self.audit(call, "2026-03-25")
        assert code == 1
        assert ("unexplained", "error") in findings


def test_two_jobs_of_that_id_must_be_told_apart(icn: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(icn / WORKFLOW, icn / ".github/workflows/other.yml")
    outcome = caller(capsys, icn)("move", "coverage", "--gate", "blocking")
    assert outcome.code == 2
    assert "ci.yml:coverage or other.yml:coverage" in outcome.err
    assert caller(capsys, icn)("status", "other.yml:coverage").code == 0
