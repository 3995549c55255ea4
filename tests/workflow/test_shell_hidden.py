"""What is told soon of a failure that nobody is told of agrees with what is told in the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import covpath.workflow.shell.hidden as hidden
from covpath.errors import CovpathError
from covpath.gate.scripts.last_failure import failure_of_the_last, hides_the_last
from covpath.gate.scripts.shell_effect import shell_for
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.reading import read_workflow
from covpath.workflow.shell.dialect import Shell, shell_named
from covpath.workflow.shell.execution.interpreter import Interpreter
from covpath.workflow.shell.exit_status import ExitEffect, failure_of
from covpath.workflow.shell.hidden import hidden_failure_of
from covpath.workflow.shell.parse import parse_script
from shared_data import shared_path
from workflow.real_shell import SHELLS
from workflow.test_shell_exit import CERTAIN, DIFFERENT, UNCERTAIN
from workflow.test_shell_generated import scripts

KINDS = [*(shell for shell, _ in SHELLS.values()), shell_named("pwsh")]


def disagreement(text: str, shell: Shell) -> str | None:
    """The command of a script of which more or something else is told soon."""
    script = parse_script(text)
    for command in script.commands:
        whole = failure_of(command, script, shell)
        if hidden_failure_of(command, script, shell) != (whole if whole.is_masked else None):
            return text[slice(*command.span)]
    return None


TABLES = [*CERTAIN.values(), *(text for text, *_ in (*DIFFERENT.values(), *UNCERTAIN.values()))]
TABLES += [
    "eval 'set +e'\ntarget\nb",
    "command set +e\ntarget\nb",
    "shopt -ou errexit\ntarget\nb",
    "for i in 1 2; do\n  if [ $i = 2 ]; then target; fi\n  set +e\ndone\nb",
    "set -o pipefail\nset +o pipefail\ntarget | b",
]


@pytest.mark.parametrize("shell", KINDS, ids=lambda shell: shell.template)
def test_the_tables_of_the_whole_way(shell: Shell) -> None:
    assert {text: found for text in TABLES if (found := disagreement(text, shell)) is not None} == {}


@given(scripts, st.sampled_from(KINDS))
@settings(max_examples=300)
def test_generated_scripts(text: str, shell: Shell) -> None:
    assert disagreement(text, shell) is None


WORDS = st.sampled_from(
    ["a", "b $x", "x=$(a)", "set +e", "set -e", "set +x", "set -o pipefail", "set +o pipefail", "set -euo pipefail",
     "shopt -s lastpipe", "exit", "exit 0", "exit 1", "exit $x", "source f", ". ~/.bashrc", "eval 'set +e'", "$x",
     "trap 'exit 0' EXIT", "trap a ERR", "trap 'exit 0' ERR", "command set +e", "x=set", "$x +e", "${{ a }}", "exec a",
     "f", "f() { set +e; }", "f() { a; }", "return", "break", "bash -c 'a || true'", "set $x", "wait", "a & b",
     "local x", '"$@"',
     "x=0", "a || x=1", "b || x=$((x + 1))", "[ $x = 0 ]", "[ $x = 0 ] || exit 3", "x=$?", "$x && b"]
)  # fmt: skip


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    forms = (
        "{0}\n{1}", "{0}; {1}", "{0} && {1}", "{0} || {1}", "{0} | {1}", "! {0}", "( {0}\n)", "{{ {0}\n}}",
        "{{ {0}\n}} > f", "( {0}\n{1}\n) | b", "if {0}; then {1}\nfi",
        "if a; then {0}\nelse {1}\nfi", "for i in $x; do {0}\n{1}\ndone",
        "for i in 1 2; do {0}\ndone", "while {0}; do {1}\ndone", "until b; do {0}\ndone",
        "case $x in a) {0};; *) {1};; esac",
        "f() {{ {0}\n}}\n{1}", "echo $( {0}\n)\n{1}", "while read x; do {0}\ndone < <({1}\n)",
    )  # fmt: skip
    return st.builds(lambda form, one, other: form.format(one, other), st.sampled_from(forms), inner, inner)


@given(st.recursive(WORDS, compound, max_leaves=6), st.sampled_from(KINDS))
@settings(max_examples=600)
def test_scripts_that_change_the_rules(text: str, shell: Shell) -> None:
    assume(not parse_script(text).errors)
    assert disagreement(text, shell) is None
    last = failure_of_the_last(text, replace(shell, template="asked in another shell, so that it is not known"))
    assert hides_the_last(text, shell) is (last is not None and last[1].is_masked)


def test_deep_scripts_are_followed_as_deep() -> None:
    masked = 0
    for depth in range(40, 160, 5):
        script = parse_script("( " * depth + "target" + "\n)" * depth + " || true")
        command, shell = script.commands[0], shell_named("bash")
        if _with_less_stack(20, lambda: failure_of(command, script, shell)).is_masked:  # noqa: B023
            masked += 1
            assert hidden_failure_of(command, script, shell) is not None
    assert masked


def _with_less_stack(frames: int, ask: Callable[[], ExitEffect]) -> ExitEffect:
    return _with_less_stack(frames - 1, ask) if frames else ask()


HEARD_AT_ONCE = [
    "set -euxo pipefail\ntarget",
    "exit_early || exit 0\ntarget",
    '"$@"\ntarget | tee log',
    "source env.sh\n(cd x; target)",
    "for x in $y; do target; set +x; done",
]


@pytest.mark.parametrize("text", HEARD_AT_ONCE)
def test_no_run_is_imagined_where_nothing_ignores_the_failure(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hidden, "ways_to_end", None)
    script = parse_script(text)
    (target,) = [one for one in script.commands if one.name == "target"]
    assert hidden_failure_of(target, script, shell_named("bash")) is None


@pytest.mark.shared
def test_real_scripts() -> None:
    seen: set[tuple[str, Shell]] = set()
    for workflow, job, step in _steps():
        assert step.run is not None
        shell = shell_for(workflow, job, step)
        if (step.run.value, shell) not in seen:
            seen.add((step.run.value, shell))
            assert disagreement(step.run.value, shell) is None
    assert len(seen) > 500


def _steps() -> Iterator[tuple[Workflow, Job, Step]]:
    for path in sorted(shared_path("corpus/dev").rglob("*.y*ml"))[::9]:
        try:
            read = read_workflow(path.name, path.read_bytes())
        except CovpathError:
            continue
        for job in read.jobs.values():
            yield from ((read, job, step) for step in job.all_steps() if step.run is not None)


def test_what_stands_behind_a_loop_is_tried_before_the_loop_is_followed_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    script = parse_script(
        "bad=0\nfor x in $y; do\n  a || bad=$((bad + 1))\n  target || bad=$((bad + 1))\ndone\nexit $bad"
    )
    (target,) = [one for one in script.commands if one.name == "target"]
    runs: list[object] = []
    monkeypatch.setattr(Interpreter, "run", lambda *given, run=Interpreter.run: (runs.append(given), run(*given))[1])
    counts = []
    for probes in (hidden._PROBES, 0):
        monkeypatch.setattr(hidden, "_PROBES", probes)
        runs.clear()
        assert hidden_failure_of(target, script, shell_named("bash")) is None
        counts.append(len(runs))
    assert counts[0] * 3 < counts[1]
