"""The steps that bring a coverage tool: exchanged in the way they have, or added where something else brought it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from covpath.backends import actions, installs
from covpath.backends.installs import PACKAGES
from covpath.backends.request import Language
from covpath.backends.table import backend
from covpath.backends.words import Argument
from covpath.errors import Place
from covpath.moves.backend.sites import arguments, sites
from covpath.moves.proposal import Draft, NoteKind
from covpath.patterns import regex
from covpath.workflow.model import Step
from covpath.workflow.shell.parse import parse_script
from covpath.yamltext.inside import replace_in_scalar
from covpath.yamltext.nodes import Plain, to_plain
from covpath.yamltext.operations import remove_key, set_key

_SHORT = frozenset({"cargo-tarpaulin", "cargo-llvm-cov", "grcov", "slipcover", "nyc", "c8", "pytest-cov"})
"""Tools whose name without ``cargo-`` is no everyday word."""
_COMES_WITH = {("pytest-cov", "coverage.py")}
"""Tools whose package brings another's along."""
_LISTS = (
    *("pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "package.json", "environment.yml"),
    *("requirements-dev.txt", "requirements_dev.txt", "dev-requirements.txt", "requirements-test.txt"),
    *("requirements_test.txt", "test-requirements.txt", "requirements_tests.txt", "requirements.txt"),
)
"""Where people list what their tests need."""
_MANAGERS = frozenset({"poetry", "uv", "pdm", "pipenv", "hatch", "rye", "conda", "mamba", "micromamba"})
_BRINGS_PYTEST = regex(r"pytest(?:$|[\[=<>~!;@ ]|-(?!cov(?![\w-])))|\.(?:$|\[)")
"""pytest itself, one of its other plug-ins, or the project with what its extras name."""
_PINNED = re.compile(r"[0-9a-f]{40}")


def exchange_installs(
    draft: Draft, source: str, target: str, place: Place, *, brought: bool, kept: bool = False
) -> None:
    """Let every step of the job that installs ``source`` install ``target``.

    ``brought``: an action or image that goes brought the tool, so a step must be added where none installs it.
    ``kept``: the old tool is still asked for, as by pytest's own settings, so it stays beside the new one.
    """
    if kept and (source, target) in _COMES_WITH:
        return
    done = 0
    for index in range(len(draft.job.steps)):
        step = draft.job.steps[index]
        if step.run is not None:
            done += _in_script(draft, step, source, target, kept=kept)
        elif step.uses is not None:
            done += _in_action(draft, step, source, target)
    if done:
        _before_measuring(draft, target)
        return
    if brought:
        _add(draft, target)
        return
    if (source, target) in _COMES_WITH:
        return
    named = _named_elsewhere(draft, PACKAGES[source])
    where = f": {named} names it" if named else ""
    draft.warn("install", source, f"no step of the job installs {source}{where}; see that {target} is there", place)


def _named_elsewhere(draft: Draft, package: str) -> str:
    """The first place in the repository's lists of dependencies that names a package (``pyproject.toml:12``)."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(package)}(?![\w-])")
    for path in _LISTS:
        for number, line in enumerate((draft.read(path) or "").splitlines(), 1):
            if pattern.search(line):
                return f"{path}:{number}"
    return ""


def _before_measuring(draft: Draft, target: str) -> None:
    """A tool that was only needed after the tests is needed for them now: its step moves before the first of them."""
    first = min((site.step.index for site in sites(draft.workflow, draft.job)), default=0)
    bringing = [step for step in draft.job.steps if _installs(step, target)]
    if not bringing or any(step.index <= first for step in bringing):
        return
    step = bringing[0]
    message = f"`{step.label}` stands before the tests now, which {target} runs"
    draft.say(NoteKind.CHANGE, message, place=draft.workflow.place(step.node))
    item = to_plain(step.node)
    draft.remove_step(step.index, why=f"install {target} before it is used")
    draft.insert_step(first, item, why=f"install {target} before it is used")


def _installs(step: Step, target: str) -> bool:
    if step.run is None:
        found = actions.install_action(step.uses or "", step.inputs())
        return found is not None and found.backend == target
    commands = parse_script(step.run.value).commands
    return any((one := installs.install(arguments(each))) is not None and one.backend == target for each in commands)


def _in_script(draft: Draft, step: Step, source: str, target: str, *, kept: bool) -> int:
    """Exchange the words of install commands; the name of a step that only installs follows."""
    assert step.run is not None
    done = 0
    for command in reversed(parse_script(step.run.value).commands):
        argv = arguments(command)
        found = installs.install(argv)
        if found is None or found.backend != source:
            continue
        edit = installs.migrated(found, argv, target)
        draft.losses += edit.losses
        for change in reversed(edit.edits):
            span = command.words[change.word].span
            start, new = span.start, change.new
            if kept:
                if change.word != found.word:
                    continue
                new = f"{command.words[change.word].raw} {new}"
            elif change.word == found.word and source == "pytest-cov" and not _pytest_comes_otherwise(draft, argv):
                new = f"pytest {new}"
            if new is None:  # the blank before the word goes with it
                start, new = command.words[change.word - 1].span.end, ""
            route = (*step.route, "run")
            draft.make(replace_in_scalar(draft.workflow.document, route, start, span.end, new, why=f"install {target}"))
        done += 1
    if done and not kept:
        _follow_program(draft, step.index, source, target)
        _rename(draft, step.index, source, target)
    return done


def _pytest_comes_otherwise(draft: Draft, argv: Sequence[Argument]) -> bool:
    """Whether something else than pytest-cov brings pytest: another package of the job, or the project's manager."""
    if argv[0].text in _MANAGERS:
        return True
    for step in draft.job.steps:
        for command in parse_script(step.run.value).commands if step.run is not None else ():
            texts = [word.text or "" for word in command.words]
            if ({"install", "add"} & set(texts) and any(_BRINGS_PYTEST.match(text) for text in texts[1:])) or (
                {"-r", "-e", "--requirement", "--editable", "sync"} & set(texts) or texts[:2] == ["poetry", "install"]
            ):
                return True
    return False


def _follow_program(draft: Draft, index: int, source: str, target: str) -> None:
    """Let a script that asks whether the tool is there ask for the new one: ``command -v``, ``~/.cargo/bin/...``."""
    step = draft.job.steps[index]
    assert step.run is not None
    asked = re.compile(rf"(?:(?:command -v|which|type|hash) |/bin/)({re.escape(PACKAGES[source])})(?![\w-])")
    for match in reversed([*asked.finditer(step.run.value)]):
        edit = replace_in_scalar(
            draft.workflow.document, (*step.route, "run"), *match.span(1), PACKAGES[target], why=f"install {target}"
        )
        draft.make(edit)


def _in_action(draft: Draft, step: Step, source: str, target: str) -> int:
    found = actions.install_action(step.uses or "", step.inputs())
    if found is None or found.backend != source:
        return 0
    edits, losses = actions.migrated(found, target)
    draft.losses += losses
    for edit in edits:
        apply_edit(draft, step.index, edit, f"install {target}")
    _rename(draft, step.index, source, target)
    return 1


def apply_edit(draft: Draft, index: int, edit: actions.ValueEdit, why: str) -> None:
    """One edit of an action's reference or inputs."""
    document, step = draft.workflow.document, draft.job.steps[index]
    key = edit.key
    if step.with_ is not None and key != "uses":
        key = next((one.key.value for one in step.with_.entries if one.key.value.lower() == key), key)
    where = (*step.route, "uses") if key == "uses" else (*step.route, "with", key)
    if edit.new is None:
        draft.make(remove_key(document, where, prune=True, why=why))
    elif edit.start is not None and edit.end is not None:
        draft.make(replace_in_scalar(document, where, edit.start, edit.end, edit.new, why=why))
    elif step.with_ is None:
        draft.make(set_key(document, step.route, "with", {key: edit.new}, why=why))
    else:
        draft.make(set_key(document, (*step.route, "with"), key, edit.new, why=why))


def _rename(draft: Draft, index: int, source: str, target: str) -> None:
    """A step called ``Install cargo-tarpaulin`` installs something else now, unless it also measures."""
    step = draft.job.steps[index]
    if step.name is None or any(site.step.index == index for site in sites(draft.workflow, draft.job)):
        return
    for old, new in _names(source, target):
        match = re.search(rf"(?<![\w-]){re.escape(old)}(?![\w-])", step.name, re.IGNORECASE)
        if match is not None:
            route = (*step.route, "name")
            edit = replace_in_scalar(draft.workflow.document, route, *match.span(), new, why=f"install {target}")
            draft.make(edit)
            return


def _names(source: str, target: str) -> list[tuple[str, str]]:
    found = [(source, target)]
    if source in _SHORT:
        found.append((source.removeprefix("cargo-"), target.removeprefix("cargo-")))
    return found


def _add(draft: Draft, target: str) -> None:
    """A step that installs the tool, before the first that measures, by the file's own habit."""
    first = min((site.step.index for site in sites(draft.workflow, draft.job)), default=0)
    item = install_item(draft, target)
    if item is not None:
        draft.insert_step(first, item, why=f"install {target}")


def install_item(draft: Draft, target: str) -> Plain:
    """The step that installs ``target``; None for tools that their runner fetches by itself.

    Where the file uses an install action it is used again; else nothing new is brought in.
    """
    package = PACKAGES[target]
    named: dict[str, Plain] = {"name": f"Install {target}"} if steps_have_names(draft) else {}
    language = backend(target).LANGUAGE
    if language is Language.JAVASCRIPT:
        return None
    if language is Language.PYTHON:
        return {**named, "run": f"python -m pip install {package}"}
    for job in draft.workflow.jobs.values():
        for step in job.steps:
            action, _, ref = (step.uses or "").partition("@")
            if action.lower() != "taiki-e/install-action" or not ref:
                continue
            if re.fullmatch(r"v\d[\d.]*", ref) or _PINNED.fullmatch(ref):
                return {**named, "uses": step.uses, "with": {"tool": package}}
            return {**named, "uses": f"{action}@{package}"}
    return {**named, "run": f"cargo install {package} --locked"}


def steps_have_names(draft: Draft) -> bool:
    """Whether most steps of the job have a name, so that a new one should."""
    steps = [step for step in draft.job.steps if step.run is not None or step.uses is not None]
    return sum(step.name is not None for step in steps) * 2 > len(steps)
