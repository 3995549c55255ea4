"""Evidence that this repository keeps: it can be read, is about a job there is, and names no machine's directories."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from covpath.evidence.cells import cells
from covpath.evidence.store import dump_evidence, load_evidence, parse_evidence
from covpath.terms import Tri
from covpath.workflow.repository import find_job, read_all

ROOT = Path(__file__).resolve().parents[2]
KEPT = sorted((ROOT / "ci" / "evidence").glob("*.json"))


def test_there_is_some() -> None:
    assert KEPT


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_it_is_whole_and_about_a_job_there_is(path: Path) -> None:
    found = load_evidence(path)
    assert parse_evidence(dump_evidence(found), path.name) == found
    assert found.subject.job is not None
    find_job(read_all(ROOT).workflows, found.subject.job)
    assert {cell.works for cell in cells(found)} >= {Tri.TRUE, Tri.FALSE}


@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_it_names_no_directory_of_the_machine_it_was_made_on(path: Path) -> None:
    absolute = re.findall(r"(?<![\w.~>/-])/[a-z][\w.-]*/[\w./-]*", path.read_text("utf-8"))
    assert not [one for one in absolute if not one.startswith("/dev/")]
