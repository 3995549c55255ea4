from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from covpath.workflow.shell.execution.interpreter import Interpreter
from covpath.workflow.shell.execution.state import Outcome, Setting, State, Unclear
from covpath.workflow.shell.exit_status import ExitOutcome, failure_of, ways_to_end
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command, Node, Script
from workflow.real_shell import SHELLS, RealShells

MOST_UNKNOWN = 0.10
"""The share of unknown verdicts allowed; `--hypothesis-show-statistics` prints the real one."""

plain = st.sampled_from(
    ["a", "b", "c", "true", "echo x", "x=1", "export y=2", "[ 1 = 1 ]", "cd .", "rc=$?", "ok=false", "set +e", "set -e"]
)
bash_only = st.sampled_from(
    ["set -o pipefail", "set +o pipefail", "[[ 1 = 1 ]]", "rc=${PIPESTATUS[0]}", "trap a EXIT", "trap 'exit 1' ERR"]
)
reader = st.sampled_from(["a", "b", "cat"])
"""Reads all it is given: else its neighbour may or may not meet a closed pipe."""
writes_nothing = st.sampled_from(["a", "true", "x=1", "[ 1 = 1 ]"])
neighbour = st.one_of(plain, plain, bash_only)
failing = st.sampled_from(
    [
        "target",
        "target --flag 'a b'",
        "x=$(target)",
        "echo $(target)",
        "export z=$(target)",
        "x=$(target; a)",
        "! target",
        "(target)",
        "{ target; }",
        "{ target & }",
        "{ target & wait $!; }",
        "target || rc=$?",
        "{ rc=0; target || rc=$?; a; exit $rc; }",
        "{ set +e; target; rc=$?; [ $rc -eq 0 ] || exit 1; }",
        "target > /dev/null 2>&1",
    ]
)


def lines(*statements: str) -> str:
    return "\n".join(statements)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Every construct, with the failing part in each of its places."""
    return st.one_of(
        st.builds("{} && {}".format, inner, neighbour),
        st.builds("{} && {}".format, plain, inner),
        st.builds("{} || {}".format, inner, neighbour),
        st.builds("{} | {}".format, inner, reader),
        st.builds("{} | {}".format, writes_nothing, inner),
        st.builds("{} || {{ {}; exit 1; }}".format, inner, plain),
        st.builds("( {}\n)".format, inner),
        st.builds("{{ {}\n}}".format, inner),
        st.builds("if {}\nthen {}\nfi".format, inner, neighbour),
        st.builds("if {}\nthen {}\nelse {}; exit 1\nfi".format, inner, neighbour, plain),
        st.builds("if [ 1 = 1 ]; then {}\nelse {}\nfi".format, inner, plain),
        st.builds("for i in 1; do {}\ndone".format, inner),
        st.builds("while {}\ndo {}\nbreak\ndone".format, inner, plain),
        st.builds("case x in x) {}\n;; *) {};; esac".format, inner, plain),
        st.builds("f() {{ {}\n}}\nf".format, inner),
        st.builds("f() {{ {}\n}}\nf || {}".format, inner, plain),
        st.builds("x=$( {}\n)".format, inner),
        st.builds(lines, inner, neighbour),
        st.builds(lines, neighbour, inner),
        st.builds(lines, neighbour, inner, neighbour),
    )


scripts = st.recursive(failing, compound, max_leaves=4)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> RealShells:
    return RealShells(Path(tmp_path_factory.mktemp("generated")))


@pytest.fixture(scope="module")
def verdicts() -> Iterator[Counter[ExitOutcome]]:
    """Counts the verdicts, and fails where too many of them are unknown."""
    counts: Counter[ExitOutcome] = Counter()
    yield counts
    unknown = counts[ExitOutcome.UNKNOWN] / max(1, counts.total())
    assert counts.total() < 50 or unknown < MOST_UNKNOWN


@given(script=scripts, shell=st.sampled_from(["default", "bash", "sh", "plain"]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_certain_verdict_is_what_the_shell_does(
    real: RealShells, verdicts: Counter[ExitOutcome], script: str, shell: str
) -> None:
    parsed = parse_script(script)
    assume(not parsed.errors)
    command = next(command for command in parsed if "target" in [word.raw for word in command.words])
    verdict = failure_of(command, parsed, SHELLS[shell][0])
    if shell in {"default", "bash"}:
        verdicts[verdict.outcome] += 1
        event(verdict.outcome.value)
    if verdict.outcome is ExitOutcome.UNKNOWN:
        # Not run either: it may call itself without end.
        return
    status = real.status(script, shell)
    assume(status is not None)
    assert verdict.outcome is (ExitOutcome.FAILS if status else ExitOutcome.MASKED), verdict
    if verdict.outcome is ExitOutcome.MASKED:
        assert verdict.masks


class Forgetful(Interpreter):
    """Takes each way anew."""

    def run(self, node: Node, state: State, setting: Setting) -> list[Outcome]:
        self._known.clear()
        return super().run(node, state, setting)


def ends(command: Command, script: Script, shell: str, machine: type[Interpreter]) -> list[State] | tuple[object, ...]:
    try:
        return ways_to_end(command, script, SHELLS[shell][0], machine=machine)
    except Unclear as unclear:
        return unclear.code, unclear.span


AGAIN = [
    "for i in $list; do\n{}\ndone",
    "while read x; do\nif a; then {}\nelse ok=$x\nfi\ndone",
    "f() {{ {}\n}}\nf; f && a\nf || rc=$?\n[ $rc = 0 ]",
    'for i in 1 2 3; do\nif [ $i = 2 ]; then {}\nelse x=$i\nfi\n[ "$x" = 3 ] || continue\nexit 0\ndone',
    "f() {{ if [ $n = 2 ]; then {}\nfi\n}}\nn=1; f\nn=2; f || a\nf",
    "f() {{ false; a\n}}\n{} || a\nf || a\nf",
    "for i in 1 2 3; do for j in $i; do\n{}\nif b; then continue 2; fi\ndone\ndone",
]


@given(script=scripts, again=st.sampled_from(AGAIN), shell=st.sampled_from(["default", "sh", "plain"]))
@settings(max_examples=150, deadline=None)
def test_what_runs_again_ends_as_if_nothing_was_remembered(script: str, again: str, shell: str) -> None:
    parsed = parse_script(again.format(script))
    assume(not parsed.errors)
    command = next(command for command in parsed if "target" in [word.raw for word in command.words])
    assert ends(command, parsed, shell, Interpreter) == ends(command, parsed, shell, Forgetful)


def test_what_is_remembered_counts_as_often_as_it_runs() -> None:
    deep = "target"
    for level in range(12):
        deep = f"for i{level} in 1 2 3; do if a; then x{level}=1; fi\n{deep}\ndone"
    parsed = parse_script(deep + "\n" + "[ $x1 $x2 $x3 ]")
    command = next(command for command in parsed if command.name == "target")
    assert ends(command, parsed, "plain", Interpreter) == ("too-many-ways", None)
