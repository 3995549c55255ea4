"""Every simple command of a parsed script in source order, each told what it stands in."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from covpath.workflow.shell.spans import Around, Enclosure
from covpath.workflow.shell.syntax import (
    AndOr,
    Assignment,
    Case,
    Command,
    Function,
    Group,
    If,
    Loop,
    Node,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    Subshell,
    Substitution,
    Test,
    Unparsed,
    Word,
)

Context = tuple[Enclosure, ...]


def commands_of(body: Sequence) -> tuple[Command, ...]:
    """All simple commands below ``body`` with their contexts filled in."""
    if all(isinstance(item.node, Command) and item.background is None for item in body.items):
        plain = [item.node for item in body.items if isinstance(item.node, Command)]
        if not any(_runs_more(command) for command in plain):
            return tuple(plain)
    found = list(_walk(body, ()))
    found.sort(key=lambda command: (command.span.start, -command.span.end))
    return tuple(found)


def _runs_more(command: Command) -> bool:
    words = (*command.words, *(assignment.value for assignment in command.assignments if assignment.value))
    return bool(command.redirects) or any(isinstance(part, Substitution) for word in words for part in word.parts)


def _walk(node: Node, context: Context) -> Iterator[Command]:
    match node:
        case Command():
            yield replace(node, context=context) if context else node
            yield from _in_words(node.words, context)
            yield from _in_assignments(node.assignments, context)
            yield from _in_redirects(node.redirects, context)
        case Sequence():
            for item in node.items:
                inner = context
                if item.background is not None:
                    inner = (*context, Enclosure(Around.BACKGROUND, item.background))
                yield from _walk(item.node, inner)
        case Pipeline():
            yield from _walk_pipeline(node, context)
        case AndOr():
            count = len(node.rest) + 1
            first = Enclosure(Around.AND_OR, node.span, 0, count, node.rest[0].operator)
            yield from _walk(node.first, (*context, first))
            for position, operand in enumerate(node.rest, 1):
                here = Enclosure(Around.AND_OR, node.span, position, count, operand.operator)
                yield from _walk(operand.node, (*context, here))
        case If() | Loop() | Case():
            yield from _walk_branching(node, context)
        case Subshell() | Group():
            around = Around.SUBSHELL if isinstance(node, Subshell) else Around.GROUP
            yield from _walk(node.body, (*context, Enclosure(around, node.span)))
        case Function():
            yield from _walk(node.body, (*context, Enclosure(Around.FUNCTION, node.span, name=node.name)))
        case Test():
            yield from _in_substitutions(node.substitutions, context)
        case Redirected():
            yield from _walk(node.body, context)
            yield from _in_redirects(node.redirects, context)
        case Unparsed():
            yield from _walk(node.inside, (*context, Enclosure(Around.UNPARSED, node.span)))


def _walk_pipeline(node: Pipeline, context: Context) -> Iterator[Command]:
    if node.negation is not None:
        context = (*context, Enclosure(Around.NEGATION, node.span))
    count = len(node.elements)
    for position, element in enumerate(node.elements):
        here = Enclosure(Around.PIPELINE, node.span, position, count)
        yield from _walk(element, (*context, here) if count > 1 else context)


def _walk_branching(node: If | Loop | Case, context: Context) -> Iterator[Command]:
    match node:
        case If():
            count = len(node.branches) + (node.otherwise is not None)
            for position, branch in enumerate(node.branches):
                condition = Enclosure(Around.IF_CONDITION, node.span, position, count)
                yield from _walk(branch.condition, (*context, condition))
                yield from _walk(branch.body, (*context, replace(condition, around=Around.IF_BRANCH)))
            if node.otherwise is not None:
                otherwise = Enclosure(Around.IF_BRANCH, node.span, count - 1, count)
                yield from _walk(node.otherwise, (*context, otherwise))
        case Loop():
            yield from _in_words(node.words or (), context)
            if node.condition is not None:
                yield from _walk(node.condition, (*context, Enclosure(Around.LOOP_CONDITION, node.span)))
            yield from _walk(node.body, (*context, Enclosure(Around.LOOP_BODY, node.span)))
        case Case():
            yield from _in_words((node.subject,), context)
            for position, arm in enumerate(node.arms):
                here = Enclosure(Around.CASE_ARM, node.span, position, len(node.arms))
                yield from _in_words(arm.patterns, (*context, here))
                yield from _walk(arm.body, (*context, here))


def _in_words(words: tuple[Word, ...], context: Context) -> Iterator[Command]:
    for word in words:
        yield from _in_substitutions(word.substitutions, context)


def _in_assignments(assignments: tuple[Assignment, ...], context: Context) -> Iterator[Command]:
    for assignment in assignments:
        if assignment.value is not None:
            yield from _in_words((assignment.value,), context)


def _in_redirects(redirects: tuple[Redirect, ...], context: Context) -> Iterator[Command]:
    for redirect in redirects:
        if redirect.target is not None:
            yield from _in_words((redirect.target,), context)
        if redirect.body is not None:
            heredoc = (*context, Enclosure(Around.HEREDOC, redirect.body))
            yield from _in_substitutions(redirect.substitutions, heredoc)


def _in_substitutions(substitutions: tuple[Substitution, ...], context: Context) -> Iterator[Command]:
    for substitution in substitutions:
        around = Around.PROCESS_SUBSTITUTION if substitution.process else Around.SUBSTITUTION
        yield from _walk(substitution.body, (*context, Enclosure(around, substitution.span)))
