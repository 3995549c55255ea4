"""coverage.py's data file, ``.coverage``: what reads it breaks where the new tool leaves none."""

from __future__ import annotations

from covpath.backends.coverage_py_options import NAME as COVERAGE_PY
from covpath.backends.translate import Translation
from covpath.moves.backend.consumers import texts_after
from covpath.moves.proposal import Draft
from covpath.patterns import regex

DATA_FILE = "data-file"
_LEAVING = frozenset({"pytest-cov", COVERAGE_PY})
_PATH = regex(r"(?<![\w.-])\.coverage(?:\.[\w*${}. -]*|\*)?(?![\w.-])")
_COMMANDS = regex(
    r"(?m)(?:^|[;&|]|\brun)\s*(coverage (?:combine|xml|report|html|json|lcov)|coveralls|codecov|coverage-badge)\b"
)
"""coverage.py's reporting commands, and the programs that make a report of the data themselves."""
_ACTIONS = regex(r"(?i)py-cov-action/python-coverage-comment-action@|andremiras/coveralls-python-action@")


def stop_at_readers(draft: Draft, translation: Translation, index: int) -> None:
    """Stop at everything after step ``index`` that reads the data which is not there any more."""
    if translation.source not in _LEAVING or translation.target in _LEAVING:
        return
    told: set[tuple[str, int]] = set()
    for text in texts_after(draft, index):
        # In the step's own script what comes after the measurement counts.
        start = max(text.scalar.value.find(translation.target), 0) if text.step.index == index else 0
        found = _PATH.search(text.scalar.value, start)
        if found is None and text.route[-1] == "run":
            found = _COMMANDS.search(text.scalar.value, start)
        key = (text.job.id, text.step.index)
        if found is None or key in told:
            continue
        what = found[found.lastindex or 0].strip()
        if what == "codecov" and any(report.path is not None for report in translation.after):
            continue  # it takes a report where there is one
        told.add(key)
        _stop(draft, what, f"`{text.step.label}` reads coverage.py's data ({what})", text.scalar.start)
    for step in draft.job.steps[index + 1 :]:
        if step.uses is not None and _ACTIONS.match(step.uses):
            _stop(draft, step.uses, f"`{step.label}` reads coverage.py's data", step.node.start)


def _stop(draft: Draft, what: str, message: str, start: int) -> None:
    place = draft.workflow.document.source.place(start)
    draft.stop(DATA_FILE, what, f"{message}, which the new tool does not leave", place)
