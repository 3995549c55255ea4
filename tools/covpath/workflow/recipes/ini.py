"""INI files with the line of every value: ``tox.ini``, ``setup.cfg``."""

from __future__ import annotations

from covpath.patterns import regex

Lines = tuple[tuple[int, str], ...]
"""A value's lines, stripped, with their numbers; the first may be empty."""

Ini = dict[str, dict[str, Lines]]

_SECTION = regex(r"\[([^\]]+)\]")
_SIGN = regex(r"[=:]")


def read_ini(text: str) -> Ini:
    """Sections, their keys, and the values' lines; comments are dropped, what is no INI passed over."""
    sections: Ini = {}
    section: dict[str, Lines] | None = None
    key: str | None = None
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped[0] in "#;":
            continue
        if line[0] in " \t":
            if section is not None and key is not None:
                section[key] = (*section[key], (number, stripped))
            continue
        if (match := _SECTION.match(line)) is not None:
            section = sections.setdefault(match[1].strip(), {})
            key = None
        elif section is not None and (match := _SIGN.search(line)) is not None:
            key = line[: match.start()].strip()
            section[key] = ((number, line[match.end() :].strip()),)
    return sections
