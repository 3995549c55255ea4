"""``covpath bench --on-github JOB``: the workflow that measures a job where it runs, shown, written or pushed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

from covpath.backends.table import backend
from covpath.bench.github.cells import make_cells, real_runners, runner_of
from covpath.bench.github.generate import Generated, Version, Wish, generate
from covpath.bench.github.on_push import Remark
from covpath.bench.github.pins import Unpinned
from covpath.bench.profile import choose, load_profiles
from covpath.bench.settings import load_settings
from covpath.bench.variants import CORES, split_name
from covpath.commands.linking import links_of, texts_of, tracer_of
from covpath.commands.own_source import own_requirement
from covpath.commands.state import WorkingTree
from covpath.commands.subject import Subject, open_subject
from covpath.errors import ExitCode, Refusal, UsageError
from covpath.evidence.runner import RunnerProfile
from covpath.gate.judge import Judge
from covpath.gate.measuring import find_measuring
from covpath.gate.required import UNKNOWN_REQUIRED
from covpath.moves.plan import plan
from covpath.moves.wanted import Wanted
from covpath.outside.branch import NewCommit, create_branch, push
from covpath.outside.files import write_atomically
from covpath.outside.references import commits_of
from covpath.terms import LossAction, Tri
from covpath.workflow.model import Job, Workflow
from covpath.workflow.repository import find_job
from covpath.workflow.triggers import signal_of
from covpath.yamltext.nodes import Plain, to_plain


def run(
    *,
    job: str,
    backends: Sequence[str],
    runners: Sequence[str],
    trials: int,
    leg: Sequence[str],
    accept: Sequence[str],
    covpath_from: str | None,
    branch: str | None,
    remote: str,
    write: Path | None,
    yes: bool,
    repo: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """Generate the workflow, show what it will do, and write it or push it as a branch."""
    subject = open_subject(repo)
    workflow, found = find_job(subject.workflows.workflows, job)
    accepted = frozenset(accept)
    versions, remarks = _versions(subject, workflow, found, backends, accepted)
    generated = generate(
        Wish(
            job=found.id,
            versions=versions,
            runners=runners_for_github(subject.root, runners),
            trials=trials,
            requirement=covpath_from or own_requirement(),
            commit=subject.repository.head() if subject.repository.has_git else None,
            leg=_leg(leg),
            accepted=accepted,
            branch=branch,
        ),
        lambda unpinned: _commits(unpinned, subject),
    )
    said = [*remarks, *generated.remarks, *_others_started(subject, generated)]
    if format == "json":
        screen.write(json.dumps(_data(generated, said), indent=2) + "\n")
    people = sys.stderr if format == "json" else screen
    if write is not None:
        people.write(_shown(generated, said) if str(write) != "-" else "")
        _write(generated, write, screen, people)
        return ExitCode.DONE
    people.write(_shown(generated, said))
    _send(subject, generated, remote, people, yes=yes)
    return ExitCode.DONE


def runners_for_github(root: Path, asked: Sequence[str]) -> tuple[RunnerProfile, ...]:
    """The profiles asked for, else the repository's usual ones that GitHub surely has."""
    profiles = load_profiles(root)
    choose(profiles, asked)
    usual = load_settings(root).runners or tuple(profiles)
    choose(profiles, usual)
    return real_runners(profiles, asked, usual)


def matrix_json(root: Path, backends: Sequence[str], runners: Sequence[str]) -> str:
    """The cells of a plain job as a matrix for ``fromJSON``, on one line."""
    include = [
        {
            "id": cell.id,
            "cell": f"{cell.backend}@{cell.runner.name}",
            "backend": cell.backend,
            "runner": cell.runner.name,
            "runs-on": runner_of(cell.runner),
        }
        for cell in make_cells(backends, runners_for_github(root, runners), 1)
    ]
    return json.dumps({"include": include})


def _versions(
    subject: Subject, workflow: Workflow, job: Job, backends: Sequence[str], accepted: frozenset[str]
) -> tuple[tuple[Version, ...], list[Remark]]:
    """The job with each backend asked for, its own first; what is lost on the way."""
    measuring = find_measuring(workflow, job)
    tree = WorkingTree(root=subject.root)
    texts = texts_of(tree)
    links = links_of(tree, subject.workflows.workflows)
    tracer = tracer_of(texts, links)
    if measuring.recognition is None:
        chain = tracer.trace(workflow, job).chain
        behind = f", but measures behind something else: {chain}" if chain is not None else ""
        raise Refusal(
            f"job {job.id!r} has no step in which a known backend measures coverage{behind}.",
            place=workflow.place(job.key),
            hint="Name a job whose script calls one; `covpath status` lists them.",
        )
    own = measuring.recognition.backend
    asked: dict[str, dict[str, dict[str, str]]] = {}
    for name in backends or (own,):
        base, mode = split_name(name)
        if mode is not None and mode not in CORES:
            raise UsageError(f"{name} is measured on this machine only.", hint=f"Name {backend(base).NAME}.")
        asked.setdefault(backend(base).NAME, {})[name] = {"COVERAGE_CORE": mode} if mode else {}
    versions, remarks = [], []
    for base, named in sorted(asked.items(), key=lambda item: item[0] != own):
        moved = workflow
        if base != own:
            judge = Judge(required=UNKNOWN_REQUIRED, links=links, behind=tracer.alternatives)
            proposal = plan(workflow, (job.id,), Wanted(backend=base), judge, texts)
            proposal.refuse_unless(accepted)
            moved = proposal.after
            remarks += [
                Remark(message=f"{base}: {loss.what}: {loss.message}", place=loss.place, risk=True)
                for loss in proposal.losses
                if loss.action in (LossAction.WARN, LossAction.STOP)
            ]
        versions.append(Version(workflow=moved, backends=tuple(named), environments=named))
    return tuple(versions), remarks


def _leg(given: Sequence[str]) -> dict[str, str]:
    found = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise UsageError(f"--leg {one!r} is not NAME=VALUE.")
        found[name] = value
    return found


def _commits(unpinned: Sequence[Unpinned], subject: Subject) -> Mapping[str, str]:
    found = commits_of(
        [(one.repository, one.ref) for one in unpinned],
        subject.repository.environment,
        subject.repository.environment.get("GITHUB_SERVER_URL") or "https://github.com",
    )
    return {f"{repository}@{name}": commit for (repository, name), commit in found.items()}


def _others_started(subject: Subject, generated: Generated) -> Iterator[Remark]:
    """Workflows of the repository that the push starts as well."""
    names = [
        one.path.rsplit("/", 1)[-1]
        for one in subject.workflows.workflows
        if one.on is not None and _starts(to_plain(one.on), generated.branch)
    ]
    if names:
        yield Remark(message=f"the push starts these workflows too: {', '.join(names)}", risk=True)


def _starts(on: Plain, branch: str) -> bool:
    """Whether a push of one new workflow file to ``branch`` starts a workflow with these events."""
    events = signal_of(on, head=branch).events
    return any(one.event == "push" and one.pull_request is Tri.TRUE and not one.path_filtered for one in events)


def _shown(generated: Generated, said: Sequence[Remark]) -> str:
    cells = generated.cells
    lines = [f"{generated.path}, for the branch {generated.branch}: {len(cells)} cell{'s' if len(cells) > 1 else ''}"]
    lines += [f"  {cell.id}: runs on {', '.join(cell.runner.labels)}" for cell in cells]
    lines += [f"risk: {one}" for one in said if one.risk]
    lines += [f"note: {one}" for one in said if not one.risk]
    return "\n".join(lines) + "\n"


def _write(generated: Generated, file: Path, screen: TextIO, people: TextIO) -> None:
    if str(file) == "-":
        screen.write(generated.text)
        return
    write_atomically(file, generated.text.encode())
    people.write(
        f"Written to {file}. Commit it as {generated.path} on a branch called {generated.branch} and push that; "
        "then: covpath bench collect RUN_ID.\n"
    )


def _send(subject: Subject, generated: Generated, remote: str, people: TextIO, *, yes: bool) -> None:
    repository = subject.repository
    known = {one.name for one in repository.remotes()} if repository.has_git else set()
    if remote not in known:
        raise UsageError(
            f"there is no remote {remote!r} to push to.", hint="Write the workflow with --write FILE (- prints it)."
        )
    if not yes and not _confirmed(people, generated, remote):
        raise Refusal("nothing was pushed.", hint="Answer y, or add --yes to push the branch shown.")
    message = f"Measure {generated.branch.removeprefix('covpath-bench/')} on GitHub's runners\n\nNot for merging.\n"
    commit = NewCommit(message=message, files={generated.path: generated.text.encode()})
    create_branch(repository, generated.branch, base="HEAD", commits=[commit])
    push(repository, generated.branch, remote=remote)
    people.write(
        f"Pushed {generated.branch} to {remote}. When its run has ended:\n"
        f"  gh run list --branch {generated.branch}   (its number, as in its address)\n"
        "  covpath bench collect NUMBER\n"
        f"  git push {remote} --delete {generated.branch} && git branch -D {generated.branch}\n"
    )


def _confirmed(people: TextIO, generated: Generated, remote: str) -> bool:
    if not sys.stdin.isatty():
        return False
    people.write(f"Push {generated.branch} to {remote}, and let GitHub run it? [y/N] ")
    people.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _data(generated: Generated, said: Sequence[Remark]) -> dict[str, object]:
    return {
        "version": 1,
        "path": generated.path,
        "branch": generated.branch,
        "cells": [
            {"id": cell.id, "backend": cell.backend, "runner": cell.runner.name, "labels": list(cell.runner.labels)}
            for cell in generated.cells
        ],
        "remarks": [
            {
                "message": one.message,
                "risk": one.risk,
                "file": one.place.file if one.place else None,
                "line": one.place.line if one.place else None,
            }
            for one in said
        ],
        "workflow": generated.text,
    }
