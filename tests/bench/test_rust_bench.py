"""Rust measured for real, in all four ways: a workspace of ours, and a published crate with its own tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.rust_tools, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
WAYS = ["cargo-tarpaulin", "cargo-tarpaulin-llvm", "cargo-llvm-cov", "instrument-coverage"]


def benched(name: str, folder: Path) -> dict[str, Any]:
    """The evidence of a subject of ``ci/subjects``, on one runner that this machine can be."""
    missing = [tool for tool in ("cargo", "cargo-tarpaulin", "cargo-llvm-cov") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"NO RUST COVERAGE TOOLS: {', '.join(missing)} not found on the PATH")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "COVPATH_SUBJECTS": str(folder), "COVPATH_TOOLS_READY": "1"}
    done = subprocess.run(
        [sys.executable, "ci/subjects.py", name, "--", "--runners", "ubuntu-slim"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if "did not do its work" in done.stdout:
        pytest.skip(f"NO PACKAGE REGISTRY: {done.stdout.splitlines()[-1]}")
    assert done.returncode == 0, done.stdout
    return dict(json.loads((folder / f"{name}-bench" / "evidence.json").read_text("utf-8")))


def levels(evidence: dict[str, Any], second: str) -> dict[str, dict[str, Any]]:
    one = next(one for one in evidence["parities"] if one["second"] == second)
    return {finding["level"]: finding for finding in one["findings"]}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return benched("rust-workspace", tmp_path_factory.mktemp("subjects"))


def test_all_four_ways_measure_the_workspace(workspace: dict[str, Any]) -> None:
    references = {one["backend"]: one for one in workspace["trials"] if one["role"] == "reference"}
    assert list(references) == WAYS
    assert {one["outcome"] for one in references.values()} == {"ok"}
    assert all(re.fullmatch(r"\d[\w.]+", next(iter(one["versions"].values()))) for one in references.values())


def test_all_ways_run_the_same_tests(workspace: dict[str, Any]) -> None:
    assert {one["first"] for one in workspace["parities"]} == {"cargo-llvm-cov"}
    for second in set(WAYS) - {"cargo-llvm-cov"}:
        assert levels(workspace, second)["tests"]["says"] == "the same 10 tests"


def test_on_the_code_itself_llvms_ways_agree_line_by_line(workspace: dict[str, Any]) -> None:
    for second in ("cargo-tarpaulin-llvm", "instrument-coverage"):
        assert levels(workspace, second)["lines"]["holds"] == "true", second
    assert "inline tests left aside" in levels(workspace, "instrument-coverage")["lines"]["says"]


def test_files_that_only_the_plain_way_reports_have_their_reasons(workspace: dict[str, Any]) -> None:
    details = levels(workspace, "instrument-coverage")["files"]["details"]
    assert any("words/tests/longest.rs (a file of tests)" in text for text in details)
    assert any("square.rs (no file of the repository" in text for text in details)


def test_a_published_crate_by_its_own_tests(tmp_path: Path) -> None:
    evidence = benched("strsim", tmp_path)
    assert {one["backend"] for one in evidence["trials"] if one["outcome"] == "ok"} == set(WAYS)
    found = levels(evidence, "cargo-llvm-cov")
    assert found["pipeline"]["holds"] == "true"
    assert re.fullmatch(r"the same \d\d tests", found["tests"]["says"])
    assert found["headline"]["holds"] == "unknown"
    [detail] = found["headline"]["details"]
    assert re.match(r"--fail-under 70 would be \d\d(\.\d)? with cargo-llvm-cov", detail)


ASKS = """
#[test]
fn asks() {
    let threads = std::env::var("RUST_TEST_THREADS").unwrap_or("unset".to_string());
    println!("threads={threads} processors={}", std::thread::available_parallelism().unwrap());
}
"""


@pytest.mark.parametrize(
    ("arguments", "threads", "processors"),
    [
        ("--engine llvm", "1", None),
        ("--engine llvm --implicit-test-threads", "unset", None),
        ("--engine ptrace", None, "1"),
        ("--engine ptrace --implicit-test-threads", "unset", "1"),
    ],
)
def test_how_tarpaulin_runs_tests(tmp_path: Path, arguments: str, threads: str | None, processors: str | None) -> None:
    """What ``rust_ways`` rests on: one thread with one engine, one processor with the other, whatever is asked."""
    if shutil.which("cargo-tarpaulin") is None:
        pytest.skip("NO RUST COVERAGE TOOLS: cargo-tarpaulin not found on the PATH")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "lib.rs").write_text(ASKS)
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "asks"\nversion = "0.1.0"\nedition = "2021"\n')
    done = subprocess.run(
        ["cargo", "tarpaulin", *arguments.split(), "--", "--nocapture"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    found = re.search(r"threads=(\w+) processors=(\d+)", done.stdout)
    assert found, done.stdout
    assert threads in (None, found[1])
    assert processors in (None, found[2])
