from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from covpath.bench.profile import choose, load_profiles, packaged_profiles
from covpath.bench.settings import BenchSettings, load_settings
from covpath.errors import InputError, UsageError
from covpath.evidence.runner import RunnerKind
from covpath.evidence.trial import CacheState

ROOT = Path(__file__).resolve().parents[2]


def write(repo: Path, text: str, name: str = "runners.yaml") -> Path:
    (repo / "ci").mkdir(exist_ok=True)
    (repo / "ci" / name).write_text(text)
    return repo


def test_a_repository_without_profiles_gets_the_packaged_ones(tmp_path: Path) -> None:
    assert load_profiles(tmp_path) == packaged_profiles()


def test_every_packaged_profile_has_a_source_and_a_day() -> None:
    for profile in packaged_profiles().values():
        assert profile.source
        assert dt.date.fromisoformat(profile.date) <= dt.date(2026, 12, 31)
        assert profile.kind is RunnerKind.HOSTED
        assert profile.price_per_minute_dollars is not None


def test_the_standard_runners_have_the_facts_of_the_documentation() -> None:
    known = packaged_profiles()
    assert (known["ubuntu-public"].cpus, known["ubuntu-public"].price_per_minute_dollars) == (4, 0)
    assert (known["ubuntu-private"].cpus, known["ubuntu-private"].memory_bytes) == (2, 8_000_000_000)
    assert known["ubuntu-slim"].time_limit_seconds == 900
    assert known["ubuntu-slim"].minimal_container
    assert known["linux-16-core"].price_per_minute_dollars == 0.042


def test_an_override_changes_only_the_keys_it_gives(tmp_path: Path) -> None:
    profiles = load_profiles(write(tmp_path, "version: 1\nrunners:\n  ubuntu-slim:\n    memory: 4 GiB\n"))
    assert profiles["ubuntu-slim"].memory_bytes == 4 * 2**30
    assert profiles["ubuntu-slim"].cpus == 1
    assert profiles["ubuntu-public"] == packaged_profiles()["ubuntu-public"]


def test_our_own_repository_defines_one_that_is_too_small() -> None:
    profile = load_profiles(ROOT)["too-small"]
    assert profile.kind is RunnerKind.SELF_HOSTED
    assert profile.usable_memory_bytes < 32 * 2**20


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("", "is empty", 1, 1),
        ("- a\n", "not a mapping", 1, 1),
        ("runners: {}\n", "'version' is a required", 1, 1),
        ("version: 2\nrunners: {}\n", "version: 1 was expected", 1, 10),
        ("version: 1\nrunners:\n  mine:\n    cpus: 1\n", "lacks labels, kind, memory", 4, 5),
        ("version: 1\nrunners:\n  ubuntu-slim:\n    memory: much\n", "not a size: 'much'", 4, 13),
        ("version: 1\nrunners:\n  ubuntu-slim:\n    time_limit: soon\n", "not a duration", 4, 17),
        ("version: 1\nrunners:\n  ubuntu-slim:\n    ram: 3\n", "'ram' is not known", 4, 5),
        ("version: 1\nrunners:\n  ubuntu-slim:\n    cpus: 0\n", "cpus", 4, 11),
        ("version: 1\nrunners:\n  ubuntu-slim:\n    used_at_start: 9 GB\n", "all the memory", 4, 20),
        ("version: 1\nversion: 1\n", "version", 2, 1),
    ],
)
def test_what_is_wrong_has_a_place(tmp_path: Path, text: str, message: str, line: int, column: int) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_profiles(write(tmp_path, text))
    place = caught.value.place
    assert place is not None
    assert (place.file, place.line, place.column) == ("ci/runners.yaml", line, column)


def test_a_runner_nobody_defined_is_named_with_the_nearest_known() -> None:
    known = packaged_profiles()
    assert [profile.name for profile in choose(known, ["ubuntu-slim"])] == ["ubuntu-slim"]
    with pytest.raises(UsageError, match="ubuntu-slin") as caught:
        choose(known, ["ubuntu-slin"])
    assert "Did you mean ubuntu-slim?" in str(caught.value)


def test_settings(tmp_path: Path) -> None:
    assert load_settings(tmp_path) == BenchSettings()
    text = "version: 1\njob: ci.yml:cov\nrunners: [ubuntu-slim]\nbudget: 2 min\ncaches: [cold]\ntrials: 3\n"
    settings = load_settings(write(tmp_path, text, "bench.yaml"))
    assert (settings.job, settings.budget_seconds, settings.trials) == ("ci.yml:cov", 120, 3)
    assert settings.caches == (CacheState.COLD,)
    with pytest.raises(InputError, match="'trial' is not known"):
        load_settings(write(tmp_path, "version: 1\ntrial: 3\n", "bench.yaml"))
    with pytest.raises(InputError, match="not a duration") as caught:
        load_settings(write(tmp_path, "version: 1\nbudget: long\n", "bench.yaml"))
    assert caught.value.place is not None
    assert caught.value.place.line == 2
