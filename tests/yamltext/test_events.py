from __future__ import annotations

import subprocess
import sys

from msgspec import structs

from covpath.yamltext.events import events_of

TEXTS = (
    "",
    "a: b\n",
    "&x a: &y [1, 'two', \"three\", {four: !!str 5}]\nb: *y\n? - c\n: |\n  d\n  e\nf: >-\n  g\nh: ~\ni:\n  - j\n  -\n",
    "--- !!map\nä: ö\r\n...\n",
)

THEIRS = """
import sys, yaml
for text in eval(sys.argv[1]):
    parser = yaml.CSafeLoader(text)
    while (event := parser.get_event()) is not None:
        fields = dict(vars(event))
        for mark in ("start_mark", "end_mark"):
            fields[mark] = (fields[mark].index, fields[mark].line, fields[mark].column)
        print(type(event).__name__.removesuffix("Event"), sorted(fields.items()))
"""


def test_they_say_what_the_librarys_own_events_say() -> None:
    asked = [sys.executable, "-X", "utf8", "-c", THEIRS, repr(TEXTS)]
    theirs = subprocess.run(asked, capture_output=True, text=True, check=True, encoding="utf-8").stdout.splitlines()
    ours: list[str] = []
    for text in TEXTS:
        next_event = events_of(text)
        while (event := next_event()) is not None:
            fields = structs.asdict(event) if hasattr(event, "__struct_fields__") else dict(vars(event))
            for mark in ("start_mark", "end_mark"):
                fields[mark] = (fields[mark].index, fields[mark].line, fields[mark].column)
            ours.append(f"{type(event).__name__.removesuffix('Event')} {sorted(fields.items())}")
    assert len(ours) > 40
    assert ours == theirs
