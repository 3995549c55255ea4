"""``covpath audit --fix``: the way out of each finding that has one, as a diff, or as a branch of commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TextIO

from msgspec import Struct, field

from covpath.audits import not_resolved, overdue, stale, still_open
from covpath.audits.finding import Finding
from covpath.audits.levers import is_partly_soft, is_soft, masked_steps, soft_legs
from covpath.audits.renaming import renamed
from covpath.audits.report import AuditReport
from covpath.audits.subject import AuditSubject
from covpath.commands.audited import Audited
from covpath.commands.exceptions_file import name_of, target_of
from covpath.errors import CovpathError, ExitCode, Refusal, UsageError
from covpath.gate.verdict import JobVerdict
from covpath.ledger import editing
from covpath.ledger.editing import Edited
from covpath.ledger.model import Entry, JobName
from covpath.ledger.writing import confirm
from covpath.moves.plan import plan
from covpath.moves.wanted import Wanted
from covpath.outside.branch import NewCommit, create_branch
from covpath.outside.git import Repository
from covpath.outside.revisions import show
from covpath.terms import Gate, JobRef
from covpath.workflow.reading import model_of
from covpath.yamltext.diff import unified_diff
from covpath.yamltext.nodes import Plain
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source, decode


class Postponement(Struct, frozen=True, kw_only=True):
    """What to do with what is overdue instead of keeping it."""

    until: str
    reason: str


def prepare(
    repository: Repository,
    here: Audited,
    report: AuditReport,
    *,
    until: str | None,
    reason: str | None,
    branch: str | None,
    screen: TextIO,
) -> ExitCode:
    """Print the ways out (or make the branch); FINDINGS where a failing finding has none prepared."""
    if (until is None) is not (reason is None):
        raise UsageError("a postponement needs a target and its reason.", hint="Give both: --target ... --reason ...")
    later = Postponement(until=until, reason=reason) if until is not None and reason is not None else None
    files = _Files(repository)
    left = 0
    for one in report.judged:
        if not report.is_failing(one):
            continue
        try:
            title = _way_out(here.subject, one.finding, later, files)
        except CovpathError as error:
            files.staged, left = {}, left + 1
            told = _as_it_is_now(repository, here.subject, one.finding, later) or error
            screen.write(f"{one.finding.place}: {one.finding.message}: not prepared: {told}\n")
            continue
        if title is None:
            left += 1
            screen.write(f"{one.finding.place}: {one.finding.message}: {one.finding.hint}\n")
        else:
            screen.write(f"{one.finding.place}: {title}\n")
            files.commit(title)
    if branch is None:
        screen.writelines(files.diffs())
    elif files.commits:
        files.expect_committed()
        made = create_branch(repository, branch, base="HEAD", commits=files.commits)
        screen.write(f"Branch {branch} at {made[:8]}: git switch {branch}, or git push origin {branch}.\n")
    if not files.commits and not left:
        screen.write("Nothing to fix.\n")
    return ExitCode.FINDINGS if left else ExitCode.DONE


def _as_it_is_now(
    repository: Repository, subject: AuditSubject, finding: Finding, later: Postponement | None
) -> CovpathError | None:
    """Why one way out alone is none: with the lines of the files as they are, before what the others do to them."""
    try:
        _way_out(subject, finding, later, _Files(repository))
    except CovpathError as error:
        return error
    return None


class _Files(Struct):
    """The files as the ways out so far have left them."""

    repository: Repository
    before: dict[str, Source] = field(default_factory=dict)
    now: dict[str, Source] = field(default_factory=dict)
    commits: list[NewCommit] = field(default_factory=list)
    staged: dict[str, Source] = field(default_factory=dict)

    def get(self, path: str) -> Source:
        """A file as it is now."""
        if path not in self.now:
            data = (self.repository.root / path).read_bytes()
            self.before[path] = self.now[path] = decode(path, data)
        return self.staged.get(path, self.now[path])

    def put(self, source: Source) -> None:
        """A file as the present way out leaves it."""
        self.staged[source.path] = source

    def commit(self, title: str) -> None:
        """The present way out is complete."""
        self.now |= self.staged
        self.commits.append(
            NewCommit(message=f"{title}\n", files={path: source.encode() for path, source in self.staged.items()})
        )
        self.staged = {}

    def diffs(self) -> Iterator[str]:
        """All ways out together, file by file."""
        for path, source in self.now.items():
            yield unified_diff(self.before[path], source, path)

    def expect_committed(self) -> None:
        """Raise Refusal where a file differs from the last commit: a branch would carry that along."""
        for path, source in self.before.items():
            if show(self.repository, "HEAD", path) != source.encode():
                raise Refusal(
                    f"{path} is not committed as it is.", hint="Commit it first, or take the diff: leave --branch out."
                )


def _way_out(subject: AuditSubject, finding: Finding, later: Postponement | None, files: _Files) -> str | None:
    """Do what removes the finding; its title, or None where there is more than one way or none."""
    match finding.rule:
        case still_open.ID:
            _resolve(subject, JobName.parse(finding.key), files)
            return f"Resolve the entry of {finding.key}: it blocks again"
        case stale.ID:
            return _rename(subject, finding, files)
        case overdue.ID if finding.by_time:
            return _keep_or_postpone(subject, finding, later, files)
        case not_resolved.ID if finding.job is not None:
            _block(subject, finding.job, files)
            return f"Make {finding.job} block: its entry says that it is resolved"
    return None


def _entry_at(subject: AuditSubject, finding: Finding) -> Entry:
    """The open entry a finding's place lies in: the last that begins at or before it."""
    line = finding.place.line or 0
    return [entry for entry in subject.open_entries if (entry.place.line or 0) <= line][-1]


def _keep_or_postpone(subject: AuditSubject, finding: Finding, later: Postponement | None, files: _Files) -> str:
    entry = _entry_at(subject, finding)
    names = " and ".join(map(str, entry.jobs))
    if later is not None:
        until = target_of(later.until)
        _edit(subject, files, lambda source: editing.postpone(source, entry.jobs[0], until, later.reason))
        return f"Postpone {names} to {until}: {later.reason}"
    for ref in subject.verdicts.refs:
        if entry.is_about(ref):
            _block(subject, ref, files)
    for name in entry.jobs:
        _resolve(subject, name, files)
    return f"Make {names} block again: {finding.message}"


def _block(subject: AuditSubject, ref: JobRef, files: _Files) -> None:
    """Move a job to blocking: itself, each leg and each masked step. Raises Refusal where no safe edit does."""
    verdict = _judged(subject, ref, files)
    if verdict.gate is not Gate.BLOCKING or soft_legs(verdict):
        verdict = _move(subject, ref, files, Wanted(gate="blocking"))
    for number in [step.index + 1 for step in masked_steps(verdict)]:
        verdict = _move(subject, ref, files, Wanted(gate="blocking", step=str(number)))
    if is_soft(verdict.gate) or is_partly_soft(verdict):
        raise Refusal("would still let failures pass.", place=verdict.place, hint="Change it by hand.")


def _move(subject: AuditSubject, ref: JobRef, files: _Files, wanted: Wanted) -> JobVerdict:
    workflow = model_of(ref.workflow, read(files.get(ref.workflow)))
    files.put(plan(workflow, (ref.job,), wanted, subject.verdicts.judge).patch.apply())
    return _judged(subject, ref, files)


def _judged(subject: AuditSubject, ref: JobRef, files: _Files) -> JobVerdict:
    """The verdict of a job as the ways out so far have left it."""
    workflow = model_of(ref.workflow, read(files.get(ref.workflow)))
    return subject.verdicts.judge.job(workflow, workflow.jobs[ref.job])


def _resolve(subject: AuditSubject, name: JobName, files: _Files) -> None:
    _edit(subject, files, lambda source: editing.resolve(source, (name,)))


def _rename(subject: AuditSubject, finding: Finding, files: _Files) -> str | None:
    name = JobName.parse(finding.key)
    now = renamed(subject, name)
    if now is None:
        return None
    entry = _entry_at(subject, finding)
    names = [str(name_of(now)) if other == name else str(other) for other in entry.jobs]
    job: Plain = names[0] if len(names) == 1 else [*names]
    _edit(subject, files, lambda source: editing.update(source, name, {"job": job}))
    return f"Name {now} in the entry of {name}: the job was renamed"


def _edit(subject: AuditSubject, files: _Files, edit: Callable[[Source], Edited]) -> None:
    edited = edit(files.get(subject.exceptions_path))
    confirm(edited)
    files.put(edited.source)
