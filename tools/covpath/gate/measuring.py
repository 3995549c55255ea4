"""Which step a job is judged by: the one that measures coverage, else the last that does work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence as SequenceABC
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from covpath.gate.scripts.around import given_command
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import shell_for
from covpath.patterns import holds_one, regex
from covpath.terms import Reason
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.model import Job, Step, StepForm, Workflow
from covpath.yamltext.nodes import Mapping, Scalar, deref

if TYPE_CHECKING:
    from covpath.backends.contract import Recognition
    from covpath.backends.words import Argument
    from covpath.gate.scripts.recipe_effect import RecipeEffect
    from covpath.workflow.shell.syntax import Command

_ACTIONS = ("actions-rs/", "clechasseur/", "tarpaulin")
"""The action of a measuring step is named by one of these."""

_AFTER = regex(r"\b(?:always|failure|cancelled)\s*\(", re.IGNORECASE)

_WORDS = ("cov", "tarpaulin", "nyc", "c8", "slipcover")
"""A script without any of these measures nothing that a backend recognises; most scripts have none."""

DECIDING = ("RUSTFLAGS", "RUSTDOCFLAGS", "PYTEST_ADDOPTS")
"""Variables that alone can make a command measure."""

INSTRUMENTING = ("cov", "profile")
"""The values of such a variable that can do so hold one of these."""

_SIGNS = (*_WORDS, *DECIDING)
"""Nor is a command without any of these one that a backend recognises: most of a script's are not."""


class Measuring(Struct, frozen=True, kw_only=True):
    """The measuring step of a job.

    ``index`` is None for a job without steps. ``command`` is the backend's command in the
    step's script, ``recognition`` what it is; both are None where the job measures no coverage.
    ``recipe`` is there where a recipe lets what measures behind the step fail, or may. ``inner`` is the
    measurement where the step is a ``parallel`` group.
    """

    index: int | None
    coverage: bool = False
    command: Command | None = None
    recognition: Recognition | None = None
    reasons: tuple[Reason, ...] = ()
    recipe: RecipeEffect | None = None
    inner: Measurement | None = None

    def command_in(self, step: Step) -> Command | None:
        """The backend's command in a step: the measuring one, or one of its group."""
        return self.inner.command if self.inner is not None and self.inner.step is step else self.command


class Measurement(Struct, frozen=True, kw_only=True):
    """A backend's command in a step's script; ``command`` is None where an action runs it."""

    step: Step
    command: Command | None
    recognition: Recognition


@lru_cache(maxsize=64)
def measurements(workflow: Workflow, job: Job) -> tuple[Measurement, ...]:
    """Every backend command in the job's scripts, and those of actions that run one, in order.

    The variables that workflow, job and step set count where they are literal.
    """
    around = makes_measure(workflow.env) or makes_measure(job.env)
    return tuple(
        one for step in job.steps if _may_measure(step, around) for one in _measurements_of(workflow, job, step, around)
    )


def _may_measure(step: Step, around: bool) -> bool:
    """Whether a step holds a word that any measurement has; most hold none."""
    if step.run is None:
        return step.uses is not None and holds_one(step.uses.lower(), _ACTIONS)
    return around or holds_one(step.run.value, _WORDS) or makes_measure(step.env)


def _measurements_of(workflow: Workflow, job: Job, step: Step, around: bool) -> Iterator[Measurement]:
    if step.run is None:
        found = _recognised_action(step.uses, step.inputs) if step.uses is not None else None
        if found is not None and _measures(found):
            yield Measurement(step=step, command=None, recognition=found)
        return
    alone = around or makes_measure(step.env)
    decided = _decides(workflow.env) or _decides(job.env) or _decides(step.env)
    environ = literal_environment(workflow, job, step) if decided else {}
    # Imported here: most jobs measure nothing.
    from covpath.workflow.shell.other_shells import with_lines_joined
    from covpath.workflow.shell.parse import parse_script

    text = with_lines_joined(step.run.value, shell_for(workflow, job, step))
    for command in parse_script(text).commands:
        if not alone and not holds_one(text[command.span.start : command.span.end], _SIGNS):
            continue
        recognition = recognise_command(command, environ)
        if recognition is not None and _measures(recognition):
            yield Measurement(step=step, command=command, recognition=recognition)


def _measures(found: Recognition) -> bool:
    from covpath.backends.contract import Role

    return found.role is not Role.OTHER


def _decides(layer: Mapping | None) -> bool:
    return layer is not None and any(entry.key.value in DECIDING for entry in layer.entries)


def makes_measure(layer: Mapping | None) -> bool:
    """Whether a variable of a layer may make a command measure that shows nothing of it."""
    if layer is None:
        return False
    for entry in layer.entries:
        if entry.key.value in DECIDING:
            value = deref(entry.value)
            if not isinstance(value, Scalar) or holds_one(value.value, INSTRUMENTING):
                return True
    return False


def literal_environment(workflow: Workflow, job: Job, step: Step) -> dict[str, str]:
    """The variables of a step whose values hold no expression."""
    written = workflow.environment_of(job, step)
    return {name: value for name, value in written.items() if "${{" not in value}


def recognise_command(command: Command, environ: MappingABC[str, str]) -> Recognition | None:
    """The backend of a shell command, if it is one's; ``environ`` is what its step sets around it."""
    if not command.words:
        return None
    from covpath.backends.words import Argument

    own = {item.name: (item.value.text or "") if item.value else "" for item in command.assignments}
    argv = tuple(Argument(word.raw, word.text) for word in command.words)
    if any(word.text == "docker" for word in argv):
        from covpath.backends.actions import docker_run

        argv = docker_run(argv) or argv
    return _recognised(argv, {**environ, **own})


def _recognised_action(uses: str, inputs: Callable[[], MappingABC[str, str]]) -> Recognition | None:
    # Imported here: hardly any job measures by an action.
    from covpath.backends.actions import measuring_action

    action = measuring_action(uses, inputs())
    return None if action is None or action.argv is None else _recognised(action.argv, {})


def _recognised(argv: SequenceABC[Argument], environ: MappingABC[str, str]) -> Recognition | None:
    # Imported here: all backends come with their table.
    from covpath.backends.table import recognise

    return recognise(argv, environ)


def find_measuring(workflow: Workflow, job: Job) -> Measuring:
    """The step a job is judged by.

    In a coverage job the last step that measures or writes a report; in any other job its
    last ``run`` step that does more than prepare, else (with scripts) its last action that does, else its
    last ``run`` step, else its last step.
    """
    return next(alternatives(workflow, job), Measuring(index=None))


SeenBehind = Callable[[Workflow, Job, Contexts | None], Iterator[Measuring]]
"""The steps of a job that measure behind a recipe, an action or the like, best first; where none does, the step
it is judged by if its recipe lets that pass. The contexts hold the inputs of one call, where only that is meant."""


def alternatives(
    workflow: Workflow, job: Job, behind: SeenBehind | None = None, inputs: Contexts | None = None
) -> Iterator[Measuring]:
    """The steps a job could be judged by, best first: another counts where the first does not run."""
    found = measurements(workflow, job)
    if not found:
        yield from _in_parallel(workflow, job)
        soft: list[Measuring] = []
        for hidden in behind(workflow, job, inputs) if behind is not None else ():
            # A command behind a step of a group stands in none of the scripts that the group's verdict is about.
            about = replace(hidden, command=None) if _is_group(job, hidden) else hidden
            if about.coverage:
                yield about
            else:
                soft.append(about)
        yield from soft
        yield from (Measuring(index=index) for index in candidates(workflow, job))
        return
    from covpath.backends.contract import Role

    writers = [one for one in found if one.recognition.role in (Role.BOTH, Role.WRITES_REPORT)]
    others = [one for one in found if one not in writers]
    for one in (*reversed(writers), *reversed(others)):
        yield Measuring(index=one.step.index, coverage=True, command=one.command, recognition=one.recognition)


def _in_parallel(workflow: Workflow, job: Job) -> Iterator[Measuring]:
    """Measurements among steps that run beside each other, the last first; the group's own step stands for them."""
    groups = [step for step in reversed(job.steps) if step.children]
    around = bool(groups) and (makes_measure(workflow.env) or makes_measure(job.env))
    for step in groups:
        for inner in reversed([one for one in _below(step) if _may_measure(one, around)]):
            for one in _measurements_of(workflow, job, inner, around):
                yield Measuring(index=step.index, coverage=True, recognition=one.recognition, inner=one)


def _is_group(job: Job, found: Measuring) -> bool:
    return found.index is not None and bool(job.steps[found.index].children)


def _below(step: Step) -> Iterator[Step]:
    for child in step.children:
        yield child
        yield from _below(child)


def candidates(workflow: Workflow, job: Job) -> Iterator[int]:
    """The steps a job that measures nothing could be judged by, best first.

    A step that also runs when another has failed comes after those that do not: it looks at what they did.
    """
    runs: list[Step] = []
    others: list[Step] = []
    for step in reversed(job.steps):
        (runs if step.form is StepForm.RUN or step.children or _runs_given(step) else others).append(step)
    runs.sort(key=runs_after_failures)
    working: set[int] = set()
    # Of a single one it makes no difference what it does, unless an action could do the work.
    for step in runs if len(runs) != 1 or any(map(_does_more, others)) else ():
        if not is_setup(step, shell_for(workflow, job, step)):
            working.add(step.index)
            yield step.index
    # A job all of whose scripts only prepare does its work by an action.
    doing = [step.index for step in others if _does_more(step)] if runs and not working else []
    yield from doing
    yield from (step.index for step in runs if step.index not in working)
    yield from (step.index for step in others if step.index not in doing)


_ACTIONS_THAT_PREPARE = regex(
    r"^actions/|harden-runner|setup|cache|checkout|upload|download|install|toolchain|artifact|log-?in|auth|configure|credential|comment"
    r"|release|deploy|publish|label|changed|filter|token|disk|notif|slack|cancel|skip|version|coverall|codecov"
)
"""Words in the names of actions that fetch, install, deliver or tell."""


def _does_more(step: Step) -> bool:
    """Whether a step runs an action of another repository that is not known only to prepare or to deliver."""
    name = (step.uses or "").partition("@")[0].lower()
    return name != "" and not name.startswith((".", "$")) and _ACTIONS_THAT_PREPARE.search(name) is None


def runs_after_failures(step: Step) -> bool:
    """Whether a step also runs when another has failed: it looks at what that one did, or cleans up."""
    return step.if_ is not None and "(" in step.if_.value and _AFTER.search(step.if_.value) is not None


def _runs_given(step: Step) -> bool:
    """Whether a step hands a command to an action that runs it."""
    return step.uses is not None and given_command(step) is not None
