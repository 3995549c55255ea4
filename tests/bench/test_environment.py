from __future__ import annotations

from pathlib import Path

from covpath.bench.environment import apply_github_files, trial_environment

OUTER = {
    "PATH": "/usr/bin",
    "LANG": "C.UTF-8",
    "LC_ALL": "C",
    "HOME": "/home/someone",
    "GITHUB_TOKEN": "secret",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "CODECOV_TOKEN": "secret",
    "PIP_INDEX_URL": "https://user:secret@example.com",
    "npm_config__auth": "secret",
    "SSH_AUTH_SOCK": "/run/agent",
    "CARGO_REGISTRY_TOKEN": "secret",
    "PYTHONPATH": "/somewhere",
    "CARGO_HOME": "/opt/cargo",
}


def test_no_credential_and_no_surprise_comes_through() -> None:
    environment = trial_environment(OUTER, Path("/s/trial"), {})
    assert "secret" not in "".join(environment.values())
    assert not {"SSH_AUTH_SOCK", "PYTHONPATH", "GITHUB_TOKEN"} & set(environment)
    assert (environment["PATH"], environment["LANG"], environment["LC_ALL"]) == ("/usr/bin", "C.UTF-8", "C")
    assert environment["CARGO_HOME"] == "/opt/cargo"


def test_it_looks_like_a_runner_in_a_directory_of_its_own() -> None:
    environment = trial_environment(OUTER, Path("/s/trial"), {})
    assert environment["CI"] == environment["GITHUB_ACTIONS"] == "true"
    for name in ("HOME", "TMPDIR", "RUNNER_TEMP", "GITHUB_WORKSPACE", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        assert environment[name].startswith("/s/trial/")


def test_toolchains_in_the_old_home_are_still_found(tmp_path: Path) -> None:
    (tmp_path / ".rustup").mkdir()
    environment = trial_environment({"HOME": str(tmp_path)}, Path("/s/trial"), {})
    assert environment["RUSTUP_HOME"] == str(tmp_path / ".rustup")
    assert "CARGO_HOME" not in environment


def test_the_steps_own_variables_win() -> None:
    assert trial_environment(OUTER, Path("/s"), {"HOME": "/x", "A": "b"})["HOME"] == "/x"


def test_set_up_passes_variables_on_as_steps_do(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("A=1\nB<<END\nx=1\ny\nEND\nC=a<<b\n")
    (tmp_path / "path").write_text("/first\n/second\n")
    changed = apply_github_files(tmp_path, {"PATH": "/usr/bin"})
    assert changed == {"A": "1", "B": "x=1\ny", "C": "a<<b", "PATH": "/second:/first:/usr/bin"}
    assert apply_github_files(tmp_path / "none", {"PATH": "x"}) == {"PATH": "x"}
