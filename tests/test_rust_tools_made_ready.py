"""``ci/rust_tools.py`` on machines that lack one thing or another; every program it calls is made here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).resolve().parents[1] / "ci" / "rust_tools.py"

CARGO = """\
[ "$1" = install ] || exit 1
while [ $# -gt 1 ]; do [ "$1" = --root ] && root=$2; shift; done
mkdir -p "$root/bin" && : > "$root/bin/$1" && chmod +x "$root/bin/$1"
"""
RUSTC = """\
[ "$1" = -vV ] && echo "LLVM version: 99.1.0" || echo "$HERE/toolchain/lib"
"""
TOOLS = 'mkdir -p "{0}" && for one in llvm-cov{1} llvm-profdata{1}; do : > "{0}/$one"; chmod +x "{0}/$one"; done\n'
RUSTUP = TOOLS.format("$HERE/toolchain/bin", "")
APT = '[ "$4" = llvm-99 ] || [ "$2" = update ] || exit 1\n' + TOOLS.format("$HERE/bin", "-99")


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    for name, text in {"cargo": CARGO, "rustc": RUSTC}.items():
        have(tmp_path, name, text)
    return tmp_path


def have(machine: Path, name: str, text: str) -> None:
    program = machine / "bin" / name
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\necho "{name} $*" >> "$HERE/calls"\n{text}')
    program.chmod(0o755)


def ready(machine: Path, *command: str) -> subprocess.CompletedProcess[str]:
    for name in ("mkdir", "chmod", "env"):
        if not (machine / "bin" / name).exists():
            (machine / "bin").mkdir(exist_ok=True)
            (machine / "bin" / name).symlink_to(f"/usr/bin/{name}")
    environment = {"PATH": str(machine / "bin"), "HERE": str(machine), "COVPATH_TOOLS": str(machine / "kept")}
    return subprocess.run(
        [sys.executable, PROGRAM, *command], env=environment, capture_output=True, text=True, check=False
    )


def calls(machine: Path) -> list[str]:
    return [line.split()[0] for line in (machine / "calls").read_text().splitlines()]


def test_tools_are_built_once_and_found_by_the_command(machine: Path) -> None:
    have(machine, "rustup", RUSTUP)
    done = ready(machine, "env")
    assert done.returncode == 0, done.stderr
    shown = dict(line.split("=", 1) for line in done.stdout.splitlines())
    first, second, *_ = shown["PATH"].split(os.pathsep)
    assert (Path(first) / "cargo-tarpaulin").exists()
    assert (Path(second) / "cargo-llvm-cov").exists()
    assert shown["LLVM_COV"] == str(machine / "toolchain" / "bin" / "llvm-cov")
    assert ready(machine, "env").returncode == 0
    assert (calls(machine).count("cargo"), calls(machine).count("rustup")) == (2, 1)


def test_the_exit_status_is_the_commands(machine: Path) -> None:
    have(machine, "rustup", RUSTUP)
    have(machine, "ends", "exit 7\n")
    assert ready(machine, "ends").returncode == 7


def test_debians_package_is_the_second_choice(machine: Path) -> None:
    have(machine, "rustup", "exit 1\n")
    have(machine, "apt-get", APT)
    have(machine, "sudo", 'shift; exec "$@"\n')
    done = ready(machine, "env")
    assert done.returncode == 0, done.stderr
    assert f"LLVM_PROFDATA={machine / 'bin' / 'llvm-profdata-99'}" in done.stdout
    assert calls(machine).index("rustup") < calls(machine).index("apt-get")


@pytest.mark.parametrize(
    ("have_too", "says"),
    [
        ({}, ("LLVM 99", "rustup component add llvm-tools", "apt-get install llvm-99")),
        ({"rustup": "exit 1\n", "apt-get": "exit 100\n", "sudo": "exit 1\n"}, ("could not be installed",)),
        ({"cargo": "exit 101\n"}, ("cargo could not build cargo-tarpaulin", "C compiler")),
    ],
)
def test_what_is_missing_is_said_with_what_to_do(
    machine: Path, have_too: dict[str, str], says: tuple[str, ...]
) -> None:
    for name, text in have_too.items():
        have(machine, name, text)
    done = ready(machine, "env")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert all(part in done.stderr for part in says), done.stderr


def test_without_rust_nothing_is_tried(tmp_path: Path) -> None:
    done = ready(tmp_path, "env")
    assert done.returncode == 2
    assert "install Rust" in done.stderr


def test_an_absent_command_is_no_traceback(machine: Path) -> None:
    have(machine, "rustup", RUSTUP)
    done = ready(machine, "no-such-command")
    assert done.returncode == 2
    assert "no-such-command is needed" in done.stderr
