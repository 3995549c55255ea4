"""c8: JavaScript, measured by V8 itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covpath.backends import istanbul
from covpath.backends.contract import Emission, Parsing, Recognition, Situation
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import Arity, Option, Table
from covpath.backends.request import CoverageRequest, Format, Language, Topic
from covpath.backends.words import Argument

NAME = "c8"
LANGUAGE = Language.JAVASCRIPT
REPORT_NAMES: Mapping[Format, str] = istanbul.REPORT_NAMES


def _own(leaving: Leaving, *names: str, arity: Arity = Arity.NONE) -> Option:
    return Option(names=names, arity=arity, leaving=leaving)


TABLE = Table(
    (
        *istanbul.SHARED,
        Option(names=("--100",)),
        Option(names=("--report-dir", "--reports-dir", "-o"), arity=Arity.ONE),
        Option(names=("--temp-directory",), arity=Arity.ONE, topic=Topic.RAW_DIR),
        Option(names=("--config", "-c"), arity=Arity.ONE, topic=Topic.CONFIG),
        Option(names=("--all",), topic=Topic.ALL_FILES),
        Option(names=("--exclude-after-remap", "-a"), topic=Topic.EXCLUDE_AFTER_REMAP),
        _own(stop("source-folders", "nyc takes its files from one directory"), "--src", arity=Arity.ONE),
        _own(warn("external-files", "files outside the directory are not measured"), "--allow-external"),
        _own(drop("omit-relative", "it only concerns V8's data"), "--omit-relative"),
        _own(drop("omit-relative", "it only concerns V8's data"), "--no-omit-relative"),
        _own(drop("wrapper-length", "it only concerns V8's data"), "--wrapper-length", arity=Arity.ONE),
        _own(warn("resolve", "paths cannot be moved to another base"), "--resolve", arity=Arity.ONE),
        _own(drop("merge-async", "it only concerns V8's data"), "--merge-async"),
        _own(stop("report-format", "monocart's reports are gone"), "--experimental-monocart"),
    ),
    istanbul.DIALECT,
)

_MOVED = istanbul.Moved(
    counts=warn("counted-statements", "V8 counts other statements and branches than istanbul, so the figure changes"),
    hints=warn("ignore-hints", "/* istanbul ignore */ in the source has no effect; /* c8 ignore */ has"),
    config=warn("package-config", "the nyc section of package.json is not read; .nycrc and c8's own section are"),
    raw=warn("raw-data", "the raw data lies in coverage/tmp instead of .nyc_output"),
)


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``c8 COMMAND``, also behind npx and package managers."""
    return istanbul.recognise(NAME, TABLE, argv, environ)


def parse(recognition: Recognition) -> Parsing:
    """The request of a c8 command line."""
    return istanbul.parse(recognition, TABLE)


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """One ``c8`` command."""
    del situation
    return istanbul.emission(request, NAME, TABLE, _MOVED)
