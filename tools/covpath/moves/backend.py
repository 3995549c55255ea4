"""Backend moves: the measuring command through its coverage request, and all that hangs on it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import replace

from covpath.backends.cargo_workspace import tarpaulin_configuration, workspace_root
from covpath.backends.contract import Role, Situation
from covpath.backends.request import Format, Report
from covpath.backends.table import backend
from covpath.backends.translate import Replacement, Translation, script_lines, translate
from covpath.backends.words import Argument
from covpath.errors import Refusal, UsageError
from covpath.gate.measuring import Measurement, measurements
from covpath.moves.consumers import follow_reports
from covpath.moves.installing import exchange_installs, list_leftovers
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Loss
from covpath.workflow.model import Job
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.operations import remove_item, set_key


def propose_backend(draft: Draft, target: str | None, report: str | None) -> None:
    """Measure with ``target`` (None: as now) and write a ``report`` of another format (None: as now).

    Raises Refusal where no command of a known backend stands in the job's own scripts.
    """
    found = _own_commands(draft)
    name = backend(target).NAME if target is not None else found[0].recognition.backend
    if name == found[0].recognition.backend and report is None:
        return
    first = found[0].step
    workdir = posixpath.normpath(draft.workflow.directory_of(draft.job, first) or ".")
    root = workspace_root(workdir, draft.read)
    translation = translate(
        [_words(one) for one in found],
        name,
        report=_format(report),
        situation=Situation(workdir=workdir, workspace_root=root),
        environ=dict(variable for one in found for variable in one.recognition.environment),
        tarpaulin_toml=tarpaulin_configuration(root or workdir, draft.read),
    )
    if name == translation.source and _files(translation.before) == _files(translation.after):
        return
    place = draft.workflow.place(first.node)
    draft.losses += [_placed(loss, draft, found) for loss in translation.losses]
    _exchange(draft, found, translation)
    _set_environment(draft, found, translation)
    if name != translation.source:
        draft.titles.append(f"measure with {name} instead of {translation.source}")
        exchange_installs(draft, translation.source, name, place)
    if report is not None:
        draft.titles.append(f"report {report}")
    follow_reports(draft, translation, first.index)
    if name != translation.source:
        list_leftovers(draft, translation.source)


def _own_commands(draft: Draft) -> list[Measurement]:
    """The commands of the backend the job measures with, in order."""
    found = measurements(draft.workflow, draft.job)
    if not found:
        raise Refusal(
            f"no command of a known coverage backend stands in the scripts of job {draft.job_id!r}.",
            place=draft.workflow.place(draft.job.key),
            hint="If a recipe or action hides it, change it there.",
        )
    running = [one for one in found if one.recognition.role in (Role.BOTH, Role.MEASURES)]
    name = (running or found)[-1].recognition.backend
    return [one for one in found if one.recognition.backend == name]


def _words(one: Measurement) -> tuple[Argument, ...]:
    return tuple(Argument(word.raw, word.text) for word in one.command.words)


def _format(report: str | None) -> Format | None:
    if report is None:
        return None
    for one in Format:
        if one.value == report.lower():
            return one
    known = ", ".join(str(one) for one in Format if one is not Format.OTHER)
    raise UsageError(f"there is no report format {report!r}.", hint=f"The formats are {known}.")


def _files(reports: Sequence[Report]) -> list[tuple[Format, str]]:
    return [(report.format, str(report.path)) for report in reports]


def _written(one: Measurement) -> str:
    assert one.step.run is not None
    start, end = _span(one)
    return one.step.run.value[start:end]


def _span(one: Measurement) -> tuple[int, int]:
    """The words of the command; variables set before it and redirections stay where they are."""
    return one.command.words[0].span.start, one.command.words[-1].span.end


def _line(one: Measurement, replacement: Replacement) -> str:
    """What goes in the command's place: one line stays one line, in a longer script each has its own."""
    assert one.step.run is not None
    lines = script_lines(replacement.commands)
    if "\n" not in one.step.run.value.strip() and not any(command.always for command in replacement.commands):
        return " && ".join(lines)
    start = one.command.words[0].span.start
    text = one.step.run.value
    indent = text[text.rfind("\n", 0, start) + 1 : start]
    if one.command.context or indent.strip():
        return " && ".join(lines)
    return f"\n{indent}".join(lines)


def _exchange(draft: Draft, found: Sequence[Measurement], translation: Translation) -> None:
    """Write the new commands, from the last to the first so that offsets stay true."""
    pairs = [(found[replacement.index], replacement) for replacement in translation.replacements]
    for one, replacement in sorted(pairs, key=lambda pair: (pair[0].step.index, _span(pair[0])), reverse=True):
        assert one.step.run is not None
        document = draft.workflow.document
        start, end = _span(one)
        if replacement.commands:
            new = _line(one, replacement)
            draft.make(replace_in_scalar(document, (*one.step.route, "run"), start, end, new, why="measure anew"))
        elif one.step.run.value.strip() == _written(one):
            draft.make(remove_item(document, one.step.route, why="nothing is left for this step to do"))
        else:
            text = one.step.run.value
            line_end = text.find("\n", end)
            whole = (text.rfind("\n", 0, start) + 1, len(text) if line_end < 0 else line_end + 1)
            if text[whole[0] : whole[1]].strip() != _written(one):
                raise Refusal(
                    f"`{_written(one)}` has nothing to do any more, but other commands share its line.",
                    place=draft.workflow.place(one.step.node),
                    hint="Put it on a line of its own first.",
                )
            draft.make(replace_in_scalar(document, (*one.step.route, "run"), *whole, "", why="not needed any more"))


def _set_environment(draft: Draft, found: Sequence[Measurement], translation: Translation) -> None:
    index = found[0].step.index
    around = draft.workflow.environment_of(draft.job, found[0].step)
    for name in translation.unset:
        if name in around:
            place = draft.workflow.place(draft.job.key)
            draft.say(NoteKind.LEFTOVER, f"`{name}` serves {translation.source} only and stays set", place=place)
    for name, value in translation.environment:
        route = draft.job.steps[index].route
        draft.make(set_key(draft.workflow.document, route, "env", {}) if _lacks_env(draft.job, index) else None)
        draft.make(set_key(draft.workflow.document, (*route, "env"), name, value, why=f"set {name}"))


def _lacks_env(job: Job, index: int) -> bool:
    return job.steps[index].env is None and job.steps[index].node.find("env") is None


def _placed(loss: Loss, draft: Draft, found: Sequence[Measurement]) -> Loss:
    """The loss with the place of the command it is about."""
    return loss if loss.place is not None else replace(loss, place=draft.workflow.place(found[0].step.node))
