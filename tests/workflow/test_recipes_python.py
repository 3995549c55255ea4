import pytest

from covpath.workflow.recipes.links import End
from covpath.workflow.recipes.tox_model import expand_braces
from workflow.recipe_files import chains, shown

TOX_INI = """\
    [tox]
    envlist =
        py{310,311}-{cov,plain}
        lint

    [base]
    commands =
        coverage run -m pytest {posargs:tests}
        coverage report

    [testenv]
    deps = pytest
    setenv =
        COVERAGE_FILE = {toxworkdir}/x
        MODE = full
    commands =
        cov: {[base]commands}
        plain, !cov-lint: pytest \\
            -q {posargs}

    [testenv:lint]
    commands = ruff check {posargs:.}

    # a comment
    [testenv:coverage-{html,xml}]
    changedir = sub
    commands_pre = coverage erase
    commands =
        - coverage {envname} {env:FLAGS:-x} {unknown}

    [testenv:report]
    commands =
        {envpython} -m coverage run {toxinidir}/run.py
    """
TOX = {"tox.ini": TOX_INI}


def ends(command: str, files: dict[str, str], **options: object) -> list[str]:
    return [chain.final.text for chain in chains(command, files, **options) if chain.final is not None]  # type: ignore[arg-type]


COVERED = ["coverage run -m pytest tests", "coverage report"]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("tox -e py310-cov", COVERED),
        ("tox -epy311-cov", COVERED),
        ("tox -e py312-cov", COVERED),
        ("tox run -e py310-cov -- -k a", ["coverage run -m pytest -k a", "coverage report"]),
        ("python -m tox -e py310-plain", ["pytest -q"]),
        ("tox -e lint,py310-plain", ["ruff check .", "pytest -q"]),
        ("tox --env=lint -- src", ["ruff check src"]),
        ("TOXENV=lint tox", ["ruff check ."]),
        ("tox", [*COVERED, "pytest -q", "ruff check ."]),
        ("tox -e coverage-xml", ["coverage erase", "coverage coverage-xml -x …"]),
        ("tox -e 'py{310,311}-cov'", COVERED),
        ("tox -e report", ["python -m coverage run ./run.py"]),
        ("tox p -e lint", ["ruff check ."]),
        ("uvx --with tox-uv tox -e lint", ["ruff check ."]),
        ("tox list", ["tox list"]),
        ("tox --version", ["tox --version"]),
    ],
)
def test_tox(command: str, expected: list[str]) -> None:
    assert ends(command, TOX) == expected


def test_tox_shows_lines_directories_and_ignored_failures() -> None:
    found = chains("tox -e coverage-html", TOX)
    assert [str(chain) for chain in found] == [
        "tox -e coverage-html -> tox.ini:27 -> coverage erase",
        "tox -e coverage-html -> tox.ini:29 -> coverage coverage-html -x …",
    ]
    assert [chain.links[-1].let_off is not None for chain in found] == [False, True]
    assert [chain.final.directory for chain in found if chain.final] == ["sub", "sub"]
    assert shown("tox -e py310-plain", TOX) == ["tox -e py310-plain -> tox.ini:18 -> pytest -q"]


@pytest.mark.parametrize(
    ("command", "environment", "depends_on"),
    [
        ("tox -e ${{ matrix.tox_env }}", (), ("matrix.tox_env",)),
        ("tox -e py${{ matrix.python }}-cov", (), ("matrix.python",)),
        ("tox", (("TOXENV", "${{ matrix.env }}"),), ("matrix.env",)),
        ("tox -e $TOX_ENV", (), ("$TOX_ENV",)),
    ],
)
def test_tox_environment_from_a_matrix(
    command: str, environment: tuple[tuple[str, str | None], ...], depends_on: tuple[str, ...]
) -> None:
    found = chains(command, TOX, environment=environment)
    assert {chain.depends_on for chain in found} == {depends_on}
    assert any(chain.end is End.MEASURES for chain in found)
    assert str(found[0]).endswith(f"tox.ini:8 -> coverage run -m pytest tests (depends on {depends_on[0]})")


def test_tox_environment_that_does_not_exist() -> None:
    assert chains("tox -e nowhere", TOX)[0].unknown == "tox.ini has no environment nowhere"


@pytest.mark.parametrize(
    ("file", "text", "line"),
    [
        ("setup.cfg", "[metadata]\nname = x\n[tox:tox]\nenvlist = cov\n[testenv:cov]\ncommands = pytest --cov\n", 6),
        ("pyproject.toml", '[tool.tox]\nlegacy_tox_ini = """\n[tox]\nenvlist = cov\n[testenv]\n'
         'commands =\n  pytest --cov\n"""\n', 7),
        ("pyproject.toml", '[tool.tox]\nenv_list = ["cov"]\n[tool.tox.env_run_base]\n'
         'commands = [["pytest", "--cov"]]\n', 4),
        ("tox.toml", 'env_list = ["cov"]\n[env.cov]\ncommands = [\n  ["ruff"],\n  ["pytest", "--cov"],\n]\n', 5),
    ],
)  # fmt: skip
def test_tox_configuration_in_every_file(file: str, text: str, line: int) -> None:
    assert shown("tox -e cov", {file: text})[-1] == f"tox -e cov -> {file}:{line} -> pytest --cov"


def test_tox_toml_posargs() -> None:
    text = '[env.cov]\ncommands = [["pytest", "--cov", { replace = "posargs", default = ["tests"], extend = true }]]\n'
    assert ends("tox -e cov", {"tox.toml": text}) == ["pytest --cov tests"]
    assert ends("tox -e cov -- -x", {"tox.toml": text}) == ["pytest --cov -x"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("py310", ["py310"]),
        ("py{310,311}", ["py310", "py311"]),
        ("py3{10-12}-{a,b}", ["py310-a", "py310-b", "py311-a", "py311-b", "py312-a", "py312-b"]),
        ("{,x-}y", ["y", "x-y"]),
        ("a}{", ["a}{"]),
    ],
)
def test_brace_expansion(text: str, expected: list[str]) -> None:
    assert expand_braces(text) == expected


def test_brace_expansion_is_bounded() -> None:
    assert len(expand_braces("{1-90}" * 12)) <= 256


NOXFILE = """\
    import nox
    from nox import session as nox_session

    nox.options.sessions = ["lint"]

    @nox.session
    def lint(session):
        session.install("ruff")
        session.run("ruff", "check", external=True)

    @nox.session(python=["3.11", "3.12"], tags=["cov"])
    def tests(session: nox.Session) -> None:
        _coverage(session, "x")
        session.notify("report")

    def _coverage(s, what):
        s.run("coverage", "run", "-m", "pytest", *s.posargs, env={"A": "1", "B": what})

    @nox_session(name="report")
    def make_report(session):
        session.chdir("out")
        session.run("coverage", "xml", f"--x={session.name}")
        args = session.posargs or ["tests"]
        session.run("pytest", "--cov", *(session.posargs or ["tests"]))
        session.run(*more(args))

    @nox.session
    def again(session):
        session.notify("again")
        again(session)
    """
NOX = {"noxfile.py": NOXFILE}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("nox", ["nox -> noxfile.py:9 -> ruff check"]),
        ("nox -s tests -- -x", [
            "nox -s tests -- -x -> noxfile.py:17 -> coverage run -m pytest -x",
            "nox -s tests -- -x -> noxfile.py:22 -> coverage xml …",
            "nox -s tests -- -x -> noxfile.py:24 -> pytest --cov -x",
            "nox -s tests -- -x -> noxfile.py:25 -> … -> unknown: command … is not static",
        ]),
        ("nox --session=lint", ["nox --session=lint -> noxfile.py:9 -> ruff check"]),
        ("nox -s 'lint-3.12' report -- ", None),
        ("uv run nox -s lint", ["uv run nox -s lint -> noxfile.py:9 -> ruff check"]),
        ("NOXSESSION=lint nox", ["NOXSESSION=lint nox -> noxfile.py:9 -> ruff check"]),
        ("nox --list", ["nox --list"]),
    ],
)  # fmt: skip
def test_nox(command: str, expected: list[str] | None) -> None:
    found = shown(command, NOX)
    assert found == expected or (expected is None and len(found) == 4)


def test_nox_tags_and_python_versions() -> None:
    assert ends("nox -t cov", NOX)[0] == "coverage run -m pytest"
    assert ends("nox -s tests-3.12", NOX)[0] == "coverage run -m pytest"
    found = chains('nox -s "tests-${{ matrix.python }}"', NOX)
    assert found[0].end is End.MEASURES
    assert found[0].depends_on == ("matrix.python",)


def test_nox_keeps_directory_and_environment() -> None:
    found = chains("nox -s tests", NOX)
    assert found[0].final is not None
    assert found[0].final.environment == (("A", "1"), ("B", None))
    assert [chain.final.directory for chain in chains("nox -s report", NOX) if chain.final] == ["out"] * 2


@pytest.mark.parametrize(
    ("command", "text", "unknown"),
    [
        ("nox -s gone", NOXFILE, "noxfile.py has no session gone"),
        ("nox", "def (", "noxfile.py is not Python that can be read"),
    ],
)
def test_nox_that_leads_nowhere(command: str, text: str, unknown: str) -> None:
    assert chains(command, {"noxfile.py": text})[0].unknown == unknown


def test_nox_session_that_runs_itself_ends() -> None:
    assert [chain.end for chain in chains("nox -s again", NOX)] == [End.COMMAND]
