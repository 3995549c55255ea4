"""Scripts run under the real shells, with ``target`` failing and its neighbours succeeding."""

import subprocess
from pathlib import Path

from covpath.workflow.shell.dialect import Shell, default_shell, shell_named

SHELLS: dict[str, tuple[Shell, tuple[str, ...]]] = {
    "default": (default_shell(), ("bash", "-e")),
    "bash": (shell_named("bash"), ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail")),
    "sh": (shell_named("sh"), ("sh", "-e")),
    "plain": (shell_named("bash {0}"), ("bash",)),
}
NEIGHBOURS = ("a", "b", "c")


class RealShells:
    """``target`` exits with 3; ``a``, ``b`` and ``c`` read their input and exit with 0."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._bin = directory / "bin"
        self._bin.mkdir()
        for name in NEIGHBOURS:
            self._write(name, "while read -r _; do :; done\nexit 0")
        self._write("target", 'echo hit >> "$RAN"; exit 3')

    def _write(self, name: str, body: str) -> None:
        path = self._bin / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def status(self, script: str, shell: str) -> int | None:
        """The script's exit status; None where ``target`` never ran."""
        ran = self._directory / "ran"
        ran.unlink(missing_ok=True)
        path = self._directory / "script.sh"
        path.write_text(script)
        result = subprocess.run(
            [*SHELLS[shell][1], str(path)],
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
            cwd=self._directory,
            env={"PATH": f"{self._bin}:/usr/bin:/bin", "RAN": str(ran)},
        )
        return result.returncode if ran.exists() else None
