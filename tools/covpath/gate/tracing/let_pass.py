"""Steps that measure nothing and whose recipe lets everything it runs fail: ``make lint`` with ``-ruff check``."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from covpath.gate.measuring import Measuring, candidates
from covpath.gate.scripts.command_names import prepare
from covpath.gate.scripts.recipe_effect import RecipeEffect, recipe_effect
from covpath.gate.scripts.script_commands import leaves_by_itself, prepares, script_commands
from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.tracing.traced import StepChain
from covpath.terms import Tri
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.recipes.links import Chain
from covpath.workflow.shell.dialect import Shell

Followed = Callable[[Step], Iterable[StepChain]]


def let_pass(workflow: Workflow, job: Job, followed: Followed) -> Measuring | None:
    """The step a job without a measurement is judged by, where its recipe surely lets it pass; else None.

    ``followed`` gives a step's chains, none for steps that are not worth it.
    """
    index = next(candidates(workflow, job), None)
    step = job.steps[index] if index is not None else None
    if step is None or step.run is None:
        return None
    chains = tuple(followed(step))
    about = [one for one in script_commands(step.run.value) if not prepares(one)] if chains else []
    behind = [[one.chain for one in chains if one.command == command] for command in about]
    if not all(behind):
        return None
    recipe = _of_all([chain for one in behind for chain in one], shell_for(workflow, job, step))
    return None if recipe is None else Measuring(index=index, recipe=recipe)


def _of_all(chains: list[Chain], around: Shell) -> RecipeEffect | None:
    """What becomes of the failure of whatever a recipe is about, where nothing of it surely fails the recipe."""
    told: RecipeEffect | None = None
    for chain in chains:
        if _only_prepares(chain):
            continue
        effect = recipe_effect(chain, around) if len(chain.links) > 1 and not _decides(chain) else None
        if effect is None or effect.fails is not Tri.FALSE:
            return None
        told = effect
    return told


def _only_prepares(chain: Chain) -> bool:
    words = tuple(word or "" for word in chain.final.words) if chain.final is not None else ()
    return bool(words) and prepare(words)


def _decides(chain: Chain) -> bool:
    """Whether a script on the way ends itself with a failure, or is no shell's: then its commands do not tell."""
    for link in chain.links[1:]:
        if link.within is None and link.kind == "script":
            return True
        if link.within is not None and leaves_by_itself(link.within.script):
            return True
    return False
