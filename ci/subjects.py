"""Benches coverage jobs of real projects: ``python ci/subjects.py [NAME ...] [-- OPTIONS OF covpath bench]``.

Every folder of ``ci/subjects`` is one: ``subject.toml`` says which published package it is (or which
folder of this repository), ``coverage.yml`` is a coverage job for it, ``bench.yaml`` how to bench it.
The package comes from its registry by the registry's own client; it and what is measured of it are
kept under ``.covpath/subjects`` (or ``COVPATH_SUBJECTS``): the same command after an interruption goes
on where it was, and ``-- --fresh`` measures anew. All five took thirteen minutes on two processors that
had other work too, five minutes of them processor time. With ``COVPATH_TOOLS_READY`` set, Rust's tools
are taken from the PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from rust_tools import INTERRUPTED, Missing, ready, run

ROOT = Path(__file__).resolve().parents[1]
SUBJECTS = ROOT / "ci" / "subjects"
KEPT = Path(os.environ.get("COVPATH_SUBJECTS") or ROOT / ".covpath" / "subjects")

MANIFEST = '[package]\nname = "fetch"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n{} = "={}"\n'


def main(arguments: list[str]) -> int:
    """Fetch and bench the subjects named, all without a name; the worst exit status is returned."""
    names, options = arguments, []
    if "--" in arguments:
        at = arguments.index("--")
        names, options = arguments[:at], arguments[at + 1 :]
    known = sorted(path.parent.name for path in SUBJECTS.glob("*/subject.toml"))
    unknown = [name for name in names if name not in known]
    if unknown:
        tell(f"subjects: there is no {', '.join(unknown)}; there are {', '.join(known)}")
        return 2
    statuses = []
    try:
        for number, name in enumerate(names or known, start=1):
            tell(f"subjects: {number} of {len(names or known)}, {name}")
            statuses.append(bench(name, options))
    except Missing as missing:
        tell(f"subjects: {missing}")
        return 2
    except KeyboardInterrupt:
        tell("subjects: interrupted; the same command goes on from here.")
        return INTERRUPTED
    return max(statuses)


def bench(name: str, options: list[str]) -> int:
    """Fetch one subject and bench its job."""
    folder = prepared(name)
    environment = dict(os.environ)
    if (folder / "Cargo.toml").exists() and "COVPATH_TOOLS_READY" not in environment:
        environment = ready(environment)
    command = ["covpath", "bench", "--repo", str(folder), "--out", str(KEPT / f"{name}-bench"), "--yes", *options]
    return run(command, environment)


def prepared(name: str) -> Path:
    """A git repository with the subject's files and its coverage job."""
    target = KEPT / name
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    subject = tomllib.loads((SUBJECTS / name / "subject.toml").read_text("utf-8"))
    if subject["from"] == "folder":
        shutil.copytree(ROOT / subject["path"], target)
    else:
        shutil.copytree(fetched(**subject), target)
    for source, place in (
        (SUBJECTS / name / "coverage.yml", target / ".github" / "workflows" / "coverage.yml"),
        (SUBJECTS / name / "bench.yaml", target / "ci" / "bench.yaml"),
        (SUBJECTS / "runners.yaml", target / "ci" / "runners.yaml"),
    ):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
    committed(target)
    return target


def fetched(package: str, version: str, **source: str) -> Path:
    """The package's files; from the registry the first time."""
    [(_, registry)] = source.items()
    kept = KEPT / "downloads" / f"{package}-{version}"
    if not kept.exists():
        with tempfile.TemporaryDirectory(dir=KEPT) as folder:
            client = {"python": from_python, "npm": from_npm, "cargo": from_cargo}[registry]
            files = client(package, version, Path(folder))
            kept.parent.mkdir(exist_ok=True)
            files.rename(kept)
    return kept


def from_python(package: str, version: str, folder: Path) -> Path:
    """The source distribution, unpacked."""
    source = f"--no-binary={package}"
    call(folder, sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", source, f"{package}=={version}")
    return unpacked(folder)


def from_npm(package: str, version: str, folder: Path) -> Path:
    """The published package, unpacked."""
    call(folder, "npm", "pack", "--silent", f"{package}@{version}")
    return unpacked(folder)


def from_cargo(package: str, version: str, folder: Path) -> Path:
    """The published crate, as Cargo unpacks it for a package that depends on it."""
    (folder / "src").mkdir()
    (folder / "src" / "lib.rs").touch()
    (folder / "Cargo.toml").write_text(MANIFEST.format(package, version), "utf-8")
    call(folder, "cargo", "vendor", "--quiet", "vendored")
    crate = folder / "vendored" / package
    (crate / ".cargo-checksum.json").unlink(missing_ok=True)
    return crate


def unpacked(folder: Path) -> Path:
    """The one folder in the one archive of ``folder``."""
    [archive] = folder.iterdir()
    shutil.unpack_archive(archive, folder / "unpacked", filter="data")
    [inner] = (folder / "unpacked").iterdir()
    return inner


def committed(folder: Path) -> None:
    """One commit of all that the archive had, as a clone would have it."""
    identity = ("-c", "user.name=subjects", "-c", "user.email=subjects@localhost", "-c", "commit.gpgsign=false")
    call(folder, "git", "init", "--quiet", "--initial-branch=main")
    call(folder, "git", "add", "--all", "--force")
    call(folder, "git", *identity, "commit", "--quiet", "--message=as published, with a coverage job")


def call(folder: Path, *command: str) -> None:
    """Run a program in ``folder``; Missing where it is not here or fails."""
    try:
        subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Missing(f"{command[0]} is needed and did not do its work: {error}") from error


def tell(text: str | None) -> None:
    """To whoever watches."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
