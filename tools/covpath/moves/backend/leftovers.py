"""What still speaks of the old tool when a move is made: named, not renamed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from covpath.backends import actions
from covpath.moves.backend.installing import apply_edit
from covpath.moves.proposal import Draft, NoteKind
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command
from covpath.yamltext.comments import comments
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.nodes import Scalar, walk

_EVERYDAY = {
    "coverage.py": r"(?i:coverage(?:py|\.py))|(?<![\w-])coverage (?:run|xml|combine|html|json|lcov|erase)\b"
    r"|(?m:^|[;&|])\s*coverage report\b"
}
"""A tool whose name is an everyday word is found by what only it can mean."""

_SHOWS_VERSION = {
    "cargo-tarpaulin": "cargo tarpaulin --version",
    "cargo-llvm-cov": "cargo llvm-cov --version",
    **{name: f"{name} --version" for name in ("grcov", "nyc", "c8")},
}
"""For tools that another does not bring along."""


def follow_caches(draft: Draft, source: str, target: str) -> None:
    """Let caches hold the new tool: an old key would restore a program that nobody installs any more."""
    for index in range(len(draft.job.steps)):
        step = draft.job.steps[index]
        edits = actions.cache_edits(step.uses or "", step.inputs(), source, target)
        for edit in sorted(edits, key=lambda one: (one.key, one.start or 0), reverse=True):
            apply_edit(draft, index, edit, f"cache {target}")


def follow_versions(draft: Draft, source: str, target: str) -> None:
    """Let a command that only shows the old tool's version, and fails without the tool, show the new one's."""
    new = _SHOWS_VERSION.get(target, "")
    for index in range(len(draft.job.steps)) if new and source in _SHOWS_VERSION else ():
        step = draft.job.steps[index]
        for command in reversed(parse_script(step.run.value).commands if step.run is not None else ()):
            first = _tool_word(command, source)
            if first is None:
                continue
            start, end = command.words[first].span.start, command.words[-1].span.end
            edit = replace_in_scalar(draft.workflow.document, (*step.route, "run"), start, end, new, why="its version")
            draft.make(edit)


def _tool_word(command: Command, tool: str) -> int | None:
    """The index of the first word of ``TOOL --version``; None where the command does something else."""
    texts = [word.text for word in command.words]
    if len(texts) < 2 or texts[-1] not in {"--version", "-V"}:
        return None
    name = tool.removeprefix("cargo-")
    if texts[-2] == name and name != tool:
        return 0 if texts[0] == "cargo" else None
    return len(texts) - 2 if texts[-2] == tool else None


def list_leftovers(draft: Draft, source: str) -> None:
    """Name what still speaks of the old tool in the job: names, comments, scripts, keys."""
    word = re.escape(source.removeprefix("cargo-"))
    pattern = re.compile(_EVERYDAY.get(source, rf"(?i:(?<![A-Za-z]){word}(?![A-Za-z]))"))
    document = draft.workflow.document
    for at, line in _lines(draft, pattern):
        draft.say(NoteKind.LEFTOVER, f"still speaks of {source}: {line}", place=document.source.place(at))
    start, end = draft.job.key.start, draft.job.node.end
    for comment in comments(document):
        if start <= comment.start < end and pattern.search(comment.text):
            place = document.source.place(comment.start)
            draft.say(NoteKind.LEFTOVER, f"still speaks of {source}: {comment.text}", place=place)


def name_nextest(draft: Draft) -> None:
    """Name the steps that bring nextest where the new tool runs the tests without it."""
    if not any(loss.name == "nextest" for loss in draft.losses):
        return
    for step in draft.job.steps:
        texts = (step.uses or "", *step.inputs().values(), step.run.value if step.run is not None else "")
        if any("nextest" in text for text in texts):
            message = f"`{step.label}` is about nextest, which {draft.job_id!r} does not measure with any more"
            draft.say(NoteKind.LEFTOVER, message, place=draft.workflow.place(step.node))


def _lines(draft: Draft, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    """The first line of each scalar that has the word, with the scalar's offset."""
    if pattern.search(draft.job.key.value):
        yield draft.job.key.start, f"{draft.job.key.value}:"
    for route, node in walk(draft.job.node):
        if isinstance(node, Scalar) and pattern.search(node.value):
            line = next((line for line in node.value.splitlines() if pattern.search(line)), node.value).strip()
            key = f"{route[-1]}: " if route and isinstance(route[-1], str) and "\n" not in node.value else ""
            yield node.start, f"{key}{line}"
