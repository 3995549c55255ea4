"""The workflow files of one repository, read one by one: a bad file never stops the others."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct

from covpath.errors import CovpathError, InputError, Place, UsageError
from covpath.outside.files import files_in, read_bytes
from covpath.terms import JobId
from covpath.wording import few
from covpath.workflow.model import Job, Workflow
from covpath.workflow.reading import read_workflow

WORKFLOW_FOLDER = ".github/workflows"


class WorkflowSet(Struct, frozen=True, kw_only=True):
    """The workflows that could be read, in path order, and the errors of those that could not."""

    workflows: tuple[Workflow, ...]
    unreadable: tuple[CovpathError, ...]


def workflow_paths(root: Path) -> tuple[str, ...]:
    """Paths of the workflow files below ``root``, from the root, with ``/``, sorted.

    Raises InputError where the folder cannot be listed.
    """
    folder = root / WORKFLOW_FOLDER
    if not folder.is_dir():
        return ()
    names = files_in(folder, Place(WORKFLOW_FOLDER))
    return tuple(
        sorted(
            f"{WORKFLOW_FOLDER}/{name}"
            for name in names
            if name.endswith((".yml", ".yaml")) and name not in (".yml", ".yaml")
        )
    )


def read_each(root: Path, paths: Iterable[str]) -> Iterator[Workflow | CovpathError]:
    """Each workflow's model or the error that kept it from being read; one file at a time."""
    top = f"{root}{os.sep}"
    for path in paths:
        try:
            yield read_workflow(path, read_bytes(top + path.replace("/", os.sep), within=root))
        except CovpathError as error:
            yield error if error.place else InputError(error.message, place=Place(path), hint=error.hint)


def read_all(root: Path) -> WorkflowSet:
    """Every workflow of the repository at ``root``."""
    return collect(read_each(root, workflow_paths(root)))


def collect(results: Iterable[Workflow | CovpathError]) -> WorkflowSet:
    """Results of reading, sorted into those that worked and those that did not."""
    workflows: list[Workflow] = []
    unreadable: list[CovpathError] = []
    for result in results:
        if isinstance(result, Workflow):
            workflows.append(result)
        else:
            unreadable.append(result)
    return WorkflowSet(workflows=tuple(workflows), unreadable=tuple(unreadable))


def find_job(workflows: Iterable[Workflow], name: str) -> tuple[Workflow, Job]:
    """The one job called ``name``: a job id, or ``FILE:ID`` with the file's name or path.

    Raises UsageError where there is none, or more than one.
    """
    file, _, job_id = name.rpartition(":")
    everything = [(workflow, job) for workflow in workflows for job in workflow.jobs.values()]
    found = [
        (workflow, job)
        for workflow, job in everything
        if job.id == JobId(job_id) and (not file or workflow.path == file or workflow.path.rsplit("/", 1)[-1] == file)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        places = " or ".join(f"{workflow.path.rsplit('/', 1)[-1]}:{job.id}" for workflow, job in found)
        raise UsageError(f"there are {len(found)} jobs called {name!r}.", hint=f"Say which: {places}.")
    raise UsageError(f"there is no job {name!r}.", hint=_known(everything))


def _known(jobs: list[tuple[Workflow, Job]]) -> str:
    if not jobs:
        return f"No workflow was found in {WORKFLOW_FOLDER}; --repo names another repository."
    names = [f"{workflow.path.rsplit('/', 1)[-1]}:{job.id}" for workflow, job in jobs]
    return f"The jobs are {few(names, 12)}."
