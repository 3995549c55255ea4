"""The sessions people and runners start: ``python3 ci/nox.py -s NAME``. No logic lives here."""

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "virtualenv"  # comes with nox; works where ensurepip is missing
nox.options.reuse_venv = "yes"
nox.options.sessions = ["lint", "tests"]


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, with the Python that runs nox; arguments go to pytest."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "--numprocesses=auto", "--dist=loadgroup", *session.posargs)


@nox.session(name="tests-on", python=["3.11", "3.12", "3.13", "3.14"])
def tests_on(session: nox.Session) -> None:
    """All tests, with each Python that is installed here: ``tests-on-3.13``."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "--numprocesses=auto", "--dist=loadgroup", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, types, and our own workflows, action and schemas."""
    session.install("-e", ".[lint]")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run(
        "zizmor", "--quiet", "--offline", "--persona=pedantic", "--strict-collection", ".github", "ci/audit-action"
    )
    session.run(
        *("check-jsonschema", "--builtin-schema=vendor.github-workflows"),
        *(".github/workflows/ci.yml", ".github/workflows/coverage-bench.yml"),
    )
    session.run("check-jsonschema", "--builtin-schema=vendor.github-actions", "ci/audit-action/action.yml")
    session.run("check-jsonschema", "--builtin-schema=vendor.dependabot", ".github/dependabot.yml")


@nox.session
def coverage(session: nox.Session) -> None:
    """The measuring command of our own coverage job, as it stands in ci.yml."""
    session.install("-e", ".[bench]")
    session.run(
        "python",
        "-m",
        "pytest",
        "--cov=tools/covpath/workflow",
        "--cov-report=xml:coverage.xml",
        "--verbose",
        "tests/workflow/test_triggers.py",
        "tests/workflow/test_check_names.py",
        "tests/workflow/test_matrix.py",
    )


@nox.session(name="coverage-bench")
def coverage_bench(session: nox.Session) -> None:
    """Which backend our coverage job, or another's (``-- --repo DIR --job JOB``), works with on which runner."""
    session.install("-e", ".[bench,report]")
    session.run("covpath", "bench", *session.posargs)


@nox.session(name="bench-subjects")
def bench_subjects(session: nox.Session) -> None:
    """The same for published projects (``-- toolz strsim``; default: all, ten minutes); goes on where it was."""
    session.install("-e", ".[bench,report]")
    session.run("python", "ci/subjects.py", *session.posargs)


@nox.session(name="tests-rust")
def tests_rust(session: nox.Session) -> None:
    """The tests that run Rust's coverage tools: six minutes the first time, when they are built, then two."""
    session.install("-e", ".[test]", "codecov-cli==11.3.1")
    session.run("python", "ci/rust_tools.py", "python", "-m", "pytest", "-m", "rust_tools", *session.posargs)


@nox.session(name="limits-v2")
def limits_v2(session: nox.Session) -> None:
    """The limits under control groups version 2, in a virtual machine (root, Debian's qemu and cloud kernel)."""
    session.install("-e", ".[test]")
    session.run("python", "tests/vm/boot.py", "-m", "pytest", "-m", "linux_limits", "tests/bench", *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Our exceptions file against our workflows, the calendar and the history."""
    session.install("-e", ".")
    session.run("covpath", "audit", *session.posargs)


@nox.session
def figures(session: nox.Session) -> None:
    """Print the figures covpath claims, measured now."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "pytest", "-q", "-s", "tests/figures", *session.posargs)
