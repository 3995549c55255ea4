from __future__ import annotations

import pytest

from covpath.backends.request import Format
from covpath.backends.uploaders import UPLOADERS, uploader
from covpath.terms import Tri

T, F, U = Tri.TRUE, Tri.FALSE, Tri.UNKNOWN
CODECOV = "codecov/codecov-action@v5"
COVERALLS = "coverallsapp/github-action@v2"
ARTIFACT = "actions/upload-artifact@v7"


@pytest.mark.parametrize(
    ("uses", "inputs", "can_fail", "missing"),
    [
        (CODECOV, {}, F, F),
        (CODECOV, {"fail_ci_if_error": "false"}, F, F),
        (CODECOV, {"fail_ci_if_error": ""}, F, F),
        (CODECOV, {"fail_ci_if_error": "true"}, T, U),
        (CODECOV, {"fail_ci_if_error": "true", "disable_search": "true"}, T, T),
        (CODECOV, {"fail_ci_if_error": "true", "handle_no_reports_found": "true"}, T, F),
        (CODECOV, {"fail_ci_if_error": "${{ github.ref == 'x' }}"}, U, U),
        (COVERALLS, {}, T, T),
        (COVERALLS, {"fail-on-error": "false"}, F, F),
        (ARTIFACT, {"path": "x"}, T, F),
        (ARTIFACT, {"path": "x", "if-no-files-found": "error"}, T, T),
        (ARTIFACT, {"path": "x", "if-no-files-found": "ignore"}, T, F),
        (ARTIFACT, {"path": "x", "if-no-files-found": "${{ x }}"}, T, U),
        ("qltysh/qlty-action/coverage@v2", {}, F, F),
        ("qltysh/qlty-action/coverage@v2", {"skip-errors": "false"}, T, U),
        ("actions/upload-code-coverage@v1", {"fail-on-error": "false"}, F, F),
        ("codacy/codacy-coverage-reporter-action@v1", {}, T, U),
        ("irongut/CodeCoverageSummary@v1.3.0", {"filename": "x"}, T, T),
        ("romeovs/lcov-reporter-action@v0.4.0", {}, T, F),
    ],
)
def test_failing(uses: str, inputs: dict[str, str], can_fail: Tri, missing: Tri) -> None:
    found = uploader(uses)
    assert found is not None
    assert found.can_fail(inputs) is can_fail
    assert found.missing_report_fails(inputs) is missing


@pytest.mark.parametrize(
    ("uses", "inputs", "paths"),
    [
        (CODECOV, {"files": "./a.xml, b/lcov.info"}, ["./a.xml", "b/lcov.info"]),
        ("codecov/codecov-action@v3", {"file": "a.xml", "files": "b.xml"}, ["b.xml", "a.xml"]),
        (CODECOV, {"file": "a.xml"}, []),
        (COVERALLS, {"files": "a.info  b.info", "path-to-lcov": "c.info"}, ["a.info", "b.info", "c.info"]),
        (ARTIFACT, {"path": "a.xml\n  b/\n!c\n"}, ["a.xml", "b/", "!c"]),
        ("codacy/codacy-coverage-reporter-action@v1", {"coverage-reports": "a.xml,b.xml"}, ["a.xml", "b.xml"]),
    ],
)
def test_paths_and_where_they_stand(uses: str, inputs: dict[str, str], paths: list[str]) -> None:
    found = uploader(uses)
    assert found is not None
    uses_of = found.paths(inputs)
    assert [use.path for use in uses_of] == paths
    assert all(inputs[use.input][use.start : use.end] == use.path for use in uses_of)


@pytest.mark.parametrize(
    ("uses", "comment", "major"),
    [
        (CODECOV, "", 5),
        ("codecov/codecov-action@v4.0.1", "", 4),
        ("codecov/codecov-action@" + "a" * 40, "# v5.1.2", 5),
        ("codecov/codecov-action@" + "1" * 40, "", None),
        ("codecov/codecov-action@main", "", None),
        ("Codecov/Codecov-Action@v6", "", 6),
    ],
)
def test_versions(uses: str, comment: str, major: int | None) -> None:
    found = uploader(uses, comment)
    assert found is not None
    assert found.major == major
    assert found.ignored({"file": "a", "token": "b"}) == (("file",) if major is not None and major >= 5 else ())


def test_searching() -> None:
    codecov, coveralls = uploader(CODECOV), uploader(COVERALLS)
    assert codecov is not None
    assert coveralls is not None
    assert codecov.searches_itself({"files": "a"}) is T
    assert codecov.searches_itself({"disable_search": "true"}) is F
    assert coveralls.searches_itself({}) is T
    assert coveralls.searches_itself({"file": "a"}) is F


def test_formats() -> None:
    coveralls = uploader(COVERALLS)
    assert coveralls is not None
    assert coveralls.format_input == "format"
    assert coveralls.format_values[Format.LCOV] == "lcov"
    codecov = uploader(CODECOV)
    assert codecov is not None
    assert codecov.accepts is not None
    assert Format.JSON not in codecov.accepts


@pytest.mark.parametrize("uses", ["actions/checkout@v6", "./.github/actions/upload", "docker://x", ""])
def test_others_are_none(uses: str) -> None:
    assert uploader(uses) is None


def test_actions_are_named_once() -> None:
    names = [one.action.lower() for one in UPLOADERS]
    assert len(names) == len(set(names))
