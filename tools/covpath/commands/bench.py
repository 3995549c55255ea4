"""``covpath bench``: a coverage job, by backend, under the limits of runners."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from msgspec import Struct
from msgspec.structs import replace

from covpath.bench.from_job import MeasuringCommand, measuring_command
from covpath.bench.github.cells import base_name, split_cell
from covpath.bench.github.plain import run_real_cell
from covpath.bench.interpreters import monitoring_interpreter, own_environment
from covpath.bench.parity import parities
from covpath.bench.places import own_places, without_own_places
from covpath.bench.profile import choose, load_profiles
from covpath.bench.run import REPORTS_NAME, BenchOptions, run_bench
from covpath.bench.settings import FILE, BenchSettings, load_settings
from covpath.bench.subject import Subject
from covpath.bench.variants import Variants, job_threshold, make_variants
from covpath.commands.bench_collect import keep, with_collected
from covpath.commands.bench_elsewhere import run_elsewhere, split_names
from covpath.commands.bench_github import matrix_json
from covpath.commands.bench_report import EVIDENCE_NAME, report
from covpath.commands.linking import links_of, texts_of, tracer_of
from covpath.commands.state import WorkingTree
from covpath.commands.subject import open_subject
from covpath.errors import ExitCode, Refusal, UsageError
from covpath.evidence.model import Evidence
from covpath.evidence.runner import RunnerProfile
from covpath.evidence.store import dump_evidence, load_evidence
from covpath.outside.files import write_atomically
from covpath.outside.transaction import state_directory
from covpath.quantity import show_bytes, show_seconds
from covpath.workflow.repository import find_job


class _Bench(Struct, frozen=True, kw_only=True):
    """What would run: shown before anything does."""

    command: MeasuringCommand
    subject: Subject
    runners: tuple[RunnerProfile, ...]
    settings: BenchSettings
    folder: Path
    variants: Variants
    own: bool
    options: BenchOptions = BenchOptions()


def run(
    *,
    action: str,
    job: str | None,
    setup: list[str],
    backends: str | None,
    runners: str | None,
    trials: int | None,
    few: bool,
    certain: bool,
    scratch: Path | None,
    yes: bool,
    fresh: bool,
    folder: Path | None,
    repo: Path | None,
    format: str,  # noqa: A002 - the option's own name
    screen: TextIO,
    cell: str | None,
    real: bool,
    matrix: bool,
    **elsewhere: Any,
) -> ExitCode:
    """Plan, run, resume and report; FINDINGS where no cell works."""
    if action in ("cell", "collect") or elsewhere["on_github"] is not None:
        names = {
            "backends": split_names(backends),
            "runners": split_names(runners),
            "trials": trials or 1,
            "yes": yes,
        }
        return run_elsewhere(action, {**elsewhere, **names}, folder=folder, repo=repo, format=format, screen=screen)
    if not sys.platform.startswith("linux"):
        raise UsageError("bench needs Linux: nothing else holds a process tree to a runner's limits.")
    if cell is not None:
        backends, runners = split_cell(cell)
    bench = _plan(repo, job, setup, backends, runners, folder)
    bench = replace(bench, options=_options(bench, trials=trials, few=few or certain, certain=certain, scratch=scratch))
    if action == "plan" and matrix:
        asked = split_names(backends) or tuple(base_name(variant.backend) for variant in bench.subject.variants)
        screen.write(f"{matrix_json(bench.subject.repo, asked, split_names(runners))}\n")
        return ExitCode.DONE
    if action == "report":
        return report(load_evidence(bench.folder / EVIDENCE_NAME), bench.folder, format, screen)
    # With JSON on standard output, what is shown to people goes to standard error.
    people = sys.stderr if format == "json" else screen
    people.write(_shown(bench, real=cell is not None and real))
    if action == "plan":
        return ExitCode.DONE
    if not (yes or bench.own) and not _confirmed(people):
        raise Refusal("nothing was run.", hint="Answer y, or add --yes to run these commands.")
    if fresh:
        (bench.folder / "trials.jsonl").unlink(missing_ok=True)
    if cell is not None and real:
        evidence = run_real_cell(bench.subject, bench.runners[0], bench.options.trials)
        return report(keep(evidence, bench.folder), bench.folder, format, screen)
    evidence = with_collected(_to_keep(_measured(bench), bench), bench.folder)
    write_atomically(bench.folder / EVIDENCE_NAME, dump_evidence(evidence))
    return report(evidence, bench.folder, format, screen)


def _measured(bench: _Bench) -> Evidence:
    """Run it, with its progress on standard error."""
    from covpath.report.bench_screen import BenchProgress

    with BenchProgress(sys.stderr) as progress:
        for note in bench.variants.notes:
            progress.console.print(f"note: {note}", markup=False)
        return run_bench(bench.subject, bench.runners, bench.folder, bench.options, progress.tell)


def _plan(
    repo: Path | None,
    job: str | None,
    setup: Sequence[str],
    backends: str | None,
    runners: str | None,
    folder: Path | None,
) -> _Bench:
    opened = open_subject(repo)
    settings = load_settings(opened.root)
    name = job or settings.job
    if name is None:
        raise UsageError("which job?", hint=f"Name a coverage job with --job FILE:ID, or write `job:` into {FILE}.")
    workflow, found = find_job(opened.workflows.workflows, name)
    tree = WorkingTree(root=opened.root)
    trace = tracer_of(texts_of(tree), links_of(tree, opened.workflows.workflows)).trace(workflow, found)
    command = measuring_command(workflow, found, opened.root, trace.chain)
    preparation = tuple(setup) or settings.setup
    variants = make_variants(
        command, split_names(backends) or settings.backends, monitoring_interpreter(own_environment())
    )
    profiles = load_profiles(opened.root)
    chosen = choose(profiles, split_names(runners) or settings.runners or tuple(profiles))
    return _Bench(
        command=command,
        subject=_subject(opened.root, command, variants, preparation),
        runners=chosen,
        settings=settings,
        folder=folder or state_directory(opened.root) / "bench" / f"{workflow.path.rsplit('/', 1)[-1]}-{found.id}",
        variants=variants,
        own=job is None and repo is None and not setup,
    )


def _subject(root: Path, command: MeasuringCommand, variants: Variants, setup: tuple[str, ...]) -> Subject:
    return Subject(
        name=f"{command.workflow.path.rsplit('/', 1)[-1]}:{command.job.id}",
        repo=root,
        variants=variants.variants,
        job=command.workflow.ref(command.job),
        own=variants.own,
        setup=setup,
        time_limit_seconds=command.time_limit_seconds,
    )


def _to_keep(evidence: Evidence, bench: _Bench) -> Evidence:
    """The evidence to keep: the job's own backend held against each other one, no directory of this machine named."""
    found = parities(
        evidence,
        bench.folder / REPORTS_NAME,
        own=bench.variants.own,
        tree=bench.subject.repo,
        threshold=job_threshold(bench.variants.request),
    )
    return without_own_places(replace(evidence, parities=found), own_places(bench.subject.repo, own_environment()))


def _options(bench: _Bench, *, trials: int | None, few: bool, certain: bool, scratch: Path | None) -> BenchOptions:
    if trials is not None and trials < 1:
        raise UsageError("--trials must be at least 1.")
    if scratch is not None and scratch.resolve().is_relative_to(bench.subject.repo.resolve()):
        raise UsageError(
            "--scratch lies in the repository, which is copied to it.", hint="Name a folder outside of it."
        )
    default, settings = BenchOptions(), bench.settings
    return BenchOptions(
        trials=trials or settings.trials or default.trials,
        caches=settings.caches or default.caches,
        seed=default.seed if settings.seed is None else settings.seed,
        budget_seconds=settings.budget_seconds,
        scratch=scratch,
        few=few,
        certain=certain,
    )


def _shown(bench: _Bench, *, real: bool) -> str:
    """Everything that will be executed, and under which limits."""
    subject, command = bench.subject, bench.command
    place = command.workflow.place(command.step.node)
    lines = [
        f"{subject.name}, measured by {place.file}:{place.line}. In a copy of {subject.repo}, without credentials:"
    ]
    lines += [f"  set-up: {text}" for text in subject.setup]
    for variant in subject.variants:
        lines.append(f"  {variant.backend}:")
        lines += [f"    {line}" for text in (*variant.setup, variant.script) for line in text.strip().splitlines()]
        own = dict(variant.environment)
        if own:
            lines.append(f"    with {', '.join(f'{name}={value}' for name, value in own.items())}")
    held = "in few runs, under the limits of:" if bench.options.few else "under the limits of:"
    lines.append("on this machine as it is, which is to be:" if real else held)
    for runner in bench.runners:
        limit = f", {show_seconds(runner.time_limit_seconds)}" if runner.time_limit_seconds else ""
        many = "" if runner.cpus == 1 else "s"
        lines.append(f"  {runner.name}: {runner.cpus:g} processor{many}, {show_bytes(runner.memory_bytes)}{limit}")
    return "\n".join(lines) + "\n"


def _confirmed(stream: TextIO) -> bool:
    if not sys.stdin.isatty():
        return False
    stream.write("Run these commands? [y/N] ")
    stream.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
