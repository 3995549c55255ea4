import pytest

from covpath.workflow.shell.dialect import ShellKind, default_shell, shell_named
from covpath.workflow.shell.directory import directory_of
from covpath.workflow.shell.exit_status import ExitOutcome, failure_in_nested, failure_of
from covpath.workflow.shell.nested import nested_script
from covpath.workflow.shell.other_shells import with_lines_joined
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.wrappers import peel


@pytest.mark.parametrize(
    ("text", "wrappers", "argv", "environment"),
    [
        ("pytest --cov", (), ("pytest", "--cov"), ()),
        ("A=1 B='x y' pytest", (), ("pytest",), (("A", "1"), ("B", "x y"))),
        ("A=$B pytest", (), ("pytest",), (("A", None),)),
        ("sudo -E pytest", ("sudo",), ("pytest",), ()),
        ("sudo -u runner A=1 pytest", ("sudo",), ("pytest",), (("A", "1"),)),
        ("env -i A=1 B=2 pytest -x", ("env",), ("pytest", "-x"), (("A", "1"), ("B", "2"))),
        ("time -p nice -n 10 pytest", ("time", "nice"), ("pytest",), ()),
        ("timeout 300 pytest", ("timeout",), ("pytest",), ()),
        ("timeout -k 5 --signal=KILL 10m pytest", ("timeout",), ("pytest",), ()),
        ("xvfb-run -a -s '-screen 0' pytest", ("xvfb-run",), ("pytest",), ()),
        ("/usr/bin/env A=1 pytest", ("env",), ("pytest",), (("A", "1"),)),
        ("command pytest", ("command",), ("pytest",), ()),
        ("command -v pytest", (), ("command", "-v", "pytest"), ()),
        ("exec pytest", ("exec",), ("pytest",), ()),
        ("exec > log", (), ("exec",), ()),
        ("sudo --unknown-flag pytest", (), ("sudo", "--unknown-flag", "pytest"), ()),
        ("env", (), ("env",), ()),
        ("sudo env A=1 timeout 5 xvfb-run pytest", ("sudo", "env", "timeout", "xvfb-run"), ("pytest",), (("A", "1"),)),
    ],
)
def test_wrappers_are_peeled(
    text: str, wrappers: tuple[str, ...], argv: tuple[str, ...], environment: tuple[tuple[str, str | None], ...]
) -> None:
    peeled = peel(parse_script(text).commands[0])
    assert (peeled.wrappers, peeled.argv, peeled.environment) == (wrappers, argv, environment)


@pytest.mark.parametrize(
    ("text", "directory"),
    [
        ("x", "."),
        ("cd sub && x", "sub"),
        ("cd sub\nx", "sub"),
        ("cd a; cd ../b; x", "b"),
        ("cd /src; x", "/src"),
        ("cd 'a b' || exit 1; x", "a b"),
        ("pushd sub; x", "sub"),
        ("pushd sub; a; popd; x", None),
        ("(cd sub && a); x", "."),
        ("(cd sub && x)", "sub"),
        ("cd sub | a; x", "."),
        ("a=$(cd sub && pwd); x", "."),
        ("cd $DIR; x", None),
        ("cd ${{ matrix.dir }}; x", None),
        ("cd -; x", None),
        ("cd; x", None),
        ("cd sub/*; x", None),
        ("if a; then cd sub; fi; x", None),
        ("if a; then cd sub; x; fi", "sub"),
        ("for d in a b; do cd sub; x; done", "sub"),
        ("a || cd sub; x", None),
        ("cd $DIR; cd /abs; x", "/abs"),
        ("x; cd sub", "."),
        ("cd -- sub; x", "sub"),
    ],
)
def test_directory(text: str, directory: str | None) -> None:
    script = parse_script(text)
    command = next(command for command in script if command.name == "x")
    assert directory_of(command, script) == directory


@pytest.mark.parametrize(
    ("text", "argv", "in_place", "errexit", "pipefail"),
    [
        ("bash -c 'pytest --cov | tee log'", ("pytest", "--cov"), True, False, False),
        ('sh -c "pytest --cov"', ("pytest", "--cov"), True, False, False),
        ("sudo bash -euo pipefail -c 'pytest'", ("pytest",), True, True, True),
        ("bash -ec pytest", ("pytest",), True, True, False),
        ("bash -lc 'pytest ${{ matrix.flags }}'", ("pytest", None), True, False, False),
        ("bash -c 'a'\"b\"' --x'", ("ab", "--x"), False, False, False),
    ],
)
def test_nested_script(text: str, argv: tuple[str | None, ...], in_place: bool, errexit: bool, pipefail: bool) -> None:
    nested = nested_script(parse_script(text).commands[0])
    assert nested is not None
    inner = nested.script.commands[0]
    assert inner.argv == argv
    assert (nested.shell.errexit, nested.shell.pipefail) == (errexit, pipefail)
    span = nested.outer_span(inner.span)
    assert (span is not None) == in_place
    if span is not None:
        assert text[slice(*span)] == nested.script.text[slice(*inner.span)]


@pytest.mark.parametrize("text", ["bash script.sh", 'bash -c "$X"', "python -c 'x'", "bash", "bash -c", "bash -e"])
def test_no_nested_script(text: str) -> None:
    assert nested_script(parse_script(text).commands[0]) is None


def test_failure_in_a_nested_script_is_judged_by_its_own_shell() -> None:
    nested = nested_script(parse_script("bash -c 'target | tee log; b'").commands[0])
    assert nested is not None
    assert failure_of(nested.script.commands[0], nested.script, nested.shell).outcome is ExitOutcome.MASKED


@pytest.mark.parametrize(
    ("text", "outcome", "masking"),
    [
        ("bash -c 'target | tee log; b'\na", ExitOutcome.MASKED, " | tee log"),
        ("bash -ec 'target; b'\na", ExitOutcome.FAILS, None),
        ("bash -c 'target' || true", ExitOutcome.MASKED, "|| true"),
        ("bash -c 'target && b' && a\nc", ExitOutcome.MASKED, "&& a"),
    ],
)
def test_failure_in_a_nested_script_reaches_the_outer_one(text: str, outcome: ExitOutcome, masking: str | None) -> None:
    outer = parse_script(text)
    nested = nested_script(outer.commands[0])
    assert nested is not None
    effect = failure_in_nested(nested.script.commands[0], nested, outer, default_shell())
    assert effect.outcome is outcome
    assert (None if effect.span is None else text[slice(*effect.span)]) == masking


@pytest.mark.parametrize(
    ("value", "kind", "errexit", "pipefail", "known"),
    [
        ("bash", ShellKind.BASH, True, True, True),
        ("sh", ShellKind.SH, True, False, True),
        ("bash {0}", ShellKind.BASH, False, False, True),
        ("bash -l {0}", ShellKind.BASH, False, False, True),
        ("bash -el {0}", ShellKind.BASH, True, False, True),
        ("bash -leo pipefail {0}", ShellKind.BASH, True, True, True),
        ("bash --noprofile --norc -euxo pipefail {0}", ShellKind.BASH, True, True, True),
        ("/usr/bin/bash -o errexit {0}", ShellKind.BASH, True, False, True),
        ("bash -e +e {0}", ShellKind.BASH, False, False, True),
        ("bash --posix -e {0}", ShellKind.BASH, True, False, False),
        ("bash -c 'source x; {0}'", ShellKind.BASH, False, False, False),
        ("dash -e {0}", ShellKind.SH, True, False, True),
        ("pwsh", ShellKind.PWSH, False, False, True),
        ("powershell", ShellKind.PWSH, False, False, True),
        ("cmd", ShellKind.CMD, False, False, True),
        ("python", ShellKind.PYTHON, False, False, True),
        ("perl {0}", ShellKind.OTHER, False, False, False),
        ("${{ matrix.shell }}", ShellKind.OTHER, False, False, False),
        ("wsl-bash {0}", ShellKind.OTHER, False, False, False),
        ("bash 'unbalanced {0}", ShellKind.BASH, False, False, True),
        ("", ShellKind.OTHER, False, False, False),
    ],
)
def test_shell_templates(value: str, kind: ShellKind, errexit: bool, pipefail: bool, known: bool) -> None:
    shell = shell_named(value)
    assert (shell.kind, shell.errexit, shell.pipefail, shell.known) == (kind, errexit, pipefail, known)
    assert shell.keyword == value


def test_default_shells() -> None:
    assert (default_shell().errexit, default_shell().pipefail) == (True, False)
    assert default_shell(windows=True).kind is ShellKind.PWSH
    assert default_shell(bash_found=False).kind is ShellKind.SH


@pytest.mark.parametrize(("shell", "mark"), [("pwsh", "`"), ("cmd", "^")])
def test_continued_lines_of_other_shells_are_read_as_one(shell: str, mark: str) -> None:
    text = f"cargo llvm-cov {mark}\n  --lcov '✓'\ncargo test\n"
    joined = with_lines_joined(text, shell_named(shell))
    assert [command.argv for command in parse_script(joined)] == [
        ("cargo", "llvm-cov", "--lcov", "✓"),
        ("cargo", "test"),
    ]
    assert len(joined) == len(text)


@pytest.mark.parametrize("shell", ["bash", "python", "perl {0}"])
def test_scripts_of_shells_with_another_continuation_stay(shell: str) -> None:
    assert with_lines_joined("a `\n b ^\n c", shell_named(shell)) == "a `\n b ^\n c"
