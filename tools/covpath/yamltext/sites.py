"""Finding the node to edit, and refusing where others share it through an alias."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
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


def locate(document: Document, route: Route, *, shared: bool = False) -> Site:
    """The node at a route.

    Raises Refusal where there is none, and SharedNode where the way leads through an alias or
    into text that aliases elsewhere use, unless ``shared`` says that all of them shall change.
    """
    if document.root is None:
        raise Refusal("is empty.", place=Place(document.source.path, 1, 1))
    node: Node = document.root
    parent: Mapping | Sequence | None = None
    index = 0
    through = False
    for depth, step in enumerate(route):
        if isinstance(node, Alias):
            through = True
            if not shared:
                raise _shared(document, node.target, route[:depth], node.start)
        real = deref(node)
        if not shared:
            _refuse_shared(document, real, route[:depth])
        found = _child(real, step)
        if found is None or isinstance(real, Scalar):
            raise Refusal(
                f"has no {show(route[: depth + 1])}.",
                place=document.source.place(node.start),
                hint="Look at the file as it is now.",
            )
        index, parent = found, real
        node = real.entries[index].value if isinstance(real, Mapping) else real.items[index]
    if not isinstance(node, Alias) and not shared:
        _refuse_shared(document, node, route)
    routes: tuple[Route, ...] = (route,)
    if document.aliases and shared:
        routes = _routes_to(document, parent, index, node) if through or parent is not None else routes
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


def _refuse_shared(document: Document, node: Scalar | Mapping | Sequence, route: Route) -> None:
    if node.anchor is not None and any(alias.target is node for alias in document.aliases):
        raise _shared(document, node, route, node.outer_start)


def _shared(document: Document, node: Scalar | Mapping | Sequence, route: Route, at: int) -> SharedNode:
    source = document.source
    uses = [alias for alias in document.aliases if alias.target is node]
    places = (source.place(node.outer_start), *(source.place(alias.start) for alias in uses))
    name = node.anchor
    return SharedNode(
        f"{show(route)} is shared: &{name} in line {places[0].line} is also used as *{name} in line "
        f"{', '.join(str(place.line) for place in places[1:])}.",
        place=source.place(at),
        users=places,
    )


def _routes_to(document: Document, parent: Mapping | Sequence | None, index: int, node: Node) -> tuple[Route, ...]:
    """Every route to one place in the text, aliases followed."""
    assert document.root is not None
    return tuple(
        route
        for route, holder, at, seen in _visits(document.root, (), None, 0)
        if (holder is parent and at == index) or (not isinstance(node, Alias) and deref(seen) is node)
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
