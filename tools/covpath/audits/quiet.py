"""Jobs that no rule can have anything to say about as long as no entry speaks of them, told without simulating them.

Only a text that somebody wrote can keep a failure from failing a run: a flag, a script's own
error handling, an upload or an action that swallows it. A job whose text has none of that, or
that never runs for a pull request, is neither advisory nor silent, and masks no step. The test
of this module holds it against the simulator.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

from covpath.backends.uploaders import uploader
from covpath.gate.checks import legs_of, naming_contexts
from covpath.gate.measuring import find_measuring, measurements
from covpath.gate.purpose import is_setup
from covpath.gate.shell_effect import shell_effect, shell_for
from covpath.gate.signal import signal_of
from covpath.terms import Tri
from covpath.workflow.calls import Links
from covpath.workflow.matrix import Leg
from covpath.workflow.model import Job, Step, StepForm, Workflow
from covpath.workflow.shell.dialect import Shell
from covpath.yamltext.nodes import Scalar

_DEEPEST = 10


class Quiet:
    """Tells the quiet jobs of one set of workflows; ``links`` says what they call."""

    def __init__(self, links: Links | None) -> None:
        self._links = links
        self._unseen: dict[str, bool] = {}

    def is_quiet(self, workflow: Workflow, job: Job) -> bool:
        """Whether the job is certainly not soft, masks no step, and is no coverage job that may lack data."""
        return self._never_runs(workflow) or self._is_plain(workflow, job, 0)

    def _never_runs(self, workflow: Workflow) -> bool:
        """Whether no event of the workflow counts for a pull request or a merge queue, nor anybody calls it."""
        if workflow.path not in self._unseen:
            signal = signal_of(workflow)
            self._unseen[workflow.path] = not signal.events and not signal.called
        return self._unseen[workflow.path]

    def _is_plain(self, workflow: Workflow, job: Job, depth: int) -> bool:
        if job.uses is not None:
            return self._calls_plain_jobs(workflow, job, depth)
        if not _is_off(job.continue_on_error) or not all(map(self._is_plain_step, job.steps)):
            return False
        if not any(step.form is StepForm.RUN for step in job.steps):
            # Without a script of its own a job is judged by its last action, which may be an upload.
            return not job.steps or uploader(job.steps[-1].uses or "") is None
        # A coverage job is judged by one command of its script, whatever the rest of it does, and by its uploads.
        if next(iter(measurements(workflow, job)), None) is not None:
            return False
        legs = _Legs(workflow, job)
        return not any(_swallows(workflow, job, step, legs) for step in job.steps)

    def _calls_plain_jobs(self, workflow: Workflow, job: Job, depth: int) -> bool:
        called = self._links.called(workflow, job) if self._links is not None else None
        if called is None:
            return True  # what it does is unknown, which is no finding
        return depth < _DEEPEST and all(self._is_plain(called, inner, depth + 1) for inner in called.jobs.values())

    def _is_plain_step(self, step: Step) -> bool:
        """Whether nothing about the step takes a failure back; an action of the repository may do so inside."""
        if not _is_off(step.continue_on_error) or step.background or step.form is StepForm.NEWER:
            return False
        if step.uses is None or not step.uses.startswith("./") or self._links is None:
            return True
        return self._links.actions(step.uses) is None


def _is_off(flag: Scalar | None) -> bool:
    return flag is None or flag.data() is False


def _swallows(workflow: Workflow, job: Job, step: Step, legs: _Legs) -> bool:
    """Whether the step's script ends well although what it is about has failed, and that is told of the job."""
    if step.run is None:
        return False
    found = [_of_script(workflow, job, step, shell, leg) for shell, leg in legs.by_shell(step).items()]
    if not any(swallows for swallows, _ in found):
        return False
    # What only prepares may be masked, unless the job has nothing else to be judged by.
    return not all(setup for _, setup in found) or find_measuring(workflow, job).index == step.index


_KNOWN: dict[tuple[str, Shell], tuple[bool, bool]] = {}
_MOST_KNOWN = 16_384


def _of_script(workflow: Workflow, job: Job, step: Step, shell: Shell, leg: Leg | None) -> tuple[bool, bool]:
    """Whether a script swallows the failure of what it is about, and whether it only prepares.

    That depends on its text and shell alone, and steps recur, so it is remembered.
    """
    assert step.run is not None
    text = step.run.value
    if shell.errexit and shell.known and shell.kind.reads_posix and _is_bare(text):
        return False, False
    if (text, shell) not in _KNOWN:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        swallows = shell_effect(workflow, job, step, None, leg).fails is Tri.FALSE
        _KNOWN[text, shell] = (swallows, swallows and is_setup(step, shell))
    return _KNOWN[text, shell]


_MASKS = re.compile(
    r"[|&`!]|\$\(|[<>]\(|\b(?:if|elif|while|until|set|shopt|trap|exit|exec|eval|source|alias|coproc)\b|^\s*\.\s",
    re.MULTILINE,
)
"""What a script has to hold for a failing command in it to pass under ``-e``."""


def _is_bare(script: str) -> bool:
    """Whether nothing in a script can take a failure back: under ``-e`` the first command that fails ends it."""
    return _MASKS.search(script) is None


class _Legs:
    """The legs of a job's matrix, worked out only where they may have shells of different rules."""

    def __init__(self, workflow: Workflow, job: Job) -> None:
        self._workflow = workflow
        self._job = job
        self.one_shell = job.strategy is None or not self._names_several()

    def _names_several(self) -> bool:
        source = self._workflow.document.source.text
        start, end = self._job.node.start, self._job.node.end
        return source.find("indows", start, end) >= 0 or source.find("shell: ${{", start, end) >= 0

    def by_shell(self, step: Step) -> Mapping[Shell, Leg | None]:
        """The shells that run the step's script, each with a leg in which it does."""
        if self.one_shell:
            return {shell_for(self._workflow, self._job, step): None}
        return {shell_for(self._workflow, self._job, step, leg): leg for leg in self._all}

    @cached_property
    def _all(self) -> tuple[Leg, ...]:
        return legs_of(self._job, naming_contexts())
