"""The least a job needs of its token: what it had, reading only."""

from __future__ import annotations

from collections.abc import Mapping

from covpath.bench.github.on_push import Remark
from covpath.workflow.model import Job, Workflow
from covpath.yamltext.nodes import Node, Plain, to_plain

_READ = {"read", "write"}


def least_permissions(workflow: Workflow, job: Job) -> tuple[dict[str, str], tuple[Remark, ...]]:
    """What the job's token may do, by scope, and what it could do before and cannot now.

    A job whose file says nothing, or everything at once, gets ``contents: read``. Where the file
    names scopes, those are kept that it names, for reading.
    """
    node = job.permissions if job.permissions is not None else workflow.permissions
    plain = to_plain(node) if node is not None else None
    if not isinstance(plain, Mapping):
        return {"contents": "read"}, tuple(_general(workflow, job, node, plain))
    kept = {scope: "read" for scope, level in plain.items() if level in _READ and scope != "id-token"}
    lost = [scope for scope, level in plain.items() if level == "write"]
    remarks = [
        Remark(
            message=f"job {job.id} may not write {scope}"
            if scope != "id-token"
            else f"job {job.id} gets no OIDC token",
            place=workflow.place(node) if node is not None else None,
        )
        for scope in lost
    ]
    return kept, tuple(remarks)


def _general(workflow: Workflow, job: Job, node: Node | None, plain: Plain) -> list[Remark]:
    if node is None or plain is None:
        return []
    return [Remark(message=f"job {job.id} had {plain} and gets contents: read", place=workflow.place(node))]


def permission_lines(scopes: Mapping[str, str], column: int) -> list[str]:
    """``permissions:`` with a reason on each line."""
    margin = " " * column
    if not scopes:
        return [f"{margin}permissions: {{}}"]
    whys = {"contents": "to check the code out"}
    return [
        f"{margin}permissions:",
        *(f"{margin}  {scope}: {level} # {whys.get(scope, 'the job has it')}" for scope, level in scopes.items()),
    ]
