from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import covpath
from covpath import patterns
from covpath.patterns import holds_one, regex


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


def test_patterns_of_a_library_are_compiled_late_and_do_what_they_did() -> None:
    code = """
import re, sys
at_once = re.compile
from covpath.yamltext import reading
from yaml import SafeLoader, YAMLError, load
assert re.compile is at_once
assert type(SafeLoader.NON_PRINTABLE).__name__ == "_Late"
print(load("a: [1, 1.5, yes, ~, 2001-02-03, 0x1f]", SafeLoader)["a"])
try:
    load("\\x07", SafeLoader)
except YAMLError:
    print("refused")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[1, 1.5, True, None, datetime.date(2001, 2, 3), 31]\nrefused\n"


def test_what_a_library_imports_from_elsewhere_compiles_as_ever() -> None:
    made = {}
    with patterns.compiled_late("lib"):
        for module in ("lib", "lib.inner", "library", "string"):
            names = {"__name__": module, "re": re}
            exec("made = re.compile('a')", names)
            made[module] = type(names["made"]) is patterns._Late
    assert made == {"lib": True, "lib.inner": True, "library": False, "string": False}


def ours() -> dict[str, tuple[str, int]]:
    """Every pattern of a module, by module and name."""
    names = [module.name for module in pkgutil.walk_packages(covpath.__path__, "covpath.")]
    modules = [importlib.import_module(name) for name in names if not name.endswith("__main__")]
    return {
        f"{module.__name__}: {name}": (value.pattern, value.flags)
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern | patterns._Late) and isinstance(value.pattern, str)
    }


def test_python_before_3_11_5_matches_them_too() -> None:
    """There, a possessive quantifier over more than one character forgets where to go back to."""
    found = ours()
    assert len(found) > 200
    assert [name for name, (text, flags) in found.items() if repeats_a_group_possessively(text, flags)] == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("a++", False), ("[^x]*+y", False), (r"(?:ab)++", True), (r"(?:x(?:a|bc)*+)?", True), (r"x?+", False)],
)
def test_the_test_of_that_can_fail(text: str, wrong: bool) -> None:
    assert repeats_a_group_possessively(text, 0) is wrong


def repeats_a_group_possessively(text: str, flags: int) -> bool:
    def looked_through(piece: object) -> bool:
        if isinstance(piece, tuple) and piece and str(piece[0]) == "POSSESSIVE_REPEAT":
            repeated = list(piece[1][2])
            return len(repeated) > 1 or str(repeated[0][0]) not in ("LITERAL", "NOT_LITERAL", "IN", "ANY")
        inner = piece if isinstance(piece, tuple | list) else getattr(piece, "data", ())
        return any(looked_through(one) for one in inner)

    return looked_through(re._parser.parse(text, flags))  # type: ignore[attr-defined]


@given(st.text("abc", max_size=6), st.lists(st.text("abc", max_size=3), max_size=3))
def test_one_of_some_words_is_held_where_any_is(text: str, words: list[str]) -> None:
    assert holds_one(text, words) is any(word in text for word in words)
