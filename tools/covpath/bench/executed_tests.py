"""How many tests a run executed, and which, as far as the test runner's own output says."""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_LIBTEST_RESULT = re.compile(r"^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.MULTILINE)
_LIBTEST_NAME = re.compile(r"^test (.+?) \.\.\. (?:ok|FAILED|ignored)", re.MULTILINE)
_LIBTEST_BINARY = re.compile(r"^\s*(?:Running|Doc-tests) (?:unittests )?(\S+)", re.MULTILINE)
_NEXTEST = re.compile(r"Summary \[.*?\] +(\d+) tests? run: (\d+) passed.*?(?:, (\d+) skipped)?$", re.MULTILINE)
_PYTEST = re.compile(r"^(?:=+ )?((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s", re.MULTILINE)
_PYTEST_NAME = re.compile(r"^(\S+::\S.*?) (?:PASSED|FAILED|SKIPPED|XFAIL|XPASS|ERROR)\b", re.MULTILINE)
_UNITTEST = re.compile(r"^Ran (\d+) tests? in [\d.]+s\s+(OK|FAILED)(?: \((.*)\))?", re.MULTILINE)
_MOCHA = re.compile(r"^\s*(\d+) (passing|failing|pending)\b", re.MULTILINE)
_JEST = re.compile(r"^Tests:\s+(.*?)(\d+) total", re.MULTILINE)
_TAP = re.compile(r"^# (pass|fail|skipped|skip) +(\d+)$", re.MULTILINE)


class ExecutedTests(Struct, frozen=True, kw_only=True):
    """Counts over all summaries in the output; ``names`` is None where the output does not give them all."""

    passed: int
    failed: int
    skipped: int
    names: frozenset[str] | None = None

    @property
    def executed(self) -> int:
        """Tests that ran."""
        return self.passed + self.failed


def executed_tests(output: str) -> ExecutedTests | None:
    """What the first test runner recognised says; None where none is."""
    plain = _ANSI.sub("", output)
    for read in _READERS:
        found = read(plain)
        if found is not None:
            return found
    return None


def _libtest(text: str) -> ExecutedTests | None:
    """Names are told apart by the binary that ran them; every binary prints a summary of its own."""
    results = [tuple(map(int, match.groups())) for match in _LIBTEST_RESULT.finditer(text)]
    if not results:
        return None
    binaries = [(match.start(), match[1]) for match in _LIBTEST_BINARY.finditer(text)]
    names = set()
    for match in _LIBTEST_NAME.finditer(text):
        binary = next((name for start, name in reversed(binaries) if start < match.start()), "")
        names.add(f"{binary} {match[1]}")
    passed, failed, skipped = (sum(column) for column in zip(*results, strict=True))
    return _seen(passed, failed, skipped, names)


def _nextest(text: str) -> ExecutedTests | None:
    match = _NEXTEST.search(text)
    if match is None:
        return None
    run, passed = int(match[1]), int(match[2])
    return ExecutedTests(passed=passed, failed=run - passed, skipped=int(match[3] or 0))


def _pytest(text: str) -> ExecutedTests | None:
    counts: dict[str, int] = {}
    for match in _PYTEST.finditer(text):
        for part in match[1].split(", "):
            number, word = part.split()
            counts[word] = counts.get(word, 0) + int(number)
    passed = sum(counts.get(word, 0) for word in ("passed", "xfailed", "xpassed"))
    failed = sum(counts.get(word, 0) for word in ("failed", "error", "errors"))
    if not passed + failed + counts.get("skipped", 0):
        return None
    names = {match[1] for match in _PYTEST_NAME.finditer(text)}
    return _seen(passed, failed, counts.get("skipped", 0), names)


def _unittest(text: str) -> ExecutedTests | None:
    total = failed = skipped = 0
    for match in _UNITTEST.finditer(text):
        total += int(match[1])
        for part in (match[3] or "").split(", "):
            word, _, number = part.partition("=")
            failed += int(number) if word in ("failures", "errors") else 0
            skipped += int(number) if word == "skipped" else 0
    if not total:
        return None
    return ExecutedTests(passed=total - failed - skipped, failed=failed, skipped=skipped)


def _mocha(text: str) -> ExecutedTests | None:
    counts = {match[2]: int(match[1]) for match in _MOCHA.finditer(text)}
    if not counts:
        return None
    return ExecutedTests(
        passed=counts.get("passing", 0), failed=counts.get("failing", 0), skipped=counts.get("pending", 0)
    )


def _jest(text: str) -> ExecutedTests | None:
    match = _JEST.search(text)
    if match is None:
        return None
    counts = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", match[1])}
    return ExecutedTests(
        passed=counts.get("passed", 0),
        failed=counts.get("failed", 0),
        skipped=counts.get("skipped", 0) + counts.get("todo", 0),
    )


def _tap(text: str) -> ExecutedTests | None:
    counts = {match[1]: int(match[2]) for match in _TAP.finditer(text)}
    if "pass" not in counts:
        return None
    skipped = counts.get("skipped", counts.get("skip", 0))
    return ExecutedTests(passed=counts["pass"], failed=counts.get("fail", 0), skipped=skipped)


_READERS: tuple[Callable[[str], ExecutedTests | None], ...] = (
    _libtest,
    _nextest,
    _pytest,
    _unittest,
    _jest,
    _mocha,
    _tap,
)


def _seen(passed: int, failed: int, skipped: int, names: set[str]) -> ExecutedTests:
    """With names only where there are as many as tests: a partial list would look like a difference."""
    whole = len(names) == passed + failed + skipped
    return ExecutedTests(passed=passed, failed=failed, skipped=skipped, names=frozenset(names) if whole else None)
