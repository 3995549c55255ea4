from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from covpath.backends.actions import (
    ValueEdit,
    cache_edits,
    component_edit,
    docker_run,
    has_llvm_tools,
    install_action,
    measuring_action,
    migrated,
    tool_container,
)
from covpath.backends.table import recognise
from covpath.backends.words import words, written

CASES = tomllib.loads(
    (Path(__file__).parent.parent / "cases/backends/installs/actions.toml").read_text(encoding="utf-8")
)


def apply(uses: str, inputs: dict[str, str], edits: tuple[ValueEdit, ...]) -> tuple[str, dict[str, str]]:
    inputs = dict(inputs)
    for edit in sorted(edits, key=lambda one: one.start or 0, reverse=True):
        if edit.new is None:
            del inputs[edit.key]
        elif edit.start is None or edit.end is None:
            inputs[edit.key] = edit.new
        elif edit.key == "uses":
            uses = uses[: edit.start] + edit.new + uses[edit.end :]
        else:
            value = inputs[edit.key]
            inputs[edit.key] = value[: edit.start] + edit.new + value[edit.end :]
    return uses, inputs


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES["case"]])
def test_install_action(case: dict[str, Any]) -> None:
    uses, inputs = case["uses"], case.get("with", {})
    found = install_action(uses, inputs)
    if "new_uses" not in case and "new_with" not in case:
        assert found is None
        return
    assert found is not None
    assert found.backend == "cargo-tarpaulin"
    edits, losses = migrated(found, "cargo-llvm-cov")
    assert apply(uses, inputs, edits) == (case.get("new_uses", uses), case.get("new_with", inputs))
    assert [loss.name for loss in losses] == case.get("losses", [])


@pytest.mark.parametrize(
    ("uses", "inputs", "line", "installs"),
    [
        ("actions-rs/tarpaulin@v0.1", {}, "cargo tarpaulin --out Xml", True),
        (
            "actions-rs/tarpaulin@v0.1",
            {"version": "0.16.0", "args": "--all-features -- --test-threads 1", "timeout": "120", "out-type": "Lcov"},
            "cargo tarpaulin --out Lcov --timeout 120 --all-features -- --test-threads 1",
            True,
        ),
        (
            "actions-rs/tarpaulin@v0.1",
            {"run-types": "Doctests"},
            "cargo tarpaulin --out Xml --run-types Doctests",
            True,
        ),
        (
            "actions-rs/tarpaulin@v0.1",
            {"args": "--features ${{ matrix.f }}"},
            "cargo tarpaulin --out Xml --features ${{ matrix.f }}",
            True,
        ),
        ("actions-rs/cargo@v1", {"command": "tarpaulin", "args": "--out Xml"}, "cargo tarpaulin --out Xml", False),
        (
            "actions-rs/cargo@v1",
            {"command": "llvm-cov", "toolchain": "nightly", "args": "--lcov"},
            "cargo +nightly llvm-cov --lcov",
            False,
        ),
        ("actions-rs/cargo@v1", {"command": "tarpaulin", "use-cross": "true"}, "cross tarpaulin", False),
        (
            "docker://xd009642/tarpaulin:0.31.2",
            {"args": "cargo tarpaulin --out Xml"},
            "cargo tarpaulin --out Xml",
            True,
        ),
        ("docker://xd009642/tarpaulin", {}, "cargo tarpaulin", True),
    ],
)
def test_measuring_action(uses: str, inputs: dict[str, str], line: str, installs: bool) -> None:
    found = measuring_action(uses, inputs)
    assert found is not None
    assert found.argv is not None
    assert written(found.argv) == line
    assert found.installs is installs
    recognised = recognise(found.argv, {})
    assert recognised is not None
    assert recognised.backend == found.backend


def test_a_version_and_an_unmaintained_action_are_told() -> None:
    found = measuring_action("actions-rs/tarpaulin@v0.1", {"version": "0.22.0"})
    assert found is not None
    assert found.version == "0.22.0"
    assert [loss.name for loss in found.losses] == ["action-replaced"]


def test_an_action_whose_command_lies_elsewhere() -> None:
    found = measuring_action("actions-rs/grcov@v0.1", {})
    assert found is not None
    assert found.argv is None


@pytest.mark.parametrize(
    ("uses", "inputs"),
    [("actions-rs/cargo@v1", {"command": "test"}), ("actions/checkout@v6", {}), ("actions-rs/toolchain@v1", {})],
)
def test_no_measuring_action(uses: str, inputs: dict[str, str]) -> None:
    assert measuring_action(uses, inputs) is None


@pytest.mark.parametrize(
    ("image", "nightly"),
    [
        ("xd009642/tarpaulin", False),
        ("xd009642/tarpaulin:0.31.2-slim", False),
        ("docker.io/xd009642/tarpaulin:develop-nightly", True),
        ("xd009642/tarpaulin:latest@sha256:" + "0" * 64, False),
    ],
)
def test_container(image: str, nightly: bool) -> None:
    options = "--security-opt seccomp=unconfined -v /x:/x --cap-add=SYS_PTRACE"
    found = tool_container(image, options)
    assert found is not None
    assert found.nightly is nightly
    assert [options[start:end] for start, end in found.option_spans] == [
        "--security-opt seccomp=unconfined",
        "--cap-add=SYS_PTRACE",
    ]
    assert len(found.consequences) == 3


@pytest.mark.parametrize("image", ["rust:1.95", "other/tarpaulin", "${{ matrix.image }}", ""])
def test_other_containers(image: str) -> None:
    assert tool_container(image) is None


@pytest.mark.parametrize(
    ("line", "inner"),
    [
        (
            'docker run --security-opt seccomp=unconfined -v "$PWD:/v" xd009642/tarpaulin cargo tarpaulin --out Xml',
            "cargo tarpaulin --out Xml",
        ),
        ("docker run --rm xd009642/tarpaulin:nightly", "cargo tarpaulin"),
        ("docker run rust cargo tarpaulin", None),
        ("docker pull xd009642/tarpaulin", None),
    ],
)
def test_docker_run(line: str, inner: str | None) -> None:
    found = docker_run(words(line))
    assert (None if found is None else written(found)) == inner


@pytest.mark.parametrize(
    ("uses", "inputs", "new"),
    [
        ("dtolnay/rust-toolchain@stable", {}, "llvm-tools-preview"),
        ("dtolnay/rust-toolchain@stable", {"components": "clippy"}, "clippy, llvm-tools-preview"),
        ("dtolnay/rust-toolchain@stable", {"components": "clippy, rustfmt"}, "clippy, rustfmt, llvm-tools-preview"),
        ("actions-rs/toolchain@v1", {"components": "clippy,rustfmt"}, "clippy,rustfmt,llvm-tools-preview"),
        ("dtolnay/rust-toolchain@stable", {"components": "llvm-tools"}, None),
        ("dtolnay/rust-toolchain@stable", {"components": "${{ matrix.c }}"}, None),
        ("actions/checkout@v6", {}, None),
    ],
)
def test_components(uses: str, inputs: dict[str, str], new: str | None) -> None:
    edit = component_edit(uses, inputs)
    if new is None:
        assert edit is None
        return
    assert edit is not None
    assert apply(uses, inputs, (edit,))[1]["components"] == new


def test_components_that_are_there() -> None:
    assert has_llvm_tools("dtolnay/rust-toolchain@stable", {"components": "llvm-tools-preview"})
    assert not has_llvm_tools("dtolnay/rust-toolchain@stable", {})
    assert not has_llvm_tools("actions/checkout@v6", {"components": "llvm-tools"})


def test_caches() -> None:
    inputs = {"path": "~/.cargo/bin/cargo-tarpaulin\n~/.cargo/registry", "key": "tarpaulin-${{ runner.os }}"}
    edits = cache_edits("actions/cache@v4", inputs, "cargo-tarpaulin", "cargo-llvm-cov")
    assert apply("", inputs, edits)[1] == {
        "path": "~/.cargo/bin/cargo-llvm-cov\n~/.cargo/registry",
        "key": "llvm-cov-${{ runner.os }}",
    }
    assert cache_edits("actions/cache@v4", {"key": "cargo"}, "cargo-tarpaulin", "grcov") == ()
    assert cache_edits("actions/checkout@v6", inputs, "cargo-tarpaulin", "grcov") == ()
