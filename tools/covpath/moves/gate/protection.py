"""Ready-to-run commands that change which checks a branch requires: classic protection, or a ruleset.

Sources: GitHub's REST API, "Add status check contexts", "Remove status check contexts" and
"Update a repository ruleset" (a ruleset is only replaced as a whole, so its rules are read first).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from covpath.gate.required import SETTINGS_PATH, Ruleset
from covpath.moves.judging import Judging
from covpath.workflow.filter_patterns import is_literal
from covpath.workflow.model import Workflow
from covpath.yamltext.nodes import to_plain

PLACEHOLDER = "BRANCH"
"""Stands in a command where the branch that merges go to is not known."""
_OF_RULE = '(.rules[] | select(.type == "required_status_checks") | .parameters.required_status_checks)'


def require_command(workflow: Workflow, judging: Judging, check: str) -> str | None:
    """Makes a check a required one; None where the list is kept in a file of the repository."""
    if judging.required.source == SETTINGS_PATH:
        return None
    rulesets = judging.required.rulesets
    if rulesets:
        return _ruleset_command(rulesets[0], f"{_OF_RULE} += [{{context: {json.dumps(check, ensure_ascii=False)}}}]")
    return _classic_command("POST", workflow, judging, check)


def unrequire_command(workflow: Workflow, judging: Judging, *checks: str) -> str | None:
    """Takes checks off the required ones; None where the list is kept in a file of the repository."""
    if judging.required.source == SETTINGS_PATH:
        return None
    rulesets = judging.required.rulesets
    if rulesets:
        holding = next((one for one in rulesets if one.checks.intersection(checks)), rulesets[0])
        names = json.dumps(checks, ensure_ascii=False)
        return _ruleset_command(holding, f"{_OF_RULE} |= map(select(.context | IN({names}[]) | not))")
    return _classic_command("DELETE", workflow, judging, *checks)


def addition(command: str | None) -> str:
    """What to say beside a command, or in its place."""
    if command is None:
        return f" (the list stands in {SETTINGS_PATH})"
    return f" ({PLACEHOLDER}: the branch that merges go to)" if f"/{PLACEHOLDER}/" in command else ""


def _classic_command(method: str, workflow: Workflow, judging: Judging, *checks: str) -> str:
    branch = judging.branch or next(_filtered_branches(workflow), PLACEHOLDER)
    # A slash in a branch's name would end the path's part.
    path = f"repos/{{owner}}/{{repo}}/branches/{branch.replace('/', '%2F')}/protection/required_status_checks/contexts"
    given = " ".join(f"-f {_quoted(f'contexts[]={check}')}" for check in checks)
    return f"gh api -X {method} {_quoted(path)} {given}"


def _filtered_branches(workflow: Workflow) -> Iterator[str]:
    """The branches that the workflow's own filters name."""
    on = to_plain(workflow.on) if workflow.on is not None else None
    for event in ("pull_request", "pull_request_target", "merge_group", "push"):
        filters = on.get(event) if isinstance(on, dict) else None
        written = filters.get("branches") if isinstance(filters, dict) else None
        names = written if isinstance(written, list) else [written]
        yield from (name for name in names if isinstance(name, str) and name[:1] != "!" and is_literal(name))


def _ruleset_command(ruleset: Ruleset, change: str) -> str:
    owner = f"orgs/{ruleset.organization}" if ruleset.organization is not None else "repos/{owner}/{repo}"
    path = _quoted(f"{owner}/rulesets/{ruleset.id}")
    return f"gh api {path} --jq {_quoted(f'{change} | {{rules}}')} | gh api -X PUT {path} --input -"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
