"""``covpath status`` as a user meets it: against a base, with other repositories, on many files, in pieces."""

from __future__ import annotations

from pathlib import Path

import pytest

from command_line import Call, caller
from covpath.commands import status
from sample_repositories import commit, git, repository, write

CI = ".github/workflows/ci.yml"
HARD = """\
on: pull_request
jobs:
  lint:
    runs-on: ubuntu-24.04
    steps:
      - run: make lint
  coverage:
    runs-on: ubuntu-24.04
    steps:
      - run: cargo llvm-cov --lcov --output-path lcov.info
"""
SOFT = HARD.replace("lcov.info", "lcov.info || true")
CALLING = """\
on: pull_request
jobs:
  shared:
    uses: org/ci/.github/workflows/check.yml@v1
"""
CALLED = """\
on: workflow_call
jobs:
  check:
    runs-on: ubuntu-24.04
    steps:
      - run: make check
        continue-on-error: true
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {CI: HARD})


@pytest.fixture
def call(repo: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(capsys, repo)


def test_where_there_are_no_workflows_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = caller(capsys, tmp_path)("status")
    assert (told.code, told.err) == (0, "")
    assert (
        told.out
        == f"There are no workflow files in {tmp_path / '.github/workflows'}. --repo DIR names another place.\n"
    )


def test_a_base_without_a_change_says_nothing(repo: Path, call: Call) -> None:
    git(repo, "checkout", "--quiet", "-b", "branch")
    commit(repo, {CI: "# nothing\n" + HARD}, "A comment")
    told = call("status", "--base", "main")
    assert (told.code, told.out, told.err) == (0, "", "")


def test_a_base_tells_the_change_and_its_line(repo: Path, call: Call) -> None:
    git(repo, "checkout", "--quiet", "-b", "branch")
    write(repo, {CI: SOFT})
    told = call("status", "--base", "main")
    assert told.out == "this branch makes `coverage` silent (was blocking), ci.yml:10\n"
    (change,) = call("status", "--base", "main", "--format", "json").json()["changes"]
    assert change["before"]["gate"] == "blocking"
    assert (change["after"]["gate"], change["file"], change["line"], change["loosens"]) == ("silent", CI, 10, True)
    assert call("status", "lint", "--base", "main").out == ""


def test_what_the_base_branch_did_since_is_not_this_branchs_change(repo: Path, call: Call) -> None:
    git(repo, "checkout", "--quiet", "-b", "branch")
    git(repo, "checkout", "--quiet", "main")
    commit(repo, {CI: SOFT}, "Loosen")
    git(repo, "checkout", "--quiet", "branch")
    assert call("status", "--base", "main").out == ""


def test_a_file_that_cannot_be_read_is_no_removal(repo: Path, call: Call) -> None:
    write(repo, {CI: "jobs: [\n"})
    told = call("status", "--base", "HEAD")
    assert told.code == 2
    assert told.out.startswith("not read: ")
    assert "removes" not in told.out


def test_another_repositorys_workflow_is_read_where_it_is_given(repo: Path, tmp_path: Path, call: Call) -> None:
    write(repo, {CI: CALLING})
    (alone,) = call("status", "--all", "--format", "json").json()["jobs"]
    assert alone["gate"] == "unknown"
    others = tmp_path / "others"
    for name in ("ci", "else"):
        write(others / "org" / name, {".github/workflows/check.yml": CALLED})
    for folder, gate in ((others, "silent"), (others / "org" / "ci", "silent"), (others / "org" / "else", "unknown")):
        (given,) = call("status", "--all", "--format", "json", "--with", str(folder)).json()["jobs"]
        assert (folder, given["gate"]) == (folder, gate)


def _many(count: int) -> dict[str, str]:
    files = {
        f".github/workflows/w{number:03}.yml": (SOFT if number % 3 else HARD).replace("coverage:", f"coverage{number}:")
        for number in range(count)
    }
    called = ".github/workflows/called.yml"
    files[called] = CALLED
    files[".github/workflows/calls.yml"] = f"on: pull_request\njobs:\n  all:\n    uses: ./{called}\n"
    files[".github/workflows/broken.yml"] = "jobs: [\n"
    return files


def test_a_call_of_jobs_with_different_gates_says_so(repo: Path, call: Call) -> None:
    local = "./.github/workflows/check.yml"
    write(repo, {".github/workflows/all.yml": CALLING.replace("org/ci/.github/workflows/check.yml@v1", local)})
    other = "  lint:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: make lint\n"
    write(repo, {".github/workflows/check.yml": CALLED + other})
    assert "partly: the jobs it calls differ\n" in call("status", "all.yml:shared").out


WORDS = """\
  words:
    runs-on: ubuntu-24.04
    outputs:
      list: ${{ steps.list.outputs.list }}
    steps:
      - id: list
        run: echo "list=$(ls | jq -R .)" >> "$GITHUB_OUTPUT"
"""


def test_a_job_that_only_works_out_words_is_counted_not_shown(repo: Path, call: Call) -> None:
    write(repo, {CI: HARD + WORDS})
    told = call("status").out
    assert "  words" not in told
    assert "1 other job whose script checks nothing: words (--all shows them)\n" in told
    assert "  words     silent" in call("status", "--all").out


@pytest.mark.parametrize("form", ["text", "json"])
def test_several_processes_tell_what_one_tells(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    call = caller(capsys, repository(tmp_path / "many", _many(30)))
    one = call("status", "--all", "--format", form)
    monkeypatch.setattr(status, "MANY", 10)
    monkeypatch.setattr(status, "processors", lambda: 3)
    several = call("status", "--all", "--format", form)
    assert one.code == several.code == 2
    assert one.out == several.out
    assert "broken.yml" in one.out


def test_many_legs_are_told_by_their_gates(repo: Path, call: Call) -> None:
    write(
        repo,
        {
            CI: """\
on: pull_request
jobs:
  test:
    runs-on: ubuntu-24.04
    strategy:
      matrix:
        number: [1, 2, 3, 4, 5, 6, 7, 8, 9]
    continue-on-error: ${{ matrix.number == 3 }}
    steps:
      - uses: acme/measure@0123456789abcdef0123456789abcdef01234567
      - run: make test
"""
        },
    )
    told = call("status", "test").out
    assert "8 blocking: `test (1)`, `test (2)`, `test (4)`, `test (5)` and 4 more\n" in told
    assert "1 advisory: `test (3)`\n" in told
    assert "blocking   acme/measure@0123456 " in told


def test_a_job_that_uploads_what_nothing_is_seen_to_measure_is_told(repo: Path, call: Call) -> None:
    soft = "      - run: measure-it --all\n      - uses: codecov/codecov-action@v5\n"
    write(repo, {CI: f"on: pull_request\njobs:\n  test:\n    runs-on: x\n    steps:\n{soft}"})
    told = call("status").out
    assert "  test  blocking" in told
    assert "uploads a report (codecov/codecov-action), and none of its commands measures (`measure-it --all`)\n" in told
