"""A subject made ready on this machine: its files copied, its set-up done, its versions asked."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from covpath.bench.environment import apply_github_files, trial_environment
from covpath.bench.limits.ask import Ask, Means
from covpath.bench.prepare import copy_repository, digest_of
from covpath.bench.site import Site
from covpath.bench.spec import script_argv, trial_spec
from covpath.bench.subject import DEFAULT_SHELL, Subject, Variant
from covpath.bench.supervised import run_supervised
from covpath.bench.supervisor.stage import PARTS, used_bytes
from covpath.errors import OutsideError
from covpath.evidence.trial import Machine
from covpath.outside.processes import last_words

SETUP_SECONDS = 3600.0
"""The longest one set-up command may take."""

_GITHUB_FILES = ("output", "env", "path", "state", "summary")


class Ready(Struct, frozen=True, kw_only=True):
    """A variant that can be run: where its files are, its whole environment, and what its probes answered.

    ``files_bytes`` is the room its files take.
    """

    variant: Variant
    prepared: Path
    environment: Mapping[str, str]
    core: str | None
    versions: Mapping[str, str]
    digest: str
    files_bytes: int = 0


class Workbench(Struct):
    """One subject on one machine. Variants with the same set-up share their prepared files."""

    subject: Subject
    site: Site
    means: Means
    machine: Machine
    files_digest: str = ""

    def copy(self) -> None:
        """Copy the repository, as a fresh checkout would have it."""
        copy_repository(self.subject.repo, self.site.pristine / "work")
        self.files_digest = digest_of(self.site.pristine / "work")
        for part in PARTS:
            (self.site.pristine / part).mkdir(exist_ok=True)
        for name in _GITHUB_FILES:
            (self.site.pristine / "github" / name).touch()

    def ready(self, variant: Variant) -> Ready:
        """Run the set-up of a variant where that was not done yet, and its probes.

        Raises OutsideError with the command's last words where set-up fails.
        """
        prepared = self._prepared((*self.subject.setup, *variant.setup))
        base = trial_environment(os.environ, self.site.trial, {})
        environment = {**apply_github_files(prepared / "github", base), **dict(variant.environment)}
        answers = self._probe(variant, prepared, environment)
        return Ready(
            variant=variant,
            prepared=prepared,
            environment=environment,
            core=answers.get("core"),
            versions={name: answer for name, answer in answers.items() if name != "core"},
            digest=self._digest(variant, environment, answers),
            files_bytes=used_bytes(str(prepared)),
        )

    def _digest(self, variant: Variant, environment: Mapping[str, str], answers: Mapping[str, str]) -> str:
        """What decides whether two trials ran the same thing; where the scratch directory lies does not."""
        here = str(self.site.root)
        surroundings = {name: value.replace(here, "") for name, value in environment.items()}
        return self.subject.digest(variant, self.files_digest, {**surroundings, **answers})

    def _prepared(self, setup: tuple[str, ...]) -> Path:
        if not setup:
            return self.site.pristine
        target = self.site.prepared(hashlib.sha256("\0".join(setup).encode()).hexdigest()[:12])
        if target.exists():
            return target
        environment = trial_environment(os.environ, self.site.trial, {})
        for number, command in enumerate(setup):
            result = self._run(command, self.site.pristine, environment, fresh=number == 0)
            if result["status"] != 0:
                words = last_words(self.site.log.read_bytes())
                raise OutsideError(
                    f"the set-up command {command!r} failed with exit code {result['status']}: {words}",
                    hint="Nothing was measured.",
                )
            environment = apply_github_files(self.site.trial / "github", environment)
        self.site.trial.rename(target)
        return target

    def _probe(self, variant: Variant, prepared: Path, environment: Mapping[str, str]) -> dict[str, str]:
        answers = {}
        for number, probe in enumerate(variant.probes):
            self._run(probe.script, prepared, environment, fresh=number == 0, variant=variant)
            found = re.search(probe.pattern, self.site.log.read_text("utf-8", "replace"), re.MULTILINE)
            answers[probe.name] = found[1].strip() if found else "unknown"
        return answers

    def _run(
        self,
        script: str,
        prepared: Path,
        environment: Mapping[str, str],
        *,
        fresh: bool,
        variant: Variant | None = None,
    ) -> dict[str, Any]:
        shell, directory = (variant.shell, variant.directory) if variant else (DEFAULT_SHELL, ".")
        argv = script_argv(script, shell, self.site)
        spec = trial_spec(self.site, argv=argv, directory=directory, prepared=prepared, environment=environment)
        spec |= {"fresh": fresh, "time_seconds": SETUP_SECONDS}
        return run_supervised(spec, self.means.confine(Ask(), self.site.next_group()), self.site)
