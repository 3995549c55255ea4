"""Reading an expression: precedence, flattening and limits as GitHub's expression parser has them.

Source: actions/runner, ``src/Sdk/Expressions/ExpressionParser.cs``. Which contexts and functions a place
allows is not decided here but in ``availability``.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

from covpath.workflow.expressions.lex import Kind, Token, tokens
from covpath.workflow.expressions.tree import Call, Compare, Context, Expr, ExpressionError, Index, Literal, Logic, Not

MAX_DEPTH = 50
"""Levels of the syntax tree (``ExpressionConstants.MaxDepth``); here also of parentheses."""

ARITY: dict[str, tuple[int, int]] = {
    "always": (0, 0),
    "cancelled": (0, 0),
    "case": (3, 255),
    "contains": (2, 2),
    "endswith": (2, 2),
    "failure": (0, 255),
    "format": (1, 255),
    "fromjson": (1, 1),
    "hashfiles": (1, 255),
    "join": (1, 2),
    "startswith": (2, 2),
    "success": (0, 255),
    "tojson": (1, 1),
}
"""Every function there is, in lower case, with the fewest and the most arguments it takes."""

Node = TypeVar("Node", bound=Expr)

_LEVELS = {"||": 1, "&&": 2, "==": 3, "!=": 3, ">": 4, ">=": 4, "<": 4, "<=": 4}


@lru_cache(maxsize=2048)
def parse(text: str, base: int = 0) -> Expr:
    """The tree of an expression without ``${{`` and ``}}``.

    All offsets count from the start of what surrounds the text, in which it begins at ``base``.
    Raises ExpressionError with the offset of the first thing GitHub would not accept.
    """
    return _Parser(tokens(text, base)).whole()


class _Parser:
    """Precedence climbing over one expression's tokens."""

    def __init__(self, found: tuple[Token, ...]) -> None:
        self.tokens = found
        self.position = 0
        self.nesting = 0
        self.depths: dict[int, int] = {}  # by node identity: all nodes live until the tree is done

    def whole(self) -> Expr:
        if self.peek().kind is Kind.END:
            raise ExpressionError("An expression was expected.", offset=self.peek().start)
        expr = self.binary(1)
        if self.peek().kind is not Kind.END:
            raise self.unexpected()
        return expr

    def peek(self) -> Token:
        return self.tokens[self.position]

    def take(self) -> Token:
        token = self.tokens[self.position]
        self.position += 1
        return token

    def accept(self, mark: str) -> bool:
        token = self.tokens[self.position]
        if token.kind is Kind.MARK and token.text == mark:
            self.position += 1
            return True
        return False

    def expect(self, mark: str) -> Token:
        if not self.accept(mark):
            raise self.unexpected()
        return self.tokens[self.position - 1]

    def unexpected(self) -> ExpressionError:
        token = self.peek()
        if token.kind is Kind.END:
            return ExpressionError("Unexpected end of expression.", offset=token.start)
        return ExpressionError(f"Unexpected symbol: '{token.text[:80]}'.", offset=token.start)

    def node(self, node: Node, *below: Expr) -> Node:
        """Notes how deep ``node`` is and refuses what GitHub would call too deep."""
        depth = 1 + max([self.depths[id(child)] for child in below]) if below else 1
        if depth > MAX_DEPTH:
            raise ExpressionError(f"The expression is nested more than {MAX_DEPTH} levels deep.", offset=node.start)
        self.depths[id(node)] = depth
        return node

    def enter(self) -> None:
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            raise ExpressionError(
                f"Parentheses are nested more than {MAX_DEPTH} levels deep.", offset=self.peek().start
            )

    def nested(self) -> Expr:
        self.enter()
        expr = self.binary(1)
        self.nesting -= 1
        return expr

    def binary(self, level: int) -> Expr:
        left = self.unary()
        while (token := self.peek()).kind is Kind.OPERATOR and _LEVELS.get(token.text, 0) >= level:
            operator = self.take().text
            left = self.join(operator, left, self.binary(_LEVELS[operator] + 1))
        return left

    def join(self, operator: str, left: Expr, right: Expr) -> Expr:
        if operator in {"&&", "||"}:
            args = (*_same(operator, left), *_same(operator, right))
            return self.node(Logic(operator, args, left.start, right.end), *args)  # type: ignore[arg-type]
        return self.node(Compare(operator, left, right, left.start, right.end), left, right)  # type: ignore[arg-type]

    def unary(self) -> Expr:
        starts: list[int] = []
        while (token := self.peek()).kind is Kind.OPERATOR and token.text == "!":
            starts.append(self.take().start)
        expr = self.postfix()
        for start in reversed(starts):
            expr = self.node(Not(expr, start, expr.end), expr)
        return expr

    def postfix(self) -> Expr:
        expr, indexable = self.primary()
        while indexable and self.peek().kind is Kind.MARK:
            if self.accept("["):
                key = None if self.accept("*") else self.nested()
                end = self.expect("]").end
            elif self.accept("."):
                key, end = self.property()
            else:
                break
            below = (expr,) if key is None else (expr, key)
            expr = self.node(Index(expr, key, expr.start, end), *below)
        return expr

    def property(self) -> tuple[Literal | None, int]:
        if self.accept("*"):
            return None, self.tokens[self.position - 1].end
        if self.peek().kind is not Kind.NAME:
            raise self.unexpected()
        token = self.take()
        return self.node(Literal(token.text, token.start, token.end)), token.end

    def primary(self) -> tuple[Expr, bool]:
        """The next operand, and whether it may be indexed."""
        token = self.peek()
        if token.kind is Kind.LITERAL:
            self.take()
            return self.node(Literal(token.value, token.start, token.end)), False
        if token.kind is Kind.NAME:
            self.take()
            if self.accept("("):
                return self.call(token), True
            return self.node(Context(token.text, token.start, token.end)), True
        self.expect("(")
        expr = self.nested()
        self.expect(")")
        return expr, True

    def call(self, name: Token) -> Expr:
        args: list[Expr] = []
        if not self.accept(")"):
            args.append(self.nested())
            while self.accept(","):
                args.append(self.nested())
            self.expect(")")
        _check_arity(name, len(args))
        return self.node(Call(name.text, tuple(args), name.start, self.tokens[self.position - 1].end), *args)


def _same(operator: str, expr: Expr) -> tuple[Expr, ...]:
    """GitHub flattens nested ``&&`` and nested ``||``, parentheses or not."""
    return expr.args if isinstance(expr, Logic) and expr.operator == operator else (expr,)


def _check_arity(name: Token, count: int) -> None:
    limits = ARITY.get(name.text.lower())
    if limits is None:
        raise ExpressionError(f"Unrecognized function: '{name.text}'.", offset=name.start)
    if count < limits[0]:
        raise ExpressionError(f"Too few parameters for '{name.text}': {count}, not {limits[0]}.", offset=name.start)
    if count > limits[1]:
        raise ExpressionError(f"Too many parameters for '{name.text}': {count}, not {limits[1]}.", offset=name.start)
    if name.text.lower() == "case" and count % 2 == 0:
        raise ExpressionError("'case' takes an odd number of parameters.", offset=name.start)
