"""A repository's own scripts: shell followed command by command, Python for its static subprocess calls."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from msgspec.structs import replace

from covpath.errors import Place
from covpath.patterns import regex
from covpath.workflow.python_module import is_module_option
from covpath.workflow.recipes.invocations import PLAIN_SH, argument_steps, shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, Reader, Step, missing, varying, varying_names
from covpath.workflow.recipes.python_calls import PythonCall, parse_python, subprocess_calls
from covpath.workflow.recipes.runners import MODULE_RUNNERS
from covpath.workflow.shell.dialect import Shell, shell_with
from covpath.workflow.shell.spans import Around, Span

KIND = "script"
_SOURCES = frozenset({"source", "."})
_SHELLS = frozenset({"bash", "sh", "dash", "zsh", *_SOURCES})
_ROOTS = regex(
    r"(?:\$\{?GITHUB_WORKSPACE\}?|\$\{\{\s*github\.workspace\s*\}\}|\$\(pwd\)|\$\{?PWD\}?"
    r"|\$\(git rev-parse --show-toplevel\))/"
)
_HERE = regex(r"\$\(\s*dirname\s+(?:--\s+)?\"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})\"?\s*\)")
_TOP = regex(r"\$\(\s*git rev-parse --show-toplevel\s*\)")
_CHOOSES = regex(r"\$\{?(?:[1-9]|[@*#](?![\w\[]))")
"""What a script that is told by its arguments what to do reads."""
_SUFFIXES = (".sh", ".bash", ".py", ".zsh")


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of a script of the repository; None where the command is no script."""
    index = _script_index(invocation)
    if index is None:
        return None
    raw = invocation.raw[index].strip("\"'")
    rooted = _ROOTS.sub("", raw, count=1) if _ROOTS.match(raw) else None
    path = rooted if rooted is not None and "$" not in rooted else invocation.words[index]
    if _is_elsewhere(raw, path):
        return None
    if path is None:
        return [varying(KIND, raw, invocation, raw)]
    directory = "." if rooted is not None else invocation.directory
    if directory is None:
        return [Step(kind=KIND, target=path, place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    full, text = reader.read(directory, path)
    if text is None:
        # What is sourced mostly sets variables: nothing hides there unless it is seen.
        sourced = invocation.words[0] in _SOURCES
        return [missing(KIND, path, full)] if _is_ours(invocation, path) and not sourced else None
    return _steps(full, text, directory, invocation)


def _is_elsewhere(raw: str, path: str | None) -> bool:
    """Whether a path leads out of the repository, or to what a tool put there."""
    outside = raw.startswith(("/", "~", "$HOME", "${HOME", "$RUNNER_T", "${RUNNER_T", "<("))
    made = ("node_modules/", "/bin/activate", "/Scripts/activate", "Scripts\\activate")
    return outside or any(part in f"/{path or raw}" for part in made)


def _script_index(invocation: Invocation) -> int | None:
    """Which word is the script's path."""
    words = invocation.words
    if not words:
        return None
    first = words[0]
    if first is not None and (first in _SHELLS or first.rstrip("0123456789.") in MODULE_RUNNERS):
        index = 1
        while index < len(words) and (words[index] or "").startswith(("-", "+")):
            word = words[index] or ""
            if word in {"-c", "-m"} or (re.match(r"-[a-z]*c$", word) if first in _SHELLS else is_module_option(word)):
                return None
            index += 2 if word in {"-o", "-O", "-W", "-X"} else 1
        return index if index < len(words) else None
    written = invocation.raw[0].strip("\"'")
    if first is None:
        return 0 if _ROOTS.match(written) or written.startswith("./") or written.endswith(_SUFFIXES) else None
    return 0 if "/" in first or first.endswith(_SUFFIXES) else None


def _is_ours(invocation: Invocation, path: str) -> bool:
    """Whether a missing file matters: a path to a built program may well not be in the repository."""
    named = path.endswith(_SUFFIXES) or invocation.name in _SHELLS
    built = path.startswith(("target/", "./target/", "build/", "./build/"))
    return (named or (invocation.words[0] or "").startswith("./")) and not built and "/venv/" not in path


def _steps(path: str, text: str, directory: str, invocation: Invocation) -> list[Step]:
    shebang = text.split("\n", 1)[0] if text.startswith("#!") else ""
    program = invocation.words[0] or ""
    if path.endswith(".py") or "python" in shebang or program.rstrip("0123456789.") in MODULE_RUNNERS:
        return _python_steps(path, text, directory, invocation)
    if program in _SHELLS or path.endswith((".sh", ".bash")) or re.search(r"\b(?:ba|da|z|k)?sh\b", shebang):
        text = _with_known_directories(text, path, directory)
        depends_on, never, perhaps = _told(text, invocation)
        steps = shell_steps(
            text,
            kind=KIND,
            target=path,
            file=path,
            line=1,
            directory=directory,
            shell=_shell(invocation, shebang),
            environment=invocation.environment,
            idle=never,
        )
        found = [replace(step, depends_on=depends_on) if _stands_in(step, perhaps) else step for step in steps]
        return [_given(step, invocation, never) for step in found]
    what = f"is written for {shebang[2:].strip()}" if shebang else "is no script that can be followed"
    return [missing(KIND, path, path, what=what)]


def _told(text: str, invocation: Invocation) -> tuple[tuple[str, ...], frozenset[Span], frozenset[Span]]:
    """What the arguments of a script depend on; and the commands that do not run with them, or may not."""
    nothing: frozenset[Span] = frozenset()
    index = _script_index(invocation)
    if index is None or invocation.words[0] in _SOURCES or not _CHOOSES.search(text):
        return (), nothing, nothing
    # Imported here: few scripts are told by an argument what to do.
    from covpath.workflow.shell.known.reached import reach

    arguments = invocation.words[index + 1 :]
    varied = [raw for raw, word in zip(invocation.raw[index + 1 :], arguments, strict=True) if word is None]
    found = reach(text, arguments, {})
    return tuple(dict.fromkeys(name for raw in varied for name in varying_names(raw))), found.never, found.perhaps


_ARGUMENTS = regex(r"\"?\$(?:[@*]|\{[@*]\})\"?")
_ARGUMENT = regex(r"\"?\$\{?([1-9])\}?\"?")


def _given(step: Step, script: Invocation, never: frozenset[Span]) -> Step:
    """A script's command with the script's arguments put in where it hands them on as they are."""
    inner = step.invocation
    index = _script_index(script)
    within = inner.within if inner is not None else None
    if inner is None or within is None or index is None or None not in inner.words:
        return step
    if not any(_ARGUMENTS.fullmatch(raw) or _ARGUMENT.fullmatch(raw) for raw in inner.raw):
        return step
    others = [one for one in within.script.commands if one.span not in never]
    changed = any(one.name == "shift" or (one.name == "set" and "--" in one.argv) for one in others)
    if changed or within.outer is not None or within.command.stands_in(Around.FUNCTION):
        return step
    given = list(zip(script.words[index + 1 :], script.raw[index + 1 :], strict=True))
    words: list[tuple[str | None, str]] = []
    for word, raw in zip(inner.words, inner.raw, strict=True):
        single = _ARGUMENT.fullmatch(raw) if word is None else None
        if word is None and _ARGUMENTS.fullmatch(raw):
            words += given
        elif single is not None:
            words += given[int(single[1]) - 1 : int(single[1])]
        else:
            words.append((word, raw))
    text = " ".join(raw for _, raw in words)
    return replace(
        step,
        invocation=replace(inner, words=tuple(w for w, _ in words), raw=tuple(r for _, r in words), text=text),
    )


def _stands_in(step: Step, spans: frozenset[Span]) -> bool:
    within = step.invocation.within if step.invocation is not None else None
    return within is not None and within.command.span in spans


def _shell(invocation: Invocation, shebang: str) -> Shell | None:
    """What runs a script: the shell it is given to (its first line does not count then), else its first line's."""
    program = invocation.words[0] or ""
    if program in _SOURCES:
        return None
    if program in _SHELLS:
        index = _script_index(invocation) or 1
        return shell_with([word or "" for word in invocation.words[:index]])
    return shell_with(shebang[2:].split() or ["sh"])


def _with_known_directories(text: str, path: str, directory: str) -> str:
    """``$(dirname "$0")`` and the repository's top written out; lines stay where they are."""
    here = posixpath.relpath(posixpath.dirname(path) or ".", directory)
    top = posixpath.relpath(".", directory)
    return _TOP.sub(top, _HERE.sub(here, text))


@lru_cache(maxsize=64)
def _calls(text: str, path: str) -> tuple[PythonCall, ...] | None:
    """What a Python file runs, in its order; None for what cannot be read. Several jobs run the same file."""
    tree = parse_python(text)
    return None if tree is None else tuple(sorted(subprocess_calls(tree, path), key=lambda call: call.line))


def _python_steps(path: str, text: str, directory: str, invocation: Invocation) -> list[Step]:
    calls = _calls(text, path)
    if calls is None:
        return [missing(KIND, path, path, what="is not Python that can be read")]
    steps: list[Step] = []
    for call in calls:
        if isinstance(call.command, str):
            steps += shell_steps(
                call.command,
                kind=KIND,
                target=path,
                file=path,
                line=call.line,
                directory=directory,
                shell=PLAIN_SH,
                environment=invocation.environment,
                let_off=call.let_off,
            )
        else:
            steps += argument_steps(
                call.command,
                kind=KIND,
                target=path,
                place=Place(path, call.line),
                directory=directory,
                environment=invocation.environment,
                let_off=call.let_off,
            )
    return steps
