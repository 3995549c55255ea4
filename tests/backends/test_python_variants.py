from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from covpath.backends.contract import Recognition
from covpath.backends.python_variants import CORE_FILE, Variant, effective_core, python_variants
from covpath.backends.request import CoverageRequest, Format
from covpath.backends.table import backend, recognise
from covpath.backends.words import words
from covpath.errors import UsageError


def request(line: str) -> CoverageRequest:
    found = recognise(words(line), {})
    assert isinstance(found, Recognition)
    return backend(found.backend).parse(found).request


def variants(line: str, version: tuple[int, int] = (3, 12)) -> tuple[Variant, ...]:
    return python_variants(request(line), "python", version=version)


LINE = "poetry run pytest tests --cov=src --cov-report=lcov:out/c.info --cov-report=term --cov-fail-under=90 -q"


def test_the_same_tests_and_the_same_report() -> None:
    found = variants(LINE)
    assert [variant.label for variant in found] == [
        "pytest-cov",
        "coverage.py (ctrace)",
        "coverage.py (sysmon)",
        "slipcover",
    ]
    assert [command.line for variant in found for command in variant.commands] == [
        "python -m pytest tests -q --cov=src --cov-report=lcov:out/c.info",
        "python -m coverage run --source=src -m pytest tests -q",
        "python -m coverage lcov -o out/c.info",
        "python -m coverage run --source=src -m pytest tests -q",
        "python -m coverage lcov -o out/c.info",
        "mkdir -p out",
        "python -m slipcover --source src --lcov --out out/c.info -m pytest tests -q",
    ]
    assert {str(variant.report.path) for variant in found} == {"out/c.info"}
    assert [variant.environment for variant in found] == [
        (("COVERAGE_CORE", "ctrace"),),
        (("COVERAGE_CORE", "ctrace"),),
        (("COVERAGE_CORE", "sysmon"),),
        (),
    ]


@pytest.mark.parametrize(
    ("line", "version", "sysmon"),
    [
        (LINE, (3, 11), False),
        (LINE, (3, 13), True),
        (LINE + " --cov-branch", (3, 13), False),
        (LINE + " --cov-branch", (3, 14), True),
    ],
)
def test_sysmon_where_it_exists(line: str, version: tuple[int, int], sysmon: bool) -> None:
    assert any(variant.core == "sysmon" for variant in variants(line, version)) is sysmon


def test_without_a_machine_report_there_is_one() -> None:
    found = variants("coverage run -m pytest")
    assert {(variant.report.format, str(variant.report.path)) for variant in found} == {
        (Format.COBERTURA, "coverage.xml")
    }


@pytest.mark.parametrize("line", ["cargo tarpaulin", "coverage run manage.py test"])
def test_only_pytest(line: str) -> None:
    with pytest.raises(UsageError, match="pytest"):
        variants(line)


def test_effective_core() -> None:
    assert effective_core("  core: -none-\n   core: CTracer\n") == "ctrace"
    assert effective_core("core: SysMonitor") == "sysmon"
    assert effective_core("environment: COVERAGE_CORE = sysmon\n") is None


@pytest.mark.slow
def test_every_variant_really_writes_that_report(tmp_path: Path) -> None:
    """The claim of the whole module, run with the real tools."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "one.py").write_text("def f(a):\n    if a:\n        return 1\n    return 2\n")
    (tmp_path / "test_one.py").write_text("from one import f\n\n\ndef test_one():\n    assert f(1) == 1\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = src\n")
    line = "pytest test_one.py --cov=src --cov-report=xml:out/c.xml -q -p no:cacheprovider"
    for variant in python_variants(request(line), sys.executable, version=sys.version_info[:2]):
        report = tmp_path / "out" / "c.xml"
        report.unlink(missing_ok=True)
        # What this run of pytest and its workers set would make slipcover think it runs in one of them.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("COV", "PYTEST_"))}
        for command in variant.commands:
            environment = {**inherited, **dict(variant.environment), **dict(variant.core_probe)}
            done = subprocess.run(
                command.line, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, (variant.label, done.stdout, done.stderr)
        assert "line-rate" in report.read_text(), variant.label
        if variant.core is not None:
            assert effective_core((tmp_path / CORE_FILE).read_text()) == variant.core
            (tmp_path / CORE_FILE).unlink()
