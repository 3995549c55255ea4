"""``covpath decide``: the ways out of a job with their evidence, the choice, and its record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from covpath.commands.exceptions_file import apply, evidence_draft, job_name, target_of
from covpath.commands.job_status import entry_of, load_ledger, runner_text
from covpath.commands.linking import links_of, texts_of, tracer_of
from covpath.commands.state import WorkingTree
from covpath.commands.subject import Subject, open_subject
from covpath.decide import Measured, Option, Situation, Support, choose, options
from covpath.errors import CovpathError, ExitCode, Refusal, UsageError
from covpath.evidence.store import load_evidence
from covpath.ledger import editing
from covpath.ledger.draft import Draft
from covpath.ledger.editing import Edited
from covpath.ledger.model import Entry, EvidenceForm, JobName
from covpath.outside.files import shown
from covpath.outside.transaction import state_directory
from covpath.report.decide_data import to_json
from covpath.report.decide_text import render
from covpath.terms import Decision, JobRef
from covpath.workflow.model import Job
from covpath.workflow.repository import find_job
from covpath.yamltext.nodes import Plain, node_at, to_plain
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source


def run(
    *,
    job: str,
    record: bool,
    decision: str | None,
    owner: str | None,
    target: str | None,
    reason: str | None,
    evidence: list[str],
    repo: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Show the options; with ``--record`` write the choice (or ``--decision``) to the exceptions file."""
    subject = open_subject(repo)
    workflow, found = find_job(subject.workflows.workflows, job)
    ref = workflow.ref(found)
    ledger = load_ledger(subject.root)
    entry = entry_of(ledger, ref)
    tree = WorkingTree(root=subject.root)
    links = links_of(tree, subject.workflows.workflows)
    measured = tracer_of(texts_of(tree), links).trace(workflow, found).measured
    situation = Situation(
        backend=measured.backend if measured is not None else None,
        labels=_labels(found),
        measured=tuple(_measured(subject, ref, entry, evidence)),
        said=tuple(_said(entry)),
    )
    ways = options(situation)
    choice, why = choose(ways)
    if format == "json":
        screen.write(json.dumps(to_json(str(ref), ways, choice, why), indent=2) + "\n")
    else:
        screen.write(render(str(ref), ways, choice, why))
    if record:
        option = _to_record(ways, choice, why, decision)
        owner = owner or (entry.owner if entry else None) or (ledger.owner if ledger else None)
        _record(subject, job_name(subject, job), entry, option, owner, target, reason, evidence, screen)
    return ExitCode.DONE


def _labels(job: Job) -> tuple[str, ...]:
    return tuple(label.strip() for label in runner_text(job).split(",") if label.strip())


def _measured(subject: Subject, ref: JobRef, entry: Entry | None, more: list[str]) -> Iterator[Measured]:
    """Every saved benchmark of the job: named by the entry or the command line, in ci/evidence, or just run."""
    files = (
        {subject.root / piece.where for piece in entry.evidence if piece.form is EvidenceForm.FILE} if entry else set()
    )
    files |= {subject.root / text for text in more if "://" not in text}
    files |= set((subject.root / "ci" / "evidence").glob("*.json"))
    files.add(state_directory(subject.root) / "bench" / f"{str(ref).replace(':', '-')}" / "evidence.json")
    for file in sorted(files):
        if not file.is_file():
            continue
        try:
            evidence = load_evidence(file)
        except CovpathError:
            if str(shown(file, subject.root)) in more:
                raise
            continue  # evidence of another kind; the audit looks at what entries name
        if evidence.subject.job == str(ref):
            yield Measured(evidence=evidence, file=shown(file, subject.root))


def _said(entry: Entry | None) -> Iterator[Support]:
    """What the entry itself gives as evidence: runs that were looked at, somebody's word."""
    for piece in entry.evidence if entry is not None else ():
        if piece.form is not EvidenceForm.FILE:
            is_words = piece.form is EvidenceForm.TEXT
            text = piece.where if is_words else piece.note or "named by the entry"
            yield Support(kind=piece.kind, text=text, where=None if is_words else piece.where)


def _to_record(ways: tuple[Option, ...], choice: Option | None, why: str, decision: str | None) -> Option:
    if decision is not None:
        return next(option for option in ways if option.decision is Decision(decision))
    if choice is None:
        raise Refusal(
            f"there is no choice to record: {why}.", hint="Measure first, or say which it is with --decision."
        )
    return choice


def _record(
    subject: Subject,
    name: JobName,
    entry: Entry | None,
    option: Option,
    owner: str | None,
    target: str | None,
    reason: str | None,
    evidence: list[str],
    screen: TextIO,
) -> None:
    """Write the decision: into the job's open entry if it has one, else as a new one."""
    if owner is None:
        raise UsageError("who answers for it?", hint="Say --owner @org/team, or write `owner:` into the file.")
    if target is None:
        raise UsageError("until when?", hint="Say `--target 'sprint 24'` or a date (of a permanent one: the review).")
    permanent = option.decision is Decision.PERMANENT_ADVISORY
    until = target_of(target)
    files = tuple(dict.fromkeys([*evidence, *(one.where for one in option.support if _is_saved(subject, one.where))]))
    if entry is None:
        draft = Draft(
            jobs=(name,),
            decision=option.decision,
            reason=reason or f"decided for {option.summary}",
            owner=owner,
            target=None if permanent else until,
            review=until if permanent else None,
            evidence=tuple(evidence_draft(text) for text in files if text is not None),
            moves=tuple(_moves(option)),
        )
        apply(subject, lambda source: editing.add(source, draft), write=True, screen=screen)
        return
    changes: dict[str, Plain] = {
        "decision": str(option.decision),
        "owner": owner,
        "review" if permanent else "target": str(until),
    }
    if reason:
        changes["reason"] = reason
    moves: dict[str, Plain] = {key: list(value) if isinstance(value, tuple) else value for key, value in _moves(option)}
    if moves:
        changes["moves"] = moves

    def edit(source: Source) -> Edited:
        told = dict(changes)
        known = _present_evidence(source, entry.index)
        added = [evidence_draft(text).plain() for text in files if text is not None]
        if new := [piece for piece in added if piece not in known]:
            told["evidence"] = [*known, *new]
        return editing.update(source, name, told)

    apply(subject, edit, write=True, screen=screen)


def _is_saved(subject: Subject, where: str | None) -> bool:
    """Whether evidence lies in the repository, where others can look at it."""
    return where is not None and (subject.root / where).is_file() and not where.startswith((".git/", ".covpath/"))


def _moves(option: Option) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """What the entry says the decision will change."""
    if option.decision is Decision.PERMANENT_ADVISORY:
        yield "gate", "advisory"
    if option.backend is not None:
        yield "backend", option.backend
    if option.labels:
        yield "runner", option.labels if len(option.labels) > 1 else option.labels[0]


def _present_evidence(source: Source, index: int) -> list[Plain]:
    root = read(source, strict=False).root
    node = node_at(root, ("exceptions", index, "evidence")) if root is not None else None
    plain = to_plain(node) if node is not None else None
    return plain if isinstance(plain, list) else [] if plain is None else [plain]
