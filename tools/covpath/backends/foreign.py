"""Coverage tools that covpath knows by sight only: it tells that they measure, and cannot move them.

A table of command lines; the backends that can be moved are asked before it. Sources: the tools' own
documentation and help texts, 2026.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from covpath.backends.contract import Role
from covpath.backends.launch import take_apart
from covpath.backends.words import Argument
from covpath.patterns import regex


class ForeignMeasure(Struct, frozen=True, kw_only=True):
    """A command or action that measures: by what, in which role, and into which report where that is plain."""

    backend: str
    role: Role
    report: str | None = None
    format: str = "other"


class _Tool(Struct, frozen=True):
    """``pattern`` is searched for in the arguments, joined by blanks; its group ``report`` is a path."""

    name: str
    programs: str
    pattern: re.Pattern[str]
    role: Role = Role.BOTH
    report: str | None = None
    format: str = "other"


def _tool(
    name: str,
    programs: str,
    pattern: str = "",
    role: Role = Role.BOTH,
    report: str | None = None,
    format_: str = "other",
) -> _Tool:
    return _Tool(name, programs, regex(pattern), role, report, format_)


_RUNS = Role.MEASURES
_WRITES = Role.WRITES_REPORT
_LCOV = "coverage/lcov.info"
_ON = r"(?=\s|$|=(?!false\b|none\b|no\b))"
_GO_PROFILE = r"(?:.*?\s--?(?:test\.)?coverprofile[= ](?P<report>\S+)|.*?\s--?(?:test\.)?cover(?:mode|pkg)?\b)"
_MAVEN_TESTS = r"^(?!.*-D(?:skipTests|maven\.test\.skip)(?:=true)?(?:\s|$)).*?"
_OUT = r"(?:.*?\s(?:-o|--output(?:-file|-filename)?)[= ]?(?P<report>[^\s-]\S*))?"

_TABLE = (
    # JavaScript
    _tool(
        "jest",
        "jest react-scripts kcd-scripts",
        rf"--(?:coverage|collectCoverage){_ON}",
        report=_LCOV,
        format_="lcov",
    ),
    _tool("vitest", "vitest", rf"--coverage(?:\.enabled)?{_ON}"),
    _tool("Node's test runner", "node", r"--experimental-test-coverage|--test-coverage"),
    _tool("tap", "tap", r"--(?:cov|coverage|100|coverage-report\S*|coverage-map\S*|show-full-coverage)\b(?!=no)"),
    _tool("borp", "borp", rf"--coverage{_ON}|(?:^|\s)-C\b"),
    _tool("lab", "lab", r"--coverage\b|--threshold\b|(?:^|\s)-\w*[ct]\b"),
    _tool("istanbul", "istanbul", r"^cover\b"),
    _tool("Angular", "ng", rf"^test\b.*--(?:code-)?coverage{_ON}"),
    _tool("Deno", "deno", r"^(?:test|task)\b.*--coverage"),
    _tool("Deno", "deno", r"^coverage\b", _WRITES),
    _tool("Bun", "bun", rf"^test\b.*--coverage{_ON}"),
    _tool("Web Test Runner", "wtr web-test-runner", rf"--coverage{_ON}", report=_LCOV, format_="lcov"),
    _tool("solidity-coverage", "hardhat", r"^coverage\b", report=_LCOV, format_="lcov"),
    _tool("Foundry", "forge", r"^coverage\b"),
    # Go
    _tool("go cover", "go", rf"^(?:test|build|run)\b{_GO_PROFILE}", _RUNS, format_="go"),
    _tool("go cover", "gotestsum ginkgo richgo gotest", rf"^{_GO_PROFILE}|^--?cover", _RUNS, format_="go"),
    _tool("go cover", "go", r"^tool\s+(?:cover|covdata)\b", _WRITES),
    _tool("go cover", "gocov", r"^test\b", _RUNS),
    _tool("goveralls", "goveralls", r"^(?!.*-coverprofile)"),
    # C and C++
    _tool("gcovr", "gcovr", rf"^(?!.*--(?:version|help)\b){_OUT}", _WRITES),
    _tool("lcov", "lcov", rf"^(?=.*(?:--capture\b|(?:^|\s)-c\b)){_OUT}", _WRITES, format_="lcov"),
    _tool("lcov", "geninfo", rf"^(?!.*--(?:version|help)\b){_OUT}", _WRITES, format_="lcov"),
    _tool("fastcov", "fastcov fastcov.py", _OUT, _WRITES),
    _tool("gcov", "gcov", r"\S", _WRITES),
    _tool("gcov", "find", r"\s-exec(?:dir)?\s+(?:\S*/)?gcov\s", _WRITES),
    _tool("LLVM's coverage", "llvm-cov", r"^(?:export|show|report|gcov)\b", _WRITES),
    _tool("kcov", "kcov", r"\S+\s+\S+"),
    _tool("bashcov", "bashcov", r"\S"),
    _tool(
        "gcov (CTest)",
        "ctest",
        r"(?:-T|--test-action)[= ]*Coverage|(?:Experimental|Nightly|Continuous)Coverage",
        _WRITES,
    ),
    _tool("gcov (Meson)", "ninja meson", r"\bcoverage(?:-xml|-html|-text)?\b", _WRITES),
    _tool("Bazel", "bazel bazelisk", r"(?:^|\s)coverage\b"),
    _tool("OpenCppCoverage", "OpenCppCoverage OpenCppCoverage.exe", r"--"),
    # Java and its relatives
    _tool(
        "JaCoCo (Maven)",
        "mvn mvnw mvnd",
        _MAVEN_TESTS + r"(?:jacoco|-P\s*\S*cov)",
        report="target/site/jacoco/jacoco.xml",
        format_="jacoco",
    ),
    _tool("Cobertura (Maven)", "mvn mvnw mvnd", r"\bcobertura:"),
    _tool("OpenClover (Maven)", "mvn mvnw mvnd", r"\bclover2?:"),
    _tool("Kover", "gradle gradlew gradlew.bat", r"\bkover\w+"),
    _tool("JaCoCo (Gradle)", "gradle gradlew gradlew.bat", r"(?:^|[\s:])\w*(?:[jJ]acoco|[cC]overage)\w*(?=\s|$)"),
    _tool("JaCoCo (Ant)", "ant", r"jacoco|coverage|cobertura"),
    _tool("scoverage", "sbt", r"\bcoverage\w*|jacoco"),
    _tool("scoverage", "mill", r"\bscoverage\b"),
    _tool("cloverage", "lein clojure clj", r"cloverage"),
    # .NET
    _tool(
        "coverlet",
        "dotnet",
        r"^test\b.*(?:--collect[:= ]+[\w ]*?(?:[cC]overage|XPlat)|[/-]p:CollectCoverage=[tT]rue|--coverage\b)",
        report="TestResults/*/coverage.cobertura.xml",
        format_="cobertura",
    ),
    _tool("dotnet-coverage", "dotnet-coverage", r"^collect\b"),
    _tool("dotnet-coverage", "dotnet-coverage", r"^merge\b", _WRITES),
    _tool("coverlet", "coverlet", r"\S"),
    _tool("AltCover", "altcover AltCover", r"\S"),
    _tool("dotCover", "dotcover dotCover.exe", r"^cover"),
    _tool("OpenCover", "OpenCover.Console OpenCover.Console.exe", r"\S"),
    _tool("ReportGenerator", "reportgenerator", r"-reports:", _WRITES),
    # PHP
    _tool(
        "PHPUnit",
        "phpunit pest paratest simple-phpunit codecept",
        r"--coverage(?!-filter|-cache)(?:-clover[= ](?P<report>\S+)|-\w+)?(?:\s|=|$)",
    ),
    # Ruby
    _tool("SimpleCov", "rake rspec", r"\bcoverage\b"),
    # Swift and other mobile
    _tool("Swift", "swift", rf"^test\b.*--enable-code-coverage{_ON}"),
    _tool("Xcode", "xcodebuild", r"-enableCodeCoverage\s+YES"),
    _tool("Xcode", "xcov slather", r"", _WRITES),
    _tool("Flutter", "flutter very_good", rf"^test\b.*--coverage{_ON}", report=_LCOV, format_="lcov"),
    _tool("Dart", "dart", r"^test\b.*--coverage|coverage:test_with_coverage", report=_LCOV, format_="lcov"),
    # Others
    _tool("ExCoveralls", "mix", r"^(?:\S+\s+)*coveralls\S*"),
    _tool("Mix", "mix", rf"\btest\b.*--cover{_ON}"),
    _tool("rebar3 cover", "rebar3", r"\bcover\b"),
    _tool("hpc", "stack", rf"--coverage{_ON}"),
    _tool("hpc", "cabal", r"--enable-(?:library-)?coverage"),
    _tool("hpc", "hpc hpc-codecov", r"\S", _WRITES),
    _tool("Devel::Cover", "cover", r"-test\b"),
    _tool("Devel::Cover", "prove perl", r"-MDevel::Cover", _RUNS),
    _tool("Devel::Cover", "cover", r"-report\b|^$", _WRITES),
    _tool("covr", "Rscript R", r"\bcovr::|\bcovr\b.*coverage"),
    _tool("Julia", "julia", r"coverage\s*=\s*true|--code-coverage", _RUNS),
    _tool("LuaCov", "busted", r"--coverage\b|(?:^|\s)-c\b", _RUNS),
    _tool("LuaCov", "luacov", r"", _WRITES),
    _tool("bisect_ppx", "dune", r"bisect_ppx", _RUNS),
    _tool("bisect_ppx", "bisect-ppx-report", r"\S", _WRITES),
    _tool("D's -cov", "dub", r"--coverage\b|unittest-cov"),
    _tool("crystal-kcov", "crkcov", r""),
    _tool("nose", "nosetests nose2 nosetests3", r"--with-cov(?:erage)?\b"),
    _tool("Twisted trial", "trial", r"--coverage\b"),
    _tool("Pants", "pants", r"--(?:test-)?use-coverage\b"),
    _tool("zope.testrunner", "zope-testrunner", r"--coverage\b"),
)  # fmt: skip


def _by_program() -> Mapping[str, tuple[_Tool, ...]]:
    found: dict[str, tuple[_Tool, ...]] = {}
    for tool in _TABLE:
        for program in tool.programs.split():
            found[program] = (*found.get(program, ()), tool)
    return found


_BY_PROGRAM = _by_program()
_VERSIONED = regex(r"(llvm-cov|gcov)-\d+")

_ACTIONS = {
    "julia-actions/julia-runtest": ("Julia", _RUNS, "coverage"),
    "julia-actions/julia-processcoverage": ("Julia", _WRITES, ""),
    "gwatts/go-coverage-action": ("go cover", Role.BOTH, ""),
    "artiomtr/jest-coverage-report-action": ("jest", Role.BOTH, ""),
    "threeal/gcovr-action": ("gcovr", _WRITES, ""),
}
"""Actions that measure by themselves; the third is the input that can turn it off."""


def recognise_foreign(argv: Sequence[Argument]) -> ForeignMeasure | None:
    """The measuring command that ``argv`` is; None for what the table does not know."""
    launch = take_apart(argv)
    if launch is None:
        return None
    program = _VERSIONED.sub(r"\1", launch.program) if "cov-" in launch.program else launch.program
    tools = _BY_PROGRAM.get(program)
    if tools is None:
        return None
    line = " ".join(str(word) for word in launch.arguments)
    for tool in tools:
        match = tool.pattern.search(line)
        if match is not None:
            named = match.groupdict().get("report")
            return ForeignMeasure(backend=tool.name, role=tool.role, report=named or tool.report, format=tool.format)
    return None


def foreign_action(uses: str, inputs: Mapping[str, str]) -> ForeignMeasure | None:
    """The action of a step, where it measures."""
    found = _ACTIONS.get(uses.partition("@")[0].strip().lower())
    if found is None:
        return None
    name, role, switch = found
    if switch and inputs.get(switch, "true").strip().lower() == "false":
        return None
    return ForeignMeasure(backend=name, role=role)
