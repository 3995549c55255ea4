"""The evaluation of jq's filters; each may put out any number of values."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from covpath.terms import Tri
from covpath.workflow.shell.known.jq_syntax import (
    Application,
    Binding,
    Conditional,
    Constant,
    Filter,
    Identity,
    Infix,
    Joined,
    Listing,
    Member,
    Name,
    Record,
)
from covpath.workflow.shell.known.jq_values import (
    ARITHMETIC,
    MAYBE,
    PLAIN,
    JqError,
    Json,
    Names,
    as_text,
    joined,
    members,
    total,
    unclear,
)
from covpath.workflow.shell.known.texts import Decide, Unclear, equal, found, known, regex

_MOST_STEPS = 20_000


class Runner:
    """Evaluates filters, and asks ``decide`` where a text that is not known would have to be."""

    def __init__(self, decide: Decide) -> None:
        self.decide = decide
        self._steps = 0
        self._ways: dict[type, Callable[[Filter, Json, Names], Iterator[Json]]] = {
            Application: self._application,
            Binding: self._binding,
            Conditional: self._conditional,
            Infix: self._infix,
            Member: self._member,
        }

    def true(self, value: Json) -> bool:
        """Whether a value counts as true: all but null and false."""
        return self.decide(_truth(value))

    def outputs(self, tree: Filter, value: Json, names: Names) -> Iterator[Json]:
        """All outputs of a filter for one input."""
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise Unclear
        match tree:
            case Identity():
                yield value
            case Constant(value=constant):
                yield constant
            case Name(name=name):
                yield names[name] if name in names else unclear()
            case Listing(inner=inner):
                yield [] if inner is None else list(self.outputs(inner, value, names))
            case Record(entries=entries):
                yield self._record(entries, value, names)
            case Joined(parts=parts):
                yield "".join(as_text(self.one(part, value, names)) for part in parts)
            case _:
                yield from self._ways[type(tree)](tree, value, names)

    def one(self, tree: Filter, value: Json, names: Names) -> Json:
        """The only output of a filter."""
        values = list(self.outputs(tree, value, names))
        return values[0] if len(values) == 1 else unclear()

    def same(self, left: Json, right: Json) -> bool:
        """Whether two values are equal."""
        return self.decide(_truth(self._equal(left, right)))

    def _equal(self, left: Json, right: Json) -> Json:
        if isinstance(left, str) and isinstance(right, str):
            return _boolean(equal(left, right))
        if isinstance(left, list) and isinstance(right, list):
            return len(left) == len(right) and all(map(self.same, left, right))
        if isinstance(left, dict) and isinstance(right, dict):
            return left.keys() == right.keys() and all(self.same(left[key], right[key]) for key in left)
        return type(left) is type(right) and left == right

    def _binding(self, tree: Filter, value: Json, names: Names) -> Iterator[Json]:
        assert isinstance(tree, Binding)
        for bound in self.outputs(tree.source, value, names):
            yield from self.outputs(tree.body, value, {**names, tree.name: bound})

    def _conditional(self, tree: Filter, value: Json, names: Names) -> Iterator[Json]:
        assert isinstance(tree, Conditional)
        for answer in self.outputs(tree.condition, value, names):
            yield from self.outputs(tree.then if self.true(answer) else tree.otherwise, value, names)

    def _member(self, tree: Filter, value: Json, names: Names) -> Iterator[Json]:
        assert isinstance(tree, Member)
        for target in self.outputs(tree.target, value, names):
            if tree.key is not None:
                for key in self.outputs(tree.key, value, names):
                    yield _index(target, key, quiet=tree.quiet)
            elif isinstance(target, (list, dict)) or not tree.quiet:
                yield from members(target)

    def _record(self, entries: tuple[tuple[Filter, Filter], ...], value: Json, names: Names) -> Json:
        made: dict[str, Json] = {}
        for key, item in entries:
            name = self.one(key, value, names)
            if not isinstance(name, str):
                raise JqError
            made[name] = self.one(item, value, names)
        return made

    def _infix(self, tree: Filter, value: Json, names: Names) -> Iterator[Json]:
        assert isinstance(tree, Infix)
        match tree.operator:
            case "|":
                for between in self.outputs(tree.left, value, names):
                    yield from self.outputs(tree.right, between, names)
            case ",":
                yield from self.outputs(tree.left, value, names)
                yield from self.outputs(tree.right, value, names)
            case "//":
                good = [one for one in self.outputs(tree.left, value, names) if self.true(one)]
                yield from good or self.outputs(tree.right, value, names)
            case "and" | "or" as operator:
                for left in self.outputs(tree.left, value, names):
                    for right in self.outputs(tree.right, value, names):
                        yield _joined(operator, _truth(left), _truth(right))
            case operator:
                for right in self.outputs(tree.right, value, names):
                    for left in self.outputs(tree.left, value, names):
                        yield self._computed(operator, left, right)

    def _computed(self, operator: str, left: Json, right: Json) -> Json:
        if operator == "==":
            return self._equal(left, right)
        if operator == "!=":
            return _boolean(_truth(self._equal(left, right)).negate())
        if operator == "+":
            return total(left, right)
        if operator == "-" and isinstance(left, list) and isinstance(right, list):
            return [one for one in left if not any(self.same(one, other) for other in right)]
        if isinstance(left, float) and isinstance(right, float) and operator in ARITHMETIC:
            return ARITHMETIC[operator](left, right)
        raise Unclear

    def _application(self, tree: Filter, value: Json, names: Names) -> Iterator[Json]:
        assert isinstance(tree, Application)
        match tree.name, tree.args:
            case "not", ():
                yield _boolean(_truth(value).negate())
            case "empty", ():
                return
            case "values", ():
                yield from () if value is None else (value,)
            case "error", _:
                raise JqError
            case "halt", ():
                raise JqError(0)
            case "halt_error", _:
                raise JqError
            case ("all" | "any") as name, args if len(args) < 3:
                yield self._quantified(name, args, value, names)
            case "select", (test,):
                yield from (value for answer in self.outputs(test, value, names) if self.true(answer))
            case "map", (inner,):
                yield [out for item in members(value) for out in self.outputs(inner, item, names)]
            case "IN", (source,):
                yield any(self.same(value, other) for other in self.outputs(source, value, names))
            case name, () if name in PLAIN:
                yield PLAIN[name](value, self.same)
            case name, (argument,):
                yield self._about(name, value, self.one(argument, value, names))
            case _:
                raise Unclear

    def _quantified(self, name: str, args: tuple[Filter, ...], value: Json, names: Names) -> bool:
        items = members(value) if len(args) < 2 else list(self.outputs(args[0], value, names))
        test = args[-1] if args else Identity()
        found = {_truth(answer) for item in items for answer in self.outputs(test, item, names)}
        deciding = Tri.FALSE if name == "all" else Tri.TRUE
        if deciding in found:
            return deciding is Tri.TRUE
        return self.decide(Tri.UNKNOWN) if Tri.UNKNOWN in found else deciding is Tri.FALSE

    def _about(self, name: str, value: Json, other: Json) -> Json:
        match name, value, other:
            case "has", dict(), str():
                return other in value
            case "join", list(), str():
                return joined(value, other)
            case "contains", list(), list():
                return all(any(self._holds(one, wanted) for one in value) for wanted in other)
            case (("contains" | "startswith" | "endswith" | "test"), str(), str()):
                return self._about_text(name, value, other)
            case _:
                raise Unclear

    def _holds(self, one: Json, wanted: Json) -> bool:
        if isinstance(one, str) and isinstance(wanted, str):
            return self._about_text("contains", one, wanted)
        return self.same(one, wanted)

    def _about_text(self, name: str, value: str, other: str) -> bool:
        if name == "test":
            return self.decide(found(regex(other), value))
        if not known(value) or not known(other):
            return self.decide(Tri.UNKNOWN)
        if name == "contains":
            return other in value
        return value.startswith(other) if name == "startswith" else value.endswith(other)


def _truth(value: Json) -> Tri:
    return Tri.UNKNOWN if value is MAYBE else Tri.of(value is not None and value is not False)


def _boolean(value: Tri) -> Json:
    return MAYBE if value is Tri.UNKNOWN else value is Tri.TRUE


def _joined(operator: str, left: Tri, right: Tri) -> Json:
    deciding = Tri.TRUE if operator == "or" else Tri.FALSE
    if deciding in (left, right):
        return deciding is Tri.TRUE
    return MAYBE if Tri.UNKNOWN in (left, right) else deciding is Tri.FALSE


def _index(target: Json, key: Json, *, quiet: bool) -> Json:
    if target is None:
        return None
    if isinstance(target, dict) and isinstance(key, str):
        return target.get(key) if known(key) else unclear()
    if isinstance(target, list) and isinstance(key, float):
        return target[int(key)] if -len(target) <= key < len(target) else None
    raise Unclear if quiet else JqError
