"""Whether files that git knows are kept out of the working tree."""

from __future__ import annotations

from covpath.errors import CovpathError, UsageError
from covpath.outside.git import Repository, text_of


def expect_checked_out(repository: Repository, folder: str) -> None:
    """Raise UsageError where a sparse checkout leaves out what git knows below ``folder``.

    To be asked where nothing lies there: what is not there cannot be told from what never was.
    """
    if not repository.has_git:
        return
    try:
        known = text_of(repository.git("ls-files", "-t", "--", folder))
    except CovpathError:
        return  # git is not there, or does not trust the place; nothing is known then
    if any(line.startswith("S ") for line in known.splitlines()):
        raise UsageError(
            f"{folder} is not checked out here (a sparse checkout).",
            hint=f"Check it out: git sparse-checkout add {folder}",
        )
