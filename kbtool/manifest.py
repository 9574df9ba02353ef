"""The manifest of a built site: what each of its files comes from. A file that nothing explains stops the publication.

A page is explained by the article whose URL it has, an asset by being the staged file byte for byte, a file of the theme by
being, byte for byte, that of an installed package or of the site's overrides, what the engine writes by its name, and a file
of the search index by being, byte for byte, what Pagefind handed back. Only what was staged before the engine ran counts;
whatever else a plugin, an extension or a stranger puts there is not explained.

It is kept in `.kbtool/manifest/`, outside of the site: with it, the next build knows which URLs are gone.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from kbtool.articles import Article
from kbtool.content_files import MARKDOWN
from kbtool.editions import Edition
from kbtool.engines import Engine, find_engine
from kbtool.evidence import Evidence
from kbtool.files import below
from kbtool.search_index import SearchIndex
from kbtool.site_config import entries
from kbtool.stage import Staged
from kbtool.urls import page_file
from kbtool.widening import prints_of

VERSION = 1  #: of the file's form
_TEMPLATES = ("404.html", "sitemap.xml")  #: what it makes of templates, whatever the theme
_GATHERED = ("page", "feed", "engine", "template", "search")  #: kinds of files that repeat what articles say
_State = tuple[int, int]


class Origin(NamedTuple):
    """What a file comes from.

    `kind` is "article", "asset", "page" (of kbtool's own), "redirect", "feed", "theme", "template", "engine", "search" or
    "allowed"; `source` a path of the repository, or a package with its version. `digest` is that of a file that repeats what
    articles say, or of the page of an article of which something is withheld; `hidden` are the prints of that (see `widening`).
    """

    kind: str
    source: str = ""
    digest: str = ""
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True)
class Manifest:
    """The files of a site by their paths in it, and those that nothing explains."""

    files: Mapping[str, Origin]
    unexplained: tuple[str, ...] = ()
    base: str = "/"  #: what URLs of the site begin with

    def joined(self, other: Manifest) -> Manifest:
        """Return the manifest of this site with what another folder adds to it."""
        return Manifest({**self.files, **other.files}, (*self.unexplained, *other.unexplained), self.base)

    def dump(self) -> bytes:
        """Return it as a file: the same site gives the same bytes."""
        files = {name: {key: value for key, value in one._asdict().items() if value} for name, one in self.files.items()}
        values = {"schema_version": VERSION, "base": self.base, "files": files}
        return (json.dumps(values, indent=1, sort_keys=True) + "\n").encode()


def load_manifest(path: Path, site: Path) -> Manifest | None:
    """Return the manifest of the site that was published before, and the names of what else is there; None without a site."""
    there = {name: Origin("") for name in _names(site)} if site.is_dir() else {}
    try:
        values = json.loads(path.read_bytes())
        if values["schema_version"] == VERSION:
            read = values["files"].items()
            files = {name: Origin(**{**found, "hidden": tuple(found.get("hidden", ()))}) for name, found in read}
            return Manifest(there | files, base=str(values["base"]))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):  # an old one, or none: what is on the disk will do
        pass
    return Manifest(there, base="") if there else None


def purged(before: Manifest | None, after: Manifest, sites: tuple[Path, Path] | None = None) -> list[str]:
    """Return the URLs that caches must forget: what is gone, pages that withhold more, and then what repeats their words.

    The latter are, of two `sites`, also all pages that have changed: titles stand in the navigation, and as related articles.
    """
    if before is None:
        return []
    base = before.base or after.base
    old, new = before.files, after.files
    changed = {path for path in old.keys() & new if old[path].digest != new[path].digest}
    lost = old.keys() - new
    index = {path for path in lost if old[path].kind == "search"}  # named anew with every word
    gone = (lost - index) | {path for path in changed if set(new[path].hidden) - set(old[path].hidden)}
    if gone:
        gone |= {path for path in changed if new[path].kind in _GATHERED} | index
        gone |= {path for path in old.keys() & new if sites and new[path].kind == "article" and _differs(path, *sites)}
    return sorted(base + quote(path.removesuffix("index.html") if _is_index(path) else path) for path in gone)


def _differs(path: str, one: Path, other: Path) -> bool:
    return not _same_bytes(one / path, other / path)


def _is_index(path: str) -> bool:
    return posixpath.basename(path) == "index.html"


def _names(folder: Path) -> Iterator[str]:
    """Yield the files of a folder, symlinks too, by their paths in it; it need not be there."""
    found = below(folder) if folder.is_dir() else ()
    return (name for name, entry in found if not entry.is_dir(follow_symlinks=False))


def _state(path: Path) -> _State | None:
    """Return what tells whether a file has changed; None for what is no plain file."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return (found.st_size, found.st_mtime_ns) if path.is_file() and not path.is_symlink() else None


@dataclass
class Explainer:
    """Explains the files of a site; made before the engine runs, so that only what was staged by then explains anything."""

    staged: Staged
    evidence: Evidence
    edition: Edition
    _staged: dict[str, _State | None] = field(init=False, repr=False)
    _pages: dict[str, Article | str] = field(init=False, repr=False)
    _roots: list[tuple[str, Path]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Take down what is staged, and what the engine makes of it."""
        folder = self.staged.folder
        names = [f"{part}/{name}" for part in ("docs", "overrides") for name in _names(folder / part)]
        self._staged = {name: _state(folder / name) for name in names}
        articles = {article.source: article for article in self.staged.articles}
        pages = [name.removeprefix("docs/") for name in self._staged if name.startswith("docs/") and name.endswith(MARKDOWN)]
        self._pages = {page_file(name, directory_urls=self._directory_urls): articles.get(name, name) for name in pages}
        theme = self.staged.config.get("theme")
        named = theme.get("name") if isinstance(theme, dict) else theme
        self._roots = [*self._engine.theme_folders(str(named) if named else None)]

    @cached_property
    def _engine(self) -> Engine:
        return find_engine(self.evidence.config.engine)

    @cached_property
    def _languages(self) -> Path | None:
        return self._engine.search_languages()

    @property
    def _directory_urls(self) -> bool:
        return self.staged.config.get("use_directory_urls") is not False

    def explain(self, site: Path, index: SearchIndex | None = None) -> Manifest:
        """Return the manifest of a site that the engine has built from the stage, and `index` was written into."""
        files: dict[str, Origin] = {}
        unexplained: list[str] = []
        for name in _names(site):
            origin = next(chain(self._origins(name, site / name), _of_index(name, site / name, index)), None)
            if origin is None:
                unexplained.append(name.encode(errors="surrogateescape").decode(errors="replace"))
            else:
                files[name] = origin
        url = self.staged.config.get("site_url")
        base = f"{url.rstrip('/')}/" if isinstance(url, str) and url else self.evidence.site.base_path
        return Manifest(files, tuple(unexplained), base)

    def _origins(self, name: str, path: Path) -> Iterator[Origin]:
        """Yield what a file may come from, the most telling first."""
        if _state(path) is None:  # a symlink, a pipe
            return
        yield from self._of_page(name, path)
        yield from self._of_staged(name, path)
        yield from self._of_theme(name, path)
        if name in self._made:
            yield Origin("engine", self._made[name], _digest(path))
        if any(fnmatchcase(name, glob) for glob in self.evidence.config.manifest_allow):
            yield Origin("allowed", "manifest_allow")

    def _of_page(self, name: str, path: Path) -> Iterator[Origin]:
        page = self._pages.get(name)
        if isinstance(page, str):
            yield Origin("page", page, _digest(path))
        elif page is not None:
            hidden = prints_of(page, self.edition) if page.markdown.regions or page.markdown.inlines else ()
            yield Origin("article", page.path, _digest(path) if hidden else "", hidden)

    def _of_staged(self, name: str, path: Path) -> Iterator[Origin]:
        if not self._same(f"docs/{name}", path):
            return
        asset = self.evidence.content.assets.get(name)
        if asset is not None:
            yield Origin("asset", asset.path)
        elif name.endswith(".xml"):
            yield Origin("feed", "known issues", _digest(path))
        else:
            yield Origin("redirect", "redirect_from")

    def _of_theme(self, name: str, path: Path) -> Iterator[Origin]:
        if self._same(f"overrides/{name}", path):
            yield Origin("theme", "overrides")
        for label, folder in self._roots:
            if _same_bytes(folder / name, path):
                yield Origin("theme", label)
        languages = self._languages
        if languages and posixpath.dirname(name) == "search" and _same_bytes(languages / posixpath.basename(name), path):
            yield Origin("theme", f"{self._engine.name}.contrib.search")
        if name in self._templates:
            yield Origin("template", name, _digest(path))

    def _same(self, staged: str, path: Path) -> bool:
        """Return whether a file is the one that was staged, and that has not changed since."""
        state, source = self._staged.get(staged), self.staged.folder / staged
        return state is not None and _state(source) == state and _same_bytes(source, path)

    @cached_property
    def _templates(self) -> set[str]:
        """Return the files that the engine makes of templates which are there."""
        config = self.staged.config
        theme = config.get("theme")
        more = theme.get("static_templates") if isinstance(theme, dict) else ()
        named = {*_TEMPLATES, "search.html", *map(str, more or ())}
        there = {name for name in named if any((root / name).is_file() for _, root in self._roots)}
        there |= {name for name in named if f"overrides/{name}" in self._staged}
        return there | {name for name in map(str, config.get("extra_templates") or ()) if f"docs/{name}" in self._staged}

    @cached_property
    def _made(self) -> dict[str, str]:
        """Return the files that the engine and its plugins make, and who does."""
        made = {"sitemap.xml.gz": "sitemap"}
        plugins = self.staged.config.get("plugins")
        for entry in entries(plugins) if plugins is not None else ["search"]:
            name, options = next(iter(entry.items())) if isinstance(entry, Mapping) and entry else (str(entry), None)
            options = options if isinstance(options, Mapping) else {}
            made |= _of_plugin(str(name).removeprefix("material/"), options, self._engine)
        return made


def _of_index(name: str, path: Path, index: SearchIndex | None) -> Iterator[Origin]:
    if index is not None and name in index.files and _state(path) is not None and _digest(path) == index.files[name]:
        yield Origin("search", f"pagefind {index.version}", index.files[name])


def _of_plugin(name: str, options: Mapping[str, Any], engine: Engine) -> dict[str, str]:
    if name == "search":
        return {engine.index: "search"}
    if name == "tags" and options.get("export") is not False:
        return {posixpath.normpath(str(options.get("export_file") or "tags.json")): "tags"}
    return {}


def _same_bytes(one: Path, other: Path) -> bool:
    try:
        return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()
    except OSError:
        return False


def _digest(path: Path) -> str:
    return hashlib.blake2b(path.read_bytes(), digest_size=12).hexdigest()


def lines(urls: Iterable[str]) -> bytes:
    """Return URLs as a file, one on a line."""
    return "".join(chain.from_iterable((url, "\n") for url in urls)).encode()
