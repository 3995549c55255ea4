from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from covpath.bench.python_ways import core_probe

VERSION = sys.version_info[:2]
MONITORED = "SysMonitor" if VERSION >= (3, 12) else "CTracer"
MONITORED_BRANCHES = "SysMonitor" if VERSION >= (3, 14) else "CTracer"


@pytest.mark.parametrize(
    ("core", "branch", "measures"),
    [
        ("", False, MONITORED_BRANCHES),  # by default only from 3.14 on, as with branches
        ("", True, MONITORED_BRANCHES),
        ("ctrace", False, "CTracer"),
        ("pytrace", True, "PyTracer"),
        ("sysmon", False, MONITORED),
        ("sysmon", True, MONITORED_BRANCHES),
    ],
)
def test_which_core_really_measures_with_this_python(tmp_path: Path, core: str, branch: bool, measures: str) -> None:
    """What the names of Python's backends rest on; the sessions ``tests-on`` ask the other versions."""
    probe = core_probe(branch=branch)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    environment |= {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "RUNNER_TEMP": str(tmp_path)}
    if core:
        environment["COVERAGE_CORE"] = core
    done = subprocess.run(
        ["bash", "-e", "-c", probe.script],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=True,
    )
    found = re.search(probe.pattern, done.stdout)
    assert found is not None, done.stdout
    assert found[1] == measures
