"""What configuration files beside a command add to it."""

from __future__ import annotations

import configparser
import posixpath
import tomllib

from covpath.backends.cargo_workspace import ReadText

_INI = (("pytest.ini", "pytest"), (".pytest.ini", "pytest"), ("tox.ini", "pytest"), ("setup.cfg", "tool:pytest"))


def pytest_addopts(workdir: str, read: ReadText) -> str:
    """The ``addopts`` that pytest takes from its configuration file, the first there is.

    Source: pytest's documentation, "Configuration file formats": pytest.ini even if empty, then
    pyproject.toml, tox.ini and setup.cfg with a section of their own.
    """
    found = _ini(read, workdir, _INI[:2])
    if found is None:
        found = _pyproject(read(_path(workdir, "pyproject.toml")))
    if found is None:
        found = _ini(read, workdir, _INI[2:])
    return found or ""


def _path(workdir: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(workdir, name))


def _ini(read: ReadText, workdir: str, files: tuple[tuple[str, str], ...]) -> str | None:
    for name, section in files:
        text = read(_path(workdir, name))
        if text is None:
            continue
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(text)
        except configparser.Error:
            continue
        if parser.has_section(section):
            return " ".join(parser.get(section, "addopts", fallback="").split())
        if name.endswith("pytest.ini"):
            return ""
    return None


def _pyproject(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    options = data.get("tool", {}).get("pytest", {}).get("ini_options")
    if not isinstance(options, dict):
        return None
    addopts = options.get("addopts", "")
    return " ".join(map(str, addopts)) if isinstance(addopts, list) else str(addopts)
