"""c8: JavaScript, measured by V8 itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covpath.backends import istanbul
from covpath.backends.contract import Emission, Parsing, Recognition, Situation
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import Arity, Option, Table
from covpath.backends.request import CoverageRequest, Format, Language, Topic
from covpath.backends.words import Argument
from covpath.terms import Loss

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

_COUNTS = warn("counted-statements", "V8 counts other statements and branches than istanbul, so the figure changes")
_HINTS = warn("ignore-hints", "/* istanbul ignore */ in the source has no effect; /* c8 ignore */ has")
_RAW = warn("raw-data", "the raw data lies in coverage/tmp instead of .nyc_output")
_CONFIG = warn("package-config", "the nyc section of package.json is not read; .nycrc and c8's own section are")
_THRESHOLD = warn("threshold", "other lines are counted, so the same number is another demand: derive it anew")


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``c8 COMMAND``, also behind npx and package managers."""
    return istanbul.recognise(NAME, TABLE, argv, environ)


def parse(recognition: Recognition) -> Parsing:
    """The request of a c8 command line."""
    return istanbul.parse(recognition, TABLE)


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """One ``c8`` command."""
    del situation
    losses: list[Loss] = []
    if request.origin != NAME:
        losses += [native.leaving for native in request.natives]
        losses += [_COUNTS.loss("statements and branches"), _HINTS.loss("hints"), _CONFIG.loss("package.json")]
        losses += [_THRESHOLD.loss(f"{limit.flag} {limit.value.raw}") for limit in request.thresholds]
        if not request.has(Topic.RAW_DIR):
            losses.append(_RAW.loss("raw data"))
    line, lost = istanbul.written(request, NAME, TABLE)
    return Emission(commands=(line,), losses=(*losses, *lost), reports=request.reports)
