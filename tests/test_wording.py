from __future__ import annotations

import pytest

from covpath.wording import few


@pytest.mark.parametrize(
    ("names", "link", "told"),
    [
        ([], "and", ""),
        (["a"], "and", "a"),
        (["a", "b"], "and", "a, b"),
        (["a", "b", "c"], "and", "a, b and 1 more"),
        (["a", "b", "c", "d"], "or", "a, b or 2 more"),
    ],
)
def test_few(names: list[str], link: str, told: str) -> None:
    assert few(names, 2, link) == told
