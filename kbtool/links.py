"""What the links of an article lead to, for the checks and for the stage.

The fast parse of an article knows the targets of its links, not their lines. Lines are asked for only when something is
to be said about a link, since that parse is ten times as slow.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from kbtool.articles import Article
from kbtool.editions import Edition
from kbtool.evidence import Evidence
from kbtool.marks import Link
from kbtool.urls import Target

_PAGE_ENDINGS = ("", ".md", ".markdown", ".html", ".htm")


def links_to(article: Article, targets: Mapping[str, Target]) -> Iterator[tuple[Link, Target]]:
    """Yield the links of an article, with their targets, that are written like one of these."""
    for link in article.markdown.links if targets else ():
        if link.target in targets and link.kind != "include":
            yield link, targets[link.target]


def own_targets(hrefs: Iterable[str], evidence: Evidence) -> dict[str, Target]:
    """Return what those addresses lead to that are whole ones of articles on a site of this knowledge base."""
    whole = [href for href in hrefs if "//" in href]
    overlays = (edition.mkdocs for edition in evidence.editions.values())
    sites = {_split(values.get("site_url"))[:2] for values in (evidence.site.values, *overlays)} if whole else set()
    near = [href for href in whole if any(host and host in href.lower() for host, _ in sites)]
    found = {href: _own_target(href, sites, evidence) for href in near}
    return {href: target for href, target in found.items() if target.kind == "article"}


def _own_target(href: str, sites: Iterable[tuple[str, str]], evidence: Evidence) -> Target:
    host, path, anchor = _split(href)
    for site, top in sorted(sites):
        base = f"{top.rstrip('/')}/"
        if host == site and f"{path}/".startswith(base):
            tail = f"#{anchor}" if anchor else ""
            return evidence.urls.resolve("", f"{evidence.site.base_path}{path[len(base) :]}{tail}")
    return Target("external")


def _split(address: object) -> tuple[str, str, str]:
    """Return host, path and anchor of a whole address; no host where it is none, or cannot be read."""
    try:
        parts = urlsplit(address.strip() if isinstance(address, str) else "")
    except ValueError:
        return "", "", ""
    return parts.netloc.lower() if parts.scheme in ("", "http", "https") else "", parts.path, parts.fragment


def broken_targets(article: Article, evidence: Evidence) -> Iterator[tuple[Link, Target]]:
    """Yield the links that lead to nothing."""
    return links_to(article, evidence.urls.targets_of(article, "missing"))


def is_file(link: Link, target: Target) -> bool:
    """Return whether a missing target was meant to be an image or a download rather than a page."""
    ending = posixpath.splitext(target.source)[1].lower()
    return link.kind == "image" or not (ending in _PAGE_ENDINGS or ending[1:].isdigit())  # `release-1.2` is a page


def asset_sources(article: Article, evidence: Evidence) -> set[str]:
    """Return the assets that an article refers to."""
    return {target.source for target in evidence.urls.targets_of(article, "asset").values()}


def anchors(article: Article, evidence: Evidence) -> set[str]:
    """Return the anchors of an article, those of the articles that it includes among them."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [article]
    while waiting:
        one = waiting.pop()
        found |= one.markdown.anchors
        seen.add(one.source)
        others = [evidence.urls.included(one, include.target) for include in one.markdown.includes]
        waiting += [other for other in others if other and other.source not in seen]
    return found


def site_assets(evidence: Evidence, editions: Iterable[Edition]) -> set[str]:
    """Return the assets that `mkdocs.yml`, or what these editions lay over it, names, and those that they refer to.

    That is the logo, the favicon, scripts, and style sheets with their fonts and pictures.
    """
    found: set[str] = set()
    for values in (evidence.site.values, *(edition.mkdocs for edition in editions)):
        theme = values.get("theme")
        named = [theme.get(key) for key in ("logo", "favicon")] if isinstance(theme, dict) else []
        for key in ("extra_css", "extra_javascript"):
            named += [entry.get("path") if isinstance(entry, dict) else entry for entry in values.get(key) or []]
        found |= {str(name).lstrip("/") for name in named if name}
    found &= evidence.content.assets.keys()
    return found.union(*(evidence.styles.get(source, ()) for source in found))
