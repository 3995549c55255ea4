"""The calls among a state's workflows, with what they call beyond it: other repositories, and actions of its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache, partial
from pathlib import Path

from covpath.commands.state import State
from covpath.errors import CovpathError
from covpath.gate.tracing.chains import Tracer
from covpath.gate.tracing.handed_over import Left
from covpath.outside.files import read_bytes
from covpath.workflow.calls import Links, link
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow
from covpath.workflow.recipes.links import ReadFile

_MOST_ACTIONS = 256


def _not_at_hand(target: str) -> Workflow | None:
    """What is to be had of other repositories where no checkout of one is given."""
    del target
    return None


class Beyond:
    """What workflows use beyond each other, each read once: other repositories' files, and actions of their own.

    ``others`` are checkouts of other repositories, or folders of them. What cannot be read counts as not at hand.
    """

    def __init__(self, state: State, others: Iterable[Path] = ()) -> None:
        folders = tuple(others)
        self._state = state
        self._actions: dict[str, Workflow | None] = {}
        self._elsewhere = self._others_action = _not_at_hand
        if folders:
            self._elsewhere = lru_cache(maxsize=256)(partial(_elsewhere, folders))
            self._others_action = lru_cache(maxsize=256)(partial(_others_action, folders))

    def links(self, workflows: Iterable[Workflow]) -> Links:
        """The calls among workflows, and from them to others."""
        return link(workflows, self._elsewhere, self._action)

    def _action(self, uses: str) -> Workflow | None:
        if uses not in self._actions:
            if len(self._actions) >= _MOST_ACTIONS:
                self._actions.clear()
            self._actions[uses] = _action(self._state, uses)
        return self._actions[uses]

    def tracer(self, read: ReadFile, links: Links, left: Left | None = None) -> Tracer:
        """What ``tracer_of`` gives, told what lies in the root, which spares looking for most files.

        ``left`` knows workflows beyond those of ``links`` that may leave data for them.
        """
        return Tracer(read, links, self._others_action, left, self._top)

    @cached_property
    def _top(self) -> frozenset[str] | None:
        try:
            return self._state.top
        except CovpathError:
            return None


def links_of(state: State, workflows: Iterable[Workflow], others: Iterable[Path] = ()) -> Links:
    """The links of a state; ``others`` are checkouts of other repositories, or folders of them.

    What cannot be read counts as not at hand.
    """
    return Beyond(state, others).links(workflows)


def texts_of(state: State) -> ReadFile:
    """A state's files as text, each read once; what cannot be read counts as absent."""

    @lru_cache(maxsize=4096)
    def read(path: str) -> str | None:
        try:
            data = state.read(path)
        except CovpathError:
            return None
        return data.decode("utf-8", "replace") if data is not None else None

    return read


def tracer_of(read: ReadFile, links: Links, others: Iterable[Path] = ()) -> Tracer:
    """What sees through recipes, actions and calls; ``read`` gives the repository's files."""
    return Tracer(read, links, lru_cache(maxsize=256)(partial(_others_action, tuple(others))))


def _others_action(folders: tuple[Path, ...], uses: str) -> Workflow | None:
    """A composite action of another repository, from a checkout of it."""
    target = uses.partition("@")[0].strip("/")
    if not folders or target.count("/") < 1 or target.startswith(("docker:", ".", "$")):
        return None
    from covpath.workflow.local_action import FILE_NAMES, read_action

    for name in FILE_NAMES:
        path = f"{target}/{name}"
        data = _others_file(folders, path)
        if data is not None:
            try:
                return read_action(path, data)
            except CovpathError:
                return None
    return None


def _elsewhere(folders: tuple[Path, ...], target: str) -> Workflow | None:
    data = _others_file(folders, target)
    try:
        return read_workflow(target, data) if data is not None else None
    except CovpathError:
        return None


def _others_file(folders: tuple[Path, ...], target: str) -> bytes | None:
    """A file by ``owner/name/path``: from ``FOLDER/owner/name``, or from a folder that is that repository."""
    owner, _, rest = target.partition("/")
    name, _, path = rest.partition("/")
    for folder in folders:
        for root in (folder / owner / name, folder):
            if (root / path).is_file() and (root != folder or _is_repository(folder, owner, name)):
                try:
                    return read_bytes(root / path, within=root)
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
