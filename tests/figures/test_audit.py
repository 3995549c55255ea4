"""What is said of the audit and the exceptions file, measured on the corpus of real workflows."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from pkgutil import resolve_name
from statistics import median
from typing import Any

import pytest

from audits.unfiltered import without_prefilter
from command_line import Call, caller
from covpath.commands import audit_many
from covpath.commands.audited import Asked, look_at
from covpath.commands.state import WorkingTree
from covpath.gate.scripts.script_commands import only_tells
from covpath.gate.verdict import JobVerdict
from covpath.outside.git import Repository
from covpath.terms import Gate
from covpath.workflow.model import Job
from sample_repositories import repository, write
from shared_data import shared_path

FILE = "ci/ci-exceptions.yaml"
STOPS_ZIZMOR = "antithesis-test.yml"
SAME_FILES = 10_000
TEAMS = 2_000
ROUNDS = 5


def report(line: str) -> None:
    sys.stdout.write(f"\n  {line}")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus's repositories, each with its workflows where GitHub looks for them."""
    root = tmp_path_factory.mktemp("corpus")
    for folder in sorted(shared_path("corpus/dev").iterdir()):
        files = {f".github/workflows/{path.name}": path.read_bytes() for path in folder.iterdir()}
        write(root / folder.name, {name: data for name, data in files.items() if not name.endswith(STOPS_ZIZMOR)})
    return root


def soft_jobs(root: Path) -> tuple[dict[str, JobVerdict], int]:
    """The jobs that do not block, or have a step that somebody masked, told from their verdicts alone.

    With how many are left out, because all that is soft about them is a script that only works out words.
    """
    asked = Asked(today=date(2026, 11, 25))
    subject = look_at(Repository(root=root, has_git=False), WorkingTree(root=root), asked).subject
    found: dict[str, JobVerdict] = {}
    words = 0
    for ref in subject.verdicts.refs:
        verdict = subject.verdicts.of(ref)
        assert verdict is not None
        by_flag = any(
            step.gate in (Gate.ADVISORY, Gate.SILENT)
            and any(reason.code.startswith("step-continue-on-error") for reason in step.reasons)
            for step in verdict.steps
        )
        soft = verdict.gate in (Gate.ADVISORY, Gate.SILENT)
        only_words = soft and says_only(subject.verdicts.job(ref)[1], verdict)
        words += only_words
        if (soft and not only_words) or (by_flag and verdict.gate is not Gate.NO_SIGNAL):
            found[f"{ref.workflow}:{ref.job}"] = verdict
    return found, words


def says_only(job: Job, verdict: JobVerdict) -> bool:
    """Whether a job's last script only works out words for other jobs, and so checks nothing."""
    script = job.steps[verdict.measuring].run if verdict.measuring is not None else None
    flagged = any("continue-on-error" in reason.code for step in verdict.steps for reason in step.reasons)
    return script is not None and only_tells(script.value) and not flagged


def unexplained(call: Call) -> list[dict[str, object]]:
    answer = call("audit", "--today", "2026-11-25", "--format", "json")
    return [one for one in answer.json()["findings"] if one["severity"] == "error"]


def test_adopting_silences_exactly_what_is_found(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = repositories = jobs = with_places = silenced = taken_away = brought_back = 0
    for root in sorted(corpus.iterdir()):
        soft, only_words = soft_jobs(root)
        words += only_words
        call = caller(capsys, root)
        found = unexplained(call)
        named = {f"{one['workflow']}:{one['job']}" for one in found}
        assert named >= soft.keys(), root.name
        if not found:
            continue
        repositories, jobs = repositories + 1, jobs + len(found)
        with_places += sum(bool(one["line"] and (one["related"] or one["message"])) for one in found)
        assert call("exceptions", "adopt", "--write").code == 0
        left = unexplained(call)
        silenced += len(found) - len(left)
        assert left == [], root.name
        whole = (root / FILE).read_bytes()
        for one in found:
            name = f"{str(one['workflow']).rsplit('/', 1)[-1]}:{one['job']}"
            assert call("exceptions", "resolve", name, "--write").code == 0
            back = unexplained(call)
            taken_away += 1
            brought_back += [(each["workflow"], each["job"]) for each in back] == [(one["workflow"], one["job"])]
            (root / FILE).write_bytes(whole)
        shutil.rmtree(root / "ci")
    with capsys.disabled():
        report(f"repositories with advisory jobs or masked steps: {repositories}, with {jobs} such jobs")
        report(f"left out, because they check nothing: {words} jobs whose script only works out or shows words")
        report(f"found with place and mechanism: {with_places} of {jobs}; silenced by adopt: {silenced} of {jobs}")
        report(f"one entry taken away brings back exactly one finding: {brought_back} of {taken_away}")
    assert with_places == silenced == jobs
    assert brought_back == taken_away == jobs


def teams(corpus: Path, target: Path, number: int) -> int:
    """``number`` repositories of five workflows each, every copy different from all others; how many files."""
    sources = sorted(path for path in corpus.rglob("*.y*ml") if b"\0" not in path.read_bytes())
    count = 0
    for index in range(number):
        folder = target / f"team-{index:04}" / ".github" / "workflows"
        folder.mkdir(parents=True)
        for _ in range(5):
            source = sources[count % len(sources)]
            text = source.read_bytes().replace(b"echo ", f"echo {count} ".encode())
            (folder / f"{count % 5}-{source.name}").write_bytes(text.rstrip(b"\n") + f"\n# copy {count}\n".encode())
            count += 1
    return count


def measured(command: list[str], where: Path) -> tuple[float, float, int]:
    """Wall time, processor time and peak memory (of the largest process, bytes) of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    script = (
        "import resource, subprocess, sys; "
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *command], cwd=where, capture_output=True, text=True, check=True
    )
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, cpu, int(done.stdout)


def test_ten_thousand_workflows(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = teams(corpus, tmp_path / "all", TEAMS)
    teams(corpus, tmp_path / "half", TEAMS // 2)
    zizmor = shutil.which("zizmor", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    assert zizmor is not None
    ours = [sys.executable, "-m", "covpath", "audit", "--today", "2026-11-25", "--format", "json"]
    theirs = [zizmor, "--offline", "--no-config", "--quiet", "--format=json"]
    # In turn, since a shared machine is not always equally fast.
    rounds = [[measured(one, tmp_path) for one in ([*theirs, "all"], [*ours, "all"])] for _ in range(ROUNDS)]
    cpu_zizmor = median(zizmor[1] for zizmor, _ in rounds)
    wall, cpu = (median(covpath[which] for _, covpath in rounds) for which in (0, 1))
    peak = max(covpath[2] for _, covpath in rounds)
    _, cpu_half, peak_half = measured([*ours, "half"], tmp_path)
    ratio, linear, memory = cpu_zizmor / cpu, cpu / cpu_half / 2, peak / peak_half
    each = ", ".join(f"{zizmor[1] / covpath[1]:.2f}" for zizmor, covpath in rounds)
    with capsys.disabled():
        report(f"{files} workflows in {TEAMS} repositories: {wall:.1f} s, {files / cpu:.0f} files per second per core")
        report(f"zizmor: {files / cpu_zizmor:.0f} files per second per core, so covpath is {ratio:.2f} times as fast")
        report(f"(medians of {ROUNDS} rounds; by round {each})")
        report(f"twice the files take {2 * linear:.2f} times as long; peak memory {peak / 2**20:.0f} MiB, ")
        report(f"with half the files {peak_half / 2**20:.0f} MiB")
    assert files == SAME_FILES
    assert 0.6 < linear < 1.5
    assert memory < 1.3


SHARES = {
    "reading": "covpath.commands.state.WorkingTree.workflows",
    "telling quiet jobs apart": "covpath.audits.quiet.Quiet.is_quiet",
    "judging the others": "covpath.gate.judge.Judge.job",
    "aggregate gates": "covpath.audits.verdicts.aggregate_gates",
    "shared names": "covpath.audits.verdicts.could_share covpath.audits.verdicts.shared_names",
    "all": "covpath.commands.audit_many.audit_one",
}


def test_where_the_time_goes(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    files = teams(corpus, tmp_path / "some", 300)
    spent = dict.fromkeys(SHARES, 0.0)

    def timed(share: str, act: Callable[..., object]) -> Callable[..., object]:
        def run(*given: Any, **named: Any) -> object:
            started = time.process_time()
            try:
                return act(*given, **named)
            finally:
                spent[share] += time.process_time() - started

        return run

    for share, names in SHARES.items():
        for name in names.split():
            monkeypatch.setattr(name, timed(share, resolve_name(name)))
    for root in sorted((tmp_path / "some").iterdir()):
        audit_many.audit_one(root, asked=Asked(today=date(2026, 11, 25)), strict=False)
    whole = spent.pop("all")
    shares = {**spent, "the rest": whole - sum(spent.values())}
    with capsys.disabled():
        report(f"of {whole * 1000 / files:.2f} ms a workflow file (every one new): ")
        report(", ".join(f"{share} {100 * seconds / whole:.0f} %" for share, seconds in shares.items()))


def test_the_prefilter_changes_no_answer(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def answers() -> list[str]:
        return [
            caller(capsys, root)("audit", "--today", "2026-11-25", "--format", "json").out
            for root in sorted(corpus.iterdir())
        ]

    with_it = answers()
    with without_prefilter():
        without = answers()
    different = sum(one != other for one, other in zip(with_it, without, strict=True))
    with capsys.disabled():
        report(f"answers that the prefilter changes: {different} of {len(with_it)} repositories")
    assert different == 0


def test_five_hundred_entries_and_a_thousand_commits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = repository(tmp_path / "repo", {"README.md": "words\n"})
    job = "  job{0}:\n    runs-on: u\n    continue-on-error: true\n    steps:\n      - run: make\n"
    workflow = "on: pull_request\njobs:\n" + "".join(job.format(number) for number in range(500))
    entry = "  - job: ci.yml:job{0}\n    decision: new-backend\n    target: {1}\n    reason: r{0}\n    evidence: https://e.org/{0}\n"
    targets = ["2027-01-01"] * 500
    stream: list[bytes] = []
    for number in range(1000):
        targets[number * 37 % 500] = f"2027-{number % 12 + 1:02}-{number % 28 + 1:02}"
        text = "version: 1\nowner: '@org/ci'\nexceptions:\n" + "".join(
            entry.format(index, target) for index, target in enumerate(targets)
        )
        when = 1_600_000_000 + number * 158_000  # five years
        files = {FILE: text} | ({".github/workflows/ci.yml": workflow} if number == 0 else {})
        stream.append(f"commit refs/heads/main\ncommitter A <a@b.c> {when} +0000\ndata 1\nx\n".encode())
        if number == 0:
            stream.append(b"from refs/heads/main^0\n")
        for name, data in files.items():
            stream.append(f"M 100644 inline {name}\ndata {len(data)}\n".encode() + data.encode() + b"\n")
    subprocess.run(["git", "fast-import", "--quiet"], input=b"".join(stream), cwd=root, check=True)
    subprocess.run(["git", "reset", "--quiet", "--hard", "main"], cwd=root, check=True)
    command = [sys.executable, "-m", "covpath", "audit", "--today", "2026-11-25", "--format", "json"]
    answer = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False).stdout
    drifted = sum(one["rule"] == "drifted" for one in json.loads(answer)["findings"])
    wall, cpu, _ = measured(command, root)
    with capsys.disabled():
        report(f"500 entries, 1,000 commits over five years: {wall:.2f} s, of which {cpu:.2f} s of processor time, ")
        report(f"{drifted} entries found to have drifted")
    assert drifted > 400
    assert cpu < 2  # the wall time of a machine that others use too says less
