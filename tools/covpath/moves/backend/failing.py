"""What of a job goes on after a test has failed, and so may still want a report."""

from __future__ import annotations

from collections.abc import Sequence

from covpath.backends.contract import Role
from covpath.gate.scripts.shell_effect import shell_for
from covpath.moves.backend.sites import Site
from covpath.patterns import regex
from covpath.workflow.model import Job, Step, Workflow, scalar_text
from covpath.workflow.shell.exit_status import ExitOutcome, failure_of
from covpath.workflow.shell.parse import parse_script

_STATUS = regex(r"\b(?:always|failure|cancelled)\s*\(", 2)


def read_after_failure(workflow: Workflow, job: Job, site: Site) -> bool:
    """Whether a report of the site's command can still be wanted when the command has failed."""
    step = site.step
    if scalar_text(step.continue_on_error) not in ("", "false"):
        return True
    if any(_goes_on(later) for later in job.steps[step.index + 1 :]):
        return True
    return site.action is None and not _ends_there(workflow, job, site)


def _goes_on(step: Step) -> bool:
    """Whether a step may run although one before has failed."""
    return bool(_STATUS.search(scalar_text(step.if_))) or any(_goes_on(child) for child in step.children)


def _ends_there(workflow: Workflow, job: Job, site: Site) -> bool:
    """Whether nothing in the script follows a failure of the command."""
    if site.outer is None or site.quote or site.outer.context or site.step.run is None:
        return False
    script = parse_script(site.step.run.value)
    if site.outer not in script.commands:
        return False
    effect = failure_of(site.outer, script, shell_for(workflow, job, site.step))
    last = site.outer == script.commands[-1]
    return effect.outcome is ExitOutcome.FAILS and (last or effect.code == "errexit")


def reported_apart(group: Sequence[Site]) -> bool:
    """Whether a step of its own writes the report, also after a failure."""
    runs = {site.step.index for site in group if site.recognition.role is Role.MEASURES}
    return any(
        site.recognition.role is Role.WRITES_REPORT and site.step.index not in runs and _goes_on(site.step)
        for site in group
    )
