from __future__ import annotations

from pathlib import Path

import pytest

from covpath.backends.request import Language
from covpath.bench.from_job import MeasuringCommand, measuring_command
from covpath.bench.interpreters import Interpreter
from covpath.bench.llvm_tools import llvm_tools
from covpath.bench.parity import JobThreshold
from covpath.bench.subject import Variant
from covpath.bench.variants import DEFAULTS, Variants, job_threshold, make_variants, probes, split_name
from covpath.errors import Refusal, UsageError
from covpath.workflow.repository import find_job, read_all

MONITORS = Interpreter(monitors=True, version="3.13")
BLIND = Interpreter(monitors=False, why_not="only Python 3.11 is here")
LLVM = {"LLVM_COV": "/llvm/llvm-cov", "LLVM_PROFDATA": "/llvm/llvm-profdata"}


def job(folder: Path, *steps: str, head: str = "") -> MeasuringCommand:
    """The measuring command of a job with these steps, each a text below ``- ``."""
    path = folder / ".github" / "workflows" / "w.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    body = "".join(f"      - {step}\n" for step in steps)
    path.write_text(f"on: push\njobs:\n  coverage:\n    runs-on: ubuntu-latest\n{head}    steps:\n{body}")
    workflow, found = find_job(read_all(folder).workflows, "coverage")
    return measuring_command(workflow, found, folder)


def made(command: MeasuringCommand, *names: str, interpreter: Interpreter = MONITORS) -> Variants:
    return make_variants(command, names, interpreter, LLVM)


def by_name(found: Variants) -> dict[str, Variant]:
    return {one.backend: one for one in found.variants}


@pytest.mark.parametrize("name", [name for names in DEFAULTS.values() for name in names])
def test_every_default_has_a_probe_and_a_backend(name: str) -> None:
    base, mode = split_name(name)
    assert list(probes(base, None, mode))


def test_the_own_backend_keeps_its_script_and_the_others_write_the_same_report(tmp_path: Path) -> None:
    script = "python -m pytest --cov=pkg --cov-report=xml:out/c.xml --cov-fail-under=80 -q tests"
    found = made(job(tmp_path, f"run: {script}"))
    variants = by_name(found)
    assert found.own == "pytest-cov"
    assert variants["pytest-cov"].script == script
    assert {one.report for one in found.variants} == {"out/c.xml"}
    assert variants["slipcover"].script.splitlines()[-1] == (
        "python -m slipcover --source pkg --xml --out out/c.xml -m pytest -q tests"
    )
    assert dict(variants["coverage.py-sysmon"].environment)["COVERAGE_CORE"] == "sysmon"
    assert "fail-under" not in "".join(one.script for one in found.variants if one.backend != "pytest-cov")


def test_a_run_and_its_report_in_two_steps_are_one_measurement(tmp_path: Path) -> None:
    command = job(tmp_path, "run: pip install coverage", "run: coverage run -m pytest -q", "run: coverage xml -o c.xml")
    assert command.script == "(\ncoverage run -m pytest -q\n)\n(\ncoverage xml -o c.xml\n)\n"
    assert command.installs == ("pip install coverage",)
    found = by_name(made(command, "coverage.py", "pytest-cov"))
    assert found["coverage.py"].script == command.script
    assert found["pytest-cov"].report == "c.xml"
    assert "--cov-report=xml:c.xml" in found["pytest-cov"].script
    assert "coverage xml" not in found["pytest-cov"].script


def test_two_reports_of_one_run_need_the_first_only_once(tmp_path: Path) -> None:
    command = job(tmp_path, "run: coverage run -m pytest", "run: coverage html", "run: coverage xml")
    assert command.script == "(\ncoverage run -m pytest\n)\n(\ncoverage xml\n)\n"


def test_the_last_of_two_measurements_stands_alone(tmp_path: Path) -> None:
    command = job(tmp_path, "run: pytest --cov=a --cov-report=xml one", "run: pytest --cov=a --cov-report=xml two")
    assert command.script == "pytest --cov=a --cov-report=xml two"


def test_a_report_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="no step of the job runs the tests"):
        job(tmp_path, "run: coverage xml")


def test_steps_that_could_not_be_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(Refusal, match="have other directories"):
        job(tmp_path, "run: coverage run -m pytest\n        working-directory: sub", "run: coverage xml")


def test_what_surrounds_a_command_stays(tmp_path: Path) -> None:
    script = "run: |\n          set -u\n          A=1 pytest --cov=a --cov-report=xml 2>log | tee out\n          ls"
    found = by_name(made(job(tmp_path, script), "slipcover"))["slipcover"]
    assert found.script.startswith("set -u\nA=1 ")
    assert found.script.endswith(" 2>log | tee out\nls\n")


def test_an_exit_that_is_remembered_does_not_end_the_script(tmp_path: Path) -> None:
    script = "run: |\n          pytest --cov=a --cov-report=xml\n          ls"
    text = by_name(made(job(tmp_path, script), "coverage.py-ctrace"))["coverage.py-ctrace"].script
    assert text.startswith("(\nstatus=0\n")
    assert text.endswith('exit "$status"\n)\nls\n')


def test_what_an_interpreter_cannot_is_left_out_and_told(tmp_path: Path) -> None:
    plain = job(tmp_path, "run: pytest --cov=a --cov-report=xml")
    found = made(plain, interpreter=BLIND)
    assert found.notes == ("coverage.py-sysmon: left out; only Python 3.11 is here.",)
    branches = made(job(tmp_path, "run: pytest --cov=a --cov-branch --cov-report=xml"))
    assert branches.notes == (
        "coverage.py-sysmon: left out; sys.monitoring sees branches from Python 3.14 on, and this is 3.13.",
    )
    core = next(probe for probe in by_name(branches)["pytest-cov"].probes if probe.name == "core")
    assert "--branch" in core.script


def test_no_probe_names_a_device_as_data_file(tmp_path: Path) -> None:
    found = made(job(tmp_path, "run: pytest --cov=a --cov-report=xml"))
    assert not [probe for one in found.variants for probe in one.probes if "/dev/" in probe.script]


def test_another_language_or_nothing_left_is_refused(tmp_path: Path) -> None:
    command = job(tmp_path, "run: pytest --cov=a --cov-report=xml")
    with pytest.raises(UsageError, match="does not measure python"):
        made(command, "nyc")
    with pytest.raises(Refusal, match="no backend is left"):
        made(command, "coverage.py-sysmon", interpreter=BLIND)


TARPAULIN = "run: cargo tarpaulin --out Xml --output-dir cov --exclude-files 'gen/*' --fail-under 70"


def test_rust_has_four_ways_and_all_run_their_tests_as_the_job_does(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "x"\n')
    found = made(job(tmp_path, TARPAULIN))
    variants = by_name(found)
    assert tuple(variants) == DEFAULTS[Language.RUST]
    assert found.own == "cargo-tarpaulin"
    assert variants["cargo-tarpaulin"].script == TARPAULIN.removeprefix("run: ")
    assert variants["cargo-tarpaulin-llvm"].script.endswith(" --engine llvm")
    assert variants["cargo-llvm-cov"].script.endswith("-- --test-threads=1")
    assert dict(variants["cargo-llvm-cov"].environment) == {"CARGO_LLVM_COV_SETUP": "no", **LLVM}
    plain = variants["instrument-coverage"]
    assert dict(plain.environment)["RUSTFLAGS"] == "-Cinstrument-coverage"
    assert "cargo test --tests -- --test-threads=1\n" in plain.script
    assert "--ignore-filename-regex='/gen/.*$'" in plain.script
    assert (variants["cargo-llvm-cov"].report, plain.report) == ("cov/cobertura.xml", "cov/lcov.info")
    assert sorted(note.partition(":")[0] for note in found.notes) == ["cargo-llvm-cov", "instrument-coverage"]


def test_from_a_parallel_job_the_engine_that_cannot_be_parallel_is_told(tmp_path: Path) -> None:
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "x"\n')
    found = made(job(tmp_path, "run: cargo llvm-cov --lcov --output-path lcov.info"))
    variants = by_name(found)
    assert found.own == "cargo-llvm-cov"
    assert variants["cargo-tarpaulin"].script.endswith("--engine ptrace --implicit-test-threads")
    assert variants["cargo-tarpaulin-llvm"].script.endswith("--engine llvm --implicit-test-threads")
    assert "test-threads=1" not in "".join(one.script for one in found.variants)
    assert found.notes == ("cargo-tarpaulin: the ptrace engine keeps tests on one processor.",)


@pytest.mark.parametrize(
    ("written", "ptrace", "llvm"),
    [
        ("--engine llvm -- --nocapture", "--engine ptrace -- --nocapture", "--engine llvm -- --nocapture"),
        ("--engine=llvm", "--engine=ptrace", "--engine=llvm"),
        ("-- --nocapture", "-- --nocapture", "--engine llvm -- --nocapture"),
    ],
)
def test_an_engine_is_exchanged_where_it_stands(tmp_path: Path, written: str, ptrace: str, llvm: str) -> None:
    found = by_name(made(job(tmp_path, f"run: cargo tarpaulin --out Xml {written}")))
    assert found["cargo-tarpaulin"].script == f"cargo tarpaulin --out Xml {ptrace}"
    assert found["cargo-tarpaulin-llvm"].script == f"cargo tarpaulin --out Xml {llvm}"


def test_variables_that_served_the_old_backend_go(tmp_path: Path) -> None:
    head = "    env: {RUSTFLAGS: -Cinstrument-coverage, LLVM_PROFILE_FILE: x-%p.profraw, A: b}\n"
    report = "run: grcov . --binary-path target/debug -s . -t lcov -o lcov.info"
    found = by_name(made(job(tmp_path, "run: cargo test", report, head=head), "cargo-tarpaulin-llvm", "grcov"))
    assert dict(found["cargo-tarpaulin-llvm"].environment) == {"A": "b"}
    assert "RUSTFLAGS" in dict(found["grcov"].environment)


def test_without_llvms_tools_the_plain_way_is_left_out(tmp_path: Path) -> None:
    found = make_variants(job(tmp_path, TARPAULIN), (), MONITORS, {})
    assert "instrument-coverage" not in by_name(found)
    assert any("LLVM's tools" in note for note in found.notes)


def test_llvms_tools_are_those_of_the_compilers_version(tmp_path: Path) -> None:
    def program(name: str, text: str = "") -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)

    answers = f'case "$1" in -vV) echo "LLVM version: 22.1.2";; *) echo {tmp_path}/target/lib;; esac'
    program("rustc", answers)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    for name in ("llvm-cov-21", "llvm-profdata-21"):
        program(name)
    (tmp_path / "rustc").write_text(f"#!/bin/sh\n{answers.replace('22.1.2', '77.0')}\n")
    assert llvm_tools(environment) == {}
    for name in ("llvm-cov-77", "llvm-profdata-77"):
        program(name)
    found = llvm_tools(environment)
    assert found == {"LLVM_COV": f"{tmp_path}/llvm-cov-77", "LLVM_PROFDATA": f"{tmp_path}/llvm-profdata-77"}
    (tmp_path / "target" / "bin").mkdir(parents=True)
    for name in ("target/bin/llvm-cov", "target/bin/llvm-profdata"):
        program(name)
    assert set(llvm_tools(environment).values()) == {
        f"{tmp_path}/target/bin/{name}" for name in ("llvm-cov", "llvm-profdata")
    }
    assert llvm_tools({**environment, **LLVM}) == LLVM


def test_javascript_by_either_backend_from_the_visible_command(tmp_path: Path) -> None:
    found = by_name(made(job(tmp_path, "run: npx nyc --reporter=lcovonly tape 'test/**/*.js'")))
    assert found["c8"].script == "npx c8 --reporter=lcovonly tape 'test/**/*.js'"
    assert {one.report for one in found.values()} == {"coverage/lcov.info"}


@pytest.mark.parametrize(
    ("line", "threshold"),
    [
        ("pytest --cov=a --cov-report=xml", None),
        ("pytest --cov=a --cov-report=xml --cov-fail-under=80", JobThreshold(what="--cov-fail-under 80", value=80)),
        (
            "pytest --cov=a --cov-branch --cov-report=xml --cov-fail-under=80",
            JobThreshold(what="--cov-fail-under 80", value=None),
        ),
        ("cargo tarpaulin --out Xml --fail-under 71.5", JobThreshold(what="--fail-under 71.5", value=71.5)),
        (
            "npx nyc --reporter=lcov --check-coverage --branches 70 --lines 90 tape",
            JobThreshold(what="--lines 90", value=90),
        ),
    ],
)
def test_the_jobs_threshold(tmp_path: Path, line: str, threshold: JobThreshold | None) -> None:
    assert job_threshold(made(job(tmp_path, f"run: {line}")).request) == threshold
