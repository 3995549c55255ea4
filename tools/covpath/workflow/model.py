"""What a workflow file says, each part with the node it was read from.

Nothing is evaluated here: conditions and values stay text. ``Workflow.place`` turns a node
into file, line and column.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as MappingABC

from msgspec import Struct

from covpath.errors import Place
from covpath.terms import JobId, JobRef, Word
from covpath.yamltext.nodes import Mapping, Node, Route, Scalar, deref
from covpath.yamltext.reading import Document


class StepForm(Word):
    """What kind of step it is."""

    RUN = "run"
    USES = "uses"
    NEWER = "newer"
    """``parallel``, ``wait``, ``wait-all`` and ``cancel``: what starts other steps, waits for them or ends them."""


_DIGITS = frozenset("0123456789abcdef")


class Step(Struct, frozen=True, kw_only=True, eq=False):
    """One step. ``index`` counts from 0; ``route`` leads to it from the document's root."""

    index: int
    node: Mapping
    route: Route
    form: StepForm
    id: str | None = None
    name: str | None = None
    uses: str | None = None
    run: Scalar | None = None
    if_: Scalar | None = None
    continue_on_error: Scalar | None = None
    shell: str | None = None
    working_directory: str | None = None
    env: Mapping | None = None
    with_: Mapping | None = None
    timeout_minutes: Scalar | None = None
    background: bool = False
    children: tuple[Step, ...] = ()
    """The steps of a ``parallel`` group."""
    waits_for: tuple[str, ...] | None = None
    """The ids a ``wait`` names; none of them for ``wait-all``, which waits for all. None: it waits for nothing."""
    cancels: str | None = None
    """The id of the step in the background that it ends."""

    @property
    def label(self) -> str:
        """What a person calls the step: its name, action (seven digits of a pinned commit) or first script line."""
        if self.name:
            return " ".join(self.name.split()) if "\n" in self.name else self.name
        if self.uses:
            pinned = self.uses[-41:-40] == "@" and _DIGITS.issuperset(self.uses[-40:])
            return self.uses[:-33] if pinned else self.uses
        if self.form is StepForm.NEWER:
            return self._newer_label()
        lines = self.run.value.strip().splitlines() if self.run else []
        return lines[0] if lines else f"step {self.index + 1}"

    def _newer_label(self) -> str:
        if self.children:
            return " | ".join(child.label for child in self.children)
        if self.waits_for is not None:
            return f"wait for {', '.join(self.waits_for) or 'all'}"
        return f"cancel {self.cancels}" if self.cancels is not None else f"step {self.index + 1}"

    def inputs(self) -> dict[str, str]:
        """The ``with:`` inputs as text, names in lower case (GitHub compares them so)."""
        if self.with_ is None:
            return {}
        return {entry.key.value.lower(): scalar_text(entry.value) for entry in self.with_.entries}


class Job(Struct, frozen=True, kw_only=True, eq=False):
    """One job; ``uses`` is set for a call of a reusable workflow, which has no steps."""

    id: JobId
    key: Scalar
    node: Mapping
    route: Route
    name: Scalar | None = None
    needs: tuple[JobId, ...] = ()
    if_: Scalar | None = None
    runs_on: Node | None = None
    strategy: Node | None = None
    continue_on_error: Scalar | None = None
    timeout_minutes: Scalar | None = None
    env: Mapping | None = None
    defaults_shell: str | None = None
    defaults_directory: str | None = None
    container: Node | None = None
    services: Node | None = None
    outputs: Mapping | None = None
    permissions: Node | None = None
    uses: Scalar | None = None
    with_: Mapping | None = None
    steps: tuple[Step, ...] = ()

    def all_steps(self) -> Iterator[Step]:
        """Every step, those inside ``parallel`` too, in source order."""
        pending = list(reversed(self.steps))
        while pending:
            step = pending.pop()
            yield step
            pending.extend(reversed(step.children))


class Workflow(Struct, frozen=True, kw_only=True, eq=False):
    """One workflow file; ``path`` is relative to the repository's root, with ``/``."""

    path: str
    document: Document
    root: Mapping
    jobs: MappingABC[JobId, Job]
    name: str | None = None
    on: Node | None = None
    env: Mapping | None = None
    defaults_shell: str | None = None
    defaults_directory: str | None = None
    permissions: Node | None = None

    @property
    def generated(self) -> bool:
        """Whether a generator writes this file: it is read, never moved."""
        return self.path.endswith((".lock.yml", ".lock.yaml"))

    def place(self, node: Node) -> Place:
        """Where a node stands."""
        return self.document.source.place(node.start)

    def ref(self, job: Job) -> JobRef:
        """The reference of one of this workflow's jobs."""
        return JobRef(self.path, job.id)

    def shell_of(self, job: Job, step: Step) -> str | None:
        """The ``shell:`` in force for a step, or None for the runner's default."""
        return step.shell or job.defaults_shell or self.defaults_shell

    def directory_of(self, job: Job, step: Step) -> str | None:
        """The ``working-directory:`` in force for a step, or None for the checkout."""
        return step.working_directory or job.defaults_directory or self.defaults_directory

    def environment_of(self, job: Job, step: Step) -> dict[str, str]:
        """The variables that workflow, job and step set for a step, as written (expressions too)."""
        found: dict[str, str] = {}
        for layer in (self.env, job.env, step.env):
            if layer is not None:
                found.update((entry.key.value, scalar_text(entry.value)) for entry in layer.entries)
        return found


def scalar_text(node: Node | None) -> str:
    """A scalar's text as written; the empty string for anything else."""
    if type(node) is Scalar:  # nearly always
        return node.value
    real = deref(node) if node is not None else None
    return real.value if isinstance(real, Scalar) else ""
