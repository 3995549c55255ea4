from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.gate.tracing.handed_over import may_equal


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        ("dist", "coverage", False),
        ("coverage-data-*", "dist", False),
        ("a*b", "a*c", False),
        ("dist", "dist", True),
        ("*", "dist", True),
        ("coverage-*", "coverage-data-*-ubuntu", True),
        ("a*c", "ab*", True),
        ("*a", "b*", True),
        ("", "", True),
        ("", "a", False),
    ],
)
def test_names_that_may_be_the_same(left: str, right: str, equal: bool) -> None:
    assert may_equal(left, right) is equal
    assert may_equal(right, left) is equal


@given(st.text("ab*", max_size=8), st.text("ab", max_size=8))
def test_a_pattern_against_a_name_is_as_fnmatch_says(pattern: str, name: str) -> None:
    assert may_equal(pattern, name) is fnmatchcase(name, pattern)


@given(st.text("ab", max_size=5), st.text("ab*", max_size=5), st.text("ab*", max_size=5))
def test_what_both_patterns_match_makes_them_equal(name: str, left: str, right: str) -> None:
    if fnmatchcase(name, left) and fnmatchcase(name, right):
        assert may_equal(left, right)


def test_long_names_end_in_time() -> None:
    assert may_equal("*a" * 5_000, "a*" * 5_000)
