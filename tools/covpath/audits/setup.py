"""What a job is measured with: its measuring step, its toolchain, its runner. Evidence speaks of these."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covpath.gate.measuring import find_measuring
from covpath.workflow.model import Job, Step, Workflow
from covpath.yamltext.nodes import Node, to_plain

_TOOLCHAINS = (
    "actions-rs/toolchain",
    "actions-rust-lang/setup-rust-toolchain",
    "actions/setup-dotnet",
    "actions/setup-go",
    "actions/setup-java",
    "actions/setup-node",
    "actions/setup-python",
    "astral-sh/setup-uv",
    "denoland/setup-deno",
    "dtolnay/rust-toolchain",
    "hecrj/setup-rust-action",
    "moonrepo/setup-rust",
    "oven-sh/setup-bun",
    "ruby/setup-ruby",
    "shivammathur/setup-php",
)
_VERSION_IS_REF = ("dtolnay/rust-toolchain",)
_INPUTS = ("version", "toolchain", "components", "target", "channel", "profile")


class JobSetup(Struct, frozen=True, kw_only=True):
    """The three things whose change makes a measurement one of another job."""

    measuring: str
    toolchain: tuple[str, ...]
    runner: str

    def differs_in(self, other: JobSetup) -> tuple[str, ...]:
        """What is different, in words; nothing where both are the same."""
        parts = (
            ("the measuring step", self.measuring == other.measuring),
            ("the toolchain", self.toolchain == other.toolchain),
            ("the runner", self.runner == other.runner),
        )
        return tuple(name for name, same in parts if not same)


def setup_of(workflow: Workflow, job: Job) -> JobSetup:
    """What a job is measured with, as its file says; labels, names and comments are not part of it."""
    index = find_measuring(workflow, job).index
    return JobSetup(
        measuring="" if index is None else _measuring(workflow, job, job.steps[index]),
        toolchain=tuple(_toolchain(job)),
        runner=f"{_text(job.runs_on)} {_text(job.container)}",
    )


def _measuring(workflow: Workflow, job: Job, step: Step) -> str:
    parts = (
        step.run.value if step.run is not None else step.uses or "",
        _text(step.with_),
        _text(step.env),
        workflow.shell_of(job, step) or "",
        workflow.directory_of(job, step) or "",
    )
    return "\n".join(" ".join(part.split()) for part in parts)


def _toolchain(job: Job) -> Iterator[str]:
    for step in job.steps:
        if step.run is not None and "rustup " in step.run.value:
            yield " ".join(step.run.value.split())
        action, _, ref = (step.uses or "").partition("@")
        if action.lower() in _TOOLCHAINS:
            # The action's own release is not the toolchain's, but for those whose ref names it.
            inputs = [f"{name}={value}" for name, value in step.inputs().items() if any(one in name for one in _INPUTS)]
            yield " ".join([action, *([ref] if action.lower() in _VERSION_IS_REF else []), *sorted(inputs)])


def _text(node: Node | None) -> str:
    return "" if node is None else repr(to_plain(node))
