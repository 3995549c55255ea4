"""The table of backends: every plug-in by its name, and the first that knows a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covpath.backends import c8, coverage_py, grcov, llvm_cov, nyc, pytest_cov, slipcover, tarpaulin
from covpath.backends.contract import Backend, Recognition
from covpath.backends.words import Argument
from covpath.errors import UsageError

BACKENDS: tuple[Backend, ...] = (tarpaulin, llvm_cov, grcov, pytest_cov, coverage_py, slipcover, nyc, c8)

_ALIASES = {
    "tarpaulin": "cargo-tarpaulin",
    "llvm-cov": "cargo-llvm-cov",
    "coverage": "coverage.py",
    "coveragepy": "coverage.py",
    "pytest_cov": "pytest-cov",
}
_HINTS = ("cov", "tarpaulin", "nyc", "c8", "RUSTFLAGS", "RUSTDOCFLAGS", "ADDOPTS")
"""Every command that is a backend's holds one of these, or its variables decide."""
_VARIABLES = frozenset({"RUSTFLAGS", "RUSTDOCFLAGS", "PYTEST_ADDOPTS"})
_BY_NAME = {one.NAME: one for one in BACKENDS}


def backend(name: str) -> Backend:
    """The backend called ``name`` (or by a usual short form).

    Raises UsageError with the known names.
    """
    found = _BY_NAME.get(_ALIASES.get(name.lower(), name.lower()))
    if found is None:
        raise UsageError(
            f"there is no backend {name!r}",
            hint=f"The backends are {', '.join(one.NAME for one in BACKENDS)}.",
        )
    return found


def _possible(argv: Sequence[Argument], environ: Mapping[str, str]) -> bool:
    """Whether a backend is worth looking for: a workflow has many commands, and few of them measure."""
    if not _VARIABLES.isdisjoint(environ):
        return True
    line = " ".join(str(word) for word in argv)
    return any(hint in line for hint in _HINTS)


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """The backend command that ``argv`` is, or None.

    ``environ`` holds the variables of the step that are known; it decides where the command line alone
    does not (RUSTFLAGS that instrument, PYTEST_ADDOPTS).
    """
    if not _possible(argv, environ):
        return None
    for one in BACKENDS:
        found = one.recognise(argv, environ)
        if found is not None:
            return found
    return None
