"""What becomes of a measurement that fails inside a recipe: each runner's rules, each shell's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.tracing.chains import Tracer
from covpath.terms import Gate, JobId
from covpath.workflow.calls import link
from covpath.workflow.local_action import read_action
from judging import workflow
from recipe_runs import Case, judged, places, really_passes

PASSING = {
    "make": Case("make cov", {"Makefile": "cov:\n\tpytest --cov\n\techo done\n"}, Gate.BLOCKING),
    "make with variables": Case(
        "make cov", {"Makefile": "P ?= pytest\ncov:\n\t@$(P) --cov && echo ok\n"}, Gate.BLOCKING
    ),
    "make, a pipe under pipefail": Case(
        "make cov",
        {"Makefile": "SHELL := /bin/bash\n.SHELLFLAGS := -eu -o pipefail -c\ncov:\n\tpytest --cov | tee log\n"},
        Gate.BLOCKING,
    ),
    "make -k goes on and fails in the end": Case("make -k cov", {"Makefile": "cov:\n\tpytest --cov\n"}, Gate.BLOCKING),
    "another target may be ignored": Case(
        "make cov", {"Makefile": ".IGNORE: lint\ncov:\n\tpytest --cov\nlint:\n\truff check\n"}, Gate.BLOCKING
    ),
    "just": Case("just cov", {"justfile": "cov:\n    pytest --cov\n    echo done\n"}, Gate.BLOCKING),
    "just, a script under set -e": Case(
        "just cov",
        {"justfile": "cov:\n    #!/usr/bin/env bash\n    set -e\n    pytest --cov\n    echo done\n"},
        Gate.BLOCKING,
    ),
    "just, [script] is sh -eu": Case(
        "just cov", {"justfile": "[script]\ncov:\n    pytest --cov\n    echo done\n"}, Gate.BLOCKING
    ),
    "just, a pipe under pipefail": Case(
        "just cov",
        {"justfile": 'set shell := ["bash", "-euo", "pipefail", "-c"]\n\ncov:\n    pytest --cov | tee log\n'},
        Gate.BLOCKING,
    ),
    "npm, both must succeed": Case(
        "npm run cov", {"package.json": '{"scripts": {"cov": "nyc mocha && echo ok"}}'}, Gate.BLOCKING
    ),
    "tox": Case(
        "tox -e cov", {"tox.ini": "[testenv:cov]\ncommands =\n  pytest --cov\n  coverage xml\n"}, Gate.BLOCKING
    ),
    "tox, another environment's outcome": Case(
        "tox -e cov",
        {"tox.ini": "[testenv:cov]\ncommands = pytest --cov\n[testenv:x]\nignore_outcome = true\ncommands = true\n"},
        Gate.BLOCKING,
    ),
    "a script under set -e": Case(
        "./cov.sh", {"cov.sh": "#!/bin/bash\nset -euo pipefail\npytest --cov\necho\n"}, Gate.BLOCKING
    ),
    "a script that ends with it": Case("./cov.sh", {"cov.sh": "#!/bin/sh\necho\npytest --cov\n"}, Gate.BLOCKING),
    "bash -e": Case("bash -e cov.sh", {"cov.sh": "pytest --cov\necho\n"}, Gate.BLOCKING),
    "a sourced script has the step's errexit": Case(
        "source ./cov.sh", {"cov.sh": "pytest --cov\necho\n"}, Gate.BLOCKING
    ),
    "nox": Case(
        "nox -s cov",
        {"noxfile.py": 'import nox\n\n@nox.session\ndef cov(session):\n    session.run("pytest", "--cov")\n'},
        Gate.BLOCKING,
    ),
    "Python that checks": Case(
        "python cov.py",
        {"cov.py": "import subprocess\nsubprocess.run(['pytest', '--cov'], check=True)\n"},
        Gate.BLOCKING,
    ),
    "Python that exits with it": Case(
        "python cov.py",
        {"cov.py": "import subprocess, sys\ndone = subprocess.run(['pytest', '--cov'])\nsys.exit(done.returncode)\n"},
        Gate.BLOCKING,
    ),
    "Python that hands it on": Case(
        "python cov.py",
        {
            "cov.py": "import subprocess, sys\n\ndef main():\n    return subprocess.call(['pytest', '--cov'])\n\n"
            "if __name__ == '__main__':\n    sys.exit(main())\n"
        },
        Gate.BLOCKING,
    ),
    "Python with a runner of its own": Case(
        "python cov.py",
        {
            "cov.py": "import subprocess\n\ndef run(words):\n    subprocess.check_call(words)\n\n"
            "run(['pytest', '--cov'])\n"
        },
        Gate.BLOCKING,
    ),
    "Python that catches and leaves": Case(
        "python cov.py",
        {
            "cov.py": "import subprocess, sys\ntry:\n    subprocess.check_call(['pytest', '--cov'])\n"
            "except subprocess.CalledProcessError as error:\n    sys.exit(error.returncode)\n"
        },
        Gate.BLOCKING,
    ),
    "cargo-make ends a script at once": Case(
        "cargo make cov", {"Makefile.toml": '[tasks.cov]\nscript = ["cargo llvm-cov", "echo done"]\n'}, Gate.BLOCKING
    ),
    "mise ends at once": Case(
        "mise run cov", {"mise.toml": '[tasks.cov]\nrun = """\npytest --cov\necho done\n"""\n'}, Gate.BLOCKING
    ),
    "bash -c that fails": Case("bash -c 'pytest --cov'", {}, Gate.BLOCKING),
}
MASKED = {
    "make, the line's shell": Case(
        "make cov", {"Makefile": "all:\n\ncov:\n\tcargo llvm-cov || true\n"}, Gate.SILENT, "Makefile:4"
    ),
    "make, a mark": Case("make cov", {"Makefile": "cov:\n\t-pytest --cov\n"}, Gate.SILENT, "Makefile:2"),
    "make, a mark in a variable": Case(
        "make cov", {"Makefile": "I = -\ncov:\n\t$(I)pytest --cov\n"}, Gate.SILENT, "Makefile:3"
    ),
    "make, .IGNORE": Case("make cov", {"Makefile": ".IGNORE: cov\ncov:\n\tpytest --cov\n"}, Gate.SILENT, "Makefile:3"),
    "make -i": Case("make -si cov", {"Makefile": "cov:\n\tpytest --cov\n"}, Gate.SILENT, "Makefile:2"),
    "make, a pipe": Case("make cov", {"Makefile": "cov:\n\tpytest --cov | tee log\n"}, Gate.SILENT, "Makefile:2"),
    "make, one shell for all lines": Case(
        "make cov", {"Makefile": ".ONESHELL:\ncov:\n\tpytest --cov\n\n\techo done\n"}, Gate.SILENT, "Makefile:3"
    ),
    "make in a line": Case(
        "make cov", {"Makefile": "cov:\n\t$(MAKE) inner || true\ninner:\n\tpytest --cov\n"}, Gate.SILENT, "Makefile:2"
    ),
    "just, a mark": Case("just cov", {"justfile": "cov:\n    -pytest --cov\n"}, Gate.SILENT, "justfile:2"),
    "just, the line's shell": Case(
        "just cov", {"justfile": "cov:\n    @pytest --cov || :\n"}, Gate.SILENT, "justfile:2"
    ),
    "just, a script without set -e": Case(
        "just cov",
        {"justfile": "cov:\n    #!/usr/bin/env bash\n    pytest --cov\n    echo done\n"},
        Gate.SILENT,
        "justfile:3",
    ),
    "just, then a script": Case(
        "just cov",
        {"justfile": "cov:\n    ./cov.sh\n", "cov.sh": "#!/bin/sh\npytest --cov\nexit 0\n"},
        Gate.SILENT,
        "cov.sh:2",
    ),
    "npm": Case(
        "npm run cov",
        {"package.json": '{"scripts": {\n  "cov": "nyc mocha || true"\n}}'},
        Gate.SILENT,
        "package.json:2",
    ),
    "npm, a list": Case(
        "npm run cov", {"package.json": '{"scripts": {"cov": "nyc mocha; echo ok"}}'}, Gate.SILENT, "package.json:1"
    ),
    "tox, the outcome": Case(
        "tox -e cov",
        {"tox.ini": "[testenv:cov]\nignore_outcome = True\ncommands = pytest --cov\n"},
        Gate.SILENT,
        "tox.ini:2",
    ),
    "tox, a mark": Case(
        "tox -e cov", {"tox.ini": "[testenv:cov]\ncommands =\n  - pytest --cov\n"}, Gate.SILENT, "tox.ini:3"
    ),
    "tox, turned round": Case(
        "tox -e cov", {"tox.ini": "[testenv:cov]\ncommands =\n  ! pytest --cov\n"}, Gate.SILENT, "tox.ini:3"
    ),
    "tox, a shell": Case(
        "tox -e cov",
        {"tox.ini": "[testenv:cov]\ncommands =\n  bash -c 'pytest --cov || true'\n"},
        Gate.SILENT,
        "tox.ini:3",
    ),
    "tox.toml, the outcome": Case(
        "tox -e cov",
        {"tox.toml": '[env.cov]\nignore_outcome = true\ncommands = [["pytest", "--cov"]]\n'},
        Gate.SILENT,
        "tox.toml:2",
    ),
    "a script without set -e": Case(
        "./cov.sh", {"cov.sh": "#!/bin/bash\npytest --cov\necho\n"}, Gate.SILENT, "cov.sh:2"
    ),
    "bash does not read the first line": Case(
        "bash cov.sh", {"cov.sh": "#!/bin/bash -e\npytest --cov\necho\n"}, Gate.SILENT, "cov.sh:2"
    ),
    "a script that takes it back": Case(
        "./cov.sh", {"cov.sh": "#!/bin/bash\nset -e\nset +e\npytest --cov\nset -e\necho\n"}, Gate.SILENT, "cov.sh:3"
    ),
    "a script that says so": Case(
        "./cov.sh",
        {"cov.sh": '#!/bin/bash\npytest --cov || echo "::warning::no coverage"\n'},
        Gate.ADVISORY,
        "cov.sh:2",
    ),
    "hatch": Case(
        "hatch run cov",
        {"pyproject.toml": '[tool.hatch.envs.default.scripts]\ncov = "pytest --cov || true"\n'},
        Gate.SILENT,
        "pyproject.toml:2",
    ),
    "hatch env run": Case(
        "hatch env run cov",
        {"pyproject.toml": '[tool.hatch.envs.default.scripts]\ncov = "- pytest --cov"\n'},
        Gate.SILENT,
        "pyproject.toml:2",
    ),
    "nox, codes": Case(
        "nox -s cov",
        {
            "noxfile.py": "import nox\n\n@nox.session\ndef cov(session):\n"
            '    session.run("pytest", "--cov", success_codes=[0, 1])\n'
        },
        Gate.SILENT,
        "noxfile.py:5",
    ),
    "poe": Case(
        "poe cov",
        {
            "pyproject.toml": '[tool.poe.tasks]\nt = "pytest --cov"\n'
            '[tool.poe.tasks.cov]\nsequence = ["t"]\nignore_fail = true\n'
        },
        Gate.SILENT,
        "pyproject.toml:3",
    ),
    "cargo-make": Case(
        "cargo make cov",
        {"Makefile.toml": '[tasks.cov]\ncommand = "cargo"\nargs = ["llvm-cov"]\nignore_errors = true\n'},
        Gate.SILENT,
        "Makefile.toml:1",
    ),
    "Python that does not look": Case(
        "python cov.py",
        {"cov.py": "import subprocess\n\nsubprocess.run(['pytest', '--cov'])\n"},
        Gate.SILENT,
        "cov.py:3",
    ),
    "bash -c in the step": Case("bash -c 'pytest --cov || true'", {}, Gate.SILENT, ".github/workflows/ci.yml:8"),
}
DOUBTFUL = {
    "another shell": Case(
        "just cov",
        {"justfile": 'set shell := ["fish", "-c"]\n\ncov:\n    pytest --cov || true\n'},
        Gate.UNKNOWN,
        "justfile:4",
    ),
    "nox, in a try": Case(
        "nox -s cov",
        {
            "noxfile.py": "import nox\n\n@nox.session\ndef cov(session):\n    try:\n"
            '        session.run("pytest", "--cov")\n    except Exception:\n        session.log("no")\n'
        },
        Gate.UNKNOWN,
        "noxfile.py:6",
    ),
    "Python that keeps it": Case(
        "python cov.py",
        {"cov.py": "import subprocess\n\ndone = subprocess.run(['pytest', '--cov'])\nprint(done)\n"},
        Gate.UNKNOWN,
        "cov.py:3",
    ),
    "a condition": Case(
        "./cov.sh", {"cov.sh": '#!/bin/bash\npytest --cov || [ "$STRICT" != 1 ]\n'}, Gate.UNKNOWN, "cov.sh:2"
    ),
}
ACTION = ".github/actions/cov/action.yml"
CASES = {**PASSING, **MASKED, **DOUBTFUL}
assert len(CASES) == len(PASSING) + len(MASKED) + len(DOUBTFUL)
REAL = [
    name
    for name, case in {**PASSING, **MASKED}.items()
    if case.run.split()[0] in {"make", "bash", "source", "./cov.sh", "python"}
]
"""Cases whose runners every machine has."""


@pytest.mark.parametrize("name", CASES)
def test_the_recipe_decides(name: str) -> None:
    case = CASES[name]
    verdict = judged(case.run, case.files)
    assert verdict.coverage
    assert verdict.gate is case.gate
    assert places(verdict) == ([case.place] if case.place else [])


@pytest.mark.parametrize("name", REAL)
def test_the_runner_itself_does_the_same(tmp_path: Path, name: str) -> None:
    if shutil.which("make") is None:
        pytest.skip("NO MAKE: it is not found on the PATH")
    assert really_passes(tmp_path, CASES[name]) is (name in MASKED)


def test_a_mask_in_the_step_counts_whatever_the_recipe_does() -> None:
    verdict = judged("make cov || true", {"Makefile": "cov:\n\tpytest --cov\n"})
    assert verdict.gate is Gate.SILENT


def test_a_mask_in_a_recipe_inside_an_action_is_seen() -> None:
    files = {
        ACTION: "runs:\n  using: composite\n  steps:\n    - run: make cov\n      shell: bash\n",
        "Makefile": "cov:\n\tpytest --cov || true\n",
    }
    found = workflow("on: pull_request\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: ./.github/actions/cov\n")
    action = read_action(ACTION, files[ACTION].encode())
    links = link([found], actions=lambda uses: action if uses == "./.github/actions/cov" else None)
    judge = Judge(required=UNKNOWN_REQUIRED, links=links, behind=Tracer(files.get, links).alternatives)
    verdict = judge.job(found, found.jobs[JobId("a")])
    assert (verdict.gate, str(next(reason.place for reason in verdict.reasons))) == (Gate.SILENT, "Makefile:2")
