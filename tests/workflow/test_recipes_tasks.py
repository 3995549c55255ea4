import pytest

from covpath.workflow.recipes.links import End
from workflow.recipe_files import chains, shown

JUSTFILE = """\
    set shell := ["bash", "-c"]
    out := "coverage.xml"
    stamp := `date`
    alias cov := coverage
    import 'more.just'
    mod ui

    default: test

    # runs the tests
    test *args:
        cargo nextest run {{ args }}

    coverage format="lcov" *rest: (prepare "tmp") && report
        @mkdir -p target
        cargo llvm-cov --{{format}} \\
            --output-path {{out}} {{rest}}
        echo {{stamp}}

    [private]
    prepare dir:
        -rm -rf {{dir}}

    [unix]
    report:
        #!/usr/bin/env bash
        set -e
        if true; then
            genhtml {{ stamp }}
        fi

    python:
        #!/usr/bin/env python3
        print("coverage")
    """
JUST = {
    "justfile": JUSTFILE,
    "more.just": "extra: test\n    cargo tarpaulin\n",
    "ui.just": "cov:\n    npm run coverage\n",
    "package.json": '{\n  "scripts": {\n    "coverage": "nyc npm test"\n  }\n}\n',
}
COVERAGE = [
    "rm -rf tmp",
    "mkdir -p target",
    "cargo llvm-cov --lcov --output-path coverage.xml",
    "genhtml {{ stamp }}",
]


def ends(command: str, files: dict[str, str], **options: object) -> list[str]:
    """What runs in the end, in order."""
    return [chain.final.text for chain in chains(command, files, **options) if chain.final is not None]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("just", ["cargo nextest run"]),
        ("just test -p core", ["cargo nextest run -p core"]),
        ("just coverage", COVERAGE),
        ("just cov", COVERAGE),
        ("just out=x.xml coverage html --all", [
            "rm -rf tmp", "mkdir -p target", "cargo llvm-cov --html --output-path x.xml --all", "genhtml {{ stamp }}",
        ]),
        ("just --set out x.xml coverage", [*COVERAGE[:2], "cargo llvm-cov --lcov --output-path x.xml", COVERAGE[3]]),
        ("just extra", ["cargo nextest run", "cargo tarpaulin"]),
        ("just prepare a report", ["rm -rf a", "genhtml {{ stamp }}"]),
        ("just ui cov", ["nyc npm test"]),
        ("just ui::cov", ["nyc npm test"]),
        ("cd crates/core && just report", ["genhtml {{ stamp }}"]),
    ],
)  # fmt: skip
def test_just(command: str, expected: list[str]) -> None:
    assert ends(command, JUST) == expected


def test_just_shows_lines() -> None:
    assert shown("just coverage", JUST)[2] == (
        "just coverage -> justfile:16 -> cargo llvm-cov --lcov --output-path coverage.xml"
    )
    assert shown("just report", JUST) == ["just report -> justfile:29 -> genhtml {{ stamp }}"]


def test_just_says_which_recipe_goes_on_after_a_failure() -> None:
    [first, *others] = chains("just coverage", JUST)
    assert first.links[-1].let_off is not None
    assert not any(chain.links[-1].let_off for chain in others)


@pytest.mark.parametrize(
    ("command", "unknown"),
    [
        ("just nope", "justfile has no recipe nope"),
        ("just python", "the recipe is written for /usr/bin/env python3"),
        ("just gone::cov", "justfile has no recipe gone::cov"),
        ("just -f other.just cov", "other.just is not in the repository"),
    ],
)
def test_just_that_leads_nowhere(command: str, unknown: str) -> None:
    [chain] = chains(command, JUST)
    assert chain.unknown == unknown


def test_just_that_runs_no_recipe() -> None:
    for command in ("just --list", "just --evaluate", "just --version"):
        assert [chain.end for chain in chains(command, JUST)] == [End.COMMAND]


MAKEFILE = """\
    PYTEST ?= pytest
    COV := --cov=pkg
    FLAGS =
    include more.mk
    .PHONY: all test
    .DEFAULT_GOAL := all

    all: test

    test: deps | dirs
    \t@echo testing; $(PYTEST) $(COV) \\
    \t  $(FLAGS) $(ARGS) $$HOME
    \t-@rm -f tmp

    deps:
    \tpip install -r requirements.txt

    dirs: ; mkdir -p out

    cov-%: deps
    \t$(MAKE) -C $* test

    ifeq ($(CI),true)
    ci: COV = --cov
    ci: test
    endif

    $(NAME)-x:
    \techo $@
    """
MAKE = {"Makefile": MAKEFILE, "more.mk": "lint:\n\truff check $(shell git ls-files)\n"}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("make deps", ["pip install -r requirements.txt"]),
        ("make", ["pip install -r requirements.txt", "mkdir -p out", "pytest --cov=pkg $(ARGS) $HOME", "rm -f tmp"]),
        ("make test COV=--cov ARGS=-x", [
            "pip install -r requirements.txt", "mkdir -p out", "pytest --cov -x $HOME", "rm -f tmp",
        ]),
        ("make -j4 dirs deps", ["mkdir -p out", "pip install -r requirements.txt"]),
        ("make -j$(nproc) dirs", ["mkdir -p out"]),
        ("make -s -B -k dirs", ["mkdir -p out"]),
        ("gmake --jobs 2 dirs", ["mkdir -p out"]),
        ("make lint", ["ruff check $(shell git ls-files)"]),
    ],
)  # fmt: skip
def test_make(command: str, expected: list[str]) -> None:
    assert ends(command, MAKE) == expected


def test_make_shows_lines_and_ignored_failures() -> None:
    found = chains("make test", MAKE)
    assert str(found[2]) == "make test -> Makefile:11 -> pytest --cov=pkg $(ARGS) $HOME"
    assert [chain.links[-1].let_off is not None for chain in found] == [False, False, False, True]


def test_make_in_another_directory() -> None:
    files = {"pkg/Makefile": "test:\n\tpytest --cov\n", "Makefile": "all:\n\tcd pkg && $(MAKE) test\n"}
    assert shown("make -C pkg test", files) == ["make -C pkg test -> pkg/Makefile:2 -> pytest --cov"]
    assert shown("make", files) == ["make -> Makefile:2 -> make test -> pkg/Makefile:2 -> pytest --cov"]
    assert shown("make -f pkg/Makefile", files) == ["make -f pkg/Makefile -> pkg/Makefile:2 -> pytest --cov"]


def test_make_pattern_rule_names_the_file_it_misses() -> None:
    assert shown("make cov-core", MAKE)[-1].endswith("core/Makefile is not in the repository")


def test_make_pattern_rules_without_a_recipe_make_nothing() -> None:
    files = {"Makefile": "test: core.txt\n\tpytest --cov\n%: %,v\n%: RCS/%\n%: s.%\n%: SCCS/s.%\n"}
    assert shown("make test", files) == ["make test -> Makefile:2 -> pytest --cov"]


def test_make_pattern_rules_that_ask_for_names_without_end_are_given_up() -> None:
    rules = "".join(f"%: {letter}%\n\techo {letter}\n" for letter in "abcdef")
    found = shown(
        "make test",
        {"Makefile": f"test: core\n\tpytest --cov\n{rules}%: {' '.join(f'{x}%' for x in 'ghijk')}\n\techo x\n"},
    )
    assert found[-1] == "make test -> Makefile:2 -> pytest --cov"
    assert any("asks for more than" in one for one in found)


@pytest.mark.parametrize("command", ["make nope", "make nope test"])
def test_make_without_such_a_target(command: str) -> None:
    assert chains(command, MAKE)[0].unknown == "Makefile has no target nope"


PACKAGE = """\
    {
      "name": "x",
      "scripts": {
        "pretest": "npm run build",
        "test": "mocha --exit",
        "posttest": "echo done",
        "build": "tsc",
        "coverage": "nyc npm test",
        "cov:all": "run-s build coverage",
        "ci": "cd web && npm run test:ci && npm run build",
        "all": "run-p --continue-on-error \\"cover*\\" 'cov:**' build",
        "lint": 3
      }
    }
    """
NPM = {"package.json": PACKAGE, "web/package.json": '{"scripts": {"test:ci": "nyc jest", "build": "vite"}}'}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("npm test", ["tsc", "mocha --exit"]),
        ("npm t", ["tsc", "mocha --exit"]),
        ("npm run-script build", ["tsc"]),
        ("npm run build -- --watch", ["tsc --watch"]),
        ("npm run build --if-present", ["tsc"]),
        ("yarn coverage", ["nyc npm test"]),
        ("yarn run build --watch", ["tsc --watch"]),
        ("pnpm coverage", ["nyc npm test"]),
        ("bun run coverage", ["nyc npm test"]),
        ("npm run cov:all", ["tsc", "nyc npm test"]),
        ("npm run ci", ["nyc jest", "vite"]),
        ("npm --prefix web run build", ["vite"]),
        ("npm run build --prefix web", ["vite"]),
        ("yarn --cwd web test:ci", ["nyc jest"]),
        ("cd web; pnpm run test:ci", ["nyc jest"]),
        ("npm ci", ["npm ci"]),
        ("yarn install --frozen-lockfile", ["yarn install --frozen-lockfile"]),
        ("yarn", ["yarn"]),
        ("bun test", ["bun test"]),
        ("yarn coverage --watch --out x", ["nyc npm test --watch --out x"]),
        ("yarn run --silent build --watch", ["tsc --watch"]),
        ("yarn nyc mocha", ["yarn nyc mocha"]),
        ("npm run all", ["nyc npm test", "tsc", "nyc npm test", "tsc"]),
    ],
)
def test_npm(command: str, expected: list[str]) -> None:
    assert ends(command, NPM) == expected


def test_npm_shows_lines() -> None:
    assert shown("npm run coverage", NPM) == ["npm run coverage -> package.json:8 -> nyc npm test"]


@pytest.mark.parametrize(
    ("command", "files", "unknown"),
    [
        ("npm run nope", NPM, "package.json has no script nope"),
        ("npm run lint", NPM, "package.json has no script lint"),
        ("npm run x", {"package.json": "{"}, "package.json is not JSON"),
        ("pnpm --filter web run build", NPM, "pnpm runs build in the package web"),
        ("npm run build -w web", NPM, "npm runs build in the package web"),
    ],
)
def test_npm_that_leads_nowhere(command: str, files: dict[str, str], unknown: str) -> None:
    assert chains(command, files)[0].unknown == unknown


PYPROJECT = """\
    [tool.hatch.envs.default.scripts]
    cov = [
      "coverage run -m pytest {args:tests}",
      "- coverage combine",
      "report --show-missing",
    ]
    report = "coverage report {args}"

    [tool.hatch.envs.ci]
    template = "default"
    [tool.hatch.envs.ci.scripts]
    all = "cov -x"
    lint = "ruff check {root}"

    [tool.pdm.scripts]
    test = "pytest --cov"
    full = { composite = ["lint", "test"] }
    lint.cmd = "ruff check"
    list = { cmd = ["pytest", "--cov"] }

    [tool.poe.tasks]
    test = "pytest --cov"
    both = ["test", "lint"]
    lint = { shell = "ruff check && ruff format" }
    code = { script = "pkg:main" }

    [tool.pixi.tasks]
    cov = { cmd = "pytest --cov", depends-on = ["build"] }
    build = "make"

    [tool.rye.scripts]
    cov = "pytest --cov"
    """
TOML = {
    "pyproject.toml": PYPROJECT,
    "mise.toml": "[tasks.cov]\nrun = ['cargo build', 'cargo llvm-cov']\ndepends = ['pre']\n[tasks.pre]\nrun = 'a b'\n",
}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("hatch run cov", ["coverage run -m pytest tests", "coverage combine", "coverage report --show-missing"]),
        ("hatch run cov -k a", ["coverage run -m pytest -k a", "coverage combine", "coverage report --show-missing"]),
        ("hatch run ci:all", ["coverage run -m pytest -x", "coverage combine", "coverage report --show-missing"]),
        ("hatch -e ci run lint", ["ruff check {root}"]),
        ("hatch run +py=3.12 ci:lint", ["ruff check {root}"]),
        ("hatch env run -e ci -- lint", ["ruff check {root}"]),
        ("hatch run ci.py3.12:lint", ["ruff check {root}"]),
        ("hatch run pytest --cov=x", ["pytest --cov=x"]),
        ("hatch test --cover", ["coverage run -m pytest tests"]),
        ("hatch test", ["pytest tests"]),
        ("hatch build", ["hatch build"]),
        ("pdm run test", ["pytest --cov"]),
        ("pdm test", ["pytest --cov"]),
        ("pdm run full", ["ruff check", "pytest --cov"]),
        ("pdm run list", ["pytest --cov"]),
        ("pdm run pytest --cov=x", ["pdm run pytest --cov=x"]),
        ("pdm install", ["pdm install"]),
        ("poe test -x", ["pytest --cov -x"]),
        ("uv run poe both", ["pytest --cov", "ruff check", "ruff format"]),
        ("pixi run cov", ["make", "pytest --cov"]),
        ("pixi run -e test cov", ["make", "pytest --cov"]),
        ("rye run cov", ["pytest --cov"]),
        ("mise run cov", ["a b", "cargo build", "cargo llvm-cov"]),
    ],
)
def test_tasks_in_toml(command: str, expected: list[str]) -> None:
    assert ends(command, {**TOML, "Makefile": "all: ;\n"}) == expected


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("hatch run cov", "hatch run cov -> pyproject.toml:3 -> coverage run -m pytest tests"),
        ("hatch run ci:lint", "hatch run ci:lint -> pyproject.toml:13 -> ruff check {root}"),
        ("pdm run test", "pdm run test -> pyproject.toml:16 -> pytest --cov"),
        ("poe test", "poe test -> pyproject.toml:22 -> pytest --cov"),
        ("rye run cov", "rye run cov -> pyproject.toml:32 -> pytest --cov"),
    ],
)
def test_tasks_in_toml_show_lines(command: str, line: str) -> None:
    assert shown(command, TOML)[0] == line


@pytest.mark.parametrize(
    ("command", "unknown"),
    [
        ("hatch run gone:cov", "pyproject.toml has no environment gone"),
        ("poe nope", "pyproject.toml has no task nope"),
        ("poe code", "pyproject.toml says nothing of task code that can be followed"),
        ("mise run nope", "mise.toml has no task nope"),
    ],
)
def test_tasks_in_toml_that_lead_nowhere(command: str, unknown: str) -> None:
    assert chains(command, TOML)[0].unknown == unknown


CARGO = {
    ".cargo/config.toml": '[build]\njobs = 2\n[alias]\ncov = "llvm-cov --lcov"\nlist = ["llvm-cov", "--html"]\n'
    'xtask = "run --package xtask --"\nloop = "loop"\n',
    "Makefile.toml": '[tasks.cov]\ndependencies = ["pre"]\ncommand = "cargo"\nargs = ["llvm-cov", "${X}"]\n'
    '[tasks.pre]\nscript = ["echo 1", "cargo build"]\n[tasks.sh]\nscript = """\ncargo tarpaulin\n"""\n',
}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("cargo cov --all", ["cargo cov --all -> .cargo/config.toml:4 -> cargo llvm-cov --lcov --all"]),
        ("cargo +nightly list", ["cargo +nightly list -> .cargo/config.toml:5 -> cargo +nightly llvm-cov --html"]),
        ("cd crates/a && cargo cov", ["cargo cov -> .cargo/config.toml:4 -> cargo llvm-cov --lcov"]),
        ("cargo make cov", [
            "cargo make cov -> Makefile.toml:6 -> cargo build",
            "cargo make cov -> Makefile.toml:1 -> cargo llvm-cov …",
        ]),
        ("makers sh", ["makers sh -> Makefile.toml:9 -> cargo tarpaulin"]),
        ("cargo test --all", ["cargo test --all"]),
        ("cargo plugin", ["cargo plugin"]),
    ],
)  # fmt: skip
def test_cargo(command: str, expected: list[str]) -> None:
    assert shown(command, CARGO) == expected


def test_xtask_is_named_and_not_followed() -> None:
    for command in ("cargo xtask coverage", "cargo run -p xtask -- coverage"):
        [chain] = chains(command, CARGO)
        assert chain.unknown == "xtask is a program of this repository; what it runs is not followed"


def test_alias_of_itself_ends() -> None:
    assert chains("cargo loop", CARGO)[0].unknown == "the recipe leads back to itself"


def test_pre_commit_runs_local_hooks() -> None:
    files = {
        ".pre-commit-config.yaml": """\
            repos:
              - repo: local
                hooks:
                  - id: cov
                    entry: pytest
                    args: [--cov, -x]
                    language: system
                  - {id: lint, entry: ruff check, language: system}
              - repo: elsewhere
                hooks: [{id: black}]
            """
    }
    assert shown("pre-commit run cov", files) == ["pre-commit run cov -> .pre-commit-config.yaml:5 -> pytest --cov -x"]
    assert ends("pre-commit run --all-files", files) == ["pytest --cov -x", "ruff check"]
    assert [chain.end for chain in chains("pre-commit run black", files)] == [End.COMMAND]
    assert [chain.end for chain in chains("pre-commit install", files)] == [End.COMMAND]
    assert chains("pre-commit run", {".pre-commit-config.yaml": "a: [\n"})[0].end is End.UNKNOWN
