"""The engine: a stage in, a site and the engine's own words out, always in a process of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kbtool.engine import build_site
from kbtool.errors import IncompleteError


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """Return a small stage, as the stage module leaves it."""
    folder = tmp_path / "stage"
    (folder / "docs").mkdir(parents=True)
    (folder / "docs/index.md").write_text("# Home\n\nHello.\n")
    (folder / "mkdocs.yml").write_text("site_name: Help\nsite_url: https://help.example.com/\ntheme: {name: material, font: false}\nplugins: []\n")
    return folder


def test_a_stage_becomes_a_site(stage: Path, tmp_path: Path) -> None:
    """The site is in the folder that was asked for, and the stage has nothing new in it."""
    assert build_site(stage, tmp_path / "out") == []
    assert "Hello." in (tmp_path / "out/index.html").read_text()
    assert sorted(path.name for path in stage.iterdir()) == ["docs", "mkdocs.yml"]


def test_warnings_are_handed_back(stage: Path, tmp_path: Path) -> None:
    """What the engine warns of reaches the user, and the site is built."""
    (stage / "docs/index.md").write_text("[dead](nowhere.md)\n")
    (notice,) = build_site(stage, tmp_path / "out")
    assert "'nowhere.md'" in notice
    assert (tmp_path / "out/index.html").is_file()


@pytest.mark.parametrize(
    ("mkdocs", "words"),
    [
        ("site_name: Help\ntheme: nothing-of-the-kind\n", "nothing-of-the-kind"),
        ("site_name: Help\nmarkdown_extensions: [no.such.extension]\n", "no.such.extension"),
        ("nonsense: [\n", "mkdocs.yml"),
    ],
)
def test_a_failure_is_told_in_the_engines_words(stage: Path, tmp_path: Path, mkdocs: str, words: str) -> None:
    """The message is one line with the cause, and says that nothing was lost."""
    (stage / "mkdocs.yml").write_text(mkdocs)
    with pytest.raises(IncompleteError) as caught:
        build_site(stage, tmp_path / "out")
    assert caught.value.kind == "engine"
    assert words in caught.value.message
    assert caught.value.hint == "the site that was there is untouched"
    assert len(caught.value.message) < 700


def test_nothing_in_the_stage_is_imported(stage: Path, tmp_path: Path) -> None:
    """A file in the stage that is called like a module does not stand in for it."""
    (stage / "mkdocs.py").write_text("raise SystemExit('taken over')\n")
    (stage / "jinja2.py").write_text("raise SystemExit('taken over')\n")
    assert build_site(stage, tmp_path / "out") == []
    assert (tmp_path / "out/index.html").is_file()


def test_the_same_stage_makes_the_same_site(stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On one day two builds differ in no byte."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795348800")
    (stage / "docs/b.md").write_text("# B\n")
    found = []
    for name in ("one", "two"):
        build_site(stage, tmp_path / name)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        found.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})
    assert found[0] == found[1]
    assert re.search(rb"<lastmod>2026-11-22", found[0][Path("sitemap.xml")])
