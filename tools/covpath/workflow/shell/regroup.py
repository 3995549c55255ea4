"""Lists and pipelines put back together the way the shell groups them."""

from __future__ import annotations

from dataclasses import replace

from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import AndOr, Command, Node, Operand, Pipeline, Redirect, Redirected, Word


def join_list(left: Node, operand: Operand, span: Span) -> AndOr:
    """One flat list: ``&&`` and ``||`` have equal precedence and group from the left."""
    first, rest = (left.first, left.rest) if isinstance(left, AndOr) else (left, ())
    if isinstance(operand.node, AndOr):
        inner = operand.node
        return AndOr(first, (*rest, replace(operand, node=inner.first), *inner.rest), span)
    return AndOr(first, (*rest, operand), span)


def redirect_last(node: Node, redirects: tuple[Redirect, ...], words: tuple[Word, ...]) -> Node:
    """Hang redirections on what they belong to: the last command of a list or pipeline."""
    end = max([node.span.end, *(redirect.span.end for redirect in redirects), *(word.span.end for word in words)])
    span = Span(node.span.start, end)
    if isinstance(node, Command):
        return replace(node, words=node.words + words, redirects=node.redirects + redirects, span=span)
    if isinstance(node, AndOr):
        last = node.rest[-1]
        operand = replace(last, node=redirect_last(last.node, redirects, words))
        return replace(node, rest=(*node.rest[:-1], operand), span=span)
    if isinstance(node, Pipeline):
        last_element = redirect_last(node.elements[-1], redirects, words)
        return replace(node, elements=(*node.elements[:-1], last_element), span=span)
    return Redirected(node, redirects, span)


def pipe_last(node: Node, elements: tuple[Node, ...], end: int) -> Node:
    """Extend the last pipeline of ``node`` by ``elements``."""
    span = Span(node.span.start, end)
    if isinstance(node, AndOr):
        last = node.rest[-1]
        operand = replace(last, node=pipe_last(last.node, elements, end))
        return replace(node, rest=(*node.rest[:-1], operand), span=span)
    if isinstance(node, Pipeline):
        return replace(node, elements=node.elements + elements, span=span)
    return Pipeline((node, *elements), span)
