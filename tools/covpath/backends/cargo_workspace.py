"""Where a Cargo workspace begins, and the tool configuration beside it, read from the repository's files."""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Callable

ReadText = Callable[[str], str | None]
"""A repository file's text by its path from the root; None where there is none."""


def workspace_root(workdir: str, read: ReadText) -> str | None:
    """The directory of the workspace that a command run in ``workdir`` belongs to; None if unknown.

    As Cargo looks for it: the nearest manifest upwards, then the nearest one with a
    ``[workspace]`` table; a package without one is its own root.
    """
    directory = posixpath.normpath(workdir)
    package: str | None = None
    while not directory.startswith(".."):
        manifest = _manifest(read(posixpath.normpath(posixpath.join(directory, "Cargo.toml"))))
        if manifest is not None:
            if "workspace" in manifest:
                return directory
            package = package or directory
        if directory == ".":
            break
        directory = posixpath.dirname(directory) or "."
    return package


def _manifest(text: str | None) -> dict[str, object] | None:
    if text is None:
        return None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def tarpaulin_configuration(directory: str, read: ReadText) -> str | None:
    """The text of the configuration file cargo-tarpaulin finds by itself."""
    for name in ("tarpaulin.toml", ".tarpaulin.toml"):
        text = read(posixpath.normpath(posixpath.join(directory, name)))
        if text is not None:
            return text
    return None
