import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.errors import Refusal
from covpath.yamltext.diff import unified_diff
from covpath.yamltext.edit import Edit, Patch
from covpath.yamltext.source import Source


def patch(text: str, *edits: tuple[int, int, str]) -> Patch:
    return Patch(Source("w.yml", text), tuple(Edit(*edit, why=f"edit {i}") for i, edit in enumerate(edits)))


def test_no_edits_change_nothing_and_show_no_diff() -> None:
    assert patch("a\n").apply().text == "a\n"
    assert patch("a\n").diff() == ""
    assert patch("a\n", (0, 1, "a")).diff() == ""


def test_edits_are_applied_wherever_they_stand_in_the_list() -> None:
    assert patch("0123456789", (8, 10, "x"), (0, 1, ""), (4, 4, "yy")).apply().text == "123yy4567x"


def test_insertions_at_one_place_keep_their_order() -> None:
    assert patch("ab", (1, 1, "1"), (1, 1, "2"), (1, 2, "B"), (0, 1, "A")).apply().text == "A12B"


@pytest.mark.parametrize(
    ("edits", "message"),
    [
        (((0, 3, ""), (2, 4, "")), "two edits overlap: 'edit 0' (0 to 3) and 'edit 1' (2 to 4)."),
        (((1, 4, ""), (2, 2, "x")), "two edits overlap: 'edit 0' (1 to 4) and 'edit 1' (2 to 2)."),
        (((5, 9, ""),), "the edit 'edit 0' (5 to 9) lies outside the text."),
        (((3, 2, ""),), "the edit 'edit 0' (3 to 2) lies outside the text."),
    ],
)
def test_edits_that_overlap_or_lie_outside_are_refused_by_name(
    edits: tuple[tuple[int, int, str], ...], message: str
) -> None:
    with pytest.raises(Refusal) as caught:
        patch("012345", *edits).apply()
    assert caught.value.message == message
    assert caught.value.place is not None


@settings(max_examples=50, deadline=None)
@given(st.text("ab\n"), st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), st.text("xy\n")), max_size=4))
def test_the_reverse_patch_restores_the_text(text: str, wanted: list[tuple[int, int, str]]) -> None:
    made = patch(text, *placed(text, wanted))
    assert made.reverse().apply() == made.source
    assert made.reverse().reverse().apply() == made.apply()


@pytest.mark.parametrize(
    ("before", "after", "bom", "crlf"),
    [
        ("a\nb\n", "a\nc\n", False, False),
        ("a\nb", "a\nc", False, False),
        ("a\nb", "a\nb\n", False, False),
        ("a\nb\n", "a\nb", False, False),
        ("a", "a\nb", True, False),
        ("a\nb\nc\n", "x\na\nb\nc\n", True, True),
        ("", "a\n", False, False),
        ("a\n", "", False, False),
        ("a\n\n\n", "a\nb\n\n\n", False, True),
        ("\n".join(map(str, range(40))), "\n".join(str(i) for i in range(40) if i not in (3, 8, 9, 30)), False, True),
        ("x\n" * 300, "x\n" * 150 + "y\n" + "x\n" * 150, False, False),
        ("é ✓\n", "é 😀\n", False, False),
    ],
)
@pytest.mark.parametrize("name", ["w.yml", "with blank.yml"])
def test_git_applies_the_diff_both_ways(
    tmp_path: Path, before: str, after: str, bom: bool, crlf: bool, name: str
) -> None:
    old, new = (Source(name, text.replace("\n", "\r\n") if crlf else text, bom) for text in (before, after))
    diff = tmp_path / "x.diff"
    diff.write_bytes(unified_diff(old, new, f"dir/{name}").encode())
    target = tmp_path / "dir" / name
    target.parent.mkdir()
    target.write_bytes(old.encode())
    for options, expected in (((), new), (("--reverse",), old)):
        subprocess.run(["git", "apply", "--whitespace=nowarn", *options, str(diff)], cwd=tmp_path, check=True)
        assert target.read_bytes() == expected.encode()


@settings(max_examples=10, deadline=None)
@given(
    st.text("ab\n", min_size=1), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.text("x\n")), max_size=5)
)
def test_git_makes_of_the_diff_what_the_patch_makes(text: str, wanted: list[tuple[int, int, str]]) -> None:
    made = patch(text, *placed(text, wanted))
    if not made.diff() or not made.apply().text:
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "w.yml").write_bytes(made.source.encode())
        command = ["git", "apply", "--whitespace=nowarn", "-"]
        subprocess.run(command, input=made.diff().encode(), cwd=folder, check=True)
        assert Path(folder, "w.yml").read_bytes() == made.apply().encode()


def placed(text: str, wanted: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Edits that do not overlap, from gaps, lengths and new texts."""
    edits, position = [], 0
    for gap, length, new in wanted:
        start = min(position + gap, len(text))
        position = min(start + length, len(text))
        edits.append((start, position, new))
    return edits


def test_the_diff_shows_only_the_lines_that_changed() -> None:
    text = "steps:\n" * 300
    diff = patch(text, (7 * 200, 7 * 200, "new\n")).diff()
    assert [line for line in diff.splitlines()[2:] if line[0] in "+-"] == ["+new"]
    assert diff.splitlines()[2] == "@@ -198,6 +198,7 @@"


def test_the_diff_of_an_empty_file_names_the_line_before_the_first() -> None:
    assert patch("", (0, 0, "a\n")).diff() == "--- a/w.yml\n+++ b/w.yml\n@@ -0,0 +1 @@\n+a\n"
    assert patch("a\nb\n", (0, 4, "")).diff() == "--- a/w.yml\n+++ b/w.yml\n@@ -1,2 +0,0 @@\n-a\n-b\n"


def test_changes_far_apart_get_hunks_of_their_own_and_near_ones_share() -> None:
    lines = [f"{i}\n" for i in range(30)]
    far = "".join(lines).replace("\n4\n", "\nfour\n").replace("\n20\n", "\ntwenty\n")
    near = "".join(lines).replace("\n4\n", "\nfour\n").replace("\n11\n", "\neleven\n")
    source = Source("w.yml", "".join(lines))
    assert unified_diff(source, source.with_text(far), "w").count("@@ -") == 2
    assert unified_diff(source, source.with_text(near), "w").count("@@ -") == 1
