"""How much is seen of the measurement of the corpus's coverage jobs, which often hide it behind recipes.

The population is found by text alone, not by the code under test: every job whose id, name or steps say
``cov`` as a word of its own, ``coverage``, ``codecov``, ``coveralls``, ``lcov``, ``jacoco``, ``tarpaulin``,
or whose steps call another workflow with such words. The corpus keeps a repository's workflow files and
nothing else, so most chains end at the first recipe: that link must be named then.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

from covpath.errors import InputError
from covpath.gate.tracing.chains import Tracer
from covpath.gate.tracing.traced import Sight, Trace
from covpath.workflow.calls import link
from covpath.workflow.model import Job, Workflow
from covpath.workflow.reading import read_workflow
from shared_data import shared_path

SAYS_COVERAGE = re.compile(
    r"(?<![a-z])(?:cov|coverage|codecov|codecovcli|coveralls|lcov|llvm-cov|jacoco|tarpaulin)(?![a-z])", re.IGNORECASE
)
KINDS = (
    ("a recipe's file is not in the corpus", r"is not in the repository"),
    ("a workflow or action of another repository", r"is in another repository"),
    ("only known while the workflow runs", r"depends on|only known while|not static"),
    ("a runner, program or container that is not followed", r"not followed|neither cargo's own"),
    ("a test tool that only a configuration file makes measure", r"no configuration of"),
)
OTHERWISE = (
    ("it switches coverage off", r"\bnone\b|--no-cov"),
    ("it hands on test results, no coverage", r"test[- ]results"),
    ("type coverage or Coverity is meant", r"pyrefly|cov-build"),
    ("it waits for a coverage job or looks for changes", r"^\s*- [\"']?[\w/.*-]*(?:coverage|codecov)|paths:|needs\."),
    ("it installs a tool for it, nothing more", r"python3-pytest-cov|^\s*lcov\s*$|^\s*bin:|tarpaulin:"),
    ("the word is part of another name", r""),
)
"""Why the words are there in a job that does nothing for coverage; the first that fits."""


def _workflows(folder: Path) -> list[Workflow]:
    found: list[Workflow] = []
    for path in sorted(folder.iterdir()):
        try:
            found.append(read_workflow(f".github/workflows/{path.name}", path.read_bytes()))
        except InputError:
            continue
    return found


def _text(workflow: Workflow, job: Job) -> str:
    """The lines of a job that say coverage, comments left out."""
    text = workflow.document.source.text[job.key.start : job.node.end]
    lines = (line.partition(" #")[0] for line in text.splitlines() if line.strip()[:1] != "#")
    return "\n".join(line for line in lines if SAYS_COVERAGE.search(line))


def _why(text: str) -> str:
    return next((reason for reason, words in OTHERWISE if re.search(words, text, re.MULTILINE)), OTHERWISE[-1][0])


def _row(trace: Trace, text: str) -> str:
    if trace.sight is Sight.OWN:
        return "measures itself"
    if trace.sight is Sight.CHAIN:
        return "chain shown"
    if trace.sight is Sight.ELSEWHERE:
        return "takes over what another job measured, which is named"
    if trace.sight is Sight.UNKNOWN:
        assert trace.chain is not None
        reason = trace.chain.unknown or ""
        return "first unknown link: " + next((kind for kind, words in KINDS if re.search(words, reason)), "other")
    if trace.claim is None:
        return f"measures nothing: {_why(text)}"
    return "measures nothing: " + ("no command could" if "no command" in trace.reason else "none of its commands does")


def test_what_hides_the_measurement_is_seen_through_or_named() -> None:
    counts: Counter[str] = Counter()
    unaccounted: list[str] = []
    silent: list[str] = []
    for folder in sorted(shared_path("corpus/dev").iterdir()):
        workflows = _workflows(folder)
        texts = {workflow.path: workflow.document.source.text for workflow in workflows}
        tracer = Tracer(texts.get, link(workflows))
        for workflow in workflows:
            for job in workflow.jobs.values():
                trace = tracer.trace(workflow, job)
                if not _text(workflow, job) and trace.sight is Sight.NOTHING:
                    continue
                row = _row(trace, _text(workflow, job))
                counts[row] += 1
                name = f"{folder.name}/{workflow.path.rsplit('/', 1)[-1]}:{job.id}"
                if trace.sight is Sight.UNKNOWN and (trace.chain is None or not trace.chain.unknown):
                    unaccounted.append(name)
                if row.endswith("other"):
                    unaccounted.append(f"{name}: {trace.chain}")
                if trace.claim is not None and trace.sight is Sight.NOTHING and not trace.reason:
                    unaccounted.append(name)
                if trace.claim is not None and trace.claim.hands_on and trace.sight is Sight.NOTHING:
                    silent.append(f"{name}: {trace.reason}")
    total = sum(counts.values())
    sys.stdout.write(f"\n{total} jobs of the corpus say coverage:\n")
    for row, number in sorted(counts.items(), key=lambda pair: -pair[1]):
        sys.stdout.write(f"{number:6}  {row}\n")
    hidden = sum(
        number for row, number in counts.items() if row.startswith(("chain shown", "first unknown link", "takes over"))
    )
    sys.stdout.write(f"{hidden:6}  of them hide it, and for {hidden - len(unaccounted)} the chain or its first ")
    sys.stdout.write(f"unknown link is named\n{len(silent):6}  hand a report on that nothing seen here measures:\n")
    sys.stdout.write("".join(f"        {line[:150]}\n" for line in silent))
    assert unaccounted == []
    assert hidden > 100
