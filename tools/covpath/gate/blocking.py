"""What branch protection makes of checks that end red."""

from __future__ import annotations

from collections.abc import Sequence

from covpath.gate.checks import CheckPattern
from covpath.gate.required import RequiredChecks
from covpath.gate.verdict import NO_BLOCKS, BlocksVerdict
from covpath.terms import Blocks, Tri


def blocking(
    required: RequiredChecks, certain: Sequence[CheckPattern], possible: Sequence[CheckPattern]
) -> BlocksVerdict:
    """Whether a required check ends red: one of ``certain`` does, one of ``possible`` may.

    A check that is skipped or neutral counts as passed, so it is in neither list.
    """
    if not certain and not possible:
        return NO_BLOCKS
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
