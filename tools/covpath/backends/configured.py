"""Commands that measure because a configuration file says so, not their command line.

Only files of the repository are read, and only for a line that turns the measurement on; what a program
would work out from them (profiles, conditions) is not worked out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from covpath.backends.contract import Recognition, Role
from covpath.backends.foreign import ForeignMeasure
from covpath.backends.launch import Launch, take_apart
from covpath.backends.pytest_config import addopts
from covpath.backends.python_tests import PYTEST
from covpath.backends.table import recognise
from covpath.backends.words import Argument
from covpath.errors import Place
from covpath.patterns import regex
from covpath.workflow.recipes.links import Reader


class Configured(Struct, frozen=True, kw_only=True):
    """A command that a file makes measure: the line, and what measures.

    ``recognition`` is set where the backend is one that can be moved.
    """

    place: Place
    text: str
    measure: ForeignMeasure
    recognition: Recognition | None = None


class _Setting(Struct, frozen=True):
    """``on`` is what turns the measurement on; ``before``, where it stands, ends the part that counts."""

    name: str
    files: tuple[str, ...]
    on: re.Pattern[str]
    role: Role = Role.BOTH
    report: str | None = None
    format: str = "other"
    before: str = ""


_TESTS = regex(r"(?:^|[\s:])(?:test|check|build|verify|install|package|deploy|integration-test)\w*(?=\s|$)")
_ENV = regex(r"ENV(?:\.fetch\(|\.key\?\(|\[)\s*['\"](\w+)")
_LCOV = "coverage/lcov.info"

_JEST = _Setting(
    "jest",
    ("jest.config.js", "jest.config.ts", "jest.config.mjs", "jest.config.cjs", "jest.config.json", "package.json"),
    regex(r"[\"']?collectCoverage[\"']?\s*:\s*true"),
    report=_LCOV,
    format="lcov",
)
_VITEST = _Setting(
    "vitest",
    tuple(f"{name}.config.{suffix}" for name in ("vitest", "vite") for suffix in ("ts", "mts", "js", "mjs")),
    regex(r"\bcoverage\s*:\s*\{[^{}]*?\benabled\s*:\s*true"),
)
_KARMA = _Setting("Karma", ("karma.conf.js", "karma.conf.ts"), regex(r"reporters\s*:\s*\[[^\]]{0,500}?coverage"))
_PHPUNIT = _Setting(
    "PHPUnit",
    ("phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"),
    regex(r"<(?:clover|cobertura|openclover|crap4j|php|html|text|xml)\s[^>]{0,300}?output(?:File|Directory)="),
)
_MAVEN = _Setting(
    "JaCoCo (Maven)",
    ("pom.xml",),
    regex(r"<artifactId>\s*jacoco-maven-plugin\s*</artifactId>(?:(?!</plugin>).){0,2500}?prepare-agent", re.DOTALL),
    report="target/site/jacoco/jacoco.xml",
    format="jacoco",
    before="<profiles>",
)
_GRADLE = _Setting(
    "JaCoCo (Gradle)",
    ("build.gradle", "build.gradle.kts"),
    regex(r"^[ \t]*(?:id\b[\s(]*[\"']jacoco[\"']|jacoco\b|apply\s+plugin:\s*[\"']jacoco[\"'])", re.MULTILINE),
    role=Role.MEASURES,
)
_KOVER = _Setting(
    "Kover", ("build.gradle", "build.gradle.kts"), regex(r"org\.jetbrains\.kotlinx\.kover"), role=Role.MEASURES
)
_SIMPLECOV = _Setting(
    "SimpleCov",
    (".simplecov", "spec/spec_helper.rb", "test/test_helper.rb", "spec/rails_helper.rb", "test/helper.rb"),
    regex(r"^.*\bSimpleCov\.start\b.*$", re.MULTILINE),
)
_SETTINGS: Mapping[str, tuple[_Setting, ...]] = {
    **dict.fromkeys(("jest", "react-scripts"), (_JEST,)),
    "vitest": (_VITEST,),
    "karma": (_KARMA,),
    **dict.fromkeys(("phpunit", "pest", "paratest", "simple-phpunit"), (_PHPUNIT,)),
    **dict.fromkeys(("mvn", "mvnw", "mvnd"), (_MAVEN,)),
    **dict.fromkeys(("gradle", "gradlew", "gradlew.bat"), (_GRADLE, _KOVER)),
    **dict.fromkeys(("rspec", "rake", "rails", "minitest"), (_SIMPLECOV,)),
}
_BUILDERS = frozenset({"mvn", "mvnw", "mvnd", "gradle", "gradlew", "gradlew.bat"})
CONFIGURABLE = frozenset({*_SETTINGS, *PYTEST})
"""Programs that a file can make measure."""


def configured(
    argv: tuple[Argument, ...], environ: Mapping[str, str], directory: str | None, reader: Reader
) -> Configured | None:
    """What a file of the repository makes of a command; None where none of them turns a measurement on."""
    launch = take_apart(argv)
    if launch is None or directory is None:
        return None
    if launch.program in PYTEST:
        return _pytest(argv, launch, environ, directory, reader)
    if launch.program in _BUILDERS and not _runs_tests(launch):
        return None
    for setting in _SETTINGS.get(launch.program, ()):
        found = _set_in(setting, environ, directory, reader)
        if found is not None:
            return found
    return None


def _pytest(
    argv: tuple[Argument, ...], launch: Launch, environ: Mapping[str, str], directory: str, reader: Reader
) -> Configured | None:
    added = addopts([word.text for word in launch.arguments], directory, reader)
    if added is None or "--cov" not in added.text:
        return None
    given = {**environ, "PYTEST_ADDOPTS": f"{added.text} {environ.get('PYTEST_ADDOPTS', '')}".strip()}
    found = recognise(argv, given)
    if found is None:
        return None
    measure = ForeignMeasure(backend=found.backend, role=found.role)
    return Configured(place=added.place, text=f"addopts {added.text}", measure=measure, recognition=found)


def _runs_tests(launch: Launch) -> bool:
    line = " ".join(str(word) for word in launch.arguments)
    skipped = re.search(r"-D(?:skipTests|maven\.test\.skip)(?:=true)?(?:\s|$)|(?:-x|--exclude-task)\s+test\b", line)
    return skipped is None and _TESTS.search(line) is not None


def _set_in(setting: _Setting, environ: Mapping[str, str], directory: str, reader: Reader) -> Configured | None:
    for name in setting.files:
        path, text = reader.read(directory, name)
        if text is None:
            continue
        part = text.partition(setting.before)[0] if setting.before else text
        match = setting.on.search(part)
        if match is not None and _condition_holds(part, match.start(), match[0], environ):
            start = match.start() + len(match[0]) - len(match[0].lstrip())
            line = text.count("\n", 0, start) + 1
            shown = " ".join(text.splitlines()[line - 1].split())
            measure = ForeignMeasure(
                backend=setting.name, role=setting.role, report=setting.report, format=setting.format
            )
            return Configured(place=Place(path, line), text=shown, measure=measure)
    return None


def _condition_holds(text: str, start: int, matched: str, environ: Mapping[str, str]) -> bool:
    """Whether a variable that the line, or the ``if`` above it, asks for is set."""
    above = text[:start].rstrip().rpartition("\n")[2].strip()
    asked = _ENV.search(matched) or (_ENV.search(above) if above.startswith(("if ", "unless ")) else None)
    return asked is None or asked[1] in environ
