"""Judging workflows that a test writes itself."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED, RequiredChecks, from_names
from covpath.gate.verdict import JobVerdict
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow

FOLDER = ".github/workflows"


def workflow(text: str, name: str = "ci.yml") -> Workflow:
    """A workflow from indented text."""
    return read_workflow(f"{FOLDER}/{name}", textwrap.dedent(text).encode())


def required(names: Iterable[str] | None) -> RequiredChecks:
    """The list of required checks, None where it is not known."""
    return UNKNOWN_REQUIRED if names is None else from_names(names, "a test")


def judged(text: str, names: Iterable[str] | None = None) -> Mapping[str, JobVerdict]:
    """The verdicts of a single workflow's jobs, by id."""
    return {verdict.ref.job: verdict for verdict in Judge(required=required(names)).workflow(workflow(text))}
