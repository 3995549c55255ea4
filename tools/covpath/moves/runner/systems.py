"""What a job's steps make of another operating system under them: their shell, and what they ask about it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from covpath.moves.proposal import Draft, NoteKind
from covpath.patterns import regex
from covpath.workflow.model import Step, StepForm
from covpath.yamltext.nodes import Scalar, deref, walk

_ASKS = regex(r"\brunner\.os\b|\bRUNNER_OS\b", re.IGNORECASE)
_SYSTEMS = ("windows", "macos", "ubuntu", "linux")
"""What the labels of GitHub's runners begin with."""
_SHELLS = {"windows": "PowerShell"}


def say_system(draft: Draft, before: Iterable[str], after: Iterable[str]) -> None:
    """Say what another system changes, where both are known by their labels and differ."""
    old, new = system_of(before), system_of(after)
    if old is None or new is None or old == new:
        return
    scripts = [step for step in draft.job.steps if step.form is StepForm.RUN and _default_shell(draft, step)]
    was, now = _SHELLS.get(old, "bash"), _SHELLS.get(new, "bash")
    if scripts and was != now:
        named = f"`{scripts[0].label}`" if len(scripts) == 1 else f"{len(scripts)} scripts"
        draft.say(
            NoteKind.CHANGE,
            f"without a `shell:`, {named} run{'s' if len(scripts) == 1 else ''} in {now} from now on, not in {was}",
            place=draft.workflow.place(scripts[0].node),
        )
    for route, node in walk(draft.job.node):
        real = deref(node)
        asks = isinstance(real, Scalar) and _ASKS.search(real.value) is not None
        if asks and isinstance(real, Scalar) and route and (route[-1] == "if" or "${{" in real.value):
            written = " ".join(real.value.split())
            what = f"`{route[-1]}: {written}`" if len(written) <= 80 else f"`{route[-1]}`"
            draft.say(
                NoteKind.CHANGE,
                f"{what} asks for the system, which is another one now",
                place=draft.workflow.place(real),
            )


def system_of(labels: Iterable[str]) -> str | None:
    """The operating system that labels name; None where they do not say."""
    for label in labels:
        known = next((system for system in _SYSTEMS if label.lower().startswith(system)), None)
        if known is not None:
            return "linux" if known == "ubuntu" else known
    return None


def _default_shell(draft: Draft, step: Step) -> bool:
    return draft.workflow.shell_of(draft.job, step) is None
