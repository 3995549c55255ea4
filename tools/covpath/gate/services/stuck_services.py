"""Statuses of Codecov that may never be posted, and checks that Mergify waits for in vain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec import Struct

from covpath.errors import Place
from covpath.gate.blocking import ACTIONS
from covpath.gate.checks import CheckPattern
from covpath.gate.judge import Judge
from covpath.gate.repository import has_queue, stays_away
from covpath.gate.required import RequiredChecks
from covpath.gate.services.codecov_arrival import MAY_SKIP, missing_upload
from covpath.gate.services.codecov_blocking import codecov_of
from covpath.gate.services.codecov_status import PREFIX
from covpath.gate.services.codecov_uploads import uploads
from covpath.gate.services.mergify import CheckCondition, Mergify, Way
from covpath.terms import JobRef, Reason, Tri
from covpath.workflow.model import Job, Workflow


class Certainty(Enum):
    """How sure it is that something is waited for in vain."""

    SURE = "sure"
    LIKELY = "likely"
    """As far as this repository tells."""
    POSSIBLE = "possible"
    """Something that is not seen may report it."""


REQUIRED = "required"
"""What branch protection makes of a check it waits for."""


class Awaited(Struct, frozen=True, kw_only=True):
    """A check that is waited for, perhaps in vain: why, and what to do. ``by``: what waits for it."""

    name: str
    by: str
    why: str
    certainty: Certainty
    place: Place | None
    hint: str
    ref: JobRef | None = None


class Offers(Struct, frozen=True, kw_only=True):
    """The jobs of a repository, and the checks each may report."""

    judge: Judge
    jobs: tuple[tuple[Workflow, Job, tuple[CheckPattern, ...]], ...]

    def away(self, workflow: Workflow, job: Job) -> Reason | None:
        """Why a job's checks do not come for every pull request, GitHub's queue left aside."""
        return stays_away(self.judge.runs, workflow, job, queue=False)

    @property
    def have_queue(self) -> bool:
        """Whether some workflow runs in GitHub's merge queue."""
        return has_queue(self.judge.runs, (one for one, _, _ in self.jobs))


def statuses_in_vain(required: RequiredChecks, offers: Offers) -> Iterator[Awaited]:
    """The statuses of Codecov that are waited for and may never be posted."""
    if not codecov_of(required).readable:
        return
    names = {str(name): REQUIRED for name in sorted(required.names) if name.startswith(PREFIX)}
    waiting = _needed(required.mergify) if required.mergify is not None else ()
    for way, one in waiting:
        if one.name.startswith(PREFIX):
            names.setdefault(one.name, f"waited for by {way} of Mergify")
    for name, by in names.items():
        if name.split("/")[1] in ("project", "patch", "changes"):
            found = _never_asked_for(required, name, by) or _never_uploaded(name, by, offers)
            if found is not None:
                yield found


def _never_asked_for(required: RequiredChecks, name: str, by: str) -> Awaited | None:
    """What the settings say against a status."""
    codecov = codecov_of(required)
    status = codecov.status(name)
    if status is None:
        where = codecov.path or "Codecov's default"
        place = Place(codecov.path) if codecov.path is not None else None
        return Awaited(
            name=name,
            by=by,
            why=f"{where} asks for no such status",
            certainty=Certainty.LIKELY,
            place=place,
            hint="Ask for it there, or wait for it no longer.",
        )
    reason = status.why("codecov-off", "codecov-branches")
    if reason is None:
        return None
    hint = "Switch it on, or wait for it no longer."
    if reason.code == "codecov-branches":
        hint = (
            "Take `branches` out there: it is compared with the pull request's own branch, not with the one it goes to."
        )
    return Awaited(
        name=name, by=by, why=f"it {reason.message}", certainty=Certainty.SURE, place=reason.place, hint=hint
    )


def _never_uploaded(name: str, by: str, offers: Offers) -> Awaited | None:
    """Why no report arrives that a status could be about."""
    seen = [(workflow, job, uploads(workflow, job, offers.judge.links)) for workflow, job, _ in offers.jobs]
    sending = [(workflow, job) for workflow, job, sends in seen if sends is Tri.TRUE]
    if not sending:
        unsure = any(sends is Tri.UNKNOWN for _, _, sends in seen)
        return Awaited(
            name=name,
            by=by,
            why="no job here is seen to upload to Codecov",
            certainty=Certainty.POSSIBLE if unsure else Certainty.LIKELY,
            place=None,
            hint="If nothing else uploads to Codecov, wait for it no longer: nothing is merged while it is missing.",
        )
    queue = by == REQUIRED and offers.have_queue
    away = [missing_upload(offers.judge.runs, workflow, job, queue=queue) for workflow, job in sending]
    if any(reason is None for reason in away) or away[0] is None:
        return None
    workflow, job = sending[0]
    sure = all(reason is not None and reason.code != MAY_SKIP for reason in away)
    return Awaited(
        name=name,
        by=by,
        why=f"it comes with the upload of {job.id}, and {away[0].message}",
        certainty=Certainty.SURE if sure else Certainty.LIKELY,
        place=away[0].place or workflow.place(job.key),
        hint="Let the workflow run for all pull requests, or wait for it no longer.",
        ref=workflow.ref(job),
    )


def checks_in_vain(mergify: Mergify, offers: Offers) -> Iterator[Awaited]:
    """The checks of jobs that Mergify waits for and that may never come green."""
    for way, condition in _needed(mergify):
        if condition.name.startswith(PREFIX) or condition.app not in (None, ACTIONS):
            continue
        reporting = [
            (workflow, job)
            for workflow, job, patterns in offers.jobs
            if any(pattern.could_be(condition.name) is not Tri.FALSE for pattern in patterns)
        ]
        if not reporting:
            yield _unknown_name(way, condition, offers)
            continue
        away = [offers.away(workflow, job) for workflow, job in reporting]
        if away[0] is not None and all(reason is not None for reason in away):
            workflow, job = reporting[0]
            yield Awaited(
                name=condition.name,
                by=f"waited for by {way} of Mergify",
                why=away[0].message,
                certainty=Certainty.LIKELY,
                place=condition.place,
                hint="Let its workflow run for all pull requests and skip the job inside it, with `check-skipped` as "
                "an alternative of the condition.",
                ref=workflow.ref(job),
            )


_OF_ANOTHER_APP = "If no other app reports it, take the condition out."


def _unknown_name(way: Way, condition: CheckCondition, offers: Offers) -> Awaited:
    near = next(_near(condition.name, offers), None)
    sure = near is not None or condition.app == ACTIONS
    told = "Take the condition out, or give a job that name." if sure else _OF_ANOTHER_APP
    if near is not None:
        told = f"Mergify knows it as `{near}`."
    return Awaited(
        name=condition.name,
        by=f"waited for by {way} of Mergify",
        why="no job of these workflows reports it",
        certainty=Certainty.LIKELY if sure else Certainty.POSSIBLE,
        place=condition.place,
        hint=told,
    )


def _near(name: str, offers: Offers) -> Iterator[str]:
    """Checks that are meant when a name is written as GitHub's pages show it, or as the file calls the job."""
    last = name.rpartition(" / ")[2]
    for _, job, patterns in offers.jobs:
        for pattern in patterns:
            text = pattern.text
            if text == last or text.startswith(f"{name} (") or (job.id == name and job.uses is None):
                yield text


def _needed(mergify: Mergify) -> Iterable[tuple[Way, CheckCondition]]:
    """Each check that must be green for some way to be open, once."""
    found: dict[tuple[str, str | None], tuple[Way, CheckCondition]] = {}
    for way in (*mergify.ways, *mergify.protections):
        for one in way.condition.needed():
            if one.wants_success:
                found.setdefault((one.name, one.app), (way, one))
    return found.values()
