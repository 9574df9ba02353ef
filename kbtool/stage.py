"""Writes an edition's stage: a folder that holds only what the edition may show, for any reader of `mkdocs.yml`.

    <folder>/docs/        the edition's articles, redacted, and the assets that they refer to
    <folder>/overrides/   kbtool's theme partials under the site's own
    <folder>/mkdocs.yml   the site's, with the edition's part laid over it

Everything is worked out in memory first; only then are files written, those that changed alone, so that a failure leaves
the old stage whole and an engine that watches the folder sees just the change.
"""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from kbtool import markdown
from kbtool.articles import Article
from kbtool.derived_config import derive
from kbtool.editions import Edition, redact_text, redact_value, select
from kbtool.errors import ConfigError
from kbtool.evidence import Evidence
from kbtool.files import sync_folder, tree
from kbtool.freshness import review_by
from kbtool.front_matter import THEME_KEYS
from kbtool.image_metadata import strip_metadata
from kbtool.includes import expand, glossary, with_glossary
from kbtool.links import site_assets
from kbtool.pages import home_page
from kbtool.pages.known_issues import TEMPLATE, Register, make_register
from kbtool.redirects import redirect_pages
from kbtool.regions import code_mask
from kbtool.search_index import search_language, search_worker, worker_script
from kbtool.site_config import custom_dir, dump, overlay
from kbtool.urls import page_key, relative_url
from kbtool.yaml_text import natural

_RAW_HTML = re.compile(r"\b(?:href|src)\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Staged:
    """What was staged: the folder, the articles and assets in it, notes for the user, and the derived configuration.

    `texts` is what the edition shows of each article, by source; `words` are further ones that it may show, in pages that kbtool
    makes; `changed` counts the files that were written.
    """

    folder: Path
    articles: tuple[Article, ...]
    assets: tuple[str, ...]
    texts: Mapping[str, str]
    config: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    changed: int = 0
    words: tuple[str, ...] = ()
    searches: bool = False  #: whether the site is to have an index for the staged search worker


@dataclass
class _Plan:
    files: dict[str, bytes] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    assets: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)


def stage(evidence: Evidence, edition: Edition, folder: Path, *, preview: bool = False) -> Staged:
    """Bring the stage of an edition up to date.

    Args:
        evidence: the knowledge base.
        edition: whose stage it is.
        folder: where; made if need be. Nothing else may live in it.
        preview: for live reload: navigation carries titles, so that an engine need not read unchanged articles, and the search is
            MkDocs' own, which needs no second look at the site.

    Raises:
        RedactionError: regions or comments of an article do not close. The old stage stays as it was.
    """
    articles = select(evidence.articles, edition)
    plan = _Plan()
    known, unknown = glossary(edition, evidence.urls)
    plan.notes += [f"{evidence.config.mkdocs}: auto_append names {name!r}, which is no article" for name in unknown]
    issues = make_register(evidence, edition, _needed(articles, evidence))
    for article in articles:
        text, assets = _compile(article, edition, evidence)
        text = with_glossary(text, known)
        plan.texts[article.source] = text
        plan.assets |= assets
        front_matter = _front_matter(article, edition, evidence, issues.facts.get(article.source, {}))
        plan.files[f"docs/{article.source}"] = (front_matter + text).encode("utf-8", "replace")
    _add_pages(plan, articles, edition, evidence, issues)
    config, notes = derive(evidence, edition, articles, pages=issues.pages, preview=preview)
    plan.assets = {source for source in plan.assets if edition.shows_file(evidence.content.assets[source])}
    named = {source for source in site_assets(evidence, [edition]) if edition.shows_file(evidence.content.assets[source])}
    _add_assets(plan, plan.assets | named, evidence)
    taken = {path.removeprefix("docs/") for path in plan.files}
    plan.files |= {f"docs/{path}": page for path, page in redirect_pages(articles, taken, evidence).items()}
    theme = _theme(evidence, edition)
    worker, unknown_worker = search_worker(config, evidence.config.engine) if not preview else ("", "")
    searches = bool(worker) and f"overrides/{worker}" not in theme  # a site's own worker wants the index of MkDocs
    plan.files |= theme | ({f"overrides/{worker}": worker_script(search_language(config))} if searches else {})
    plan.files["mkdocs.yml"] = dump(config).encode()
    changed = sync_folder(folder, plan.files)
    if preview and "mkdocs.yml" in changed:
        _touch(folder / "docs")
    notes += (*issues.notes, *plan.notes, *([unknown_worker] if unknown_worker else []))
    return Staged(folder, articles, tuple(sorted(plan.assets)), plan.texts, config, notes, len(changed), issues.words, searches)


def _touch(folder: Path) -> None:
    """Make every page look changed: navigation stands on all of them."""
    for path in folder.rglob("*.md"):
        os.utime(path)


# ---------------------------------------------------------------------------------------------- one article


def _compile(article: Article, edition: Edition, evidence: Evidence) -> tuple[str, set[str]]:
    """Return the text of an article for an edition, its links rewritten to staged files, and the assets it refers to."""
    assets: set[str] = set()

    def settle(other: Article, text: str) -> str:
        text, needed = _settle(article, other, text, evidence)
        assets.update(needed)
        return text

    return settle(article, expand(article, edition, evidence.urls, settle)), assets


def _settle(page: Article, article: Article, text: str, evidence: Evidence) -> tuple[str, set[str]]:
    """Return a text of an article, its links rewritten for the page that it stands on, and the assets it refers to."""
    parsed = article.markdown if text == article.body else _parse(article, text)
    urls = evidence.urls
    targets = {href: urls.resolve(article.source, href) for href in parsed.targets}
    assets = {target.source for target in targets.values() if target.kind == "asset"}
    ours = {href: target for href, target in targets.items() if target.kind in ("article", "asset")}
    inside = {href: target for href, target in ours.items() if not href.startswith("#")}
    rewritten = {href: _relative(page, target.source, href) for href, target in inside.items()}
    if ("<" in text and _RAW_HTML.search(text)) or any(href != new for href, new in rewritten.items()):
        in_html = {href: _relative_url(page, target.source, href, evidence) for href, target in inside.items()}
        text = _rewrite(text, parsed, rewritten, in_html)
    return text, assets


def _parse(article: Article, text: str) -> markdown.Markdown:
    return markdown.parse(text, audiences=article.audiences, directives=article.block_words)


def _relative(article: Article, source: str, href: str) -> str:
    """Return the link from an article's file to another staged file, as MkDocs wants it."""
    path = posixpath.relpath(source, posixpath.dirname(article.source) or ".").replace(" ", "%20")
    return path + _tail(href)


def _relative_url(article: Article, source: str, href: str, evidence: Evidence) -> str:
    """Return the link from an article's URL to another, for raw HTML, which no engine rewrites."""
    path = relative_url(evidence.urls.url(article.source), evidence.urls.url(source))
    return path.replace(" ", "%20") + _tail(href)


def _tail(href: str) -> str:
    """Return the query and anchor of a link."""
    cut = min((href.find(mark) for mark in "?#" if mark in href), default=len(href))
    return href[cut:]


def _rewrite(text: str, parsed: markdown.Markdown, rewritten: Mapping[str, str], in_html: Mapping[str, str]) -> str:
    """Return the text with the links on their lines replaced; one before which `=` and a quote stands is raw HTML."""
    lines = text.split("\n")
    for link in parsed.links:
        if link.target not in rewritten:
            continue
        pattern = re.compile(rf"""(=\s*["']?|[(<\s]|^){re.escape(link.target)}(?=["')>\s]|$)""")
        for number in range(link.line - parsed.first_line, min(link.end_line - parsed.first_line + 1, len(lines))):
            lines[number] = pattern.sub(partial(_put, rewritten[link.target], in_html[link.target]), lines[number])
    definition = re.compile(r"^( {0,3}\[[^\]]+\]:\s*<?)(\S+?)(>?(?:\s.*)?)$")
    mask = code_mask(lines)
    for number, line in enumerate(lines):
        match = definition.match(line)
        if match and not mask[number] and match[2] in rewritten:
            lines[number] = match[1] + rewritten[match[2]] + match[3]
    return "\n".join(lines)


def _put(link: str, in_html: str, match: re.Match[str]) -> str:
    return match[1] + (in_html if match[1].startswith("=") else link)


def _front_matter(article: Article, edition: Edition, evidence: Evidence, known_issue: Mapping[str, Any]) -> str:
    """Return the front matter that may travel: an allow-list, and inside also who owns the article."""
    found = article.front_matter
    meta: dict[str, Any] = {"title": edition.title(article)}
    if found.description:
        meta["description"] = redact_text(found.description, article, edition)
    if found.tags:
        meta["tags"] = [tag for tag in redact_value(found.tags, article, edition) if tag.strip()]
    meta |= {key: redact_value(natural(value), article, edition) for key, value in article.raw.items() if key in THEME_KEYS}
    if found.state == "archived":
        meta["search"] = {"exclude": True}
    meta["kbtool"] = {**_facts(article, edition, evidence), **known_issue}
    if known_issue.get("feeds"):
        meta.setdefault("template", TEMPLATE)
    return "---\n" + "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in meta.items()) + "---\n"


def _facts(article: Article, edition: Edition, evidence: Evidence) -> dict[str, Any]:
    """Return what the theme shows below an article."""
    found, areas, owners = article.front_matter, evidence.product_areas or {}, evidence.owners or {}
    changed_on = evidence.reviews.changed_on(article)
    facts: dict[str, Any] = {
        "areas": [(areas[area].name if area in areas else None) or area for area in found.product_areas],
        "content_type": found.content_type,
        "changed_on": changed_on.isoformat() if changed_on else None,
        "reviewed_on": found.last_reviewed_on.isoformat() if found.last_reviewed_on else None,
        "archived": found.state == "archived",
    }
    if related := list(_related(article, edition, evidence)):
        facts["related"] = related
    if edition.internal:
        due = review_by(article, evidence.config)
        facts |= {
            "audience": article.audience, "confidence": found.state, "path": article.path,
            "owners": [(owners[owner].name if owner in owners else None) or owner for owner in found.owners],
            "review_by": due.isoformat() if due else None, "overdue": bool(due and due <= evidence.today),
        }
    return facts


def _related(article: Article, edition: Edition, evidence: Evidence) -> Iterator[dict[str, str]]:
    """Yield title and URL of the related articles that the edition shows."""
    urls = evidence.urls
    for path in article.front_matter.related:
        target = urls.resolve(article.source, path)
        other = evidence.content.by_source.get(target.source) if target.kind == "article" else None
        if other is not None and other is not article and edition.shows(other):
            url = relative_url(urls.url(article.source), urls.url(other.source))
            yield {"title": edition.title(other), "url": url + _tail(path)}


# ---------------------------------------------------------------------------------------------- assets


def _add_assets(plan: _Plan, sources: Iterable[str], evidence: Evidence) -> None:
    """Add the bytes of assets, without what images say beside the picture."""
    for source in sorted(sources):
        path = evidence.content.assets[source].path
        plan.files[f"docs/{source}"], trouble = strip_metadata(source, (evidence.config.root / path).read_bytes())
        if trouble:
            plan.notes.append(f"{path}: metadata was not taken out, {trouble}")


# ---------------------------------------------------------------------------------------------- pages that are no article


def _add_pages(plan: _Plan, articles: Iterable[Article], edition: Edition, evidence: Evidence, issues: Register) -> None:
    if not any(page_key(source) == "" for source in plan.texts):
        plan.files["docs/index.md"] = home_page(articles, evidence, edition).encode()
    plan.files |= {f"docs/{path}": text.encode("utf-8", "replace") for path, text in issues.pages.items()}
    plan.files |= {f"docs/{path}": feed for path, feed in issues.feeds.items()}


def _needed(articles: Sequence[Article], evidence: Evidence) -> set[str]:
    """Return the paths that the site needs for articles, assets and redirects, so that no page of ours takes their place."""
    return {article.source for article in articles} | {*evidence.content.assets} | {*redirect_pages(articles, (), evidence)}


# ---------------------------------------------------------------------------------------------- theme


def _theme(evidence: Evidence, edition: Edition) -> dict[str, bytes]:
    """Return kbtool's partials with the site's overrides on top, which win."""
    files: dict[str, bytes] = {}
    with resources.as_file(resources.files("kbtool") / "theme") as packaged:
        files |= tree(packaged)
    folder = custom_dir(evidence.config, overlay(evidence.site.values, edition.mkdocs))
    if folder and not folder.is_dir():
        raise ConfigError(f"theme.custom_dir: there is no folder {folder.name!r}", where=evidence.config.mkdocs)
    if folder:
        files |= tree(folder)
    return {f"overrides/{path}": content for path, content in files.items()}
