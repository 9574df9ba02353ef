"""Links: where they stand, what they lead to, and which articles and assets hang on them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kbtool.evidence import Evidence
from kbtool.links import anchors, asset_sources, broken_targets, is_file, links_to, site_assets
from kbtool.testing import knowledge_base

FILES = {
    "content/index.md": "# Home\n", "content/sub/a.md": "# A\n\n## Part {#part-id}\n", "content/sub/x.png": b"x", "content/x.png": b"x",
    "content/sub/inc.md": '# Inc\n\n--8<-- "a.md"\n', "content/round.md": '# Round\n\n--8<-- "back.md"\n',
    "content/back.md": '# Back\n\n--8<-- "round.md"\n',
}


def gathered(folder: Path, body: str = "", **files: str) -> Evidence:
    """Return the evidence of a knowledge base whose article `sub/page.md` has this body on line 4 and on."""
    return knowledge_base(folder, FILES | {"content/sub/page.md": f"---\ntitle: Page\n---\n{body}\n"} | files)


def test_links_come_with_their_lines_in_order(tmp_path: Path) -> None:
    """Each link that leads to something wanted is there once for each place, with line and column."""
    evidence = gathered(tmp_path, "[a](a.md) [b](/)\n\n> [a](a.md#part-id)\n\n![x](x.png)\n\n[dead](gone.md) [self](#p)\n")
    page = evidence.content.by_source["sub/page.md"]
    targets = evidence.urls.targets_of(page, "article")
    wanted = {href: target for href, target in targets.items() if target.source != "sub/page.md"}
    found = [(link.line, link.column, target.source, target.anchor) for link, target in links_to(page, wanted)]
    assert found == [(4, 5, "sub/a.md", ""), (4, 15, "index.md", ""), (6, 7, "sub/a.md", "part-id")]
    assert list(links_to(page, {})) == []


@pytest.mark.parametrize(
    ("link", "file"),
    [
        ("[x](gone.md)", False), ("[x](gone)", False), ("[x](gone/)", False), ("[x](gone.html)", False), ("[x](release-1.2)", False),
        ("[x](gone.pdf)", True), ("![x](gone)", True), ("![x](gone.png)", True), ('<img src="gone.png">', True), ('<a href="gone.zip">x</a>', True),
    ],
)
def test_a_dead_link_meant_a_page_or_a_file(tmp_path: Path, link: str, file: bool) -> None:
    """An image, or a name with an ending that no page has, was meant to be a file."""
    evidence = gathered(tmp_path, link)
    ((found, target),) = broken_targets(evidence.content.by_source["sub/page.md"], evidence)
    assert (found.line, is_file(found, target)) == (4, file)


def test_an_include_is_no_link(tmp_path: Path) -> None:
    """An include that leads nowhere is another fault than a broken link to the same place, and code is neither."""
    evidence = gathered(tmp_path, '--8<-- "gone.md"\n\n`[x](gone.md)`\n\n[x](gone.md)\n')
    assert [link.line for link, _ in broken_targets(evidence.content.by_source["sub/page.md"], evidence)] == [8]


@pytest.mark.parametrize(
    ("body", "assets"),
    [
        ("![x](x.png)", {"sub/x.png"}), ("![x](../x.png)", {"x.png"}), ("[x](/x.png)", {"x.png"}), ('<img src="x.png">', {"sub/x.png"}),
        ("[x](x.png) ![x](/x.png?v=1)", {"sub/x.png", "x.png"}), ("`![x](x.png)`", set()), ("x.png", set()), ("[a](a.md)", set()),
    ],
)
def test_the_assets_of_an_article(tmp_path: Path, body: str, assets: set[str]) -> None:
    """They are those that its links and images lead to, however written, and no others."""
    evidence = gathered(tmp_path, body)
    assert asset_sources(evidence.content.by_source["sub/page.md"], evidence) == assets


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("a.md", "sub/a.md"), ("./a.md", "sub/a.md"), ("sub/a.md", "sub/a.md"), ("../sub/a.md", "sub/a.md"), ("content/sub/a.md", "sub/a.md"),
        ("index.md", "index.md"), ("/sub/a.md", None), ("../../checks/owners.yml", None), ("gone.md", None), ("x.png", None),
    ],
)
def test_what_an_include_names(tmp_path: Path, name: str, source: str | None) -> None:
    """Relative to the article first, then to the content folder and the repository; only articles can be included."""
    evidence = gathered(tmp_path)
    found = evidence.urls.included(evidence.content.by_source["sub/page.md"], name)
    assert (found.source if found else None) == source


def test_anchors_of_included_articles_count(tmp_path: Path) -> None:
    """A link may lead to a heading that an include brings; includes in a circle end."""
    evidence = gathered(tmp_path)
    content = evidence.content.by_source
    assert anchors(content["sub/inc.md"], evidence) == {"inc", "a", "part-id"}
    assert anchors(content["round.md"], evidence) == anchors(content["back.md"], evidence) == {"round", "back"}


def test_the_assets_of_the_site_file(tmp_path: Path) -> None:
    """Logo, favicon, style sheets and scripts of mkdocs.yml, and of these editions' parts of it, if they are there."""
    evidence = knowledge_base(
        tmp_path,
        FILES | {f"content/{name}": b"x" for name in ("logo.svg", "a.css", "b.js", "wiki.css")}
        | {"mkdocs.yml": "theme: {name: material, logo: logo.svg, favicon: gone.png}\nextra_css: [/a.css, https://x.example/c.css]\n"
           "extra_javascript: [{path: b.js, type: module}]\n"},
        config='[tool.kbtool.editions.internal.mkdocs]\nextra_css = ["wiki.css"]',
    )
    editions = evidence.editions
    assert site_assets(evidence, [editions["public"]]) == {"logo.svg", "a.css", "b.js"}
    assert site_assets(evidence, editions.values()) == {"logo.svg", "a.css", "b.js", "wiki.css"}
