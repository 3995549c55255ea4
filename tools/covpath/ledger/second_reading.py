"""The last proof before an exceptions file is written: another library reads it before and after.

ruamel.yaml shares no code with our own reader and edits. What it reads must differ exactly as
was declared, and every comment it sees must still be there. It is imported only here, and so
only when something is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from io import StringIO
from typing import Any

from covpath.errors import ProofFailed
from covpath.yamltext.edit import Change, ChangeKind
from covpath.yamltext.source import Source


def confirm(before: Source, after: Source, changes: Iterable[Change], gone: Iterable[str]) -> None:
    """Raise ProofFailed unless ``after`` differs from ``before`` by ``changes`` and the comments ``gone`` alone."""
    expected = _data(before)
    for change in changes:
        expected = _changed(expected, change)
    if not _alike(expected, _data(after)):
        raise _failed(after, "another reader of YAML finds other data in it than was meant")
    lost = _comments(before) - Counter(gone) - _comments(after)
    if lost:
        raise _failed(after, f"another reader of YAML misses the comment {next(iter(lost))!r}")


def _failed(source: Source, message: str) -> ProofFailed:
    return ProofFailed(f"the planned change cannot be confirmed: {message}.", place=source.place(0))


def _data(source: Source) -> Any:
    """The data as ruamel.yaml's round-trip loader reads it, in plain types; timestamps are strings."""
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import RoundTripConstructor
    from ruamel.yaml.error import YAMLError

    class _AsStrings(RoundTripConstructor):
        """Timestamps are no types of YAML 1.2."""

    _AsStrings.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_yaml_str)
    yaml = YAML(typ="rt", pure=True)
    yaml.allow_duplicate_keys = False
    yaml.Constructor = _AsStrings
    try:
        return _plain(yaml.load(StringIO(_whole(source))))
    except YAMLError as error:
        raise _failed(source, f"another reader of YAML refuses it ({error})") from error


def _whole(source: Source) -> str:
    """The text; a last line without its end is one all the same."""
    return source.text if source.text.endswith("\n") else source.text + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, bool):
        return value
    # ruamel's own kinds of scalars remember how they were written; that is not compared here.
    return next((kind(value) for kind in (int, float, str) if isinstance(value, kind)), value)


def _alike(one: Any, other: Any) -> bool:
    """Equality that keeps 1, 1.0 and true apart. The order of keys is the first proof's."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return type(one) is type(other) and one == other


def _changed(data: Any, change: Change) -> Any:
    """``data`` after one declared change; the edits' own proof has seen that the route is there."""
    if not change.route:
        return deepcopy(change.value)
    *way, last = change.route
    whole = deepcopy(data)
    holder = whole
    for step in way:
        holder = holder[step]
    if change.kind is ChangeKind.REMOVED:
        del holder[last]
    elif isinstance(holder, list) and change.kind is ChangeKind.ADDED:
        holder.insert(int(last), deepcopy(change.value))
    else:
        holder[last] = deepcopy(change.value)
    return whole


def _comments(source: Source) -> Counter[str]:
    """Every comment, as ruamel.yaml's scanner attaches them to its tokens."""
    from ruamel.yaml import YAML

    found: Counter[str] = Counter()
    seen: set[int] = set()
    kept: list[Any] = []
    for token in YAML(typ="rt", pure=True).scan(StringIO(_whole(source))):
        for piece in _pieces(getattr(token, "_comment", None)):
            kept.append(piece)  # so that no identity is used twice
            if id(piece) not in seen:
                seen.add(id(piece))
                text = piece if isinstance(piece, str) else piece.value
                found.update(line.strip() for line in text.splitlines() if line.strip().startswith("#"))
    return found


def _pieces(comment: Any) -> Iterator[Any]:
    if isinstance(comment, list | tuple):
        for part in comment:
            yield from _pieces(part)
    elif comment is not None:
        yield comment
