from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.backends.contract import Command, Situation
from covpath.backends.request import Format
from covpath.backends.table import backend, recognise
from covpath.backends.translate import script_lines, smaller_step, translate
from covpath.backends.words import words
from covpath.errors import UsageError
from covpath.terms import LossAction

REAL = "cargo tarpaulin --workspace --timeout 300 --out Xml --output-dir ./coverage"


def test_the_real_case() -> None:
    found = translate([words(REAL)], "cargo-llvm-cov", situation=Situation(workdir="icn", workspace_root="icn"))
    assert [command.line for command in found.commands] == [
        "mkdir -p ./coverage",
        "cargo llvm-cov --workspace --cobertura --output-path ./coverage/cobertura.xml",
    ]
    assert [(loss.action, loss.name, loss.what) for loss in found.losses] == [
        (LossAction.WARN, "timeout", "--timeout 300"),
        (LossAction.WARN, "parallel-tests", "test threads"),
        (LossAction.WARN, "inline-test-code", "test code"),
    ]
    assert [(report.format, str(report.path)) for report in found.before] == [
        (Format.COBERTURA, "./coverage/cobertura.xml")
    ]
    assert found.before[0].path == found.after[0].path
    assert [command.measures for command in found.commands] == [False, True]


def test_the_real_case_and_back() -> None:
    there = translate([words(REAL)], "cargo-llvm-cov", situation=Situation(workdir="icn", workspace_root="icn"))
    back = translate(
        [words(there.commands[-1].line)], "cargo-tarpaulin", situation=Situation(workdir="icn", workspace_root="icn")
    )
    assert back.commands[0].line == (
        "cargo tarpaulin --workspace --out Xml --output-dir ./coverage --engine llvm --implicit-test-threads"
    )


def test_losses_that_stop_until_accepted() -> None:
    found = translate([words("cargo tarpaulin --out Json --no-run")], "cargo-llvm-cov")
    assert [loss.name for loss in found.losses if loss.action is LossAction.STOP] == ["no-run", "json-schema"]


@pytest.mark.parametrize(
    ("lines", "target", "message"),
    [
        (["cargo tarpaulin"], "kcov", "no backend"),
        (["cargo tarpaulin"], "pytest-cov", "measures python"),
        (["cargo test"], "cargo-llvm-cov", "no coverage backend"),
        ([], "cargo-llvm-cov", "0 backends"),
        (["cargo tarpaulin", "cargo llvm-cov report"], "grcov", "2 backends"),
    ],
)
def test_wrong_usage(lines: list[str], target: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        translate([words(line) for line in lines], target)


def test_a_report_nobody_writes() -> None:
    with pytest.raises(UsageError, match=r"cargo-tarpaulin writes no codecov report.*cobertura"):
        translate([words("cargo llvm-cov")], "cargo-tarpaulin", report=Format.CODECOV)


def test_which_command_is_replaced_by_what() -> None:
    lines = ["cargo llvm-cov clean --workspace", "cargo llvm-cov --no-report", "cargo llvm-cov report --lcov"]
    found = translate([words(line) for line in lines], "cargo-tarpaulin")
    assert [(one.index, len(one.commands)) for one in found.replacements] == [(0, 0), (1, 1), (2, 0)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("cargo tarpaulin --out Xml -- --x", "cargo tarpaulin --out Xml --engine llvm -- --x"),
        ("cargo tarpaulin --engine Ptrace --out Xml", "cargo tarpaulin --out Xml --engine llvm"),
        ("cargo tarpaulin --engine=ptrace", "cargo tarpaulin --engine llvm"),
        ("cargo tarpaulin --engine llvm", None),
        ("cargo tarpaulin --engine auto", None),
        ("cargo llvm-cov", None),
    ],
)
def test_the_smaller_step(old: str, new: str | None) -> None:
    found = smaller_step(words(old))
    assert (None if found is None else found.commands[0].line) == new
    assert found is None or [loss.name for loss in found.losses] == ["engine"]


def test_a_script_without_a_command_that_must_always_run() -> None:
    assert script_lines([Command(words=("a",), measures=True), Command(words=("b",))]) == ("a", "b")


@pytest.mark.parametrize(("status", "written"), [(0, "report"), (7, "report")])
def test_a_script_that_reports_and_still_fails(tmp_path: Path, status: int, written: str) -> None:
    commands = [
        Command(words=("mkdir", "-p", "out")),
        Command(words=("sh", "-c", f"'exit {status}'"), measures=True),
        Command(words=("sh", "-c", "'echo report > out/r'"), always=True),
    ]
    script = "\n".join(script_lines(commands))
    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, check=False)
    assert done.returncode == status
    assert (tmp_path / "out" / "r").read_text().strip() == written


def test_a_script_stops_where_preparation_fails(tmp_path: Path) -> None:
    commands = [
        Command(words=("false",)),
        Command(words=("touch", "ran"), measures=True),
        Command(words=("true",), always=True),
    ]
    done = subprocess.run(["bash", "-e", "-c", "\n".join(script_lines(commands))], cwd=tmp_path, check=False)
    assert done.returncode == 1
    assert not (tmp_path / "ran").exists()


PARTS = st.lists(
    st.sampled_from(
        [
            "--workspace", "-p one", "--features a b", "--out Xml", "--out Lcov", "--out Html", "--output-dir out",
            "--timeout 5", "--no-fail-fast", "--lib", "--doc", "--run-types Tests", "--fail-under 5", "--ignored",
            "--exclude-files 'a*'", "--release", "--engine llvm", "-v", "--include-tests", "--target-dir t",
        ]
    ),
    unique=True,
)  # fmt: skip


@given(PARTS, st.sampled_from(["", " -- --nocapture"]))
def test_every_translation_can_be_read_by_its_target(parts: list[str], end: str) -> None:
    """What is written is a command the target knows, without a word it would refuse."""
    old = f"cargo tarpaulin {' '.join(parts)}{end}"
    found = translate([words(old)], "cargo-llvm-cov", situation=Situation(workspace_root="."))
    there = backend("cargo-llvm-cov")
    for command in found.commands:
        if command.words[0] == "mkdir":
            continue
        again = recognise(words(command.line), {})
        assert again is not None
        assert again.backend == "cargo-llvm-cov"
        assert not there.parse(again).losses
        flags = set(command.words)
        assert not {"--workspace", "-p"} <= flags
        assert not ({"--doc", "--doctests"} & flags and {"--lib", "--tests"} & flags and "report" not in flags)


@given(PARTS)
def test_writing_a_request_anew_loses_nothing(parts: list[str]) -> None:
    here = backend("cargo-tarpaulin")
    first = recognise(words(f"cargo tarpaulin {' '.join(parts)}"), {})
    assert first is not None
    before = here.parse(first).request
    emission = here.emit(before, Situation())
    again = recognise(words(emission.commands[0].line), {})
    assert emission.losses == ()
    assert again is not None
    after = here.parse(again).request
    assert sorted(str(ask.topic) for ask in before.asks) == sorted(str(ask.topic) for ask in after.asks)
    assert before.behaviour == after.behaviour
    assert [(report.format, report.path) for report in before.reports] == [
        (report.format, report.path) for report in after.reports
    ]


@pytest.mark.parametrize(
    "line",
    [
        "cargo +nightly tarpaulin --out xml --engine ptrace --doc --follow-exec -p a b -- --nocapture",
        "cargo +nightly llvm-cov --workspace -vv --mcdc --lcov --output-path lcov.info --fail-under-lines 5 -- --x",
        "cargo llvm-cov nextest --profile ci -E 'test(a)' --no-report",
        "cargo llvm-cov test parser --html --output-dir out",
        "cargo llvm-cov report --release --codecov --output-path c.json --doctests",
        "grcov . -s . --binary-path ./target/debug -t lcov,html --ignore '/*' --ignore 'a/*' --keep-only 'b/*' -o out",
        "python -m pytest tests --cov=src --cov-branch --cov-report=xml:out.xml --cov-fail-under=80 -k 'a b'",
        "uv run coverage run --append --branch --source=src -m pytest -x",
        "coverage xml --skip-empty -o out.xml",
        "coverage report --show-missing --fail-under=90",
        "python -m slipcover --branch --source src --immediate --xml --out c.xml --fail-under 3 -m pytest -x",
        "npx nyc --reporter=lcov --all -x 'a*' --check-coverage --report-dir out mocha --recursive",
        "yarn c8 --reporter=text --allow-external node x.js",
    ],
)
def test_writing_anew_word_for_word(line: str) -> None:
    found = recognise(words(line), {})
    assert found is not None
    here = backend(found.backend)
    emission = here.emit(here.parse(found).request, Situation())
    assert sorted(emission.commands[-1].words) == sorted(words(line)[i].raw for i in range(len(words(line))))
    assert emission.losses == ()
