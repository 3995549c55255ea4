"""Who a CODEOWNERS file knows. Source: GitHub's page "About code owners"."""

from __future__ import annotations

import re

PATHS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks for the file; the first that is there counts."""

_OWNER = re.compile(r"@[\w.-]+(?:/[\w.-]+)?|[^\s@]+@[^\s@]+")


def owners_in(text: str) -> tuple[str, ...]:
    """Every owner that a file names, in its order, each once: users, teams and addresses."""
    found: dict[str, None] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        found.update(dict.fromkeys(word for word in words[1:] if _OWNER.fullmatch(word)))
    return tuple(found)


def default_owner(text: str) -> str | None:
    """The owner of everything, as the last pattern ``*`` names it, where that is one owner."""
    owners: list[str] = []
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if words and words[0] == "*":
            owners = [word for word in words[1:] if _OWNER.fullmatch(word)]
    return owners[0] if len(owners) == 1 else None
