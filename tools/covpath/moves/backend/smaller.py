"""The smaller step: cargo-tarpaulin's own LLVM engine, where that may be all that is wanted."""

from __future__ import annotations

from collections.abc import Sequence

from covpath.backends.contract import Situation
from covpath.backends.translate import smaller_step
from covpath.moves.backend.sites import Site
from covpath.moves.proposal import Draft, NoteKind


def offer_smaller_step(draft: Draft, found: Sequence[Site], situation: Situation) -> None:
    """Say which one flag keeps tool, file names and thresholds, and leaves ptrace behind."""
    for site in found:
        if site.action is not None and site.action.action == "actions-rs/tarpaulin":
            continue  # it runs versions that do not know the flag, and no newer ones
        step = smaller_step(site.argv, situation)
        if step is None or not step.commands:
            continue
        draft.say(
            NoteKind.SMALLER,
            "the same tool with LLVM's engine, without ptrace and its crashes",
            place=draft.before.place(site.step.node),
            command=" && ".join(command.line for command in step.commands),
        )
        return
