"""Follow a command read-only through the recipes it names, down to the commands that really run.

Nothing is ever executed.  Depth, breadth and the number of files read are bounded; a recipe that
leads back to itself ends its chain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from types import ModuleType

from covpath.workflow.recipes import (
    cargo_alias,
    cargo_make,
    deno,
    hatch,
    invoke,
    just,
    make,
    nox,
    npm,
    pre_commit,
    scripts,
    taskfile,
    toml_tasks,
    tox,
    unfollowed,
)
from covpath.workflow.recipes.links import Chain, End, Invocation, Link, Reader, ReadFile, Step
from covpath.workflow.recipes.runners import layers

IsMeasuring = Callable[[Invocation], bool]
"""Whether a command measures coverage."""

RECIPES: tuple[ModuleType, ...] = (
    just,
    make,
    tox,
    nox,
    invoke,
    hatch,
    npm,
    deno,
    toml_tasks,
    taskfile,
    pre_commit,
    cargo_alias,
    cargo_make,
    scripts,
    unfollowed,
)
"""In the order they are asked.  Each has ``expand(invocation, reader)``: its steps, or None where it is not meant.

All but the last two have ``PROGRAMS``, too: no command of another name is meant.
"""

_OF_ANY = (scripts, unfollowed)
_OF = {
    name: tuple(one for one in RECIPES if one in _OF_ANY or name in one.PROGRAMS)
    for recipe in RECIPES
    if recipe not in _OF_ANY
    for name in recipe.PROGRAMS
}
"""The recipes to ask, by the program's name."""

_DEEPEST = 16
_MOST_CHAINS = 500


def follow(
    invocation: Invocation, read_file: ReadFile, is_measuring: IsMeasuring, folder: str = ""
) -> tuple[Chain, ...]:
    """Every chain that starts with a workflow's command.

    ``read_file`` takes a path from the repository's root; a file that is missing where a recipe
    needs it ends a chain with an unknown link that names it. ``folder``: where the repository is checked out.
    """
    walk = _Walk(Reader(read_file, folder), is_measuring)
    first = Link(
        kind="workflow",
        target=invocation.name,
        place=invocation.place,
        text=invocation.text,
        depends_on=(),
        within=invocation.within,
        let_off=invocation.let_off,
    )
    chains = tuple(islice(walk.chains(invocation, (first,), ()), _MOST_CHAINS))
    if len(chains) == 1:
        return chains
    # Environments that differ in nothing but their name lead to the same chain.
    found = {(str(chain), chain.end, tuple(link.let_off for link in chain.links)): chain for chain in chains}
    return tuple(found.values())


class _Walk:
    def __init__(self, reader: Reader, is_measuring: IsMeasuring) -> None:
        self._reader = reader
        self._is_measuring = is_measuring

    def chains(self, invocation: Invocation, links: tuple[Link, ...], seen: tuple[object, ...]) -> Iterator[Chain]:
        steps: list[Step] | None = None
        for layer in layers(invocation):
            if self._is_measuring(layer):
                yield Chain(links=links, end=End.MEASURES, final=invocation)
                return
            steps = self._expand(layer) if steps is None else steps
        if not steps:
            yield Chain(links=links, end=End.COMMAND, final=invocation)
            return
        for step in steps:
            yield from self._through(step, links, seen)

    def _expand(self, invocation: Invocation) -> list[Step] | None:
        for recipe in _OF.get(invocation.name, _OF_ANY):
            steps: list[Step] | None = recipe.expand(invocation, self._reader)
            if steps is not None:
                return steps
        return None

    def _through(self, step: Step, links: tuple[Link, ...], seen: tuple[object, ...]) -> Iterator[Chain]:
        inner = step.invocation
        key = (step.kind, step.target, step.place, inner.text if inner is not None else None)
        unknown = step.unknown
        if key in seen:
            unknown = "the recipe leads back to itself"
        elif len(links) >= _DEEPEST:
            unknown = "the recipe is nested too deeply"
        link = Link(
            kind=step.kind,
            target=step.target,
            place=step.place,
            text=inner.text if inner is not None else "",
            depends_on=step.depends_on,
            unknown=unknown,
            within=inner.within if inner is not None else None,
            let_off=inner.let_off if inner is not None else None,
        )
        if unknown is not None or inner is None:
            yield Chain(links=(*links, link), end=End.UNKNOWN)
        else:
            yield from self.chains(inner, (*links, link), (*seen, key))
