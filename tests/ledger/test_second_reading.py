from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from covpath.errors import InputError, ProofFailed, Refusal, UsageError
from covpath.ledger.editing import add
from covpath.ledger.second_reading import confirm
from covpath.ledger.writing import change
from covpath.yamltext.source import Source, decode
from ledger.drafts import carry_out, draft
from ledger.test_editing import DONE, PATH
from ledger.test_editing_properties import files, possible, wishes

BEFORE = """\
# top
version: 1
owner: "@org/ci"
exceptions: # all of them
  # about the first
  - job: ci.yml:first # job
    decision: new-backend
    target: sprint 9
    reason: | # why
      it # dies
    evidence:
      - a/b.json # seen
"""
NEW = {"job": "ci.yml:new", "decision": "undecided", "reason": "it dies"}


def edited_after(text: str) -> None:
    """Hold an addition to ``BEFORE`` against ``text`` instead of its own result."""
    edited = add(Source(PATH, BEFORE), draft(NEW))
    confirm(edited.before, Source(PATH, text), edited.changes, edited.gone)


def after() -> str:
    return add(Source(PATH, BEFORE), draft(NEW)).source.text


@pytest.mark.parametrize("case", DONE, ids=lambda case: case.name)
def test_every_edit_case_is_confirmed(case: Path) -> None:
    source = decode(PATH, (case / "before.yaml").read_bytes())
    edited = carry_out(source, json.loads((case / "do.json").read_text(encoding="utf-8")))
    confirm(edited.before, edited.source, edited.changes, edited.gone)


def test_the_declared_change_is_confirmed() -> None:
    edited_after(after())


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("sprint 9", "sprint 10", "other data"),
        ("version: 1", "version: 1.0", "other data"),
        ("version: 1", "version: true", "other data"),
        ("version: 1", "version: '1'", "other data"),
        ("    reason: it dies\n", "", "other data"),
        ("# top\n", "", "'# top'"),
        (" # all of them", "", "'# all of them'"),
        (" # job", "", "'# job'"),
        (" # why", "", "'# why'"),
        (" # seen", "", "'# seen'"),
        ("it # dies", "it", "other data"),
        ("version: 1", "version: 1\nversion: 1", "refuses it"),
        ("version: 1", "version: [", "refuses it"),
    ],
)
def test_whatever_else_differs_is_found(old: str, new: str, said: str) -> None:
    assert old in after()
    with pytest.raises(ProofFailed, match=said):
        edited_after(after().replace(old, new, 1))


def test_a_comment_that_stands_twice_may_not_go_once() -> None:
    twice = BEFORE.replace("# job", "# seen")
    edited = add(Source(PATH, twice), draft(NEW))
    with pytest.raises(ProofFailed, match="# seen"):
        confirm(edited.before, Source(PATH, edited.source.text.replace(" # seen", "", 1)), edited.changes, ())


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files(), st.lists(wishes(), min_size=1, max_size=3))
def test_no_change_of_ours_is_misread(data: bytes, asked: list[dict[str, object]]) -> None:
    source = decode(PATH, data)
    for wish in asked:
        if possible(source, wish):
            edited = carry_out(source, wish)
            confirm(edited.before, edited.source, edited.changes, edited.gone)
            source = edited.source


LOOK_ALIKES = st.sampled_from(
    ["1_000", "0o17", "0b1", "010", "12:30:45", "1e3", ".5", "+1", "0x1F", ".inf", ".NaN", "~", "null", "Yes", "off",
     "y", "=", "<<", "2026-01-01T10:00:00Z", "2026-1-1", "!x", "&a", "*a", "%d", "@org", "`x`", "?", "? x", "-", ":",
     "a:", "[", "#", " # x", "\t", "\u00a0", "\ufeff", "\U0001f6a7", "a\n\nb\n", " lead", "trail ", "...", "---"]
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(LOOK_ALIKES | st.text(min_size=1, max_size=12))
def test_a_reason_that_looks_like_something_else_stays_a_reason(reason: str) -> None:
    try:
        edited = add(Source(PATH, BEFORE), draft(NEW | {"reason": reason}))
    except (UsageError, Refusal, InputError):  # an empty reason, a character no YAML file may hold
        return
    confirm(edited.before, edited.source, edited.changes, edited.gone)


def test_a_write_is_held_against_it(tmp_path: Path) -> None:
    path = tmp_path / PATH
    path.parent.mkdir()
    path.write_text(BEFORE)

    def wrong(source: Source) -> object:
        edited = add(source, draft(NEW))
        return replace(edited, changes=())

    with pytest.raises(ProofFailed, match="other data"):
        change(tmp_path, path, wrong)  # type: ignore[arg-type]
    assert path.read_text() == BEFORE


def test_ruamel_is_imported_only_to_write() -> None:
    code = "import sys, covpath.ledger.writing; sys.exit('ruamel.yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
