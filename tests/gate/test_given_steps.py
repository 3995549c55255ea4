from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from covpath.backends import foreign, table
from covpath.backends.configured import CONFIGURABLE
from covpath.errors import CovpathError
from covpath.gate.tracing import given_steps
from covpath.gate.tracing.chains import Tracer
from covpath.gate.tracing.traced import Trace
from covpath.patterns import holds_one
from covpath.workflow.calls import link
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow
from covpath.workflow.recipes.follow import _OF
from shared_data import shared_path


def test_every_program_that_a_file_leads_on_is_known() -> None:
    assert {*_OF, *CONFIGURABLE} <= given_steps.LEADING_ON


def test_every_command_of_a_backend_holds_a_word() -> None:
    assert all(holds_one(hint, given_steps.WORDS) for hint in table._HINTS)


@pytest.mark.parametrize("tool", foreign._TABLE, ids=lambda tool: f"{tool.name}-{tool.programs}")
def test_every_command_known_by_sight_holds_a_word_or_is_of_a_program(tool: foreign._Tool) -> None:
    parsed = re._parser.parse(tool.pattern.pattern, tool.pattern.flags)  # type: ignore[attr-defined]
    for program in tool.programs.split():
        shown = holds_one(program, given_steps.WORDS) or program in given_steps.PROGRAMS
        assert shown or needs_a_word(parsed)


@pytest.mark.parametrize(
    ("pattern", "needed"),
    [
        ("cov", True),
        ("a|cov", False),
        ("acov|xcovy", True),
        ("(?:cov)?", False),
        ("[cC]over", True),
        ("(?!cov)a", False),
    ],
)
def test_the_test_of_that_can_fail(pattern: str, needed: bool) -> None:
    assert needs_a_word(re._parser.parse(pattern)) is needed  # type: ignore[attr-defined]


def needs_a_word(pattern: Iterable[Any], before: str = "") -> bool:
    """Whether whatever a parsed pattern matches holds one of the words; ``before`` are letters in front of it."""
    items = list(pattern)
    for number, (operation, argument) in enumerate(items):
        rest = items[number + 1 :]
        match str(operation):
            case "LITERAL":
                before += chr(argument)
                if holds_one(before, given_steps.WORDS):
                    return True
            case "SUBPATTERN":
                return needs_a_word([*argument[-1], *rest], before)
            case "BRANCH":
                return all(needs_a_word([*way, *rest], before) for way in argument[1])
            case "MAX_REPEAT" | "MIN_REPEAT" if argument[0] > 0 and needs_a_word(argument[2], before):
                return True
            case "ASSERT" if argument[0] > 0 and needs_a_word(argument[1]):
                return True
            case "AT" | "ASSERT" | "ASSERT_NOT":
                pass
            case _:
                before = ""
    return False


def whole_way(monkeypatch: pytest.MonkeyPatch, tracer: Tracer, workflow: Workflow) -> list[Trace]:
    with monkeypatch.context() as patched:
        patched.setattr(given_steps, "may_measure", lambda *_: True)
        return [tracer.trace(workflow, job) for job in workflow.jobs.values()]


def check(monkeypatch: pytest.MonkeyPatch, workflow: Workflow, files: Sequence[str], text: str = "") -> bool:
    """Whether anything measures, which the short way has to find as the whole way does."""
    read = dict.fromkeys(files, text).get
    links = link([workflow])
    top = frozenset(file.partition("/")[0] for file in files) | {".github"}
    short = [Tracer(read, links, top=top).trace(workflow, job) for job in workflow.jobs.values()]
    assert short == whole_way(monkeypatch, Tracer(read, links, top=top), workflow)
    return any(trace.found for trace in short)


PARTS = (
    *("$A", "${A}", "$B", "${{ matrix.x }}", "${{ matrix.y }}", "${{ inputs.z }}", "'$A'", '"$B"', "$C", "${D}"),
    *(
        "c",
        "co",
        "g",
        "py",
        "no",
        "run",
        "test",
        "-",
        "/",
        "\\",
        "\\\n",
        " ",
        " ",
        "\n",
        "\n",
        "./",
        "x.sh",
        "A=8",
        "B=v",
    ),
    *("export A=cov", "make", "geninfo ", "pytest", "go test -", "8", "sub", "cd sub", ".github/", "tap --100"),
)
VALUES = ("8", "8 x", "v", "ov", "cov", "x", "make", "./x.sh", "sub", "", "test")
FILES = ("Makefile", "x.sh", "sub/Makefile", "sub/x.sh", ".github/x.sh", "pyproject.toml", "odd name")


@given(
    st.lists(st.sampled_from(PARTS), min_size=1, max_size=7),
    st.lists(st.sampled_from(VALUES), min_size=3, max_size=3),
    st.sets(st.sampled_from(FILES)),
    st.sampled_from(["", "sub", "${{ matrix.y }}"]),
)
@example(["$A", " x\n", "c", "${{ matrix.x }}", " ", "test"], ["8", "x", "x"], set(), "")
@example(["$C", "cov x"], ["x", "x", "g"], set(), "")
@example(["$C"], ["x", "x", "make"], {"sub/Makefile"}, "sub")
@example(["$C"], ["x", "sub", "make"], {"sub/Makefile"}, "${{ matrix.y }}")
@example(["A=8", "\n", "A=9", "\n", "c", "${A}", " x"], ["x", "x", "x"], set(), "")
@example(["$C"], ["x", "x", "./x.sh"], {"x.sh"}, "")
def test_what_is_given_is_followed_where_it_may_measure(
    parts: list[str], values: list[str], files: set[str], directory: str
) -> None:
    lines = "".join(f"          {line}\n" for line in "".join(parts).split("\n"))
    text = (
        "on:\n  workflow_dispatch:\n    inputs:\n"
        f"      z: {{default: '{values[0]}'}}\n"
        "jobs:\n  a:\n    runs-on: x\n    strategy:\n      matrix:\n"
        f"        x: ['1', '{values[0]}']\n        y: ['2', '{values[1]}']\n"
        f"    env: {{C: '{values[2]}', D: '${{{{ matrix.x }}}}'}}\n"
        f"    steps:\n      - run: |\n          :\n{lines}"
    )
    workflow = read_workflow(".github/workflows/w.yml", f"{text}        working-directory: {directory}\n".encode())
    with pytest.MonkeyPatch.context() as monkeypatch:
        check(monkeypatch, workflow, sorted(files), "cov x\nall:\n\tgcovr -o x\n\n[tool.pytest.ini_options]\n")


@pytest.mark.parametrize(
    ("script", "measures"),
    [
        ("$C", True),
        ("'$C'", False),
        ("$E x", False),
        ("$X\nc${{ matrix.n }} x", True),
        ("$X\ng${{ matrix.n }} x", False),
        ("$X\nA=8\nc$A x", True),
    ],
)
def test_a_step_that_is_given_what_measures(monkeypatch: pytest.MonkeyPatch, script: str, measures: bool) -> None:
    lines = "".join(f"          {line}\n" for line in script.split("\n"))
    text = (
        "on: push\nenv: {C: nyc mocha, E: echo}\njobs:\n  a:\n    runs-on: x\n    strategy: {matrix: {n: ['7', '8']}}\n"
        f"    steps:\n      - run: |\n{lines}"
    )
    assert check(monkeypatch, read_workflow("w.yml", text.encode()), ()) is measures


@pytest.mark.shared
def test_and_so_they_are_in_real_workflows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    may_measure = given_steps.may_measure

    def noted(*arguments: Any) -> bool:
        asked.append(may_measure(*arguments))
        return asked[-1]

    monkeypatch.setattr(given_steps, "may_measure", noted)
    for path in sorted(shared_path("corpus/dev").glob("*/*.y*ml")):
        try:
            workflow = read_workflow(f".github/workflows/{path.name}", path.read_bytes())
        except CovpathError:
            continue
        check(monkeypatch, workflow, ("Makefile",), "all:\n\techo\n")
    assert asked.count(False) > 20
