from collections.abc import Callable

import pytest

from covpath.errors import Refusal
from covpath.yamltext.edit import Edit, Patch
from covpath.yamltext.operations import insert_item, remove_item, remove_key, set_key, set_value
from covpath.yamltext.proof import prove
from covpath.yamltext.reading import Document, read
from covpath.yamltext.sites import SharedNode
from covpath.yamltext.source import decode

Operation = Callable[[Document], Edit | None]


def document(text: str) -> Document:
    return read(decode("w.yml", text.encode()))


def made(text: str, operation: Operation) -> tuple[str, tuple[str, ...]]:
    """The proven text after an edit, and the comments gone."""
    before = document(text)
    edit = operation(before)
    assert edit is not None
    patch = Patch(before.source, (edit,))
    prove(patch, edit.changes, gone=edit.gone)
    return patch.apply().text, edit.gone


def setting(route: str, value: object, **options: bool) -> Operation:
    return lambda found: set_value(found, way(route), value, **options)  # type: ignore[arg-type]


def adding(route: str, key: str, value: object, **options: object) -> Operation:
    return lambda found: set_key(found, way(route), key, value, **options)  # type: ignore[arg-type]


def removing(route: str, **options: bool) -> Operation:
    return lambda found: remove_key(found, way(route), **options)


def inserting(route: str, index: int, value: object, **options: bool) -> Operation:
    return lambda found: insert_item(found, way(route), index, value, **options)  # type: ignore[arg-type]


def taking(route: str, **options: bool) -> Operation:
    return lambda found: remove_item(found, way(route), **options)


def way(route: str) -> tuple[str | int, ...]:
    return tuple(int(step) if step.isdigit() else step for step in route.split("/") if step)


SET = [
    # what stands there keeps its style and its surroundings
    ("a: x # c\n", setting("a", "y"), "a: y # c\n"),
    ("a: 'x' # c\n", setting("a", "it's"), "a: 'it''s' # c\n"),
    ('a: "x"\n', setting("a", 'say "x"\\'), 'a: "say \\"x\\"\\\\"\n'),
    ("a: 'x'\n", setting("a", True), "a: true\n"),
    ("a: 'x'\n", setting("a", "a\tb"), 'a: "a\\tb"\n'),
    ("a:   x  \n", setting("a", 1), "a:   1  \n"),
    ("a:\n  x # c\nb: 1\n", setting("a", "y"), "a:\n  y # c\nb: 1\n"),
    ("a: x\n  y # c\nb: 1\n", setting("a", "z"), "a: z # c\nb: 1\n"),
    ("- x # c\n- y\n", setting("0", "z"), "- z # c\n- y\n"),
    ("a: &x y\n", setting("a", "z"), "a: &x z\n"),
    ("a: !!str 1\n", setting("a", "z"), "a: z\n"),
    # quotes where YAML 1.2 would not read the text, and where YAML 1.1 would read it otherwise
    ("a: x\n", setting("a", "true"), "a: 'true'\n"),
    ("a: x\n", setting("a", "3.10"), "a: '3.10'\n"),
    ("a: x\n", setting("a", "on"), "a: 'on'\n"),
    ("a: x\n", setting("a", "12:30"), "a: '12:30'\n"),
    ("a: x\n", setting("a", ""), "a: ''\n"),
    ("a: x\n", setting("a", " x"), "a: ' x'\n"),
    ("a: x\n", setting("a", "b: c"), "a: 'b: c'\n"),
    ("a: x\n", setting("a", "b #c"), "a: 'b #c'\n"),
    ("a: x\n", setting("a", "b:c#d"), "a: b:c#d\n"),
    ("a: x\n", setting("a", "-"), "a: '-'\n"),
    ("a: x\n", setting("a", "--flag"), "a: --flag\n"),
    ("a: x\n", setting("a", "*.txt"), "a: '*.txt'\n"),
    ("a: x\n", setting("a", "@x"), "a: '@x'\n"),
    ("a: x\n", setting("a", "${{ a.b }}"), "a: ${{ a.b }}\n"),
    ("a: x\n", setting("a", "${{ a == 'b: c' }}"), "a: '${{ a == ''b: c'' }}'\n"),
    ("a: x\n", setting("a", "\x00é\x85\u2028😀"), 'a: "\\u0000é\\x85\\u2028😀"\n'),
    ("a: x\n", setting("a", None), "a: null\n"),
    ("a: x\n", setting("a", 1.5), "a: 1.5\n"),
    ("a: x\n", setting("a", float("inf")), "a: .inf\n"),
    # where nothing stands yet
    ("a:\nb: 1\n", setting("a", "x"), "a: x\nb: 1\n"),
    ("a:   \nb: 1\n", setting("a", "x"), "a: x\nb: 1\n"),
    ("a: # c\nb: 1\n", setting("a", "x"), "a: x # c\nb: 1\n"),
    ("a:", setting("a", "x"), "a: x"),
    ("- \n- b\n", setting("0", "x"), "- x\n- b\n"),
    ("{a: , b: 1}\n", setting("a", "x"), "{a: x, b: 1}\n"),
    ("{a, b: 1}\n", setting("a", "x"), "{a: x, b: 1}\n"),
    ("a: &x\nb: 1\n", setting("a", "y"), "a: &x y\nb: 1\n"),
    # between brackets
    ("a: { b: c } # d\n", setting("a/b", "${{ x }}"), "a: { b: '${{ x }}' } # d\n"),
    ("a: [b, c]\n", setting("a/1", "d e"), "a: [b, d e]\n"),
    ("a: [b, c]\n", setting("a/1", ["d", {"e": 1}]), "a: [b, [d, { e: 1 }]]\n"),
    # aliases: only the user that is replaced
    ("a: &x y\nb: *x # c\n", setting("b", "z"), "a: &x y\nb: z # c\n"),
    # texts of several lines
    ("a: x # c\nb: 1\n", setting("a", "y\nz\n"), "a: | # c\n  y\n  z\nb: 1\n"),
    ("a:\n    b: x  \n    c: 1\n", setting("a/b", "y\nz"), "a:\n    b: |-\n        y\n        z\n    c: 1\n"),
    ("a: | # c\n    x\n\nb: 1\n", setting("a", "y\n\nz\n"), "a: | # c\n    y\n\n    z\n\nb: 1\n"),
    ("a: >-\n  x\n  y\nb: 1\n", setting("a", "z"), "a: z\nb: 1\n"),
    ("a: | # c\n  x\nb: 1\n", setting("a", "z"), "a: z # c\nb: 1\n"),
    ("a: |\r\n  x\r\nb: 1\r\n", setting("a", "y\nz\n"), "a: |\r\n  y\r\n  z\r\nb: 1\r\n"),
    ("a: x\n  # deeper\nb: 1\n", setting("a", "y\nz\n"), 'a: "y\\nz\\n"\n  # deeper\nb: 1\n'),
    ("a: x\n", setting("a", "ends blank\n\n"), 'a: "ends blank\\n\\n"\n'),
    ("a: x\n", setting("a", " leads\nblank"), 'a: " leads\\nblank"\n'),
    # collections
    ("a: x # c\n", setting("a", ["b", "3.10"]), "a: [b, '3.10'] # c\n"),
    ("a: [x, y]\n", setting("a", ["b"]), "a: [b]\n"),
    ("a: {x: y}\n", setting("a", {}), "a: {}\n"),
    ("a: x # c\nb: 1\n", setting("a", {"d": 1, "e": [2]}), "a: # c\n  d: 1\n  e:\n    - 2\nb: 1\n"),
    ("a:\n  - x\n  - y # c\nb: 1\n", setting("a", "z"), "a: z\nb: 1\n"),
    ("a: # d\n  b: x\n  c: y\ne: 1\n", setting("a", ["z"]), "a: [z] # d\ne: 1\n"),
    ("a:\n  - x # 1\n  - y # 2\n  - z # 3\n", setting("a", ["x", "w", "z"]), "a:\n  - x # 1\n  - w # 2\n  - z # 3\n"),
    ("a:\n  - x # 1\n  - z # 3\n", setting("a", ["x", "y", "z"]), "a:\n  - x # 1\n  - y\n  - z # 3\n"),
    ("a:\n- x # 1\n- z # 3\n", setting("a", ["w", "x", "z"]), "a:\n- w\n- x # 1\n- z # 3\n"),
    ("a:\n-   x\n-   y\n", setting("a", ["w", "v", "u"]), "a:\n-   w\n-   v\n-   u\n"),
    ("a:\n  - x\n  - y # 2\n  - z\n", setting("a", ["x", "z"]), "a:\n  - x\n  - z\n"),
    ("a:\n  - x # 1\n  - y\n", setting("a", ["y"]), "a:\n  - y\n"),
    ("a:\n  b: 1 # c\n", setting("a", {"b": 1, "d": "e"}), "a:\n  b: 1 # c\n  d: e\n"),
    ("a:\n  b: 1 # c\n  d: 2\n  e: 3 # f\n", setting("a", {"b": 1, "e": 3}), "a:\n  b: 1 # c\n  e: 3 # f\n"),
    ("- b: 1 # c\n  d: 2 # e\n", setting("0", {"b": 2, "d": 2}), "- b: 2 # c\n  d: 2 # e\n"),
    ("- b: 1 # c\n  d: 2 # e\n", setting("0", {"d": 2}), "- d: 2 # e\n"),
    ("- b: 1 # c\n  d: 2 # e\n", setting("0", {"k": 0, "b": 1, "d": 2}), "- k: 0\n  b: 1 # c\n  d: 2 # e\n"),
]

ADD = [
    ("a: &s\n  - b: 1\nj:\n  r: x\n  s: *s\n", adding("j", "k", 1), "a: &s\n  - b: 1\nj:\n  r: x\n  k: 1\n  s: *s\n"),
    # a job: before its steps; a step: at its end
    ("j:\n  r: x\n  s:\n    - u: 1\n", adding("j", "k", True), "j:\n  r: x\n  k: true\n  s:\n    - u: 1\n"),
    (
        "s:\n  - u: 1\n    w:\n      f: x\n\n  - r: 2\n",
        adding("s/0", "k", 1),
        "s:\n  - u: 1\n    w:\n      f: x\n    k: 1\n\n  - r: 2\n",
    ),
    (
        "s:\n  - r: |\n      x\n      # y\n\n  - r: 2\n",
        adding("s/0", "k", 1),
        "s:\n  - r: |\n      x\n      # y\n    k: 1\n\n  - r: 2\n",
    ),
    ("a:\n  b: 1\n  c: 2\n", adding("a", "k", 1, before=("c",)), "a:\n  b: 1\n  k: 1\n  c: 2\n"),
    (
        "a:\n  b: 1 # d\n\n  # e\n  c: 2\n",
        adding("a", "k", 1, before=("x", "c")),
        "a:\n  b: 1 # d\n  k: 1\n\n  # e\n  c: 2\n",
    ),
    ("a:\n  # e\n  b: 1\n", adding("a", "k", 1, before=("b",)), "a:\n  # e\n  k: 1\n  b: 1\n"),
    ("- b: 1\n  c: 2\n", adding("0", "k", 1, before=("b",)), "- k: 1\n  b: 1\n  c: 2\n"),
    ("a:\n  b: 1\n  c: 2\n  d: 3\n", adding("a", "k", 1, after=("c", "b")), "a:\n  b: 1\n  c: 2\n  k: 1\n  d: 3\n"),
    # what is indented deeper belongs to what is above it
    ("- w:\n    # x: 1\n  r: 1\n", adding("0", "k", 1, after=("w",)), "- w:\n    # x: 1\n  k: 1\n  r: 1\n"),
    ("a:\n  w: 1\n  # x\n", adding("a", "k", 1), "a:\n  w: 1\n  k: 1\n  # x\n"),
    ("a:\n  w: 1\n\n    # x\n# y\n", adding("a", "k", 1), "a:\n  w: 1\n\n    # x\n  k: 1\n# y\n"),
    # line breaks and the end of the file
    ("a:\n  b: 1", adding("a", "k", 1), "a:\n  b: 1\n  k: 1"),
    ("a:\r\n  b: 1", adding("a", "k", 1), "a:\r\n  b: 1\r\n  k: 1"),
    ("a:\n  b: 1\n# end", adding("a", "k", 1), "a:\n  b: 1\n  k: 1\n# end"),
    ("a:\n  b: |\n    x", adding("a", "k", 1), "a:\n  b: |\n    x\n  k: 1"),
    ("a:\n  b: |+\n    x\n\n\nc: 1\n", adding("a", "k", 1), "a:\n  b: |+\n    x\n\n\n  k: 1\nc: 1\n"),
    # nested values in the file's own indentation
    (
        "a:\n    b:\n    - x: 1\n",
        adding("a", "k", {"m": ["n", "o"]}, after=("b",)),
        "a:\n    b:\n    - x: 1\n    k:\n        m:\n        - n\n        - o\n",
    ),
    ("a:\n  b: [x]\n", adding("a", "k", ["y", "z"]), "a:\n  b: [x]\n  k: [y, z]\n"),
    ("a:\n  b: 1\n", adding("a", "k", "x\ny\n"), "a:\n  b: 1\n  k: |\n    x\n    y\n"),
    ("a:\n  b: 1\n      \nc: 1\n", adding("a", "k", "x\ny\n"), "a:\n  b: 1\n      \n  k: |\n    x\n    y\nc: 1\n"),
    ("a:\n  b: 1\n", adding("a", "k", {}), "a:\n  b: 1\n  k: {}\n"),
    ('"a":\n  "b": "1"\n', adding("a", "k", "x"), '"a":\n  "b": "1"\n  "k": x\n'),
    # an empty mapping is begun
    ("a: # c\nd: 1\n", adding("a", "k", 1), "a: # c\n  k: 1\nd: 1\n"),
    ("a:\n  # x: 1\nd: 1\n", adding("a", "k", 1), "a:\n  # x: 1\n  k: 1\nd: 1\n"),
    ("a: ~ # c\nd: 1\n", adding("a", "k", 1), "a: # c\n  k: 1\nd: 1\n"),
    ("a: {}\n", adding("a", "k", 1), "a: {k: 1}\n"),
    ("a: { }\n", adding("a", "k", 1), "a: { k: 1 }\n"),
    # between braces
    ("a: { b: 1 } # c\n", adding("a", "k", "x"), "a: { b: 1, k: x } # c\n"),
    ("a: {b: 1,c: 2}\n", adding("a", "k", "x", before=("b",)), "a: {k: x,b: 1,c: 2}\n"),
    ('{"a":{"b":1}}\n', adding("a", "k", {"m": ["n"]}), '{"a":{"b":1,"k":{"m":["n"]}}}\n'),
    ("a: {\n  b: 1, # c\n  d: 2 # e\n}\n", adding("a", "k", 1), "a: {\n  b: 1, # c\n  d: 2, # e\n  k: 1\n}\n"),
    ("a: {\n  b: 1,\n  d: 2,\n}\n", adding("a", "k", 1), "a: {\n  b: 1,\n  d: 2,\n  k: 1,\n}\n"),
    ("a: {\n  b: 1,\n  d: 2\n}\n", adding("a", "k", 1, before=("b",)), "a: {\n  k: 1,\n  b: 1,\n  d: 2\n}\n"),
    ("a: {b: 1,\n    d: 2}\n", adding("a", "k", 1), "a: {b: 1,\n    d: 2, k: 1}\n"),
    # a key that is there is set
    ("a:\n  k: 1 # c\n", adding("a", "k", 2), "a:\n  k: 2 # c\n"),
    ("a:\n  k:\n", adding("a", "k", 2), "a:\n  k: 2\n"),
]

REMOVE = [
    ("a:\n  b: 1\n  c: 2\n  d: 3\n", removing("a/c"), "a:\n  b: 1\n  d: 3\n"),
    ("- b: 1 # x\n  c: 2\n", removing("0/b"), "- c: 2\n"),
    ("- b: 1 # x\n  # y\n  c: 2\n", removing("0/b"), "-\n  # y\n  c: 2\n"),
    ("- - 1 # x\n  # y\n  - 2\n", taking("0/0"), "-\n  # y\n  - 2\n"),
    ("-\n  b: 1\n  c: 2\n", removing("0/b"), "-\n  c: 2\n"),
    ("a:\n  b: 1\n\n  # about c\n  c:\n    d: 2\n", removing("a/c"), "a:\n  b: 1\n\n  # about c\n"),
    ("a:\n  b: 1\n  c: 2", removing("a/c"), "a:\n  b: 1"),
    ("a:\n  b: 1\n\n  c: 2", removing("a/c"), "a:\n  b: 1"),
    ("a:\r\n  b: 1\r\n  c: 2", removing("a/c"), "a:\r\n  b: 1"),
    ("? a\n: 1\n? b\n: 2\n", removing("a"), "? b\n: 2\n"),
    ("a: { b: 1, c: 2 }\n", removing("a/b"), "a: { c: 2 }\n"),
    ("a: { b: 1, c: 2 }\n", removing("a/c"), "a: { b: 1 }\n"),
    ("a: {b, c: 2}\n", removing("a/b"), "a: {c: 2}\n"),
    ("a: [b, c, d,]\n", taking("a/2"), "a: [b, c,]\n"),
    ("a: [\n  b, # x\n  c, # y\n  d # z\n]\n", taking("a/1"), "a: [\n  b, # x\n  d # z\n]\n"),
    ("a: [\n  b, # x\n  d # z\n]\n", taking("a/1"), "a: [\n  b # x\n]\n"),
    ("a: [\n  b,\n  d,\n]\n", taking("a/1"), "a: [\n  b,\n]\n"),
    ("a: [b, # x\n  c]\n", taking("a/0"), "a: [ # x\n  c]\n"),
    ("a: [b, # x\n  c]\n", taking("a/1"), "a: [b # x\n  ]\n"),
    ("a:\n  b: |\n    x\n  c: 1\n     # deep\nd: 1\n", removing("a/c"), "a:\n  b: |\n    x\nd: 1\n"),
    ("a:\n  b: |\n    x\n  c: 1\n\n       \nd: 1\n", removing("a/c"), "a:\n  b: |\n    x\nd: 1\n"),
    ("a:\n  b: |+\n    x\n  c: 1\n\nd: 1\n", removing("a/c"), "a:\n  b: |+\n    x\nd: 1\n"),
    ("a:\n  b:\n    c: 1 # x\n  d: 1\n", removing("a/b/c", prune=True), "a:\n  d: 1\n"),
    ("s:\n  - a: 1\n\n  - b: 1\n\n  - c: 1\n", taking("s/1"), "s:\n  - a: 1\n\n  - c: 1\n"),
    ("s:\n  - a: 1\n\n  - b: 1\n\n  - c: 1\n", taking("s/0"), "s:\n  - b: 1\n\n  - c: 1\n"),
    ("s:\n  - a: 1\n\n  - b: 1\n\nt: 1\n", taking("s/1"), "s:\n  - a: 1\n\nt: 1\n"),
    ("s:\n  - a: 1\n  - b: 1\n\n  - c: 1\n", taking("s/1"), "s:\n  - a: 1\n\n  - c: 1\n"),
    ("s:\n  - a: 1\n\n  # b\n  - b: 1\n    # d: 1\n  - c: 1", taking("s/1"), "s:\n  - a: 1\n\n  # b\n  - c: 1"),
    ("s:\n  - a: 1\n  -\n    b: 1", taking("s/1"), "s:\n  - a: 1"),
]

INSERT = [
    (
        "s:\n  - a: 1\n  - b: 1\n",
        inserting("s", 1, {"n": "x", "w": {"f": 1}}),
        "s:\n  - a: 1\n  - n: x\n    w:\n      f: 1\n  - b: 1\n",
    ),
    ("s:\n-   a: 1\n", inserting("s", 0, {"n": 1, "m": 2}), "s:\n-   n: 1\n    m: 2\n-   a: 1\n"),
    ("s:\n  - a: 1\n\n  - b: 1\n", inserting("s", 1, {"n": 1}), "s:\n  - a: 1\n\n  - n: 1\n\n  - b: 1\n"),
    (
        "s:\n  - a: 1\n\n  - b: 1\n\nt: 1\n",
        inserting("s", 2, {"n": 1}),
        "s:\n  - a: 1\n\n  - b: 1\n\n  - n: 1\n\nt: 1\n",
    ),
    ("s:\n  - a: 1\n\n  - b: 1\n", inserting("s", 0, {"n": 1}), "s:\n  - n: 1\n\n  - a: 1\n\n  - b: 1\n"),
    (
        "s:\n  - a: |+\n      x\n\n  - b: 1\n",
        inserting("s", 1, {"n": 1}),
        "s:\n  - a: |+\n      x\n\n  - n: 1\n  - b: 1\n",
    ),
    ("s:\n  - a\n  # about b\n  - b\n", inserting("s", 1, "n"), "s:\n  - a\n  - n\n  # about b\n  - b\n"),
    ("s:\n  - a\n    # more of a\n  - b\n", inserting("s", 1, "n"), "s:\n  - a\n    # more of a\n  - n\n  - b\n"),
    ("s:\n  - a", inserting("s", 1, "x\ny\n"), "s:\n  - a\n  - |\n    x\n    y"),
    ("s: [a, b] # c\n", inserting("s", 2, "x y"), "s: [a, b, x y] # c\n"),
    ("s: ['a', 'b']\n", inserting("s", 0, "x"), "s: ['x', 'a', 'b']\n"),
    ("s: [{a: 1}]\n", inserting("s", 1, {"b": "${{ c }}"}), "s: [{a: 1}, { b: '${{ c }}' }]\n"),
    ("s: [\n  a, # x\n  b, # y\n]\n", inserting("s", 1, "n"), "s: [\n  a, # x\n  n,\n  b, # y\n]\n"),
    ("- - a\n  - b\n", inserting("0", 0, "n"), "- - n\n  - a\n  - b\n"),
    ("s:\n  -\n  - b\n", inserting("s", 1, "n"), "s:\n  -\n  - n\n  - b\n"),
]


@pytest.mark.parametrize(("before", "operation", "after"), SET + ADD + REMOVE + INSERT)
def test_the_text_after_an_edit(before: str, operation: Operation, after: str) -> None:
    text, _ = made(before, operation)
    assert text == after


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        ("a: x\n", setting("a", "x")),
        ("a: 'x'\n", setting("a", "x")),
        ("a: True\n", setting("a", True)),
        ("a: 0x10\n", setting("a", 16)),
        ("a:\n  - b\n  - c: 1\n", setting("a", ["b", {"c": 1}])),
        ("a: &x true\nb: *x\n", setting("a", True)),
        ("a: &x true\nb: *x\n", setting("b", True)),
        ("a: &x {k: 1}\nb: *x\n", adding("b", "k", 1)),
        ("a:\n  k: 1\n", adding("a", "k", 1)),
        ("a:\n  k: 1\n", removing("a/b")),
    ],
)
def test_nothing_is_done_where_the_data_is_as_asked(text: str, operation: Operation) -> None:
    assert operation(document(text)) is None


@pytest.mark.parametrize(
    ("text", "operation", "gone"),
    [
        ("a: 1\nb: 2 # x\n", removing("b"), ("# x",)),
        ("a: 1\nb: # x\n  # y\n  c: 2 # z\n", removing("b"), ("# x", "# y", "# z")),
        ("a: 1\nb: 2\n  # deeper\n# not\n", removing("b"), ("# deeper",)),
        ("a: # kept\n  - b # x\n  - c # y\n", setting("a", "d"), ("# x", "# y")),
        ("a:\n  - b # x\n  - c # y\n", setting("a", ["b", "d"]), ()),
        ("a: # kept\n  b: 1 # x\n", setting("a", "d"), ("# x",)),
        ("a: [b, # x\n  c] # kept\n", setting("a", "d"), ("# x",)),
        ("a:\n  - b # x\n", setting("a", "echo # x\nb\n"), ("# x",)),
        ("s:\n  - a: 1\n  - # x\n    b: 1\n", taking("s/1"), ("# x",)),
        ("a: '# no'\nb: |\n  # no\n", removing("b"), ()),
    ],
)
def test_comments_that_go_with_their_line_are_named(text: str, operation: Operation, gone: tuple[str, ...]) -> None:
    assert made(text, operation)[1] == gone


SHARED = "a: &x\n  b: &y 1\n  c: [2, 3]\nd: *x\ne: *y\n"


@pytest.mark.parametrize(
    ("operation", "message", "lines"),
    [
        (setting("a/b", 2), "a is shared: &x in line 1 is also used as *x in line 4.", (1, 4)),
        (setting("d/b", 2), "d is shared: &x in line 1 is also used as *x in line 4.", (1, 4)),
        (adding("d", "k", 1), "d is shared", (1, 4)),
        (adding("a", "k", 1), "a is shared", (1, 4)),
        (removing("d/b"), "d is shared", (1, 4)),
        (removing("a"), "would remove the anchor &x, which *x needs in line 4.", (1, 4)),
        (setting("a", 1), "a is shared", (1, 4)),
        (inserting("d/c", 0, 1), "d is shared", (1, 4)),
        (taking("a/c/0"), "a is shared", (1, 4)),
        (removing("a/b", shared=True), "would remove the anchor &y, which *y needs in line 5.", (2, 5)),
        (setting("a", 1, shared=True), "would remove the anchor &y, which *y needs in line 5.", (2, 5)),
    ],
)
def test_shared_text_is_not_changed_silently(operation: Operation, message: str, lines: tuple[int, ...]) -> None:
    with pytest.raises(SharedNode) as caught:
        operation(document(SHARED))
    assert caught.value.message.startswith(message)
    assert tuple(place.line for place in caught.value.users) == lines
    assert all(str(line) in str(caught.value.hint) for line in lines)


@pytest.mark.parametrize(
    ("operation", "after"),
    [
        (setting("a/b", 2, shared=True), "a: &x\n  b: &y 2\n  c: [2, 3]\nd: *x\ne: *y\n"),
        (setting("d/c/0", 5, shared=True), "a: &x\n  b: &y 1\n  c: [5, 3]\nd: *x\ne: *y\n"),
        (adding("d", "k", True, shared=True), "a: &x\n  b: &y 1\n  c: [2, 3]\n  k: true\nd: *x\ne: *y\n"),
        (removing("d/c", shared=True), "a: &x\n  b: &y 1\nd: *x\ne: *y\n"),
        (inserting("a/c", 1, 9, shared=True), "a: &x\n  b: &y 1\n  c: [2, 9, 3]\nd: *x\ne: *y\n"),
        (setting("d", 1), "a: &x\n  b: &y 1\n  c: [2, 3]\nd: 1\ne: *y\n"),
        (removing("d"), "a: &x\n  b: &y 1\n  c: [2, 3]\ne: *y\n"),
        (setting("d", 1, shared=True), "a: &x\n  b: &y 1\n  c: [2, 3]\nd: 1\ne: *y\n"),
    ],
)
def test_shared_text_is_changed_for_all_its_users_when_told(operation: Operation, after: str) -> None:
    assert made(SHARED, operation)[0] == after


@pytest.mark.parametrize(
    ("text", "operation", "message", "place"),
    [
        ("", setting("a", 1), "is empty.", "w.yml:1:1"),
        ("a: 1\n", setting("b", 1), "has no b.", "w.yml:1:1"),
        ("a: 1\n", setting("a/b", 1), "has no a.b.", "w.yml:1:4"),
        ("a: [1]\n", setting("a/3/b", 1), "has no a[3].", "w.yml:1:4"),
        ("a: [1]\n", adding("a", "b", 1), "a is not a mapping.", "w.yml:1:4"),
        ("a: x\n", adding("a", "b", 1), "a is not a mapping.", "w.yml:1:4"),
        (
            "a:\n  Key: 1\n",
            adding("a", "key", 1),
            "a has the key Key, which GitHub does not tell from key.",
            "w.yml:2:3",
        ),
        ("a: [1]\n", removing("a/b"), "a is not a mapping.", "w.yml:1:4"),
        ("a:\n  b: 1\n", removing("a/b"), "b is the only entry of a, which would be left empty.", "w.yml:2:3"),
        ("- b: 1\n", removing("0/b", prune=True), "b is the only entry of [0], which", "w.yml:1:3"),
        ("b: 1\n", removing("b", prune=True), "b is the only entry of the document, which", "w.yml:1:1"),
        ("a: [1]\n", taking("a/0"), "a[0] is the only item of a, which would be left empty.", "w.yml:1:5"),
        ("a: [1, 2]\n", taking("a/2"), "has no a[2].", "w.yml:1:4"),
        ("a: [1, 2]\n", inserting("a", 3, 1), "a has no place 3.", "w.yml:1:4"),
        ("a: []\n", inserting("a", 0, 1), "a is not a list with items.", "w.yml:1:4"),
        ("a: [b: 1]\n", adding("a/0", "c", 1), "is a mapping written without braces inside a list.", "w.yml:1:5"),
        ("a: &x !!str b\n", setting("a", "c"), "a has a YAML tag.", "w.yml:1:4"),
        ("a: !!seq [b]\n", setting("a", "c"), "a has a YAML tag.", "w.yml:1:4"),
        ("- a\n", setting("0", {"b": 1}), "[0] cannot become a collection where it stands.", "w.yml:1:3"),
        ("a:\n  b: 1\n   # deep\n", setting("a", {"b": "x\ny\n"}), "a has a comment or blanks below it", "w.yml:2:7"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_place(
    text: str, operation: Operation, message: str, place: str
) -> None:
    with pytest.raises(Refusal) as caught:
        operation(document(text))
    assert caught.value.message.startswith(message)
    assert str(caught.value.place) == place
    assert caught.value.hint


def test_an_edit_says_why_and_what_it_changes() -> None:
    edit = set_key(document("a:\n  b: 1\n"), ("a",), "k", True)
    assert edit is not None
    assert edit.why == "add k to a"
    named = set_value(document("a: 1\n"), ("a",), 2, why="because")
    assert named is not None
    assert named.why == "because"
