"""Shell arithmetic over values that may be known only as positive, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum

from covpath.patterns import regex
from covpath.workflow.shell.execution.state import Fuzzy, State, Value


class Rough(Enum):
    """A number not known exactly; ``FAILED`` and ``POSITIVE`` are 1 to 255."""

    FAILED = "the failed command's status"
    POSITIVE = "positive"
    ANY = "any"


Number = int | Rough
_SYMBOL = regex(
    r"\s*(?:(\d+)|\$?\{?([A-Za-z_]\w*|\?)\}?|(\+\+|--|\+=|-=|&&|\|\||==|!=|<=|>=|[-+*/%<>!&|()=]))", re.ASCII
)


class _NotUnderstood(Exception):
    pass


def evaluate(text: str, state: State) -> tuple[Value, State]:
    """The value of an arithmetic expression and the state after its assignments."""
    try:
        parser = _Parser(text, state)
        number = parser.parse()
    except _NotUnderstood:
        names = frozenset(re.findall(r"[A-Za-z_]\w*", text))
        return Fuzzy.ANY, state.forget(names)
    return _value(number), parser.state


def _value(number: Number) -> Value:
    if isinstance(number, int):
        return str(number)
    return {Rough.FAILED: Fuzzy.FAILED, Rough.POSITIVE: Fuzzy.NONZERO, Rough.ANY: Fuzzy.ANY}[number]


def number_of(value: object) -> Number:
    """A variable's value as a number; an empty one counts as 0."""
    if value is Fuzzy.FAILED:
        return Rough.FAILED
    if value is Fuzzy.NONZERO:
        return Rough.POSITIVE
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d*\s*", value):
        return int(value or "0") if value.strip() not in {"", "-"} else 0
    return Rough.ANY


def positive(number: Number) -> bool:
    """Whether a number is certainly above 0."""
    return number > 0 if isinstance(number, int) else number is not Rough.ANY


class _Parser:
    """Precedence climbing over the operators scripts use on statuses and counters."""

    _LEVELS: tuple[tuple[str, ...], ...] = (
        ("||",),
        ("&&",),
        ("|",),
        ("&",),
        ("==", "!="),
        ("<", "<=", ">", ">="),
        ("+", "-"),
        ("*", "/", "%"),
    )

    def __init__(self, text: str, state: State) -> None:
        self.state = state
        self._symbols: list[str] = []
        position = 0
        text = text.rstrip()
        while position < len(text):
            match = _SYMBOL.match(text, position)
            if match is None:
                raise _NotUnderstood
            self._symbols.append(next(group for group in match.groups() if group is not None))
            position = match.end()
        self._index = 0

    def parse(self) -> Number:
        if not self._symbols:
            return 0
        number = self._level(0)
        if self._index < len(self._symbols):
            raise _NotUnderstood
        return number

    def _peek(self) -> str:
        return self._symbols[self._index] if self._index < len(self._symbols) else ""

    def _take(self) -> str:
        symbol = self._peek()
        self._index += 1
        return symbol

    def _level(self, level: int) -> Number:
        if level == len(self._LEVELS):
            return self._unary()
        left = self._level(level + 1)
        while self._peek() in self._LEVELS[level]:
            left = combine(self._take(), left, self._level(level + 1))
        return left

    def _unary(self) -> Number:
        symbol = self._take()
        if symbol == "!":
            inner = self._unary()
            return int(inner == 0) if isinstance(inner, int) else (0 if positive(inner) else Rough.ANY)
        if symbol == "-":
            inner = self._unary()
            return -inner if isinstance(inner, int) else Rough.ANY
        if symbol == "(":
            inner = self._level(0)
            if self._take() != ")":
                raise _NotUnderstood
            return inner
        if symbol in {"++", "--"}:
            return self._step(self._take(), symbol, after=True)
        if symbol.isdigit():
            return int(symbol, 8 if symbol.startswith("0") and symbol.strip("01234567") == "" else 10)
        return self._name(symbol)

    def _name(self, name: str) -> Number:
        if name == "?":
            return number_of(self.state.status)
        if not name.isidentifier():
            raise _NotUnderstood
        following = self._peek()
        if following in {"++", "--"}:
            self._take()
            return self._step(name, following, after=False)
        if following in {"=", "+=", "-="}:
            self._take()
            number = self._level(0)
            if following != "=":
                number = combine(following[0], number_of(self.state.variable(name)), number)
            self.state = self.state.assign(name, _value(number))
            return number
        return number_of(self.state.variable(name))

    def _step(self, name: str, operator: str, *, after: bool) -> Number:
        if not name.isidentifier():
            raise _NotUnderstood
        before = number_of(self.state.variable(name))
        changed = combine(operator[0], before, 1)
        self.state = self.state.assign(name, _value(changed))
        return changed if after else before


_EXACT: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "|": lambda a, b: a | b,
    "&": lambda a, b: a & b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "&&": lambda a, b: a != 0 and b != 0,
    "||": lambda a, b: a != 0 or b != 0,
}
_MIRROR = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


def combine(operator: str, left: Number, right: Number) -> Number:
    """``left operator right``; what is positive here is a status, so 1 to 255."""
    if isinstance(left, int) and isinstance(right, int):
        return int(_EXACT[operator](left, right)) if operator in _EXACT else Rough.ANY
    if operator == "&&" and 0 in (left, right):
        return 0
    if operator == "||" and (positive(left) or positive(right)):
        return 1
    if operator in {"+", "|"} and 0 in (left, right):
        return left if right == 0 else right
    if operator == "|" and positive(left) and positive(right):
        # Two statuses or-ed stay within 1 to 255.
        return Rough.FAILED if Rough.FAILED in (left, right) else Rough.POSITIVE
    if operator in _MIRROR:
        if isinstance(left, int):
            return combine(_MIRROR[operator], right, left)
        if isinstance(right, int) and left is not Rough.ANY:
            return _compare_status(operator, right)
    return Rough.ANY


def _compare_status(operator: str, bound: int) -> Number:
    """A number from 1 to 255 compared with an exact one: 1, 0, or not known."""
    answers = {bool(_EXACT[operator](number, bound)) for number in (1, 255, min(max(bound, 1), 255))}
    if operator in {"==", "!="} and 1 <= bound <= 255:
        return Rough.ANY
    return int(answers.pop()) if len(answers) == 1 else Rough.ANY
