from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from covpath.errors import ExitCode

AT_THE_END = "import atexit, sys; atexit.register(print, 'done at the end'); sys.argv[1:] = {}\n"
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
START = "from covpath.__main__ import start; code = start(); print('back'); sys.exit(code)\n"


def run(code: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, check=False, env=BUFFERED
    )


@pytest.mark.parametrize(("words", "code"), [(["--version"], 0), (["status", "--repo", "nowhere-at-all"], 2)])
def test_the_process_ends_with_its_code_and_with_what_was_asked_for_at_the_end(words: list[str], code: int) -> None:
    done = run(AT_THE_END.format(words) + START)
    assert done.returncode == code, done.stderr
    assert done.stdout.endswith("done at the end\n")
    assert "back" not in done.stdout
    assert bool(done.stderr) == bool(code)


@pytest.mark.parametrize("watch", ["sys.settrace(lambda *_: None)", "sys.setprofile(lambda *_: None)"])
def test_who_watches_the_program_gets_it_back(watch: str) -> None:
    done = run(AT_THE_END.format(["--version"]) + watch + "\n" + START)
    assert "back\n" in done.stdout


def test_coverage_of_the_command_line_is_saved(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "coverage", "run", "--data-file", str(tmp_path / "data"), "-m", "covpath"]
    subprocess.run([*command, "--version"], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "data").stat().st_size


def test_all_that_was_written_arrives(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "covpath", "explain", "--help"]
    done = subprocess.run(command, capture_output=True, check=True, env=BUFFERED)
    with (tmp_path / "out").open("wb") as file:
        subprocess.run(command, stdout=file, check=True, env=BUFFERED)
    assert (tmp_path / "out").read_bytes() == done.stdout
    assert done.stdout


def test_a_reader_that_goes_away_is_no_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "covpath", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=BUFFERED
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait() == 0


def run_in(folder: Path, *words: str, **streams: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "covpath", *words], cwd=folder, check=False, env=BUFFERED, **streams)  # type: ignore[call-overload, no-any-return]


def test_nothing_is_imported_from_the_folder_one_stands_in(tmp_path: Path) -> None:
    for name in ("ruamel", "jsonschema", "msgspec", "yaml", "filelock", "textwrap"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the repository was run')\n")
    done = run_in(tmp_path, "audit", capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", [("--help",), ("explain",), ("audit",)])
def test_a_full_disk_is_told_and_is_no_bug(tmp_path: Path, words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = run_in(tmp_path, *words, stdout=full, stderr=subprocess.PIPE)
    assert done.stderr == b"covpath: No space left on device. What was not finished is not written.\n"
    assert done.returncode == 2


def test_a_closed_output_is_no_bug(tmp_path: Path) -> None:
    command = f"'{sys.executable}' -m covpath audit >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=False, env=BUFFERED).returncode == 0


@pytest.mark.parametrize(("before", "after"), [("", False), ("import typing_extensions\n", True)])
def test_what_msgspec_can_do_without_is_not_loaded_and_can_be_loaded_later(before: str, after: bool) -> None:
    shown = """
def shown():
    print('typing_extensions' in sys.modules, 'msgspec' in sys.modules)
    import typing_extensions
    print('loaded')
"""
    done = run(f"{before}import atexit, sys\n{shown}atexit.register(shown)\nsys.argv[1:] = ['--version']\n{START}")
    assert done.stdout.splitlines()[-2:] == [f"{after} True", "loaded"]


@pytest.mark.parametrize("words", ["audit", "status", "exceptions check"])
def test_a_folder_that_is_gone_is_told(tmp_path: Path, words: str) -> None:
    (tmp_path / "gone").mkdir()
    command = f"cd gone && rmdir ../gone && '{sys.executable}' -m covpath {words}"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, check=False, env=BUFFERED, capture_output=True)
    assert (done.returncode, done.stderr) == (2, b"covpath: the folder you stand in is gone. Go to another.\n")


def test_who_interrupts_it_while_it_is_loaded_gets_no_traceback() -> None:
    stop = """import sys
class Stop:
    def find_spec(name, *_):
        if name == "covpath.cli":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Stop)
"""
    done = run(stop + START)
    assert done.stderr == "covpath: interrupted before anything was done.\n"
    assert done.returncode == ExitCode.INTERRUPTED
