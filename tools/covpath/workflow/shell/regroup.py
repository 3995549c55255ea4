"""Lists and pipelines put back together the way the shell groups them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import AndOr, Command, Node, Operand, Pipeline, Redirect, Redirected, Word


class _Mark(Struct, frozen=True):
    """An operator between nodes, or ``!`` in front of one."""

    sign: str
    span: Span


def group(elements: list[Node], negation: Span | None = None) -> Node:
    """Elements joined by ``|``, regrouped where lists among them show that the grammar misread precedence."""
    links: list[Node | _Mark] = [] if negation is None else [_Mark("!", negation)]
    for position, element in enumerate(elements):
        if position:
            links.append(_Mark("|", Span(element.span.start, element.span.start)))
        links += _flatten(element)
    operators = [link for link in links if isinstance(link, _Mark) and link.sign in {"&&", "||"}]
    pipelines = [_pipeline(part) for part in _split(links, {"&&", "||"})]
    if not operators:
        return pipelines[0]
    rest = tuple(Operand(mark.sign, mark.span, node) for mark, node in zip(operators, pipelines[1:], strict=True))
    return AndOr(pipelines[0], rest, Span(pipelines[0].span.start, pipelines[-1].span.end))


def _flatten(node: Node) -> list[Node | _Mark]:
    links: list[Node | _Mark] = []
    if isinstance(node, AndOr):
        links += _flatten(node.first)
        for operand in node.rest:
            links += [_Mark(operand.operator, operand.operator_span), *_flatten(operand.node)]
    elif isinstance(node, Pipeline):
        if node.negation is not None:
            links.append(_Mark("!", node.negation))
        for position, element in enumerate(node.elements):
            if position:
                links.append(_Mark("|", Span(element.span.start, element.span.start)))
            links += _flatten(element)
    else:
        links.append(node)
    return links


def _split(links: list[Node | _Mark], signs: set[str]) -> list[list[Node | _Mark]]:
    parts: list[list[Node | _Mark]] = [[]]
    for link in links:
        if isinstance(link, _Mark) and link.sign in signs:
            parts.append([])
        else:
            parts[-1].append(link)
    return parts


def _pipeline(links: list[Node | _Mark]) -> Node:
    negations = [link.span for link in links if isinstance(link, _Mark) and link.sign == "!"]
    nodes = tuple(link for link in links if not isinstance(link, _Mark))
    if len(nodes) == 1 and not negations:
        return nodes[0]
    # Two negations undo each other.
    negation = negations[0] if len(negations) % 2 else None
    start = negations[0].start if negations else nodes[0].span.start
    return Pipeline(nodes, Span(start, nodes[-1].span.end), negation)


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
