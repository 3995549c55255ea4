"""Can a job be green without having produced or delivered a report? A green job is no resolution."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from covpath.gate.measuring import Measuring
from covpath.gate.scripts.shell_effect import FAILING_INPUTS
from covpath.gate.tracing.claims import ARTIFACT
from covpath.gate.verdict import DataVerdict, StepVerdict
from covpath.patterns import regex
from covpath.terms import Gate, Reason, Tri, both, either
from covpath.workflow.model import Job, Step, Workflow, scalar_text

if TYPE_CHECKING:
    from covpath.backends.uploaders import Uploader

_NOTHING_CLAIMED = DataVerdict(green_without_data=Tri.FALSE, reasons=())
_MASKED = (Gate.SILENT, Gate.ADVISORY)
_OTHER = regex(r"test[-_ ]?results?|junit|screenshots?|(?<![a-z])logs?(?![a-z])", re.IGNORECASE)


_ANYTHING = regex(r"\$\{\{.*\}\}|[./*]*")
_REPORTS = regex(r"report|html|\bout(?:put)?/?$", re.IGNORECASE)


def judge_data(workflow: Workflow, job: Job, measuring: Measuring, own: StepVerdict | None) -> DataVerdict:
    """Whether a green run of the job may have left no data behind, and by which lines.

    For a job that measures no coverage nothing is claimed: FALSE, without reasons.
    """
    if not measuring.coverage or measuring.index is None or own is None:
        return _NOTHING_CLAIMED
    # Imported here: only coverage jobs upload what is meant.
    from covpath.backends.uploaders import uploader

    masked = Tri.UNKNOWN if own.gate is Gate.UNKNOWN else Tri.of(own.gate in _MASKED)
    if any(reason.code == "check-red" for reason in own.reasons):
        masked = Tri.FALSE  # the run passes, but the job is not green
    reasons = list(_masks(own)) if masked is not Tri.FALSE else []
    without = masked
    measured = job.steps[measuring.index].run
    script = measured.value if measured is not None else ""
    for step in job.steps[measuring.index + 1 :]:
        found = uploader(step.uses) if step.uses else None
        if found is None or carries_something_else(step, script):
            continue
        if step.if_ is not None and "hashFiles" in step.if_.value:
            reasons.append(
                Reason(
                    code="upload-skipped",
                    message=f"`{step.label}` is skipped when the report is missing",
                    place=workflow.place(step.if_),
                )
            )
            without = either(without, masked)
        quiet = _quiet(found, step)
        if _lets_pass(step) and not _tried_again(job, step):
            reasons.append(
                Reason(
                    code="upload-cannot-fail",
                    message=f"`{step.label}` may fail unnoticed (`continue-on-error: true`)",
                    place=workflow.place(step.continue_on_error or step.node),
                )
            )
            without = Tri.TRUE
        elif quiet is not Tri.FALSE:
            reasons.append(_quiet_reason(workflow, step, found))
            without = either(without, quiet)
    return DataVerdict(green_without_data=without, reasons=tuple(reasons))


def _masks(own: StepVerdict) -> Iterator[Reason]:
    """What lets the measuring step fail without turning the job red."""
    passes = "may pass" if own.gate is Gate.UNKNOWN else "passes"
    for reason in own.reasons:
        if reason.code.startswith(("step-continue", "shell-", "ratchet", "job-continue")):
            message = f"a failing measurement {passes}: {reason.message}"
            yield Reason(code="measuring-masked", message=message, place=reason.place)


def _quiet(found: Uploader, step: Step) -> Tri:
    """Whether the upload can end green with nothing delivered."""
    inputs = step.inputs()
    delivers = both(found.can_fail(inputs), found.missing_report_fails(inputs))
    return delivers.negate() if delivers is not Tri.UNKNOWN else Tri.UNKNOWN


def carries_something_else(step: Step, script: str) -> bool:
    """Whether an upload is told, or its names say, that it carries something else than what ``script`` measured."""
    inputs = step.inputs()
    if inputs.get("report_type", "").strip() == "test_results":
        return True
    kept = f"{step.name or ''} {inputs.get('name', '')} {inputs.get('path', '')}"
    if ARTIFACT.search(kept):
        return False
    artifact = (step.uses or "").startswith("actions/upload-artifact@")
    return _OTHER.search(kept) is not None or (artifact and not _may_hold(inputs.get("path", ""), script))


def _may_hold(paths: str, script: str) -> bool:
    """Whether an artifact's paths may hold a report: they name such, what the script names, or everything."""
    for line in filter(None, map(str.strip, paths.splitlines())):
        name = line.rstrip("/").rsplit("/", 1)[-1]
        if _ANYTHING.fullmatch(line) or _REPORTS.search(line) or (len(name) > 2 and name in script):
            return True
    return False


def _lets_pass(step: Step) -> bool:
    return step.continue_on_error is not None and step.continue_on_error.data() is True


def _tried_again(job: Job, step: Step) -> bool:
    """Whether a later step does the same where this one has failed, and fails itself if it must."""
    same = (step.uses or "").partition("@")[0]
    return any(
        (later.uses or "").partition("@")[0] == same and not _lets_pass(later) and later.if_ is not None
        for later in job.steps[step.index + 1 :]
    )


def _quiet_reason(workflow: Workflow, step: Step, found: Uploader) -> Reason:
    inputs = step.inputs()
    if found.can_fail(inputs) is Tri.TRUE and found.missing_report_fails(inputs) is Tri.UNKNOWN:
        looks = found.searches_itself(inputs) is Tri.TRUE
        why = ": it looks for others by itself" if looks else ", which is not known of it"
        return Reason(
            code="upload-cannot-fail",
            message=f"`{step.label}` may pass without the report{why}",
            place=workflow.place(step.node),
        )
    for name in FAILING_INPUTS:
        entry = step.with_.find(name) if step.with_ is not None else None
        if entry is not None:
            return Reason(
                code="upload-cannot-fail",
                message=f"`{step.label}` passes with nothing delivered (`{name}: {scalar_text(entry.value)}`)",
                place=workflow.place(entry.value),
            )
    return Reason(
        code="upload-cannot-fail",
        message=f"`{step.label}` passes with nothing delivered (the default of {found.action})",
        place=workflow.place(step.node),
    )
