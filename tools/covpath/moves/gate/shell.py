"""Masks in scripts: ``|| true`` and its relatives, taken away byte for byte, or made to show the failure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covpath.errors import Refusal
from covpath.gate.measuring import Measuring, alternatives, find_measuring
from covpath.gate.scripts.shell_effect import ShellEffect, shell_effect
from covpath.gate.verdict import JobVerdict
from covpath.moves.gate.announce import annotation
from covpath.moves.gate.subject import Subject
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Tri
from covpath.workflow.model import Step
from covpath.workflow.script_places import script_place
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import Command, Script
from covpath.yamltext.inside import replace_in_scalar

_ONLY_TELL = frozenset({"true", ":", "echo", "printf", "/bin/true"})
_BEFORE = re.compile(r"(?:[ \t]|\\\n)*\Z")
_LAST = re.compile(r"(?:\A|[\n;])[ \t]*(true|:|exit 0)[ \t]*\n*\Z")

Cut = tuple[Span, str]
"""A span of the script and what stands there instead."""


def effect_of(judging: Judging, draft: Draft, step: Step) -> ShellEffect:
    """What the step's script makes of a failure of the command it is about, as the simulator sees it."""
    found = alternatives(draft.workflow, draft.job, judging.behind)
    about = next((one for one in found if one.index == step.index), Measuring(index=None))
    return shell_effect(draft.workflow, draft.job, step, about.command).behind(about.recipe)


def unmask(subject: Subject, verdict: JobVerdict) -> bool:
    """Take away what makes the subject's script exit 0 all the same, if that is a change known to be safe."""
    step = subject.step(verdict)
    before = effect_of(subject.judging, subject.draft, step)
    if step.run is None or before.fails is not Tri.FALSE or before.effect is None:
        return False
    for span, new in _cuts(step, before):
        trial = subject.draft.trial()
        try:
            _replace(trial, step, span, new)
        except Refusal:
            continue
        after = effect_of(subject.judging, trial, trial.job.steps[step.index])
        if _better(before, after):
            text = " ".join(step.run.value[span.start : span.end].split())
            _tell(subject.draft, step, span, text, new)
            _replace(subject.draft, step, span, new)
            subject.draft.titles.append("make it blocking")
            return True
    return False


def _better(before: ShellEffect, after: ShellEffect) -> bool:
    if after.fails is not Tri.FALSE:
        return after.fails is Tri.TRUE
    return after.effect is not None and before.effect is not None and len(after.effect.masks) < len(before.effect.masks)


def _tell(draft: Draft, step: Step, span: Span, text: str, new: str) -> None:
    place = script_place(draft.workflow, step, span.start)
    if new:
        draft.say(NoteKind.CHANGE, f"`{new.strip()}` holds for the whole script, not only for this line", place=place)
    elif "echo" in text or "printf" in text:
        draft.say(NoteKind.CHANGE, f"the message goes with its line: `{text}`", place=place)
    elif text.startswith(("set ", "trap ")):
        draft.say(NoteKind.CHANGE, f"without `{text}` other commands of the script end it too", place=place)


def _replace(draft: Draft, step: Step, span: Span, new: str) -> None:
    route = (*draft.job.steps[step.index].route, "run")
    draft.make(replace_in_scalar(draft.workflow.document, route, span.start, span.end, new, why="let the failure out"))


def _cuts(step: Step, effect: ShellEffect) -> Iterator[Cut]:
    """The changes to try, the least intrusive first."""
    assert step.run is not None
    assert effect.effect is not None
    text = step.run.value
    script = parse_script(text)
    masks = effect.effect.masks
    for code, span in masks:
        if span is not None and code == "or-list" and _only_tells(script, span):
            yield Span(_blanks_before(text, span.start), span.end), ""
    if (last := _LAST.search(text)) is not None:
        yield _statement(text, Span(*last.span(1))), ""
    for code, span in masks:
        if span is None:
            continue
        if code in ("exit-zero", "return-zero", "exit-trap") or _turns_errexit_off(text, span):
            yield _statement(text, span), ""
        elif code == "pipeline":
            yield Span(0, 0), "set -o pipefail\n"


def _turns_errexit_off(text: str, span: Span) -> bool:
    return text[span.start : span.end].split() in (["set", "+e"], ["set", "+o", "errexit"])


def _only_tells(script: Script, span: Span) -> bool:
    """Whether what stands behind ``||`` only succeeds or says something."""
    inside = [command for command in script.commands if span.covers(command.span)]
    return bool(inside) and all(_tells(command) for command in inside)


def _tells(command: Command) -> bool:
    if any(part for word in command.words for part in word.substitutions) or command.assignments:
        return False
    return command.name in _ONLY_TELL or command.argv == ("exit", "0")


def _blanks_before(text: str, at: int) -> int:
    match = _BEFORE.search(text, 0, at)
    return match.start() if match is not None else at


def _statement(text: str, span: Span) -> Span:
    """A whole statement with its separator: its line where it stands alone, else one of the ``;`` beside it."""
    line_start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    line_end = len(text) if end < 0 else end
    before, after = text[line_start : span.start], text[span.end : line_end]
    if not before.strip() and not after.strip():
        if not text[line_end:].strip():  # what ends the script takes the blank lines before it along
            kept = len(text[:line_start].rstrip())
            return Span(kept, line_end) if kept else Span(0, len(text))
        return Span(line_start, line_end + 1)
    if before.rstrip().endswith(";") and not before.rstrip().endswith(";;"):
        return Span(line_start + len(before.rstrip()) - 1, span.end)
    if after.lstrip().startswith(";") and not after.lstrip().startswith(";;"):
        rest = after.lstrip()[1:]
        return Span(span.start, line_end - len(rest.lstrip()))
    return span


def show(subject: Subject, verdict: JobVerdict) -> bool:
    """Let a mask that stands behind ``||`` print an annotation instead of nothing."""
    step = subject.step(verdict)
    draft = subject.draft
    effect = effect_of(subject.judging, draft, step)
    if step.run is None or effect.effect is None or effect.shown or effect.fails is not Tri.FALSE:
        return False
    script = parse_script(step.run.value)
    for code, span in effect.effect.masks:
        if code != "or-list" or span is None:
            continue
        inside = [command for command in script.commands if span.covers(command.span)]
        if len(inside) == 1 and inside[0].argv in (("true",), (":",), ("/bin/true",)) and not inside[0].redirects:
            check = verdict.checks[0] if verdict.checks else str(draft.job_id)
            _replace(draft, step, inside[0].span, f'echo "{annotation(check, step.label)}"')
            draft.titles.append("show its failures")
            return True
    return False


def mask(subject: Subject, verdict: JobVerdict) -> bool:
    """Let the script say the failure and go on, as other scripts of the file do; for a plain command only."""
    step = subject.step(verdict)
    draft = subject.draft
    if step.run is None:
        return False
    measuring = find_measuring(draft.workflow, draft.job)
    commands = parse_script(step.run.value).commands
    command = measuring.command if measuring.index == step.index else None
    if command is None:
        command = commands[-1] if len(commands) == 1 else None
    if command is None or command.context:
        return False
    check = verdict.checks[0] if verdict.checks else str(draft.job_id)
    label = step.name or command.words[0].raw
    end = max(command.span.end, *(redirect.span.end for redirect in command.redirects), 0)
    _replace(draft, step, Span(end, end), f' || echo "{annotation(check, label)}"')
    draft.titles.append("make it advisory")
    return True
