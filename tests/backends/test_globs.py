from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.backends.globs import globs_of, regex_of

PIECES = st.lists(
    st.sampled_from(["a", "b", "/", "*", "?", ".", "+", "(", "$", "|", "-", "_", "[ab]", "x.rs"]), min_size=1
)
PATHS = st.lists(st.sampled_from(["a", "b", "/", ".", "+", "(", "$", "|", "-", "_", "x.rs"]), min_size=1)


@given(st.lists(PIECES.map("".join), min_size=1, max_size=3), PATHS.map("".join))
def test_what_a_glob_leaves_out_is_left_out(globs: list[str], path: str) -> None:
    """Python's fnmatch lets ``*`` cross ``/`` as cargo-tarpaulin's globs do."""
    regex = regex_of(globs)
    assert regex is not None
    stripped = [glob.removeprefix("./") for glob in globs]
    if any(fnmatch.fnmatchcase(path, glob) for glob in stripped if not glob.startswith("/")):
        assert re.search(regex, f"/home/me/project/{path}")


@given(PIECES.map("".join))
def test_only_syntax_that_both_readers_know(glob: str) -> None:
    regex = regex_of([glob]) or ""
    assert not re.search(r"\\[dwsb]|\(\?|[*+?]\?", re.sub(r"\\.", "", regex))


@pytest.mark.parametrize(
    ("regex", "globs"),
    [
        ("tests/", ("*tests/*",)),
        ("/tests/.*$", ("tests/*", "*/tests/*")),
        (r"build\.rs$", ("*build.rs",)),
        ("(a|b)", ("*a*", "*b*")),
        ("a.c", ("*a?c*",)),
        (r"\*", ("*[*]*",)),
        ("", None),
        ("a|", None),
        ("a+", None),
        ("(a)(b)", ("*ab*",)),
        ("tests(.*).rs", ("*tests*?rs*",)),
        ("(one.rs|two(.*).rs)", ("*one?rs*", "*two*?rs*")),
        ("(a)?b", None),
        ("(a|b)c", ("*ac*", "*bc*")),
        ("(a|b)?c", None),
        ("(^|/)(x/.*|y/(a|b)\\.rs)$", ("x/*", "*/x/*", "y/a.rs", "*/y/a.rs", "y/b.rs", "*/y/b.rs")),
        ("(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)", None),
        (r"\d", None),
        ("^src", ()),
        ("^src/|gen/", ("*gen/*",)),
        ("^/src/", None),
        ("a(b|c)", ("*ab*", "*ac*")),
        (r"a\|b", ("*a|b*",)),
        ("[ab]", None),
    ],
)
def test_back_to_globs(regex: str, globs: tuple[str, ...] | None) -> None:
    assert globs_of(regex) == globs


@given(PIECES.map("".join).filter(lambda glob: "[" not in glob), PATHS.map("".join))
def test_there_and_back_leaves_out_at_least_the_same(glob: str, path: str) -> None:
    regex = regex_of([glob])
    assert regex is not None
    back = globs_of(regex)
    if back is not None and not glob.startswith(("/", "./")) and fnmatch.fnmatchcase(path, glob):
        assert any(fnmatch.fnmatchcase(path, one) for one in back)


EXPRESSIONS = st.lists(
    st.sampled_from(["a", "b", "/", r"\.", ".*", "(a|b)", "(^|/)", "(x/(a|b)|y)", "|", "$"]),
    min_size=1,
    max_size=6,
)


@given(EXPRESSIONS.map("".join), st.text("abxy/.", min_size=1, max_size=8))
def test_globs_leave_out_what_the_expression_does(expression: str, path: str) -> None:
    globs = globs_of(expression)
    if globs is not None and not path.startswith("/") and re.search(expression, f"/home/{path}"):
        in_the_root = re.search(expression, "/home/") is not None
        assert in_the_root or any(fnmatch.fnmatchcase(path, glob) for glob in globs)
