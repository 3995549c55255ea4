"""Small repositories as dictionaries, and the chains of a command in them."""

from collections.abc import Mapping
from textwrap import dedent

from covpath.workflow.recipes.follow import follow
from covpath.workflow.recipes.invocations import invocation_of
from covpath.workflow.recipes.links import Chain, Invocation
from covpath.workflow.shell.parse import parse_script
from covpath.workflow.shell.spans import Around


def is_measuring(invocation: Invocation) -> bool:
    """The tests' own idea of a measuring command."""
    known = [word or "" for word in invocation.words]
    return (
        known[:2] in (["cargo", "llvm-cov"], ["cargo", "tarpaulin"], ["coverage", "run"])
        or known[:1] == ["nyc"]
        or (known[:1] == ["pytest"] and any(word.startswith("--cov") for word in known))
    )


def chains(
    command: str,
    files: Mapping[str, str],
    *,
    directory: str | None = ".",
    environment: tuple[tuple[str, str | None], ...] = (),
) -> list[Chain]:
    """Every chain of the last command of a script."""
    texts = {name: dedent(text) for name, text in files.items()}
    script = parse_script(command)
    outer = [command for command in script if not command.stands_in(Around.SUBSTITUTION)]
    invocation = invocation_of(outer[-1], script, directory=directory, environment=environment)
    return list(follow(invocation, texts.get, is_measuring))


def shown(command: str, files: Mapping[str, str], **options: object) -> list[str]:
    """The chains as text."""
    return [str(chain) for chain in chains(command, files, **options)]  # type: ignore[arg-type]
