"""What the simulator found, as data. Every verdict carries its chain of reasons with places."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from msgspec import Struct

from covpath.errors import Place
from covpath.terms import Blocks, Gate, JobRef, Reason, Tri


class Result(Enum):
    """A job's or step's result, in GitHub's words."""

    SUCCESS = "success"
    FAILURE = "failure"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


class Held(Struct, frozen=True, kw_only=True):
    """Whether Mergify holds a pull request back because of a fault, and the conditions that say so."""

    value: Tri
    reasons: tuple[Reason, ...] = ()


NOT_HELD = Held(value=Tri.FALSE)


class BlocksVerdict(Struct, frozen=True, kw_only=True):
    """What branch protection makes of a fault, and beside it Mergify.

    ``checks`` are the checks that end in neither success, skipped nor neutral: for ``YES``
    the required ones among them, for ``IF_REQUIRED`` all of them. ``mergify`` is None where no
    settings of Mergify's are known: what it holds back, a person may still merge.
    """

    value: Blocks
    checks: tuple[str, ...] = ()
    mergify: Held | None = None

    @property
    def held(self) -> Tri:
        """Whether Mergify holds the pull request back; false where it does not merge here."""
        return self.mergify.value if self.mergify is not None else Tri.FALSE


NO_BLOCKS = BlocksVerdict(value=Blocks.NO)
UNKNOWN_BLOCKS = BlocksVerdict(value=Blocks.UNKNOWN)


class LossVerdict(Struct, frozen=True, kw_only=True):
    """What becomes of a job whose runner is lost; no setting of a step survives that."""

    check_red: Tri
    run_fails: Tri
    blocks: BlocksVerdict
    reasons: tuple[Reason, ...]


class Lost:
    """What becomes of a job whose runner is lost, worked out once somebody asks: of a job that blocks few do.

    Equal to another where both come to the same.
    """

    __slots__ = ("_found", "_work_out")

    def __init__(self, work_out: Callable[[], LossVerdict] | None, found: LossVerdict | None = None) -> None:
        self._work_out = work_out
        self._found = found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lost) and self.verdict() == other.verdict()

    def __hash__(self) -> int:
        return hash(self.verdict())

    def verdict(self) -> LossVerdict:
        """What it comes to."""
        if self._found is None:
            assert self._work_out is not None
            self._found, self._work_out = self._work_out(), None
        return self._found


NO_LOSS = Lost(None, LossVerdict(check_red=Tri.FALSE, run_fails=Tri.FALSE, blocks=NO_BLOCKS, reasons=()))


class StepVerdict(Struct, frozen=True, kw_only=True):
    """One step, should it fail. ``index`` counts from 0; ``setup`` steps only prepare.

    ``softest`` is its gate in the legs of a matrix that mask it, the same as ``gate`` where none does.
    """

    index: int
    label: str
    place: Place
    gate: Gate
    softest: Gate
    setup: bool
    reasons: tuple[Reason, ...]


class LegVerdict(Struct, frozen=True, kw_only=True):
    """One leg of a matrix: its check and the gate of the measuring step there."""

    check: str
    gate: Gate


class DataVerdict(Struct, frozen=True, kw_only=True):
    """Whether the job can be green without having produced or delivered a report."""

    green_without_data: Tri
    reasons: tuple[Reason, ...]


class JobVerdict(Struct, frozen=True, kw_only=True):
    """One job, judged by its measuring step; the other steps are judged beside it.

    ``partly`` says that the measuring step does not block while another step that checks
    something does (or, for a matrix, that legs differ). ``steps`` are those that were judged: all,
    or (where that was not asked) those the verdict rests on. ``measuring`` is the index of the
    measuring step among the job's steps.
    """

    ref: JobRef
    place: Place
    checks: tuple[str, ...]
    coverage: bool
    gate: Gate
    partly: bool
    blocks: BlocksVerdict
    lost: Lost
    measuring: int | None
    steps: tuple[StepVerdict, ...]
    legs: tuple[LegVerdict, ...]
    data: DataVerdict
    reasons: tuple[Reason, ...]

    @property
    def on_runner_loss(self) -> LossVerdict:
        """What becomes of it when its runner is lost."""
        return self.lost.verdict()

    @property
    def measuring_step(self) -> StepVerdict | None:
        """The verdict of the step the job is judged by."""
        return next((step for step in self.steps if step.index == self.measuring), None)
