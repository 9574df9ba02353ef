"""The marks that a text has beside Markdown: regions, expiry blocks and suppressions in comments, and includes.

They are read line by line, whatever CommonMark makes of the text around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from kbtool.inline_regions import InlineRegion, names_one, scan_inline
from kbtool.near_marks import bogus_comments, near_marks
from kbtool.regions import Problem, Region, Span, comment_spans, fences, looks_marked, scan_regions

_EXPIRES = re.compile(r"<!--\s*(end\s+)?expires\b:?\s*(.*?)\s*--!?>\Z", re.DOTALL | re.IGNORECASE)
_SILENCE = re.compile(r"<!--\s*kbtool(?=\s*:|[\s_-]*ignore\b)", re.IGNORECASE)
_SNIPPET = re.compile(r"""[ \t]*(;*)-+8<-+(?:[ \t]+("(?:\\"|[^"])+"|'(?:\\'|[^'])+'))?\r?\Z""")


@dataclass(frozen=True, slots=True)
class Link:
    """A reference to something else, over `line` to `end_line` of the file.

    `target` is free of Markdown and HTML escapes, as a browser sees it; `column` (from 1) is where it stands in `line`,
    or 1 where it stands elsewhere; `kind` is "link", "image" or "include"; `audience` that of the innermost region.
    """

    target: str
    line: int
    end_line: int
    column: int
    kind: str
    audience: str | None


@dataclass(frozen=True, slots=True)
class Expiry:
    """An `<!-- expires DATE -->` block; `date` is as written, `end` is None when the block is never closed."""

    date: str
    start: int
    end: int | None


@dataclass(frozen=True, slots=True)
class SilenceMark:
    """A comment `<!-- kbtool: … -->`: what it says after the name, where it stands, and the lines that it is about."""

    said: str
    line: int
    column: int
    first: int
    last: int


class Marks(NamedTuple):
    """What a text says in marks of its own, line by line, whatever CommonMark makes of the text around them."""

    includes: tuple[Link, ...] = ()
    regions: tuple[Region, ...] = ()
    region_problems: tuple[Problem, ...] = ()
    comment_problem: Problem | None = None
    expiries: tuple[Expiry, ...] = ()
    inlines: tuple[InlineRegion, ...] = ()
    silences: tuple[SilenceMark, ...] = ()
    cut_matters: bool = False  #: there are parts for others, and besides them code or comments may begin elsewhere once those go


NO_MARKS = Marks()


def read_marks(body: str, first_line: int, audiences: frozenset[str], directives: frozenset[str]) -> Marks:
    """Return the marks of a body, whose first line is `first_line` of its file; `NO_MARKS` where nothing looks like one."""
    inlines, more = scan_inline(body, first_line=first_line, audiences=audiences, words=directives)
    more = (*more, *bogus_comments(body, first_line))
    near = any(near_marks(body, first_line, audiences))
    # One letter is found sooner than three.
    if not (inlines or more or near or looks_marked(body) or ("<" in body and ("8<-" in body or "<!--" in body))):
        return NO_MARKS
    lines = body.split("\n")
    regions, problems = scan_regions(lines, first_line=first_line, audiences=audiences, directives=directives)
    includes = tuple(
        Link(path, line, line, column, "include", innermost(regions, line))
        for path, _, line, column in snippets(lines, first_line)
    )
    spans, problem = comment_spans(body) if "<!--" in body else ([], None)
    problem = problem and replace(problem, line=problem.line + first_line - 1)
    more = (*more, *_crossings(body, spans, regions, first_line))
    told = {found.line for found in (*problems, *more)}
    missed = [found for found in near_marks(body, first_line, audiences, regions) if found.line not in told] if near else []
    problems = tuple(sorted((*problems, *more, *missed), key=lambda found: found.line))
    silences, expiries = tuple(_silences(body, spans, first_line)), tuple(_expiries(body, spans, first_line))
    cut_matters = bool(regions or inlines) and (names_one(body) or "<!--" in body)
    marks = Marks(includes, regions, problems, problem, expiries, inlines, silences, cut_matters)
    return NO_MARKS if marks == NO_MARKS else marks


def _crossings(body: str, comments: Sequence[Span], regions: Sequence[Region], first_line: int) -> Iterator[Problem]:
    """Yield a problem for each comment that begins in a region and ends behind it: readers would see its end once that is cut."""
    for start, end in comments if regions else ():
        line, last = body.count("\n", 0, start) + first_line, body.count("\n", 0, end) + first_line
        if any(region.start <= line <= region.end < last for region in regions):
            yield Problem(line, "a comment ends behind the ::: region in which it begins", "end it before the region does")


def innermost(regions: Sequence[Region], line: int) -> str | None:
    """Return the audience of the innermost region that a line is in."""
    inside = [region for region in regions if region.start <= line <= region.end]
    return max(inside, key=lambda region: region.depth).audience if inside else None


def _expiries(body: str, comments: Sequence[Span], first_line: int) -> list[Expiry]:
    done: list[Expiry] = []
    opened: list[Expiry] = []
    for start, end in comments:
        if match := _EXPIRES.match(body[start:end]):
            line = body.count("\n", 0, start) + first_line
            if not match[1]:
                opened.append(Expiry(match[2], line, None))
            elif not opened:
                done.append(Expiry("", line, line))
            else:
                dates = [block.date for block in opened] if match[2] else []
                place = dates.index(match[2]) if match[2] in dates else -1
                done.append(replace(opened.pop(place), end=line))
    return sorted(done + opened, key=lambda block: block.start)


def _silences(body: str, comments: Sequence[Span], first_line: int) -> Iterator[SilenceMark]:
    found = [(start, end, match) for start, end in comments if (match := _SILENCE.match(body[start:end]))]
    if not found:
        return
    bare = body
    for start, end, _ in reversed(found):  # the text without them, line for line
        bare = bare[:start] + "\n" * body.count("\n", start, end) + bare[end:]
    lines = bare.split("\n")
    code = list(fences(lines))
    for start, end, match in found:
        index, last = body.count("\n", 0, start), body.count("\n", 0, end)
        block = _block(lines, code, index, last)
        said = body[start + match.end() : end].removesuffix(">").rstrip("-!")
        yield SilenceMark(said, index + first_line, start - body.rfind("\n", 0, start),
                          block[0] + first_line, block[1] + first_line)


def _block(lines: Sequence[str], code: Sequence[Span], index: int, last: int) -> Span:
    """Return the block that a comment over these lines stands in, or else the next one: lines up to one that is empty."""
    start = index
    if not any(line.strip() for line in lines[index : last + 1]):
        start = next((number for number in range(last + 1, len(lines)) if lines[number].strip()), index)
    first = end = start
    while first > 0 and lines[first - 1].strip():
        first -= 1
    while end + 1 < len(lines) and (lines[end + 1].strip() or any(one <= end < other - 1 for one, other in code)):
        end += 1
    return first, max(end, last)


def snippets(lines: Sequence[str], first_line: int) -> Iterator[tuple[str, str, int, int]]:
    """Yield path, selection (`:1:5`, `:section` or nothing), line and column of each included file."""
    block = False
    for number, line in enumerate(lines, first_line):
        match = _SNIPPET.match(line) if "8<-" in line else None
        if match is None:
            path = line.strip() if block else ""
        elif match[1] or match[2] is None:
            block = block if match[1] else not block
            continue
        else:
            path = "" if block else match[2][1:-1].strip()
        if path and not path.startswith(";"):
            bare = _without_selection(path)
            yield bare, path[len(bare) :], number, line.index(path) + 1


def _without_selection(path: str) -> str:
    head = path.rstrip("-0123456789:,")
    colon = path.find(":", len(head))
    if colon < 0:
        head, _, section = path.rpartition(":")
        colon = len(head) if head and re.fullmatch(r"[A-Za-z][\w-]*", section) else len(path)
    return path[:colon]
