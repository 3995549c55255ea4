from __future__ import annotations

import pytest

from covpath.backends.launch import take_apart, without_assignments
from covpath.backends.words import texts, words, written


@pytest.mark.parametrize(
    ("line", "program", "arguments", "prefix", "interpreter"),
    [
        ("pytest -q", "pytest", "-q", "", ""),
        ("/usr/bin/pytest", "pytest", "", "", ""),
        ("python -m pytest -q", "pytest", "-q", "", "python"),
        ("python3.12 -X dev -W error -m coverage run", "coverage", "run", "", "python3.12 -X dev -W error"),
        ("py -3 -m pytest", "pytest", "", "", "py -3"),
        ("poetry run pytest", "pytest", "", "poetry run", ""),
        ("uv run --with x --extra y -q pytest a", "pytest", "a", "uv run --with x --extra y -q", ""),
        ("uv run -m pytest a", "pytest", "a", "uv run -m", ""),
        ("uv run -- python -m pytest", "pytest", "", "uv run --", "python"),
        ("uvx --from coverage coverage run", "coverage", "run", "uvx --from coverage", ""),
        ("conda run -n env pytest", "pytest", "", "conda run -n env", ""),
        ("npx -y nyc mocha", "nyc", "mocha", "npx -y", ""),
        ("npm exec -- nyc mocha", "nyc", "mocha", "npm exec --", ""),
        ("yarn nyc mocha", "nyc", "mocha", "yarn", ""),
        ("yarn run nyc", "nyc", "", "yarn run", ""),
        ("pnpm exec c8 ava", "c8", "ava", "pnpm exec", ""),
        ("A=1 B='x y' cargo test", "cargo", "test", "A=1 B='x y'", ""),
        ("env -u X A=1 cargo test", "cargo", "test", "env -u X A=1", ""),
        ("timeout -k 5 600 xvfb-run -a cargo test", "cargo", "test", "timeout -k 5 600 xvfb-run -a", ""),
        ("rustup run nightly cargo test", "cargo", "test", "rustup run nightly", ""),
        ("sudo -E env PATH=$PATH cargo test", "cargo", "test", "sudo -E env PATH=$PATH", ""),
    ],
)
def test_take_apart(line: str, program: str, arguments: str, prefix: str, interpreter: str) -> None:
    launch = take_apart(words(line))
    assert launch is not None
    assert launch.program == program
    assert written(launch.arguments) == arguments
    assert " ".join(written(part.words) for part in launch.prefixes) == prefix
    assert written(launch.interpreter) == interpreter


@pytest.mark.parametrize(
    "line",
    ["", "A=1", "poetry run", "yarn run --cwd", "python script.py", "python -c x", "$TOOL run", "python -m $X"],
)
def test_nothing_to_take_apart(line: str) -> None:
    assert take_apart(words(line)) is None


def test_which_prefixes_every_command_needs() -> None:
    launch = take_apart(words("A=1 xvfb-run poetry run pytest"))
    assert launch is not None
    assert [(texts(part.words)[0], part.everywhere) for part in launch.prefixes] == [
        ("A=1", False),
        ("xvfb-run", False),
        ("poetry", True),
    ]
    assert launch.assigned == (("A", "1"),)


def test_the_folder_of_a_program() -> None:
    launch = take_apart(words("./node_modules/.bin/nyc x"))
    assert launch is not None
    assert launch.folder == "./node_modules/.bin/"


def test_assignments_that_go() -> None:
    launch = take_apart(words("A=1 env B=2 C=3 cargo test"))
    assert launch is not None
    left = without_assignments(launch.prefixes, {"A", "B", "C"})
    assert left == ()
    assert [written(part.words) for part in without_assignments(launch.prefixes, {"A", "B"})] == ["env", "C=3"]
