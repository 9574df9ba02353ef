"""Includes, `--8<-- "part.md"`, resolved among the articles of one edition: what an edition does not show is not brought into it.

The engine never resolves one, since it would read any file. Lines and sections are chosen as pymdownx.snippets does, by the lines
of the file; what is cut from the whole article is cut from each part of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kbtool.articles import Article
from kbtool.editions import Edition, RedactionError, redacted_lines
from kbtool.marks import Link, snippets
from kbtool.urls import UrlMap

_STANDS = "\ue000"  #: around the number of an include, for as long as its article is rewritten
MAX_DEPTH = 8  #: levels of includes in includes
MAX_INCLUDES = 1000  #: of one article
_BAR = re.compile(r"[ \t]*-+8<-+[ \t]*")
_ESCAPED = re.compile(r"^(?P<space>[ \t]*);(?=;*-+8<-)|(?<!;);(?=;*-+8<-+[ \t]+\[[ \t]*(?:start|end)[ \t]*:)", re.IGNORECASE)
_SECTION = re.compile(
    r"(?i).*?(?<![;-])-+8<-+[ \t]+\[[ \t]*(?P<type>start|end)[ \t]*:[ \t]*(?P<name>[a-z][-\w]*)[ \t]*\].*"
)
_ABBREVIATION = re.compile(r"^\*\[([^\]\n]+)\][ ]?:(.*)$", re.MULTILINE)
_RANGE = re.compile(r"(-?\d*)(?::(-?\d*))?")

Rewrite = Callable[[Article, str], str]


def expand(article: Article, edition: Edition, urls: UrlMap, rewrite: Rewrite) -> str:
    """Return what an edition shows of an article, each include replaced by what the edition shows of its target.

    `rewrite` is applied to what is brought from another article, before it is put in its place.

    Raises:
        RedactionError: as `redact` does, and where an article brings too many others.
    """
    lines = [line for line in redacted_lines(article, edition) if line is not None]
    return "\n".join(_Expansion(article, edition, urls, rewrite).expand(article, lines, (article,)))


class _Expansion:
    """Resolves the includes of one article."""

    def __init__(self, article: Article, edition: Edition, urls: UrlMap, rewrite: Rewrite) -> None:
        self._article, self._edition, self._urls, self._rewrite = article, edition, urls, rewrite
        self._count = 0

    def expand(self, article: Article, shown: Sequence[str], above: tuple[Article, ...]) -> list[str]:
        """Return the lines of an article with its includes replaced; `above` are those that include it, and itself."""
        return self._put(*self._cut(article, shown, above))

    def _cut(self, article: Article, shown: Sequence[str], above: tuple[Article, ...]) -> tuple[list[str], dict[str, list[str]]]:
        """Return the lines of an article with a line that stands for each of its includes, and what comes there."""
        lines = "\n".join(shown).split("\n")
        if not any("8<-" in line for line in lines):
            return lines, {}
        found = {number: (path, selection) for path, selection, number, _ in snippets(lines, 0)}
        kept: list[str] = []
        brought: dict[str, list[str]] = {}
        block = False
        for number, line in enumerate(lines):
            if number in found:
                part = self._bring(article, *found[number], above)
                stands = f"{_STANDS}{self._count}-{number}{_STANDS}"
                brought[stands] = part
                kept.append(line[: len(line) - len(line.lstrip(" \t"))] + stands)
            elif "8<-" in line and _BAR.fullmatch(line):
                block = not block
            elif not block and not ("8<-" in line and _SECTION.fullmatch(line)):
                kept.append(_ESCAPED.sub(lambda match: match["space"] or "", line) if "8<-" in line else line)
        return kept, brought

    @staticmethod
    def _put(lines: Sequence[str], brought: dict[str, list[str]]) -> list[str]:
        """Return the lines with what is brought in its place, indented as the include was."""
        kept: list[str] = []
        for line in lines:
            part = brought.get(line.lstrip(" \t")) if _STANDS in line else None
            indent = line[: len(line) - len(line.lstrip(" \t"))]
            kept += [line] if part is None else [f"{indent}{one}" if one else one for one in part]
        return kept

    def _bring(self, article: Article, path: str, selection: str, above: tuple[Article, ...]) -> list[str]:
        self._count += 1
        if self._count > MAX_INCLUDES:
            raise RedactionError(f"it brings more than {MAX_INCLUDES:,} parts", where=self._article.path, kind="include-bomb",
                                 hint="include less")
        other = self._urls.included(article, path)
        if other is None or other in above or len(above) > MAX_DEPTH or not self._edition.shows(other):
            return [""]
        lines = _selected(other, selection, redacted_lines(other, self._edition))
        own, brought = self._cut(other, [line for line in lines if line is not None], (*above, other))
        # What it brings itself is rewritten already, and must not be read as if it stood in this file.
        return self._put(self._rewrite(other, "\n".join(own)).split("\n"), brought)


def glossary(edition: Edition, urls: UrlMap) -> tuple[dict[str, str], list[str]]:
    """Return abbreviation → its definition, of the articles that `auto_append` of the snippets extension names.

    Only those that the edition shows count, as far as it shows them. The second part are names that are no article.
    """
    found: dict[str, str] = {}
    named = urls.site.extension("pymdownx.snippets").get("auto_append") or []
    articles = {str(name): urls.named(str(name)) for name in ([named] if isinstance(named, str) else named)}
    for article in articles.values():
        if article is not None and edition.shows(article):
            shown = "\n".join(line for line in redacted_lines(article, edition) if line is not None)
            found |= {match[1]: match[0] for match in _ABBREVIATION.finditer(shown) if match[2].strip()}
    return found, [name for name, article in articles.items() if article is None]


def with_glossary(text: str, found: dict[str, str]) -> str:
    """Return a text with the definitions of the abbreviations that it uses and does not define."""
    used = [found[word] for word in sorted(found) if word in text and f"*[{word}]:" not in text]
    return "\n".join([text.rstrip("\n"), "", *used, ""]) if used else text


def _selected(article: Article, selection: str, lines: list[str | None]) -> list[str | None]:
    """Return the chosen lines; a region of which just one marker is chosen is shown without its frame."""
    numbers = chosen(article, selection)
    if numbers is None:
        return lines if not selection else []
    for region in article.markdown.regions:
        ends = {region.start - article.body_line, region.end - article.body_line}
        if len(ends & {*numbers}) == 1:
            lines = [None if number in ends else line for number, line in enumerate(lines)]
    return [lines[number] for number in numbers]


def chosen(article: Article, selection: str) -> list[int] | None:
    """Return the indices of the lines of the body that `:2:5,8` or `:section` chooses; None for no such section, or for all."""
    if not selection:
        return None
    ranges = [_RANGE.fullmatch(part) for part in selection[1:].split(",")]
    first = article.body_line - 1
    total = first + article.body.count("\n") + 1
    if all(ranges):
        spans = [_span(match[1], match[2], total) for match in ranges if match]
        return [number - first for start, end in spans for number in range(start, min(end, total)) if number >= first]
    return _section(article.body.split("\n"), selection[1:])


def _span(start: str, end: str | None, total: int) -> tuple[int, int]:
    """Return the lines, from 0, of a range that counts from 1, or from the end where it is negative."""
    first = int(start) if start.strip("-") else 0
    first = max(total + first, 0) if first < 0 else max(first - 1, 0)
    last = int(end) if end and end.strip("-") else total
    return first, max(total + 1 + last, 0) if last < 0 else last


def _section(lines: Sequence[str], name: str) -> list[int] | None:
    found: list[int] | None = None
    for number, line in enumerate(lines):
        match = _SECTION.fullmatch(line) if "8<-" in line else None
        if match and match["name"] == name:
            if match["type"].lower() == "end":
                return found
            found = [] if found is None else found
        elif found is not None and not match:
            found.append(number)
    return found


def selection(article: Article, include: Link) -> str:
    """Return what an include chooses of its target, such as `:2:5`, or nothing."""
    found = (one for one in snippets([article.line(include.line)], 0) if one[0] == include.target)
    raw = next(found, None)
    if raw is None:  # a line between two bars
        return article.line(include.line).strip()[len(include.target) :]
    return raw[1]


def circle(article: Article, include: Link, urls: UrlMap) -> list[Article]:
    """Return the articles by which an include leads back to its own, that one first; none where it does not."""
    start = urls.included(article, include.target)
    before: dict[str, Article | None] = {} if start is None else {start.source: None}
    waiting = [start] if start else []
    while waiting:
        one = waiting.pop(0)
        if one is article:
            return [article, *_way(before, one)]
        for other in _targets(one, urls):
            if other.source not in before:
                before[other.source] = one
                waiting.append(other)
    return []


def _targets(article: Article, urls: UrlMap) -> Iterator[Article]:
    for include in article.markdown.includes:
        if other := urls.included(article, include.target):
            yield other


def _way(before: dict[str, Article | None], end: Article) -> list[Article]:
    way: list[Article] = []
    one: Article | None = end
    while one is not None:
        way.append(one)
        one = before[one.source]
    return way[::-1]
