from __future__ import annotations

import re
from pathlib import Path

import pytest

import covpath.audits
from command_line import caller
from covpath.audits.table import RULES, rule
from covpath.errors import UsageError

FOLDER = Path(covpath.audits.__file__).parent


def test_the_folder_s_rules_are_the_table_s() -> None:
    in_folder = {path.stem for path in FOLDER.glob("*.py") if re.search(r"^ID = ", path.read_text(), re.MULTILINE)}
    assert {one.__name__.rsplit(".", 1)[-1] for one in RULES} == in_folder  # type: ignore[attr-defined]


@pytest.mark.parametrize("one", RULES, ids=lambda one: one.ID)
def test_a_rule_is_called_as_its_file_and_explains_itself(one: object) -> None:
    assert one.__name__.rsplit(".", 1)[-1] == one.ID.replace("-", "_")  # type: ignore[attr-defined]
    assert re.fullmatch(r"[a-z][^\n.]*", one.TITLE)  # type: ignore[attr-defined]
    assert "\nWhat to do: " in one.EXPLANATION  # type: ignore[attr-defined]
    assert one.EXPLANATION.endswith("\n")  # type: ignore[attr-defined]
    assert max(map(len, one.EXPLANATION.splitlines())) <= 120  # type: ignore[attr-defined]


def test_no_id_is_used_twice() -> None:
    assert len({one.ID for one in RULES}) == len(RULES)


def test_an_unknown_rule_is_answered_with_those_there_are() -> None:
    with pytest.raises(UsageError, match="no rule 'overdu'") as error:
        rule("overdu")
    assert "overdue" in str(error.value.hint)


def test_explain_lists_them_all_and_explains_each(capsys: pytest.CaptureFixture[str]) -> None:
    call = caller(capsys)
    listed = call("explain").out
    assert [line.split()[0] for line in listed.splitlines()] == [one.ID for one in RULES]
    for one in RULES:
        assert call("explain", one.ID).out == f"{one.ID}: {one.TITLE}.\n\n{one.EXPLANATION}"


def test_the_readme_lists_them_all() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    section = readme.split("## What the audit finds")[1].split("\n## ")[0]
    assert re.findall(r"^\| `([a-z-]+)` \| ", section, re.MULTILINE) == [one.ID for one in RULES]
