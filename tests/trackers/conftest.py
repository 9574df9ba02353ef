"""One server for the tests of a worker, and a way to import the fakes beside this file."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_httpserver import HTTPServer

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def one_server() -> Iterator[HTTPServer]:
    """Return a server that answers several requests at once; to start one takes half a second."""
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def server(one_server: HTTPServer) -> Iterator[HTTPServer]:
    """Return the server, new; what its handlers assert is true, or the test fails."""
    one_server.clear()
    yield one_server
    one_server.check()
