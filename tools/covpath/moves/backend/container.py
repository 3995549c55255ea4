"""A job container that is cargo-tarpaulin's image: it goes, and what it brought is added."""

from __future__ import annotations

from covpath.backends.actions import ToolContainer, tool_container
from covpath.moves.backend.toolchain import COMPONENT
from covpath.moves.proposal import Draft, NoteKind
from covpath.workflow.model import Step, scalar_text
from covpath.workflow.shell.parse import parse_script
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.nodes import Mapping, Plain, deref
from covpath.yamltext.operations import remove_key

SETTINGS = "container-settings"
_TOOLCHAIN_ACTIONS = ("dtolnay/rust-toolchain@", "actions-rust-lang/setup-rust-toolchain@", "actions-rs/toolchain@")
_NEEDS_ROOT = frozenset({"apt-get", "apt", "dpkg", "apt-key"})
_FILES = ("rust-toolchain.toml", "rust-toolchain")


def drop_container(draft: Draft) -> bool:
    """Take the tool's container away, with a toolchain step in its place; False where there is none."""
    node = deref(draft.job.container) if draft.job.container is not None else None
    image = scalar_text(node.get("image")) if isinstance(node, Mapping) else scalar_text(node)
    options = scalar_text(node.get("options")) if isinstance(node, Mapping) else ""
    found = tool_container(image, options)
    if found is None:
        return False
    place = draft.workflow.place(draft.job.container or draft.job.key)
    for entry in node.entries if isinstance(node, Mapping) else ():
        if entry.key.value not in ("image", "options"):
            message = f"the container's `{entry.key.value}` goes with it: what it set must be set for the job"
            draft.stop(SETTINGS, entry.key.value, message, draft.workflow.place(entry.key))
    rest = _without(options, found)
    if rest:
        draft.stop(SETTINGS, "options", f"the container's options `{rest}` go with it", place)
    draft.make(remove_key(draft.workflow.document, (*draft.job.route, "container"), why="the image is not needed"))
    draft.titles.append(f"without the container {image}")
    for consequence in found.consequences[1:]:
        draft.say(NoteKind.CHANGE, consequence, place=place)
    services = draft.job.node.find("services")
    if services is not None:
        message = "services are reached at localhost with mapped ports instead of by their names"
        draft.say(NoteKind.CHANGE, message, place=draft.workflow.place(services.key))
    _become_root(draft)
    _add_toolchain(draft, "nightly" if found.nightly else "stable")
    return True


def _without(options: str, found: ToolContainer) -> str:
    for start, end in reversed(found.option_spans):
        options = options[:start] + options[end:]
    return " ".join(options.split())


def _become_root(draft: Draft) -> None:
    """Steps of an image run as root, those of a runner do not."""
    for step in draft.job.steps:
        if step.run is None:
            continue
        for command in reversed(parse_script(step.run.value).commands):
            if command.name in _NEEDS_ROOT:
                at = command.words[0].span.start
                route = (*step.route, "run")
                why = "a runner's steps are not root"
                draft.make(replace_in_scalar(draft.workflow.document, route, at, at, "sudo ", why=why))


def _add_toolchain(draft: Draft, channel: str) -> None:
    if any((step.uses or "").lower().startswith(_TOOLCHAIN_ACTIONS) for step in draft.job.steps):
        return
    checkout = next((step.index for step in draft.job.steps if (step.uses or "").startswith("actions/checkout@")), -1)
    item = _toolchain_item(draft, channel)
    draft.insert_step(checkout + 1, item, why="the toolchain came with the image")
    draft.say(NoteKind.CHANGE, f"a new step installs the {channel} toolchain, which came with the image")


def _toolchain_item(draft: Draft, channel: str) -> Plain:
    """A toolchain step like those of the file's other jobs, else through rustup, which runners have."""
    named: dict[str, Plain] = {"name": "Install Rust"} if any(step.name for step in draft.job.steps) else {}
    for job in draft.workflow.jobs.values():
        for step in job.steps:
            if _is_like(step, channel):
                return {**named, "uses": step.uses, "with": _inputs(step, channel)}
    if any(draft.read(file) is not None for file in _FILES):
        return {**named, "run": f"rustup component add {COMPONENT}"}
    return {
        **named,
        "run": f"rustup toolchain install {channel} --profile minimal --component {COMPONENT} && "
        f"rustup default {channel}",
    }


def _is_like(step: Step, channel: str) -> bool:
    uses = (step.uses or "").lower()
    if not uses.startswith(_TOOLCHAIN_ACTIONS) or any("${{" in value for value in step.inputs().values()):
        return False
    if uses.startswith("dtolnay/") and not step.inputs().get("toolchain"):
        return uses.endswith(f"@{channel}")
    return True


def _inputs(step: Step, channel: str) -> dict[str, Plain]:
    """The inputs that choose the toolchain, with the component that the new tool needs."""
    old = step.inputs()
    kept: dict[str, Plain] = {name: old[name] for name in ("profile", "override") if name in old}
    if not (step.uses or "").lower().endswith(f"@{channel}"):
        kept["toolchain"] = channel
    return {**kept, "components": COMPONENT}
