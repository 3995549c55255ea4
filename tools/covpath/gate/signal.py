"""Whether a workflow's checks can turn up on a pull request or in a merge queue at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from covpath.terms import Reason
from covpath.workflow.model import Workflow
from covpath.yamltext.nodes import Mapping, Node, Scalar, Sequence, deref

_PULL_REQUEST_EVENTS = ("pull_request", "pull_request_target", "merge_group")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """The events under which the workflow reports checks on a pull request, best first.

    ``filtered`` says that path or branch filters keep it from running on some of them.
    """

    events: tuple[str, ...]
    filtered: bool
    reasons: tuple[Reason, ...]


def signal_of(workflow: Workflow) -> Signal:
    """The events of ``on:`` that count, in the order pull_request, merge_group, push, workflow_call.

    A push without branch filter also runs for the head commit of a pull request from the
    same repository, and its checks count there (``facts``, gating, 2.4).
    """
    events = dict(_events(workflow.on))
    found = [name for name in _PULL_REQUEST_EVENTS if name in events]
    filtered = any(_has(events.get(name), "paths", "paths-ignore", "branches", "branches-ignore") for name in found)
    push = events.get("push")
    if "push" in events and not _has(push, "branches", "branches-ignore", "tags", "tags-ignore"):
        found.append("push")
    if not found and "workflow_call" in events:
        found.append("workflow_call")
    reasons: tuple[Reason, ...] = ()
    if not found:
        named = ", ".join(events) or "nothing"
        place = workflow.place(workflow.on) if workflow.on is not None else None
        reasons = (
            Reason(code="no-signal", message=f"runs on {named}, never for a pull request or merge queue", place=place),
        )
    return Signal(events=tuple(found), filtered=filtered, reasons=reasons)


def _events(on: Node | None) -> Iterator[tuple[str, Mapping | None]]:
    real = deref(on) if on is not None else None
    if isinstance(real, Scalar):
        yield real.value, None
    elif isinstance(real, Sequence):
        for item in real.items:
            scalar = deref(item)
            if isinstance(scalar, Scalar):
                yield scalar.value, None
    elif isinstance(real, Mapping):
        for entry in real.entries:
            value = deref(entry.value)
            yield entry.key.value, value if isinstance(value, Mapping) else None


def _has(mapping: Mapping | None, *keys: str) -> bool:
    return mapping is not None and any(mapping.find(key) for key in keys)
