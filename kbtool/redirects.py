"""Pages at old URLs that send their reader on: from `redirect_from`, and from the map of the `redirects` plugin."""

from __future__ import annotations

import html
import posixpath
from collections.abc import Collection, Iterable, Iterator

from kbtool.articles import Article
from kbtool.evidence import Evidence
from kbtool.site_config import entries
from kbtool.urls import page_key, relative_url


def redirect_pages(articles: Iterable[Article], taken: Collection[str], evidence: Evidence) -> dict[str, bytes]:
    """Return path below the site → page, for every redirect to one of these articles whose URL no page has.

    `taken` are the files that are there already. An address that leads out of the site is left out.
    """
    found = redirect_files(articles, taken, evidence)
    return {path: _page(path, evidence.urls.url(source)) for path, source in found.items()}


def redirect_files(articles: Iterable[Article], taken: Collection[str], evidence: Evidence) -> dict[str, str]:
    """Return path below the site → source of the article that it leads to; see `redirect_pages`."""
    files: dict[str, str] = {}
    shown = {article.source for article in articles}
    for old, source in _redirects(articles, evidence):
        path = _file(old, directory_urls=evidence.site.directory_urls)
        if source in shown and path and path not in taken and page_key(path) not in evidence.urls.pages:
            files.setdefault(path, source)
    return files


def _redirects(articles: Iterable[Article], evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield old path below the site, and the source of the article that took it over."""
    for article in articles:
        for old in article.front_matter.redirect_from:
            yield evidence.urls.inside(old), article.source
    yield from plugin_redirects(evidence)


def plugin_redirects(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield old path and target of the map that the `redirects` plugin has."""
    for entry in entries(evidence.site.values.get("plugins")):
        options = entry.get("redirects") if isinstance(entry, dict) else None
        maps = options.get("redirect_maps") if isinstance(options, dict) else None
        for old, new in (maps or {}).items():
            yield str(old), str(new)


def _file(old: str, *, directory_urls: bool) -> str:
    """Return the file that a server sends for an old URL, or nothing for the home page and what lies outside."""
    path = posixpath.normpath(old.lstrip("/") or ".")
    if path == "." or path.startswith("../"):
        return ""
    if path.endswith((".html", ".htm")):
        return path
    if path.endswith((".md", ".markdown")):
        key = page_key(path)
        return f"{key}/index.html" if directory_urls else f"{key}.html"
    return f"{path}/index.html"


def _page(path: str, url: str) -> bytes:
    """Return the page at `path` that leads to `url`, both below the site."""
    target = html.escape(relative_url(path, url), quote=True)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Moved</title><link rel="canonical" href="{target}">'
        f'<meta name="robots" content="noindex"><meta http-equiv="refresh" content="0; url={target}">'
        f'<p>This page has moved <a href="{target}">here</a>.</p></html>\n'
    ).encode()
