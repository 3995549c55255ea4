from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import Any

import pytest
from msgspec.structs import replace

from covpath.evidence.model import Choice, Evidence, Prediction, Sighting
from covpath.evidence.parity import Finding, Level, Parity, Share
from covpath.evidence.trial import (
    CacheState,
    Enforcement,
    Knob,
    Limit,
    MemorySeries,
    MemoryUse,
    Outcome,
    PeakBasis,
    Role,
)
from covpath.report.bench_charts import memory_chart, time_chart
from covpath.report.bench_facts import limit_rows, memory_lines, parity_rows, sparkline
from covpath.report.bench_html import render_page
from covpath.report.bench_map import feasibility
from covpath.report.bench_markdown import render
from covpath.report.bench_screen import print_table
from covpath.terms import EvidenceKind, Tri
from evidence_samples import MIB, RUNNER, SUBJECT, evidence, trial

MUST_NOT_SAY = re.compile(
    r"coverage (?:is |was |stayed |remains )?(?:unchanged|the same|equal|identical)|unchanged coverage"
    r"|coverage (?:dropped|fell|rose|improved|decreased|increased)|\bfaster\b|\bslower\b"
    r"|(?:less|more) memory|same coverage",
    re.IGNORECASE,
)


def memory(*sizes: int, peak: int = 60 * MIB) -> MemoryUse:
    zeros = (0,) * len(sizes)
    series = MemorySeries(
        seconds=tuple(number / 10 for number in range(len(sizes))),
        anonymous_bytes=tuple(size * MIB for size in sizes),
        shared_bytes=zeros,
        file_bytes=zeros,
        kernel_bytes=zeros,
        swap_bytes=zeros,
    )
    return MemoryUse(peak_bytes=peak, peak_basis=PeakBasis.HIGH_WATER_MARK, oom_kills=0, series=series)


def whole(**changes: Any) -> Evidence:
    """Two backends on two runners: works, out of memory, predicted."""
    grown = memory(10, 30, 50, 20)
    swapless = Limit(
        knob=Knob.SWAP,
        asked=3 * 2**30,
        read_back=0,
        state=Enforcement.NOT_ENFORCED,
        means="cgroup-v1",
        reason="no swap",
    )
    killed = {"outcome": Outcome.OOM, "reason": "the kernel killed a process", "log_tail": "Killed <b>here</b>"}
    trials = (
        trial(role=Role.REFERENCE, runner=None, memory=grown, limits=()),
        trial(role=Role.REFERENCE, runner=None, memory=grown, limits=(), backend="slipcover", cell="c2"),
        trial(memory=grown),
        trial(memory=grown, wall_seconds=70.0, number=1, limits=(swapless,)),
        trial(memory=memory(10, 60), backend="slipcover", cell="c3", **killed),
    )
    predicted = [
        Prediction(
            backend=name,
            runner="large",
            cache=CacheState.WARM,
            works=Tri.TRUE,
            outcome=None,
            wall_seconds=61.0,
            peak_bytes=60 * MIB,
            reason="needs at most 60.0 MiB (not run: this machine is smaller)",
        )
        for name in ("pytest-cov", "slipcover")
    ]
    finding = Finding(level=Level.LINES, holds=Tri.FALSE, says="90.0 % agree; 1 do not", details=("only a: x.py 3",))
    headline = Finding(level=Level.HEADLINE, holds=Tri.UNKNOWN, says="75.0 % of 4 lines, 60.0 % of 5 lines")
    parity = Parity(
        first="pytest-cov",
        second="slipcover",
        findings=(finding, headline),
        first_share=Share(covered=3, coverable=4),
        second_share=Share(covered=3, coverable=5),
    )
    large = replace(RUNNER, name="large", memory_bytes=2**34, price_per_minute_dollars=0.0)
    made = evidence(*trials, predictions=tuple(predicted), parities=(parity,), runners=(RUNNER, large))
    return replace(made, **changes)


def screen(found: Evidence) -> str:
    stream = io.StringIO()
    print_table(found, stream)
    return stream.getvalue()


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_needs_nothing_but_itself() -> None:
    text = render_page(whole())
    page = Page(text)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    assert "@import" not in text
    assert all(target.startswith("#") for target in re.findall(r"url\((.*?)\)", text))


def test_every_picture_says_in_words_what_it_shows_and_names_clash_nowhere() -> None:
    page = Page(render_page(whole()))
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(pictures) == 2
    assert all(one.get("role") == "img" and one.get("aria-label") for one in pictures)
    names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(names) == len(set(names))


def test_colour_never_speaks_alone() -> None:
    page = Page(render_page(whole()))
    for word in ("works", "does not work: out of memory", "predicted", "not-enforced", "no swap"):
        assert word in page.text


def test_names_are_text_in_tables_and_pictures() -> None:
    evil = '<script>alert("$1 $2")</script> & x'
    found = whole(subject=replace(SUBJECT, name=evil))
    found = replace(found, trials=tuple(replace(one, backend=evil) for one in found.trials), predictions=())
    text = render_page(found)
    assert "<script" not in text
    assert Page(text).text.count('alert("$1 $2")') >= 5


def test_pictures_are_well_formed_and_coloured_by_the_page() -> None:
    for picture in (memory_chart(whole()), time_chart(whole())):
        ET.fromstring(picture)
        assert "var(--series-0)" in picture
        assert not re.search(r"#0[0-9]0", picture), "a stand-in colour is left"
    assert "ceiling 64.0 MiB" in memory_chart(whole())
    assert "large (runs without limits): ceiling 16.0 GiB, far above" in memory_chart(whole())
    assert "killed: out of memory" in memory_chart(whole())
    assert "at most 1 min 01 s, free" in time_chart(whole())


def test_the_same_evidence_gives_the_same_page() -> None:
    assert render_page(whole()) == render_page(whole())


def test_nothing_measured_is_a_page_too() -> None:
    bare = evidence()
    assert (memory_chart(bare), time_chart(bare)) == ("", "")
    assert "What works where" in render_page(bare)
    assert "Coverage benchmark" in render(bare)


def test_the_map_has_a_square_for_every_backend_on_every_runner() -> None:
    found = feasibility(whole())
    assert found.runners == ("small", "large")
    squares = {backend: [one.word if one else None for one in line] for backend, line in found.backends}
    assert squares == {"pytest-cov": ["works", "works"], "slipcover": ["does not work: out of memory", "works"]}
    assert [one.predicted for _, line in found.backends for one in line if one] == [False, True, False, True]


def test_a_limit_is_shown_as_its_weakest_trial_held_it() -> None:
    assert limit_rows(whole()) == (
        ("small", "memory", "64.0 MiB", "64.0 MiB", "enforced", ""),
        ("small", "swap", "3.00 GiB", "0 B", "not-enforced", "no swap"),
    )


def test_parity_of_the_headline_is_stated_and_nothing_else() -> None:
    assert [(row.level, row.word) for row in parity_rows(whole())] == [("lines", "no"), ("headline", "stated")]


@pytest.mark.parametrize("show", [render, screen, lambda found: Page(render_page(found)).text])
def test_all_three_ways_say_the_same_and_nothing_they_must_not(show: Any) -> None:
    text = show(whole())
    plain = re.sub(r"[\\\s│]+", " ", text)
    for said in (
        "does not work: out of memory",
        "1 min 06 s",
        "slipcover",
        "90.0 % agree; 1 do not",
        "75.0 % of 4 lines, 60.0 % of 5 lines",
        "no swap",
    ):
        assert said in plain, said
    assert not MUST_NOT_SAY.search(text)


def test_memory_over_time_in_one_line() -> None:
    assert sparkline([]) == ""
    assert sparkline([0, 1, 2, 4]) == "▁▂▄▇"
    assert len(sparkline(list(range(1000)))) <= 24
    assert next(memory_lines(whole())).startswith("pytest-cov: ▂▅█▄ peak 60.0 MiB (93.8 % of small")


@pytest.mark.parametrize(
    "text", ["Coverage is unchanged.", "coverage dropped by 2", "this one is faster", "uses less memory"]
)
def test_what_must_not_be_said_is_found(text: str) -> None:
    assert MUST_NOT_SAY.search(text)


def test_the_cheapest_is_named_everywhere_with_what_was_refuted_and_what_is_only_foreseen() -> None:
    choice = Choice(
        backend="pytest-cov",
        runner="small",
        cache=CacheState.WARM,
        confirmed=True,
        refuted="tiny",
        refuted_outcome=Outcome.OOM,
    )
    words = (
        "The cheapest that works: pytest-cov on small (2 of 2 runs good); "
        "the next smaller, tiny, was run and fails: out of memory. "
        "Predicted to work for less, and not run: pytest-cov on large, slipcover on large."
    )
    found = whole(cheapest=choice)
    assert words in render(found)
    assert words in " ".join(screen(found).split())
    assert words in Page(render_page(found)).text
    tied = whole(cheapest=replace(choice, as_cheap=("slipcover", "coverage.py")))
    assert "out of memory. For the same price there: slipcover (" in render(tied)
    assert re.search(
        r"slipcover \(.*?; \d+ % of the processor time without limits\), coverage.py \(predicted\)", render(tied)
    )
    unsure = whole(cheapest=replace(choice, confirmed=False, refuted=None, refuted_outcome=None))
    assert "(2 of 2 runs good; not confirmed). Predicted" in render(unsure)
    assert "The cheapest" not in render(whole())


@pytest.mark.parametrize("show", [render, render_page, screen], ids=["markdown", "page", "screen"])
def test_what_left_no_record_and_what_was_wrong_is_told_everywhere(show: Any) -> None:
    lost = Sighting(
        kind=EvidenceKind.OBSERVED,
        statement="c8 on big left no record: the runner was lost",
        date="2026-11-25",
        by="GitHub Actions run 7",
        url="https://code.example.org/7",
        backend="c8",
        runner="big",
    )
    first, second = trial(), trial()
    noisy = [
        replace(one, warnings=(f"other programs used {seconds} of processor time meanwhile",))
        for one, seconds in ((first, "573 ms"), (second, "1.2 s"))
    ]
    elsewhere = replace(noisy[1], machine=replace(noisy[1].machine, cpu_model="Another"))
    text = " ".join(show(replace(evidence(), trials=(noisy[0], elsewhere), sightings=(lost,))).split())
    assert "observed by GitHub Actions run 7: c8 on big left no record: the runner was lost" in text
    assert "other programs used 573 ms of processor time meanwhile, and in 1 more of 2 runs" in text
    assert "1.2 s of processor" not in text
    assert show is not render or ("Another" in text and noisy[0].machine.cpu_model in text)


def test_what_was_started_and_left_no_record_has_a_square() -> None:
    base = Sighting(kind=EvidenceKind.OBSERVED, statement="it left no record", date=None, by="run 1", url=None)
    seen = (
        replace(base, backend="pytest-cov", runner="elsewhere"),
        replace(base, backend="slipcover", runner="large", outcome=Outcome.OOM),  # which is predicted to work
        replace(base, backend="pytest-cov", runner="small", outcome=Outcome.TIMEOUT),  # which was measured
        base,
    )
    found = feasibility(whole(sightings=seen))
    assert found.runners == ("small", "large", "elsewhere")
    squares = {
        (backend, runner): one
        for backend, row in found.backends
        for runner, one in zip(found.runners, row, strict=True)
    }
    lost = squares["pytest-cov", "elsewhere"]
    assert lost is not None
    assert (lost.works, lost.word, lost.below, lost.reason) == (
        Tri.UNKNOWN,
        "lost: no record",
        "observed",
        "it left no record",
    )
    killed = squares["slipcover", "large"]
    assert killed is not None
    assert (killed.works, killed.word, killed.predicted) == (Tri.FALSE, "lost: out of memory", False)
    measured = squares["pytest-cov", "small"]
    assert measured is not None
    assert "lost" not in measured.word
    assert squares["slipcover", "elsewhere"] is None
    assert "lost: out of memory" in Page(render_page(whole(sightings=seen))).text


@pytest.mark.parametrize("show", [screen, render, lambda found: Page(render_page(found)).text])
def test_a_run_that_was_given_up_is_told_and_is_no_measurement(show: Any) -> None:
    plain = whole()
    limit = Limit(knob=Knob.TIME, asked=12.0, read_back=12.0, state=Enforcement.ENFORCED, means="ours")
    record = trial(
        role=Role.GIVEN_UP,
        runner="large",
        outcome=Outcome.TIMEOUT,
        reason="given up after 12.0 s: the choice did not need it",
        limits=(limit,),
        warnings=("something odd",),
        log_tail="the end of it",
        memory=memory(10, 20),
    )
    found = replace(plain, trials=(*plain.trials, record))
    text = " ".join(show(found).split())
    assert "pytest-cov on large: given up after 12.0 s: the choice did not need it. It counts as no measurement" in text
    assert "something odd" not in text
    assert "the end of it" not in text
    assert limit_rows(found) == limit_rows(plain)
    assert feasibility(found) == feasibility(plain)
    assert memory_chart(found) == memory_chart(plain)


@pytest.mark.parametrize("show", [screen, render, lambda found: Page(render_page(found)).text])
def test_what_would_make_a_cell_certain_is_told_with_its_price(show: Any) -> None:
    plain = whole()
    doubtful = [replace(one, works=Tri.UNKNOWN, outcome=None) for one in plain.predictions]
    text = " ".join(show(replace(plain, predictions=(replace(doubtful[0], open=True), doubtful[1]))).split())
    assert (
        "1 cell is not certain, and at most as many runs here would tell, about 1 min 01 s in all, "
        "longer where memory is scarce: covpath bench --job ci.yml:coverage --certain"
    ) in text
    assert "1 cell is not certain and cannot be run here: covpath bench --on-github JOB runs on the runner" in text
    assert "2 cells are" not in text
    torn = replace(plain, trials=(*plain.trials, trial(outcome=Outcome.TEST_FAIL, number=2)))
    assert "1 cell is not certain after runs: they disagree" in " ".join(show(torn).split())
    assert "would tell" not in show(plain)
