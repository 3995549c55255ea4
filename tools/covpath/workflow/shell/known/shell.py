"""An imagined shell that runs a script over known texts: one way at a time, decisions asked for."""

from __future__ import annotations

from collections.abc import Iterable

from covpath.terms import Tri
from covpath.workflow.shell.known.assignments import assign, declare, document
from covpath.workflow.shell.known.builtin import BUILTINS, external
from covpath.workflow.shell.known.conditions import DoubleBracket
from covpath.workflow.shell.known.process import Jump, Leave, Process
from covpath.workflow.shell.known.texts import HOLE, Unclear, fits, known
from covpath.workflow.shell.known.words import Expander
from covpath.workflow.shell.syntax import (
    AndOr,
    Case,
    Command,
    Function,
    Group,
    If,
    Item,
    Loop,
    Node,
    Pipeline,
    Redirect,
    Redirected,
    Sequence,
    Subshell,
    Substitution,
    Test,
)
from covpath.workflow.shell.wrappers import peel

_MOST_ROUNDS = 200
_DEEPEST = 40


class Rehearsal:
    """Runs constructs in processes. ``ignored``: a failure there does not end a shell with errexit."""

    def __init__(self) -> None:
        self.depth = 0

    def run(self, node: Node, process: Process, *, ignored: bool = False) -> int:
        """Run a construct; its status. Raises Leave where the shell ends, Unclear for what is not followed."""
        match node:
            case Command():
                status = self.command(node, process, ignored=ignored)
            case Sequence():
                return self._sequence(node, process, ignored=ignored)
            case AndOr():
                return self._and_or(node, process, ignored=ignored)
            case Pipeline():
                return self._pipeline(node, process, ignored=ignored)
            case If():
                return self._if(node, process, ignored=ignored)
            case Loop():
                return self._loop(node, process, ignored=ignored)
            case Case():
                return self._case(node, process, ignored=ignored)
            case Group():
                return self._sequence(node.body, process, ignored=ignored)
            case Redirected():
                return self._redirected(node, process, ignored=ignored)
            case Subshell():
                status = self._subshell(node.body, process, ignored=ignored)
            case Function():
                process.functions[node.name] = node
                status = 0
            case Test():
                status = self._test(node, process)
            case _:
                raise Unclear
        return self._ended(process, status, ignored=ignored)

    def _ended(self, process: Process, status: int, *, ignored: bool) -> int:
        process.status = status
        if status and process.errexit and not ignored:
            raise Leave(status)
        return status

    def listen(self, body: Sequence, process: Process) -> str:
        """What commands write in a subshell; their status becomes the process's."""
        child = process.child(given=process.input, heard=True)
        child.errexit = False
        process.status = self.end(body, child)
        return child.heard()

    def end(self, body: Node, process: Process) -> int:
        """Run a whole process to its end; its exit status."""
        try:
            return self.run(body, process)
        except Leave as leaving:
            return leaving.status
        except Jump:
            raise Unclear from None

    def _sequence(self, node: Sequence, process: Process, *, ignored: bool) -> int:
        status = 0
        for item in node.items:
            status = self._item(item, process, ignored=ignored)
        return status

    def _item(self, item: Item, process: Process, *, ignored: bool) -> int:
        if item.background is None:
            return self.run(item.node, process, ignored=ignored)
        self.end(item.node, process.child(given="", heard=False))
        process.status = 0
        return 0

    def _and_or(self, node: AndOr, process: Process, *, ignored: bool) -> int:
        status = self.run(node.first, process, ignored=True)
        for position, operand in enumerate(node.rest, 1):
            if (status == 0) is (operand.operator == "&&"):
                last = position == len(node.rest)
                status = self.run(operand.node, process, ignored=ignored if last else True)
        return status

    def _pipeline(self, node: Pipeline, process: Process, *, ignored: bool) -> int:
        negated = node.negation is not None
        if len(node.elements) == 1:
            status = self.run(node.elements[0], process, ignored=ignored or negated)
        else:
            status = self._piped(node, process, ignored=ignored or negated)
        if negated:
            status = 0 if status else 1
            process.status = status
            return status
        return self._ended(process, status, ignored=ignored) if len(node.elements) > 1 else status

    def _piped(self, node: Pipeline, process: Process, *, ignored: bool) -> int:
        given = process.input
        statuses: list[int] = []
        for position, element in enumerate(node.elements, 1):
            child = process.child(given=given, heard=position < len(node.elements))
            child.errexit = child.errexit and not ignored
            statuses.append(self.end(element, child))
            given = child.heard()
        failures = [status for status in statuses if status]
        return failures[-1] if process.pipefail and failures else statuses[-1]

    def _if(self, node: If, process: Process, *, ignored: bool) -> int:
        for branch in node.branches:
            if self.run(branch.condition, process, ignored=True) == 0:
                return self.run(branch.body, process, ignored=ignored)
        if node.otherwise is not None:
            return self.run(node.otherwise, process, ignored=ignored)
        process.status = 0
        return 0

    def _loop(self, node: Loop, process: Process, *, ignored: bool) -> int:
        process.loops += 1
        status = 0
        try:
            for _ in self._rounds(node, process):
                try:
                    status = self.run(node.body, process, ignored=ignored)
                except Jump as jump:
                    if jump.kind == "return":
                        raise
                    status = 0
                    if jump.levels > 1:
                        raise Jump(jump.kind, jump.levels - 1) from None
                    if jump.kind == "break":
                        break
        finally:
            process.loops -= 1
        process.status = status
        return status

    def _rounds(self, node: Loop, process: Process) -> Iterable[None]:
        if node.condition is not None:
            wanted = node.keyword == "while"
            for _ in range(_MOST_ROUNDS):
                if (self.run(node.condition, process, ignored=True) == 0) is not wanted:
                    return
                yield
            raise Unclear
        if node.keyword != "for":
            raise Unclear
        words = process.arguments if node.words is None else self.listed(node, process)
        for value in words:
            if node.variable is not None:
                process.variables[node.variable] = value
            yield

    def listed(self, node: Loop, process: Process) -> list[str]:
        """What a ``for`` goes through. Raises Unclear where that may be any number of words."""
        expander = Expander(process, self.listen)
        if any(expander.may_spread(word) for word in node.words or ()):
            raise Unclear  # it may be any number of words
        fields = [field for word in node.words or () for field in expander.fields(word)]
        if len(fields) > _MOST_ROUNDS:
            raise Unclear
        return fields

    def _case(self, node: Case, process: Process, *, ignored: bool) -> int:
        expander = Expander(process, self.listen)
        subject = expander.text(node.subject)
        for arm in node.arms:
            if arm.terminator not in {"", ";;"}:
                raise Unclear
            if any(process.shared.decide(fits(subject, expander.pattern(one))) for one in arm.patterns):
                process.status = 0
                return self.run(arm.body, process, ignored=ignored) if arm.body.items else 0
        process.status = 0
        return 0

    def _subshell(self, body: Sequence, process: Process, *, ignored: bool) -> int:
        child = process.child(given=process.input, heard=process.output is not None)
        child.errexit = child.errexit and not ignored
        status = self.end(body, child)
        process.write(child.heard())
        return status

    def _test(self, node: Test, process: Process) -> int:
        expander = Expander(process, self.listen)
        if node.words is None:
            value = expander.arithmetic(node.raw.strip("()"))
            if value == HOLE:
                return 0 if process.shared.decide(Tri.UNKNOWN) else 1
            return 0 if value != "0" else 1
        return 0 if process.shared.decide(DoubleBracket(node.words, expander).answer()) else 1

    def _redirected(self, node: Redirected, process: Process, *, ignored: bool) -> int:
        before = process.input, process.output
        self._redirect(node.redirects, process)
        try:
            return self.run(node.body, process, ignored=ignored)
        finally:
            process.input, process.output = before

    def _redirect(self, redirects: tuple[Redirect, ...], process: Process) -> None:
        """Where it reads from; and whether what it writes is still heard."""
        for redirect in redirects:
            operator = redirect.operator.lstrip("0123456789")
            source = redirect.operator[: -len(operator)] if operator else ""
            if operator == "<<<" and redirect.target is not None:
                process.input = f"{Expander(process, self.listen).text(redirect.target)}\n"
            elif operator.startswith("<<"):
                process.input = document(redirect, process)
            elif operator == "<":
                process.input = self._read_from(redirect, process)
            elif operator.startswith((">", "&>")) and source in {"", "1"} and not operator.startswith(">&1"):
                process.output = None

    def _read_from(self, redirect: Redirect, process: Process) -> str | None:
        """``< <(commands)`` reads what they write; a file's content is not known."""
        parts = redirect.target.parts if redirect.target is not None else ()
        if len(parts) == 1 and isinstance(parts[0], Substitution) and parts[0].process:
            return self.listen(parts[0].body, process)
        return None

    def command(self, node: Command, process: Process, *, ignored: bool) -> int:
        """A simple command."""
        process.shared.count()
        expander = Expander(process, self.listen)
        if not node.words:
            for assignment in node.assignments:
                assign(assignment, expander)
            # Only a substitution has a status to hand on.
            values = [one.value for one in node.assignments if one.value is not None]
            return process.status if any(value.substitutions for value in values) else 0
        words = [field for word in peel(node).words for field in expander.fields(word)]
        before = process.input, process.output
        separators = process.variables.get("IFS")
        for assignment in node.assignments:
            if assignment.name == "IFS":
                assign(assignment, expander)
        self._redirect(node.redirects, process)
        try:
            return self.dispatch(words, node, expander, ignored=ignored)
        finally:
            process.input, process.output = (before[0] if node.redirects else process.input), before[1]
            if any(assignment.name == "IFS" for assignment in node.assignments):
                process.variables.pop("IFS", None)
                if separators is not None:
                    process.variables["IFS"] = separators

    def dispatch(self, words: list[str], node: Command, expander: Expander, *, ignored: bool) -> int:
        """A command's words, expanded: a function, a builtin or a program."""
        process = expander.process
        if not words:
            return process.status
        name, arguments = words[0], words[1:]
        if not known(name):
            raise Unclear
        if name in process.functions:
            return self._call(process.functions[name], arguments, process, ignored=ignored)
        if name in {"declare", "typeset", "local", "export", "readonly"}:
            return declare(node, expander)
        handler = BUILTINS.get(name)
        if handler is not None:
            return handler(arguments, process)
        return self.external(name, arguments, process, ignored=ignored)

    def external(self, name: str, arguments: list[str], process: Process, *, ignored: bool) -> int:
        """A program; ``ignored``: its failure only chooses what runs next."""
        del ignored
        return external(name, arguments, process)

    def _call(self, function: Function, arguments: list[str], process: Process, *, ignored: bool) -> int:
        if self.depth > _DEEPEST:
            raise Unclear
        outer, process.arguments = process.arguments, arguments
        self.depth += 1
        try:
            return self.run(function.body, process, ignored=ignored)
        except Jump as jump:
            if jump.kind != "return":
                raise
            return jump.levels
        finally:
            process.arguments = outer
            self.depth -= 1
