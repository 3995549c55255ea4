"""What is particular to Python's ways of measuring: coverage.py's cores."""

from __future__ import annotations

from covpath.backends.request import CoverageRequest, Topic
from covpath.bench.interpreters import Interpreter
from covpath.bench.rewritten import Left
from covpath.bench.subject import Probe

SYSMON = "sysmon"
CORES = ("ctrace", SYSMON, "pytrace")
"""coverage.py's measurement cores that are benched by name (``coverage.py-ctrace``)."""

BRANCHES_SINCE = (3, 14)
"""The first Python whose sys.monitoring sees branches (``facts``, backends, section 4.2)."""

_ASK_CORE = 'python -m coverage run --debug=sys --data-file="$RUNNER_TEMP/asked"{} -m platform'
"""Starts a measurement, of nothing much: a requested core can silently be another.

Its data goes to a file that coverage.py may remove: it removes the old one, a device of that name too.
"""


def core_probe(*, branch: bool) -> Probe:
    """Asks which core measures."""
    return Probe(name="core", script=_ASK_CORE.format(" --branch" if branch else ""), pattern=r"(?m)^\s*core: (\S.*)$")


def require_monitoring(request: CoverageRequest, interpreter: Interpreter) -> None:
    """Raises Left where no interpreter here can measure what is asked by sys.monitoring."""
    if not interpreter.monitors:
        raise Left(interpreter.why_not)
    if request.has(Topic.BRANCH) and interpreter.number < BRANCHES_SINCE:
        raise Left(f"sys.monitoring sees branches from Python 3.14 on, and this is {interpreter.version}")
