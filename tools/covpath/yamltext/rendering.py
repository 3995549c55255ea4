"""Plain data to YAML text that GitHub's reader and YAML 1.1 readers take for the same data."""

from __future__ import annotations

import json
import math
import re

from covpath.yamltext.layout import Indents
from covpath.yamltext.nodes import Plain, Scalar, resolve_plain

_PLAIN_START = re.compile(r"[^\s\-?:,\[\]{}#&*!|>'\"%@`]|[-?:](?=[^\s,\[\]{}])")
_FLOW_PLAIN = re.compile(r"[A-Za-z0-9_./$+=@^~-]+(?: [A-Za-z0-9_./$+=@^~-]+)*")
_PRINTABLE = re.compile("[\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")
_BREAKS = re.compile("[\u2028\u2029]")
# What YAML 1.1 readers take for something else than a string; quoted to be on the safe side.
_YAML_1_1 = re.compile(r"(?i:yes|no|on|off)|[-+]?[0-9][0-9_:.,eE+-]*(?:[T ].*)?|[-+]?0[bo][0-9_]+|<<|=")


def render_scalar(value: str | float | bool | None, *, like: str = "", flow: bool = False) -> str:
    """One line of text for a scalar.

    ``like`` is the quote of what it replaces (or stands beside); strings keep it. A string
    gets quotes where YAML 1.2 would read it plain as something else, or YAML 1.1 would.
    """
    if not isinstance(value, str):
        return _number(value) if isinstance(value, float) else json.dumps(value)
    if like == '"' or not _printable(value) or "\n" in value or "\t" in value:
        return _double(value)
    if like == "'" or not plain_safe(value, flow):
        return "'" + value.replace("'", "''") + "'"
    return value


def shared_quote(scalars: list[Scalar]) -> str:
    """The quote that all of some scalars wear, or none."""
    styles = {scalar.style for scalar in scalars}
    return styles.pop() if len(styles) == 1 and styles <= {"'", '"'} else ""


def render_flow(value: Plain, *, like: str = "", tight: bool = False) -> str:
    """Data on one line: ``[a, b]`` and ``{ key: value }``; ``tight`` leaves the blanks out, as JSON may."""
    comma, colon, pad = (",", ":", "") if tight else (", ", ": ", " ")
    if isinstance(value, list):
        return "[" + comma.join(render_flow(item, like=like, tight=tight) for item in value) + "]"
    if isinstance(value, dict):
        quote = like if like == '"' else ""
        names = [render_scalar(key, like=quote, flow=True) for key in value]
        items = [render_flow(item, like=like, tight=tight) for item in value.values()]
        pairs = [f"{name}{colon}{item}" for name, item in zip(names, items, strict=True)]
        return "{" + pad + comma.join(pairs) + pad + "}" if pairs else "{}"
    return render_scalar(value, like=like, flow=True)


def render_entry(key: str, value: Plain, style: Indents, *, like: str = "") -> list[str]:
    """The lines of ``key: value`` in a block mapping, the first without indentation."""
    return _with_value(f"{render_scalar(key, like=like)}:", value, style)


def render_item(value: Plain, style: Indents) -> list[str]:
    """The lines of ``- value`` in a block sequence, the first without indentation."""
    mark = "-" + " " * (style.width - 1)
    if isinstance(value, dict) and value:
        lines = [line for key, item in value.items() for line in render_entry(key, item, style)]
        return [mark + lines[0], *(_indent(line, style.width) for line in lines[1:])]
    if isinstance(value, list) and value:
        return [mark + render_flow(value)]
    return _with_value("-", value, style, gap=mark[1:])


def plain_safe(value: str, flow: bool) -> bool:
    """Whether a string may stand without quotes."""
    if not value or value != value.strip() or _YAML_1_1.fullmatch(value):
        return False
    if not isinstance(resolve_plain(value), str):
        return False
    if flow:
        return _FLOW_PLAIN.fullmatch(value) is not None and _PLAIN_START.match(value) is not None
    if value.startswith(("---", "...")) or not _PLAIN_START.match(value):
        return False
    return ": " not in value and " #" not in value and not value.endswith(":")


def escaped(text: str, style: str) -> str | None:
    """Text as it is written inside a scalar of a style; None where it cannot be."""
    if style == '"':
        return _double(text)[1:-1]
    if "\n" in text or not _printable(text):
        return None
    return text.replace("'", "''") if style == "'" else text


def literal(value: str, indent: int) -> list[str] | None:
    """A block scalar's header and its lines, indented; None where the text cannot be one."""
    body = value.removesuffix("\n")
    blank = any(line and not line.strip() for line in body.split("\n"))
    # A text that ends in empty lines would take those that follow for its own.
    if not _printable(value) or not body or body[0] in " \t\n" or body[-1] == "\n" or blank:
        return None
    header = "|" if value.endswith("\n") else "|-"
    return [header, *(_indent(line, indent) for line in body.split("\n"))]


def ends_in_text(value: Plain) -> bool:
    """Whether data rendered as a block ends in a block scalar."""
    while isinstance(value, list | dict) and value:
        value = list(value.values() if isinstance(value, dict) else value)[-1]
    return isinstance(value, str) and "\n" in value and literal(value, 1) is not None


def _with_value(start: str, value: Plain, style: Indents, *, gap: str = " ") -> list[str]:
    if isinstance(value, dict) and value:
        lines = [line for key, item in value.items() for line in render_entry(key, item, style)]
        return [start, *(_indent(line, style.mapping) for line in lines)]
    if isinstance(value, list) and value:
        if style.flow_lists and not any(isinstance(item, list | dict) for item in value):
            return [f"{start}{gap}{render_flow(value)}"]
        lines = [line for item in value for line in render_item(item, style)]
        return [start, *(_indent(line, style.dash) for line in lines)]
    if isinstance(value, list | dict):
        return [f"{start}{gap}{'[]' if isinstance(value, list) else '{}'}"]
    if isinstance(value, str) and "\n" in value:
        lines = literal(value, style.mapping) or []
        if lines:
            return [f"{start}{gap}{lines[0]}", *lines[1:]]
    return [f"{start}{gap}{render_scalar(value)}"]


def _number(value: float) -> str:
    if value != value:
        return ".nan"
    return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, repr(value))


def _indent(line: str, columns: int) -> str:
    return " " * columns + line if line else line


def _printable(value: str) -> bool:
    return _PRINTABLE.fullmatch(value) is not None and _BREAKS.search(value) is None


def _double(value: str) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return "".join(char if _printable(char) and char != "\ufeff" else _escape(char) for char in shown)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
