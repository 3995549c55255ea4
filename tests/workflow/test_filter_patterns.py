from __future__ import annotations

import time

import pytest

from covpath.workflow.filter_patterns import ignores, is_literal, matches, selects


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        ("main", ["main"], ["mainly", "Main", "x/main"]),
        ("*", ["main", "v1"], ["feature/x"]),
        ("**", ["main", "feature/x", "a/b/c"], []),
        ("feature/*", ["feature/x"], ["feature/x/y", "feature"]),
        ("feature/**", ["feature/x", "feature/x/y"], ["feature"]),
        ("*feature", ["my-feature", "feature"], ["feature-x", "a/feature"]),
        ("v2*", ["v2", "v2.0"], ["v1"]),
        ("v[12].[0-9]+.[0-9]+", ["v1.10.1", "v2.0.0"], ["v3.0.0", "v1.a.0", "v1.0"]),
        ("*.jsx?", ["page.js", "page.jsx"], ["page.ts"]),
        ("docs/**/*.md", ["docs/a/b.md", "docs/a/b/c.md"], ["README.md"]),
        ("a.c", ["a.c"], ["abc"]),
        ("a\\*b", ["a*b"], ["axb"]),
        ("+x", ["+x"], ["x"]),
        ("[x", ["[x"], ["x"]),
        ("", [""], ["a"]),
    ],
)
def test_pattern(pattern: str, fitting: list[str], others: list[str]) -> None:
    assert [name for name in fitting + others if matches(pattern, name)] == fitting


def test_the_last_match_decides() -> None:
    assert selects(["releases/**", "!releases/**-alpha"], "releases/10")
    assert not selects(["releases/**", "!releases/**-alpha"], "releases/10-alpha")
    assert selects(["releases/**", "!releases/**-alpha", "releases/10-*"], "releases/10-alpha")
    assert not selects(["!main"], "other")
    assert ignores(["main", "dev/**"], "dev/x")
    assert not ignores(["main", "dev/**"], "feature")


def test_literal() -> None:
    assert is_literal("release/1.0")
    assert not any(map(is_literal, ["v*", "a?", "[0-9]", "!main", "a+"]))


def test_no_pattern_takes_long() -> None:
    started = time.perf_counter()
    assert not matches("**a*+" * 60, "a/" * 500)
    assert time.perf_counter() - started < 2
