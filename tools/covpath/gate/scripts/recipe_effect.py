"""What a recipe makes of the failure of a command in it: its runner's rules, and its lines' shell."""

from __future__ import annotations

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.scripts.visible import shows_in_script
from covpath.terms import Reason, Tri
from covpath.workflow.recipes.links import Chain, LetOff, Link, Within
from covpath.workflow.shell.dialect import Shell
from covpath.workflow.shell.exit_status import ExitOutcome, failure_of


class RecipeEffect(Struct, frozen=True, kw_only=True):
    """Why a step may pass, or passes, although what measures behind it fails.

    ``fails`` is FALSE or UNKNOWN; ``shown``: the recipe prints an annotation or the like instead.
    """

    fails: Tri
    reason: Reason
    shown: bool = False


def recipe_effect(chain: Chain, around: Shell) -> RecipeEffect | None:
    """What the recipes of a chain make of the failure of its last command; None where each passes it on.

    ``around`` is the shell of the script in which the chain starts. The innermost mask is told; where
    there is only a doubt, the innermost doubt.
    """
    doubt: RecipeEffect | None = None
    for link, shell in reversed(_with_shells(chain, around)):
        for found in (_by_shell(link, link.within, shell), _by_runner(link, link.let_off)):
            if found is not None and found.fails is Tri.FALSE:
                return found
            doubt = doubt or found
    return doubt


def _with_shells(chain: Chain, around: Shell) -> list[tuple[Link, Shell]]:
    """Every link with the shell its command's text runs in: a sourced script has that of what sources it."""
    found: list[tuple[Link, Shell]] = []
    for link in chain.links:
        if link.within is not None:
            around = link.within.shell or around
        found.append((link, around))
    return found


def _by_runner(link: Link, let_off: LetOff | None) -> RecipeEffect | None:
    if let_off is None:
        return None
    kind = "mask" if let_off.fails is Tri.FALSE else "unknown"
    message = f"`{link.text}`: {let_off.why}"
    return RecipeEffect(
        fails=let_off.fails, reason=Reason(code=f"shell-{kind}-recipe-runner", message=message, place=let_off.place)
    )


def _by_shell(link: Link, within: Within | None, shell: Shell) -> RecipeEffect | None:
    """What the shell text a link's command stands in, and any around it, make of its failure."""
    if within is None:
        return None
    effect = failure_of(within.command, within.script, shell)
    if effect.outcome is ExitOutcome.FAILS:
        outer = within.outer
        return None if outer is None else _by_shell(link, outer, outer.shell or shell)
    masked = effect.outcome is ExitOutcome.MASKED
    text = within.script.text
    span = effect.span or within.command.span
    place = link.place
    if place is not None and place.line is not None and within.outer is None:
        lines = text.count("\n", 0, span.start) - text.count("\n", 0, within.command.span.start)
        place = Place(place.file, place.line + lines)
    written = " ".join(text[span.start : span.end].replace("\\\n", " ").split())
    quoted = f"`{written if effect.span is not None and len(written) <= 80 else _short(link.text)}`: "
    reason = Reason(
        code=f"shell-{'mask' if masked else 'unknown'}-recipe-{effect.code}",
        message=f"{quoted}{effect.message}",
        place=place,
    )
    return RecipeEffect(
        fails=Tri.FALSE if masked else Tri.UNKNOWN, reason=reason, shown=masked and shows_in_script(text)
    )


def _short(text: str) -> str:
    """A command in one line: a recipe's variables can make it as long as a page."""
    line = " ".join(text.split())
    return line if len(line) <= 200 else f"{line[:197]}..."
