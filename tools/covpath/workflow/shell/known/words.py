"""Words to texts: variables, arrays, substitutions and arithmetic, with the values the process knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from covpath.workflow.shell.execution.arithmetic import evaluate
from covpath.workflow.shell.execution.state import Fuzzy, State
from covpath.workflow.shell.known.process import Process
from covpath.workflow.shell.known.texts import HOLE, Unclear, empty, known
from covpath.workflow.shell.syntax import (
    Arithmetic,
    Expression,
    Literal,
    Part,
    Pattern,
    Sequence,
    Substitution,
    Variable,
    Word,
)

Listen = Callable[[Sequence, Process], str]
"""Runs commands in a subshell and returns what they wrote."""

_DEFAULT = re.compile(r"(:?)([-=+?])(.*)", re.DOTALL)
_SUBSCRIPT = re.compile(r"\[(.*)\]", re.DOTALL)
_REPLACE = re.compile(r"/(/?)([^/]*)/?(.*)", re.DOTALL)
_QUOTES = re.compile(r"[\"']")


class Expander(Struct):
    """Expands the words of one process."""

    process: Process
    listen: Listen

    def text(self, word: Word) -> str:
        """The word as one text, as in an assignment."""
        if word.text is not None:
            return word.text
        return "".join([text for text, _ in self._pieces(word)])

    def pattern(self, word: Word) -> str:
        """The word as a shell pattern: what was quoted stands for itself."""
        return "".join(
            re.sub(r"([*?\[])", r"[\1]", self._one(part)) if _is_quoted(part) else self._one(part)
            for part in word.parts
        )

    def fields(self, word: Word) -> list[str]:
        """The words it becomes: an array's items apart, unquoted values split."""
        if word.text is not None and word.parts:
            return [word.text]
        listed = self._listed(word)
        if listed is not None:
            return listed
        fields: list[str] = []
        current: str | None = None
        for text, loose in self._pieces(word):
            if not loose:
                current = (current or "") + text
                continue
            parts = split(text, self.process.separators())
            if text[:1].isspace() and current is not None:
                fields.append(current)
                current = None
            for number, part in enumerate(parts):
                if number and current is not None:
                    fields.append(current)
                    current = None
                current = (current or "") + part
            if text[-1:].isspace() and current is not None:
                fields.append(current)
                current = None
        return fields if current is None else [*fields, current]

    def may_spread(self, word: Word) -> bool:
        """Whether an unknown part of the word may become any number of words."""
        if word.text is not None:
            return False
        return any(loose and not known(text) for text, loose in self._pieces(word))

    def _pieces(self, word: Word) -> Iterator[tuple[str, bool]]:
        """Each part's text, and whether it is split into fields."""
        for part in word.parts:
            if type(part) is Variable:
                yield self._variable(part), not part.quoted
            elif type(part) is Literal:
                yield part.text, False
            else:
                loose = type(part) is Expression or (type(part) is Substitution and not part.quoted)
                yield self._one(part), loose

    def _one(self, part: Part) -> str:
        match part:
            case Literal(text=text) | Pattern(text=text):
                return text
            case Expression():
                return HOLE
            case Arithmetic(raw=raw):
                return self.arithmetic(raw.removeprefix("$((").removesuffix("))"))
            case Substitution(body=body, process=process):
                return HOLE if process else self.listen(body, self.process).rstrip("\n")
            case Variable():
                return self._variable(part)

    def _listed(self, word: Word) -> list[str] | None:
        """The items of ``"${x[@]}"`` and ``"$@"``, alone in their word."""
        parts = [part for part in word.parts if part != Literal("", quoted=True)]
        if len(parts) != 1 or not isinstance(parts[0], Variable):
            return None
        part = parts[0]
        if part.name == "@" and not part.operation:
            return list(self.process.arguments)
        if part.operation in {"[@]", "![@]"}:
            return self._items(part.name, keys=part.operation.startswith("!"))
        return None

    def _items(self, name: str, *, keys: bool = False) -> list[str]:
        value = self.process.variables.get(name)
        if value is None:
            raise Unclear
        if isinstance(value, dict):
            return list(value) if keys else list(value.values())
        items = [value] if isinstance(value, str) else value
        return [str(number) for number in range(len(items))] if keys else list(items)

    def _variable(self, part: Variable) -> str:
        name, operation = part.name, part.operation
        if name == "?":
            return str(self.process.status)
        if name == "#" and not operation:
            return str(len(self.process.arguments))
        if name in {"@", "*"} and not operation:
            return " ".join(self.process.arguments)
        if name.isdigit() and name != "0":
            position = int(name)
            value = self.process.arguments[position - 1] if position <= len(self.process.arguments) else ""
        elif operation in {"[@]", "[*]"}:
            return " ".join(self._items(name))
        elif operation == "#[@]":
            return str(len(self._items(name)))
        elif (subscript := _SUBSCRIPT.fullmatch(operation)) is not None:
            return self._element(name, subscript[1])
        else:
            value = self.process.text_of(name)
        return self._changed(name, value, operation) if operation else value

    def _element(self, name: str, key: str) -> str:
        value = self.process.variables.get(name, HOLE)
        key = re.sub(r"\$\{?(\w+)\}?", lambda match: self.process.text_of(match[1]), _QUOTES.sub("", key))
        if not known(key):
            return HOLE
        if isinstance(value, dict):
            return value.get(key, "")
        if isinstance(value, list):
            index = self.arithmetic(key)
            return value[int(index)] if index.isdigit() and int(index) < len(value) else ""
        return value if key == "0" else HOLE

    def _changed(self, name: str, value: str, operation: str) -> str:
        """``${x:-default}``, ``${#x}``, ``${x,,}``, ``${x//a/b}``; unknown for others."""
        if operation == "#":
            return str(len(value)) if known(value) else HOLE
        if (default := _DEFAULT.fullmatch(operation)) is not None:
            return self._default(name, value, *default.groups())
        if operation in {",,", "^^"}:
            return value.lower() if operation == ",," else value.upper()
        replace = _REPLACE.fullmatch(operation)
        if replace is not None and known(value) and not set(replace[2] + replace[3]) & set("*?[$`\\\"'"):
            return value.replace(replace[2], replace[3], -1 if replace[1] else 1)
        return HOLE

    def _default(self, name: str, value: str, colon: str, sign: str, raw: str) -> str:
        other = HOLE if "$" in raw or "`" in raw else _QUOTES.sub("", raw)
        missing = empty(value)
        if not colon and name in self.process.variables:
            return other if sign == "+" else value
        absent = self.process.shared.decide(missing)
        if sign == "+":
            return "" if absent else other
        if not absent:
            return value
        if sign == "?":
            raise Unclear
        if sign == "=":
            self.process.variables[name] = other
        return other

    def arithmetic(self, text: str) -> str:
        """The value of an arithmetic expression, with its assignments made; unknown where it is not followed."""
        names = {name for name in re.findall(r"[A-Za-z_]\w*", text) if name in self.process.variables}
        state = State(errexit=None, pipefail=None, status=str(self.process.status))
        for name in sorted(names):
            value = self.process.text_of(name)
            state = state.assign(name, value if known(value) else Fuzzy.ANY)
        number, after = evaluate(re.sub(r"\$\{(\w+)\}", r"\1", text), state)
        for name, changed in after.variables:
            if isinstance(changed, str):
                self.process.variables[name] = changed
        for name in names - {name for name, _ in after.variables}:
            self.process.variables[name] = HOLE
        return number if isinstance(number, str) else HOLE


def _is_quoted(part: Part) -> bool:
    return isinstance(part, (Literal, Variable, Substitution)) and part.quoted


def split(text: str, separators: str | None) -> list[str]:
    """A value split into fields: at blanks, or at the characters of IFS."""
    if separators is None:
        return text.split()
    if not separators or not text:
        return [text] if text else []
    parts = re.split(f"[{re.escape(separators)}]", text)
    if separators.strip() != separators:
        return [part for part in parts if part]
    return parts[:-1] if parts and not parts[-1] else parts
