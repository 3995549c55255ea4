from __future__ import annotations

import json
from pathlib import Path

import pytest

from covpath.errors import CovpathError
from covpath.ledger.reading import parse
from covpath.yamltext.source import decode
from ledger.drafts import carry_out

CASES = sorted((Path(__file__).resolve().parents[1] / "cases" / "ledger" / "edit").iterdir())
REFUSED = [case for case in CASES if case.name.startswith("refuse-")]
DONE = [case for case in CASES if case not in REFUSED]
PATH = "ci/ci-exceptions.yaml"


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_cannot_be_done_is_refused_with_its_reason(case: Path) -> None:
    source = decode(PATH, (case / "before.yaml").read_bytes())
    with pytest.raises(CovpathError) as error:
        carry_out(source, json.loads((case / "do.json").read_text(encoding="utf-8")))
    told = f"{type(error.value).__name__}: {error.value}\n"
    assert told == (case / "refused.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("case", DONE, ids=lambda case: case.name)
def test_the_file_afterwards(case: Path) -> None:
    source = decode(PATH, (case / "before.yaml").read_bytes())
    edited = carry_out(source, json.loads((case / "do.json").read_text(encoding="utf-8")))
    assert edited.source.encode() == (case / "after.yaml").read_bytes()
    said = "".join(f"{sentence}\n" for sentence in edited.said)
    expected = case / "said.txt"
    assert said == (expected.read_text(encoding="utf-8") if expected.exists() else "")
    assert parse(edited.source)
    assert edited.patch.reverse().apply().encode() == source.encode()
