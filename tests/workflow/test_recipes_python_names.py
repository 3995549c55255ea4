import ast
from textwrap import dedent

import pytest

from covpath.workflow.recipes.python_names import Names
from workflow.recipe_files import shown


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = ['a', 'b']", ("a", "b")),
        ("x = ('a',)", ("a",)),
        ("x: list[str] = ['a']", ("a",)),
        ("y = ['a']\nx = y", ("a",)),
        ("y = ['a']\nx = [*y, 'b']", ("a", "b")),
        ("y = ['a']\nx = y + ['b']", ("a", "b")),
        ("n = 'xml'\nx = [f'--out={n}', f'{n!r}']", ("--out=xml", None)),
        ("x = ['a']\nx += ['b']", ("a", None)),
        ("x = ['a']\nif y:\n    x.append('b')", ("a", None)),
        ("x = ['a', b()]", ("a", None)),
        ("x = ['a', *b()]", ("a", None)),
        ("x = []", ()),
        ("x = TOP", ("top",)),
        ("x = ['a']\nx = ['b']", None),
        ("for x in [['a']]:\n    pass", None),
        ("with a() as x:\n    pass", None),
        ("x = a()", None),
        ("x = x", None),
        ("x = ['a'] + b()", None),
        ("x, y = [['a'], ['b']]", None),
        ("def inner():\n    x = ['a']\n    x = ['b']", None),
    ],
)
def test_words_of_a_name(code: str, expected: tuple[str | None, ...] | None) -> None:
    function = f"TOP = ['top']\ndef f():\n{dedent(code)}".replace("\n", "\n    ").replace("    def f", "def f", 1)
    tree = ast.parse(function)
    scope = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    assert Names(scope, Names(tree)).words(ast.Name("x")) == expected


def test_a_parameter_hides_what_the_file_says() -> None:
    tree = ast.parse("x = ['a']\ndef f(x):\n    pass")
    assert Names(tree).words(ast.Name("x")) == ("a",)
    assert Names(tree.body[1], Names(tree)).words(ast.Name("x")) is None


NOXFILE = """\
    import nox

    PYTEST = "pytest"

    @nox.session
    def tests(session):
        coverage = ["python", "-m", "coverage"]
        env = {"COVERAGE_FILE": ".coverage"}
        session.run(*coverage, "run", "-m", PYTEST, env=env)
        options = ["--cov"]
        if session.interactive:
            options.append("-x")
        session.run(PYTEST, *options)
    """


def test_a_session_that_keeps_its_words_under_names() -> None:
    assert shown("nox -s tests", {"noxfile.py": NOXFILE}) == [
        "nox -s tests -> noxfile.py:9 -> python -m coverage run -m pytest",
        "nox -s tests -> noxfile.py:13 -> pytest --cov …",
    ]


SCRIPT = """\
    import subprocess, sys

    def main():
        command = [sys.executable, "-m", "pytest", "--cov"]
        subprocess.run(command, check=True)

    main()
    """


def test_a_script_that_keeps_its_command_under_a_name() -> None:
    assert shown("python run.py", {"run.py": SCRIPT}) == ["python run.py -> run.py:5 -> python -m pytest --cov"]
