"""Jobs that measure nothing, and whose recipe lets what they check fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from covpath.terms import Gate
from recipe_runs import Case, judged, places, really_passes

MAKEFILE = (
    "hard:\n\tpytest\nsoft:\n\tmkdir -p out\n\t-pytest\nmixed:\n\t-pytest\n\tcargo test\n"
    "script:\n\t./ci/all.sh\ncounts:\n\t./ci/counts.sh\nasks:\n\t./ci/asks.sh\n"
)
FILES = {
    "Makefile": MAKEFILE,
    "ci/all.sh": "#!/bin/bash\npytest\ncargo test\necho done\n",
    "ci/last.sh": "#!/bin/bash\npytest\ncargo test\n",
    "ci/counts.sh": "#!/bin/bash\npytest || failed=1\ncargo test || failed=1\nexit ${failed:-0}\n",
    "ci/asks.sh": "#!/bin/bash\nif ! pytest; then\n  exit 1\nfi\necho done\n",
    "ci/upload.sh": "#!/bin/bash\npytest --junitxml=x.xml || true\n",
    "justfile": "lint:\n    -cargo clippy\n",
    "tox.ini": "[testenv:lint]\nignore_outcome = true\ncommands = pytest\n",
    "check.py": "import subprocess\nsubprocess.run(['pytest'])\n",
}
BLOCKING = (
    "make hard",
    "make mixed",
    "make counts",
    "make asks",
    "./ci/last.sh",
    "make soft\nmake hard",
    "make hard\nmake soft",
    "make soft\npytest",
)
SOFT = {
    "make soft": "Makefile:5",
    "make -i hard": "Makefile:2",
    "MAKEFLAGS=-i make hard": "Makefile:2",
    "make script": "ci/all.sh:3",
    "./ci/all.sh": "ci/all.sh:3",
    "bash ci/upload.sh": "ci/upload.sh:2",
    "echo lint\nmake soft": "Makefile:5",
}
NOT_RUN_HERE = {"just lint": "justfile:2", "tox -e lint": "tox.ini:2"}


@pytest.mark.parametrize("run", BLOCKING)
def test_a_recipe_in_which_something_counts_counts(run: str) -> None:
    assert judged(run, FILES).gate is Gate.BLOCKING


@pytest.mark.parametrize("run", {**SOFT, **NOT_RUN_HERE})
def test_a_recipe_that_lets_everything_pass_is_silent(run: str) -> None:
    verdict = judged(run, FILES)
    assert (verdict.gate, verdict.coverage) == (Gate.SILENT, False)
    assert places(verdict) == [{**SOFT, **NOT_RUN_HERE}[run]]


@pytest.mark.parametrize("run", [*BLOCKING, *SOFT])
def test_the_real_shell_says_the_same(tmp_path: Path, run: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("NO MAKE: it is not found on the PATH")
    assert really_passes(tmp_path, Case(run, FILES, Gate.SILENT)) is (run in SOFT)


def test_what_a_program_of_python_makes_of_it_is_not_judged() -> None:
    assert judged("python check.py", FILES).gate is Gate.BLOCKING


def test_a_file_that_is_not_there_lets_nothing_pass() -> None:
    assert judged("make soft", {}).gate is Gate.BLOCKING
