"""Task runners whose recipes are known to exist and are not followed: the chain ends there, and says so."""

from __future__ import annotations

from covpath.workflow.recipes.links import Invocation, Reader, Step, varying

_PROGRAMS = {
    "mage": "magefile.go",
    "rake": "Rakefile",
    "earthly": "Earthfile",
    "bazel": "BUILD",
    "bazelisk": "BUILD",
    "gradlew": "build.gradle",
    "gradle": "build.gradle",
    "mvn": "pom.xml",
    "mvnw": "pom.xml",
    "turbo": "turbo.json",
    "nx": "nx.json",
    "lerna": "lerna.json",
    "devenv": "devenv.nix",
}
_IN_CONTAINERS = {("docker", "run"), ("docker", "compose"), ("podman", "run"), ("docker-compose", "run")}


def expand(invocation: Invocation, reader: Reader) -> list[Step] | None:  # noqa: ARG001 - every recipe is called alike
    """One unknown step for a known runner, and for a command whose very name varies."""
    name = invocation.name
    if invocation.words and invocation.words[0] is None:
        return [varying("command", invocation.raw[0], invocation, invocation.raw[0])]
    if name in _PROGRAMS:
        target = next((word for word in invocation.words[1:] if word and not word.startswith("-")), "")
        return [_step(name, target, f"{_PROGRAMS[name]} ({name}) is not followed", invocation)]
    if (name, invocation.words[1] if len(invocation.words) > 1 else "") in _IN_CONTAINERS:
        return [_step(name, "", "what runs in the container is not followed", invocation)]
    if name == "nix" and any(word in {"develop", "run", "build", "flake"} for word in invocation.words[1:2]):
        return [_step(name, "", "what the flake runs is not followed", invocation)]
    return None


def _step(kind: str, target: str, reason: str, invocation: Invocation) -> Step:
    return Step(kind=kind, target=target, place=invocation.place, unknown=reason)
