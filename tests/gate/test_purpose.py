"""Which steps only prepare, and which step a job is judged by because of it."""

from __future__ import annotations

import pytest

from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.scripts.purpose import is_setup
from covpath.terms import Gate, JobId
from covpath.workflow.calls import link
from covpath.workflow.shell.dialect import default_shell
from judging import judged, workflow

HEAD = "on: pull_request\njobs:\n  job:\n    runs-on: ubuntu-latest\n    steps:\n"
SETUP = (
    "mkdir out",
    "mkdir out\n./serve --port 80 &",
    "gzip logs/*.log",
    "test -f a && cp a b",
    "if [ -f a ]; then cp a b; fi",
    "docker compose up -d",
)
WORK = (
    "if grep -r TODO src; then\n  exit 1\nfi",
    "! grep -q ud2 out.s",
    "file result | grep static",
    "pytest",
    "./serve &\npytest",
    "test -f target/debug/a",
    "test -f a || test -f a.exe",
    "echo looking\n[ -s coverage.xml ]",
    "a && b",
)


def step(script: str) -> str:
    return "      - run: |\n" + "".join(f"          {line}\n" for line in script.splitlines())


@pytest.mark.parametrize("script", [*SETUP, *WORK])
def test_a_step_prepares_or_works(script: str) -> None:
    found = next(iter(workflow(HEAD + step(script)).jobs.values())).steps[0]
    assert is_setup(found, default_shell()) is (script in SETUP)


def test_packing_logs_is_not_what_a_job_is_judged_by() -> None:
    verdict = judged(HEAD + step("make check") + step("gzip logs/*.log || true"))["job"]
    assert (verdict.measuring, verdict.gate) == (0, Gate.BLOCKING)


@pytest.mark.parametrize(("action", "measuring"), [("fuzz-test", 1), ("install-go", 0)])
def test_a_local_action_that_is_no_composite_is_known_by_its_name(action: str, measuring: int) -> None:
    text = f"{HEAD}{step('./serve &')}      - uses: ./.github/actions/{action}\n"
    found = workflow(text)
    judge = Judge(required=UNKNOWN_REQUIRED, links=link([found]))
    assert judge.job(found, found.jobs[JobId("job")]).measuring == measuring


def test_the_shell_of_msys2_stops_at_once() -> None:
    shell = "        shell: msys2 {0}\n"
    assert judged(HEAD + step("make | tee log\necho done") + shell)["job"].gate is Gate.BLOCKING


def test_a_mask_over_several_lines_is_quoted_on_one() -> None:
    (reason, *_) = judged(HEAD + step("make \\\n  | sed s/a/b/"))["job"].reasons
    assert reason.message.startswith("`| sed s/a/b/`: ")


def test_a_shell_word_that_looks_like_a_context_reads_no_results() -> None:
    later = step('echo "${{ github.action }} steps.$name"\n[ -n "$name" ]')
    soft = step("make lint") + "        continue-on-error: true\n"
    assert judged(HEAD + soft + later)["job"].steps[0].gate is Gate.SILENT


def test_a_name_over_several_lines_is_shown_on_one() -> None:
    named = "      - name: >\n          Run\n          it\n        run: make\n"
    assert judged(HEAD + named)["job"].steps[0].label == "Run it"


INVERSE = (
    "if cargo tree -i x; then\n  echo found\n  exit 1\nfi\necho fine",
    "! grep -q ud2 out.s",
    "file result | grep static | grep stripped",
    "wget -q a/x.tar.gz ||\nwget -q b/x.tar.gz\nls",
)


@pytest.mark.parametrize("script", INVERSE)
def test_a_script_that_decides_on_an_answer_lets_its_failure_out(script: str) -> None:
    assert judged(HEAD + step(script))["job"].gate is Gate.BLOCKING


@pytest.mark.parametrize(
    "script", ["if make; then echo fine; fi", "make | grep -v note", "make || curl -d failed hook", "! make\necho fine"]
)
def test_a_failure_that_only_chooses_is_masked(script: str) -> None:
    assert judged(HEAD + step(script))["job"].gate is Gate.SILENT


def test_an_action_that_runs_a_script_is_a_step_that_works() -> None:
    action = "      - uses: vmactions/freebsd-vm@v1\n        with: {run: gmake test}\n"
    verdict = judged(HEAD + step("sudo rm -rf /opt &") + action)["job"]
    assert (verdict.measuring, verdict.gate, verdict.steps[1].setup) == (1, Gate.BLOCKING, False)


def test_a_local_action_comes_in_its_place_among_the_steps_that_run() -> None:
    late = step("make collect") + "        if: failure()\n"
    text = f"{HEAD}{step('make')}      - uses: ./.github/actions/fuzz-test\n{late}"
    found = workflow(text)
    judge = Judge(required=UNKNOWN_REQUIRED, links=link([found]))
    assert judge.job(found, found.jobs[JobId("job")]).measuring == 1
