"""The settings of Codecov and Mergify as a state of the repository has them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from covpath.commands.state import State
from covpath.errors import CovpathError, InputError, Place
from covpath.gate.required import CODECOV_PATHS, MERGIFY_PATHS, RequiredChecks
from covpath.gate.services import codecov_status, mergify

Settings = TypeVar("Settings")


def add_settings(
    required: RequiredChecks, state: State, found: Sequence[str]
) -> tuple[RequiredChecks, tuple[CovpathError, ...]]:
    """``required`` with the settings in the files ``found``, and the errors of those that cannot be read."""
    errors: list[CovpathError] = []

    def settings(
        paths: Sequence[str], parse: Callable[[str, bytes], Settings], unknown: Callable[[str], Settings]
    ) -> Settings | None:
        path = next((one for one in paths if one in found), None)
        if path is None:
            return None
        try:
            data = state.read(path)
            return parse(path, data) if data is not None else None
        except CovpathError as error:
            errors.append(error if error.place else InputError(error.message, place=Place(path), hint=error.hint))
            return unknown(path)

    theirs = [path for path in CODECOV_PATHS if path in found]
    return (
        replace(
            required,
            codecov=settings(
                CODECOV_PATHS,
                lambda path, data: codecov_status.read_codecov(path, data, theirs[1:]),
                codecov_status.unreadable,
            ),
            mergify=settings(MERGIFY_PATHS, mergify.read_mergify, mergify.unreadable),
        ),
        tuple(errors),
    )
