"""Editions: which articles a site shows, and each article as that site's readers may see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from kbtool import markdown
from kbtool.articles import Article
from kbtool.config import Config
from kbtool.errors import KbtoolError
from kbtool.regions import Region, comment_spans, scan_regions
from kbtool.site_config import Slugger

_ESCAPED = re.compile(r"^([ \t>]*(?:[-*+]|\d+[.)])?[ \t]*)\\(:{3,})", re.MULTILINE)
_INDENT = re.compile(r"[ \t>]*")


class RedactionError(KbtoolError):
    """An article whose regions or comments do not close: it can be in no edition (exit code 1)."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Edition:
    """One site: the audiences it is for, and what it lays over `mkdocs.yml`."""

    name: str
    audiences: frozenset[str]
    not_validated: bool = False
    mkdocs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def internal(self) -> bool:
        """Return whether this site is for the people inside, who also see what is not finished."""
        return "internal" in self.audiences

    def shows(self, article: Article) -> bool:
        """Return whether the article is in this edition; one that cannot be read is in none."""
        if article.audience not in self.audiences or self.internal:
            return article.audience in self.audiences
        state = article.front_matter.state
        return state in ("validated", "archived") or (state == "not-validated" and self.not_validated)

    def shows_line(self, article: Article, line: int) -> bool:
        """Return whether this line of an article that the edition shows is in no region for others."""
        regions = article.markdown.regions
        return all(region.audience in self.audiences for region in regions if region.start <= line <= region.end)

    def anchors(self, article: Article) -> frozenset[str]:
        """Return the anchors that an article has in this edition; raises RedactionError as `redact` does."""
        return self._parsed(article).anchors

    def title(self, article: Article) -> str:
        """Return the title as this edition's readers may see it: a heading inside a region for others is none.

        Raises:
            RedactionError: as `redact` does.
        """
        if article.front_matter.title:
            return redact_text(article.front_matter.title, article, self).strip() or article.file_name
        if not (article.markdown.regions or "<!--" in article.body):
            return article.title
        return self._parsed(article).first_heading or article.file_name

    def _parsed(self, article: Article) -> markdown.Markdown:
        return _parsed(redact(article, self), article.audiences, article.block_words, article.slugger)


@lru_cache(maxsize=64)
def _parsed(text: str, audiences: frozenset[str], directives: frozenset[str], slugger: Slugger) -> markdown.Markdown:
    return markdown.parse(
        text, audiences=audiences, directives=directives, slugify=slugger.slugify, separator=slugger.separator
    )


def load_editions(config: Config) -> dict[str, Edition]:
    """Return the editions of a configuration by name."""
    return {
        name: Edition(name, frozenset(found.audiences), found.not_validated, found.mkdocs)
        for name, found in config.editions.items()
    }


def select(articles: Iterable[Article], edition: Edition) -> tuple[Article, ...]:
    """Return the articles of the edition, in order."""
    return tuple(article for article in articles if edition.shows(article))


def redact(article: Article, edition: Edition) -> str:
    """Return the body as this edition's readers may see it.

    Regions for others and all HTML comments are cut; regions that stay become a block titled by their audience, when
    it is narrower than the article's. Markers that were escaped (`\\:::`) lose their backslash.

    Raises:
        RedactionError: a region or comment does not close, or names an audience that does not exist.
    """
    problems = article.markdown.region_problems
    lines = article.body.split("\n")
    if article.markdown.regions or problems:
        if problems:
            raise RedactionError(problems[0].message, where=f"{article.path}:{problems[0].line}", kind="region-unbalanced")
        lines = _cut_regions(article, edition, lines)
    text = "\n".join(lines)
    if "<!--" in text:
        text = _cut_comments(article, text)
    return _ESCAPED.sub(r"\1\2", text) if "\\:::" in text else text


def redact_text(text: str, article: Article, edition: Edition) -> str:
    """Return a text of the front matter as this edition's readers may see it: without regions for others and comments.

    Raises:
        RedactionError: as `redact` does.
    """
    if ":::" not in text and "<!--" not in text:
        return text
    lines = text.split("\n")
    regions, problems = scan_regions(lines, audiences=article.audiences, directives=article.block_words)
    if problems:
        raise RedactionError(f"front matter: {problems[0].message}", where=article.path, kind="region-unbalanced")
    hidden = {
        number for region in regions for number in range(region.start, region.end + 1)
        if region.audience not in edition.audiences or number in (region.start, region.end)
    }
    return _cut_comments(article, "\n".join(line for number, line in enumerate(lines, 1) if number not in hidden))


def withheld_texts(article: Article, edition: Edition) -> dict[str, str]:
    """Return what the edition must not show of an article: `path:line` → text of each region and comment cut, or all."""
    if not edition.shows(article):
        return {f"{article.path}:{article.body_line}": article.body}
    lines = article.body.split("\n")
    first = article.body_line
    texts = {
        f"{article.path}:{region.start}": "\n".join(lines[region.start - first + 1 : region.end - first])
        for region in article.markdown.regions if region.audience not in edition.audiences
    }
    return texts | (_comments(article) if not edition.internal else {})


def _comments(article: Article) -> dict[str, str]:
    spans = comment_spans(article.body)[0] if "<!--" in article.body else []
    return {
        f"{article.path}:{article.body.count(chr(10), 0, start) + article.body_line} comment": article.body[start + 4 : end - 3]
        for start, end in spans
    }


def _cut_regions(article: Article, edition: Edition, lines: list[str]) -> list[str]:
    first = article.body_line
    kept: list[str | None] = list(lines)
    for region in article.markdown.regions:
        start, end = region.start - first, region.end - first
        if region.audience not in edition.audiences:
            kept[start : end + 1] = [None] * (end + 1 - start)
        elif kept[start] is not None:
            kept[start], kept[end] = _block(region, lines[start], narrower=region.audience != article.audience)
    return [line for line in kept if line is not None]


def _block(region: Region, marker: str, *, narrower: bool) -> tuple[str, str]:
    """Return the lines that stand for a shown region's markers: PyMdown's block syntax, which nests without indenting."""
    if not narrower:
        return "", ""
    match = _INDENT.match(marker)
    indent = match[0] if match else ""
    slashes = "/" * (3 + max(0, 8 - region.depth))  # an outer block needs more slashes than the blocks inside it
    title = f"{region.audience.capitalize()} only"
    opening = f"{indent}{slashes} admonition | {title}\n{indent}    type: kb-region\n"
    return f"\n{opening}", f"\n{indent}{slashes}\n"


def _cut_comments(article: Article, text: str) -> str:
    spans, problem = comment_spans(text)
    if problem:
        raise RedactionError(problem.message, where=article.path, kind="comment-unclosed")
    for span in reversed(spans):
        start, end = span
        alone = text[:start].rpartition("\n")[2].strip() == "" and text[end:].partition("\n")[0].strip() == ""
        if alone:  # take the whole line, so that no blank line is left to end a list or a table
            start = text.rfind("\n", 0, start) + 1
            end = text.find("\n", end) + 1 or len(text)
        text = text[:start] + text[end:]
    return text
