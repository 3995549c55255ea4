from __future__ import annotations

from pathlib import Path

import pytest

from covpath.errors import UsageError
from covpath.outside.sparse import expect_checked_out
from outside.repositories import Scratch

FOLDER = ".github/workflows"
WORKFLOW = {f"{FOLDER}/ci.yml": b"on: push\njobs: {}\n", "ci/a.yaml": b"a: 1\n"}


@pytest.fixture
def scratch(tmp_path: Path) -> Scratch:
    return Scratch(tmp_path / "repo")


def test_what_lies_there_or_never_was_is_none_of_its_business(scratch: Scratch) -> None:
    expect_checked_out(scratch.repository(), FOLDER)
    scratch.commit(WORKFLOW)
    expect_checked_out(scratch.repository(), FOLDER)
    (scratch.root / FOLDER / "ci.yml").unlink()
    expect_checked_out(scratch.repository(), FOLDER)


def test_what_a_sparse_checkout_leaves_out_is_told(scratch: Scratch) -> None:
    scratch.commit(WORKFLOW)
    scratch.git("sparse-checkout", "set", "ci")
    with pytest.raises(UsageError, match="a sparse checkout") as caught:
        expect_checked_out(scratch.repository(), FOLDER)
    assert caught.value.hint == f"Check it out: git sparse-checkout add {FOLDER}"
    scratch.git("sparse-checkout", "add", FOLDER)
    expect_checked_out(scratch.repository(), FOLDER)
