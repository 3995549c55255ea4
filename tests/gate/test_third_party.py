"""Statuses that others post: Codecov's from its file, and the checks that Mergify's conditions name."""

from __future__ import annotations

import pytest

from covpath.errors import InputError
from covpath.gate.codecov_status import codecov_statuses
from covpath.gate.mergify import check_conditions
from covpath.terms import Tri

RED, GREEN = Tri.TRUE, Tri.FALSE
CODECOV = {
    # what the file says, and the statuses it asks for
    "": {"codecov/project": RED, "codecov/patch": RED},
    "comment: false\n": {"codecov/project": RED, "codecov/patch": RED},
    "coverage:\n  status: off\n": {},
    "coverage:\n  status: false\n": {},
    "coverage:\n  status:\n    project: off\n    patch: off\n": {},
    "coverage:\n  status:\n    patch: false\n": {"codecov/project": RED},
    "coverage:\n  status:\n    project:\n      default:\n        informational: true\n":
        {"codecov/project": GREEN, "codecov/patch": RED},
    "coverage:\n  status:\n    project:\n      default:\n        enabled: false\n": {"codecov/patch": RED},
    "coverage:\n  status:\n    project:\n      default: {target: 80%, threshold: 1%}\n    patch: off\n":
        {"codecov/project": RED},
    "coverage:\n  status:\n    patch: off\n    project: {default: {informational: true}, unit: {flags: [unit]}}\n":
        {"codecov/project": GREEN, "codecov/project/unit": RED},
    "coverage:\n  status:\n    changes: true\n    patch: off\n    project: off\n": {"codecov/changes": RED},
}  # fmt: skip


@pytest.mark.parametrize("text", CODECOV)
def test_codecovs_statuses(text: str) -> None:
    assert {one.name: one.can_fail for one in codecov_statuses("codecov.yml", text.encode())} == CODECOV[text]


def test_target_threshold_and_place_are_told() -> None:
    text = "coverage:\n  status:\n    project:\n      default:\n        target: auto\n        threshold: 2%\n"
    project = codecov_statuses("codecov.yml", text.encode())[0]
    assert (project.target, project.threshold, project.place.line) == ("auto", "2%", 4)
    quiet = codecov_statuses("codecov.yml", f"{text}        informational: true\n".encode())[0]
    assert (quiet.informational, quiet.place.line) == (True, 7)


MERGIFY = """\
queue_rules:
  - name: default
    queue_conditions:
      - "#approved-reviews-by>=1"
      - check-success=CI / tests
    merge_conditions:
      - or:
          - check-success=@github-actions/lint
          - check-skipped=lint
      - check-success~=^build .*
pull_request_rules:
  - name: red
    conditions:
      - -check-failure=audit
      - base=main
    actions: {}
"""


def test_mergifys_conditions() -> None:
    found = check_conditions(".mergify.yml", MERGIFY.encode())
    assert [(one.wants, one.app, one.name, one.negated, one.key, one.place.line) for one in found] == [
        ("check-success", None, "CI / tests", False, "queue_conditions", 5),
        ("check-success", "github-actions", "lint", False, "merge_conditions", 8),
        ("check-skipped", None, "lint", False, "merge_conditions", 9),
        ("check-success", None, "^build .*", False, "merge_conditions", 10),
        ("check-failure", None, "audit", True, "conditions", 14),
    ]
    assert found[3].names("build (linux)")
    assert not found[3].names("rebuild")
    assert found[0].names("CI / tests")
    assert not found[0].names("CI / test")


@pytest.mark.parametrize("text", ["", "queue_rules: 1\n", "- a\n", "queue_rules: [1, {name: x}]\n"])
def test_a_file_without_conditions_names_none(text: str) -> None:
    assert check_conditions(".mergify.yml", text.encode()) == ()


@pytest.mark.parametrize("read", [codecov_statuses, check_conditions])
def test_what_is_no_yaml_is_refused_with_its_place(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError) as refused:
        read("x.yml", b"a: [")
    assert refused.value.place is not None
