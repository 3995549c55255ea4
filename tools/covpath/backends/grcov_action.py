"""The action ``actions-rs/grcov``: the ``grcov`` call that its configuration file asks for.

Source: the action's ``action.yml`` and ``src/configuration.ts``, 2020, its last year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from covpath.backends.actions import REPLACED, MeasuringAction
from covpath.backends.losses import stop
from covpath.backends.words import Argument, plain
from covpath.errors import CovpathError
from covpath.terms import Loss
from covpath.yamltext.nodes import Plain, to_plain
from covpath.yamltext.reading import read
from covpath.yamltext.source import decode

CONFIGURATION = ".github/actions-rs/grcov.yml"
REPORT = "lcov.info"
_UNREAD = stop(
    "grcov-configuration", "the action's configuration file cannot be read, so what it leaves out would be counted"
)
_SWITCHES = ("branch", "ignore-not-existing", "llvm")
_VALUES = (
    "source-dir",
    "prefix-dir",
    "filter",
    "excl-line",
    "excl-start",
    "excl-stop",
    "excl-br-line",
    "excl-br-start",
    "excl-br-stop",
)
_LISTS = {"ignore": "--ignore", "ignore-dir": "--ignore", "path-mapping": "--path-mapping"}


def grcov_action(uses: str, inputs: Mapping[str, str], text_of: Callable[[str], str | None]) -> MeasuringAction | None:
    """The action's step as a ``grcov`` command, where ``uses`` names it; ``text_of`` reads the repository's files."""
    action = uses.strip().partition("@")[0].lower()
    if action != "actions-rs/grcov":
        return None
    path = inputs.get("config", "").strip() or CONFIGURATION
    losses: tuple[Loss, ...] = (REPLACED.loss(action),)
    text = text_of(path)
    settings: Plain = {}
    if text is not None:
        try:
            document = read(decode(path, text.encode()), strict=False)
        except CovpathError:
            losses = (*losses, _UNREAD.loss(path))
        else:
            settings = to_plain(document.root) if document.root is not None else {}
    argv = (plain("grcov"), plain("."), *_argv(settings if isinstance(settings, dict) else {}))
    return MeasuringAction(backend="grcov", action=action, argv=argv, installs=True, losses=losses)


def _argv(settings: Mapping[str, Plain]) -> Iterator[Argument]:
    yield from (plain("-t"), plain(str(settings.get("output-type") or "lcov")))
    for name in _SWITCHES:
        if settings.get(name) is True:
            yield plain(f"--{name}")
    for name in _VALUES:
        value = settings.get(name)
        if isinstance(value, str) and value:
            yield from (plain(f"--{name}"), plain(value))
    for name, flag in _LISTS.items():
        value = settings.get(name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, str) and item:
                yield from (plain(flag), plain(item))
    yield from (plain("-o"), plain(str(settings.get("output-path") or settings.get("output-file") or REPORT)))
