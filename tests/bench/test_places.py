from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from covpath.bench.places import own_places, without_own_places
from evidence_samples import TRIAL, evidence, trial


def test_evidence_names_no_directory_of_this_machine() -> None:
    places = own_places(Path("/home/x/repo"), {"HOME": "/home/x", "VIRTUAL_ENV": "/home/x/repo/.venv"})
    said = (
        "/var/tmp/covpath-bench-31-400/script: line 1: Killed\n"
        'File "/home/x/repo/.venv/lib/a.py" in /home/x/repo; /home/x/.cache and /home/xavier stay'
    )
    command = replace(TRIAL.command, argv=("bash", "-e", "/var/tmp/covpath-bench-31-400/script"))
    [found] = without_own_places(evidence(trial(log_tail=said, command=command)), places).trials
    assert found.log_tail == (
        "<scratch>/script: line 1: Killed\n"
        'File "<environment>/lib/a.py" in <repository>; ~/.cache and /home/xavier stay'
    )
    assert found.command.argv == ("bash", "-e", "<scratch>/script")


def test_what_names_none_stays_as_it_is() -> None:
    whole = evidence(trial())
    assert without_own_places(whole, own_places(Path("/repo"), {"HOME": "/"})) == whole
