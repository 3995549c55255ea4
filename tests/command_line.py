"""Calling covpath in tests as a shell would, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from covpath.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a call printed and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Call = Callable[..., Outcome]


def caller(capsys: pytest.CaptureFixture[str], repo: Path | None = None) -> Call:
    """A function that runs ``covpath ARGUMENTS... --repo REPO``."""

    def call(*arguments: str) -> Outcome:
        capsys.readouterr()
        where = () if repo is None else ("--repo", str(repo))
        code = main([*arguments, *where])
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call
