"""From tree-sitter's concrete tree for bash to our model of a script.

The grammar's own liberties are put right here: redirections that swallow words or hang on a whole
list, here-documents that swallow the rest of their line, ``!`` that binds tighter than ``|``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from msgspec.structs import replace

from covpath.workflow.shell.lower_command import REDIRECTS, CommandLowering
from covpath.workflow.shell.regroup import group, join_list, pipe_last, redirect_last
from covpath.workflow.shell.spans import Span
from covpath.workflow.shell.syntax import (
    AndOr,
    Arm,
    Branch,
    Case,
    Command,
    Function,
    Group,
    If,
    Item,
    Loop,
    Node,
    Operand,
    Pipeline,
    Redirect,
    Sequence,
    Subshell,
    Test,
    Unparsed,
    Word,
)

if TYPE_CHECKING:
    from tree_sitter import Node as Tree

_SEPARATORS = frozenset({";", "\n", "comment", ";;", "heredoc_body", "heredoc_end"})


class Lowering:
    """Lowers one script.

    ``errors`` collects the spans that did not parse; ``glued`` the offsets of newlines across which
    the grammar made one command of two (it does after several assignments).
    """

    def __init__(self, text: str, expressions: tuple[Span, ...], char_offset: Callable[[int], int]) -> None:
        self._parts = CommandLowering(text, expressions, char_offset, self.sequence)
        self.span = self._parts.span
        self.errors = self._parts.errors
        self.glued = self._parts.glued
        self._compound: dict[str, Callable[[Tree], Node]] = {
            "list": self._list,
            "pipeline": self._pipeline,
            "negated_command": self._negated,
            "redirected_statement": self._redirected,
            "compound_statement": self._braces,
            "subshell": self._subshell,
            "if_statement": self._if,
            "while_statement": self._while,
            "for_statement": self._for,
            "c_style_for_statement": self._counting_for,
            "case_statement": self._case,
            "function_definition": self._function,
            "test_command": self._test,
            "variable_assignments": self._simple,
            "variable_assignment": lambda tree: self._parts.command([tree], self.span(tree)),
        }

    def sequence(self, children: Iterable[Tree], owner: Tree) -> Sequence:
        """Statements among ``children``; their ``&`` belongs to the statement before."""
        items: list[Item] = []
        for child in children:
            if child.type == "&":
                if items:
                    items[-1] = replace(items[-1], background=self.span(child))
            elif child.type not in _SEPARATORS:
                items.append(Item(self._statement(child)))
        return Sequence(tuple(items), self.span(owner))

    def _statement(self, tree: Tree) -> Node:
        if tree.type == "ERROR" or not tree.is_named:
            return self._unparsed(tree)
        return self._compound.get(tree.type, self._simple)(tree)

    def _unparsed(self, tree: Tree) -> Node:
        span = self.span(tree)
        self.errors.append(span)
        inner = [child for child in tree.children if child.is_named and _is_statement(child)]
        return Unparsed(self.sequence(inner, tree), span)

    def _simple(self, tree: Tree) -> Node:
        if tree.type not in {"command", "declaration_command", "unset_command", "variable_assignments"}:
            return self._unparsed(tree)
        keyword = tree.type in {"declaration_command", "unset_command"}
        return self._parts.command(tree.children, self.span(tree), keyword=keyword)

    # --- lists, pipelines, redirections ------------------------------------------------------------

    def _redirected(self, tree: Tree) -> Node:
        body_tree = tree.child_by_field_name("body")
        redirects: list[Redirect] = []
        extra: list[Word] = []
        for child in tree.children:
            if child.type in REDIRECTS:
                redirect, words = self._parts.redirect(child)
                redirects.append(redirect)
                extra += words
                for inner in child.children_by_field_name("redirect"):
                    more, words = self._parts.redirect(inner)
                    redirects.append(more)
                    extra += words
        if body_tree is None:
            return Command(tuple(extra), (), tuple(redirects), self.span(tree))
        node = redirect_last(self._statement(body_tree), tuple(redirects), tuple(extra))
        for child in tree.children:
            if child.type == "heredoc_redirect":
                node = self._behind_heredoc(node, child)
        return node

    def _behind_heredoc(self, node: Node, tree: Tree) -> Node:
        """What stands on a here-document's first line behind it: ``cat <<E | b``, ``cat <<E && b``."""
        for child in tree.children:
            if child.type == "pipeline":
                elements = [self._statement(inner) for inner in child.children if inner.is_named]
                last = elements[-1]
                if isinstance(last, AndOr):
                    # The grammar reads `<<E | b && c` as `<<E | (b && c)`.
                    node = pipe_last(node, (*elements[:-1], last.first), last.first.span.end)
                    for operand in last.rest:
                        node = join_list(node, operand, Span(node.span.start, operand.node.span.end))
                else:
                    node = pipe_last(node, tuple(elements), self.span(child).end)
        operator = tree.child_by_field_name("operator")
        right = tree.child_by_field_name("right")
        if operator is not None and right is not None:
            operand = Operand(operator.type, self.span(operator), self._statement(right))
            node = join_list(node, operand, Span(node.span.start, self.span(right).end))
        return node

    def _list(self, tree: Tree) -> Node:
        named = [child for child in tree.children if child.is_named and child.type != "comment"]
        operator = next(child for child in tree.children if child.type in {"&&", "||"})
        if len(named) != 2:
            return self._unparsed(tree)
        operand = Operand(operator.type, self.span(operator), self._statement(named[1]))
        return join_list(self._statement(named[0]), operand, self.span(tree))

    def _pipeline(self, tree: Tree) -> Node:
        elements = [self._statement(child) for child in tree.children if child.is_named and child.type != "comment"]
        # `a | ! b` is a syntax error in bash; the grammar lets it pass.
        self.errors += [
            element.negation
            for element in elements[1:]
            if isinstance(element, Pipeline) and element.negation is not None
        ]
        return group(elements)

    def _negated(self, tree: Tree) -> Node:
        return group([self._statement(tree.children[-1])], self.span(tree.children[0]))

    # --- compound commands -------------------------------------------------------------------------

    def _braces(self, tree: Tree) -> Node:
        if tree.children[0].type == "((":
            return self._test(tree)
        return Group(self.sequence(tree.children[1:-1], tree), self.span(tree))

    def _subshell(self, tree: Tree) -> Node:
        source = self._parts.source(tree)
        if source.startswith("((") and source.endswith("))"):
            # Behind `!` the grammar takes arithmetic for two subshells.
            return Test(source, None, self._parts.find_substitutions(tree), self.span(tree))
        return Subshell(self.sequence(tree.children[1:-1], tree), self.span(tree))

    def _test(self, tree: Tree) -> Node:
        span = self.span(tree)
        found = self._parts.find_substitutions(tree)
        opening = tree.children[0].type
        if opening == "((":
            return Test(self._parts.source(tree), None, found, span)
        closing = len(opening)
        words = self._parts.words.split(span.start + closing, span.end - closing)
        if opening == "[[":
            return Test(self._parts.source(tree), words, found, span)
        first = self._parts.words.read(span.start, span.start + 1)
        last = self._parts.words.read(span.end - 1, span.end)
        return Command((first, *words, last), (), (), span)

    def _if(self, tree: Tree) -> Node:
        parts = (tree, *(child for child in tree.children if child.type == "elif_clause"))
        branches = tuple(self._branch(part, tree) for part in parts)
        otherwise = None
        for child in tree.children:
            if child.type == "else_clause":
                otherwise = self.sequence(child.children[1:], tree)
        return If(branches, otherwise, self.span(tree))

    def _branch(self, tree: Tree, whole: Tree) -> Branch:
        then = next(index for index, child in enumerate(tree.children) if child.type == "then")
        condition = self.sequence(tree.children[1:then], whole)
        body = self.sequence(
            (child for child in tree.children[then + 1 :] if child.type not in {"elif_clause", "else_clause", "fi"}),
            whole,
        )
        return Branch(condition, body, Span(self.span(tree).start, self.span(tree.children[then]).end))

    def _while(self, tree: Tree) -> Node:
        body = tree.child_by_field_name("body")
        assert body is not None
        condition = self.sequence((child for child in tree.children[1:] if child.type != "do_group"), tree)
        head = Span(self.span(tree).start, self.span(body).start)
        return Loop(tree.children[0].type, condition, None, None, self._do(body), head, self.span(tree))

    def _do(self, tree: Tree) -> Sequence:
        return self.sequence(tree.children[1:-1], tree)

    def _for(self, tree: Tree) -> Node:
        body = tree.child_by_field_name("body")
        variable = tree.child_by_field_name("variable")
        if body is None or variable is None:
            return self._unparsed(tree)
        words: list[Word] = []
        for child in tree.children_by_field_name("value"):
            self._parts.append_word(words, child)
        given = tuple(words) if any(child.type == "in" for child in tree.children) else None
        head = Span(self.span(tree).start, self.span(body).start)
        name = self._parts.source(variable)
        return Loop(tree.children[0].type, None, name, given, self._do(body), head, self.span(tree))

    def _counting_for(self, tree: Tree) -> Node:
        body = tree.child_by_field_name("body")
        if body is None:
            return self._unparsed(tree)
        inner = self._do(body) if body.type == "do_group" else self.sequence(body.children[1:-1], body)
        head = Span(self.span(tree).start, self.span(body).start)
        return Loop("for((", None, None, None, inner, head, self.span(tree))

    def _case(self, tree: Tree) -> Node:
        subject = tree.child_by_field_name("value")
        assert subject is not None
        arms = tuple(self._arm(child) for child in tree.children if child.type == "case_item")
        return Case(self._parts.word(subject), arms, self.span(tree))

    def _arm(self, tree: Tree) -> Arm:
        patterns = tree.children_by_field_name("value")
        close = next(index for index, child in enumerate(tree.children) if child.type == ")")
        ends = {";;", ";&", ";;&"}
        terminator = next((child.type for child in tree.children if child.type in ends), "")
        body = self.sequence((child for child in tree.children[close + 1 :] if child.type not in ends), tree)
        return Arm(tuple(self._parts.word(pattern) for pattern in patterns), body, terminator)

    def _function(self, tree: Tree) -> Node:
        name = tree.child_by_field_name("name")
        body = tree.child_by_field_name("body")
        if name is None or body is None:
            return self._unparsed(tree)
        return Function(self._parts.source(name), self._statement(body), self.span(tree))


def _is_statement(tree: Tree) -> bool:
    return tree.type.endswith(("statement", "command", "definition")) or tree.type in {"list", "pipeline", "subshell"}
