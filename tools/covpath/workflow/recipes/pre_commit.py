"""pre-commit and prek: the local hooks of ``.pre-commit-config.yaml``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from covpath.errors import InputError
from covpath.workflow.recipes.invocations import PLAIN_SH, shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, Reader, Step, missing
from covpath.yamltext.nodes import Mapping, Node, Scalar, Sequence, deref
from covpath.yamltext.reading import read
from covpath.yamltext.source import decode

KIND = "pre-commit"
_PROGRAMS = frozenset({"pre-commit", "prek"})
_VALUED = frozenset({"-c", "--config", "--hook-stage", "--from-ref", "--to-ref", "-s", "-o", "--color"})


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the hooks that ``pre-commit run`` runs; those of other repositories lead no further."""
    if invocation.name not in _PROGRAMS or "run" not in invocation.words:
        return None
    words = invocation.words[invocation.words.index("run") + 1 :]
    hook = None
    file = ".pre-commit-config.yaml"
    index = 0
    while index < len(words):
        word = words[index] or ""
        following = words[index + 1] if index + 1 < len(words) else None
        if word in {"-c", "--config"} and following is not None:
            file = following
        if word == "--files":
            break
        if not word.startswith("-") and hook is None:
            hook = word
        index += 2 if word in _VALUED else 1
    if invocation.directory is None:
        return [Step(kind=KIND, target=hook or "", place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    path, text = reader.read(invocation.directory, file)
    if text is None:
        return [missing(KIND, hook or "", path)]
    return list(_hooks(path, text, hook, invocation))


def _hooks(path: str, text: str, wanted: str | None, invocation: Invocation) -> Iterator[Step]:
    try:
        source = decode(path, text.encode("utf-8", "surrogatepass"))
        root = read(source, strict=False).root
    except InputError as error:
        yield missing(KIND, wanted or "", path, what=f"cannot be read: {error.message}")
        return
    for repository in _items(_get(root, "repos")):
        if _text(_get(repository, "repo")) != "local":
            continue
        for hook in _items(_get(repository, "hooks")):
            name = _text(_get(hook, "id"))
            entry = _get(hook, "entry")
            command = _text(entry)
            if name is None or command is None or entry is None or (wanted is not None and name != wanted):
                continue
            arguments = [_text(word) or "" for word in _items(_get(hook, "args"))]
            yield from shell_steps(
                " ".join([command, *arguments]),
                kind=KIND,
                target=name,
                file=path,
                line=source.place(deref(entry).start).line or 1,
                directory=posixpath.dirname(path) or ".",
                shell=PLAIN_SH,
                environment=invocation.environment,
            )


def _get(node: Node | None, key: str) -> Node | None:
    inner = deref(node) if node is not None else None
    return inner.get(key) if isinstance(inner, Mapping) else None


def _items(node: Node | None) -> tuple[Node, ...]:
    inner = deref(node) if node is not None else None
    return tuple(inner.items) if isinstance(inner, Sequence) else ()


def _text(node: Node | None) -> str | None:
    inner = deref(node) if node is not None else None
    return inner.value if isinstance(inner, Scalar) else None
