"""A benchmark in a terminal: its progress while it runs, its table at the end. Needs rich."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from covpath.bench.events import Event, Note, Planned, Preparing, TrialBegins, TrialEnded
from covpath.evidence.model import Evidence
from covpath.evidence.trial import Enforcement, Outcome, Role
from covpath.quantity import show_seconds
from covpath.report.bench_facts import PARITY_COLUMNS, limit_rows, memory_lines, parity_rows
from covpath.report.bench_rows import COLUMNS, cheapest_words, remarks, rows
from covpath.terms import Tri

_COLOURS = {Tri.TRUE: "green", Tri.FALSE: "red", Tri.UNKNOWN: "yellow"}


class BenchProgress:
    """A bar for people, one line a trial where nobody watches a terminal.

    >>> with BenchProgress(sys.stderr) as progress:
    ...     run_bench(subject, runners, folder, listen=progress.tell)
    """

    def __init__(self, stream: TextIO) -> None:
        self.console = Console(file=stream, highlight=False, soft_wrap=True)
        self.bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.completed}/{task.total}"),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
            disable=not self.console.is_terminal,
        )
        self.task: TaskID = self.bar.add_task("preparing", total=None)

    def __enter__(self) -> Self:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def tell(self, event: Event) -> None:
        """Show what happens."""
        match event:
            case Preparing(what=what):
                self.bar.update(self.task, description=what)
                self._line(what)
            case Planned(trials=trials, resumed=resumed):
                self.bar.update(self.task, total=max(trials, resumed), completed=resumed)
                if resumed:
                    self.console.print(f"{resumed} trials are on disk from an earlier start.", markup=False)
            case TrialBegins(backend=backend, runner=runner):
                self.bar.update(self.task, description=f"{backend} on {runner or 'this machine, without limits'}")
            case TrialEnded(trial=trial):
                self.bar.advance(self.task)
                where = trial.runner or "this machine, without limits"
                ended = "ok" if trial.outcome is Outcome.OK else f"{trial.outcome}: {trial.reason}"
                if trial.role is Role.REFERENCE and trial.outcome is Outcome.OK:
                    ended = "reference"
                self._line(f"{trial.backend} on {where}: {show_seconds(trial.wall_seconds)}, {ended}")
            case Note(message=message):
                self.console.print(f"note: {message}", markup=False)

    def _line(self, text: str) -> None:
        if not self.console.is_terminal:
            self.console.print(text, markup=False)


def print_table(evidence: Evidence, stream: TextIO) -> None:
    """The table a person understands at once, with the reasons below it."""
    # In a log there is no width to fit; in a terminal too narrow for it the table wraps.
    console = Console(file=stream, highlight=False, width=None if stream.isatty() else 160)
    table = Table(title=f"{evidence.subject.name}: what works where", title_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="right" if column in ("time", "peak memory", "price") else "left")
    found = rows(evidence)
    previous = found[0].values[0] if found else ""
    for row in found:
        if row.values[0] != previous:
            table.add_section()
            previous = row.values[0]
        cells = [Text(value) for value in row.values]
        cells[2].stylize(_COLOURS[row.works])
        if row.predicted:
            cells[6].stylize("italic")
        table.add_row(*cells)
    console.print(table)
    words = cheapest_words(evidence)
    if words is not None:
        console.print(words, markup=False)
    for row in found:
        if row.works is not Tri.TRUE and row.reason:
            console.print(f"{row.values[0]} on {row.values[1]}: {row.reason}", markup=False)
    _print_parity(console, evidence)
    for text in memory_lines(evidence):
        console.print(f"Memory without limits, {text}", markup=False)
    for runner, knob, asked, _set, held, why in limit_rows(evidence):
        if held not in (str(Enforcement.ENFORCED), str(Enforcement.REAL)):
            console.print(f"{runner}: its {knob} of {asked} was {held}{f': {why}' if why else ''}", markup=False)
    for text in remarks(evidence):
        console.print(text, markup=False)


def _print_parity(console: Console, evidence: Evidence) -> None:
    found = parity_rows(evidence)
    if not found:
        return
    table = Table(title=f"Parity with {found[0].first}", title_justify="left")
    for column in PARITY_COLUMNS:
        table.add_column(column)
    for row in found:
        word = Text(row.word)
        word.stylize("" if row.word == "stated" else _COLOURS[row.holds])
        table.add_row(Text(row.second), Text(row.level), word, Text(row.says), end_section=row.level == "headline")
    console.print(table)
