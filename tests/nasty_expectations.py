"""What each of the nasty cases gives: read or not, and every kind of edit of every job.

``tests/cases/nasty/NAME.txt`` holds it: how the file is read, and for each edit its lines
taken and given, or why it is refused. After a deliberate change run this file to write them
anew, then read the difference.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from covpath.errors import InputError, Refusal
from covpath.yamltext.edit import Patch
from covpath.yamltext.nodes import Route
from covpath.yamltext.proof import prove
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode
from edit_kinds import ALL_KINDS, Wanted

CASES = Path(__file__).parent / "cases" / "nasty"


def outcome(path: Path) -> str:
    """The text of a case's expectation, as things are now."""
    try:
        document = read(decode(path.name, path.read_bytes()))
    except InputError as error:
        return f"refused: {error.message} [{error.place}]\n"
    shown = ["read"]
    for name, kind in ALL_KINDS.items():
        for wanted in kind(document):
            shown += [f"== {name}: {_show(wanted.route)}", *edit_lines(document, wanted)]
    return "".join(f"{line}\n" for line in shown)


def edit_lines(document: Document, wanted: Wanted) -> list[str]:
    """The lines an edit takes and gives, with carriage returns and trailing blanks made visible."""
    try:
        edit = wanted.make(document)
    except Refusal as refusal:
        return [f"refused: {refusal.message} [{refusal.place}]"]
    if edit is None:
        return ["nothing to do"]
    patch = Patch(document.source, (edit,))
    prove(patch, edit.changes, gone=edit.gone)
    lines = patch.diff().split("\n")[3:]
    shown = [
        _visible(line)
        for before, line in pairwise(["", *lines])
        if line[:1] in ("+", "-") or (line.startswith("\\") and before[:1] in ("+", "-"))
    ]
    return [*shown, *(f"gone: {comment}" for comment in edit.gone)]


def _visible(line: str) -> str:
    line = line.replace("\r", "␍")
    return line[:-1] + "·" if line.endswith((" ", "\t")) else line


def _show(route: Route) -> str:
    return "/".join(map(str, route[1:]))


if __name__ == "__main__":
    for case in sorted(CASES.glob("*.yml")):
        case.with_suffix(".txt").write_text(outcome(case), encoding="utf-8", newline="\n")
