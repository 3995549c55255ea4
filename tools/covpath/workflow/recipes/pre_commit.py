"""pre-commit and prek: the local hooks of ``.pre-commit-config.yaml``."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from covpath.workflow.recipes.invocations import PLAIN_SH, shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, Reader, Step, missing
from covpath.workflow.recipes.yaml_nodes import first_line, items_of, root_of, text_of, value_at

KIND = "pre-commit"
PROGRAMS = frozenset({"pre-commit", "prek"})
_VALUED = frozenset({"-c", "--config", "--hook-stage", "--from-ref", "--to-ref", "-s", "-o", "--color"})


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the hooks that ``pre-commit run`` runs; those of other repositories lead no further."""
    if invocation.name not in PROGRAMS or "run" not in invocation.words:
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
    found = root_of(path, text)
    if isinstance(found, str):
        yield missing(KIND, wanted or "", path, what=f"cannot be read: {found}")
        return
    source, root = found
    for repository in items_of(value_at(root, "repos")):
        if text_of(value_at(repository, "repo")) != "local":
            continue
        for hook in items_of(value_at(repository, "hooks")):
            name = text_of(value_at(hook, "id"))
            entry = value_at(hook, "entry")
            command = text_of(entry)
            if name is None or command is None or entry is None or (wanted is not None and name != wanted):
                continue
            arguments = [text_of(word) or "" for word in items_of(value_at(hook, "args"))]
            yield from shell_steps(
                " ".join([command, *arguments]),
                kind=KIND,
                target=name,
                file=path,
                line=first_line(source, entry),
                directory=posixpath.dirname(path) or ".",
                shell=PLAIN_SH,
                environment=invocation.environment,
            )
