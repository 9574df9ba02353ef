"""Fixtures shared by all tests: a knowledge base in a folder, and kbtool as a real process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("default", deadline=None)  # no test is about time
settings.register_profile("soak", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

REPOSITORY = Path(__file__).resolve().parent.parent
SHARED = REPOSITORY.parent / "shared"

ARTICLE = """---
title: Export invoices
audience: public
owners: [ana]
product_areas: [billing]
last_reviewed_on: 2026-10-01
---

# Export invoices

Open the billing page.
"""


@dataclass(frozen=True)
class Done:
    """How a process ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return standard output as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class KnowledgeBase:
    """A knowledge base in a temporary folder, with `kbtool` to run on it as a user would."""

    root: Path

    def write(self, name: str, content: str | bytes) -> Path:
        """Write one file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run(self, *args: str, today: str | None = "2026-11-22", env: Mapping[str, str] | None = None, **more: Any) -> Done:
        """Run kbtool here; `today` reaches it as SOURCE_DATE_EPOCH."""
        return kbtool(*args, cwd=more.pop("cwd", self.root), today=today, env=env, **more)

    def tree(self) -> dict[str, bytes]:
        """Return every file below, to show that nothing was changed."""
        return {p.relative_to(self.root).as_posix(): p.read_bytes() for p in sorted(self.root.rglob("*")) if p.is_file()}


def kbtool(*args: str, cwd: Path, today: str | None = None, env: Mapping[str, str] | None = None, **more: Any) -> Done:
    """Run the command line in a process of its own; no traceback may ever reach anybody."""
    import datetime as dt

    clock = {}
    if today:
        moment = dt.datetime.fromisoformat(today).replace(hour=12, tzinfo=dt.UTC)
        clock["SOURCE_DATE_EPOCH"] = str(int(moment.timestamp()))
    base = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "FORCE_COLOR", "NO_COLOR", "SOURCE_DATE_EPOCH")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "kbtool", *args], cwd=cwd, env={**base, **clock, **(env or {})},
        stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=300, **more,
    )
    result = Done(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
    assert "Traceback" not in result.out + result.err, result.err
    return result


@pytest.fixture
def kb(tmp_path: Path) -> KnowledgeBase:
    """A small, clean knowledge base: one public article, both registers."""
    made = KnowledgeBase(tmp_path / "kb")
    made.write("pyproject.toml", "[tool.kbtool]\n")
    made.write("checks/owners.yml", "ana:\n  name: Ana\n  email: ana@example.com\n")
    made.write("checks/product_areas.yml", "billing:\n  name: Billing\n")
    made.write("content/index.md", ARTICLE)
    return made


@pytest.fixture
def empty_kb(tmp_path: Path) -> KnowledgeBase:
    """A folder with nothing in it."""
    (tmp_path / "kb").mkdir()
    return KnowledgeBase(tmp_path / "kb")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real and synthetic knowledge bases; tests that need it skip where it is not."""
    if not SHARED.is_dir():
        pytest.skip("../shared is not here: it holds the real knowledge bases")
    return SHARED


@pytest.fixture(scope="session")
def repository() -> Path:
    """The checkout that the tests are in."""
    return REPOSITORY


@pytest.fixture
def article_text() -> str:
    """The text of a clean public article."""
    return ARTICLE


@pytest.fixture(scope="session", name="kbtool")
def kbtool_fixture() -> Callable[..., Done]:
    """The command line as a function: `kbtool("check", cwd=folder)`."""
    return kbtool
