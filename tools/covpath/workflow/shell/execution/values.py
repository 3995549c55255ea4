"""What words and tests come to in a given state."""

from __future__ import annotations

import re

from covpath.patterns import regex
from covpath.terms import Tri, both, either
from covpath.workflow.shell.execution.arithmetic import combine, evaluate, number_of
from covpath.workflow.shell.execution.state import Fuzzy, Job, State, Value
from covpath.workflow.shell.syntax import Arithmetic, Literal, Part, Variable, Word

_DEFAULTED = regex(r":?[-=?]")


def resolve(word: Word | None, state: State) -> Value:
    """The word's value where it follows from what is known."""
    if word is None:
        return ""
    if word.text is not None:
        return word.text
    pieces = [_piece(part, state) for part in word.parts]
    known = [piece for piece in pieces if piece != ""]
    if len(known) == 1:
        return known[0]
    texts = [piece for piece in known if isinstance(piece, str)]
    return "".join(texts) if len(texts) == len(known) else Fuzzy.ANY


def _piece(part: Part, state: State) -> Value:
    if type(part) is Literal:
        return part.text
    if type(part) is Variable:
        return _variable(part, state)
    return evaluate(part.raw, state)[0] if type(part) is Arithmetic else Fuzzy.ANY


def _variable(part: Variable, state: State) -> Value:
    if part.name == "?" and not part.operation:
        return state.status
    if part.name == "PIPESTATUS":
        index = part.operation.strip("[]") or "0"
        if part.operation not in {"", f"[{index}]"} or not index.isdigit() or int(index) >= len(state.pipestatus):
            return Fuzzy.ANY
        return state.pipestatus[int(index)]
    value = state.variable(part.name)
    if type(value) is Job:
        return Fuzzy.ANY
    if not part.operation:
        return value
    # ${x:-default} and its relatives: a known value that is not empty stays.
    kept = value is not Fuzzy.ANY and value != ""
    return value if kept and _DEFAULTED.match(part.operation) else Fuzzy.ANY


def job_of(word: Word, state: State) -> Job | None:
    """The background process a word such as ``$!`` or ``"$pid"`` names."""
    if word.text is not None:
        return None
    parts = [part for part in word.parts if not (type(part) is Literal and part.text == "")]
    part = parts[0] if len(parts) == 1 else None
    if type(part) is not Variable or part.operation:
        return None
    if part.name == "!":
        return state.last_job
    value = state.variable(part.name)
    return value if type(value) is Job else None


_NUMERIC = {"-eq": "==", "-ne": "!=", "-lt": "<", "-le": "<=", "-gt": ">", "-ge": ">="}


def truth(words: tuple[Word, ...], state: State, *, extended: bool) -> Tri:
    """What ``[ words ]`` answers, or ``[[ words ]]`` where ``extended``."""
    return _Question(words, state, extended).answer()


class _Question:
    def __init__(self, words: tuple[Word, ...], state: State, extended: bool) -> None:
        self._words = words
        self._state = state
        self._extended = extended
        self._index = 0

    def answer(self) -> Tri:
        if not self._words:
            return Tri.FALSE
        result = self._any()
        return result if self._index == len(self._words) else Tri.UNKNOWN

    def _raw(self, ahead: int = 0) -> str:
        index = self._index + ahead
        return self._words[index].raw if index < len(self._words) else ""

    def _any(self) -> Tri:
        result = self._all()
        while self._raw() == ("||" if self._extended else "-o"):
            self._index += 1
            other = self._all()
            result = either(result, other)
        return result

    def _all(self) -> Tri:
        result = self._one()
        while self._raw() == ("&&" if self._extended else "-a"):
            self._index += 1
            other = self._one()
            result = both(result, other)
        return result

    def _one(self) -> Tri:
        if self._raw() == "!" and self._index + 1 < len(self._words):
            self._index += 1
            return self._one().negate()
        if self._raw() in {"(", "\\("}:
            self._index += 1
            result = self._any()
            self._index += 1
            return result
        left = len(self._words) - self._index
        operator = self._raw(1)
        if left >= 3 and (operator in _NUMERIC or operator in {"=", "==", "!=", "=~", "<", ">"}):
            self._index += 3
            return self._compare(operator)
        if left >= 2 and re.fullmatch(r"-[a-zA-Z]", self._raw()):
            self._index += 2
            return self._unary(self._words[self._index - 2].raw)
        self._index += 1
        return _non_empty(resolve(self._words[self._index - 1], self._state))

    def _unary(self, operator: str) -> Tri:
        if operator not in {"-n", "-z"}:
            return Tri.UNKNOWN
        answer = _non_empty(resolve(self._words[self._index - 1], self._state))
        return answer if operator == "-n" else answer.negate()

    def _compare(self, operator: str) -> Tri:
        left_word, right_word = self._words[self._index - 3], self._words[self._index - 1]
        left, right = resolve(left_word, self._state), resolve(right_word, self._state)
        if operator in _NUMERIC:
            number = combine(_NUMERIC[operator], number_of(left), number_of(right))
            return Tri.of(number != 0) if isinstance(number, int) else Tri.UNKNOWN
        if operator not in {"=", "==", "!="}:
            return Tri.UNKNOWN
        equal = _same(left, right)
        return equal.negate() if operator == "!=" else equal


def _same(left: Value, right: Value) -> Tri:
    if isinstance(left, str) and isinstance(right, str):
        return Tri.of(left == right)
    if Fuzzy.ANY in (left, right) or not (isinstance(left, str) or isinstance(right, str)):
        return Tri.UNKNOWN
    exact = left if isinstance(left, str) else right
    # A status that is not 0 prints as 1 to 255, so it equals nothing else.
    can_be = isinstance(exact, str) and exact.isdigit() and 1 <= int(exact) <= 255
    return Tri.UNKNOWN if can_be else Tri.FALSE


def _non_empty(value: Value) -> Tri:
    if value is Fuzzy.ANY:
        return Tri.UNKNOWN
    return Tri.of(value != "")


def matches(subject: Value, patterns: tuple[Word, ...]) -> Tri:
    """Whether a ``case`` subject matches one of the patterns."""
    result = Tri.FALSE
    for pattern in patterns:
        if pattern.raw == "*":
            return Tri.TRUE
        result = either(result, Tri.UNKNOWN if pattern.text is None else _same(subject, pattern.text))
    return result
