"""Only `kbtool tickets sync` opens a connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

HEAD = "---\ntitle: Export\nowners: [ana]\nproduct_areas: [billing]\n"
NO_NETWORK = """\
import sys

def forbid(event, arguments):
    if event.startswith("socket."):
        sys.stderr.write(f"network: {event}\\n")
        sys.stderr.flush()
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise RuntimeError(event)

sys.addaudithook(forbid)
"""
SOCKETS = """\
[tool.kbtool.trackers.support]
kind = "generic"
url = "http://127.0.0.1:9"
token_env = "T"
"""


@pytest.mark.parametrize("args", [
    ["check"], ["check", "--strict"], ["check", "--no-git"], ["tickets", "list"], ["tickets", "show", "T-1"], ["why", "content/index.md"], ["review"],
])
def test_nothing_but_sync_opens_a_connection(kb: Any, desk: Any, tmp_path: Path, args: list[str]) -> None:
    """A run reads the snapshot and asks nobody: no socket is made. The same hook stops a sync, so it does see one."""
    (tmp_path / "hook").mkdir()
    (tmp_path / "hook/sitecustomize.py").write_text(NO_NETWORK)
    env = {"PYTHONPATH": f"{tmp_path / 'hook'}:{desk.env['PYTHONPATH']}", "T": "token"}
    kb.write("pyproject.toml", f"[tool.kbtool]\n{SOCKETS}")
    kb.write("content/index.md", f"{HEAD}audience: public\nlast_reviewed_on: 2026-10-01\ntickets: [T-1]\n---\n\nSee T-2.\n")
    assert "network: " not in kb.run(*args, env=env).err
    assert "network: socket.connect\n" in kb.run("tickets", "sync", env=env).err
