"""A benchmark as one page that needs no network and no script. Needs the ``report`` extra."""

from __future__ import annotations

from importlib.resources import files

from covpath.evidence.model import Evidence
from covpath.evidence.trial import Role
from covpath.report.bench_facts import LIMIT_COLUMNS, PARITY_COLUMNS, limit_rows, machine_words, parity_rows
from covpath.report.bench_map import feasibility
from covpath.report.bench_rows import COLUMNS, cheapest_words, remarks, rows
from covpath.terms import Tri

_TONES = {Tri.TRUE: "good", Tri.FALSE: "bad", Tri.UNKNOWN: "open"}


def render_page(evidence: Evidence) -> str:
    """The page. Raises ImportError where Jinja2 or matplotlib is absent."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from covpath.report.bench_charts import memory_chart, time_chart

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = files("covpath").joinpath("data", "templates", "bench.html.j2").read_text("utf-8")
    return environment.from_string(template).render(
        evidence=evidence,
        lead=_lead(evidence),
        cheapest=cheapest_words(evidence),
        map=feasibility(evidence),
        rows=rows(evidence),
        columns=COLUMNS,
        tones=_TONES,
        # Drawn here from figures and escaped names: markup, not text.
        memory_chart=Markup(memory_chart(evidence)),  # noqa: S704
        time_chart=Markup(time_chart(evidence)),  # noqa: S704
        parity=parity_rows(evidence),
        parity_columns=PARITY_COLUMNS,
        limits=limit_rows(evidence),
        limit_columns=LIMIT_COLUMNS,
        remarks=tuple(remarks(evidence)),
        failed=[trial for trial in evidence.trials if trial.log_tail and trial.role is not Role.GIVEN_UP],
    )


def _lead(evidence: Evidence) -> str:
    parts = [f"Made {evidence.created}"]
    if evidence.subject.commit:
        parts.append(f"commit {evidence.subject.commit[:12]}")
    machines = machine_words(evidence)
    if machines is not None:
        parts.append(f"on {machines}")
    return ", ".join(parts) + "."
