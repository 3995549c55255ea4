"""The events under which a workflow's jobs are judged: those whose checks turn up on a pull request or in a queue."""

from __future__ import annotations

from msgspec import Struct

from covpath.errors import Place
from covpath.terms import Reason, Tri
from covpath.workflow import triggers
from covpath.workflow.model import Workflow
from covpath.yamltext import nodes
from covpath.yamltext.nodes import Node, Plain, deref, node_at, to_plain

CALLED = "workflow_call"
_ORDER = ("pull_request", "pull_request_target", "merge_group", "push")


class Signal(Struct, frozen=True, kw_only=True):
    """The events that count, best first, and what is to be said about them.

    ``doubtful`` are those of which it is not known whether their checks count.
    """

    events: tuple[str, ...]
    doubtful: frozenset[str]
    workflow: Workflow
    found: triggers.Signal

    @property
    def called(self) -> bool:
        """Whether other workflows may call it."""
        return self.found.called

    @property
    def path_filtered(self) -> bool:
        """Whether pull requests that touch other files get no checks from it, and wait for ever if one is required."""
        return self.found.path_filtered

    @property
    def branch_filtered(self) -> bool:
        """The same for pull requests into other branches."""
        return self.found.branch_filtered

    @property
    def merge_queue(self) -> Tri:
        """Whether it runs in a merge queue."""
        return self.found.merge_queue

    @property
    def new_commits(self) -> Tri:
        """Whether every new commit of a pull request gets its checks."""
        return self.found.pull_request

    @property
    def named(self) -> tuple[str, ...]:
        """All events of ``on:``."""
        return tuple(dict.fromkeys(one.event for one in self.found.events))

    def reason(self, event: str) -> Reason:
        """What is to be said about an event of ``on:``; where it stands twice, about the last."""
        return _reason(self.workflow, next(one for one in reversed(self.found.events) if one.event == event))


def signal_of(workflow: Workflow) -> Signal:
    """What ``on:`` makes of a workflow (``facts``, gating, 2.4)."""
    if workflow.on is None:
        return Signal(events=(), doubtful=frozenset(), workflow=workflow, found=triggers.Signal(events=()))
    found = triggers.signal_of(_plain(deref(workflow.on)))
    counting = [one for one in found.events if _counts(one) and one.event != CALLED]
    doubtful = frozenset([one.event for one in counting if _doubtful(one)])
    if len(counting) > 1:
        counting.sort(key=lambda one: _ORDER.index(one.event) if one.event in _ORDER else len(_ORDER))
        counting.sort(key=lambda one: one.event in doubtful)
    return Signal(events=tuple([one.event for one in counting]), doubtful=doubtful, workflow=workflow, found=found)


def _plain(on: Node) -> Plain:
    """The data under ``on:``, without what no answer depends on: inputs, paths, times."""
    if not isinstance(on, nodes.Mapping):
        return to_plain(on)
    return {
        entry.key.value: _settings(settings) if type(settings := deref(entry.value)) is nodes.Mapping else None
        for entry in on.entries
    }


def _settings(settings: nodes.Mapping) -> Plain:
    """The settings of an event; of most it only counts that they are there."""
    return {
        entry.key.value: to_plain(entry.value) if entry.key.value in triggers.READ else None
        for entry in settings.entries
    }


def _counts(one: triggers.EventSignal) -> bool:
    return one.pull_request is not Tri.FALSE or one.merge_queue is not Tri.FALSE


def _doubtful(one: triggers.EventSignal) -> bool:
    """A pull request's own event runs for it, if not for each of its commits; others may not."""
    if one.event in ("pull_request", "pull_request_target") or one.merge_queue is Tri.TRUE:
        return False
    return one.pull_request is not Tri.TRUE


def _reason(workflow: Workflow, one: triggers.EventSignal) -> Reason:
    return Reason(
        code=one.reason.code,
        message=f"on `{one.event}`: {one.reason.message}",
        place=_place(workflow, one.route),
    )


def _place(workflow: Workflow, route: triggers.Route) -> Place | None:
    """The key of an event, where ``on`` is a mapping, else its name."""
    node = workflow.on
    if node is None:
        return None
    real = deref(node)
    if isinstance(real, nodes.Mapping) and len(route) == 1:
        entry = real.find(str(route[0]))
        return workflow.place(entry.key if entry is not None else real)
    return workflow.place(node_at(node, route) or node)
