"""Whether a step could lead to a measurement at all: asked of its text, before its script is parsed.

Most jobs measure nothing. A step is worth following where a file exists that a recipe it names needs.
"""

from __future__ import annotations

from functools import cached_property, lru_cache

from covpath.gate.scripts.around import given_command
from covpath.gate.tracing.claims import has_hint
from covpath.patterns import holds_one, regex
from covpath.workflow.calls import LOCAL, Links
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.recipes.links import ReadFile

_PYTHON = ("pyproject.toml", "tox.ini", "setup.cfg", "pytest.ini", "tox.toml", "hatch.toml", ".pytest.ini")
_FILES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("make", "gmake"), ("Makefile", "makefile", "GNUmakefile")),
    "just": ("justfile", "Justfile", ".justfile"),
    **dict.fromkeys(("tox", "hatch", "pytest", "py.test", "poe", "pdm", "rye", "uv", "pixi"), (*_PYTHON, "pixi.toml")),
    "nox": ("noxfile.py",),
    **dict.fromkeys(("invoke", "inv"), ("tasks.py", "tasks/__init__.py")),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun", "npx", "run-s", "run-p"), ("package.json",)),
    "jest": ("package.json", *(f"jest.config.{suffix}" for suffix in ("js", "ts", "mjs", "cjs", "json"))),
    "mise": ("mise.toml", ".mise.toml", ".config/mise.toml"),
    **dict.fromkeys(("task", "go-task"), ("Taskfile.yml", "Taskfile.yaml", "taskfile.yml", "pyproject.toml")),
    "deno": ("deno.json", "deno.jsonc"),
    "pre-commit": (".pre-commit-config.yaml",),
    "cargo": (".cargo/config.toml", ".cargo/config", "Makefile.toml"),
    **dict.fromkeys(("mvn", "mvnw"), ("pom.xml",)),
    **dict.fromkeys(("gradle", "gradlew"), ("build.gradle", "build.gradle.kts")),
    **dict.fromkeys(("rake", "rspec", "rails"), (".simplecov", "spec/spec_helper.rb", "test/test_helper.rb")),
    **dict.fromkeys(("phpunit", "pest", "composer"), ("phpunit.xml", "phpunit.xml.dist", "composer.json")),
    **dict.fromkeys(("vitest", "karma"), ("vitest.config.ts", "vite.config.ts", "vitest.config.js", "karma.conf.js")),
}
_PROGRAMS = frozenset(_FILES)
_NAMES = frozenset(name for names in _FILES.values() for name in names)
_PATH = regex(r"(?:\./)?[\w-][\w.-]*(?:/[\w.-]+)+|\./[\w.-]+")
_QUOTES = "\"'();&|"
_LEADS_ON = ("/", ".sh", ".py", "cd ", "pushd ", "-C", "--prefix", "--directory", "--cwd")
_ENDINGS = (".sh", ".bash", ".py", ".zsh")
_MOVING = ("cd", "pushd", "-C", "--directory", "--prefix", "--cwd", "-f")
_MOVES = regex(rf"(?<![\w-])(?:{'|'.join(_MOVING)})[= ]+([^\s;&|]+)")
_GIVEN = regex(r"[ \t]*(?:\w+=[^\s(`]*[ \t]+)*[\"']?(?:\$\{\{|\$\w+(?![\w:]|[ \t]*[+-]?=)|\$\{\w+\})")
"""Not what PowerShell sets (``$x = 1``)."""


def is_given(step: Step) -> bool:
    """Whether a step's script is, or begins a line with, what an expression or a variable comes to."""
    if step.run is None or "$" not in step.run.value:
        return False
    text = step.run.value.replace("\\\n", " ")
    sign = text.find("$")
    while sign >= 0:
        if _GIVEN.match(text, text.rfind("\n", 0, sign) + 1):
            return True
        end = text.find("\n", sign)
        sign = text.find("$", end) if end >= 0 else -1
    return False


_MOST_KNOWN = 4096


class Worth:
    """Answers for one repository's files; ``top`` are the names of what lies in its root, where they are known."""

    def __init__(self, read: ReadFile, top: frozenset[str] | None = None) -> None:
        self._read = read
        self._all = top
        self._top = tuple(top) if top is not None else ("",)
        self._known: dict[tuple[str, str], bool] = {}

    def following(self, workflow: Workflow, job: Job, step: Step, *, hint: bool) -> bool:
        """Whether a step is worth following in a job that claims nothing; ``hint``: its text has ``hints``."""
        if step.run is not None:
            text = step.run.value
        elif step.uses is not None and step.uses.startswith(LOCAL):
            # Imported here: most jobs use no action of their own repository.
            from covpath.workflow.local_action import action_paths

            return any(self._read(path) is not None for path in action_paths(step.uses))
        else:
            given = given_command(step)
            if given is None:
                return False
            text = given
        if hint and has_hint(text):
            return True
        directory = (workflow.directory_of(job, step) or ".").rstrip("/")
        key = (text, directory)
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = self._leads_on(text, directory)
        return self._known[key]

    def measuring(self, workflow: Workflow, job: Job, step: Step, links: Links, inputs: Contexts | None) -> bool:
        """Whether a step to follow in a job without a word about coverage could lead to a measurement.

        Where it cannot, nobody asks where it leads.
        """
        if self.following(workflow, job, step, hint=False):
            return True
        # Imported here: few steps are followed only for what they may be given.
        from covpath.gate.tracing.given_steps import may_measure

        return may_measure(workflow, job, step, links, inputs, self._all)

    def _leads_on(self, text: str, directory: str) -> bool:
        """Whether a file is there that a script names, or a program in it needs."""
        if not holds_one(text, self._root_words):
            # The way to any other file begins with a name in the root, and a script says where it goes.
            if not holds_one(text, self._top) and not holds_one(directory, self._top):
                return False
            if directory == "." and not holds_one(text, _LEADS_ON):
                return False
        tokens = {token.strip(_QUOTES) for token in set(text.split())}
        words = tokens & _PROGRAMS
        if "./" in text:
            words |= {token[2:] for token in tokens if token[:2] == "./" and token[2:] in _FILES}
        scripts = {token for token in tokens if token.endswith(_ENDINGS) or ("/" in token and _PATH.fullmatch(token))}
        if not words and not scripts:
            return False
        moved = {directory, "."}
        if holds_one(text, _MOVING):  # as for the hints
            moved.update(path.strip("\"'").rstrip("/") for path in _MOVES.findall(text))
        if any(self._have(word, place) for word in words for place in moved):
            return True
        return any(self._read(_joined(place, path)) is not None for path in scripts for place in moved)

    @cached_property
    def _root_words(self) -> tuple[str, ...]:
        """The programs for which the repository's root has a file."""
        # Most of these are not there, which the names in the root tell of all of them at once.
        there = {name for name in _NAMES if self._may_hold(name) and self._read(name) is not None}
        return tuple(word for word, names in _FILES.items() if not there.isdisjoint(names)) if there else ()

    def _may_hold(self, path: str) -> bool:
        return self._all is None or path.partition("/")[0] in self._all

    def _have(self, word: str, directory: str) -> bool:
        if directory == ".":
            return word in self._root_words
        return any(self._read(_joined(directory, name)) is not None for name in _FILES[word])


@lru_cache(maxsize=8)
def worth_of(read: ReadFile, top: frozenset[str] | None = None) -> Worth:
    """The answers for the files that ``read`` gives, kept while they are asked for."""
    return Worth(read, top)


def _joined(directory: str, name: str) -> str:
    name = name.removeprefix("./")
    return name if directory in (".", "") else f"{directory}/{name}"
