"""GitHub's own workflow parser and expression evaluator, asked in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from oracles.install import ask


@dataclass(frozen=True, slots=True)
class ParseError:
    """What GitHub's parser says about a file; ``line`` and ``column`` count from 1."""

    message: str
    line: int | None
    column: int | None


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file as GitHub's parser sees it."""

    errors: tuple[ParseError, ...]

    @property
    def accepted(self) -> bool:
        return not self.errors


def parse_workflows(
    files: Mapping[str, str], *, seconds: float = 10, background_steps: bool = False
) -> dict[str, Parsed]:
    """The errors GitHub's parser finds in each of ``files``, given as name and text."""
    question = {"files": dict(files), "seconds": seconds, "background": background_steps}
    answer: Any = ask("workflows.mjs", question, timeout=60 + seconds * (1 + len(files) / 10))
    return {
        name: Parsed(tuple(ParseError(one["message"], one["line"], one["column"]) for one in answer[name]))
        for name in files
    }


@dataclass(frozen=True, slots=True)
class Question:
    """An expression, and plain contexts (``{"$number": "NaN"}`` for what JSON cannot say)."""

    text: str
    contexts: Mapping[str, object]
    success: bool = True
    failure: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A plain value (objects as ``{"$object": [[key, value], ...]}``), or why there is none."""

    value: object = None
    parse_error: str | None = None
    evaluation_error: str | None = None


def evaluate_expressions(questions: Sequence[Question]) -> list[Answer]:
    """What GitHub's evaluator makes of each of ``questions``."""
    asked = [
        {
            "text": one.text,
            "contexts": one.contexts,
            "status": {"success": one.success, "failure": one.failure, "cancelled": one.cancelled},
        }
        for one in questions
    ]
    answers: Any = ask("expressions.mjs", asked)
    return [Answer(one.get("value"), one.get("parse"), one.get("evaluation")) for one in answers]


def schema_contexts() -> dict[str, tuple[str, ...]]:
    """Per definition of the workflow schema: the contexts it allows, and functions as ``name(fewest,most)``."""
    answer: Any = ask("schema.mjs", None)
    return {name: tuple(contexts) for name, contexts in answer.items()}
