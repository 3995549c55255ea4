from __future__ import annotations

import json
import types
import typing
from importlib.resources import files
from pathlib import Path

import msgspec
import msgspec.structs
import pytest

from covpath.errors import InputError, OutsideError
from covpath.evidence.model import Evidence, Prediction, Sighting
from covpath.evidence.store import TrialLog, dump_evidence, load_evidence, parse_evidence
from covpath.evidence.trial import CacheState, Outcome
from covpath.terms import EvidenceKind, Tri
from evidence_samples import TRIAL, evidence, trial

SIGHTING = Sighting(
    kind=EvidenceKind.OBSERVED,
    statement="The run was cancelled after 28 minutes.",
    date="2026-02-01",
    by="the Actions run",
    url="https://example.com/run/1",
)
PREDICTION = Prediction(
    backend="slipcover",
    runner="small",
    cache=CacheState.WARM,
    works=Tri.TRUE,
    outcome=None,
    wall_seconds=None,
    peak_bytes=1,
    reason="fits",
)


def test_what_is_written_reads_back_equal(tmp_path: Path) -> None:
    whole = evidence(TRIAL, trial(number=1), predictions=(PREDICTION,), sightings=(SIGHTING,))
    path = tmp_path / "evidence.json"
    path.write_bytes(dump_evidence(whole))
    assert load_evidence(path) == whole
    assert path.read_text().count("\n") < 40


def test_schema_and_records_name_the_same_fields() -> None:
    schema = json.loads((files("covpath") / "data/schemas/evidence.schema.json").read_text())
    for kind, definition in _records(Evidence, "evidence", schema["$defs"]).items():
        required = {f.name for f in msgspec.structs.fields(kind) if f.required}
        assert {f.name for f in msgspec.structs.fields(kind)} == set(definition["properties"]), kind
        assert required == set(definition["required"]), kind


def _records(kind: type, name: str, definitions: dict) -> dict[type, dict]:  # type: ignore[type-arg]
    found = {kind: definitions[name]}
    for field, hint in typing.get_type_hints(kind).items():
        inner = [part for part in _parts(hint) if issubclass(part, msgspec.Struct)]
        if inner:
            text = json.dumps(definitions[name]["properties"][field])
            reference = text.split("#/$defs/")[1].split('"')[0]
            found |= _records(inner[0], reference, definitions)
    return found


def _parts(hint: object) -> list[type]:
    if typing.get_origin(hint) in (tuple, dict, typing.Union, types.UnionType):
        return [part for argument in typing.get_args(hint) for part in _parts(argument)]
    return [hint] if isinstance(hint, type) else []


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "is not JSON", 1),
        ("[1]", "version None", 1),
        ('{\n "version": 2}', "version 2", 1),
        ('{"version": 1,\n "created": "x"\n', "is not JSON", 3),
        ('{"version": 1,\n "created": "x",\n "subject": {"name": 3}}', "subject", 3),
        ('{"version": 1, "created": "x"}', "'subject' is a required property", 1),
        ("[" * 100_000, "nested too deeply", 1),
    ],
)
def test_what_is_not_evidence_is_an_error_with_its_line(text: str, message: str, line: int) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_evidence(text.encode(), "e.json")
    assert caught.value.place is not None
    assert (caught.value.place.file, caught.value.place.line) == ("e.json", line)


def test_a_wrong_value_deep_inside_is_found() -> None:
    text = dump_evidence(evidence(TRIAL, trial(number=1))).decode()
    lines = text.splitlines()
    broken = [n for n, line in enumerate(lines) if '"number": 1' in line]
    lines[broken[0]] = lines[broken[0]].replace('"outcome": "ok"', '"outcome": "fine"')
    with pytest.raises(InputError, match="trials/1/outcome: 'fine'") as caught:
        parse_evidence("\n".join(lines).encode(), "e.json")
    assert caught.value.place is not None
    assert caught.value.place.line == broken[0] + 1
    assert caught.value.place.column == lines[broken[0]].index('"fine"') + 1


def test_not_utf8_and_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        parse_evidence(b'{"version": 1, "created": "\xff"}', "e.json")
    with pytest.raises(InputError, match="No such file"):
        load_evidence(tmp_path / "absent")


def test_trials_are_kept_one_by_one_and_a_torn_line_is_dropped(tmp_path: Path) -> None:
    log = TrialLog(tmp_path / "deep" / "trials.jsonl")
    assert log.read() == ()
    log.append(TRIAL)
    log.append(trial(number=1, outcome=Outcome.OOM))
    with log.path.open("ab") as file:
        file.write(b'{"cell": "c1", "numb')
    assert [item.number for item in log.read()] == [0, 1]
    log.append(trial(number=2))
    assert [item.number for item in log.read()] == [0, 1, 2]
    assert log.read()[1].outcome is Outcome.OOM


def test_a_broken_line_in_the_middle_is_an_error_with_its_line(tmp_path: Path) -> None:
    log = TrialLog(tmp_path / "trials.jsonl")
    log.append(TRIAL)
    with log.path.open("ab") as file:
        file.write(b"{]\n")
    with pytest.raises(InputError, match="not JSON") as caught:
        log.read()
    assert caught.value.place is not None
    assert caught.value.place.line == 2


def test_a_log_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutsideError, match="cannot be written"):
        TrialLog(tmp_path / "file" / "trials.jsonl").append(TRIAL)
