"""One Python request as the same tests and the same report under every way of measuring, for a benchmark.

Each variant says how to find out which core really measured: a core that was asked for can silently be
another one.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends import python_tests, table
from covpath.backends.contract import Command, Situation
from covpath.backends.request import MACHINE_FORMATS, CoverageRequest, Format, Language, Prefix, Report, Topic
from covpath.backends.words import plain
from covpath.errors import UsageError
from covpath.terms import Loss


class Variant(Struct, frozen=True, kw_only=True):
    """One way of measuring.

    ``label`` is unique, ``environment`` must be set for all ``commands``; ``core`` is the core asked for,
    None where there is only one. With ``core_probe`` set as well, in a run that is not timed, coverage.py
    writes which core it really used into the file CORE_FILE: read it with ``effective_core``. ``report`` is
    the report every variant writes, at the same path; ``losses`` is what differs.
    """

    label: str
    backend: str
    commands: tuple[Command, ...]
    environment: tuple[tuple[str, str], ...]
    core: str | None
    core_probe: tuple[tuple[str, str], ...]
    report: Report
    losses: tuple[Loss, ...]


CORE_FILE = "coverage-core.txt"
_PROBE = (("COVERAGE_DEBUG", "sys"), ("COVERAGE_DEBUG_FILE", CORE_FILE))

_WAYS = (
    ("pytest-cov", "pytest-cov", "ctrace"),
    ("coverage.py (ctrace)", "coverage.py", "ctrace"),
    ("coverage.py (sysmon)", "coverage.py", "sysmon"),
    ("slipcover", "slipcover", None),
)


def python_variants(
    request: CoverageRequest, python: str, *, version: tuple[int, int], situation: Situation | None = None
) -> tuple[Variant, ...]:
    """The variants of ``request`` for the interpreter ``python`` of that version.

    All run the same tests with the same arguments and write the same report to the same path; thresholds
    and terminal tables are left out, because they are not measuring. sysmon is left out where the
    interpreter has no sys.monitoring, or cannot measure the branches asked for (before 3.14).

    Raises UsageError where the request does not run pytest, or is not Python's.
    """
    if request.language is not Language.PYTHON or not python_tests.runs_pytest(request):
        raise UsageError(
            "only a request that runs pytest has Python variants",
            hint="Name the job's step that runs pytest under a coverage tool.",
        )
    plain_request = _comparable(request, python)
    around = situation or Situation()
    return tuple(
        _variant(plain_request, label, name, core, around)
        for label, name, core in _WAYS
        if core != "sysmon" or _has_sysmon(version, branch=request.has(Topic.BRANCH))
    )


def _has_sysmon(version: tuple[int, int], *, branch: bool) -> bool:
    return version >= (3, 14) or (version >= (3, 12) and not branch)


def _comparable(request: CoverageRequest, python: str) -> CoverageRequest:
    """The request with one report, no threshold, started by ``python`` alone."""
    machine = [report for report in request.reports if report.format in MACHINE_FORMATS - {Format.JSON}]
    report = machine[0] if machine else Report(format=Format.COBERTURA, path=plain("coverage.xml"))
    if report.path is None:
        report = replace(report, path=plain(python_tests.DEFAULT_PATHS[report.format]))
    prefixes = tuple(prefix for prefix in request.prefixes if not _runs_python(prefix))
    return replace(
        request,
        # No backend's own: every variant is written from the same neutral request.
        origin="",
        reports=(replace(report, explicit=True),),
        thresholds=(),
        natives=(),
        prefixes=prefixes,
        interpreter=(plain(python),),
        folder="",
    )


def _runs_python(prefix: Prefix) -> bool:
    """Whether a prefix only finds the interpreter that is given here."""
    return prefix.everywhere and str(prefix.words[0]).rsplit("/", 1)[-1] not in {"env", "cross-env"}


def _variant(request: CoverageRequest, label: str, name: str, core: str | None, situation: Situation) -> Variant:
    emission = table.backend(name).emit(request, situation)
    environment = () if core is None else (("COVERAGE_CORE", core),)
    return Variant(
        label=label,
        backend=name,
        commands=emission.commands,
        environment=environment,
        core=core,
        core_probe=() if core is None else _PROBE,
        report=emission.reports[0],
        losses=emission.losses,
    )


def effective_core(debug_sys: str) -> str | None:
    """The core that measured, from coverage.py's ``sys`` debug output: ``ctrace``, ``pytrace``, ``sysmon``.

    A line reads ``core: CTracer`` (``PyTracer``, ``SysMonitor``), or ``core: -none-`` where nothing is
    measured yet; None where no line names one. Checked with coverage 7.17 on 3.11 and 3.13.
    """
    names = {"CTracer": "ctrace", "PyTracer": "pytrace", "SysMonitor": "sysmon"}
    for line in debug_sys.splitlines():
        key, _, value = line.strip().partition(":")
        if key == "core" and value.strip() in names:
            return names[value.strip()]
    return None
