"""Adoption of a real user guide of 119 articles: today's debt is written down, and just what is new fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kbtool.testing import Repository

CONFIG = """[tool.kbtool]
content = "source"
preset = "govuk"

[tool.kbtool.defaults."source/**"]
audience = "public"
owners = ["cloud-platform"]
product_areas = ["cloud-platform"]
"""
TODAY = "2026-04-22"
ARTICLE = "source/documentation/networking/ip-filtering.md"

pytestmark = pytest.mark.real


@pytest.fixture
def guide(shared: Path, tmp_path: Path, kbtool) -> Repository:
    """A clone of the user guide that has been adopted: configuration and baseline are committed."""
    folder = tmp_path / "guide"
    subprocess.run(["git", "clone", "-q", shared / "real" / "user-guide.bundle", folder], check=True)
    (folder / "pyproject.toml").write_text(CONFIG)
    assert kbtool("check", cwd=folder, today=TODAY).code == 1
    assert kbtool("baseline", cwd=folder, today=TODAY).out == "checks/baseline.txt: 194 entries (begun)\n"
    repo = Repository(folder)
    repo.commit({name: (folder / name).read_bytes() for name in ("pyproject.toml", "checks/baseline.txt")}, on=f"{TODAY}T12:00")
    return repo


def test_just_what_is_new_fails(guide: Repository, kbtool) -> None:
    """The check passes, fails on one broken link with that alone, passes again, and a mended heading is paid off."""
    def check() -> dict:
        return kbtool("check", "--format", "json", cwd=guide.folder, today=TODAY).json()

    assert (check()["summary"]["errors"], check()["summary"]["known"]) == (0, 194)
    text = (guide.folder / ARTICLE).read_text()
    guide.write({ARTICLE: text.replace("\n\n", "\n\nNew words.\n\n", 1) + "\nSee [nothing](no-such-page.md).\n"})
    broken = check()
    assert [(one["path"], one["message"]) for one in broken["findings"] if one["severity"] == "error"] == [(ARTICLE, "there is no page 'no-such-page.md'")]
    assert [one["code"] for one in broken["findings"] if one["severity"] == "warning"] == ["KB108"]
    assert broken["summary"]["known"] == 194
    guide.write({ARTICLE: text})
    assert check()["findings"] == []


def test_an_article_that_moves_is_the_same_debt(guide: Repository, kbtool) -> None:
    """Its two entries go with it, also through an edit; what breaks is the one link that led to it."""
    moved = ARTICLE.replace("ip-filtering", "allow-lists")
    guide.git("mv", ARTICLE, moved)
    guide.commit({moved: (guide.folder / moved).read_text() + "\nMore.\n"}, on=f"{TODAY}T13:00")
    report = kbtool("check", "--format", "json", cwd=guide.folder, today=TODAY).json()
    assert report["summary"]["paid"] == 0
    assert {one["code"] for one in report["known"] if one["path"] == moved} == {"KB102", "KB111"}
    assert [one["code"] for one in report["findings"] if one["severity"] == "error"] == ["KB201"]
