"""What recipe tools make of a failing command, held against the tools: those that install quickly are run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from covpath.terms import Gate
from recipe_runs import Case, judged, really_passes
from recipe_tools import programs

M = "pytest --cov"
FAILS, PASSES = Gate.BLOCKING, Gate.SILENT


def made(run: str, file: str, text: str, gate: Gate, **others: str) -> Case:
    return Case(run, {file: text, **{name.replace("__", "."): text for name, text in others.items()}}, gate)


def just(body: str, gate: Gate, before: str = "", run: str = "just cov") -> Case:
    return made(run, "justfile", f"{before}cov:\n    {body}\n    echo done\n", gate)


PIPEFAIL = 'set shell := ["bash", "-euo", "pipefail", "-c"]\n'
JUST = {
    "a line": just(M, FAILS),
    "a line that continues": just(f"true && \\\n      {M}", FAILS),
    "a list, -e": just(f"{M}; true", FAILS, 'set shell := ["bash", "-ec"]\n'),
    "a pipe, pipefail": just(f"{M} | cat", FAILS, PIPEFAIL),
    "a first line with options": just(f"#!/bin/sh -e\n    {M}", FAILS),
    "a first line with env": just(f"#!/usr/bin/env -S bash -e\n    {M}", FAILS),
    "[script]": just(M, FAILS, "set unstable\n[script]\n"),
    "[script], a shell for lines": just(M, FAILS, "set unstable\nset shell := ['bash', '-c']\n[script]\n"),
    "[script] with options": just(M, FAILS, "set unstable\n[script('bash', '-e')]\n"),
    "the command line's shell": just(f"{M}; true", FAILS, run="just --shell bash --shell-arg -ec cov"),
    "the command line's options": just(f"{M}; true", FAILS, run="just --shell-arg -ec cov"),
    "a shell for Windows": just(M, FAILS, 'set windows-shell := ["cmd", "/c"]\n'),
    "a recipe that is needed": made("just cov", "justfile", f"cov: a\n    true\na:\n    {M}\n", FAILS),
    "a recipe that comes after": made("just cov", "justfile", f"cov: && a\n    true\na:\n    {M}\n", FAILS),
    "a shell that is imported": made(
        "just cov", "justfile", f"import 'x.just'\ncov:\n    {M}; true\n", FAILS, x__just="set shell := ['sh', '-ec']\n"
    ),
    "a mark": just(f"-{M}", PASSES),
    "marks": just(f"@-{M}", PASSES),
    "a mark and a blank": just(f"- {M}", PASSES),
    "a mark before a line that continues": just(f"-true && \\\n      {M}", PASSES),
    "a guard": just(f"?{M}", PASSES, "set guards\n"),
    "a list": just(f"{M}; true", PASSES),
    "a pipe": just(f"{M} | cat", PASSES),
    "a script": just(f"#!/bin/sh\n    {M}", PASSES),
    "[script] of another interpreter": just(M, PASSES, "set unstable\n[script('bash')]\n"),
    "[script] by a setting": just(M, PASSES, "set unstable\nset script-interpreter := ['bash']\n[script]\n"),
    "a module has a shell of its own": made(
        "just x cov", "justfile", "set shell := ['bash', '-ec']\nmod x\n", PASSES, x__just=f"cov:\n    {M}; true\n"
    ),
}


def tox(text: str, gate: Gate, run: str = "tox -e cov") -> Case:
    return made(run, "tox.ini", f"[testenv]\nskip_install = true\nallowlist_externals = *\n[testenv:cov]\n{text}", gate)


def tox_toml(text: str, gate: Gate) -> Case:
    base = '[env_run_base]\nskip_install = true\nallowlist_externals = ["*"]\n'
    return made("tox -e cov", "tox.toml", f"{base}{text}", gate)


TOX = {
    "a command": tox(f"commands =\n  {M}\n  true\n", FAILS),
    "no shell reads it": tox(f"commands =\n  {M} || true\n", FAILS),
    "errors that are ignored count in the end": tox(f"ignore_errors = true\ncommands =\n  {M}\n  true\n", FAILS),
    "before": tox(f"commands_pre =\n  {M}\ncommands =\n  true\n", FAILS),
    "after": tox(f"commands =\n  true\ncommands_post =\n  {M}\n", FAILS),
    "another factor": tox(f"ignore_outcome =\n  dev: true\ncommands = {M}\n", FAILS),
    "exec": tox("commands = true\n", FAILS, run=f"tox exec -e cov -- {M}"),
    "a mark": tox(f"commands =\n  - {M}\n  true\n", PASSES),
    "a mark without a blank": tox(f"commands =\n  -{M}\n  true\n", PASSES),
    "turned round": tox(f"commands =\n  ! {M}\n", PASSES),
    "a shell": tox(f"commands =\n  sh -c '{M}; true'\n", PASSES),
    "the outcome": tox(f"ignore_outcome = yes\ncommands = {M}\n", PASSES),
    "the outcome by a factor": tox(f"ignore_outcome =\n  cov: true\ncommands = {M}\n", PASSES),
    "the outcome by an option": tox(f"commands = {M}\n", PASSES, run="tox -e cov -x testenv:cov.ignore_outcome=true"),
    "TOML": tox_toml('[env.cov]\ncommands = [["pytest", "--cov"], ["true"]]\n', FAILS),
    "TOML, a mark": tox_toml('[env.cov]\ncommands = [["-", "pytest", "--cov"], ["true"]]\n', PASSES),
    "TOML, turned round": tox_toml('[env.cov]\ncommands = [["!", "pytest", "--cov"]]\n', PASSES),
    "TOML, the outcome of all": tox_toml(
        'ignore_outcome = true\n[env.cov]\ncommands = [["pytest", "--cov"]]\n', PASSES
    ),
}


def poe(text: str, gate: Gate) -> Case:
    return made("poe cov", "pyproject.toml", f"[tool.poe.tasks]\n{text}\n", gate)


POE = {
    "a command": poe(f'cov = "{M}"', FAILS),
    "no shell reads it": poe(f'cov = "{M} || true"', FAILS),
    "no shell reads its lines": poe(f'cov.cmd = """\n{M}\n-x\n"""', FAILS),
    "a sequence": poe(f'cov = ["a", "b"]\na = "{M}"\nb = "true"', FAILS),
    "commands in a sequence": poe(f'cov = [{{ cmd = "{M}" }}, {{ cmd = "true" }}]', FAILS),
    "what is needed": poe(f'cov = {{ cmd = "true", deps = ["a"] }}\na = "{M}"', FAILS),
    "what is needed by one that ignores": poe(
        f'cov = {{ cmd = "true", deps = ["a"], ignore_fail = true }}\na = "{M}"', FAILS
    ),
    "a sequence that fails in the end": poe(
        f'cov = {{ sequence = ["a", "b"], ignore_fail = "return_non_zero" }}\na = "{M}"\nb = "true"', FAILS
    ),
    "other statuses": poe(f'cov = {{ cmd = "{M}", ignore_fail = [3] }}', FAILS),
    "a shell's list": poe(f'cov.shell = "{M}; true"', PASSES),
    "a shell's lines": poe(f'cov.shell = """\n{M}\ntrue\n"""', PASSES),
    "another shell": poe(f'cov = {{ shell = "{M}; true", interpreter = "bash" }}', PASSES),
    "a sequence that ignores": poe(
        f'cov = {{ sequence = ["a", "b"], ignore_fail = true }}\na = "{M}"\nb = "true"', PASSES
    ),
    "beside each other": poe(f'cov = {{ parallel = ["a", "b"], ignore_fail = true }}\na = "{M}"\nb = "true"', PASSES),
    "a task that ignores": poe(f'cov = ["a", "b"]\na = {{ cmd = "{M}", ignore_fail = true }}\nb = "true"', PASSES),
    "its status": poe(f'cov = {{ cmd = "{M}", ignore_fail = [1] }}', PASSES),
}


def taskipy(text: str, gate: Gate) -> Case:
    return made("task cov", "pyproject.toml", f"[tool.taskipy.tasks]\n{text}\n", gate)


TASKIPY = {
    "a command": taskipy(f'cov = "{M}"', FAILS),
    "before": taskipy(f'pre_cov = "{M}"\ncov = "true"', FAILS),
    "after": taskipy(f'cov = "true"\npost_cov = "{M}"', FAILS),
    "a list": taskipy(f'cov = "{M}; true"', PASSES),
    "a table": taskipy(f'cov = {{ cmd = "{M} || true", help = "x" }}', PASSES),
    "lines": taskipy(f'cov = """\n{M}\ntrue\n"""', PASSES),
}


def pdm(text: str, gate: Gate) -> Case:
    head = "[project]\nname = 'x'\nversion = '1'\n[tool.pdm]\ndistribution = false\n[tool.pdm.scripts]\n"
    environment = {"PDM_CHECK_UPDATE": "0", "PDM_USE_VENV": "0", "PDM_IGNORE_SAVED_PYTHON": "1"}
    return Case("pdm run cov", {"pyproject.toml": f"{head}{text}\n"}, gate, env=environment)


PDM = {
    "a command": pdm(f'cov = "{M}"', FAILS),
    "no shell reads it": pdm(f'cov = "{M} || true"', FAILS),
    "parts": pdm(f'cov = {{ composite = ["{M}", "true"] }}', FAILS),
    "parts that go on": pdm(f'cov = {{ composite = ["{M}", "true"], keep_going = true }}', FAILS),
    "before": pdm(f'pre_cov = "{M}"\ncov = "true"', FAILS),
    "a shell": pdm(f'cov = {{ shell = "{M}; true" }}', PASSES),
    "a shell's lines": pdm(f'cov = {{ shell = """\n{M}\ntrue\n""" }}', PASSES),
}


def hatch(text: str, gate: Gate, run: str = "hatch run cov") -> Case:
    head = "[project]\nname = 'x'\nversion = '1'\n[tool.hatch.envs.default]\nskip-install = true\n"
    return made(run, "pyproject.toml", f"{head}[tool.hatch.envs.default.scripts]\n{text}\n", gate)


HATCH = {
    "commands": hatch(f'cov = ["{M}", "true"]', FAILS),
    "commands that go on": hatch(f'cov = ["{M}", "true"]', FAILS, "hatch env run --force-continue cov"),
    "a mark": hatch(f'cov = ["- {M}", "true"]', PASSES),
    "a mark before a script": hatch(f'cov = ["- a", "true"]\na = ["true", "{M}"]', PASSES),
    "a list": hatch(f'cov = "{M}; true"', PASSES),
}


def nox(body: str, gate: Gate) -> Case:
    head = "import nox\n\n@nox.session(venv_backend='none')\ndef cov(session):\n"
    return made("nox -s cov", "noxfile.py", f"{head}{body}", gate)


RUN = "session.run('pytest', '--cov'"
NOX = {
    "a command": nox(f"    {RUN})\n    session.log('done')\n", FAILS),
    "other statuses": nox(f"    {RUN}, success_codes=[0, 5])\n", FAILS),
    "always": nox("    session.run_always('pytest', '--cov')\n", FAILS),
    "as if to install": nox("    session.run_install('pytest', '--cov')\n", FAILS),
    "its status": nox(f"    {RUN}, success_codes=[0, 1])\n", PASSES),
    "a shell": nox("    session.run('sh', '-c', 'pytest --cov || true')\n", PASSES),
}


def task(text: str, gate: Gate, before: str = "", run: str = "task cov") -> Case:
    return made(run, "Taskfile.yml", f"version: '3'\n{before}tasks:\n  cov:\n{text}", gate)


def commands(*lines: str) -> str:
    return "    cmds:\n" + "".join(f"      - {line}\n" for line in lines)


TASK = {
    "commands": task(commands(M, "true"), FAILS),
    "a list": task(commands(f"{M}; true"), FAILS),
    "lines": task(commands(f"|\n        {M}\n        true"), FAILS),
    "a pipe, pipefail": task(commands(f"{M} | cat"), FAILS, "set: [pipefail]\n"),
    "what is needed": task(f"    deps: [a]\n{commands('true')}  a: {M}\n", FAILS),
    "what is needed by one that ignores": task(f"    ignore_error: true\n    deps: [a]\n  a: {M}\n", FAILS),
    "another task": task(f"{commands('task: a', 'true')}  a: {M}\n", FAILS),
    "one command": task(f"    cmd: {M}\n", FAILS),
    "variables": task("    vars: {P: pytest}\n" + commands("'{{.P}} --cov'", "true"), FAILS),
    "what is handed on": task(commands("'{{.CLI_ARGS}}'"), FAILS, run=f"task cov -- {M}"),
    "another name": task(f"    aliases: [c]\n{commands(M)}", FAILS, run="task c"),
    "the first task": Case("task", {"Taskfile.yaml": f"version: '3'\ntasks:\n  default:\n    - {M}\n"}, FAILS),
    "included": made(
        "task x:cov", "Taskfile.yml", "version: '3'\nincludes:\n  x: ./x.yml\n", FAILS,
        x__yml=f"version: '3'\ntasks:\n  cov: {M}\n",
    ),
    "ignored": task(commands(f"cmd: {M}\n        ignore_error: true", "true"), PASSES),
    "ignored as a whole": task(f"    ignore_error: true\n{commands(M, 'true')}", PASSES),
    "ignored with what it calls": task(f"    ignore_error: true\n{commands('task: a')}  a: {M}\n", PASSES),
    "ignored where it is called": task(commands("task: a\n        ignore_error: true") + f"  a: {M}\n", PASSES),
    "needed and ignored": task(f"    deps: [a]\n  a:\n    ignore_error: true\n    cmd: {M}\n", PASSES),
    "a pipe": task(commands(f"{M} | cat"), PASSES),
    "in the end": task(commands(f"defer: {M}", "true"), PASSES),
    "another shell": task(commands(f"bash -c '{M}; true'"), PASSES),
}  # fmt: skip


def invoke(body: str, gate: Gate, run: str = "inv cov", before: str = "", **env: str) -> Case:
    text = f"from invoke import task\n\n{before}\n\n@task\ndef cov(c):\n{body}"
    return Case(run, {"tasks.py": text}, gate, env=env)


INVOKE = {
    "a command": invoke(f"    c.run('{M}')\n    print()\n", FAILS),
    "text that varies": invoke(f"    n = 1\n    c.run(f'{M} -n{{n}}')\n", FAILS),
    "a name": invoke(f"    text = '{M}'\n    c.run(text, hide=True)\n", FAILS),
    "a function": invoke("    tests(c)\n", FAILS, before=f"def tests(c):\n    c.run('{M}')"),
    "a task before": Case(
        "invoke cov-all",
        {
            "tasks.py": f"from invoke import task\n\n@task\ndef a(c):\n    c.run('{M}')\n\n\n"
            "@task(a)\ndef cov_all(c):\n    print()\n"
        },
        FAILS,
    ),
    "a warning": invoke(f"    c.run('{M}', warn=True)\n", PASSES),
    "warnings": invoke(f"    c.run('{M}')\n", PASSES, "inv -w cov"),
    "warnings by a variable": invoke(f"    c.run('{M}')\n", PASSES, INVOKE_RUN_WARN="1"),
    "a list": invoke(f"    c.run('{M}; true')\n", PASSES),
    "a pipe": invoke(f"    c.run('{M} | cat')\n", PASSES),
}


def npm(gate: Gate, run: str = "npm run cov", npmrc: str = "", **scripts: str) -> Case:
    package = {"name": "x", "version": "1.0.0", "scripts": scripts}
    return Case(run, {"package.json": json.dumps(package), ".npmrc": npmrc}, gate)


N = "nyc mocha"
NPM = {
    "a command": npm(FAILS, cov=N),
    "both": npm(FAILS, cov=f"{N} && true"),
    "before": npm(FAILS, precov=N, cov="true"),
    "after": npm(FAILS, cov="true", postcov=N),
    "if there is one": npm(FAILS, "npm run --if-present cov", cov=N),
    "without what is around": npm(FAILS, "npm run --ignore-scripts cov", cov=N, precov="true"),
    "another shell": npm(FAILS, npmrc="script-shell=bash\n", cov=f"[[ a == a ]] && {N}"),
    "a list": npm(PASSES, cov=f"{N}; true"),
    "a pipe": npm(PASSES, cov=f"{N} | cat"),
    "or": npm(PASSES, cov=f"{N} || true"),
    "in the background": npm(PASSES, cov=f"{N} & true"),
    "a script in a script": npm(PASSES, cov="npm run a; true", a=N),
}
RUN_HERE = {
    "just": JUST, "tox": TOX, "poe": POE, "taskipy": TASKIPY, "pdm": PDM, "hatch": HATCH, "nox": NOX, "task": TASK,
    "invoke": INVOKE, "npm": NPM,
}  # fmt: skip
"""Tools that are run by the tests; those of recipe_tools, and npm, which the tests have anyway."""


def mise(text: str, gate: Gate, **others: str) -> Case:
    return made("mise run cov", "mise.toml", text, gate, **others)


MISE = {
    "lines": mise(f'[tasks.cov]\nrun = """\n{M}\ntrue\n"""\n', FAILS),
    "a list": mise(f'[tasks.cov]\nrun = "{M}; true"\n', FAILS),
    "entries": mise(f'[tasks]\ncov = ["{M}", "true"]\n', FAILS),
    "lines of an entry": mise(f'[tasks.cov]\nrun = ["""\n{M}\ntrue\n""", "true"]\n', FAILS),
    "what is needed": mise(f'[tasks.cov]\ndepends = ["a"]\nrun = "true"\n[tasks.a]\nrun = "{M}"\n', FAILS),
    "what comes after": mise(f'[tasks.cov]\ndepends_post = ["a"]\nrun = "true"\n[tasks.a]\nrun = "{M}"\n', FAILS),
    "another task": mise(f'[tasks.cov]\nrun = [{{ task = "a" }}, "true"]\n[tasks.a]\nrun = "{M}"\n', FAILS),
    "another shell, -e": mise(f'[tasks.cov]\nshell = "bash -ec"\nrun = "{M}; true"\n', FAILS),
    "another shell": mise(f'[tasks.cov]\nshell = "bash -c"\nrun = "{M}; true"\n', PASSES),
    "a first line": mise(f'[tasks.cov]\nrun = """\n#!/usr/bin/env bash\n{M}\ntrue\n"""\n', PASSES),
    "a pipe": mise(f'[tasks.cov]\nrun = "{M} | cat"\n', PASSES),
    "a file": Case("mise run cov", {"mise-tasks/cov": f"#!/bin/bash\n{M}\ntrue\n"}, PASSES),
}


def cargo_make(text: str, gate: Gate, **others: str) -> Case:
    head = "[config]\nskip_core_tasks = true\n[tasks.cov]\n"
    return made("cargo make cov", "Makefile.toml", f"{head}{text}", gate, **others)


C = "cargo llvm-cov"
CARGO_MAKE = {
    "a script": cargo_make(f'script = ["{C}", "true"]\n', FAILS),
    "lines": cargo_make(f'script = """\n{C}\ntrue\n"""\n', FAILS),
    "a named shell": cargo_make(f'script_runner = "bash"\nscript = ["{C}", "true"]\n', FAILS),
    "parts": cargo_make(f'script = {{ pre = "{C}", main = "true" }}\n', FAILS),
    "a file": cargo_make('script = { file = "c.sh" }\n', FAILS, c__sh=f"{C}\ntrue\n"),
    "what is needed": cargo_make(f'dependencies = ["a"]\nscript = ["true"]\n[tasks.a]\nscript = ["{C}"]\n', FAILS),
    "needed by one that ignores": cargo_make(
        f'ignore_errors = true\ndependencies = [{{ name = "a" }}]\n[tasks.a]\nscript = ["{C}"]\n', FAILS
    ),
    "run by one that ignores": cargo_make(
        f'ignore_errors = true\nrun_task = {{ name = ["a"] }}\n[tasks.a]\nscript = ["{C}"]\n', FAILS
    ),
    "another name": cargo_make(f'alias = "a"\n[tasks.a]\nscript = ["{C}"]\n', FAILS),
    "errors": cargo_make(f'ignore_errors = true\nscript = ["{C}"]\n', PASSES),
    "by force": cargo_make(f'force = true\nscript = ["{C}"]\n', PASSES),
    "by what it extends": cargo_make(f'extend = "a"\nscript = ["{C}"]\n[tasks.a]\nignore_errors = true\n', PASSES),
    "on Linux": cargo_make(f'script = ["{C}"]\n[tasks.cov.linux]\nignore_errors = true\n', PASSES),
    "a first line": cargo_make(f'script = """#!/usr/bin/env bash\n{C}\ntrue\n"""\n', PASSES),
    "taken back": cargo_make(f'script = ["set +e", "{C}", "true"]\n', PASSES),
    "a pipe": cargo_make(f'script = ["{C} | cat"]\n', PASSES),
    "a file with a first line": cargo_make('script = { file = "c.sh" }\n', PASSES, c__sh=f"#!/bin/bash\n{C}\ntrue\n"),
}


def pixi(text: str, gate: Gate) -> Case:
    return made("pixi run cov", "pixi.toml", f"[tasks]\ncov = {text!r}\n", gate)


PIXI = {
    "both": pixi(f"{M} && true", FAILS),
    "pipefail": pixi(f"set -o pipefail && {M} | cat", FAILS),
    "a list": pixi(f"{M}; true", PASSES),
    "a pipe": pixi(f"{M} | cat", PASSES),
    "or": pixi(f"{M} || true", PASSES),
}
SEEN = {"mise": MISE, "cargo-make": CARGO_MAKE, "pixi": PIXI}
"""Seen with mise 2026.9.15, cargo-make 0.37.24 and pixi's shell (deno_task_shell 0.33.3): they take long to install."""
HERE = {f"{tool}: {name}": (tool, case) for tool, cases in RUN_HERE.items() for name, case in cases.items()}
ALL = {**HERE, **{f"{tool}: {name}": (tool, case) for tool, cases in SEEN.items() for name, case in cases.items()}}


@pytest.mark.parametrize("name", ALL)
def test_the_tool_decides(name: str) -> None:
    _, case = ALL[name]
    verdict = judged(case.run, case.files, case.env)
    assert verdict.coverage
    assert verdict.gate is case.gate


@pytest.mark.slow
@pytest.mark.parametrize("name", HERE)
def test_the_tool_itself_does_the_same(tmp_path: Path, name: str) -> None:
    tool, case = HERE[name]
    folders = () if tool == "npm" else (programs(apart=tool == "task"),)
    assert really_passes(tmp_path, case, folders) is (case.gate is PASSES)
