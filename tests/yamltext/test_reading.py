from collections.abc import Callable

import pytest

from covpath.errors import InputError
from covpath.yamltext.nodes import Alias, Mapping, Node, Sequence, node_at, to_plain, walk
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode


def document(text: str, *, strict: bool = True) -> Document:
    return read(decode("w.yml", text.encode()), strict=strict)


def written(text: str, *route: str | int) -> tuple[str, str]:
    """A node's own text, and the same with its anchor and tag."""
    found = document(text)
    assert found.root is not None
    node = node_at(found.root, route)
    assert node is not None
    return text[node.start : node.end], text[node.outer_start : node.end]


@pytest.mark.parametrize("text", ["", "\n", "# only\n\n# comments\n", "---\n", "   \n"])
def test_a_file_without_content_has_no_root(text: str) -> None:
    assert document(text).root is None


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("a: x  # c\n", "x"),
        ("a: 'x''y'\n", "'x''y'"),
        ("a:\nb: 1\n", ""),
        ("a: # c\nb: 1\n", ""),
        ("a: x\n  y\nb: 1\n", "x\n  y"),
        ("a: [1, # c\n  2]\n", "[1, # c\n  2]"),
        ("a:\n  - 1\n  - 2 # c\n# d\nb: 1\n", "- 1\n  - 2"),
        ("a:\n- 1\n-\n# d\nb: 1\n", "- 1\n-"),
        ("a:\n  b: 1\n\n  # c\n  d:\n# e\nf: 1\n", "b: 1\n\n  # c\n  d:"),
        ("a:\n  ? b\n  : 1\nf: 1\n", "? b\n  : 1"),
        ("a: |\n  x\n  y\n\n\nb: 1\n", "|\n  x\n  y"),
        ("a: |\r\n  x\r\n\r\nb: 1\r\n", "|\r\n  x"),
        ("a: |+\n  x\n\n\nb: 1\n", "|+\n  x\n\n"),
        ("a: |\n  x\n    \n \nb: 1\n", "|\n  x\n    "),
        ("a: |2\n    x\n   \n\nb: 1\n", "|2\n    x\n   "),
        ("a: |\n  x\n  # content\n # comment\nb: 1\n", "|\n  x\n  # content"),
        ("a: | # c\nb: 1\n", "|"),
        ("a: |+\n\n\nb: 1\n", "|+\n\n"),
        ("a: >-\n  x\n  y", ">-\n  x\n  y"),
        ("a: |\n  x  ", "|\n  x  "),
        ("a: |\n  x\n    ", "|\n  x\n    "),
        ("a: |", "|"),
    ],
)
def test_spans_enclose_a_node_and_nothing_more(text: str, own: str) -> None:
    assert written(text, "a")[0] == own


@pytest.mark.parametrize(
    ("text", "own", "whole"),
    [
        ("a: &x !!str y\n", "y", "&x !!str y"),
        ("a: &x # c\n  b: 1\nd: *x\n", "b: 1", "&x # c\n  b: 1"),
        ("a: &x\n  &y b: 1\n", "&y b: 1", "&x\n  &y b: 1"),
        ("a: &x\n  - &y b\n", "- &y b", "&x\n  - &y b"),
        ("a: !<tag:yaml.org,2002:str> b\n", "b", "!<tag:yaml.org,2002:str> b"),
        ("a: &x\nb: 1\n", "", "&x"),
    ],
)
def test_anchors_and_tags_stand_before_the_node(text: str, own: str, whole: str) -> None:
    assert written(text, "a") == (own, whole)


def test_an_alias_knows_its_own_place_and_its_target() -> None:
    found = document("a: &x [1]\nb: *x\n")
    assert isinstance(found.root, Mapping)
    alias = found.root.get("b")
    assert isinstance(alias, Alias)
    assert found.source.text[alias.start : alias.end] == "*x"
    assert alias.target is found.root.get("a")
    assert found.aliases == (alias,)


def test_a_redefined_anchor_means_its_last_definition() -> None:
    root = document("a: &x 1\nb: *x\nc: &x 2\nd: *x\n").root
    assert root is not None
    assert to_plain(root) == {"a": 1, "b": 1, "c": 2, "d": 2}


def test_a_last_block_scalar_without_line_break_has_one_all_the_same() -> None:
    root = document("a: |\n  x").root
    assert root is not None
    assert to_plain(root) == {"a": "x\n"}


@pytest.mark.parametrize(
    ("text", "message", "place"),
    [
        ("a: 1\nb: [\n", "is not valid YAML", "w.yml:3:1"),
        ("a: 1\n\tb: 2\n", "is not valid YAML", "w.yml:2:1"),
        ("a: 1\n---\nb: 2\n", "holds more than one YAML document", "w.yml:2:1"),
        ("a: 1\nb: 2\na: 3\n", "defines the key 'a' twice (first in line 1)", "w.yml:3:1"),
        ("b: {Env: 1, eNV: 3}\n", "defines the key 'eNV' twice (first in line 1)", "w.yml:1:13"),
        ("a: 1\n'a': 2\n", "defines the key 'a' twice", "w.yml:2:1"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", "uses the merge key <<", "w.yml:3:3"),
        ("a: !foo 1\n", "has the YAML tag !foo", "w.yml:1:4"),
        ("a: !foo [1]\n", "has the YAML tag !foo", "w.yml:1:4"),
        ("a: *x\n", "uses the alias *x, which no anchor before it defines", "w.yml:1:4"),
        ("a: &x\n  b: *x\n", "has an alias *x inside what &x names", "w.yml:2:6"),
        ("? [a]\n: 1\n", "has a key that is not a plain name", "w.yml:1:3"),
        ("a: 'x'#c\n", "has a comment without a blank before its #", "w.yml:1:7"),
        ("a: [x,#c\n  y]\n", "has a comment without a blank before its #", "w.yml:1:7"),
        ("a: {#c\n  x: '#'}\n", "has a comment without a blank before its #", "w.yml:1:5"),
        ("a:\n  - 'x\n  y'\n", "goes on at a column that is not to the right of its key", "w.yml:3:3"),
        ("a:\n  b: [x,\n  y]\n", "goes on at a column that is not to the right of its key", "w.yml:3:3"),
        ("a:\n  b: {\n    x: 1\n }\n", "goes on at a column that is not to the right of its key", "w.yml:4:2"),
        ("a: [x]#c\n", "has a comment without a blank before its #", "w.yml:1:7"),
    ],
)
def test_what_github_refuses_is_refused_with_its_place(text: str, message: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        document(text)
    assert caught.value.message.startswith(message)
    assert str(caught.value.place) == place
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("a:\n\tb: 1\n", "w.yml:2:1", "takes no tabs"),
        ("owner: @org/ci\n", "w.yml:1:8", "in quotes: `@` cannot begin one"),
        ("run: `x`\n", "w.yml:1:6", "in quotes: `` ` `` cannot begin one"),
        ("a: 1\nreason: see issue: 45\n", "w.yml:2:18", "in quotes: a second `: `"),
        ("- job: ci.yml: coverage\n", "w.yml:1:14", "in quotes: a second `: `"),
        ("a: 1\n b: 2\n", "w.yml:2:3", "Mend the file"),
    ],
)
def test_common_mistakes_are_told_with_what_mends_them(text: str, place: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        document(text)
    assert (str(caught.value.place), hint in str(caught.value.hint)) == (place, True)


def test_what_is_no_workflow_may_repeat_keys_and_have_tags() -> None:
    assert isinstance(document("a: 1\na: !foo 2\n<<: 3\n", strict=False).root, Mapping)


@pytest.mark.parametrize(
    "text",
    [
        "a:\n  b: [\n    x,\n# c\n  ]\n",
        "a:\n  - 'x\n\n   y'\n",
        "a: [',#', \"[#\", x#y]\n",
        "? a\n: [x,\n y]\n",
        "[x,\ny]\n",
    ],
)
def test_brackets_and_quotes_may_go_on_to_the_right_of_their_key(text: str) -> None:
    assert document(text).root is not None


def test_quoted_angle_brackets_are_a_key_like_any() -> None:
    assert isinstance(document("'<<': 1\n").root, Mapping)


def test_keys_may_have_any_style() -> None:
    root = document("\"on\": 1\n'a b': 2\n? c\n: 3\nd : 4\n").root
    assert isinstance(root, Mapping)
    assert to_plain(root) == {"on": 1, "a b": 2, "c": 3, "d": 4}


def test_every_node_lies_inside_the_one_that_holds_it(nasty_documents: list[Document]) -> None:
    for found in nasty_documents:
        for _, node in walk(found.root) if found.root else ():
            for child in children(node):
                assert node.start <= child.outer_start <= child.start <= child.end <= node.end


def children(node: Node) -> list[Node]:
    if isinstance(node, Sequence):
        return list(node.items)
    return [each for entry in node.entries for each in (entry.key, entry.value)] if isinstance(node, Mapping) else []


def bomb(levels: int) -> str:
    return "a0: &a0 x\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, levels))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: "[" * 3000, "nest"),
        (lambda: "{a: " * 3000, "nested more than 100 deep"),
        (lambda: "- " * 3000, "nested more than 100 deep"),
        (lambda: "".join(" " * i + "a:\n" for i in range(1000)), "nested more than 100 deep"),
        (lambda: bomb(200), "stands for more than 50,000 nodes"),
        (lambda: "[" + "a," * 500_000, "stands for more than 50,000 nodes"),
        (lambda: "".join(f"k{i}: 1\n" for i in range(100_000)), "nodes|characters"),
        (lambda: "# " + "x" * 1_048_576, "characters long"),
        (lambda: "a: &a " * 100_000, "not valid YAML"),
        (lambda: "a: !" + "x" * 1_000_000, "has the YAML tag"),
        (lambda: "---\n" * 200_000, "more than one YAML document"),
    ],
)
def test_hostile_input_is_refused(make: Callable[[], str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        document(make())
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "text",
    [
        "a: " + "9" * 100_000,
        "a: 0x" + "f" * 100_000,
        "a: " + "x " * 500_000,
        "#\n" * 500_000,
        "a: |\n" + "   \n" * 200_000,
    ],
    ids=["number", "hexadecimal", "words", "comments", "blanks"],
)
def test_large_but_simple_input_is_read(text: str) -> None:
    found = document(text)
    assert found.root is None or to_plain(found.root)
