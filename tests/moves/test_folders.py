"""slipcover takes folders only: a move looks whether what it is given is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import write

WORKFLOW = "on: pull_request\njobs:\n  cov:\n    runs-on: x\n    steps:\n      - run: pytest --cov={source}\n"


@pytest.mark.parametrize(
    ("source", "directory", "code"),
    [("src/pkg", "", 0), ("./src", "", 0), ("pkg", "", 0), ("app", "", 3), ("pkg", "src", 0), ("link", "", 3)],
)
def test_a_source_that_is_no_folder_must_be_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: str, directory: str, code: int
) -> None:
    text = WORKFLOW.format(source=source)
    if directory:
        text += f"        working-directory: {directory}\n"
    root = tmp_path / "repo"
    write(root, {".github/workflows/ci.yml": text, "src/pkg/__init__.py": ""})
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    outcome = caller(capsys, root)("move", "cov", "--backend", "slipcover")
    assert outcome.code == code
    assert ("--accept source-folder" in outcome.err) is (code == 3)
