from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.bench.report_file import Report, check_report, read_report
from covpath.bench.report_json import parse_json
from covpath.bench.report_lines import Unreadable
from covpath.bench.report_xml import parse_xml

COBERTURA = """<?xml version="1.0" ?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.5"><sources><source>{root}/src</source></sources>
<packages><package><classes>
<class name="a" filename="a.py"><methods><method><lines><line number="2" hits="1"/></lines></method></methods>
<lines><line number="1" hits="1"/><line number="2" hits="0"/><line number="3" hits="0"/></lines></class>
</classes></package></packages></coverage>"""
LCOV = "TN:\nSF:{root}/src/a.py\nDA:1,1\nDA:2,4,abc\nDA:3,0\nend_of_record\n"
COVERAGE_PY = (
    '{{"meta": {{"version": "7"}}, "files": {{"src/a.py": {{"executed_lines": [1, 2], "missing_lines": [3]}}}}}}'
)
ISTANBUL = """{{"{root}/src/a.py": {{"path": "{root}/src/a.py", "s": {{"0": 1, "1": 4, "2": 0}}, "statementMap": {{
"0": {{"start": {{"line": 1}}}}, "1": {{"start": {{"line": 2}}}}, "2": {{"start": {{"line": 3}}}}}}}}}}"""
SUMMARY = """{{"total": {{"lines": {{"total": 9, "covered": 9}}}},
"{root}/src/a.py": {{"lines": {{"total": 3, "covered": 2}}}}}}"""
LLVM = """{{"type": "llvm.coverage.json.export", "version": "2.0.1", "data": [
{{"files": [{{"filename": "{root}/src/a.py", "summary": {{"lines": {{"count": 3, "covered": 2}}}}}}]}}]}}"""
CODECOV = '{{"coverage": {{"src/a.py": {{"1": 1, "2": "1/2", "3": 0, "4": null}}}}}}'
TARPAULIN = """{{"files": [{{"path": ["/", "{root}", "src", "a.py"], "traces": [{{"line": 1, "stats": {{"Line": 1}}}},
{{"line": 2, "stats": {{"Line": 7}}}}, {{"line": 3, "stats": {{"Line": 0}}}}]}}]}}"""
CLOVER = """<coverage generated="1" clover="3"><project><file name="a.py" path="{root}/src/a.py">
<line num="1" count="1" type="stmt"/><line num="2" count="1" type="stmt"/><line num="3" count="0" type="stmt"/>
<line num="9" count="1" type="method"/></file></project></coverage>"""

FORMATS = {
    "cobertura": COBERTURA,
    "lcov": LCOV,
    "coverage.py-json": COVERAGE_PY,
    "istanbul": ISTANBUL,
    "istanbul-summary": SUMMARY,
    "llvm-cov": LLVM,
    "codecov": CODECOV,
    "tarpaulin-json": TARPAULIN,
    "clover": CLOVER,
}


def written(folder: Path, text: str) -> Path:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "a.py").write_text("")
    path = folder / "report"
    path.write_text(text.format(root=folder))
    return path


def read(folder: Path, text: str) -> Report:
    return read_report(written(folder, text), root=folder, tree=folder)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_the_same_of_the_same_lines(tmp_path: Path, name: str) -> None:
    report = read(tmp_path, FORMATS[name])
    assert report.format == name
    assert report.names == {"src/a.py"}
    assert (report.covered, report.coverable) == (2, 3)
    assert report.files[0].lines in (None, {1: True, 2: True, 3: False})


def test_a_line_in_two_records_is_covered_if_either_says_so(tmp_path: Path) -> None:
    report = read(tmp_path, LCOV + "SF:src/a.py\nDA:3,1\nDA:4,0\nend_of_record\n")
    assert report.files[0].lines == {1: True, 2: True, 3: True, 4: False}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is empty"),
        ("hello", "no known format"),
        ("TN:\nSF:a\nDA:1,1\n", "cut off"),
        ("SF:a\nDA:x,1\nend_of_record\n", "not a line number"),
        ("SF:a\nDA:1,many\nend_of_record\n", "not a count"),
        ("SF:a\nend_of_record\n", "has no lines"),
        ("SF:a\nDA:1,0\nend_of_record\n", "no line in the report was executed"),
        ("SF:/usr/a\nDA:1,1\nend_of_record\n", "no file of the repository's copy"),
        ("<coverage><packages>", "not well-formed XML"),
        ("<testsuite/>", "root is <testsuite>"),
        ("<coverage/>", "has no lines"),
        ('<?xml version="1.0" encoding="klingon"?><coverage/>', "not well-formed"),
        ("{{", "not JSON"),
        ("[]", "root is not an object"),
        ("{{}}", "no kind of coverage report"),
        ('{{"meta": 1, "files": {{"a": 1}}}}', "looks like coverage.py-json"),
        ('{{"meta": 1, "files": {{"a": {{"missing_lines": [-1], "executed_lines": []}}}}}}', "not a line number"),
        ("[" * 5000, "not JSON"),
    ],
)
def test_what_is_no_report_is_named(tmp_path: Path, text: str, problem: str) -> None:
    check = check_report(written(tmp_path, text), root=tmp_path, tree=tmp_path, started=0)
    assert check.problem is not None
    assert problem in check.problem


def test_entities_are_refused_before_they_can_grow() -> None:
    bomb = '<!DOCTYPE c [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><coverage>&b;</coverage>'
    outside = '<!DOCTYPE c [<!ENTITY x SYSTEM "file:///etc/passwd">]><coverage>&x;</coverage>'
    for text in (bomb, outside):
        with pytest.raises(Unreadable, match="declares entities"):
            parse_xml(text.encode())


def test_absent_old_or_of_other_files_is_bad(tmp_path: Path) -> None:
    assert check_report(tmp_path / "none", root=tmp_path, tree=tmp_path, started=0).problem == "no report was written"
    path = written(tmp_path, COBERTURA)
    now = time.time()
    assert check_report(path, root=tmp_path, tree=tmp_path, started=now - 5).problem is None
    os.utime(path, (now - 60, now - 60))
    old = check_report(path, root=tmp_path, tree=tmp_path, started=now - 5)
    assert old.problem == "the report is older than the run"
    other = check_report(path, root=tmp_path, tree=tmp_path, started=0, reference=frozenset({"src/b.py"}))
    assert other.problem is not None
    assert "1 missing (src/b.py) and 1 more (src/a.py)" in other.problem
    assert (
        check_report(path, root=tmp_path, tree=tmp_path, started=0, reference=frozenset({"src/a.py"})).problem is None
    )


def test_names_outside_the_repository_stay_as_they_are(tmp_path: Path) -> None:
    report = read(tmp_path, "SF:/usr/lib/x.py\nDA:1,1\nend_of_record\nSF:../y.py\nDA:1,1\nend_of_record\n")
    assert report.names == {"/usr/lib/x.py", "../y.py"}


def test_the_source_under_which_the_file_exists_wins(tmp_path: Path) -> None:
    text = COBERTURA.replace("<source>{root}/src</source>", "<source>{root}/lib</source><source>{root}/src</source>")
    assert read(tmp_path, text).names == {"src/a.py"}


def test_reports_that_the_tools_write(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "__init__.py").write_text("")
    (tmp_path / "pkg" / "m.py").write_text("def f():\n    return 1\n\ndef g():\n    return 2\n\nf()\n")
    (tmp_path / "go.py").write_text("import pkg.m\n")
    coverage = [sys.executable, "-m", "coverage"]
    subprocess.run([*coverage, "run", "--source=pkg", "go.py"], cwd=tmp_path, check=True)
    for form in ("xml", "lcov", "json"):
        subprocess.run([*coverage, form, "-q", "-o", f"c.{form}"], cwd=tmp_path, check=True)
    slip = [sys.executable, "-m", "slipcover", "--source", "pkg"]
    subprocess.run([*slip, "--json", "--out", "s.json", "go.py"], cwd=tmp_path, check=True)
    subprocess.run([*slip, "--xml", "--out", "s.xml", "go.py"], cwd=tmp_path, check=True)
    for name in ("c.xml", "c.lcov", "c.json", "s.json", "s.xml"):
        report = read_report(tmp_path / name, root=tmp_path, tree=tmp_path)
        lines = {file.name: file.lines for file in report.files}
        assert lines["pkg/m.py"] == {1: True, 2: True, 4: True, 5: False, 7: True}, name


@given(st.binary(max_size=200) | st.sampled_from([text.encode() for text in FORMATS.values()]).map(lambda b: b[:-40]))
def test_no_bytes_break_the_readers(data: bytes) -> None:
    for parse in (parse_xml, parse_json):
        with contextlib.suppress(Unreadable):
            parse(data)
