"""Where another machine gets this very covpath from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from covpath.errors import Refusal
from covpath.outside.git import find_repository

_ANSWERS = "--covpath-from 'covpath @ git+https://HOST/OWNER/NAME@COMMIT'"
_SSH = re.compile(r"(?:ssh://)?git@([\w.-]+)[:/](?:\d+/)?(.+)")


def own_requirement() -> str:
    """What pip installs to get this covpath, as its own installer noted it (PEP 610).

    Raises Refusal where it came from a folder that other machines cannot reach: a bare name would
    be whatever somebody publishes under it.
    """
    installed = distribution("covpath")
    return requirement(installed.read_text("direct_url.json"), installed.version)


def requirement(noted: str | None, version: str) -> str:
    """The same from the installer's note (None: from an index) and the version."""
    if noted is None:
        return f"covpath=={version}"
    direct: Mapping[str, Any] = json.loads(noted)
    parts = urlsplit(str(direct["url"]))
    if "vcs_info" in direct:
        return f"covpath @ {direct['vcs_info']['vcs']}+{direct['url']}@{direct['vcs_info']['commit_id']}"
    if parts.scheme == "https":
        return f"covpath @ {direct['url']}"
    found = _from_folder(Path(unquote(parts.path))) if parts.scheme == "file" else None
    if found is None:
        raise Refusal(
            f"this covpath was installed from {direct['url']}, where GitHub's runners cannot get it.",
            hint=f"Say where they can: {_ANSWERS}",
        )
    return found


def _from_folder(folder: Path) -> str | None:
    """The commit that is checked out there, at the repository it came from."""
    repository = find_repository(folder)
    if not repository.has_git or repository.root != folder.resolve():
        return None
    commit = repository.head()
    address = next((remote.url for remote in repository.remotes() if remote.name == "origin"), "")
    ssh = _SSH.fullmatch(address)
    if ssh is not None:
        address = f"https://{ssh[1]}/{ssh[2]}"
    parts = urlsplit(address)
    if commit is None or parts.scheme != "https" or parts.username or parts.password:
        return None
    return f"covpath @ git+{address}@{commit}"
