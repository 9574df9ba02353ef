"""The `mkdocs.yml` of an edition: the site's own, the edition's part laid over it, and only what that edition has."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from kbtool.articles import Article
from kbtool.contained import contain
from kbtool.editions import Edition, redact_value
from kbtool.evidence import Evidence
from kbtool.known_issues import ARCHIVE, REGISTER, TITLES
from kbtool.links import own_targets
from kbtool.setting_marks import refuse_marks, without_comments
from kbtool.site_config import entries, overlay
from kbtool.urls import page_key

#: Plugins that only see the stage. All others are left out: they may read the repository, or leave it at that silently.
PLUGINS = frozenset({"search", "material/search", "tags", "material/tags"})
_HANDLED = frozenset({"kbtool", "redirects"})  #: done by the stage itself
_DROPPED = ("docs_dir", "site_dir", "hooks", "watch", "remote_branch", "remote_name", "strict", "dev_addr")
#: Links are checked before the engine runs, against the whole knowledge base and with the line; it need not repeat that.
_NO_SECOND_OPINION = {
    "nav": {"omitted_files": "ignore", "not_found": "warn", "absolute_links": "ignore"},
    "links": {"not_found": "ignore", "anchors": "ignore", "absolute_links": "ignore", "unrecognized_links": "ignore"},
}
_EXTENSIONS = ("admonition", "pymdownx.blocks.admonition")
_ADDRESS = re.compile(r"/|#|[a-zA-Z][a-zA-Z0-9+.-]*:")
PATTERNS = ("not_in_nav", "exclude_docs", "draft_docs")  #: settings that name files and that no site shows
STYLE = "assets/kbtool/kbtool.css"


def derive(
    evidence: Evidence, edition: Edition, articles: Sequence[Article], *, pages: Collection[str] = (), preview: bool = False
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the configuration of an edition, and notes on what was left out of it.

    Args:
        evidence: the knowledge base.
        edition: whose configuration it is.
        articles: those that the edition shows.
        pages: the pages of TITLES that kbtool has made for it.
        preview: whether navigation is to carry titles.

    Raises:
        ConfigError: a text of settings marks a part for some readers.
    """
    values = without_comments(overlay(evidence.site.values, edition.mkdocs))
    refuse_marks(evidence, values)
    notes = [f"{evidence.config.mkdocs}: {key} is not used in an edition" for key in ("hooks",) if values.get(key)]
    if evidence.config.base:
        values, dropped = contain(values)
        notes += [f"{evidence.config.mkdocs}: {name!r} is not used in an untrusted run" for name in dropped]
    for key in _DROPPED:
        values.pop(key, None)
    values |= {"docs_dir": "docs", "site_dir": "site", "validation": _NO_SECOND_OPINION}
    values.setdefault("edit_uri", "")
    if not evidence.site.exists and edition.internal and "site_name" not in edition.mkdocs:
        values["site_name"] = "Wiki"
    values |= {key: _patterns(values[key], articles, evidence) for key in PATTERNS if values.get(key)}
    values["theme"] = _theme(values.get("theme"))
    values["markdown_extensions"] = extensions(values.get("markdown_extensions"))
    plugins, left_out = _plugins(values.get("plugins"), plain=evidence.config.engine == "zensical")
    if plugins is not None:
        values["plugins"] = plugins
    notes += [f"{evidence.config.mkdocs}: the plugin {name!r} is not used in an edition" for name in left_out]
    values["extra_css"] = [STYLE, *(values.get("extra_css") or [])]
    extra = _extra(values.get("extra"), edition, articles)
    values["extra"] = {**extra, "kbtool": {"edition": edition.name, "internal": edition.internal}}
    shown = [article for article in articles if article.front_matter.state != "archived"]
    given = values.pop("nav", None)
    notes += [f"{evidence.config.mkdocs}: nav names {path!r}, which is no article" for path in _not_there(given, evidence)]
    nav = _nav(given, {article.source for article in shown} | {*pages}, evidence)
    if nav is not None:
        nav += _known_issues(nav, pages)
    elif preview:
        nav = tree_nav({article.source: edition.title(article) for article in shown} | {page: TITLES[page] for page in pages})
    if nav is not None:
        values["nav"] = nav
    archived = [f"/{article.source}" for article in articles if article.front_matter.state == "archived"]
    if archived:
        values["not_in_nav"] = "\n".join([str(values.get("not_in_nav") or ""), *archived]).strip()
    return values, tuple(notes)


def _extra(given: object, edition: Edition, articles: Iterable[Article]) -> dict[str, Any]:
    """Return the values for templates; of the tags with icons, which Material writes into each page, those in use."""
    extra = dict(given) if isinstance(given, Mapping) else {}
    if isinstance(extra.get("tags"), Mapping):
        used = {tag for article in articles for tag in redact_value(article.front_matter.tags, article, edition)}
        extra["tags"] = {tag: kind for tag, kind in extra["tags"].items() if str(tag) in used}
    return extra


def _patterns(given: object, articles: Iterable[Article], evidence: Evidence) -> str:
    """Return patterns of paths without those that are the path of an article which the edition has not."""
    hidden = evidence.content.by_source.keys() - {article.source for article in articles}
    return "\n".join(line for line in str(given).split("\n") if line.strip().lstrip("!/") not in hidden)


def _theme(theme: object) -> dict[str, Any]:
    given = dict(theme) if isinstance(theme, Mapping) else {"name": theme or "material"}
    return {**given, "custom_dir": "overrides"}


def extensions(given: object) -> list[Any]:
    """Return the Markdown extensions as a list, with those that regions need; includes are resolved by the stage."""
    kept = [entry for entry in entries(given) if _name(entry) != "pymdownx.snippets"]
    names = {_name(entry) for entry in kept}
    return [*kept, *(name for name in _EXTENSIONS if name not in names)]


def _plugins(given: object, *, plain: bool = False) -> tuple[list[Any] | None, list[str]]:
    """Return the plugins that are used, and the names of the others.

    Where `plain`, none is called `material/…`: Zensical has search and tags of its own, and ignores names that it does not know.
    """
    if given is None:
        return None, []
    kept = [entry for entry in entries(given) if _name(entry) in PLUGINS]
    if plain:
        kept = [_plain(entry) for entry in kept]
    return kept, [name for name in map(_name, entries(given)) if name not in PLUGINS | _HANDLED]


def _name(entry: object) -> str:
    return str(next(iter(entry), "")) if isinstance(entry, Mapping) else str(entry)


def _plain(entry: object) -> Any:
    if isinstance(entry, Mapping):
        return {str(name).removeprefix("material/"): options for name, options in entry.items()}
    return str(entry).removeprefix("material/")


def _nav(given: object, shown: set[str], evidence: Evidence) -> list[Any] | None:
    """Return the navigation with only the pages of the edition; sections that become empty go as well."""
    return _entries(given, shown, evidence) if isinstance(given, list) else None


def _known_issues(nav: Iterable[Any], pages: Collection[str]) -> list[Any]:
    """Return what a navigation lacks to lead to the register of known issues, which then is its last entry."""
    if REGISTER not in pages or REGISTER in map(posixpath.normpath, _leaves(nav)):
        return []
    archive = [{TITLES[ARCHIVE]: ARCHIVE}] if ARCHIVE in pages else []
    return [{TITLES[REGISTER]: [REGISTER, *archive] if archive else REGISTER}]


def labels(nav: object) -> Iterator[str]:
    """Yield the labels of a navigation, those of sections among them."""
    for entry in nav if isinstance(nav, list) else []:
        for label, value in entry.items() if isinstance(entry, Mapping) else ():
            yield str(label)
            yield from labels(value)


def _leaves(nav: Iterable[Any]) -> Iterator[str]:
    """Yield what the entries of a navigation lead to."""
    for entry in nav:
        value = next(iter(entry.values()), None) if isinstance(entry, Mapping) else entry
        if isinstance(value, list):
            yield from _leaves(value)
        elif isinstance(value, str):
            yield value


def _entries(given: Iterable[Any], shown: set[str], evidence: Evidence) -> list[Any]:
    kept: list[Any] = []
    for entry in given:
        label, value = next(iter(entry.items()), ("", None)) if isinstance(entry, Mapping) else (None, entry)
        if isinstance(value, list):
            value = _entries(value, shown, evidence) or None
        elif isinstance(value, str) and not _is_shown(value, shown, evidence):
            value = None
        if value is not None:
            kept.append(value if label is None else {label: value})
    return kept


def _not_there(given: object, evidence: Evidence) -> Iterator[str]:
    """Yield the pages of a navigation that are neither articles nor assets, nor kbtool's own."""
    for value in _leaves(given if isinstance(given, list) else []):
        there = (evidence.content.by_source, evidence.content.assets, TITLES)
        if not _ADDRESS.match(value) and not any(posixpath.normpath(value) in known for known in there):
            yield value


def _is_shown(target: str, shown: set[str], evidence: Evidence) -> bool:
    """Return whether the edition has what a nav entry leads to; an address that is none of our articles is no secret."""
    if target.startswith("/"):
        found = evidence.urls.resolve("", target)
        return found.kind != "article" or found.source in shown
    if own := own_targets([target], evidence):
        return own[target].source in shown
    return "://" in target or target.startswith(("#", "mailto:")) or posixpath.normpath(target) in shown


def tree_nav(titles: Mapping[str, str]) -> list[Any]:
    """Return what MkDocs makes of a folder without `nav`, with the titles of its pages written out."""
    tree: dict[str, Any] = {}
    for source, title in titles.items():
        *folders, _ = source.split("/")
        here = tree
        for folder in folders:
            here = here.setdefault(f"{folder}/", {})
        here[source] = title
    home = [] if any(page_key(source) == "" for source in tree) else ["index.md"]  # the one that the stage writes
    return [*home, *_branch(tree)]


def _branch(tree: Mapping[str, Any]) -> list[Any]:
    pages = sorted((key for key in tree if not key.endswith("/")), key=lambda key: (not _is_index(key), key))
    folders = sorted(key for key in tree if key.endswith("/"))
    return [*({tree[key]: key} for key in pages), *({_section(key): _branch(tree[key])} for key in folders)]


def _is_index(source: str) -> bool:
    return page_key(source) == posixpath.dirname(source)


def _section(folder: str) -> str:
    """Return the title of a section, as MkDocs makes it from a folder's name."""
    title = folder.strip("/").replace("-", " ").replace("_", " ")
    return title.capitalize() if title.lower() == title else title
