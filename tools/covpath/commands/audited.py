"""One state of a repository, made ready for the audit's rules; what could not be read stands beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

from msgspec import Struct

from covpath.audits.past import Past
from covpath.audits.subject import AuditSubject, Owners
from covpath.audits.verdicts import Verdicts
from covpath.commands.linking import Beyond, texts_of
from covpath.commands.state import State
from covpath.commands.subject import with_other_services
from covpath.errors import CovpathError, InputError, Place
from covpath.evidence.model import Evidence
from covpath.gate.required import (
    SETTINGS_PATH,
    UNKNOWN_REQUIRED,
    RequiredChecks,
    from_github_answer,
    from_names,
    from_settings,
)
from covpath.ledger.calendar import Calendar, UnknownDay, open_calendar
from covpath.ledger.code_owners import PATHS, owners_in
from covpath.ledger.model import DEFAULT_PATH, Ledger
from covpath.ledger.problems import InvalidExceptions, Problem
from covpath.ledger.reading import Reading, examine
from covpath.ledger.versions import Working
from covpath.outside.files import read_bytes
from covpath.outside.git import Repository
from covpath.workflow.repository import WORKFLOW_FOLDER
from covpath.yamltext.source import decode


class Asked(Struct, frozen=True, kw_only=True):
    """What an audit is asked: the day, the list of required checks where one is given, the sprint to begin."""

    today: date
    required: Path | None = None
    kickoff: str | None = None


class Audited(Struct, frozen=True, kw_only=True):
    """What the rules look at, and the errors of the files that could not be read."""

    subject: AuditSubject
    unreadable: tuple[CovpathError, ...]


def look_at(repository: Repository, state: State, asked: Asked) -> Audited:
    """A state of ``repository`` as a subject of the audit.

    Raises what reading the list of required checks raises; a workflow, an entry, a calendar or
    another service's settings that cannot be read stop nothing.
    """
    workflows = state.workflows()
    if not workflows.workflows and not workflows.unreadable and not state.is_committed:
        # Imported here: few repositories have none.
        from covpath.outside.sparse import expect_checked_out

        expect_checked_out(repository, WORKFLOW_FOLDER)
    reading, problems = _exceptions(state)
    ledger = reading.ledger if reading is not None else None
    required, not_read = with_other_services(_required(repository, state, asked.required, ledger), state)
    beyond = Beyond(state)
    links = beyond.links(workflows.workflows)
    behind = beyond.tracer(texts_of(state), links).alternatives
    subject = AuditSubject(
        verdicts=Verdicts(workflows.workflows, required, links, behind),
        ledger=ledger,
        exceptions_path=DEFAULT_PATH,
        calendar=_calendar(state, ledger),
        today=asked.today,
        past=_past(repository, state, asked.today),
        evidence=_evidence(state),
        required=required,
        owners=_owners(state) if ledger is not None else None,
        unread=reading.unread if reading is not None else (),
        unreadable=tuple(error.place.file for error in workflows.unreadable if error.place is not None),
        exceptions_unreadable=bool(problems) and not _something_read(reading),
        kickoff=asked.kickoff,
    )
    return Audited(subject=subject, unreadable=(*workflows.unreadable, *problems, *not_read))


def _exceptions(state: State) -> tuple[Reading | None, tuple[CovpathError, ...]]:
    """The exceptions file as far as it can be read, and what is wrong with it."""
    try:
        data = state.read(DEFAULT_PATH)
        if data is None:
            return None, ()
        reading = examine(decode(DEFAULT_PATH, data))
    except InvalidExceptions as error:
        return None, tuple(map(_error, error.problems))
    except CovpathError as error:
        return None, (error,)
    return reading, tuple(map(_error, reading.problems))


def _something_read(reading: Reading | None) -> bool:
    """Whether at least it is known which jobs the file speaks of."""
    return reading is not None and bool(reading.ledger.entries or reading.unread)


def _error(problem: Problem) -> CovpathError:
    return InputError(problem.message, place=problem.place, hint=problem.hint)


def _required(repository: Repository, state: State, file: Path | None, ledger: Ledger | None) -> RequiredChecks:
    if file is not None:
        return from_github_answer(str(file), read_bytes(file))
    if ledger is not None and ledger.required_checks is not None:
        return from_names(ledger.required_checks.names, DEFAULT_PATH, authoritative=False)
    data = state.read(SETTINGS_PATH)
    if data is None:
        return UNKNOWN_REQUIRED
    try:
        return from_settings(data, repository.default_branch() if repository.has_git else None)
    except InputError as error:
        hint = "Mend it, or use --required."
        raise InputError(error.message, place=error.place or Place(SETTINGS_PATH), hint=hint) from error


def _calendar(state: State, ledger: Ledger | None) -> Calendar | UnknownDay | None:
    """The calendar, or why there is none although the file asks for one."""
    if ledger is None or ledger.calendar is None:
        return None

    def read(path: str) -> str:
        data = state.read(path)
        if data is None:
            raise InputError("there is no such file.", place=Place(path), hint="The calendar needs it.")
        return decode(path, data).text

    try:
        return open_calendar(ledger.calendar, read)
    except CovpathError as error:
        elsewhere = error.place is not None and error.place.file != DEFAULT_PATH
        reason = f"{error.place}: {error.message}" if elsewhere else error.message
        return UnknownDay(reason=reason, hint=error.hint or "Mend the calendar.", place=error.place)


def _past(repository: Repository, state: State, today: date) -> Past:
    working = None
    if not state.is_committed:
        try:
            data = state.read(DEFAULT_PATH)
        except CovpathError:
            data = None
        working = Working(text=data.decode("utf-8-sig", "replace"), day=today) if data is not None else None
    return Past(repository, DEFAULT_PATH, revision=state.revision, working=working)


def _evidence(state: State) -> Callable[[str], Evidence | CovpathError | None]:
    """Reads saved benchmarks, each once."""
    known: dict[str, Evidence | CovpathError | None] = {}

    def read(path: str) -> Evidence | CovpathError | None:
        if path not in known:
            # Imported here: only entries lead to evidence, and reading it checks it against its schema.
            from covpath.evidence.store import parse_evidence

            try:
                data = state.read(path)
                known[path] = None if data is None else parse_evidence(data, path)
            except CovpathError as error:
                known[path] = error
        return known[path]

    return read


def _owners(state: State) -> Owners | None:
    for path in PATHS:
        data = state.read(path)
        if data is not None:
            names = owners_in(data.decode("utf-8-sig", "replace"))
            return Owners(path=path, names=frozenset(name.lower() for name in names))
    return None
