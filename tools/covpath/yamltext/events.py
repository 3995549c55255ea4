"""What libyaml tells of a text, one thing after the other, as records that are made quickly.

PyYAML's binding calls a class written in Python for each event, which takes nearly as long as libyaml takes to find
it. It looks the class up by its name each time, so a record with the same fields can stand there. Only what asks for
events notices; here that is ``reading`` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from covpath.patterns import compiled_late

with compiled_late("yaml"):
    # Of its dozen patterns libyaml needs none, and one alone takes longer than reading a workflow.
    import yaml
    from yaml import _yaml as binding

StreamStart, StreamEnd = yaml.StreamStartEvent, yaml.StreamEndEvent
DocumentStart, DocumentEnd = yaml.DocumentStartEvent, yaml.DocumentEndEvent
AliasEvent = yaml.AliasEvent
YAMLError, MarkedYAMLError = yaml.YAMLError, yaml.MarkedYAMLError


class ScalarEvent(Struct, gc=False):
    """A scalar; ``style`` is its quote, ``|`` or ``>``, and empty for a plain one."""

    anchor: str | None
    tag: str | None
    implicit: tuple[bool, bool]
    value: str
    start_mark: yaml.Mark
    end_mark: yaml.Mark
    style: str


class _Start(Struct, gc=False):
    """A collection begins; ``flow_style``: in braces or brackets."""

    anchor: str | None
    tag: str | None
    implicit: bool
    start_mark: yaml.Mark
    end_mark: yaml.Mark
    flow_style: bool


class _End(Struct, gc=False):
    """The collection that began last ends."""

    start_mark: yaml.Mark
    end_mark: yaml.Mark


class MappingStart(_Start, gc=False):
    """A mapping begins."""


class MappingEnd(_End, gc=False):
    """A mapping ends."""


class SequenceStart(_Start, gc=False):
    """A sequence begins."""


class SequenceEnd(_End, gc=False):
    """A sequence ends."""


for name, record in {
    "ScalarEvent": ScalarEvent,
    "MappingStartEvent": MappingStart,
    "MappingEndEvent": MappingEnd,
    "SequenceStartEvent": SequenceStart,
    "SequenceEndEvent": SequenceEnd,
}.items():
    setattr(binding, name, record)


def events_of(text: str) -> Callable[[], Any]:
    """What gives the next event of a text each time it is called. It raises YAMLError."""
    return binding.CParser(text).get_event
