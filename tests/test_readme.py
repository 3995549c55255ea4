"""Every command of the README is run: covpath's here, the session commands by ``.ci/run``."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import git

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
CASE = ROOT / "tests" / "cases" / "readme" / "repository"


def transcripts() -> list[tuple[str, str]]:
    """Each command of a console block, with what the README shows below it."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for part in re.split(r"(?m)^\$ ", block)[1:]:
            command, _, shown = part.partition("\n")
            found.append((command, shown))
    return found


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "repo"
    shutil.copytree(CASE, root)
    git(root, "init", "--quiet", "--initial-branch=main")
    return root


def test_the_readme_has_transcripts() -> None:
    assert len(transcripts()) >= 6


@pytest.mark.parametrize(("command", "shown"), transcripts(), ids=[command[:50] for command, _ in transcripts()])
def test_every_command_does_what_the_readme_shows(
    repo: Path, command: str, shown: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(command)
    if words[0] != "covpath":
        assert f"step {command}\n" in (ROOT / ".ci" / "run").read_text("utf-8"), "nothing runs this command"
        return
    monkeypatch.chdir(repo)
    outcome = caller(capsys)(*words[1:])
    assert outcome.err == ""
    assert outcome.out.rstrip("\n") == shown.rstrip("\n")


def test_every_path_it_names_exists() -> None:
    for name in re.findall(r"`((?:ci|tools|tests|\.ci|\.github)/[\w./-]+)`", README):
        assert (ROOT / name).exists(), name


def test_every_session_it_names_exists() -> None:
    sessions = (ROOT / "noxfile.py").read_text("utf-8")
    for name in re.findall(r"-s ([\w-]+)", README):
        assert f'"{name}"' in sessions or f"def {name.replace('-', '_')}(" in sessions
