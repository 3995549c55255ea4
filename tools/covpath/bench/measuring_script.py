"""The script of a measuring step, and which of its commands are the backend's.

Where the run and its report are steps of their own, their scripts are one, each in a subshell as
GitHub gives each a shell of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from covpath.backends.contract import Recognition, Role
from covpath.backends.table import recognise
from covpath.backends.words import Argument
from covpath.workflow.model import Job, Step
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.syntax import Command

RUNS = (Role.MEASURES, Role.BOTH)


class Measured(Struct, frozen=True, kw_only=True):
    """A command of the backend in the script: its words, and what it is."""

    command: Command
    recognition: Recognition

    @property
    def words(self) -> tuple[Argument, ...]:
        """The words as the backend reads them."""
        return tuple(Argument(word.raw, word.text) for word in self.command.words)


def backend_commands(script: str, environment: Mapping[str, str], backend: str) -> tuple[Measured, ...]:
    """The commands of ``backend`` in a script, in order; ``environment`` is what the step sets."""
    return tuple(one for one in _recognised(script, environment) if one.recognition.backend == backend)


def _recognised(script: str, environment: Mapping[str, str]) -> Iterator[Measured]:
    for command in parse_script(script).commands:
        if not command.words:
            continue
        assigned = {item.name: (item.value.text or "") if item.value else "" for item in command.assignments}
        words = tuple(Argument(word.raw, word.text) for word in command.words)
        found = recognise(words, {**environment, **assigned})
        if found is not None:
            yield Measured(command=command, recognition=found)


def measuring_steps(job: Job, last: int, backend: str, environment: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps of one measurement: from the run of the tests to step ``last``, which writes the report.

    Empty where no step runs them.
    """
    steps: list[Step] = []
    ran = False
    for step in reversed(job.steps[: last + 1]):
        commands = () if step.run is None else backend_commands(step.run.value, environment, backend)
        roles = {one.recognition.role for one in commands}
        reports = not roles.isdisjoint((Role.WRITES_REPORT, Role.BOTH))
        if not commands or (steps and reports and not ran and roles.isdisjoint(RUNS)):
            continue  # nothing of the backend, or another report of the same run
        if ran and (reports or Role.MEASURES not in roles):
            break  # an earlier measurement
        steps.insert(0, step)
        ran = ran or not roles.isdisjoint(RUNS)
        if Role.BOTH in roles:
            break
    return tuple(steps) if ran else ()


def joined(scripts: tuple[str, ...]) -> str:
    """One script; several stay apart in subshells."""
    if len(scripts) == 1:
        return scripts[0]
    return "".join(f"(\n{script.rstrip()}\n)\n" for script in scripts)
