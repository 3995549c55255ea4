from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from covpath.errors import OutsideError
from covpath.outside.github import (
    GitHub,
    GitHubRepository,
    Unreachable,
    check_run_annotations,
    parse_remote,
)
from covpath.outside.pull_request import (
    Opened,
    PullRequest,
    Written,
    open_or_write,
    open_pull_request,
    without_secrets,
)
from outside.github_description import Served, description, github, problems, resolved

REPOSITORY = GitHubRepository(host="github.com", owner="octo-org", name="hello.world")
WANTED = PullRequest(title="Give coverage a path", body="Why.\n\n* a\n", head="covpath/coverage", base="main")
URL = "git@github.com:octo-org/hello.world.git"
PULLS = ("POST", "/repos/octo-org/hello.world/pulls")


@pytest.fixture
def served() -> Iterator[Served]:
    with github() as server:
        yield server
        assert server.wrong == []


def _surroundings(served: Served, **more: str) -> dict[str, str]:
    return {"GITHUB_API_URL": served.url, "GITHUB_TOKEN": "secret-token", **more}


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/octo-org/hello.world",
        "https://github.com/octo-org/hello.world.git",
        "https://GitHub.com/octo-org/hello.world/",
        "https://user:token@github.com/octo-org/hello.world.git",
        "git@github.com:octo-org/hello.world.git",
        "github.com:octo-org/hello.world",
        "ssh://git@github.com/octo-org/hello.world.git",
        "ssh://git@ssh.github.com:443/octo-org/hello.world.git",
        "git://github.com/octo-org/hello.world.git",
    ],
)
def test_the_address_of_a_remote_names_the_repository(url: str) -> None:
    assert parse_remote(url) == REPOSITORY


@pytest.mark.parametrize(
    "url",
    ["", "/srv/git/repo.git", "../repo", "file:///srv/git/repo.git", "https://github.com/octo-org", "C:\\repo\\x",
     "https://github.com/a/b/c", "https://github.com/../..", "git@github.com:a", "https://github.com/a b/c"],
)  # fmt: skip
def test_an_address_of_another_form_names_none(url: str) -> None:
    assert parse_remote(url) is None


def test_the_api_is_where_the_host_or_the_environment_says() -> None:
    assert GitHub.of(REPOSITORY, {}).api_url == "https://api.github.com"
    ours = GitHubRepository(host="git.example.org", owner="a", name="b")
    assert GitHub.of(ours, {"GH_HOST": "git.example.org"}).api_url == "https://git.example.org/api/v3"
    rented = GitHubRepository(host="us.ghe.com", owner="a", name="b")
    assert GitHub.of(rented, {}).api_url == "https://api.us.ghe.com"


def test_no_token_goes_to_a_host_that_only_the_repository_names() -> None:
    with pytest.raises(Unreachable, match=r"evil\.example is not known to be a GitHub"):
        GitHub.of(GitHubRepository(host="evil.example", owner="a", name="b"), {"GH_TOKEN": "secret-token"})
    with pytest.raises(OutsideError, match="not a safe address"):
        GitHub(api_url="http://evil.example", token="secret-token").get("/")


def test_a_token_is_never_shown() -> None:
    assert "secret-token" not in repr(GitHub.of(REPOSITORY, {"GH_TOKEN": "secret-token"}))


def test_a_pull_request_is_opened(served: Served) -> None:
    opened = open_pull_request(GitHub.of(REPOSITORY, _surroundings(served)), REPOSITORY, WANTED)
    assert opened == Opened(number=1347, url="https://github.com/octocat/Hello-World/pull/1347")
    method, path, body, headers = served.requests[0]
    assert (method, path) == PULLS
    assert headers["Authorization"] == "Bearer secret-token"
    assert headers["X-Github-Api-Version"] == "2022-11-28"
    assert body == {
        "title": WANTED.title, "body": WANTED.body, "head": "covpath/coverage", "base": "main", "draft": False
    }  # fmt: skip


def test_a_list_comes_from_every_page(served: Served) -> None:
    path = "/repos/octo-org/hello.world/rules/branches/release%2F1.x"
    rules = resolved({"$ref": "#/components/examples/repository-rule-items"})["value"]
    following = {"Link": f'<{served.url}{path}?per_page=100&page=2>; rel="next"'}
    served.answers["GET", path] = [(200, following, rules), (200, {}, rules[:1])]
    assert [*GitHub.of(REPOSITORY, _surroundings(served)).get_all(path)] == [*rules, *rules[:1]]


def test_a_next_page_elsewhere_is_not_asked_for(served: Served) -> None:
    path = "/repos/octo-org/hello.world/rules/branches/main"
    served.answers["GET", path] = [(200, {"Link": '<https://evil.example/x>; rel="next"'}, [])]
    assert [*GitHub.of(REPOSITORY, _surroundings(served)).get_all(path)] == []


def test_annotations_are_read(served: Served) -> None:
    api = GitHub.of(REPOSITORY, _surroundings(served))
    assert check_run_annotations(api, REPOSITORY, 4)[0]["annotation_level"] == "warning"


def test_a_refusal_is_told_and_the_text_kept(served: Served, tmp_path: Path) -> None:
    served.answers[PULLS] = [
        (
            422,
            {},
            {
                "message": "Validation Failed",
                "documentation_url": "https://docs.github.com",
                "errors": [
                    {"code": "custom", "message": "A pull request already exists for octo-org:covpath/coverage."}
                ],
            },
        )
    ]
    file = tmp_path / "pull-request.md"
    said = r"GitHub refuses \(422\): Validation Failed; A pull request already exists .*The pull request's text is in"
    with pytest.raises(OutsideError, match=said):
        open_or_write(URL, WANTED, file=file, environment=_surroundings(served))
    assert file.read_text() == "# Give coverage a path\n\n`covpath/coverage` into `main`\n\nWhy.\n\n* a\n"


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (401, {}, "does not accept the token"),
        (403, {}, r"the token may not do this on GitHub: Told\."),
        (403, {"x-ratelimit-remaining": "0"}, "asks to wait"),
        (429, {"retry-after": "60"}, "asks to wait"),
        (404, {}, "no such repository, or the token may not see it"),
        (307, {"Location": "https://evil.example/"}, "has moved"),
        (418, {}, r"refuses \(418\): Told"),
    ],
)
def test_each_refusal_says_what_to_do(
    status: int, headers: dict[str, str], said: str, served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = description()["paths"]["/repos/{owner}/{repo}/pulls"]["post"]["responses"]
    monkeypatch.setitem(operation, str(status), {})  # any server may answer so; only some are described
    served.answers[PULLS] = [(status, headers, {"message": "Told."})]
    with pytest.raises(OutsideError, match=said):
        open_or_write(URL, WANTED, file=tmp_path / "text", environment=_surroundings(served))
    assert len(served.requests) == 1


@pytest.mark.parametrize("answer", [b"<html>", b"", b"\xff"])
def test_an_answer_that_is_not_json_is_told(answer: bytes, served: Served, tmp_path: Path) -> None:
    served.answers[PULLS] = [(201, {}, answer)]
    with pytest.raises(OutsideError, match="not JSON"):
        open_or_write(URL, WANTED, file=tmp_path / "text", environment=_surroundings(served))


def test_a_failing_github_is_no_github(served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    operation = description()["paths"]["/repos/{owner}/{repo}/pulls"]["post"]["responses"]
    monkeypatch.setitem(operation, "502", {})
    served.answers[PULLS] = [(502, {}, b"<html>")]
    written = open_or_write(URL, WANTED, file=tmp_path / "text", environment=_surroundings(served))
    assert isinstance(written, Written)
    assert "GitHub failed with 502" in written.reason


def _closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.mark.parametrize(
    ("url", "environment", "reason"),
    [
        (URL, {}, "there is no token"),
        (URL, {"GH_TOKEN": "x", "GITHUB_API_URL": _closed_port()}, "127.0.0.1 cannot be reached"),
        ("https://me:secret@gitlab.com/a/b", {"GH_TOKEN": "x"}, "gitlab.com is not known to be a GitHub"),
        ("file://me:secret@srv/git/remote.git/x", {"GH_TOKEN": "x"}, "file://srv/git/remote.git/x is not on a GitHub"),
        ("/srv/git/remote.git", {"GH_TOKEN": "x"}, "/srv/git/remote.git is not on a GitHub"),
    ],
)
def test_without_github_the_text_is_written(url: str, environment: dict[str, str], reason: str, tmp_path: Path) -> None:
    written = open_or_write(url, WANTED, file=tmp_path / "out" / "text.md", environment=environment)
    assert isinstance(written, Written)
    assert reason in written.reason
    assert written.file.read_text().startswith("# Give coverage a path\n")


def test_an_address_is_told_without_its_password() -> None:
    assert without_secrets("https://me:secret@example.org/a/b") == "https://example.org/a/b"
    assert without_secrets("git@github.com:a/b") == "git@github.com:a/b"


def test_the_check_against_the_description_can_fail() -> None:
    schema = description()["paths"]["/repos/{owner}/{repo}/pulls"]["post"]["requestBody"]["content"]
    assert problems(schema["application/json"]["schema"], {"title": "x", "head": 1})
    with github() as server, pytest.raises(Unreachable):
        GitHub(api_url=server.url).get("/repos/a/b/no-such-thing")
    assert server.wrong == ["GitHub has no GET /repos/a/b/no-such-thing"]
