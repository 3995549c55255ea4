"""Every simple command of a parsed script in source order, each told what it stands in."""

from __future__ import annotations

from msgspec.structs import replace

from covpath.workflow.shell.spans import Around, Enclosure
from covpath.workflow.shell.syntax import (
    AndOr,
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
    walk = _Walk()
    walk.over(body, ())
    walk.found.sort(key=_order)
    return tuple(walk.found)


def _order(command: Command) -> tuple[int, int]:
    return command.span.start, -command.span.end


class _Walk:
    """One pass over a script; ``found`` are the commands met."""

    def __init__(self) -> None:
        self.found: list[Command] = []

    def over(self, node: Node, context: Context) -> None:
        """Over whatever this is and what is in it."""
        match node:
            case Command():
                self._command(node, context)
            case Sequence():
                self._items(node, context)
            case Pipeline():
                self._pipeline(node, context)
            case AndOr():
                self._list(node, context)
            case If() | Loop() | Case():
                self._branching(node, context)
            case Subshell() | Group():
                around = Around.SUBSHELL if isinstance(node, Subshell) else Around.GROUP
                self.over(node.body, (*context, Enclosure(around, node.span)))
            case Function():
                self.over(node.body, (*context, Enclosure(Around.FUNCTION, node.span, name=node.name)))
            case Test():
                self._substitutions(node.substitutions, context)
            case Redirected():
                self.over(node.body, context)
                self._redirects(node.redirects, context)
            case Unparsed():
                self.over(node.inside, (*context, Enclosure(Around.UNPARSED, node.span)))

    def _command(self, node: Command, context: Context) -> None:
        found = Command(node.words, node.assignments, node.redirects, node.span, context) if context else node
        self.found.append(found)
        self._words(node.words, context)
        for assignment in node.assignments:
            if assignment.value is not None:
                self._words((assignment.value,), context)
        if node.redirects:
            self._redirects(node.redirects, context)

    def _items(self, node: Sequence, context: Context) -> None:
        for item in node.items:
            inner = context
            if item.background is not None:
                inner = (*context, Enclosure(Around.BACKGROUND, item.background))
            self.over(item.node, inner)

    def _list(self, node: AndOr, context: Context) -> None:
        count = len(node.rest) + 1
        first = Enclosure(Around.AND_OR, node.span, 0, count, node.rest[0].operator)
        self.over(node.first, (*context, first))
        for position, operand in enumerate(node.rest, 1):
            here = Enclosure(Around.AND_OR, node.span, position, count, operand.operator)
            self.over(operand.node, (*context, here))

    def _pipeline(self, node: Pipeline, context: Context) -> None:
        if node.negation is not None:
            context = (*context, Enclosure(Around.NEGATION, node.span))
        count = len(node.elements)
        for position, element in enumerate(node.elements):
            here = Enclosure(Around.PIPELINE, node.span, position, count)
            self.over(element, (*context, here) if count > 1 else context)

    def _branching(self, node: If | Loop | Case, context: Context) -> None:
        match node:
            case If():
                count = len(node.branches) + (node.otherwise is not None)
                for position, branch in enumerate(node.branches):
                    condition = Enclosure(Around.IF_CONDITION, node.span, position, count)
                    self.over(branch.condition, (*context, condition))
                    self.over(branch.body, (*context, replace(condition, around=Around.IF_BRANCH)))
                if node.otherwise is not None:
                    otherwise = Enclosure(Around.IF_BRANCH, node.span, count - 1, count)
                    self.over(node.otherwise, (*context, otherwise))
            case Loop():
                self._words(node.words or (), context)
                if node.condition is not None:
                    self.over(node.condition, (*context, Enclosure(Around.LOOP_CONDITION, node.span)))
                self.over(node.body, (*context, Enclosure(Around.LOOP_BODY, node.span)))
            case Case():
                self._words((node.subject,), context)
                for position, arm in enumerate(node.arms):
                    here = (*context, Enclosure(Around.CASE_ARM, node.span, position, len(node.arms)))
                    self._words(arm.patterns, here)
                    self.over(arm.body, here)

    def _words(self, words: tuple[Word, ...], context: Context) -> None:
        for word in words:
            # What is the same on every run is made by no command.
            if word.text is None:
                self._substitutions(word.substitutions, context)

    def _redirects(self, redirects: tuple[Redirect, ...], context: Context) -> None:
        for redirect in redirects:
            if redirect.target is not None:
                self._words((redirect.target,), context)
            if redirect.body is not None:
                heredoc = (*context, Enclosure(Around.HEREDOC, redirect.body))
                self._substitutions(redirect.substitutions, heredoc)

    def _substitutions(self, substitutions: tuple[Substitution, ...], context: Context) -> None:
        for substitution in substitutions:
            around = Around.PROCESS_SUBSTITUTION if substitution.process else Around.SUBSTITUTION
            self.over(substitution.body, (*context, Enclosure(around, substitution.span)))
