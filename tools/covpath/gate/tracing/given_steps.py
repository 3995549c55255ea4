"""Whether what is given to a step of a job that claims nothing could make it measure.

Such a step is followed for each value that it may be given, and hardly any measures. It is asked here of the texts,
before they are read as shell; a wrong yes costs time only.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from msgspec import Struct

from covpath.gate.measuring import DECIDING, INSTRUMENTING
from covpath.gate.scripts.around import put_in
from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.tracing.passes import passes_of, varying_in
from covpath.patterns import holds_one, regex
from covpath.workflow.calls import Links
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.shell.other_shells import with_lines_joined

WORDS = (
    *("cov", "over", "acoco", "tarpaulin", "nyc", "c8", "cobertura", "XPlat", "slather", "bisect", "geninfo"),
    *("RUSTFLAGS", "RUSTDOCFLAGS", "ADDOPTS", "-reports:", "--100"),
)
"""Every command that measures by itself holds one of these, or is of one of the programs below."""
PROGRAMS = frozenset({"borp", "lab", "busted", "hpc", "hatch"})
"""Programs that measure by an option without such a word."""
LEADING_ON = frozenset(
    {
        *("make", "gmake", "bmake", "mingw32-make", "just", "tox", "nox", "invoke", "inv", "npm", "yarn", "pnpm"),
        *("bun", "run-s", "run-p", "npm-run-all", "npm-run-all2", "deno", "task", "go-task", "pre-commit", "prek"),
        *("cargo", "cargo-make", "makers", "poe", "poethepoet", "pdm", "rye", "pixi", "mise", "hatch", "jest"),
        *("react-scripts", "vitest", "karma", "phpunit", "pest", "paratest", "simple-phpunit", "mvn", "mvnw", "mvnd"),
        *("gradle", "gradlew", "gradlew.bat", "rspec", "rake", "rails", "minitest", "pytest", "py.test"),
    }
)
"""Programs that a file of the repository can make measure."""

_TOKEN = regex(r"[\w.+-]+")
_PIECE = regex(r"[\w.+:\-${}\"'\\]+")
"""What may be one token once the values of its variables are put in."""
_VARIABLE = regex(r"\$(?:(\w+)|\{(\w+)\})")
_SET = regex(r"\b(\w+)=((?:\"[^\"]*\"|'[^']*'|\$\{\{.*?\}\}|\S)*)")
_IDLE = frozenset({".git", ".github"})
"""Folders that may lie in the root without any file there that a program reads by itself."""
_MOVING = ("cd ", "pushd", "-C", "--dir", "--cwd", "--prefix", "-f", "--file", "--project")
"""With one of these a folder's name is enough to lead into it."""
_MOST_VALUES = 16


def may_measure(
    workflow: Workflow, job: Job, step: Step, links: Links, inputs: Contexts | None, top: frozenset[str] | None
) -> bool:
    """Whether a step's script could start what measures, with any of the values that it may be given.

    ``inputs``: those of one call, where it is meant. ``top``: what lies in the repository's root, where it is known.
    """
    environment = workflow.environment_of(job, step)
    deciding = [environment[name] for name in DECIDING if name in environment]
    if step.run is None or top is None or any("$" in value or holds_one(value, INSTRUMENTING) for value in deciding):
        return True
    signs = _signs_of(top)
    script = with_lines_joined(step.run.value, shell_for(workflow, job, step)).replace("\\\n", "")
    directory = workflow.directory_of(job, step) or ""
    if signs.are_in(f"{script}\n{directory}/"):
        return True
    names = varying_in(workflow, job, step, inputs)
    passes = passes_of(workflow, job, names, links, inputs) if names else ()
    changing = f"{_changing(script)}\n{directory}/"
    for contexts in (inputs, *passes):
        text = put_in(changing, contexts)
        if text is not changing and signs.are_in(text):
            return True
        pieces = [piece for piece in _PIECE.findall(text) if "$" in piece]
        together = _with_variables(pieces, script, environment, contexts)
        if together is None or any(map(signs.are_in, together)):
            return True
    return False


def _changing(script: str) -> str:
    """The lines of a script in which something may be put."""
    lines = script.split("\n")
    if any(line.count("${{") != line.count("}}") for line in lines):
        return script
    return "\n".join([line for line in lines if "$" in line])


def _with_variables(
    pieces: list[str], script: str, environment: Mapping[str, str], contexts: Contexts | None
) -> list[str] | None:
    """Pieces of words with the values of their variables put in, once for each that one can have; None for too many.

    What a script sets stands in it as well; only what the values make together with what they stand in is new.
    """
    used = {one[0] or one[1] for piece in pieces for one in _VARIABLE.findall(piece)}
    values = {name: {put_in(environment[name], contexts): None} for name in used if name in environment}
    for name, value in _SET.findall(script) if used else ():
        if name in used:
            values.setdefault(name, {})[put_in(value, contexts)] = None
    several = {name for name, found in values.items() if len(found) > 1}
    count = max(map(len, values.values()), default=0)
    if count > _MOST_VALUES or (several and any(_mixes(piece, several) for piece in pieces)):
        return None
    ways = [{name: list(found)[number % len(found)] for name, found in values.items()} for number in range(count)]
    return [_put(" ".join(pieces), way) for way in ways]


def _put(text: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: known.get(match[1] or match[2], match[0]), text)


def _mixes(piece: str, several: set[str]) -> bool:
    """Whether several variables of which each can have several values make one word together."""
    return piece.count("$") > 1 and sum((one[0] or one[1]) in several for one in _VARIABLE.findall(piece)) > 1


class _Signs(Struct, frozen=True):
    """What shows that a text may lead to a measurement, in a repository with ``top`` in its root.

    ``odd`` are names there that are no single words. ``files``: a program may find a file there by itself.
    """

    top: frozenset[str]
    odd: tuple[str, ...]
    files: bool

    def are_in(self, text: str) -> bool:
        """Whether a text names a program that can measure, or something of the repository."""
        bare = text.replace('"', "").replace("'", "")
        joined = bare.replace("\\", "")
        if holds_one(joined, WORDS) or holds_one(text, self.odd):
            return True
        tokens = set(_TOKEN.findall(joined))
        if joined != bare:  # a folder's sign under Windows, or one that takes a letter's meaning away
            tokens.update(_TOKEN.findall(bare.replace("\\", "/")))
        if not tokens.isdisjoint(PROGRAMS):
            return True
        for name in tokens & self.top:
            if name not in _IDLE or f"{name}/" in joined or holds_one(joined, _MOVING):
                return True
        return self.files and not tokens.isdisjoint(LEADING_ON)


@lru_cache(maxsize=8)
def _signs_of(top: frozenset[str]) -> _Signs:
    return _Signs(top, tuple(name for name in sorted(top) if not _TOKEN.fullmatch(name)), bool(top - _IDLE))
