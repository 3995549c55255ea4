"""What a move leaves to Codecov's and Mergify's settings, and the edit to make there."""

from __future__ import annotations

from collections.abc import Iterator

from covpath.errors import Place
from covpath.gate.services.codecov_blocking import StatusVerdict, codecov_of, judge_statuses
from covpath.gate.services.codecov_status import Codecov, CodecovStatus
from covpath.gate.services.codecov_uploads import uploads
from covpath.gate.verdict import JobVerdict
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind
from covpath.terms import Blocks, Gate, Tri


def say_services(draft: Draft, judging: Judging, verdict: JobVerdict, gate: Gate) -> None:
    """Name the settings that decide otherwise than ``gate``: ``verdict`` is the moved job's."""
    if gate is Gate.ADVISORY:
        _say_still_waiting(draft, verdict)
    if not _sends(draft, judging):
        return
    codecov = codecov_of(judging.required)
    for one in judge_statuses(judging.required):
        if gate is Gate.ADVISORY and one.may_stop:
            _say_still_red(draft, codecov, one)
        elif gate is Gate.BLOCKING and one.status.informational and one.required is not Tri.FALSE:
            reason = one.status.reasons[0]
            _say_once(
                draft,
                f"a fall of coverage still stops nobody: `{one.status.name}` is informational; take this line out, and "
                "it can turn red",
                place=reason.place,
            )


def say_another_figure(draft: Draft, judging: Judging) -> None:
    """Two tools never measure quite the same: a status may take the difference for a fall of coverage."""
    if not _sends(draft, judging):
        return
    stopping = [one.status for one in judge_statuses(judging.required) if one.may_stop]
    if stopping:
        names = " and ".join(f"`{status.name}`" for status in stopping)
        _say_once(
            draft,
            f"{names} may take what the new tool measures otherwise for a fall of coverage, in this pull request first",
            place=next((status.place for status in stopping if status.place is not None), None),
        )


def _sends(draft: Draft, judging: Judging) -> bool:
    """Whether the job's reports surely go to Codecov, for pull requests too."""
    if uploads(draft.workflow, draft.job, judging.links) is not Tri.TRUE:
        return False
    return judging.job(draft.workflow, draft.job).gate is not Gate.NO_SIGNAL


def _say_once(draft: Draft, message: str, *, place: Place | None) -> None:
    """Of several jobs that are moved together each would say the same."""
    if not any(note.message == message for note in draft.notes):
        draft.say(NoteKind.OUTSIDE, message, place=place)


def _say_still_waiting(draft: Draft, verdict: JobVerdict) -> None:
    """A check that stays red, while Mergify waits for it to be green."""
    held = verdict.blocks.mergify
    for reason in held.reasons if held is not None else ():
        if reason.code in ("mergify-holds", "mergify-protection"):
            _say_once(draft, f"{reason.message}: take the condition out", place=reason.place)
        elif reason.code == "mergify-may-hold":
            _say_once(draft, reason.message, place=reason.place)


def _say_still_red(draft: Draft, codecov: Codecov, one: StatusVerdict) -> None:
    """A status that still stops a merge when coverage falls."""
    status = one.status
    certain = one.blocks.value is Blocks.YES or one.blocks.held is Tri.TRUE
    stops = f"when coverage falls `{status.name}` {'still stops' if certain else 'may still stop'} the merge"
    wanted = ["posted"] if status.posted is not Tri.TRUE else []
    wanted += ["required"] if one.blocks.value is Blocks.IF_REQUIRED and not certain else []
    condition = f", if it is {' and '.join(wanted)}" if wanted else ""
    edit = " ".join(_edit(codecov, status))
    _say_once(draft, f"{stops}{condition}: {edit} makes it advisory", place=status.place)


def _edit(codecov: Codecov, status: CodecovStatus) -> Iterator[str]:
    """The setting that makes a status always green, and where it belongs."""
    yield "`informational: true`"
    if status.why("codecov-flag") is not None:
        yield "there"
        return
    _, kind, *title = status.name.split("/", 2)
    yield f"under `coverage.status.{kind}.{title[0] if title else 'default'}`"
    if status.place is None:
        yield f"in {codecov.path or 'a codecov.yml'}"
