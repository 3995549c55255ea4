"""LLVM's tools of the compiler's version: the toolchain's own, or the system's of the same number."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from covpath.errors import OutsideError
from covpath.outside.processes import run

_TOOLS = {"LLVM_COV": "llvm-cov", "LLVM_PROFDATA": "llvm-profdata"}


def llvm_tools(environment: Mapping[str, str]) -> dict[str, str]:
    """``LLVM_COV`` and ``LLVM_PROFDATA``, as cargo-llvm-cov reads them; empty where one is not found.

    What is set already stays. A profile is only read by tools of the LLVM that rustc was built
    with (``facts``, backends, section 2).
    """
    set_already = {name: environment[name] for name in _TOOLS if environment.get(name)}
    if len(set_already) == len(_TOOLS):
        return set_already
    facts = _ask("-vV", environment)
    major = re.search(r"^LLVM version: (\d+)", facts, re.MULTILINE)
    libraries = _ask("--print=target-libdir", environment).strip()
    beside = Path(libraries).parent / "bin" if libraries else None
    found = {}
    for variable, program in _TOOLS.items():
        own = shutil.which(program, path=str(beside)) if beside else None
        system = shutil.which(f"{program}-{major[1]}", path=environment.get("PATH")) if major else None
        path = set_already.get(variable) or own or system
        if path is None:
            return {}
        found[variable] = path
    return found


def _ask(question: str, environment: Mapping[str, str]) -> str:
    try:
        done = run(["rustc", question], directory=Path("/"), environment=environment, timeout_seconds=20.0)
    except OutsideError:
        return ""
    return done.output.decode("utf-8", "replace")
