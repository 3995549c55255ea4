"""Which job a text speaks of, by the names the text uses. Says so where that is not certain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from msgspec import Struct

from covpath.terms import JobRef

_EXPLICIT = re.compile(r"([\w./-]+\.ya?ml):([A-Za-z_][\w-]*)")
_VARIABLE = re.compile(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b")
_CODE = re.compile(r"`([^`\n]+)`")
_ASIDE = re.compile(r"\s*[(\[][^)\]]*[)\]]\s*|`[^`]*`")


class NamedJob(Struct, frozen=True, kw_only=True):
    """A job and the name it shows, where it has one."""

    ref: JobRef
    name: str | None = None


class Match(Struct, frozen=True, kw_only=True):
    """The jobs a text can mean, and by what: one is an answer, several are a question."""

    jobs: tuple[JobRef, ...]
    by: str


def match_job(title: str, text: str, jobs: Iterable[NamedJob]) -> Match:
    """The job meant by an entry with this title and text.

    The surest sign decides: ``FILE:ID``; then the title or a code word being a job's name or
    id; then a variable that ends in a job's id; then a job's name inside the title. Where one
    sign fits several jobs, the weaker ones are asked to choose between them.
    """
    known = tuple(jobs)
    left: tuple[NamedJob, ...] = ()
    reasons: list[str] = []
    for reason, sign in _SIGNS:
        fitting = tuple(job for job in (left or known) if sign(job, title, text))
        if fitting and (not left or len(fitting) < len(left)):
            left = fitting
            reasons.append(reason)
        if len(left) == 1:
            break
    return Match(jobs=tuple(job.ref for job in left), by=" and ".join(reasons))


def _explicit(job: NamedJob, title: str, text: str) -> bool:
    return any(
        (job.ref.workflow == file or job.ref.workflow.endswith("/" + file)) and job.ref.job == name
        for file, name in _EXPLICIT.findall(f"{title}\n{text}")
    )


def _titled(job: NamedJob, title: str, text: str) -> bool:
    said = {_folded(title), _folded(_ASIDE.sub(" ", title)), *(_folded(code) for code in _CODE.findall(title + text))}
    return bool(said & _names(job))


def _variable(job: NamedJob, title: str, text: str) -> bool:
    ending = "_" + job.ref.job.replace("-", "_").lower()
    return any(name.lower().endswith(ending) for name in _VARIABLE.findall(f"{title}\n{text}"))


def _inside(job: NamedJob, title: str, _text: str) -> bool:
    said = f" {_folded(title)} "
    return any(f" {name} " in said for name in _names(job))


_SIGNS: tuple[tuple[str, Callable[[NamedJob, str, str], bool]], ...] = (
    ("its file and id", _explicit),
    ("its name", _titled),
    ("a variable that ends in its id", _variable),
    ("its name in the title", _inside),
)


def _names(job: NamedJob) -> set[str]:
    return {_folded(name) for name in (job.ref.job, job.name or "") if _folded(name)}


def _folded(text: str) -> str:
    """Lower case, anything but letters and digits one blank: ``build-all`` is ``Build All``."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))
