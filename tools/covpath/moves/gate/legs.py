"""The gate of single legs of a matrix: a condition on the matrix, or the value a condition reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from covpath.errors import Refusal
from covpath.gate.checks import matrix_of
from covpath.gate.verdict import JobVerdict
from covpath.moves.gate import announce
from covpath.moves.gate.flags import FLAG, may_be_on
from covpath.moves.gate.outside import say_names, say_still_red
from covpath.moves.gate.subject import Subject
from covpath.moves.matrix_legs import LegView, choose, legs
from covpath.moves.proposal import Draft
from covpath.terms import Gate
from covpath.workflow.expressions.references import references
from covpath.workflow.expressions.template import read_template
from covpath.workflow.expressions.tree import Expr, ExpressionError, Logic
from covpath.workflow.model import Job
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.nodes import Route, Scalar, Sequence, deref
from covpath.yamltext.operations import remove_key, set_key, set_value

Try = Callable[[Draft], None]


def propose_leg_gate(subject: Subject, gate: Gate, spec: str) -> None:
    """Give the legs ``spec`` means the gate, and leave the others theirs.

    Raises Refusal where no known change does that.
    """
    draft = subject.draft
    chosen = choose(draft.job, spec)
    every = legs(draft.job)
    before = gates(draft.job, subject.verdict())
    wanted = tuple(gate if leg in chosen else now for leg, now in zip(every, before, strict=True))
    draft.expected_legs[draft.job_id] = wanted
    if before == wanted:
        return
    condition = _condition(every, chosen, spec)
    for way in _ways(subject, gate, condition):
        trial = draft.trial()
        try:
            way(trial)
        except Refusal:
            continue
        if gates(trial.job, subject.verdict_in(trial)) == wanted:
            way(draft)
            draft.titles.append(f"make {spec} {gate}")
            say_names(draft, subject.judging, every, legs(draft.job))
            if gate is Gate.ADVISORY and draft.job.continue_on_error is not None:
                say_still_red(draft, subject.judging, [leg.check for leg in chosen])
            return
    raise Refusal(
        f"no edit known to be safe makes the leg {spec!r} of job {draft.job_id!r} {gate} and leaves the others.",
        place=draft.workflow.place(draft.job.continue_on_error or draft.job.key),
        hint=f"The condition that would do it: {condition}.",
    )


def gates(job: Job, verdict: JobVerdict) -> tuple[Gate, ...]:
    """The gate of each leg, in the order of the legs."""
    told = {leg.check: leg.gate for leg in verdict.legs}
    return tuple(told.get(leg.check, verdict.gate) for leg in legs(job))


def _condition(every: tuple[LegView, ...], chosen: tuple[LegView, ...], spec: str) -> str:
    """An expression that is true for the chosen legs only."""
    if "=" in spec and all(leg.check != spec for leg in every):
        pairs = [part.partition("=") for part in spec.split(",")]
        keys = [(key.strip().removeprefix("matrix."), value.strip()) for key, _, value in pairs]
    else:
        others = [leg for leg in every if leg not in chosen]
        values = chosen[0].values
        own = [key for key in values if all(other.values.get(key) != values[key] for other in others)]
        keys = [(key, values[key]) for key in (own[:1] or list(values))]
    return " && ".join(f"matrix.{key} == {_written(value)}" for key, value in keys)


def _written(value: str) -> str:
    if value in ("true", "false") or value.replace(".", "", 1).isdigit():
        return value
    return "'" + value.replace("'", "''") + "'"


def _ways(subject: Subject, gate: Gate, condition: str) -> Iterator[Try]:
    """The changes to try: the value the flag reads, the flag itself."""
    draft = subject.draft
    step = subject.step(subject.verdict())
    flagged = [
        (scalar, route)
        for scalar, route in ((draft.job.continue_on_error, draft.job.route), (step.continue_on_error, step.route))
        if scalar is not None and may_be_on(scalar)
    ]
    for scalar, route in flagged:
        yield from _values(draft, scalar, gate)
        yield from _conditions(scalar, (*route, FLAG), gate, condition)
    if not flagged and gate is Gate.ADVISORY:
        yield from _new_flag(subject, step.index, condition)


def _values(draft: Draft, scalar: Scalar, gate: Gate) -> Iterator[Try]:
    """The entry of ``include`` (or of a list) whose yes or no the flag reads."""
    on = gate is Gate.ADVISORY
    matrix = matrix_of(draft.job)
    base: Route = (*draft.job.route, "strategy", "matrix")
    for path in _read(scalar):
        for entry in matrix.entries if matrix is not None else ():
            items = deref(entry.value)
            if not isinstance(items, Sequence) or entry.key.value == "exclude":
                continue
            inner = path if entry.key.value == "include" else path[1:] if entry.key.value == path[0] else ()
            for index in range(len(items.items)) if len(inner) == 1 else ():
                route = (*base, entry.key.value, index)
                if not on:
                    yield _removing((*route, inner[0]))
                yield _setting(route, inner[0], on)


def _removing(route: Route) -> Try:
    return lambda draft: _made(draft.make(remove_key(draft.workflow.document, route, why="let this leg block")))


def _setting(route: Route, key: str, on: bool) -> Try:
    return lambda draft: _made(draft.make(set_key(draft.workflow.document, route, key, on, why="for this leg")))


def _made(done: bool) -> None:
    del done


def _read(scalar: Scalar) -> Iterator[tuple[str, ...]]:
    for expression in _expressions(scalar):
        for reference in references(expression):
            if reference.path[0].lower() == "matrix" and "*" not in reference.path and len(reference.path) > 1:
                yield reference.path[1:]


def _expressions(scalar: Scalar) -> tuple[Expr, ...]:
    try:
        return read_template(scalar.value).expressions
    except ExpressionError:
        return ()


def _conditions(scalar: Scalar, route: Route, gate: Gate, condition: str) -> Iterator[Try]:
    """The flag's own condition, wider or narrower by the legs that are meant."""
    found = _expressions(scalar)
    if not found:
        if gate is Gate.BLOCKING:
            text = "${{ " + _opposite(condition) + " }}"
            yield lambda draft: _made(draft.make(set_value(draft.workflow.document, route, text, why="not this leg")))
        return
    expression = found[0]
    if gate is Gate.ADVISORY:
        yield _splicing(route, expression.end, expression.end, f" || {condition}")
        return
    if scalar.value[expression.start : expression.end] == condition:
        yield _removing(route)
    if isinstance(expression, Logic) and expression.operator == "||":
        for number, arg in enumerate(expression.args):
            if scalar.value[arg.start : arg.end] == condition:
                start = expression.args[number - 1].end if number else arg.start
                end = arg.end if number else expression.args[1].start
                yield _splicing(route, start, end, "")


def _opposite(condition: str) -> str:
    return condition.replace(" == ", " != ") if " && " not in condition else f"!({condition})"


def _splicing(route: Route, start: int, end: int, new: str) -> Try:
    return lambda draft: _made(
        draft.make(replace_in_scalar(draft.workflow.document, route, start, end, new, why="for this leg"))
    )


def _new_flag(subject: Subject, index: int, condition: str) -> Iterator[Try]:
    text = "${{ " + condition + " }}"
    verdict = subject.verdict()
    required = subject.judging.required
    if not any(required.requires(check) for check in verdict.checks):
        yield lambda draft: _made(
            draft.make(
                set_key(
                    draft.workflow.document,
                    draft.job.route,
                    FLAG,
                    text,
                    after=("name", "needs", "if", "runs-on", "timeout-minutes"),
                    why="let the run pass when this leg fails",
                )
            )
        )

    def by_step(draft: Draft) -> None:
        step = draft.job.steps[index]
        draft.make(set_key(draft.workflow.document, step.route, FLAG, text, why="let the step fail in this leg"))
        announce.add(draft, draft.job.steps[index], verdict.checks[0] if verdict.checks else str(draft.job_id))

    yield by_step
