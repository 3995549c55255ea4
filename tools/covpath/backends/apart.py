"""Runs that leave their data, and a report made of all of it by another command, kept apart by the new backend too."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends import grcov_options, grcov_writing, llvm_cov_options, llvm_cov_writing, pytest_cov
from covpath.backends.contract import Backend, Command, Emission, Parsing, Recognition, Role, Situation
from covpath.backends.gathering import MERGED_RUNS, Gathered
from covpath.backends.installs import provided
from covpath.backends.losses import warn
from covpath.backends.request import CoverageRequest, Language, Topic
from covpath.backends.table import backend
from covpath.terms import Loss

_Writing = Callable[
    [tuple[CoverageRequest, ...], CoverageRequest, Situation],
    tuple[tuple[Emission, ...], Emission],
]
_WRITING: dict[str, _Writing] = {
    llvm_cov_options.NAME: llvm_cov_writing.emit_apart,
    grcov_options.NAME: grcov_writing.emit_apart,
}
"""The tools whose runs can leave data to a report that is another command."""
_IN_BOTH = {"", "report", "check-coverage"}
"""What nyc and c8 can both be asked to do."""
_AFTER_FAILURE = warn(
    "report-after-failure", "the report was also written when a test had failed; now it is not written then"
)


class Apart(Struct, frozen=True, kw_only=True):
    """What the new commands need and cost, and those that stand in each old one's place."""

    emission: Emission
    placed: tuple[tuple[int, tuple[Command, ...]], ...]


def written_apart(
    found: Sequence[Recognition],
    parsings: Sequence[Parsing],
    target: str,
    situation: Situation,
    gathered: Gathered,
    request: CoverageRequest,
) -> Apart | None:
    """Each run in its own place, and ``request``'s reports where the first old report was.

    None where nothing is kept apart by that: one run whose report needs no condition of its own, or a
    tool that cannot.
    """
    writing = _reporting(found)
    if request.language is Language.JAVASCRIPT and writing and {one.subcommand for one in found} <= _IN_BOTH:
        return _each(parsings, target, situation)
    if target == pytest_cov.NAME and writing and gathered.several:
        return _added_up(found, parsings, gathered)
    emit = _WRITING.get(target)
    if emit is None or not writing or not (gathered.several or situation.apart):
        return None
    runs = [
        request if index == gathered.measuring else _provided(parsings[index].request, target)
        for index in gathered.runs
    ]
    alone = tuple(replace(_leaving_data(one), reports=(), thresholds=()) for one in runs)
    emissions, report = emit(alone, _leaving_data(request), situation)
    by_index = {index: one.commands for index, one in zip(gathered.runs, emissions, strict=True)}
    by_index[writing[0]] = report.commands
    every = (*emissions, report)
    more = (loss for index in gathered.runs[1:] for loss in parsings[index].losses)
    emission = Emission(
        commands=(),
        losses=(*more, *(loss for one in every for loss in one.losses)),
        reports=report.reports,
        environment=tuple(dict.fromkeys(pair for one in every for pair in one.environment)),
        unset=tuple(dict.fromkeys(name for one in every for name in one.unset)),
    )
    return Apart(emission=emission, placed=tuple((index, by_index.get(index, ())) for index, _ in enumerate(found)))


def _each(parsings: Sequence[Parsing], target: str, situation: Situation) -> Apart:
    """Commands that both tools have: each becomes the other's."""
    every = [backend(target).emit(_provided(one.request, target), situation) for one in parsings]
    losses = (*(loss for one in parsings for loss in one.losses), *(loss for one in every for loss in one.losses))
    reports = tuple(report for one in every for report in one.reports)
    return Apart(
        emission=Emission(commands=(), losses=losses, reports=reports),
        placed=tuple((index, one.commands) for index, one in enumerate(every)),
    )


def _added_up(found: Sequence[Recognition], parsings: Sequence[Parsing], gathered: Gathered) -> Apart | None:
    """coverage.py's runs as pytest-cov's, which add to the same data; what reports from it stays as it is.

    None where the runs do not add to each other: each would leave data of its own.
    """
    later = gathered.runs[1:]
    together = any(one.role is Role.OTHER and one.subcommand != "erase" for one in found)
    parallel = any(native.leaving.name == "parallel-mode" for one in parsings for native in one.request.natives)
    if together or parallel or not all(parsings[index].request.has(Topic.APPEND) for index in later):
        return None
    runs = [replace(_provided(parsings[index].request, pytest_cov.NAME), reports=()) for index in gathered.runs]
    every = [pytest_cov.emit(run, Situation()) for run in runs]
    losses = (
        *(loss for index in later for loss in parsings[index].losses),
        *(loss for one in every for loss in one.losses),
    )
    erasing = tuple((index, ()) for index, one in enumerate(found) if one.role is Role.OTHER)
    return Apart(
        emission=Emission(commands=(), losses=losses, reports=gathered.request.reports),
        placed=(*erasing, *((index, one.commands) for index, one in zip(gathered.runs, every, strict=True))),
    )


def only_after_success(found: Sequence[Recognition], there: Backend, situation: Situation) -> tuple[Loss, ...]:
    """What is lost where the report was made of a failed run too, and the new tool makes none."""
    lost = situation.apart and bool(_reporting(found)) and there.LANGUAGE is Language.RUST
    return (_AFTER_FAILURE.loss("report"),) if lost else ()


def _reporting(found: Sequence[Recognition]) -> list[int]:
    return [index for index, one in enumerate(found) if one.role is Role.WRITES_REPORT]


def _provided(request: CoverageRequest, target: str) -> CoverageRequest:
    return replace(request, prefixes=provided(request.prefixes, target))


def _leaving_data(request: CoverageRequest) -> CoverageRequest:
    """The request without the loss of a run that leaves its report to others: they are moved with it."""
    kept = tuple(native for native in request.natives if native.leaving.name != MERGED_RUNS.name)
    return replace(request, natives=kept)
