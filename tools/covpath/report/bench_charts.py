"""A benchmark's charts as SVG to stand inside a page; drawn by matplotlib, coloured by the page.

Colours and fonts are the page's: what is drawn in a stand-in colour becomes a CSS variable, so that
one picture serves light and dark screens. Lines differ in dashes as well as in colour.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from covpath.evidence.cells import Cell, cells
from covpath.evidence.model import Evidence
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.trial import Enforcement, Outcome, Role, Trial
from covpath.quantity import show_bytes, show_dollars, show_seconds
from covpath.report.bench_facts import curve_of, references
from covpath.terms import Tri

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_INK, _FAINT, _LIMIT = "#010101", "#020202", "#030303"
_SERIES = tuple(f"#0405{number:02x}" for number in range(6))
_DASHES = ("solid", (0, (5, 1.5)), (0, (1.5, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 2.5)), (0, (9, 2)))
_VARIABLES = {
    _INK: "var(--ink)",
    _FAINT: "var(--faint)",
    _LIMIT: "var(--limit)",
    **{colour: f"var(--series-{number})" for number, colour in enumerate(_SERIES)},
}
_MIB = 2**20
_FAR = 5
"""A ceiling this many times above the curves is told instead of drawn."""


def memory_chart(evidence: Evidence) -> str:
    """Memory over time of every backend, one panel a runner, with the runner's ceiling; empty without samples."""
    runners = [runner for runner in evidence.runners if _curves(evidence, runner)]
    if not runners:
        return ""
    with _settings("memory"):
        return _memory_figure(evidence, runners)


def _memory_figure(evidence: Evidence, runners: Sequence[RunnerProfile]) -> str:
    from matplotlib.figure import Figure

    backends = _backends(evidence)
    lines = -(-len(runners) // 2)
    figure = Figure(figsize=(9.6, 0.5 + 2.7 * lines), layout="constrained")
    panels = figure.subplots(lines, min(2, len(runners)), squeeze=False)
    flat = [panel for line in panels for panel in line]
    for panel, runner in zip(flat, runners, strict=False):
        _memory_panel(panel, evidence, runner, backends)
    for panel in flat[len(runners) :]:
        panel.remove()
    handles = {label: handle for panel in flat[: len(runners)] for handle, label in zip(*_legend(panel), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3, frameon=False, labelcolor=_INK)
    return _svg(figure, "memory", "Memory over time against each runner's ceiling; the tables below have the figures.")


def time_chart(evidence: Evidence) -> str:
    """Time of every cell that may work, with its range and its price; empty where there is none."""
    found = [cell for cell in cells(evidence) if cell.wall_median_seconds is not None and cell.works is not Tri.FALSE]
    if not found:
        return ""
    with _settings("time"):
        return _time_figure(evidence, found)


def _time_figure(evidence: Evidence, found: list[Cell]) -> str:
    from matplotlib.figure import Figure

    backends = _backends(evidence)
    order = [runner.name for runner in evidence.runners]
    found.sort(key=lambda cell: (order.index(cell.runner), backends.index(cell.backend)), reverse=True)
    figure = Figure(figsize=(9.6, 0.9 + 0.34 * len(found)), layout="constrained")
    axes = figure.subplots()
    for at, cell in enumerate(found):
        _time_bar(axes, at, cell, backends)
    axes.set_yticks(range(len(found)), [f"{cell.backend} on {cell.runner}" for cell in found])
    longest = max(cell.wall_max_seconds or cell.wall_median_seconds or 0.0 for cell in found)
    axes.set_xlim(0, longest * 1.45)
    axes.set_xlabel("seconds of the measuring command; hatched: predicted, at most", color=_INK)
    _plain(axes)
    return _svg(figure, "time", "Time and price of every backend on every runner; the table has the same figures.")


def _time_bar(axes: Axes, at: int, cell: Cell, backends: Sequence[str]) -> None:
    median = cell.wall_median_seconds or 0.0
    low, high = cell.wall_min_seconds or median, cell.wall_max_seconds or median
    predicted = cell.enforcement is Enforcement.PREDICTED
    colour = _SERIES[backends.index(cell.backend) % len(_SERIES)]
    axes.barh(
        at,
        median,
        color="none" if predicted else colour,
        edgecolor=colour,
        hatch="////" if predicted else None,
        height=0.62,
    )
    if high > low:
        axes.errorbar(median, at, xerr=[[median - low], [high - median]], color=_INK, capsize=3)
    price = f", {show_dollars(cell.price_dollars)}" if cell.price_dollars is not None else ""
    axes.annotate(
        f"{'at most ' if predicted else ''}{show_seconds(median)}{price}",
        (high, at),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=_INK,
    )


def _memory_panel(axes: Axes, evidence: Evidence, runner: RunnerProfile, backends: Sequence[str]) -> None:
    top, end = 0.0, 0.0
    for trial, measured in _curves(evidence, runner):
        points = curve_of(trial)
        heights = [size / _MIB for _, size in points]
        number = backends.index(trial.backend) % len(_SERIES)
        axes.plot(
            [seconds for seconds, _ in points],
            heights,
            color=_SERIES[number],
            linestyle=_DASHES[number],
            linewidth=1.8,
            alpha=1.0 if measured else 0.75,
            label=trial.backend,
        )
        if trial.outcome is Outcome.OOM:
            where = (points[-1][0], heights[-1])
            axes.plot(*where, marker="X", color=_LIMIT, markersize=9, linestyle="none", label="killed: out of memory")
        top, end = max(top, *heights), max(end, points[-1][0])
    ceiling = runner.usable_memory_bytes / _MIB
    seen = "" if any(measured for _, measured in _curves(evidence, runner)) else " (runs without limits)"
    if ceiling <= _FAR * top:
        axes.axhline(ceiling, color=_LIMIT, linewidth=2.2)
        label = f"ceiling {show_bytes(runner.usable_memory_bytes)}"
        axes.annotate(label, (end, ceiling), ha="right", va="bottom", color=_LIMIT)
        top = max(top, ceiling)
        title = f"{runner.name}{seen}"
    else:
        title = f"{runner.name}{seen}: ceiling {show_bytes(runner.usable_memory_bytes)}, far above"
    axes.set_title(title, loc="left", fontsize=10.5, color=_INK)
    axes.set_ylim(0, top * 1.18 or 1)
    axes.set_xlim(0, end * 1.02 or 1)
    axes.set_xlabel("seconds", color=_INK)
    axes.set_ylabel("MiB", color=_INK)
    _plain(axes)


def _curves(evidence: Evidence, runner: RunnerProfile) -> list[tuple[Trial, bool]]:
    """The last trial of each backend on the runner; where none ran, its run without limits."""
    found: dict[str, tuple[Trial, bool]] = {trial.backend: (trial, False) for trial in references(evidence)}
    for trial in evidence.trials:
        if trial.role is Role.CELL and trial.runner == runner.name:
            found[trial.backend] = (trial, True)
    measured = any(is_measured for _, is_measured in found.values())
    return [pair for pair in found.values() if len(curve_of(pair[0])) > 1 and (pair[1] or not measured)]


def _backends(evidence: Evidence) -> list[str]:
    named = [*(trial.backend for trial in evidence.trials), *(one.backend for one in evidence.predictions)]
    return list(dict.fromkeys(named))


def _legend(axes: Axes) -> tuple[list[Any], list[str]]:
    handles, labels = axes.get_legend_handles_labels()
    return list(handles), [str(label) for label in labels]


def _plain(axes: Axes) -> None:
    axes.set_facecolor("none")
    axes.grid(color=_FAINT, linewidth=0.7)
    axes.set_axisbelow(True)
    axes.tick_params(colors=_INK, labelsize=9.5, length=0)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(_FAINT)


@contextmanager
def _settings(name: str) -> Iterator[None]:
    """Text stays text, a dollar sign is a dollar sign, and the same figures give the same picture."""
    import matplotlib as mpl

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": name,
        "font.size": 9.5,
        "hatch.linewidth": 0.8,
        "text.parse_math": False,
    }
    with mpl.rc_context(settings):
        yield


def _svg(figure: Figure, name: str, told: str) -> str:
    """The figure as an element for a page, with what it shows in words."""
    picture = io.StringIO()
    figure.patch.set_alpha(0)
    figure.savefig(picture, format="svg", metadata={"Date": None})
    text = picture.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Sizes stay as they were drawn; only the family is the page's.
    text = re.sub(r"font: ([\d.]+px) [^;\"]*", r"font-size: \1; font-family: var(--font)", text)
    text = re.sub(r"font-family: [^;\"]*'[^;\"]*", "font-family: var(--font)", text)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, variable)
    identifiers = re.sub(r'(id="|url\(#|xlink:href="#)', rf"\g<1>{name}-", text)
    return re.sub(
        r"<svg [^>]*?(viewBox=\"[^\"]*\")[^>]*>",
        rf'<svg xmlns:xlink="http://www.w3.org/1999/xlink" \1 role="img" aria-label="{told}">',
        identifiers,
        count=1,
    )
