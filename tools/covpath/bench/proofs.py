"""Limits proving themselves before their first use on a machine, on programs whose behaviour is known.

A part that fails is switched off: its limits are recorded as not enforced, with the reason.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from covpath.bench.compare import compare
from covpath.bench.environment import trial_environment
from covpath.bench.limits import disk
from covpath.bench.limits.ask import Ask, Means
from covpath.bench.site import Site
from covpath.bench.subject import Variant
from covpath.bench.supervisor.stage import PARTS
from covpath.bench.trial import TrialRequest, run_trial
from covpath.evidence.model import Proof
from covpath.evidence.trial import CacheState, Enforcement, Knob, Machine, Outcome, Role, Trial
from covpath.outside.files import write_atomically
from covpath.quantity import show_bytes

MIB = 2**20

TIMING = "timing"
"""The part that compares a cell with itself; not a limit."""
KILLING = "killing"
"""The part that ends what outlives its command; not a limit."""

_PYTHON = f'"{sys.executable}" -I -S -c'
_BURN = "import time; e = time.process_time() + {0}\nwhile time.process_time() < e: pass"
_TOLERANCE = 8 * MIB
_PAIRS = 5


class Prover(Struct, frozen=True, kw_only=True):
    """Runs small programs the way trials are run."""

    site: Site
    means: Means
    machine: Machine

    def run(self, script: str, ask: Ask) -> Trial:
        """One program under the limits asked for."""
        request = TrialRequest(
            cell="proof",
            number=0,
            role=Role.CELL,
            variant=Variant(backend="proof", script=script, report=None),
            runner="proof",
            ask=ask,
            cache=CacheState.WARM,
            prepared=self._empty(),
            environment=trial_environment(os.environ, self.site.trial, {}),
            versions={},
        )
        return run_trial(request, self.site, self.means, self.machine).trial

    def proof(self, part: str, passed: bool, says: str) -> Proof:
        """A proof on this machine."""
        return Proof(part=part, machine=self.machine.fingerprint, passed=passed, says=says)

    def _empty(self) -> Path:
        place = self.site.root / "proving"
        for part in PARTS:
            (place / part).mkdir(parents=True, exist_ok=True)
        return place


def prove(prover: Prover) -> tuple[Proof, ...]:
    """All proofs that can be made here; a limit that is not even claimed needs none."""
    found = []
    for part, proof in _PROOFS:
        made = proof(prover, part)
        if made is not None:
            found.append(made)
    return tuple(found)


def _held(trial: Trial, knob: Knob) -> bool:
    return any(limit.knob is knob and limit.state is Enforcement.ENFORCED for limit in trial.limits)


def _memory(prover: Prover, part: str) -> Proof | None:
    """A difference of 64 MiB must be seen as that, and what does not fit must die of it."""
    touch = f"{_PYTHON} 'bytearray({{0}} * {MIB})'"
    ask = Ask(memory_bytes=160 * MIB, swap_bytes=0)
    small = prover.run(touch.format(32), ask)
    if not _held(small, Knob.MEMORY):
        return None
    big = prover.run(touch.format(96), ask)
    over = prover.run(touch.format(96) + "\nexit 0", replace(ask, memory_bytes=64 * MIB))
    seen = (big.memory.peak_bytes or 0) - (small.memory.peak_bytes or 0)
    says = f"64 MiB more were measured as {show_bytes(seen)}; 96 MiB in 64 MiB ended as {over.outcome}"
    good = big.outcome is Outcome.OK and over.outcome is Outcome.OOM and abs(seen - 64 * MIB) <= _TOLERANCE
    return prover.proof(part, good, says)


def _cpus(prover: Prover, part: str) -> Proof | None:
    """Two busy programs on one processor, and one on half of one, get no more than that."""
    burn = f"{_PYTHON} '{_BURN.format(0.15)}'"
    one = prover.run(f"{burn} &\n{burn} &\nwait\n", Ask(cpus=1))
    if not _held(one, Knob.CPUS):
        return None
    half = prover.run(f"{_PYTHON} '{_BURN.format(0.25)}'", Ask(cpus=0.5))
    shares = [trial.cpu.total_seconds / trial.wall_seconds for trial in (one, half)]
    says = f"one processor gave {shares[0]:.2f}, half of one {shares[1]:.2f}"
    good = shares[0] <= 1.05 and shares[1] <= 0.65 and one.cpu.total_seconds >= 0.29
    return prover.proof(part, good, says)


def _disk(prover: Prover, part: str) -> Proof | None:
    """What does not fit the disk must end as that, what fits must not."""
    if disk.obstacle() is not None:
        return None
    write = "dd if=/dev/zero of=file bs=64k count={0} status=none"
    ask = Ask(disk_bytes=16 * MIB)
    fits, over = (prover.run(write.format(count), ask) for count in (128, 512))
    says = f"8 MiB on 16 MiB ended as {fits.outcome}, 32 MiB as {over.outcome}"
    return prover.proof(part, (fits.outcome, over.outcome) == (Outcome.OK, Outcome.DISK_FULL), says)


def _time(prover: Prover, part: str) -> Proof | None:
    trial = prover.run("sleep 5", Ask(time_seconds=0.2))
    says = f"a limit of 0.2 s ended as {trial.outcome} after {trial.wall_seconds:.2f} s"
    return prover.proof(part, trial.outcome is Outcome.TIMEOUT and trial.wall_seconds < 0.7, says)


def _killing(prover: Prover, part: str) -> Proof | None:
    """A process of another session that ignores SIGTERM must be found and killed."""
    mark = f"98.{os.getpid()}"
    trial = prover.run(f"trap '' TERM; (setsid sleep {mark} &)\nexit 0\n", Ask())
    left = [path for path in Path("/proc").glob("[0-9]*/cmdline") if mark.encode() in _bytes(path)]
    says = f"{trial.orphans} of 1 orphan found, {len(left)} left alive"
    return prover.proof(part, trial.orphans == 1 and not left, says)


def _timing(prover: Prover, part: str) -> Proof | None:
    """The same cell twice must show no difference in processor time."""
    burn = f"{_PYTHON} '{_BURN.format(0.03)}'"
    runs = [prover.run(burn, Ask(cpus=1)).cpu.total_seconds for _ in range(2 * _PAIRS)]
    found = compare(runs[::2], runs[1::2])
    says = f"the same program twice differs by {found.ratio - 1:+.1%} ({found.low - 1:+.1%} to {found.high - 1:+.1%})"
    return prover.proof(part, not found.difference, says)


_PROOFS: Sequence[tuple[str, Callable[[Prover, str], Proof | None]]] = (
    (Knob.MEMORY.value, _memory),
    (Knob.CPUS.value, _cpus),
    (Knob.DISK.value, _disk),
    (Knob.TIME.value, _time),
    (KILLING, _killing),
    (TIMING, _timing),
)


def failures(proofs: Sequence[Proof]) -> Mapping[Knob, str]:
    """Why a limit is not to be relied on; swap is limited together with memory."""
    failed = {proof.part: proof.says for proof in proofs if not proof.passed}
    if Knob.MEMORY.value in failed:
        failed[Knob.SWAP.value] = failed[Knob.MEMORY.value]
    return {knob: failed[knob.value] for knob in Knob if knob.value in failed}


def kept_proofs(path: Path, machine: str) -> tuple[Proof, ...] | None:
    """The proofs written for this machine, None where there are none."""
    try:
        data = json.loads(path.read_bytes())
        found = tuple(Proof(**item) for item in data)
    except (OSError, ValueError, TypeError):
        return None
    return found if found and all(proof.machine == machine for proof in found) else None


def keep_proofs(path: Path, proofs: Sequence[Proof]) -> None:
    """Write them; a failed one is not kept, so that it is tried again at the next start."""
    good = [proof for proof in proofs if proof.passed]
    if len(good) == len(proofs):
        fields = ("part", "machine", "passed", "says")
        data = [{name: getattr(proof, name) for name in fields} for proof in proofs]
        write_atomically(path, (json.dumps(data, indent=2) + "\n").encode())


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
