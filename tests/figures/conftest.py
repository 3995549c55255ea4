from pathlib import Path

import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The figures take minutes: they are collected only where the command line names them."""
    named = any("figures" in str(argument) for argument in config.invocation_params.args)
    return None if named else True
