"""What reads a report: upload inputs, conditions, artifacts, scripts, other jobs. They follow or are named."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.backends.mentions import Use, mentions, replaced
from covpath.backends.request import Format, Report
from covpath.backends.translate import Translation
from covpath.backends.uploaders import uploader
from covpath.gate.report_uses import ReadingText, later_texts, spellings
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Loss, LossAction
from covpath.yamltext.operations import set_value


def follow_reports(draft: Draft, translation: Translation, index: int) -> None:
    """Let everything after step ``index`` read the reports where, and in the format, they are now."""
    workdir = draft.workflow.directory_of(draft.job, draft.job.steps[index]) or "."
    for before, after in _pairs(translation):
        old, new = spellings(before, workdir), spellings(after, workdir)
        if not old:
            continue
        moved = bool(new) and new != old
        if not moved and before.format is after.format:
            continue
        for text in tuple(later_texts(draft.workflow, draft.job, index)):
            _follow(draft, text, old, new, before.format, after.format)
        if before.format is not after.format:
            _follow_format(draft, index, before, after)


def _pairs(translation: Translation) -> Iterator[tuple[Report, Report]]:
    """Each old report file and the one that takes its place: of the same format, else the one in order."""
    left = [report for report in translation.after if report.path is not None]
    for before in translation.before:
        if before.path is None or not left:
            continue
        after = next((report for report in left if report.format is before.format), left[0])
        left.remove(after)
        yield before, after


def _follow(
    draft: Draft, text: ReadingText, old: tuple[str, ...], new: tuple[str, ...], before: Format, after: Format
) -> None:
    value = text.scalar.value
    found = mentions(value, old)
    if not found:
        return
    if new and new != old:
        for spelling, other in zip(old, new, strict=False):
            value = replaced(
                value, [one for one in mentions(value, (spelling,)) if one.use is Use.PATH], spelling, other
            )
        names = [one for one in mentions(value, old) if one.use is Use.NAME]
        value = replaced(value, names, old[0], new[0])
    if value != text.scalar.value:
        draft.make(set_value(draft.workflow.document, text.route, value, why="follow the report"))
    place = draft.workflow.place(draft.workflow.jobs[text.job.id].steps[text.step.index].node)
    for one in found:
        if one.use in (Use.CONTENT, Use.LOG, Use.SETTING) and before is not after:
            draft.losses.append(
                Loss(
                    action=LossAction.STOP,
                    name="report-readers",
                    what=one.text,
                    message=f"`{text.step.label}` reads the {before} report's content, which is {after} now",
                    place=place,
                )
            )


def _follow_format(draft: Draft, index: int, before: Report, after: Report) -> None:
    """Uploaders that are told the format, or take only some."""
    for step in draft.job.steps[index + 1 :]:
        found = uploader(step.uses) if step.uses else None
        if found is None:
            continue
        place = draft.workflow.place(step.node)
        if found.accepts is not None and after.format not in found.accepts and before.format in found.accepts:
            draft.losses.append(
                Loss(
                    action=LossAction.STOP,
                    name="report-readers",
                    what=found.action,
                    message=f"`{step.label}` does not read {after.format} reports",
                    place=place,
                )
            )
        told = found.format_input
        value = found.format_values.get(after.format) if told is not None else None
        if told is not None and told in step.inputs() and value is not None:
            route = (*draft.job.steps[step.index].route, "with", told)
            draft.make(set_value(draft.workflow.document, route, value, why="tell the new format"))
        elif told is not None and told in step.inputs():
            draft.say(NoteKind.LEFTOVER, f"`{step.label}` is told the old format (`{told}`)", place=place)
