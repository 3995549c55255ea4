"""GitHub's published description of its REST API, and a local server that holds to it.

The description comes from npm (``@octokit/openapi``, MIT) into a cache outside the
repository. Requests that it does not allow are answered with 500 and kept in ``wrong``;
answers are the description's own examples (not all of which keep to its schemas), and what
a test gives instead is checked against those.
"""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from downloads import downloads

VERSION = "23.0.2"
_ADDRESS = "urn:github"


@functools.cache
def description() -> dict[str, Any]:
    """The description, from the cache or from npm; a loud skip where neither can be had."""
    cache = downloads("github")
    file = cache / f"openapi-{VERSION}.json"
    if not file.exists():
        _download(cache, file)
    loaded: dict[str, Any] = json.loads(file.read_bytes())
    return loaded


def _download(cache: Path, file: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("NO npm HERE: GitHub's API description cannot be had, so nothing is checked against it")
    pack = [npm, "pack", "--silent", f"@octokit/openapi@{VERSION}"]
    done = subprocess.run(pack, cwd=cache, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"npm CANNOT BE REACHED: GitHub's API description is missing: {done.stderr[-300:]}")
    archive = cache / done.stdout.strip().splitlines()[-1]
    with tarfile.open(archive) as packed:
        member = packed.extractfile("package/generated/api.github.com.json")
        assert member is not None
        copy = file.with_suffix(f".{os.getpid()}")
        copy.write_bytes(member.read())
    copy.replace(file)
    archive.unlink(missing_ok=True)


def problems(schema: dict[str, Any], instance: object) -> list[str]:
    """What ``schema`` (which may refer into the description) has against ``instance``."""
    resource = DRAFT4.create_resource(description())
    validator = OAS30Validator(_absolute(schema), registry=Registry().with_resource(_ADDRESS, resource))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(instance)]


def _absolute(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            name: f"{_ADDRESS}{value}" if name == "$ref" and isinstance(value, str) else _absolute(value)
            for name, value in schema.items()
        }
    return [_absolute(item) for item in schema] if isinstance(schema, list) else schema


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """``node``, or what it refers to."""
    while "$ref" in node:
        reference = node["$ref"]
        node = description()
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    return node


@dataclass
class Served:
    """What the server got; ``answers`` replaces examples: (status, headers, JSON) by method and path."""

    url: str
    requests: list[tuple[str, str, Any, dict[str, str]]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    answers: dict[tuple[str, str], list[tuple[int, dict[str, str], object]]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    """What lies elsewhere, by path: no part of the API, and nothing is checked about asking for it."""


@contextmanager
def github() -> Iterator[Served]:
    """A GitHub on this machine."""
    description()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args: object) -> None:
            """Nothing on standard error."""

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            served.requests.append((self.command, self.path, body, dict(self.headers)))
            try:
                if self.path in served.files:
                    status, headers, answer = 200, {"Content-Type": "application/zip"}, served.files[self.path]
                else:
                    status, headers, answer = _answer(served, self.command, self.path, body, dict(self.headers))
            except AssertionError as error:
                served.wrong.append(str(error))
                status, headers, answer = 500, {}, {"message": "against the description"}
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {
                "Content-Type": "application/json",
                "Content-Length": str(len(data)),
                **headers,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _serve

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Served(url=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(
    served: Served, method: str, address: str, body: object, headers: dict[str, str]
) -> tuple[int, dict[str, str], object]:
    parts = urlsplit(address)
    operation, values = _operation(method, parts.path)
    assert headers["Accept"] == "application/vnd.github+json", "GitHub asks for this media type"
    assert headers["User-Agent"], "GitHub turns away requests without a user agent"
    _check_parameters(operation, values, parse_qs(parts.query))
    if method == "POST":
        found = problems(operation["requestBody"]["content"]["application/json"]["schema"], body)
        assert not found, found
    ready = served.answers.get((method, parts.path))
    status, extra, answer = ready.pop(0) if ready else (0, {}, None)
    success = next((code for code in ("200", "201") if code in operation["responses"]), "")
    told = resolved(operation["responses"][str(status) if status else success])
    content = told.get("content", {}).get("application/json")
    if not status:
        status = int(success)
        answer = resolved(next(iter(content["examples"].values())))["value"]
    elif content and not isinstance(answer, bytes):
        found = problems(content["schema"], answer)
        assert not found, f"the test's own answer is not GitHub's: {found}"
    return status, extra, answer


def _operation(method: str, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    matches = []
    for template, operations in description()["paths"].items():
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
        match = re.fullmatch(pattern, path)
        if match and method.lower() in operations:
            matches.append((template.count("{"), template, operations[method.lower()], match.groupdict()))
    assert matches, f"GitHub has no {method} {path}"
    _, _, operation, values = min(matches, key=lambda found: found[:2])
    return operation, {name: unquote(value) for name, value in values.items()}


def _check_parameters(operation: dict[str, Any], values: dict[str, str], query: dict[str, list[str]]) -> None:
    known = [resolved(parameter) for parameter in operation["parameters"]]
    unknown = set(query) - {parameter["name"] for parameter in known if parameter["in"] == "query"}
    assert not unknown, f"GitHub knows no parameter {unknown}"
    for parameter in known:
        if parameter["in"] == "path":
            value: object = values[parameter["name"]]
        elif parameter["name"] in query:
            value = query[parameter["name"]][0]
        else:
            continue
        if parameter["schema"]["type"] == "integer":
            value = int(str(value))
        found = problems(parameter["schema"], value)
        assert not found, found
