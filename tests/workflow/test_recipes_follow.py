import time
from itertools import pairwise
from types import ModuleType

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from covpath.workflow.recipes.follow import RECIPES, follow
from covpath.workflow.recipes.invocations import invocation_of
from covpath.workflow.recipes.links import End, Invocation, Reader
from covpath.workflow.shell.parse import parse_script
from shared_data import shared_path
from workflow.recipe_files import chains, is_measuring, shown

SCRIPTS = {
    "ci/coverage.sh": """\
        #!/usr/bin/env bash
        set -euo pipefail
        cd "$(dirname "$0")/.."
        cargo build
        if [ -n "$FULL" ]; then
          cargo tarpaulin --out Xml \\
            --all
        fi
        ./ci/report.py --x
        """,
    "ci/report.py": """\
        import subprocess
        import sys

        def main() -> None:
            subprocess.run(["make", "report"], check=True)
            subprocess.check_call([sys.executable, "-m", "coverage", "run", sys.argv[1]])
            subprocess.run("just cov | tee log", shell=True)
            subprocess.run(command_made_elsewhere())
        """,
    "Makefile": "report:\n\techo done\n\tgenhtml lcov.info\n",
    "justfile": "cov:\n    cargo llvm-cov --lcov\n",
}


def test_a_command_without_recipe_is_its_own_end() -> None:
    [chain] = chains("ls -l", {})
    assert (chain.end, str(chain), chain.final is not None) == (End.COMMAND, "ls -l", True)


def test_a_measuring_command_is_its_own_end() -> None:
    [chain] = chains("cargo llvm-cov --lcov", {})
    assert (chain.end, len(chain.links)) == (End.MEASURES, 1)


@pytest.mark.parametrize(
    "command",
    [
        "poetry run pytest --cov=x",
        "uv run pytest --cov",
        "uv run --group test --python 3.12 -m pytest --cov",
        "uv --directory sub run pytest --cov",
        "python -m pytest --cov",
        "python3.12 -m coverage run -m pytest",
        "pdm run pytest --cov",
        "pipenv run python -m pytest --cov",
        "npx nyc mocha",
        "node --expose-gc ./node_modules/nyc/bin/nyc.js mocha",
        "pnpm exec nyc mocha",
        "conda run -n test pytest --cov",
        "rustup run nightly cargo llvm-cov",
        "sudo -E env A=1 timeout 300 uvx --from pytest pytest --cov",
    ],
)
def test_runners_are_seen_through(command: str) -> None:
    [chain] = chains(command, {})
    assert chain.end is End.MEASURES
    assert chain.final is not None


def test_a_folder_in_a_variable_is_seen_through() -> None:
    text = "export PREFIX=''\nif [ -d venv ]; then\n  PREFIX='venv/bin/'\nfi\n${PREFIX}coverage run -m pytest\n"
    [chain] = chains("scripts/test", {"scripts/test": f"#!/bin/sh\n{text}"})
    assert (chain.end, chain.parts[-1]) == (End.MEASURES, "${PREFIX}coverage run -m pytest")
    [other] = chains("scripts/test", {"scripts/test": "#!/bin/sh\nTOOL=some-\n${TOOL}coverage run\n"})
    assert other.end is End.UNKNOWN


def test_a_script_is_followed_into_everything_it_runs() -> None:
    assert shown("./ci/coverage.sh", SCRIPTS) == [
        "./ci/coverage.sh -> ci/coverage.sh:4 -> cargo build",
        "./ci/coverage.sh -> ci/coverage.sh:6 -> cargo tarpaulin --out Xml --all",
        "./ci/coverage.sh -> ci/coverage.sh:9 -> ./ci/report.py --x -> ci/report.py:5 -> make report"
        " -> Makefile:3 -> genhtml lcov.info",
        "./ci/coverage.sh -> ci/coverage.sh:9 -> ./ci/report.py --x -> ci/report.py:6 -> python -m coverage run …",
        "./ci/coverage.sh -> ci/coverage.sh:9 -> ./ci/report.py --x -> ci/report.py:7 -> just cov"
        " -> justfile:2 -> cargo llvm-cov --lcov",
        "./ci/coverage.sh -> ci/coverage.sh:9 -> ./ci/report.py --x -> ci/report.py:7 -> tee log",
    ]


@pytest.mark.parametrize(
    "command",
    [
        "bash ci/coverage.sh",
        "bash -x ./ci/coverage.sh --flag",
        "$GITHUB_WORKSPACE/ci/coverage.sh",
        "${{ github.workspace }}/ci/coverage.sh",
        "source ci/coverage.sh",
        "cd ci && ./coverage.sh",
        "env X=1 ci/coverage.sh",
    ],
)
def test_ways_to_call_a_script(command: str) -> None:
    ends = [chain.end for chain in chains(command, SCRIPTS)]
    assert ends.count(End.MEASURES) == 3


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("./ci/none.sh", "./ci/none.sh -> ci/none.sh -> unknown: ci/none.sh is not in the repository"),
        ("make coverage", "make coverage -> Makefile -> unknown: Makefile is not in the repository"),
        ("just coverage", "just coverage -> justfile -> unknown: justfile is not in the repository"),
        ("npm test", "npm test -> package.json -> unknown: package.json is not in the repository"),
        ("yarn coverage", "yarn coverage -> package.json -> unknown: package.json is not in the repository"),
        ("nox -s cov", "nox -s cov -> noxfile.py -> unknown: noxfile.py is not in the repository"),
        ("hatch run cov", "hatch run cov -> pyproject.toml -> unknown: pyproject.toml is not in the repository"),
        (
            "tox -e cov",
            "tox -e cov -> tox.ini -> unknown: tox.ini (or another tox configuration) is not in the repository",
        ),
        ("cargo make cov", "cargo make cov -> Makefile.toml -> unknown: Makefile.toml is not in the repository"),
        ("poe cov", "poe cov -> pyproject.toml -> unknown: pyproject.toml is not in the repository"),
        ("mise run cov", "mise run cov -> mise.toml -> unknown: mise.toml is not in the repository"),
        (
            "pre-commit run cov",
            "pre-commit run cov -> .pre-commit-config.yaml"
            " -> unknown: .pre-commit-config.yaml is not in the repository",
        ),
        ("task cov", "task cov -> Taskfile.yml -> unknown: Taskfile.yml is not in the repository"),
        ("docker run img cargo tarpaulin", None),
        ("cargo xtask coverage", None),
        ("cd $DIR && make cov", "make cov -> unknown: the directory it runs in is not known"),
        ("cd sub && make cov", "make cov -> sub/Makefile -> unknown: sub/Makefile is not in the repository"),
    ],
)
def test_the_first_unknown_link_is_named(command: str, expected: str | None) -> None:
    [chain] = chains(command, {})
    assert chain.end is End.UNKNOWN
    assert chain.unknown
    assert expected is None or str(chain) == expected


@pytest.mark.parametrize(
    ("command", "depends_on"),
    [
        ("just ${{ matrix.recipe }}", ("matrix.recipe",)),
        ("make ${{ matrix.target }}", ("matrix.target",)),
        ("npm run ${{ matrix.script }}", ("matrix.script",)),
        ("nox -s ${{ matrix.session }}", ("matrix.session",)),
        ("tox -e ${{ matrix.tox_env }}", ("matrix.tox_env",)),
        ("hatch run ${{ matrix.env }}:cov", ("matrix.env",)),
        ("./ci/${{ matrix.script }}.sh", ("matrix.script",)),
        ('bash "$SCRIPT"', ("$SCRIPT",)),
        ("cargo make ${{ matrix.task }}", ("matrix.task",)),
        ("poe ${{ matrix.task }}", ("matrix.task",)),
        ("${{ matrix.command }} --all", ("matrix.command",)),
        ("$TOOL test", ("$TOOL",)),
    ],
)
def test_what_a_recipe_depends_on_is_said(command: str, depends_on: tuple[str, ...]) -> None:
    files = {
        "justfile": "a:\n    b\n",
        "Makefile": "a:\n\tb\n",
        "package.json": '{"scripts": {"a": "b"}}',
        "noxfile.py": "import nox\n",
        "tox.ini": "[tox]\nenvlist = \n",
        "pyproject.toml": "[tool.poe.tasks]\na = 'b'\n",
        "Makefile.toml": "[tasks.a]\ncommand = 'b'\n",
    }
    [chain] = chains(command, files)
    assert chain.end is End.UNKNOWN
    assert chain.depends_on == depends_on
    assert str(chain).endswith(f"(depends on {depends_on[0]})")


def test_a_recipe_that_calls_itself_ends() -> None:
    [chain] = chains("make loop", {"Makefile": "loop:\n\t$(MAKE) loop\n"})
    assert chain.unknown == "the recipe leads back to itself"
    [chain] = chains("./a.sh", {"a.sh": "./b.sh", "b.sh": "./a.sh"})
    assert chain.unknown == "the recipe leads back to itself"


def test_breadth_is_bounded() -> None:
    lines = "\n".join(f"./s.sh {number}" for number in range(60))
    assert len(chains("./s.sh", {"s.sh": lines})) <= 500


@pytest.mark.parametrize(
    ("command", "file", "text"),
    [
        ("just a", "justfile", 'import "justfile"\n' * 2000 + "a: b\nb: a\n"),
        ("make a", "Makefile", "include Makefile\n" * 2000 + "a: b\nb: a\n"),
        ("make a", "Makefile", "A = $(B)$(B)\nB = $(A)$(A)\na:\n\t$(A)\n"),
        ("tox -e a", "tox.ini", "[tox]\nenvlist = a{1-90}{1-90}{1-90}{1-90}{1-90},a\n[testenv]\ncommands = x\n"),
        ("tox -e a", "tox.ini", "[testenv:a]\ncommands = {[testenv:a]commands} {[testenv:a]commands}\n"),
        ("hatch run a", "pyproject.toml", "[tool.hatch.envs.default.scripts]\na = ['b', 'b']\nb = ['a', 'a']\n"),
        ("poe a", "pyproject.toml", "[tool.poe.tasks]\na = ['b', 'b']\nb = ['a', 'a']\n"),
        ("cargo make a", "Makefile.toml", "[tasks.a]\ndependencies = ['a', 'a']\n"),
        ("./x.sh", "x.sh", "./x.sh 1\n./x.sh 2\n" * 2000),
        ("nox -s a", "noxfile.py", "import nox\n@nox.session\ndef a(s):\n" + "    a(s)\n    b(s)\n" * 500),
    ],
)
def test_hostile_recipes_end_soon(command: str, file: str, text: str) -> None:
    started = time.monotonic()
    assert chains(command, {file: text})
    assert time.monotonic() - started < 10


def test_files_outside_the_repository_are_not_read() -> None:
    asked: list[str] = []

    def read(path: str) -> str | None:
        asked.append(path)
        return None

    for command in (
        "../../etc/x.sh",
        "bash /etc/passwd",
        "make -C ../..",
        "source ~/.profile",
        "just -f ../justfile a",
    ):
        script = parse_script(command)
        follow(invocation_of(script.commands[0], script), read, is_measuring)
    assert not [path for path in asked if path.startswith(("..", "/", "~"))]


def test_programs_that_are_no_scripts_of_ours_are_left_alone() -> None:
    for command in ("./target/debug/tool", "source .venv/bin/activate", "/usr/bin/tool", "node_modules/.bin/tool"):
        assert [chain.end for chain in chains(command, {})] in ([End.COMMAND], [End.UNKNOWN])
    assert chains("source .venv/bin/activate", {})[0].end is End.COMMAND


def test_script_in_another_language_is_unknown() -> None:
    [chain] = chains("./ci/run", {"ci/run": "#!/usr/bin/env perl\nprint 1;\n"})
    assert chain.unknown == "ci/run is written for /usr/bin/env perl"


def test_nested_shell_text_is_followed() -> None:
    [chain] = chains("./a.sh", {"a.sh": "sudo bash -c 'cd sub && pytest --cov'"})
    assert (chain.end, chain.final.directory if chain.final else None) == (End.MEASURES, "sub")


def test_every_recipe_module_offers_the_same() -> None:
    for recipe in RECIPES:
        assert callable(recipe.expand)
        assert recipe.__doc__


FILES = [
    "justfile",
    "Makefile",
    "tox.ini",
    "setup.cfg",
    "pyproject.toml",
    "package.json",
    "noxfile.py",
    "hatch.toml",
    ".cargo/config.toml",
    "Makefile.toml",
    ".pre-commit-config.yaml",
    "x.sh",
    "x.py",
    "tox.toml",
]
COMMANDS = [
    "just",
    "just a",
    "make",
    "make a",
    "tox",
    "tox -e a",
    "npm run a",
    "nox",
    "nox -s a",
    "hatch run a",
    "hatch run a:b",
    "cargo a",
    "cargo make a\n    ",
    "pre-commit run a",
    "./x.sh",
    "python x.py",
    "pdm run a",
    "poe a",
    "tox -e ${{ a }}",
    "mise run a",
    "pixi run a",
]
PIECES = [
    "a",
    "b",
    ":",
    "=",
    "\n",
    "\n\t",
    "\n    ",
    " ",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    '"',
    "'",
    "tox",
    "testenv",
    "tasks",
    "commands",
    "scripts",
    "tool",
    "alias",
    ".",
    ",",
    "-",
    "$",
    "\\",
    "#",
    "@",
    "import\n    ",
    "session",
    "def a(s):",
    "é",
    "[tool.poe.tasks]",
    "[tasks.a]",
    "[testenv]",
    "{posargs}",
    "{[a]b}",
    "$(a)",
    "{{a}}",
    "a: b a",
    "a := 'b'",
]


@given(
    st.dictionaries(st.sampled_from(FILES), st.lists(st.sampled_from(PIECES), max_size=30).map("".join), max_size=3),
    st.sampled_from(COMMANDS),
)
@settings(max_examples=300, deadline=None)
def test_any_recipe_text_is_read_without_a_crash(files: dict[str, str], command: str) -> None:
    script = parse_script(command)
    for chain in follow(invocation_of(script.commands[0], script), files.get, is_measuring):
        assert chain.links
        assert (chain.end is End.UNKNOWN) == (chain.unknown is not None)


@pytest.mark.shared
def test_every_command_of_the_corpus_can_be_followed() -> None:
    root = shared_path("corpus")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    scripts: set[str] = set()
    for path in sorted(root.glob("dev/**/*.y*ml")):
        try:
            events = list(yaml.parse(path.read_text(errors="replace"), Loader=loader))
        except yaml.YAMLError:
            continue
        values = [getattr(event, "value", None) for event in events]
        scripts |= {after for key, after in pairwise(values) if key == "run" and after}
    followed = unknown = 0
    for text in scripts:
        script = parse_script(text)
        for command in script:
            for chain in follow(invocation_of(command, script), {}.get, is_measuring):
                followed += 1
                unknown += chain.end is End.UNKNOWN
                assert chain.end is not End.UNKNOWN or chain.unknown
    assert followed > 10_000
    assert unknown > 1_000


PROGRAMS = frozenset().union(*(getattr(recipe, "PROGRAMS", ()) for recipe in RECIPES))


@pytest.mark.parametrize("recipe", [recipe for recipe in RECIPES if hasattr(recipe, "PROGRAMS")])
@pytest.mark.parametrize("name", sorted(PROGRAMS | {"bash", ""}))
def test_a_recipe_is_only_about_its_own_programs(recipe: ModuleType, name: str) -> None:
    for rest in ((), ("run", "cov"), ("make", "cov"), ("cov",)):
        asked = Invocation(words=(name, *rest), raw=(name, *rest), text="")
        if name not in recipe.PROGRAMS:
            assert recipe.expand(asked, Reader({}.get)) is None
