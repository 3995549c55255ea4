from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator
from markdown_it import MarkdownIt

from covpath.audits.comparison import Judged
from covpath.audits.finding import Severity
from covpath.audits.table import RULES
from covpath.errors import Place
from covpath.report import audit_data, audit_github, audit_markdown, audit_sarif, audit_text
from covpath.report.audit_formats import write_report
from report.audit_reports import HOSTILE, finding, one_of_everything, report
from report.sarif_schema import sarif_schema


def schema(name: str) -> dict[str, Any]:
    text = files("covpath").joinpath("data", "schemas", f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    Draft202012Validator.check_schema(loaded)
    return loaded


class TestJson:
    @pytest.mark.parametrize("audit", [report(), one_of_everything()], ids=["nothing", "everything"])
    def test_it_is_as_its_schema_says(self, audit: Any) -> None:
        Draft202012Validator(schema("audit")).validate(audit_data.to_json(audit))

    def test_the_schema_allows_nothing_more(self) -> None:
        data = audit_data.to_json(one_of_everything())
        assert not Draft202012Validator(schema("audit")).is_valid(data | {"more": 1})
        data["findings"][0]["more"] = 1
        assert not Draft202012Validator(schema("audit")).is_valid(data)

    def test_a_finding_says_whether_it_fails_and_whether_it_stood_before(self) -> None:
        told = [(one["fails"], one["standing"]) for one in audit_data.to_json(one_of_everything())["findings"]]
        assert told == [(True, False), (False, False), (False, False), (False, True), (False, True)]

    def test_the_schema_knows_every_rule(self) -> None:
        known = schema("audit")["$defs"]["finding"]["properties"]["rule"]["enum"]
        assert known == [one.ID for one in RULES]


class TestText:
    def test_the_worst_in_full_the_rest_in_lines(self) -> None:
        assert audit_text.render(one_of_everything()).splitlines()[-9:] == [
            "    Delete line 5.",
            "accepted, or only told:",
            "  .github/workflows/ci.yml:5:24: lint is accepted [accepted-gate]",
            "not this branch:",
            "  .github/workflows/ci.yml:5:24: docs is late [overdue]",
            "  .github/workflows/ci.yml:5:24: docs is undecided [undecided]",
            "  not read: .github/workflows/old.yml:1: is not UTF-8.",
            "note: where it began is unknown.",
            "1 error, 1 warning, 1 note (2 older); 2 jobs, 1 open entry, judged as of 2026-11-25, against origin/main.",
        ]

    def test_one_of_each_is_not_plural(self) -> None:
        assert audit_text.summary(report(entries=0, jobs=1)) == (
            "nothing to report; 1 job, 0 open entries, judged as of 2026-11-25."
        )


COMMAND = re.compile(r"::(error|warning|notice) ([^:]*)::(.*)")


def annotations(page: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands a runner would run, read as its ``ActionCommand`` does."""
    found: list[tuple[str, dict[str, str], str]] = []
    stopped: str | None = None
    for line in page.splitlines():
        if stopped is not None:
            stopped = None if line == f"::{stopped}::" else stopped
        elif line.startswith("::stop-commands::"):
            stopped = line.removeprefix("::stop-commands::")
        elif match := COMMAND.fullmatch(line):
            properties = dict(pair.split("=", 1) for pair in match[2].split(","))
            found.append((match[1], properties, match[3]))
    assert stopped is None
    return found


class TestGitHub:
    def test_errors_warnings_and_what_stood_before(self) -> None:
        found = annotations(audit_github.render(one_of_everything()))
        assert [(kind, properties["title"]) for kind, properties, _ in found] == [
            ("error", "covpath%3A not read"),
            ("error", "covpath unexplained"),
            ("warning", "covpath due-soon"),
            ("warning", "covpath overdue (not this branch)"),
        ]
        assert found[1][1] == {
            "file": ".github/workflows/ci.yml",
            "line": "5",
            "col": "24",
            "title": "covpath unexplained",
        }

    def test_what_wants_to_be_a_command_is_none(self) -> None:
        page = audit_github.render(report(Judged(finding=finding(Severity.WARNING, HOSTILE, rule="due-soon"))))
        ((_, _, message),) = annotations(page)
        assert message.startswith("50%25 off: a,b%0D%0A::error file=x::no | <b>")

    def test_a_file_s_name_cannot_end_its_property(self) -> None:
        place = Place("a,line=1::b.yml", 7)
        page = audit_github.render(report(Judged(finding=finding(place=place))))
        ((_, properties, _),) = annotations(page)
        assert properties["file"] == "a%2Cline=1%3A%3Ab.yml"

    @pytest.mark.parametrize("number", [10, 11, 300])
    def test_no_more_than_ten_of_a_kind(self, number: int) -> None:
        many = [Judged(finding=finding(message=f"job {index} is silent")) for index in range(number)]
        found = annotations(audit_github.render(report(*many)))
        assert len(found) == 10
        if number > 10:
            assert found[-1][2].startswith(f"{number - 9} more of this kind")
        assert found[0][2].startswith("job 0 is silent")

    def test_no_message_is_longer_than_a_runner_keeps(self) -> None:
        page = audit_github.render(report(Judged(finding=finding(message="x%" * 5000))))
        ((_, _, message),) = annotations(page)
        assert len(message.replace("%25", "%")) <= 4096

    def test_the_mark_that_ends_the_page_cannot_be_guessed(self) -> None:
        marks = {re.findall(r"::stop-commands::(\S+)", audit_github.render(report()))[0] for _ in range(8)}
        assert len(marks) == 8

    def test_the_job_s_summary_gets_its_page(self, tmp_path: Path) -> None:
        from io import StringIO

        summary = tmp_path / "summary.md"
        summary.write_text("before\n")
        write_report(one_of_everything(), "github", {"GITHUB_STEP_SUMMARY": str(summary)}, StringIO())
        assert summary.read_text().startswith("before\n## covpath audit\n")
        write_report(one_of_everything(), "github", {"GITHUB_STEP_SUMMARY": str(tmp_path)}, StringIO())


class TestMarkdown:
    def test_nothing_in_it_is_more_than_text(self) -> None:
        page = audit_markdown.render(report(Judged(finding=finding(Severity.WARNING, HOSTILE))))
        html = MarkdownIt("commonmark").enable("table").render(page)
        assert html.count("<tr>") == 2
        assert "<b>" not in html
        assert "<a " not in html
        assert "<em>" not in html

    def test_everything_is_on_it(self) -> None:
        html = MarkdownIt("commonmark").enable("table").render(audit_markdown.render(one_of_everything()))
        for text in ("lint is silent", "docs is late", "is not YAML.", "where it began is unknown", "Not this branch"):
            assert text in html

    def test_ten_thousand_findings_fit_into_a_summary(self) -> None:
        many = [Judged(finding=finding(message=f"job {index} is silent " + "x" * 5000)) for index in range(10_000)]
        assert len(audit_markdown.render(report(*many)).encode()) < 2**20


class TestSarif:
    @pytest.mark.parametrize("audit", [report(), one_of_everything()], ids=["nothing", "everything"])
    def test_it_is_as_the_published_schema_says(self, audit: Any) -> None:
        log = audit_sarif.to_sarif(audit)
        Draft7Validator(sarif_schema()).validate(log)

    def test_it_has_what_code_scanning_requires(self) -> None:
        (run,) = audit_sarif.to_sarif(one_of_everything())["runs"]
        driver = run["tool"]["driver"]
        assert [one["id"] for one in driver["rules"]] == [one.ID for one in RULES]
        assert all(one["shortDescription"]["text"] and one["help"]["text"] for one in driver["rules"])
        for result in run["results"]:
            assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
            region = result["locations"][0]["physicalLocation"]["region"]
            assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
            assert result["partialFingerprints"]["primaryLocationLineHash"]
        assert [result["baselineState"] for result in run["results"]] == ["new", "new", "new", "unchanged", "unchanged"]
        assert run["invocations"][0]["executionSuccessful"] is False

    def test_a_fingerprint_outlives_its_line_and_its_day(self) -> None:
        one, moved = finding(), finding(place=Place(".github/workflows/ci.yml", 99, 1))
        assert one.fingerprint == moved.fingerprint
        assert one.fingerprint != finding(message="lint is advisory").fingerprint
        assert one.fingerprint != finding(rule="overdue").fingerprint

    def test_a_path_is_a_valid_reference(self) -> None:
        (run,) = audit_sarif.to_sarif(report(Judged(finding=finding(place=Place("a b%.yml", 1)))))["runs"]
        assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20b%25.yml"

    def test_no_more_results_than_are_kept(self) -> None:
        many = [Judged(finding=finding(message=f"job {index}")) for index in range(6000)]
        assert len(audit_sarif.to_sarif(report(*many))["runs"][0]["results"]) == 5000
