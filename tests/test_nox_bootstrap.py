from __future__ import annotations

import ast
import json
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "ci" / "nox.py"

# Stands in for nox: it tells how it was called.
NOX = "import json, os, sys\nprint(json.dumps([sys.argv[1:], os.getcwd(), sys.prefix]))\nsys.exit(7)\n"

# A Python whose venv cannot put pip into what it makes, as on a Debian without python3-venv.
NO_ENSUREPIP = """
import os, runpy, sys
if "--without-pip" not in sys.argv:
    print("The virtual environment was not created successfully because ensurepip is not available.")
    sys.exit(1)
sys.path = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]
runpy.run_module("venv", run_name="__main__")
"""
NO_VENV = "import sys; sys.exit('venv is not what it was')"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with nothing but the script, and a nox that needs no network beside it."""
    root = tmp_path / "a clone"
    (root / "ci").mkdir(parents=True)
    shutil.copy(SCRIPT, root / "ci")
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    with zipfile.ZipFile(wheels / "nox-2026.1.1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("nox/__init__.py", "")
        wheel.writestr("nox/__main__.py", NOX)
        wheel.writestr("nox-2026.1.1.dist-info/METADATA", "Metadata-Version: 2.1\nName: nox\nVersion: 2026.1.1\n")
        wheel.writestr("nox-2026.1.1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("nox-2026.1.1.dist-info/RECORD", "")
    return root


def _start(clone: Path, *arguments: str, **stand_ins: str) -> subprocess.CompletedProcess[str]:
    modules = clone.parent / "modules"
    modules.mkdir(exist_ok=True)
    for name, text in stand_ins.items():
        (modules / f"{name}.py").write_text(text)
    environment = {
        "PATH": "/usr/bin:/bin",
        "PIP_FIND_LINKS": (clone.parent / "wheels").as_uri(),
        "PIP_NO_INDEX": "1",
        "PIP_USER": "1",
        "PYTHONPATH": str(modules),
    }
    command = [sys.executable, str(clone / "ci" / "nox.py"), *arguments]
    return subprocess.run(command, env=environment, cwd=clone / "ci", capture_output=True, text=True, check=False)


def _expect_nox(done: subprocess.CompletedProcess[str], clone: Path, *arguments: str) -> None:
    assert done.returncode == 7, done.stderr
    assert json.loads(done.stdout) == [list(arguments), str(clone), str(clone / ".nox" / "bootstrap")]


@pytest.mark.slow
def test_a_fresh_clone_is_prepared_once_and_mended_when_broken(clone: Path) -> None:
    first = _start(clone, "-s", "tests", "--", "-k", "two words")
    _expect_nox(first, clone, "-s", "tests", "--", "-k", "two words")
    assert first.stderr == "Preparing nox>=2025.5.1,<2027 in .nox/bootstrap (once).\n"

    again = _start(clone)
    _expect_nox(again, clone)
    assert again.stderr == ""

    (package,) = (clone / ".nox" / "bootstrap").glob("lib/**/site-packages/nox")
    shutil.rmtree(package)
    _expect_nox(_start(clone), clone)

    stamp = clone / ".nox" / "bootstrap" / "made-with.json"
    stamp.write_text(stamp.read_text().replace(sys.version.split()[0], "3.11.0+older"))
    mended = _start(clone)
    _expect_nox(mended, clone)
    assert "Preparing" in mended.stderr


@pytest.mark.slow
def test_without_ensurepip_the_pip_at_hand_is_used(clone: Path) -> None:
    _expect_nox(_start(clone, "-l", venv=NO_ENSUREPIP, virtualenv=NO_VENV), clone, "-l")


def test_where_no_environment_can_be_made_it_says_what_to_install(clone: Path) -> None:
    done = _start(clone, "-l", venv=NO_VENV, virtualenv=NO_VENV)
    assert done.returncode == 2
    assert "cannot make a virtual environment: venv is not what it was" in done.stderr
    assert "sudo apt-get install python3-venv" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (clone / ".nox" / "bootstrap" / "made-with.json").exists()


def test_an_older_python_gets_a_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    ast.parse(SCRIPT.read_text(), feature_version=(3, 7))  # it must get as far as that sentence
    script = runpy.run_path(str(SCRIPT))
    monkeypatch.setattr(sys, "version_info", (3, 10, 2))
    assert script["main"](["-l"]) == 2
    assert "covpath needs Python 3.11 or newer" in capsys.readouterr().err
