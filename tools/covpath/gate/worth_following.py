"""Whether a step could lead to a measurement at all: asked of its text, before its script is parsed.

Most jobs measure nothing. A step is worth following where a file exists that a recipe it names needs.
"""

from __future__ import annotations

import re

from covpath.gate.around import given_command
from covpath.gate.claims import hints
from covpath.workflow.local_action import action_paths
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.recipes.links import ReadFile

_PYTHON = ("pyproject.toml", "tox.ini", "setup.cfg", "pytest.ini", "tox.toml", "hatch.toml", ".pytest.ini")
_FILES: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("make", "gmake"), ("Makefile", "makefile", "GNUmakefile")),
    "just": ("justfile", "Justfile", ".justfile"),
    **dict.fromkeys(("tox", "hatch", "pytest", "py.test", "poe", "pdm", "rye", "uv", "pixi"), (*_PYTHON, "pixi.toml")),
    "nox": ("noxfile.py",),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun", "npx", "run-s", "run-p"), ("package.json",)),
    "jest": ("package.json", *(f"jest.config.{suffix}" for suffix in ("js", "ts", "mjs", "cjs", "json"))),
    **dict.fromkeys(("mise", "task", "go-task"), ("mise.toml", ".mise.toml", "Taskfile.yml", "pyproject.toml")),
    "pre-commit": (".pre-commit-config.yaml",),
    "cargo": (".cargo/config.toml", ".cargo/config", "Makefile.toml"),
    **dict.fromkeys(("mvn", "mvnw"), ("pom.xml",)),
    **dict.fromkeys(("gradle", "gradlew"), ("build.gradle", "build.gradle.kts")),
    **dict.fromkeys(("rake", "rspec", "rails"), (".simplecov", "spec/spec_helper.rb", "test/test_helper.rb")),
    **dict.fromkeys(("phpunit", "pest", "composer"), ("phpunit.xml", "phpunit.xml.dist", "composer.json")),
    **dict.fromkeys(("vitest", "karma"), ("vitest.config.ts", "vite.config.ts", "vitest.config.js", "karma.conf.js")),
}
_PATH = re.compile(r"(?:\./)?[\w-][\w.-]*(?:/[\w.-]+)+|\./[\w.-]+")
_ENDINGS = (".sh", ".bash", ".py", ".zsh")
_MOVES = re.compile(r"(?<![\w-])(?:cd|pushd|-C|--directory|--prefix|--cwd|-f)[= ]+([^\s;&|]+)")


class Worth:
    """Answers for one repository's files."""

    def __init__(self, read: ReadFile) -> None:
        self._read = read

    def following(self, workflow: Workflow, job: Job, step: Step, *, hint: bool) -> bool:
        """Whether a step is worth following in a job that claims nothing; ``hint``: its text has ``hints``."""
        if step.uses is not None:
            paths = action_paths(f"./{step.uses[2:]}") if step.uses.startswith(("./", "$/")) else ()
            if any(self._read(path) is not None for path in paths):
                return True
        text = step.run.value if step.run is not None else given_command(step)
        if text is None:
            return False
        if hint and hints(text):
            return True
        tokens = {token.strip("\"'();&|") for token in text.split()}
        words = {token.removeprefix("./") for token in tokens} & _FILES.keys()
        scripts = {token for token in tokens if token.endswith(_ENDINGS) or ("/" in token and _PATH.fullmatch(token))}
        if not words and not scripts:
            return False
        directory = (workflow.directory_of(job, step) or ".").rstrip("/")
        moved = {directory, ".", *(path.strip("\"'").rstrip("/") for path in _MOVES.findall(text))}
        if any(self._have(word, place) for word in words for place in moved):
            return True
        return any(self._read(_joined(place, path)) is not None for path in scripts for place in moved)

    def _have(self, word: str, directory: str) -> bool:
        return any(self._read(_joined(directory, name)) is not None for name in _FILES[word])


def _joined(directory: str, name: str) -> str:
    name = name.removeprefix("./")
    return name if directory in (".", "") else f"{directory}/{name}"
