"""Recipes judged and really run: a job of one script in a small repository, in which what measures fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.gate.tracing.chains import Tracer
from covpath.gate.verdict import JobVerdict
from covpath.terms import Gate, JobId
from covpath.workflow.calls import link
from judging import workflow
from sample_repositories import write


@dataclass(frozen=True)
class Case:
    run: str
    files: Mapping[str, str]
    gate: Gate
    place: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


def judged(run: str, files: Mapping[str, str], env: Mapping[str, str] | None = None) -> JobVerdict:
    """The verdict on a job whose only step runs a script, with the variables ``env`` of the workflow."""
    variables = "".join(f"\n  {name}: {value!r}" for name, value in (env or {}).items()) or " {}"
    found = workflow(
        f"on: pull_request\nenv:{variables}\njobs:\n  a:\n    runs-on: x\n    steps:\n"
        f"      - run: |\n{indent(run, ' ' * 10)}\n"
    )
    links = link([found])
    judge = Judge(required=UNKNOWN_REQUIRED, links=links, behind=Tracer(files.get, links).alternatives)
    return judge.job(found, found.jobs[JobId("a")])


def places(verdict: JobVerdict) -> list[str]:
    """Where recipes let the failure pass, as file and line."""
    told = [str(reason.place) for reason in verdict.reasons if "-recipe-" in reason.code]
    return [place.rpartition(":")[0] if place.count(":") > 1 else place for place in told]


STUBS = ("pytest", "cargo", "nyc")


def really_passes(root: Path, case: Case, programs: tuple[Path, ...] = ()) -> bool:
    """Whether the script exits 0 in the real shell, ``programs`` being folders on its path; what measures exits 1.

    A program that never ran what measures proves nothing: then this fails.
    """
    stubs = root / "stubs"
    ran = root / "ran"
    write(stubs, dict.fromkeys(STUBS, f"#!/bin/sh\necho hit >> '{ran}'\nexit 1\n"))
    repository = root / "repository"
    write(repository, {**case.files, "step.sh": case.run})
    for path in (*stubs.iterdir(), *repository.rglob("*")):
        if path.is_file() and (path.parent == stubs or path.read_text().startswith("#!") or path.suffix == ".sh"):
            path.chmod(0o755)
    folders = (stubs, *programs, Path(sys.executable).parent)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "TOX_", "CI"))},
        "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]]),
        **case.env,
    }
    done = subprocess.run(
        ["bash", "-e", "step.sh"],
        cwd=repository,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )
    assert ran.exists(), done.stdout + done.stderr
    return done.returncode == 0
