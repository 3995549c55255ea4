from __future__ import annotations

from pathlib import Path

import pytest

from audits.cases import CASES, build, cases, told
from covpath.audits.table import RULES, rule


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.parent.name}/{case.name}")
def test_the_rule_finds_what_is_written_down(case: Path, tmp_path: Path) -> None:
    audited = build(case, tmp_path / "repository")
    assert not audited.unreadable
    findings = sorted(
        rule(case.parent.name).check(audited.subject), key=lambda one: (one.place.file, one.place.line or 0)
    )
    expected = case / "findings.txt"
    assert told(findings) == (expected.read_text(encoding="utf-8") if expected.exists() else "")


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.ID)
def test_every_rule_has_cases_without_and_with_findings(one: object) -> None:
    folder = CASES / one.ID  # type: ignore[attr-defined]
    found = [(case / "findings.txt").exists() for case in folder.iterdir()]
    assert found.count(False) >= 2
    assert found.count(True) >= 2


def test_no_folder_of_cases_is_without_its_rule() -> None:
    assert {folder.name for folder in CASES.iterdir()} == {one.ID for one in RULES}
