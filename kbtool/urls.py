"""Where articles and assets live on a site, and what a link in an article leads to."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from itertools import chain
from typing import Literal, NamedTuple
from urllib.parse import unquote, urlsplit

from kbtool.articles import Article, Content
from kbtool.site_config import SiteConfig

_ELSEWHERE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//")
_ENDINGS = (".html", ".htm", ".md", ".markdown")


class Target(NamedTuple):
    """What a link leads to.

    `kind` is `article`, `asset`, `external` (not ours to judge) or `missing`; `source` is the path inside the content
    folder (for `missing`: the path that was looked for); `anchor` is what follows `#`, decoded.
    """

    kind: str
    source: str = ""
    anchor: str = ""


_EXTERNAL = Target("external")


def page_key(path: str) -> str:
    """Return the one name of all spellings of a page: `a/b.md`, `a/b/`, `/a/b.html`, `a/b/index.html` are `a/b`."""
    key = path.strip("/")
    for ending in _ENDINGS:
        key = key.removesuffix(ending)
    last = key.rpartition("/")[2]
    if last in ("index", "README"):
        key = key[: -len(last)].rstrip("/")
    return key


def page_file(source: str, *, directory_urls: bool) -> str:
    """Return the file that MkDocs makes of a Markdown file."""
    folder, name = posixpath.split(posixpath.splitext(source)[0])
    if name in ("index", "README"):
        return posixpath.join(folder, "index.html")
    return posixpath.join(folder, name, "index.html") if directory_urls else posixpath.join(folder, f"{name}.html")


def folded(path: str) -> str:
    """Return the one name of all paths that some host takes for the same: it may fold case, or forms of a letter."""
    return unicodedata.normalize("NFC", path).casefold()


def relative_url(here: str, there: str) -> str:
    """Return the link from one path below the site to another, for raw HTML, which no engine rewrites; nothing is escaped."""
    path = posixpath.relpath(there or ".", posixpath.dirname(here) or ".")
    return path + ("/" if there.endswith("/") or not there else "")


@dataclass(frozen=True)
class UrlMap:
    """The pages and assets of a knowledge base by their URLs."""

    content: Content
    site: SiteConfig
    _targets: dict[str, tuple[Article, dict[str, dict[str, Target]]]] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def pages(self) -> dict[str, str]:
        """Return page key → source, for the first article of each key."""
        found: dict[str, str] = {}
        for article in self.content.articles:
            found.setdefault(page_key(article.source), article.source)
        return found

    @cached_property
    def redirects(self) -> dict[str, str]:
        """Return page key of an old URL → source of the article that took it over."""
        found: dict[str, str] = {}
        for article in self.content.articles:
            for old in article.front_matter.redirect_from:
                found.setdefault(self.redirect_key(old), article.source)
        return found

    def redirect_key(self, old: str) -> str:
        """Return the page key of an old URL, however it is written."""
        return page_key(self.inside(old))

    def inside(self, old: str) -> str:
        """Return the path below the site of an old URL, which may be whole, with the site's own base, or escaped."""
        try:
            path = unquote(urlsplit(old).path)
        except ValueError:
            path = old
        inside = self._inside(path)
        return path if inside is None else inside

    def url(self, source: str) -> str:
        """Return the path of an article's or asset's URL below the site's base, as MkDocs makes it."""
        return self.page_url(source) if source in self.content.by_source else source

    def page_url(self, source: str) -> str:
        """Return the path of the URL that the page of a Markdown file has."""
        key = page_key(source)
        if posixpath.splitext(posixpath.basename(source))[0] in ("index", "README"):
            return f"{key}/" if key and self.site.directory_urls else f"{key}/index.html".lstrip("/") if key else ""
        return f"{key}/" if self.site.directory_urls else f"{key}.html"

    def targets(self, article: Article) -> dict[str, Target]:
        """Return what each link of an article leads to."""
        return {href: target for found in self._by_kind(article).values() for href, target in found.items()}

    def targets_of(self, article: Article, kind: str) -> dict[str, Target]:
        """Return what those links of an article lead to that lead to something of a kind."""
        return self._by_kind(article).get(kind, {})

    def _by_kind(self, article: Article) -> dict[str, dict[str, Target]]:
        """Return kind → link → what it leads to; worked out once for each article of the content (an old version is none)."""
        known = self._targets.get(article.source)
        if known is not None and known[0] is article:
            return known[1]
        found: dict[str, dict[str, Target]] = {}
        for href in article.markdown.mentioned:
            target = self.resolve(article.source, href)
            found.setdefault(target.kind, {})[href] = target
        if self.content.by_source.get(article.source) is article:
            self._targets[article.source] = article, found
        return found

    def named(self, name: str) -> Article | None:
        """Return the article that a path names, which begins at the content folder or at the repository."""
        content = self.content.by_source
        prefix = next((one.path.removesuffix(one.source) for one in self.content.articles), "")
        return content.get(posixpath.normpath(name)) or content.get(posixpath.normpath(name).removeprefix(prefix))

    def included(self, article: Article, name: str) -> Article | None:
        """Return the article that an include names: relative to the article, the content folder or the repository."""
        content = self.content.by_source
        prefix = article.path.removesuffix(article.source)
        near = posixpath.normpath(posixpath.join(posixpath.dirname(article.source), name))
        return content.get(near) or content.get(posixpath.normpath(name)) or content.get(name.removeprefix(prefix))

    def resolve(self, source: str, href: str) -> Target:
        """Return what `href`, written in the article `source`, leads to."""
        if _ELSEWHERE.match(href):
            return _EXTERNAL
        rest, _, anchor = href.partition("#")
        path = rest.partition("?")[0]
        if "%" in href:
            path, anchor = unquote(path), unquote(anchor)
        if not path:
            return Target("article", source, anchor)
        if path.startswith("/"):
            near = self._inside(path)
            return _EXTERNAL if near is None else self._find(near, anchor) or Target("missing", near, anchor)
        slash = "/" if path.endswith("/") else ""
        near = posixpath.normpath(f"{source.rpartition('/')[0] or '.'}/{path}") + slash  # from the file, as MkDocs reads it
        found = self._find(near, anchor) or self._find(posixpath.normpath(posixpath.join(self.url(source), path)) + slash, anchor)
        return found or Target("missing", near, anchor)

    def _inside(self, path: str) -> str | None:
        base = self.site.base_path
        if path.startswith(base):
            return path[len(base) :]
        return "" if f"{path}/" == base else None

    def _find(self, path: str, anchor: str) -> Target | None:
        """Return the article or asset at a path of the content folder, or the article at the URL that the path is."""
        if path in self.content.by_source:
            return Target("article", path, anchor)
        if path in self.content.assets:
            return Target("asset", path, anchor)
        if path.startswith("../"):
            return None
        key = page_key("" if path in (".", "./") else path)
        page = self.pages.get(key) or self.redirects.get(key)
        return Target("article", page, anchor) if page is not None and self._is_page(path) else None

    def _is_page(self, path: str) -> bool:
        """Return whether a path has the form of a page's URL; `x.md` names a file and has been looked up as one."""
        return not path.endswith((".md", ".markdown"))

    def nearest(self, path: str, kind: Literal["article", "asset"]) -> str:
        """Return `did you mean "x"?` for a path whose file has the same name elsewhere, or nearly that name, else nothing."""
        names = self._names[kind]
        close = names.near(posixpath.basename(path.rstrip("/")).casefold())
        folder = posixpath.dirname(path)
        best = min(names.paths.get(close, ()), key=lambda other: (posixpath.dirname(other) != folder, other), default="")
        return f'did you mean "{best}"?' if best else ""

    @cached_property
    def _names(self) -> dict[str, _Names]:
        return {"article": _Names(self.content.by_source), "asset": _Names(self.content.assets)}


class _Names:
    """Files by their names; links that are broken by one cause often name the same file."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths: dict[str, list[str]] = {}
        for path in paths:
            self.paths.setdefault(posixpath.basename(path).casefold(), []).append(path)
        self._near: dict[str, str] = {}

    def near(self, wanted: str) -> str:
        """Return the name that is nearest to one, or nothing."""
        if wanted not in self._near:
            asked = ((wanted, 0.75), (f"{wanted}.md", 0.9))
            tries = (get_close_matches(name, self.paths, n=1, cutoff=least) for name, least in asked)
            self._near[wanted] = wanted if wanted in self.paths else next(chain.from_iterable(tries), "")
        return self._near[wanted]
