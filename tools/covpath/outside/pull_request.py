"""A pull request: opened on GitHub, or written to a file where there is no GitHub to reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import Struct

from covpath.errors import OutsideError
from covpath.outside.files import write_atomically
from covpath.outside.github import GitHub, GitHubRepository, Unreachable, parse_remote


class PullRequest(Struct, frozen=True, kw_only=True):
    """A pull request to open: ``head`` is the pushed branch, ``base`` the one it is meant for."""

    title: str
    body: str
    head: str
    base: str
    draft: bool = False


class Opened(Struct, frozen=True, kw_only=True):
    """A pull request that exists now."""

    number: int
    url: str


class Written(Struct, frozen=True, kw_only=True):
    """A pull request's text that lies in a file, and why it is not on GitHub."""

    file: Path
    reason: str


def open_pull_request(github: GitHub, repository: GitHubRepository, wanted: PullRequest) -> Opened:
    """Open it. Raises Unreachable without a token or network, OutsideError where GitHub refuses."""
    if github.token is None:
        raise Unreachable("there is no token for GitHub.", hint="Set GH_TOKEN or GITHUB_TOKEN.")
    answer = github.post(
        f"{repository.path}/pulls",
        {"title": wanted.title, "body": wanted.body, "head": wanted.head, "base": wanted.base, "draft": wanted.draft},
    )
    return Opened(number=answer["number"], url=answer["html_url"])


def open_or_write(url: str, wanted: PullRequest, *, file: Path, environment: Mapping[str, str]) -> Opened | Written:
    """Open the pull request at the remote ``url``; where there is no GitHub, write its text to ``file``.

    Where GitHub is there and refuses, the text is written as well, and the error says where.
    """
    repository = parse_remote(url)
    try:
        if repository is None:
            raise Unreachable(f"the remote {without_secrets(url)} is not on a GitHub.")
        return open_pull_request(GitHub.of(repository, environment), repository, wanted)
    except OutsideError as error:
        write_atomically(file, pull_request_text(wanted).encode())
        if isinstance(error, Unreachable):
            return Written(file=file, reason=error.message)
        raise OutsideError(error.message, hint=f"The pull request's text is in {file}.") from error


def pull_request_text(wanted: PullRequest) -> str:
    """The pull request as a file that a person can open it from."""
    return f"# {wanted.title}\n\n`{wanted.head}` into `{wanted.base}`\n\n{wanted.body.rstrip()}\n"


def without_secrets(url: str) -> str:
    """``url`` without the user name and password it may carry."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if parts.netloc else url
