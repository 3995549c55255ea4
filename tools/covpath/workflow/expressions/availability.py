"""Which contexts and functions GitHub allows where.

Source: the workflow schema of npm ``@actions/workflow-parser`` 0.3.61 (``workflow-v1.0.min.json``), which is the
one GitHub's server uses; a test compares this table with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from msgspec import Struct

from covpath.terms import Word
from covpath.workflow.expressions.tree import Call, Context, Expr, walk

_STATUS = frozenset({"always", "cancelled", "failure", "success"})
_HASH = frozenset({"hashfiles"})

_WORKFLOW = frozenset({"github", "inputs", "vars"})
_NEEDS = _WORKFLOW | {"needs"}
_JOB = _NEEDS | {"strategy", "matrix"}
_RUNNING = _JOB | {"steps", "job", "runner", "env"}
_STEP = _RUNNING | {"secrets"}


class Key(Word):
    """A key of a workflow file that may hold expressions."""

    RUN_NAME = "run-name"
    WORKFLOW_CONCURRENCY = "concurrency"
    WORKFLOW_ENV = "env"
    CALL_INPUT_DEFAULT = "on.workflow_call.inputs.<id>.default"
    CALL_OUTPUT = "on.workflow_call.outputs.<id>.value"
    JOB_IF = "jobs.<id>.if"
    JOB_NAME = "jobs.<id>.name"
    JOB_CONTINUE_ON_ERROR = "jobs.<id>.continue-on-error"
    JOB_TIMEOUT = "jobs.<id>.timeout-minutes"
    JOB_RUNS_ON = "jobs.<id>.runs-on"
    JOB_STRATEGY = "jobs.<id>.strategy"
    JOB_ENV = "jobs.<id>.env"
    JOB_ENVIRONMENT = "jobs.<id>.environment"
    JOB_CONCURRENCY = "jobs.<id>.concurrency"
    JOB_CONTAINER = "jobs.<id>.container"
    JOB_SERVICES = "jobs.<id>.services"
    JOB_OUTPUTS = "jobs.<id>.outputs.<id>"
    JOB_DEFAULTS_RUN = "jobs.<id>.defaults.run"
    JOB_WITH = "jobs.<id>.with.<id>"
    JOB_SECRETS = "jobs.<id>.secrets.<id>"
    STEP_IF = "jobs.<id>.steps.if"
    STEP_NAME = "jobs.<id>.steps.name"
    STEP_CONTINUE_ON_ERROR = "jobs.<id>.steps.continue-on-error"
    STEP_TIMEOUT = "jobs.<id>.steps.timeout-minutes"
    STEP_ENV = "jobs.<id>.steps.env"
    STEP_RUN = "jobs.<id>.steps.run"
    STEP_WITH = "jobs.<id>.steps.with"
    STEP_WORKING_DIRECTORY = "jobs.<id>.steps.working-directory"
    COMPOSITE_STEP_CONTINUE_ON_ERROR = "runs.steps.continue-on-error"


class Allowed(Struct, frozen=True):
    """The contexts of a key, and the functions it allows beyond those allowed everywhere (all in lower case)."""

    contexts: frozenset[str]
    functions: frozenset[str] = frozenset()


ALLOWED: dict[Key, Allowed] = {
    Key.RUN_NAME: Allowed(_WORKFLOW),
    Key.WORKFLOW_CONCURRENCY: Allowed(_WORKFLOW),
    Key.WORKFLOW_ENV: Allowed(_WORKFLOW | {"secrets"}),
    Key.CALL_INPUT_DEFAULT: Allowed(_WORKFLOW),
    Key.CALL_OUTPUT: Allowed(_WORKFLOW | {"jobs"}),
    Key.JOB_IF: Allowed(_NEEDS, _STATUS),
    Key.JOB_NAME: Allowed(_JOB),
    Key.JOB_CONTINUE_ON_ERROR: Allowed(_JOB),
    Key.JOB_TIMEOUT: Allowed(_JOB),
    Key.JOB_RUNS_ON: Allowed(_JOB),
    Key.JOB_STRATEGY: Allowed(_NEEDS),
    Key.JOB_ENV: Allowed(_JOB | {"secrets"}),
    Key.JOB_ENVIRONMENT: Allowed(_JOB),
    Key.JOB_CONCURRENCY: Allowed(_JOB),
    Key.JOB_CONTAINER: Allowed(_JOB),
    Key.JOB_SERVICES: Allowed(_JOB),
    Key.JOB_OUTPUTS: Allowed(_STEP, _HASH),
    Key.JOB_DEFAULTS_RUN: Allowed(_JOB | {"env"}),
    Key.JOB_WITH: Allowed(_JOB),
    Key.JOB_SECRETS: Allowed(_JOB | {"secrets"}),
    Key.STEP_IF: Allowed(_RUNNING, _STATUS | _HASH),
    Key.STEP_NAME: Allowed(_STEP, _HASH),
    Key.STEP_CONTINUE_ON_ERROR: Allowed(_STEP, _HASH),
    Key.STEP_TIMEOUT: Allowed(_STEP, _HASH),
    Key.STEP_ENV: Allowed(_STEP, _HASH),
    Key.STEP_RUN: Allowed(_STEP, _HASH),
    Key.STEP_WITH: Allowed(_STEP, _HASH),
    Key.STEP_WORKING_DIRECTORY: Allowed(_STEP, _HASH),
    Key.COMPOSITE_STEP_CONTINUE_ON_ERROR: Allowed(
        frozenset({"github", "inputs", "strategy", "matrix", "steps", "job", "runner", "env"}), _HASH
    ),
}


class Misplaced(Struct, frozen=True):
    """A context or function used where GitHub does not allow it; ``offset`` as the tree counts."""

    name: str
    is_function: bool
    offset: int


@cache
def _always_there() -> frozenset[str]:
    # Imported here: who asks what is misplaced has parsed an expression, and a small file has none.
    from covpath.workflow.expressions.parse import ARITY

    return frozenset(ARITY) - {"always", "cancelled", "failure", "hashfiles", "success"}


def misplaced(exprs: Iterable[Expr], key: Key) -> tuple[Misplaced, ...]:
    """What ``exprs`` use that ``key`` does not allow; GitHub refuses the file for any of it."""
    allowed = ALLOWED[key]
    found: list[Misplaced] = []
    for node in (node for expr in exprs for node in walk(expr)):
        match node:
            case Context(name=name) if name.lower() not in allowed.contexts:
                found.append(Misplaced(name, is_function=False, offset=node.start))
            case Call(name=name) if name.lower() not in allowed.functions | _always_there():
                found.append(Misplaced(name, is_function=True, offset=node.start))
            case _:
                pass
    return tuple(found)
