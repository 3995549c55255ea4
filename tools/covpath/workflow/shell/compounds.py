"""Compound commands, read by descent: branches, loops, groups and tests."""

from __future__ import annotations

import re
from collections.abc import Callable

from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import (
    Arm,
    Branch,
    Case,
    Command,
    Group,
    If,
    Item,
    Loop,
    Node,
    Sequence,
    Subshell,
    Test,
    Word,
)
from covpath.workflow.shell.tokens import NotSimple, Tokens

_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_QUESTION = re.compile(r"-[a-zA-Z]")
_COMPARING = frozenset(("=", "==", "!=", "=~", "-eq", "-ne", "-lt", "-le", "-gt", "-ge"))


def _if(tokens: Tokens) -> Node:
    start = tokens.start
    parts: list[tuple[tuple[Item, ...], tuple[Item, ...], Span]] = []
    while not parts or tokens.written() == "elif":
        head = tokens.start
        tokens.step()
        condition = tokens.some()
        head_end = tokens.expect("then")
        parts.append((condition, tokens.some(), Span(head, head_end)))
    otherwise = None
    if tokens.written() == "else":
        tokens.step()
        otherwise = tokens.some()
    span = Span(start, tokens.expect("fi"))
    branches = tuple(Branch(Sequence(asked, span), Sequence(body, span), head) for asked, body, head in parts)
    return If(branches, Sequence(otherwise, span) if otherwise is not None else None, span)


def _do(tokens: Tokens) -> Sequence:
    start = tokens.start
    tokens.expect("do")
    items = tokens.some()
    return Sequence(items, Span(start, tokens.expect("done")))


def _while(tokens: Tokens) -> Node:
    start, keyword = tokens.start, tokens.written()
    tokens.step()
    condition = tokens.some()
    body = _do(tokens)
    span = Span(start, body.span.end)
    return Loop(keyword, Sequence(condition, span), None, None, body, Span(start, body.span.start), span)


def _for(tokens: Tokens) -> Node:
    start = tokens.start
    tokens.step()
    name = tokens.written()
    if tokens.kind != "word" or _NAME.fullmatch(name) is None:
        raise NotSimple
    tokens.step()
    tokens.expect("in")
    words: list[Word] = []
    while tokens.kind == "word":
        words.append(tokens.word())
        tokens.step()
    if not words or tokens.kind not in (";", "\n"):
        raise NotSimple
    tokens.step_over_lines()
    body = _do(tokens)
    head = Span(start, body.span.start)
    return Loop("for", None, name, tuple(words), body, head, Span(start, body.span.end))


def _case(tokens: Tokens) -> Node:
    start = tokens.start
    tokens.step()
    if tokens.kind != "word":
        raise NotSimple
    subject = tokens.word()
    tokens.step()
    if tokens.kind != "word" or tokens.written() != "in":
        raise NotSimple
    tokens.step_over_lines()
    arms: list[Arm] = []
    while tokens.kind != "word" or tokens.written() != "esac":
        arms.append(_arm(tokens))
    if not arms:
        raise NotSimple
    end = tokens.end
    tokens.step()
    return Case(subject, tuple(arms), Span(start, end))


def _arm(tokens: Tokens) -> Arm:
    start = tokens.start
    patterns: list[Word] = []
    while True:
        if tokens.kind != "word":
            raise NotSimple
        patterns.append(tokens.word())
        tokens.step()
        if tokens.kind != "|":
            break
        tokens.step()
    if tokens.kind != ")":
        raise NotSimple
    tokens.step()
    items = tokens.statements()
    if tokens.kind != ";;":
        raise NotSimple
    body = Sequence(items, Span(start, tokens.end))
    tokens.step_over_lines()
    return Arm(tuple(patterns), body, ";;")


def _group(tokens: Tokens) -> Node:
    start = tokens.start
    tokens.step()
    items = tokens.some()
    span = Span(start, tokens.expect("}", "bracket"))
    return Group(Sequence(items, span), span)


def _subshell(tokens: Tokens) -> Node:
    start = tokens.start
    if tokens.text.startswith("(", start + 1):
        before = len(tokens.found)
        span = tokens.comparison()
        return Test(tokens.words.text[start : span.end], None, tuple(tokens.found[before:]), span)
    tokens.step()
    items = tokens.some()
    if tokens.kind != ")":
        raise NotSimple
    span = Span(start, tokens.end)
    tokens.step()
    return Subshell(Sequence(items, span), span)


def _test(tokens: Tokens) -> Node:
    start = tokens.start
    words = tokens.words.plain(start, tokens.end)
    tokens.step()
    while tokens.kind == "word":
        words.append(tokens.word())
        tokens.step()
    words += tokens.words.plain(tokens.start, tokens.end)
    return Command(tuple(words), (), (), Span(start, tokens.expect("]", "bracket")))


def _extended_test(tokens: Tokens) -> Node:
    start = tokens.start
    before, tokens.found = tokens.found, []
    while tokens.kind in ("&&", "||") or tokens.start == start:
        tokens.step()
        _condition(tokens)
    found = tuple(tokens.found)
    tokens.found = before
    span = Span(start, tokens.expect("]]", "bracket"))
    words = tokens.words.split(start + 2, span.end - 2)
    return Test(tokens.words.text[start : span.end], words, found, span)


def _condition(tokens: Tokens) -> None:
    """Over one comparison or question of an extended test."""
    written: list[str] = []
    while tokens.kind == "word":
        written.append(tokens.written())
        if written[-1] == "=~":
            tokens.step_to_regex()
        else:
            tokens.step()
    if written[:1] == ["!"]:
        del written[0]
    stands = len(written) == 1 and written[0][0] != "-"
    asks = len(written) == 2 and _QUESTION.fullmatch(written[0]) is not None
    compares = len(written) == 3 and written[1] in _COMPARING
    if not (stands or asks or compares) or "!" in written:
        raise NotSimple


COMPOUNDS: dict[str, Callable[[Tokens], Node]] = {
    "if": _if,
    "while": _while,
    "until": _while,
    "for": _for,
    "case": _case,
    "{": _group,
    "(": _subshell,
    "[": _test,
    "[[": _extended_test,
}
"""By what each begins with."""
