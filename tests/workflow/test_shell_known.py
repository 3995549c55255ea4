"""Gate scripts rehearsed over known results, held against what the real bash and jq make of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.terms import Tri
from covpath.workflow.shell.dialect import Shell, default_shell, shell_named
from covpath.workflow.shell.known.exit_status import fails, ways
from covpath.workflow.shell.known.texts import HOLE, Decide, Unclear

CASES = Path(__file__).parents[1] / "cases" / "gate_scripts"
WORDS = ("success", "failure", "cancelled", "skipped")


def needs(first: str, second: str, output: str = "") -> str:
    outputs = {"code": output} if output else {}
    return json.dumps({"build": {"result": first, "outputs": outputs}, "unit-test": {"result": second, "outputs": {}}},
                      indent=2, ensure_ascii=False)  # fmt: skip


def environment(first: str, second: str) -> dict[str, str]:
    return {
        "NEEDS": needs(first, second),
        "RESULTS": f"{first} {second}",
        "COMMAS": f"{first},{second}",
        "FIRST": first,
        "SECOND": second,
        "BAD": "1" if "failure" in (first, second) else "0",
    }


def really_fails(script: str, shell: tuple[str, ...], variables: Mapping[str, str]) -> bool:
    path = os.environ.get("PATH", "/usr/bin:/bin")
    done = subprocess.run(
        [*shell, "-c", script],
        env={"PATH": path, **variables},
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=20,
    )
    return done.returncode != 0


SHELLS = {"default": (default_shell(), ("bash", "-e")), "bash": (shell_named("bash"), ("bash", "-eo", "pipefail"))}

SCRIPTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(CASES.glob("*.sh"))}
"""Gates as people write them; those whose name begins with jq need that program."""


def check(script: str, shell: str) -> None:
    model, command = SHELLS[shell]
    for first, second in [*((word, "success") for word in WORDS), ("success", "failure")]:
        variables = environment(first, second)
        wanted = really_fails(script, command, variables)
        assert fails(script, model, variables, deciding=True) is Tri.of(wanted), (first, second)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("name", SCRIPTS)
def test_it_ends_as_the_real_programs_end(name: str, shell: str) -> None:
    if name.startswith("jq") and shutil.which("jq") is None:
        pytest.skip("NO ORACLE: jq is not installed")
    check(SCRIPTS[name], shell)


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_is_not_known_leaves_only_what_holds_for_all_it_could_be(name: str) -> None:
    script = SCRIPTS[name]
    for second in ("success", "failure"):
        known = [fails(script, default_shell(), environment(first, second), deciding=True) for first in WORDS]
        answer = fails(script, default_shell(), environment(HOLE, second) | {"BAD": HOLE}, deciding=True)
        assert answer is Tri.UNKNOWN or {answer} == set(known)


@pytest.mark.parametrize(
    "script",
    [
        "python3 check.py",
        'python3 - <<EOF\nimport os, sys\nsys.exit("failure" in os.environ["RESULTS"])\nEOF',
        "node -e 'process.exit(1)'",
        "./scripts/gate.sh \"$RESULTS\"",
        "source ./gate.sh",
        'eval "$CHECK"',
        "[ -f missing ] || exit 1",
        'jq -e \'reduce .[] as $x (true; . and $x.result == "success")\' <<< "$NEEDS"',
        'awk \'/failure/ { exit 1 }\' <<< "$RESULTS"',
        "trap 'exit 0' EXIT\nexit 1",
        "if [",
        'while true; do true; done',
        'f() { f; }\nf',
    ],
)  # fmt: skip
def test_what_is_not_followed_is_unknown(script: str) -> None:
    assert fails(script, default_shell(), environment("failure", "success"), deciding=True) is Tri.UNKNOWN


def test_programs_do_what_they_always_did_where_they_are_told_nothing() -> None:
    script = "cargo test\n./scripts/report.sh"
    assert fails(script, default_shell(), {}, deciding=False) is Tri.FALSE
    assert fails(script, default_shell(), {}, deciding=True) is Tri.UNKNOWN


@pytest.mark.parametrize("shell", ["pwsh", "python", "bash -c '{0}'"])
def test_other_shells_are_not_followed(shell: str) -> None:
    assert fails("exit 1", shell_named(shell), {}, deciding=True) is Tri.UNKNOWN


TESTS = st.sampled_from(
    ['[ "$FIRST" = success ]', '[[ $SECOND != failure ]]', '[[ $RESULTS == *skip* ]]', "true", "false",
     'echo "$RESULTS" | grep -q failure', '! [ "$FIRST" = failure ]']
)  # fmt: skip
ANY_SCRIPT = st.recursive(
    st.one_of(TESTS, st.sampled_from(["exit 0", "exit 1", "x=1", '[ "${x-}" = 1 ]', "set +e", "echo fine"])),
    lambda inner: st.one_of(
        st.builds("{}\n{}".format, inner, inner),
        st.builds("if {}; then\n{}\nfi".format, TESTS, inner),
        st.builds("if {}; then\n{}\nelse\n{}\nfi".format, TESTS, inner, inner),
        st.builds("for r in $RESULTS; do\n{}\ndone".format, inner),
        st.builds("{{ {}\n}} || {{ {}\n}}".format, inner, inner),
        st.builds("{} && {{ {}\n}}".format, TESTS, inner),
        st.builds("( {}\n)".format, inner),
        st.builds("f() {{\n{}\n}}\nf".format, inner),
        st.builds("y=$( {}\n)".format, inner),
        st.builds("{{ {}\n}} | cat".format, inner),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(ANY_SCRIPT, st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(sorted(SHELLS)))
def test_any_script_ends_as_bash_ends(script: str, first: str, second: str, shell: str) -> None:
    model: Shell = SHELLS[shell][0]
    variables = environment(first, second)
    answer = fails(script, model, variables, deciding=True)
    assert answer in (Tri.UNKNOWN, Tri.of(really_fails(script, SHELLS[shell][1], variables)))


@given(st.dictionaries(st.text("yn", max_size=7), st.booleans(), max_size=60))
def test_every_way_is_gone_or_it_is_told_that_there_are_too_many(ends: dict[str, bool]) -> None:
    def all_ways(taken: str) -> set[str]:
        if ends.get(taken, len(taken) > 6):
            return {taken}
        return all_ways(f"{taken}y") | all_ways(f"{taken}n")

    gone: list[str] = []

    def run(decide: Decide) -> str:
        taken = ""
        while not ends.get(taken, len(taken) > 6):
            taken += "y" if decide(Tri.UNKNOWN) else "n"
        gone.append(taken)
        return taken

    expected = all_ways("")
    if len(expected) > 48:
        with pytest.raises(Unclear):
            list(ways(run))
        assert len(gone) < 48
    else:
        assert sorted(ways(run)) == sorted(expected)
    assert len(gone) == len(set(gone))
