"""Which workflow files of a large repository are judged together."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.commands import status_shares
from covpath.commands.status_part import Share
from covpath.commands.status_shares import dealt, shares

FOLDER = ".github/workflows"
PLAIN = "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: make\n"
LEAVES = PLAIN + "      - uses: actions/upload-artifact@v4\n"
TAKES = PLAIN + "      - uses: dawidd6/action-download-artifact@v6\n"


def calls(*names: str) -> str:
    return "on: push\njobs:\n" + "".join(
        f"  j{number}:\n    uses: ./{FOLDER}/{name}\n" for number, name in enumerate(names)
    )


def shared(root: Path, files: dict[str, str], *, count: int = 3, processes: int = 2) -> list[Share]:
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (root / FOLDER / name).write_text(text)
    return shares(root, [f"{FOLDER}/{name}" for name in sorted(files)], count, processes)


def groups(found: list[Share]) -> set[tuple[str, ...]]:
    return {tuple(path.rsplit("/", 1)[1] for path in group) for share in found for group in share.groups}


def test_files_that_call_nothing_stand_alone(tmp_path: Path) -> None:
    found = shared(tmp_path, {"a.yml": PLAIN, "b.yml": LEAVES, "c.yml": calls("gone.yml")})
    assert groups(found) == {("a.yml",), ("b.yml",), ("c.yml",)}
    assert not any(share.leaving for share in found)


def test_callers_and_called_stand_together_over_any_number_of_calls(tmp_path: Path) -> None:
    files = {"a.yml": calls("b.yml"), "b.yml": calls("c.yml", "d.yml"), "c.yml": PLAIN, "d.yml": PLAIN, "e.yml": PLAIN}
    assert groups(shared(tmp_path, files)) == {("a.yml", "b.yml", "c.yml", "d.yml"), ("e.yml",)}


def test_who_takes_data_over_has_those_that_leave_it_at_hand(tmp_path: Path) -> None:
    files = {"leaves.yml": LEAVES, "takes.yml": TAKES, **{f"plain{number}.yml": PLAIN for number in range(9)}}
    first, *others = shared(tmp_path, files)
    assert groups([first]) == {("leaves.yml",), ("takes.yml",)}
    assert first.leaving == (f"{FOLDER}/leaves.yml",)
    assert not any(share.leaving for share in others)


def test_where_most_files_leave_data_they_are_read_by_several_processes(tmp_path: Path) -> None:
    files = {f"leaves{number}.yml": LEAVES for number in range(9)} | {"takes.yml": TAKES}
    first, *others = shared(tmp_path, files, processes=4)
    assert groups([first]) == {("takes.yml",)}
    assert len(first.leaving) == 9
    assert len(groups(others)) == 9


def test_what_a_leaving_file_calls_is_judged_with_it(tmp_path: Path) -> None:
    leaves = LEAVES + f"  b:\n    uses: ./{FOLDER}/called.yml\n"
    first, *_ = shared(tmp_path, {"leaves.yml": leaves, "called.yml": PLAIN, "takes.yml": TAKES, "x.yml": PLAIN})
    assert ("called.yml", "leaves.yml", "takes.yml") in groups([first])


def test_the_last_shares_are_smaller_than_the_others(tmp_path: Path) -> None:
    found = shared(tmp_path, {f"w{number:03}.yml": PLAIN for number in range(200)}, count=20)
    sizes = [len(share.groups) for share in found]
    assert (len(sizes), sum(sizes)) == (20, 200)
    assert all(3 * last < first for first in sizes[:12] for last in sizes[12:])


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.sampled_from([PLAIN, LEAVES, TAKES, *(calls(f"w{n:02}.yml") for n in range(12))]), max_size=12),
    st.integers(1, 5),
    st.integers(1, 4),
)
def test_every_file_is_judged_once(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], count: int, processes: int
) -> None:
    root = tmp_path_factory.mktemp("shares")
    files = {f"w{number:02}.yml": text for number, text in enumerate(texts)}
    found = shared(root, files, count=count, processes=processes)
    assert sorted(path for share in found for group in share.groups for path in group) == [
        f"{FOLDER}/{name}" for name in sorted(files)
    ]
    assert len(found) <= count + 1


@pytest.mark.parametrize("very_many", [5, 50])
def test_a_process_beside_deals_the_same_shares(
    very_many: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"takes.yml": TAKES, "leaves.yml": LEAVES, **{f"plain{number}.yml": PLAIN for number in range(20)}}
    alone = shared(tmp_path, files)
    monkeypatch.setattr(status_shares, "_VERY_MANY", very_many)
    assert dealt(tmp_path, [f"{FOLDER}/{name}" for name in sorted(files)], 3, 2) == alone
