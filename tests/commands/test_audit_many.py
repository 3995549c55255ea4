"""``covpath audit DIR...``: many checkouts, as a platform team would."""

from __future__ import annotations

import json
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from command_line import Call, caller
from covpath.commands.audit_many import audit_one
from covpath.commands.audited import Asked
from sample_repositories import write

HARD = "on: pull_request\njobs:\n  lint:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make lint\n"
SOFT = HARD.replace("    steps:", "    continue-on-error: true\n    steps:")
WORKFLOW = ".github/workflows/ci.yml"
DAY = ("--today", "2026-11-25")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys)


@pytest.fixture
def team(tmp_path: Path) -> Path:
    """A folder of checkouts, and what else lies in such a folder."""
    team = tmp_path / "team"
    write(team / "clean", {WORKFLOW: HARD})
    write(team / "soft", {WORKFLOW: SOFT, ".github/workflows/more.yml": SOFT.replace("lint", "docs")})
    write(team / "broken", {WORKFLOW: "jobs: [\n"})
    write(team / "damaged", {WORKFLOW: SOFT, "ci/ci-exceptions.yaml": "version: 2\n"})
    write(team / "no-checkout", {"README.md": "words\n"})
    (team / "notes.txt").write_text("words\n")
    return team


def names(out: str) -> list[str]:
    return [line.split()[0].rsplit("/", 1)[-1] for line in out.splitlines()[:-1]]


def test_one_line_each_the_worst_first(team: Path, call: Call) -> None:
    outcome = call("audit", str(team), *DAY)
    assert outcome.code == 2
    assert outcome.err == ""
    assert names(outcome.out) == ["soft", "broken", "damaged", "clean"]
    soft, broken, damaged, clean, last = outcome.out.splitlines()
    assert "2 errors, 0 warnings; .github/workflows/ci.yml:5:24: lint is advisory" in soft
    assert "broken   not read: .github/workflows/ci.yml:" in broken
    assert "not read: ci/ci-exceptions.yaml:1:" in damaged
    assert clean.endswith("clean")
    assert last == "4 repositories: 1 with errors, 2 not wholly read, 2 errors in 4 jobs, judged as of 2026-11-25."


def test_clean_ones_are_clean(team: Path, call: Call) -> None:
    assert call("audit", str(team / "clean"), *DAY).code == 0


def test_findings_fail(team: Path, call: Call) -> None:
    assert call("audit", str(team / "clean"), str(team / "soft"), *DAY).code == 1


def test_a_list_of_checkouts(team: Path, call: Call) -> None:
    listed = team / "repositories.txt"
    listed.write_text("# ours\nclean\n\nsoft\nnowhere\n")
    outcome = call("audit", "--repos", str(listed), *DAY)
    assert outcome.code == 2
    assert names(outcome.out) == ["soft", "nowhere", "clean"]
    assert "there is no such directory" in outcome.out


def test_as_data(team: Path, call: Call) -> None:
    data = call("audit", str(team), "--format", "json", *DAY).json()
    text = files("covpath").joinpath("data", "schemas", "audit-many.schema.json").read_text(encoding="utf-8")
    Draft202012Validator(json.loads(text)).validate(data)
    assert [one["errors"] for one in data["repositories"]] == [2, 0, 0, 0]


def test_nothing_is_written_into_a_checkout(team: Path, call: Call) -> None:
    def state() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in team.rglob("*") if path.is_file()}

    before = state()
    call("audit", str(team), *DAY)
    assert state() == before


def test_a_process_that_dies_stops_only_its_own_checkout(
    team: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("covpath.commands.audit_many.audit_one", _die_for_soft)
    outcome = call("audit", str(team), *DAY)
    assert outcome.code == 2
    assert "soft" in outcome.out.splitlines()[0] or "soft" in outcome.out
    assert "the process that read it died" in outcome.out
    assert outcome.out.splitlines()[-1].startswith("4 repositories: 0 with errors, 3 not wholly read")


def test_a_mistake_of_ours_stops_only_its_own_checkout(team: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("covpath.commands.audit_many.audit_one", _fail_for_soft)
    outcome = call("audit", str(team), *DAY)
    assert "a bug of covpath: KeyError: 'oh'" in outcome.out
    assert len(outcome.out.splitlines()) == 5


def test_a_directory_that_may_not_be_listed_stops_only_itself(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.listdir", refuse)
    line = audit_one(team / "soft", asked=Asked(today=date(2026, 11, 25)), strict=False)
    assert line.error.endswith("this directory cannot be listed: permission denied.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "sarif"), "text or json"),
        (("--base", "main"), "each by itself"),
        (("--fix",), "each by itself"),
    ],
)
def test_what_makes_no_sense_for_many(team: Path, call: Call, arguments: tuple[str, ...], said: str) -> None:
    outcome = call("audit", str(team), *arguments)
    assert outcome.code == 2
    assert said in outcome.err


def test_a_folder_without_checkouts(tmp_path: Path, call: Call) -> None:
    outcome = call("audit", str(tmp_path))
    assert outcome.code == 2
    assert "there is no checkout" in outcome.err


def _die_for_soft(root: Path, **how: object) -> object:
    import os

    from covpath.commands.audit_many import _line

    if root.name == "soft":
        os._exit(9)
    return _told(root, _line, how)


def _fail_for_soft(root: Path, **how: object) -> object:
    from covpath.commands.audit_many import _line

    if root.name == "soft":
        raise KeyError("oh")
    return _told(root, _line, how)


def _told(root: Path, line: object, how: dict[str, object]) -> object:
    return line(root, how["asked"], how["strict"])  # type: ignore[operator]
