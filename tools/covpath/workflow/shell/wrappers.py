"""Programs that only run another one: ``sudo``, ``env``, ``timeout 300`` and their like, peeled off."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from covpath.workflow.shell.syntax import Assignment, Command, Word


class Peeled(Struct, frozen=True, kw_only=True, gc=False):
    """What a command really runs.

    ``wrappers`` are the names peeled off, outermost first; ``environment`` is what the command's
    own prefix and its ``env`` set, in order; ``words`` start with the program that does the work.
    """

    words: tuple[Word, ...]
    wrappers: tuple[str, ...]
    environment: tuple[tuple[str, str | None], ...]

    @property
    def argv(self) -> tuple[str | None, ...]:
        """The static texts of ``words``."""
        return tuple(word.text for word in self.words)


def peel(command: Command) -> Peeled:
    """Take off every wrapper that hands its arguments on; unknown options stop the peeling."""
    words = command.words
    if not command.assignments and (not words or _base_name(words[0].text) not in _WRAPPERS):
        return Peeled(words=words, wrappers=(), environment=())
    wrappers: list[str] = []
    environment = [_setting(assignment) for assignment in command.assignments]
    while words:
        name = _base_name(words[0].text)
        rule = _WRAPPERS.get(name)
        skipped = rule(words) if rule is not None else None
        if skipped is None or skipped >= len(words):
            break
        environment += _settings(words[1:skipped])
        wrappers.append(name)
        words = words[skipped:]
    return Peeled(words=words, wrappers=tuple(wrappers), environment=tuple(environment))


def peeled_words(command: Command) -> tuple[Word, ...]:
    """The words that ``peel`` leaves."""
    words = command.words
    if not words or _base_name(words[0].text) not in _WRAPPERS:
        return words
    return peel(command).words


def _setting(assignment: Assignment) -> tuple[str, str | None]:
    value = assignment.value
    return assignment.name, "" if value is None else value.text


def _settings(words: tuple[Word, ...]) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for word in words:
        name, sign, _ = word.raw.partition("=")
        if sign and name.isidentifier():
            found.append((name, None if word.text is None else word.text.partition("=")[2]))
    return found


def _base_name(text: str | None) -> str:
    return text.rpartition("/")[2] if text else ""


Rule = Callable[[tuple[Word, ...]], int | None]


def _options(valued: str = "", *, flags: str = "", operands: int = 0, settings: bool = False) -> Rule:
    """How many words a wrapper takes before the command.

    ``valued`` and ``flags`` list options (blank-separated) with and without a value of their own;
    ``operands`` is how many words follow them; ``settings`` allows ``NAME=value`` words.
    """
    with_value = frozenset(valued.split())
    without = frozenset(flags.split())

    def count(words: tuple[Word, ...]) -> int | None:
        index = 1
        while index < len(words):
            raw = words[index].raw
            if raw == "--":
                index += 1
                break
            if settings and _is_setting(words[index]):
                index += 1
            elif raw in with_value:
                index += 2
            elif raw in without or raw.split("=", 1)[0] in with_value or _is_cluster(raw, without, with_value):
                index += 1
            elif raw.startswith("-") and raw != "-":
                return None
            else:
                break
        return index + operands

    return count


def _is_setting(word: Word) -> bool:
    name, sign, _ = word.raw.partition("=")
    return bool(sign) and name.isidentifier()


def _is_cluster(raw: str, flags: frozenset[str], valued: frozenset[str]) -> bool:
    """``-En`` as ``-E -n``, and ``-n5`` as ``-n 5``."""
    if len(raw) < 3 or raw[0] != "-" or raw[1] == "-":
        return False
    return raw[:2] in valued or all(f"-{letter}" in flags for letter in raw[1:])


_XVFB = "-n --server-num -e --error-file -f --auth-file -s --server-args -p --xauth-protocol -w --wait"
_WRAPPERS: dict[str, Rule] = {
    "sudo": _options(
        "-u --user -g --group -C -h --host -p --prompt -r -t -T",
        flags="-E --preserve-env -H -n --non-interactive -S -A -b -i -s -k -P",
        settings=True,
    ),
    "doas": _options("-u -C", flags="-n"),
    "env": _options("-u --unset -C --chdir", flags="-i --ignore-environment -0 -v", settings=True),
    "time": _options("-f --format -o --output", flags="-p -v -a --portability --verbose --append"),
    "nice": _options("-n --adjustment"),
    "ionice": _options("-c -n --class --classdata", flags="-t"),
    "nohup": _options(),
    "setsid": _options(flags="-w --wait -f --fork -c"),
    "stdbuf": _options("-i -o -e --input --output --error"),
    "unbuffer": _options(flags="-p"),
    "timeout": _options("-s --signal -k --kill-after", flags="--preserve-status --foreground -v --verbose", operands=1),
    "gtimeout": _options("-s --signal -k --kill-after", flags="--preserve-status --foreground", operands=1),
    "xvfb-run": _options(_XVFB, flags="-a --auto-servernum -l --listen-tcp"),
    "dbus-run-session": _options("--config-file --dbus-daemon"),
    "command": _options(flags="-p"),
    "exec": _options("-a", flags="-c -l"),
    "builtin": _options(),
    "catchsegv": _options(),
    "arch": _options(flags="-x86_64 -arm64"),
}
