from __future__ import annotations

import pytest

from covpath.gate.scripts.command_names import prepare

PREPARING = (
    "hatch env create",
    "docker compose up -d db",
    "docker-compose pull",
    "docker pull image",
    "mise install",
    "rustup toolchain install nightly",
    "uv tool install tox",
    "corepack enable pnpm",
    "python -m pip install tox",
    "cargo +nightly install cargo-llvm-cov",
    "npm ci",
)
WORKING = (
    "hatch env run cov",
    "hatch env run -e test -- pytest --cov",
    "hatch -e test env run cov",
    "docker compose run --rm tests",
    "docker compose -f ci.yml run tests",
    "docker compose exec app pytest",
    "docker-compose run tests",
    "docker compose up --exit-code-from tests",
    "docker compose up --abort-on-container-exit",
    "mise run cov",
    "mise exec -- pytest",
    "rustup run nightly cargo test",
    "uv run pytest",
    "uv tool run tox",
    "pytest",
    "npm test",
)


@pytest.mark.parametrize("line", PREPARING)
def test_it_prepares(line: str) -> None:
    assert prepare(tuple(line.split()))


@pytest.mark.parametrize("line", WORKING)
def test_it_does_more(line: str) -> None:
    assert not prepare(tuple(line.split()))
