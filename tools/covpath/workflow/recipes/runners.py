"""Programs that run another one in an environment they manage: ``poetry run``, ``uv run``, ``npx``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec.structs import replace

from covpath.workflow.python_module import module_at
from covpath.workflow.recipes.links import Invocation

_UV = frozenset(
    {
        *("--extra", "--group", "--only-group", "--no-group", "--no-extra", "--with", "--with-editable", "--package"),
        *("--with-requirements", "--python", "-p", "--project", "--directory", "--env-file", "--index", "--from", "-w"),
        *("--default-index", "--index-url", "-i", "--extra-index-url", "--find-links", "-f", "--upgrade-package", "-P"),
        *("--resolution", "--prerelease", "--config-setting", "-C", "--cache-dir", "--config-file", "--link-mode"),
        *("--color", "--refresh-package", "--reinstall-package", "--no-build-package", "-m", "--module"),
    }
)
_RUNNERS: dict[tuple[str, ...], frozenset[str]] = {
    ("poetry", "run"): frozenset({"-C", "--directory", "-P", "--project"}),
    ("pdm", "run"): frozenset({"-p", "--project", "--venv"}),
    ("uv", "run"): _UV,
    ("uv", "tool", "run"): _UV,
    ("uvx",): _UV,
    ("rye", "run"): frozenset({"-p", "--pyproject"}),
    ("pipenv", "run"): frozenset(),
    ("pipx", "run"): frozenset({"--spec", "--python", "--pip-args", "--index-url"}),
    ("npx",): frozenset({"-p", "--package"}),
    ("bunx",): frozenset({"-p", "--package"}),
    ("pnpm", "exec"): frozenset({"-C", "--dir", "--filter", "-F"}),
    ("pnpm", "dlx"): frozenset({"--package"}),
    ("npm", "exec"): frozenset({"-p", "--package", "-w", "--workspace", "--prefix"}),
    ("yarn", "exec"): frozenset(),
    ("yarn", "dlx"): frozenset({"-p", "--package"}),
    ("bundle", "exec"): frozenset({"--gemfile"}),
    ("conda", "run"): frozenset({"-n", "--name", "-p", "--prefix", "--cwd"}),
    ("mamba", "run"): frozenset({"-n", "--name", "-p", "--prefix", "--cwd"}),
    ("micromamba", "run"): frozenset({"-n", "--name", "-p", "--prefix", "--cwd"}),
    ("mise", "exec"): frozenset({"-C", "--cd"}),
    ("mise", "x"): frozenset({"-C", "--cd"}),
    ("direnv", "exec"): frozenset(),
    ("rustup", "run"): frozenset(),
    ("cross-env",): frozenset(),
    ("dotenv",): frozenset({"-f", "-e"}),
}
_VERBS = {name: tuple(verbs for verbs in _RUNNERS if verbs[0] == name) for name, *_ in _RUNNERS}
_OPERANDS: dict[tuple[str, ...], int] = {("rustup", "run"): 1, ("direnv", "exec"): 1}
_BEFORE_VERB = frozenset({"-C", "--directory", "--project", "--dir", "--prefix", "--cwd", "-p", "--filter", "-F"})
_MOST_LAYERS = 6
MODULE_RUNNERS = frozenset({"python", "python3", "py", "pypy", "pypy3"})


def layers(invocation: Invocation) -> Iterator[Invocation]:
    """The invocation, then the same with one runner less each time; ``python -m tox`` ends as ``tox``."""
    yield invocation
    for _ in range(_MOST_LAYERS):
        inner = _inner(invocation)
        if inner is None:
            return
        invocation = inner
        yield inner


def _inner(invocation: Invocation) -> Invocation | None:
    name = invocation.name
    if name in _VERBS:
        return _without_runner(invocation, _VERBS[name])
    if name in ("node", "bun"):
        return _without_node(invocation)
    module = module_at(invocation.words) if _is_python(name) else None
    return None if module is None else invocation.behind(module)


def _without_node(invocation: Invocation) -> Invocation | None:
    """``node --some-option node_modules/jest/bin/jest.js`` ends as ``jest``."""
    for index, word in enumerate(invocation.words[1:], 1):
        if word is not None and "node_modules/" in word and not word.startswith("-"):
            inner = invocation.behind(index)
            program = re.sub(r"\.[cm]?js$", "", inner.name)
            return replace(inner, words=(program, *inner.words[1:]))
        if word is not None and word.endswith((".js", ".mjs", ".cjs", ".ts")):
            return None
    return None


def _is_python(name: str) -> bool:
    return name.rstrip("0123456789.") in MODULE_RUNNERS or name in MODULE_RUNNERS


def _without_runner(invocation: Invocation, ways: tuple[tuple[str, ...], ...]) -> Invocation | None:
    for verbs in ways:
        index = _behind_verbs(invocation.words, verbs)
        if index is None:
            continue
        index = _behind_options(invocation.words, index, _RUNNERS[verbs]) + _OPERANDS.get(verbs, 0)
        if index < len(invocation.words):
            return invocation.behind(index)
    return None


def _behind_verbs(words: tuple[str | None, ...], verbs: tuple[str, ...]) -> int | None:
    """The index behind ``uv tool run``, options in between skipped."""
    index = 1
    for verb in verbs[1:]:
        while index < len(words) and (words[index] or "").startswith("-"):
            index += 2 if words[index] in _BEFORE_VERB else 1
        if index >= len(words) or words[index] != verb:
            return None
        index += 1
    return index


def _behind_options(words: tuple[str | None, ...], index: int, valued: frozenset[str]) -> int:
    while index < len(words):
        word = words[index] or ""
        if word == "--":
            return index + 1
        if word in {"-m", "--module"} and word in valued:
            # `uv run -m pytest` runs the module: what follows is the program.
            return index + 1
        if "=" in word and word.split("=", 1)[0].isidentifier():
            index += 1
        elif not word.startswith("-"):
            return index
        else:
            index += 2 if word in valued else 1
    return index
