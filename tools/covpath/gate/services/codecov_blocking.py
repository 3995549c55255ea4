"""What the statuses of Codecov do to a merge when coverage falls, as the jobs' checks do when a step fails."""

from __future__ import annotations

from msgspec import Struct

from covpath.gate.blocking import blocking
from covpath.gate.checks import CheckPattern
from covpath.gate.required import RequiredChecks
from covpath.gate.services.codecov_status import Codecov, CodecovStatus, without_file
from covpath.gate.verdict import NO_BLOCKS, BlocksVerdict
from covpath.terms import Blocks, Tri, any_of

_APP = "codecov"


class StatusVerdict(Struct, frozen=True, kw_only=True):
    """A status, and what it blocks when it turns red; ``required``: whether branch protection asks for it."""

    status: CodecovStatus
    blocks: BlocksVerdict
    required: Tri

    @property
    def may_stop(self) -> bool:
        """Whether a fall of coverage may keep a pull request from being merged, as far as is known."""
        return self.blocks.value is not Blocks.NO or self.blocks.held is not Tri.FALSE


def codecov_of(required: RequiredChecks) -> Codecov:
    """What Codecov posts: by the repository's settings, or by its own defaults."""
    return required.codecov if required.codecov is not None else without_file()


def judge_statuses(required: RequiredChecks) -> tuple[StatusVerdict, ...]:
    """A verdict for each status, as if a report that arrived were bad."""
    return tuple(_judged(status, required) for status in codecov_of(required).statuses)


def _judged(status: CodecovStatus, required: RequiredChecks) -> StatusVerdict:
    pattern = CheckPattern(status.name, certain="*" not in status.name)
    blocks = NO_BLOCKS
    if Tri.FALSE not in (status.posted, status.can_fail):
        certain = (pattern,) if status.posted is status.can_fail is Tri.TRUE else ()
        blocks = blocking(required, certain, () if certain else (pattern,), by=_APP)
    asked = any_of(map(pattern.could_be, required.names)) if required.known else Tri.UNKNOWN
    return StatusVerdict(status=status, blocks=blocks, required=asked)
