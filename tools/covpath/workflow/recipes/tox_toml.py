"""tox's TOML configuration (``tox.toml``, ``[tool.tox]``)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from covpath.errors import Place
from covpath.workflow.recipes.links import LetOff
from covpath.workflow.recipes.toml_text import Table, line_of, table_at
from covpath.workflow.recipes.tox_model import PLACES, Environment, ToxCommand, ToxConfig, Words, made_of


def config_from_toml(path: str, text: str, table: Table, root: str) -> ToxConfig:
    """The environments of a TOML table; ``root`` is the directory its file stands in."""
    listed = [str(name) for name in _list(table.get("env_list"))]
    environments = table_at(table, "env")
    known = list(dict.fromkeys([*listed, *environments]))
    factors = {factor for name in known for factor in name.split("-")}

    def environment(name: str) -> Environment | None:
        if name not in known and not made_of(name, factors):
            return None
        return _toml_environment(name, table_at(environments, name), table_at(table, "env_run_base"), text, root, path)

    return ToxConfig(path, listed, known, environment)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _toml_environment(name: str, own: Table, base: Table, text: str, root: str, path: str) -> Environment:
    def value(key: str) -> object:
        return own.get(key, base.get(key))

    variables = tuple(
        (key, entry if isinstance(entry, str) else None) for key, entry in table_at(value("set_env")).items()
    )
    changed = value("change_dir")
    directory = posixpath.normpath(posixpath.join(root, changed)) if isinstance(changed, str) else root
    start = line_of(text, f"env.{name}]") if own else line_of(text, "env_run_base")

    def commands(posargs: Words) -> list[ToxCommand]:
        found: list[ToxCommand] = []
        for key in ("commands_pre", "commands", "commands_post"):
            at = line_of(text, key, start=start)
            for command in _list(value(key)):
                words = tuple(_toml_words(_list(command), posargs, name))
                if words:
                    at = line_of(text, words[0] or key, start=at)
                    mark = words[0] if words[0] in {"-", "!"} else ""
                    found.append(ToxCommand(words=words[1:] if mark else words, line=at, mark=mark or ""))
        return found

    let_off = None
    if value("ignore_outcome") is True:
        place = Place(path, line_of(text, "ignore_outcome", start=start))
        let_off = LetOff(why="`ignore_outcome` lets the environment fail", place=place)
    return Environment(name=name, directory=directory, variables=variables, commands=commands, let_off=let_off)


def _toml_words(command: list[object], posargs: Words, name: str) -> Iterator[str | None]:
    for word in command:
        if isinstance(word, str):
            inner = word.replace("{env_name}", name).replace("{posargs}", "").replace("{env_python}", "python")
            for place, directory in PLACES.items():
                inner = inner.replace(f"{{{place}}}", directory)
            yield None if "{" in inner else inner
        elif isinstance(word, dict) and word.get("replace") == "posargs":
            yield from posargs or (str(part) for part in _list(word.get("default")))
        else:
            yield None
