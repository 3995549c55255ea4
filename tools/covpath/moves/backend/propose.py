"""Backend moves: the measuring command through its coverage request, and all that hangs on it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence

from msgspec.structs import replace

from covpath.backends.cargo_workspace import tarpaulin_configuration, workspace_root
from covpath.backends.contract import Role, Situation
from covpath.backends.gathering import LOOPED_RUNS
from covpath.backends.pytest_cov import NAME as PYTEST_COV
from covpath.backends.request import Format, Report
from covpath.backends.table import backend
from covpath.backends.translate import Translation, translate
from covpath.backends.words import Argument
from covpath.errors import CovpathError, Place, UsageError
from covpath.moves.backend.consumers import follow_reports
from covpath.moves.backend.container import drop_container
from covpath.moves.backend.data_file import stop_at_readers
from covpath.moves.backend.environment import name_builders, set_environment
from covpath.moves.backend.exchange import exchange
from covpath.moves.backend.failing import read_after_failure, reported_apart
from covpath.moves.backend.groups import grouped, looped
from covpath.moves.backend.hidden import already, measures_nothing, refuse_hidden, refuse_report_only
from covpath.moves.backend.installing import exchange_installs
from covpath.moves.backend.leftovers import follow_caches, follow_versions, list_leftovers, name_nextest
from covpath.moves.backend.sites import Site, sites
from covpath.moves.backend.smaller import offer_smaller_step
from covpath.moves.backend.surroundings import pytest_addopts, warnings_are_errors
from covpath.moves.backend.toolchain import provide_llvm_tools
from covpath.moves.backend.varying import settled
from covpath.moves.judging import Judging
from covpath.moves.proposal import Draft, NoteKind
from covpath.moves.services import say_another_figure
from covpath.moves.wanted import Wanted
from covpath.workflow.script_places import script_place
from covpath.workflow.shell.directory import directory_of
from covpath.workflow.shell.parse import parse_script


def propose_backend(draft: Draft, wanted: Wanted, judging: Judging) -> None:
    """Measure with another backend (none: as now) and write another format of report (none: as now).

    Raises Refusal where no command of a known backend stands in the job's own scripts.
    """
    report = _format(wanted.report)
    target = backend(wanted.backend).NAME if wanted.backend is not None else None
    every = sites(draft.workflow, draft.job, draft.read)
    source = _source(every)
    if source is None:
        if wanted.report is None and already(draft, judging, target):
            return
        if wanted.several and measures_nothing(draft, judging):
            draft.say(NoteKind.LEFTOVER, f"job {draft.job_id!r} measures nothing that is seen here, and stays")
            return
        raise refuse_hidden(draft, judging, target)
    name = target or source
    if name == source and report is None:
        return
    found = [site for site in every if site.recognition.backend == source]
    if name != source and not any(site.recognition.role in (Role.BOTH, Role.MEASURES) for site in found):
        elsewhere = refuse_report_only(draft, judging, source, name)
        if elsewhere is not None:
            raise elsewhere
    origins = draft.origins(draft.job_id)
    groups = [(group, _translation(draft, group, name, report, wanted)) for group in grouped(found)]
    changed = name != source or any(_files(one.before) != _files(one.after) for _, one in groups)
    if not changed:
        return
    for group, translation in groups:
        draft.losses += [replace(loss, place=loss.place or _place(draft, group[0])) for loss in translation.losses]
        for site in group:
            _say_site(draft, site)
    marks = [
        (_origins(origins, group), translation, _bases(draft, group[0], translation, wanted))
        for group, translation in groups
    ]
    if name != source:
        offer_smaller_step(draft, found, _situation(draft, found[0], found, wanted))
    for group, translation in reversed(groups):
        exchange(draft, group, translation)
    _after(draft, judging, source, name, found, marks)


def _say_site(draft: Draft, site: Site) -> None:
    """What goes with an action or a ``docker run`` that a plain command takes the place of."""
    place = _place(draft, site)
    if site.action is not None:
        draft.losses += [replace(loss, place=loss.place or place) for loss in site.action.losses]
        if site.action.version is not None:
            message = "the pinned version was the old tool's: the new one is taken at its newest"
            draft.warn("install-version", site.action.version, message, place)
    if site.docker and site.outer is not None:
        words = [word.raw for word in site.outer.words]
        told = [word for word in words if re.fullmatch(r"-e.*|--env.*|-u.*|--user.*|-w.*|--workdir.*", word)]
        if told:
            message = f"`docker run` was given {' '.join(told)}, which the plain command is not"
            draft.warn("docker-options", " ".join(told), message, place)


def _after(
    draft: Draft,
    judging: Judging,
    source: str,
    name: str,
    found: Sequence[Site],
    marks: Sequence[tuple[list[int | None], Translation, tuple[str, str]]],
) -> None:
    """Everything around the commands: containers, installs, variables, caches, readers; then what is left."""
    if name != source:
        draft.titles.append(f"measure with {name} instead of {source}")
        brought = drop_container(draft) if source == "cargo-tarpaulin" else False
        brought = brought or any(site.docker or (site.action and site.action.installs) for site in found)
        kept = source == PYTEST_COV and "--cov" in pytest_addopts(_directory(draft, found[0]), draft.read)
        exchange_installs(draft, source, name, _place(draft, found[0]), brought=brought, kept=kept)
        provide_llvm_tools(draft, source, name)
        follow_caches(draft, source, name)
        follow_versions(draft, source, name)
    else:
        draft.titles.append("write another report")
    for places, translation, bases in marks:
        for origin in places:
            set_environment(draft, _now(draft, origin), translation)
        follow_reports(draft, judging, translation, _now(draft, places[0]), bases=bases)
        stop_at_readers(draft, translation, _now(draft, places[0]))
    if name != source:
        name_builders(draft, source, name)
        list_leftovers(draft, source)
        name_nextest(draft)
        say_another_figure(draft, judging)


def _bases(draft: Draft, site: Site, translation: Translation, wanted: Wanted) -> tuple[str, str]:
    """Where the report paths of the old and the new tool start: cargo-tarpaulin's at the workspace's root."""
    situation = _situation(draft, site, [site], wanted)
    root = situation.workspace_root or situation.workdir
    old, new = (
        root if name == "cargo-tarpaulin" else situation.workdir for name in (translation.source, translation.target)
    )
    return old, new


def _origins(origins: Sequence[int | None], group: Sequence[Site]) -> list[int | None]:
    """The steps that run the tests of a measurement; where none does, its first."""
    running = [site.step.index for site in group if site.recognition.role in (Role.BOTH, Role.MEASURES)]
    return [origins[index] for index in dict.fromkeys(running or [group[0].step.index])]


def _now(draft: Draft, origin: int | None) -> int:
    """The index of the step that stood at ``origin``; where it is gone, of the first that measures."""
    origins = draft.origins(draft.job_id)
    if origin is not None and origin in origins:
        return origins.index(origin)
    return min((site.step.index for site in sites(draft.workflow, draft.job)), default=0)


def _source(every: Sequence[Site]) -> str | None:
    """The backend the job measures with: that of its last run."""
    every = [site for site in every if site.recognition.role is not Role.OTHER]
    running = [site for site in every if site.recognition.role in (Role.BOTH, Role.MEASURES)]
    return (running or every)[-1].recognition.backend if every else None


def _translation(draft: Draft, group: Sequence[Site], name: str, report: Format | None, wanted: Wanted) -> Translation:
    situation = _situation(draft, group[0], group, wanted)
    environ = draft.workflow.environment_of(draft.job, group[0].step)
    if group[0].outer is not None:
        for item in group[0].outer.assignments:
            environ[item.name] = (item.value.text or "") if item.value is not None else ""
    directory = situation.workspace_root or situation.workdir

    def translating(argvs: Sequence[Sequence[Argument]]) -> Translation:
        return translate(
            argvs,
            name,
            report=report,
            situation=situation,
            environ=environ,
            tarpaulin_toml=tarpaulin_configuration(directory, draft.read),
        )

    try:
        made = settled(draft, group, translating([site.argv for site in group]), translating)
    except CovpathError as error:
        error.place = error.place or _place(draft, group[0])
        raise
    return _with_loop(group, made)


def _with_loop(group: Sequence[Site], made: Translation) -> Translation:
    """Where each turn of a loop would write the report that one command behind it made of all: a loss that stops."""
    site = looped(group)
    gone = [one for one in made.replacements if not one.commands]
    if site is None or not any(group[one.index].recognition.role is Role.WRITES_REPORT for one in gone):
        return made
    return replace(made, losses=(*made.losses, LOOPED_RUNS.loss(site.text)))


def _situation(draft: Draft, site: Site, group: Sequence[Site], wanted: Wanted) -> Situation:
    workdir = _directory(draft, site)
    is_folder = draft.is_folder
    return Situation(
        workdir=workdir,
        workspace_root=workspace_root(workdir, draft.read),
        summary_read=any(one.piped for one in group),
        keep_serial=wanted.keep_serial,
        pytest_addopts=pytest_addopts(workdir, draft.read),
        warnings_are_errors=warnings_are_errors(workdir, draft.read),
        is_folder=None if is_folder is None else lambda path: is_folder(posixpath.join(workdir, path)),
        read_after_failure=read_after_failure(draft.workflow, draft.job, site),
        apart=reported_apart(group) or looped(group) is not None,
    )


def _directory(draft: Draft, site: Site) -> str:
    """Where the command runs: the step's directory, or the one that the script has changed to."""
    own = posixpath.normpath(draft.workflow.directory_of(draft.job, site.step) or ".")
    if site.outer is None or site.step.run is None:
        return own
    inside = directory_of(site.outer, parse_script(site.step.run.value))
    return own if inside is None or inside.startswith("/") else posixpath.normpath(posixpath.join(own, inside))


def _format(report: str | None) -> Format | None:
    if report is None:
        return None
    for one in Format:
        if one.value == report.lower():
            return one
    known = ", ".join(str(one) for one in Format if one is not Format.OTHER)
    raise UsageError(f"there is no report format {report!r}.", hint=f"The formats are {known}.")


def _place(draft: Draft, site: Site) -> Place:
    """Where a command stands in the file people have before them."""
    if site.span is None:
        return draft.before.place(site.step.node)
    return script_place(draft.workflow, site.step, site.span.start)


def _files(reports: Sequence[Report]) -> list[tuple[Format, str]]:
    return [(report.format, str(report.path)) for report in reports]
