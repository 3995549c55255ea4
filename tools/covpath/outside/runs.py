"""A run of GitHub Actions: its artifacts, its jobs and what GitHub noted about them, as its REST API tells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from covpath.errors import OutsideError
from covpath.outside.github import GitHub, GitHubRepository, Unreachable, check_run_annotations, parse_remote

MOST_ARCHIVE_BYTES = 50_000_000


class Artifact(Struct, frozen=True, kw_only=True):
    """An artifact that can still be had; ``size_bytes`` is that of its archive."""

    id: int
    name: str
    size_bytes: int


class EndedJob(Struct, frozen=True, kw_only=True):
    """A job of a run: its name, how it ended, where to look at it, and what stands beside it on GitHub."""

    name: str
    conclusion: str
    url: str
    check_run: int


class RemoteRun(Struct, frozen=True, kw_only=True):
    """A run, and how to ask about it."""

    github: GitHub
    repository: GitHubRepository
    id: int
    url: str

    def artifacts(self) -> tuple[Artifact, ...]:
        """Its artifacts that have not expired."""
        path = f"{self.repository.path}/actions/runs/{self.id}/artifacts"
        return tuple(
            Artifact(id=one["id"], name=one["name"], size_bytes=one["size_in_bytes"])
            for one in self.github.get_all(path, "artifacts")
            if not one["expired"]
        )

    def archive(self, artifact: Artifact) -> bytes:
        """An artifact's archive. Raises OutsideError for one that is too large, or for want of a token."""
        if artifact.size_bytes > MOST_ARCHIVE_BYTES:
            raise OutsideError(f"the artifact {artifact.name} is larger than {MOST_ARCHIVE_BYTES:,} bytes.")
        path = f"{self.repository.path}/actions/artifacts/{artifact.id}/zip"
        return self.github.get_file(path, MOST_ARCHIVE_BYTES)

    def jobs(self) -> Iterator[EndedJob]:
        """Its jobs, as they ended."""
        for one in self.github.get_all(f"{self.repository.path}/actions/runs/{self.id}/jobs", "jobs"):
            yield EndedJob(
                name=one["name"],
                conclusion=one["conclusion"] or one["status"],
                url=one["html_url"] or self.url,
                check_run=int(str(one["check_run_url"]).rsplit("/", 1)[-1]),
            )

    def annotations(self, job: EndedJob) -> tuple[str, ...]:
        """What GitHub noted about a job: the only place where the loss of a runner is told."""
        found = check_run_annotations(self.github, self.repository, job.check_run)
        return tuple(str(one["message"]) for one in found)


def open_run(remote: str, number: int, environment: Mapping[str, str]) -> RemoteRun:
    """The run ``number`` of the repository at the address ``remote``.

    Raises Unreachable where that is no GitHub or no token is there, OutsideError where there is no such run.
    """
    repository = parse_remote(remote)
    if repository is None:
        raise Unreachable("the remote is not on a GitHub.", hint="Download the artifacts and name them as files.")
    github = GitHub.of(repository, environment)
    if github.token is None:
        raise Unreachable("there is no token for GitHub.", hint="Set GH_TOKEN, or name the artifacts as files.")
    answer = github.get(f"{repository.path}/actions/runs/{number}")
    if answer is None:
        raise OutsideError(f"{repository.owner}/{repository.name} has no run {number}.", hint="Look at its address.")
    return RemoteRun(github=github, repository=repository, id=number, url=answer["html_url"])
