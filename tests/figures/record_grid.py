"""Run whole grids, every cell three times, and write them down for replays.

``PYTHONPATH=tools:tests python tests/figures/record_grid.py FOLDER NAME ...`` keeps every run in FOLDER as
it ends; started again it goes on where it stopped. Rust's tools are taken from the PATH.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace

from covpath.bench.events import Event, Planned, Preparing, TrialBegins, TrialEnded
from covpath.bench.limits.table import best
from covpath.bench.machine import this_machine
from covpath.bench.plan import make_plan
from covpath.bench.run import Run
from covpath.bench.site import Site
from covpath.bench.supervisor.stage import used_bytes
from covpath.bench.workbench import Workbench
from covpath.evidence.store import TrialLog
from covpath.evidence.trial import Enforcement, Trial
from figures.bench_grid import GRIDS, REPEATS, profile, save
from figures.grid_subjects import SUBJECTS


@dataclass
class Watch:
    """Tells how far it is, and keeps how long every trial took with its preparation."""

    kept: Path
    began: float = 0.0
    first: float = field(default_factory=time.monotonic)
    count: int = 0

    def __call__(self, event: Event) -> None:
        now = time.monotonic()
        if isinstance(event, TrialBegins):
            self.began = now
        elif isinstance(event, TrialEnded):
            trial = event.trial
            self.count += 1
            with self.kept.open("a") as file:
                file.write(json.dumps([trial.cell, trial.started, round(now - self.began, 3)]) + "\n")
            what = f"{trial.backend} on {trial.runner or 'no limits'}: {trial.outcome}, {trial.wall_seconds:.2f} s"
            tell(f"{now - self.first:6.0f} s, {self.count:4}: {what}")
        elif isinstance(event, Planned):
            tell(f"{event.trials} trials, {event.resumed} of them done")
        elif isinstance(event, Preparing):
            tell(event.what)

    def took(self) -> dict[tuple[str, str], float]:
        """Seconds by cell and start."""
        lines = self.kept.read_text().splitlines()
        return {(cell, started): seconds for cell, started, seconds in map(json.loads, lines)}


def record(name: str, folder: Path, grids: Path = GRIDS) -> Path:
    """One grid's file: every cell three times in blocks, and every backend's run without limits three times."""
    asked = SUBJECTS[name]
    runners = [profile(size) for size in asked.sizes]
    folder.mkdir(parents=True, exist_ok=True)
    watch = Watch(folder / "took.jsonl")
    what = asked.make(folder)
    means = best()
    with Site.open(folder) as site:
        bench = Workbench(what, site, means, this_machine(means.NAME))
        bench.copy()
        ready = []
        for variant in what.variants:
            tell(f"setting up {variant.backend}")
            ready.append(bench.ready(variant))
        plan = make_plan(
            ready,
            runners,
            machine=bench.machine.fingerprint,
            time_limit_seconds=what.time_limit_seconds,
            trials=REPEATS,
        )
        runs = [Run(bench, plan, TrialLog(folder / "trials.jsonl"), folder / "reports", (), watch)]
        for number in range(1, REPEATS):
            log = TrialLog(folder / f"references-{number}.jsonl")
            runs.append(Run(bench, replace(plan, cells=()), log, folder / "reports", (), watch))
        trials: list[Trial] = []
        for run in runs:
            run.all()
            trials += [trial for kept in run.done.values() for trial in kept]
        files = {one.variant.backend: used_bytes(str(one.prepared)) for one in ready}
    held(trials)
    machine = trials[0].machine
    cells = len(ready) * len(runners)
    says = f"{name}, {asked.says}: {len(ready)} backends, {len(runners)} runners, {cells} cells"
    says += f"; {machine.cpu_model}, Linux {machine.kernel}, {machine.confinement}, {trials[0].started[:10]}"
    path = grids / f"{name}.json"
    save(path, says, str(what.own), asked.sizes, files, trials, watch.took())
    tell(f"{name} is written down")
    return path


def held(trials: list[Trial]) -> None:
    """Every limit of every cell must have been held: a grid of other runs says nothing."""
    for trial in trials:
        loose = [limit for limit in trial.limits if trial.runner and limit.state is not Enforcement.ENFORCED]
        if loose:
            raise SystemExit(f"{trial.backend} on {trial.runner}: {loose[0].knob} was {loose[0].state}")


def tell(text: str) -> None:
    """To whoever watches."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    for subject_name in sys.argv[2:]:
        record(subject_name, Path(sys.argv[1]) / subject_name)
