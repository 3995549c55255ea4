"""What several verbs begin with: the repository one stands in, its workflows, its required checks."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from covpath.commands.state import State
from covpath.errors import CovpathError, InputError, Place
from covpath.gate.required import (
    CODECOV_PATHS,
    MERGIFY_PATHS,
    SETTINGS_PATH,
    UNKNOWN_REQUIRED,
    RequiredChecks,
    from_github_answer,
    from_names,
    from_settings,
)
from covpath.outside.files import read_bytes
from covpath.outside.git import Repository, find_repository
from covpath.outside.transaction import recover
from covpath.workflow.repository import WorkflowSet, read_all

EXCEPTIONS_PATH = "ci/ci-exceptions.yaml"


class Subject(Struct, frozen=True, kw_only=True):
    """A repository as a verb finds it."""

    repository: Repository
    workflows: WorkflowSet

    @property
    def root(self) -> Path:
        """The top of the repository."""
        return self.repository.root


def open_subject(directory: Path | None) -> Subject:
    """The repository at ``directory`` (default: the one we stand in), with all its workflows read.

    A write that was interrupted is finished or undone first.
    """
    repository = enter(directory)
    return Subject(repository=repository, workflows=read_all(repository.root))


def enter(directory: Path | None) -> Repository:
    """The repository at ``directory`` (default: the one we stand in).

    A write that was interrupted is finished or undone first.
    """
    repository = find_repository(directory if directory is not None else Path.cwd())
    recover(repository.root)
    return repository


def required_checks(root: Path, file: Path | None, listed: tuple[str, ...] = ()) -> RequiredChecks:
    """The required checks: from GitHub's answer in ``file``, else the repository's own copies.

    ``listed`` are the names the exceptions file gives. Nothing known stays not known.
    """
    if file is not None:
        return from_github_answer(str(file), read_bytes(file))
    if listed:
        return from_names(listed, EXCEPTIONS_PATH, authoritative=False)
    if (root / SETTINGS_PATH).is_file():
        try:
            repository = find_repository(root)
            branch = repository.default_branch() if repository.has_git else None
            return from_settings(read_bytes(root / SETTINGS_PATH, within=root), branch)
        except InputError as error:
            raise InputError(
                error.message,
                place=error.place or Place(SETTINGS_PATH),
                hint="Mend it, or use --required.",
            ) from error
    return UNKNOWN_REQUIRED


def with_other_services(required: RequiredChecks, state: State) -> tuple[RequiredChecks, tuple[CovpathError, ...]]:
    """The required checks with what Codecov's and Mergify's settings say, and what of these cannot be read."""
    found = state.present((*CODECOV_PATHS, *MERGIFY_PATHS))
    if not found:
        return required, ()
    # Imported here: many repositories have neither.
    from covpath.commands.other_services import add_settings

    return add_settings(required, state, found)
