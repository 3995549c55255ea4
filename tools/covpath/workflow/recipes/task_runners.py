"""Task runners that keep their tasks as a table in a TOML file: how each is called, and what runs its tasks.

Tried with poethepoet 0.49, taskipy 1.14, pdm 2.29, mise 2026.9 and pixi's shell
(deno_task_shell 0.33); rye by its manual.
"""

from __future__ import annotations

from msgspec import Struct

from covpath.workflow.recipes.invocations import PLAIN_SH
from covpath.workflow.shell.dialect import Shell, shell_with


class Runner(Struct, frozen=True, kw_only=True):
    """A task runner: ``verbs`` come before the task's name, ``tables`` are where tasks are looked up.

    A ``*`` in a table's path stands for any name. ``direct``: a name that is no task is a program, so
    nothing is missing. ``shell`` runs its command lines; those under ``arguments`` (and a task that is a
    mere string, where that names ``""``) no shell reads: they are split into words. ``around``: tasks
    ``pre_NAME`` and ``post_NAME`` run before and after.
    """

    kind: str
    verbs: tuple[tuple[str, ...], ...]
    tables: tuple[tuple[str, tuple[str, ...]], ...]
    direct: bool = False
    valued: frozenset[str] = frozenset()
    idle: frozenset[str] = frozenset()
    shell: Shell = PLAIN_SH
    arguments: frozenset[str] = frozenset()
    around: bool = False
    folders: tuple[str, ...] = ()
    """Folders in which each file is a task."""


_PYPROJECT = "pyproject.toml"
_MISE_FILES = (
    "mise.toml",
    ".mise.toml",
    "mise/config.toml",
    ".mise/config.toml",
    ".config/mise.toml",
    ".config/mise/config.toml",
)
_PIXI = (("tasks",), ("feature", "*", "tasks"), ("target", "*", "tasks"), ("feature", "*", "target", "*", "tasks"))
RUNNERS: tuple[Runner, ...] = (
    Runner(
        kind="pdm",
        verbs=(("pdm", "run"), ("pdm",)),
        tables=((_PYPROJECT, ("tool", "pdm", "scripts")),),
        direct=True,
        valued=frozenset({"-p", "--project", "--venv"}),
        arguments=frozenset({"", "cmd"}),
        around=True,
    ),
    Runner(
        kind="rye",
        verbs=(("rye", "run"),),
        tables=((_PYPROJECT, ("tool", "rye", "scripts")),),
        direct=True,
        arguments=frozenset({"", "cmd"}),
    ),
    Runner(
        kind="poe",
        verbs=(("poe",), ("poethepoet",)),
        tables=(
            (_PYPROJECT, ("tool", "poe", "tasks")),
            (_PYPROJECT, ("tool", "poe", "groups", "*", "tasks")),
            ("poe_tasks.toml", ("tasks",)),
            ("poe_tasks.toml", ("tool", "poe", "tasks")),
        ),
        valued=frozenset({"-C", "--directory", "-e", "--executor", "-X", "--executor-opt"}),
        idle=frozenset({"-d", "--dry-run", "-h", "--help", "--version"}),
        arguments=frozenset({"", "cmd"}),
    ),
    Runner(
        kind="taskipy", verbs=(("task",),), tables=((_PYPROJECT, ("tool", "taskipy", "tasks")),), around=True
    ),
    Runner(
        kind="pixi",
        verbs=(("pixi", "run"), ("pixi", "r")),
        tables=(
            *(("pixi.toml", keys) for keys in _PIXI),
            *((_PYPROJECT, ("tool", "pixi", *keys)) for keys in _PIXI),
        ),
        direct=True,
        valued=frozenset({"-e", "--environment", "--manifest-path"}),
        idle=frozenset({"-n", "--dry-run"}),
        shell=shell_with(("bash", "-c")),
    ),
    Runner(
        kind="mise",
        verbs=(("mise", "run"), ("mise", "r")),
        tables=tuple((file, ("tasks",)) for file in _MISE_FILES),
        valued=frozenset({"-C", "--cd", "-j", "--jobs"}),
        idle=frozenset({"-n", "--dry-run"}),
        shell=shell_with(("sh", "-c", "-o", "errexit")),
        folders=("mise-tasks", ".mise-tasks", "mise/tasks", ".mise/tasks", ".config/mise/tasks"),
    ),
)  # fmt: skip
DIRECTORY_OPTIONS = frozenset({"-C", "--cd", "--directory", "-p", "--project", "--manifest-path"})
"""Options whose value is the directory of the tasks' file, or that file."""
