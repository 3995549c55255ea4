"""Workflows made up at random, each with the data it stands for.

The writer here knows nothing of covpath's own: it writes plain data in as many styles as
YAML has, so that reading and editing can be held against data known beforehand.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

WORDS = (
    "build", "test", "x64", "ubuntu-latest", "actions/checkout@v4", "a b c", "${{ matrix.os }}", "it's", 'say "hi"',
    "größe ✓ 😀", "http://x/#frag", "a:b#c", "C:\\x", "--flag", "github.ref == 'refs/heads/main'", "x" * 90,
)  # fmt: skip
"""Strings that may stand without quotes in block style."""
QUOTED = (
    "", " lead", "trail ", "a: b", "a #b", "- x", "yes", "on", "1:30", "3.10", "null", "~", "true", "010", "#x", "&a",
    "*a", "!t", "%x", "@x", "`x", "{a}", "[a]", "a,", "key:", "---", "...", "? x", "| x", "> y", "'", '"', "0x1F",
    "1e3", "a\tb", "\ttab", "é\x85x\u2028y", "nul\0", "-", ":", "?", "=", "<<", "2026-01-01",
)  # fmt: skip
"""Strings that need quotes somewhere or everywhere."""
TEXTS = (
    "echo a\necho b\n", "one\n", "no end\nnewline", "if x; then\n  y\nfi\n", "# not a comment\necho\n", "a\n\n\nb\n",
    "cargo llvm-cov \\\n  --lcov\n", "key: value\n- item\n", "trailing  \nblanks \n", "tab\there\n", "ends\n\n",
    "x\n\n\n", "  leads\nless\n", "\nfirst empty\n", "é ✓\n😀\n",
)  # fmt: skip
"""Strings of several lines."""
NUMBERS = (0, 1, -7, 15, 3.5, True, False, None)
KEYS = (
    "name", "if", "env", "with", "run", "uses", "needs", "runs-on", "timeout-minutes", "continue-on-error", "strategy",
    "matrix", "include", "on", "id", "shell", "a b", "é", "files", "fail_ci_if_error", "permissions", "outputs",
)  # fmt: skip


@dataclass(frozen=True)
class Generated:
    """A file's bytes and the data they stand for."""

    data: Any
    content: bytes


class Shared:
    """Data written once with an anchor and then used through aliases."""

    def __init__(self, value: Any, name: str) -> None:
        self.value = value
        self.name = name
        self.written = False


@dataclass
class _Tail:
    """What the lines written so far end in: a block scalar's content column, and whether it keeps blank lines."""

    column: int | None = None
    keep: bool = False


class Data:
    """Data at random, some of it shared."""

    def __init__(self, random: Random, *, aliases: bool) -> None:
        self.random = random
        self.aliases = aliases
        self.shared: list[Shared] = []

    def workflow(self) -> dict[str, Any]:
        jobs = {f"job{number}": self.job() for number in range(self.random.randint(1, 3))}
        top: dict[str, Any] = {
            "name": self.scalar(),
            "on": self.random.choice(["push", ["push", "pull_request"], {"push": None}]),
        }
        if self.random.random() < 0.3:
            top["env"] = self.mapping(1)
        return {**top, "jobs": jobs}

    def job(self) -> dict[str, Any]:
        job = {
            "runs-on": self.random.choice(["ubuntu-latest", ["self-hosted", "linux"], {"group": "g", "labels": ["x"]}])
        }
        job |= {key: self.value(2) for key in self.random.sample(KEYS, self.random.randint(0, 3)) if key != "runs-on"}
        return {**job, "steps": [self.mapping(2) for _ in range(self.random.randint(1, 4))]}

    def mapping(self, depth: int) -> dict[str, Any]:
        return {key: self.value(depth - 1) for key in self.random.sample(KEYS, self.random.randint(1, 4))}

    def value(self, depth: int) -> Any:
        chance = self.random.random()
        if self.aliases and self.shared and chance < 0.15:
            return self.random.choice(self.shared)
        value: Any
        if depth <= 0 or chance < 0.6:
            value = self.scalar()
        elif chance < 0.8:
            value = [self.value(depth - 1) for _ in range(self.random.randint(0, 3))]
        else:
            value = self.mapping(depth) if self.random.random() < 0.9 else {}
        if self.aliases and self.random.random() < 0.1:
            value = Shared(value, f"a{len(self.shared)}")
            self.shared.append(value)
        return value

    def scalar(self) -> Any:
        return self.random.choice(self.random.choice((WORDS, WORDS, QUOTED, TEXTS, NUMBERS)))


class Writer:
    """Writes data in block and flow style, in turn as the random source says."""

    def __init__(self, random: Random, *, plain_only: bool = False) -> None:
        self.random = random
        self.tail = _Tail()
        self.comments = 0
        self.fancy = not plain_only
        self.noise = random.choice((0.0, 0.1, 0.4)) if self.fancy else 0.0
        self.step = random.choice((2, 2, 2, 4, 1, 3))
        self.dash = random.choice((0, 2, 2, self.step))
        self.width = random.choice((2, 2, 2, 3, 4))

    def chance(self, share: float) -> bool:
        return self.fancy and self.random.random() < share

    def comment(self) -> str:
        self.comments += 1
        return f"# c{self.comments}" + self.random.choice(("", ": #123", " 'quoted", " é✓"))

    def trailing(self) -> str:
        """What may follow a value on its line."""
        if self.chance(self.noise):
            return " " * self.random.randint(1, 4) + self.comment()
        return " " * self.random.randint(1, 3) if self.chance(self.noise / 4) else ""

    def between(self, column: int) -> list[str]:
        """Comment lines and blank lines."""
        lines: list[str] = []
        while self.chance(self.noise):
            if self.chance(0.5):
                if self.tail.keep:
                    break
                blanks = self.random.choice((0, 0, column, column + 3))
                lines.append(" " * (blanks if self.tail.column is None else min(blanks, self.tail.column)))
            else:
                most = column + 3 if self.tail.column is None else self.tail.column - 1
                lines.append(" " * self.random.randint(0, most) + self.comment())
                self.tail = _Tail()
        return lines

    def mapping(self, data: dict[str, Any], column: int) -> list[str]:
        """A block mapping's lines, the first without its indentation."""
        lines: list[str] = []
        for number, (key, value) in enumerate(data.items()):
            if number:
                lines += self.between(column)
            name = self.key(key)
            if self.chance(0.02) and not isinstance(value, Shared):
                lines.append(" " * column + f"? {name}" + self.trailing())
                name = ""
            self.tail = _Tail()
            colon = self.random.choice((":", ":", ":", " :")) if self.fancy and name else ":"
            first, rest = self.value(value, column)
            lines += [" " * column + name + colon + first, *rest]
        return [lines[0][column:], *lines[1:]]

    def key(self, key: str) -> str:
        if self.chance(0.1):
            return self.quoted(key)
        return key

    def value(self, value: Any, column: int, *, in_list: bool = False) -> tuple[str, list[str]]:
        """What stands behind a colon, and the lines below."""
        mark = ""
        if isinstance(value, Shared):
            if value.written:
                return f" *{value.name}" + self.trailing(), []
            value.written = True
            mark, value = f" &{value.name}", value.value
        if isinstance(value, dict) and value and not self.chance(0.15):
            inner = column + self.step
            head = mark + self.trailing()
            lines = self.between(inner)
            body = self.mapping(value, inner)
            return head, [*lines, " " * inner + body[0], *body[1:]]
        if isinstance(value, list) and value and not self.chance(0.4):
            inner = column + (self.dash or int(in_list))
            head = mark + self.trailing()
            lines = self.between(inner)
            body = self.sequence(value, inner)
            return head, [*lines, " " * inner + body[0], *body[1:]]
        if isinstance(value, dict | list):
            first, *more = self.flow(value, column + 1)
            return f"{mark} {first}", more
        return self.scalar(value, column, mark)

    def sequence(self, data: list[Any], column: int) -> list[str]:
        """A block sequence's lines, the first without its indentation."""
        lines: list[str] = []
        for number, item in enumerate(data):
            if number:
                lines += self.between(column)
            self.tail = _Tail()
            inner = column + self.width
            if isinstance(item, dict) and item and not self.chance(0.1):
                body = self.mapping(item, inner)
                if self.chance(0.05):
                    lines += [" " * column + "-" + self.trailing(), " " * inner + body[0], *body[1:]]
                else:
                    lines += [" " * column + "-" + " " * (self.width - 1) + body[0], *body[1:]]
            elif isinstance(item, list) and item and not self.chance(0.7):
                body = self.sequence(item, inner)
                lines += [" " * column + "-" + " " * (self.width - 1) + body[0], *body[1:]]
            else:
                first, rest = self.inline(item, column)
                lines += [" " * column + "-" + first, *rest]
        return [lines[0][column:], *lines[1:]]

    def inline(self, item: Any, column: int) -> tuple[str, list[str]]:
        if not isinstance(item, dict | list):
            return self.value(item, column, in_list=True)
        first, *more = self.flow(item, column + 1)
        return f" {first}", more

    def scalar(self, value: Any, column: int, mark: str) -> tuple[str, list[str]]:
        if isinstance(value, str) and "\n" in value and self.blockable(value) and self.random.random() < 0.9:
            return self.block(value, column, mark)
        shown = self.one_line(value, flow=False)
        if not shown:
            return mark + self.trailing(), []
        if self.chance(0.03 if shown[0] in "'\"" else 0.05):
            return mark + self.trailing(), [" " * (column + self.random.randint(1, 4)) + shown + self.trailing()]
        if self.chance(0.1) and shown == value and " " in value:
            head, last = value.rsplit(" ", 1)
            if not last.startswith("#"):
                return f"{mark} {head}", [" " * (column + self.random.randint(1, 4)) + last + self.trailing()]
        return f"{mark}{' ' * (3 if self.chance(0.05) else 1)}{shown}" + self.trailing(), []

    @staticmethod
    def blockable(value: str) -> bool:
        return all(char == "\n" or char == "\t" or (char.isprintable() and char not in "\x85\u2028") for char in value)

    def block(self, value: str, column: int, anchor: str) -> tuple[str, list[str]]:
        body = value.rstrip("\n")
        ends = len(value) - len(body)
        chomp = "-" if ends == 0 else "" if ends == 1 else "+"
        lines = body.split("\n") + [""] * max(ends - 1, 0)
        digits = body[:1] in (" ", "\n") or self.chance(0.05)
        indent = self.random.randint(1, 4)
        style = "|"
        if self.chance(0.2) and all(line == line.strip() != "" for line in body.split("\n")):
            style = ">"
            lines = "\n\n".join(body.split("\n")).split("\n") + [""] * max(ends - 1, 0)
        marks = [mark for mark in (str(indent) if digits else "", chomp) if mark]
        header = style + "".join(self.random.sample(marks, len(marks)))
        if self.chance(self.noise / 2):
            header += " " + self.comment()
        self.tail = _Tail(column + indent, chomp == "+")
        return f"{anchor} {header}", [" " * (column + indent) + line if line else "" for line in lines]

    def one_line(self, value: Any, *, flow: bool) -> str:
        if value is None:
            return self.random.choice(("null", "~") if flow else ("", "", "null", "~"))
        if isinstance(value, bool):
            return self.random.choice((str(value).lower(), str(value), str(value).upper()))
        if isinstance(value, int | float):
            return str(value)
        plain = value in WORDS or value in ("push", "pull_request", "self-hosted", "linux", "g", "x")
        if plain and not self.chance(0.2) and not (flow and set(value) & set(",[]{}:#'\" ")):
            return str(value)
        return self.quoted(value)

    def quoted(self, value: str) -> str:
        if not self.blockable(value) or "\n" in value or "\t" in value or self.random.random() < 0.5:
            table = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\0": "\\0", "\x85": "\\N", "\u2028": "\\L"}
            return '"' + "".join(table.get(char, char) for char in value) + '"'
        return "'" + value.replace("'", "''") + "'"

    def flow(self, value: Any, column: int) -> list[str]:
        """``{}`` or ``[]`` on one line or several, with what follows on the last line."""
        spread = self.chance(0.3) and len(value) > 0
        parts = self.flow_parts(value)
        left, right = ("{", "}") if isinstance(value, dict) else ("[", "]")
        if not spread:
            padding = self.random.choice(("", " ")) if parts else ""
            comma = self.random.choice((", ", ", ", ",", ",  "))
            end = "," if parts and self.chance(0.1) else ""
            return [left + padding + comma.join(parts) + end + padding + right + self.trailing()]
        lines = [left + self.trailing()]
        for number, part in enumerate(parts):
            last = number == len(parts) - 1
            comma = "" if last and self.chance(0.5) else ","
            lines.append(" " * (column + 1) + part + comma + self.trailing())
            if self.chance(self.noise):
                lines.append(" " * column + self.comment())
        return [*lines, " " * column + right + self.trailing()]

    def flow_parts(self, value: Any) -> list[str]:
        if isinstance(value, dict):
            return [f"{self.one_line_key(key)}: {self.flow_value(item)}" for key, item in value.items()]
        return [self.flow_value(item) for item in value]

    def one_line_key(self, key: str) -> str:
        return self.quoted(key) if self.chance(0.2) or " " in key else key

    def flow_value(self, item: Any) -> str:
        if isinstance(item, Shared):
            if item.written:
                return f"*{item.name} "
            item.written = True
            return f"&{item.name} {self.flow_value(item.value)}"
        if isinstance(item, dict | list):
            left, right = ("{", "}") if isinstance(item, dict) else ("[", "]")
            return left + ", ".join(self.flow_parts(item)) + right
        return self.one_line(item, flow=True)


def without_sharing(data: Any) -> Any:
    """The data with everything shared repeated."""
    if isinstance(data, Shared):
        return without_sharing(data.value)
    if isinstance(data, dict):
        return {key: without_sharing(value) for key, value in data.items()}
    if isinstance(data, list):
        return [without_sharing(item) for item in data]
    return data


def generate(random: Random, *, aliases: bool = False) -> Generated:
    """A workflow in random style."""
    data = Data(random, aliases=aliases).workflow()
    writer = Writer(random)
    lines = writer.between(0) if writer.chance(0.5) else []
    if writer.chance(0.2):
        lines += ["---" + writer.trailing()]
    lines += writer.mapping(data, 0)
    lines += writer.between(0)
    eol = random.choice(("\n", "\n", "\n", "\r\n"))
    text = eol.join(lines)
    if not writer.chance(0.15) or writer.tail.keep:
        text += eol
    bom = b"\xef\xbb\xbf" if writer.chance(0.1) else b""
    return Generated(without_sharing(data), bom + text.encode())
