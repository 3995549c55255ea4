"""Gate moves: reach the gate asked for, by the file's own habit, and say what lies outside."""

from __future__ import annotations

from covpath.errors import Refusal, UsageError
from covpath.gate.judge import Judge
from covpath.gate.verdict import JobVerdict
from covpath.moves import announce, ratchet
from covpath.moves.proposal import Draft, NoteKind
from covpath.moves.proving import ASKED
from covpath.terms import Gate
from covpath.workflow.model import Step
from covpath.yamltext.operations import remove_key, set_key


def propose_gate(draft: Draft, wanted: str, judge: Judge) -> None:
    """Give the draft's job the gate ``wanted``: ``blocking``, ``advisory``, or a ratchet's own word.

    Raises Refusal where the gate cannot be reached by a change this module knows, and
    UsageError for a word that is neither a gate nor a value of the job's ratchet.
    """
    gate = ASKED.get(wanted)
    if gate is None:
        _by_own_word(draft, wanted)
    elif gate is Gate.BLOCKING:
        _to_blocking(draft, judge)
    else:
        _to_advisory(draft, judge)


def _verdict(draft: Draft, judge: Judge) -> JobVerdict:
    return judge.job(draft.workflow, draft.job)


def _measuring(draft: Draft, verdict: JobVerdict) -> Step:
    if verdict.measuring is None:
        why = verdict.reasons[0].message if verdict.reasons else "it has no steps"
        raise Refusal(
            f"job {draft.job_id!r} has no step of its own whose gate could be moved: {why}.",
            place=verdict.place,
            hint="Move the job that does the work.",
        )
    return draft.job.steps[verdict.measuring]


def _by_own_word(draft: Draft, word: str) -> None:
    found = ratchet.find(draft.workflow, draft.job)
    if found is None:
        raise UsageError(
            f"{word!r} is no gate, and job {draft.job_id!r} has no ratchet variable.",
            hint="Use --gate blocking or --gate advisory.",
        )
    if word not in found.words:
        raise UsageError(
            f"{word!r} is no value of `{found.variable}`.", hint=f"It knows {', '.join(sorted(found.words))}."
        )
    if draft.make(ratchet.turn(draft.workflow, found, word)):
        draft.titles.append(f"set {found.variable} to {word}")


def _to_blocking(draft: Draft, judge: Judge) -> None:
    """Take away what masks the measuring step, lever by lever, until the run fails with it."""
    while (verdict := _verdict(draft, judge)).gate is not Gate.BLOCKING or announce.leftover(draft.job) is not None:
        if not (_turn_to(draft, judge, Gate.BLOCKING) or _remove_mask(draft, verdict)):
            _refuse(draft, verdict, Gate.BLOCKING)
    # Told with the lines of the file as it is, since that is the one people have before them.
    for reason in judge.job(draft.before, draft.before.jobs[draft.job_id]).data.reasons:
        if reason.code.startswith("upload-"):
            draft.say(NoteKind.LEFTOVER, reason.message, place=reason.place)


def _remove_mask(draft: Draft, verdict: JobVerdict) -> bool:
    """Remove one thing that masks: our own announcement, the step's flag, the job's flag."""
    if announce.withdraw(draft):
        return True
    step = _measuring(draft, verdict)
    for scalar, route in (
        (step.continue_on_error, step.route),
        (draft.job.continue_on_error, draft.job.route),
    ):
        if scalar is not None and "${{" not in scalar.value and scalar.data() is True:
            edit = remove_key(draft.workflow.document, (*route, "continue-on-error"), why="remove continue-on-error")
            if draft.make(edit):
                draft.titles.append("make it blocking")
                return True
    return False


def _turn_to(draft: Draft, judge: Judge, gate: Gate) -> bool:
    """Turn the job's ratchet to a value that gives ``gate``, if it has one that does."""
    found = ratchet.find(draft.workflow, draft.job)
    if found is None:
        return False
    for word in sorted(found.words, key=lambda word: (word != str(gate), word)):
        if word == found.value:
            continue
        trial = Draft(draft.workflow, draft.job_id)
        if trial.make(ratchet.turn(trial.workflow, found, word)) and _verdict(trial, judge).gate is gate:
            draft.make(ratchet.turn(draft.workflow, found, word))
            draft.titles.append(f"set {found.variable} to {word}")
            return True
    return False


def _to_advisory(draft: Draft, judge: Judge) -> None:
    verdict = _verdict(draft, judge)
    if verdict.gate is Gate.ADVISORY:
        return
    step = _measuring(draft, verdict)
    if verdict.gate is Gate.SILENT:
        _show(draft, verdict, step)
    elif verdict.gate is not Gate.BLOCKING:
        _refuse(draft, verdict, Gate.ADVISORY)
    elif _turn_to(draft, judge, Gate.ADVISORY):
        return
    elif judge.required.known and any(judge.required.requires(check) for check in verdict.checks):
        # A job's own continue-on-error leaves its check red, and a red required check blocks.
        names = " and ".join(f"`{check}`" for check in verdict.checks)
        draft.say(NoteKind.CHANGE, f"{names} is required, so the step is made advisory: the check stays green")
        _mask_step(draft, step)
        _show(draft, verdict, draft.job.steps[step.index])
    else:
        _mask_job(draft, verdict)
    if _verdict(draft, judge).gate is not Gate.ADVISORY:
        _refuse(draft, _verdict(draft, judge), Gate.ADVISORY)


def _mask_job(draft: Draft, verdict: JobVerdict) -> None:
    edit = set_key(
        draft.workflow.document,
        draft.job.route,
        "continue-on-error",
        True,
        after=("name", "needs", "if", "runs-on", "timeout-minutes"),
        why="let the run pass when this job fails",
    )
    if draft.make(edit):
        draft.titles.append("make it advisory")
        for check in verdict.checks:
            draft.say(
                NoteKind.OUTSIDE,
                f"the check `{check}` still turns red when the job fails; if it is required, it must leave the list",
                command=unrequire_command(check),
            )


def unrequire_command(check: str) -> str:
    """A ready-to-run command that takes a check off a branch's required ones."""
    quoted = check.replace("'", "'\\''")
    return (
        "gh api -X DELETE 'repos/{owner}/{repo}/branches/main/protection/required_status_checks/contexts'"
        f" -f 'contexts[]={quoted}'"
    )


def _mask_step(draft: Draft, step: Step) -> None:
    edit = set_key(draft.workflow.document, step.route, "continue-on-error", True, why="let the step fail")
    if draft.make(edit):
        draft.titles.append("make it advisory")


def _show(draft: Draft, verdict: JobVerdict, step: Step) -> None:
    check = verdict.checks[0] if verdict.checks else str(draft.job_id)
    announce.add(draft, step, check)


def _refuse(draft: Draft, verdict: JobVerdict, wanted: Gate) -> None:
    why = "; ".join(reason.message for reason in verdict.reasons) or "no reason found"
    place = next((reason.place for reason in verdict.reasons if reason.place), verdict.place)
    raise Refusal(
        f"job {draft.job_id!r} is {verdict.gate}; no edit known to be safe makes it {wanted}: {why}.",
        place=place,
        hint="Change that line by hand, then ask again.",
    )
