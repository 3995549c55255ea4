from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import caller
from sample_repositories import repository

WORKFLOW = """\
on: pull_request
jobs:
  coverage:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: cargo llvm-cov --lcov --output-path lcov.info
        continue-on-error: true
"""
MORE = """\
        if: github.event_name != 'push'
      - run: |
          make lint || make lint-again
          if make test; then exit 1; fi
          make slow-test |& tee slow.log
"""

MOST_OWN = 96
"""Modules of covpath's own, without the empty packages; each costs as much as reading fifty lines of YAML."""

BESIDE = {"_bisect", "bisect", "gc", "math", "shlex"}
"""What may come with them beside what any program loads that has files, records and YAML."""

NOT_MET = (
    *("covpath.arguments", "covpath.audits", "covpath.bench", "covpath.decide", "covpath.evidence", "covpath.ledger"),
    *("covpath.moves", "covpath.backends.grcov", "covpath.backends.pytest_cov", "covpath.backends.llvm_cov_writing"),
    *("covpath.gate.composite", "covpath.gate.call_judge", "covpath.gate.tracing.following"),
    *("covpath.workflow.check_names", "covpath.workflow.expressions.parse", "covpath.workflow.expressions.evaluate"),
    *("covpath.workflow.shell.compounds", "covpath.workflow.shell.context", "covpath.workflow.shell.execution"),
    *("covpath.workflow.shell.lower", "covpath.yamltext.edit"),
    *("covpath.outside.processes", "covpath.outside.github"),
    *("argparse", "filelock", "json", "jsonschema", "locale", "markdown_it", "rich", "ruamel", "shutil", "subprocess"),
    *("tempfile", "threading", "tomllib", "tree_sitter", "tree_sitter_bash", "urllib.request", "xml"),
)
"""What a small workflow gives no reason to load; much of it takes longer to load than the workflow to judge."""

STATUS = "from covpath.cli import main; code = main(['status'])"
AUDIT = "from covpath.cli import main; main(['audit']); code = 0"
LIBRARIES = "import contextlib, enum, functools, importlib, pathlib, msgspec, yaml; code = 0"


def loaded(repo: Path, code: str) -> set[str]:
    code += "; import sys; print(*sys.modules, sep='\\n', file=sys.stderr); sys.exit(code)"
    done = subprocess.run([sys.executable, "-c", code], cwd=repo, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {".github/workflows/ci.yml": WORKFLOW})


def test_a_small_repository_is_told_about_with_few_modules(repo: Path) -> None:
    found = loaded(repo, STATUS)
    assert "covpath.backends.llvm_cov" in found
    assert sorted(name for name in found for one in NOT_MET if name == one or name.startswith(f"{one}.")) == []
    own = {name for name in found if name.split(".")[0] == "covpath"}
    modules = {name for name in own if not any(other.startswith(f"{name}.") for other in own)}
    assert len(modules) <= MOST_OWN, sorted(modules)
    assert found - own - loaded(repo, LIBRARIES) <= BESIDE


def test_an_audit_without_an_exceptions_file_loads_nothing_to_check_one(repo: Path) -> None:
    found = loaded(repo, AUDIT)
    assert "covpath.ledger.reading" in found
    assert found.isdisjoint({"jsonschema", "referencing", "attr", "ruamel", "importlib.metadata"})
    assert found.isdisjoint({"covpath.evidence.store", "covpath.report.audit_sarif"})
    (repo / "ci").mkdir()
    (repo / "ci" / "ci-exceptions.yaml").write_text("version: 1\nexceptions: []\n", encoding="utf-8")
    assert "jsonschema" in loaded(repo, AUDIT)


def test_what_is_loaded_late_is_loaded_where_it_is_met(repo: Path) -> None:
    (repo / ".github" / "workflows" / "ci.yml").write_text(WORKFLOW + MORE, encoding="utf-8")
    late = {"covpath.workflow.expressions.parse", "covpath.workflow.shell.lower", "tree_sitter"}
    assert late <= set(NOT_MET)
    assert late <= loaded(repo, STATUS.replace("'status'", "'status', '--all'"))


@pytest.mark.parametrize("words", [["status"], ["status", "--nothing"], ["move", "nothing", "--gate", "blocking"]])
@pytest.mark.parametrize("collecting", [True, False])
def test_collecting_is_left_as_it_was_found(
    words: list[str], collecting: bool, repo: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not collecting:
        gc.disable()
    try:
        caller(capsys, repo)(*words)
        assert (gc.isenabled(), gc.get_freeze_count()) == (collecting, 0)
    finally:
        gc.enable()
