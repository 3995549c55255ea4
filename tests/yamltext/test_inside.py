import pytest

from covpath.errors import Refusal
from covpath.yamltext.characters import block_indent, offsets, script_offset
from covpath.yamltext.edit import Patch
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.nodes import Scalar, deref, node_at
from covpath.yamltext.proof import prove
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode


def document(text: str) -> Document:
    return read(decode("w.yml", text.encode()))


def scalar(found: Document, *route: str) -> Scalar:
    assert found.root is not None
    node = node_at(found.root, route or ("a",))
    assert node is not None
    real = deref(node)
    assert isinstance(real, Scalar)
    return real


def replaced(text: str, old: str, new: str, **options: bool) -> str:
    """The text after ``old`` in the scalar ``a`` was replaced by ``new``."""
    found = document(text)
    start = scalar(found).value.index(old)
    edit = replace_in_scalar(found, ("a",), start, start + len(old), new, **options)
    assert edit is not None
    patch = Patch(found.source, (edit,))
    prove(patch, edit.changes)
    return patch.apply().text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a: one two\n", "one two"),
        ("a: 'it''s'\n", "it's"),
        ('a: "a\\tb\\u00e9\\\\ \\N"\n', "a\\b\\\\ \\"),
        ("a: one\n  two\n\n  three\n", "one\ntwo\nthree"),
        ("a: 'one  \n  two\n\n  three'\n", "one\ntwo\nthree"),
        ('a: "one \\\n  two\n  three"\n', "one two\nthree"),
        ("a: |\n    one\n      two\n\n    three\n\n", "one\n  two\n\nthree\n"),
        ("a: |-\r\n  one\r\n  two\r\nb: 1\r\n", "one\rtwo"),
        ("a: |+\n  one\n\n\nb: 1\n", "one\n\n\n"),
        ("a: |2\n    one\n  two\n", "  one\ntwo\n"),
        ("a: >\n  one\n  two\n\n  three\n    four\n  five\n", "one\ntwo\nthree\n  four\nfive\n"),
        ("a: >-\n\n  one\n   two\n", "\none\n two"),
        ("a: |\n\n  one\n", "\none\n"),
        ("a: | # c\n  one", "one"),
        ("a: ''\n", ""),
        ("a: |\n", ""),
    ],
)
def test_each_character_of_a_value_has_its_place_in_the_file(text: str, shown: str) -> None:
    found = document(text)
    places = offsets(found, scalar(found))
    assert places is not None
    assert len(places) == len(scalar(found).value) + 1
    assert "".join(text[place] for place in places[:-1] if place < len(text)) == shown


def test_a_script_offset_is_none_outside_the_value() -> None:
    found = document("a: |\n  one\n")
    assert script_offset(found, scalar(found), 2) == 9
    assert script_offset(found, scalar(found), 4) == scalar(found).end
    assert script_offset(found, scalar(found), 5) is None
    assert script_offset(found, scalar(found), -1) is None


def test_the_indentation_of_a_block_scalar() -> None:
    text = "a: |2\n     one\n"
    found = scalar(document(text))
    assert block_indent(text, found.start, found.end, "|", found.value) == 2
    assert block_indent(text, found.start, found.end, "|", "something else") is None


@pytest.mark.parametrize(
    ("text", "old", "new", "after"),
    [
        ("a: one two # c\n", "two", "three", "a: one three # c\n"),
        ("a: one two # c\n", "two", "two: x", "a: 'one two: x' # c\n"),
        ("a: 'it''s' # c\n", "'s", "'s #1", "a: 'it''s #1' # c\n"),
        ('a: "x\\ty"\n', "y", '"y"\n', 'a: "x\\t\\"y\\"\\n"\n'),
        ("a: one\n  two\n", "two", "2", "a: one\n  2\n"),
        ("a: one\n", "one", "one\ntwo", "a: |-\n  one\n  two\n"),
        # scripts: lines get the block's indentation, lines that end up empty have none
        ("a: |\n    one\n    two\n", "one", "x\ny", "a: |\n    x\n    y\n    two\n"),
        ("a: |\n    one\n    two\n", "one\n", "", "a: |\n    two\n"),
        ("a: |\n    one\n    two\n", "one", "", "a: |\n\n    two\n"),
        ("a: |\n    one\n\n    two\n", "\n\n", "\nx\n", "a: |\n    one\n    x\n    two\n"),
        ("a: |\r\n  one\r\n  two\r\n", "two", "x\ny", "a: |\r\n  one\r\n  x\r\n  y\r\n"),
        ("a: |\n  one\n    two\n", "two", "x", "a: |\n  one\n    x\n"),
        ("a: |\n  if x; then\n    one\n  fi\n", "one", "y\n  z", "a: |\n  if x; then\n    y\n    z\n  fi\n"),
        ("a: |\n  one\n  two", "two", "x", "a: |\n  one\n  x"),
        ("a: |\n  one\n  two\nb: 1\n", "two\n", "x", "a: |-\n  one\n  x\nb: 1\n"),
        ("a: | # c\n  one\nb: 1\n", "one\n", "", "a: '' # c\nb: 1\n"),
        ("a: >-\n  one\n  two\n", "two", "x y", "a: >-\n  one\n  x y\n"),
        ("a: >-\n  one\n  two\n", "one two", "x", "a: >-\n  x\n"),
        ("a: |2\n    one\n  two\n", "one", "x", "a: |2\n    x\n  two\n"),
    ],
)
def test_part_of_a_scalar_is_replaced_where_it_stands(text: str, old: str, new: str, after: str) -> None:
    assert replaced(text, old, new) == after


def test_nothing_is_done_where_nothing_changes() -> None:
    assert replace_in_scalar(document("a: one\n"), ("a",), 0, 3, "one") is None


@pytest.mark.parametrize(
    ("text", "old", "new", "message"),
    [
        (
            "a: >\n  one\n  two\n",
            "two",
            "x\ny",
            "a is written over several lines in a style that cannot",
        ),
        ("a: >\n  one\n  two\n", "one", "", "a is written over several lines"),
        ("a: 'one\n  two'\n", "two", "x\ny", "a is written over several lines"),
        ("a: one\n  two\n", "two", "x: y", "a is written over several lines"),
        ("a: |\n  one\n  two\n", "two\n", "two\n\n\n", "a is written over several lines"),
        ("a: |\n  one\n    two\n", "one\n", "", "a is written over several lines"),
        ("a: &x one\nb: *x\n", "one", "two", "a is shared: &x in line 1"),
    ],
)
def test_what_the_style_cannot_hold_is_refused(text: str, old: str, new: str, message: str) -> None:
    with pytest.raises(Refusal) as caught:
        replaced(text, old, new)
    assert caught.value.message.startswith(message)
    assert caught.value.place is not None
    assert caught.value.hint


@pytest.mark.parametrize(("text", "end"), [("a: one\n", 4), ("a: [one]\n", 1)])
def test_a_range_that_is_not_there_is_refused(text: str, end: int) -> None:
    with pytest.raises(Refusal, match="a has no characters 0 to"):
        replace_in_scalar(document(text), ("a",), 0, end, "x")


def test_an_alias_is_not_changed_through() -> None:
    with pytest.raises(Refusal, match="b is shared"):
        replace_in_scalar(document("a: &x one\nb: *x\n"), ("b",), 0, 3, "two")
    assert replaced("a: &x one\nb: *x\n", "one", "two", shared=True) == "a: &x two\nb: *x\n"
