"""What asks a step for the path of its report, when the step goes or becomes a script: the path stands there now."""

from __future__ import annotations

import re

from covpath.gate.tracing.report_uses import later_texts
from covpath.moves.proposal import Draft
from covpath.workflow.model import Step
from covpath.yamltext.inside import replace_in_scalar


def answer_outputs(draft: Draft, step: Step, path: str) -> None:
    """Write ``path`` where later steps of the job ask for the output ``report`` of ``step``."""
    if step.id is None or not path:
        return
    asking = re.compile(rf"\$\{{\{{\s*steps\.{re.escape(step.id)}\.outputs\.report\s*\}}\}}")
    for text in later_texts(draft.workflow, draft.job, step.index):
        if text.job.id != draft.job_id:
            break
        for match in reversed([*asking.finditer(text.scalar.value)]):
            edit = replace_in_scalar(draft.workflow.document, text.route, *match.span(), path, why="name the report")
            draft.make(edit)
