"""cargo aliases of ``.cargo/config.toml``, and the repository's own ``cargo xtask``."""

from __future__ import annotations

import posixpath
import shlex
from itertools import pairwise

from covpath.errors import Place
from covpath.workflow.recipes.invocations import from_arguments
from covpath.workflow.recipes.links import Invocation, Reader, Step
from covpath.workflow.recipes.toml_text import line_of, read_toml, table_at

KIND = "cargo alias"
PROGRAMS = frozenset({"cargo"})
_FILES = (".cargo/config.toml", ".cargo/config")
BUILT_IN = frozenset(
    {
        *("add", "bench", "build", "b", "check", "c", "clean", "clippy", "doc", "d", "fetch", "fix", "fmt", "help"),
        *("init", "install", "locate-project", "login", "metadata", "new", "owner", "package", "publish", "remove"),
        *("run", "r", "rustc", "rustdoc", "search", "test", "t", "tree", "update", "vendor", "version", "yank"),
        *("llvm-cov", "tarpaulin", "nextest", "hack", "make", "binstall", "generate-lockfile", "report", "info"),
    }
)


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The step an alias leads to; None for cargo's own commands and for plug-ins."""
    if invocation.name not in PROGRAMS:
        return None
    index = 1
    while index < len(invocation.words) and (invocation.words[index] or "")[:1] in {"+", "-"}:
        index += 1
    name = invocation.words[index] if index < len(invocation.words) else None
    if name is None or name in BUILT_IN or invocation.directory is None:
        return _own_program(invocation, index)
    found = reader.find_up(invocation.directory, *_FILES)
    alias = table_at(read_toml(found[1]), "alias").get(name) if found is not None else None
    words = _words(alias)
    if found is None or not words:
        return _xtask(name, invocation) if name == "xtask" else None
    path, text = found
    place = Place(path, line_of(text, "[alias]", f"{name} ="))
    inner = from_arguments(
        ("cargo", *invocation.words[1:index], *words, *invocation.words[index + 1 :]),
        directory=invocation.directory,
        environment=invocation.environment,
        place=place,
    )
    return [Step(kind=KIND, target=name, place=place, invocation=inner)]


def _words(alias: object) -> tuple[str, ...]:
    if isinstance(alias, str):
        try:
            return tuple(shlex.split(alias))
        except ValueError:
            return tuple(alias.split())
    return tuple(str(word) for word in alias) if isinstance(alias, list) else ()


def _own_program(invocation: Invocation, index: int) -> list[Step] | None:
    """``cargo run -p xtask -- coverage`` runs a program of the repository, which is not followed."""
    words = invocation.words[index:]
    if not words or words[0] not in {"run", "r"}:
        return None
    for option, value in pairwise(words):
        if option in {"-p", "--package", "--bin"} and value is not None and "xtask" in value:
            return _xtask(value, invocation)
        if option == "--manifest-path" and value is not None and "xtask" in value:
            return _xtask(posixpath.dirname(value), invocation)
    return None


def _xtask(name: str, invocation: Invocation) -> list[Step]:
    reason = f"{name} is a program of this repository; what it runs is not followed"
    return [Step(kind="cargo xtask", target=name, place=invocation.place, unknown=reason)]
