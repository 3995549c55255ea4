"""Actions kept in the repository: a composite action's steps, read as the only job of a workflow."""

from __future__ import annotations

import posixpath

from covpath.errors import InputError
from covpath.terms import JobId
from covpath.workflow.calls import LOCAL
from covpath.workflow.model import Job, Workflow
from covpath.workflow.reading import read_steps
from covpath.yamltext.nodes import Mapping, Scalar, deref
from covpath.yamltext.reading import read
from covpath.yamltext.source import decode

RUNS = JobId("runs")
"""The job that stands for a composite action's steps."""

FILE_NAMES = ("action.yml", "action.yaml")


def action_paths(uses: str) -> tuple[str, ...]:
    """Where the file of ``uses: ./folder`` may be, from the repository's root; none for an action elsewhere."""
    if not uses.startswith(LOCAL) or "${{" in uses:
        return ()
    folder = posixpath.normpath(uses[2:] or ".")
    if folder.startswith(".."):
        return ()
    return tuple(posixpath.normpath(posixpath.join(folder, name)) for name in FILE_NAMES)


def read_action(path: str, data: bytes) -> Workflow | None:
    """A composite action as a workflow of one job; None for an action that runs a program.

    Raises InputError with a place for what cannot be read.
    """
    document = read(decode(path, data))
    root = deref(document.root) if document.root is not None else None
    runs = root.get("runs") if isinstance(root, Mapping) else None
    real = deref(runs) if runs is not None else None
    if not isinstance(root, Mapping) or not isinstance(real, Mapping):
        raise InputError("has no `runs`.", place=document.source.place(0), hint="GitHub does not run such an action.")
    using, steps = real.get("using"), real.find("steps")
    kind = deref(using) if using is not None else None
    if steps is None or not isinstance(kind, Scalar) or kind.value != "composite":
        return None
    inner = read_steps(path, document, steps.value, ("runs", "steps"))
    job = Job(id=RUNS, key=steps.key, node=real, route=("runs",), steps=inner)
    return Workflow(path=path, document=document, root=root, jobs={RUNS: job})


def action_inputs(action: Workflow) -> dict[str, str]:
    """The inputs an action declares, with their defaults (empty where it has none)."""
    inputs = action.root.get("inputs")
    real = deref(inputs) if inputs is not None else None
    found: dict[str, str] = {}
    for entry in real.entries if isinstance(real, Mapping) else ():
        settings = deref(entry.value)
        default = settings.get("default") if isinstance(settings, Mapping) else None
        text = deref(default) if default is not None else None
        found[entry.key.value] = text.value if isinstance(text, Scalar) else ""
    return found
