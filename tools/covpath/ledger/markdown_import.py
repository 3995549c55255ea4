"""A hand-written registry in Markdown to entries that keep all it says and add nothing.

A field of the page becomes a field of the entry only where it says exactly what that field
means; everything else is kept word for word as a note.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct, field

from covpath.errors import Place
from covpath.ledger.draft import Draft, EvidenceDraft
from covpath.ledger.entries import read_target
from covpath.ledger.job_matching import Match, NamedJob, match_job
from covpath.ledger.markdown_page import Field, Section, read_page
from covpath.ledger.model import JobName, Target
from covpath.terms import Decision, EvidenceKind

_MEANINGS = {
    "reason": ("reason", "rationale", "why", "justification"),
    "failure": ("failure mode", "failure", "symptom", "symptoms", "error", "problem"),
    "cause": ("root cause", "cause"),
    "owner": ("owner", "owned by", "assignee", "responsible", "contact"),
    "target": ("target", "target sprint", "target date", "due", "due date", "deadline", "expires", "expiry", "until"),
    "review": ("review", "review date", "next review", "revisit"),
    "decision": ("decision",),
    "done_when": ("done when", "exit criteria", "exit criterion", "exit condition", "remove when"),
}
_MEANING = {label: meaning for meaning, labels in _MEANINGS.items() for label in labels}
_REASONS = ("reason", "failure", "cause")
_EVIDENCE = frozenset(
    {"evidence", "run", "runs", "ci run", "ci runs", "link", "links", "log", "logs", "ticket", "issue"}
)
_BLOCK = re.compile(r"```|~~~|[-*+>] |\d{1,9}[.)] |\|")
_OVER = re.compile(r"(?i)\b(?:resolved|closed|done|archived?|past|inactive|historical)\b")
_STATUS = ("status", "state")
_SETTLED = re.compile(r"(?i)\W*(?:resolved|closed|done|fixed|completed?|removed|no longer needed)\b")
"""What a status begins with where nothing is left to do."""
_OWNER = re.compile(r"@[A-Za-z0-9][\w-]*(?:/[\w.-]+)?|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"https?://[^\s<>)\]`\"']+[^\s<>)\]`\"'.,;:]")
_RUN_ADDRESS = re.compile(r"/actions/runs/\d+")
_RUN_ID = re.compile(r"(?<![\w./-])\d{8,12}(?![\w/-])")
_RUNS = re.compile(r"(?i)\bruns?\b")
_SEEN = re.compile(r"(?i)\b(?:observed|seen|saw|looked|checked|confirmed|reproduced|failed|failing)\b")
_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z`*_])|\n\s*\n")


class Imported(Struct, frozen=True, kw_only=True):
    """One entry of the page as a draft.

    ``draft.jobs`` is empty where the job is not certain; ``candidates`` are then the jobs it
    may be. ``remarks`` say what was not taken as what it claims to be, and why.
    """

    title: str
    place: Place
    draft: Draft
    candidates: tuple[JobName, ...]
    remarks: tuple[str, ...]


class ImportedPage(Struct, frozen=True, kw_only=True):
    """All entries of a page; ``preamble`` is the page's text outside of them, ``remarks`` what was left out."""

    entries: tuple[Imported, ...]
    preamble: str
    remarks: tuple[str, ...]


def import_markdown(text: str, path: str, jobs: Iterable[NamedJob]) -> ImportedPage:
    """The entries of the Markdown page ``text``, which lies at ``path``; ``jobs`` are those of the workflows."""
    page = read_page(text)
    known = tuple(jobs)
    left_out = [(section, _over(section)) for section in page.sections]
    entries = tuple(_imported(section, path, known) for section, why in left_out if why is None)
    remarks = tuple(
        f"{path}:{section.line}: {section.title!r} {why} and is not imported." for section, why in left_out if why
    )
    return ImportedPage(entries=entries, preamble=page.preamble, remarks=remarks)


def _over(section: Section) -> str | None:
    """What says that nothing of a section is open any more; None where nothing does."""
    if any(_OVER.search(heading) for heading in section.above):
        return f"stands under {section.above[-1]!r}"
    for said in section.fields:
        if said.label.lower() in _STATUS and _SETTLED.match(said.text):
            return f"has the {said.label.lower()} {said.text.strip()!r}"
    return None


class _Gathered(Struct):
    """What one section's fields amount to, while they are read."""

    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    owner: str | None = None
    until: dict[str, Target] = field(default_factory=dict)
    decision: Decision | None = None
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def note(self, said: Field) -> None:
        between = "\n" if _BLOCK.match(said.text) else " "
        self.notes.append(f"{said.label}:{between}{said.text}" if said.label else said.text)


def _imported(section: Section, path: str, jobs: tuple[NamedJob, ...]) -> Imported:
    gathered = _Gathered()
    for said in section.fields:
        _gather(said, gathered)
    whole = "\n".join(f"{said.label}: {said.text}" for said in section.fields)
    match = match_job(section.title, whole, jobs)
    decision = _decision(gathered)
    reason, cause, origin = _reason_and_cause(gathered, section)
    names = tuple(JobName(job.workflow.rsplit("/", 1)[-1], job.job) for job in match.jobs)
    draft = Draft(
        jobs=names if len(names) == 1 else (),
        decision=decision,
        reason=reason,
        owner=gathered.owner,
        target=gathered.until.get("target"),
        review=gathered.until.get("review"),
        evidence=_evidence(section.fields),
        cause=cause,
        done_when=tuple(text for text, _ in [gathered.texts["done_when"]]) if "done_when" in gathered.texts else (),
        notes=(_provenance(section, path, origin), *gathered.notes),
    )
    remarks = (*gathered.remarks, *_about_the_job(names, match))
    return Imported(
        title=section.title,
        place=Place(path, section.line),
        draft=draft,
        candidates=names if len(names) != 1 else (),
        remarks=remarks,
    )


def _gather(said: Field, gathered: _Gathered) -> None:
    meaning = _MEANING.get(said.label.lower(), "")
    text = said.text.strip().strip("`*_").strip()
    if meaning in ("reason", "failure", "cause", "done_when") and text and meaning not in gathered.texts:
        gathered.texts[meaning] = (said.text, said.label)
        return
    if meaning == "owner":
        found = _OWNER.findall(text)
        if len(found) == 1:
            gathered.owner = found[0]
        else:
            gathered.remarks.append(f"{said.label} {text!r} names no one person or team; it is kept as a note.")
        if found == [text]:
            return
    elif meaning in ("target", "review"):
        try:
            gathered.until[meaning] = read_target(text.lower() if text.lower().startswith("sprint ") else text)
            return
        except ValueError:
            gathered.remarks.append(f"{said.label} {text!r} is neither a sprint nor a day; it is kept as a note.")
    elif meaning == "decision" and text in {decision.value for decision in Decision}:
        gathered.decision = Decision(text)
        return
    gathered.note(said)


def _decision(gathered: _Gathered) -> Decision:
    """The page's decision, if it comes with all that a decision needs."""
    decision = gathered.decision
    if decision is None or decision is Decision.UNDECIDED:
        return Decision.UNDECIDED
    due = "target" in gathered.until or (decision is Decision.PERMANENT_ADVISORY and "review" in gathered.until)
    if due and gathered.owner:
        return decision
    missing = " and ".join(word for word, there in (("owner", gathered.owner), ("target", due)) if not there)
    gathered.notes.append(f"Decision: {decision.value}")
    gathered.remarks.append(f"the decision {decision.value} has no {missing}, so the entry is undecided.")
    return Decision.UNDECIDED


def _reason_and_cause(gathered: _Gathered, section: Section) -> tuple[str, str | None, list[str]]:
    """The texts for ``reason`` and ``cause``, and what they are called on the page."""
    texts = dict(gathered.texts)
    origin: list[str] = []
    reason = section.title
    for meaning in _REASONS:
        if meaning in texts:
            reason, label = texts.pop(meaning)
            if label.lower() != "reason":
                origin.append(f"its {label!r} is the reason here")
            break
    cause: str | None = None
    if "cause" in texts:
        cause, label = texts.pop("cause")
        origin.append(f"its {label!r} is the cause")
    if "done_when" in texts and texts["done_when"][1].lower() != "done when":
        origin.append(f"its {texts['done_when'][1]!r} is what it is done when")
    if "failure" in texts:
        text, label = texts["failure"]
        gathered.notes.insert(0, f"{label}: {text}")
    return reason, cause, origin


def _provenance(section: Section, path: str, origin: list[str]) -> str:
    """Where the entry comes from, with the words of the page that became keys."""
    title = f"{path}:{section.line}, {section.title}"
    return f"From {title}" + (f"; {', '.join(origin)}." if origin else ".")


def _about_the_job(names: tuple[JobName, ...], match: Match) -> tuple[str, ...]:
    if len(names) == 1:
        return (f"the job is {names[0]}, by {match.by}.",)
    if names:
        return (f"the job may be {' or '.join(map(str, names))}: say which.",)
    return ("no workflow has a job of that name: write it as FILE:ID.",)


def _evidence(fields: tuple[Field, ...]) -> tuple[EvidenceDraft, ...]:
    """The addresses and run ids the page gives; the text around them stays where it is.

    An address counts where it is a run's, or where the page calls it evidence.
    """
    found: dict[str, EvidenceDraft] = {}
    for said in fields:
        text = said.text
        for address in _URL.findall(text):
            is_run = _RUN_ADDRESS.search(address) is not None
            if is_run or said.label.lower() in _EVIDENCE:
                kind = EvidenceKind.OBSERVED if is_run else EvidenceKind.REPORTED
                found.setdefault(address, EvidenceDraft(url=address, kind=kind))
        for sentence in _SENTENCE_END.split(text):
            if not _RUNS.search(sentence):
                continue
            days = set(_DAY.findall(sentence))
            kind = EvidenceKind.OBSERVED if _SEEN.search(sentence) else EvidenceKind.REPORTED
            for run in _RUN_ID.findall(_URL.sub(" ", sentence)):
                day = next(iter(days)) if len(days) == 1 else None
                found.setdefault(run, EvidenceDraft(text=f"CI run {run}", kind=kind, date=day))
    return tuple(found.values())
