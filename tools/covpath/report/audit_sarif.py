"""An audit as SARIF 2.1.0 for code scanning: rules from the table, fingerprints that outlive line numbers.

Source: OASIS SARIF 2.1.0 and GitHub's page on its support for it (which fields it requires, how many it keeps).
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from covpath.audits.comparison import Judged
from covpath.audits.finding import Rule, Severity
from covpath.audits.report import AuditReport
from covpath.audits.table import RULES
from covpath.errors import CovpathError, Place

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_NOT_READ = "not-read"
MOST_RESULTS = 5000
"""Code scanning keeps the first five thousand results of a run."""


def to_sarif(report: AuditReport) -> dict[str, Any]:
    """The log: one run, one result a finding; on a branch, what it did not bring has ``unchanged`` as its state."""
    numbers = {one.ID: number for number, one in enumerate(RULES)}
    results = [_result(one, numbers[one.finding.rule], report.base is not None) for one in report.judged]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver()},
                "automationDetails": {"id": "covpath-audit/"},
                "columnKind": "unicodeCodePoints",
                "invocations": [
                    {
                        "executionSuccessful": not report.unreadable,
                        "toolExecutionNotifications": [_notification(error) for error in report.unreadable],
                    }
                ],
                "results": results[:MOST_RESULTS],
            }
        ],
    }


def _driver() -> dict[str, Any]:
    return {
        "name": "covpath",
        "semanticVersion": version("covpath"),
        "rules": [_rule(one) for one in RULES],
    }


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.ID,
        "name": "".join(word.capitalize() for word in rule.ID.split("-")),
        "shortDescription": {"text": rule.TITLE},
        "fullDescription": {"text": rule.TITLE},
        "help": {"text": rule.EXPLANATION},
        "properties": {"tags": ["ci"]},
    }


def _result(one: Judged, number: int, compared: bool) -> dict[str, Any]:
    finding = one.finding
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}. {finding.hint}"},
        "locations": [_location(finding.place)],
        "partialFingerprints": {"primaryLocationLineHash": finding.fingerprint, "covpath/v1": finding.fingerprint},
    }
    if finding.related:
        result["relatedLocations"] = [
            {**_location(place), "id": index, "message": {"text": message}}
            for index, (message, place) in enumerate(finding.related)
        ]
    if compared:
        result["baselineState"] = "unchanged" if one.standing else "new"
    return result


def _location(place: Place) -> dict[str, Any]:
    line, column = place.line or 1, place.column or 1
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file, errors="surrogateescape"), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line, "startColumn": column, "endLine": line, "endColumn": column + 1},
        }
    }


def _notification(error: CovpathError) -> dict[str, Any]:
    told: dict[str, Any] = {"level": "error", "message": {"text": str(error)}, "descriptor": {"id": _NOT_READ}}
    if error.place is not None:
        told["locations"] = [_location(error.place)]
    return told
