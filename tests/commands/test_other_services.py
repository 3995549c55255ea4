"""What Codecov and Mergify make of checks, as ``covpath`` tells it: small repositories as cases."""

from __future__ import annotations

import json
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from command_line import Call, caller
from covpath.commands import status
from sample_repositories import commit, git, repository, write

CASES = Path(__file__).resolve().parents[1] / "cases" / "services"
_OURS = ("case.toml", "before", "expected")


def asked(case: Path) -> dict[str, Any]:
    return tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))


def build(case: Path, root: Path) -> Path:
    """The case's repository: what lies in ``before`` on the main branch, the rest committed on a branch."""
    before = _files(case / "before")
    repository(root, before or {"README": "a case\n"})
    git(root, "checkout", "--quiet", "-b", "branch")
    for name in before:
        (root / name).unlink()
    after = {name: data for name, data in _files(case).items() if name.split("/")[0] not in _OURS}
    commit(root, {**after, "README": "a case, changed\n"}, "Change")
    return root


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(case: Path, name: str, root: Path, call: Call) -> str:
    """What a command of a case prints, and how it ends where that is not well."""
    told = asked(case)
    words = list(told["commands"][name])
    if "required" in told:
        answer = root.parent / "required.json"
        answer.write_text(json.dumps({"contexts": told["required"], "checks": []}), encoding="utf-8")
        words += ["--required", str(answer)]
    outcome = call(*words)
    code = "" if outcome.code == 0 else f"exit code {outcome.code}\n"
    return f"{outcome.out}{outcome.err}{code}".replace(f"{root.parent}/", "")


def commands() -> list[tuple[Path, str]]:
    return [(case, name) for case in sorted(CASES.iterdir()) for name in asked(case)["commands"]]


@pytest.mark.parametrize(("case", "name"), commands(), ids=lambda one: getattr(one, "name", one))
def test_it_is_told_as_written_down(case: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(case, tmp_path / "repo")
    expected = case / "expected" / f"{name}.txt"
    assert told(case, name, root, caller(capsys, root)) == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_the_data_is_as_the_schemas_say(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = caller(capsys, build(case, tmp_path / "repo"))
    schemas = files("covpath") / "data" / "schemas"
    for name, words in (("status", ("--all",)), ("status-changes", ("--base", "main"))):
        schema = json.loads((schemas / f"{name}.schema.json").read_text(encoding="utf-8"))
        Draft202012Validator(schema).validate(call("status", *words, "--format", "json").json())


def test_several_processes_tell_what_one_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = build(CASES / "mergify-waits", tmp_path / "repo")
    text = (root / ".github/workflows/ci.yml").read_bytes()
    commit(root, {f".github/workflows/w{number}.yml": text for number in range(8)}, "More")
    call = caller(capsys, root)
    for form in ("text", "json"):
        one = call("status", "--all", "--format", form)
        with monkeypatch.context() as patch:
            patch.setattr(status, "MANY", 3)
            patch.setattr(status, "processors", lambda: 2)
            assert call("status", "--all", "--format", form) == one


@pytest.mark.parametrize("name", ["codecov.yml", ".mergify.yml"])
def test_a_link_out_of_the_repository_is_not_followed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = build(CASES / "nothing-of-theirs", tmp_path / "repo")
    (tmp_path / "secret.yml").write_text("coverage: {status: off}\n", encoding="utf-8")
    (root / name).symlink_to(tmp_path / "secret.yml")
    outcome = caller(capsys, root)("status", "--all")
    assert (outcome.code, outcome.err) == (2, "")
    assert f"not read: {name}: this leads out of" in outcome.out
    assert "test  blocking" in outcome.out


@pytest.mark.parametrize("content", [b"\0", b"\xff", b"a: &a [*a]\n", b"x" * 5_000_000, b"[" * 3000])
def test_hostile_settings_are_an_error_with_a_place(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = build(CASES / "nothing-of-theirs", tmp_path / "repo")
    for name in ("codecov.yml", ".mergify.yml"):
        (root / name).write_bytes(content)
    outcome = caller(capsys, root)("status", "--all")
    assert (outcome.code, outcome.out.count("not read: ")) == (2, 2)
    assert "test  blocking" in outcome.out
    audit = caller(capsys, root)("audit", "--no-base")
    assert (audit.code, audit.err.count("covpath: ")) == (2, 2)


CALLING = """\
on: pull_request
jobs:
  coverage:
    uses: org/ci/.github/workflows/coverage.yml@v1
"""
CALLED = """\
on: workflow_call
jobs:
  measure:
    runs-on: ubuntu-24.04
    steps:
      - run: cargo llvm-cov --lcov --output-path lcov.info
      - uses: codecov/codecov-action@v5
"""
USING = """\
on: pull_request
jobs:
  coverage:
    runs-on: ubuntu-24.04
    steps:
      - run: cargo llvm-cov --lcov --output-path lcov.info
      - uses: ./upload
"""
ACTION = """\
runs:
  using: composite
  steps:
    - run: curl -Os https://cli.codecov.io/latest/linux/codecov && chmod +x codecov && ./codecov upload-process
      shell: bash
"""
SHELLS = {
    "bash <(curl -s https://codecov.io/bash)": "true",
    "pip install codecov\n          codecov": "true",
    "uvx codecov upload-process": "true",
    "python -m codecov": "true",
    "# codecov is not asked": "unknown",
    "make codecov": "unknown",
    "make test": "false",
}


def test_an_upload_in_another_repository_is_seen_where_that_is_given(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = repository(tmp_path / "repo", {".github/workflows/ci.yml": CALLING})
    write(tmp_path / "others" / "org" / "ci", {".github/workflows/coverage.yml": CALLED})
    call = caller(capsys, root)
    assert call("status", "--format", "json").json()["codecov"] is None
    told = call("status", "--format", "json", "--with", str(tmp_path / "others")).json()
    assert (told["jobs"][0]["uploads_to_codecov"], told["codecov"]["file"]) == ("true", None)


def test_an_upload_in_an_action_of_the_repository_is_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path / "repo", {".github/workflows/ci.yml": USING, "upload/action.yml": ACTION})
    assert "coverage can stop the merge too, if" in caller(capsys, root)("status").out


@pytest.mark.parametrize("script", SHELLS)
def test_uploads_of_scripts(script: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = CALLED.replace("workflow_call", "pull_request").replace(
        "- uses: codecov/codecov-action@v5", f"- run: |\n          {script}"
    )
    root = repository(tmp_path / "repo", {".github/workflows/ci.yml": text})
    (job,) = caller(capsys, root)("status", "--all", "--format", "json").json()["jobs"]
    assert job["uploads_to_codecov"] == SHELLS[script]


def test_of_one_job_it_is_not_said_that_none_uploads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(CASES / "not-known-what-is-required", tmp_path / "repo")
    assert "no job here is seen" not in caller(capsys, root)("status", "test").out


def test_a_file_that_moves_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(CASES / "changed-figures", tmp_path / "repo")
    git(root, "checkout", "--quiet", "main")
    git(root, "mv", "codecov.yml", ".github/codecov.yml")
    assert caller(capsys, root)("status", "--base", "main").out == ""


def test_a_branch_that_leaves_a_required_status_without_force_fails_the_audit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = build(CASES / "changed-codecov", tmp_path / "repo")
    (tmp_path / "required.json").write_text('{"contexts": ["codecov/patch"], "checks": []}', encoding="utf-8")
    words = ("audit", "--base", "main", "--required", str(tmp_path / "required.json"), "--today", "2026-11-25")
    found = caller(capsys, root)(*words)
    assert found.code == 1
    assert "`codecov/patch` is required and cannot go red: it is informational [cannot-go-red]" in found.out
    git(root, "checkout", "--quiet", "-b", "later")
    commit(root, {"README": "more"}, "More")
    git(root, "branch", "--force", "main", "branch")
    assert caller(capsys, root)(*words).code == 0


def test_another_tool_s_figure_may_turn_a_status_red(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(CASES / "not-known-what-is-required", tmp_path / "repo")
    ci = root / ".github/workflows/ci.yml"
    text = ci.read_text(encoding="utf-8").replace("llvm-cov --lcov --output-path lcov.info", "tarpaulin --out Xml")
    ci.write_text(text, encoding="utf-8")
    call = caller(capsys, root)
    said = "codecov.yml:5 `codecov/patch` may take what the new tool measures otherwise for a fall of coverage"
    assert said in call("move", "coverage", "--backend", "cargo-llvm-cov").out
    notes = call("move", "coverage", "--backend", "cargo-llvm-cov", "--format", "json").json()[0]["notes"]
    assert [note["line"] for note in notes if note["file"] == "codecov.yml"] == [5]
    (root / "codecov.yml").write_text("coverage: {status: off}\n", encoding="utf-8")
    assert said not in call("move", "coverage", "--backend", "cargo-llvm-cov").out


def test_of_several_jobs_it_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = build(CASES / "not-known-what-is-required", tmp_path / "repo")
    ci = root / ".github/workflows/ci.yml"
    text = ci.read_text(encoding="utf-8")
    second = text[text.index("  coverage:\n") :].replace("  coverage:", "  coverage-again:")
    ci.write_text(text + second, encoding="utf-8")
    told = caller(capsys, root)("move", "--all-matching", "coverage*", "--gate", "advisory").out
    assert told.count("+    continue-on-error: true") == 2
    assert told.count("when coverage falls `codecov/patch` may still stop the merge") == 1


def test_of_a_job_that_never_runs_for_pull_requests_nothing_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = build(CASES / "never-for-a-pull-request", tmp_path / "repo")
    assert "codecov/patch" not in caller(capsys, root)("move", "coverage", "--gate", "advisory").out
