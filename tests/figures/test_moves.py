"""What is said of moves, measured on the corpus of real workflows: there, back, and to every backend."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator

from covpath.backends.table import backend, backends
from covpath.errors import CovpathError, ProofFailed, Refusal, UsageError
from covpath.gate.judge import Judge
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.moves.backend.sites import sites
from covpath.moves.plan import plan
from covpath.moves.proposal import Proposal
from covpath.moves.wanted import Wanted
from covpath.terms import Gate, JobId, LossAction
from covpath.workflow.model import Workflow
from covpath.workflow.reading import read_workflow
from oracles.github import parse_workflows
from shared_data import shared_path

JUDGE = Judge(required=UNKNOWN_REQUIRED)
EVERY = int(os.environ.get("COVPATH_FIGURE_EVERY", "1"))
"""Every how manieth file of the corpus is looked at; 1 is the figure, more is a quick look."""


def _print(line: str = "") -> None:
    sys.stdout.write(f"{line}\n")


def _corpus() -> Iterator[tuple[str, bytes, Workflow]]:
    folder = shared_path("corpus/dev")
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix in (".yml", ".yaml")]
    for path in paths[::EVERY]:
        try:
            workflow = read_workflow(f".github/workflows/{path.name}", path.read_bytes())
        except CovpathError:
            continue
        if not workflow.generated:
            yield str(path.relative_to(folder)), path.read_bytes(), workflow


def _no_new_errors(changed: dict[str, str], before: dict[str, str]) -> None:
    """GitHub's parser finds nothing in the changed files that it did not find before."""
    known = parse_workflows(before)
    for name, parsed in parse_workflows(changed).items():
        base = name.partition("#")[0]
        errors = Counter(error.message for error in known[base].errors)
        new = Counter(error.message for error in parsed.errors) - errors
        assert not new, f"{name}: {new}"


def test_every_job_to_advisory_and_back() -> None:
    counts: Counter[str] = Counter()
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    changed: dict[str, str] = {}
    originals: dict[str, str] = {}
    for name, data, workflow in _corpus():
        for job in workflow.jobs:
            counts["jobs"] += 1
            there = _planned(workflow, job, "advisory", counts, reasons, name)
            if there is None or not there.patch.edits:
                continue
            originals[name] = workflow.document.source.text
            changed.setdefault(name, there.after.document.source.text)
            before = JUDGE.job(workflow, workflow.jobs[job])
            if before.gate is not Gate.BLOCKING or before.partly:
                continue
            back = _planned(there.after, job, "blocking", counts, reasons, name)
            if back is not None:
                same = back.after.document.source.encode() == data
                if not same and plan(workflow, (job,), Wanted(gate="blocking"), JUDGE).patch.edits:
                    counts["moved back further: a gate's list let it off before"] += 1
                    continue
                counts["moved and moved back: the original bytes" if same else "moved back: OTHER BYTES"] += 1
                if not same:
                    reasons["OTHER BYTES"].append(f"{name}:{job}")
    _show("gate moves on the corpus: to advisory, and back to blocking", counts, reasons)
    _no_new_errors(changed, originals)
    _print(f"  GitHub's parser: no new error in {len(changed)} changed files")
    assert counts["proof failed"] == 0
    assert counts["moved back: OTHER BYTES"] == 0


def _planned(
    workflow: Workflow,
    job: JobId,
    gate: str,
    counts: Counter[str],
    reasons: defaultdict[str, list[str]],
    name: str,
) -> Proposal | None:
    try:
        proposal = plan(workflow, (job,), Wanted(gate=gate), JUDGE)
    except ProofFailed as error:
        counts["proof failed"] += 1
        reasons["proof failed"].append(f"{name}:{job}: {error}")
        return None
    except Refusal as error:
        kind = re.sub(r"'[^']*'|`[^`]*`", "…", error.message)[:60]
        counts[f"to {gate}: refused"] += 1
        reasons[f"to {gate}: refused: {kind}"].append(f"{name}:{job}: {error}")
        return None
    counts[f"to {gate}: {'moved' if proposal.patch.edits else 'nothing to do'}"] += 1
    return proposal


def test_every_measuring_job_to_every_backend() -> None:
    counts: Counter[str] = Counter()
    reasons: defaultdict[str, list[str]] = defaultdict(list)
    changed: dict[str, str] = {}
    originals: dict[str, str] = {}
    for name, data, workflow in _corpus():
        for job in workflow.jobs.values():
            found = sites(workflow, job)
            if not found:
                continue
            counts["measuring jobs"] += 1
            source = backend(found[-1].recognition.backend)
            for target in backends():
                if target.LANGUAGE is not source.LANGUAGE or target.NAME == source.NAME:
                    continue
                proposal = _backend_move(workflow, job.id, target.NAME, counts, reasons, name)
                if proposal is not None and proposal.patch.edits:
                    originals[name] = workflow.document.source.text
                    changed[f"{name}#{job.id}#{target.NAME}"] = proposal.after.document.source.text
                    assert proposal.patch.reverse().apply().encode() == data
    _show("backend moves of every visible measuring job of the corpus to each other backend", counts, reasons)
    _no_new_errors(changed, originals)
    _print(f"  GitHub's parser: no new error in {len(changed)} results")
    assert counts["proof failed"] == 0


def _backend_move(
    workflow: Workflow,
    job: JobId,
    target: str,
    counts: Counter[str],
    reasons: defaultdict[str, list[str]],
    name: str,
) -> Proposal | None:
    try:
        proposal = plan(workflow, (job,), Wanted(backend=target), JUDGE)
    except ProofFailed as error:
        counts["proof failed"] += 1
        reasons["proof failed"].append(f"{name}:{job} to {target}: {error}")
        return None
    except (Refusal, UsageError) as error:
        kind = re.sub(r"'[^']*'|`[^`]*`|\S+\.steps\S+", "…", error.message)[:70]
        counts["refused"] += 1
        reasons[f"refused: {kind}"].append(f"{name}:{job} to {target}: {error}")
        return None
    stops = any(loss.action is LossAction.STOP for loss in proposal.losses)
    counts["moved once a loss is accepted" if stops else "moved"] += 1
    return proposal


def _show(title: str, counts: Counter[str], reasons: dict[str, list[str]]) -> None:
    _print(f"\n{title}:")
    for what, number in sorted(counts.items()):
        _print(f"  {number:5} {what}")
    for kind, places in sorted(reasons.items(), key=lambda item: -len(item[1])):
        _print(f"    {len(places)} {kind} (as {places[0][:110]})")
