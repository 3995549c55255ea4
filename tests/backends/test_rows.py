"""Every row of the tables of flags, as data: the old command, the new ones, and what is lost."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from covpath.backends.contract import Situation
from covpath.backends.request import Format
from covpath.backends.translate import Translation, translate
from covpath.backends.words import words
from covpath.errors import Refusal

ROWS = Path(__file__).parent.parent / "cases" / "backends" / "rows"


def _cases() -> list[Any]:
    found = []
    for file in sorted(ROWS.glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        ids = [case["id"] for case in table["case"]]
        assert not [name for name, count in Counter(ids).items() if count > 1], file
        found += [pytest.param(table, case, id=f"{file.stem}:{case['id']}") for case in table["case"]]
    return found


def _translate(table: dict[str, Any], case: dict[str, Any]) -> Translation:
    root = case.get("workspace_root", table.get("workspace_root", ""))
    folders = case.get("folders")
    situation = Situation(
        workdir=case.get("workdir", "."),
        workspace_root=root or None,
        summary_read=case.get("summary_read", False),
        keep_serial=case.get("keep_serial", False),
        pytest_addopts=case.get("addopts", ""),
        is_folder=None if folders is None else lambda path: path.rstrip("/") in folders,
    )
    return translate(
        [words(line) for line in case["old"].splitlines()],
        case.get("target", table.get("target")),
        report=Format(case["report"]) if "report" in case else None,
        situation=situation,
        environ=case.get("environ", {}),
        tarpaulin_toml=case.get("tarpaulin_toml"),
    )


@pytest.mark.parametrize(("table", "case"), _cases())
def test_row(table: dict[str, Any], case: dict[str, Any]) -> None:
    if "refused" in case:
        with pytest.raises(Refusal, match=case["refused"]):
            _translate(table, case)
        return
    found = _translate(table, case)
    lines = [command.line + ("  # always" if command.always else "") for command in found.commands]
    assert lines == case["new"]
    expected = case["only"] if "only" in case else [*case.get("losses", ()), *table.get("habits", ())]
    assert sorted(f"{loss.action} {loss.name}" for loss in found.losses) == sorted(expected)
    assert [f"{name}={value}" for name, value in found.environment] == case.get("environment", [])
    assert list(found.unset) == case.get("unset", [])
    assert all(loss.message and loss.what is not None for loss in found.losses)
