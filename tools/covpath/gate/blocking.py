"""What branch protection makes of checks that end red, and Mergify where it merges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from covpath.gate.checks import INSIDE, CheckPattern
from covpath.gate.required import RequiredChecks
from covpath.gate.verdict import NO_BLOCKS, BlocksVerdict
from covpath.terms import Blocks, Tri

if TYPE_CHECKING:
    from covpath.gate.services.mergify import Mergify


ACTIONS = "github-actions"
"""The app that reports the checks of jobs, by the name it has in addresses."""


def blocking(
    required: RequiredChecks, certain: Sequence[CheckPattern], possible: Sequence[CheckPattern], *, by: str = ACTIONS
) -> BlocksVerdict:
    """Whether a required check ends red: one of ``certain`` does, one of ``possible`` may; the app ``by`` reports them.

    A check that is skipped or neutral counts as passed, so it is in neither list.
    """
    if not certain and not possible:
        return NO_BLOCKS
    if any(name.text.endswith(INSIDE) for name in (*certain, *possible)):
        told = tuple(name.text for name in (*certain, *possible))
        certain, possible = _without_calls(certain, told), _without_calls(possible, told)
    if required.mergify is not None:
        return _beside_mergify(required.mergify, required, certain, possible, by)
    return _by_protection(required, certain, possible)


def _without_calls(names: Sequence[CheckPattern], told: Sequence[str]) -> list[CheckPattern]:
    """The names without the pattern of a call whose jobs are told one by one: it reports no check of its own."""
    return [
        name
        for name in names
        if not (name.text.endswith(INSIDE) and any(one.startswith(name.text[:-1]) and one != name.text for one in told))
    ]


def _beside_mergify(
    mergify: Mergify,
    required: RequiredChecks,
    certain: Sequence[CheckPattern],
    possible: Sequence[CheckPattern],
    by: str,
) -> BlocksVerdict:
    # Imported here: few repositories have settings of Mergify's.
    from covpath.gate.services.mergify import PROTECTIONS
    from covpath.gate.services.mergify_merging import Red, held, protections_red

    red = Red(certain=certain, possible=possible, by=by)
    found = held(mergify, red)
    if protecting := protections_red(mergify, red):
        possible = (*possible, CheckPattern(PROTECTIONS, certain=True))
        found = replace(found, reasons=(*found.reasons, *protecting))
    return replace(_by_protection(required, certain, possible), mergify=found)


def _by_protection(
    required: RequiredChecks, certain: Sequence[CheckPattern], possible: Sequence[CheckPattern]
) -> BlocksVerdict:
    if not required.known:
        return BlocksVerdict(value=Blocks.IF_REQUIRED, checks=_texts((*certain, *possible)))
    if hit := [name for name in certain if name.known and required.requires(name.text)]:
        return BlocksVerdict(value=Blocks.YES, checks=_texts(hit))
    maybe = [
        name for name in (*certain, *possible) if any(name.could_be(other) is not Tri.FALSE for other in required.names)
    ]
    return BlocksVerdict(value=Blocks.UNKNOWN, checks=_texts(maybe)) if maybe else NO_BLOCKS


def _texts(names: Sequence[CheckPattern]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.text for name in names))
