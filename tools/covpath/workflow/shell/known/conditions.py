"""``[ ... ]``, ``test`` and ``[[ ... ]]`` over known texts."""

from __future__ import annotations

import re

from covpath.terms import Tri, both, either
from covpath.workflow.shell.known.texts import HOLE, Unclear, empty, equal, fits, found, known, regex
from covpath.workflow.shell.known.words import Expander
from covpath.workflow.shell.syntax import Word

_NUMERIC = {
    "-eq": int.__eq__, "-ne": int.__ne__, "-lt": int.__lt__, "-le": int.__le__, "-gt": int.__gt__, "-ge": int.__ge__,
    "==": int.__eq__, "!=": int.__ne__, "<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__,
}  # fmt: skip
_NUMBER = re.compile(r"\s*[-+]?\d+\s*")


def plain_test(operands: list[str]) -> Tri:
    """What ``test`` answers about words that are expanded already. Raises Unclear for what it would refuse."""
    return _Test(operands).answer()


class _Test:
    """A recursive descent over the operands; ``-o`` binds weaker than ``-a``."""

    def __init__(self, operands: list[str]) -> None:
        self.operands = operands
        self.at = 0

    def answer(self) -> Tri:
        if not self.operands:
            return Tri.FALSE
        result = self.either()
        if self.at != len(self.operands):
            raise Unclear
        return result

    def peek(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.operands[index] if index < len(self.operands) else ""

    def either(self) -> Tri:
        result = self.both()
        while self.peek() == "-o":
            self.at += 1
            result = either(result, self.both())
        return result

    def both(self) -> Tri:
        result = self.one()
        while self.peek() == "-a":
            self.at += 1
            result = both(result, self.one())
        return result

    def one(self) -> Tri:
        left = len(self.operands) - self.at
        if left >= 3 and _is_binary(self.peek(1)):
            first, operator, second = self.operands[self.at : self.at + 3]
            self.at += 3
            return compared(operator, first, second)
        if self.peek() == "!" and left > 1:
            self.at += 1
            return self.one().negate()
        if self.peek() == "(" and left > 2:
            self.at += 1
            result = self.either()
            self.at += 1
            return result
        if left >= 2 and re.fullmatch("-[a-zA-Z]", self.peek()):
            self.at += 2
            return unary(self.operands[self.at - 2], self.operands[self.at - 1])
        self.at += 1
        return empty(self.operands[self.at - 1]).negate()


def _is_binary(operator: str) -> bool:
    return operator in {"=", "==", "!=", "<", ">"} or (operator.startswith("-") and operator in _NUMERIC)


def compared(operator: str, left: str, right: str) -> Tri:
    """``left operator right`` as ``test`` compares."""
    if operator in {"=", "=="}:
        return equal(left, right)
    if operator == "!=":
        return equal(left, right).negate()
    if operator in {"<", ">"}:
        return Tri.of(left < right if operator == "<" else left > right) if known(left + right) else Tri.UNKNOWN
    return by_number(operator, left, right)


def by_number(operator: str, left: str, right: str) -> Tri:
    """Two numbers compared; what is no number is an error, which nothing follows."""
    if HOLE in left or HOLE in right:
        return Tri.UNKNOWN
    if not (_NUMBER.fullmatch(left) and _NUMBER.fullmatch(right)):
        raise Unclear
    return Tri.of(bool(_NUMERIC[operator](int(left), int(right))))


def unary(operator: str, operand: str) -> Tri:
    """``-z`` and ``-n``; what asks about files is not known."""
    if operator == "-z":
        return empty(operand)
    return empty(operand).negate() if operator == "-n" else Tri.UNKNOWN


class DoubleBracket:
    """``[[ ... ]]``: patterns and regular expressions on the right, nothing split into fields."""

    def __init__(self, words: tuple[Word, ...], expander: Expander) -> None:
        self.words = words
        self.expander = expander
        self.at = 0

    def answer(self) -> Tri:
        """What it comes to."""
        result = self._either()
        if self.at != len(self.words):
            raise Unclear
        return result

    def _peek(self, ahead: int = 0) -> str:
        index = self.at + ahead
        return self.words[index].raw if index < len(self.words) else ""

    def _either(self) -> Tri:
        result = self._both()
        while self._peek() == "||":
            self.at += 1
            result = either(result, self._both())
        return result

    def _both(self) -> Tri:
        result = self._one()
        while self._peek() == "&&":
            self.at += 1
            result = both(result, self._one())
        return result

    def _one(self) -> Tri:
        word = self._peek()
        if word == "!":
            self.at += 1
            return self._one().negate()
        if word == "(":
            self.at += 1
            result = self._either()
            self.at += 1
            return result
        if re.fullmatch("-[a-zA-Z]", word) and self._peek(1) not in {"", "&&", "||", ")"}:
            self.at += 2
            return unary(word, self.expander.text(self.words[self.at - 1]))
        operator = self._peek(1)
        if operator in {"=", "==", "!=", "=~", "<", ">"} or operator.startswith("-"):
            self.at += 3
            return self._compare(operator, self.words[self.at - 3], self.words[self.at - 1])
        self.at += 1
        return empty(self.expander.text(self.words[self.at - 1])).negate()

    def _compare(self, operator: str, first: Word, second: Word) -> Tri:
        left = self.expander.text(first)
        if operator in {"=", "==", "!="}:
            pattern = self.expander.pattern(second)
            same = fits(left, pattern) if set(pattern) & set("*?[") else equal(left, pattern)
            return same.negate() if operator == "!=" else same
        right = self.expander.text(second)
        if operator == "=~":
            return found(regex(right), left)
        if operator in {"<", ">"}:
            return compared(operator, left, right)
        if operator not in _NUMERIC:
            return Tri.UNKNOWN
        numbers = [
            side if _NUMBER.fullmatch(side) or HOLE in side else self.expander.arithmetic(side)
            for side in (left, right)
        ]
        return by_number(operator, *numbers)
