"""Where a job measures: in its scripts, inside ``docker run`` and ``bash -c``, and by actions that run a backend."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covpath.backends.actions import MeasuringAction, cargo_test_action, docker_run, measuring_action
from covpath.backends.cargo_workspace import ReadText
from covpath.backends.contract import Recognition, Role, asks_about_itself
from covpath.backends.grcov_action import grcov_action
from covpath.backends.table import recognise
from covpath.backends.words import Argument
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.shell.nested import nested_script
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Around, Span
from covpath.workflow.shell.syntax import Command, Script


class Site(Struct, frozen=True, kw_only=True):
    """One place where a backend's command stands.

    ``span`` is what the new command replaces in the step's script; None for an action. ``quote`` is
    the quote the command stands in (``bash -c '...'``). ``outer`` is the command of the script itself,
    whose context says whether it stands alone; ``docker`` that it is a ``docker run``.
    """

    step: Step
    argv: tuple[Argument, ...]
    recognition: Recognition
    span: Span | None = None
    quote: str = ""
    outer: Command | None = None
    docker: bool = False
    action: MeasuringAction | None = None

    @property
    def text(self) -> str:
        """The command as it stands in the script."""
        assert self.step.run is not None
        assert self.span is not None
        return self.step.run.value[self.span.start : self.span.end]

    @property
    def piped(self) -> bool:
        """Whether something reads what the command prints."""
        if self.outer is None:
            return False
        writes = any(redirect.operator in (">", ">>", "&>", ">|") for redirect in self.outer.redirects)
        return writes or self.outer.stands_in(Around.PIPELINE, Around.SUBSTITUTION, Around.PROCESS_SUBSTITUTION)


def sites(workflow: Workflow, job: Job, read: ReadText | None = None) -> tuple[Site, ...]:
    """Every place in the job where a known backend has a command, in order; questions about itself are left out.

    ``read`` gives the text of files that say what an action does.
    """
    found: list[Site] = []
    for step in job.steps:
        environ = workflow.environment_of(job, step)
        if step.run is not None:
            found += _in_script(step, parse_script(step.run.value), environ)
        elif step.uses is not None:
            found += _in_action(step, environ, read or _no_text)
    return tuple(found)


def _in_script(step: Step, script: Script, environ: dict[str, str]) -> Iterator[Site]:
    for command in script.commands:
        if not command.words:
            continue
        argv = arguments(command)
        here = environ | {item.name: (item.value.text or "") if item.value else "" for item in command.assignments}
        inner = docker_run(argv)
        recognition = recognise(inner if inner is not None else argv, here)
        if recognition is not None and not _asks(recognition):
            span = Span(command.words[0].span.start, command.words[-1].span.end)
            yield Site(
                step=step,
                argv=inner if inner is not None else argv,
                recognition=recognition,
                span=span,
                outer=command,
                docker=inner is not None,
            )
        elif inner is None:
            yield from _nested(step, command, here)


def _nested(step: Step, command: Command, environ: dict[str, str]) -> Iterator[Site]:
    """Commands in a script that another shell is given in quotes."""
    nested = nested_script(command)
    if nested is None or step.run is None:
        return
    for inner in nested.script.commands:
        if not inner.words:
            continue
        argv = arguments(inner)
        recognition = recognise(argv, environ)
        span = nested.outer_span(Span(inner.words[0].span.start, inner.words[-1].span.end))
        if recognition is None or _asks(recognition) or span is None or nested.offset is None:
            continue
        quote = step.run.value[nested.offset - 1] if nested.offset else ""
        yield Site(step=step, argv=argv, recognition=recognition, span=span, quote=quote, outer=command)


def _asks(recognition: Recognition) -> bool:
    """Whether the command only prints its version or help."""
    return recognition.role is Role.OTHER and asks_about_itself(recognition.arguments)


def arguments(command: Command) -> tuple[Argument, ...]:
    """A shell command's words as a backend reads them."""
    return tuple(Argument(word.raw, word.text) for word in command.words)


def _no_text(path: str) -> str | None:
    del path
    return None


def _in_action(step: Step, environ: dict[str, str], read: ReadText) -> Iterator[Site]:
    uses, inputs = step.uses or "", step.inputs()
    action = grcov_action(uses, inputs, read) or measuring_action(uses, inputs) or cargo_test_action(uses, inputs)
    if action is None or action.argv is None:
        return
    recognition = recognise(action.argv, environ)
    if recognition is not None and not _asks(recognition):
        yield Site(step=step, argv=action.argv, recognition=recognition, action=action)
