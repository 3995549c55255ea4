"""Words of a command that the job's matrix or its variables fill in: known, where the file tells what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from covpath.backends.contract import Command
from covpath.backends.losses import DYNAMIC
from covpath.backends.translate import Translation
from covpath.backends.words import Argument, words
from covpath.errors import CovpathError
from covpath.moves.backend.sites import Site
from covpath.moves.matrix_legs import legs
from covpath.moves.proposal import Draft
from covpath.patterns import regex
from covpath.terms import Loss
from covpath.workflow.model import Job

_FROM_MATRIX = regex(r"\$\{\{\s*matrix\.([\w.-]+)\s*\}\}")
_FROM_ENV = regex(r"\$\{\{\s*env\.(\w+)\s*\}\}")

Translating = Callable[[Sequence[Sequence[Argument]]], Translation]


def settled(draft: Draft, group: Sequence[Site], translation: Translation, translating: Translating) -> Translation:
    """The translation without a doubt about words of the matrix, or of ``env``, that come along as they are.

    The command with each value is translated too (``translating``): it must be the same but for these words,
    and lose nothing more.
    """
    open_words = [loss for loss in translation.losses if loss.name == DYNAMIC.name and loss.action is DYNAMIC.action]
    sure = [loss for loss in open_words if _comes_along(draft, group, translation, translating, loss)]
    if not sure:
        return translation
    return replace(translation, losses=tuple(loss for loss in translation.losses if loss not in sure))


def _comes_along(
    draft: Draft, group: Sequence[Site], translation: Translation, translating: Translating, loss: Loss
) -> bool:
    match = _FROM_MATRIX.fullmatch(loss.what)
    values = _values(draft.job, match[1]) if match is not None else _set(draft, group, loss.what)
    return bool(values) and all(_same(group, translation, translating, loss, value) for value in values)


def _values(job: Job, path: str) -> tuple[str, ...]:
    """What the matrix has at ``path``, each once; none where a leg has nothing, or the legs are not known."""
    found = [leg.values.get(path) for leg in legs(job)]
    return tuple(dict.fromkeys(value for value in found if value is not None)) if None not in found else ()


def _set(draft: Draft, group: Sequence[Site], word: str) -> tuple[str, ...]:
    """The text that ``env`` puts in a word's place; none where a step may set it anew, or only a run can tell."""
    match = _FROM_ENV.fullmatch(word)
    if match is None:
        return ()
    again = f"{match[1]}="
    found = {draft.workflow.environment_of(draft.job, site.step).get(match[1], "${{") for site in group}
    anew = any(step.run is not None and again in step.run.value for step in draft.job.steps)
    return tuple(found) if not anew and not any("${{" in value for value in found) else ()


def _same(group: Sequence[Site], translation: Translation, translating: Translating, loss: Loss, value: str) -> bool:
    try:
        filled = words(value)
        own = translating([[*_filled(site.argv, loss.what, filled)] for site in group])
    except (CovpathError, ValueError):
        return False
    if {one.name for one in own.losses} - {one.name for one in translation.losses}:
        return False
    pairs = zip(translation.replacements, own.replacements, strict=True)
    return all(
        sorted(_put(one.commands, loss.what, filled)) == sorted(word for each in other.commands for word in each.words)
        for one, other in pairs
    )


def _filled(argv: Sequence[Argument], word: str, filled: Sequence[Argument]) -> Iterator[Argument]:
    for one in argv:
        yield from filled if one.raw == word else (one,)


def _put(commands: Sequence[Command], word: str, filled: Sequence[Argument]) -> Iterator[str]:
    for command in commands:
        for one in command.words:
            yield from (each.raw for each in filled) if one == word else (one,)
