"""What stands beside one another on the pages of an edition although no article says so, for the audit.

An article for other readers may well list titles of public articles, in the order of the navigation. So eight words of it in a
row are drawn around public pages, and nothing leaks: the titles are public, and so is their order. All of it is made of what the
edition shows: its articles, and entries of its navigation that lead to none but them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from kbtool import markdown
from kbtool.articles import Article
from kbtool.derived_config import tree_nav
from kbtool.editions import Edition
from kbtool.evidence import Evidence
from kbtool.pages import home_page
from kbtool.stage import Staged

_LEVELS = (0, 1, 99)  # down to which sections may be open for everybody
_NEAR = 8  # entries on each side of which words may stand beside those of one
_BEGIN = 400  # characters of a page that may stand beside what comes before it


class _Entry(NamedTuple):
    label: str
    below: Sequence[_Entry] = ()  # of a section
    headings: Sequence[str] = ()  # of a page, which its own entry lists


@dataclass(frozen=True)
class Beside:
    """Words in a row of navigation, tables of contents, the home page and addresses; it takes time to go through."""

    evidence: Evidence
    edition: Edition
    staged: Staged

    def __iter__(self) -> Iterator[str]:
        """Yield each text of its own, as Markdown."""
        parsed = {article.source: self._parsed(article) for article in self.staged.articles}
        titles = {article.source: self.edition.title(article) for article in self.staged.articles}
        yield from self._navigation(titles, {source: _contents(found) for source, found in parsed.items()})
        for source, found in parsed.items():
            own = [] if _has_own(found) else [titles[source]]
            yield "\n".join([*_contents(found), *own, found.body[:_BEGIN]])
            url = self.evidence.urls.page_url(source)
            yield from (f"{url} {heading.anchor}" for heading in found.headings)
        yield home_page(self.staged.articles, self.evidence, self.edition)

    def _parsed(self, article: Article) -> markdown.Markdown:
        return markdown.parse(
            self.staged.texts[article.source], audiences=article.audiences, directives=article.block_words,
            slugify=article.slugger.slugify, separator=article.slugger.separator,
        )

    def _navigation(self, titles: Mapping[str, str], contents: Mapping[str, Sequence[str]]) -> Iterator[str]:
        nav, theme = self.staged.config.get("nav"), self.staged.config.get("theme")
        if nav is None:
            listed = [one for one in self.staged.articles if one.front_matter.state != "archived"]
            nav = tree_nav({article.source: titles[article.source] for article in listed})
        indexes = "navigation.indexes" in (theme.get("features") or ()) if isinstance(theme, dict) else False
        pages = {source: _Entry(title, (), contents[source]) for source, title in titles.items()}
        entries = [*self._entries(nav, pages, indexes=indexes)]
        tabs = [entry.label for entry in entries]
        for levels in _LEVELS:
            yield from _drawn(entries, levels, [*tabs, str(self.staged.config.get("site_name", ""))])

    def _entries(self, nav: Iterable[Any], pages: Mapping[str, _Entry], *, indexes: bool) -> Iterator[_Entry]:
        """Yield the entries of a navigation but those that lead to an article which the edition has not.

        If `indexes`, a section is its own index, which is no entry below it.
        """
        for entry in nav:
            label, value = next(iter(entry.items()), ("", None)) if isinstance(entry, dict) else (None, entry)
            source = posixpath.normpath(value) if isinstance(value, str) else ""
            if isinstance(value, list):
                below = value if not indexes else [one for one in value if not _is_index(one)]
                yield _Entry(str(label), [*self._entries(below, pages, indexes=indexes)])
            elif source in pages:
                yield pages[source] if label is None else pages[source]._replace(label=str(label))
            elif label is not None and source not in self.evidence.content.by_source:
                yield _Entry(str(label))


def _is_index(entry: object) -> bool:
    """Return whether an entry of a navigation leads to the index of a folder."""
    path = next(iter(entry.values()), None) if isinstance(entry, dict) else entry
    return isinstance(path, str) and posixpath.basename(path) in ("index.md", "README.md")


def _contents(parsed: markdown.Markdown) -> Sequence[str]:
    """Return what a table of contents lists: all headings, but not a first one that is the page's own."""
    return [heading.text for heading in parsed.headings[_has_own(parsed) :]]


def _has_own(parsed: markdown.Markdown) -> bool:
    """Return whether a page begins with a heading that is its title."""
    return bool(parsed.headings) and parsed.headings[0].level == 1


def _drawn(
    entries: Sequence[_Entry], levels: int, before: Sequence[str] = (), after: Sequence[str] = ()
) -> Iterator[str]:
    """Yield the labels of a navigation that is open down to some level, and for one page after another, with what is around them.

    What is open has its label twice: beside what opens it, and as what heads it or leads to it.
    """
    rows = [_row(entry, levels) for entry in entries]
    yield " ".join([*before, *chain.from_iterable(rows), *after])
    for at, (label, below, headings) in enumerate(entries):
        near = [*before, *chain.from_iterable(row[-_NEAR:] for row in rows[max(at - _NEAR, 0) : at]), label, label][-_NEAR:]
        then = [*chain.from_iterable(row[:_NEAR] for row in rows[at + 1 : at + _NEAR]), *after][:_NEAR]
        if below:
            yield from _drawn(below, levels - 1, near, then)
        elif headings:
            yield " ".join([*near, *headings, *then])


def _row(entry: _Entry, levels: int) -> list[str]:
    """Return the labels of an entry, and if it is open of those below it."""
    if not entry.below or levels < 1:
        return [entry.label]
    return [entry.label, entry.label, *chain.from_iterable(_row(one, levels - 1) for one in entry.below)]
