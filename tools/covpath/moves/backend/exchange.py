"""The measuring commands exchanged: in scripts, in ``docker run``, and in actions, which become scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence

from covpath.backends.contract import Command
from covpath.backends.translate import Translation, script_lines
from covpath.errors import Refusal
from covpath.gate.checks import legs_of, naming_contexts
from covpath.gate.scripts.shell_effect import shell_for
from covpath.moves.backend.layout import word_by_word
from covpath.moves.backend.outputs import answer_outputs
from covpath.moves.backend.scripts import COMPOUND, one_script, removal, replacement
from covpath.moves.backend.sites import Site, sites
from covpath.moves.proposal import Draft, NoteKind
from covpath.patterns import regex
from covpath.terms import Fact
from covpath.workflow.model import Step
from covpath.workflow.shell.exit_status import ExitOutcome, failure_of
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Command as ShellCommand
from covpath.workflow.shell.syntax import Script
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.nodes import Scalar, walk
from covpath.yamltext.operations import remove_key, set_key, set_value

_WHY = "measure anew"
_ODD_IN_POSIX = regex(r"\\(?!\n)|`|\$env:|%\w+%|@\(", re.IGNORECASE)
"""What PowerShell and cmd take as it is, or as theirs, and a POSIX shell does not."""
_MKDIR = regex(r"(?:^|&&|;)[ \t]*mkdir (?:-p )?([^;&|\n]+?)[ \t]*(?=$|&&|;)", re.MULTILINE)
_EXPRESSION = regex(r"\$\{\{.*?\}\}", re.DOTALL)


def exchange(draft: Draft, group: Sequence[Site], translation: Translation) -> None:
    """Write the new commands, from the last to the first so that offsets stay true."""
    own = frozenset(translation.unset) | {name for name, _ in translation.environment}
    pairs = [(group[one.index], one.commands) for one in translation.replacements]
    for site, commands in sorted(pairs, key=lambda pair: _order(pair[0]), reverse=True):
        index = site.step.index
        if [one.words for one in commands] == [tuple(word.raw for word in site.argv)] and site.action is not None:
            continue  # an action whose command stays
        before = _outcomes(draft, draft.job.steps[index])
        if site.action is not None and commands:
            _action_to_script(draft, site, commands)
        elif commands:
            missing = _not_made_yet(site, commands)
            span, new = replacement(site, missing, own, stops=_stops(draft, site), unfolded=_unfolded(draft, site))
            if len(missing) > 1:
                _use_posix(draft, site, span)
            _splice(draft, site, span.start, span.end, new)
        else:
            _remove(draft, site, translation)
            continue
        _same_outcome(draft, site, before)


def _not_made_yet(site: Site, commands: Sequence[Command]) -> Sequence[Command]:
    """The commands without a ``mkdir -p`` that the script has before them already."""
    assert site.step.run is not None
    assert site.span is not None
    made = {
        folder.removeprefix("./").rstrip("/")
        for line in _MKDIR.findall(site.step.run.value[: site.span.start])
        for folder in line.split()
    }
    return [one for one in commands if one.words[:2] != ("mkdir", "-p") or one.words[-1] not in made]


def _unfolded(draft: Draft, site: Site) -> str | None:
    """A command that is a whole folded script, with a backslash where the file has the next line."""
    run = draft.job.steps[site.step.index].run
    if run is None or run.style != ">" or "\n" in run.value.strip() or run.value.strip() != site.text.strip():
        return None
    lines = draft.workflow.document.source.text[run.start : run.end].splitlines()[1:]
    return " \\\n  ".join(line.strip() for line in lines if line.strip())


def _stops(draft: Draft, site: Site) -> bool:
    """Whether a failure where the command stands ends the script; a shell that does not read POSIX is named anew."""
    step = draft.job.steps[site.step.index]
    shell = shell_for(draft.workflow, draft.job, step)
    if not shell.kind.reads_posix or site.outer is None or step.run is None:
        return True
    start = site.outer.span.start
    text = step.run.value
    probe = parse_script(f"{text[:start]}probe\n{text[start:]}")
    first = next((one for one in probe.commands if one.span.start == start), None)
    return first is None or failure_of(first, probe, shell).outcome is ExitOutcome.FAILS


def _order(site: Site) -> tuple[int, int]:
    return site.step.index, site.span.start if site.span is not None else 0


def _splice(draft: Draft, site: Site, start: int, end: int, new: str) -> None:
    step = draft.job.steps[site.step.index]
    assert step.run is not None
    route = (*step.route, "run")
    rest = step.run.value[:start] + step.run.value[end:]
    if "\n" in new and step.run.style != "|" and not rest.strip():
        text = new + rest if new.endswith("\n") else f"{new}\n"
        draft.make(set_value(draft.workflow.document, route, text, why=_WHY))
        return
    shown = draft.workflow.document.source.text[step.run.start : step.run.end]
    folded = step.run.style != "|" and "\n" in shown and "\n" not in new
    parts = word_by_word(step.run.value[start:end], new) if folded else [(0, end - start, new)]
    for one, other, text in parts:
        edit = replace_in_scalar(draft.workflow.document, route, start + one, start + other, text, why=_WHY)
        draft.make(edit)


def _remove(draft: Draft, site: Site, translation: Translation) -> None:
    """Take away a command that nothing takes the place of, and its step where it did nothing else."""
    step = draft.job.steps[site.step.index]
    if step.run is None:
        reports = [report.path for report in translation.after if report.path is not None]
        answer_outputs(draft, step, str(reports[0]) if reports else "")
        _refuse_asked(draft, step)
        draft.remove_step(step.index, why="nothing is left for this step to do")
        return
    script = parse_script(step.run.value)
    if not any(one.words and not _within(one, site) for one in script.commands) and not site.quote:
        _refuse_asked(draft, step)
        draft.remove_step(step.index, why="nothing is left for this step to do")
        return
    span = removal(site, step.run.value)
    if span is None:
        raise Refusal(
            f"`{site.text}` has nothing to do any more, but other commands share its line.",
            place=draft.workflow.place(step.node),
            hint="Put it on a line of its own first.",
        )
    if site.span is not None and _only_one(script, site):
        _splice(draft, site, site.span.start, site.span.end, ":")  # `then` and `do` want a command
    else:
        _splice(draft, site, span.start, span.end, "")


def _only_one(script: Script, site: Site) -> bool:
    """Whether the branch, body or group that the command stands in holds no other."""
    own = next((one for one in script.commands if site.outer is not None and one.span == site.outer.span), None)
    around = own.context[-1] if own is not None and own.context else None
    if around is None or around.around not in COMPOUND:
        return False
    return not any(around in one.context for one in script.commands if one.words and not _within(one, site))


def _within(command: ShellCommand, site: Site) -> bool:
    """Whether a command of the script is the site's own, or only makes a word of it."""
    return site.outer is not None and site.outer.span.covers(command.span)


def _refuse_asked(draft: Draft, step: Step) -> None:
    """Raise Refusal where expressions ask for the results of a step that goes."""
    asked = f"steps.{step.id}."
    for _, node in walk(draft.job.node) if step.id is not None else ():
        if isinstance(node, Scalar) and asked in node.value:
            raise Refusal(
                f"the step `{step.label}` has nothing to do any more, but others ask for its results.",
                place=draft.workflow.place(node),
                hint="Let them ask for another step first.",
            )


def _action_to_script(draft: Draft, site: Site, commands: Sequence[Command]) -> None:
    """Turn a ``uses`` step into a ``run`` step; its name, condition and flags stay."""
    step = draft.job.steps[site.step.index]
    if len(commands) > 1:
        _use_posix(draft, site, None)
    lines = script_lines(commands)
    always = any(command.always for command in commands)
    text = "\n".join(lines) + "\n" if len(lines) > 1 and always else one_script(lines)
    document = draft.workflow.document
    draft.make(set_key(document, step.route, "run", text, before=("uses",), why=_WHY))
    if step.with_ is not None:
        route = (*draft.job.steps[step.index].route, "with")
        draft.make(remove_key(draft.workflow.document, route, why=_WHY))
    route = (*draft.job.steps[step.index].route, "uses")
    draft.make(remove_key(draft.workflow.document, route, why=_WHY))


def _use_posix(draft: Draft, site: Site, span: Span | None) -> None:
    """Several commands in a row are written for a POSIX shell: name one where another may run the step.

    Raises Refusal where the script holds other commands, which that shell may not understand.
    """
    step = draft.job.steps[site.step.index]
    every = legs_of(draft.job, naming_contexts())
    if all(shell_for(draft.workflow, draft.job, step, leg).kind.reads_posix for leg in every):
        return
    text = step.run.value if step.run is not None else ""
    rest = text[: span.start] + text[span.end :] if span is not None else ""
    if step.shell is not None or rest.strip():
        raise Refusal(
            f"`{step.label}` would take several commands, and may be run by a shell that is not POSIX (as on Windows).",
            place=draft.workflow.place(step.node),
            hint="Give the step `shell: bash` first.",
        )
    if (odd := _ODD_IN_POSIX.search(_EXPRESSION.sub("", text))) is not None:
        raise Refusal(
            f"`{step.label}` would take several commands in bash, where its `{odd[0]}` means something else.",
            place=draft.workflow.place(step.node),
            hint="Give the step `shell: bash` and write it for that shell first.",
        )
    draft.make(set_key(draft.workflow.document, step.route, "shell", "bash", after=("run", "uses"), why="one shell"))
    draft.say(NoteKind.CHANGE, f"`{step.label}` takes several commands now, so it names its shell")


def _outcomes(draft: Draft, step: Step) -> set[Fact]:
    """What the step's script makes of a failure of each backend command in it; an action lets it out."""
    if step.run is None:
        return {ExitOutcome.FAILS}
    shell = shell_for(draft.workflow, draft.job, step)
    script = parse_script(step.run.value)
    found: set[Fact] = set()
    for site in sites(draft.workflow, draft.job):
        if site.step.index == step.index and site.outer is not None:
            outer = next((one for one in script.commands if one.span == site.outer.span), None)
            if outer is not None:
                found.add(failure_of(outer, script, shell).outcome)
    return found


def _same_outcome(draft: Draft, site: Site, before: set[Fact]) -> None:
    """Every command of the new tool must fail the step where the old one did, and only there."""
    step = draft.job.steps[site.step.index]
    after = _outcomes(draft, step)
    if not after <= before:
        raise Refusal(
            f"in the script of `{step.label}` a failure of the new commands would not count as that of the old one.",
            place=draft.workflow.place(step.node),
            hint="Put the command on a line of its own first.",
        )
