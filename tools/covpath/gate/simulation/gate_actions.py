"""Actions that make one check of many: which results of which jobs they let pass.

Sources: re-actors/alls-green as released (v1.2.2 and release/v1, its table run and seen; ``facts``,
gating, 2.3), lowlydba/are-we-good (its ``evaluateJob``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from covpath.gate.simulation.logic import CANCELS, FAILS, SKIPS, SUCCEEDS, Results, single
from covpath.gate.simulation.view import View
from covpath.terms import Tri, any_of
from covpath.workflow.expressions.template import evaluate_template
from covpath.workflow.expressions.tree import ExpressionError
from covpath.workflow.expressions.value import Object, Unknown, Value, alternatives, texts
from covpath.workflow.model import Step

_ALLS_GREEN = "re-actors/alls-green"
_ARE_WE_GOOD = "lowlydba/are-we-good"
_UNRELEASED = "bugfixes/23-allowed-failures"
_WORDS = {"success": SUCCEEDS, "failure": FAILS, "cancelled": CANCELS, "skipped": SKIPS}
_ANY: Results = SUCCEEDS | FAILS | CANCELS | SKIPS


class GateAction(Struct, frozen=True, kw_only=True):
    """A gate action as a step uses it. A list is None where it is not known; names are job ids, case counts."""

    name: str
    failures: frozenset[str] | None
    cancels: frozenset[str] | None
    skips: frozenset[str] | None
    all_skips: bool = False

    def accepts(self, job: str, result: Results) -> Tri:
        """Whether the gate lets this one result of a job pass."""
        if result == SUCCEEDS:
            return Tri.TRUE
        if self.name == _ARE_WE_GOOD:
            if result == SKIPS and self.all_skips:
                return Tri.TRUE
            return _listed(job, {FAILS: self.failures, CANCELS: self.cancels, SKIPS: self.skips}[result])
        skips, failures = _listed(job, self.skips), _listed(job, self.failures)
        if result == SKIPS:
            return any_of((skips, failures))
        # Being in both lists takes the allowance back.
        if skips is Tri.FALSE or failures is Tri.FALSE:
            return failures
        return Tri.FALSE if skips is Tri.TRUE else Tri.UNKNOWN


def _listed(job: str, names: frozenset[str] | None) -> Tri:
    return Tri.UNKNOWN if names is None else Tri.of(job in names)


def action_name(step: Step) -> str | None:
    """The gate action a step uses, None for anything else."""
    name, _, ref = (step.uses or "").strip().partition("@")
    name = name.lower()
    return name if name in {_ALLS_GREEN, _ARE_WE_GOOD} and ref != _UNRELEASED else None


def is_gate_action(step: Step) -> bool:
    """Whether a step uses a gate action, of whatever version."""
    return action_name(step) is not None or (step.uses or "").lower().startswith(f"{_ALLS_GREEN}@")


def readings(step: Step, view: View) -> tuple[GateAction, ...]:
    """The gate action with every combination its inputs could have; none where they cannot be told."""
    name = action_name(step)
    if name is None:
        return ()
    inputs = step.inputs()
    if name == _ARE_WE_GOOD:
        lists = [
            _lists(inputs.get(key, ""), view) for key in ("allowed-to-fail", "allowed-to-cancel", "allowed-to-skip")
        ]
        return tuple(
            GateAction(name=name, failures=fails, cancels=cancels, skips=skips, all_skips=skips == frozenset())
            for fails in lists[0]
            for cancels in lists[1]
            for skips in lists[2]
        )
    failures, skips = (_lists(inputs.get(key, "[]"), view, jsons=True) for key in ("allowed-failures", "allowed-skips"))
    return tuple(GateAction(name=name, failures=one, cancels=one, skips=other) for one in failures for other in skips)


def gate_action(step: Step, view: View) -> Tri | None:
    """Whether a gate action fails on what it is told; None for a step that is none."""
    if action_name(step) is None:
        return Tri.UNKNOWN if is_gate_action(step) else None
    jobs = _jobs(step.inputs().get("jobs", ""), view)
    if jobs is None:
        return Tri.UNKNOWN
    if not jobs:
        return Tri.TRUE  # an empty input is an error for both
    answers = {_fails(action, jobs) for action in readings(step, view)}
    return answers.pop() if len(answers) == 1 else Tri.UNKNOWN


def _fails(action: GateAction, jobs: dict[str, Results]) -> Tri:
    return any_of(_refused(action, job, results) for job, results in jobs.items())


def _refused(action: GateAction, job: str, results: Results) -> Tri:
    answers = {action.accepts(job, result).negate() for result in single(results)}
    return answers.pop() if len(answers) == 1 else Tri.UNKNOWN


def _jobs(written: str, view: View) -> dict[str, Results] | None:
    """The results in the ``jobs`` input; None where they cannot be told."""
    if written.replace(" ", "").lower() == "${{tojson(needs)}}":
        needs = view.contexts.get("needs")
        return _results(needs) if isinstance(needs, Object) else None
    try:
        value = evaluate_template(written, view.contexts)
        plain = _from_json(value) if isinstance(value, str) else None
    except (ExpressionError, ValueError, RecursionError):
        return None
    if not isinstance(plain, dict) or not all(isinstance(one, dict) for one in plain.values()):
        return None
    return {name: _WORDS.get(one.get("result"), _ANY) for name, one in plain.items()}


def _results(needs: Object) -> dict[str, Results]:
    found: dict[str, Results] = {}
    for name, entry in needs.entries.items():
        result = entry.get("result") if isinstance(entry, Object) else None
        bits = [_WORDS.get(one, _ANY) if isinstance(one, str) else _ANY for one in alternatives(result)]
        found[name] = _union(bits)
    return found


def _union(bits: Iterable[Results]) -> Results:
    total = 0
    for bit in bits:
        total |= bit
    return total


def _from_json(text: str) -> Any:
    """Raises ValueError and RecursionError as ``json`` does."""
    # Imported here: few workflows have a gate action.
    import json

    return json.loads(text)


def _lists(written: str, view: View, *, jsons: bool = False) -> list[frozenset[str] | None]:
    """What an input with a list could hold: by commas, or (``jsons``) a JSON list, or the keys of a JSON object."""
    try:
        value: Value = evaluate_template(written, view.contexts)
    except ExpressionError:
        return [None]
    if isinstance(value, Unknown) and "needs" in value.names:
        return [None]
    return [_names(text, jsons=jsons) if isinstance(text, str) else _keys_of(written, view) for text in texts(value)]


def _names(text: str, *, jsons: bool) -> frozenset[str] | None:
    if jsons:
        try:
            plain = _from_json(text)
        except (ValueError, RecursionError):
            pass
        else:
            if isinstance(plain, (list, dict)):
                return frozenset(one for one in plain if isinstance(one, str))
            return None
    return frozenset(name.strip() for name in text.split(",") if name.strip())


def _keys_of(written: str, view: View) -> frozenset[str] | None:
    """The keys of ``toJSON(needs)``, known though its values are not."""
    needs = view.contexts.get("needs")
    whole = written.replace(" ", "").lower() == "${{tojson(needs)}}"
    return frozenset(needs.entries) if whole and isinstance(needs, Object) else None
