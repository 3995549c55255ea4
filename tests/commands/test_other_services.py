"""What Codecov and Mergify make of checks, as ``covpath`` tells it: small repositories as cases."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from command_line import Call, caller
from covpath.commands import status
from sample_repositories import commit, git, repository

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
    files = {name: data for name, data in _files(case).items() if name.split("/")[0] not in _OURS}
    commit(root, {**files, "README": "a case, changed\n"}, "Change")
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
