"""Commands that install a coverage tool, and the same command for another tool: its way is kept.

Pure functions on words. What an action installs is in ``actions``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from covpath.backends.launch import take_apart
from covpath.backends.losses import drop, warn
from covpath.backends.request import Prefix
from covpath.backends.words import Argument, plain
from covpath.patterns import regex
from covpath.terms import Fact, Loss


class Way(Fact):
    """How a tool is installed."""

    CARGO = "cargo install"
    BINSTALL = "cargo binstall"
    PIP = "pip"
    PYTHON_TOOL = "python tool"
    """``pipx install``, ``uv tool install``: the tool in an environment of its own."""
    CONDA = "conda"
    NPM = "npm"
    ACTION = "install action"
    CONTAINER = "container"


PACKAGES = {
    "cargo-tarpaulin": "cargo-tarpaulin",
    "cargo-llvm-cov": "cargo-llvm-cov",
    "grcov": "grcov",
    "pytest-cov": "pytest-cov",
    "coverage.py": "coverage",
    "slipcover": "slipcover",
    "nyc": "nyc",
    "c8": "c8",
}
"""The package of each backend, in its language's registry."""

_BACKEND_OF = {package: name for name, package in PACKAGES.items()}


def _names(line: str) -> frozenset[str]:
    return frozenset(line.split())


_CARGO_VALUES = _names(
    "--version --vers --git --branch --tag --rev --path --root --index --registry -F --features -j --jobs --profile"
    " --target --target-dir --color -Z --config --bin --example --strategies --disable-strategies --pkg-url"
    " --install-path"
)
_VERSION_FLAGS = _names("--version --vers")
_FEATURE_FLAGS = _names("--features -F")
_PIP_VALUES = _names(
    "-r --requirement -c --constraint -i --index-url --extra-index-url -f --find-links -t --target --python -p --group"
    " --prefix --root --cache-dir --only-binary --no-binary --progress-bar --index --with --spec -n --name --channel"
)
_NPM_VALUES = frozenset({"--prefix", "--registry", "-w", "--workspace", "--cwd", "-C", "--dir", "--filter"})
_PYTHON_NAME = regex(r"(?P<name>[A-Za-z0-9][\w.-]*?)(?P<rest>(?:\[|[=<>!~@;]| ).*)?")

_SOURCE_FLAGS = _names("--git --tag --rev --branch --path --registry --index")
_SOURCE = warn("install-source", "it came from the old tool's own repository: the new one is taken from the registry")
_VERSION = warn("install-version", "the pinned version was the old tool's: the new one is taken at its newest")
_FEATURES = drop("install-features", "these are the old tool's own features")


class ToolInstall(Struct, frozen=True, kw_only=True):
    """A command that installs a backend: ``word`` is the place of its name among the words.

    ``version_words`` are the places of words that pin its version, ``own_words`` those that only mean
    something for this tool, ``source_words`` those that say where it comes from.
    """

    backend: str
    way: Way
    word: int
    version: str | None = None
    version_words: tuple[int, ...] = ()
    own_words: tuple[int, ...] = ()
    source_words: tuple[int, ...] = ()


class WordEdit(Struct, frozen=True):
    """Word number ``word`` becomes ``new`` (as written for the shell), or goes where that is None."""

    word: int
    new: str | None


class InstallEdit(Struct, frozen=True, kw_only=True):
    """What changes in an install command, and what is lost."""

    edits: tuple[WordEdit, ...]
    losses: tuple[Loss, ...]


def install(argv: Sequence[Argument]) -> ToolInstall | None:
    """The backend that a command installs, if it names one on its command line."""
    launch = take_apart(argv)
    if launch is None:
        return None
    start = len(argv) - len(launch.arguments)
    texts = [word.text for word in argv]
    program, rest = launch.program, texts[start:]
    if program in {"cargo", "cargo.exe"}:
        return _cargo(argv, start)
    if program == "cargo-binstall":
        return _crates(argv, start, Way.BINSTALL)
    if re.fullmatch(r"pip[\d.]*", program) and rest[:1] == ["install"]:
        return _python(argv, start + 1, Way.PIP)
    if program in {"poetry", "pdm", "rye", "pipenv", "uv"}:
        return _python_manager(argv, start, rest)
    if program == "pipx" and rest[:1] == ["install"]:
        return _python(argv, start + 1, Way.PYTHON_TOOL)
    if program in {"conda", "mamba", "micromamba"} and rest[:1] == ["install"]:
        return _python(argv, start + 1, Way.CONDA)
    if program == "npm" and rest[:1] in (["install"], ["i"], ["add"], ["ci"]):
        return _npm(argv, start + 1)
    return _node_manager(argv)


def _cargo(argv: Sequence[Argument], start: int) -> ToolInstall | None:
    while start < len(argv) and argv[start].raw.startswith("+"):
        start += 1
    subcommand = argv[start].text if start < len(argv) else None
    if subcommand not in {"install", "binstall"}:
        return None
    return _crates(argv, start + 1, Way.CARGO if subcommand == "install" else Way.BINSTALL)


def _crates(argv: Sequence[Argument], start: int, way: Way) -> ToolInstall | None:
    """The backend among the crates of an install command; a version flag counts where it is the only crate."""
    found: tuple[int, str, str | None] | None = None
    crates = 0
    versions: list[int] = []
    own: list[int] = []
    source: list[int] = []
    pinned: str | None = None
    index = start
    while index < len(argv):
        text = argv[index].text or argv[index].raw
        flag, equals, value = text.partition("=")
        width = 2 if flag in _CARGO_VALUES and not equals else 1
        if flag in _VERSION_FLAGS:
            versions += range(index, index + width)
            pinned = value if equals else str(argv[index + 1]) if index + 1 < len(argv) else None
        elif flag in _SOURCE_FLAGS:
            source += range(index, index + width)
        elif flag in _FEATURE_FLAGS:
            own += range(index, index + width)
        elif not text.startswith("-"):
            crates += 1
            name, _, version = text.partition("@")
            if name in _BACKEND_OF:
                found = (index, name, version or None)
        index += width
    if found is None:
        return None
    word, name, attached = found
    return ToolInstall(
        backend=_BACKEND_OF[name],
        way=way,
        word=word,
        version=attached or pinned,
        version_words=tuple(versions) if crates == 1 else (),
        own_words=tuple(own) if crates == 1 else (),
        source_words=tuple(source),
    )


def _python_manager(argv: Sequence[Argument], start: int, rest: list[str | None]) -> ToolInstall | None:
    if rest[:2] == ["pip", "install"]:
        return _python(argv, start + 2, Way.PIP)
    if rest[:2] == ["tool", "install"]:
        return _python(argv, start + 2, Way.PYTHON_TOOL)
    return _python(argv, start + 1, Way.PIP) if rest[:1] in (["add"], ["install"]) else None


def _python(argv: Sequence[Argument], start: int, way: Way) -> ToolInstall | None:
    index = start
    while index < len(argv):
        text = argv[index].text or argv[index].raw
        if text in _PIP_VALUES:
            index += 2
            continue
        match = _PYTHON_NAME.fullmatch(text)
        name = re.sub(r"[-_.]+", "-", match["name"]).lower() if match else ""
        if match and _BACKEND_OF.get(name) in {"pytest-cov", "coverage.py", "slipcover"}:
            pinned = re.sub(r"^\[[^\]]*\]", "", match["rest"] or "").strip() or None
            return ToolInstall(backend=_BACKEND_OF[name], way=way, word=index, version=pinned)
        index += 1
    return None


def _node_manager(argv: Sequence[Argument]) -> ToolInstall | None:
    """``yarn add``, ``pnpm add``, ``bun add``: to the launch these look like runners."""
    texts = [word.text for word in argv]
    for index in range(len(texts) - 1):
        if texts[index] in {"yarn", "pnpm", "bun", "npm"} and texts[index + 1] in {"add", "install", "i"}:
            return _npm(argv, index + 2)
        if texts[index] == "yarn" and texts[index + 1 : index + 3] == ["global", "add"]:
            return _npm(argv, index + 3)
    return None


def _npm(argv: Sequence[Argument], start: int) -> ToolInstall | None:
    index = start
    while index < len(argv):
        text = argv[index].text or argv[index].raw
        if text in _NPM_VALUES:
            index += 2
            continue
        name, _, version = text.partition("@")
        if name in {"nyc", "c8"}:
            return ToolInstall(backend=_BACKEND_OF[name], way=Way.NPM, word=index, version=version or None)
        index += 1
    return None


def migrated(found: ToolInstall, argv: Sequence[Argument], target: str) -> InstallEdit:
    """The edits that make the same command install ``target`` (a backend's name); its way stays."""
    package = PACKAGES[target]
    losses: list[Loss] = []
    edits = [WordEdit(found.word, package)]
    if found.version is not None:
        losses.append(
            _VERSION.loss(argv[found.word].raw if not found.version_words else _words(argv, found.version_words))
        )
        edits += [WordEdit(index, None) for index in found.version_words]
    if found.own_words:
        losses.append(_FEATURES.loss(_words(argv, found.own_words)))
        edits += [WordEdit(index, None) for index in found.own_words]
    if found.source_words:
        losses.append(_SOURCE.loss(_words(argv, found.source_words)))
        edits += [WordEdit(index, None) for index in found.source_words]
    return InstallEdit(edits=tuple(sorted(edits, key=lambda edit: edit.word)), losses=tuple(losses))


def provided(prefixes: Sequence[Prefix], target: str) -> tuple[Prefix, ...]:
    """Runner words with ``--with PACKAGE`` (or ``--from``, ``-p``) that bring the old tool, for the new one."""
    return tuple(
        replace(
            prefix,
            words=tuple(
                plain(PACKAGES[target]) if _brings(prefix.words, index) else word
                for index, word in enumerate(prefix.words)
            ),
        )
        for prefix in prefixes
    )


def _brings(words: Sequence[Argument], index: int) -> bool:
    if index == 0 or words[index - 1].text not in {"--with", "--from", "--spec", "-p", "--package"}:
        return False
    match = _PYTHON_NAME.fullmatch(words[index].text or "")
    return match is not None and match["name"].partition("@")[0].lower() in _BACKEND_OF


def _words(argv: Sequence[Argument], places: Sequence[int]) -> str:
    return " ".join(argv[index].raw for index in places)


def adds_llvm_tools(argv: Sequence[Argument]) -> bool:
    """Whether a command adds the toolchain component with LLVM's tools (``rustup component add``)."""
    texts = [str(word) for word in argv]
    return "rustup" in texts and any(
        text in {"llvm-tools", "llvm-tools-preview"} or re.search(r"--component=.*llvm-tools", text) is not None
        for text in texts
    )
