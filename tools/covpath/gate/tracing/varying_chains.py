"""Chains that depend on values that differ from leg to leg or from call to call."""

from __future__ import annotations

from msgspec.structs import replace

from covpath.gate.tracing.traced import StepChain
from covpath.workflow.model import Step
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Chain, End, Link


def varies(chain: Chain) -> bool:
    """Whether another value of what varies could lead the chain on."""
    if chain.final is not None:
        return chain.end is End.COMMAND and None in chain.final.words
    if chain.unknown == UNKNOWN_DIRECTORY:
        return True
    return bool(chain.depends_on) and "is not in the repository" not in (chain.unknown or "")


def written(step: Step, found: StepChain) -> str:
    """The first command of a chain as the step's script has it, expressions and all."""
    if step.run is None or found.command is None:
        return found.chain.links[0].text
    return " ".join(step.run.value[slice(*found.command.span)].replace("\\\n", " ").split())


def depending(chain: Chain, text: str, names: tuple[str, ...]) -> Chain:
    """The same chain under the first command as it is written, with what it depends on."""
    depends_on = tuple(dict.fromkeys((*chain.links[0].depends_on, *names)))
    first = replace(chain.links[0], text=text, depends_on=depends_on)
    given = chain.links[0].text
    # A command that is wholly given stands behind what gives it, not in the script.
    wholly = text.startswith("$") and text != given
    inner = (Link(kind="given", target=given, place=None, text=given),) if wholly else ()
    return replace(chain, links=(first, *inner, *chain.links[1:]))


def end_of(one: StepChain) -> tuple[object, ...]:
    """What tells a step's chains apart: where they end, and what may mask them on the way."""
    last, within = one.chain.links[-1], one.chain.links[0].within
    return one.index, len(one.chain.links), last.place, last.target, within.script.text if within is not None else ""
