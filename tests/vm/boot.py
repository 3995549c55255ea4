"""Runs a Python command in a virtual machine whose control groups are version 2, and nothing else.

``python tests/vm/boot.py -m pytest tests/bench/limits``: Debian's cloud kernel under qemu,
this machine's file tree read-only below, with this interpreter and this checkout. Uses KVM
where it works and plain emulation where it does not. The exit status is the command's; 2
where the machine could not be had. Needs root and Debian's qemu-system-x86, virtiofsd,
busybox-static and kmod.
"""

from __future__ import annotations

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from initramfs import MARKER, STARTED, build

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # as pytest has it

from downloads import downloads  # noqa: E402

KERNEL_PACKAGE = "linux-image-cloud-amd64"
MODULES = ("virtio_pci", "virtio_blk", "virtiofs", "overlay", "loop")
PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "depmod": "kmod",
    "mkfs.ext4": "e2fsprogs",
    "unshare": "util-linux",
}
VIRTIOFSD = ("/usr/libexec/virtiofsd", "/usr/lib/qemu/virtiofsd")
MEMORY = "3G"
SWAP_BYTES = 2 * 2**30
DISK_BYTES = 4 * 2**30  # for /tmp: written files are page cache there, not memory as on a tmpfs
KVM_MUST_START_WITHIN = 10.0
TIME_LIMIT = 1500.0


class CannotBoot(Exception):
    """What is missing, in one sentence."""


def main(arguments: Sequence[str]) -> int:
    """Boot, run ``arguments`` with this interpreter, power off."""
    try:
        _expect_this_machine()
        kernel, modules = _kernel()
        words = shlex.join(
            ["env", f"PATH={os.environ['PATH']}", "HOME=/tmp", "NO_COLOR=1", "TERM=dumb", sys.executable, *arguments]
        )
        command = f"cd {shlex.quote(str(ROOT))} && {words}"
        with tempfile.TemporaryDirectory(prefix="covpath-vm-") as scratch:
            image = Path(scratch, "initramfs")
            image.write_bytes(build(Path(_tool("busybox")), modules, command))
            return _run(kernel, image, Path(scratch))
    except CannotBoot as error:
        sys.stderr.write(f"No virtual machine: {error}\n")
        return 2


def _expect_this_machine() -> None:
    if platform.machine() != "x86_64" or os.geteuid() != 0:
        raise CannotBoot("this needs root on an x86-64 Linux.")
    missing = [package for tool, package in PACKAGES.items() if not _tool(tool)]
    missing += [] if any(map(os.path.exists, VIRTIOFSD)) else ["virtiofsd"]
    if missing:
        raise CannotBoot(f"apt-get install {' '.join(missing)}")


def _tool(name: str) -> str:
    return shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") or ""


def _kernel() -> tuple[Path, list[Path]]:
    """Debian's newest cloud kernel and the modules, those they need first; unpacked once."""
    shown = subprocess.run(["apt-cache", "depends", KERNEL_PACKAGE], capture_output=True, text=True, check=False).stdout
    found = re.search(r"Depends: (linux-image-(\S+))", shown)
    if found is None:
        raise CannotBoot(f"apt knows no {KERNEL_PACKAGE}; run apt-get update.")
    package, release = found.groups()
    tree = downloads("vm") / package
    if not (tree / "ready").exists():
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        done = subprocess.run(
            ["apt-get", "download", "-qq", package], cwd=tree, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise CannotBoot(f"{package} cannot be downloaded: {done.stderr.strip()[-200:]}")
        (archive,) = tree.glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", archive, tree], check=True)
        subprocess.run([_tool("depmod"), "--basedir", tree, release], check=True)
        archive.unlink()
        (tree / "ready").touch()
    (kernel,) = (tree / "boot").glob("vmlinuz-*")
    return kernel, _in_order(tree / "lib" / "modules" / release)


def _in_order(folder: Path) -> list[Path]:
    needs = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        path, _, others = line.partition(":")
        needs[Path(path).name.removesuffix(".ko")] = [path, *others.split()]
    # The last that a module needs must be loaded first.
    paths = [path for name in MODULES for path in reversed(needs[name])]
    return [folder / path for path in dict.fromkeys(paths)]


def _run(kernel: Path, image: Path, scratch: Path) -> int:
    for accelerator in ("kvm", "tcg,thread=multi") if os.access("/dev/kvm", os.W_OK) else ("tcg,thread=multi",):
        sys.stdout.write(f"Booting {kernel.name} with {accelerator}.\n")
        status = _boot(accelerator, kernel, image, scratch)
        if status is not None:
            return status
        sys.stdout.write(f"It does not start with {accelerator}.\n")
    raise CannotBoot("it did not boot in any way.")


def _boot(accelerator: str, kernel: Path, image: Path, scratch: Path) -> int | None:
    """The command's exit status; None where the machine never started."""
    socket = scratch / f"{accelerator[:3]}.socket"
    swap, disk = _empty(scratch / "swap", SWAP_BYTES), _empty(scratch / "disk", DISK_BYTES)
    subprocess.run([_tool("mkfs.ext4"), "-q", "-F", disk], check=True)
    files = _share_files(socket, scratch / "root")
    qemu = [
        _tool("qemu-system-x86_64"), "-machine", "q35", "-accel", accelerator, "-cpu", "max", "-smp", "2", "-m", MEMORY,
        "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot", "-nodefaults", "-net", "none",
        "-object", f"memory-backend-memfd,id=memory,size={MEMORY},share=on", "-numa", "node,memdev=memory",
        "-chardev", f"socket,id=files,path={socket}", "-device", "vhost-user-fs-pci,chardev=files,tag=host",
        "-drive", f"file={swap},if=virtio,format=raw,cache=unsafe",
        "-drive", f"file={disk},if=virtio,format=raw,cache=unsafe",
        "-kernel", str(kernel), "-initrd", str(image), "-append", "console=ttyS0 panic=-1 loglevel=3",
    ]  # fmt: skip
    machine = subprocess.Popen(qemu, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        return _listen(machine, KVM_MUST_START_WITHIN if accelerator == "kvm" else 60.0)
    finally:
        for process in (machine, files):
            process.kill()
            process.wait()


def _empty(image: Path, size: int) -> Path:
    with image.open("wb") as file:
        file.truncate(size)
    return image


def _share_files(socket: Path, root: Path) -> subprocess.Popen[bytes]:
    """Serve this machine's file tree; in a mount namespace where it is read-only, whatever the guest asks."""
    root.mkdir(exist_ok=True)
    daemon = next(filter(os.path.exists, VIRTIOFSD))
    script = (
        f"mount --rbind / {root} && mount -o remount,bind,ro {root} && "
        f"exec {daemon} --socket-path={socket} -o source={root} -o sandbox=chroot -o cache=always"
    )
    command = [_tool("unshare"), "--mount", "--propagation", "private", "/bin/sh", "-c", script]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    for _ in range(100):
        if socket.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    if not socket.exists():
        process.kill()
        process.wait()
        raise CannotBoot("this machine's files cannot be shared with it (virtiofsd did not start).")
    return process


def _listen(machine: subprocess.Popen[bytes], must_start_within: float) -> int | None:
    """Pass on what the machine says, until it says how the command ended."""
    silence = threading.Timer(must_start_within, machine.kill)
    limit = threading.Timer(TIME_LIMIT, machine.kill)
    silence.start()
    limit.start()
    status: int | None = None
    started = False
    assert machine.stdout is not None
    try:
        for line in machine.stdout:
            text = line.decode("utf-8", "replace").rstrip()
            told = re.fullmatch(rf"{MARKER}=(\d+)", text)
            if STARTED in text:
                started = True
                silence.cancel()
            elif told:
                status = int(told[1])
            else:
                sys.stdout.write(f"{text}\n")
                sys.stdout.flush()
    finally:
        silence.cancel()
        limit.cancel()
    return 2 if started and status is None else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
