"""An audit case: a small repository as files, what it is asked, and what the rule shall find.

A case is a folder ``tests/cases/audits/RULE/CASE``: the repository's files; ``case.toml`` with
``today`` and, where they matter, ``required``, ``kickoff`` and ``base``; ``findings.txt`` with
what the rule finds, absent where it finds nothing. Folders ``commit-1 2026-03-01`` and so on
hold files as they were committed before, each on its day.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from covpath.audits.finding import Finding
from covpath.commands.audited import Asked, Audited, look_at
from covpath.commands.state import WorkingTree
from covpath.outside.git import find_repository
from outside.repositories import Scratch

CASES = Path(__file__).resolve().parents[1] / "cases" / "audits"
_OURS = ("case.toml", "findings.txt")


def cases() -> list[Path]:
    """Every case, those in which nothing is found first."""
    found = [case for rule in CASES.iterdir() for case in rule.iterdir()]
    return sorted(found, key=lambda case: (case.parent.name, (case / "findings.txt").exists(), case.name))


def build(case: Path, root: Path) -> Audited:
    """The case's repository below ``root``, looked at."""
    asked = tomllib.loads((case / "case.toml").read_text(encoding="utf-8"))
    commits = sorted(path for path in case.iterdir() if path.name.startswith("commit-"))
    if commits:
        _commit(Scratch(root), commits)
    for name, data in _files(case).items():
        if name.split("/")[0] not in (*_OURS, *(folder.name for folder in commits)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(data)
    required = None
    if "required" in asked:
        required = root.parent / "required.json"
        required.write_text(json.dumps({"contexts": asked["required"], "checks": []}))
    question = Asked(today=date.fromisoformat(asked["today"]), required=required, kickoff=asked.get("kickoff"))
    root.mkdir(exist_ok=True)
    return look_at(find_repository(root), WorkingTree(root=root), question)


def _commit(scratch: Scratch, folders: list[Path]) -> None:
    """Each folder is a whole state, committed on its day; the last one is what lies there afterwards."""
    known: set[str] = set()
    for folder in folders:
        files = _files(folder)
        scratch.commit({**dict.fromkeys(known - files.keys()), **files}, at=f"{folder.name.split(' ')[1]}T12:00:00Z")
        known = set(files)


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def told(findings: Iterable[Finding]) -> str:
    """Findings as ``findings.txt`` has them."""
    lines: list[str] = []
    for finding in findings:
        lines.append(f"{finding.severity}: {finding.place}: {finding.message}")
        lines += [f"  {place}: {message}" for message, place in finding.related]
        lines.append(f"  {finding.hint}")
    return "".join(f"{line}\n" for line in lines)
