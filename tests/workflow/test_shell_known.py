"""Gate scripts rehearsed over known results, held against what the real bash and jq make of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.terms import Tri
from covpath.workflow.shell.dialect import Shell, default_shell, shell_named
from covpath.workflow.shell.known.exit_status import fails
from covpath.workflow.shell.known.texts import HOLE

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

GATES = {
    "one comparison": '[[ "$FIRST" == "success" ]] || exit 1',
    "old test": 'test "$FIRST" = success && test "$SECOND" = success',
    "both in one": 'if [ "$FIRST" != "success" -o "$SECOND" != "success" ]; then\n  echo "::error::no"\n  exit 1\nfi',
    "patterns": 'if [[ "$RESULTS" == *failure* || "$RESULTS" == *cancelled* ]]; then exit 1; fi',
    "expression": 'if [[ "$RESULTS" =~ (failure|cancelled) ]]; then\n  exit 1\nfi\necho fine',
    "loop": 'for result in $RESULTS; do\n  if [[ "$result" != "success" && "$result" != "skipped" ]]; then\n'
    '    echo "bad: $result"\n    exit 1\n  fi\ndone',
    "loop over words": 'for result in "$FIRST" \\\n  "$SECOND"; do\n  [ "$result" = success ] || exit 1\ndone',
    "case": 'for r in $RESULTS; do\n  case "$r" in\n    success|skipped) ;;\n    *) exit 1 ;;\n  esac\ndone',
    "array": 'IFS=, read -ra all <<< "$COMMAS"\nfor one in "${all[@]}"; do [[ $one == fail* ]] && exit 1; done\nexit 0',
    "associative": 'declare -A found=([build]="$FIRST" ["unit-test"]="$SECOND")\nfor job in "${!found[@]}"; do\n'
    '  if [[ "${found[$job]}" != "success" ]]; then\n    echo "$job: ${found[$job]}"\n    bad=1\n  fi\ndone\n'
    '[ "${bad:-0}" -eq 0 ]',
    "counter": 'failed=0\nfor r in $RESULTS; do\n  if [ "$r" != success ]; then failed=$((failed + 1)); fi\ndone\n'
    'if (( failed > 0 )); then exit 1; fi',
    "function": 'check() {\n  local name="$1" result="$2"\n  if [[ "$result" != success ]]; then\n    echo "$name"\n'
    '    return 1\n  fi\n}\ncheck build "$FIRST"\ncheck test "$SECOND"',
    "function collecting": 'ok=true\ncheck() { [ "$1" = success ] || ok=false; }\ncheck "$FIRST"; check "$SECOND"\n$ok',
    "exit variable": "exit $BAD",
    "grep": 'if echo "$RESULTS" | grep -qE "failure|cancelled"; then exit 1; fi',
    "grep not": '! echo "$RESULTS" | grep -q failure',
    "grep basic": 'echo "$RESULTS" | grep -q "failure\\|cancelled" && exit 1 || exit 0',
    "grep count": 'count=$(echo "$RESULTS" | tr " " "\\n" | grep -c failure || true)\n[ "$count" -eq 0 ]',
    "sorted": 'kinds=$(tr " " "\\n" <<< "$RESULTS" | sort -u)\n[ "$kinds" = success ]',
    "masked": '[[ "$FIRST" == success ]] || echo "::warning::not green"',
    "masked at the end": 'if [ "$FIRST" = failure ]; then false; fi || true',
    "and-list at the end": '[ "$FIRST" = failure ] && exit 1\ntrue',
    "subshell": '( [ "$FIRST" = success ] ) || ( exit 1 )',
    "errexit off": 'set +e\n[ "$FIRST" = success ]\nstatus=$?\nexit $status',
    "strict": 'set -euo pipefail\necho "$RESULTS" | grep -v failure > /dev/null\necho on',
    "piped loop": 'echo "$RESULTS" | tr " " "\\n" | while read -r one; do [ "$one" = success ] || exit 1; done',
    "here-document": 'while read -r one; do\n  [ "$one" != failure ] || exit 1\ndone <<EOF\n$FIRST\n$SECOND\nEOF',
    "lower case": '[ "${FIRST^^}" = "SUCCESS" ] && [ "${SECOND//s/S}" = "SucceSS" ]',
    "nothing to do with it": "echo hello\nls > /dev/null",
    "break": "for r in $RESULTS; do\n  if [ $r = success ]; then continue; fi\n  bad=yes\n  break\ndone\n[ -z \"${bad-}\" ]",
}  # fmt: skip

JQ_GATES = {
    "all": "jq -e 'all(.[]; .result == \"success\")' <<< \"$NEEDS\"",
    "list": 'echo "$NEEDS" | jq -e \'[ .[] | .result == "success" ] | all\'',
    "either": "jq --exit-status 'all(.result == \"success\" or .result == \"skipped\")' <<< \"$NEEDS\"",
    "any": 'if jq -e \'any(.[]; .result | test("failure|cancelled"))\' <<< "$NEEDS"; then exit 1; fi',
    "unique": 'R=$(echo "$NEEDS" | jq -c "[.[].result] | unique")\nif [ "$R" = \'["success"]\' ]; then exit 0; else exit 1; fi',
    "names": 'bad=$(jq -r \'to_entries[] | select(.value.result != "success") | .key\' <<< "$NEEDS")\n'
    'if [[ -n "$bad" ]]; then echo "$bad"; exit 1; fi',
    "joined": 'bad=$(jq -r \'[to_entries[] | select(.value.result | IN("success", "skipped") | not) | "\\(.key)=\\(.value.result)"]'
    ' | join(", ")\' <<< "$NEEDS")\n[ -z "$bad" ] || { echo "$bad"; exit 1; }',
    "count": '[ "$(jq \'[.[] | select(.result == "failure" or .result == "cancelled")] | length\' <<< "$NEEDS")" -eq 0 ]',
    "lines": 'while read -r name result; do\n  echo "$name"\n  if [[ "$result" != success ]]; then exit 1; fi\n'
    'done < <(jq -r \'to_entries[] | "\\(.key) \\(.value.result)"\' <<< "$NEEDS")',
    "argument": 'for job in build unit-test; do\n  result=$(jq -r --arg job "$job" \'.[$job].result\' <<< "$NEEDS")\n'
    '  [ "$result" = success ] || exit 1\ndone',
    "condition": 'jq -e \'if .build.result == "failure" then false elif ."unit-test".result == "failure" then false else true end\''
    ' <<< "$NEEDS"',
    "error": 'jq \'.[] | if .result != "success" then error("red") else empty end\' <<< "$NEEDS"',
    "difference": 'jq -e \'([.[].result] - ["success", "skipped"]) == []\' <<< "$NEEDS"',
    "text": 'jq -r ".[].result" <<< "$NEEDS" | grep -qv success && exit 1\nexit 0',
    "raw": 'state=$(echo "$NEEDS" | jq -r ".build.result // \\"none\\"")\n[ "$state" = success ]',
    "contains": 'jq -e \'[.[].result] | contains(["failure"]) | not\' <<< "$NEEDS"',
    "binding": 'jq -e \'.build.result as $r | $r == "success"\' <<< "$NEEDS"',
}  # fmt: skip


def check(script: str, shell: str) -> None:
    model, command = SHELLS[shell]
    for first in WORDS:
        for second in ("success", "failure"):
            variables = environment(first, second)
            wanted = really_fails(script, command, variables)
            assert fails(script, model, variables, deciding=True) is Tri.of(wanted), (first, second)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("gate", GATES)
def test_it_ends_as_bash_ends(gate: str, shell: str) -> None:
    check(GATES[gate], shell)


@pytest.mark.parametrize("gate", JQ_GATES)
def test_it_ends_as_bash_with_jq_ends(gate: str) -> None:
    if shutil.which("jq") is None:
        pytest.skip("NO ORACLE: jq is not installed")
    check(JQ_GATES[gate], "bash")


@pytest.mark.parametrize("gate", [*GATES, *JQ_GATES])
def test_what_is_not_known_leaves_only_what_holds_for_all_it_could_be(gate: str) -> None:
    script = (GATES | JQ_GATES)[gate]
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
SCRIPTS = st.recursive(
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
@given(SCRIPTS, st.sampled_from(WORDS), st.sampled_from(WORDS), st.sampled_from(sorted(SHELLS)))
def test_any_script_ends_as_bash_ends(script: str, first: str, second: str, shell: str) -> None:
    model: Shell = SHELLS[shell][0]
    variables = environment(first, second)
    answer = fails(script, model, variables, deciding=True)
    assert answer in (Tri.UNKNOWN, Tri.of(really_fails(script, SHELLS[shell][1], variables)))
