from __future__ import annotations

from pathlib import Path

import pytest

from covpath.audits.adoption import adoptable
from covpath.commands.audited import Asked, look_at
from covpath.commands.day import day_or_today
from covpath.commands.state import WorkingTree
from covpath.outside.git import find_repository

JOB = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
{above}    continue-on-error: true{beside}
    steps:
      - run: make lint
"""
STEPS = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
    steps:
      - run: |
          make all
          # the list is far from complete
          make spelling || true
      - run: make lint
"""


def reason(folder: Path, text: str) -> str:
    path = folder / ".github" / "workflows" / "ci.yml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    here = look_at(find_repository(folder), WorkingTree(root=folder), Asked(today=day_or_today("2026-11-25")))
    [found] = adoptable(here.subject)
    return found.reason


@pytest.mark.parametrize(
    ("above", "beside"),
    [
        ("", ""),
        ("    # ----------------\n", ""),
        ("    # lint\n", ""),
        ("    # continue-on-error: ${{ matrix.experimental }}\n", ""),
        ("    # about the steps\n    env: {A: b}\n", ""),
        (f"    # {'word ' * 60}\n", ""),
    ],
)
def test_where_nobody_says_why_that_is_said(tmp_path: Path, above: str, beside: str) -> None:
    text = JOB.format(above=above, beside=beside)
    assert reason(tmp_path, text) == "was advisory when this file began; nobody has said why"


@pytest.mark.parametrize(
    ("above", "beside", "said"),
    [
        ("", " # flaky since May", "flaky since May"),
        ("    # the linter\n    #   is being chosen:\n", "", "the linter is being chosen"),
        ("    # the linter is new\n", " # see issue 12", "see issue 12"),
        ("    # The linter's list\n    # ---\n", "", "The linter's list ---"),
    ],
)
def test_a_comment_beside_the_line_is_the_reason_so_far(tmp_path: Path, above: str, beside: str, said: str) -> None:
    text = JOB.format(above=above, beside=beside)
    assert reason(tmp_path, text) == f'was advisory when this file began; its comment says "{said}"'


def test_a_comment_in_a_script_counts_as_well(tmp_path: Path) -> None:
    said = 'masked the step make all when this file began; its comment says "the list is far from complete"'
    assert reason(tmp_path, STEPS) == said
