"""slipcover's options, and what is lost with each that no other backend has.

Read from its argument parser at version 1.1.
"""

from __future__ import annotations

from covpath.backends.losses import Leaving, drop, warn
from covpath.backends.options import Arity, Dialect, Option, Table
from covpath.backends.request import Format, Topic

NAME = "slipcover"

FORMATS = {"text": Format.TEXT, "json": Format.JSON, "xml": Format.COBERTURA, "lcov": Format.LCOV}


def _own(leaving: Leaving, *names: str, arity: Arity = Arity.NONE) -> Option:
    return Option(names=names, arity=arity, leaving=leaving)


_SPEED = drop("deinstrumentation", "it only concerns how slipcover measures")
_LOOKS = drop("report-appearance", "it only changes how the report looks")

TABLE = Table(
    (
        Option(names=("-m",), arity=Arity.ONE),
        Option(names=("--format",), arity=Arity.ONE),
        Option(names=("--json",)),
        Option(names=("--xml",)),
        Option(names=("--lcov",)),
        Option(names=("--out",), arity=Arity.ONE),
        Option(names=("--fail-under",), arity=Arity.ONE),
        Option(names=("--merge",), arity=Arity.MANY),
        Option(names=("--branch",), topic=Topic.BRANCH),
        Option(names=("--source",), arity=Arity.ONE, topic=Topic.SOURCE, joined=","),
        Option(names=("--omit",), arity=Arity.ONE, topic=Topic.EXCLUDE_FILES, joined=","),
        Option(names=("--skip-covered",), topic=Topic.SKIP_COVERED),
        _own(_SPEED, "--immediate"),
        _own(_SPEED, "--threshold", arity=Arity.ONE),
        _own(warn("save-signal", "no signal writes the report"), "--sigterm"),
        _own(_LOOKS, "--pretty-print"),
        _own(_LOOKS, "--xml-package-depth", arity=Arity.ONE),
        _own(_LOOKS, "--lcov-test-name", arity=Arity.ONE),
        _own(_LOOKS, "--lcov-comment", arity=Arity.ONE),
        _own(_LOOKS, "--missing-width", arity=Arity.ONE),
    ),
    Dialect(abbreviations=True, stops_at_positional=True),
)
