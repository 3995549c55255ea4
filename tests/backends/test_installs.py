from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from covpath.backends.installs import adds_llvm_tools, install, migrated, provided
from covpath.backends.launch import take_apart
from covpath.backends.words import words, written

CASES = tomllib.loads((Path(__file__).parent.parent / "cases/backends/installs/words.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES["case"]])
def test_install(case: dict[str, Any]) -> None:
    argv = words(case["old"])
    found = install(argv)
    if "target" not in case:
        assert found is None
        return
    assert found is not None
    assert str(found.way) == case["way"]
    assert found.version == case.get("version")
    edit = migrated(found, argv, case["target"])
    new = {one.word: one.new for one in edit.edits}
    after = [new.get(index, word.raw) for index, word in enumerate(argv)]
    assert " ".join(word for word in after if word is not None) == case["new"]
    assert [loss.name for loss in edit.losses] == case.get("losses", [])


@pytest.mark.parametrize(
    ("line", "adds"),
    [
        ("rustup component add llvm-tools-preview", True),
        ("rustup component add rustfmt llvm-tools --toolchain nightly", True),
        ("rustup toolchain install nightly --component=llvm-tools-preview", True),
        ("rustup toolchain install nightly --component llvm-tools-preview", True),
        ("rustup component add rustfmt", False),
        ("echo llvm-tools", False),
    ],
)
def test_llvm_tools(line: str, adds: bool) -> None:
    assert adds_llvm_tools(words(line)) is adds


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ("uv run --with pytest-cov --with x pytest", "uv run --with coverage --with x"),
        ("uvx --from 'coverage[toml]==7' coverage run", "uvx --from coverage"),
        ("poetry run pytest", "poetry run"),
    ],
)
def test_what_a_runner_provides(line: str, new: str) -> None:
    launch = take_apart(words(line))
    assert launch is not None
    assert " ".join(written(part.words) for part in provided(launch.prefixes, "coverage.py")) == new
