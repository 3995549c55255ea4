"""Cells for GitHub's runners: which runners can be asked for, and the entries of a matrix."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import UsageError
from covpath.evidence.codec import to_data
from covpath.evidence.runner import RunnerKind, RunnerProfile, Visibility

MOST_CELLS = 256
"""GitHub's limit for one matrix (``facts``, gating, section 5)."""

_ODD = re.compile(r"[^\w.@+-]")
"""What an artifact's name may not have, or a file's should not."""

STANDARD = ("ubuntu-latest", "ubuntu-slim", "ubuntu-24.04", "ubuntu-22.04", "ubuntu-26.04")
"""Labels that every repository on github.com has; others may wait for a runner that never comes."""


class RealCell(Struct, frozen=True, kw_only=True):
    """One run of one backend on one real runner. ``number`` counts the runs of a cell from 0."""

    backend: str
    runner: RunnerProfile
    number: int = 0

    @property
    def id(self) -> str:
        """A name that artifacts and jobs may have."""
        more = f"~{self.number + 1}" if self.number else ""
        return _ODD.sub("-", f"{self.backend}@{self.runner.name}") + more


def make_cells(backends: Sequence[str], runners: Sequence[RunnerProfile], trials: int) -> tuple[RealCell, ...]:
    """All of them, repeats last. Raises UsageError for more than GitHub's limit."""
    found = tuple(
        RealCell(backend=backend, runner=runner, number=number)
        for number in range(trials)
        for backend in backends
        for runner in runners
    )
    if len(found) > MOST_CELLS:
        raise UsageError(
            f"{len(found)} cells are more than GitHub's {MOST_CELLS} for one matrix.",
            hint="Name fewer with --runners, --backends or --trials.",
        )
    if len({cell.id for cell in found}) < len(found):
        raise UsageError("two cells have the same name.", hint="Rename a runner in ci/runners.yaml.")
    return found


def real_runners(
    profiles: Mapping[str, RunnerProfile], asked: Sequence[str], usual: Sequence[str]
) -> tuple[RunnerProfile, ...]:
    """The profiles to ask GitHub for: those ``asked`` for by name, else those of ``usual`` that surely exist.

    Two profiles with the same labels are one machine: of a public and a private one the public is
    taken where nobody said which. Raises UsageError for such a pair that was asked for.
    """
    if asked:
        chosen = [profiles[name] for name in asked]
        for one, other in _doubles(chosen):
            raise UsageError(
                f"{one.name} and {other.name} are the same labels, {', '.join(one.labels)}: one machine.",
                hint="A repository has one of them; name that one with --runners.",
            )
        return tuple(chosen)
    standard = [profiles[name] for name in usual if _is_standard(profiles[name])]
    first: dict[tuple[str, ...], RunnerProfile] = {}
    for profile in sorted(standard, key=lambda profile: profile.visibility is Visibility.PRIVATE):
        first.setdefault(profile.labels, profile)
    found = tuple(profile for profile in standard if first[profile.labels] is profile)
    if not found:
        raise UsageError("no runner is known that GitHub surely has.", hint="Name one with --runners.")
    return found


def _is_standard(profile: RunnerProfile) -> bool:
    return profile.kind is RunnerKind.HOSTED and all(label in STANDARD for label in profile.labels)


def _doubles(profiles: Sequence[RunnerProfile]) -> Iterator[tuple[RunnerProfile, RunnerProfile]]:
    for at, one in enumerate(profiles):
        for other in profiles[at + 1 :]:
            if set(one.labels) == set(other.labels):
                yield one, other


def matrix_data(cell: RealCell, environment: Mapping[str, str]) -> dict[str, object]:
    """What the matrix says of a cell; the whole profile goes along, as JSON, for the record."""
    return {
        "id": cell.id,
        "backend": cell.backend,
        "number": cell.number,
        "runs-on": runner_of(cell.runner),
        "runner": json.dumps(to_data(replace(cell.runner, notes=""))),
        **({"environment": dict(environment)} if environment else {}),
    }


def runner_of(profile: RunnerProfile) -> str | list[str]:
    """``runs-on`` for a profile: a word, or a list where it has several labels."""
    return profile.labels[0] if len(profile.labels) == 1 else list(profile.labels)


def split_cell(name: str) -> tuple[str, str]:
    """Backend and runner of ``BACKEND@RUNNER``; UsageError where it is not of that form."""
    backend, at, runner = name.rpartition("@")
    if not at or not backend or not runner:
        raise UsageError(f"{name!r} is no cell.", hint="A cell is BACKEND@RUNNER, such as pytest-cov@ubuntu-slim.")
    return backend, runner


def base_name(backend: str) -> str:
    """The name that asks for a backend, without the interpreter it happened to find here."""
    return backend.partition(" (")[0]


def expected_data(cells: Sequence[RealCell]) -> list[dict[str, str]]:
    """What the collecting job has to look for."""
    return [{"id": cell.id, "backend": cell.backend, "runner": cell.runner.name} for cell in cells]
