from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from covpath.ledger.editing import Edited
from covpath.ledger.reading import parse
from covpath.yamltext.comments import comments
from covpath.yamltext.reading import read
from covpath.yamltext.source import Source, decode
from ledger.drafts import carry_out
from ledger.other_reader import independently

PATH = "ci/ci-exceptions.yaml"
WORDS = st.sampled_from(
    [
        "it dies",
        "a: b",
        "# no comment",
        "no",
        "2026-01-01",
        "'quoted'",
        '"',
        "café 🚧",
        "two\nlines",
        "- x",
        "{y}",
        "1:30",
    ]
)
SPRINTS = st.integers(1, 60).map(lambda number: f"sprint {number}")


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """A valid file in some style: dashes, comments, blank lines, quotes, line ends, final newline or not."""
    pad = draw(st.sampled_from(["", "  ", "    "]))
    wide = draw(st.sampled_from([" ", "   "]))
    gap = draw(st.sampled_from(["", "\n", "\n# between\n"]))
    lines = [
        draw(st.sampled_from(["# top\nversion: 1\n", "version: 1 # one\n", "version: 1\n\n"])),
        'owner: "@org/ci"\n',
    ]
    lines.append(draw(st.sampled_from(["exceptions:\n", "exceptions: # all\n"])))
    indent = pad + " " + wide
    for number in range(draw(st.integers(1, 4))):
        above = draw(st.sampled_from(["", f"{pad}# about {number}\n"]))
        lines += [gap if number else "", above, f"{pad}-{wide}job: ci.yml:old{number}"]
        lines.append(draw(st.sampled_from(["\n", " # job\n"])))
        for field in draw(st.permutations(FIELDS)):
            text = draw(st.sampled_from(field))
            lines.append("".join(f"{indent}{line}".rstrip() + "\n" for line in text.splitlines()))
        lines.append(draw(st.sampled_from(["", f"{indent}# tail\n", f"{indent}  # deep\n"])))
    lines.append(draw(st.sampled_from(["", "# end\n", "\n\n# end\n", "required_checks: [fmt] # known\n"])))
    text = "".join(lines)
    text = text if draw(st.booleans()) else text.removesuffix("\n")
    text = text.replace("\n", draw(st.sampled_from(["\n", "\r\n"])))
    return draw(st.sampled_from([b"", b"\xef\xbb\xbf"])) + text.encode()


FIELDS = (
    ["decision: new-backend", "decision: 'new-backend' # which", "# before\ndecision: larger-runner"],
    ["target: sprint 9", 'target: "sprint 9"  # when', "target:\n  sprint 9"],
    ["reason: it dies", "reason: >-\n  it\n  dies", "reason: | # why\n  it\n\n  dies", 'reason: "it # dies"'],
    ["", "evidence: https://example.org/1", "evidence: [a/b.json]", "evidence:\n- a/b.json # seen\n- {text: x}"],
    ["", "notes: short", "notes: [a, b]", "notes:\n  - a\n  # more\n  - b", "notes: 'a\n  b'", "notes: |+\n  kept\n\n"],
)


@st.composite
def wishes(draw: st.DrawFn) -> dict[str, Any]:
    job = f"ci.yml:old{draw(st.integers(0, 3))}"
    new = f"new{draw(st.integers(0, 5))}"
    match draw(st.sampled_from(["add", "postpone", "resolve", "mark"])):
        case "add":
            how: dict[str, Any] = {"job": f"b.yml:{new}", "decision": "new-backend", "target": draw(SPRINTS)}
            return {"add": how | {"reason": draw(WORDS), "notes": draw(st.lists(WORDS, max_size=3))}}
        case "postpone":
            evidence = draw(st.lists(st.sampled_from(["https://example.org/2", "c/d.json"]), max_size=2))
            return {"postpone": {"job": job, "until": draw(SPRINTS), "reason": draw(WORDS), "evidence": evidence}}
        case "resolve":
            return {"resolve": {"jobs": [job]}}
        case _:
            return {"resolve": {"jobs": [job], "on": "2026-04-01"}}


def possible(source: Source, wish: dict[str, Any]) -> bool:
    ((verb, how),) = wish.items()
    entries = parse(source).open_entries
    named = {str(job): entry for entry in entries for job in entry.jobs}
    if verb == "add":
        return how["job"] not in named
    if verb == "postpone":
        entry = named.get(how["job"])
        return entry is not None and str(entry.target) != how["until"]
    return how["jobs"][0] in named


def others(data: Any, job: str) -> list[Any]:
    return [entry for entry in data["exceptions"] or [] if entry["job"] != job]


def check(before: Source, wish: dict[str, Any], edited: Edited) -> None:
    ((verb, how),) = wish.items()
    after = edited.source
    job = how["jobs"][0] if verb == "resolve" else how["job"]
    old, new = independently(before.text), independently(after.text)
    assert others(new, job) == others(old, job)
    assert {key: new[key] for key in new if key != "exceptions"} == {
        key: old[key] for key in old if key != "exceptions"
    }
    mine = [entry for entry in new["exceptions"] if entry["job"] == job]
    if verb == "resolve" and "on" not in how:
        assert mine == [entry for entry in old["exceptions"] if entry["job"] == job and "resolved" in entry]
    elif verb == "resolve":
        assert mine[-1]["resolved"] == how["on"]
    else:
        assert mine[-1]["target"] == (how["target"] if verb == "add" else how["until"])
        if verb == "add":
            assert mine[-1]["reason"] == how["reason"]
        else:
            notes = mine[-1]["notes"]
            assert how["reason"].strip() in (notes if isinstance(notes, str) else "\n".join(notes))
    kept = [comment.text for comment in comments(read(after))]
    gone = [sentence.removeprefix("this comment goes with it: ") for sentence in edited.said]
    for comment in comments(read(before)):
        assert comment.text in kept or comment.text in gone
    lost = set(before.text.split("\n")) - set(after.text.split("\n"))
    if verb != "resolve":
        # Only lines of fields that were asked to change may differ.
        assert len(lost) <= 8
    assert edited.patch.reverse().apply().encode() == before.encode()
    assert after.bom == before.bom
    assert ("\r\n" in after.text) == ("\r\n" in before.text)
    assert "\n" not in after.text.replace("\r\n", "") or "\r\n" not in after.text
    if before.text.endswith("\n"):
        assert after.text.endswith("\n")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files(), st.lists(wishes(), min_size=1, max_size=5))
def test_any_changes_in_a_row_keep_what_they_are_not_about(data: bytes, asked: list[dict[str, Any]]) -> None:
    source = decode(PATH, data)
    parse(source)
    for wish in asked:
        if possible(source, wish):
            edited = carry_out(source, wish)
            check(source, wish, edited)
            source = edited.source


@settings(max_examples=40, deadline=None)
@given(files(), WORDS, SPRINTS)
def test_what_was_added_is_taken_out_byte_for_byte(data: bytes, reason: str, sprint: str) -> None:
    source = decode(PATH, data)
    how = {"job": "b.yml:new", "decision": "new-backend", "target": sprint, "reason": reason}
    added = carry_out(source, {"add": how}).source
    removed = carry_out(added, {"resolve": {"jobs": ["b.yml:new"]}}).source
    if "|+" in source.text:  # blank lines at the end belong to the text before them
        assert removed.text.rstrip("\r\n") == source.text.rstrip("\r\n")
    else:
        assert removed.encode() == source.encode()
