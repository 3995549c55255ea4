from pathlib import Path

import pytest

from covpath.workflow.shell.dialect import default_shell, shell_named
from covpath.workflow.shell.exit_status import ExitEffect, ExitOutcome, failure_of
from covpath.workflow.shell.other_shells import with_lines_joined
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command, Script
from workflow.real_shell import SHELLS, RealShells

F, M = ExitOutcome.FAILS, ExitOutcome.MASKED

# Scripts whose verdict must be certain in the default shell and under `shell: bash`.
CERTAIN = {
    # nothing hides it
    "single": "target",
    "several lines": "a\ntarget\nb\n",
    "continued line": "target \\\n  --flag \\\n  value\n",
    "comment after": "target # || true\n",
    "redirected": "target > log 2>&1",
    "environment prefix": "X=1 Y=2 target --all",
    "wrapped": "env X=1 timeout 30 target",
    "quoted operators": "target '|| true' \"| tee\"",
    "last of and-list": "a && target",
    "last of and-list, more follows": "a && target\nb",
    "first of and-list, last line": "target && a",
    "group": "{ a; target; }\nb",
    "subshell": "(cd . && target)\nb",
    "if branch": "if [ 1 = 1 ]; then\n  target\nfi\nb",
    "else branch": "if [ 1 = 2 ]; then a; else target; fi\nb",
    "case arm": "case x in x) target;; esac\nb",
    "function": "check() {\n  target\n  a\n}\ncheck\nb",
    "loop over words": "for package in one two; do target $package; done\nb",
    "assignment": "x=$(target)\necho $x",
    "last assignment counts": "y=$(a) x=$(target)\nb",
    "array assignment": "x=($(target))\nb",
    "re-raised": "target || exit 1\nb",
    "re-raised in a group": "target || { echo failed; exit 1; }\nb",
    "re-raised bare": "target || exit\nb",
    "re-raised status": "target || exit $?",
    "condition that fails the script": "if ! target; then\n  echo failed\n  exit 1\nfi\nb",
    "else that fails the script": "if target; then a; else echo failed; exit 1; fi\nb",
    "false handler": "target || false\nb",
    "status kept": "rc=0\ntarget || rc=$?\nb\nexit $rc\n",
    "status kept, braces": 'rc=0; target || rc=$?; b; exit "${rc}"',
    "status kept, then tested": "set +e\ntarget\nstatus=$?\nset -e\nb\nif [ $status -ne 0 ]; then\n  exit $status\nfi",
    "status tested with test": 'set +e; target; rc=$?; b; test "$rc" -eq 0',
    "status tested with [[": 'set +e; target; rc=$?; b; [[ $rc == 0 ]]',
    "status tested with ((": "set +e; target; rc=$?; if (( rc != 0 )); then exit 1; fi",
    "status tested bare ((": "set +e; target; rc=$?; (( rc )) && exit 1; b",
    "status tested both ways": 'set +e; target; rc=$?; [ "$rc" -eq 0 ] || exit 1; b',
    "flag": "ok=true\ntarget || ok=false\nb\n$ok",
    "flag tested": 'failed=0\ntarget || failed=1\nb\nif [ "$failed" = 1 ]; then exit 1; fi',
    "flag tested, words": 'failed=no\ntarget || failed=yes\nif [ "$failed" != no ]; then exit 2; fi',
    "counter": "failed=0\ntarget || failed=$((failed + 1))\nb\n[ $failed -eq 0 ]",
    "statuses added": "set +e\na; one=$?\ntarget; two=$?\nexit $((one + two))",
    "statuses or-ed": "set +e\na; one=$?\ntarget; two=$?\nexit $((one | two))",
    "pipestatus": "target | tee log\nexit ${PIPESTATUS[0]}",
    "pipestatus tested": 'target | tee log; test "${PIPESTATUS[0]}" -eq 0',
    "pipefail switched on": "set -o pipefail\ntarget | tee log\nb",
    "pipefail in a cluster": "set -euo pipefail\na\ntarget | tee log\n",
    "set +e, last": "set +e\ntarget",
    "set +e, exit status": "set +e; target; exit $?",
    "set +e and back": "set +e; a; set -e; target; b",
    "set +e in a subshell": "(set +e; a); target; b",
    "set +e in a function not called": "f() { set +e; }\ntarget\nb",
    "waited for": "target & pid=$!\na\nwait $pid",
    "waited for at once": "target & wait $!",
    "exec": "exec target",
    "EXIT trap keeps status": "cleanup() { a; }\ntrap cleanup EXIT\ntarget\nb",
    "EXIT trap, bare exit": "trap 'a; exit' EXIT\ntarget",
    "EXIT trap passes status on": "trap 'rc=$?; a; exit $rc' EXIT\ntarget",
    "ERR trap": "trap 'echo failed' ERR\ntarget\nb",
    "ERR trap fails": "set +e\ntrap 'exit 1' ERR\ntarget\nb",
    "retry": "for i in 1 2 3; do\n  target && break\n  [ $i -lt 3 ]\n  sleep 0\ndone\nb",
    "behind a negation": "! a || target",
    "condition on one line": "if ! target; then exit 1; fi",
    "pipeline's last": "a | target\nb",
    "eval": "eval a\ntarget\nb",
    "local then use": 'f() { local out; out=$(target); echo "$out"; }\nf\nb',
    "exit trap in a subshell": "(trap 'exit 0' EXIT; a)\ntarget",
    "here-document": "target <<EOF\nx || true\nEOF\nb",
    "redirected group": "{ target; a; } > log\nb",
    "endless loop left": "while true; do target; break; done",
    "inherit_errexit": "shopt -s inherit_errexit\nx=$(target; a)\nb",
    "function behind and-list": "f() { target; }\na && f\nb",
    "step summary group": '{ echo "# report"; target; } >> "$RAN"\nb',
    # something hides it
    "|| true": "target || true",
    "|| :": "target || :\nb",
    "|| echo": "target || echo warning",
    "|| exit 0": "target || exit 0\nb",
    "|| group": "target || { a; b; }",
    "(cmd) || echo": "(target) || echo warn",
    "|| in the middle": "a && target || true\nb",
    "and-or with success": "target && a || b",
    "background": "target &",
    "background, wait for all": "target & a & wait",
    "argument": "echo $(target)",
    "argument, quoted": 'echo "$(target)"',
    "backquotes": "echo `target`",
    "local": "f() {\n  local v=$(target)\n  a\n}\nf",
    "export": "export V=$(target)",
    "readonly": "readonly V=$(target)",
    "prefix assignment": "V=$(target) a",
    "first assignment": "x=$(target) y=$(a)",
    "if not, no exit": "if ! target; then :; fi",
    "if": "if target; then a; fi\nb",
    "if with warning": "if ! target; then\n  echo '::warning::tests failed'\nfi\n",
    "elif": "if [ 1 = 2 ]; then a; elif target; then b; fi",
    "while": "while target; do a; done",
    "trap exit 0": "trap 'exit 0' EXIT; target",
    "trap function exits 0": "done_() { exit 0; }\ntrap done_ EXIT\ntarget",
    "ERR trap exits 0": "trap 'exit 0' ERR\ntarget\nb",
    "set +e": "set +e\ntarget\nb",
    "set +o errexit": "set +o errexit; target; a",
    "exit 0": "set +e\ntarget\nexit 0",
    "and-list then more": "target && a\nb",
    "group before ||": "{ target; a; } || b",
    "errexit ignored in a function": "f() { target; a; }\nf || b",
    "errexit ignored in an if function": "f() { target; a; }\nif f; then b; fi",
    "negated": "! target\na",
    "for words": "for x in $(target); do a; done\nb",
    "case subject": "case $(target) in *) a;; esac",
    "here-document substitution": "cat <<EOF\n$(target)\nEOF\nb",
    "here-string": "cat <<< $(target)\nb",
    "process substitution": "cat <(target)\nb",
    "read from": "while read -r x; do a; done < <(target)\nb",
    "substitution goes on": "x=$(target; a)\nb",
    "not last in ignored subshell": "(target; a) || b",
    "pipefail switched off": "set +o pipefail\ntarget | tee log",
    "return 0": "f() { target || return 0; a; }\nf\nb",
    "flag ignored": "ok=true\ntarget || ok=false\necho $ok",
    "status printed": "set +e; target; echo rc=$?",
    "status to output": 'set +e\ntarget\necho "exitcode=$?" >> "$RAN"',
    "coprocess group": "{ target; } & a; wait",
    "|| true in substitution": "x=$(target || true)\nb",
}  # fmt: skip

# Certain under `bash -e` without pipefail and with it, but not the same.
DIFFERENT = {
    "tee": ("target | tee log", M, F),
    "tee with stderr": ("target 2>&1 | tee log\n", M, F),
    "|&": ("target |& tee log\n", M, F),
    "first of three": ("target | a | b", M, F),
    "group in a pipeline": ("{ target; b; } | cat\nb", M, F),
    "pipeline in and-list": ("a && target | tee log", M, F),
    "pipeline kept": ("target | tee log || exit 1", M, F),
    "pipeline in a substitution": ("x=$(target | a)", M, F),
}

UNCERTAIN = {
    "test of output": ('[ -z "$(target)" ]\nb', "condition-unknown"),
    "unknown condition": ("set +e\ntarget\nif [ -f report.xml ]; then a; else exit 1; fi", "condition-unknown"),
    "status compared": ("set +e\ntarget\n[ $? -eq 5 ] || exit 1", "condition-unknown"),
    "sourced": (". ./unknown.sh\ntarget\nb", "options"),
    "expression statement": ("${{ inputs.setup }}\ntarget\nb", "options"),
    "expression flags": ("set ${{ inputs.flags }}\ntarget\nb", "options"),
    "one round of several": ("set +e\nfor p in one two; do target $p; done", "depends-on-round"),
    "until it works": ("until target; do sleep 1; done", "never-ends"),
    "not called": ("f() { target; }\na", "not-reached"),
    "does not parse": ("target\nif then ((\n", "unparsed"),
    "wait for any": ("target & wait -n\nb", "unknown-status"),
}  # fmt: skip


def target_of(script: Script) -> Command:
    return next(command for command in script if any(word.raw == "target" for word in command.words))


def judge(text: str, shell: str) -> ExitEffect:
    script = parse_script(text)
    return failure_of(target_of(script), script, SHELLS[shell][0])


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> RealShells:
    return RealShells(Path(tmp_path_factory.mktemp("shells")))


@pytest.mark.parametrize("shell", ["default", "bash"])
@pytest.mark.parametrize("name", CERTAIN)
def test_verdict_is_certain_and_is_what_bash_does(name: str, shell: str, real: RealShells) -> None:
    status = real.status(CERTAIN[name], shell)
    assert status is not None, "the command under test did not run"
    verdict = judge(CERTAIN[name], shell)
    assert verdict.outcome is (F if status else M), verdict
    assert (verdict.outcome is M) == bool(verdict.masks)


@pytest.mark.parametrize("shell", ["sh", "plain"])
@pytest.mark.parametrize("name", CERTAIN)
def test_other_options_are_never_judged_wrongly(name: str, shell: str, real: RealShells) -> None:
    verdict = judge(CERTAIN[name], shell)
    if verdict.outcome is ExitOutcome.UNKNOWN:
        return
    status = real.status(CERTAIN[name], shell)
    assert verdict.outcome is (F if status else M), verdict


@pytest.mark.parametrize("name", DIFFERENT)
def test_pipefail_makes_the_difference(name: str, real: RealShells) -> None:
    script, default, pipefail = DIFFERENT[name]
    assert (judge(script, "default").outcome, judge(script, "bash").outcome) == (default, pipefail)
    assert [bool(real.status(script, shell)) for shell in ("default", "bash")] == [default is F, pipefail is F]


@pytest.mark.parametrize("name", UNCERTAIN)
def test_what_cannot_be_known_is_said(name: str) -> None:
    script, code = UNCERTAIN[name]
    verdict = judge(script, "default")
    assert (verdict.outcome, verdict.code) == (ExitOutcome.UNKNOWN, code)
    assert verdict.message


@pytest.mark.parametrize(
    ("script", "code", "masking"),
    [
        ("target || true", "or-list", "|| true"),
        ("target --a \\\n  --b || true\nb", "or-list", "|| true"),
        ("a && target || { b; }", "or-list", "|| { b; }"),
        ("target | tee log", "pipeline", " | tee log"),
        ("a\ntarget 2>&1 | tee log | cat\nb", "pipeline", " | tee log | cat"),
        ("target && a\nb", "and-list", "&& a"),
        ("if target; then a; fi", "condition", "if target; then"),
        ("! target\na", "negation", "!"),
        ("target & a", "background", "&"),
        ("echo $(target)", "substitution", "$(target)"),
        ("export V=$(target)", "declaration", "export V=$(target)"),
        ("a; set +e\ntarget\nb", "errexit-off", "set +e"),
        ("trap 'exit 0' EXIT\ntarget", "exit-trap", "trap 'exit 0' EXIT"),
        ("x=$(target; a)", "errexit-off", "$(target; a)"),
        ("é='ü'; target || echo ✓", "or-list", "|| echo ✓"),
    ],
)
def test_mask_is_named_with_its_exact_place(script: str, code: str, masking: str) -> None:
    verdict = judge(script, "default")
    assert (verdict.outcome, verdict.code) == (M, code)
    assert verdict.span is not None
    assert script[slice(*verdict.span)] == masking


def test_all_masks_are_listed_in_the_order_they_act() -> None:
    verdict = judge("set +e\ntarget | tee log || true\nexit 0", "bash")
    assert [mask.code for mask in verdict.masks] == ["or-list", "exit-zero"]


def test_removing_the_named_mask_changes_the_verdict(real: RealShells) -> None:
    for script in ("a\ntarget || true\nb", "target | tee log\nb", "set +e\ntarget\nb", "target & a", "target && a\nb"):
        span = judge(script, "default").span
        assert span is not None
        edited = script[: span.start] + script[span.end :]
        assert judge(edited, "default").outcome is F
        assert real.status(edited, "default") not in {0, None}


def test_shell_option_as_mask_has_no_place_in_the_script() -> None:
    verdict = failure_of(parse_script("target\na").commands[0], parse_script("target\na"), shell_named("bash {0}"))
    assert (verdict.outcome, verdict.code, verdict.span) == (M, "errexit-off", None)


@pytest.mark.parametrize(
    ("shell", "script", "outcome"),
    [
        ("pwsh", "target --all", F),
        ("pwsh", "target\na", ExitOutcome.UNKNOWN),
        ("pwsh", "$x = 'a'\ntarget `\n  --all\n", F),
        ("pwsh", "if ($x) {\n  target\n}", ExitOutcome.UNKNOWN),
        ("pwsh", "target --all `\n  -- (-split $Env:ARGS)", F),
        ("pwsh", "target $(a ./... | b -v c)", F),
        ("pwsh", "target | Out-Null", ExitOutcome.UNKNOWN),
        ("pwsh", "target (a); b", ExitOutcome.UNKNOWN),
        ("pwsh", "a $(target)", ExitOutcome.UNKNOWN),
        ("cmd", "target", F),
        ("python", "target", ExitOutcome.UNKNOWN),
        ("perl {0}", "target", ExitOutcome.UNKNOWN),
    ],
)
def test_other_shells_are_followed_for_the_last_line_only(shell: str, script: str, outcome: ExitOutcome) -> None:
    parsed = parse_script(with_lines_joined(script, shell_named(shell)))
    assert failure_of(target_of(parsed), parsed, shell_named(shell)).outcome is outcome


def test_windows_default_is_powershell() -> None:
    parsed = parse_script("target")
    assert failure_of(parsed.commands[0], parsed, default_shell(windows=True)).outcome is F
