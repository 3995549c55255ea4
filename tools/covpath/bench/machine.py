"""The machine trials run on, and a fingerprint of it: trials of different machines are never compared."""

from __future__ import annotations

import hashlib
import os
import platform
from pathlib import Path

from covpath.bench.limits.ask import Capacity
from covpath.evidence.trial import Machine

_IMAGE = ("ImageOS", "ImageVersion")
"""What GitHub's images call themselves."""


def this_machine(confinement: str) -> Machine:
    """Processor, memory, kernel, system and image of this machine, and how trials are confined on it."""
    capacity = Capacity.of_this_machine()
    facts = {
        "cpu_model": _cpu_model(),
        "cpus": len(capacity.cpus),
        "memory_bytes": capacity.memory_bytes,
        "swap_bytes": capacity.swap_bytes,
        "kernel": platform.release(),
        "system": _system(),
        "image": " ".join(filter(None, map(os.environ.get, _IMAGE))),
        "confinement": confinement,
    }
    whole = "\n".join(f"{key}={value}" for key, value in facts.items())
    return Machine(fingerprint=hashlib.sha256(whole.encode()).hexdigest()[:12], **facts)  # type: ignore[arg-type]


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model", "cpu model"):
            return value.strip()
    return platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.system()
