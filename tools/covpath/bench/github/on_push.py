"""What is different for a job when a push to a branch of its own starts it: conditions, and what is empty then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from covpath.errors import Place
from covpath.terms import Tri
from covpath.workflow.expressions.condition import condition, evaluate_condition
from covpath.workflow.expressions.contexts import SUCCEEDED, Contexts
from covpath.workflow.expressions.references import Reference, references_in
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Object, Plain
from covpath.workflow.model import Workflow
from covpath.yamltext.nodes import Mapping as MappingNode
from covpath.yamltext.nodes import Node, Scalar, deref
from covpath.yamltext.nodes import Sequence as List

_EMPTY_IN_EVENT = (
    *("pull_request", "merge_group", "workflow_run", "release", "schedule", "inputs", "issue", "comment"),
    *("client_payload", "action", "number", "label", "review", "deployment"),
)
"""Parts of ``github.event`` that a push does not have."""


class Remark(Struct, frozen=True, kw_only=True):
    """Something to know before the workflow is pushed; ``risk`` marks what may make the run differ or fail."""

    message: str
    place: Place | None = None
    risk: bool = False

    def __str__(self) -> str:
        where = f" (line {self.place.line})" if self.place is not None and self.place.line is not None else ""
        return f"{self.message}{where}"


class Use(Struct, frozen=True, kw_only=True):
    """A context that a kept part of the job reads, and the scalar it stands in."""

    reference: Reference
    scalar: Scalar


def push_contexts(branch: str, leg: Mapping[str, Plain] | None = None) -> Contexts:
    """What an expression sees when a push to ``branch`` starts the job; the rest stays unknown."""
    event: dict[str, Plain] = dict.fromkeys(_EMPTY_IN_EVENT)
    github: dict[str, Plain] = {
        "event_name": "push",
        "ref": f"refs/heads/{branch}",
        "ref_name": branch,
        "ref_type": "branch",
        "base_ref": "",
        "head_ref": "",
    }
    known = Contexts.of({"inputs": {}, "matrix": None if leg is None else dict(leg)}, status=SUCCEEDED)
    payload = Object(Contexts.of(event).values, "github.event")
    return known.but(
        github=Object({**Contexts.of(github).values, "event": payload}, "github"), vars=Object({}, "vars", texts=True)
    )


def holds(text: str, contexts: Contexts) -> Tri:
    """Whether an ``if:`` holds where everything before it went well; unknown where it cannot be read."""
    try:
        return evaluate_condition(condition(text), contexts)
    except ExpressionError:
        return Tri.UNKNOWN


def uses(nodes: Iterable[Node]) -> Iterator[Use]:
    """Every context path read anywhere in ``nodes``, aliases followed."""
    for node in nodes:
        for scalar, bare in _scalars(node):
            yield from _uses(scalar, bare=bare)


def condition_uses(scalar: Scalar) -> Iterator[Use]:
    """Every context path that an ``if:`` reads."""
    yield from _uses(scalar, bare=True)


def _uses(scalar: Scalar, *, bare: bool) -> Iterator[Use]:
    try:
        found = references_in(scalar.value, bare=bare)
    except ExpressionError:
        return
    yield from (Use(reference=reference, scalar=scalar) for reference in found)


def _scalars(node: Node, bare: bool = False) -> Iterator[tuple[Scalar, bool]]:
    real = deref(node)
    if isinstance(real, Scalar):
        yield real, bare
    elif isinstance(real, List):
        for item in real.items:
            yield from _scalars(item)
    else:
        assert isinstance(real, MappingNode)
        for entry in real.entries:
            yield from _scalars(entry.value, bare=entry.key.value == "if")


def empty_on_push(workflow: Workflow, found: Iterable[Use]) -> Iterator[Remark]:
    """What a kept part reads and a push does not give, once for each context path."""
    lines: dict[str, list[Place]] = {}
    for use in found:
        path = tuple(part.lower() for part in use.reference.path)
        if _is_empty(path):
            lines.setdefault(str(use.reference), []).append(workflow.place(use.scalar))
    for name, places in lines.items():
        numbers = ", ".join(dict.fromkeys(str(place.line) for place in places))
        yield Remark(
            message=f"{name} is empty when a push starts the job: line{'s' if ',' in numbers else ''} {numbers}",
            risk=True,
        )


def _is_empty(path: tuple[str, ...]) -> bool:
    if path[:2] in (("github", "head_ref"), ("github", "base_ref")) or path[0] == "inputs":
        return True
    return path[:2] == ("github", "event") and len(path) > 2 and path[2] in _EMPTY_IN_EVENT


def secrets_used(found: Iterable[Use]) -> tuple[str, ...]:
    """Names of the secrets read, without the token every job has; ``*`` for all of them."""
    names = [
        use.reference.path[1] if len(use.reference.path) > 1 else "*"
        for use in found
        if use.reference.path[0].lower() == "secrets"
    ]
    return tuple(dict.fromkeys(name for name in names if name.upper() != "GITHUB_TOKEN"))
