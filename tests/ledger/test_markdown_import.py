from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from covpath.ledger.beginning import begin
from covpath.ledger.editing import add
from covpath.ledger.job_matching import NamedJob
from covpath.ledger.markdown_import import Imported, ImportedPage, import_markdown
from covpath.ledger.model import JobName
from covpath.ledger.reading import parse
from covpath.terms import Decision, EvidenceKind, JobId, JobRef
from covpath.yamltext.nodes import to_plain
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source, decode
from shared_data import shared_path

CASES = sorted((Path(__file__).resolve().parents[1] / "cases" / "ledger" / "import").iterdir())
PATH = "ci/ci-exceptions.yaml"


def named(workflow: str, job: str, name: str | None) -> NamedJob:
    return NamedJob(ref=JobRef(f".github/workflows/{workflow}", JobId(job)), name=name)


def imported(case: Path) -> ImportedPage:
    jobs = [named(*job) for job in json.loads((case / "jobs.json").read_text(encoding="utf-8"))]
    return import_markdown((case / "page.md").read_bytes().decode(), "docs/registry.md", jobs)


def written(page: ImportedPage) -> str:
    """The exceptions file that the page becomes; a job that is not certain is called so."""
    drafts = [
        replace(entry.draft, jobs=entry.draft.jobs or (JobName(f"not-certain-{number}.yml", JobId("job")),))
        for number, entry in enumerate(page.entries)
    ]
    return add(begin(PATH, preamble=page.preamble), *drafts).source.text


def remarks(page: ImportedPage) -> str:
    told = [f"{remark}\n" for remark in page.remarks]
    return "".join(
        [*told, *(f"{entry.place} {entry.title}: {each}\n" for entry in page.entries for each in entry.remarks)]
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_page_becomes_this_file(case: Path) -> None:
    page = imported(case)
    assert written(page) == (case / "file.yaml").read_text(encoding="utf-8")
    assert remarks(page) == (case / "remarks.txt").read_text(encoding="utf-8")


def icn() -> tuple[str, Imported, str]:
    text = shared_path("cases/icn/ci-exceptions.md").read_text(encoding="utf-8")
    workflow = read(decode("ci.yml", shared_path("cases/icn/ci.yml").read_bytes())).root
    assert workflow is not None
    jobs: Any = to_plain(workflow)
    known = [named("ci.yml", job, body.get("name")) for job, body in jobs["jobs"].items()]
    page = import_markdown(text, "ops/state/ci-exceptions.md", known)
    (entry,) = page.entries
    return text, entry, written(page)


def words(text: str) -> str:
    return " ".join(text.replace("**", "").split())


def test_the_real_registry_becomes_one_valid_undecided_entry() -> None:
    _, entry, file = icn()
    assert entry.draft.jobs == (JobName("ci.yml", JobId("coverage")),)
    assert entry.draft.decision is Decision.UNDECIDED
    assert (entry.draft.owner, entry.draft.target, entry.draft.review) == (None, None, None)
    (read_back,) = parse(Source(PATH, file)).entries
    assert read_back.owner is None
    assert {piece.kind for piece in read_back.evidence} == {EvidenceKind.OBSERVED}
    assert [piece.where for piece in read_back.evidence] == [
        "CI run 23399051170",
        "CI run 23398872803",
        "CI run 23397388128",
    ]
    assert {str(piece.day) for piece in read_back.evidence} == {"2026-03-22"}
    assert any("Sprint 23 baseline lock" in remark for remark in entry.remarks)


def test_every_line_of_the_real_entry_is_in_the_data_word_for_word() -> None:
    text, _, file = icn()
    root = read(Source(PATH, file)).root
    assert root is not None
    data: Any = to_plain(root)
    kept = words(json.dumps(data, ensure_ascii=False).replace("\\n", " ").replace('\\"', '"'))
    body = text[text.index("### Test Coverage") :]
    for line in body.splitlines():
        said = words(re.sub(r"^\s*(?:#+|-|\d+\.)\s+", "", line))
        for label in ("Root cause: ", "Failure mode: "):
            if said.startswith(label):
                assert label.strip(": ") in kept
                said = said.removeprefix(label)
        assert said in kept, said


def test_every_word_outside_of_the_real_entry_is_a_comment() -> None:
    text, _, file = icn()
    comments = words(" ".join(line[1:] for line in file.splitlines() if line.startswith("#")))
    for line in text[: text.index("### Test Coverage")].splitlines():
        assert words(line.lstrip("# ")) in comments


def test_nothing_is_invented_in_the_real_entry() -> None:
    text, _, file = icn()
    ours = {"version", "exceptions", "job", "ci", "yml", "coverage", "decision", "undecided", "reason", "evidence"}
    ours |= {"kind", "observed", "text", "CI", "run", "date", "cause", "notes", "From", "ops", "state", "md", "8"}
    ours |= {"its", "is", "the", "here", "exceptions"}
    page = set(re.findall(r"\w+", text))
    assert set(re.findall(r"\w+", file)) - page - ours == set()


@given(st.text(alphabet="#-*_|`: \nabO@.1>~<!\\\0\x0b\u2028\r", max_size=120))
def test_anything_is_a_page(text: str) -> None:
    page = import_markdown(text, "x.md", [named("ci.yml", "a", None)])
    parse(decode(PATH, written(page).encode()))
