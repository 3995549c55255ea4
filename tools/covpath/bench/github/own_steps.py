"""The steps and jobs that covpath adds to a generated workflow, as lines of YAML.

Whatever varies reaches a script through its environment, never through its text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from covpath.bench.github.permissions import permission_lines
from covpath.bench.github.pins import pinned
from covpath.yamltext.rendering import render_scalar

PYTHON = "3.13"
"""What covpath runs with on a runner, beside the job's own."""

ARTIFACTS = "covpath-bench-"
"""How every artifact of a generated workflow is called, at its beginning."""
RECORDS = f"{ARTIFACTS}cell-"
"""How the artifacts with one cell's record are called, the cell's id behind it."""
MERGED = f"{ARTIFACTS}evidence"
"""The artifact with what the last job made of them."""

JOB_NAME = re.compile(r"measure \((?P<cell>[^~]+)(?:~\d+)?\)")
"""The name GitHub shows for a cell's job; a repeat's number is not part of the cell."""

_INSTALL = (
    '"$COVPATH_PYTHON" -I -m venv "$RUNNER_TEMP/covpath"',
    'installed="$RUNNER_TEMP/covpath/bin/python"',
    '"$installed" -I -m pip install --quiet --disable-pip-version-check "$COVPATH_REQUIREMENT"',
    '"$installed" -I -m covpath bench cell begin',
)

_CHECKOUT = (
    f"      - uses: {pinned('actions/checkout')}",
    "        with:",
    "          persist-credentials: false",
)

_COLLECT = (
    'python -m pip install --quiet --disable-pip-version-check "$COVPATH_REQUIREMENT"',
    'covpath bench collect covpath-records --out covpath-evidence --expect "$COVPATH_EXPECTED"',
)


def json_text(data: object) -> str:
    """JSON in which GitHub finds no expression to evaluate."""
    return json.dumps(data).replace("${{", "$\\u007b{")


def preparing_steps(
    *, requirement: str, subject: Mapping[str, object], report: str | None, in_container: bool
) -> Iterator[str]:
    """Install covpath where it disturbs nothing, and tell it what is going to be measured."""
    python = "${{ steps.covpath-python.outputs.python-path }}"
    if in_container:  # what setup-python brings is made for Ubuntu and may not run in the image
        python = "python3"
    else:
        yield from (
            "      - name: a Python for covpath alone",
            "        id: covpath-python",
            f"        uses: {pinned('actions/setup-python')}",
            "        with:",
            f'          python-version: "{PYTHON}"',
            "          update-environment: false",
        )
    yield from (
        "      - name: covpath, beside the job's own tools",
        "        id: covpath",
        "        shell: sh",
        "        working-directory: .",
        "        env:",
        f"          COVPATH_PYTHON: {python}",
        f"          COVPATH_REQUIREMENT: {render_scalar(requirement)}",
        "          COVPATH_CELL: ${{ toJSON(matrix.covpath) }}",
        f"          COVPATH_SUBJECT: {render_scalar(json_text(subject), like=chr(39))}",
        f"          COVPATH_REPORT: {render_scalar(report or '')}",
        "        run: |",
        *(f"          {line}" for line in _INSTALL),
    )


def recording_step() -> Iterator[str]:
    """Keep the record, whatever happened before."""
    yield from (
        "      - name: keep the record of this cell",
        "        if: ${{ always() }}",
        f"        uses: {pinned('actions/upload-artifact')}",
        "        with:",
        f"          name: {RECORDS}${{{{ matrix.covpath.id }}}}",
        "          path: ${{ steps.covpath.outputs.record }}",
        "          if-no-files-found: error",
    )


def collecting_job(
    name: str, needs: Sequence[str], *, requirement: str, expected: Sequence[Mapping[str, str]], runner: str
) -> Iterator[str]:
    """The last job: all records become one evidence file, a table and a summary."""
    local = requirement.startswith(".")  # covpath lies in the repository itself
    yield from (
        f"  {name}:",
        "    name: collect the records",
        "    if: ${{ always() }} # cells that failed are results too",
        f"    needs: [{', '.join(needs)}]",
        f"    runs-on: {render_scalar(runner)}",
        "    timeout-minutes: 10",
        *permission_lines({"contents": "read"} if local else {}, 4),
        "    steps:",
        *(_CHECKOUT if local else ()),
        f"      - uses: {pinned('actions/download-artifact')}",
        "        with:",
        f'          pattern: "{RECORDS}*"',
        "          path: covpath-records",
        f"      - uses: {pinned('actions/setup-python')}",
        "        with:",
        f'          python-version: "{PYTHON}"',
        "      - name: one table of all cells",
        "        env:",
        f"          COVPATH_REQUIREMENT: {render_scalar(requirement)}",
        f"          COVPATH_EXPECTED: {render_scalar(json_text(list(expected)), like=chr(39))}",
        "        run: |",
        *(f"          {line}" for line in _COLLECT),
        "      - name: keep the evidence",
        "        if: ${{ always() }}",
        f"        uses: {pinned('actions/upload-artifact')}",
        "        with:",
        f"          name: {MERGED}",
        "          path: covpath-evidence/",
        "          if-no-files-found: error",
    )
