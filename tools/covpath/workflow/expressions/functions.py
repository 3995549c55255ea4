"""GitHub's functions over values that may be unknown.

Arguments come as thunks, evaluated only where GitHub's own functions evaluate them.
Source: actions/runner, ``src/Sdk/Expressions/Sdk/Functions``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from covpath.terms import Tri
from covpath.workflow.expressions.compare import compared
from covpath.workflow.expressions.contexts import Status
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import (
    Alternative,
    Array,
    Object,
    Open,
    Pieces,
    Unknown,
    Value,
    agreed,
    alternatives,
    as_text,
    concat,
    fold,
    form_of,
    from_tri,
    names_of,
    one_of,
    pattern,
    unknown,
    unknown_text,
)

Thunk = Callable[[], Value]


def call(name: str, args: Sequence[Thunk], status: Status) -> Value:
    """The value of the function ``name``, case aside; the number of arguments has been checked."""
    lower = name.lower()
    if lower in _STATUS_FUNCTIONS:
        return _status(lower, args, status)
    return _FUNCTIONS[lower](args)


def _status(name: str, args: Sequence[Thunk], status: Status) -> Value:
    if name == "always":
        return True
    if args:  # success('a-job'): about named jobs, undocumented
        return from_tri(Tri.UNKNOWN, {f"{name}(...)"})
    tri: Tri = getattr(status, name)
    return from_tri(tri, {f"{name}()"} if tri is Tri.UNKNOWN else ())


def _contains(args: Sequence[Thunk]) -> Value:
    left = args[0]()
    if type(left) is Object or (type(left) is Array and not left.items and not left.rest):
        return False
    right = _attempt(args[1], certain=type(left) is not Unknown and not (type(left) is Array and not left.items))
    found = agreed([_one_contains(one, right) for one in alternatives(left)])
    if found is not Tri.UNKNOWN:
        return found is Tri.TRUE
    names = names_of(left, right)
    if type(left) is Array:
        names |= left.rest | names_of(*left.items)
    return from_tri(found, names)


def _one_contains(left: Alternative, right: Value) -> Tri:
    if type(left) is Open:
        return Tri.UNKNOWN
    if type(left) is Object:
        return Tri.FALSE
    if type(left) is not Array:
        return _on_texts(_text_contains, left, right)
    found = {compared("==", right, item) for item in left.items}
    if Tri.TRUE in found:
        return Tri.TRUE
    return Tri.UNKNOWN if left.rest or Tri.UNKNOWN in found else Tri.FALSE


def _on_texts(test: Callable[[str | Pieces, str | Pieces], Tri], left: Value | Pieces, right: Value) -> Tri:
    """``test`` on every text both sides could be; False for what is an array or object, unknown for anything."""
    if isinstance(left, str) and isinstance(right, str):
        return test(left, right)
    found: list[Tri] = []
    for one, other in product((left,) if type(left) is Pieces else alternatives(left), alternatives(right)):
        if type(one) in _NO_TEXTS or type(other) in _NO_TEXTS:
            found.append(Tri.FALSE)
        elif type(one) is Open or type(other) is Open:
            found.append(Tri.UNKNOWN)
        else:
            found.append(test(form_of(one), form_of(other)))
    return agreed(found)


_NO_TEXTS = frozenset({Array, Object})


def _text_contains(text: str | Pieces, part: str | Pieces) -> Tri:
    if isinstance(part, str):
        if isinstance(text, str):
            return Tri.of(fold(part) in fold(text))
        return Tri.TRUE if any(fold(part) in fold(piece) for piece in text.pieces) else Tri.UNKNOWN
    if isinstance(text, str) and not all(fold(piece) in fold(text) for piece in part.pieces):
        return Tri.FALSE
    return Tri.UNKNOWN


def _begins(text: str | Pieces, part: str | Pieces) -> Tri:
    return _at_edge(_edge(text, 0), _edge(part, 0), str.startswith)


def _ends(text: str | Pieces, part: str | Pieces) -> Tri:
    return _at_edge(_edge(text, -1), _edge(part, -1), str.endswith)


def _edge(text: str | Pieces, which: int) -> tuple[str, bool]:
    """The known text at one end, and whether it is all there is."""
    return (fold(text), True) if isinstance(text, str) else (fold(text.pieces[which]), False)


def _at_edge(text: tuple[str, bool], part: tuple[str, bool], test: Callable[[str, str], bool]) -> Tri:
    (known, complete), (wanted, certain) = text, part
    if certain and test(known, wanted):
        return Tri.TRUE
    if test(known, wanted) or (not complete and test(wanted, known)):
        return Tri.UNKNOWN
    return Tri.FALSE


def _edge_function(test: Callable[[str | Pieces, str | Pieces], Tri]) -> Callable[[Sequence[Thunk]], Value]:
    def function(args: Sequence[Thunk]) -> Value:
        left = args[0]()
        if type(left) is Array or type(left) is Object:
            return False
        right = _attempt(args[1], certain=type(left) is not Unknown)
        return from_tri(_on_texts(test, left, right), names_of(left, right))

    return function


def _join(args: Sequence[Thunk]) -> Value:
    items = args[0]()
    if isinstance(items, Unknown):
        if any(isinstance(one, (Open, Array)) for one in items.among):
            return unknown(*items.names)
        return as_text(one_of(items.names, ["" if isinstance(one, Object) else one for one in items.among]))
    if isinstance(items, Object):
        return ""
    if not isinstance(items, Array):
        return as_text(items)
    if items.rest:
        return unknown_text(*items.rest, *names_of(*items.items))
    separator: Value = ","
    if len(args) > 1 and len(items.items) > 1:
        separator = args[1]()
        if isinstance(separator, (Array, Object)):
            separator = ","
        if isinstance(separator, Unknown):
            separator = unknown_text(*separator.names)
    parts: list[Value] = []
    for item in items.items:
        parts.extend([separator, item] if parts else [item])
    return concat(parts)


def _format(args: Sequence[Thunk]) -> Value:
    # Imported here, as below what reads and writes JSON: few expressions call these functions.
    from covpath.workflow.expressions.formatting import formatted

    template = as_text(args[0]())
    if isinstance(template, Unknown):
        return unknown(*template.names)  # it could also be no format at all
    return formatted(template, args[1:])


def _to_json(args: Sequence[Thunk]) -> Value:
    from covpath.workflow.expressions import json_text

    return json_text.written(args[0]())


def _from_json(args: Sequence[Thunk]) -> Value:
    from covpath.workflow.expressions import json_text

    source = args[0]()
    text = as_text(source)
    if not isinstance(text, Unknown):
        return json_text.read(text)
    found: list[Alternative] = []
    for one in text.among:
        try:
            found.extend(alternatives(json_text.read(one)) if isinstance(one, str) else (Open.ANY,))
        except ExpressionError:
            found.append(Open.ANY)  # the evaluation fails, if it is this one
    return one_of(text.names, found)


def _hash_files(args: Sequence[Thunk]) -> Value:
    shown = ", ".join(f"'{pattern(arg())}'" for arg in args)
    return unknown_text(f"hashFiles({shown})")


def _case(args: Sequence[Thunk]) -> Value:
    """The first branch whose predicate holds; of predicates that are not known, each branch it could be."""
    found: list[Alternative] = []
    names: frozenset[str] = frozenset()
    for predicate, then in zip(args[:-1:2], args[1::2], strict=True):
        value = _attempt(predicate, certain=not found)
        names |= names_of(value)
        among = alternatives(value)
        if not any(isinstance(one, (bool, Open)) for one in among):
            if not found:
                raise ExpressionError("A predicate of 'case' is not a boolean.")
            return one_of(names, [*found, Open.ANY])
        if value is False:
            continue
        if not all(isinstance(one, bool) for one in among):
            found.append(Open.ANY)
        branch = _attempt(then, certain=value is True and not found)
        if value is True and not found:
            return branch
        names |= names_of(branch)
        found.extend(alternatives(branch))
        if value is True:
            return one_of(names, found)
    last = _attempt(args[-1], certain=not found)
    return one_of(names | names_of(last), [*found, *alternatives(last)]) if found else last


def _attempt(thunk: Thunk, *, certain: bool) -> Value:
    """The value of an argument; anything, where it fails but may never be asked for."""
    try:
        return thunk()
    except ExpressionError:
        if certain:
            raise
        return unknown()


_STATUS_FUNCTIONS = {"always", "success", "failure", "cancelled"}
_FUNCTIONS: dict[str, Callable[[Sequence[Thunk]], Value]] = {
    "case": _case,
    "contains": _contains,
    "endswith": _edge_function(_ends),
    "format": _format,
    "fromjson": _from_json,
    "hashfiles": _hash_files,
    "join": _join,
    "startswith": _edge_function(_begins),
    "tojson": _to_json,
}
