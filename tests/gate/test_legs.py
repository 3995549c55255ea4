"""The legs of a matrix without expressions are those that GitHub's own way of expanding it gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from covpath.errors import CovpathError, InputError
from covpath.gate.checks import legs_of, matrix_of, plain_legs
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.value import Array, Object, Value
from covpath.workflow.legs import NO_MATRIX, Leg
from covpath.workflow.matrix import expand
from covpath.workflow.model import Job
from covpath.workflow.reading import read_workflow
from covpath.yamltext.nodes import to_plain
from judging import workflow
from shared_data import shared_path

NOTHING = Contexts({})


def shown(value: Value) -> Any:
    if isinstance(value, Object):
        return {key: shown(one) for key, one in value.entries.items()}, value.rest, value.texts
    if isinstance(value, Array):
        return [shown(one) for one in value.items], value.rest
    return type(value), repr(value)


def told(legs: tuple[Leg, ...]) -> list[Any]:
    return [(shown(leg.values), [shown(one) for one in leg.shown], leg.presence) for leg in legs]


def the_whole_way(job: Job) -> tuple[Leg, ...]:
    matrix = matrix_of(job)
    try:
        return expand(to_plain(matrix), NOTHING) if matrix is not None else (NO_MATRIX,)
    except InputError:
        return (NO_MATRIX,)


SCALAR = st.sampled_from(
    ["a", "B", "3.10", "1", "true", "''", "null", "~", "0x1f", "1e3", "'${{ 1 }}'", "'a ${{ github.ref }}'"]
)
VALUE = st.one_of(
    SCALAR, st.builds("{{x: {}, y: [{}]}}".format, SCALAR, SCALAR), st.builds("[{}, {}]".format, SCALAR, SCALAR)
)
LIST = st.lists(VALUE, max_size=3).map(lambda values: f"[{', '.join(values)}]")


def written(mapping: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in mapping.items()) + "}"


ITEM = st.dictionaries(st.sampled_from(["OS", "n", "more"]), VALUE, max_size=3).map(written)
ITEMS = st.lists(ITEM, max_size=3).map(lambda items: f"[{', '.join(items)}]")
KEYS = {"os": LIST, "n": LIST, "include": ITEMS, "exclude": ITEMS, "x": VALUE}
MATRIX = st.fixed_dictionaries({}, optional=KEYS).map(written)


@given(MATRIX)
def test_legs_are_those_of_the_whole_way(matrix: str) -> None:
    text = f"on: push\njobs:\n  a:\n    runs-on: u\n    steps: [{{run: m}}]\n    strategy:\n      matrix: {matrix}\n"
    (job,) = workflow(text).jobs.values()
    if (plain := plain_legs(job)) is not None:
        assert told(plain) == told(the_whole_way(job))
    else:
        assert "${{" in matrix
    assert told(legs_of(job, NOTHING)) == told(the_whole_way(job))


@pytest.mark.slow
@pytest.mark.shared
def test_and_so_they_are_in_real_workflows() -> None:
    several = 0
    for path in sorted(shared_path("corpus/dev").glob("*/*.y*ml")):
        try:
            one = read_workflow(f".github/workflows/{path.name}", path.read_bytes())
        except CovpathError:
            continue
        for job in one.jobs.values():
            if job.strategy is not None and matrix_of(job) is None:
                continue
            assert told(legs_of(job, NOTHING)) == told(the_whole_way(job))
            several += len(legs_of(job, NOTHING)) > 1
    assert several > 300
