"""``covpath explain``: what a rule looks for, and what to do about it."""

from __future__ import annotations

from typing import TextIO

from covpath.audits.table import RULES
from covpath.audits.table import rule as find_rule
from covpath.errors import ExitCode


def run(*, rule: str | None, screen: TextIO) -> ExitCode:
    """One rule's explanation, or the list of rules."""
    if rule is None:
        width = max(len(one.ID) for one in RULES)
        screen.writelines(f"{one.ID:<{width}}  {one.TITLE}\n" for one in RULES)
    else:
        found = find_rule(rule)
        screen.write(f"{found.ID}: {found.TITLE}.\n\n{found.EXPLANATION}")
    return ExitCode.DONE
