"""The subjects whose whole grids are recorded: what is measured, by which backends, on which runners."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench_runs import Variant, subject
from covpath.bench.from_job import measuring_command
from covpath.bench.interpreters import monitoring_interpreter, own_environment
from covpath.bench.settings import load_settings
from covpath.bench.subject import Subject
from covpath.bench.variants import make_variants
from covpath.commands.subject import open_subject
from covpath.workflow.repository import find_job
from figures.bench_grid import Size

ROOT = Path(__file__).resolve().parents[2]

WORK = """
def work(rounds):
    total = 0
    for number in range(rounds):
        total += number % 7
    return total

def hold(size):
    return len(bytearray(size))
"""
TEST = """
import pytest
from pkg.a import hold, work

@pytest.mark.parametrize("number", range(1, 21))
def test_work(number):
    assert work({rounds})
    assert hold(number * {step})
"""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A subject, made in an empty folder, and the runners of its grid."""

    says: str
    make: Callable[[Path], Subject]
    sizes: tuple[Size, ...]


def published(name: str) -> Callable[[Path], Subject]:
    """A subject of ``ci/subjects``, with the backends that its ``bench.yaml`` or its language names."""

    def make(folder: Path) -> Subject:
        sys.path.insert(0, str(ROOT / "ci"))
        opened = open_subject(importlib.import_module("subjects").prepared(name))
        settings = load_settings(opened.root)
        workflow, job = find_job(opened.workflows.workflows, str(settings.job))
        command = measuring_command(workflow, job, opened.root)
        variants = make_variants(command, settings.backends, monitoring_interpreter(own_environment()))
        return Subject(
            name=name,
            repo=opened.root,
            variants=variants.variants,
            job=workflow.ref(job),
            own=variants.own,
            setup=settings.setup,
            time_limit_seconds=command.time_limit_seconds,
        )

    return make


def written(rounds: int, step: int) -> Callable[[Path], Subject]:
    """A package of ours: twenty tests of so many rounds, the last of which holds twenty times ``step`` bytes."""

    def make(folder: Path) -> Subject:
        measured = f'"{sys.executable}" -m pytest -q -p no:cacheprovider --cov=pkg --cov-report=xml tests'
        slipcover = f'"{sys.executable}" -m slipcover --source pkg --xml --out coverage.xml -m pytest -q tests'
        what = subject(
            folder,
            Variant(backend="pytest-cov", script=measured, report="coverage.xml"),
            Variant(backend="slipcover", script=slipcover, report="coverage.xml"),
            own="pytest-cov",
        )
        (what.repo / "pkg").mkdir(exist_ok=True)
        (what.repo / "tests").mkdir(exist_ok=True)
        (what.repo / "pkg" / "__init__.py").touch()
        (what.repo / "pkg" / "a.py").write_text(WORK)
        (what.repo / "tests" / "test_a.py").write_text(TEST.format(rounds=rounds, step=step))
        subprocess.run(["git", "init", "-q", what.repo], check=True)
        return what

    return make


def sizes(memory: tuple[int, ...], cpus: float) -> tuple[Size, ...]:
    """Runners that differ in memory alone."""
    return tuple(Size(memory=one, cpus=cpus) for one in memory)


SUBJECTS = {
    "strsim": Asked(
        says="a published Rust crate with its own tests",
        make=published("strsim"),
        sizes=(
            *sizes((64, 72, 80, 88, 96, 112, 128, 192), 1),
            *sizes((88, 112), 0.5),
            *sizes((96,), 2),
            Size(memory=128, cpus=1, disk=24),
            Size(memory=128, cpus=1, disk=44),
            Size(memory=128, cpus=1, seconds=2),
            Size(memory=128, cpus=0.5, seconds=4),
        ),
    ),
    "rust-workspace": Asked(
        says="a Rust workspace of several crates",
        make=published("rust-workspace"),
        sizes=(
            *sizes((28, 32, 36, 40, 48, 64, 80, 128), 1),
            *sizes((48, 80), 0.5),
            *sizes((96,), 2),
            Size(memory=128, cpus=1, disk=64),
            Size(memory=128, cpus=1, disk=112),
            Size(memory=128, cpus=1, seconds=3),
        ),
    ),
    "minimist": Asked(
        says="a published JavaScript package with its own tests",
        make=published("minimist"),
        sizes=(
            *sizes((40, 48, 56, 64, 72, 80, 88, 96, 104, 112, 128, 144, 160, 176, 192, 224), 1),
            *sizes((48, 56, 64, 96, 104, 112, 128), 0.5),
            *sizes((112,), 0.25),
            Size(memory=64, cpus=1, disk=32),
            Size(memory=128, cpus=1, disk=48),
            Size(memory=128, cpus=1, disk=64),
            Size(memory=64, cpus=0.5, seconds=2),
            Size(memory=128, cpus=1, seconds=2),
            Size(memory=128, cpus=0.5, seconds=4),
        ),
    ),
    "toolz": Asked(
        says="a published Python package with its own tests",
        make=published("toolz"),
        sizes=(
            *sizes((30, 36, 40, 44, 48, 64), 1),
            *sizes((40, 48), 0.5),
            Size(memory=64, cpus=1, disk=40),
            Size(memory=64, cpus=1, disk=64),
            Size(memory=64, cpus=1, seconds=2),
            Size(memory=64, cpus=0.5, seconds=4),
        ),
    ),
    "python-memory": Asked(
        says="a Python package written for this, whose tests hold memory",
        make=written(4_000, 6 * 2**20),
        sizes=(
            *sizes((32, 96, 128, 144, 160, 176, 192, 256), 0.5),
            *sizes((32, 96, 128, 144, 160, 176, 192, 256), 1),
            Size(memory=192, cpus=0.5, seconds=2),
            Size(memory=192, cpus=1, seconds=1.5),
            Size(memory=192, cpus=0.5, seconds=5),
            Size(memory=256, cpus=1, seconds=4),
        ),
    ),
    "python-quick": Asked(
        says="a Python package written for this, whose tests take no time",
        make=written(200, 4 * 2**20),
        sizes=(
            *sizes((32, 48, 64, 80, 96, 104, 112, 120, 128, 160), 0.5),
            *sizes((32, 48, 64, 80, 96, 104, 112, 120, 128, 160), 1),
        ),
    ),
    "python-arithmetic": Asked(
        says="a Python package written for this, whose tests compute",
        make=written(30_000, 2**20),
        sizes=(
            *sizes((24, 32, 40, 48, 56, 64, 96, 128), 0.5),
            *sizes((24, 32, 40, 48, 56, 64, 96, 128), 1),
            Size(memory=64, cpus=0.5, seconds=2),
            Size(memory=64, cpus=1, seconds=1.5),
            Size(memory=96, cpus=0.5, seconds=4),
            Size(memory=128, cpus=1, seconds=4),
        ),
    ),
}
