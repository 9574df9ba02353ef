"""What is a region, a comment or code in an article's text: the scanners on which the editions' safety rests.

They read lines, not Markdown: where a region ends must not depend on how a renderer understands the text around it.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

Span = tuple[int, int]

FENCE = re.compile(r"([ \t>]*)(`{3,}|~{3,})[^`]*\Z")
GAP = re.compile(r"\n[ \t]*\n")
_EMPTY_COMMENT = re.compile(r"<!---?>")
_COMMENT_END = re.compile(r"--!?>")
_BREAK = re.compile(r"\n")
_TICKS = re.compile(r"(?P<escape>\\?)(?P<run>`+)")
_LEAD = r"[\s>\u200b-\u200f\u2060\ufeff]"  # what nobody sees before a marker must not make it text
_MARKER = re.compile(
    rf"{_LEAD}*(?:(?:[-*+]|\d+[.)])\s{_LEAD}*)*:{{3,}}\s*(?P<word>[^\s\[{{:][^\s\[{{]*)?(?P<rest>.*)\Z", re.DOTALL
)


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


def fences(lines: Sequence[str]) -> Iterator[Span]:
    """Yield the fenced code blocks as spans of lines, delimiters included.

    The rules are those of pymdownx.superfences: any indentation, which the content must keep; an end fence of the same
    length; a fence that is never closed is no code.
    """
    start, prefix, fence = -1, "", ""
    for number, line in enumerate(lines):
        if start < 0:
            if ("```" in line or "~~~" in line) and (match := FENCE.match(line)):
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


def comment_spans(body: str) -> tuple[list[Span], Problem | None]:
    """Find the HTML comments outside fenced and inline code, as character offsets.

    A comment that is never closed is no span but the problem that comes with them (its line counts from 1 in `body`).
    """
    if "<!--" not in body:
        return [], None
    inside_code = code_test(body)
    spans: list[Span] = []
    start = body.find("<!--")
    while start >= 0:
        end = start + 4
        if not inside_code(start, inline=True):
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
    while opened:
        problems.append(Problem(opened[-1][0], "this ::: block is never closed", "add a line ::: where it ends"))
        _close(regions, opened, max(len(lines) - 1 + first_line, opened[-1][0]))
    return tuple(sorted(regions, key=lambda region: region.start)), tuple(sorted(problems, key=lambda p: p.line))


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
    if word not in audiences:
        nearest = difflib.get_close_matches(word.lower(), sorted(audiences), n=1)
        hint = f"did you mean {nearest[0]!r}?" if nearest else f"known audiences: {', '.join(sorted(audiences))}"
        yield Problem(line, f"unknown audience {word!r}", hint)
    elif rest:
        yield Problem(line, f"unexpected {rest!r} after ::: {word}", "put nothing after the audience's name")
