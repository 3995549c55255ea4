"""The calls among a state's workflows, with what they call beyond it: other repositories, and actions of its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from covpath.commands.state import State
from covpath.errors import CovpathError
from covpath.outside.files import read_bytes
from covpath.workflow.calls import Links, link
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow


def links_of(state: State, workflows: Iterable[Workflow], others: Iterable[Path] = ()) -> Links:
    """The links of a state; ``others`` are checkouts of other repositories, or folders of them.

    What cannot be read counts as not at hand.
    """
    folders = tuple(others)

    @lru_cache(maxsize=256)
    def elsewhere(target: str) -> Workflow | None:
        return _elsewhere(folders, target)

    @lru_cache(maxsize=256)
    def action(uses: str) -> Workflow | None:
        return _action(state, uses)

    return link(workflows, elsewhere, action)


def _elsewhere(folders: tuple[Path, ...], target: str) -> Workflow | None:
    owner, _, rest = target.partition("/")
    name, _, path = rest.partition("/")
    for folder in folders:
        for root in (folder / owner / name, folder):
            if (root / path).is_file() and (root != folder or _is_repository(folder, owner, name)):
                try:
                    return read_workflow(target, read_bytes(root / path, within=root))
                except CovpathError:
                    return None
    return None


def _is_repository(folder: Path, owner: str, name: str) -> bool:
    """Whether a checkout is the repository meant: by its folder's name, or by the remotes it knows."""
    if folder.resolve().name.lower() == name.lower():
        return True
    config = folder / ".git" / "config"
    return (
        config.is_file() and f"{owner}/{name}".lower() in config.read_text(encoding="utf-8", errors="replace").lower()
    )


def _action(state: State, uses: str) -> Workflow | None:
    # Imported here: few workflows use actions of their own repository.
    from covpath.workflow.local_action import action_paths, read_action

    for path in action_paths(uses):
        try:
            data = state.read(path)
            if data is not None:
                return read_action(path, data)
        except CovpathError:
            return None
    return None
