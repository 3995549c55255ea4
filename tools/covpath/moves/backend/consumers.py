"""What reads a report: upload inputs, conditions, artifacts, scripts, other jobs. They follow or are named."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from msgspec import Struct

from covpath.backends.mentions import Mention, Use, mentions
from covpath.backends.request import Format, Report
from covpath.backends.translate import Translation
from covpath.backends.uploaders import Uploader, uploader
from covpath.errors import Place
from covpath.gate.required import CODECOV_PATHS
from covpath.gate.tracing.report_uses import ReadingText, later_texts, spellings
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Tri
from covpath.workflow.model import Step
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.operations import set_value

READERS = "report-readers"
_CONFIGURATIONS = (
    "sonar-project.properties",
    *CODECOV_PATHS,
    ".codacy.yml",
    ".coveralls.yml",
)
_FOUND_BY_NAME = re.compile(
    r"cobertura\.xml|lcov\.info|.*\.lcov|.*coverage.*\..*|codecov\..*|report\.xml|cover\.out|jacoco.*\.xml|clover\.xml"
)
"""The names under which upload services look for reports by themselves (Codecov's CLI, ``file_finder``)."""


class Moved(Struct, frozen=True, kw_only=True):
    """A report before and after: the paths people may write for it, from the checkout first."""

    before: Report
    after: Report
    old: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def elsewhere(self) -> bool:
        """Whether the file has another path."""
        return bool(self.new) and self.new != self.old

    @property
    def was_folder(self) -> bool:
        """Whether one file takes the place of a folder."""
        return self.elsewhere and "." in posixpath.basename(self.new[0]) and "." not in posixpath.basename(self.old[0])

    @property
    def was_file(self) -> bool:
        """Whether a folder takes the place of one file."""
        return self.elsewhere and "." in posixpath.basename(self.old[0]) and "." not in posixpath.basename(self.new[0])

    @property
    def otherwise(self) -> bool:
        """Whether it is of another format."""
        return self.before.format is not self.after.format


def follow_reports(
    draft: Draft, judging: Judging, translation: Translation, index: int, *, bases: tuple[str, str]
) -> None:
    """Let everything after step ``index`` read the reports where, and in the format, they are now.

    ``bases`` are the directories that the old and the new tool's report paths start from.
    """
    for before, after in _pairs(translation):
        if after is None:
            _name_readers(draft, texts_after(draft, index), spellings(before, bases[0]))
            continue
        moved = Moved(before=before, after=after, old=spellings(before, bases[0]), new=spellings(after, bases[1]))
        if not moved.old or not (moved.elsewhere or moved.otherwise):
            continue
        for text in texts_after(draft, index):
            _follow(draft, text, moved)
        for step in draft.job.steps[index + 1 :]:
            _follow_upload(draft, step, moved)
        _name_other_files(draft, judging, moved)


def _pairs(translation: Translation) -> Iterator[tuple[Report, Report | None]]:
    """Each old report file and the one that takes its place: of the same format, else one that is left, if any.

    Codecov, for which its own format was, takes any other one too.
    """
    left = [report for report in translation.after if report.path is not None]
    first = left[0] if left else None
    found: list[Report | None] = []
    befores = [report for report in translation.before if report.path is not None]
    for before in befores:
        same = next((report for report in left if report.format is before.format), None)
        if same is not None:
            left.remove(same)
        found.append(same)
    for before, after in zip(befores, found, strict=True):
        if after is None and left:
            after = left.pop(0)
        yield before, after or (first if before.format is Format.CODECOV else None)


def _name_readers(draft: Draft, texts: Sequence[ReadingText], old: tuple[str, ...]) -> None:
    """Name what reads a report that nobody writes any more."""
    for text in texts:
        found = [one.text for one in (_files(text, old) if old else ()) if one.use not in (Use.LOG, Use.SETTING)]
        if found:
            message = f"`{text.step.label}` reads {found[0]}, which nothing writes any more"
            draft.say(NoteKind.LEFTOVER, message, place=draft.workflow.place(text.scalar))


def texts_after(draft: Draft, index: int) -> tuple[ReadingText, ...]:
    """Every scalar that could name what step ``index`` made: its own script, then what comes later."""
    step = draft.job.steps[index]
    own = (ReadingText(draft.job, step, (*step.route, "run"), step.run),) if step.run is not None else ()
    return (*own, *later_texts(draft.workflow, draft.job, index))


def _follow(draft: Draft, text: ReadingText, moved: Moved) -> None:
    place = draft.workflow.place(text.scalar)
    for mention in reversed(_files(text, moved.old)):
        if mention.use in (Use.CONTENT, Use.LOG, Use.SETTING) and moved.otherwise:
            message = f"`{text.step.label}` reads the {moved.before.format} report's content ({mention.text}), "
            draft.stop(READERS, mention.text, f"{message}which is {moved.after.format} now", place)
            continue
        new = _written(mention, moved)
        if new is not None and moved.new[0].startswith(f"{moved.old[0]}/"):
            continue  # the folder is there, with the report in it
        if new is not None and (moved.was_folder or moved.was_file) and not _takes_either(text):
            old, now = ("folder", "file") if moved.was_folder else ("file", "folder")
            message = f"`{text.step.label}` takes the {old} {mention.text}; the report is the {now} {moved.new[0]} now"
            draft.say(NoteKind.LEFTOVER, message, place=place)
        elif new is not None:
            document = draft.workflow.document
            why = "follow the report"
            slash = moved.was_folder and text.scalar.value[mention.end : mention.end + 1] == "/"
            draft.make(replace_in_scalar(document, text.route, mention.start, mention.end + slash, new, why=why))


def _files(text: ReadingText, old: tuple[str, ...]) -> list[Mention]:
    """The mentions of a report, but for those in a page's address."""
    return [one for one in mentions(text.scalar.value, old) if not one.text.startswith("//")]


def _takes_either(text: ReadingText) -> bool:
    """Whether a file may be named where a folder was."""
    return text.route[-1] == "if" or (text.route[-1] != "run" and "upload-artifact@" in (text.step.uses or ""))


def _written(mention: Mention, moved: Moved) -> str | None:
    """What to write in a mention's place; None where it stays."""
    if not moved.elsewhere or mention.use in (Use.LOG, Use.SETTING):
        return None
    lead = "./" if mention.text.startswith("./") else ""
    bare = mention.text.removeprefix("./")
    if bare in moved.old:
        whole = bare == moved.old[0]
        return lead + (moved.new[0] if whole else moved.new[-1])
    name = posixpath.basename(moved.old[0])
    return mention.text.removesuffix(name) + posixpath.basename(moved.new[0]) if mention.text.endswith(name) else None


def _follow_upload(draft: Draft, step: Step, moved: Moved) -> None:
    """An uploader that is told the format, takes only some, or looks for reports by name."""
    found = uploader(step.uses) if step.uses else None
    if found is None:
        return
    place = draft.workflow.place(step.node)
    if moved.otherwise and found.accepts is not None:
        before, after = moved.before.format, moved.after.format
        if after not in found.accepts and before in found.accepts:
            draft.stop(READERS, found.action, f"`{step.label}` does not read {after} reports", place)
        _tell_format(draft, step, found, after, place)
    inputs = step.inputs()
    if moved.elsewhere and not found.paths(inputs) and found.searches_itself(inputs) is not Tri.FALSE:
        name = posixpath.basename(moved.new[0])
        if not _FOUND_BY_NAME.fullmatch(name):
            draft.warn(
                "upload-search",
                found.action,
                f"`{step.label}` looks for reports by name and does not find {name}",
                place,
            )


def _tell_format(draft: Draft, step: Step, found: Uploader, after: Format, place: Place) -> None:
    told = found.format_input
    if told is None or told not in step.inputs():
        return
    value = found.format_values.get(after)
    if value is None:
        draft.say(NoteKind.LEFTOVER, f"`{step.label}` is told the old format (`{told}`)", place=place)
        return
    route = (*draft.job.steps[step.index].route, "with", told)
    draft.make(set_value(draft.workflow.document, route, value, why="tell the new format"))


def _name_other_files(draft: Draft, judging: Judging, moved: Moved) -> None:
    """Other files of the repository that speak of the report; they are not edited."""
    what = f"the report is {moved.new[0] if moved.new else moved.after.format} now"
    for workflow in judging.workflows:
        if workflow.path == draft.before.path:
            continue
        for job in workflow.jobs.values():
            for step in job.steps:
                texts = (step.run.value if step.run is not None else "", *step.inputs().values())
                if any(mentions(text, moved.old[:1]) for text in texts if moved.old[0] in text):
                    place = workflow.place(step.node)
                    draft.say(NoteKind.OUTSIDE, f"`{step.label}` speaks of {moved.old[0]}: {what}", place=place)
    for path in _CONFIGURATIONS:
        text = draft.read(path)
        for number, line in enumerate((text or "").splitlines(), 1):
            if moved.old[0] in line:
                draft.say(NoteKind.OUTSIDE, f"speaks of {moved.old[0]}: {what}", place=Place(path, number))
