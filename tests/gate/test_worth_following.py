"""Which steps are followed whatever they say: those that begin with what an expression or a variable comes to."""

from __future__ import annotations

import textwrap

import pytest

from covpath.gate.tracing.worth_following import is_given
from covpath.terms import JobId
from judging import workflow


@pytest.mark.parametrize(
    ("script", "given"),
    [
        ("make test", False),
        ("echo $x", False),
        ("run --with \\\n  $x \\\n  ${{ matrix.args }}", False),
        ("$x = 1\n$env:PATH += ';x'\n$y+= 2", False),
        ("$x", True),
        ("make\n$MAKE = 1\n$MAKE test", True),
        ("${TOOL} test", True),
        ("  '${{ matrix.run }}'", True),
        ("A=b ${{ matrix.run }}", True),
    ],
)
def test_what_is_given(script: str, given: bool) -> None:
    text = "on: push\njobs:\n  a:\n    runs-on: u\n    steps:\n      - run: |\n"
    found = workflow(text + textwrap.indent(script, " " * 10) + "\n")
    assert is_given(found.jobs[JobId("a")].steps[0]) is given
