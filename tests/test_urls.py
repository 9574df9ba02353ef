"""Tests of kbtool.urls."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.articles import load_articles, with_content
from kbtool.config import load_config
from kbtool.site_config import SiteConfig
from kbtool.testing import knowledge_base
from kbtool.urls import Target, UrlMap, folded, page_key, relative_url

FILES = ("index.md", "a.md", "with space.md", "é.md", "billing/index.md", "billing/export.md", "guide/README.md", "pic.png", "billing/t.csv")


def _map(root: Path, **mkdocs: object) -> UrlMap:
    (root / "pyproject.toml").write_text("[tool.kbtool]\n")
    for name in FILES:
        path = root / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"---\ntitle: A\n{'redirect_from: [old/, /gone.html]' if name == 'a.md' else ''}\n---\n")
    return UrlMap(load_articles(load_config(root)), SiteConfig(mkdocs))


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("a/b.md", "a/b"), ("a/b/", "a/b"), ("/a/b", "a/b"), ("/a/b.html", "a/b"), ("a/b/index.html", "a/b"), ("a/b/index.md", "a/b"),
        ("a/b/README.md", "a/b"), ("a/b.htm", "a/b"), ("a/b.markdown", "a/b"), ("index.md", ""), ("README.md", ""), ("", ""), ("/", ""),
        ("a/readme.md", "a/readme"), ("myindex.md", "myindex"), ("index/a.md", "index/a"), ("a.b.md", "a.b"),
    ],
)
def test_page_key_is_one_name_for_all_spellings(path: str, key: str) -> None:
    """A page's file, its URL with or without `.html` or slash, and its folder's index are one page."""
    assert page_key(path) == key


@given(st.text(alphabet="ab/.", max_size=12))
def test_page_key_has_no_slash_at_its_ends(path: str) -> None:
    """A key never starts or ends with a slash when the path holds no empty part, and is its own key then."""
    if "//" in path or "." in path:
        return
    key = page_key(path)
    assert key == key.strip("/")
    assert page_key(key) == key


@pytest.mark.parametrize(
    ("source", "pretty", "plain"),
    [
        ("index.md", "", ""), ("a.md", "a/", "a.html"), ("billing/index.md", "billing/", "billing/index.html"),
        ("billing/export.md", "billing/export/", "billing/export.html"), ("guide/README.md", "guide/", "guide/index.html"),
        ("pic.png", "pic.png", "pic.png"), ("billing/t.csv", "billing/t.csv", "billing/t.csv"),
    ],
)
def test_url_is_what_mkdocs_makes(tmp_path: Path, source: str, pretty: str, plain: str) -> None:
    """With and without `use_directory_urls` a page has the URL that MkDocs gives it; assets stay where they are."""
    urls = _map(tmp_path)
    assert urls.url(source) == pretty
    assert UrlMap(urls.content, SiteConfig({"use_directory_urls": False})).url(source) == plain


LINKS = [
    ("a.md", "billing/export.md", Target("article", "billing/export.md")),
    ("a.md", "billing/export.md#How%20to", Target("article", "billing/export.md", "How to")),
    ("billing/export.md", "../a.md", Target("article", "a.md")),
    ("billing/export.md", "index.md", Target("article", "billing/index.md")),
    ("billing/export.md", "../pic.png", Target("asset", "pic.png")),
    ("billing/export.md", "../../pic.png", Target("asset", "pic.png")),  # from its URL, as a browser reads it
    ("billing/export.md", "t.csv?raw", Target("asset", "billing/t.csv")),
    ("a.md", "#top", Target("article", "a.md", "top")),
    ("a.md", "", Target("article", "a.md")),
    ("a.md", "with%20space.md", Target("article", "with space.md")),
    ("a.md", "%C3%A9.md", Target("article", "é.md")),
    ("a.md", "billing/", Target("article", "billing/index.md")),
    ("a.md", "../billing/export/", Target("article", "billing/export.md")),
    ("a.md", "billing/export.html", Target("article", "billing/export.md")),
    ("a.md", "guide/index.html", Target("article", "guide/README.md")),
    ("billing/export.md", "/", Target("article", "index.md")),
    ("billing/export.md", "/a/", Target("article", "a.md")),
    ("billing/export.md", "/old/", Target("article", "a.md")),
    ("billing/export.md", "/gone", Target("article", "a.md")),
    ("a.md", "https://example.com/a.md", Target("external")),
    ("a.md", "//example.com", Target("external")),
    ("a.md", "mailto:ana@example.com", Target("external")),
    ("a.md", "nothing.md", Target("missing", "nothing.md")),
    ("a.md", "billing/export", Target("article", "billing/export.md")),
    ("a.md", "guide/index.md", Target("missing", "guide/index.md")),
    ("a.md", "billing.md", Target("missing", "billing.md")),
    ("a.md", "../../etc/passwd", Target("missing", "../../etc/passwd")),
    ("a.md", "pic.PNG", Target("missing", "pic.PNG")),
    ("a.md", "http://[broken", Target("external")),
    ("a.md", "//[broken", Target("external")),
]


@pytest.mark.parametrize(("source", "href", "target"), LINKS, ids=[f"{source} {href}" for source, href, _ in LINKS])
def test_resolve(tmp_path: Path, source: str, href: str, target: Target) -> None:
    """A link leads to an article, an asset, elsewhere, or nowhere, as a browser and MkDocs would have it."""
    assert _map(tmp_path).resolve(source, href) == target


@pytest.mark.parametrize(
    ("href", "target"),
    [
        ("/docs/a/", Target("article", "a.md")), ("/docs/", Target("article", "index.md")), ("/docs", Target("article", "index.md")),
        ("/a/", Target("external")), ("/docsy/a/", Target("external")), ("/docs/nothing/", Target("missing", "nothing/")),
    ],
)
def test_absolute_links_start_at_the_site(tmp_path: Path, href: str, target: Target) -> None:
    """Under a `site_url` with a path, an absolute link outside of it is another site."""
    assert _map(tmp_path, site_url="https://example.com/docs/").resolve("billing/export.md", href) == target


@given(st.text(max_size=30))
def test_resolve_never_raises(tmp_path_factory: pytest.TempPathFactory, href: str) -> None:
    """Any text in a link leads to one of the four kinds."""
    root = tmp_path_factory.getbasetemp() / "urls"
    root.mkdir(exist_ok=True)
    urls = _KEPT.setdefault("map", _map(root))
    assert urls.resolve("billing/export.md", href).kind in ("article", "asset", "external", "missing")


_KEPT: dict[str, UrlMap] = {}


def test_another_version_of_an_article(tmp_path: Path) -> None:
    """An article with other text than the content's own has its own targets, and leaves those of the other alone."""
    evidence = knowledge_base(tmp_path, {"content/a.md": "[b](b.md)\n", "content/b.md": "x\n"})
    now = evidence.content.by_source["a.md"]
    then = with_content(evidence.config, now, b"[c](c.md)\n")
    for _ in range(2):
        assert list(evidence.urls.targets(then)) == ["c.md"]
        assert list(evidence.urls.targets(now)) == ["b.md"]


@pytest.mark.parametrize(
    ("here", "there", "link"),
    [
        ("", "", "./"), ("", "a/", "a/"), ("a/", "", "../"), ("a/", "a/", "./"), ("a/b/", "a/c/", "../c/"), ("a/b/", "x.png", "../../x.png"),
        ("a.html", "b.html", "b.html"), ("a/b.html", "", "../"), ("a/b.html", "a/c d.html", "c d.html"), ("a/index.html", "a/feed.xml", "feed.xml"),
    ],
)
def test_links_between_urls(here: str, there: str, link: str) -> None:
    """From a page of either form to another, or to a file."""
    assert relative_url(here, there) == link


def test_paths_that_some_host_takes_for_one(tmp_path: Path) -> None:
    """Case and the form of a letter make no difference."""
    assert folded("Stra\u00dfe/E\u0301.md") == folded("STRASSE/\u00e9.MD")
    assert folded("a.md") != folded("b.md")


@pytest.mark.parametrize(("source", "url"), [("x/index.md", "x/"), ("x/y.md", "x/y/"), ("index.md", "")])
def test_a_page_that_is_no_article_has_a_url(tmp_path: Path, source: str, url: str) -> None:
    """What kbtool makes itself gets the address that the engine gives it; `url` leaves files alone."""
    urls = _map(tmp_path)
    assert urls.page_url(source) == url
    assert urls.url("x/y.md") == "x/y.md"
