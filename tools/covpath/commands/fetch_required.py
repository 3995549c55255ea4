"""``status --fetch-required``: GitHub is asked which checks it requires, and its answer is kept as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

from covpath.commands.day import day_or_today
from covpath.commands.subject import enter
from covpath.outside.files import write_atomically
from covpath.outside.protection import ask_branch


def fetch(directory: Path | None, remote: str, file: Path, screen: TextIO | None) -> None:
    """Write what the default branch of ``remote`` requires to ``file``, to be read as any saved answer.

    What was done is told on ``screen``, where there is one.
    """
    repository = enter(directory)
    answer = ask_branch(repository.remote(remote).url, repository.environment)
    write_atomically(file, answer.to_file(day_or_today(None).isoformat()))
    if screen is not None:
        about = f"what {answer.repository} requires of {answer.branch}"
        screen.write(f"Written: {file} ({about}). From now on: --required {file}\n\n")
