"""Starts nox, from a fresh clone too: ``python3 ci/nox.py -s tests``.

Puts nox into a virtual environment of its own under ``.nox/`` the first time, and passes
all arguments on to it. Needs nothing but a Python 3.11 that can make such an environment;
where it cannot, says what to install.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

REQUIREMENT = "nox>=2025.5.1,<2027"
ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ROOT / ".nox" / "bootstrap"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENVIRONMENT / "made-with.json"


def main(arguments: list[str]) -> int:
    """Make the environment where it is absent, broken or another interpreter's; then run nox."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts it with an older one gets a sentence
        return fail(f"covpath needs Python 3.11 or newer; this is {sys.version.split()[0]} ({sys.executable}).")
    wanted = json.dumps({"python": os.path.realpath(sys.executable), "version": sys.version, "nox": REQUIREMENT})
    if not is_ready(wanted):
        say(f"Preparing {REQUIREMENT} in {ENVIRONMENT.relative_to(ROOT)} (once).")
        problem = make_environment()
        if problem:
            return fail(problem)
        STAMP.write_text(wanted, encoding="utf-8")
    command = [str(PYTHON), "-m", "nox", *arguments]
    return subprocess.call(command, cwd=ROOT) if os.name == "nt" else become(command)


def become(command: list[str]) -> NoReturn:
    """Run ``command`` in place of this process: Ctrl-C then reaches nox and nobody else."""
    os.chdir(ROOT)
    os.execv(command[0], command)  # noqa: S606 - no shell is what is wanted


def is_ready(wanted: str) -> bool:
    """Whether the environment was finished by this interpreter and still has its parts."""
    try:
        finished = STAMP.read_text(encoding="utf-8") == wanted
    except OSError:
        return False
    return finished and PYTHON.exists() and any(ENVIRONMENT.glob("[Ll]ib*/**/site-packages/nox/__main__.py"))


def make_environment() -> str:
    """Make it in the first way that this Python can; what is wrong where it can in none."""
    STAMP.unlink(missing_ok=True)
    own_pip = [str(PYTHON), "-m", "pip"]
    pip_at_hand = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    ways = [(["-m", "venv", "--clear"], own_pip), (["-m", "virtualenv", "--clear"], own_pip)]
    if importlib.util.find_spec("pip"):  # a Debian with python3-pip and without python3-venv
        ways.append((["-m", "venv", "--clear", "--without-pip"], pip_at_hand))
    problem = ""
    for way, pip in ways:
        made = run_quietly(*way, str(ENVIRONMENT))
        if made.returncode == 0:
            return install_nox(pip)
        problem = problem or ("ensurepip is missing." if "ensurepip" in made.stdout else last_line(made.stdout))
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return (
        f"{sys.executable} cannot make a virtual environment: {problem}\n"
        f"On Debian and Ubuntu: sudo apt-get install python3-venv (or python{version}-venv)"
    )


def install_nox(pip: list[str]) -> str:
    """Install nox with ``pip``; what is wrong where that fails."""
    quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
    # PIP_USER would turn the installation away from the environment.
    surroundings = {name: value for name, value in os.environ.items() if name not in ("PIP_USER", "PYTHONHOME")}
    installed = subprocess.run([*pip, "install", *quiet, REQUIREMENT], cwd=ROOT, env=surroundings, check=False)
    return f"{REQUIREMENT} could not be installed; pip's words are above." if installed.returncode else ""


def run_quietly(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run this Python with ``arguments``; its output is kept for the case that it fails."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )


def last_line(text: str) -> str:
    """The last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason given")


def say(words: str) -> None:
    """Tell it on standard error."""
    sys.stderr.write(f"{words}\n")


def fail(words: str) -> int:
    """Tell it and give the exit code for a failure outside."""
    say(words)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
