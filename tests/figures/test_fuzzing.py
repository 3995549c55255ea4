"""Edits of generated workflows for as long as one likes: COVPATH_FUZZ_SECONDS, 20 where it is not set."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from random import Random, SystemRandom

from edit_checks import check, document_of
from generated_edits import ask
from generated_workflows import generate


def test_no_generated_edit_goes_wrong() -> None:
    until = time.monotonic() + float(os.environ.get("COVPATH_FUZZ_SECONDS", "20"))
    seed = SystemRandom().randrange(2**32)
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    while time.monotonic() < until:
        seed += 1
        random = Random(seed)
        generated = generate(random, aliases=seed % 3 == 0)
        began = time.process_time()
        document = document_of(generated)
        for _ in range(3):
            try:
                outcomes[check(generated, document, ask(random, generated.data))] += 1
            except Exception as error:
                error.add_note(f"seed {seed}")
                raise
        slowest = max(slowest, time.process_time() - began)
    shown = ", ".join(f"{number} {outcome}" for outcome, number in sorted(outcomes.items()))
    sys.stdout.write(f"\nfuzzed edits: {shown}; none wrong; slowest file {slowest:.2f} s\n")
