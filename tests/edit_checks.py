"""What must hold of any edit, asked of any file: checked from outside, with another YAML reader."""

from __future__ import annotations

import io
import re
from typing import Any

from ruamel.yaml import YAML

from covpath.errors import Refusal
from covpath.yamltext.edit import Edit, Patch
from covpath.yamltext.nodes import same
from covpath.yamltext.proof import prove
from covpath.yamltext.reading import Document, read
from covpath.yamltext.sites import SharedNode
from covpath.yamltext.source import decode
from generated_edits import Asked
from generated_workflows import Generated

MAY_REFUSE = re.compile(
    r"is the only (item|entry) of"
    r"|cannot become a collection where it stands"
    r"|in a style that cannot hold the change"
    r"|a script put there would swallow"
)


def other_reader(content: bytes) -> Any:
    """The data by ruamel.yaml's pure Python reader for YAML 1.2.

    A file whose last block scalar has no line break gets one, as GitHub's reader takes it.
    """
    yaml = YAML(typ="safe", pure=True)
    return yaml.load(io.BytesIO(content if content.endswith(b"\n") else content + b"\n"))


def document_of(generated: Generated) -> Document:
    return read(decode("generated.yml", generated.content))


def check(generated: Generated, document: Document, asked: Asked) -> str:
    """Ask for an edit and check all there is to check: ``made``, ``nothing`` or ``refused``."""
    try:
        edit = asked.make(document)
    except SharedNode:
        assert document.aliases
        return "refused"
    except Refusal as refusal:
        if MAY_REFUSE.search(refusal.message) is None or refusal.place is None:
            raise
        return "refused"
    if edit is None:
        assert same(asked.expected, generated.data)
        return "nothing"
    patch = Patch(document.source, (edit,))
    after = prove(patch, edit.changes, gone=edit.gone)
    content = patch.apply().encode()
    assert same(other_reader(content), asked.expected)
    assert patch.reverse().apply().encode() == generated.content
    _same_line_ends(generated.content, content, edit)
    if asked.settles:
        assert asked.make(after) is None
    return "made"


def _same_line_ends(before: bytes, after: bytes, edit: Edit) -> None:
    """The byte-order mark, the kind of line breaks and the state of the last one are kept."""
    assert after.startswith(b"\xef\xbb\xbf") == before.startswith(b"\xef\xbb\xbf")
    if before.count(b"\n") == before.count(b"\r\n"):
        assert after.count(b"\n") == after.count(b"\r\n")
    elif b"\r\n" not in before:
        assert b"\r\n" not in after
    keeps_blanks = re.search(rb"[|>][0-9]?\+", before)  # its last line break is part of its value
    assert after.endswith(b"\n") == before.endswith(b"\n") or keeps_blanks
