"""What is wrong with an exceptions file: one sentence and one place each."""

from __future__ import annotations

from msgspec import Struct, field

from covpath.errors import InputError, Place
from covpath.yamltext.nodes import Mapping, Node, Route, deref, node_at
from covpath.yamltext.source import Source


class Problem(Struct, frozen=True, kw_only=True):
    """One thing that is wrong, where, and what to do about it."""

    message: str
    place: Place
    hint: str | None = None

    def __str__(self) -> str:
        then = f" {self.hint}" if self.hint else ""
        return f"{self.place}: {self.message}{then}"


class InvalidExceptions(InputError):
    """An exceptions file that does not say what it must; ``problems`` holds all of it, in the file's order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        first, *rest = problems
        more = f" ({len(rest)} more: covpath exceptions check)" if rest else ""
        super().__init__(first.message + more, place=first.place, hint=first.hint)
        self.problems = problems


class Inspection(Struct):
    """A file under inspection: the way from routes to places, and the problems found so far."""

    source: Source
    root: Node
    found: list[Problem] = field(default_factory=list)
    unsound: set[Route] = field(default_factory=set)
    """The routes of all problems, and all that lead to them."""
    ambiguous: set[Route] = field(default_factory=set)
    """Routes of which it is open which value counts: no more is said about them."""

    def place(self, *route: str | int) -> Place:
        """Where the value at ``route`` stands; the nearest thing around it where it is absent."""
        while (node := node_at(self.root, route)) is None:
            route = route[:-1]
        return self.source.place(node.start)

    def key_place(self, *route: str | int) -> Place:
        """Where the key of the value at ``route`` stands."""
        parent = node_at(self.root, route[:-1])
        real = deref(parent) if parent is not None else None
        entry = real.find(str(route[-1])) if isinstance(real, Mapping) else None
        return self.place(*route) if entry is None else self.source.place(entry.key.start)

    def report(self, message: str, route: Route, *, hint: str | None = None, place: Place | None = None) -> None:
        """Note a problem of the value at ``route``."""
        ways = [route[:length] for length in range(len(route) + 1)]
        if self.ambiguous.isdisjoint(ways):
            self.found.append(Problem(message=message, place=place or self.place(*route), hint=hint))
            self.unsound.update(ways)

    def is_sound(self, *route: str | int) -> bool:
        """Whether nothing at or below ``route`` has a problem so far."""
        return route not in self.unsound

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All that was found, in the file's order, each once."""
        unique = {(problem.place, problem.message): problem for problem in self.found}
        return tuple(sorted(unique.values(), key=lambda problem: (problem.place.line or 0, problem.place.column or 0)))
