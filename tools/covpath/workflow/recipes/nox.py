"""nox: the static ``session.run`` calls of the sessions that are asked for."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from covpath.errors import Place
from covpath.terms import Tri
from covpath.workflow.recipes.invocations import argument_steps
from covpath.workflow.recipes.links import (
    UNKNOWN_DIRECTORY,
    Invocation,
    LetOff,
    Reader,
    Settings,
    Step,
    missing,
    varying,
    varying_names,
)
from covpath.workflow.recipes.python_calls import guarded, parse_python
from covpath.workflow.recipes.python_names import Names, text_of

KIND = "nox"
PROGRAMS = frozenset({KIND})
_RUN = frozenset({"run", "run_always", "run_install"})
_VALUED = frozenset(
    {"-f", "--noxfile", "-p", "--python", "--force-python", "-P", "--envdir", "-db", "--default-venv-backend"}
)
_NO_RUNS = frozenset({"-l", "--list", "--list-sessions", "--usage", "--version", "--install-only", "-h", "--help"})
_MANY = frozenset({"-s", "-e", "--session", "--sessions", "-t", "--tags", "-k", "--keywords"})
_DEEPEST = 6


class _Asked(Struct):
    sessions: list[tuple[str | None, str]]
    tags: list[str]
    file: str = "noxfile.py"
    posargs: tuple[str | None, ...] = ()
    no_runs: bool = False


class _Noxfile(Struct, frozen=True):
    path: str
    names: Names
    functions: dict[str, ast.FunctionDef]
    sessions: dict[str, ast.FunctionDef]
    tags: dict[str, tuple[str, ...]]
    defaults: tuple[str, ...] | None


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:
    """The steps of the sessions that a nox command runs."""
    if invocation.name not in PROGRAMS:
        return None
    asked = _arguments(invocation)
    if asked.no_runs:
        return None
    shown = " ".join(raw for _, raw in asked.sessions)
    if invocation.directory is None:
        return [Step(kind=KIND, target=shown, place=invocation.place, unknown=UNKNOWN_DIRECTORY)]
    path, text = reader.read(invocation.directory, asked.file)
    if text is None:
        return [missing(KIND, shown, path)]
    noxfile = _read(path, text)
    if noxfile is None:
        return [missing(KIND, shown, path, what="is not Python that can be read")]
    return list(_steps(noxfile, asked, invocation))


def _arguments(invocation: Invocation) -> _Asked:
    asked = _Asked([], [])
    option = ""
    for index, word in enumerate(invocation.words[1:], 1):
        if word == "--":
            asked.posargs = invocation.words[index + 1 :]
            break
        if word is not None and word.startswith("-"):
            name, sign, value = word.partition("=")
            asked.no_runs = asked.no_runs or word in _NO_RUNS
            option = name
            if sign and name in _MANY:
                _take(asked, name, value, value)
                option = ""
            elif sign and name in {"-f", "--noxfile"}:
                asked.file = value
        elif option in _MANY:
            _take(asked, option, word, invocation.raw[index])
        elif option in _VALUED:
            if option in {"-f", "--noxfile"} and word is not None:
                asked.file = word
            option = ""
    if not asked.sessions and not asked.tags and (named := invocation.value_of("NOXSESSION")):
        asked.sessions += [(name.strip(), name.strip()) for name in named.split(",")]
    return asked


def _take(asked: _Asked, option: str, word: str | None, raw: str) -> None:
    if option in {"-t", "--tags"}:
        asked.tags.append(word or "")
    else:
        asked.sessions.append((word, raw.strip("\"'")))


def _read(path: str, text: str) -> _Noxfile | None:
    tree = parse_python(text)
    if tree is None:
        return None
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    sessions: dict[str, ast.FunctionDef] = {}
    tags: dict[str, tuple[str, ...]] = {}
    decorators = {"session", *_imported_as(tree, "session")}
    for function in functions.values():
        for decorator in function.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            target = call.func if call is not None else decorator
            if (target.attr if isinstance(target, ast.Attribute) else getattr(target, "id", "")) not in decorators:
                continue
            keywords = {keyword.arg: keyword.value for keyword in call.keywords} if call is not None else {}
            name = text_of(keywords["name"]) if "name" in keywords else None
            name = name or function.name
            sessions[name] = function
            tags[name] = tuple(_strings(keywords.get("tags")))
    return _Noxfile(path, Names(tree), functions, sessions, tags, _default_sessions(tree))


def _imported_as(tree: ast.Module, name: str) -> list[str]:
    """What ``from nox import name as other`` calls it."""
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "nox"]
    return [alias.asname or alias.name for node in imports for alias in node.names if alias.name == name]


def _default_sessions(tree: ast.Module) -> tuple[str, ...] | None:
    """``nox.options.sessions = [...]``."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            ast.unparse(target) == "nox.options.sessions" for target in node.targets
        ):
            return tuple(_strings(node.value))
    return None


def _strings(node: ast.expr | None) -> list[str]:
    elements = node.elts if isinstance(node, ast.List | ast.Tuple | ast.Set) else []
    return [text for element in elements if (text := text_of(element)) is not None]


def _steps(noxfile: _Noxfile, asked: _Asked, invocation: Invocation) -> Iterator[Step]:
    wanted = list(asked.sessions)
    if asked.tags:
        wanted += [(name, name) for name, tags in noxfile.tags.items() if set(tags) & set(asked.tags)]
    elif not wanted:
        wanted = [(name, name) for name in noxfile.defaults or noxfile.sessions]
    for name, raw in wanted:
        depends_on = varying_names(raw)
        names = [name] if name is not None else [known for known in noxfile.sessions if _may_be(raw, known)]
        found = [known for single in names if (known := _known(noxfile, single)) is not None]
        if not found and depends_on:
            yield varying(KIND, raw, invocation, raw, place=Place(noxfile.path))
        elif not found:
            yield missing(KIND, raw, noxfile.path, what=f"has no session {raw}")
        for known in dict.fromkeys(found):
            function = noxfile.sessions[known]
            yield from _Session(noxfile, known, asked.posargs, invocation, depends_on).steps(function)


def _known(noxfile: _Noxfile, name: str | None) -> str | None:
    """A session by its name, ``tests-3.12`` and ``tests(django='5')`` as ``tests``."""
    for candidate in (name or "", (name or "").partition("(")[0], (name or "").partition("(")[0].rpartition("-")[0]):
        if candidate in noxfile.sessions:
            return candidate
    return None


def _may_be(raw: str, known: str) -> bool:
    """Whether a name such as ``tests-${{ matrix.python }}`` can mean a session."""
    fixed = raw.partition("$")[0]
    return known.startswith(fixed) or fixed.rstrip("-(") == known


class _Session(Struct):
    noxfile: _Noxfile
    name: str
    posargs: tuple[str | None, ...]
    invocation: Invocation
    depends_on: tuple[str, ...]
    directory: str | None = None
    guarded: frozenset[int] = frozenset()

    def steps(self, function: ast.FunctionDef, depth: int = 0) -> Iterator[Step]:
        """The commands a session's function runs, in the order they are written."""
        if not function.args.args or depth > _DEEPEST:
            return
        session = function.args.args[0].arg
        root = posixpath.dirname(self.noxfile.path) or "."
        self.directory = self.directory or root
        calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        self.guarded |= guarded(function)
        names = Names(function, self.noxfile.names)
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            owner = call.func.value if isinstance(call.func, ast.Attribute) else None
            on_session = isinstance(owner, ast.Name) and owner.id == session
            if on_session and isinstance(call.func, ast.Attribute):
                yield from self._method(call, call.func.attr, session, names, depth)
            elif isinstance(call.func, ast.Name) and _hands_over(call, session):
                inner = self.noxfile.functions.get(call.func.id)
                if inner is not None and inner is not function:
                    yield from self.steps(inner, depth + 1)

    def _method(self, call: ast.Call, method: str, session: str, names: Names, depth: int) -> Iterator[Step]:
        if method == "notify" and call.args and (name := text_of(call.args[0])) is not None:
            known = _known(self.noxfile, name)
            if known is not None and known != self.name:
                inner = _Session(self.noxfile, known, self.posargs, self.invocation, self.depends_on)
                yield from inner.steps(self.noxfile.sessions[known], depth + 1)
        if method in {"chdir", "cd"} and call.args:
            moved = names.text(call.args[0])
            joined = posixpath.join(self.directory or ".", moved) if moved is not None else None
            self.directory = posixpath.normpath(joined) if joined is not None else None
        if method not in _RUN or not call.args:
            return
        place = Place(self.noxfile.path, call.lineno)
        for step in argument_steps(
            tuple(self._words(call.args, session, names)),
            kind=KIND,
            target=self.name,
            directory=self.directory,
            environment=self.invocation.environment + _environment(call, names),
            place=place,
            let_off=self._let_off(call, place),
        ):
            yield replace(step, depends_on=self.depends_on)

    def _let_off(self, call: ast.Call, place: Place) -> LetOff | None:
        """What the session makes of a failing ``session.run``: it ends there, unless the code says otherwise."""
        codes = next((keyword.value for keyword in call.keywords if keyword.arg == "success_codes"), None)
        if codes is not None and (let_off := _let_off_by(codes, place)) is not None:
            return let_off
        if call.lineno in self.guarded:
            return LetOff(why="it stands in a `try` that may let it pass", place=place, fails=Tri.UNKNOWN)
        return None

    def _words(self, arguments: list[ast.expr], session: str, names: Names) -> Iterator[str | None]:
        given = f"{session}.posargs"
        for argument in arguments:
            if not isinstance(argument, ast.Starred):
                yield names.text(argument)
                continue
            value = names.value_of(argument.value)
            if ast.unparse(value) == given:
                yield from self.posargs
            elif isinstance(value, ast.BoolOp | ast.IfExp) and given in ast.unparse(value):
                default = value.values[-1] if isinstance(value, ast.BoolOp) else value.orelse
                words = names.words(default)
                yield from self.posargs or (words if words is not None else (None,))
            else:
                yield from names.words(argument.value) or (None,)


def _let_off_by(codes: ast.expr, place: Place) -> LetOff | None:
    """What ``success_codes`` lets pass; 1 is the status of a test run in which something failed."""
    written = f"`success_codes={ast.unparse(codes)}`"
    elements = codes.elts if isinstance(codes, ast.List | ast.Tuple | ast.Set) else None
    if elements is None or not all(isinstance(one, ast.Constant) for one in elements):
        return LetOff(why=f"{written} may let it pass", place=place, fails=Tri.UNKNOWN)
    if any(isinstance(one, ast.Constant) and one.value == 1 for one in elements):
        return LetOff(why=f"{written} lets it pass", place=place)
    return None


def _hands_over(call: ast.Call, session: str) -> bool:
    return any(isinstance(argument, ast.Name) and argument.id == session for argument in call.args)


def _environment(call: ast.Call, names: Names) -> Settings:
    for keyword in call.keywords:
        value = names.value_of(keyword.value)
        if keyword.arg == "env" and isinstance(value, ast.Dict):
            pairs = zip(value.keys, value.values, strict=True)
            return tuple((name, names.text(one)) for key, one in pairs if key and (name := names.text(key)) is not None)
    return ()
