"""What is a region, a comment or code in an article's text: the scanners on which the editions' safety rests.

They read lines, not Markdown: where a region ends must not depend on how a renderer understands the text around it.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from typing import Protocol

Span = tuple[int, int]

FENCE = re.compile(r"([ \t>]*)(`{3,}|~{3,})[^`]*\Z")
#: Behind a fence that all renderers know for one: a language, then attributes or the options of pymdownx.
_SURE_FENCE = re.compile(
    FENCE.pattern.removesuffix(r"[^`]*\Z")
    + r"""(?:[ \t]*\.?[\w#.+-]+(?=[\s{]|\Z))?"""
    + r"""(?:[ \t]*\{[^\n`]*\}|(?:[ \t]*(?:title|linenums|hl_lines)=(?:"[^"`]*"|'[^'`]*'))*)[ \t\r]*\Z"""
)
_DIAGRAM = re.compile(r"[ \t>]*[`~]{3,}[ \t]*(?:\{[ \t]*)?\.?mermaid\b", re.IGNORECASE)
_DIAGRAM_COMMENT = re.compile(r"[ \t>]*%%(?!\{)")  # %%{init: …}%% is a setting
_HTML_BLOCK = re.compile(r"[ \t>]*(?:(?:[-*+:]|\d+[.)])[ \t]+)?<([A-Za-z][\w-]*)")
_HTML_TAG = re.compile(r"<(/?)([A-Za-z][\w-]*)")
_VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
GAP = re.compile(r"\n[ \t]*\n")
_EMPTY_COMMENT = re.compile(r"<!---?>")
_COMMENT_END = re.compile(r"--!?>")
_BREAK = re.compile(r"\n")
_TICKS = re.compile(r"(?P<escape>\\?)(?P<run>`+)")
# What nobody sees before a marker must not make it text.
_LEAD = r"[\s>\u00ad\u061c\u115f\u1160\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\U000e0000-\U000e007f]"
_MARKER = re.compile(
    rf"{_LEAD}*(?:(?:[-*+]|\d+[.)])\s{_LEAD}*)*:{{3,}}\s*(?P<word>[^\s\[{{:][^\s\[{{]*)?(?P<rest>.*)\Z", re.DOTALL
)


_WIDE = "\uff1a\uff1a\uff1a"  #: what some keyboards write for :::
_PARTS = re.compile("[|\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|<[^<>]*>")
_ALONE = re.compile(r"[^\w`\\:\uff1a]*(?::{3,}|\uff1a{3,})[^\w`]*(\w[\w-]*)[^\w`]*")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")  #: what mkdocstrings puts behind :::, which no audience can be called


@dataclass(frozen=True, slots=True)
class Region:
    """A part for one audience, from marker to marker (lines of the file); the outermost has depth 1."""

    audience: str
    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the text that cannot be understood, and what to do about it."""

    line: int
    message: str
    hint: str


def code_mask(lines: Sequence[str]) -> list[bool]:
    """Tell for each line whether it belongs to a fenced code block, its delimiters included."""
    mask = [False] * len(lines)
    for start, end in fences(lines):
        mask[start:end] = [True] * (end - start)
    return mask


def fences(lines: Sequence[str], opening: re.Pattern[str] = FENCE) -> Iterator[Span]:
    """Yield the fenced code blocks as spans of lines, delimiters included; `opening` says what begins one.

    The rules are those of pymdownx.superfences: any indentation, which the content must keep; an end fence of the same
    length; a fence that is never closed is no code.
    """
    start, prefix, fence = -1, "", ""
    for number, line in enumerate(lines):
        if start < 0:
            if ("```" in line or "~~~" in line) and (match := opening.match(line)):
                start, prefix, fence = number, match[1].expandtabs(4), match[2]
            continue
        text = line.expandtabs(4)
        if not text.strip(" \r>" if ">" in prefix else None):
            continue
        if not text.startswith(prefix[: prefix.rfind(">") + 1] or prefix):
            start = -1
        elif text[len(prefix) :].rstrip() == fence:
            yield start, number + 1
            start = -1


def diagram_comments(lines: Sequence[str]) -> Iterator[int]:
    """Yield the index of each line that is a comment of a diagram: no reader sees it, and the source of a page would have it."""
    for start, end in fences(lines):
        if _DIAGRAM.match(lines[start]):
            yield from (number for number in range(start + 1, end - 1) if _DIAGRAM_COMMENT.match(lines[number]))


def comment_spans(body: str) -> tuple[list[Span], Problem | None]:
    """Find the HTML comments outside fenced and inline code, as character offsets.

    Where it is not sure that a renderer takes something for code, a comment there is one: else its page would have it.
    A comment that is never closed is no span but the problem that comes with them (its line counts from 1 in `body`).
    """
    if "<!--" not in body:
        return [], None
    inside_code, surely_code = code_test(body), SureCode(body)
    spans: list[Span] = []
    start = body.find("<!--")
    while start >= 0:
        end = start + 4
        if not surely_code.holds(start):
            closing = _comment_end(body, start, inside_code)
            if closing is None:
                line = body.count("\n", 0, start) + 1
                return spans, Problem(line, "an HTML comment is never closed", "add --> where the comment ends")
            end = closing
            spans.append((start, end))
        start = body.find("<!--", end)
    return spans, None


def _comment_end(body: str, start: int, inside_code: CodeTest) -> int | None:
    if empty := _EMPTY_COMMENT.match(body, start):
        return empty.end()
    closers = _COMMENT_END.finditer(body, start + 4)
    return next((found.end() for found in closers if not inside_code(found.start(), inline=False)), None)


class SureCode:
    """Tells which places of a body each renderer takes for code: a block is not what stands between two empty lines."""

    def __init__(self, body: str) -> None:
        self._lines = body.split("\n")
        self._ends = list(accumulate(len(line) + 1 for line in self._lines))
        self._fenced = [False] * len(self._lines)
        self._blocks: dict[int, list[Span]] = {}
        if "```" in body or "~~~" in body:
            for start, end in fences(self._lines, opening=_SURE_FENCE):
                self._fenced[start:end] = [True] * (end - start)

    def holds(self, position: int) -> bool:
        """Return whether a place is in fenced or inline code, whatever reads it."""
        number = bisect_right(self._ends, position)
        if self._fenced[number] or "`" not in self._lines[number]:
            return self._fenced[number]
        if self._raw[number]:
            return False
        first = self._first(number)
        if first not in self._blocks:
            last = next((at for at in range(number, len(self._lines)) if self._is_gap(at)), len(self._lines))
            self._blocks[first] = sure_code(self._lines[first:last])
        return within(self._blocks[first], position - (self._ends[first - 1] if first else 0))

    def is_raw(self, number: int) -> bool:
        """Return whether a line may be in a block of raw HTML."""
        return self._raw[number]

    def _first(self, number: int) -> int:
        return next((at + 1 for at in range(number, -1, -1) if self._is_gap(at)), 0)

    def _is_gap(self, number: int) -> bool:
        return self._fenced[number] or not self._lines[number].strip(" \t\r")

    @cached_property
    def _raw(self) -> list[bool]:
        """Tell for each line whether it may be in a block of raw HTML, where backticks mean nothing."""
        mask, name, depth = [False] * len(self._lines), "", 0
        for number, line in enumerate(self._lines):
            if self._fenced[number]:
                continue
            opened = None if depth else _HTML_BLOCK.match(line)
            if opened:
                name = opened[1].lower()
            mask[number] = bool(depth or opened)
            if mask[number] and name not in _VOID:
                depth = max(depth + sum(-1 if sign else 1 for sign, tag in _HTML_TAG.findall(line) if tag.lower() == name), 0)
        return mask


def sure_code(lines: Sequence[str]) -> list[Span]:
    """Return the inline code of a block, none if a run of backticks could be read in two ways: escaped, or over several lines."""
    found: list[Span] = []
    start = 0
    for line in lines:
        edges = inline_code(line) if "`" in line else []
        pairs = list(zip(edges[::2], edges[1::2], strict=True))
        rest = "".join(line[end:begin] for end, begin in zip([0, *edges[1::2]], [*edges[::2], len(line)], strict=True))
        if "`" in rest or "\\`" in line:
            return []
        found += [(start + begin, start + end) for begin, end in pairs]
        start += len(line) + 1
    return found


def within(spans: Sequence[Span], at: int) -> bool:
    """Return whether a place is in one of these spans, which are sorted and apart."""
    number = bisect_right(spans, (at, len(spans) and spans[-1][1])) - 1
    return number >= 0 and spans[number][0] <= at < spans[number][1]


class CodeTest(Protocol):
    """Says whether a position of a text is in fenced code or, if asked, in inline code."""

    def __call__(self, position: int, /, *, inline: bool) -> bool:
        """Return it for one position."""
        ...


def code_test(body: str) -> CodeTest:
    """Return a test whether a position of a body is in fenced code or, if asked, in inline code."""
    fenced = code_mask(body.split("\n")) if "```" in body or "~~~" in body else []
    breaks = [match.start() for match in _BREAK.finditer(body)] if any(fenced) else []
    gaps = [0, *(match.end() for match in GAP.finditer(body)), len(body)] if "`" in body else []
    paragraphs: dict[int, list[int]] = {}

    def inside_code(position: int, /, *, inline: bool) -> bool:
        if breaks and fenced[bisect_left(breaks, position)]:
            return True
        if not inline or not gaps:
            return False
        number = bisect_right(gaps, position)
        if number not in paragraphs:
            first = gaps[number - 1]
            paragraphs[number] = [first + edge for edge in inline_code(body[first : gaps[number]])]
        return bisect_right(paragraphs[number], position) % 2 == 1

    return inside_code


def inline_code(paragraph: str) -> list[int]:
    """Return where inline code begins, ends, begins …: a run of backticks lasts until the next one of its length."""
    runs = list(_TICKS.finditer(paragraph))
    following: dict[int, int] = {}
    closers: dict[int, int] = {}
    for index in range(len(runs) - 1, -1, -1):
        length = len(runs[index]["run"])
        closers[index] = following.get(length, -1)
        following[length] = index
    edges, index = [], 0
    while index < len(runs):
        if runs[index]["escape"] or closers[index] < 0:
            index += 1
            continue
        edges += [runs[index].start(), runs[closers[index]].end()]
        index = closers[index] + 1
    return edges


def scan_regions(
    lines: Sequence[str], *, first_line: int = 1, audiences: frozenset[str], directives: frozenset[str] = frozenset()
) -> tuple[tuple[Region, ...], tuple[Problem, ...]]:
    """Find `::: audience` … `:::`, in code fences too, and whatever is wrong with their markers.

    An unknown word opens a region of that name, so what it encloses is in no known audience; so does a marker that is
    never closed, up to the last line. A word of `directives` opens a block of its own, which is no region.
    """
    regions: list[Region] = []
    problems: list[Problem] = []
    opened: list[tuple[int, str | None, int]] = []
    for number, match in region_markers(lines):
        line, word, rest = number + first_line, match["word"], match["rest"].strip()
        depth = opened[-1][2] if opened else 0
        if not word and not rest:
            if opened:
                _close(regions, opened, line)
            else:
                problems.append(Problem(line, "::: closes a region that was never opened", "remove the line"))
        elif word in directives:
            opened.append((line, None, depth))
        else:
            opened.append((line, word or rest, depth + 1))
            problems += _marker_problems(line, word or rest, rest if word else "", audiences)
    problems += _misplaced(lines, first_line, audiences)
    while opened:
        if not _DOTTED.fullmatch(opened[-1][1] or ""):  # of which enough is said
            problems.append(Problem(opened[-1][0], "this ::: block is never closed", "add a line ::: where it ends"))
        _close(regions, opened, max(len(lines) - 1 + first_line, opened[-1][0]))
    return tuple(sorted(regions, key=lambda region: region.start)), tuple(sorted(problems, key=lambda p: p.line))


def looks_marked(text: str) -> bool:
    """Return whether a text may have a marker of a region, or what somebody took for one."""
    return ":::" in text or _WIDE in text


def _misplaced(lines: Sequence[str], first_line: int, audiences: frozenset[str]) -> Iterator[Problem]:
    """Yield a problem for each marker that is none, since it does not begin its line, or is written with wide colons."""
    found = [(number, word) for number, line in enumerate(lines) if looks_marked(line) and (word := _marks(line)) in audiences]
    code = code_mask(lines) if found else []
    for number, word in found:
        if not code[number]:
            hint = "put it on a line of its own, or show it as code, between backticks"
            yield Problem(number + first_line, f"::: {word} begins no region here", hint)


def _marks(line: str) -> str:
    """Return the word behind colons that stand alone in a cell, an element or another part of a line, yet not first in it."""
    if _WIDE not in line and _MARKER.match(line):
        return ""
    return next((match[1] for part in _PARTS.split(line) if (match := _ALONE.fullmatch(part))), "")


def region_markers(lines: Sequence[str]) -> Iterator[tuple[int, re.Match[str]]]:
    """Yield the index of each line that is a `:::` marker, opening or closing, and its match."""
    for number, line in enumerate(lines):
        if ":::" in line and (match := _MARKER.match(line)):
            yield number, match


def _close(regions: list[Region], opened: list[tuple[int, str | None, int]], line: int) -> None:
    start, audience, depth = opened.pop()
    if audience is not None:
        regions.append(Region(audience, start, line, depth))


def _marker_problems(line: int, word: str, rest: str, audiences: frozenset[str]) -> Iterator[Problem]:
    if _DOTTED.fullmatch(word):
        hint = "kbtool runs no mkdocstrings: keep pages that are made from code out of the content folder"
        yield Problem(line, f"unknown audience {word!r}", hint)
    elif word not in audiences:
        nearest = difflib.get_close_matches(word.lower(), sorted(audiences), n=1)
        known = f"known audiences: {', '.join(sorted(audiences))}; words of other tools belong into `directives`"
        hint = f"did you mean {nearest[0]!r}?" if nearest else known
        yield Problem(line, f"unknown audience {word!r}", hint)
    elif rest:
        yield Problem(line, f"unexpected {rest!r} after ::: {word}", "put nothing after the audience's name")
