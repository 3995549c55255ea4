"""What is said of reading and editing, measured on the corpus of real workflows."""

from __future__ import annotations

import copy
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from covpath.errors import InputError, Refusal
from covpath.yamltext.diff import unified_diff
from covpath.yamltext.edit import Edit, Patch
from covpath.yamltext.nodes import Route, node_at
from covpath.yamltext.proof import prove
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode
from edit_kinds import REMOVED, SIX_KINDS, Wanted
from oracles.github import parse_workflows
from shared_data import shared_path

LISTED = ("line break", "control character", "is not UTF-8", "is UTF-16")
"""What covpath refuses though GitHub reads it: the encodings and line breaks that it names."""

REFUSED_FOR_THEIR_MEANING = {"10", "11", "12", "29", "32", "35", "36", "52", "53", "54", "64", "67"}
"""Nasty cases that are YAML but no workflow: what refuses them is not the reading of YAML."""


@dataclass
class Tally:
    """What became of the edits of one kind."""

    files: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    folder = shared_path("corpus/dev")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [read(decode(str(path.relative_to(folder)), path.read_bytes())) for path in paths]


def test_unedited_files_keep_their_bytes() -> None:
    folder = shared_path("corpus/dev")
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    same = sum(read(decode(path.name, path.read_bytes())).source.encode() == path.read_bytes() for path in paths)
    _print(f"\nread and byte-identical when unedited: {same} of {len(paths)} files")
    assert same == len(paths)


def test_what_github_refuses_for_its_yaml_is_refused_and_the_rest_is_read(documents: list[Document]) -> None:
    texts = {document.source.path: document.source.text for document in documents}
    nasty = sorted(shared_path("corpus/nasty").glob("*.yml"))
    for path in nasty:
        texts[path.name] = path.read_bytes().decode("utf-8-sig", "replace")
    parsed = parse_workflows(texts)
    counts: Counter[str] = Counter()
    for path in nasty:
        ours = _read_error(path)
        accepted = parsed[path.name].accepted
        outcome = f"GitHub {'reads' if accepted else 'refuses'}, covpath {'reads' if ours is None else 'refuses'}"
        counts[outcome] += 1
        assert ours is None or not accepted or any(part in ours for part in LISTED), path.name
        assert ours is not None or accepted or path.stem[:2] in REFUSED_FOR_THEIR_MEANING, path.name
    _print("\nnasty cases: " + ", ".join(f"{outcome}: {number}" for outcome, number in sorted(counts.items())))


def _read_error(path: Path) -> str | None:
    try:
        read(decode(path.name, path.read_bytes()))
    except InputError as error:
        return error.message
    return None


def test_the_six_kinds_of_edits(documents: list[Document]) -> None:
    before = parse_workflows({document.source.path: document.source.text for document in documents})
    tallies = {name: Tally() for name in SIX_KINDS}
    for name, kind in SIX_KINDS.items():
        edited = {}
        for document in documents:
            patch = _edit(document, list(kind(document)), tallies[name])
            if patch is not None:
                edited[document.source.path] = patch.apply().text
        for path, parsed in parse_workflows(edited).items():
            known = Counter(error.message for error in before[path].errors)
            new = Counter(error.message for error in parsed.errors) - known
            tallies[name].counts["new errors"] += bool(new)
            tallies[name].wrong += [f"{path}: {message}" for message in new]
    _show(tallies)
    asked = sum(tally.counts["asked"] for tally in tallies.values())
    refused = sum(tally.counts["refused"] for tally in tallies.values())
    assert [each for tally in tallies.values() for each in tally.wrong] == []
    assert refused <= 0.01 * asked


def _edit(document: Document, wanted: list[Wanted], tally: Tally) -> Patch | None:
    """All edits of one kind of a file as one patch, with everything about it checked."""
    edits: list[Edit] = []
    done: list[Wanted] = []
    for each in wanted:
        tally.counts["asked"] += 1
        try:
            edit = each.make(document)
        except Refusal as refusal:
            tally.counts["refused"] += 1
            tally.refusals.append(str(refusal))
            continue
        tally.counts["nothing to do"] += edit is None
        if edit is not None:
            edits.append(edit)
            done.append(each)
    if not edits:
        return None
    tally.files.add(document.source.path)
    patch = Patch(document.source, tuple(edits))
    changes = tuple(change for edit in edits for change in edit.changes)
    prove(patch, changes, gone=tuple(comment for edit in edits for comment in edit.gone))
    right = _data(patch.apply().text) == _expected(document, done)
    minimal = _changed_lines(patch) == _fewest_lines(document, done)
    restored = patch.reverse().apply().encode() == document.source.encode()
    tally.counts["made"] += len(edits)
    tally.counts["files restored"] += restored
    if not (right and minimal and restored):
        tally.wrong.append(
            f"{document.source.path}: right {right}, minimal {minimal}, restored {restored}\n{patch.diff()}"
        )
    return patch


def _data(text: str) -> Any:
    """The file as another reader sees it, every scalar as its text."""
    return yaml.load(text if text.endswith("\n") else text + "\n", Loader=yaml.CBaseLoader)


def _expected(document: Document, done: list[Wanted]) -> Any:
    data = copy.deepcopy(_unshared(_data(document.source.text)))
    for each in done:
        holder = data
        for step in each.route[:-1]:
            holder = holder[step]
        if each.value is REMOVED:
            del holder[each.route[-1]]
        else:
            holder[each.route[-1]] = "true" if each.value is True else each.value
    return data


def _unshared(data: Any) -> Any:
    """The data with nothing in it twice, which aliases make."""
    if isinstance(data, dict):
        return {key: _unshared(value) for key, value in data.items()}
    return [_unshared(item) for item in data] if isinstance(data, list) else data


def _changed_lines(patch: Patch) -> tuple[int, int]:
    """Lines taken and given; a last line break that is missing before and after is no change."""
    before, after = (
        source if source.text.endswith("\n") else source.with_text(source.text + "\n")
        for source in (patch.source, patch.apply())
    )
    lines = unified_diff(before, after, "x").split("\n")[2:]
    return sum(line.startswith("-") for line in lines), sum(line.startswith("+") for line in lines)


def _fewest_lines(document: Document, done: list[Wanted]) -> tuple[int, int]:
    """Lines that must be taken and given: an old value's own, one for each new value or key."""
    taken: set[int] = set()
    given: set[object] = set()
    assert document.root is not None
    for each in done:
        node = node_at(document.root, each.route)
        if node is None:
            given.add(each.route)
            continue
        first, last = document.source.line_of(node.outer_start), document.source.line_of(node.end)
        if each.value is REMOVED:
            first = _key_line(document, each.route)
        else:
            given.add(first)
        taken.update(range(first, last + 1))
    return len(taken), len(given)


def _key_line(document: Document, route: Route) -> int:
    holder = node_at(document.root, route[:-1]) if document.root is not None else None
    entry = next(entry for entry in getattr(holder, "entries", ()) if entry.key.value == route[-1])
    return document.source.line_of(entry.key.start)


def _show(tallies: dict[str, Tally]) -> None:
    columns = ("asked", "made", "nothing to do", "refused", "files restored", "new errors")
    _print(f"\n{'edit':32}{'files':>7}" + "".join(f"{column:>15}" for column in (*columns, "wrong")))
    for name, tally in tallies.items():
        numbers = "".join(f"{tally.counts[column]:15}" for column in columns)
        _print(f"{name:32}{len(tally.files):7}{numbers}{len(tally.wrong):15}")
    asked, refused = (sum(tally.counts[column] for tally in tallies.values()) for column in ("asked", "refused"))
    _print(f"refused: {100 * refused / asked:.2f} % of {asked}")
    refusals = (refusal for tally in tallies.values() for refusal in tally.refusals)
    for reason, number in Counter(re.sub(r"^\S+ |\S*[\d\[]\S*", "", refusal)[:60] for refusal in refusals).most_common(
        5
    ):
        _print(f"  {number} {reason}")


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
