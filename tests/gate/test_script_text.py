"""What is told of a script by its text alone agrees with what is told by reading it as shell."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.errors import CovpathError
from covpath.gate.scripts.last_failure import hides_the_last
from covpath.gate.scripts.purpose import every_command_alone, fails_at_once, is_setup, never_masks
from covpath.gate.scripts.script_commands import only_tells, prepares, script_commands
from covpath.gate.scripts.script_text import script_text
from covpath.workflow.model import Step
from covpath.workflow.reading import read_workflow
from covpath.workflow.shell.dialect import default_shell
from covpath.workflow.shell.exit_status import ExitOutcome, failure_of
from covpath.workflow.shell.parse import parse_script
from judging import workflow
from shared_data import shared_path

AT_ONCE = [
    "cargo test",
    "cd icn\ncargo test --all",
    "cargo build\ncargo test",
    'echo "testing"\ncargo test',
    "cargo test \\\n  --workspace",
    "# cargo test || true\ncargo test",
    "echo 'a || b'\ncargo test",
    "if [ -f x ]; then\n  cargo test\nfi",
    "for x in a b; do\n  cargo test $x\ndone\necho ready",
    "case $x in\n  a) cargo test ;;\nesac",
    "cargo build && cargo test",
    "{ cargo test; }",
    "while read x; do cargo test; done < list",
    "cargo build # first\ncargo test  # then",
    "echo 'a # b\n c # d'\ncargo test # last \\",
]
NOT_AT_ONCE = [
    "cargo test || true",
    "cargo test || true # anyway",
    "cargo test # it's so\nfalse || true # isn't it",
    "set +e\ncargo test\nexit 0",
    "cargo test | tee log",
    "cargo test &",
    "if cargo test; then echo ok; fi",
    "! cargo test",
    "trap 'exit 0' ERR\ncargo test",
    "cargo test && echo ok || echo failed",
    "if [ -f x ]; then\n  cargo test\nfi || true",
    "if [ -f x ]; then cargo test; fi | tee log",
    "if true && { cargo test; }; then echo; fi",
    "while cargo test; do echo; done",
    "until cargo test; do sleep 1; done",
    "if [ -f x ]; then echo; elif cargo test; then echo; fi",
    "{ cargo test; } &",
    "! { cargo test; }",
    "(cargo test) || true",
    "if [ -f x ]; then if cargo test; then echo; fi; fi",
    "echo a || { cargo test; } || true",
    "echo $(cargo test)",
    "echo nothing",
]


@pytest.mark.parametrize("text", AT_ONCE)
def test_a_command_that_stands_alone_fails_its_script(text: str) -> None:
    assert fails_at_once(text)


@pytest.mark.parametrize("text", NOT_AT_ONCE)
def test_nothing_is_claimed_of_the_others(text: str) -> None:
    assert not fails_at_once(text)


def _disagreement(step: Step) -> str | None:
    shell = default_shell()
    assert step.run is not None
    text = step.run.value
    commands = script_commands(text)
    if commands and is_setup(step, shell) != (only_tells(text) or all(map(prepares, commands))):
        return "setup"
    script = parse_script(text)
    last = commands[-1:] if fails_at_once(text) else ()
    every = [one for one in script.commands if one.words and not one.context] if every_command_alone(text) else ()
    if never_masks(text) and hides_the_last(text, shell):
        return "hides"
    if any(failure_of(one, script, shell).outcome is not ExitOutcome.FAILS for one in (*last, *every)):
        return "fails"
    return None


def test_text_and_shell_agree_on_the_tables() -> None:
    for text in (*AT_ONCE, *NOT_AT_ONCE):
        steps = workflow("on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: PLACE\n").jobs
        step = next(iter(steps.values())).steps[0]
        assert step.run is not None
        assert _disagreement(step) is None
        script = parse_script(text)
        if fails_at_once(text):
            assert failure_of(script_commands(text)[-1], script, default_shell()).outcome is ExitOutcome.FAILS


SIMPLE = st.sampled_from(
    [
        "make",
        "cargo test",
        "echo",
        "rm -rf x",
        "! make",
        "time make",
        "true",
        "grep x y",
        "[ -f x ]",
        ". ./x",
        "set +e",
        "source x",
    ]
)
JOINS = st.sampled_from([" && ", " || ", " | ", " | tee ", " &\n"])
ENDS = st.sampled_from(["", "", "", " || true", " | tee log", " &", " && make"])


FORMS = (
    "if {0}; then {1}\nfi",
    "if {1}\nthen {0}\nelse\n{0}\nfi",
    "if {0}; then {0}; elif {1}; then {0}; fi",
    "for x in a b; do {1}; done",
    "for x in a; do\n{1}\ndone < list",
    "while {0}; do\n{1}\ndone",
    "until {1}; do {0}; done",
    "case $x in a) {1} ;; *) {0};; esac",
    "{{ {1}\n}}",
    "({1})",
    "{0}\n{1}",
)


@st.composite
def compounds(draw: st.DrawFn, body: st.SearchStrategy[str]) -> str:
    inner, other, end = draw(body), draw(SIMPLE), draw(ENDS)
    form = draw(st.sampled_from(FORMS))
    return form.format(other, inner.rstrip()) + end


SCRIPTS = st.recursive(
    st.one_of(SIMPLE, st.tuples(SIMPLE, JOINS, SIMPLE).map("".join)), lambda body: compounds(body), max_leaves=4
)


@settings(max_examples=400)
@given(st.lists(SCRIPTS, min_size=1, max_size=3))
def test_what_the_text_calls_a_failure_is_one(parts: list[str]) -> None:
    text = "\n".join(parts) + "\n"
    script = parse_script(text)
    commands = script_commands(text)
    if commands and not script.errors and never_masks(text):
        # What the imagined run does not follow it leaves unknown.
        last = next((one for one in reversed(commands) if not prepares(one)), commands[-1])
        assert failure_of(last, script, default_shell()).outcome is not ExitOutcome.MASKED
    assert not (never_masks(text) and hides_the_last(text, default_shell()))


SAYING = st.sampled_from(
    ["echo hi", "echo 'a!' >> f", "cat x", "cat x || true", "cat x | head", "! cat x", "x=1", "[ -f x ]", "[[ $x ]]",
     "exit", "exit 0", "exit 1", "true", "false", "export A=b", "cd x", "command cat", "sudo cat x", "cat &",
     "time cat", "coproc cat", "wait", "grep x y", "if [ x ]; then exit 1; fi", "[ x ] && exit 1", "echo `x`",
     "cat <<E\nx\nE", ". ./x", "{ echo a", "}", "f() { cat; }", "function cat { make || true; }", "echo $((1))",
     "tee <(x)", "exec cat", "/bin/cat x", "builtin cd", "command -v x", "sudo -u x cat", "nohup cat &",
     "env cat", "exec 3>&1"]
)  # fmt: skip


@settings(max_examples=600)
@given(st.lists(st.one_of(SAYING, compounds(SAYING)), min_size=1, max_size=4))
def test_what_only_says_is_heard(parts: list[str]) -> None:
    text = "\n".join(parts) + "\n"
    assert not (never_masks(text) and hides_the_last(text, default_shell()))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("echo Success!", True),
        ("if [ $x = y ]; then\n  echo a=b >> $GITHUB_ENV\nelse\n  cat log\nfi", True),
        ("{\n  echo a\n  printf '%s' b\n} >> $GITHUB_OUTPUT", True),
        ("cat log || true", False),
        ("echo $(make)", False),
        ("grep a b | cat", False),
    ],
)
def test_scripts_that_only_say(text: str, told: bool) -> None:
    assert never_masks(text) is told


@pytest.mark.shared
def test_text_and_shell_agree_on_real_scripts() -> None:
    seen: dict[str, str | None] = {}
    for step in _steps():
        assert step.run is not None
        if step.run.value.strip() and step.run.value not in seen:
            seen[step.run.value] = _disagreement(step)
    assert len(seen) > 1500
    assert {text: what for text, what in seen.items() if what is not None} == {}


def _steps() -> Iterator[Step]:
    for path in sorted(shared_path("corpus/dev").rglob("*.y*ml"))[::3]:
        try:
            read = read_workflow(path.name, path.read_bytes())
        except CovpathError:
            continue
        for job in read.jobs.values():
            yield from (step for step in job.all_steps() if step.run is not None)


LINE = """
a cargo test --all -p=x ./a.sh A=b a+=c 1 . ~ @v -u env sudo exec timeout set -e trap source eval exit 0 pre-exit if
then fi for in case esac do done while { } ( ) ! time function coproc select else elif until shopt alias %x% ^x^ command
"""


@given(st.lists(st.sampled_from(LINE.split()), max_size=4), st.sampled_from(["", "\n", " "]))
@settings(max_examples=500, deadline=None)
def test_a_single_line_is_told_as_among_others(words: list[str], end: str) -> None:
    line = " ".join(words) + end
    assert script_text(line) == script_text(f"# a note\n{line}")
