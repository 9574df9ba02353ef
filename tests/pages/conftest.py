"""A stage with known issues, and what is in it."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import feedparser
import pytest
import yaml

from kbtool.stage import Staged, stage
from kbtool.testing import knowledge_base

MKDOCS = "site_name: Help centre\nsite_url: https://help.example.com/\n"
TICKETS = """\
SUP-1: {state: open, url: "https://tickets.example.com/1", updated_at: 2026-11-20T09:00:00Z}
SUP-2: {state: closed, resolution: fixed, closed_at: 2026-11-10T09:30:00Z, confidential: true, title: "Heron Ltd threatens to leave"}
SUP-3: {state: closed, resolution: fixed, closed_at: 2025-03-01T09:30:00Z, url: "javascript:alert(1)"}
"""
AREAS = "billing: {name: Billing}\nmobile: {name: Mobile app}\n'Ödd / area': {}\n"
TODAY = dt.date(2026, 11, 22)


def issue(title: str = "It breaks", known_issue: str = "{state: confirmed, opened: 2026-11-01}", **keys: str) -> str:
    """Return the text of a known issue that everybody may see."""
    lines = {"title": title, "audience": "public", "product_areas": "[billing]", "content_type": "known-issue", **keys}
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in lines.items()) + f"known_issue: {known_issue}\n---\n\nText.\n"


FILES = {
    "content/index.md": "---\naudience: public\n---\n\n# Help\n",
    "content/a.md": issue("Exports stop", "{affects: [web, '4.2'], workaround: 'Export by month.', opened: 2026-11-01}", tickets="[SUP-1]",
                          description="After 10,000 rows."),
    "content/b.md": issue("Wrong logo", "{opened: 2026-10-01, fixed_in: '4.3'}", tickets="[SUP-2]", product_areas="[mobile, billing]"),
    "content/c.md": issue("Login loops", "{opened: 2025-02-01}", tickets="[SUP-3]", product_areas="[mobile]"),
    "content/inside.md": issue("Heron loses attachments", audience="internal"),
    "content/partner.md": issue("The API fails", audience="partners", product_areas="['Ödd / area']"),
}
PARTNERS = '[tool.kbtool.editions.partners]\naudiences = ["public", "partners"]\nmkdocs = {site_url = "https://help.example.com/partners/"}\n'


@pytest.fixture(name="issue", scope="session")
def issue_fixture() -> Callable[..., str]:
    """`issue("It breaks", "{state: confirmed}", key=value)`, see there."""
    return issue


@pytest.fixture
def files() -> dict[str, str]:
    """A home page, and known issues that are open, closed, closed long ago, internal and for partners."""
    return dict(FILES)


@dataclass(frozen=True)
class Made:
    """A stage, and how to look at its known issues."""

    staged: Staged

    @property
    def config(self) -> Any:
        """Return the derived configuration."""
        return self.staged.config

    @property
    def notes(self) -> tuple[str, ...]:
        """Return what the user is told."""
        return self.staged.notes

    @property
    def docs(self) -> Path:
        """Return the folder of the documents."""
        return self.staged.folder / "docs"

    @property
    def ours(self) -> dict[str, bytes]:
        """Return path below the folder of known issues → content."""
        folder = self.docs / "known-issues"
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}

    def page(self, name: str = "index.md") -> str:
        """Return the Markdown of a page below its front matter."""
        return self.ours[name].decode().partition("\n---\n")[2]

    def outline(self, name: str = "index.md") -> list[str]:
        """Return the headings of a page, and the links to issues below them, as they stand."""
        return re.findall(r'^#+ .*|(?<=__head"><a href=")[^"]*', self.page(name), re.MULTILINE)

    def front(self, source: str) -> Any:
        """Return the staged front matter of a page."""
        return yaml.safe_load((self.docs / source).read_text().split("---\n")[1])

    def feed(self, name: str = "feed.xml") -> Any:
        """Return a feed as an independent reader reads it."""
        read = feedparser.parse(self.ours[name])
        assert not read.bozo, read
        return read

    def ids(self, name: str = "feed.xml") -> list[str]:
        """Return the ids of a feed's entries, without what all of them begin with."""
        return [entry.id.removeprefix("tag:help.example.com,2026:") for entry in self.feed(name).entries]


@pytest.fixture
def staged(tmp_path: Path) -> Callable[..., Made]:
    """Return a function that writes a knowledge base, in place of the one before, and stages an edition of it."""

    def make(
        files: dict[str, str] | None = None, edition: str = "public", *, mkdocs: str = MKDOCS, tickets: str = TICKETS, config: str = PARTNERS,
        today: dt.date = TODAY, **more: Any,
    ) -> Made:
        shutil.rmtree(tmp_path / "kb", ignore_errors=True)
        (tmp_path / "kb").mkdir()
        usual = {"mkdocs.yml": mkdocs, "checks/tickets.yml": tickets, "checks/product_areas.yml": AREAS}
        evidence = knowledge_base(tmp_path / "kb", {**usual, **(FILES if files is None else files)}, config=config, today=today)
        folder = tmp_path / "stage" / edition
        folder.mkdir(parents=True, exist_ok=True)
        return Made(stage(evidence, evidence.editions[edition], folder, **more))

    return make
