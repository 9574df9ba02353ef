"""A Material site beside its code: uv's documentation builds with its own mkdocs.yml."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

CONFIG = """[tool.kbtool]
content = "docs"

[tool.kbtool.defaults."docs/**"]
audience = "public"
owners = ["uv"]
product_areas = ["uv"]
evergreen = "this knowledge base has no review dates yet"
"""

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def uv(shared: Path, tmp_path_factory: pytest.TempPathFactory, kbtool) -> tuple[Path, object]:
    """A clone of uv with a configuration, built."""
    folder = tmp_path_factory.mktemp("real") / "uv"
    subprocess.run(["git", "clone", "-q", shared / "real" / "uv.bundle", folder], check=True)
    (folder / "pyproject.toml").write_text(CONFIG)
    (folder / "docs/.overrides/main.html").write_text('{% extends "base.html" %}\n')  # in this copy it is a token
    return folder, kbtool("build", cwd=folder, today="2026-08-21")


def test_both_editions_build(uv) -> None:
    """Missing titles and pages are reported, and both sites are published with all 81 articles."""
    folder, done = uv
    assert done.code == 1
    assert "public: 81 articles in site/public/" in done.out
    assert "internal: 81 articles in site/internal/" in done.out
    assert (folder / "site/public/concepts/projects/dependencies/index.html").is_file()


def test_its_own_theme_and_ours(uv) -> None:
    """Its features and palette are in the page, and so is what kbtool adds."""
    folder, _ = uv
    page = (folder / "site/public/concepts/cache/index.html").read_text()
    assert "navigation.instant" in page
    assert "astral-light" in page
    assert "assets/kbtool/kbtool.css" in page
    assert 'class="kb-facts"' in page
    assert "Caching" in page


def test_its_plugins_do_not_run_and_its_redirects_work(uv) -> None:
    """Plugins that read the repository are named and left out; the redirects of its map are pages."""
    folder, done = uv
    assert "the plugin 'git-revision-date-localized' is not used in an edition" in done.err
    stub = (folder / "site/public/guides/publish/index.html").read_text()
    assert 'content="0; url=../package/"' in stub


def test_nothing_outside_the_content_folder_is_included(uv) -> None:
    """`--8<-- "CONTRIBUTING.md"` names a file of the repository: it is a finding, and its text is on no page."""
    folder, done = uv
    assert "the included file 'CONTRIBUTING.md' is not an article here" in done.out
    assert "8<-" not in (folder / "site/public/reference/contributing/index.html").read_text()


def test_what_the_navigation_names_and_nobody_wrote_is_said(uv) -> None:
    """Three generated pages are not in this checkout: the engine would drop them at level INFO."""
    _, done = uv
    for name in ("cli", "settings", "environment"):
        assert f"nav names 'reference/{name}.md', which is no article" in done.err
