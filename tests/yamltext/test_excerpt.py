from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.errors import CovpathError
from covpath.yamltext.excerpt import entry_lines, item_lines, written_out
from covpath.yamltext.nodes import Alias, Mapping, Sequence, deref, node_at, same, to_plain, walk
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import Source, decode
from edit_checks import document_of
from generated_workflows import generate
from shared_data import shared_path

NASTY = sorted((Path(__file__).resolve().parents[1] / "cases" / "nasty").glob("*.yml"))

TEXT = """\
top:
    here: 1 # kept
    script: |
        one

          two
    # about the list
    list:
    # first
    - &a
      name: x # why

    # not this one's

    # second
    -   name: y
        run: >-
          folded
          text
    - *a
    flow: {a: [1,
      2], "b": 'c'}
    again: *a
"""


def _read(text: str) -> Document:
    return read(Source("ci.yml", text))


def _top(document: Document) -> Mapping:
    found = node_at(document.root, ("top",)) if document.root is not None else None
    assert isinstance(found, Mapping)
    return found


@pytest.mark.parametrize(
    ("key", "column", "lines"),
    [
        ("here", 4, ["    here: 1 # kept"]),
        ("here", 0, ["here: 1 # kept"]),
        ("script", 2, ["  script: |", "      one", "", "        two"]),
        ("flow", 6, ["      flow: {a: [1,", "        2], \"b\": 'c'}"]),
        ("nothing", 2, []),
    ],
)
def test_an_entry_moves_with_all_its_lines(key: str, column: int, lines: list[str]) -> None:
    document = _read(TEXT)
    assert entry_lines(document, _top(document), key, column) == lines


def test_items_come_with_the_comments_above_them_and_without_anchors() -> None:
    document = _read(TEXT)
    items = _top(document).get("list")
    assert isinstance(items, Sequence)
    assert item_lines(document, items, 0, 2) == ["  # first", "  - name: x # why"]
    assert item_lines(document, items, 1, 0) == [
        "", "# not this one's", "", "# second", "-   name: y", "    run: >-", "      folded", "      text"
    ]  # fmt: skip


def test_aliases_are_written_out_as_their_anchor_is_written() -> None:
    document = written_out(_read(TEXT))
    assert document.aliases == ()
    assert document.source.text == TEXT.replace("    - *a\n", "    - name: x # why\n").replace(
        "    again: *a\n", "    again:\n        name: x # why\n"
    )


def test_a_file_without_aliases_stays_itself() -> None:
    document = _read("a: 1\n")
    assert written_out(document) is document
    assert written_out(_read("")).root is None


def _check(document: Document) -> None:
    """Every entry and item of every collection, taken out and read again, says the same."""
    whole = written_out(document)
    assert document.root is not None
    assert whole.root is not None
    assert same(to_plain(whole.root), to_plain(document.root))
    for _, node in walk(whole.root):
        if isinstance(node, Alias):
            raise AssertionError(node.name)
        if isinstance(node, Mapping):
            for entry in node.entries:
                lines = entry_lines(whole, node, entry.key.value, 4)
                text = "\n".join(["x:", *lines, ""])
                assert same(to_plain(_root(text, "x")), {entry.key.value: to_plain(entry.value)}), text
        elif isinstance(node, Sequence):
            for index, item in enumerate(node.items):
                text = "\n".join(["x:", *item_lines(whole, node, index, 6), ""])
                assert same(to_plain(_root(text, "x")), [to_plain(item)]), text


def _root(text: str, key: str) -> Mapping | Sequence:
    document = read(Source("out.yml", text))
    assert document.root is not None
    found = node_at(document.root, (key,))
    assert found is not None
    real = deref(found)
    assert isinstance(real, Mapping | Sequence)
    return real


@settings(max_examples=60)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_what_is_taken_out_says_what_it_said(seed: int, aliases: bool) -> None:
    _check(document_of(generate(Random(seed), aliases=aliases)))


@pytest.mark.parametrize("path", NASTY, ids=lambda path: path.stem)
def test_nasty_files_are_taken_apart_or_refused(path: Path) -> None:
    try:
        document = read(decode(path.name, path.read_bytes()))
    except CovpathError:
        return
    if document.root is not None:
        _check(document)


@pytest.mark.shared
def test_real_workflows_are_taken_apart() -> None:
    for path in sorted(shared_path("corpus/dev").glob("*/*.y*ml"))[::9]:
        try:
            document = read(decode(path.name, path.read_bytes()))
        except CovpathError:
            continue
        _check(document)
