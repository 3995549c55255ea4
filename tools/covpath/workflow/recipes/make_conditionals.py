"""make's conditionals: which lines of a makefile count, as far as the variables they ask for are known."""

from __future__ import annotations

from collections.abc import Mapping

from covpath.patterns import regex
from covpath.terms import Tri, both, either

_DIRECTIVE = regex(r"(else\s+)?(ifeq|ifneq|ifdef|ifndef)\b\s*(.*)|(else|endif)\b.*")
_PAIR = regex(r"\(([^,]*),(.*)\)|([\"'])(.*?)\3\s+([\"'])(.*?)\5")
_NAME = regex(r"\$\(([\w.-]+)\)|\$\{([\w.-]+)\}")
_STRIP = regex(r"\$\(strip\s+([^()]*(?:\([^()]*\)[^()]*)*)\)")


class Conditionals:
    """Told every line in turn; unknown conditions leave both of their sides in."""

    def __init__(self) -> None:
        self._open: list[tuple[Tri, Tri]] = []
        """For each that is open: whether its present side counts, and whether one before it did."""

    @property
    def active(self) -> bool:
        """Whether the lines here may count."""
        return all(here is not Tri.FALSE for here, _ in self._open)

    @property
    def certain(self) -> bool:
        """Whether the lines here surely count."""
        return all(here is Tri.TRUE for here, _ in self._open)

    def takes(self, line: str, variables: Mapping[str, str]) -> bool:
        """Whether a line is a conditional's own."""
        match = _DIRECTIVE.fullmatch(line)
        if match is None:
            return False
        if match[4] == "endif":
            self._open = self._open[:-1]
        elif match[4] is not None or match[1]:
            here, before = self._open.pop() if self._open else (Tri.UNKNOWN, Tri.UNKNOWN)
            before = either(here, before)
            asked = Tri.TRUE if match[4] is not None else _holds(match[2], match[3], variables)
            self._open.append((both(before.negate(), asked), before))
        else:
            self._open.append((_holds(match[2], match[3], variables), Tri.FALSE))
        return True


def _holds(word: str, asked: str, variables: Mapping[str, str]) -> Tri:
    if word in ("ifdef", "ifndef"):
        value = variables.get(asked.strip())
        found = Tri.UNKNOWN if value is None else Tri.of(bool(value))
    else:
        pair = _PAIR.fullmatch(asked.strip())
        if pair is None:
            return Tri.UNKNOWN
        sides = (pair[1], pair[2]) if pair[1] is not None else (pair[4], pair[6])
        left, right = (_value(side.strip(), variables) for side in sides)
        found = Tri.UNKNOWN if left is None or right is None else Tri.of(left == right)
    return found.negate() if word in ("ifneq", "ifndef") else found


def _value(text: str, variables: Mapping[str, str]) -> str | None:
    """A side of a comparison; None where a variable in it is not known."""
    text = _STRIP.sub(r"\1", text)
    for _ in range(4):
        text = _NAME.sub(lambda match: variables.get(match[1] or match[2], match[0]), text)
    return None if "$" in text else text.strip()
