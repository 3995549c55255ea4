"""Which shell runs a step's script and with which options.

Sources: ``actions/runner`` ``src/Runner.Worker/Handlers/ScriptHandlerHelpers.cs`` (the templates) and
GitHub's "Workflow syntax" (``jobs.<job_id>.steps[*].shell``); for ``msys2 {0}`` the wrapper that
msys2/setup-msys2 writes.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from covpath.terms import Word


class ShellKind(Word):
    """What kind of interpreter reads the script."""

    BASH = "bash"
    SH = "sh"
    """POSIX sh: dash on Debian and Ubuntu, busybox on Alpine, bash in POSIX mode on macOS."""
    PWSH = "pwsh"
    """PowerShell, either edition."""
    CMD = "cmd"
    PYTHON = "python"
    OTHER = "other"

    @property
    def reads_posix(self) -> bool:
        """Whether scripts for it are POSIX shell text."""
        return self in {ShellKind.BASH, ShellKind.SH}


class Shell(Struct, frozen=True, kw_only=True):
    """An interpreter and the options it starts with.

    ``known`` is false where an option or an expression leaves the options open.
    """

    kind: ShellKind
    template: str
    errexit: bool = False
    pipefail: bool = False
    known: bool = True
    keyword: str | None = None
    """The ``shell:`` value as written; None for the default."""


_TEMPLATES = {
    "bash": "bash --noprofile --norc -e -o pipefail {0}",
    "sh": "sh -e {0}",
    "pwsh": "pwsh -command \". '{0}'\"",
    "powershell": "powershell -command \". '{0}'\"",
    "cmd": '%ComSpec% /D /E:ON /V:OFF /S /C "CALL "{0}""',
    "python": "python {0}",
    "msys2 {0}": "bash -leo pipefail {0}",
}
DEFAULT_UNIX = "bash -e {0}"
"""The template where no ``shell:`` is given and bash is found; ``sh -e {0}`` where it is not."""

POSIX_SHELLS = {"bash": ShellKind.BASH, "sh": ShellKind.SH, "dash": ShellKind.SH, "ash": ShellKind.SH}
_KINDS = {
    **POSIX_SHELLS,
    "pwsh": ShellKind.PWSH,
    "powershell": ShellKind.PWSH,
    "cmd": ShellKind.CMD,
    "%ComSpec%": ShellKind.CMD,
    "python": ShellKind.PYTHON,
    "python3": ShellKind.PYTHON,
}


def default_shell(*, windows: bool = False, bash_found: bool = True) -> Shell:
    """The shell of a step without ``shell:``.

    ``windows``: the runner's system.  ``bash_found``: false in a container without bash.
    """
    if windows:
        return Shell(kind=ShellKind.PWSH, template=_TEMPLATES["pwsh"])
    if bash_found:
        return Shell(kind=ShellKind.BASH, template=DEFAULT_UNIX, errexit=True)
    return Shell(kind=ShellKind.SH, template=_TEMPLATES["sh"], errexit=True)


def shell_named(value: str) -> Shell:
    """The shell of ``shell: value``: a keyword of GitHub's, or a template of the user's own."""
    template = _TEMPLATES.get(value.strip())
    shell = _from_template(template if template is not None else value)
    return Shell(
        kind=shell.kind,
        template=shell.template,
        errexit=shell.errexit,
        pipefail=shell.pipefail,
        known=shell.known,
        keyword=value,
    )


def _from_template(template: str) -> Shell:
    if "${{" in template:
        return Shell(kind=ShellKind.OTHER, template=template, known=False)
    # Imported here: few workflows write a template.
    import shlex

    try:
        words = shlex.split(template)
    except ValueError:
        words = template.split()
    name = _base_name(words[0]) if words else ""
    kind = _KINDS.get(name, ShellKind.OTHER)
    if not kind.reads_posix:
        return Shell(kind=kind, template=template, known=kind is not ShellKind.OTHER)
    arguments = words[1 : words.index("{0}")] if "{0}" in words else words[1:]
    flags = read_flags(arguments)
    # Without "{0}" among its words (`bash -c "... {0}"`) the template runs something around the script.
    known = flags.known and "{0}" in words and not flags.command
    return Shell(kind=kind, template=template, errexit=flags.errexit, pipefail=flags.pipefail, known=known)


def shell_with(words: Sequence[str]) -> Shell:
    """The shell that a recipe's runner starts: ``sh -c``, ``bash -euo pipefail -c``, ``/usr/bin/env -S bash -e``."""
    rest = list(words)
    while rest and (_base_name(rest[0]) == "env" or rest[0] == "-S"):
        rest = rest[1:]
    kind = _KINDS.get(_base_name(rest[0]), ShellKind.OTHER) if rest else ShellKind.OTHER
    flags = read_flags(rest[1:])
    known = flags.known and kind.reads_posix
    return Shell(
        kind=kind, template=" ".join(words), errexit=flags.errexit, pipefail=flags.pipefail, known=known
    )  # fmt: skip


def _base_name(program: str) -> str:
    return program.replace("\\", "/").rsplit("/", 1)[-1].removesuffix(".exe")


class Flags(Struct, frozen=True, kw_only=True):
    """What a shell's command line sets; ``rest`` is the index of the first word that is no option."""

    errexit: bool = False
    pipefail: bool = False
    known: bool = True
    command: bool = False
    """``-c``: the next operand is a script."""
    rest: int = 0


_LETTERS = frozenset("abcefhiklmnoprstuvxBCDEHIPT")


def read_flags(arguments: list[str]) -> Flags:
    """The options at the front of a shell's arguments (``-euo pipefail``, ``-l``, ``+e``, ``-o errexit``)."""
    options = {"errexit": False, "pipefail": False}
    known = True
    command = False
    index = 0
    while index < len(arguments):
        word = arguments[index]
        if word in {"--", "-"}:
            index += 1
            break
        if word.startswith("--"):
            index += 2 if word in {"--rcfile", "--init-file"} else 1
            known = known and word != "--posix"
            continue
        if len(word) < 2 or word[0] not in "-+":
            break
        on = word[0] == "-"
        known = known and set(word[1:]) <= _LETTERS
        for letter in word[1:]:
            if letter == "e":
                options["errexit"] = on
            elif letter == "c":
                command = True
            elif letter in "oO":
                index += 1
                if letter == "o" and index < len(arguments) and arguments[index] in options:
                    options[arguments[index]] = on
            elif letter in "nsi":
                known = False
        index += 1
    return Flags(errexit=options["errexit"], pipefail=options["pipefail"], known=known, command=command, rest=index)
