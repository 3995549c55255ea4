"""Several commands of one backend as one request: the run, and what is reported from it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends.contract import Parsing, Recognition, Role
from covpath.backends.losses import drop, stop
from covpath.backends.request import Ask, CoverageRequest, Doctests, Native, Topic
from covpath.backends.words import written
from covpath.errors import Refusal
from covpath.terms import Loss

MERGED_RUNS = stop("merged-runs", "the report covers several runs; only the first would still be run")
LOOPED_RUNS = stop(
    MERGED_RUNS.name, "a loop runs this for one report behind it; every turn of it would write the report anew"
)
_CLEANED = drop("clean-up", "the new backend cleans up and puts data together by itself")
_BUILT_FOR_IT = {"grcov": ": no `cargo test` is seen to have RUSTFLAGS with -C instrument-coverage"}
_FAR = 1_000
"""How far apart the commands stand in the order of flags."""


class Gathered(Struct, frozen=True, kw_only=True):
    """The request, what it cost, and which of the commands run the tests.

    ``several`` is what is lost where only the first of them is carried over.
    """

    request: CoverageRequest
    losses: tuple[Loss, ...]
    runs: tuple[int, ...]
    several: tuple[Loss, ...] = ()

    @property
    def measuring(self) -> int:
        """The first of the commands that run the tests."""
        return self.runs[0]


def gather(commands: Sequence[tuple[Recognition, Parsing]]) -> Gathered:
    """One request out of a run and the commands that report from it.

    Raises Refusal where no command runs the tests.
    """
    runs = [index for index, (found, _) in enumerate(commands) if found.role in {Role.MEASURES, Role.BOTH}]
    if not runs:
        name = commands[0][0].backend
        raise Refusal(
            f"no command here runs the tests under {name}{_BUILT_FOR_IT.get(name, '')}",
            hint="Let the job run its tests so that they are measured first; what another program measures,"
            " or a variable in GITHUB_ENV, is to be changed by hand, together with this report.",
        )
    first = runs[0]
    losses = list(commands[first][1].losses)
    request = commands[first][1].request
    beside = [index for index in runs[1:] if _documents(request, commands[index][1].request)]
    if beside:
        request = _with_doctests(request, commands[beside[0]][1].request)
    several = tuple(MERGED_RUNS.loss(_line(commands[index][0])) for index in runs[1:] if index not in beside)
    for index, (found, parsing) in enumerate(commands):
        if found.role is Role.WRITES_REPORT:
            losses += parsing.losses
            request = _with_report(request, parsing.request, (index + 1) * _FAR)
        elif found.role is Role.OTHER:
            losses += _other(found, parsing)
    if len(commands) > 1 and not several and request.reports:
        # The run leaves its report to the commands that are gathered here: nothing is merged.
        kept = tuple(native for native in request.natives if native.leaving.name != MERGED_RUNS.name)
        request = replace(request, natives=kept)
    return Gathered(request=request, losses=tuple(losses), runs=tuple(runs), several=several)


def _documents(first: CoverageRequest, other: CoverageRequest) -> bool:
    """Whether ``other`` runs the documentation tests of what ``first`` runs the tests of."""
    if first.behaviour.doctests is not Doctests.NONE or other.behaviour.doctests is not Doctests.ONLY:
        return False
    return _asked(first) == _asked(other) and first.toolchain == other.toolchain


def _asked(request: CoverageRequest) -> set[tuple[Topic, tuple[str, ...]]]:
    return {(ask.topic, tuple(map(str, ask.values))) for ask in request.asks if ask.topic is not Topic.DOCTESTS}


def _with_doctests(request: CoverageRequest, other: CoverageRequest) -> CoverageRequest:
    asks = tuple(replace(ask, order=ask.order + _FAR) for ask in other.of(Topic.DOCTESTS))
    behaviour = replace(request.behaviour, doctests=Doctests.WITH)
    return replace(request, asks=(*request.asks, *asks), behaviour=behaviour)


def _line(found: Recognition) -> str:
    return f"{found.launch.program} {written(found.launch.arguments)}".strip()


def _other(found: Recognition, parsing: Parsing) -> list[Loss]:
    told = [native.leaving for native in parsing.request.natives if not native.words]
    return told or [_CLEANED.loss(_line(found))]


def _with_report(request: CoverageRequest, reporting: CoverageRequest, shift: int) -> CoverageRequest:
    """The run with one more command's reports, thresholds and settings it does not have yet."""
    # A report with documentation tests only shows what a run has measured of them.
    known = {Topic.DOCTESTS, *(ask.topic for ask in request.asks)}
    asks: tuple[Ask, ...] = tuple(
        replace(ask, order=ask.order + shift) for ask in reporting.asks if ask.topic not in known
    )
    natives: tuple[Native, ...] = tuple(replace(native, order=native.order + shift) for native in reporting.natives)
    return replace(
        request,
        asks=(*request.asks, *asks),
        natives=(*request.natives, *natives),
        reports=(*request.reports, *(replace(report, order=report.order + shift) for report in reporting.reports)),
        thresholds=(*request.thresholds, *reporting.thresholds),
    )
