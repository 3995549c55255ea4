"""What makes a job a coverage job by its own word: it hands a report on, keeps one, or is named so."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from covpath.backends.uploaders import uploader
from covpath.errors import Place
from covpath.patterns import holds_one, regex
from covpath.workflow.calls import LOCAL
from covpath.workflow.model import Job, Step, Workflow, scalar_text

_HINT_WORDS = ("cov", "over", "jacoco", ".info", "slather", "bisect", "tarpaulin")
_HINT_BEGINS = {"cov": ("-", "slip"), "over": ("k", "cl")}
_HINT = regex(r"cov(?!er\b|ers\b|er[ei]|id)|-cover\b|jacoco|kover|clover|\.info\b|slather|bisect|tarpaulin|slipcover")
"""What every text holds, in lower case, that claims coverage or names a tool known by sight.

One of the words stands in it, at its begin or behind what is said of it.
"""

NAMED = regex(r"(?<![a-z])(?:code|test|meta)?[-_ ]?cov(?:erage)?(?![a-z])", re.IGNORECASE)
"""A name that says coverage."""

_SERVICES = frozenset({"Codecov", "Coveralls", "Codacy", "GitHub", "Qlty", "summary", "comment"})
_SHELL_UPLOAD_WORDS = ("codecov", "coveralls", "goveralls", "codacy", "cc-test-reporter", "smokeshow", "qlty")
_SHELL_UPLOAD = regex(
    r"\bcodecov\.io/bash|uploader\.codecov\.io|cli\.codecov\.io"
    r"|(?:^|[;&|])[ \t]*(?:\./)?(?:codecov(?:cli)?|coveralls|goveralls)(?=\s|$)"
    r"|codacy\.com/get\.sh|cc-test-reporter|smokeshow\s+upload|qlty\s+coverage\s+publish",
    re.MULTILINE,
)
ARTIFACT = regex(
    r"(?<![a-z])\.?cov(?:erage|data)?(?![a-z])|htmlcov|\blcov|\.info(?![.\w])|cobertura|jacoco|clover\.xml|\.profraw",
    re.IGNORECASE,
)
"""Names and paths of coverage data."""
COMMENT = regex(r"(?:^|(?<=\s))#.*$", re.MULTILINE)
"""A comment in a script."""
_INSTALL = regex(r"^.*\b(?:install|pacman|apk add|apt-get|brew|requires?)\b.*$", re.MULTILINE)
_NOT_COVERAGE = regex(
    r"coverity|cov-(?:build|int)|test[-_ ]results|type[-_ ]coverage|pyrefly coverage|--no-cov", re.IGNORECASE
)


class Claim(Struct, frozen=True, kw_only=True):
    """A job's word that it has to do with coverage.

    ``hands_on``: it uploads or keeps a report, so something must have measured. ``before`` is the
    first step that does; the measurement is sought before it.
    """

    what: str
    place: Place
    hands_on: bool = False
    before: int | None = None


def hints(text: str) -> tuple[int, ...]:
    """Where in a text the words stand that a claim or a tool's name needs, in order."""
    return tuple(sorted(_hints(text)))


def has_hint(text: str) -> bool:
    """Whether there are any."""
    return next(_hints(text), None) is not None


def _hints(text: str) -> Iterator[int]:
    low = text.lower()
    if len(low) != len(text):  # a letter whose small form is two: offsets would be wrong
        low = text
    for word in _HINT_WORDS:
        # A search for plain words is much faster than the pattern, and most files hold none.
        position = low.find(word)
        while position >= 0:
            if _HINT.match(low, position):
                yield position
            elif word in _HINT_BEGINS and low[position - 1 : position] in "-pkl":
                for before in _HINT_BEGINS[word]:
                    if low.endswith(before, 0, position) and _HINT.match(low, position - len(before)):
                        yield position - len(before)
            position = low.find(word, position + 1)


def _all(step: Step) -> bool:
    del step
    return True


def claim_of(workflow: Workflow, job: Job, may_run: Callable[[Step], bool] = _all) -> Claim | None:
    """The strongest claim of a job, or None; ``may_run`` says which of its steps count.

    Not worth asking of a job without ``hints`` in its text.
    """
    steps = [step for step in job.all_steps() if may_run(step)]
    for step in steps:
        handed = hands_on(step)
        if handed is not None:
            return Claim(what=handed, place=workflow.place(step.node), hands_on=True, before=step.index)
    for name in (job.id, job.name.value if job.name is not None else ""):
        if NAMED.search(name) and not _NOT_COVERAGE.search(name):
            return Claim(what=f"is called `{name}`", place=workflow.place(job.key))
    for step in steps:
        if mentions_coverage(step):
            return Claim(what=f"`{step.label}` speaks of coverage", place=workflow.place(step.node))
    return next(_by_call(workflow, job), None)


def _by_call(workflow: Workflow, job: Job) -> Iterator[Claim]:
    """What a call hands over to a reusable workflow."""
    if job.uses is None:
        return
    start, end = job.uses.start, job.node.end
    if NAMED.search(workflow.document.source.text, start, end) or has_hint(job.uses.value):
        yield Claim(what=f"calls {job.uses.value} with words about coverage", place=workflow.place(job.uses))


def hands_on(step: Step) -> str | None:
    """How a step hands a coverage report on, for people; None where it does not."""
    if step.uses is not None:
        found = uploader(step.uses)
        if found is not None and found.service in _SERVICES:
            results = "test_results" in step.inputs().get("report_type", "")
            return None if results else f"uploads a report ({found.action})"
        if step.uses.partition("@")[0] in ("actions/upload-artifact", "actions/upload-pages-artifact"):
            inputs = step.inputs()
            named = ARTIFACT.search(inputs.get("name", "")) or ARTIFACT.search(inputs.get("path", ""))
            return "keeps coverage data as an artifact" if named else None
        return None
    return "uploads a report from its script" if step.run is not None and _uploads(step.run.value) else None


def _uploads(script: str) -> bool:
    # As for the hints.
    return holds_one(script, _SHELL_UPLOAD_WORDS) and _SHELL_UPLOAD.search(COMMENT.sub("", script)) is not None


def _may_name(text: str) -> bool:
    """Whether anything is left of a text that names coverage; what stands around ``test-results`` could close up."""
    low = text.lower()
    return "cov" in low or "ult" in low


def mentions_coverage(step: Step) -> bool:
    """Whether a step's name, script, variables or inputs speak of coverage, beyond installing a tool for it."""
    texts = [text for text in (step.name or "", step.id or "") if not _NOT_COVERAGE.search(text)]
    if step.uses is not None and step.uses.startswith(LOCAL):
        texts.append(step.uses)
    if step.run is not None:
        texts.append(_INSTALL.sub("", COMMENT.sub("", step.run.value)) if _may_name(step.run.value) else "")
    for mapping in (step.env, step.with_ if (step.uses or "").startswith(LOCAL) else None):
        for entry in mapping.entries if mapping is not None else ():
            texts += [entry.key.value, scalar_text(entry.value)]
    return any(_may_name(text) and NAMED.search(_NOT_COVERAGE.sub("", text)) for text in texts)
