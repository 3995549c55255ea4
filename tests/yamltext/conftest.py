from pathlib import Path

import pytest

from covpath.errors import InputError
from covpath.yamltext.reading import Document, read
from covpath.yamltext.source import decode


@pytest.fixture(scope="session")
def nasty_documents() -> list[Document]:
    """The nasty cases that can be read."""
    found = []
    for path in sorted((Path(__file__).parents[1] / "cases" / "nasty").glob("*.yml")):
        try:
            found.append(read(decode(path.name, path.read_bytes())))
        except InputError:
            continue
    return found
