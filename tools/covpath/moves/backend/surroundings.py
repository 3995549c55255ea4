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
    return " ".join(_setting("addopts", workdir, read))


def warnings_are_errors(workdir: str, read: ReadText) -> bool:
    """Whether pytest's configuration file makes every warning an error."""
    return "error" in _setting("filterwarnings", workdir, read)


def _setting(name: str, workdir: str, read: ReadText) -> tuple[str, ...]:
    """The lines of one of pytest's settings."""
    found = _ini(name, read, workdir, _INI[:2])
    if found is None:
        found = _pyproject(name, read(_path(workdir, "pyproject.toml")))
    if found is None:
        found = _ini(name, read, workdir, _INI[2:])
    return tuple(line.strip() for line in (found or "").splitlines() if line.strip())


def _path(workdir: str, name: str) -> str:
    return posixpath.normpath(posixpath.join(workdir, name))


def _ini(name: str, read: ReadText, workdir: str, files: tuple[tuple[str, str], ...]) -> str | None:
    for file, section in files:
        text = read(_path(workdir, file))
        if text is None:
            continue
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(text)
        except configparser.Error:
            continue
        if parser.has_section(section):
            return parser.get(section, name, fallback="")
        if file.endswith("pytest.ini"):
            return ""
    return None


def _pyproject(name: str, text: str | None) -> str | None:
    if text is None:
        return None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    options = data.get("tool", {}).get("pytest", {}).get("ini_options")
    if not isinstance(options, dict):
        return None
    setting = options.get(name, "")
    return "\n".join(map(str, setting)) if isinstance(setting, list) else str(setting)
