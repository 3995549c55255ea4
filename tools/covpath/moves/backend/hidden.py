"""Commands behind recipes: not edited, but their place is named and the edit to make is shown."""

from __future__ import annotations

from covpath.backends.contract import Situation
from covpath.backends.table import backend
from covpath.backends.translate import translate
from covpath.backends.words import Argument
from covpath.errors import CovpathError, Refusal
from covpath.gate.tracing.chains import Tracer
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft
from covpath.workflow.calls import link
from covpath.workflow.recipes.links import Chain, End


def refuse_hidden(draft: Draft, judging: Judging, target: str | None) -> Refusal:
    """Why a job without a command of a known backend cannot be moved, with the recipe that has it if one does."""
    workflow, job = draft.workflow, draft.job
    if job.uses is not None:
        return Refusal(
            f"job {job.id!r} calls a reusable workflow; what it measures is said there.",
            place=workflow.place(job.uses),
            hint=f"Move the job in {job.uses.value.partition('@')[0]}.",
        )
    links = judging.links if judging.links is not None else link((workflow,))
    trace = Tracer(draft.read, links).trace(workflow, job)
    none = f"no command of a known coverage backend stands in the scripts of job {job.id!r}"
    place = workflow.place(job.key)
    if trace.others and not trace.found:
        names = ", ".join(map(str, trace.others))
        return Refusal(
            f"{none}: it takes over what {names} measured ({trace.through}).",
            place=place,
            hint=f"Move {trace.others[0]}.",
        )
    chain = trace.chain
    if chain is None:
        return Refusal(f"{none}.", place=place, hint="If something outside of them measures, change it there.")
    if chain.end is End.UNKNOWN:
        at = next((one.place for one in reversed(chain.links) if one.place is not None), place)
        return Refusal(
            f"{none}. What may hide it could not be followed: {chain}.",
            place=at,
            hint="If a recipe or action hides it, change it there.",
        )
    measured = trace.measured
    if len(chain.links) == 1 and measured is not None and measured.recognition is None:
        return Refusal(
            f"job {job.id!r} measures with {measured.backend}, in whose place no backend here can be put: {chain}.",
            place=chain.links[0].place or place,
            hint="Its gate, runner and time limit can be moved.",
        )
    return _behind(chain, target)


def already(draft: Draft, judging: Judging, target: str | None) -> bool:
    """Whether all that the job measures, behind its recipes, is measured with ``target`` now."""
    if target is None or draft.job.uses is not None:
        return False
    links = judging.links if judging.links is not None else link((draft.workflow,))
    found = Tracer(draft.read, links).trace(draft.workflow, draft.job).found
    return bool(found) and {one.measured.backend if one.measured is not None else None for one in found} == {target}


def refuse_report_only(draft: Draft, judging: Judging, source: str) -> Refusal | None:
    """Why a job that only makes the report of what others measured cannot be moved alone; None where none did."""
    links = judging.links if judging.links is not None else link((draft.workflow,))
    trace = Tracer(draft.read, links).trace(draft.workflow, draft.job)
    if not trace.others:
        return None
    names = ", ".join(map(str, trace.others))
    return Refusal(
        f"job {draft.job_id!r} only reports, with {source}, what {names} measured ({trace.through}).",
        place=draft.workflow.place(draft.job.key),
        hint="Both read the same data, so change them together, by hand.",
    )


def _argv(words: tuple[str | None, ...], raw: tuple[str, ...]) -> tuple[Argument, ...]:
    return tuple(Argument(written, text) for written, text in zip(raw, words, strict=True))


def _behind(chain: Chain, target: str | None) -> Refusal:
    last = next((one for one in reversed(chain.links) if one.kind != "configuration"), chain.links[-1])
    place = last.place or chain.links[0].place
    edit = _edit(chain, target)
    where = "in a recipe, which other jobs and people use too" if len(chain.links) > 1 else "inside another one"
    return Refusal(
        f"the measuring command stands {where}: {chain}.",
        place=place,
        hint=f"Change it there{edit}" if edit else "Change it there.",
    )


def _edit(chain: Chain, target: str | None) -> str:
    """The new command for the recipe's line, where it can be written."""
    final = chain.final
    if target is None or final is None:
        return ""
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
