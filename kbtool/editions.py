"""Editions: which articles a site shows, and each article as that site's readers may see it."""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate
from typing import Any

from kbtool import markdown
from kbtool.articles import Article, ContentFile
from kbtool.config import Config
from kbtool.errors import KbtoolError
from kbtool.front_matter import THEME_KEYS
from kbtool.inline_regions import InlineRegion, scan_inline
from kbtool.near_marks import near_marks
from kbtool.regions import Problem, Region, Span, comment_spans, diagram_comments, looks_marked, scan_regions
from kbtool.site_config import Slugger

_ESCAPED = re.compile(r"^([ \t>]*(?:[-*+]|\d+[.)])?[ \t]*)\\(:{3,})", re.MULTILINE)
_INDENT = re.compile(r"[ \t>]*")
_MARKS_ONLY = re.compile(r"[ \t>]*(?P<item>(?:[-*+:]|\d+[.)])[ \t]*(?:\[[ xX]\][ \t]*)?)?(?:#{1,6}[ \t#]*)?")
_TAGS_PAGE = re.compile(r"<!-- material/tags -->")  #: where the tags plugin writes its list


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

    def shows_file(self, file: ContentFile) -> bool:
        """Return whether an asset may be in this edition: the ceiling of its folder holds for it too."""
        return file.ceiling in (None, "public") or file.ceiling in self.audiences

    def shows_line(self, article: Article, line: int, column: int | None = None) -> bool:
        """Return whether a line of an article that the edition shows, or a place in it, is in no region for others.

        Columns count from 1.
        """
        regions = article.markdown.regions
        if any(region.audience not in self.audiences for region in regions if region.start <= line <= region.end):
            return False
        place = (line, (column or 0) - 1)
        return column is None or not any(
            (one.line, one.column) <= place < (one.end_line, one.end_column)
            for one in article.markdown.inlines if one.audience not in self.audiences
        )

    def targets(self, article: Article) -> frozenset[str]:
        """Return what the links lead to that this edition shows; raises RedactionError as `redact` does."""
        return self._parsed(article).targets

    def anchors(self, article: Article) -> frozenset[str]:
        """Return the anchors that an article has in this edition; raises RedactionError as `redact` does."""
        return self._parsed(article).anchors

    def title(self, article: Article) -> str:
        """Return the title as this edition's readers may see it: a heading inside a region for others is none.

        Raises:
            RedactionError: as `redact` does.
        """
        if article.front_matter.title:
            shown = redact_text(article.front_matter.title, article, self)
            return (shown if shown == article.front_matter.title else " ".join(shown.split())) or article.file_name
        if not (article.markdown.regions or article.markdown.inlines or "<!--" in article.body):
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

    Regions for others, all HTML comments and those of diagrams are cut; regions that stay become a block titled by their
    audience, or within a line a span, when it is narrower than the article's. Markers that were escaped (`\\:::`) lose
    their backslash.

    Raises:
        RedactionError: a region or comment does not close, or names an audience that does not exist.
    """
    return "\n".join(line for line in redacted_lines(article, edition) if line is not None)


def redacted_lines(article: Article, edition: Edition) -> list[str | None]:
    """Return what `redact` does line by line of the body: None where nothing is left; what stands for one may be several.

    Raises:
        RedactionError: as `redact` does.
    """
    problems = article.markdown.region_problems
    lines: list[str | None] = [*article.body.split("\n")]
    if article.markdown.regions or article.markdown.inlines or problems:
        if problems:
            raise RedactionError(problems[0].message, where=f"{article.path}:{problems[0].line}", kind="region-unbalanced",
                                 hint=problems[0].hint)
        hidden = _hidden_lines(article, edition)
        lines = _cut_regions(article, edition, _edit(lines, _edits(article, edition, hidden)), hidden)
    if "<!--" in article.body or any("<!--" in line for line in lines if line):
        lines = _cut_comments(article, lines)
    if "%%" in article.body:
        lines = _cut_diagram_comments(lines)
    if len(lines) != sum(line == old for line, old in zip(lines, article.body.split("\n"), strict=True)):
        _refuse_leftovers(article, lines)
    return [_ESCAPED.sub(r"\1\2", line) if line and "\\:::" in line else line for line in lines]


def _refuse_leftovers(article: Article, lines: list[str | None]) -> None:
    """Raise where what was code is none any more, so that the marks of a region within a line stand in the text."""
    left, problems = scan_inline(
        "\n".join(line for line in lines if line is not None), audiences=article.audiences, words=article.block_words
    )
    if left or problems:
        place = _line_of(article, lines, min([*(one.line for one in left), *(one.line for one in problems)]))
        raise RedactionError("once parts for others are cut, code begins or ends elsewhere", where=f"{article.path}:{place}",
                             kind="region-unbalanced", hint="close each fence of backticks where no region can take a line of it")


def _line_of(article: Article, lines: list[str | None], number: int) -> int:
    """Return the line of the file from which a line of the text that is left comes."""
    for index, line in enumerate(lines):
        number -= 0 if line is None else line.count("\n") + 1
        if number <= 0:
            return article.body_line + index
    return article.body_line


def cut_trouble(article: Article, edition: Edition) -> RedactionError | None:
    """Return what keeps an edition from having an article although its markers fit, as far as that is in its body."""
    try:
        redacted_lines(article, edition)
    except RedactionError as error:
        return error
    return None


def redact_text(text: str, article: Article, edition: Edition) -> str:
    """Return a text of the front matter as this edition's readers may see it: without regions for others and comments.

    Raises:
        RedactionError: as `redact` does.
    """
    if not looks_marked(text) and "<!--" not in text and "{" not in text:
        return text
    lines: list[str | None] = [*text.split("\n")]
    regions, problems = scan_regions(text.split("\n"), audiences=article.audiences, directives=article.block_words)
    inlines, more = scan_inline(text, audiences=article.audiences, words=article.block_words)
    if found := (*problems, *more, *near_marks(text, 1, article.audiences, regions)):
        message = found[0].message
        raise RedactionError(f"front matter: {message}", where=article.path, kind="region-unbalanced")
    lines = _edit(lines, [edit for one in inlines for edit in _plain(one, edition, 1)])
    for region in regions:
        for number in range(region.start, region.end + 1):
            if region.audience not in edition.audiences or number in (region.start, region.end):
                lines[number - 1] = None
    return "\n".join(line for line in _cut_comments(article, lines) if line is not None)


def redact_value(value: Any, article: Article, edition: Edition) -> Any:
    """Return a value of the front matter with every text in it redacted; raises RedactionError as `redact` does."""
    if isinstance(value, str):
        return redact_text(value, article, edition)
    if isinstance(value, Mapping):
        return {key: redact_value(one, article, edition) for key, one in value.items()}
    return [redact_value(one, article, edition) for one in value] if isinstance(value, (list, tuple)) else value


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
    for one in article.markdown.inlines:
        if one.audience not in edition.audiences:
            texts[f"{article.path}:{one.line}:{one.column + 1}"] = one.text(lines, first)
    for key, said in _front_texts(article):
        for one in scan_inline(said, audiences=article.audiences)[0] if "{" in said else ():
            if one.audience not in edition.audiences:
                texts[f"{article.path}: {key}:{one.line}:{one.column + 1}"] = one.text(said.split("\n"), 1)
    return texts | (_comments(article) if not edition.internal else {})


def _front_texts(article: Article) -> Iterator[tuple[str, str]]:
    """Yield the texts of the front matter that sites show, and their keys."""
    found = article.front_matter
    yield from (("title", found.title or ""), ("description", found.description or ""), *(("tags", tag) for tag in found.tags))
    yield from ((key, value) for key, value in article.raw.items() if key in THEME_KEYS and isinstance(value, str))


def _comments(article: Article) -> dict[str, str]:
    spans = comment_spans(article.body)[0] if "<!--" in article.body else []
    lines = article.body.split("\n") if "%%" in article.body else []
    in_diagrams = {
        f"{article.path}:{number + article.body_line} comment": lines[number].strip(" \t>%\r")
        for number in diagram_comments(lines)
    }
    return in_diagrams | {
        f"{article.path}:{article.body.count(chr(10), 0, start) + article.body_line} comment": article.body[start + 4 : end - 3]
        for start, end in spans
    }


def _hidden_lines(article: Article, edition: Edition) -> set[int]:
    """Return the indices of the lines of the body that are in regions for others."""
    first = article.body_line
    return {
        number - first for region in article.markdown.regions if region.audience not in edition.audiences
        for number in range(region.start, region.end + 1)
    }


def _cut_regions(article: Article, edition: Edition, lines: list[str | None], hidden: set[int]) -> list[str | None]:
    first = article.body_line
    kept = [None if number in hidden else line for number, line in enumerate(lines)]
    for region in article.markdown.regions:
        start, end = region.start - first, region.end - first
        marker = kept[start]
        if marker is not None and start not in hidden and region.audience in edition.audiences:
            kept[start], kept[end] = _block(region, marker, narrower=region.audience != article.audience)
    return kept


# ---------------------------------------------------------------------------------------------- within lines

_Edit = tuple[int, int, int, int, str | None]  #: from line and column to line and column, from 0, and what comes there


def _edits(article: Article, edition: Edition, hidden: set[int]) -> list[_Edit]:
    """Return what is to be done to a body but for whole lines: parts for others go, parts that stay are marked, comments go.

    Comments are found before anything is cut, for what is left could make the rest of one look like code; those that reach into
    a region for others are seen to when that is gone.
    """
    first, edits = article.body_line, list[_Edit]()
    for one in article.markdown.inlines:
        narrower = one.audience != article.audience and not one.attribute
        edits += _marked(one, first) if narrower and one.audience in edition.audiences else _plain(one, edition, first)
    body = article.body
    for start, end in _comment_spans(body)[0]:
        line, last = body.count("\n", 0, start), body.count("\n", 0, end)
        if hidden.isdisjoint(range(line, last + 1)):
            edits.append((line, start - body.rfind("\n", 0, start) - 1, last, end - body.rfind("\n", 0, end) - 1, None))
    return edits


def _comment_spans(text: str) -> tuple[list[Span], Problem | None]:
    """Return the comments that no edition shows, and what is wrong with them."""
    spans, problem = comment_spans(text) if "<!--" in text else ([], None)
    return [span for span in spans if not _TAGS_PAGE.fullmatch(text, *span)], problem


def _plain(one: InlineRegion, edition: Edition, first: int) -> list[_Edit]:
    """Return the edits that cut a part, or its marks."""
    start, end = (one.line - first, one.column), (one.end_line - first, one.end_column)
    if one.audience not in edition.audiences:
        return [(*start, *end, "")]
    return [(*start, start[0], one.column + 1, ""), (end[0], one.marker, *end, "")]


def _marked(one: InlineRegion, first: int) -> list[_Edit]:
    opening = f'<span class="kb-inline-region" title="{html.escape(one.audience.capitalize())} only">'
    start, end = one.line - first, one.end_line - first
    return [(start, one.column, start, one.column + 1, opening), (end, one.marker, end, one.end_column, "</span>")]


def _edit(lines: list[str | None], edits: Iterable[_Edit]) -> list[str | None]:
    """Return the lines with the edits made, but for those inside another; a line that keeps only marks of Markdown goes."""
    kept = list(lines)
    wide: list[_Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit[:2], [-number for number in edit[2:4]])):
        if not wide or edit[:2] >= wide[-1][2:4]:
            wide.append(edit)
        elif edit[2:4] > wide[-1][2:4]:
            wide[-1] = (*wide[-1][:2], *edit[2:4], "")
    for line, column, end, end_column, text in reversed(wide):
        joined = (kept[line] or "")[:column] + (text or "") + (kept[end] or "")[end_column:]
        empty = not joined.strip() if text is None else not text and _is_empty(kept, end, joined)
        kept[line : end + 1] = [None if empty else joined] + [None] * (end - line)
    return kept


def _is_empty(lines: Sequence[str | None], number: int, text: str) -> bool:
    """Return whether nothing but marks of Markdown is left of a line, and of the list item that it begins."""
    match = _MARKS_ONLY.fullmatch(text)
    return match is not None and not (match["item"] and _goes_on(lines, number, text))


def _goes_on(lines: Sequence[str | None], number: int, item: str) -> bool:
    """Return whether a list item has more than its first line."""
    following = next((line for line in lines[number + 1 :] if line is not None and line.strip(" \t>")), "")
    indent = len(item) - len(item.lstrip(" \t>"))
    return len(following) - len(following.lstrip(" \t>")) > indent


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


def _cut_comments(article: Article, lines: list[str | None]) -> list[str | None]:
    """Return the lines without comments; raises RedactionError where one does not close."""
    places = [number for number, line in enumerate(lines) if line is not None]
    text = "\n".join(line for line in lines if line is not None)
    spans, problem = _comment_spans(text)
    if problem:
        place = _line_of(article, lines, problem.line)
        raise RedactionError(problem.message, where=f"{article.path}:{place}", kind="comment-unclosed", hint=problem.hint)
    kept = _cut([line for line in lines if line is not None], spans)
    found = list(lines)
    for number, line in zip(places, kept, strict=True):
        found[number] = line
    return found


def _cut_diagram_comments(lines: list[str | None]) -> list[str | None]:
    places = [number for number, line in enumerate(lines) if line is not None]
    cut = {places[at] for at in diagram_comments([line for line in lines if line is not None])}
    return [None if number in cut else line for number, line in enumerate(lines)]


def _cut(lines: Sequence[str], spans: Iterable[Span]) -> list[str | None]:
    """Return the lines without these spans of their text; a line that was nothing else goes with its span."""
    kept: list[str | None] = list(lines)
    ends = list(accumulate(len(line) + 1 for line in lines))
    for start, end in sorted(spans, reverse=True):
        first, last = bisect_right(ends, start), bisect_right(ends, end - 1)
        before = (kept[first] or "")[: start - (ends[first - 1] if first else 0)]
        after = (kept[last] or "")[end - (ends[last - 1] if last else 0) :]
        # The whole line goes, so that no blank one is left to end a list or a table.
        kept[first : last + 1] = [before + after if (before + after).strip() else None] + [None] * (last - first)
    return kept
