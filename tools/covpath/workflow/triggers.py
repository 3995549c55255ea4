"""Which events of ``on:`` make a workflow's checks turn up on a pull request or in a merge queue.

Sources: GitHub's pages on events and on required checks; that the checks of a push count and those of a manual
run do not is as probed in public (the ThemeParks_JavaScript repository's issue 37). What they leave open is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from covpath.terms import Reason, Tri, any_of
from covpath.workflow.expressions.value import Plain
from covpath.workflow.filter_patterns import ignores, is_literal, selects

Route = tuple[str | int, ...]

_NEW_COMMIT_TYPES = frozenset({"opened", "synchronize", "reopened"})
AFTERWARDS = {
    "schedule": "it runs at a time of its own, on the default branch",
    "workflow_dispatch": "somebody starts it; its checks do not count for a pull request",
    "repository_dispatch": "something outside starts it, on the default branch",
    "workflow_run": "it runs after another workflow, on the default branch",
    "issue_comment": "its check belongs to the default branch",
    "release": "it runs when a release is made",
    **dict.fromkeys(
        (
            "branch_protection_rule",
            "check_run",
            "check_suite",
            "delete",
            "discussion",
            "discussion_comment",
            "fork",
            "gollum",
            "issues",
            "label",
            "milestone",
            "public",
            "status",
            "watch",
        ),
        "it runs on the default branch",
    ),
}
"""Events whose checks count for no pull request, and why."""


READ = frozenset({"branches", "branches-ignore", "types"})
"""The settings of events whose values are looked at; of others only whether they are there."""


class EventSignal(Struct, frozen=True, kw_only=True):
    """One event: whether its checks count for a new commit of a pull request, and for a merge queue.

    ``route`` leads to the event inside ``on:``. ``path_filtered`` and ``branch_filtered`` say that it does not
    run for all of them (a required check then waits for ever on the others); ``forks`` whether it also runs for
    pull requests from forks.
    """

    event: str
    route: Route
    pull_request: Tri
    reason: Reason
    merge_queue: Tri = Tri.FALSE
    path_filtered: bool = False
    branch_filtered: bool = False
    forks: bool = True


class Signal(Struct, frozen=True, kw_only=True):
    """What all events together make of it."""

    events: tuple[EventSignal, ...]

    @property
    def pull_request(self) -> Tri:
        """Whether its checks turn up on a pull request (one the filters let pass)."""
        return any_of(event.pull_request for event in self.events)

    @property
    def merge_queue(self) -> Tri:
        """Whether its checks turn up in a merge queue."""
        return any_of(event.merge_queue for event in self.events)

    @property
    def called(self) -> bool:
        """Whether other workflows may call it; their events then count for it too."""
        return any(event.event == "workflow_call" for event in self.events)

    @property
    def path_filtered(self) -> bool:
        """Whether a pull request that touches other files gets no checks from it."""
        return self._always(lambda event: event.path_filtered)

    @property
    def branch_filtered(self) -> bool:
        """Whether a pull request into another branch gets no checks from it."""
        return self._always(lambda event: event.branch_filtered)

    @property
    def forks(self) -> bool:
        """Whether a pull request from a fork gets its checks."""
        return any(event.forks for event in self._counting())

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """One for each event, as written."""
        return tuple(event.reason for event in self.events)

    def _counting(self) -> tuple[EventSignal, ...]:
        return tuple(event for event in self.events if event.pull_request is not Tri.FALSE)

    def _always(self, test: Callable[[EventSignal], bool]) -> bool:
        counting = self._counting()
        return bool(counting) and all(map(test, counting))


def signal_of(on: Plain, *, base: str | None = None, head: str | None = None) -> Signal:
    """The signal of the data under ``on:`` (a name, a list of names, or a mapping).

    ``base`` is the branch a pull request goes into, ``head`` its own; where one is not given, a filter is taken
    to let it pass if it lets anything pass that could be one, and what cannot be told is unknown.
    """
    return Signal(
        events=tuple(
            [
                _signal(event, settings, route, base, head) if settings else _bare(event, route, base, head)
                for event, settings, route in _events(on)
            ]
        )
    )


@lru_cache(maxsize=256)
def _bare(event: str, route: Route, base: str | None, head: str | None) -> EventSignal:
    """The same of an event without settings, as most have none."""
    return _signal(event, {}, route, base, head)


def _events(on: Plain) -> Iterator[tuple[str, Mapping[str, Plain], Route]]:
    if isinstance(on, str):
        yield on, {}, ()
    # Asked of the plain kinds first: whether something is one of the abstract ones takes long to tell.
    elif isinstance(on, (dict, Mapping)):
        for name, settings in on.items():
            yield name, settings if settings and isinstance(settings, (dict, Mapping)) else {}, (name,)
    elif isinstance(on, Sequence):
        for number, event in enumerate(on):
            if isinstance(event, str):
                yield event, {}, (number,)


def _signal(event: str, settings: Mapping[str, Plain], route: Route, base: str | None, head: str | None) -> EventSignal:
    if event in {"pull_request", "pull_request_target"}:
        return _pull_request(event, settings, route, base)
    if event == "push":
        return _push(settings, route, head)
    if event == "merge_group":
        passes = _passes(settings, base)
        reason = _reason("merge-queue", "it runs in the merge queue")
        filtered = _has(settings, "branches", "branches-ignore")
        return EventSignal(
            event=event,
            route=route,
            pull_request=Tri.FALSE,
            reason=reason,
            merge_queue=passes,
            branch_filtered=filtered,
        )
    if event == "workflow_call":
        reason = _reason("called", "other workflows call it; whether it runs is theirs to say")
        return EventSignal(event=event, route=route, pull_request=Tri.UNKNOWN, reason=reason, merge_queue=Tri.UNKNOWN)
    if event in AFTERWARDS:
        reason = _reason("no-signal", AFTERWARDS[event])
        return EventSignal(event=event, route=route, pull_request=Tri.FALSE, reason=reason)
    reason = _reason("event-not-known", "whether the checks of this event count for a pull request is not known")
    return EventSignal(event=event, route=route, pull_request=Tri.UNKNOWN, reason=reason)


def _pull_request(event: str, settings: Mapping[str, Plain], route: Route, base: str | None) -> EventSignal:
    runs, reason = _by_types(_texts(settings.get("types")) if "types" in settings else None)
    passes = _passes(settings, base)
    if runs is not Tri.FALSE and passes is not Tri.TRUE:
        runs, reason = passes, _reason("branch-filter", f"its branch filter does not let '{base}' pass")
    return EventSignal(
        event=event,
        route=route,
        pull_request=runs,
        reason=reason,
        path_filtered=_has(settings, "paths", "paths-ignore"),
        branch_filtered=_has(settings, "branches", "branches-ignore"),
    )


def _by_types(types: tuple[str, ...] | None) -> tuple[Tri, Reason]:
    """Whether a new commit of a pull request starts it."""
    if types is None or "synchronize" in types:
        return Tri.TRUE, _PULL_REQUEST
    listed = ", ".join(types)
    if set(types) <= {"closed"}:
        return Tri.FALSE, _reason("no-signal", "it runs when a pull request is closed")
    if _NEW_COMMIT_TYPES & set(types):
        return Tri.UNKNOWN, _reason("first-commit-only", f"it runs for '{listed}' but not for later commits")
    return Tri.UNKNOWN, _reason("activity-only", f"it runs only for '{listed}'")


def _push(settings: Mapping[str, Plain], route: Route, head: str | None) -> EventSignal:
    """A push of a pull request's branch counts, where the branch is in the same repository."""
    branches = _has(settings, "branches", "branches-ignore")
    runs = _passes(settings, head) if head is not None else _passes_some_head(settings)
    if not branches and _has(settings, "tags", "tags-ignore"):
        runs, reason = Tri.FALSE, _TAGS
    else:
        reason = _PUSHES[runs]
    return EventSignal(
        event="push",
        route=route,
        pull_request=runs,
        reason=reason,
        path_filtered=_has(settings, "paths", "paths-ignore"),
        branch_filtered=branches,
        forks=False,
    )


def _passes(settings: Mapping[str, Plain], branch: str | None) -> Tri:
    """Whether the branch filter lets ``branch`` pass; some branch, where none is given."""
    if "branches" in settings:
        patterns = _texts(settings["branches"])
        if branch is None:
            return Tri.of(any(not pattern.startswith("!") for pattern in patterns))
        return Tri.of(selects(patterns, branch))
    if "branches-ignore" in settings and branch is not None:
        return Tri.of(not ignores(_texts(settings["branches-ignore"]), branch))
    return Tri.TRUE


def _passes_some_head(settings: Mapping[str, Plain]) -> Tri:
    """Whether a pull request's own branch, of any name, passes: not where only full names are listed."""
    if "branches" in settings:
        positive = [pattern for pattern in _texts(settings["branches"]) if not pattern.startswith("!")]
        if any(pattern in {"*", "**"} for pattern in positive):
            return Tri.TRUE
        return Tri.FALSE if all(map(is_literal, positive)) else Tri.UNKNOWN
    if "branches-ignore" in settings:
        everything = any(pattern == "**" for pattern in _texts(settings["branches-ignore"]))
        return Tri.of(not everything)
    return Tri.TRUE


def _reason(code: str, message: str) -> Reason:
    return Reason(code=code, message=message)


_PULL_REQUEST = _reason("pull-request", "it runs for pull requests")
_TAGS = _reason("no-signal", "it runs for tags")
_PUSHES = {
    Tri.TRUE: _reason("push", "it runs for every push, so also for the commits of a pull request that is no fork's"),
    Tri.FALSE: _reason("no-signal", "it runs for pushes to named branches, after the merge"),
    Tri.UNKNOWN: _reason("push-by-name", "it runs for pushes to branches whose names fit a pattern"),
}


def _has(settings: Mapping[str, Plain], *keys: str) -> bool:
    return not settings.keys().isdisjoint(keys)


def _texts(plain: Plain) -> tuple[str, ...]:
    if isinstance(plain, str):
        return (plain,)
    return tuple(map(str, plain)) if isinstance(plain, (list, Sequence)) else ()
