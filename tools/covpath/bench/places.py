"""Evidence is passed on and committed: it names no directory of the machine it was made on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from covpath.evidence.model import Evidence
from covpath.evidence.trial import Trial

_SCRATCH = re.compile(r"/[\w./-]*/covpath-bench-\d+-\d+")


def own_places(repo: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """Directories of this machine that output may name, the longest first, and what to call them."""
    named = {str(repo): "<repository>"}
    for variable, word in (("VIRTUAL_ENV", "<environment>"), ("HOME", "~")):
        value = environment.get(variable, "")
        if len(value) > 1:
            named.setdefault(value.rstrip("/"), word)
    return dict(sorted(named.items(), key=lambda pair: -len(pair[0])))


def without_own_places(evidence: Evidence, places: Mapping[str, str]) -> Evidence:
    """The evidence with these directories, and scratch directories, called by other names in what tools said."""
    return replace(evidence, trials=tuple(_trial(trial, places) for trial in evidence.trials))


def _trial(trial: Trial, places: Mapping[str, str]) -> Trial:
    return replace(
        trial,
        reason=_text(trial.reason, places),
        log_tail=_text(trial.log_tail, places),
        command=replace(
            trial.command,
            argv=tuple(_text(word, places) for word in trial.command.argv),
            script=_text(trial.command.script, places),
        ),
    )


def _text(text: str, places: Mapping[str, str]) -> str:
    text = _SCRATCH.sub("<scratch>", text)
    for place, word in places.items():
        text = re.sub(rf"{re.escape(place)}(?=[/\s\"':;,)]|$)", word, text)
    return text
