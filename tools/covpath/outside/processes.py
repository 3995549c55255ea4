"""Other programs: run without a shell, with a time limit, their output captured.

Nothing is inherited by accident: the environment is passed, standard input is empty, no
terminal is at hand to ask for a password, and a program that is stopped takes its
children with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from covpath.errors import OutsideError
from covpath.quantity import show_seconds

_QUOTED_LINES = 6
_QUOTED_CHARACTERS = 600


class Completed(Struct, frozen=True, kw_only=True):
    """A program that ended by itself, with all that it wrote."""

    name: str
    exit_status: int
    output: bytes
    error_output: bytes


def run(
    argv: Sequence[str],
    *,
    directory: Path,
    environment: Mapping[str, str],
    timeout_seconds: float,
    called: str = "",
    given: bytes = b"",
    expected: Collection[int] = (0,),
) -> Completed:
    """Run ``argv`` in ``directory`` with ``given`` as its standard input, until it ends.

    ``called`` is what messages call it (``git push``), where the first word does not tell enough.
    Raises OutsideError where the program is absent, takes longer than ``timeout_seconds``
    (it is killed with its children) or exits with a status that is not ``expected``.
    """
    name = called or argv[0]
    program = shutil.which(argv[0], path=environment.get("PATH"))
    if program is None:
        raise OutsideError(f"{argv[0]} is not installed.", hint=f"Install {argv[0]} or put it on the PATH.")
    try:
        process = subprocess.Popen(
            [os.path.abspath(program), *argv[1:]],  # noqa: PTH100 - resolving links would lose argv[0] dispatch
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise OutsideError(f"{argv[0]} cannot be started: {error}.") from error
    try:
        output, error_output = process.communicate(given, timeout=timeout_seconds)
    except subprocess.TimeoutExpired as error:
        _kill(process)
        raise OutsideError(f"{name} was stopped after {show_seconds(timeout_seconds)}.") from error
    except BaseException:
        _kill(process)
        raise
    done = Completed(name=name, exit_status=process.returncode, output=output, error_output=error_output)
    if done.exit_status not in expected:
        raise failure(done)
    return done


def failure(done: Completed, *, hint: str | None = None) -> OutsideError:
    """The error that tells how a program failed, in its own last words."""
    if done.exit_status < 0:
        how = f"was killed by {signal.Signals(-done.exit_status).name}"
    else:
        how = f"failed with exit status {done.exit_status}"
    words = last_words(done.error_output) or last_words(done.output)
    return OutsideError(f"{done.name} {how}{': ' + words if words else '.'}", hint=hint)


def last_words(output: bytes) -> str:
    """The last lines of a program's output on one line, without control characters."""
    text = output.decode("utf-8", "replace")
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    joined = " | ".join(lines[-_QUOTED_LINES:])[-_QUOTED_CHARACTERS:]
    return "".join(character if character.isprintable() else "?" for character in joined)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the program and its children: on a time limit, on Ctrl-C, on any error of ours."""
    if sys.platform == "win32":
        process.kill()
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # its own session, so its own group
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
