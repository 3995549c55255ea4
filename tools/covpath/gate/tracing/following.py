"""One step's commands followed to their ends: recipes, the repository's own actions, configuration files."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping

from msgspec.structs import replace

from covpath.backends.actions import measuring_action
from covpath.backends.configured import CONFIGURABLE, Configured, configured
from covpath.backends.contract import Role
from covpath.backends.foreign import ForeignMeasure, foreign_action, recognise_foreign
from covpath.backends.table import recognise
from covpath.backends.words import Argument
from covpath.errors import Place
from covpath.gate.scripts.around import Around, environment_in, put_in
from covpath.gate.scripts.step_commands import StepCommand, step_commands
from covpath.gate.tracing.traced import Measured, StepChain
from covpath.workflow.calls import LOCAL, Actions
from covpath.workflow.expressions.contexts import Contexts, partly
from covpath.workflow.local_action import RUNS, action_inputs, action_paths
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.recipes.cargo_alias import BUILT_IN
from covpath.workflow.recipes.follow import follow
from covpath.workflow.recipes.links import Chain, End, Invocation, Link, Reader, ReadFile, Settings, varying_names
from covpath.workflow.recipes.runners import layers

_OWN_PROGRAMS = {("cargo", "run"), ("cargo", "r"), ("go", "run"), ("dotnet", "run"), ("zig", "build")}
_DEEPEST = 8


class Follower:
    """Follows the steps of jobs with one repository's files."""

    def __init__(self, read: ReadFile, actions: Actions, elsewhere: Actions | None = None) -> None:
        self.read = read
        self._settings: tuple[Settings, Mapping[str, str]] = ((), {})
        self._actions = actions
        self._elsewhere: Callable[[str], Workflow | None] = elsewhere if elsewhere is not None else lambda _: None

    def step(self, workflow: Workflow, job: Job, step: Step, around: Around, depth: int = 0) -> Iterator[StepChain]:
        """The chains of all that a step starts."""
        if step.uses is not None:
            yield from self._action(workflow, job, step, around, depth)
        folder: str | None = None
        for one in step_commands(workflow, job, step, around):
            folder = checked_out_in(job) if folder is None else folder
            for chain in follow(one.invocation, self.read, self._is_measuring, folder):
                yield self._finished(step.index, chain, one)

    def _is_measuring(self, invocation: Invocation) -> bool:
        found = self._measured(invocation)
        return found is not None and found[0].role is not Role.OTHER

    def _measured(self, invocation: Invocation) -> tuple[Measured, Configured | None] | None:
        argv = tuple(map(Argument, invocation.raw, invocation.words))
        if self._settings[0] is not invocation.environment:  # the commands of a script mostly have the same
            self._settings = (invocation.environment, _literal(invocation.environment))
        environ = self._settings[1]
        known = recognise(argv, environ)
        if known is not None:
            return Measured(backend=known.backend, role=known.role, recognition=known), None
        foreign = recognise_foreign(argv)
        if foreign is not None:
            return _of_foreign(foreign), None
        by_file = configured(argv, environ, invocation.directory, Reader(self.read))
        if by_file is None:
            return None
        return replace(_of_foreign(by_file.measure), recognition=by_file.recognition), by_file

    def _finished(self, index: int, chain: Chain, one: StepCommand) -> StepChain:
        """The chain with what it ends in; a configuration file that decides becomes its last link."""
        if chain.end is not End.MEASURES or chain.final is None:
            return StepChain(index=index, chain=_possible(chain), command=one.command)
        found = next(filter(None, map(self._measured, layers(chain.final))), None)
        assert found is not None
        measured, by_file = found
        if by_file is not None:
            link = Link(kind="configuration", target=measured.backend, place=by_file.place, text=by_file.text)
            chain = replace(chain, links=(*chain.links, link))
        return StepChain(index=index, chain=chain, measured=measured, command=one.command)

    def _action(self, workflow: Workflow, job: Job, step: Step, around: Around, depth: int) -> Iterator[StepChain]:
        uses = put_in(step.uses or "", around.contexts).strip()
        known = measuring_action(uses, step.inputs())
        foreign = foreign_action(uses, step.inputs())
        if known is None and foreign is None and not uses.startswith(LOCAL) and self._elsewhere(uses) is None:
            return
        first = Link(kind="workflow", target=uses, place=workflow.place(step.node), text=uses)
        if known is not None or foreign is not None:
            measured = Measured(backend=known.backend, role=Role.BOTH) if known is not None else None
            if foreign is not None:
                measured = _of_foreign(foreign)
            yield StepChain(index=step.index, chain=Chain(links=(first,), end=End.MEASURES), measured=measured)
            return
        action = self._found(uses, depth)
        if action is None:
            reason = self._why_not(uses)
            if reason is not None:
                link = Link(kind="action", target=uses, place=_place_of(uses), text="", unknown=reason)
                yield StepChain(index=step.index, chain=Chain(links=(first, link), end=End.UNKNOWN))
            return
        inner = action.jobs[RUNS]
        inside = Around(
            contexts=_inputs(action, step, around.contexts),
            environment=environment_in(workflow, job, step, around),
        )
        for one in inner.steps:
            for found in self.step(action, inner, one, inside, depth + 1):
                yield replace(found, index=step.index, command=None, chain=_behind(first, found.chain))

    def _found(self, uses: str, depth: int) -> Workflow | None:
        if depth >= _DEEPEST:
            return None
        if uses.startswith(LOCAL):
            return self._actions(uses)
        return self._elsewhere(uses)

    def _why_not(self, uses: str) -> str | None:
        """Why an action of the repository cannot be followed; None for actions that are nobody's business."""
        if not uses.startswith(LOCAL):
            return None
        if "${{" in uses:
            return "which action it is, is only known while the workflow runs"
        paths = action_paths(uses)
        if not paths:
            return "the action lies outside of the repository"
        if any(self.read(path) is not None for path in paths):
            return "the action runs a program of its own, which is not followed"
        return f"{paths[0]} is not in the repository"


def _literal(settings: Settings) -> Mapping[str, str]:
    """The variables whose values are known."""
    return {name: value for name, value in settings if value is not None and "${{" not in value}


def checked_out_in(job: Job) -> str:
    """The folder into which a job checks its own repository out; empty for where its steps start."""
    for step in job.steps:
        if step.uses is not None and step.with_ is not None and step.uses.startswith("actions/checkout@"):
            inputs = step.inputs()
            folder = posixpath.normpath(inputs.get("path", "").strip() or ".")
            if "repository" not in inputs and "$" not in folder and folder != ".":
                return folder
    return ""


def _place_of(uses: str) -> Place | None:
    paths = action_paths(uses) if uses.startswith(LOCAL) else ()
    return Place(paths[0]) if paths else None


def _of_foreign(found: ForeignMeasure) -> Measured:
    return Measured(backend=found.backend, role=found.role, report=found.report, format=found.format)


def _behind(first: Link, chain: Chain) -> Chain:
    """A chain of an action's step as the step that uses the action starts it."""
    return replace(chain, links=(first, replace(chain.links[0], kind="action"), *chain.links[1:]))


def _inputs(action: Workflow, step: Step, contexts: Contexts | None) -> Contexts:
    """The contexts inside an action: its inputs as far as they are known, as texts."""
    given = {name: put_in(value, contexts) for name, value in step.inputs().items()}
    known = {name: given.get(name.lower(), default) for name, default in action_inputs(action).items()}
    return Contexts({"inputs": partly("inputs", {name: value for name, value in known.items() if "${{" not in value})})


def _could_measure(command: Invocation) -> str | None:
    """Why a command that leads no further could measure all the same."""
    first = (command.words[0] or "").removeprefix("./") if command.words else ""
    second = command.words[1] if len(command.words) > 1 else None
    if command.name in CONFIGURABLE:
        return f"no configuration of {command.name} in the repository turns coverage on"
    if (command.name, second) in _OWN_PROGRAMS or first.startswith(("target/", "build/")):
        return "it runs a program of this repository, which is not followed"
    if command.name == "cargo" and second is not None and second not in BUILT_IN and second[:1].isalpha():
        return f"cargo {second} is neither cargo's own nor an alias in the repository"
    if command.name == "cmake" and second == "--build":
        return "what the target runs is not followed"
    inside = "/" in first and not first.startswith(("/", "~", ".."))
    if inside and not any(part in first for part in ("node_modules/", "venv/", "bin/activate")):
        return f"{first} is not in the repository"
    return None


def _possible(chain: Chain) -> Chain:
    """A chain whose last command could measure all the same, for a reason that is said; others as they are."""
    final = chain.final
    if chain.end is not End.COMMAND or final is None:
        return chain
    for layer in layers(final):
        reason = _could_measure(layer)
        if reason is not None:
            names = tuple(dict.fromkeys(name for raw in layer.raw for name in varying_names(raw)))
            if layer.name in CONFIGURABLE and names and None in layer.words:
                reason = f"what it is given depends on {', '.join(names)}"
            last = replace(chain.links[-1], unknown=reason, depends_on=names)
            return replace(chain, links=(*chain.links[:-1], last), end=End.UNKNOWN, final=None)
    return chain
