"""LLVM's tools in the toolchain: needed by cargo-llvm-cov and grcov, not by cargo-tarpaulin."""

from __future__ import annotations

from covpath.backends import actions, installs
from covpath.moves.backend.installing import apply_edit, steps_have_names
from covpath.moves.backend.sites import arguments, sites
from covpath.moves.proposal import Draft, NoteKind
from covpath.workflow.model import Step
from covpath.workflow.shell.parse import parse_script
from covpath.yamltext.nodes import Plain

COMPONENT = "llvm-tools-preview"
_NEED = frozenset({"cargo-llvm-cov", "grcov"})


def provide_llvm_tools(draft: Draft, source: str, target: str) -> None:
    """Add the component where the target cannot do without, or where the job lists its components.

    cargo-llvm-cov installs it by itself, through rustup, when ``CI`` is set (its ``src/context.rs``).
    """
    bringing = [step for step in draft.job.steps if _brings(step)]
    if target not in _NEED:
        if source in _NEED:
            for step in bringing:
                draft.say(
                    NoteKind.LEFTOVER,
                    f"`{step.label}` brings LLVM's tools, which {target} does not need",
                    place=draft.workflow.place(step.node),
                )
        return
    if bringing:
        return
    edits = [
        (step.index, edit)
        for step in draft.job.steps
        if (edit := actions.component_edit(step.uses or "", step.inputs())) is not None
    ]
    listed = [(index, edit) for index, edit in edits if edit.start is not None]
    if listed or (edits and target == "grcov"):
        index, edit = (listed or edits)[0]
        apply_edit(draft, index, edit, "add LLVM's tools")
    elif target == "grcov":
        first = min((site.step.index for site in sites(draft.workflow, draft.job)), default=0)
        named: dict[str, Plain] = {"name": "Add LLVM's tools"} if steps_have_names(draft) else {}
        item = {**named, "run": f"rustup component add {COMPONENT}"}
        draft.insert_step(first, item, why="add LLVM's tools")
    elif draft.workflow.environment_of(draft.job, draft.job.steps[0]).get("CARGO_LLVM_COV_SETUP") == "no":
        draft.warn("llvm-tools", target, "CARGO_LLVM_COV_SETUP forbids it to add LLVM's tools itself: add them", None)


def _brings(step: Step) -> bool:
    if step.uses is not None:
        return actions.has_llvm_tools(step.uses, step.inputs())
    if step.run is None or "llvm-tools" not in step.run.value:
        return False
    return any(installs.adds_llvm_tools(arguments(command)) for command in parse_script(step.run.value).commands)
