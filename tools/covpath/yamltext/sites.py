"""Finding the node to edit, and refusing where others share it through an alias."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covpath.errors import Place, Refusal
from covpath.yamltext.nodes import Alias, Mapping, Node, Route, Scalar, Sequence, deref
from covpath.yamltext.reading import Document


class SharedNode(Refusal):
    """An edit would change every user of an anchor.

    ``users`` are the places of the anchored text and of its aliases. The operations do it all
    the same when called with ``shared=True``.
    """

    def __init__(self, message: str, *, place: Place, users: tuple[Place, ...]) -> None:
        lines = ", ".join(str(user.line) for user in users)
        super().__init__(
            message,
            place=place,
            hint=f"Write it out where it must differ, or change all users at once (lines {lines}).",
        )
        self.users = users


class Site(Struct, frozen=True, kw_only=True):
    """A node as written (an Alias stays one), what holds it, and every route that leads to it."""

    route: Route
    node: Node
    parent: Mapping | Sequence | None
    index: int
    routes: tuple[Route, ...]

    @property
    def in_flow(self) -> bool:
        """Whether the node stands inside ``{}`` or ``[]``."""
        return self.parent is not None and self.parent.flow


def locate(document: Document, route: Route, *, shared: bool = False, enter: bool = False) -> Site:
    """The node at a route; ``enter`` says that something inside of it shall change.

    Raises Refusal where there is none, and SharedNode where the way leads through an alias or
    into text that aliases elsewhere use, unless ``shared`` says that all of them shall change.
    """
    if document.root is None:
        raise Refusal("is empty.", place=Place(document.source.path, 1, 1), hint="Write the file first.")
    node: Node = document.root
    parent: Mapping | Sequence | None = None
    index = 0
    for depth, step in enumerate(route):
        if not shared:
            _refuse_shared(document, node, route[:depth])
        real = deref(node)
        found = _child(real, step)
        if found is None or isinstance(real, Scalar):
            raise Refusal(
                f"has no {show(route[: depth + 1])}.",
                place=document.source.place(node.start),
                hint="Look at the file as it is now.",
            )
        index, parent = found, real
        node = real.entries[index].value if isinstance(real, Mapping) else real.items[index]
    if not shared and (enter or not isinstance(node, Alias)):
        _refuse_shared(document, node, route)
    routes = _routes_to(document, parent, index, node, enter) if document.aliases and shared else (route,)
    return Site(route=route, node=node, parent=parent, index=index, routes=routes)


def show(route: Route) -> str:
    """``jobs.build.steps[2].run``."""
    shown = ""
    for step in route:
        shown += f"[{step}]" if isinstance(step, int) else f".{step}" if shown else step
    return shown or "the document"


def refuse_lost_anchors(document: Document, start: int, end: int) -> None:
    """Refuse to remove text that holds an anchor which an alias outside of it needs."""
    for alias in document.aliases:
        target = alias.target
        if start <= target.outer_start < end and not start <= alias.start < end:
            place = document.source.place(target.outer_start)
            raise SharedNode(
                f"would remove the anchor &{alias.name}, which *{alias.name} needs in line "
                f"{document.source.line_of(alias.start)}.",
                place=place,
                users=(place, document.source.place(alias.start)),
            )


def _child(node: Scalar | Mapping | Sequence, step: str | int) -> int | None:
    if isinstance(node, Mapping) and isinstance(step, str):
        return next((i for i, entry in enumerate(node.entries) if entry.key.value == step), None)
    if isinstance(node, Sequence) and isinstance(step, int) and 0 <= step < len(node.items):
        return step
    return None


def _refuse_shared(document: Document, node: Node, route: Route) -> None:
    """Refuse to go on inside an alias, or inside what has an anchor that aliases use."""
    target = deref(node)
    uses = [alias for alias in document.aliases if alias.target is target]
    if not uses:
        return
    source = document.source
    places = (source.place(target.outer_start), *(source.place(alias.start) for alias in uses))
    raise SharedNode(
        f"{show(route)} is shared: &{target.anchor} in line {places[0].line} is also used as *{target.anchor} in line "
        f"{', '.join(str(place.line) for place in places[1:])}.",
        place=source.place(node.outer_start),
        users=places,
    )


def _routes_to(
    document: Document, parent: Mapping | Sequence | None, index: int, node: Node, enter: bool
) -> tuple[Route, ...]:
    """Every route to one place in the text, aliases followed.

    An alias that is itself replaced leads only to itself; everything else is reached through
    its own aliases too.
    """
    assert document.root is not None
    target = None if isinstance(node, Alias) and not enter else deref(node)
    return tuple(
        route
        for route, holder, at, seen in _visits(document.root, (), None, 0)
        if (holder is parent and at == index) or deref(seen) is target
    )


def _visits(
    node: Node, route: Route, parent: Mapping | Sequence | None, index: int
) -> Iterator[tuple[Route, Mapping | Sequence | None, int, Node]]:
    yield route, parent, index, node
    real = deref(node)
    if isinstance(real, Mapping):
        for i, entry in enumerate(real.entries):
            yield from _visits(entry.value, (*route, entry.key.value), real, i)
    elif isinstance(real, Sequence):
        for i, item in enumerate(real.items):
            yield from _visits(item, (*route, i), real, i)
