"""What a measuring step's own surroundings answer about versions and cores, asked through its own shell."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from covpath.bench.variants import probes, split_core
from covpath.errors import OutsideError
from covpath.outside.processes import run

_SECONDS = 60.0


class Asked(Struct, frozen=True, kw_only=True):
    """The measurement core that runs, None where that means nothing, and versions by tool."""

    core: str | None
    versions: dict[str, str]


def ask_probes(backend: str, argv: Sequence[str], environment: Mapping[str, str]) -> Asked:
    """Ask after a run; ``argv`` is how its script was started. What gives no answer is ``unknown``."""
    base, _ = split_core(backend)
    script = next((at for at, word in enumerate(argv) if at and Path(word).is_file()), None)
    answers: dict[str, str] = {}
    for probe in probes(base) if script is not None else ():
        with tempfile.TemporaryDirectory(prefix="covpath-") as folder:
            path = Path(folder, "probe.sh")
            path.write_text(f"{probe.script}\n", encoding="utf-8")
            asked = [str(path) if at == script else word for at, word in enumerate(argv)]
            answers[probe.name] = _answer(asked, environment, probe.pattern)
    core = answers.pop("core", None)
    return Asked(core=core, versions=answers)


def _answer(argv: Sequence[str], environment: Mapping[str, str], pattern: str) -> str:
    try:
        done = run(argv, directory=Path.cwd(), environment=environment, timeout_seconds=_SECONDS, expected=range(256))
    except OutsideError:
        return "unknown"
    found = re.search(pattern, (done.output + done.error_output).decode("utf-8", "replace"), re.MULTILINE)
    return found[1].strip() if found else "unknown"
