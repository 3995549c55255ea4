"""Which of a step's commands it is about, and whether a step only prepares.

A failing checkout or tool installation turns a job red as well, but nobody calls the job
"partly blocking" for that: what counts beside the measuring step is a step that checks
something about the repository's own code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from covpath.workflow.model import Step, StepForm
from covpath.workflow.shell.dialect import Shell
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Around
from covpath.workflow.shell.syntax import Command, Script, Test
from covpath.workflow.shell.wrappers import peel

_LOOKING = """
    echo printf cd pushd popd export set unset shopt local declare readonly source . : true false exit return
    test [ [[ cat ls pwd date sleep env printenv which command type uname nproc touch tee head tail wc sort uniq
    read trap wait basename dirname realpath df du free break continue shift
"""
"""Commands that say, set or look: a script is about the others."""

_PREPARING = """
    rm mkdir rmdir cp mv ln chmod chown curl wget tar unzip gunzip xz apt apt-get dpkg brew choco dnf yum apk
    pacman snap rustup corepack nvm pyenv asdf mise gh docker-compose systemctl service kill killall pkill
"""
"""Commands that install, fetch, clean up or start something, whatever their arguments."""

_PREPARING_SUBCOMMANDS = """
    cargo: install binstall fetch clean generate-lockfile
    pip: install download
    pip3: install download
    pipx: install
    uv: sync pip venv python tool lock
    poetry: install config
    pdm: install sync
    hatch: env
    conda: install create
    npm: ci install i config
    yarn: install
    pnpm: install i
    bun: install
    gem: install
    bundle: install config
    go: install mod get
    docker: system pull login image rmi compose
    git: config fetch clone submodule checkout
    composer: install
    dotnet: restore
"""
"""Commands that prepare with these subcommands only."""

_FILTERS = frozenset(("grep", "egrep", "fgrep", "rg", "sed", "awk", "jq", "tr", "cut"))
"""Programs that look at text: inside of something else they only help it, alone they are a check."""

_TRIVIAL = frozenset(_LOOKING.split())
_PREPARING_NAMES = frozenset(_PREPARING.split())
_PREPARING_PAIRS = frozenset(
    (name.strip(), word)
    for name, _, words in (line.partition(":") for line in _PREPARING_SUBCOMMANDS.strip().splitlines())
    for word in words.split()
)


_LEAVES = re.compile(r"\bexit\s+(?!0\b)\S")


def script_commands(text: str) -> tuple[Command, ...]:
    """The commands a script is about, in source order: all but those that only say, set or look.

    What runs only to make another command's words is part of that command. A script that does
    nothing but look is about what it looks with; about nothing where it decides by itself.
    """
    script = parse_script(text)
    commands = [command for command in script.commands if command.words]
    telling = [command for command in commands if not _only_looks(command)]
    outer = [command for command in telling if not command.stands_in(*_INSIDE_WORDS)]
    if outer:
        return tuple(outer)
    if _decides(script):
        return ()
    return tuple(telling or commands)


def _only_looks(command: Command) -> bool:
    name = _name(command)
    return name in _TRIVIAL or (bool(command.context) and name in _FILTERS)


def _decides(script: Script) -> bool:
    """Whether a script ends itself with a failure, or with a test."""
    if _LEAVES.search(script.text):
        return True
    last = script.body.items[-1].node if script.body.items else None
    return isinstance(last, Test) or (isinstance(last, Command) and last.name in {"[", "test", "false"})


_INSIDE_WORDS = (Around.SUBSTITUTION, Around.PROCESS_SUBSTITUTION)


def _words(command: Command) -> tuple[str, ...]:
    return tuple(word or "" for word in peel(command).argv)


def _name(command: Command) -> str:
    words = _words(command)
    return words[0].rsplit("/", 1)[-1] if words else ""


def prepares(command: Command) -> bool:
    """Whether a command installs, fetches, cleans up or starts something rather than checking the code."""
    return _prepares(_words(command))


def _prepares(words: tuple[str, ...]) -> bool:
    if len(words) > 3 and words[0].startswith("python") and words[1] == "-m":
        words = words[2:]
    name = words[0].rsplit("/", 1)[-1] if words else ""
    if name in _PREPARING_NAMES or name in _TRIVIAL or "--version" in words[1:3]:
        return True
    # `cargo +nightly install`: the toolchain is no subcommand.
    arguments = [word for word in words[1:] if not word.startswith(("+", "-"))]
    if not arguments:
        return name in ("yarn", "pip")
    return (name, arguments[0]) in _PREPARING_PAIRS


def is_setup(step: Step, shell: Shell) -> bool:
    """Whether a step only prepares: every action, and scripts that only install, fetch or clean up."""
    if step.form is not StepForm.RUN or step.run is None:
        return True
    if not shell.kind.reads_posix:
        return False
    told = first_lines(step.run.value)
    if not all(map(_prepares, told.plain)):
        return False
    if told.whole:
        return True
    commands = script_commands(step.run.value)
    return bool(commands) and all(map(prepares, commands))


@dataclass(frozen=True, slots=True)
class FirstLines:
    """What can be told of a script from its text alone, without reading it as shell.

    ``plain`` are the words of the lines that are one plain command each, up to where a line may
    be more than shell text (a here-document, an open quote). ``whole``: all lines are plain.
    ``at_once``: the last line is plain, at the top level, and nothing before it turns the shell
    or jumps, so that under errexit its failure is the script's.
    """

    plain: tuple[tuple[str, ...], ...]
    whole: bool
    at_once: bool


_HIDDEN = re.compile(r"\$\{\{.*?\}\}|\$\{\w+\}")
_MORE_THAN_WORDS = re.compile(r"[|&;<>()`{}\\]")
_OPENING = frozenset(("if", "for", "while", "until", "case", "select"))
_CLOSING = frozenset(("fi", "done", "esac"))
_TURNING = re.compile(
    r"\b(?:set|trap|exit|return|exec|source|eval|shopt|alias|function|break|continue)\b|(?:^|\s)\.\s|\(\)|&\s*$",
    re.MULTILINE,
)
_NOT_PLAIN = """
    if then elif else fi for while until do done case esac in function select time coproc ! [ [[
    set trap exit return exec source . eval shopt alias unalias sudo doas env nice ionice nohup setsid stdbuf unbuffer
    timeout gtimeout xvfb-run dbus-run-session command builtin catchsegv arch
"""
"""First words that make a line more than a plain command: the grammar's, and what turns the shell or wraps."""

_MORE_THAN_PLAIN = frozenset(_NOT_PLAIN.split())


@lru_cache(maxsize=2048)
def first_lines(text: str) -> FirstLines:
    """Read a script's lines as far as they are simple; most scripts are."""
    hidden = _HIDDEN.sub("X", text).replace("\\\n", " ")
    plain: list[tuple[str, ...]] = []
    whole, safe, last, depth = True, "<<" not in hidden, False, 0
    for line in hidden.split("\n"):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if line.count('"') % 2 or line.count("'") % 2 or line.endswith("\\"):
            safe = whole = last = False
            break
        depth += (words[0] in _OPENING) - (words[0] in _CLOSING)
        last = words[0] not in _MORE_THAN_PLAIN and "=" not in words[0] and not _MORE_THAN_WORDS.search(line)
        if not last:
            whole = False
        elif safe:
            plain.append(tuple(word.strip("\"'") for word in words))
    at_once = safe and last and depth == 0 and not _TURNING.search(hidden) and not _prepares(plain[-1])
    return FirstLines(tuple(plain), whole and safe, at_once)
