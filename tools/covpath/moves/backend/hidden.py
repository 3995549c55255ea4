"""Commands behind recipes: not edited, but their place is named and the edit to make is shown."""

from __future__ import annotations

from collections.abc import Sequence

from covpath.backends import pytest_cov
from covpath.backends.contract import Situation
from covpath.backends.gathering import MERGED_RUNS
from covpath.backends.python_tests import words_or_none
from covpath.backends.table import backend
from covpath.backends.translate import Translation, translate
from covpath.backends.words import Argument
from covpath.errors import CovpathError, Refusal
from covpath.gate.tracing.chains import Tracer
from covpath.gate.tracing.traced import Trace
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft
from covpath.workflow.calls import link
from covpath.workflow.recipes.links import Chain, End, Invocation, Link

_WITHOUT_SHELL = frozenset({"tox", "nox", "pre-commit", "poe", "pdm", "rye"})
"""Recipes whose commands no shell reads: ``&&`` would be an argument."""


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
    # What runs the tests comes first; what only reports from them follows it.
    return _behind(trace, next((one.chain for one in trace.found if one.runs), chain), target)


def already(draft: Draft, judging: Judging, target: str | None) -> bool:
    """Whether all that the job measures, behind its recipes, is measured with ``target`` now."""
    if target is None or draft.job.uses is not None:
        return False
    links = judging.links if judging.links is not None else link((draft.workflow,))
    found = Tracer(draft.read, links).trace(draft.workflow, draft.job).found
    return bool(found) and {one.measured.backend if one.measured is not None else None for one in found} == {target}


def measures_nothing(draft: Draft, judging: Judging) -> bool:
    """Whether neither the job nor a recipe, call or other job behind it is seen to measure."""
    links = judging.links if judging.links is not None else link((draft.workflow,))
    trace = Tracer(draft.read, links).trace(draft.workflow, draft.job)
    return draft.job.uses is None and trace.chain is None and not trace.others


def refuse_report_only(draft: Draft, judging: Judging, source: str, target: str) -> Refusal | None:
    """Why a job cannot be moved whose own commands only make the report of what recipes or other jobs measured.

    None where nothing is seen to measure.
    """
    links = judging.links if judging.links is not None else link((draft.workflow,))
    trace = Tracer(draft.read, links).trace(draft.workflow, draft.job)
    if not trace.others:
        behind = next((one.chain for one in trace.found if one.runs and len(one.chain.links) > 1), None)
        return _behind(trace, behind, target) if behind is not None else None
    names = ", ".join(map(str, trace.others))
    return Refusal(
        f"job {draft.job_id!r} only reports, with {source}, what {names} measured ({trace.through}).",
        place=draft.workflow.place(draft.job.key),
        hint="Both read the same data, so change them together, by hand.",
    )


def _argv(words: tuple[str | None, ...], raw: tuple[str, ...]) -> tuple[Argument, ...]:
    return tuple(Argument(written, text) for written, text in zip(raw, words, strict=True))


def _behind(trace: Trace, chain: Chain, target: str | None) -> Refusal:
    last = next((one for one in reversed(chain.links) if one.kind != "configuration"), chain.links[-1])
    place = last.place or chain.links[0].place
    edit = _edit(trace, chain, target)
    where = "in a recipe, which other jobs and people use too" if len(chain.links) > 1 else "inside another one"
    return Refusal(
        f"the measuring command stands {where}: {chain}.",
        place=place,
        hint=f"Change it there{edit}" if edit else "Change it there.",
    )


def _edit(trace: Trace, chain: Chain, target: str | None) -> str:
    """The new command for the recipe's line, where it can be written, and for others that report from it."""
    others = [one.chain for one in trace.found if one.chain is not chain]
    commands = _commands([chain, *others])
    configured, options = _in_addopts(chain)
    made = _translated(commands, target, options) or _translated(commands[:1], target, options)
    if made is None:
        return ""
    shown = [f"`{options}` goes from {configured}"] if options else []
    shown += [
        _becomes(commands[one.index], [command.line for command in one.commands], place=len(made.replacements) > 1)
        for one in made.replacements
    ]
    lost = ", ".join(dict.fromkeys(loss.name for loss in made.losses))
    told = f" (see what changes: {lost})" if lost else ""
    return f": {', and '.join(shown)}{told}."


def _in_addopts(chain: Chain) -> tuple[str, str]:
    """Where pytest's configuration turns pytest-cov on, and pytest-cov's options there."""
    last = chain.links[-1]
    if last.kind != "configuration" or not last.text.startswith("addopts ") or last.place is None:
        return "", ""
    reading = pytest_cov.TABLE.read(words_or_none(last.text.removeprefix("addopts ")))
    return f"addopts ({last.place})", " ".join(given.what for given in reading.given)


def _commands(chains: Sequence[Chain]) -> list[tuple[Link, Invocation]]:
    """The last commands of the chains, each once, with the link that has it."""
    found: dict[tuple[object, str], tuple[Link, Invocation]] = {}
    for chain in chains:
        if chain.final is not None:
            link = next((one for one in reversed(chain.links) if one.kind != "configuration"), chain.links[-1])
            found.setdefault((link.place, chain.final.text), (link, chain.final))
    return list(found.values())


def _translated(commands: Sequence[tuple[Link, Invocation]], target: str | None, options: str) -> Translation | None:
    """The commands, with ``options`` behind each, written for ``target``.

    None where they are not one measurement, or it cannot be said.
    """
    if target is None or not commands or len({final.directory for _, final in commands}) > 1:
        return None
    situation = Situation(workdir=commands[0][1].directory or ".")
    argvs = [(*_argv(final.words, final.raw), *words_or_none(options)) for _, final in commands]
    environ = {name: value for _, final in commands for name, value in final.environment if value is not None}
    try:
        made = translate(argvs, backend(target).NAME, situation=situation, environ=environ)
    except CovpathError:
        return None
    several = any(loss.name == MERGED_RUNS.name for loss in made.losses)
    return None if several and len(commands) > 1 else made


def _becomes(command: tuple[Link, Invocation], new: Sequence[str], *, place: bool) -> str:
    """What becomes of one command: its variables and redirections stay around the new ones."""
    link, final = command
    at = f"at {link.place} " if place and link.place is not None else ""
    if not new:
        return f"{at}`{final.text}` goes"
    before, found, after = final.text.partition(" ".join(final.raw))
    lines = [f"{before}{line}" for line in new] if found else list(new)
    if len(lines) > 1 and link.kind in _WITHOUT_SHELL:
        shown = ", then ".join(f"`{line}`" for line in lines)
        return f"{at}`{final.text}` becomes {shown} ({link.kind} runs each by itself, without a shell)"
    whole = " && ".join(lines)
    if found and after.strip():
        whole = f"({whole}){after}" if len(lines) > 1 else f"{whole}{after}"
    return f"{at}`{final.text}` becomes `{whole}`"
