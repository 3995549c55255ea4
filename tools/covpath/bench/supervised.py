"""covpath's side of the supervisor: start one, hand it a trial, take its result, lose nothing on the way."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from covpath.bench.limits.ask import Confined
from covpath.bench.site import Site, remove_group
from covpath.errors import OutsideError
from covpath.outside.processes import last_words

_START = "import sys; sys.path.insert(0, sys.argv[1]); from covpath.bench.supervisor.process import main; main()"
_PACKAGES = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 30.0


def run_supervised(spec: dict[str, Any], confined: Confined, site: Site) -> dict[str, Any]:
    """Run one trial to its end and return the supervisor's result.

    Whatever happens here (Ctrl-C too), no process and no group of the trial is left when this
    returns. Raises OutsideError where the trial could not be run at all.
    """
    site.note_groups(confined.groups)
    whole = {**spec, **confined.plan, "groups": [str(group) for group in confined.groups], "scratch": str(site.root)}
    try:
        result = _converse(whole, site)
    finally:
        for group in confined.groups:
            if group.exists():
                remove_group(group)
    if "error" in result:
        words = last_words(site.errors.read_bytes())
        raise OutsideError(f"a trial cannot be run: {result['error']}{': ' + words if words else ''}.")
    return result


def _converse(spec: dict[str, Any], site: Site) -> dict[str, Any]:
    with site.errors.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, str(_PACKAGES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(spec).encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        process.stdin.write(b"done\n")
        process.stdin.flush()
    except BrokenPipeError:
        line = b""
    finally:  # without the last word, the supervisor kills and removes everything
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()
        process.stdout.close()
        process.wait(_PATIENCE_SECONDS)
    return dict(json.loads(line)) if line else {"error": "its supervisor died"}
