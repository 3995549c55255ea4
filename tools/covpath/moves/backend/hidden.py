"""Commands behind recipes: not edited, but their place is named and the edit to make is shown."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from covpath.backends.contract import Role, Situation
from covpath.backends.table import backend, recognise
from covpath.backends.translate import translate
from covpath.backends.words import Argument
from covpath.errors import CovpathError, Refusal
from covpath.moves.proposal import Draft
from covpath.workflow.model import StepForm
from covpath.workflow.recipes.follow import follow
from covpath.workflow.recipes.invocations import invocation_of
from covpath.workflow.recipes.links import Chain, End, Invocation
from covpath.workflow.script_places import script_place
from covpath.workflow.shell.parse import parse_script


def refuse_hidden(draft: Draft, target: str | None) -> Refusal:
    """Why a job without a command of a known backend cannot be moved, with the recipe that has it if one does."""
    job = draft.job
    if job.uses is not None:
        return Refusal(
            f"job {job.id!r} calls a reusable workflow; what it measures is said there.",
            place=draft.workflow.place(job.uses),
            hint=f"Move the job in {job.uses.value.partition('@')[0]}.",
        )
    for chain in _chains(draft):
        if chain.end is End.MEASURES and len(chain.links) > 1:
            return _behind(chain, target)
    for step in job.steps:
        if step.uses is not None and step.uses.startswith("./"):
            return Refusal(
                f"no command of a known coverage backend stands in the scripts of job {job.id!r}; the local action "
                f"{step.uses} may hide it.",
                place=draft.workflow.place(step.node),
                hint="If it does, change it there.",
            )
    unknown = next((chain for chain in _chains(draft) if chain.end is End.UNKNOWN), None)
    told = f" A recipe could not be followed: {unknown}." if unknown is not None else ""
    return Refusal(
        f"no command of a known coverage backend stands in the scripts of job {job.id!r}.{told}",
        place=draft.workflow.place(job.key),
        hint="If a recipe or action hides it, change it there.",
    )


def _chains(draft: Draft) -> Iterator[Chain]:
    workflow, job = draft.workflow, draft.job
    for step in job.steps:
        if step.form is not StepForm.RUN or step.run is None:
            continue
        directory = posixpath.normpath(workflow.directory_of(job, step) or ".")
        environment = tuple(workflow.environment_of(job, step).items())
        script = parse_script(step.run.value)
        for command in script.commands:
            if not command.words:
                continue
            place = script_place(workflow, step, command.span.start)
            first = invocation_of(command, script, directory=directory, environment=environment, place=place)
            yield from follow(first, draft.read, _measures)


def _measures(invocation: Invocation) -> bool:
    environ = {name: value for name, value in invocation.environment if value is not None}
    found = recognise(_argv(invocation.words, invocation.raw), environ)
    return found is not None and found.role is not Role.OTHER


def _argv(words: tuple[str | None, ...], raw: tuple[str, ...]) -> tuple[Argument, ...]:
    return tuple(Argument(written, text) for written, text in zip(raw, words, strict=True))


def _behind(chain: Chain, target: str | None) -> Refusal:
    assert chain.final is not None
    link = chain.links[-1]
    place = link.place or chain.links[0].place
    edit = _edit(chain, target)
    return Refusal(
        f"the measuring command stands in a recipe, which other jobs and people use too: {chain}.",
        place=place,
        hint=f"Change it there{edit}" if edit else "Change it there.",
    )


def _edit(chain: Chain, target: str | None) -> str:
    """The new command for the recipe's line, where it can be written."""
    assert chain.final is not None
    if target is None:
        return ""
    final = chain.final
    argv = _argv(final.words, final.raw)
    try:
        there = backend(target)
        made = translate([argv], there.NAME, situation=Situation(workdir=final.directory or "."))
    except CovpathError:
        return ""
    new = " && ".join(command.line for command in made.commands)
    lost = ", ".join(dict.fromkeys(loss.name for loss in made.losses))
    told = f" (see what changes: {lost})" if lost else ""
    return f": `{final.text}` becomes `{new}`{told}."
