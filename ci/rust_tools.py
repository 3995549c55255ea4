"""Runs a command with Rust's coverage tools at hand: ``python ci/rust_tools.py COMMAND ...``.

cargo-tarpaulin and cargo-llvm-cov are installed by Cargo in the versions named here, into a cache
folder outside the tree, and used again from there. LLVM's own tools are the toolchain's, else the
system's of the same version, else Debian's package of it, else rustup's component.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PINNED = {"cargo-tarpaulin": "0.37.5", "cargo-llvm-cov": "0.9.1"}
LLVM = {"LLVM_COV": "llvm-cov", "LLVM_PROFDATA": "llvm-profdata"}
FASTER_BUILD = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}


class Missing(Exception):
    """Something is not here and cannot be installed; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Make the tools ready, then run the command and return its exit status."""
    if not arguments:
        tell(__doc__)
        return 2
    try:
        environment = ready(dict(os.environ))
    except Missing as missing:
        tell(f"rust_tools: {missing}")
        return 2
    return subprocess.run(arguments, env=environment, check=False).returncode


def ready(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which the tools are found, installed first where they are not."""
    if shutil.which("cargo") is None:
        raise Missing("there is no cargo on the PATH; install Rust first.")
    folders = [installed(name, version) for name, version in PINNED.items()]
    environment["PATH"] = os.pathsep.join([*map(str, folders), environment.get("PATH", "")])
    environment.update(llvm_tools())
    return environment


def cache() -> Path:
    """Where installed tools are kept: ``COVPATH_TOOLS``, else the user's cache folder."""
    chosen = os.environ.get("COVPATH_TOOLS")
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(chosen) if chosen else Path(base) / "covpath" / "rust-tools"


def installed(name: str, version: str) -> Path:
    """The folder that holds the program ``name`` of that version."""
    folder = cache() / f"{name}-{version}"
    program = folder / "bin" / name
    if not program.exists():
        tell(f"rust_tools: building {name} {version}, once")
        command = ["cargo", "install", "--quiet", "--locked", "--root", str(folder), "--version", version, name]
        if subprocess.run(command, env={**os.environ, **FASTER_BUILD}, check=False).returncode:
            raise Missing(f"cargo could not install {name} {version}.")
    return program.parent


def llvm_tools() -> dict[str, str]:
    """LLVM_COV and LLVM_PROFDATA of the compiler's own version."""
    if all(os.environ.get(name) for name in LLVM):
        return {name: os.environ[name] for name in LLVM}
    match = re.search(r"^LLVM version: (\d+)", output("rustc", "-vV"), re.MULTILINE)
    if match is None:
        raise Missing("rustc does not say which LLVM it has.")
    major = match[1]
    for install in (lambda: None, lambda: from_debian(major), from_rustup):
        install()
        found = {name: found_tool(tool, major) for name, tool in LLVM.items()}
        if all(found.values()):
            return {name: str(path) for name, path in found.items()}
    raise Missing(f"LLVM {major}'s tools are missing; install llvm-{major}, or rustup's component llvm-tools.")


def found_tool(program: str, major: str) -> str | None:
    """The toolchain's own program, or the system's of that version."""
    beside = Path(output("rustc", "--print=target-libdir").strip()).parent / "bin"
    return shutil.which(program, path=str(beside)) or shutil.which(f"{program}-{major}")


def from_debian(major: str) -> None:
    """Try to install Debian's package of that LLVM, as root or with sudo."""
    if shutil.which("apt-get") is None:
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and shutil.which("sudo") is None:
        return
    tell(f"rust_tools: installing llvm-{major} with apt")
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", f"llvm-{major}"]):
        done = subprocess.run([*root, "apt-get", "-qq", *arguments], stdout=subprocess.DEVNULL, check=False)
        if done.returncode:
            return


def from_rustup() -> None:
    """Try to add the toolchain's own component."""
    if shutil.which("rustup"):
        subprocess.run(["rustup", "component", "add", "llvm-tools"], check=False)


def output(*command: str) -> str:
    """What a program says on its standard output; nothing where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def tell(text: str | None) -> None:
    """To whoever watches."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
