"""Scripts that only work out words, or show some: a failure of what they run for that is nobody's check."""

from __future__ import annotations

import pytest

from covpath.gate.scripts.script_commands import only_tells

TELLS = (
    'echo "v=$(cmd)" >> "$GITHUB_OUTPUT"',
    "export V=$(cmd)",
    'echo "v=$(cmd | jq .v)" >> "$GITHUB_OUTPUT"\necho "w=$(other)" >> "$GITHUB_OUTPUT"',
    "if cmd | grep -q x; then v=1; fi",
    "if ! cmd | grep -q x; then\n  echo v=1 >> $GITHUB_OUTPUT\nelse\n  echo v=0 >> $GITHUB_OUTPUT\nfi",
    'if [[ -n "$(cmd)" ]]; then\n  echo v=1 >> $GITHUB_OUTPUT\nelse\n  echo v=0 >> $GITHUB_OUTPUT\nfi',
    'if [ -z "$(cmd | sort)" ]; then v=1; fi',
    "for x in a b; do\n  if cmd | grep -q $x; then v=1; break; fi\ndone",
    "grep x file || true",
    "grep -F x file | sort || true",
    "cat log",
)
DOES = (
    "cmd",
    "v=$(cmd)",
    "cmd | tee log",
    "echo $(cmd)\nother",
    "grep -q x file",
    "grep x file",
    "cmd | grep -q x",
    "if cmd; then echo fine; fi",
    "if cmd | grep -q x; then other; fi",
    "if cmd | grep -q x; then exit 1; fi",
    'test "$(cmd)" = x',
    'if [[ -n "$(cmd)" ]]; then other; fi',
    'if [[ -n "$(cmd)" ]]; then false; fi',
    "if $(cmd); then false; fi",
    "",
)


@pytest.mark.parametrize("script", TELLS)
def test_what_only_tells(script: str) -> None:
    assert only_tells(script)


@pytest.mark.parametrize("script", DOES)
def test_what_does_more(script: str) -> None:
    assert not only_tells(script)
