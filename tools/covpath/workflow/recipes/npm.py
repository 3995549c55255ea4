"""npm, yarn, pnpm and bun: the scripts of ``package.json``."""

from __future__ import annotations

import json
import posixpath
import re
import shlex
from collections.abc import Iterator

from covpath.patterns import regex
from covpath.workflow.recipes.invocations import PLAIN_SH, shell_steps
from covpath.workflow.recipes.links import UNKNOWN_DIRECTORY, Invocation, Reader, Step, missing, opaque, varying
from covpath.workflow.recipes.toml_text import line_of
from covpath.workflow.shell.dialect import Shell, shell_with

KIND = "npm"
_MANAGERS = frozenset({"npm", "yarn", "pnpm", "bun"})
_SHORTHANDS = {"test": "test", "t": "test", "tst": "test", "start": "start", "stop": "stop"}
_RUN = frozenset({"run", "run-script", "rum", "urn"})
_BUILT_IN = frozenset(
    {
        *("install", "i", "ci", "add", "remove", "uninstall", "update", "upgrade", "publish", "pack", "audit", "cache"),
        *("config", "set", "link", "login", "version", "view", "exec", "dlx", "create", "init", "dedupe", "why"),
        *("info", "outdated", "prune", "rebuild", "import", "store", "env", "global", "up", "pm", "x", "build"),
        *("workspace", "corepack", "plugin", "constraints", "policies", "self-update", "fetch", "root", "bin", "list"),
        *("ls", "node"),
    }
)
_DIRECTORY = frozenset({"--prefix", "-C", "--dir", "--cwd"})
_VALUED = frozenset({"--filter", "-F", "--workspace", "-w", "--loglevel", "--reporter", "--registry", "--script-shell"})
_SCRIPT_SHELL = regex(r"^\s*script-shell\s*=\s*(\S+)\s*$", re.MULTILINE)
_CHAINERS = frozenset({"npm-run-all", "npm-run-all2", "run-s", "run-p"})
PROGRAMS = _MANAGERS | _CHAINERS


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the script that a package manager's command runs."""
    if invocation.name in _CHAINERS:
        asked = [word for word in invocation.words[1:] if word and not word.startswith("-")]
        names = [name for word in asked for name in _fitting(word, invocation.directory, reader)]
        return [step for name in names for step in _script(name, (), invocation, invocation.directory, reader)]
    if invocation.name not in _MANAGERS:
        return None
    directory, rest, raw, elsewhere = _options(invocation)
    name, arguments = _asked(invocation.name, rest)
    if name is None and rest and rest[0] in _RUN and len(rest) > 1:
        return [varying(KIND, raw[1], invocation, raw[1])]
    if name is None:
        return None
    if elsewhere is not None:
        reason = f"{invocation.name} runs {name} in the package {elsewhere}"
        return [Step(kind=KIND, target=name, place=invocation.place, unknown=reason)]
    steps = list(_script(name, arguments, invocation, directory, reader))
    if invocation.name != "npm" and any(step.unknown is not None and "has no script" in step.unknown for step in steps):
        return _program(name, invocation)
    return steps


def _fitting(word: str, directory: str | None, reader: Reader) -> list[str]:
    """The scripts that a pattern of npm-run-all means: ``*`` is one part of a name, ``**`` are several."""
    if "*" not in word or directory is None:
        return [word]
    parts = (re.escape(part).replace(r"\*", "[^:]*") for part in word.split("**"))
    pattern = re.compile(".*".join(parts))
    scripts = _scripts(reader.read(directory, "package.json")[1] or "")
    return [name for name in scripts if pattern.fullmatch(name)] or [word]


def _program(name: str, invocation: Invocation) -> list[Step]:
    """yarn, pnpm and bun run a program of the packages where no script has the name."""
    inner = invocation.behind(invocation.words.index(name))
    return [Step(kind=KIND, target=name, place=invocation.place, invocation=inner)]


def _options(invocation: Invocation) -> tuple[str | None, list[str | None], list[str], str | None]:
    """The directory, the words without the manager's own options, and a workspace that is asked for."""
    directory = invocation.directory
    rest: list[str | None] = []
    raw: list[str] = []
    elsewhere = None
    index = 1
    words = invocation.words
    while index < len(words):
        word = words[index]
        option, sign, value = (word or "").partition("=")
        if word == "--":
            rest += words[index:]
            raw += invocation.raw[index:]
            break
        before_name = invocation.name == "npm" or not rest or (len(rest) < 2 and rest[0] in _RUN)
        if before_name and option in _DIRECTORY | _VALUED:
            given = value if sign else (words[index + 1] if index + 1 < len(words) else None)
            if option in _DIRECTORY:
                directory = None if given is None or directory is None else posixpath.join(directory, given)
            elif option in {"--filter", "-F", "--workspace", "-w"}:
                elsewhere = given or invocation.raw[min(index + 1, len(words) - 1)]
            index += 1 if sign else 2
            continue
        if not (before_name and option.startswith("-")):
            rest.append(word)
            raw.append(invocation.raw[index])
        index += 1
    return directory, rest, raw, elsewhere


def _asked(manager: str, rest: list[str | None]) -> tuple[str | None, tuple[str | None, ...]]:
    """The script's name, and what is handed on to it."""
    if not rest or rest[0] is None:
        return None, ()
    verb = rest[0]
    if verb in _RUN:
        name, arguments = (rest[1], rest[2:]) if len(rest) > 1 else (None, [])
    elif verb in _SHORTHANDS and (manager != "bun" or verb != "test"):
        name, arguments = _SHORTHANDS[verb], rest[1:]
    elif manager == "npm" or verb in _BUILT_IN or (manager == "bun" and ("." in verb or verb == "test")):
        return None, ()
    else:
        name, arguments = verb, rest[1:]
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    elif manager == "npm":
        arguments = [argument for argument in arguments if argument is not None and not argument.startswith("-")]
    return name, tuple(arguments)


def _script(
    name: str, arguments: tuple[str | None, ...], invocation: Invocation, directory: str | None, reader: Reader
) -> Iterator[Step]:
    if directory is None:
        yield Step(kind=KIND, target=name, place=invocation.place, unknown=UNKNOWN_DIRECTORY)
        return
    path, text = reader.read(directory, "package.json")
    if text is None:
        yield missing(KIND, name, path)
        return
    scripts = _scripts(text)
    if name not in scripts and name in {"start", "stop"}:
        return
    if name not in scripts:
        what = "is not JSON" if scripts == {} and not _is_json(text) else f"has no script {name}"
        yield missing(KIND, name, path, what=what)
        return
    alone = "--ignore-scripts" in invocation.words
    for single in (name,) if alone else (f"pre{name}", name, f"post{name}"):
        if single in scripts:
            yield from shell_steps(
                _with_arguments(scripts[single], arguments if single == name else ()),
                kind=KIND,
                target=single,
                file=path,
                line=line_of(text, '"scripts"', f'"{single}"'),
                directory=posixpath.dirname(path) or ".",
                shell=_shell(invocation, directory, reader),
                environment=invocation.environment,
            )


def _shell(invocation: Invocation, directory: str, reader: Reader) -> Shell:
    """What runs a script: ``sh -c``, unless an option, a variable or ``.npmrc`` says ``script-shell``."""
    words = invocation.words
    for option, value in zip(words, (*words[1:], None), strict=True):
        name, sign, own = (option or "").partition("=")
        if name == "--script-shell" and (own if sign else value):
            return shell_with((own if sign else value or "", "-c"))
    found = _SCRIPT_SHELL.search(reader.read(directory, ".npmrc")[1] or "")
    named = invocation.value_of("npm_config_script_shell") or (found[1] if found is not None else None)
    return shell_with((named.strip("\"'"), "-c")) if named else PLAIN_SH


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _scripts(text: str) -> dict[str, str]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    scripts = data.get("scripts") if isinstance(data, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {name: script for name, script in scripts.items() if isinstance(script, str)}


def _with_arguments(script: str, arguments: tuple[str | None, ...]) -> str:
    words = [opaque("…") if argument is None else shlex.quote(argument) for argument in arguments]
    return " ".join([script, *words])
