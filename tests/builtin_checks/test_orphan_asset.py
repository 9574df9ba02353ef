"""KB204 orphan-asset."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.orphan_asset import OrphanAsset
from kbtool.testing import check_files, in_words

USES = {
    "image": ("![a](i.png)", True),
    "download": ("[a](i.png)", True),
    "HTML": ('<img src="i.png">', True),
    "absolute": ("![a](/i.png)", True),
    "query": ("![a](i.png?v=1#x)", True),
    "reference": ("![a][r]\n\n[r]: i.png", True),
    "in a region": ("::: internal\n![a](i.png)\n:::", True),
    "in code": ("`![a](i.png)`", False),
    "in a comment": ("<!-- ![a](i.png) -->", False),
    "other case": ("![a](I.png)", False),
    "by name": ("i.png", False),
    "not at all": ("", False),
}


@pytest.mark.parametrize(("text", "used"), USES.values(), ids=USES)
def test_uses(text: str, *, used: bool) -> None:
    """An asset that no link leads to is a warning."""
    found = check_files(OrphanAsset(), {"content/a.md": text + "\n", "content/i.png": b"x"})
    words = ["content/i.png:1:1 KB204 warning: no article refers to this file (delete it, or refer to it)"]
    assert in_words(found) == ([] if used else words)


def test_several() -> None:
    """Each orphan is a finding, in the order of the paths; dotfiles and backups are no assets."""
    files = dict.fromkeys(["content/b/z.pdf", "content/a.png", "content/.x.png", "content/a.png~", "content/c.md.bak"], "")
    assert [found.path for found in check_files(OrphanAsset(), files)] == ["content/a.png", "content/b/z.pdf"]


@pytest.mark.parametrize(
    ("allow", "left"),
    [((), 3), (("a.png",), 2), (("*.png",), 1), (("downloads/*",), 2), (("*",), 0), (("A.PNG",), 3), (("content/a.png",), 3)],
)
def test_allow(allow: tuple[str, ...], left: int) -> None:
    """The option `allow` takes globs relative to the content folder; case counts."""
    files = dict.fromkeys(["content/a.png", "content/x/b.png", "content/downloads/c.zip"], b"x")
    assert len(check_files(OrphanAsset(allow=allow), files)) == left


def test_assets_of_the_site() -> None:
    """What mkdocs.yml names, for all editions or for one, is used."""
    site = (
        "site_name: x\ntheme:\n  name: material\n  logo: img/logo.svg\n  favicon: /img/favicon.png\nextra_css: [css/a.css]\n"
        "extra_javascript:\n  - js/a.js\n  - path: js/b.mjs\n    type: module\n"
    )
    config = '[tool.kbtool.editions.internal.mkdocs]\nextra_css = ["css/wiki.css"]'
    used = ["img/logo.svg", "img/favicon.png", "css/a.css", "css/wiki.css", "js/a.js", "js/b.mjs"]
    files = {**dict.fromkeys((f"content/{name}" for name in (*used, "css/b.css")), b"x"), "mkdocs.yml": site}
    assert [found.path for found in check_files(OrphanAsset(), files, config=config)] == ["content/css/b.css"]
