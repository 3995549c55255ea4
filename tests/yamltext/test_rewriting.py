import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.errors import ProofFailed
from covpath.yamltext.edit import Change, ChangeKind, Edit, Patch
from covpath.yamltext.operations import insert_item, remove_item, remove_key, set_key, set_value
from covpath.yamltext.reading import Document, read
from covpath.yamltext.rewriting import Rewriting
from covpath.yamltext.source import Source, decode

TEXT = """\
jobs:
  a: # c1
    runs-on: x # c2
    steps:
      - run: one
      - run: two # c3
  b:
    steps:
      - run: three
"""


def document(text: str = TEXT) -> Document:
    return read(decode("w.yml", text.encode()))


def test_edits_are_made_one_on_the_other_and_come_out_as_one_patch() -> None:
    rewriting = Rewriting(document())
    job = ("jobs", "a")
    assert rewriting.make(set_value(rewriting.document, (*job, "runs-on"), "y"))
    assert rewriting.make(set_key(rewriting.document, job, "with", {"k": 1}, after=("runs-on",)))
    assert rewriting.make(set_key(rewriting.document, (*job, "with"), "l", 2))
    assert rewriting.make(remove_item(rewriting.document, (*job, "steps", 1)))
    assert rewriting.make(insert_item(rewriting.document, (*job, "steps"), 0, {"run": "zero"}))
    assert rewriting.make(set_value(rewriting.document, (*job, "steps", 1, "run"), "1"))
    patch = rewriting.patch()
    assert patch.source is rewriting.before.source
    assert patch.apply() == rewriting.document.source
    assert patch.reverse().apply() == patch.source
    assert rewriting.gone == ("# c3",)
    assert len(rewriting.changes) == 6
    assert patch.apply().text == (
        "jobs:\n  a: # c1\n    runs-on: y # c2\n    with:\n      k: 1\n      l: 2\n    steps:\n"
        "      - run: zero\n      - run: 1\n  b:\n    steps:\n      - run: three\n"
    ).replace("run: 1", "run: '1'")


def test_nothing_to_do_is_no_edit() -> None:
    rewriting = Rewriting(document())
    assert not rewriting.make(set_value(rewriting.document, ("jobs", "a", "runs-on"), "x"))
    assert rewriting.patch().edits == ()
    assert rewriting.patch().diff() == ""


def test_what_is_done_and_undone_leaves_no_edit() -> None:
    rewriting = Rewriting(document())
    rewriting.make(set_key(rewriting.document, ("jobs", "a"), "k", 1))
    rewriting.make(remove_key(rewriting.document, ("jobs", "a", "k")))
    rewriting.make(set_value(rewriting.document, ("jobs", "a", "runs-on"), "y"))
    rewriting.make(set_value(rewriting.document, ("jobs", "a", "runs-on"), "x"))
    assert rewriting.patch().edits == ()


def test_the_patch_tells_why() -> None:
    rewriting = Rewriting(document())
    rewriting.make(set_value(rewriting.document, ("jobs", "a", "runs-on"), "y", why="first"))
    rewriting.make(set_value(rewriting.document, ("jobs", "b", "steps", 0, "run"), "y", why="second"))
    assert [edit.why for edit in rewriting.patch().edits] == ["first", "second"]


def test_an_edit_that_does_not_do_what_it_says_leaves_everything_as_it_was() -> None:
    rewriting = Rewriting(document())
    wrong = Edit(0, 4, "Jobs", "wrong", (Change(("jobs", "a", "runs-on"), ChangeKind.SET, "y"),))
    with pytest.raises(ProofFailed):
        rewriting.make(wrong)
    assert rewriting.document is rewriting.before
    assert rewriting.patch().edits == ()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), st.text("xyz", max_size=4)), max_size=6))
def test_any_chain_of_edits_becomes_one_patch(wanted: list[tuple[int, int, str]]) -> None:
    rewriting = Rewriting(read(Source("w.yml", "a" * 20)))
    for start, length, new in wanted:
        text = rewriting.document.source.text
        begin = min(start, len(text))
        edit = Edit(begin, min(begin + length, len(text)), new or "n")
        value = Patch(rewriting.document.source, (edit,)).apply().text
        rewriting.make(Edit(edit.start, edit.end, edit.new, "", (Change((), ChangeKind.SET, value),)))
    patch = rewriting.patch()
    assert patch.apply() == rewriting.document.source
    assert patch.reverse().apply().text == "a" * 20
