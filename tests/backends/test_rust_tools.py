"""What the Rust backends' rules rest on, seen by running the tools on a small workspace."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from covpath.backends.contract import Situation
from covpath.backends.diagnose import diagnose
from covpath.backends.globs import globs_of, regex_of
from covpath.backends.translate import script_lines, translate
from covpath.backends.words import words

pytestmark = [pytest.mark.rust_tools, pytest.mark.slow]

MANIFEST = '[package]\nname = "{0}"\nversion = "0.1.0"\nedition = "2021"\n'
FILES = {
    "Cargo.toml": '[workspace]\nmembers = ["one", "two"]\nresolver = "2"\n',
    "one/Cargo.toml": MANIFEST.format("one"),
    "one/src/lib.rs": (
        "pub fn add(a: i32, b: i32) -> i32 {\n    a + b\n}\n\n"
        "pub fn never(a: i32) -> i32 {\n    if a > 3 {\n        return 1;\n    }\n    2\n}\n\n"
        "#[cfg(test)]\nmod tests {\n    #[test]\n    fn adds() {\n        assert_eq!(super::add(1, 2), 3);\n"
        '        println!("THREADS={:?}", std::env::var("RUST_TEST_THREADS").ok());\n    }\n}\n'
    ),
    "one/tests/outside.rs": (
        "#[test]\nfn fails_if_asked() {\n"
        '    assert!(std::env::var("FAIL").is_err());\n    assert_eq!(one::add(2, 2), 4);\n}\n'
    ),
    "two/Cargo.toml": MANIFEST.format("two"),
    "two/src/lib.rs": "pub fn two() -> i32 {\n    2\n}\n",
}


def _environment() -> dict[str, str]:
    """The environment of a run; LLVM's tools of the compiler's version where rustup has none."""
    environ = {**os.environ, "CARGO_TERM_COLOR": "never", "CARGO_BUILD_JOBS": "1"}
    version = subprocess.run(["rustc", "-vV"], capture_output=True, text=True, check=True).stdout
    major = re.search(r"LLVM version: (\d+)", version)
    for variable, program in (("LLVM_COV", "llvm-cov"), ("LLVM_PROFDATA", "llvm-profdata")):
        found = shutil.which(f"{program}-{major[1]}") if major else None
        if found and variable not in environ:
            environ[variable] = found
    return environ


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    missing = [tool for tool in ("cargo", "cargo-tarpaulin", "cargo-llvm-cov") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"NO RUST COVERAGE TOOLS: {', '.join(missing)} not found on the PATH")
    root = tmp_path_factory.mktemp("workspace")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def run(root: Path, line: str, **environ: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["bash", "-e", "-c", line],
        cwd=root,
        env={**_environment(), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return subprocess.CompletedProcess(line, done.returncode, f"##[group]Run {line}\n{done.stdout}")


def cause(done: subprocess.CompletedProcess[str]) -> str | None:
    found = diagnose(f"{done.stdout}##[error]Process completed with exit code {done.returncode}.")
    return None if found.cause is None else found.cause.signature.name


def test_llvm_cov_does_not_make_the_folder(workspace: Path) -> None:
    done = run(workspace, "cargo llvm-cov --workspace --lcov --output-path nowhere/lcov.info")
    assert done.returncode == 1
    assert cause(done) == "report_directory_missing"


def test_llvm_cov_says_nothing_below_the_threshold(workspace: Path) -> None:
    done = run(workspace, "cargo llvm-cov --workspace --fail-under-lines 99.9")
    assert done.returncode == 1
    assert "error" not in done.stdout
    assert cause(done) == "threshold_silent"


def test_llvm_cov_writes_no_report_when_a_test_fails(workspace: Path) -> None:
    done = run(workspace, "cargo llvm-cov --workspace --no-fail-fast --lcov --output-path failed.info", FAIL="1")
    assert done.returncode == 101
    assert not (workspace / "failed.info").exists()
    assert cause(done) == "test_failed"


@pytest.mark.parametrize(
    "arguments",
    ["--workspace -p one", "--target-dir x", "--exclude one", "--html --output-path x", "--no-report --no-clean"],
)
def test_arguments_llvm_cov_refuses(workspace: Path, arguments: str) -> None:
    done = run(workspace, f"cargo llvm-cov {arguments}")
    assert done.returncode == 1
    assert cause(done) == "bad_arguments"


def test_what_is_written_for_llvm_cov_reports_and_still_fails(workspace: Path) -> None:
    old = "cargo tarpaulin --workspace --no-fail-fast --out Xml Lcov Html --output-dir moved --exclude-files 'two/*'"
    found = translate([words(old)], "cargo-llvm-cov", situation=Situation(workspace_root="."))
    script = "\n".join(script_lines(found.commands))
    assert run(workspace, script, FAIL="1").returncode == 101
    for report in found.after:
        assert (workspace / str(report.path)).exists()
    lcov = (workspace / "moved" / "lcov.info").read_text()
    assert "one/src/lib.rs" in lcov
    assert "two/src/lib.rs" not in lcov
    assert run(workspace, script).returncode == 0


def test_what_is_written_for_tarpaulin(workspace: Path) -> None:
    old = "cargo llvm-cov --workspace --lcov --output-path back/rust.info --ignore-filename-regex 'two/'"
    found = translate([words(old)], "cargo-tarpaulin", situation=Situation(workspace_root="."))
    done = run(workspace, "\n".join(script_lines(found.commands)))
    assert done.returncode == 0, done.stdout
    lcov = (workspace / "back" / "rust.info").read_text()
    assert "one/src/lib.rs" in lcov
    assert "two/src/lib.rs" not in lcov


def test_tarpaulin_tells_the_threshold_and_writes_the_report(workspace: Path) -> None:
    done = run(workspace, "cargo tarpaulin --workspace --engine llvm --fail-under 99 --out Lcov --output-dir below")
    assert done.returncode == 1
    assert (workspace / "below" / "lcov.info").exists()
    assert cause(done) == "threshold"


def test_tarpaulin_writes_the_report_of_failing_tests_only_without_fail_fast(workspace: Path) -> None:
    command = "cargo tarpaulin --workspace --engine llvm --out Lcov --output-dir"
    assert run(workspace, f"{command} slow --no-fail-fast", FAIL="1").returncode == 1
    assert (workspace / "slow" / "lcov.info").exists()
    done = run(workspace, f"{command} fast", FAIL="1")
    assert done.returncode == 1
    assert not (workspace / "fast").exists()
    assert cause(done) == "test_failed"


def test_tarpaulin_runs_tests_on_one_thread(workspace: Path) -> None:
    done = run(workspace, "cargo tarpaulin --workspace --engine llvm -- --nocapture")
    assert 'THREADS=Some("1")' in done.stdout
    done = run(workspace, "cargo llvm-cov --workspace -- --nocapture")
    assert "THREADS=None" in done.stdout


def test_tarpaulin_puts_reports_below_the_workspace_root(workspace: Path) -> None:
    run(workspace, "cd one && cargo tarpaulin --engine llvm --out Lcov --output-dir where")
    assert (workspace / "where" / "lcov.info").exists()
    assert not (workspace / "one" / "where").exists()


def test_tarpaulin_ignores_keys_it_does_not_know_and_files_it_cannot_read(workspace: Path) -> None:
    configuration = workspace / "tarpaulin.toml"
    try:
        configuration.write_text('[all]\nnonsense = 3\ntest-timeout = "5s"\nout = ["Lcov"]\noutput-dir = "known"\n')
        assert run(workspace, "cargo tarpaulin --workspace --engine llvm").returncode == 0
        assert (workspace / "known" / "lcov.info").exists()
        configuration.write_text("[all]\ntimeout = 5\n")
        done = run(workspace, "cargo tarpaulin --workspace --engine llvm --out Lcov --output-dir unread")
        assert done.returncode == 0
        assert (workspace / "unread" / "lcov.info").exists()
        assert [one.signature.name for one in diagnose(done.stdout).warnings] == ["config_error"]
    finally:
        configuration.unlink()


@pytest.mark.parametrize(
    "arguments", ["--target a --target b", "--run-types Tests Doctests", "somewhere", "--features=a b"]
)
def test_arguments_tarpaulin_refuses(workspace: Path, arguments: str) -> None:
    done = run(workspace, f"cargo tarpaulin {arguments}")
    assert done.returncode == 2
    assert cause(done) == "bad_arguments"


@pytest.fixture(scope="module")
def measured(workspace: Path) -> Path:
    assert run(workspace, "cargo llvm-cov --workspace --no-report").returncode == 0
    return workspace


def reported(root: Path, expression: str) -> set[str]:
    done = run(root, f"cargo llvm-cov report --lcov --ignore-filename-regex '{expression}'")
    assert done.returncode == 0, done.stdout
    return set(re.findall(rf"(?m)^SF:{re.escape(str(root.resolve()))}/(.*)$", done.stdout))


CODE = {"one/src/lib.rs", "two/src/lib.rs"}


@pytest.mark.parametrize("glob", ["two/*", "./two/*", "tw?/src/*.rs", "t[vw]o/*", "two/src/[!x]ib.rs", "*/two/*.rs"])
def test_llvm_leaves_out_what_is_written_for_globs(measured: Path, glob: str) -> None:
    expression = regex_of(["none/at(all)+*", glob])
    assert expression is not None
    assert reported(measured, expression) == {"one/src/lib.rs"}


@pytest.mark.parametrize(
    ("expression", "left"),
    [
        ("/[[:alpha:]]wo/", {"one/src/lib.rs"}),
        (r"/\wwo/", CODE),  # an escaped letter is the letter
        ("(?:two)/", {*CODE, "one/tests/outside.rs"}),
        ("two(?!x)/", {*CODE, "one/tests/outside.rs"}),
        ("tw+?o/", {*CODE, "one/tests/outside.rs"}),
    ],
)
def test_an_expression_that_is_none_to_llvm_leaves_nothing_out_and_is_no_error(
    measured: Path, expression: str, left: set[str]
) -> None:
    """Not even the files of tests, which are left out by default: they stand in the same expression."""
    assert reported(measured, expression) == left
    assert globs_of(expression) is None


def test_codecov_finds_what_tarpaulin_leaves_below_target(workspace: Path) -> None:
    if importlib.util.find_spec("codecov_cli") is None:
        pytest.skip("NO CODECOV CLI: it is installed by the session tests-rust")
    run(workspace, "cargo tarpaulin --workspace --engine llvm --out Xml --output-dir upload")
    program = (
        "from codecov_cli.services.upload.file_finder import FileFinder\n"
        "for file in FileFinder().find_files(): print('found', file.path)\n"
    )
    asked = subprocess.run(
        [sys.executable, "-c", program], cwd=workspace, capture_output=True, text=True, check=True, env=_environment()
    )
    found = {os.path.relpath(name, workspace.resolve()) for name in re.findall(r"(?m)^found (.*)$", asked.stdout)}
    assert "upload/cobertura.xml" in found
    assert any(re.fullmatch(r"target/tarpaulin/(.*-)?coverage\.json", name) for name in found)
