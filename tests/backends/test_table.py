from __future__ import annotations

import importlib
import itertools
import pkgutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import covpath.backends
from covpath.backends import (
    c8,
    coverage_py_writing,
    grcov_options,
    grcov_writing,
    llvm_cov_options,
    llvm_cov_rules,
    nyc,
    pytest_cov,
    slipcover_options,
    slipcover_writing,
    tarpaulin_options,
    tarpaulin_writing,
)
from covpath.backends.contract import Role, Situation
from covpath.backends.coverage_py_options import REPORT, RUN
from covpath.backends.options import Table
from covpath.backends.request import Format, Topic
from covpath.backends.table import backend, backends, recognise
from covpath.backends.words import words
from covpath.errors import UsageError

TABLES: dict[str, tuple[Table, ...]] = {
    "cargo-tarpaulin": (tarpaulin_options.TABLE,),
    "cargo-llvm-cov": (llvm_cov_options.TABLE, llvm_cov_options.NEXTEST_TABLE),
    "grcov": (grcov_options.CARGO, grcov_options.GRCOV),
    "pytest-cov": (pytest_cov.TABLE,),
    "coverage.py": (RUN, REPORT),
    "slipcover": (slipcover_options.TABLE,),
    "nyc": (nyc.TABLE,),
    "c8": (c8.TABLE,),
}


def test_folder_and_table_agree() -> None:
    modules = [
        importlib.import_module(f"covpath.backends.{info.name}")
        for info in pkgutil.iter_modules(covpath.backends.__path__)
    ]
    plug_ins = {module.__name__ for module in modules if hasattr(module, "recognise") and hasattr(module, "emit")}
    assert {one.__name__ for one in backends()} == plug_ins  # type: ignore[attr-defined]


def test_names_are_unique_and_found() -> None:
    names = [one.NAME for one in backends()]
    assert len(set(names)) == len(names)
    assert all(name == backend(name).NAME for name in names)
    assert backend("llvm-cov").NAME == "cargo-llvm-cov"


def test_an_unknown_backend_is_named_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"kcov.*cargo-llvm-cov"):
        backend("kcov")


def test_every_option_says_what_becomes_of_it() -> None:
    for tables in TABLES.values():
        for table in tables:
            names = [name for option in table.options for name in option.names]
            assert len(names) == len(set(names))
            for option in table.options:
                assert option.topic is None or option.leaving is None


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (source.NAME, target.NAME)
        for source, target in itertools.permutations(backends(), 2)
        if source.LANGUAGE is target.LANGUAGE
    ],
)
def test_no_topic_is_left_without_an_answer(source: str, target: str) -> None:
    """Whatever one backend can ask, another writes or says that it cannot: nothing falls silently."""
    situation = Situation(workspace_root=".")
    here, there = backend(source), backend(target)
    lines = _lines(source)
    for line in lines:
        found = recognise(words(line), {"RUSTFLAGS": "-Cinstrument-coverage"} if source == "grcov" else {})
        assert found is not None, line
        assert found.backend == source, line
        parsing = here.parse(found)
        there.emit(parsing.request, situation)


def _lines(source: str) -> list[str]:
    """One command line for each topic a backend has an option for."""
    starts = {
        "cargo-tarpaulin": ["cargo tarpaulin {}"],
        "cargo-llvm-cov": ["cargo llvm-cov {}", "cargo llvm-cov nextest {}"],
        "grcov": ["cargo test {}", "grcov . {}"],
        "pytest-cov": ["pytest --cov {}"],
        "coverage.py": ["coverage run {} -m pytest", "coverage report {}"],
        "slipcover": ["python -m slipcover {} -m pytest"],
        "nyc": ["nyc {} mocha"],
        "c8": ["c8 {} mocha"],
    }
    found = []
    for start, table in zip(starts[source], TABLES[source], strict=True):
        for option in table.options:
            value = "" if option.arity.value == "none" else " x"
            if option.topic is not None:
                found.append(start.format(option.names[0] + value))
    return found


def test_losses_have_one_name_style() -> None:
    tables = [llvm_cov_rules._CANNOT, tarpaulin_writing.CANNOT, grcov_writing.CANNOT, coverage_py_writing.CANNOT]
    leavings = [
        leaving for table in (*tables, slipcover_writing.CANNOT, pytest_cov.CANNOT) for leaving in table.values()
    ]
    leavings += [
        option.leaving for tables in TABLES.values() for table in tables for option in table.options if option.leaving
    ]
    for leaving in leavings:
        assert leaving.name == leaving.name.lower().replace("_", "-").replace(" ", "-")
        assert leaving.message
        assert not leaving.message.endswith(".")


@pytest.mark.parametrize(
    ("line", "environ", "name", "role"),
    [
        ("cargo tarpaulin --out Xml", {}, "cargo-tarpaulin", Role.BOTH),
        ("cargo-tarpaulin --out Xml", {}, "cargo-tarpaulin", Role.BOTH),
        ("cross tarpaulin", {}, "cargo-tarpaulin", Role.BOTH),
        ("cargo +nightly --locked llvm-cov nextest --no-report", {}, "cargo-llvm-cov", Role.MEASURES),
        ("cargo llvm-cov --no-report nextest", {}, "cargo-llvm-cov", Role.MEASURES),
        ("cargo llvm-cov report --lcov", {}, "cargo-llvm-cov", Role.WRITES_REPORT),
        ("cargo llvm-cov clean --workspace", {}, "cargo-llvm-cov", Role.OTHER),
        ("cargo llvm-cov show-env --sh", {}, "cargo-llvm-cov", Role.OTHER),
        ("grcov . -t lcov", {}, "grcov", Role.WRITES_REPORT),
        ("cargo test", {"RUSTFLAGS": "-Dwarnings -C instrument-coverage"}, "grcov", Role.MEASURES),
        ("RUSTFLAGS=-Zprofile cargo test", {}, "grcov", Role.MEASURES),
        ("pytest --cov=src", {}, "pytest-cov", Role.BOTH),
        ("poetry run python -m pytest --cov", {}, "pytest-cov", Role.BOTH),
        ("pytest", {"PYTEST_ADDOPTS": "--cov=src"}, "pytest-cov", Role.BOTH),
        ("coverage run -m pytest", {}, "coverage.py", Role.MEASURES),
        ("python -m coverage xml", {}, "coverage.py", Role.WRITES_REPORT),
        ("coverage combine", {}, "coverage.py", Role.OTHER),
        ("python -m slipcover --xml -m pytest", {}, "slipcover", Role.BOTH),
        ("slipcover --merge a.json --xml --out x", {}, "slipcover", Role.WRITES_REPORT),
        ("npx nyc@15 mocha", {}, "nyc", Role.BOTH),
        ("nyc report --reporter=lcov", {}, "nyc", Role.WRITES_REPORT),
        ("yarn c8 check-coverage", {}, "c8", Role.OTHER),
    ],
)
def test_recognise(line: str, environ: dict[str, str], name: str, role: Role) -> None:
    found = recognise(words(line), environ)
    assert found is not None
    assert (found.backend, found.role) == (name, role)


@pytest.mark.parametrize(
    "line",
    [
        "cargo test",
        "cargo build",
        "pytest -q",
        "pytest --cov=src --no-cov",
        "python script.py --cov",
        "coverage",
        "echo cargo tarpaulin",
        "cargo install cargo-tarpaulin",
        "cargo",
        "npm test",
        "$TOOL",
        "cargo $SUB",
        "cargo-other",
        "python -m unittest",
    ],
)
def test_not_a_backend(line: str) -> None:
    assert recognise(words(line), {}) is None


def test_every_backend_is_found_by_its_hint() -> None:
    for source in TABLES:
        for line in _lines(source):
            environ = {"RUSTFLAGS": "-Cinstrument-coverage"} if line.startswith("cargo test") else {}
            assert recognise(words(line), environ) is not None, line


WORDS = (
    *("cargo", "+nightly", "tarpaulin", "cargo-tarpaulin", "llvm-cov", "cargo-llvm-cov", "test", "nextest", "run", "t"),
    *("pytest", "py.test", "--cov", "--cov=src", "--no-cov", "python", "-m", "python3", "-q", "$ARGS", "--version"),
    *(
        "coverage",
        "coverage3",
        "coverage-3.12",
        "report",
        "xml",
        "slipcover",
        "--merge",
        "nyc",
        "nyc@15",
        "c8",
        "mocha",
    ),
    *("grcov", "grcov.exe", "npx", "env", "poetry", "sudo", "'quoted words'", "RUSTFLAGS=-Cinstrument-coverage", "A=b"),
    *("RUSTDOCFLAGS=-Zprofile", "PYTEST_ADDOPTS=--cov", "${{ matrix.tool }}", "./node_modules/.bin/c8"),
)
VARIABLES = {"RUSTFLAGS": "-Cinstrument-coverage", "RUSTDOCFLAGS": "-Zprofile", "PYTEST_ADDOPTS": "--cov=src", "X": "y"}


@given(st.lists(st.sampled_from(WORDS), max_size=6), st.sets(st.sampled_from(sorted(VARIABLES))))
@settings(max_examples=500)
def test_only_backends_that_cannot_know_a_command_are_not_asked(line: list[str], names: set[str]) -> None:
    argv = words(" ".join(line))
    environ = {name: VARIABLES[name] for name in names}
    answers = (one.recognise(argv, environ) for one in backends())
    assert recognise(argv, environ) == next((found for found in answers if found is not None), None)


def test_usual_report_names() -> None:
    assert backend("cargo-tarpaulin").REPORT_NAMES[Format.LCOV] == "lcov.info"
    assert backend("pytest-cov").REPORT_NAMES[Format.COBERTURA] == "coverage.xml"
    assert all(Format.LCOV in one.REPORT_NAMES for one in backends())


def test_topics_are_used() -> None:
    used = {topic for tables in TABLES.values() for table in tables for topic in table.topics}
    assert {topic for topic in Topic if topic not in used} <= {Topic.TEST_FILTER}
