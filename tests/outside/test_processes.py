from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from covpath.errors import OutsideError
from covpath.outside.processes import last_words, run

ENVIRONMENT = {"PATH": os.environ["PATH"], "SAID": "hello"}


def _python(code: str, directory: Path, *, timeout: float = 30, **options: object) -> bytes:
    argv = [sys.executable, "-c", code]
    return run(argv, directory=directory, environment=ENVIRONMENT, timeout_seconds=timeout, **options).output  # type: ignore[arg-type]


def test_output_is_captured_and_the_environment_is_only_what_was_passed(tmp_path: Path) -> None:
    code = "import os; print(os.environ['SAID'], 'HOME' in os.environ, os.getcwd() == os.path.realpath('.'))"
    assert _python(code, tmp_path).split() == [b"hello", b"False", b"True"]


def test_what_is_given_arrives_and_nothing_given_is_an_end(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.buffer.write(sys.stdin.buffer.read()[::-1])"
    assert _python(code, tmp_path, given=b"\0abc") == b"cba\0"
    assert _python(code, tmp_path) == b""


def test_an_expected_status_is_no_failure(tmp_path: Path) -> None:
    _python("raise SystemExit(1)", tmp_path, expected=(0, 1))


def test_a_failure_is_told_in_the_last_words_of_the_tool(tmp_path: Path) -> None:
    code = "import sys; print('fatal: \\x1b[31mno such thing', file=sys.stderr); sys.exit(3)"
    with pytest.raises(OutsideError, match=r"git log failed with exit status 3: fatal: \?\[31mno such thing\.$"):
        _python(code, tmp_path, called="git log")


def test_a_killed_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"was killed by SIGKILL\.$"):
        _python("import os; os.kill(os.getpid(), 9)", tmp_path)


def test_an_absent_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"no-such-tool is not installed\. Install"):
        run(["no-such-tool"], directory=tmp_path, environment=ENVIRONMENT, timeout_seconds=1)


def test_an_absent_directory_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="cannot be started"):
        _python("pass", tmp_path / "nowhere")


@pytest.mark.parametrize("leader_stays", [True, False])
def test_a_slow_program_is_killed_with_its_children(leader_stays: bool, tmp_path: Path) -> None:
    code = (
        "import os, sys, time\n"
        "child = os.fork()\n"
        "if child: open('child', 'w').write(str(child))\n"
        f"if child and not {leader_stays}: os._exit(0)\n"
        "time.sleep(60)\n"
    )
    started = time.monotonic()
    with pytest.raises(OutsideError, match="was stopped after 700 ms"):
        _python(code, tmp_path, timeout=0.7)
    assert time.monotonic() - started < 10
    child = int((tmp_path / "child").read_text())
    while _runs(child) and time.monotonic() - started < 10:
        time.sleep(0.01)  # a signal is delivered, not awaited
    assert not _runs(child)


def _runs(process: int) -> bool:
    """Whether it runs; one that was killed may stay a zombie where nothing reaps orphans."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def test_last_words_are_short_and_printable() -> None:
    text = b"".join(b"line %d\r\n" % number for number in range(100)) + b"\xff\x07end\n"
    words = last_words(text)
    assert words.endswith("line 99 | \ufffd?end")
    assert words.count("|") == 5
    assert len(last_words(b"x" * 100_000)) == 600
