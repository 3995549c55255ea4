from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from covpath.errors import InputError
from covpath.ledger.snapshots import Snapshot, Snapshots

HEADS = ["version: 1\nexceptions:\n", 'version: 1\nowner: "@a"\nrequired_checks:\n  - fmt\nexceptions: # all\n# top\n']
TAILS = ["", "# end\n", "required_checks:\n  - fmt\n  - lint\n", "owner: '@b'\n", "\n\n"]
BODIES = [
    "job: ci.yml:a\n    decision: undecided\n",
    "job: ci.yml:b\n    target: sprint 4\n    evidence:\n      - https://x\n      - {text: y}\n",
    "job: [ci.yml:c, ci.yml:d]\n    reason: |+\n      text\n\n\n",
    'job: ci.yml:e\n    reason: "two\n      lines"\n    # about the next\n',
    "{job: ci.yml:f, resolved: 2026-01-01}\n\n",
    "job: ci.yml:a\n    resolved: 2026-01-01\n",
    "just text\n",
]
NASTY = [
    "\n",
    '"',
    "'",
    "  - ",
    "- ",
    "[",
    "{",
    "}",
    "]",
    "&x ",
    "*x",
    ": ",
    "#",
    "    ",
    "|\n",
    "exceptions:\n",
    "a",
    "\t",
    "---\n",
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    pad = draw(st.sampled_from(["  ", "", "  "]))
    entries = draw(st.lists(st.sampled_from(BODIES), max_size=5))
    listed = "".join(f"{pad}- {body}" if pad else "- " + body.replace("\n    ", "\n  ") for body in entries)
    return draw(st.sampled_from(HEADS)) + listed + draw(st.sampled_from(TAILS))


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """Versions, each the one before with a few characters changed, or another file."""
    versions = [draw(texts())]
    for _ in range(draw(st.integers(1, 6))):
        text = versions[-1]
        if draw(st.integers(0, 3)) == 0:
            text = draw(texts())
        else:
            at = draw(st.integers(0, len(text)))
            cut = draw(st.sampled_from([0, 0, 1, 3, 30]))
            text = text[:at] + draw(st.sampled_from(["", *NASTY])) + text[at + cut :]
        versions.append(text)
    return versions


def told(snapshots: Snapshots, text: str) -> Snapshot | None:
    try:
        return snapshots.of(text)
    except InputError:
        return None


@settings(max_examples=400, deadline=None)
@example(["version: 1\nexceptions:\n  - job: a\n  - job: b\n", 'version: 1\nexceptions:\n  - job: "a\n  - job: b"\n'])
@example(["exceptions:\n  - job: a\n  - job: b\n", "exceptions:\n  - &x job: a\n  - job: b\n", "exceptions:\n  - *x\n"])
@given(histories())
def test_a_version_says_the_same_however_it_is_read(versions: list[str]) -> None:
    snapshots = Snapshots()
    for text in versions:
        assert told(snapshots, text) == told(Snapshots(), text)


def test_entries_read_before_are_not_read_again() -> None:
    text = "exceptions:\n" + "".join(f"  - job: ci.yml:job{number}\n    reason: r\n" for number in range(300))
    snapshots = Snapshots()
    first = snapshots.of(text)
    second = snapshots.of(text.replace("job7\n    reason: r", "job7\n    reason: s"))
    assert second.by_job["ci.yml:job7"].reason == "s"
    kept = [job for job, state in first.by_job.items() if second.by_job[job] is state]
    assert len(kept) == 298  # all but the changed one, and the last, which shows where the list ends
