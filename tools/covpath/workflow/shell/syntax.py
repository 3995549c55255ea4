"""The model of a shell script: words, commands, and the constructs around them.

All spans are character offsets into the script's text, end exclusive, so that replacing one
word is one splice.  Nothing here parses, and nothing here judges.  No record can come to hold itself,
so none is the garbage collector's business.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from covpath.workflow.shell.spans import Around, Enclosure, Span


class Literal(Struct, frozen=True, gc=False):
    """Characters that mean themselves, quotes removed."""

    text: str
    quoted: bool = False


class Pattern(Struct, frozen=True, gc=False):
    """Unquoted characters that the shell may expand against the file system: ``*``, ``~``, ``{a,b}``."""

    text: str


class Variable(Struct, frozen=True, gc=False):
    """``$name`` or ``${name...}``; ``operation`` is what follows the name inside braces."""

    name: str
    operation: str = ""
    quoted: bool = False


class Substitution(Struct, frozen=True, gc=False):
    """``$(...)``, backquotes, or a process substitution (``process`` is then true)."""

    body: Sequence
    span: Span
    process: bool = False
    quoted: bool = False


class Expression(Struct, frozen=True, gc=False):
    """A GitHub expression, replaced before the shell sees the script."""

    raw: str


class Arithmetic(Struct, frozen=True, gc=False):
    """``$((...))``, kept as text."""

    raw: str


Part = Literal | Pattern | Variable | Substitution | Expression | Arithmetic


class Word(Struct, frozen=True, gc=False):
    """One word as written (``raw``) and as far as it is known without running anything.

    ``text`` is the value after quote removal when that is the same on every run, else None.
    ``literal`` also accepts patterns, as if no file matched them.
    """

    raw: str
    span: Span
    parts: tuple[Part, ...]
    text: str | None

    @property
    def expression(self) -> bool:
        """Whether a GitHub expression is part of the word."""
        return any(type(part) is Expression for part in self.parts)

    @property
    def literal(self) -> str | None:
        """The value after quote removal with patterns left as they are written; None when it varies."""
        if self.text is not None:
            return self.text
        texts = [part.text for part in self.parts if isinstance(part, Literal | Pattern)]
        return "".join(texts) if len(texts) == len(self.parts) else None

    @property
    def substitutions(self) -> tuple[Substitution, ...]:
        """The commands that run to make this word."""
        return tuple([part for part in self.parts if type(part) is Substitution])


class Assignment(Struct, frozen=True, gc=False):
    """``name=value`` before a command or alone; ``value`` is None where nothing follows the sign."""

    name: str
    value: Word | None
    span: Span
    append: bool = False
    array: tuple[Word, ...] | None = None


class Redirect(Struct, frozen=True, gc=False):
    """One redirection; a here-document's text is at ``body``, with the commands its text runs."""

    operator: str
    target: Word | None
    span: Span
    body: Span | None = None
    substitutions: tuple[Substitution, ...] = ()


class Command(Struct, frozen=True, gc=False):
    """A simple command, ``[ ... ]`` and declarations (``export A=1``) included.

    ``context`` lists what it stands in, outermost first.  ``words`` is empty where it only assigns.
    """

    words: tuple[Word, ...]
    assignments: tuple[Assignment, ...]
    redirects: tuple[Redirect, ...]
    span: Span
    context: tuple[Enclosure, ...] = ()

    @property
    def argv(self) -> tuple[str | None, ...]:
        """The words' static texts, None for each that is not static."""
        return tuple(word.text for word in self.words)

    @property
    def name(self) -> str | None:
        """The command's name when static."""
        return self.words[0].text if self.words else None

    def stands_in(self, *kinds: Around) -> bool:
        """Whether any construct around the command is one of ``kinds``."""
        return bool(self.context) and any(enclosure.around in kinds for enclosure in self.context)


class Pipeline(Struct, frozen=True, gc=False):
    """Commands joined by ``|``, possibly a single one behind ``!``."""

    elements: tuple[Node, ...]
    span: Span
    negation: Span | None = None


class Operand(Struct, frozen=True, gc=False):
    """One later part of an and-or list, behind its operator."""

    operator: str
    operator_span: Span
    node: Node


class AndOr(Struct, frozen=True, gc=False):
    """``a && b || c``: equal precedence, from the left."""

    first: Node
    rest: tuple[Operand, ...]
    span: Span


class Item(Struct, frozen=True, gc=False):
    """One statement of a sequence; ``background`` is the span of its ``&``."""

    node: Node
    background: Span | None = None


class Sequence(Struct, frozen=True, gc=False):
    """Statements, one after the other."""

    items: tuple[Item, ...]
    span: Span


class Branch(Struct, frozen=True, gc=False):
    """``if``/``elif`` condition and what it leads to; ``head`` runs from the keyword to ``then``."""

    condition: Sequence
    body: Sequence
    head: Span


class If(Struct, frozen=True, gc=False):
    """An ``if`` with its branches."""

    branches: tuple[Branch, ...]
    otherwise: Sequence | None
    span: Span


class Loop(Struct, frozen=True, gc=False):
    """A loop; ``keyword`` is while, until, for, select, or ``for((`` for the arithmetic form."""

    keyword: str
    condition: Sequence | None
    variable: str | None
    words: tuple[Word, ...] | None
    body: Sequence
    head: Span
    span: Span


class Arm(Struct, frozen=True, gc=False):
    """One arm of a ``case``; ``terminator`` is ``;;``, ``;&``, ``;;&`` or empty."""

    patterns: tuple[Word, ...]
    body: Sequence
    terminator: str


class Case(Struct, frozen=True, gc=False):
    """A ``case`` statement."""

    subject: Word
    arms: tuple[Arm, ...]
    span: Span


class Subshell(Struct, frozen=True, gc=False):
    """``( ... )``."""

    body: Sequence
    span: Span


class Group(Struct, frozen=True, gc=False):
    """``{ ...; }``."""

    body: Sequence
    span: Span


class Function(Struct, frozen=True, gc=False):
    """A function's definition."""

    name: str
    body: Node
    span: Span


class Test(Struct, frozen=True, gc=False):
    """``[[ ... ]]`` (``words`` are what stands between) or ``(( ... ))`` (``words`` is None)."""

    raw: str
    words: tuple[Word, ...] | None
    substitutions: tuple[Substitution, ...]
    span: Span


class Redirected(Struct, frozen=True, gc=False):
    """A compound command with redirections."""

    body: Node
    redirects: tuple[Redirect, ...]
    span: Span


class Unparsed(Struct, frozen=True, gc=False):
    """Text that does not parse; ``inside`` is what could be made out in it."""

    inside: Sequence
    span: Span


Node = (
    Command
    | Pipeline
    | AndOr
    | Sequence
    | If
    | Loop
    | Case
    | Subshell
    | Group
    | Function
    | Test
    | Redirected
    | Unparsed
)


class Script(Struct, frozen=True, gc=False):
    """A parsed script; ``errors`` are the spans that do not parse.

    ``commands`` holds every simple command in source order, nested ones too.
    """

    text: str
    body: Sequence
    commands: tuple[Command, ...]
    errors: tuple[Span, ...] = ()

    def __iter__(self) -> Iterator[Command]:
        return iter(self.commands)
