"""From one backend's commands to another's: what to write instead, and everything that is lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends import llvm_cov_writing, tarpaulin, tarpaulin_config, tarpaulin_writing
from covpath.backends.apart import only_after_success, written_apart
from covpath.backends.cargo import reported_to
from covpath.backends.contract import Backend, Command, Emission, Parsing, Recognition, Role, Situation, command
from covpath.backends.gathering import MERGED_RUNS, gather
from covpath.backends.installs import provided
from covpath.backends.llvm_cov_options import NAME as LLVM_COV
from covpath.backends.request import MACHINE_FORMATS, NEW, CoverageRequest, Format, Report
from covpath.backends.table import backend, recognise
from covpath.backends.words import Argument, plain, written
from covpath.errors import UsageError
from covpath.terms import Loss


class Replacement(Struct, frozen=True, kw_only=True):
    """What stands in the place of the old command number ``index``; nothing where it goes."""

    index: int
    commands: tuple[Command, ...]


class Translation(Struct, frozen=True, kw_only=True):
    """A finished translation.

    ``before`` and ``after`` are the reports and where they are; consumers of the first must follow to
    the second. ``environment`` is to be set for the new commands, ``unset`` served the old ones only.
    """

    source: str
    target: str
    request: CoverageRequest
    replacements: tuple[Replacement, ...]
    losses: tuple[Loss, ...]
    before: tuple[Report, ...]
    after: tuple[Report, ...]
    environment: tuple[tuple[str, str], ...] = ()
    unset: tuple[str, ...] = ()

    @property
    def commands(self) -> tuple[Command, ...]:
        """All new commands in order."""
        return tuple(one for replacement in self.replacements for one in replacement.commands)


def translate(
    argvs: Sequence[Sequence[Argument]],
    target: str,
    *,
    report: Format | None = None,
    situation: Situation | None = None,
    environ: Mapping[str, str] | None = None,
    tarpaulin_toml: str | None = None,
    thresholds: bool = True,
) -> Translation:
    """Write the commands ``argvs`` of one backend (a run and what reports from it) for ``target``.

    ``report`` asks for another format of the machine-readable report; formats and paths stay otherwise.
    ``tarpaulin_toml`` is the text of the configuration file the old command reads. Without ``thresholds``
    no minimum is asked for, as where two tools are only compared. Losses that stop are among ``losses``;
    whether they are accepted is for the caller to say.

    Raises UsageError where no command is a backend's, or several backends' are mixed, or the target
    measures another language or cannot write the report asked for; Refusal where no command runs tests.
    """
    there = backend(target)
    found = _recognised(argvs, environ or {})
    here = backend(found[0].backend)
    if here.LANGUAGE is not there.LANGUAGE:
        raise UsageError(
            f"{there.NAME} measures {there.LANGUAGE}, and this is {here.LANGUAGE} ({here.NAME})",
            hint="Choose a backend of the same language.",
        )
    if report is not None and report not in there.REPORT_NAMES:
        raise UsageError(
            f"{there.NAME} writes no {report} report",
            hint=f"It writes {', '.join(str(format_) for format_ in there.REPORT_NAMES)}.",
        )
    around = situation or Situation()
    if here is there:
        return _same(argvs, found, there, report, around)
    if tarpaulin_toml is not None and here.NAME == tarpaulin.NAME:
        return _configured(found, there, report, around, tarpaulin_toml, thresholds=thresholds)
    return _moved(found, [_parsed(here, one, thresholds=thresholds) for one in found], there, report, around, ())


def _parsed(here: Backend, one: Recognition, *, thresholds: bool) -> Parsing:
    parsing = here.parse(one)
    return parsing if thresholds else replace(parsing, request=replace(parsing.request, thresholds=()))


def smaller_step(argv: Sequence[Argument], situation: Situation | None = None) -> Translation | None:
    """cargo-tarpaulin with the LLVM engine instead of another backend, where the command is not that yet."""
    found = tarpaulin.recognise(argv, {})
    if found is None:
        return None
    parsing = tarpaulin.parse(found)
    emission = tarpaulin_writing.with_llvm_engine(parsing.request, situation or Situation())
    if emission is None:
        return None
    return _translation(found.backend, tarpaulin, parsing.request, emission, ((0, emission.commands),), parsing.losses)


def _recognised(argvs: Sequence[Sequence[Argument]], environ: Mapping[str, str]) -> list[Recognition]:
    found: list[Recognition] = []
    for argv in argvs:
        one = recognise(argv, environ)
        if one is None:
            raise UsageError(f"no coverage backend is known to be run by: {written(argv)}")
        found.append(one)
    names = list(dict.fromkeys(one.backend for one in found))
    if len(names) != 1:
        raise UsageError(
            f"these commands belong to {len(names)} backends: {', '.join(names) or 'none'}",
            hint="Translate the commands of one backend at a time.",
        )
    return found


def _moved(
    found: Sequence[Recognition],
    parsings: Sequence[Parsing],
    there: Backend,
    report: Format | None,
    situation: Situation,
    more: tuple[Loss, ...],
) -> Translation:
    gathered = gather(list(zip(found, parsings, strict=True)))
    request = _with_report(gathered.request, report, there)
    request = replace(request, prefixes=provided(request.prefixes, there.NAME))
    apart = written_apart(found, parsings, there.NAME, situation, gathered, request)
    if apart is not None:
        losses = (*gathered.losses, *more)
        return _translation(found[0].backend, there, gathered.request, apart.emission, apart.placed, losses)
    emission = there.emit(request, situation)
    placed = tuple((index, emission.commands if index == gathered.measuring else ()) for index, _ in enumerate(found))
    losses = (*gathered.losses, *gathered.several, *more, *only_after_success(found, there, situation))
    return _translation(found[0].backend, there, gathered.request, emission, placed, losses)


def _same(
    argvs: Sequence[Sequence[Argument]],
    found: Sequence[Recognition],
    there: Backend,
    report: Format | None,
    situation: Situation,
) -> Translation:
    """The backend stays: only the commands that write another report than asked for are written anew."""
    parsings = [there.parse(one) for one in found]
    emissions: list[Emission] = []
    for argv, one, parsing in zip(argvs, found, parsings, strict=True):
        old = parsing.request.reports
        if report is None or not any(made.format in MACHINE_FORMATS for made in old):
            same = command(tuple(argv), measures=one.role in {Role.MEASURES, Role.BOTH})
            emissions.append(Emission(commands=(same,), reports=old))
        else:
            emissions.append(there.emit(_with_report(parsing.request, report, there), situation))
    return Translation(
        source=there.NAME,
        target=there.NAME,
        request=parsings[0].request,
        replacements=tuple(
            Replacement(index=index, commands=emission.commands) for index, emission in enumerate(emissions)
        ),
        losses=_once([loss for emission in emissions for loss in emission.losses]),
        before=tuple(one for parsing in parsings for one in parsing.request.reports),
        after=tuple(one for emission in emissions for one in emission.reports),
    )


def _configured(
    found: Sequence[Recognition],
    there: Backend,
    report: Format | None,
    situation: Situation,
    text: str,
    *,
    thresholds: bool,
) -> Translation:
    """A cargo-tarpaulin command whose settings stand in its configuration file, table by table."""
    if any(str(word) == "--ignore-config" for word in found[0].arguments):
        plain_parsings = [_parsed(tarpaulin, one, thresholds=thresholds) for one in found]
        return _moved(found, plain_parsings, there, report, situation, ())
    configuration = tarpaulin_config.read(text)
    line = tuple(word for word in found[0].arguments)
    tables = configuration.tables or (tarpaulin_config.ConfigTable(name="", arguments=()),)
    commands = [replace(found[0], arguments=tarpaulin_config.merged(table, line)) for table in tables]
    parsings = [_parsed(tarpaulin, one, thresholds=thresholds) for one in commands]
    reporting = next((i for i, table in enumerate(tables) if table.name == tarpaulin_config.REPORT_TABLE), 0)
    runs = [parsing for table, parsing in zip(tables, parsings, strict=True) if table.name != "report"] or parsings
    reports = parsings[reporting].request.reports
    first = replace(runs[0].request, reports=reports)
    losses = (*(loss for parsing in parsings for loss in parsing.losses), *configuration.losses)
    if len(runs) == 1:
        parsing = Parsing(request=first)
        return _moved(found[:1], [parsing], there, report, situation, losses)
    requests = (_with_report(first, report, there), *(parsing.request for parsing in runs[1:]))
    if there.NAME == LLVM_COV:
        emission = llvm_cov_writing.emit_runs(requests, situation)
    else:
        emission = there.emit(requests[0], situation)
        losses = (*losses, MERGED_RUNS.loss("tarpaulin.toml"))
    return _translation(found[0].backend, there, first, emission, ((0, emission.commands),), losses)


def _translation(
    source: str,
    there: Backend,
    request: CoverageRequest,
    emission: Emission,
    placed: Sequence[tuple[int, tuple[Command, ...]]],
    losses: Sequence[Loss],
) -> Translation:
    return Translation(
        source=source,
        target=there.NAME,
        request=request,
        replacements=tuple(Replacement(index=index, commands=commands) for index, commands in placed),
        losses=_once([*losses, *emission.losses]),
        before=request.reports,
        after=emission.reports,
        environment=emission.environment,
        unset=emission.unset,
    )


def _once(losses: Sequence[Loss]) -> tuple[Loss, ...]:
    return tuple(dict.fromkeys(losses))


def _with_report(request: CoverageRequest, report: Format | None, there: Backend) -> CoverageRequest:
    """The request with one machine-readable report of the format asked for, beside the first old one."""
    if report is None or any(one.format is report for one in request.reports):
        return request
    old = [one for one in request.reports if one.format in MACHINE_FORMATS]
    name = there.REPORT_NAMES[report]
    path = reported_to(old[0], report, name) if old else plain(name)
    new = Report(
        format=report,
        path=path,
        explicit=True,
        flag=old[0].flag if old else "--report",
        order=old[0].order if old else NEW,
    )
    others = tuple(one for one in request.reports if one not in old and (one.explicit or one.format is not Format.TEXT))
    return replace(request, reports=(new, *others))


def script_lines(commands: Sequence[Command], texts: Sequence[str] | None = None) -> tuple[str, ...]:
    """The commands as lines of one shell script that remembers a failure and still runs what must run.

    Without a command that must always run these are just the lines: the shell's ``-e`` stops at a failure.
    ``texts`` are the commands as they are to be written, each on one line by default.
    """
    shown = texts if texts is not None else [one.line for one in commands]
    if not any(one.always for one in commands):
        return tuple(shown)
    lines = ["status=0"]
    pairs = zip(commands, shown, strict=True)
    lines += [f"{text} || status=$?" if one.always or one.measures else text for one, text in pairs]
    return (*lines, 'exit "$status"')
