"""nyc: JavaScript, instrumented by istanbul."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from covpath.backends import istanbul
from covpath.backends.contract import Emission, Parsing, Recognition, Situation
from covpath.backends.losses import Leaving, drop, stop, warn
from covpath.backends.options import Arity, Option, Table
from covpath.backends.request import CoverageRequest, Format, Language, Topic
from covpath.backends.words import Argument

NAME = "nyc"
LANGUAGE = Language.JAVASCRIPT
REPORT_NAMES: Mapping[Format, str] = istanbul.REPORT_NAMES


def _own(leaving: Leaving, *names: str, arity: Arity = Arity.NONE) -> Option:
    return Option(names=names, arity=arity, leaving=leaving)


_INSTRUMENTING = drop("instrumenting", "V8 measures without rewriting the source")
_LOOKS = drop("report-appearance", "it only changes how the report looks")

TABLE = Table(
    (
        *istanbul.SHARED,
        Option(names=("--report-dir",), arity=Arity.ONE),
        Option(names=("--temp-dir", "-t", "--temp-directory"), arity=Arity.ONE, topic=Topic.RAW_DIR),
        Option(names=("--nycrc-path",), arity=Arity.ONE, topic=Topic.CONFIG),
        Option(names=("--all", "-a"), topic=Topic.ALL_FILES),
        Option(names=("--exclude-after-remap",), topic=Topic.EXCLUDE_AFTER_REMAP),
        _own(
            stop("require", "c8 loads no module first: NODE_OPTIONS=--require does"), "--require", "-i", arity=Arity.ONE
        ),
        _own(warn("cwd", "the directory cannot be set; run it there"), "--cwd", arity=Arity.ONE),
        _own(warn("silent", "c8 always reports"), "--silent", "-s"),
        _own(stop("no-instrument", "source that was instrumented before cannot be measured"), "--no-instrument"),
        *(
            _own(_INSTRUMENTING, name)
            for name in (
                "--instrument",
                "--cache",
                "-c",
                "--no-cache",
                "--babel-cache",
                "--no-babel-cache",
                "--eager",
                "--source-map",
                "--no-source-map",
                "--produce-source-map",
                "--no-produce-source-map",
                "--use-spawn-wrap",
                "--hook-require",
                "--no-hook-require",
                "--hook-run-in-context",
                "--hook-run-in-this-context",
                "--es-modules",
                "--auto-wrap",
                "--compact",
                "--preserve-comments",
            )
        ),
        *(
            _own(_INSTRUMENTING, name, arity=Arity.ONE)
            for name in ("--cache-dir", "--parser-plugins", "--coverage-variable", "--ignore-class-methods")
        ),
        _own(_LOOKS, "--show-process-tree"),
        _own(_LOOKS, "--skip-empty"),
    ),
    istanbul.DIALECT,
)

_MOVED = istanbul.Moved(
    counts=warn("counted-statements", "istanbul counts other statements and branches than V8, so the figure changes"),
    hints=warn(
        "ignore-hints", "/* c8 ignore */ and /* v8 ignore */ in the source have no effect; istanbul's hints have"
    ),
    config=warn("package-config", "the c8 section of package.json and .c8rc are not read; nyc's own and .nycrc are"),
    raw=warn("raw-data", "the raw data lies in .nyc_output instead of coverage/tmp"),
)


def recognise(argv: Sequence[Argument], environ: Mapping[str, str]) -> Recognition | None:
    """``nyc COMMAND``, also behind npx and package managers."""
    return istanbul.recognise(NAME, TABLE, argv, environ)


def parse(recognition: Recognition) -> Parsing:
    """The request of an nyc command line."""
    return istanbul.parse(recognition, TABLE)


def emit(request: CoverageRequest, situation: Situation) -> Emission:
    """One ``nyc`` command."""
    del situation
    return istanbul.emission(request, NAME, TABLE, _MOVED)
