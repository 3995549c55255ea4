"""What a step's own text masks: scripts, upload actions, conditions that are not what they seem."""

from __future__ import annotations

import pytest

from covpath.terms import Blocks, Gate, Tri
from judging import judged

TEMPLATE = """\
on: pull_request
jobs:
  job:
    runs-on: {runner}
    steps:
      - run: |
{script}
        {shell}
"""


def gate(script: str, shell: str = "", runner: str = "ubuntu-latest") -> Gate:
    indented = "\n".join(f"          {line}" for line in script.splitlines())
    text = TEMPLATE.format(script=indented, shell=f"shell: {shell}" if shell else "", runner=runner)
    return judged(text)["job"].gate


PASSES, FAILS = Gate.SILENT, Gate.BLOCKING
# Script, and what becomes of its failure under the default shell and under `shell: bash`.
SCRIPTS = {
    "cmd": (FAILS, FAILS),
    "cmd | tee log": (PASSES, FAILS),
    "cmd || true": (PASSES, PASSES),
    "(cmd) || echo warn": (PASSES, PASSES),
    "cmd &": (PASSES, PASSES),
    "echo $(cmd)": (PASSES, PASSES),
    "f() {\n  local v=$(cmd)\n}\nf": (PASSES, PASSES),
    "if ! cmd; then :; fi": (PASSES, PASSES),
    "trap 'exit 0' EXIT\ncmd": (PASSES, PASSES),
    "set +e\ncmd": (FAILS, FAILS),
    "set +e\ncmd\nexit $?": (FAILS, FAILS),
    "set +e\ncmd\ntrue": (PASSES, PASSES),
    "cmd\ntrue": (FAILS, FAILS),
    "x=$(cmd)": (FAILS, FAILS),
    "cmd || exit 1": (FAILS, FAILS),
    "set -o pipefail\ncmd | tee log": (FAILS, FAILS),
    "if ! cmd; then\n  echo no\n  exit 1\nfi": (FAILS, FAILS),
    "cmd && echo fine": (FAILS, FAILS),
    "echo before; cmd; echo after": (FAILS, FAILS),
}  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_the_exit_code_decides(script: str) -> None:
    assert (gate(script), gate(script, "bash")) == SCRIPTS[script]


# A script in a script: the inner shell has its own rules, and the outer one decides on what it lets out.
NESTED = {
    "bash -c 'cmd'": FAILS,
    "bash -c 'cmd || true'": PASSES,
    "sudo bash -c 'cmd | tee log'": PASSES,
    "bash -o pipefail -c 'cmd | tee log'": FAILS,
    "bash -c 'cmd; echo done'": PASSES,
    "bash -ec 'cmd; echo done'": FAILS,
    "bash -ec 'cmd' || true": PASSES,
    "sh -c 'echo ready'": FAILS,
    'sh -c "$SCRIPT"': FAILS,
    "bash -e script.sh": FAILS,
}


@pytest.mark.parametrize("script", NESTED)
def test_a_script_handed_to_a_shell_is_judged_by_what_is_in_it(script: str) -> None:
    assert gate(script) is NESTED[script]


def test_what_masks_in_a_script_handed_to_a_shell_has_its_place() -> None:
    text = TEMPLATE.format(runner="x", script="          bash -c 'cmd || true'", shell="")
    mask = judged(text)["job"].reasons[0]
    assert (mask.code, mask.place and (mask.place.line, mask.place.column)) == ("shell-mask-or-list", (7, 24))


def test_posix_shells_have_no_pipefail() -> None:
    assert gate("cmd | tee log", "sh") is PASSES
    assert gate("cmd", "sh") is FAILS


def test_the_shell_of_the_job_or_workflow_counts() -> None:
    text = """
    on: pull_request
    defaults:
      run:
        shell: bash
    jobs:
      inherited:
        runs-on: ubuntu-latest
        steps:
          - run: cmd | tee log
      own:
        runs-on: ubuntu-latest
        defaults:
          run:
            shell: bash {0}
        steps:
          - run: |
              cmd
              echo done
    """
    found = judged(text)
    assert found["inherited"].gate is FAILS
    assert found["own"].gate is PASSES  # no -e in this template


def test_other_shells_are_followed_no_further_than_their_last_line() -> None:
    assert gate("cmd", "pwsh") is FAILS
    assert gate("other\ncmd", "pwsh") is FAILS
    assert gate("cmd || true", "pwsh") is Gate.UNKNOWN
    assert gate("cmd `\n  --all", "pwsh") is FAILS
    assert gate("cmd ^\n  --all", "cmd") is FAILS
    assert gate("cmd `\n  --all\nexit 0", "pwsh") is Gate.UNKNOWN
    assert gate("import os; os.system('cmd')", "python") is Gate.UNKNOWN
    assert gate("other\ncmd", runner="windows-latest") is FAILS
    assert gate("cmd | tee log", runner="windows-latest") is Gate.UNKNOWN


def test_each_leg_has_the_shell_of_its_system() -> None:
    text = """
    on: pull_request
    jobs:
      job:
        runs-on: ${{ matrix.os }}
        strategy:
          matrix:
            os: [ubuntu-latest, windows-latest]
        steps:
          - run: cmd | tee log
    """
    verdict = judged(text)["job"]
    assert {leg.check: leg.gate for leg in verdict.legs} == {
        "job (ubuntu-latest)": Gate.SILENT,
        "job (windows-latest)": Gate.UNKNOWN,
    }


def test_a_masked_failure_that_is_announced_is_seen() -> None:
    assert gate('cmd || echo "::warning::it failed"') is Gate.ADVISORY
    assert gate("cmd || gh pr comment 1 --body no") is Gate.ADVISORY


def test_the_mask_is_named_with_its_line() -> None:
    text = TEMPLATE.format(runner="x", script="          setup\n          cmd || true", shell="")
    verdict = judged(text)["job"]
    assert [reason.place and reason.place.line for reason in verdict.reasons if "shell-mask" in reason.code] == [8]
    assert verdict.blocks.value is Blocks.NO


UPLOADS = {
    "codecov/codecov-action@v5": Gate.SILENT,
    "codecov/codecov-action@v5\n        with:\n          fail_ci_if_error: false": Gate.SILENT,
    "codecov/codecov-action@v5\n        with:\n          fail_ci_if_error: true": Gate.BLOCKING,
    "codecov/codecov-action@v5\n        with:\n          fail_ci_if_error: ${{ vars.STRICT }}": Gate.UNKNOWN,
    "coverallsapp/github-action@v2": Gate.BLOCKING,
    "coverallsapp/github-action@v2\n        with:\n          fail-on-error: false": Gate.SILENT,
    "actions/checkout@v5": Gate.BLOCKING,
}


@pytest.mark.parametrize("uses", UPLOADS)
def test_uploads_fail_as_they_are_told(uses: str) -> None:
    text = f"on: pull_request\njobs:\n  job:\n    runs-on: x\n    steps:\n      - uses: {uses}\n"
    assert judged(text)["job"].steps[0].gate is UPLOADS[uses]


COVERAGE = """\
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - run: pytest --cov --cov-report=xml
        {flag}
      - uses: coverallsapp/github-action@v2
        {upload}
        with:
          file: coverage.xml
          fail-on-error: {fails}
"""


@pytest.mark.parametrize(
    ("flag", "upload", "fails", "without", "codes"),
    [
        ("", "", "true", Tri.FALSE, set()),
        ("continue-on-error: true", "", "true", Tri.TRUE, {"measuring-masked"}),
        ("", "", "false", Tri.TRUE, {"upload-cannot-fail"}),
        ("continue-on-error: true", "if: hashFiles('coverage.xml') != ''", "true", Tri.TRUE,
         {"measuring-masked", "upload-skipped"}),
    ],
)  # fmt: skip
def test_a_green_run_may_hold_no_data(flag: str, upload: str, fails: str, without: Tri, codes: set[str]) -> None:
    data = judged(COVERAGE.format(flag=flag, upload=upload, fails=fails))["job"].data
    assert data.green_without_data is without
    assert {reason.code for reason in data.reasons} == codes
    assert all(reason.place is not None for reason in data.reasons)


CONDITIONS = {
    # condition of a step that runs after the masked one, whether it fails the job
    "failure()": Gate.SILENT,
    "always()": Gate.BLOCKING,
    "'always()'": Gate.BLOCKING,  # a text: true, behind success()
    "${{ steps.tests.outcome }} == 'failure'": Gate.BLOCKING,  # put together as a text, so always true
    "${{ steps.tests.outcome == 'failure' }}": Gate.BLOCKING,
    "steps.tests.outcome == 'success'": Gate.SILENT,
    "steps.tests.conclusion == 'failure'": Gate.SILENT,
    "job.status == 'failure'": Gate.SILENT,
    "job.status == 'success'": Gate.BLOCKING,
    "false": Gate.SILENT,
    "vars.STRICT == 'yes'": Gate.SILENT,  # it does what it always did
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_conditions_are_read_as_github_reads_them(condition: str) -> None:
    text = f"""
    on: pull_request
    jobs:
      job:
        runs-on: ubuntu-latest
        steps:
          - run: pytest --cov
            id: tests
            continue-on-error: true
          - run: exit 1
            if: "{condition}"
    """
    assert judged(text)["job"].gate is CONDITIONS[condition]


def test_a_measurement_that_only_makes_words_of_another_command_is_masked() -> None:
    assert gate('echo "covered: $(cargo tarpaulin --out Stdout)"') is Gate.SILENT
    assert gate('covered=$(cargo tarpaulin --out Stdout)\necho "$covered"') is Gate.BLOCKING


def test_a_search_that_shows_nothing_is_the_check_of_its_pipeline() -> None:
    assert gate("git status | grep -q 'working tree clean'") is Gate.BLOCKING
    assert gate("git status | grep -v noise") is Gate.SILENT
    assert gate("cargo tarpaulin | grep -q 100%") is Gate.SILENT
    assert gate("if git status | grep -q clean; then echo clean; fi") is Gate.SILENT


UPLOADED = """\
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - run: pytest --cov --cov-report=xml
      - uses: codecov/codecov-action@v5
        id: first
        continue-on-error: true
        with: {files: coverage.xml, fail_ci_if_error: true, disable_search: true}
"""
AGAIN = """\
      - uses: codecov/codecov-action@v5
        if: steps.first.outcome == 'failure'
        with: {files: coverage.xml, fail_ci_if_error: true, disable_search: true}
"""


def test_an_upload_that_is_let_off_may_fail_unnoticed() -> None:
    data = judged(UPLOADED)["job"].data
    assert data.green_without_data is Tri.TRUE
    assert [reason.message for reason in data.reasons] == [
        "`codecov/codecov-action@v5` may fail unnoticed (`continue-on-error: true`)"
    ]


def test_an_upload_that_is_tried_again_counts_in_the_end() -> None:
    data = judged(UPLOADED + AGAIN)["job"].data
    assert (data.green_without_data, data.reasons) == (Tri.FALSE, ())


def test_an_upload_that_looks_for_other_reports_may_pass_without_this_one() -> None:
    data = judged(UPLOADED.replace(", disable_search: true", "").replace("continue-on-error: true", ""))["job"].data
    assert data.green_without_data is Tri.UNKNOWN
    assert "may pass without the report: it looks for others by itself" in data.reasons[0].message


@pytest.mark.parametrize(
    ("step", "counts"),
    [
        ("uses: codecov/codecov-action@v5\n        with: {report_type: test_results}", False),
        ("uses: actions/upload-artifact@v4\n        with: {name: test-results, path: junit.xml}", False),
        ("uses: actions/upload-artifact@v4\n        with: {name: logs-and-coverage, path: out}", True),
        ("uses: actions/upload-artifact@v4\n        with: {name: reports, path: out}", True),
        ("uses: actions/upload-artifact@v4\n        with: {name: app, path: target/release/app.exe}", False),
        ("uses: actions/upload-artifact@v4\n        with: {name: seeds, path: '${{ runner.temp }}/seeds'}", False),
        ("uses: actions/upload-artifact@v4\n        with: {name: all, path: .}", True),
        ("uses: actions/upload-artifact@v4\n        with: {name: all, path: '${{ env.OUT }}'}", True),
    ],
)
def test_what_carries_something_else_says_nothing_of_the_report(step: str, counts: bool) -> None:
    head, _, _ = UPLOADED.partition("      - uses")
    assert bool(judged(f"{head}      - {step}\n")["job"].data.reasons) is counts


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ('set +e\nmake test\nresult=$?\nssh host "rm -rf work"\nexit $result', Gate.BLOCKING),
        ('set +e\nmake test\nssh host "rm -rf work"\nexit 0', Gate.SILENT),
        ('set +e\nmake test\nresult=$?\nssh host "rm -rf work"\nexit $other', Gate.UNKNOWN),
        ('make test\nssh host "rm -rf work" || true\nresult=0\nexit $result', Gate.SILENT),
    ],
)
def test_a_status_that_is_kept_and_given_out_is_what_the_script_is_about(script: str, expected: Gate) -> None:
    assert gate(script) is expected


@pytest.mark.parametrize(
    "script",
    [
        'test -z "$(gofmt -l .)"',
        '[ -z "$(git status --porcelain)" ]',
        "! (cargo tree -i openssl)",
        "make build\n! (cargo tree -i openssl | grep vendored)",
        "gofmt -l . | (! grep .)",
    ],
)
def test_a_script_that_ends_with_a_question_decides_by_the_answer(script: str) -> None:
    assert gate(script) is Gate.BLOCKING


def test_a_question_that_something_else_answers_for_decides_nothing() -> None:
    assert gate("! (cargo tree -i openssl) || true") is Gate.SILENT
    assert gate('test -z "$(gofmt -l .)" || echo unformatted') is Gate.SILENT


@pytest.mark.parametrize(
    ("on", "flag", "expected"),
    [
        ("pull_request", "github.event_name != 'pull_request'", Gate.SILENT),
        ("pull_request", "github.event_name == 'pull_request'", Gate.BLOCKING),
        ("[pull_request, merge_group]", "github.event_name != 'pull_request'", Gate.BLOCKING),
        ("pull_request", "vars.STRICT == 'yes'", Gate.UNKNOWN),
    ],
)
def test_an_upload_may_fail_for_one_event_and_not_for_another(on: str, flag: str, expected: Gate) -> None:
    text = f"""\
on: {on}
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - uses: codecov/codecov-action@v5
        with:
          files: coverage.xml
          fail_ci_if_error: ${{{{ {flag} }}}}
"""
    assert judged(text)["job"].gate is expected


@pytest.mark.parametrize(
    ("script", "then", "expected"),
    [
        ('set +e; make test; echo "code=$?" >> "$GITHUB_OUTPUT"', "exit 1", Gate.UNKNOWN),
        ('make test || echo "failed=true" >> $GITHUB_OUTPUT', "exit 1", Gate.UNKNOWN),
        ('make test || echo "failed=true" >> $GITHUB_OUTPUT', "echo failed", Gate.SILENT),
        ('make test || true; echo "done=true" >> $GITHUB_OUTPUT', "exit 1", Gate.SILENT),
    ],
)
def test_a_failure_that_is_handed_on_as_an_output_may_count_later(script: str, then: str, expected: Gate) -> None:
    text = f"""\
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - id: tests
        run: {script}
      - if: steps.tests.outputs.failed == 'true' || steps.tests.outputs.code == 1
        run: {then}
"""
    step = judged(text)["job"].steps[0]
    assert step.gate is expected
    if expected is Gate.UNKNOWN:
        assert step.reasons[0].place is not None
        assert (step.reasons[0].code, step.reasons[0].place.line) == ("shell-unknown-decided-later", 8)


@pytest.mark.parametrize(
    ("script", "then", "expected", "line"),
    [
        ('set +e; make test; echo "code=$?" >> "$GITHUB_OUTPUT"', "python tools/summary.py", Gate.UNKNOWN, 10),
        ('set +e; make test; echo "code=$?" >> "$GITHUB_OUTPUT"', "test $CODE -eq 0", Gate.UNKNOWN, 10),
        ('set +e; make test; echo "code=$?" >> "$GITHUB_OUTPUT"', "echo it ended with $CODE", Gate.SILENT, 0),
        ('make test || true; echo "done=true" >> "$GITHUB_OUTPUT"', "python tools/summary.py", Gate.SILENT, 0),
    ],
)
def test_a_failure_that_is_handed_on_in_a_variable_may_count_later(
    script: str, then: str, expected: Gate, line: int
) -> None:
    text = f"""\
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - id: tests
        run: {script}
      - run: {then}
        env:
          CODE: ${{{{ steps.tests.outputs.code }}}}
"""
    step = judged(text)["job"].steps[0]
    assert step.gate is expected
    if expected is Gate.UNKNOWN:
        assert step.reasons[0].place is not None
        assert (step.reasons[0].code, step.reasons[0].place.line) == ("shell-unknown-decided-later", line)


def test_a_failure_that_is_written_into_a_later_script_may_count_there() -> None:
    text = """\
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - id: tests
        run: |
          if make test; then
            echo "failed=false" >> "$GITHUB_OUTPUT"
          else
            echo "failed=true" >> "$GITHUB_OUTPUT"
          fi
      - run: tools/settle ${{ steps.tests.outputs.failed }}
"""
    assert judged(text)["job"].steps[0].gate is Gate.UNKNOWN


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("import sys; print(sys.path[99])", Gate.BLOCKING),
        ("import subprocess; subprocess.run(['make'])", Gate.UNKNOWN),
    ],
)
def test_an_error_ends_a_python_script_that_catches_none(script: str, expected: Gate) -> None:
    text = f"""\
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - shell: python
        run: |
          {script}
"""
    assert judged(text)["job"].gate is expected


def test_a_function_that_returns_a_failure_decides_by_itself() -> None:
    text = """
on: pull_request
jobs:
  job:
    runs-on: ubuntu-latest
    steps:
      - run: |
          one() {
            count=$(find dist -name "$1" | wc -l)
            if [ $count -ne 1 ]; then
              return 1
            fi
          }
          one '*.whl'
"""
    assert judged(text)["job"].gate is Gate.BLOCKING


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("cargo tree | grep -Eq 'this|that' && exit 1 || exit 0", Gate.BLOCKING),
        ("grep -r forbidden src && exit 1 || true", Gate.BLOCKING),
        ("make lint && echo good || exit 0", Gate.SILENT),
    ],
)
def test_a_list_that_leaves_on_an_answer_decides_by_itself(script: str, expected: Gate) -> None:
    assert gate(script) is expected
