"""The environment a trial gets: what GitHub would set, what a toolchain needs to be found, no credentials.

Only names that are known to be harmless are taken over. HOME is a fresh directory, so that
neither credentials nor caches of the person at the machine are found there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_TAKEN = frozenset(
    (
        *("PATH", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ"),
        *("VIRTUAL_ENV", "JAVA_HOME", "GOROOT", "LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        *("ImageOS", "ImageVersion"),
    )
)

_KEPT_HOMES = {
    "CARGO_HOME": ".cargo",
    "RUSTUP_HOME": ".rustup",
    "GOPATH": "go",
    "PYENV_ROOT": ".pyenv",
    "NVM_DIR": ".nvm",
    "PYTHONUSERBASE": ".local",
    "npm_config_cache": ".npm",
    "PIP_CACHE_DIR": ".cache/pip",
    "UV_CACHE_DIR": ".cache/uv",
}
"""Toolchains and download caches that live in HOME by default; they stay where they are."""


def trial_environment(outer: Mapping[str, str], trial: Path, own: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a trial in directory ``trial``; ``own`` is what the step sets, and wins."""
    taken = {name: value for name, value in outer.items() if name in _TAKEN or name.startswith("LC_")}
    github = trial / "github"
    work = trial / "work"
    set_by_github = {
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(work),
        "GITHUB_OUTPUT": str(github / "output"),
        "GITHUB_ENV": str(github / "env"),
        "GITHUB_PATH": str(github / "path"),
        "GITHUB_STATE": str(github / "state"),
        "GITHUB_STEP_SUMMARY": str(github / "summary"),
        "RUNNER_OS": "Linux",
        "RUNNER_TEMP": str(trial / "tmp"),
        "HOME": str(trial / "home"),
        "TMPDIR": str(trial / "tmp"),
        "PWD": str(work),
    }
    return {**taken, **_homes(outer), **set_by_github, **own}


def _homes(outer: Mapping[str, str]) -> dict[str, str]:
    """Where toolchains are found although HOME is another: as set, else their default place if it exists."""
    found = {}
    for name, place in _KEPT_HOMES.items():
        default = Path(outer["HOME"]) / place if outer.get("HOME") else None
        if name in outer:
            found[name] = outer[name]
        elif default is not None and default.is_dir():
            found[name] = str(default)
    return found


def apply_github_files(github: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What set-up commands wrote to ``$GITHUB_ENV`` and ``$GITHUB_PATH``, applied for the next step."""
    changed = dict(environment)
    changed.update(_assignments(_text(github / "env")))
    for line in _text(github / "path").splitlines():
        if line.strip():
            changed["PATH"] = f"{line.strip()}:{changed.get('PATH', '')}"
    return changed


def _assignments(text: str) -> dict[str, str]:
    """``NAME=value`` lines and ``NAME<<WORD`` blocks, as GitHub's "Workflow commands" describe them."""
    found = {}
    lines = iter(text.splitlines())
    for line in lines:
        name, equals, value = line.partition("=")
        key, arrows, word = line.partition("<<")
        if arrows and (not equals or len(key) < len(name)):
            block = []
            for inner in lines:
                if inner == word:
                    break
                block.append(inner)
            found[key] = "\n".join(block)
        elif equals:
            found[name] = value
    return found


def _text(path: Path) -> str:
    return path.read_text("utf-8", "replace") if path.is_file() else ""
