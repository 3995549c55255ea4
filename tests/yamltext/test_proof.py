import pytest
from msgspec.structs import replace

from covpath.errors import ExitCode, ProofFailed
from covpath.yamltext.edit import Change, ChangeKind, Edit, Patch
from covpath.yamltext.operations import remove_key, set_key, set_value
from covpath.yamltext.proof import prove
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source

TEXT = """\
# head
a: &x 1 # one
b: *x
c: # three
  - d: true # four
    e: |
      echo # no comment
  - f
g: {h: 1, i: "2"}
"""
SOURCE = Source("w.yml", TEXT)


def edit(old: str, new: str, *changes: Change) -> Edit:
    start = TEXT.index(old)
    return Edit(start, start + len(old), new, "test", changes)


def changed(*route: str | int, to: object) -> Change:
    return Change(route, ChangeKind.SET, to)  # type: ignore[arg-type]


def added(*route: str | int, value: object) -> Change:
    return Change(route, ChangeKind.ADDED, value)  # type: ignore[arg-type]


def removed(*route: str | int) -> Change:
    return Change(route, ChangeKind.REMOVED)


@pytest.mark.parametrize(
    ("edits", "gone"),
    [
        ((), ()),
        ((edit("true", "false", changed("c", 0, "d", to=False)),), ()),
        ((edit("true", "  true"),), ()),
        ((edit("  - f\n", "", removed("c", 1)),), ()),
        ((edit("  - f\n", "  - new\n  - f\n", added("c", 1, value="new")),), ()),
        ((edit("b: *x\n", "", removed("b")),), ()),
        ((edit("b: *x\n", "b: 1\n", changed("b", to=1)),), ()),
        ((edit("# head\n", ""),), ("# head",)),
        ((edit("# head\n", ""), edit("true", "1", changed("c", 0, "d", to=1))), ("# head",)),
        ((edit(", i:", ", j: ~, i:", added("g", "j", value=None)),), ()),
        ((edit("&x 1", "&x 2", changed("a", to=2), changed("b", to=2)),), ()),
    ],
)
def test_what_was_declared_is_proved(edits: tuple[Edit, ...], gone: tuple[str, ...]) -> None:
    changes = tuple(change for each in edits for change in each.changes)
    assert prove(Patch(SOURCE, edits), changes, gone=gone).source == Patch(SOURCE, edits).apply()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (edit("true", "false"), "c[0].d is False, not True"),
        (edit("true", "True"), "the text of c[0].d is 'True', not 'true'"),
        (edit("true", "'true'", changed("c", 0, "d", to=True)), "c[0].d is 'true', not True"),
        (edit("true", "1", changed("c", 0, "d", to=1.0)), "c[0].d is 1, not 1.0"),
        (edit("true", "[", changed("c", 0, "d", to=True)), "the result cannot be read: is not valid YAML"),
        (edit("true", "false", changed("c", 0, "e", to=False)), "c[0].d is False, not True"),
        (edit("true", "false", changed("c", 0, "d", to=False), changed("g", "h", to=2)), "g.h is 1, not 2"),
        (edit("true", "false", changed("c", 0, "z", to=False)), "the declared change set c[0].z fits no data"),
        (edit("true", "false", added("c", 0, "d", value=False)), "the declared change added c[0].d fits no data"),
        (edit("true", "false", removed("c", 5)), "the declared change removed c[5] fits no data"),
        (edit("  - f\n", ""), "c has 1 items, not 2"),
        (edit("- f", "- [f]"), "c[1] is of another kind"),
        (edit("g: {h", "g: {j: 1, h"), "the keys of g are j, h, i, not h, i"),
        (edit('{h: 1, i: "2"}', '{i: "2", h: 1}'), "the order of the keys of g changed"),
        (edit("*x", "1"), "an anchor or alias of b changed"),
        (edit("&x 1 # one\nb: *x", "&y 1 # one\nb: *y"), "an anchor or alias of a changed"),
        (edit("echo #", "echo  #"), "c[0].e is 'echo  # no comment\\n', not"),
        (edit("# head\n", ""), "the comment '# head' is lost"),
        (edit("# one", "# eins"), "the comment '# one' is lost"),
        (edit("# three", "# three\n  # more"), "the comment '# more' is new"),
        (edit(" # four", ""), "the comment '# four' is lost"),
    ],
)
def test_what_was_not_declared_is_found(wrong: Edit, message: str) -> None:
    with pytest.raises(ProofFailed) as caught:
        prove(Patch(SOURCE, (wrong,)), wrong.changes)
    assert message in caught.value.message
    assert caught.value.exit_code is ExitCode.BUG
    assert "Nothing was written" in str(caught.value.hint)


def test_the_failure_shows_the_diff() -> None:
    with pytest.raises(ProofFailed) as caught:
        prove(Patch(SOURCE, (edit("true", "false"),)), ())
    assert "-  - d: true # four\n+  - d: false # four\n" in caught.value.message


def test_a_comment_said_to_go_must_go() -> None:
    with pytest.raises(ProofFailed, match="the comment '# one' was said to go but is still there"):
        prove(Patch(SOURCE, (edit("# head\n", ""),)), (), gone=("# head", "# one"))


def test_the_order_of_comments_is_kept() -> None:
    swapped = edit("# head\na: &x 1 # one\n", "# one\na: &x 1 # head\n")
    with pytest.raises(ProofFailed, match=r"the comment .* moved"):
        prove(Patch(SOURCE, (swapped,)), ())


def test_the_number_of_new_lines_is_as_declared() -> None:
    patch = Patch(SOURCE, (edit("b: *x\n", "b: *x\n\n"),))
    assert prove(patch, (), lines=1)
    with pytest.raises(ProofFailed, match="the file grows by 1 lines instead of 0"):
        prove(patch, (), lines=0)


class Careless(Patch):
    """A patch that also writes where it says nothing of."""

    def apply(self) -> Source:
        return self.source.with_text(super().apply().text.replace("{h", "{ h"))


class OneWay(Patch):
    """A patch that cannot be undone."""

    def reverse(self) -> Patch:
        return Patch(self.apply(), ())


@pytest.mark.parametrize(
    ("forged", "message"),
    [
        (Careless, "text behind the edits differs"),
        (OneWay, "the reverse patch does not restore the bytes"),
    ],
)
def test_bytes_outside_the_edits_and_the_way_back_are_held(forged: type[Patch], message: str) -> None:
    wanted = edit("true", "false", changed("c", 0, "d", to=False))
    with pytest.raises(ProofFailed, match=message):
        prove(forged(SOURCE, (wanted,)), wanted.changes)
    late = edit("}\n", "}\n\n")
    with pytest.raises(ProofFailed, match=r"text before 'test' differs|the reverse patch does not restore"):
        prove(forged(SOURCE, (late,)), ())


def test_an_empty_file_can_be_filled() -> None:
    source = Source("w.yml", "# c\n")
    patch = Patch(source, (Edit(4, 4, "a: 1\n"),))
    assert prove(patch, (changed(to={"a": 1}),)).root is not None
    with pytest.raises(ProofFailed, match="the document is of another kind"):
        prove(patch, ())


def test_the_operations_declare_what_they_do_and_no_more() -> None:
    document = read(SOURCE)
    for made in (
        set_value(document, ("c", 0, "d"), False),
        set_key(document, ("c", 0), "k", 1),
        remove_key(document, ("c", 0, "d")),
    ):
        assert made is not None
        assert prove(Patch(SOURCE, (made,)), made.changes, gone=made.gone)
        with pytest.raises(ProofFailed):
            prove(Patch(SOURCE, (made,)), (), gone=made.gone)
        with pytest.raises(ProofFailed):
            prove(Patch(SOURCE, (replace(made, new=made.new + "\n# x"),)), made.changes, gone=made.gone)
