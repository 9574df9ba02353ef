"""What the audit of an edition is told: what it may not show anywhere, where that comes from, and what it may show.

The audit itself reads sites and knows no articles. What is told here is more than the compiler takes out: words of the front
matter, of the configuration of other editions and of the navigation, and the bytes of files that do not travel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kbtool.articles import Article
from kbtool.audit import Withheld
from kbtool.beside import Beside
from kbtool.derived_config import PATTERNS, labels
from kbtool.editions import Edition, redact_text, redact_value, withheld_texts
from kbtool.evidence import Evidence
from kbtool.front_matter import THEME_KEYS
from kbtool.kept_hits import digest
from kbtool.known_issues import withheld_words
from kbtool.redirects import plugin_redirects
from kbtool.site_config import dump
from kbtool.stage import Staged

_SHORTEST = 6  #: a shorter path, key or address is no evidence of a leak
_LONG_NAME = 12  #: characters from which the name of a file or folder tells of it
_NUMBER = 4  #: characters from which a value of the front matter does
_TRAVELS = frozenset({"description", "tags"})  #: keys whose words a site shows
#: Keys whose values are words of kbtool or of everybody, and those that are looked for as they are.
_ORDINARY = (THEME_KEYS - {"subtitle"}) | {
    "title", "audience", "confidence", "content_type", "product_areas", "last_reviewed_on", "review_in", "expires", "risk",
    "draft", "related", "redirect_from", "covers", "tickets", "known_issue",
}
_COMMENT = re.compile(r"(?m)^(?:.*\s)?#[ \t]*(\S.*)$")


def withheld(evidence: Evidence, edition: Edition, staged: Staged) -> Withheld:
    """Return what the audit of an edition looks for, and what the edition may show."""
    hidden = [article for article in evidence.articles if not edition.shows(article)]
    texts = dict(_other_texts(evidence, edition, staged))
    for article in evidence.articles:
        texts |= withheld_texts(article, edition)
        texts |= withheld_words(article, edition)
    return Withheld(
        phrases={
            phrase: source for phrase, source in (*_phrases(evidence, edition), *_addresses(evidence, edition, staged))
            if len(phrase) >= _SHORTEST
        },
        titles={article.title: article.path for article in hidden} | dict(_ticket_titles(evidence, edition)),
        texts=texts,
        shown=_Shown(evidence, edition, staged),
        files=dict(_files(evidence, edition, staged)),
        beside=Beside(evidence, edition, staged),
    )


@dataclass(frozen=True)
class _Shown:
    """What an edition may show, one text at a time; it takes time to go through, and few sites need it."""

    evidence: Evidence
    edition: Edition
    staged: Staged

    def __iter__(self) -> Iterator[str]:
        yield dump({key: value for key, value in self.staged.config.items() if key not in PATTERNS})
        for article in self.staged.articles:
            found = article.front_matter
            title, description = (redact_text(text or "", article, self.edition) for text in (found.title, found.description))
            yield from (article.source, title, description, " ".join(redact_value(found.tags, article, self.edition)))
            yield self.staged.texts[article.source]
        yield from map(self.evidence.urls.page_url, self.staged.texts)
        yield from self.staged.assets
        yield from self.staged.words
        yield from self.evidence.product_areas or ()


def _addresses(evidence: Evidence, edition: Edition, staged: Staged) -> Iterator[tuple[str, str]]:
    """Yield the paths of the URLs that hidden articles have elsewhere, unless the edition has the same folders."""
    urls = [*map(evidence.urls.page_url, staged.texts), *staged.assets]
    urls += [f"{old.strip('/')}/" for article in staged.articles for old in article.front_matter.redirect_from]
    shown = {folder for folders in {url.rpartition("/")[0] for url in urls} for folder in _runs(folders.split("/"))}
    for article in evidence.articles:
        if not edition.shows(article):
            url = evidence.urls.page_url(article.source)
            if "/" in url.removesuffix("/") and url.removesuffix("/") not in shown:  # one word may be a folder of anything
                yield url, article.path


def _runs(parts: Sequence[str]) -> Iterator[str]:
    """Yield the paths that stand in a path."""
    return ("/".join(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, len(parts) + 1))


def _files(evidence: Evidence, edition: Edition, staged: Staged) -> Iterator[tuple[bytes, str]]:
    """Yield the digests of assets that are not in an edition, and of those that are there without their metadata."""
    if edition.internal or not evidence.content.assets:
        return
    there = {digest(path.read_bytes()) for path in (staged.folder / "docs").rglob("*") if path.suffix != ".md" and path.is_file()}
    for asset in evidence.content.assets.values():
        found = digest((evidence.config.root / asset.path).read_bytes())
        if found not in there:
            yield found, asset.path


def _other_texts(evidence: Evidence, edition: Edition, staged: Staged) -> Iterator[tuple[str, str]]:
    """Yield what is neither an article's text nor a phrase: front matter, names, navigation, other editions' settings."""
    if edition.internal:
        return
    for article in evidence.articles:
        yield from _front_texts(article, edition)
    yield from _names(evidence, staged)
    yield from _settings(evidence, edition, staged)


def _names(evidence: Evidence, staged: Staged) -> Iterator[tuple[str, str]]:
    """Yield long names of files and folders that the edition has not."""
    shown = {part for source in (*staged.texts, *staged.assets) for part in source.split("/")}
    for path in (*evidence.content.by_source, *evidence.content.assets):
        for part in path.split("/"):
            if part not in shown and len(part.rpartition(".")[0] or part) >= _LONG_NAME:
                yield f"{evidence.config.content}/{path}: {part}", part.rpartition(".")[0] or part


def _settings(evidence: Evidence, edition: Edition, staged: Staged) -> Iterator[tuple[str, str]]:
    """Yield labels of the navigation that the edition has not, and what is laid over `mkdocs.yml` for others."""
    kept = {*labels(staged.config.get("nav"))}
    for label in labels(evidence.site.values.get("nav")):
        if label not in kept:
            yield f"{evidence.config.mkdocs}: nav {label}", label
    for old, new in plugin_redirects(evidence):
        if new in evidence.content.by_source and new not in staged.texts:
            yield f"{evidence.config.mkdocs}: redirects {old}", old.removesuffix(".md")
    for name, other in evidence.editions.items():
        if name != edition.name:
            for place, text in _leaves(other.mkdocs, f"editions.{name}.mkdocs"):
                yield f"pyproject.toml: {place}", text


def _front_texts(article: Article, edition: Edition) -> Iterator[tuple[str, str]]:
    shown = edition.shows(article)
    travels = _ORDINARY | ({*_TRAVELS, "subtitle"} if shown else set())
    for key, value in article.raw.items():
        for place, text in _leaves(value, key) if article.aliases.get(key, key) not in travels else ():
            if len(text) >= _NUMBER and not text.replace("-", "").isdigit():  # a date is no secret
                yield f"{article.path}: {place}", text
    for match in _COMMENT.finditer(article.head.text):
        yield f"{article.path}:{article.head.text.count(chr(10), 0, match.start(1)) + 1} comment", match[1]


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield the texts in a value, and where each stands."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _leaves(one, f"{place}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, one in enumerate(value):
            yield from _leaves(one, f"{place}[{number}]")


def _ticket_titles(evidence: Evidence, edition: Edition) -> Iterable[tuple[str, str]]:
    """Yield the titles of private tickets that articles refer to, and where; a site for others never has them."""
    for article in evidence.articles if not edition.internal else ():
        for named in evidence.tickets.of(article):
            if named.private and named.ticket and named.ticket.title:
                yield named.ticket.title, f"{article.path}: tickets"


def _phrases(evidence: Evidence, edition: Edition) -> Iterable[tuple[str, str]]:
    """Yield words that the edition may not show exactly as they are: paths of hidden articles, keys of tickets, addresses."""
    for article in evidence.articles:
        if not edition.shows(article):
            yield article.source, article.path
            yield from ((old.strip("/"), f"{article.path}: redirect_from") for old in article.front_matter.redirect_from)
        if edition.internal:
            continue
        for named in evidence.tickets.of(article) if article.front_matter.tickets else ():
            if named.in_front_matter:
                yield from ((name, f"{article.path}: tickets") for name in (named.reference, named.key) if name)
        for glob in article.front_matter.covers:
            yield glob, f"{article.path}: covers"
    if not edition.internal:
        for name, owner in (evidence.owners or {}).items():
            yield from ((text, f"owner {name}") for text in (owner.email, owner.contact, owner.name) if text)
            if len(name) >= _LONG_NAME:
                yield name, f"owner {name}"
