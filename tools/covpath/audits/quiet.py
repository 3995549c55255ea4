"""Jobs that no rule can have anything to say about as long as no entry speaks of them, told without simulating them.

Only a text that somebody wrote can keep a failure from failing a run: a flag, a script's own
error handling, an upload, an action or a recipe that swallows it. A job whose text has none of
that, or that never runs for a pull request, is neither advisory nor silent, and masks no step.
The tests of this module hold it against the simulator.
"""

from __future__ import annotations

from enum import Enum

from covpath.audits.masked_scripts import hides, masks, swallows
from covpath.audits.seen_jobs import SeenJobs
from covpath.backends.uploaders import uploader
from covpath.gate.data import carries_something_else
from covpath.gate.measuring import SeenBehind, measurements
from covpath.gate.simulation.signal import signal_of
from covpath.terms import JobRef, Tri
from covpath.workflow.calls import LOCAL, Links, reads_inputs
from covpath.workflow.model import Job, Step, StepForm, Workflow
from covpath.workflow.triggers import AFTERWARDS
from covpath.yamltext.nodes import Mapping, Node, Scalar, Sequence, deref

_DEEPEST = 10


class Outlook(Enum):
    """What a job's own text says about whether any rule may speak of it."""

    PLAIN = "plain"
    """Nothing in it takes a failure back."""
    MEASURES = "measures"
    """The same, and it measures coverage itself: nobody looks behind its recipes."""
    OPEN = "open"
    """It has to be judged."""


class Quiet:
    """Tells the quiet jobs of one set of workflows.

    ``links`` says what they call, ``behind`` what measures behind their recipes: the same that the simulator has.
    """

    def __init__(self, links: Links | None, behind: SeenBehind | None = None) -> None:
        self._links = links
        self._behind = behind
        self._never: dict[str, bool] = {}
        self._measuring: tuple[JobRef, frozenset[int | None]] | None = None

    def is_quiet(self, workflow: Workflow, job: Job) -> bool:
        """Whether the job is certainly not soft, masks no step, and is no coverage job that may lack data."""
        return self.never_runs(workflow) or self._is_plain(workflow, job, 0)

    def never_runs(self, workflow: Workflow) -> bool:
        """Whether no job of the workflow ever runs for a pull request or in a merge queue."""
        if workflow.path not in self._never:
            self._never[workflow.path] = never_runs(workflow)
        return self._never[workflow.path]

    def _is_plain(self, workflow: Workflow, job: Job, depth: int) -> bool:
        if job.uses is not None:
            return self._calls_plain_jobs(workflow, job, depth)
        if any(self._is_own_action(step) for step in job.steps):
            return False
        outlook = _SEEN.of(workflow, job, outlook_of)
        return outlook is Outlook.MEASURES or (outlook is Outlook.PLAIN and self._hides_nothing(workflow, job))

    def _calls_plain_jobs(self, workflow: Workflow, job: Job, depth: int) -> bool:
        called = self._links.called(workflow, job) if self._links is not None else None
        if called is None:
            return True  # what it does is unknown, which is no finding
        return depth < _DEEPEST and all(self._is_plain(called, inner, depth + 1) for inner in called.jobs.values())

    def may_mask(self, workflow: Workflow, job: Job, step: Step) -> bool:
        """Whether a step may be masked: by its flag, its script, or the action of the repository that it runs.

        No other step beside the measuring one tells any rule anything.
        """
        if not _is_plain_step(step) or self._is_own_action(step) or masks(workflow, job, step):
            return True
        ref = workflow.ref(job)
        if self._measuring is None or self._measuring[0] != ref:
            self._measuring = (ref, self._could_measure(workflow, job))
        return step.index in self._measuring[1]

    def _could_measure(self, workflow: Workflow, job: Job) -> frozenset[int | None]:
        """The steps that measure coverage, themselves or behind a recipe: one command of a script decides then."""
        found = measurements(workflow, job)
        if found or self._behind is None:  # what measures itself is not looked behind
            return frozenset(one.step.index for one in found)
        behind = frozenset(one.index for one in self._behind(workflow, job, None))
        if behind and reads_inputs(workflow, job):
            return frozenset(step.index for step in job.steps)  # another call may measure in another step
        return behind

    def _is_own_action(self, step: Step) -> bool:
        """Whether a step runs an action of the repository that is at hand, and may take a failure back inside."""
        if step.uses is None or not step.uses.startswith(LOCAL) or self._links is None:
            return False
        return self._links.actions(step.uses) is not None

    def _hides_nothing(self, workflow: Workflow, job: Job) -> bool:
        """Whether nothing measures behind a recipe, or what does can neither fail unseen nor lose its report."""
        behind = self._behind(workflow, job, None) if self._behind is not None else ()
        return all(
            one.recipe is None
            and one.index is not None
            and not hides(workflow, job, job.steps[one.index], one.command)
            # Another call may measure in another step.
            and not _may_lose_data(job, -1 if reads_inputs(workflow, job) else one.index)
            for one in behind
        )


def _may_lose_data(job: Job, measuring: int) -> bool:
    """Whether a step behind the one that measures (-1: any) surely passes with no report delivered, as uploads do."""
    run = job.steps[measuring].run if measuring >= 0 else None
    script = run.value if run is not None else ""
    return any(
        found.missing_report_fails(step.inputs()) is Tri.FALSE
        and (measuring < 0 or not carries_something_else(step, script))
        for step in job.steps[measuring + 1 :]
        if step.uses is not None and (found := uploader(step.uses)) is not None
    )


def never_runs(workflow: Workflow) -> bool:
    """Whether no event of the workflow counts for a pull request or a merge queue, nor anybody calls it."""
    on = deref(workflow.on) if workflow.on is not None else None
    if isinstance(on, Mapping):  # nearly always; most are told by the names of their events
        if on.find("workflow_call") is not None or _runs_at_once(on.get("pull_request")):
            return False
        if all(entry.key.value in AFTERWARDS for entry in on.entries):
            return True
    if isinstance(on, Sequence) and any(isinstance(one, Scalar) and one.value == "pull_request" for one in on.items):
        return False
    signal = signal_of(workflow)
    return not signal.events and not signal.called


def _runs_at_once(settings: Node | None) -> bool:
    """Whether these settings of ``pull_request`` let a new commit of some pull request pass, as most do."""
    if not isinstance(settings, Mapping):
        return isinstance(settings, Scalar)
    if settings.find("types") is not None:
        return False
    branches = settings.get("branches")
    if branches is None:
        return True
    first = branches.items[0] if isinstance(branches, Sequence) and branches.items else None
    return isinstance(first, Scalar) and not first.value.startswith("!")


def outlook_of(workflow: Workflow, job: Job) -> Outlook:
    """What the text of a job with steps says, actions and recipes of the repository left out."""
    if not _is_off(job.continue_on_error) or not all(map(_is_plain_step, job.steps)):
        return Outlook.OPEN
    if all(step.if_ is not None for step in job.steps if step.form is StepForm.RUN) and any(map(_may_pass, job.steps)):
        # Where no script of its own runs a job is judged by its last action, which may be an upload.
        return Outlook.OPEN
    # A coverage job is judged by one command of its script, whatever the rest of it does, and by its uploads.
    found = measurements(workflow, job)
    if any(hides(workflow, job, one.step, one.command) or _may_lose_data(job, one.step.index) for one in found):
        return Outlook.OPEN
    if any(step.run is not None and swallows(workflow, job, step) for step in job.steps):
        return Outlook.OPEN
    return Outlook.MEASURES if found else Outlook.PLAIN


def _may_pass(step: Step) -> bool:
    """Whether a step is an upload whose failure may not be the step's."""
    found = uploader(step.uses) if step.uses is not None else None
    return found is not None and found.can_fail(step.inputs()) is not Tri.TRUE


def _is_plain_step(step: Step) -> bool:
    """Whether no flag of the step takes its failure back."""
    return _is_off(step.continue_on_error) and not step.background and step.form is not StepForm.NEWER


def _is_off(flag: Scalar | None) -> bool:
    return flag is None or flag.data() is False


_SEEN: SeenJobs[Outlook] = SeenJobs()
