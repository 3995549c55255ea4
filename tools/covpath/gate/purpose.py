"""Which of a step's commands it is about, and whether a step only prepares.

A failing checkout or tool installation turns a job red as well, but nobody calls the job
"partly blocking" for that: what counts beside the measuring step is a step that checks
something about the repository's own code.
"""

from __future__ import annotations

import re

from covpath.gate.script_text import ScriptText, TextCommand, script_text
from covpath.workflow.model import Step, StepForm
from covpath.workflow.shell.dialect import Shell
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Around
from covpath.workflow.shell.syntax import Command, Function, Script, Sequence, Test
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
    own = _functions(script.body)
    telling = [command for command in commands if not _only_looks(command) and command.name not in own]
    telling = [command for command in telling if not _only_tells_of_failure(command)] or telling
    outer = [command for command in telling if not command.stands_in(*_INSIDE_WORDS)]
    if outer:
        return tuple(outer)
    if _decides(script):
        return ()
    return tuple(telling or commands)


def _only_looks(command: Command) -> bool:
    name = _name(command)
    return name in _TRIVIAL or (bool(command.context) and name in _FILTERS)


def _functions(body: Sequence) -> frozenset[str]:
    """The functions a script defines: calling one runs the commands in it."""
    return frozenset(item.node.name for item in body.items if isinstance(item.node, Function))


def _only_tells_of_failure(command: Command) -> bool:
    """``cmd || gh pr comment``: what runs in place of a failure, and does not try again."""
    fallback = any(one.around is Around.AND_OR and one.position and one.name == "||" for one in command.context)
    return fallback and prepares(command)


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
    told = script_text(step.run.value)
    if told is None:
        commands = script_commands(step.run.value)
        return bool(commands) and all(map(prepares, commands))
    telling = text_commands(told)
    return all(_prepares(command.words) for command in telling or told.commands) and bool(telling or not told.leaves)


def text_commands(told: ScriptText) -> list[TextCommand]:
    """The commands a script is about, as far as its text tells; none where it only looks or decides by itself."""
    return [command for command in told.commands if not _looks(command)]


def _looks(command: TextCommand) -> bool:
    return command.name in _TRIVIAL or (not command.alone and command.name in _FILTERS)


def fails_at_once(text: str) -> bool:
    """Whether, under errexit, the failure of what the script is about is surely the script's.

    So it is for a command that stands alone in a script that leaves the shell's rules as they are.
    """
    told = script_text(text)
    if told is None or not told.steady:
        return False
    telling = text_commands(told)
    return telling[-1].alone if telling else told.leaves


def every_command_alone(text: str) -> bool:
    """The same for whichever of the script's commands."""
    told = script_text(text)
    return told is not None and told.steady and all(command.alone for command in told.commands)
