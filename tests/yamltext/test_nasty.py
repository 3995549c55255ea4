from pathlib import Path

import pytest

from covpath.yamltext.reading import Document
from nasty_expectations import CASES, outcome

PATHS = sorted(CASES.glob("*.yml"))


def test_there_are_as_many_expectations_as_cases() -> None:
    assert len(PATHS) == 68
    assert {path.stem for path in PATHS} == {path.stem for path in CASES.glob("*.txt")}


@pytest.mark.parametrize("path", PATHS, ids=[path.stem for path in PATHS])
def test_every_edit_is_made_right_or_refused_as_written_down(path: Path) -> None:
    assert outcome(path) == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_unedited_files_are_encoded_to_the_same_bytes(nasty_documents: list[Document]) -> None:
    for document in nasty_documents:
        assert document.source.encode() == (CASES / document.source.path).read_bytes()
