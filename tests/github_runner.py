"""A small stand-in for GitHub's runner: the steps of one job of a generated workflow, run with the real shells.

Scripts, conditions, environments and outputs are handled as actions/runner does; of actions only those that
covpath adds mean anything, in a way that needs no network. What is installed as covpath is the one under test.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from covpath.terms import Tri
from covpath.workflow.expressions.condition import condition, evaluate_condition
from covpath.workflow.expressions.contexts import FAILED, SUCCEEDED, Contexts
from covpath.workflow.expressions.template import evaluate_text
from covpath.workflow.model import Job, Step, Workflow
from covpath.workflow.shell.dialect import DEFAULT_UNIX
from covpath.yamltext.nodes import to_plain

TEMPLATES = {"bash": "bash --noprofile --norc -e -o pipefail {0}", "sh": "sh -e {0}", "python": "python {0}"}

PYTHON = """\
#!/bin/sh
# A Python whose environments have covpath already.
case " $* " in
  *" -m venv "*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python";;
  *" -m pip "*) ;;
  *) exec "{python}" "$@";;
esac
"""


@dataclass
class Runner:
    """One job on one runner. ``outcomes`` tells by label how each step that ran ended."""

    workflow: Workflow
    job: Job
    matrix: Mapping[str, Any]
    workspace: Path
    temporary: Path
    artifacts: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    log: str = ""

    def run(self) -> bool:
        """Run all steps; whether the job is green."""
        self.temporary.mkdir(parents=True, exist_ok=True)
        self.added: dict[str, str] = {}
        self.path: list[str] = []
        self.outputs: dict[str, dict[str, str]] = {}
        green = True
        for step in self.job.steps:
            contexts = self._contexts(green=green, env={})
            if evaluate_condition(condition(step.if_.value if step.if_ else ""), contexts) is not Tri.TRUE:
                continue
            ended = self._step(step, contexts)
            self.outcomes[step.label] = ended
            green = green and (ended == 0 or step.continue_on_error is not None)
        return green

    def _contexts(self, *, green: bool, env: Mapping[str, str]) -> Contexts:
        known = {
            "matrix": self.matrix,
            "steps": {name: {"outputs": found} for name, found in self.outputs.items()},
            "runner": {"temp": str(self.temporary), "os": "Linux"},
            "github": {"workspace": str(self.workspace), "event_name": "push", "ref": "refs/heads/x"},
            "env": dict(env),
            "secrets": {},
            "needs": {},
        }
        return Contexts.of(known, status=SUCCEEDED if green else FAILED)

    def _step(self, step: Step, contexts: Contexts) -> int:
        if step.uses is not None:
            return self._action(step, contexts)
        assert step.run is not None
        env = dict(self.added)
        for layer in (self.workflow.env, self.job.env, step.env):
            for name, value in (to_plain(layer) if layer is not None else {}).items():  # type: ignore[union-attr]
                text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
                env[name] = str(evaluate_text(text, self._contexts(green=True, env=env)))
        script = self.temporary / f"script-{len(self.outcomes)}"
        script.write_text(str(evaluate_text(step.run.value, self._contexts(green=True, env=env))))
        shell = self.workflow.shell_of(self.job, step)
        template = TEMPLATES.get(shell, shell) if shell is not None else DEFAULT_UNIX
        directory = self.workspace / (self.workflow.directory_of(self.job, step) or ".")
        return self._run(step, [word.replace("{0}", str(script)) for word in template.split()], directory, env)

    def _run(self, step: Step, argv: list[str], directory: Path, env: Mapping[str, str]) -> int:
        files = {name: self.temporary / f"file-{name}" for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
        for file in files.values():
            file.write_text("")
        path = os.pathsep.join([*reversed(self.path), self.environment.get("PATH") or os.environ["PATH"]])
        whole = {
            "HOME": str(self.temporary),
            **self.environment,
            "GITHUB_ACTIONS": "true",
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
            **{f"GITHUB_{name}": str(file) for name, file in files.items()},
            **env,
            "PATH": path,
        }
        program = shutil.which(argv[0], path=path)
        assert program is not None, f"{argv[0]} is not on the path"
        done = subprocess.run([program, *argv[1:]], cwd=directory, env=whole, capture_output=True, text=True)
        self.log += f"--- {step.label}\n{done.stdout}{done.stderr}"
        self.path += files["PATH"].read_text().split()
        for name, into in (("OUTPUT", self.outputs.setdefault(step.id or "", {})), ("ENV", self.added)):
            into.update(line.split("=", 1) for line in files[name].read_text().splitlines() if "=" in line)
        return done.returncode

    def _action(self, step: Step, contexts: Contexts) -> int:
        action = str(step.uses).partition("@")[0]
        inputs = {name: str(evaluate_text(value, contexts)) for name, value in step.inputs().items()}
        if action == "actions/setup-python" and step.id == "covpath-python":
            program = self.temporary / "covpath-python"
            program.write_text(PYTHON.format(python=sys.executable))
            program.chmod(0o755)
            self.outputs["covpath-python"] = {"python-path": str(program)}
        if action == "actions/upload-artifact":
            source = Path(inputs["path"])
            if not inputs["path"] or not source.is_file():
                return 1
            target = self.artifacts / inputs["name"]
            target.mkdir(parents=True)
            shutil.copy2(source, target / source.name)
        return 0
