from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.backends.diagnose import diagnose
from covpath.backends.signatures import Family, Level, signatures
from covpath.backends.table import backends

CASES = Path(__file__).parent.parent / "cases" / "diagnose"


@pytest.mark.parametrize("case", [pytest.param(path, id=path.name) for path in sorted(CASES.iterdir())])
def test_diagnose(case: Path) -> None:
    expected = tomllib.loads((case / "expected.toml").read_text(encoding="utf-8"))
    annotations = case / "annotations.txt"
    log = (case / "log.txt").read_bytes().decode("utf-8")
    found = diagnose(log, annotations.read_text().splitlines() if annotations.exists() else ())
    if not expected["class"]:
        assert found.cause is None
        assert found.family is Family.UNKNOWN
    else:
        assert found.cause is not None
        assert found.cause.signature.name == expected["class"]
        assert found.cause.line.number == expected.get("line")
        assert found.sure is expected.get("sure", True)
        assert "\x1b" not in found.cause.line.text
        assert not found.cause.line.text.startswith("2026-03-22T10")
    if "consequences" in expected:
        assert [one.signature.name for one in found.consequences] == expected["consequences"]
    assert [one.signature.name for one in found.warnings] == expected.get("warnings", [])


def test_every_class_has_a_case() -> None:
    folders = {path.name for path in CASES.iterdir()}
    assert {signature.name for signature in signatures()} <= folders


def test_the_table_is_whole() -> None:
    names = [signature.name for signature in signatures()]
    assert len(names) == len(set(names))
    known = {one.NAME for one in backends()}
    for signature in signatures():
        assert signature.meaning.endswith(".")
        assert signature.hint.endswith(".")
        assert signature.source
        assert signature.backend is None or signature.backend in known
        assert signature.level is not Level.CONSEQUENCE or signature.family in (Family.CANCELED, Family.UNKNOWN)


def test_a_loss_of_the_runner_is_no_proof_of_memory() -> None:
    found = diagnose("##[error]The runner has received a shutdown signal. This can happen when ...")
    assert found.family is Family.RUNNER_LOST
    assert not found.sure


@given(st.text())
def test_any_text_is_read(log: str) -> None:
    found = diagnose(log)
    assert found.cause is None or found.cause.line.number is not None


def test_a_long_log_is_read_quickly() -> None:
    line = "2026-03-22T10:00:00.1234567Z    Compiling ledger v0.4.0 (/home/runner/work/ledger/ledger)\n"
    found = diagnose(line * 20_000 + "2026-03-22T10:00:00.1234567Z MemoryError\n")
    assert found.cause is not None
    assert found.cause.line.number == 20_001
