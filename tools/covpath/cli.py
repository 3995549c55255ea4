"""Arguments in, one call per verb; the only place that catches and the only exit."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any, TextIO

from covpath.errors import CovpathError, ExitCode, ProofFailed, Refusal

_STATUS: dict[str, Any] = {
    **dict.fromkeys(("job", "base", "required", "fetch_required", "repo")),
    "version": False,
    "verb": "status",
    "all": False,
    "remote": "origin",
    "others": [],
    "format": "text",
}
COMMON: dict[tuple[str, ...], dict[str, Any]] = {
    ("status",): _STATUS,
    ("status", "--all"): {**_STATUS, "all": True},
}
"""What the words written most mean; a test holds it against the parser."""

_OF_THE_MACHINE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE}
"""What goes wrong with a disk or a process, whatever the program that meets it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; the process's exit code."""
    try:
        if sys.stdout is None or sys.stderr is None:  # closed by whoever started us
            _open_what_is_closed()
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a job's name may hold what the terminal's encoding cannot
                stream.reconfigure(encoding="utf-8", errors="replace")
        try:
            code = int(_dispatch(sys.argv[1:] if argv is None else argv, sys.stdout))
        except SystemExit as error:  # argparse: 0 after --help, 2 for wrong usage
            code = error.code if isinstance(error.code, int) else int(ExitCode.USAGE)
        sys.stdout.flush()
        return code
    except CovpathError as error:
        print(_paragraph(error), file=sys.stderr)
        return int(error.exit_code)
    except KeyboardInterrupt:
        print("covpath: interrupted; what was finished is kept.", file=sys.stderr)
        return int(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _write_no_more()  # the reader (`| head`) has seen enough
        return int(ExitCode.DONE)
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            _write_no_more()
            what = f"{error.filename}: " if error.filename else ""
            print(f"covpath: {what}{error.strerror}. What was not finished is not written.", file=sys.stderr)
            return int(ExitCode.USAGE)
        if isinstance(error, FileNotFoundError) and _is_nowhere():
            print("covpath: the folder you stand in is gone. Go to another.", file=sys.stderr)
            return int(ExitCode.USAGE)
        import traceback

        print("covpath: this is a bug of covpath; please report it with these lines.", file=sys.stderr)
        print(traceback.format_exc(), end="", file=sys.stderr)
        return int(ExitCode.BUG)


def _open_what_is_closed() -> None:
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


def _is_nowhere() -> bool:
    """Whether the folder one stands in is gone."""
    try:
        os.getcwd()  # noqa: PTH109 - asked of the system, not of a path
    except FileNotFoundError:
        return True
    return False


def _write_no_more() -> None:
    """Keep the interpreter from complaining at exit about what nobody can take."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _dispatch(words: Sequence[str], screen: TextIO) -> ExitCode:
    with _nothing_collected():
        arguments = _arguments(words)
        verb = arguments.pop("verb")
        if arguments.pop("version"):
            from importlib.metadata import version

            screen.write(f"covpath {version('covpath')}\n")
            return ExitCode.DONE
        if verb is None:
            from covpath.arguments import build_parser

            build_parser().print_help(screen)
            return ExitCode.USAGE
        # A verb's module is imported only when it is called: `status` must not wait for charts.
        command = import_module(f"covpath.commands.{verb}")
        gc.freeze()
    try:
        result = command.run(**arguments, screen=screen)
    finally:
        gc.unfreeze()
    assert isinstance(result, ExitCode)
    return result


def _arguments(words: Sequence[str]) -> dict[str, Any]:
    common = COMMON.get(tuple(words))
    if common is not None:
        return dict(common)
    # Imported here: the parser alone takes as long as judging a small repository.
    from covpath.arguments import build_parser

    return vars(build_parser(words[0] if words else None).parse_args(words))


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Without the search for what refers to itself: what modules make when they are loaded stays."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _paragraph(error: CovpathError) -> str:
    """The error as people read it: what, where, and what to do next."""
    text = f"covpath: {error}"
    if isinstance(error, Refusal):
        text = f"covpath: refused: {error}"
        if error.accept:
            text += f" To accept it, add {' '.join(f'--accept {name}' for name in error.accept)}."
    if isinstance(error, ProofFailed):
        text += " Nothing was written. This is a bug of covpath; please report it."
    return text
