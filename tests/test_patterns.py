from __future__ import annotations

import importlib
import pkgutil
import re
from types import ModuleType

import pytest

import covpath
from covpath import patterns
from covpath.patterns import regex


def users() -> list[ModuleType]:
    names = [module.name for module in pkgutil.walk_packages(covpath.__path__, "covpath.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith("__main__")]
    return [module for module in modules if getattr(module, "regex", None) is regex and module is not patterns]


def test_every_pattern_compiles() -> None:
    found = [
        (module.__name__, name, value)
        for module in users()
        for name, value in vars(module).items()
        if isinstance(value, patterns._Late)
    ]
    assert len(found) > 20
    for module, name, value in found:
        assert re.compile(value.pattern).groups == value.groups or value.flags & re.VERBOSE, f"{module}: {name}"


def test_it_is_the_compiled_pattern_but_for_when_it_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    late = regex(r"(?P<a>x)(y)?", re.IGNORECASE)
    at_once = re.compile(r"(?P<a>x)(y)?", re.IGNORECASE)
    for text in ("XyX", "z", ""):
        assert late.findall(text) == at_once.findall(text)
        assert [one.span() for one in late.finditer(text)] == [one.span() for one in at_once.finditer(text)]
        assert late.split(text) == at_once.split(text)
        assert late.sub("-", text) == at_once.sub("-", text)
        for ask in ("match", "search", "fullmatch"):
            found, wanted = getattr(late, ask)(text), getattr(at_once, ask)(text)
            assert (found and found.groupdict()) == (wanted and wanted.groupdict())
    assert (late.pattern, late.flags, late.groups) == (at_once.pattern, at_once.flags, at_once.groups)
    assert late.groupindex == at_once.groupindex
    monkeypatch.setattr(re, "compile", None)
    assert late.match("x", 0, 1)


def test_it_is_compiled_once_and_late(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = re.compile
    monkeypatch.setattr(re, "compile", lambda text, flags=0: asked.append(text) or real(text, flags))
    late = regex("a+")
    assert asked == []
    assert late.match("aa")
    assert late.search("baa")
    assert asked == ["a+"]
    with pytest.raises(AttributeError):
        late.__dict__  # noqa: B018
