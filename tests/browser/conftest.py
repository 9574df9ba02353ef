"""Chromium from Debian's package, and a server for built sites, both for tests that look at pages."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--no-first-run"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium; without one the tests skip, except in CI, where they fail.

    Not for the whole session: as long as it is there, its event loop runs in this thread, and no other can.
    """
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("KBTOOL_CI"):
            pytest.fail("CI needs Chromium: apt-get install chromium")
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=FLAGS, timeout=180_000)
        yield made
        made.close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def served() -> Iterator[Callable[[Path], str]]:
    """A function that serves a folder on a free port of the loopback and returns its address."""
    servers = []

    def serve(folder: Path) -> str:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()
