"""How a command is started: what stands before the program (``poetry run``, ``xvfb-run``, variables).

These words stay in a migrated command. Nothing here knows a backend.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends.request import Prefix
from covpath.backends.words import Argument, plain
from covpath.patterns import regex

_ASSIGNMENT = regex(r"([A-Za-z_]\w*)=")
_PYTHON = regex(r"(?:python|pypy)[\d.]*(?:\.exe)?|py(?:\.exe)?")


class Runner(Struct, frozen=True):
    """A program that starts another: its words, the options that take a value, its positional words.

    ``everywhere``: it provides the environment in which the tools exist, so every command needs it.
    """

    words: tuple[str, ...]
    values: frozenset[str] = frozenset()
    positional: int = 0
    everywhere: bool = True


def _tool(line: str, values: str = "", positional: int = 0) -> Runner:
    return Runner(tuple(line.split()), frozenset(values.split()), positional)


def _wrapper(line: str, values: str = "", positional: int = 0) -> Runner:
    return Runner(tuple(line.split()), frozenset(values.split()), positional, everywhere=False)


_UV = (
    "--with --with-editable --with-requirements --extra --group --only-group --no-group --package --python -p"
    " --env-file --directory --project --index --default-index --index-url -i --constraint -c --color --config-file"
    " --cache-dir --resolution --link-mode --refresh-package --reinstall-package --upgrade-package --no-extra -m"
)

RUNNERS = (
    _tool("poetry run", "-C --directory -P --project"),
    _tool("uv run", _UV.removesuffix(" -m")),
    _tool("uvx", _UV + " --from"),
    _tool("uv tool run", _UV + " --from"),
    _tool("pdm run", "-p --project"),
    _tool("pipenv run"),
    _tool("rye run"),
    _tool("hatch run", "-e --env"),
    _tool("hatch env run", "-e --env"),
    _tool("pixi run", "-e --environment --manifest-path --feature"),
    _tool("conda run", "-n --name -p --prefix --cwd"),
    _tool("mamba run", "-n --name -p --prefix --cwd"),
    _tool("micromamba run", "-n --name -p --prefix --cwd"),
    _tool("pipx run", "--spec --python --pip-args"),
    _tool("npx", "-p --package -c --call"),
    _tool("bunx"),
    _tool("bun x"),
    _tool("npm exec", "-p --package -w --workspace -c --call"),
    _tool("yarn exec"),
    _tool("yarn dlx", "-p --package"),
    _tool("yarn run"),
    _tool("yarn", "--cwd"),
    _tool("pnpm exec", "-C --dir --filter -F"),
    _tool("pnpm dlx", "--package"),
    _tool("pnpm run", "-C --dir --filter -F"),
    _tool("pnpm", "-C --dir --filter -F"),
    _tool("rustup run", positional=1),
    _tool("mise exec", "-C --cd"),
    _tool("mise x", "-C --cd"),
    _tool("direnv exec", positional=1),
    _tool("nix develop", "-f --file"),
    _tool("cross-env"),
    _tool("env", "-u --unset -C --chdir -S"),
    _wrapper("time", "-f -o"),
    _wrapper("timeout", "-s --signal -k --kill-after", 1),
    _wrapper("gtimeout", "-s --signal -k --kill-after", 1),
    _wrapper("nice", "-n --adjustment"),
    _wrapper("ionice", "-c -n"),
    _wrapper("taskset", positional=1),
    _wrapper("setarch", positional=1),
    _wrapper("stdbuf", "-i -o -e"),
    _wrapper("nohup"),
    _wrapper("command"),
    _wrapper("exec", "-a"),
    _wrapper("sudo", "-u --user -g --group"),
    _wrapper("dbus-run-session"),
    _wrapper("xvfb-run", "-e --error-file -f --auth-file -n --server-num -s --server-args -w --wait"),
    _wrapper("catchsegv"),
    _wrapper("mold"),
)
"""The longest match wins; a lone ``yarn`` is also a runner."""


def _by_name() -> dict[str, tuple[Runner, ...]]:
    """The runners by their first word, the longest first."""
    longest = sorted(RUNNERS, key=lambda runner: -len(runner.words))
    return {runner.words[0]: tuple(one for one in longest if one.words[0] == runner.words[0]) for runner in RUNNERS}


_BY_NAME = _by_name()


class Launch(Struct, frozen=True, kw_only=True):
    """A command taken apart: prefixes, the interpreter of ``python -m``, the program and its arguments.

    ``assigned`` are variables set before the program, on the same line. ``folder`` is where the program
    was called from (``node_modules/.bin/``), empty where the PATH finds it.
    """

    program: str
    arguments: tuple[Argument, ...]
    prefixes: tuple[Prefix, ...] = ()
    interpreter: tuple[Argument, ...] = ()
    assigned: tuple[tuple[str, str], ...] = ()
    folder: str = ""


def take_apart(argv: Sequence[Argument]) -> Launch | None:
    """The launch behind ``argv``, or None where the program's name is not certain or missing."""
    return _take_apart(tuple(argv))


@lru_cache(maxsize=32)
def _take_apart(argv: tuple[Argument, ...]) -> Launch | None:
    # Every backend asks this of the same command in turn.
    prefixes: list[Prefix] = []
    assigned: list[tuple[str, str]] = []
    position = 0
    while position < len(argv):
        word = argv[position]
        match = _ASSIGNMENT.match(word.raw)
        if match:
            assigned.append((match[1], str(word).partition("=")[2]))
            prefixes.append(Prefix(words=(word,), everywhere=False))
            position += 1
            continue
        runner = _runner(argv, position)
        if runner is None:
            break
        end = _behind_runner(argv, position, runner)
        if runner.words == ("command",) and any(word.text in {"-v", "-V"} for word in argv[position:end]):
            return None  # it asks where a program is
        prefixes.append(Prefix(words=tuple(argv[position:end]), everywhere=runner.everywhere))
        position = end
    if position >= len(argv) or argv[position].text is None:
        return None
    return _program(argv, position, tuple(prefixes), tuple(assigned))


def _program(
    argv: Sequence[Argument],
    position: int,
    prefixes: tuple[Prefix, ...],
    assigned: tuple[tuple[str, str], ...],
) -> Launch | None:
    text = str(argv[position])
    name = posixpath.basename(text)
    if not _PYTHON.fullmatch(name):
        return Launch(
            program=name,
            arguments=tuple(argv[position + 1 :]),
            prefixes=prefixes,
            assigned=assigned,
            folder=text.removesuffix(name),
        )
    # Imported here: most commands are not given to an interpreter.
    from covpath.workflow.python_module import module_at

    module = module_at([word.text for word in argv], position + 1)
    if module is None or argv[module].text is None:
        return None
    return Launch(
        program=str(argv[module]),
        arguments=tuple(argv[module + 1 :]),
        prefixes=prefixes,
        interpreter=(*argv[position : module - 1], *_beside(argv[module - 1])),
        assigned=assigned,
    )


def _beside(option: Argument) -> tuple[Argument, ...]:
    """The interpreter's options that stand in one word with ``-m``: ``-I`` of ``-Im``."""
    text = str(option).removesuffix("m")
    return () if text == "-" else (plain(text),)


def _runner(argv: Sequence[Argument], position: int) -> Runner | None:
    """The runner whose words stand at ``position``; the longest one."""
    name = posixpath.basename(str(argv[position]))
    for runner in _BY_NAME.get(name, ()):
        following = argv[position + 1 : position + len(runner.words)]
        if tuple(str(word) for word in following) == runner.words[1:]:
            return runner
    return None


def _behind_runner(argv: Sequence[Argument], position: int, runner: Runner) -> int:
    """The first word that no longer belongs to ``runner``."""
    position += len(runner.words)
    positional = runner.positional
    while position < len(argv):
        word = argv[position]
        text = word.text if word.text is not None else word.raw
        if text == "--":
            return position + 1
        if text in runner.values:
            position += 2
        elif text.startswith("-"):
            position += 1
        elif positional:
            positional -= 1
            position += 1
        else:
            return position
    return position


def without_assignments(prefixes: Sequence[Prefix], names: Collection[str]) -> tuple[Prefix, ...]:
    """The prefixes without ``NAME=value`` words for variables that go."""
    kept: list[Prefix] = []
    for prefix in prefixes:
        left = tuple(word for word in prefix.words if word.raw.partition("=")[0] not in names)
        if left:
            kept.append(replace(prefix, words=left))
    return tuple(prefix for index, prefix in enumerate(kept) if not _idle_env(kept, index))


def _idle_env(prefixes: Sequence[Prefix], index: int) -> bool:
    """Whether a prefix is a bare ``env`` that has nothing left to set."""
    following = prefixes[index + 1].words[0].raw if index + 1 < len(prefixes) else ""
    return tuple(word.text for word in prefixes[index].words) == ("env",) and not _ASSIGNMENT.match(following)
