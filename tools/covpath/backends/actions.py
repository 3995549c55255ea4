"""Actions and containers that bring a coverage tool, run it, or cache it, and what they become.

Pure functions on ``uses`` references and inputs; an edit is a span in one of these strings.
Sources: the actions' own ``action.yml``, 2026; actions-rs/* have had no change since 2020.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from covpath.backends.installs import PACKAGES, install
from covpath.backends.installs import migrated as installs_migrated
from covpath.backends.losses import drop, warn
from covpath.backends.words import Argument, plain, words
from covpath.patterns import regex
from covpath.terms import Loss

_VERSION = warn("install-version", "the pinned version was the old tool's: the new one is taken at its newest")
REPLACED = drop("action-replaced", "the action, unchanged since 2020, gives way to a plain command")
UNMAINTAINED = warn("unmaintained-action", "this action has had no change since 2020 and runs on a withdrawn Node")

_BACKEND_OF = {package: name for name, package in PACKAGES.items()}
_ENTRY = regex(r"(?P<name>[\w-]+)(?:[@+](?P<version>[^,\s]+))?")
_CRATE_INPUTS = {
    "actions-rs/install": "crate",
    "baptiste0928/cargo-install": "crate",
    "clechasseur/rs-cargo-install": "crate",
    "dcarbone/install-cargo-crate": "crate",
}
_LIST_INPUTS = {
    "taiki-e/install-action": "tool",
    "moonrepo/setup-rust": "bins",
    "taiki-e/cache-cargo-install-action": "tool",
}
_TOOLCHAINS = {
    "dtolnay/rust-toolchain": "components",
    "actions-rs/toolchain": "components",
    "actions-rust-lang/setup-rust-toolchain": "components",
    "moonrepo/setup-rust": "components",
    "dsherret/rust-toolchain-file": "",
    "hecrj/setup-rust-action": "components",
    "brndnmtthws/rust-action-rustup": "components",
}
_CARGO = frozenset({"actions-rs/cargo", "clechasseur/rs-cargo", "ructions/cargo"})
_IMAGE = regex(r"(?:docker://)?(?:docker\.io/)?xd009642/tarpaulin(?::(?P<tag>[\w.-]+))?(?:@sha256:[0-9a-f]+)?")
_OPTIONS = regex(r"--security-opt[= ]seccomp[=:]unconfined|--cap-add[= ]SYS_PTRACE|--privileged", re.IGNORECASE)


class ValueEdit(Struct, frozen=True):
    """In the value of ``key`` (``uses`` or an input's name) the span becomes ``new``.

    ``start`` is None where the input is to be added, ``new`` is None where the whole input goes.
    """

    key: str
    start: int | None
    end: int | None
    new: str | None


class ActionInstall(Struct, frozen=True, kw_only=True):
    """An action that installs a backend: the edits that make it install ``target`` come from ``migrated``."""

    backend: str
    action: str
    key: str
    start: int
    end: int
    pinned: str | None = None
    version_input: str | None = None
    line: str = ""
    """The arguments of ``cargo install``, where they are what the input holds."""


class MeasuringAction(Struct, frozen=True, kw_only=True):
    """An action that runs a backend itself: the command it runs, or None where a file elsewhere says it.

    ``installs``: it also installs the tool, so a ``run`` step in its place needs an install step before.
    """

    backend: str
    action: str
    argv: tuple[Argument, ...] | None
    installs: bool
    version: str | None = None
    losses: tuple[Loss, ...] = ()


class ToolContainer(Struct, frozen=True, kw_only=True):
    """A job container that brings cargo-tarpaulin: what goes with it, and what to see to without it."""

    image: str
    nightly: bool
    option_spans: tuple[tuple[int, int], ...]
    consequences: tuple[str, ...]


def _split(uses: str) -> tuple[str, str]:
    action, _, ref = uses.strip().partition("@")
    return action.lower(), ref


def install_action(uses: str, inputs: Mapping[str, str]) -> ActionInstall | None:
    """The backend an action step installs."""
    action, ref = _split(uses)
    if action == "taiki-e/install-action" and ref in _BACKEND_OF:
        start = uses.index("@") + 1
        return ActionInstall(backend=_BACKEND_OF[ref], action=action, key="uses", start=start, end=start + len(ref))
    if action in _LIST_INPUTS:
        return _listed(action, _LIST_INPUTS[action], inputs)
    if action in _CRATE_INPUTS:
        return _crate(action, _CRATE_INPUTS[action], inputs)
    if action in {"actions-rs/cargo", "ructions/cargo"} and inputs.get("command", "").strip() == "install":
        return _listed(action, "args", inputs)
    return None


def _listed(action: str, key: str, inputs: Mapping[str, str]) -> ActionInstall | None:
    """An entry of a list separated by commas, blanks or lines, perhaps with a version."""
    value = inputs.get(key, "")
    for match in re.finditer(r"[^,\s]+", value):
        entry = _ENTRY.fullmatch(match[0])
        if entry and entry["name"] in _BACKEND_OF:
            return ActionInstall(
                backend=_BACKEND_OF[entry["name"]],
                action=action,
                key=key,
                start=match.start(),
                end=match.end(),
                pinned=entry["version"],
                line=value if action in _CARGO else "",
            )
    return None


def _crate(action: str, key: str, inputs: Mapping[str, str]) -> ActionInstall | None:
    value = inputs.get(key, "")
    name = value.strip()
    if name not in _BACKEND_OF:
        return None
    version = inputs.get("version", "").strip()
    start = value.index(name)
    return ActionInstall(
        backend=_BACKEND_OF[name],
        action=action,
        key=key,
        start=start,
        end=start + len(name),
        pinned=version if version not in {"", "latest"} else None,
        version_input="version" if version not in {"", "latest"} else None,
    )


def migrated(found: ActionInstall, target: str) -> tuple[tuple[ValueEdit, ...], tuple[Loss, ...]]:
    """The edits that make the same step install ``target``; a pinned version goes, a pinned commit stays."""
    edits = [ValueEdit(found.key, found.start, found.end, PACKAGES[target])]
    losses: list[Loss] = []
    argv = (*words("cargo install"), *_argv(found.line))
    called = install(argv) if found.line else None
    if called is not None and len(argv) > 3:
        change = installs_migrated(called, argv, target)
        new = {edit.word: edit.new for edit in change.edits}
        kept = (new.get(index, word.raw) for index, word in enumerate(argv))
        line = " ".join([word for word in kept if word is not None][2:])
        edits = [ValueEdit(found.key, 0, len(found.line), line)]
        losses += change.losses
    if found.version_input is not None:
        edits.append(ValueEdit(found.version_input, None, None, None))
    if found.pinned is not None and not losses:
        losses.append(_VERSION.loss(found.pinned))
    if found.action.startswith("actions-rs/"):
        losses.append(UNMAINTAINED.loss(found.action))
    return tuple(edits), tuple(losses)


def measuring_action(uses: str, inputs: Mapping[str, str]) -> MeasuringAction | None:
    """The backend command an action step runs."""
    action, _ = _split(uses)
    if action == "actions-rs/tarpaulin":
        return _tarpaulin(action, inputs)
    if action == "actions-rs/grcov":
        losses = (REPLACED.loss(action),)
        return MeasuringAction(backend="grcov", action=action, argv=None, installs=True, losses=losses)
    if action in _CARGO:
        return _cargo(action, inputs)
    if _IMAGE.fullmatch(uses.strip()):
        argv = _argv(inputs.get("args", "")) or words("cargo tarpaulin")
        return MeasuringAction(backend="cargo-tarpaulin", action="xd009642/tarpaulin", argv=argv, installs=True)
    return None


def _tarpaulin(action: str, inputs: Mapping[str, str]) -> MeasuringAction:
    argv = [*words("cargo tarpaulin --out"), plain(inputs.get("out-type") or "Xml")]
    if inputs.get("run-types"):
        argv += [plain("--run-types"), *_argv(inputs["run-types"])]
    if inputs.get("timeout"):
        argv += [plain("--timeout"), *_argv(inputs["timeout"])]
    argv += _argv(inputs.get("args", ""))
    version = inputs.get("version", "latest").strip()
    return MeasuringAction(
        backend="cargo-tarpaulin",
        action=action,
        argv=tuple(argv),
        installs=True,
        version=version if version not in {"", "latest"} else None,
        losses=(REPLACED.loss(action),),
    )


def _cargo(action: str, inputs: Mapping[str, str]) -> MeasuringAction | None:
    command = inputs.get("command", "").strip()
    backend = {"tarpaulin": "cargo-tarpaulin", "llvm-cov": "cargo-llvm-cov"}.get(command)
    return None if backend is None else _by_cargo(action, command, backend, inputs)


def cargo_test_action(uses: str, inputs: Mapping[str, str]) -> MeasuringAction | None:
    """The ``cargo test`` that an action runs; whether anything is measured by that its variables say."""
    action, _ = _split(uses)
    command = inputs.get("command", "").strip()
    return _by_cargo(action, command, "grcov", inputs) if action in _CARGO and command == "test" else None


def _by_cargo(action: str, command: str, backend: str, inputs: Mapping[str, str]) -> MeasuringAction:
    toolchain = inputs.get("toolchain", "").strip().removeprefix("+")
    channel = (Argument(f"+{toolchain}", None if "$" in toolchain else f"+{toolchain}"),) if toolchain else ()
    program = "cross" if inputs.get("use-cross", "").strip() == "true" else "cargo"
    argv = (plain(program), *channel, plain(command), *_argv(inputs.get("args", "")))
    losses = (REPLACED.loss(action),) if action.startswith(("actions-rs/", "ructions/")) else ()
    return MeasuringAction(backend=backend, action=action, argv=argv, installs=False, losses=losses)


def _argv(line: str) -> tuple[Argument, ...]:
    """The words of an ``args`` input, as the action splits it; all of it as one where it cannot be split."""
    try:
        return words(" ".join(line.split("\n")), shell=False)
    except ValueError:
        return (Argument(line, None),)


def tool_container(image: str, options: str = "") -> ToolContainer | None:
    """A job's ``container`` that is cargo-tarpaulin's image; ``options`` as written there."""
    match = _IMAGE.fullmatch(image.strip())
    if match is None:
        return None
    nightly = "nightly" in (match["tag"] or "")
    toolchain = "nightly" if nightly else "stable"
    return ToolContainer(
        image=image,
        nightly=nightly,
        option_spans=tuple(found.span() for found in _OPTIONS.finditer(options)),
        consequences=(
            f"the {toolchain} toolchain came with the image: a toolchain step must be added",
            "packages that the image brought (OpenSSL, pkg-config) are the runner's now",
            "the checkout lies under /home/runner/work instead of /__w, and the steps are not root any more",
        ),
    )


def docker_run(argv: Sequence[Argument]) -> tuple[Argument, ...] | None:
    """The command inside ``docker run ... xd009642/tarpaulin COMMAND``, which is the image's own by default."""
    texts = [str(word) for word in argv]
    if "docker" not in texts or "run" not in texts:
        return None
    for index, text in enumerate(texts):
        if _IMAGE.fullmatch(text):
            return tuple(argv[index + 1 :]) or words("cargo tarpaulin")
    return None


def component_edit(uses: str, inputs: Mapping[str, str]) -> ValueEdit | None:
    """How a toolchain step gets LLVM's tools; None where it is no such step or has them already."""
    action, _ = _split(uses)
    key = _TOOLCHAINS.get(action)
    if not key:
        return None
    value = inputs.get(key)
    if value is None or not value.strip():
        return ValueEdit(key, None, None, "llvm-tools-preview")
    if re.search(r"\bllvm-tools\b", value) or "${{" in value:
        return None
    separator = ", " if ", " in value else "," if "," in value else " " if " " in value.strip() else ", "
    end = len(value.rstrip())
    return ValueEdit(key, end, end, f"{separator}llvm-tools-preview")


def has_llvm_tools(uses: str, inputs: Mapping[str, str]) -> bool:
    """Whether a toolchain step brings LLVM's tools."""
    action, _ = _split(uses)
    key = _TOOLCHAINS.get(action)
    return bool(key) and re.search(r"\bllvm-tools", inputs.get(key or "", "")) is not None


def cache_edits(uses: str, inputs: Mapping[str, str], source: str, target: str) -> tuple[ValueEdit, ...]:
    """Where a cache step names the old tool: otherwise it restores a stale program, or the key lies."""
    action, _ = _split(uses)
    if not re.fullmatch(r"actions/cache(?:/restore|/save)?|swatinem/rust-cache|leafwing-studios/cargo-cache", action):
        return ()
    old = PACKAGES[source]
    short = old.removeprefix("cargo-")
    pattern = re.compile(rf"{re.escape(old)}|(?<![\w]){re.escape(short)}(?![\w])")
    edits: list[ValueEdit] = []
    for key, value in inputs.items():
        for match in pattern.finditer(value):
            new = PACKAGES[target] if match[0] == old else PACKAGES[target].removeprefix("cargo-")
            edits.append(ValueEdit(key, match.start(), match.end(), new))
    return tuple(edits)
