"""``covpath audit DIR...``: many checkouts, one line each, the worst first; a bad one never stops the rest."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TextIO

from covpath.audits.finding import Severity
from covpath.commands.audited import Asked, look_at
from covpath.commands.auditing import judge_alone
from covpath.commands.state import WorkingTree
from covpath.errors import CovpathError, ExitCode, InputError, Place, UsageError
from covpath.outside.files import names_in, read_bytes
from covpath.outside.git import WORKFLOWS, Repository
from covpath.outside.workers import processors
from covpath.report.audit_many import Line, render, to_json
from covpath.report.audit_text import one_line


def audit_many(
    directories: list[Path],
    file: Path | None,
    asked: Asked,
    *,
    strict: bool,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
) -> ExitCode:
    """One line a checkout; FINDINGS where one fails, USAGE where one could not be read."""
    if format not in ("text", "json"):
        raise UsageError(f"many repositories are told as text or json, not as {format}.")
    roots = tuple(_checkouts([*directories, *(_listed(file) if file is not None else ())]))
    if not roots:
        raise UsageError(
            "there is no checkout.", hint="Name directories with .git or .github/workflows, or their parent."
        )
    lines = sorted(_audited(roots, asked, strict), key=lambda line: line.rank)
    screen.write(
        json.dumps(to_json(lines, asked.today), indent=2) + "\n" if format == "json" else render(lines, asked.today)
    )
    if any(line.error for line in lines):
        return ExitCode.USAGE
    return ExitCode.FINDINGS if any(line.fails for line in lines) else ExitCode.DONE


def _listed(file: Path) -> Iterator[Path]:
    """The directories a file lists, one a line; empty lines and comments are none."""
    for line in read_bytes(file).decode("utf-8", "surrogateescape").splitlines():
        if line.strip() and not line.startswith("#"):
            yield file.parent / line.strip()


def _checkouts(directories: Iterable[Path]) -> Iterator[Path]:
    """Each directory that is a checkout, and of any other those below it that are."""
    for directory in directories:
        if not directory.is_dir() or _is_checkout(directory):
            yield directory
        else:
            below = (directory / name for name in names_in(directory))
            yield from sorted(path for path in below if path.is_dir() and _is_checkout(path))


def _is_checkout(directory: Path) -> bool:
    return (directory / ".git").exists() or (directory / WORKFLOWS).is_dir()


def _audited(roots: tuple[Path, ...], asked: Asked, strict: bool) -> Iterator[Line]:
    """Every checkout's line, in the order given, from several processes."""
    work = partial(audit_one, asked=asked, strict=strict)
    yield from _told(_in_processes(roots, work, min(processors(), len(roots))), len(roots))


def _in_processes(roots: tuple[Path, ...], work: Callable[[Path], Line], processes: int) -> Iterator[Line]:
    """A checkout that nothing can be told of is told as such, and the rest goes on.

    Where a process dies, or meets a bug, all that it was to read fail with it; each of them then gets one of its own.
    """
    together = max(1, min(_TOGETHER, len(roots) // (4 * processes)))
    with ProcessPoolExecutor(processes, initializer=_begin) as pool:
        parts = [roots[start : start + together] for start in range(0, len(roots), together)]
        for part, future in [(part, pool.submit(_each, work, part)) for part in parts]:
            if future.exception() is not None:
                yield from (_alone(work, root) for root in part)
            else:
                yield from future.result()


_TOGETHER = 16
"""Checkouts handed to a process at once: handing over one takes longer than reading a small one."""


def _each(work: Callable[[Path], Line], roots: tuple[Path, ...]) -> list[Line]:
    return [work(root) for root in roots]


def _alone(work: Callable[[Path], Line], root: Path) -> Line:
    """The line of a checkout read by a process of its own, which it may take down."""
    with ProcessPoolExecutor(1, initializer=_begin) as pool:
        future = pool.submit(work, root)
        bug = future.exception()
    if bug is None:
        return future.result()
    if isinstance(bug, BrokenProcessPool):
        return Line(root=str(root), error="the process that read it died")
    return Line(root=str(root), error=f"a bug of covpath: {type(bug).__name__}: {bug}")


_PILED_UP = 300_000
"""Objects made and not given up since the last search for cycles; some 30 MB. Most are remembered, few refer to
themselves."""


def _begin() -> None:
    """A process that reads many small trees and drops each: looking for cycles often finds none."""
    gc.freeze()
    gc.set_threshold(_PILED_UP, 20, 20)


def _told(lines: Iterable[Line], number: int) -> Iterator[Line]:
    """The lines, with the progress on standard error where people watch it."""
    watched = sys.stderr.isatty()
    for done, line in enumerate(lines, 1):
        if watched and (done % 10 == 0 or done == number):
            sys.stderr.write(f"\r{done} of {number} repositories{chr(10) if done == number else ''}")
            sys.stderr.flush()
        yield line


def audit_one(root: Path, *, asked: Asked, strict: bool) -> Line:
    """The line of one checkout; what cannot be read of it is told there."""
    try:
        return _line(root, asked, strict)
    except CovpathError as error:
        return Line(root=str(root), error=str(error))


def _line(root: Path, asked: Asked, strict: bool) -> Line:
    if not root.is_dir():
        raise InputError("there is no such directory.", place=Place(str(root)))
    repository = Repository(root=root.resolve(), has_git=(root / ".git").exists())
    # Somebody's checkout is only read: no interrupted write is finished in it.
    report = judge_alone(look_at(repository, WorkingTree(root=repository.root), asked), asked, strict=strict)
    worst = report.judged[0].finding if report.judged else None
    return Line(
        root=str(root),
        jobs=report.jobs,
        entries=report.entries,
        errors=report.count(Severity.ERROR),
        warnings=report.count(Severity.WARNING),
        notes=report.count(Severity.NOTE),
        fails=report.fails,
        worst="" if worst is None or worst.severity is Severity.NOTE else one_line(report.judged[0]),
        error=str(report.unreadable[0]) if report.unreadable else "",
    )
