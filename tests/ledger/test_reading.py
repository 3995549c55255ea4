from __future__ import annotations

from pathlib import Path

import pytest

from covpath.errors import CovpathError
from covpath.ledger.model import Accepted, DateTarget, EvidenceForm, JobName, SprintTarget
from covpath.ledger.problems import InvalidExceptions
from covpath.ledger.reading import examine, load, parse
from covpath.terms import Decision, EvidenceKind, JobId, JobRef
from covpath.yamltext.nodes import to_plain
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source, decode
from ledger.other_reader import independently

CASES = Path(__file__).resolve().parents[1] / "cases" / "ledger"
VALID = sorted((CASES / "valid").glob("*.yaml"))
INVALID = sorted((CASES / "invalid").glob("*.yaml"))
PATH = "ci/ci-exceptions.yaml"


def source(case: Path) -> Source:
    return decode(PATH, case.read_bytes())


def told(case: Path) -> str:
    try:
        problems = examine(source(case)).problems
    except InvalidExceptions as error:
        problems = error.problems
    except CovpathError as error:
        return f"{error}\n"
    return "".join(f"{problem}\n" for problem in problems)


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.stem)
def test_a_valid_file_has_no_problem(case: Path) -> None:
    assert told(case) == ""


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.stem)
def test_another_yaml_1_2_reader_sees_the_same_data(case: Path) -> None:
    root = read(source(case), strict=False).root
    assert root is not None
    assert to_plain(root) == independently(source(case).text)


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_each_problem_is_told_at_its_place(case: Path) -> None:
    expected = case.with_suffix(".txt")
    assert told(case) == expected.read_text(encoding="utf-8")


def test_every_expectation_has_its_case() -> None:
    assert {case.stem for case in (CASES / "invalid").glob("*.txt")} == {case.stem for case in INVALID}


def test_the_short_file_says_all_that_is_needed() -> None:
    ledger = parse(source(CASES / "valid" / "short.yaml"))
    (entry,) = ledger.entries
    assert entry.jobs == (JobName("ci.yml", JobId("coverage")),)
    assert (entry.decision, entry.owner, entry.owns) == (Decision.NEW_BACKEND, "@org/ci", False)
    assert entry.until == SprintTarget("24")
    assert [(piece.form, piece.kind) for piece in entry.evidence] == [(EvidenceForm.URL, EvidenceKind.OBSERVED)]
    assert str(entry.place) == f"{PATH}:5:5"
    assert str(entry.place_of("target")) == f"{PATH}:7:13"
    assert entry.place_of("cause") == entry.place


def test_the_long_file_is_read_in_full() -> None:
    ledger = parse(source(CASES / "valid" / "long.yaml"))
    entry, permanent, resolved, undecided = ledger.entries
    assert entry.is_about(JobRef(".github/workflows/nightly.yaml", JobId("coverage_all")))
    assert not entry.is_about(JobRef(".github/workflows/my-nightly.yaml", JobId("coverage_all")))
    assert str(entry.target) == "2026-05-22"
    assert isinstance(entry.target, DateTarget)
    assert entry.reason == "the build is killed before the tests begin"
    assert [piece.kind for piece in entry.evidence] == [
        EvidenceKind.MEASURED,
        EvidenceKind.OBSERVED,
        EvidenceKind.REPORTED,
        EvidenceKind.REPORTED,
        EvidenceKind.OBSERVED,
    ]
    assert str(entry.evidence[4].day) == "2026-04-30"
    assert entry.moves is not None
    assert entry.moves.runner == ("self-hosted", "linux")
    assert entry.accepts_this(Accepted.SILENT)
    assert not entry.accepts_this(Accepted.ADVISORY)
    assert entry.notes == ("1:30",)
    assert permanent.until == SprintTarget("2026-20")
    assert resolved not in ledger.open_entries
    assert undecided.moves is not None
    assert undecided.moves.runner == ("self-hosted", "linux", "x64")
    assert ledger.about(JobRef(".github/workflows/old.yml", JobId("flaky"))) == (resolved, undecided)
    assert ledger.required_checks is not None
    assert ledger.required_checks.names == ("Format Check", "test (3.12, ubuntu-latest)")


def test_one_damaged_entry_hides_no_other_and_is_not_mistaken_for_a_missing_one() -> None:
    text = (
        "version: 1\nexceptions:\n"
        "  - {job: ci.yml:good, decision: undecided, reason: r}\n"
        "  - {job: [ci.yml:bad, 3], decision: nonsense, reason: r}\n"
    )
    reading = examine(decode(PATH, text.encode()))
    assert [str(name) for entry in reading.ledger.entries for name in entry.jobs] == ["ci.yml:good"]
    assert [str(name) for name in reading.unread] == ["ci.yml:bad"]
    assert len(reading.problems) == 2


def test_all_problems_are_one_error() -> None:
    with pytest.raises(InvalidExceptions, match=r"no key `expires` here. \(2 more: covpath exceptions check\)"):
        parse(source(CASES / "invalid" / "unknown-key.yaml"))


def test_a_file_is_loaded_under_its_name_in_the_repository(tmp_path: Path) -> None:
    file = tmp_path / "ci" / "ci-exceptions.yaml"
    file.parent.mkdir()
    file.write_text("version: 1\nexceptions: []\n", encoding="utf-8")
    assert load(file, tmp_path).path == PATH
