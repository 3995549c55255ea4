"""What GitHub says about the event that started this run, where there is one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from covpath.errors import CovpathError
from covpath.outside.files import read_bytes
from covpath.outside.git import Repository


def event_base(repository: Repository, environment: Mapping[str, str]) -> str | None:
    """The branch or commit that the change under test is meant for; None on any other event.

    Told by GitHub Actions' own variables, and only where the repository is the one checked out
    for the run. Source: GitHub's pages on default variables and on the ``merge_group`` payload.
    """
    if environment.get("GITHUB_ACTIONS") != "true" or not _is_workspace(repository, environment):
        return None
    event = environment.get("GITHUB_EVENT_NAME", "")
    if event in ("pull_request", "pull_request_target") and environment.get("GITHUB_BASE_REF"):
        return f"origin/{environment['GITHUB_BASE_REF']}"
    if event == "merge_group":
        group = _payload(environment).get("merge_group")
        base = group.get("base_sha") if isinstance(group, dict) else None
        return base if isinstance(base, str) else None
    return None


def _is_workspace(repository: Repository, environment: Mapping[str, str]) -> bool:
    workspace = environment.get("GITHUB_WORKSPACE")
    return bool(workspace) and repository.root.is_relative_to(Path(str(workspace)).resolve())


def _payload(environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        data = json.loads(read_bytes(Path(environment.get("GITHUB_EVENT_PATH", ""))))
    except (ValueError, CovpathError):
        return {}
    return data if isinstance(data, dict) else {}
