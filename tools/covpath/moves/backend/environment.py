"""Variables that the old tool needed and the new one must not have, and those it must."""

from __future__ import annotations

from covpath.backends.translate import Translation
from covpath.moves.proposal import Draft, NoteKind
from covpath.patterns import regex
from covpath.workflow.model import Step, scalar_text
from covpath.workflow.shell.parse import parse_script
from covpath.yamltext.nodes import Mapping, Route, Scalar, deref
from covpath.yamltext.operations import remove_key, set_key, set_value

_HELPERS = ("LLVM_PROFILE_FILE", "CARGO_INCREMENTAL")
"""What people set beside the flags when grcov gathers the data."""
_FOR_GRCOV = regex(r"instrument-coverage|-Z *profile\b")


def set_environment(draft: Draft, index: int, translation: Translation) -> None:
    """Set and remove variables where the file has them: at the step, or at the job if they serve only it.

    What is set for the whole workflow is left, and said: other jobs see it too.
    """
    for name, value in translation.environment:
        # What a new tool needs is the step's own: the job's variables are for its other steps, too, as for one that
        # installs. What an old one leaves stays where it was.
        _give(draft, index, name, value, own=translation.target == "grcov")
        if name == "RUSTFLAGS" and translation.target == "grcov":
            _say_others(draft, index, translation)
    for name in translation.unset:
        _take(draft, index, name)
    helpers = _HELPERS if translation.source == "grcov" and translation.target != "grcov" else ()
    _name_scripts(draft, tuple(dict.fromkeys((*translation.unset, *helpers))))


def _give(draft: Draft, index: int, name: str, value: str, *, own: bool) -> None:
    step = draft.job.steps[index]
    for layer, route in _layers(draft, step):
        entry = layer.find(name) if layer is not None else None
        if entry is None:
            continue
        written = deref(entry.value)
        if isinstance(written, Scalar) and written.value == value:
            return
        if layer is step.env or (route != ("env",) and not own):
            draft.make(set_value(draft.workflow.document, (*route, name), value, why=f"set {name}"))
            return
    if step.env is None:
        draft.make(set_key(draft.workflow.document, step.route, "env", {name: value}, why=f"set {name}"))
    else:
        draft.make(set_key(draft.workflow.document, (*step.route, "env"), name, value, why=f"set {name}"))


def _say_others(draft: Draft, index: int, translation: Translation) -> None:
    """The step's other cargo commands, which are built with the flags as well."""
    step = draft.job.steps[index]
    own = {" ".join(command.words) for command in translation.commands if command.measures}
    for command in parse_script(step.run.value).commands if step.run is not None else ():
        words = " ".join(word.raw for word in command.words)
        if command.name == "cargo" and words not in own:
            message = f"`{words}` of the same step is built with the new flags, too"
            draft.say(NoteKind.CHANGE, message, place=draft.workflow.place(step.node))


def _take(draft: Draft, index: int, name: str) -> None:
    for layer, route in _layers(draft, draft.job.steps[index]):
        entry = layer.find(name) if layer is not None else None
        if entry is None:
            continue
        if route == ("env",):
            draft.say(
                NoteKind.LEFTOVER,
                f"`{name}` served the old tool and is set for the whole workflow: other jobs may need it",
                place=draft.workflow.place(entry.key),
            )
            continue
        where = "step" if len(route) > len(draft.job.route) + 1 else "job"
        draft.say(NoteKind.CHANGE, f"`{name}` served the old tool; the {where} has it no more")
        draft.make(remove_key(draft.workflow.document, (*route, name), prune=True, why=f"without {name}"))


def _name_scripts(draft: Draft, names: tuple[str, ...]) -> None:
    """The scripts of the job that still set such variables."""
    for step in draft.job.steps:
        text = step.run.value if step.run is not None else ""
        found = [name for name in names if f"{name}=" in text]
        if found:
            draft.say(
                NoteKind.LEFTOVER,
                f"`{step.label}` still sets {', '.join(f'`{name}`' for name in found)}, which served the old tool",
                place=draft.workflow.place(step.node),
            )


def name_builders(draft: Draft, source: str, target: str) -> None:
    """Other steps that still build for the old tool: by their own variables."""
    for step in draft.job.steps if source == "grcov" != target else ():
        entry = step.env.find("RUSTFLAGS") if step.env is not None else None
        if entry is not None and _FOR_GRCOV.search(scalar_text(entry.value)):
            message = f"`{step.label}` still builds with the flags that served {source}"
            draft.say(NoteKind.LEFTOVER, message, place=draft.workflow.place(entry.key))


def _layers(draft: Draft, step: Step) -> tuple[tuple[Mapping | None, Route], ...]:
    return (
        (step.env, (*step.route, "env")),
        (draft.job.env, (*draft.job.route, "env")),
        (draft.workflow.env, ("env",)),
    )
