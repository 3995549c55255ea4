"""GitHub's REST API, as far as covpath needs it: who to ask, and what is asked.

Paths are those of GitHub's published API description. What an answer means is
for others to say.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPMessage
from importlib.metadata import version
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from covpath.errors import OutsideError

TIMEOUT_SECONDS = 30.0
_MAX_PAGES = 100
_MAX_ANSWER = 50_000_000
_SCP = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w.-]+):(?!//)/?(?P<path>.+)")
_SLUG = re.compile(r"(?P<owner>[\w.-]+)/(?P<name>[\w.-]+)")
_NEXT_PAGE = re.compile(r'<([^>]*)>;\s*rel="next"')
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Unreachable(OutsideError):
    """There is no GitHub to speak to: no token, no network, no GitHub at that remote."""


class GitHubRepository(Struct, frozen=True, kw_only=True):
    """A repository on a GitHub: ``host`` is ``github.com`` or an enterprise's own."""

    host: str
    owner: str
    name: str

    @property
    def path(self) -> str:
        """The start of the repository's addresses in the API."""
        return f"/repos/{self.owner}/{self.name}"


class GitHub(Struct, frozen=True, kw_only=True):
    """The API of one GitHub, spoken to with one token (or none, for what is public)."""

    api_url: str
    token: str | None = None

    def __repr__(self) -> str:
        return f"GitHub({self.api_url!r})"  # a token never stands in a message

    @classmethod
    def of(cls, repository: GitHubRepository, environment: Mapping[str, str]) -> GitHub:
        """The GitHub ``repository`` is on. Token: GH_TOKEN or GITHUB_TOKEN; address: GITHUB_API_URL.

        Raises Unreachable where the host is no GitHub anybody told us of: a token is never
        sent to a host that only a repository's own configuration names.
        """
        host = repository.host
        told = urlsplit(environment.get("GITHUB_SERVER_URL", "")).hostname or environment.get("GH_HOST", "")
        if host != "github.com" and not host.endswith(".ghe.com") and host != told:
            raise Unreachable(
                f"{host} is not known to be a GitHub.", hint="Set GITHUB_SERVER_URL and GITHUB_API_URL if it is one."
            )
        token = environment.get("GH_TOKEN") or environment.get("GITHUB_TOKEN") or None
        return cls(api_url=environment.get("GITHUB_API_URL") or _api_of(host), token=token)

    def get(self, path: str) -> Any:
        """The JSON answer to GET ``path``; None where GitHub knows no such thing (404)."""
        try:
            return self._ask("GET", f"{self.api_url.rstrip('/')}{path}", None)[0]
        except _NotFound:
            return None

    def get_all(self, path: str, key: str | None = None) -> Iterator[Any]:
        """The items of a list that comes in pages; with ``key`` the list is under it in each page."""
        address: str | None = f"{self.api_url.rstrip('/')}{path}{'&' if '?' in path else '?'}per_page=100"
        for _ in range(_MAX_PAGES):
            if address is None:
                return
            items, headers = self._ask("GET", address, None)
            yield from items if key is None else items[key]
            following = _NEXT_PAGE.search(headers.get("Link", ""))
            address = following[1] if following and following[1].startswith(self.api_url) else None

    def post(self, path: str, fields: Mapping[str, object]) -> Any:
        """The JSON answer to POST ``path``."""
        return self._ask("POST", f"{self.api_url.rstrip('/')}{path}", json.dumps(fields).encode())[0]

    def get_file(self, path: str, limit: int) -> bytes:
        """The file that GET ``path`` leads to, which lies elsewhere: whoever keeps it is not shown the token.

        Raises OutsideError for a file of more than ``limit`` bytes, and where there is none.
        """
        address = f"{self.api_url.rstrip('/')}{path}"
        try:
            self._ask("GET", address, None)
        except _Elsewhere as found:
            return _download(found.address, limit)
        raise OutsideError(f"{urlsplit(address).hostname} answered GET {path} with no address of a file.")

    def _ask(self, method: str, address: str, data: bytes | None) -> tuple[Any, HTTPMessage]:
        parts = _safe(address)
        headers = {
            "Accept": "application/vnd.github+json",
            "User-Agent": f"covpath/{version('covpath')}",
            "X-GitHub-Api-Version": "2022-11-28",
            **({"Authorization": f"Bearer {self.token}"} if self.token else {}),
            **({"Content-Type": "application/json"} if data is not None else {}),
        }
        request = urllib.request.Request(address, data=data, headers=headers, method=method)  # noqa: S310 - checked above
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as answer:
                return json.loads(answer.read(_MAX_ANSWER)), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 302 and method == "GET" and "Location" in error.headers:
                    raise _Elsewhere(error.headers["Location"]) from None
                _refused(error, f"{method} {parts.path}")
        except (OSError, HTTPException) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise Unreachable(f"{parts.hostname} cannot be reached: {reason}.") from error
        except ValueError as error:
            raise OutsideError(
                f"{parts.hostname} answered {method} {parts.path} with something that is not JSON."
            ) from error


def _safe(address: str) -> SplitResult:
    """The parts of an address nobody can listen to or change on the way."""
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise OutsideError(f"{address} is not a safe address to send a token to.", hint="Use https.")
    return parts


def _download(address: str, limit: int) -> bytes:
    """A file of at most ``limit`` bytes, asked for without the token."""
    parts = _safe(address)
    request = urllib.request.Request(address, headers={"User-Agent": f"covpath/{version('covpath')}"})  # noqa: S310 - checked above
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_SECONDS) as answer:
            data: bytes = answer.read(limit + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise OutsideError(f"{parts.hostname} does not give the file: {error.code}.") from error
    except (OSError, HTTPException) as error:
        raise Unreachable(f"{parts.hostname} cannot be reached: {error}.") from error
    if len(data) > limit:
        raise OutsideError(f"the file is larger than {limit:,} bytes.", hint="Download it by hand, if you trust it.")
    return data


def parse_remote(url: str) -> GitHubRepository | None:
    """The repository a remote's address names; None where it is not of the form host/owner/name."""
    if "://" in url:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path
    else:
        match = _SCP.fullmatch(url)
        if match is None:
            return None
        host, path = match["host"], match["path"]
    slug = _SLUG.fullmatch(path.strip("/").removesuffix(".git"))
    if not host or slug is None or ".." in (slug["owner"], slug["name"]):
        return None
    host = host.lower()
    return GitHubRepository(
        host="github.com" if host == "ssh.github.com" else host, owner=slug["owner"], name=slug["name"]
    )


def check_run_annotations(github: GitHub, repository: GitHubRepository, check_run: int) -> list[Any]:
    """GitHub's answer on a check run's annotations, all pages."""
    return list(github.get_all(f"{repository.path}/check-runs/{check_run}/annotations"))


class _NotFound(OutsideError):
    """GitHub has nothing there, or nothing it shows with this token."""


class _Elsewhere(OutsideError):
    """GitHub's answer is an address to get the file from."""

    def __init__(self, address: str) -> None:
        super().__init__("GitHub keeps this elsewhere.")
        self.address = address


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer: following one would take the token to another host."""

    def redirect_request(self, *_: object) -> None:
        return None


def _api_of(host: str) -> str:
    if host == "github.com" or host.endswith(".ghe.com"):
        return f"https://api.{host}"
    return f"https://{host}/api/v3"


def _refused(error: urllib.error.HTTPError, what: str) -> NoReturn:
    said = _said_by(error)
    match error.code:
        case 301 | 307 | 308:
            raise OutsideError("GitHub says that the repository has moved.", hint="Set the remote to its new address.")
        case 401:
            raise OutsideError("GitHub does not accept the token.", hint="Make a new one; it is read from GH_TOKEN.")
        case 403 | 429 if error.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in error.headers:
            raise OutsideError("GitHub asks to wait: too many requests.", hint="Run the command again in an hour.")
        case 403:
            needs = "'pull requests: write'" if what.startswith("POST") else "to read the repository"
            raise OutsideError(f"the token may not do this on GitHub: {said}.", hint=f"It needs {needs}.")
        case 404:
            raise _NotFound("GitHub has no such repository, or the token may not see it.", hint=f"Asked: {what}.")
        case code if code >= 500:
            raise Unreachable(f"GitHub failed with {code}: {said}.")
        case code:
            raise OutsideError(f"GitHub refuses ({code}): {said}.", hint=f"Asked: {what}.")


def _said_by(error: urllib.error.HTTPError) -> str:
    """The message of an error answer and of the errors in it, on one printable line."""
    try:
        answer = json.loads(error.read(100_000))
        details = [item.get("message") if isinstance(item, dict) else item for item in answer.get("errors") or ()]
        parts = [answer.get("message"), *details]
    except (ValueError, AttributeError, OSError):
        parts = [error.reason]
    text = "; ".join(str(part).strip().rstrip(".") for part in parts if part)
    return "".join(character if character.isprintable() else " " for character in text)[:500]
