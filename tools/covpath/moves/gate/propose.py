"""Gate moves: reach the gate asked for first, by the file's own habit second, and say what lies outside."""

from __future__ import annotations

from collections.abc import Callable

from covpath.errors import Refusal, UsageError
from covpath.gate.verdict import JobVerdict
from covpath.moves.gate import announce, flags, lists, outside, ratchet, shell, upload
from covpath.moves.gate.habit import Way, habit
from covpath.moves.gate.legs import propose_leg_gate
from covpath.moves.gate.subject import Subject, everywhere, find_step, suppose
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind
from covpath.moves.services import say_services
from covpath.moves.wanted import ASKED, Wanted
from covpath.terms import Blocks, Gate, Reason, Tri
from covpath.workflow.model import Step

_MOST_LEVERS = 40
"""More levers than any step can have: each turn takes one away."""


def propose_gate(draft: Draft, wanted: Wanted, judging: Judging) -> None:
    """Give the draft's job, or one of its steps, the gate wanted: ``blocking``, ``advisory``, a ratchet's word.

    Raises Refusal where the gate cannot be reached by a change this module knows, and
    UsageError for a word that is neither a gate nor a value of the job's ratchet.
    """
    assert wanted.gate is not None
    gate = ASKED.get(wanted.gate)
    if gate is None:
        if wanted.step is not None or wanted.leg is not None or wanted.with_upload:
            raise UsageError(
                f"{wanted.gate!r} is no gate of a step or leg.", hint="Use --gate blocking or --gate advisory."
            )
        ratchet.turn_to_word(draft, wanted.gate)
        return
    origin = None
    if wanted.step is not None:
        origin = draft.origins(draft.job_id)[find_step(draft.job, wanted.step)]
    subject = Subject(draft=draft, judging=judging, origin=origin)
    suppose(subject)
    if wanted.leg is not None:
        propose_leg_gate(subject, gate, wanted.leg)
        return
    reach(subject, gate)
    if origin is None:
        say_services(draft, judging, subject.verdict(), gate)
    if wanted.with_upload:
        _uploads(subject, gate)
    elif gate is Gate.BLOCKING and origin is None:
        _say_quiet_uploads(subject)


def reach(subject: Subject, gate: Gate) -> None:
    """Turn levers until the subject has the gate."""
    if gate is Gate.BLOCKING:
        _to_blocking(subject)
    else:
        _to_advisory(subject)


def _to_blocking(subject: Subject) -> None:
    """Take away what masks the step, lever by lever, until the run fails with it."""
    draft = subject.draft
    for _ in range(_MOST_LEVERS):
        verdict = subject.verdict()
        if everywhere(verdict, Gate.BLOCKING) and not _announced(subject, verdict):
            break
        if not _take_away(subject, verdict):
            _refuse(draft, verdict, Gate.BLOCKING)
    if subject.origin is not None:
        return
    while lists.count_again(draft, subject.judging):
        pass
    lists.join(draft, subject.judging)
    if draft.rewriting.changes:
        outside.say_not_required(draft, subject.judging, subject.verdict())


def _announced(subject: Subject, verdict: JobVerdict) -> bool:
    if verdict.measuring is None:
        return False
    return announce.leftover(subject.draft.job, subject.step(verdict)) is not None


def _take_away(subject: Subject, verdict: JobVerdict) -> bool:
    """Take away one thing that masks."""
    levers: tuple[Callable[[], bool], ...] = (
        lambda: announce.withdraw(subject.draft, subject.step(verdict)),
        lambda: ratchet.turn_to_gate(subject, Gate.BLOCKING),
        lambda: shell.unmask(subject, verdict),
        lambda: upload.let_fail(subject, verdict),
        lambda: flags.remove_flag(subject, verdict),
    )
    return any(lever() for lever in levers)


def _say_quiet_uploads(subject: Subject) -> None:
    """An upload that may deliver nothing; told with the lines of the file people have before them."""
    draft = subject.draft
    verdict = subject.judging.job(draft.before, draft.before.jobs[draft.job_id], subject.suppose)
    for reason in verdict.data.reasons:
        if reason.code.startswith("upload-"):
            command = f"covpath move {verdict.ref} --gate blocking --with-upload"
            draft.say(NoteKind.LEFTOVER, reason.message, place=reason.place, command=command)


def _to_advisory(subject: Subject) -> None:
    verdict = subject.verdict()
    if everywhere(verdict, Gate.ADVISORY):
        if subject.origin is not None or not _is_waited_for(verdict) or not flags.drop_job_flag(subject.draft):
            return
        # The step is let off in the place of the job, whose red check keeps the merge back.
        verdict = subject.verdict()
    if subject.draft.job.uses is not None:
        _let_call_off(subject, verdict)
        return
    if verdict.gate is Gate.SILENT:
        if _show(subject, verdict) and everywhere(subject.verdict(), Gate.ADVISORY):
            return
        _unmask(subject)
        verdict = subject.verdict()
    if not everywhere(verdict, Gate.ADVISORY):
        _mask(subject, verdict)
    if not everywhere(subject.verdict(), Gate.ADVISORY):
        _refuse(subject.draft, subject.verdict(), Gate.ADVISORY)


def _show(subject: Subject, verdict: JobVerdict) -> bool:
    """Let a failure that passes unseen be seen, by what lets it pass already."""
    if ratchet.turn_to_gate(subject, Gate.ADVISORY) or shell.show(subject, verdict):
        return True
    step = subject.step(verdict)
    if step.continue_on_error is None or step.continue_on_error.data() is not True:
        return False
    effect = shell.effect_of(subject.judging, subject.draft, step)
    if effect.reasons:
        return False  # the script or the action keeps the failure to itself: the step never fails
    announce.add(subject.draft, step, _check(subject, verdict))
    return True


def _unmask(subject: Subject) -> None:
    """Let the step itself fail again, so that its failure can be let pass in the open."""
    for _ in range(_MOST_LEVERS):
        verdict = subject.verdict()
        if verdict.gate is not Gate.SILENT:
            return
        if not (shell.unmask(subject, verdict) or upload.let_fail(subject, verdict)):
            break
    # What is left is a flag of the step: the annotation belongs to it.
    verdict = subject.verdict()
    step = subject.step(verdict)
    if verdict.gate is Gate.SILENT and step.continue_on_error is not None:
        flags.flag_step(subject.draft, step)
        announce.add(subject.draft, subject.step(subject.verdict()), _check(subject, verdict))


def _mask(subject: Subject, verdict: JobVerdict) -> None:
    """Let the failure pass, and show it: a ratchet, else as the file's other jobs do."""
    draft, judging = subject.draft, subject.judging
    if ratchet.turn_to_gate(subject, Gate.ADVISORY):
        return
    step = subject.step(verdict)
    required = [check for check in verdict.checks if judging.required.known and judging.required.requires(check)]
    if subject.origin is not None:
        _mask_step(subject, verdict, step)
    elif required:
        # A job's own continue-on-error leaves its check red, and a red required check blocks.
        names = " and ".join(f"`{check}`" for check in required)
        draft.say(NoteKind.CHANGE, f"{names} is required, so the step is made advisory: the check stays green")
        _mask_step(subject, verdict, step)
    elif (waiting := _waited_for(verdict, judging)) is not None:
        message = f"{waiting.message}, so the step is made advisory: the check stays green"
        draft.say(NoteKind.CHANGE, message, place=waiting.place)
        _mask_step(subject, verdict, step)
    else:
        _by_habit(subject, verdict, step)
    if subject.origin is None:
        _say_still_blocking(subject)


def _is_waited_for(verdict: JobVerdict) -> bool:
    """Whether a merge waits for the job's check to be green, whatever the run comes to."""
    return verdict.blocks.value is Blocks.YES or verdict.blocks.held is Tri.TRUE


def _waited_for(verdict: JobVerdict, judging: Judging) -> Reason | None:
    """Why a red check of the job would keep Mergify from merging, or turn red what it reports and GitHub requires."""
    held = verdict.blocks.mergify
    codes = {"mergify-holds"} if verdict.blocks.held is Tri.TRUE else set()
    if judging.required.known and verdict.blocks.value is Blocks.UNKNOWN:
        codes.add("mergify-protection")
    return next((one for one in held.reasons if one.code in codes), None) if held is not None else None


def _by_habit(subject: Subject, verdict: JobVerdict, step: Step) -> None:
    draft, judging = subject.draft, subject.judging
    way = habit(draft.workflow, draft.job_id, judging)
    if way is not Way.JOB:
        draft.say(NoteKind.CHANGE, f"as other jobs of this file: {way.value}")
    if way is Way.SHELL and shell.mask(subject, verdict):
        return
    if way is Way.JOB:
        if flags.flag_job(draft):
            outside.say_still_red(draft, judging, verdict.checks)
    else:
        _mask_step(subject, verdict, step)


def _mask_step(subject: Subject, verdict: JobVerdict, step: Step) -> None:
    draft = subject.draft
    flags.flag_step(draft, step)
    now = draft.job.steps[step.index]
    if announce.leftover(draft.job, now) is None:
        announce.add(draft, now, _check(subject, verdict))


def _check(subject: Subject, verdict: JobVerdict) -> str:
    return verdict.checks[0] if verdict.checks else str(subject.draft.job_id)


def _say_still_blocking(subject: Subject) -> None:
    """Other steps of a job whose measuring step is let off."""
    verdict = subject.verdict()
    for step in verdict.steps:
        if verdict.gate is Gate.ADVISORY and step.gate is Gate.BLOCKING and not step.setup:
            command = f"covpath move {verdict.ref} --step {step.index + 1} --gate advisory"
            subject.draft.say(
                NoteKind.LEFTOVER, f"the step `{step.label}` still blocks", place=step.place, command=command
            )


def _let_call_off(subject: Subject, verdict: JobVerdict) -> None:
    """A call of a reusable workflow cannot be let off; a required gate over it can do without it."""
    draft, judging = subject.draft, subject.judging
    assert draft.job.uses is not None
    place = draft.workflow.place(draft.job.uses)
    required = judging.required
    if required.known and verdict.blocks.value is Blocks.NO:
        draft.say(NoteKind.LEFTOVER, "the run turns red when it fails, but no required check does", place=place)
        return
    own = any(required.requires(check) for check in verdict.checks)
    if not required.known or own or not lists.let_off(draft, judging):
        raise Refusal(
            f"job {draft.job_id!r} calls a reusable workflow, where GitHub allows no `{flags.FLAG}`.",
            place=place,
            hint=f"Move the job in {draft.job.uses.value.partition('@')[0]}.",
        )
    draft.stop(
        "run-stays-red",
        str(draft.job_id),
        "a call cannot be let off: the run still turns red when it fails, only the required gate passes",
        place,
    )


def _uploads(subject: Subject, gate: Gate) -> None:
    """The same gate for the steps that upload the job's report."""
    draft, judging = subject.draft, subject.judging
    verdict = subject.verdict()
    behind = -1 if verdict.measuring is None else verdict.measuring
    for step in upload.upload_steps(draft.job, behind):
        origin = draft.origins(draft.job_id)[step.index]
        about = Subject(draft=draft, judging=judging, origin=origin)
        if gate is Gate.BLOCKING or not draft.job.continue_on_error:
            reach(about, gate)
        if gate is Gate.BLOCKING:
            while upload.let_missing_fail(draft, about.step(about.verdict())):
                pass


def _refuse(draft: Draft, verdict: JobVerdict, wanted: Gate) -> None:
    why = "; ".join(reason.message for reason in verdict.reasons) or "no reason found"
    needing = [job.id for job in draft.workflow.jobs.values() if lists.is_needed(job, draft.job_id)]
    if verdict.gate is Gate.UNKNOWN and needing:
        why = f"what the jobs that need it ({', '.join(needing)}) make of it cannot be told; {why}"
    # What is said of the runs comes first among the reasons; the line to change is one of the others.
    about = [reason for reason in verdict.reasons if not reason.code.startswith(("caller-", "no-"))]
    place = next((reason.place for reason in (*about, *verdict.reasons) if reason.place), verdict.place)
    in_recipe = any("-recipe-" in reason.code for reason in verdict.reasons)
    raise Refusal(
        f"job {draft.job_id!r} is {verdict.gate}; no edit known to be safe makes it {wanted}: {why}.",
        place=place,
        hint="The line belongs to a recipe, which others use too: let the failure out there, then ask again."
        if in_recipe
        else "Change that line by hand, then ask again.",
    )
