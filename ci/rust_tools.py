"""Runs a command with Rust's coverage tools at hand: ``python ci/rust_tools.py COMMAND ...``.

cargo-tarpaulin and cargo-llvm-cov are built by Cargo in the versions named here, into a cache folder
outside the tree, and used again from there; three to five minutes on two processors, and a build that
was interrupted goes on where it was. LLVM's own tools are the toolchain's, else the system's of the
same version, else rustup's component, else Debian's package.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PINNED = {"cargo-tarpaulin": "0.37.5", "cargo-llvm-cov": "0.9.1"}
LLVM = {"LLVM_COV": "llvm-cov", "LLVM_PROFDATA": "llvm-profdata"}
FASTER_BUILD = {"CARGO_PROFILE_RELEASE_LTO": "off", "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16"}
PATIENCE_SECONDS = 300
GRACE_SECONDS = 10
INTERRUPTED = 130


class Missing(Exception):
    """Something is not here and cannot be installed; the message says what to do."""


def main(arguments: list[str]) -> int:
    """Make the tools ready, then run the command and return its exit status."""
    if not arguments:
        tell(__doc__)
        return 2
    try:
        environment = ready(dict(os.environ))
        return run(arguments, environment)
    except Missing as missing:
        tell(f"rust_tools: {missing}")
        return 2
    except KeyboardInterrupt:
        tell("rust_tools: interrupted; the same command goes on from here.")
        return INTERRUPTED


def ready(environment: dict[str, str]) -> dict[str, str]:
    """The environment in which the tools are found, installed first where they are not."""
    if shutil.which("cargo") is None:
        raise Missing("there is no cargo on the PATH; install Rust 1.87 or newer first, best with rustup.")
    folders = [installed(name, version) for name, version in PINNED.items()]
    environment["PATH"] = os.pathsep.join([*map(str, folders), environment.get("PATH", "")])
    environment.update(llvm_tools())
    return environment


def run(command: list[str], environment: dict[str, str]) -> int:
    """Run it and return its exit status; one that is interrupted with us gets the time to end by itself."""
    try:
        process = subprocess.Popen(command, env=environment)
    except OSError as error:
        raise Missing(f"{command[0]} is needed: {error.strerror}.") from error
    with process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE_SECONDS)
            process.terminate()
            raise


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
        tell(f"rust_tools: building {name} {version} into {folder}, once")
        build = cache() / f"{name}-{version}-build"
        environment = {**os.environ, **FASTER_BUILD, "CARGO_TARGET_DIR": str(build)}
        command = ["cargo", "install", "--locked", "--root", str(folder), "--version", version, name]
        if run(command, environment):
            raise Missing(
                f"cargo could not build {name} {version}: its words are above. It needs a C compiler and linker, "
                "and the registry or a mirror of it."
            )
        shutil.rmtree(build, ignore_errors=True)
    return program.parent


def llvm_tools() -> dict[str, str]:
    """LLVM_COV and LLVM_PROFDATA of the compiler's own version."""
    if all(os.environ.get(name) for name in LLVM):
        return {name: os.environ[name] for name in LLVM}
    match = re.search(r"^LLVM version: (\d+)", output("rustc", "-vV"), re.MULTILINE)
    if match is None:
        raise Missing("rustc does not say which LLVM it has.")
    major = match[1]
    for install in (lambda: None, from_rustup, lambda: from_debian(major)):
        install()
        found = {name: found_tool(tool, major) for name, tool in LLVM.items()}
        if all(found.values()):
            return {name: str(path) for name, path in found.items()}
    raise Missing(
        f"the tools of LLVM {major}, which this rustc has, are missing and could not be installed; "
        f"`rustup component add llvm-tools`, or as root `apt-get install llvm-{major}`."
    )


def found_tool(program: str, major: str) -> str | None:
    """The toolchain's own program, or the system's of that version."""
    beside = Path(output("rustc", "--print=target-libdir").strip()).parent / "bin"
    return shutil.which(program, path=str(beside)) or shutil.which(f"{program}-{major}")


def from_rustup() -> None:
    """Try to add the toolchain's own component."""
    if shutil.which("rustup") is None:
        return
    tell("rust_tools: adding rustup's component llvm-tools")
    try:
        subprocess.run(["rustup", "component", "add", "llvm-tools"], timeout=PATIENCE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        tell("rust_tools: rustup did not come to an end.")


def from_debian(major: str) -> None:
    """Try to install Debian's package of that LLVM, as root or with sudo."""
    if shutil.which("apt-get") is None:
        return
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and shutil.which("sudo") is None:
        return
    tell(f"rust_tools: installing llvm-{major} with apt")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", f"llvm-{major}"]):
        command = [*root, "apt-get", "-qq", *arguments]
        if subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=False).returncode:
            return


def output(*command: str) -> str:
    """What a program says on its standard output; nothing where it fails."""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


def tell(text: str | None) -> None:
    """To whoever watches."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
