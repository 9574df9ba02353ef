"""What the tests of whole commands share: a repository with two owners, kbtool run in it, and what has changed there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

DAY = "2026-11-22"
Run = Callable[..., Any]


@pytest.fixture
def site(repo, home):
    """A repository in which git commits with Ana's e-mail address, and with two owners."""
    repo.git("config", "user.email", "ana@example.com")
    repo.git("config", "user.name", "Ana Arnold")
    repo.commit({"checks/owners.yml": "ana: {name: Ana, email: ana@example.com}\nben: {name: Ben}\n"}, on="2026-01-02")
    return repo


@pytest.fixture
def run(site, kbtool) -> Run:
    """`run("review", "content/a.md")`: kbtool in that repository, on 22 November 2026."""

    def call(*args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None, today: str = DAY) -> Any:
        moment = f"{today}T12:00:00+00:00"
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment}
        return kbtool(*args, cwd=cwd or site.folder, today=today, env={**dates, **(env or {})})

    return call


@pytest.fixture(scope="session", name="changed")
def changed_fixture() -> Callable[..., Any]:
    """`changed(…)`, see there."""
    return changed


def changed(repo: Any) -> dict[str, list[str]]:
    """Return file → the lines that differ from the last commit, as `git diff` has them."""
    found: dict[str, list[str]] = {}
    for line in repo.git("diff", "-U0", "HEAD").split("\n"):
        if line.startswith("+++ "):
            lines = found.setdefault(line[6:], [])
        elif line.startswith(("+", "-")) and not line.startswith("---"):
            lines.append(line)
    return found


@pytest.fixture(scope="session", name="state")
def state_fixture() -> Callable[..., Any]:
    """`state(…)`, see there."""
    return state


def state(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Return all files and folders with their times and content: a write of any kind shows, but for what git keeps for itself."""
    found = {}
    for path in sorted((folder, *folder.rglob("*"))):
        if ".git" not in path.relative_to(folder).parts:
            about = path.lstat()
            found[str(path)] = (about.st_mtime_ns, about.st_ino, path.read_bytes() if path.is_file() else b"")
    return found


@pytest.fixture(scope="session", name="said")
def said_fixture() -> Callable[..., Any]:
    """`said(…)`, see there."""
    return said


def said(done: Any) -> str:
    """Return the only message on stderr, without the name of the program."""
    found = re.fullmatch(r"kbtool: (.*)\n", done.err)
    assert found, done.err
    return found[1]


@pytest.fixture
def covered(site, page) -> Any:
    """A repository with a sealed-to-be article `a` that covers code, and an article `b` that covers none."""
    site.commit({
        "content/a.md": page("One.\n", title="Export", last_reviewed_on="2026-06-01", covers="[src/**]"), "src/a.py": "1\n",
        "src/b.py": "1\n", "content/b.md": page("One.\n", title="Other", last_reviewed_on="2026-06-01"),
    }, on="2026-06-01", message="Add")
    return site
