"""The steps that bring a coverage tool: exchanged in the way they have; what only mentions it is listed."""

from __future__ import annotations

from covpath.backends import actions, installs
from covpath.backends.words import Argument
from covpath.errors import Place
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Loss, LossAction
from covpath.workflow.model import Step
from covpath.workflow.shell.parse import parse_script
from covpath.yamltext.comments import comments
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.nodes import Scalar, walk
from covpath.yamltext.operations import remove_key, set_key


def exchange_installs(draft: Draft, source: str, target: str, place: Place) -> None:
    """Let every step of the job that installs ``source`` install ``target``."""
    done = 0
    for index in range(len(draft.job.steps)):
        step = draft.job.steps[index]
        if step.run is not None:
            done += _in_script(draft, step, source, target)
        elif step.uses is not None:
            done += _in_action(draft, step, source, target)
    if done == 0:
        draft.losses.append(
            Loss(
                action=LossAction.WARN,
                name="install",
                what=source,
                message=f"no step of the job installs {source}; see that {target} is there",
                place=place,
            )
        )


def _in_script(draft: Draft, step: Step, source: str, target: str) -> int:
    """Exchange the words of install commands; a step name that is about the tool follows."""
    assert step.run is not None
    done = 0
    for command in reversed(parse_script(step.run.value).commands):
        argv = tuple(Argument(word.raw, word.text) for word in command.words)
        found = installs.install(argv)
        if found is None or found.backend != source:
            continue
        edit = installs.migrated(found, argv, target)
        draft.losses += edit.losses
        for change in reversed(edit.edits):
            span = command.words[change.word].span
            start, new = span.start, change.new
            if new is None:  # the blank before the word goes with it
                start, new = command.words[change.word - 1].span.end, ""
            route = (*step.route, "run")
            draft.make(replace_in_scalar(draft.workflow.document, route, start, span.end, new, why=f"install {target}"))
        done += 1
    if done:
        _rename(draft, step.index, source, target)
    return done


def _in_action(draft: Draft, step: Step, source: str, target: str) -> int:
    found = actions.install_action(step.uses or "", step.inputs())
    if found is None or found.backend != source:
        return 0
    edits, losses = actions.migrated(found, target)
    draft.losses += losses
    for edit in edits:
        document, route = draft.workflow.document, draft.job.steps[step.index].route
        where = (*route, "uses") if edit.key == "uses" else (*route, "with", edit.key)
        why = f"install {target}"
        if edit.new is None:
            draft.make(remove_key(document, where, prune=True, why=why))
        elif edit.start is None or edit.end is None:
            draft.make(set_key(document, (*route, "with"), edit.key, edit.new, why=why))
        else:
            draft.make(replace_in_scalar(document, where, edit.start, edit.end, edit.new, why=why))
    _rename(draft, step.index, source, target)
    return 1


def _rename(draft: Draft, index: int, source: str, target: str) -> None:
    """A step called ``Install cargo-tarpaulin`` installs something else now."""
    step = draft.job.steps[index]
    if step.name is not None and (at := step.name.find(source)) >= 0:
        route = (*step.route, "name")
        draft.make(
            replace_in_scalar(draft.workflow.document, route, at, at + len(source), target, why=f"install {target}")
        )


def list_leftovers(draft: Draft, source: str) -> None:
    """Name what still speaks of the old tool in the job: step names, comments, cache keys."""
    word = source.removeprefix("cargo-").lower()
    document = draft.workflow.document
    for _, node in walk(draft.job.node):
        if isinstance(node, Scalar) and word in node.value.lower():
            first = next(line for line in node.value.splitlines() if word in line.lower()).strip()
            draft.say(NoteKind.LEFTOVER, f"still speaks of {word}: {first}", place=document.source.place(node.start))
    start, end = draft.job.node.start, draft.job.node.end
    for comment in comments(document):
        if start <= comment.start < end and word in comment.text.lower():
            draft.say(NoteKind.LEFTOVER, f"comment: {comment.text}", place=document.source.place(comment.start))
