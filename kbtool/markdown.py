"""One parse per article body: headings, anchors, links, regions, expiry blocks and includes.

Python-Markdown renders the article later and is far too slow for a check, so pyromark (CommonMark) reads it here, after
the body was rewritten, line for line, into what CommonMark takes the same way: contents of admonitions and tabs lose
their indentation, comments and region markers go. Headings, anchors and targets come from pyromark's HTML, the lines of
links from its events, which are ten times as slow and asked for only where there is something to say about a link.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any
from urllib.parse import quote, unquote_to_bytes

import pyromark

from kbtool.anchors import attribute_id, slug, split_attributes, unique
from kbtool.commonmark import prepare
from kbtool.inline_regions import InlineRegion, without_markers
from kbtool.marks import NO_MARKS, Expiry, Link, Marks, innermost, read_marks
from kbtool.prose import digest
from kbtool.regions import Problem, Region, Span, region_markers

Slugify = Callable[[str, str], str]

_OPTIONS = (
    pyromark.Options.ENABLE_TABLES | pyromark.Options.ENABLE_FOOTNOTES | pyromark.Options.ENABLE_DEFINITION_LIST
)
_READ_ATTRIBUTES = frozenset({"href", "src", "id", "name", "markdown"})

_RAW_TAG = re.compile(r"<[A-Za-z](?:[^<>=\n]|\n[ \t>]*)*+=")

_TAG = re.compile(r"<[A-Za-z/!](?:[^<>\"']|\"[^\"]*\"|'[^']*')*+>")
_ATTRIBUTE = re.compile(
    r"([A-Za-z_:][\w:.-]*+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?"
)
_GENERATED_TARGET = re.compile(r'<(?:a href|img src)="([^"]*)"')
_HEADING = re.compile(r"<h([1-6])>(.*?)</h[1-6]>", re.DOTALL)
_CODE = re.compile(r"<code[ >].*?</code>", re.DOTALL)
_FOOTNOTE_REFERENCE = re.compile(r'<sup class="footnote-reference">.*?</sup>', re.DOTALL)
_FOOTNOTE = re.compile(r"\[\^([^\]\[\n]*)\](:?)")
_SHEBANG = re.compile(r"(?<=<code>)(?:#!|:::)[\w#.+-]+[ \t]+")
_ANY_ATTRIBUTES = re.compile(r"\{[^{}\n]*(?:#|id=)[^{}\n]*\}")
_FENCE_ATTRIBUTES = re.compile(r"(?:```|~~~)[^`~\n{]*(\{[^{}\n]*\})")
_UNSAFE = re.compile(r"[^\w\-.~!#$&'()*+,/:;=?@%^]|%[89A-Fa-f]")
_HIGH_BYTES = re.compile(r"(?:%[89A-Fa-f][0-9A-Fa-f])+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its level (1 to 6), its plain text, and the id it has on the rendered page."""

    level: int
    text: str
    anchor: str


def _canonical(target: str) -> str:
    """Write a target one way, however it got here: unsafe ASCII as %20, other characters as themselves."""
    target = html.unescape(target) if "&" in target else target
    if not _UNSAFE.search(target):
        return target
    target = _HIGH_BYTES.sub(_decoded, target)
    return "".join(c if c > "\x7f" or not _UNSAFE.match(c) else quote(c) for c in target)


def _decoded(match: re.Match[str]) -> str:
    try:
        return unquote_to_bytes(match[0]).decode()
    except UnicodeDecodeError:
        return match[0]


def _heading_text(inner: str) -> str:
    inner = _SHEBANG.sub("", inner) if "<code>" in inner else inner
    if "<" in inner:
        inner = _TAG.sub("", inner)
    return " ".join(html.unescape(inner).split())


def _tag_attributes(tag: str) -> Iterator[tuple[str, str]]:
    for name, double, single, bare in _ATTRIBUTE.findall(tag):
        if name.lower() in _READ_ATTRIBUTES:
            yield name.lower(), double or single or bare


class Markdown:
    """A parsed article body, made by `parse`; each property is computed when it is first asked for."""

    def __init__(
        self,
        read: Callable[[], str],
        first_line: int,
        marker_words: tuple[frozenset[str], frozenset[str]],
        slugify: tuple[Slugify, str],
    ) -> None:
        """Keep where the text is from and the options of `parse`; `marker_words` are audiences and directives."""
        self._read = read
        self.first_line = first_line
        self._marker_words = marker_words
        self._slugify, self._separator = slugify

    @property
    def body(self) -> str:
        """The text."""
        return self._read()

    @property
    def _lines(self) -> list[str]:
        return self.body.split("\n")

    @property
    def _prepared(self) -> str:  # not kept: it is as long as the body, and next to nobody asks twice
        if self.marks is NO_MARKS:
            return prepare(self.body, [])
        lines = self._lines
        unmarked = "\n".join(without_markers(lines, self.inlines, self.first_line)) if self.inlines else self.body
        return prepare(unmarked, [number for number, _ in region_markers(lines)])

    @cached_property
    def _html(self) -> str:
        text = pyromark.html(self._prepared, options=_OPTIONS)
        return _FOOTNOTE_REFERENCE.sub("", text) if "^" in self.body else text

    @cached_property
    def _raw_tags(self) -> list[list[tuple[str, str]]]:
        """The attributes of each tag of the page, only if there is raw HTML in the body."""
        body = self.body
        if "<" not in body or not _RAW_TAG.search(body):
            return []
        tags = (tag for tag in _TAG.findall(self._html) if "footnote-definition" not in tag)
        return [list(_tag_attributes(tag)) for tag in tags if "=" in tag]

    @cached_property
    def _listed_ids(self) -> set[str]:
        """The ids of attribute lists, and of raw HTML that holds Markdown."""
        holding = [tag for tag in map(dict, self._raw_tags) if "markdown" in tag]
        ids = {tag.get("id", "") for tag in holding}
        body = self.body
        if "{" in body and _ANY_ATTRIBUTES.search(body):
            lists = _ANY_ATTRIBUTES.findall(_CODE.sub("<>", self._html)) + _FENCE_ATTRIBUTES.findall(body)
            ids.update(attribute_id(found) or "" for found in lists)
        return ids - {""}

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        """The headings in order, with the ids that Python-Markdown gives them."""
        headings = []
        used, counters = set(self._listed_ids), dict[str, int]()
        for level, source in _HEADING.findall(self._html):
            if "\n" in source:  # an underlined paragraph of several lines is no heading for Python-Markdown
                continue
            inner, anchor = split_attributes(source) if "{" in source else (source, None)
            text = _heading_text(inner)
            if anchor is None:
                anchor = unique(self._slugify(text, self._separator), used, counters)
            headings.append(Heading(int(level), text, anchor))
        return tuple(headings)

    @cached_property
    def anchors(self) -> frozenset[str]:
        """Every id that a link can point to on the rendered page."""
        anchors = {heading.anchor for heading in self.headings} | self._listed_ids | self._footnote_ids
        for tag in self._raw_tags:
            anchors.update(value for name, value in tag if name in {"id", "name"} and value)
        return frozenset(anchors)

    @cached_property
    def _footnote_ids(self) -> set[str]:
        ids: set[str] = set()
        body = self.body
        if "^" in body:
            counts: dict[str, int] = {}
            for label, colon in _FOOTNOTE.findall(body):
                counts[label] = counts.get(label, 0) + (not colon)
                ids |= {f"fn:{label}", f"fnref{counts[label] if counts[label] > 1 else ''}:{label}"}
        return ids

    @cached_property
    def first_heading(self) -> str | None:
        """The text of the first heading of level 1."""
        return next((heading.text for heading in self.headings if heading.level == 1), None)

    @cached_property
    def words(self) -> int:
        """Roughly how many words a reader sees, code included."""
        return len(_TAG.sub(" ", self._html).split())

    @cached_property
    def words_digest(self) -> str:
        """What tells whether the words have changed, whatever their marks and wrapping."""
        return digest(self.body)

    @cached_property
    def mentioned(self) -> tuple[str, ...]:
        """The targets of all links and images in their order, each once; those of raw HTML come last. Footnotes are none."""
        found = dict.fromkeys(map(_canonical, _GENERATED_TARGET.findall(self._html)))
        for tag in self._raw_tags:
            found.update((_canonical(value), None) for name, value in tag if name in {"href", "src"})
        return tuple(found)

    @cached_property
    def targets(self) -> frozenset[str]:
        """The targets of all links and images, raw HTML's href and src too; footnotes are none."""
        return frozenset(self.mentioned)

    @cached_property
    def links(self) -> tuple[Link, ...]:
        """All links, images and includes with their lines, in order. This costs ten times what `targets` does."""
        places = _Places(self._prepared, self._lines, self.first_line)
        found = list(places.links())
        missing = self.targets - {link.target for link in found}
        found += [places.somewhere(target) for target in sorted(missing)]
        found = [replace(link, audience=innermost(self.regions, link.line)) for link in found]
        return tuple(sorted([*found, *self.includes], key=lambda link: link.line))

    @cached_property
    def marks(self) -> Marks:
        """What the text says in marks of its own."""
        return read_marks(self.body, self.first_line, *self._marker_words)

    @property
    def includes(self) -> tuple[Link, ...]:
        """The files that `--8<--` includes, in code fences too, as pymdownx.snippets does."""
        return self.marks.includes

    @property
    def regions(self) -> tuple[Region, ...]:
        """The parts for other audiences, in the order in which they begin."""
        return self.marks.regions

    @property
    def inlines(self) -> tuple[InlineRegion, ...]:
        """The parts of lines for other audiences, in the order in which they end."""
        return self.marks.inlines

    @property
    def region_problems(self) -> tuple[Problem, ...]:
        """What is wrong with the markers of regions."""
        return self.marks.region_problems

    @property
    def comment_problem(self) -> Problem | None:
        """What is wrong with the HTML comments, if anything."""
        return self.marks.comment_problem

    @property
    def expiries(self) -> tuple[Expiry, ...]:
        """The blocks between `<!-- expires DATE -->` and `<!-- end expires -->`, outside code."""
        return self.marks.expiries


class _Places:
    """Finds where links stand: the events of the prepared text, brought back to lines of the file."""

    def __init__(self, prepared: str, lines: Sequence[str], first_line: int) -> None:
        self._prepared = prepared
        self._bytes = prepared.encode()
        self._breaks = [match.start() for match in re.finditer(b"\n", self._bytes)]
        self._lines = lines
        self._first_line = first_line
        self._seen: dict[tuple[int, str], int] = {}

    def links(self) -> Iterator[Link]:
        """Yield the links in the order of the text, without audiences."""
        block: list[tuple[Span, str]] = []
        for event, place in pyromark.events_with_range(self._prepared, options=_OPTIONS):
            if isinstance(event, str):
                continue
            span = place["start"], place["end"]
            if "Html" in event:
                block.append((span, event["Html"]))
            elif "InlineHtml" in event:
                yield from self._raw([(span, event["InlineHtml"])])
            elif "End" in event:
                yield from self._raw(block)
                block = []
            elif "Start" in event:
                yield from self._link(event["Start"], span)

    def _link(self, tag: Any, span: Span) -> Iterator[Link]:
        for kind in ("Link", "Image") if isinstance(tag, dict) else ():
            if kind in tag:
                mail = "mailto:" if tag[kind]["link_type"] == "Email" else ""
                yield self._place(mail + tag[kind]["dest_url"], span, kind.lower())

    def _raw(self, pieces: Sequence[tuple[Span, str]]) -> Iterator[Link]:
        """Yield what raw HTML links to; its pieces lack what quotes or lists put before each line."""
        ends = list(accumulate(len(piece) for _, piece in pieces))
        for tag in _TAG.finditer("".join(piece for _, piece in pieces)):
            first, last = (pieces[bisect_right(ends, at)][0] for at in (tag.start(), tag.end() - 1))
            for name, value in _tag_attributes(tag[0]):
                if name in {"href", "src"}:
                    yield self._place(html.unescape(value), (first[0], last[1]), "image" if name == "src" else "link")

    def _place(self, target: str, span: Span, kind: str) -> Link:
        line = min(bisect_left(self._breaks, span[0] + 1), len(self._lines))
        end_line = min(max(bisect_left(self._breaks, span[1] - 1), line), len(self._lines))
        offset = self._first_line - 1
        return Link(_canonical(target), line + offset, end_line + offset, self._column(target, line), kind, None)

    def _column(self, target: str, line: int) -> int:
        text, seen = self._lines[line - 1], self._seen.get((line, target), 0)
        for before in ("(", "<", '"', "'", "") if target else ():
            position = text.find(before + target, seen)
            if position >= 0:
                position += len(before)
                self._seen[line, target] = position + len(target)
                return position + 1
        return 1

    def somewhere(self, target: str) -> Link:
        """Place a link that the events do not show, by its text."""
        line = next((number for number, text in enumerate(self._lines) if target in text), 0)
        line += self._first_line
        return Link(target, line, line, 1, "link", None)


def parse(  # noqa: PLR0913 - options of one site, all by keyword
    body: str | Callable[[], str],
    *,
    first_line: int = 1,
    audiences: frozenset[str] = frozenset({"public", "internal"}),
    directives: frozenset[str] = frozenset(),
    slugify: Slugify | None = None,
    separator: str = "-",
) -> Markdown:
    """Parse an article's body, whose first line is `first_line` of its file.

    A body that is a function is called when something is to be worked out. `directives` are the words that open a `:::`
    block which is no region; `slugify` and `separator` are the options of the site's toc extension. Nothing is computed
    before it is asked for, and no text is an error.
    """
    read = (lambda: body) if isinstance(body, str) else body
    return Markdown(read, first_line, (audiences, directives), (slugify or slug, separator))
