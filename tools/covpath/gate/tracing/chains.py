"""How a job measures coverage, seen through recipes, actions and calls; or the first link that hides it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from covpath.gate.measuring import Measurement, Measuring, measurements
from covpath.gate.scripts.around import Around
from covpath.gate.scripts.purpose import is_setup
from covpath.gate.scripts.shell_effect import shell_for
from covpath.gate.tracing.claims import Claim, claim_of, hints
from covpath.gate.tracing.handed_over import Left, taken
from covpath.gate.tracing.passes import handed_over, inputs_of, may_run, passes_of, varying, varying_in
from covpath.gate.tracing.traced import Measured, Sight, StepChain, Trace
from covpath.gate.tracing.worth_following import is_given, worth_of
from covpath.terms import JobId, JobRef
from covpath.workflow.calls import LOCAL, Actions, Links, reads_inputs
from covpath.workflow.expressions.contexts import Contexts
from covpath.workflow.expressions.value import Object, Value
from covpath.workflow.model import Job, Step, Workflow, scalar_text
from covpath.workflow.recipes.links import Chain, End, Link, ReadFile
from covpath.workflow.script_places import script_place

if TYPE_CHECKING:
    from covpath.gate.scripts.recipe_effect import RecipeEffect
    from covpath.gate.tracing.following import Follower

_MOST_REMEMBERED = 512
NOTHING_SEEN = Trace(sight=Sight.NOTHING)
"""The trace of a job that neither measures nor claims to."""
_NOTHING_LEADS_ON = Trace(sight=Sight.NOTHING)
"""The same, where none of its steps is even worth following."""


class Tracer:
    """Traces the jobs of one repository.

    ``read`` gives its files' texts by their paths from the root, at best each from the disk only once;
    ``left`` knows workflows beyond those linked that may leave data for them. ``top`` are the names of what
    lies in the root, where they are known.
    """

    def __init__(
        self,
        read: ReadFile,
        links: Links,
        others_actions: Actions | None = None,
        left: Left | None = None,
        top: frozenset[str] | None = None,
    ) -> None:
        self._read = read
        self._links = links
        self._others_actions = others_actions
        self._made: Follower | None = None
        self._worth = worth_of(read, top)
        self._traces: dict[tuple[int, JobId], tuple[Workflow, Trace]] = {}
        self._under: set[tuple[int, JobId]] = set()
        self._last: tuple[Workflow, tuple[int, ...]] | None = None
        self._left = left if left is not None else Left()

    @property
    def _follower(self) -> Follower:
        """What follows commands; imported here because most files have nothing to follow."""
        if self._made is None:
            from covpath.gate.tracing.following import Follower

            self._made = Follower(self._read, self._links.actions, self._others_actions)
        return self._made

    def trace(self, workflow: Workflow, job: Job, *, direct: tuple[Measurement, ...] | None = None) -> Trace:
        """What is seen of a job; ``direct`` are its own scripts' measuring commands, where they are known already."""
        key = (id(workflow), job.id)
        if key not in self._traces:
            if key in self._under:
                return Trace(sight=Sight.NOTHING, reason="it waits for itself")
            self._under.add(key)
            found = self._traced(workflow, job, None, direct)
            self._under.discard(key)
            if len(self._traces) > _MOST_REMEMBERED:
                self._traces.clear()
            self._traces[key] = (workflow, found)
        return self._traces[key][1]

    def alternatives(self, workflow: Workflow, job: Job, inputs: Contexts | None = None) -> Iterator[Measuring]:
        """The steps that measure behind something, best first, for the simulator; none where a job hides nothing.

        Where nothing measures, the step the job is judged by if its recipe lets it pass.
        ``inputs``: what one call of the workflow hands over, where only that one is meant.
        """
        known = self.trace(workflow, job, direct=()) if inputs is None else None
        found = known if known is not None else self._traced(workflow, job, inputs, ())
        if found.sight in (Sight.CHAIN, Sight.UNKNOWN, Sight.OWN):
            for one in found.found:
                recipe = _recipe_effect(workflow, job, one)
                yield Measuring(index=one.index, coverage=True, command=one.command, recipe=recipe)
        elif found is not _NOTHING_LEADS_ON and any(
            self._worth.following(workflow, job, step, hint=False) for step in job.steps
        ):
            # Imported here: most jobs that measure nothing run no recipe.
            from covpath.gate.tracing.let_pass import let_pass

            soft = let_pass(workflow, job, partial(self._followed, workflow, job, inputs))
            yield from (soft,) if soft is not None else ()

    def _followed(self, workflow: Workflow, job: Job, inputs: Contexts | None, step: Step) -> Iterator[StepChain]:
        """The chains of a step that is worth following."""
        if self._worth.following(workflow, job, step, hint=False):
            yield from self._follower.step(workflow, job, step, Around(contexts=inputs))

    def _traced(
        self, workflow: Workflow, job: Job, inputs: Contexts | None, direct: tuple[Measurement, ...] | None = None
    ) -> Trace:
        hint = self._hinted(workflow, job)
        claim = claim_of(workflow, job, lambda step: may_run(step, inputs)) if hint else None
        if job.uses is not None:
            return self._called(workflow, job, claim, inputs)
        if direct is None:
            direct = measurements(workflow, job)
        own = tuple(_own_chain(workflow, one) for one in direct) if direct else ()
        steps = [] if any(map(_runs, own)) else self._worth_following(workflow, job, claim, hint=hint)
        if claim is None and not hint and steps:
            steps = [both for both in steps if self._worth.measuring(workflow, job, both[1], self._links, inputs)]
        if not steps and not own and claim is None:
            return _NOTHING_LEADS_ON
        chains = tuple(self._chains(workflow, job, steps, inputs))
        found = _best_first((*own, *(one for one in chains if one.measured is not None)))
        sight = Sight.OWN if own or (found and len(found[0].chain.links) == 1) else Sight.CHAIN
        if any(_runs(one) for one in found):
            return Trace(sight=sight, found=found, claim=claim)
        others, through = self._others(workflow, job) if claim is not None or found else ((), "")
        if found:
            return Trace(sight=sight, found=found, others=others, through=through, claim=claim)
        if claim is None:
            return NOTHING_SEEN
        if others:
            return Trace(sight=Sight.ELSEWHERE, others=others, through=through, claim=claim)
        from covpath.gate.tracing.first_unknown import first_unknown, why_none

        unknown = first_unknown(workflow, job, claim, chains)
        if unknown is not None:
            return Trace(sight=Sight.UNKNOWN, found=(unknown,), claim=claim)
        return Trace(sight=Sight.NOTHING, claim=claim, reason=why_none(job, claim, chains))

    def _hinted(self, workflow: Workflow, job: Job) -> bool:
        """Whether a job's text holds any word without which it neither claims nor measures coverage itself."""
        if self._last is None or self._last[0] is not workflow:
            self._last = (workflow, hints(workflow.document.source.text))
        found = self._last[1]
        first = bisect_left(found, job.key.start)
        return first < len(found) and found[first] < job.node.end

    def _worth_following(
        self, workflow: Workflow, job: Job, claim: Claim | None, *, hint: bool
    ) -> list[tuple[Step, Step]]:
        """The steps that could lead to a measurement, each behind the one of the job that it is or belongs to."""
        return [
            (step, one)
            for step in job.steps
            for one in ((step, *step.children) if step.children else (step,))
            if (claim is not None and self._promises(workflow, job, one, claim))
            or self._worth.following(workflow, job, one, hint=hint)
            or is_given(one)
        ]

    def _chains(
        self, workflow: Workflow, job: Job, steps: list[tuple[Step, Step]], inputs: Contexts | None
    ) -> Iterator[StepChain]:
        """Every chain of these steps; where none measures and something varies, once more with each known value."""
        if not steps:
            return
        found = [
            replace(chain, index=step.index)
            for step, one in steps
            if may_run(one, inputs)
            for chain in self._follower.step(workflow, job, one, Around(contexts=inputs))
        ]
        unsure = {one.index for one in found if one.measured is not None and one.chain.depends_on}
        if not unsure and any(one.measured is not None for one in found):
            yield from found
            return
        # Imported here: most jobs have nothing to follow, or are seen through at once.
        from covpath.gate.tracing.varying_chains import depending, end_of, varies, written

        still_open = unsure or {one.index for one in found if varies(one.chain)}
        settled: set[int] = set()
        seen = {end_of(one) for one in found if one.measured is not None and not one.chain.depends_on}
        given: list[StepChain] = []
        for step, one in steps:
            names = varying_in(workflow, job, one, inputs) if step.index in still_open else ()
            passes = [
                replace(chain, index=step.index)
                for contexts in (passes_of(workflow, job, names, self._links, inputs) if names else ())
                if may_run(one, contexts)
                for chain in self._follower.step(workflow, job, one, Around(contexts=contexts))
            ]
            if passes and not any(chain.chain.depends_on for chain in passes if chain.measured is not None):
                settled.add(step.index)
            for chain in passes:
                if chain.measured is not None and end_of(chain) not in seen:
                    seen.add(end_of(chain))
                    given.append(replace(chain, chain=depending(chain.chain, written(one, chain), names)))
        # What any value could lead to gives way to what the known ones do.
        yield from (
            one for one in found if one.measured is None or not one.chain.depends_on or one.index not in settled
        )
        yield from (one for one in given if not unsure or one.index in settled)

    def _promises(self, workflow: Workflow, job: Job, step: Step, claim: Claim) -> bool:
        """Whether a step of a job that claims coverage is to be followed whatever it says."""
        if claim.before is not None and step.index > claim.before:
            return False
        if step.run is None or "hatch" in step.run.value or "docker" in step.run.value:
            return True
        return not is_setup(step, shell_for(workflow, job, step))

    def _called(self, workflow: Workflow, job: Job, claim: Claim | None, inputs: Contexts | None) -> Trace:
        """What the jobs of a reusable workflow measure for the job that calls it."""
        assert job.uses is not None
        first = Link(kind="workflow", target=job.uses.value, place=workflow.place(job.uses), text=job.uses.value)
        called = self._links.called(workflow, job)
        if called is None:
            if claim is None:
                return NOTHING_SEEN
            others, through = self._others(workflow, job)
            if others:
                return Trace(sight=Sight.ELSEWHERE, others=others, through=through, claim=claim)
            link = Link(kind="call", target=job.uses.value, place=None, text="", unknown=_out_of_sight(job.uses.value))
            unknown = StepChain(index=0, chain=Chain(links=(first, link), end=End.UNKNOWN))
            return Trace(sight=Sight.UNKNOWN, found=(unknown,), claim=claim)
        key = (id(called), JobId(""))
        if key in self._under:
            return Trace(sight=Sight.NOTHING, claim=claim, reason="the workflow calls itself")
        self._under.add(key)
        traces = [
            [(inner, self._traced(called, inner, Contexts({"inputs": handed}))) for inner in called.jobs.values()]
            for handed in self._handed_over(workflow, called, job, inputs)
        ]
        self._under.discard(key)
        if len({tuple(str(trace.chain) for _, trace in one) for one in traces}) > 1 and job.with_ is not None:
            handed_on = (scalar_text(entry.value) for entry in job.with_.entries)
            first = replace(first, depends_on=varying(handed_on, inputs))
        return _joined(first, called, [one for found in traces for one in found], claim)

    def _handed_over(self, workflow: Workflow, called: Workflow, job: Job, inputs: Contexts | None) -> Iterator[Object]:
        """The inputs of the call: one for each leg where they differ, and for each call of the calling workflow."""
        outer: Iterable[Value | None] = (None if inputs is None else inputs.get("inputs"),)
        if inputs is None and job.with_ is not None and reads_inputs(workflow, job):
            outer = inputs_of(workflow, self._links)
        seen: set[str] = set()
        for known in outer:
            for handed in handed_over(called, job, known):
                if str(handed) not in seen:
                    seen.add(str(handed))
                    yield handed

    def _others(self, workflow: Workflow, job: Job) -> tuple[tuple[JobRef, ...], str]:
        """The jobs that really measure what a job takes over, and through what it takes it."""
        found: dict[JobRef, None] = {}
        through: dict[str, None] = {}
        for what in taken(job):
            for place, other in self._left.leavers(what, workflow, job, self._links.workflows):
                refs = self._real(place, other)
                if refs:
                    through[str(what)] = None
                    found.update(dict.fromkeys(refs))
        if not found and _only_hands_on(job):
            for name in job.needs:
                needed = next((one for key, one in workflow.jobs.items() if key.lower() == name.lower()), None)
                refs = self._real(workflow, needed) if needed is not None else ()
                if refs:
                    through[f"needs {name}"] = None
                    found.update(dict.fromkeys(refs))
        return tuple(found), ", ".join(through)

    def _real(self, workflow: Workflow, job: Job) -> tuple[JobRef, ...]:
        traced = self.trace(workflow, job)
        own = (workflow.ref(job),)
        return own if traced.measures else traced.others or (own if traced.found else ())


def _recipe_effect(workflow: Workflow, job: Job, one: StepChain) -> RecipeEffect | None:
    """What the recipes of a chain make of the measurement's failure."""
    if all(link.within is None and link.let_off is None for link in one.chain.links):
        return None
    # Imported here: few jobs measure behind a recipe that is at hand.
    from covpath.gate.scripts.recipe_effect import recipe_effect

    return recipe_effect(one.chain, shell_for(workflow, job, job.steps[one.index]))


def _own_chain(workflow: Workflow, one: Measurement) -> StepChain:
    """A backend's command in a job's own script, as a chain of one link."""
    if one.step.run is None or one.command is None:
        text, place = one.step.uses or one.step.label, workflow.place(one.step.node)
    else:
        text = " ".join(one.step.run.value[slice(*one.command.span)].replace("\\\n", " ").split())
        place = script_place(workflow, one.step, one.command.span.start)
    link = Link(kind="workflow", target=one.recognition.backend, place=place, text=text)
    measured = Measured(backend=one.recognition.backend, role=one.recognition.role, recognition=one.recognition)
    chain = Chain(links=(link,), end=End.MEASURES)
    return StepChain(index=one.step.index, chain=chain, measured=measured, command=one.command)


def _runs(one: StepChain) -> bool:
    return one.runs


def _best_first(found: tuple[StepChain, ...]) -> tuple[StepChain, ...]:
    """The last that writes a report first, as for commands in the job's own scripts."""
    ordered = sorted(found, key=lambda one: one.index)
    writers = [one for one in ordered if one.writes]
    return (*reversed(writers), *reversed([one for one in ordered if one not in writers]))


def _joined(first: Link, called: Workflow, inside: list[tuple[Job, Trace]], claim: Claim | None) -> Trace:
    """The call's own trace out of those of the jobs inside."""
    for sight in (Sight.OWN, Sight.CHAIN, Sight.UNKNOWN):
        for inner, trace in inside:
            if trace.sight is sight and trace.found:
                link = Link(kind="call", target=inner.id, place=called.place(inner.key), text=f"job {inner.id}")
                found = tuple(
                    replace(one, index=0, command=None, chain=replace(one.chain, links=(first, link, *one.chain.links)))
                    for one in trace.found
                )
                behind = Sight.CHAIN if sight is Sight.OWN else sight
                return Trace(sight=behind, found=found, others=trace.others, through=trace.through, claim=claim)
    others = tuple(dict.fromkeys(ref for _, trace in inside for ref in trace.others))
    if others:
        return Trace(sight=Sight.ELSEWHERE, others=others, through="the called workflow", claim=claim)
    reason = f"none of the jobs of {called.path} measures" if claim is not None else ""
    return Trace(sight=Sight.NOTHING, claim=claim, reason=reason)


def _out_of_sight(uses: str) -> str:
    if "${{" in uses:
        return "which workflow it is, is only known while the workflow runs"
    if uses.startswith(LOCAL):
        return f"{uses[2:]} is not in the repository"
    return "the workflow is in another repository (--with DIR gives it)"


def _only_hands_on(job: Job) -> bool:
    """Whether a job has no script of its own to speak of, or tells a service that all parts are there."""
    finishes = any(step.inputs().get("parallel-finished", "").strip() == "true" for step in job.steps)
    return finishes or not any(step.run is not None for step in job.steps)
