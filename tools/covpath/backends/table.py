"""The table of backends: every plug-in by its name, and the first that knows a command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from covpath.backends.contract import Backend, Recognition
from covpath.backends.words import Argument
from covpath.errors import UsageError
from covpath.patterns import holds_one

_SIGNS: Mapping[str, tuple[str, ...]] = {
    "cargo-tarpaulin": ("tarpaulin",),
    "cargo-llvm-cov": ("llvm-cov",),
    "grcov": ("grcov", "RUSTFLAGS", "RUSTDOCFLAGS"),
    "pytest-cov": ("cov", "PYTEST_ADDOPTS"),
    "coverage.py": ("coverage",),
    "slipcover": ("slipcover",),
    "nyc": ("nyc",),
    "c8": ("c8",),
}
"""The backends in the order they are asked, with what stands in every command of theirs.

A variable may instead be set around the command.
"""
_HINTS = ("cov", "tarpaulin", "nyc", "c8", "RUSTFLAGS", "RUSTDOCFLAGS", "ADDOPTS")
"""Every command that is a backend's holds one of these, or its variables decide."""
_VARIABLES = frozenset({"RUSTFLAGS", "RUSTDOCFLAGS", "PYTEST_ADDOPTS"})

_ALIASES = {
    "tarpaulin": "cargo-tarpaulin",
    "llvm-cov": "cargo-llvm-cov",
    "coverage": "coverage.py",
    "coveragepy": "coverage.py",
    "pytest_cov": "pytest-cov",
}


def backends() -> tuple[Backend, ...]:
    """Every backend."""
    return tuple(map(_plug_in, _SIGNS))


def backend(name: str) -> Backend:
    """The backend called ``name`` (or by a usual short form).

    Raises UsageError with the known names.
    """
    found = _ALIASES.get(name.lower(), name.lower())
    if found not in _SIGNS:
        raise UsageError(f"there is no backend {name!r}", hint=f"The backends are {', '.join(_SIGNS)}.")
    return _plug_in(found)


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """The backend command that ``argv`` is, or None.

    ``environ`` holds the variables of the step that are known; it decides where the command line alone
    does not (RUSTFLAGS that instrument, PYTEST_ADDOPTS).
    """
    line = " ".join([word.raw if word.text is None else word.text for word in argv])
    # A workflow has many commands, and few of them measure.
    if _VARIABLES.isdisjoint(environ) and not holds_one(line, _HINTS):
        return None
    for name, signs in _SIGNS.items():
        if holds_one(line, signs) or not environ.keys().isdisjoint(signs):
            found = _plug_in(name).recognise(argv, environ)
            if found is not None:
                return found
    return None


@cache
def _plug_in(name: str) -> Backend:
    """The plug-in, imported when a command may be its: most files know one backend, or none."""
    match name:
        case "cargo-tarpaulin":
            from covpath.backends import tarpaulin

            return tarpaulin
        case "cargo-llvm-cov":
            from covpath.backends import llvm_cov

            return llvm_cov
        case "grcov":
            from covpath.backends import grcov

            return grcov
        case "pytest-cov":
            from covpath.backends import pytest_cov

            return pytest_cov
        case "coverage.py":
            from covpath.backends import coverage_py

            return coverage_py
        case "slipcover":
            from covpath.backends import slipcover

            return slipcover
        case "nyc":
            from covpath.backends import nyc

            return nyc
        case _:
            from covpath.backends import c8

            return c8
