"""What a ``strategy.matrix`` says: its lists, what it includes and what it excludes, and what is not known of it."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from covpath.errors import InputError
from covpath.workflow.expressions.value import Array, Object, Scalar, Unknown, Value, fold, unknown
from covpath.workflow.legs import Presence

Route = tuple[str | int, ...]


class MatrixError(InputError):
    """A matrix GitHub refuses; ``route`` leads to the place inside it: keys, and positions from 0."""

    def __init__(self, message: str, route: Route = ()) -> None:
        super().__init__(message)
        self.route = route


class Item(Struct, frozen=True):
    """One value of a list."""

    value: Value
    presence: Presence = Presence.ONE


class Include(Struct, frozen=True):
    """One item of ``include``: what it asks of a combination and what it adds.

    ``certain`` is False where further keys are not known; then it may ask and add anything.
    """

    wanted: Mapping[str, Value]
    added: Mapping[str, Value]
    certain: bool = True


class MatrixSpec(Struct, frozen=True, kw_only=True):
    """A matrix with its expressions evaluated; ``unknown`` names what may make legs nobody can list."""

    lists: Mapping[str, tuple[Item, ...]]
    includes: tuple[Include, ...] = ()
    excludes: tuple[Value, ...] = ()
    unknown: frozenset[str] = frozenset()


def read_matrix(matrix: Value) -> MatrixSpec:
    """The parts of an evaluated matrix. Raises MatrixError for what GitHub refuses."""
    if type(matrix) is Unknown:
        return MatrixSpec(lists={}, unknown=matrix.names)
    if type(matrix) is not Object:
        raise MatrixError("The matrix is not a mapping.")
    given = dict(matrix.entries)
    include = _items(given.pop("include", Array(())), "include")
    exclude = _items(given.pop("exclude", Array(())), "exclude")
    open_ended = frozenset() if matrix.rest is None else frozenset({matrix.rest})
    if not given and not include and not open_ended:
        raise MatrixError("The matrix has no values.")
    own = frozenset(map(fold, given))
    includes = tuple(_include(item, number, own) for number, item in enumerate(include))
    excludes = tuple(_exclude(item, number, own, anything=bool(open_ended)) for number, item in enumerate(exclude))
    for item in include:
        open_ended |= _open(item)
    return MatrixSpec(
        lists={name: _list(name, value) for name, value in given.items()},
        includes=includes,
        excludes=excludes,
        unknown=open_ended,
    )


def _list(name: str, value: Value) -> tuple[Item, ...]:
    if type(value) is Unknown:
        return _choices(value) or (Item(unknown(*value.names), Presence.ANY_NUMBER),)
    if type(value) is not Array:
        raise MatrixError(f"Matrix value '{name}' is not a list.", (name,))
    if not value.items and not value.rest:
        raise MatrixError(f"Matrix vector '{name}' does not contain any values.", (name,))
    further = (Item(unknown(*value.rest), Presence.ANY_NUMBER),) if value.rest else ()
    return (*map(Item, value.items), *further)


def _choices(value: Unknown) -> tuple[Item, ...]:
    """The items of one list or another, where the lists are known; empty where they are not."""
    counts: dict[tuple[type, Scalar], int] = {}
    for choice in value.among:
        if not isinstance(choice, Array) or choice.rest:
            return ()
        keys: set[tuple[type, Scalar]] = set()
        for item in choice.items:
            if isinstance(item, (Array, Object, Unknown)):
                return ()
            if (type(item), item) not in keys:
                keys.add((type(item), item))
                counts[type(item), item] = counts.get((type(item), item), 0) + 1
    return tuple(
        Item(item, Presence.ONE if count == len(value.among) else Presence.PERHAPS)
        for (_, item), count in counts.items()
    )


def _items(value: Value, key: str) -> tuple[Value, ...]:
    """The items of ``include`` or ``exclude``, a last unknown one where more may follow."""
    if type(value) is Unknown:
        return (unknown(*value.names),)
    if type(value) is not Array:
        raise MatrixError(f"The matrix's '{key}' is not a list.", (key,))
    return (*value.items, unknown(*value.rest)) if value.rest else value.items


def _open(item: Value) -> frozenset[str]:
    """What decides keys of ``item`` that are not known."""
    if type(item) is Unknown:
        return item.names
    return frozenset({item.rest}) if type(item) is Object and item.rest else frozenset()


def _include(item: Value, number: int, own: frozenset[str]) -> Include:
    if type(item) is Unknown:
        return Include({}, {}, certain=False)
    if type(item) is not Object or not (item.entries or item.rest):
        raise MatrixError("A matrix include is not a mapping with values.", ("include", number))
    if not own:
        return Include({}, item.entries, certain=item.rest is None)
    wanted: dict[str, Value] = {}
    added: dict[str, Value] = {}
    for key, value in item.entries.items():
        (wanted if fold(key) in own else added)[key] = value
    return Include(wanted, added, certain=item.rest is None)


def _exclude(item: Value, number: int, own: frozenset[str], *, anything: bool) -> Value:
    if type(item) is Unknown:
        return item
    if type(item) is not Object or not (item.entries or item.rest):
        raise MatrixError("A matrix exclude is not a mapping with values.", ("exclude", number))
    for key in item.entries:
        if fold(key) not in own and not anything:
            raise MatrixError(f"Matrix exclude key '{key}' does not match any key.", ("exclude", number, key))
    return item if item.rest is None else unknown(item.rest)
