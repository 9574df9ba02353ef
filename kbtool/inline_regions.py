"""Regions within a line, `[text]{.internal}`: where each begins and ends, or what keeps that from being clear.

Where readers for whom it is not would see more than its author meant, nothing is guessed: a bracket that might open the region
elsewhere, or a list of attributes that names an audience and encloses nothing, is a problem, and no site is published.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kbtool.regions import Problem, Span, comment_spans, fences, region_markers, sure_code, within

_LIST = re.compile(r"\{:?(?P<list>[^{}\n]*+)(?P<close>\}?)")
_CLASS = re.compile(r"\.[A-Za-z_]\S*")
_NAMES_ONE = re.compile(r"\{(?:(?<=\]\{)|(?:[^{}\n]*\s|:)?\.[A-Za-z_])")  # a list that comes after a bracket, or has a class
_REFERENCE = re.compile(r"(?:\A|\n)[ \t>]*\[(?!\^)([^\]\n]+)\]:")
# What comes before a place that cannot hold a tag, since it becomes an attribute of one; and how a line of such begins.
_ATTRIBUTE = re.compile(r"!\[[^\]]*\Z|\]\([^()\s]*\s+[\"'(][^\"']*\Z|<[A-Za-z/][^<>]*\Z|\{[^{}]*\Z")
_ATTRIBUTE_LINE = re.compile(r"[ \t>]*(?:\*\[[^\]]+\]:|\[(?!\^)[^\]]+\]:|!!!|\?\?\?|===|`{3,}|~{3,})")
_NEAR = 200  #: characters before a place that are looked at
_OPENING = "put a backslash before a bracket that is only a sign, or use ::: lines"


@dataclass(frozen=True, slots=True)
class InlineRegion:
    """A part of a line, or of a paragraph, for one audience: from its bracket to the end of `{.audience}`.

    Lines are of the file and count from 1, columns from 0; `marker` is the column of the closing bracket in the last line.
    """

    audience: str
    line: int
    column: int
    end_line: int
    end_column: int
    marker: int
    attribute: bool = False  #: it stands where no tag can: in a title, or in the text of an image

    def text(self, lines: Sequence[str], first_line: int) -> str:
        """Return what it encloses; the lines begin with number `first_line`."""
        inside = list(lines[self.line - first_line : self.end_line - first_line + 1])
        inside[-1] = inside[-1][: self.marker]
        inside[0] = inside[0][self.column + 1 :]
        return "\n".join(inside)


def scan_inline(
    body: str, *, first_line: int = 1, audiences: frozenset[str], words: frozenset[str] = frozenset()
) -> tuple[tuple[InlineRegion, ...], tuple[Problem, ...]]:
    """Find `[text]{.audience}` outside code and comments, and whatever is wrong with one.

    `words` are classes of other tools, whose brackets are left alone; so are links by reference with attributes of their own.
    """
    if not names_one(body):
        return (), ()
    lines = body.split("\n")
    reader = _Reader(body, lines, first_line, audiences, words)
    for start, end in _blocks(lines):
        if any("{" in line for line in lines[start:end]):
            reader.read(start, end)
    return tuple(reader.found), tuple(reader.problems)


def names_one(text: str) -> bool:
    """Return whether a text, or a text made of some of its lines, may have a list of attributes that names an audience."""
    return "{" in text and _NAMES_ONE.search(text) is not None  # nearly all braces are of code


def without_markers(lines: Sequence[str], found: Sequence[InlineRegion], first_line: int) -> list[str]:
    """Return the lines with the brackets of regions and their `{.audience}` taken away, and all that they enclose."""
    kept = list(lines)
    for line, start, end in sorted(_markers(found), reverse=True):
        text = kept[line - first_line]
        kept[line - first_line] = text[:start] + text[end:]
    return kept


def _markers(found: Sequence[InlineRegion]) -> Iterator[tuple[int, int, int]]:
    for one in found:
        yield one.line, one.column, one.column + 1
        yield one.end_line, one.marker, one.end_column


def _blocks(lines: Sequence[str]) -> Iterator[Span]:
    """Yield what a region cannot lead out of: lines between empty ones, markers and code; the first line of code is one too."""
    code = [False] * len(lines)
    alone = {number for number, _ in region_markers(lines)}
    for start, end in fences(lines):
        code[start + 1 : end] = [True] * (end - start - 1)
        alone.add(start)
    first = 0
    for number, line in enumerate(lines):
        if code[number] or number in alone or not line.strip(" \t>\r"):
            if first < number:
                yield first, number
            if number in alone:
                yield number, number + 1
            first = number + 1
    if first < len(lines):
        yield first, len(lines)


class _Openers(NamedTuple):
    """Where the bracket opens that one closes, if only signs count that are neither escaped nor in code, and if all count."""

    strict: int | None
    loose: int | None
    pending: bool  #: whether a bracket before it is open as well


class _Reader:
    """Reads the blocks of one body."""

    def __init__(
        self, body: str, lines: Sequence[str], first_line: int, audiences: frozenset[str], words: frozenset[str]
    ) -> None:
        self.found: list[InlineRegion] = []
        self.problems: list[Problem] = []
        self._lines, self._first_line = lines, first_line
        self._audiences, self._words = audiences, words
        self._folded = {audience.casefold() for audience in audiences}
        self._comments = comment_spans(body)[0] if "<!--" in body else []
        self._labels = {found.casefold() for found in _REFERENCE.findall(body)} if "]:" in body else set()
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line) + 1)

    def read(self, first: int, last: int) -> None:
        """Read the lines of one block."""
        text = "\n".join(self._lines[first:last])
        start = self._starts[first]
        code = sure_code(self._lines[first:last])
        hidden = [(begin - start, end - start) for begin, end in self._comments]
        matches = [
            match for match in _LIST.finditer(text)
            if not within(code, match.start()) and not within(hidden, match.start()) and not _escaped(text, match.start())
        ]
        told = [(match, self._classes(match)) for match in matches]
        if any(said for _, said in told):
            brackets = _brackets(text, code, hidden)
            for match, said in told:
                if said:
                    self._judge(text, match, said, brackets, first)

    def _classes(self, match: re.Match[str]) -> list[str]:
        """Return the classes that a list names, if it may be meant for an audience."""
        tokens = match["list"].split()
        after = match.start() and match.string[match.start() - 1] == "]"
        if after and len(tokens) == 1 and tokens[0] in self._audiences:
            return [tokens[0]]
        found = [part for token in tokens if _CLASS.fullmatch(token) for part in self._parts(token)]
        named = [one for one in found if one.casefold() in self._folded]
        if not after:
            return named if match["close"] else []
        return named or (found if match["close"] and len(tokens) == 1 else [])

    def _parts(self, token: str) -> list[str]:
        return [token[1:]] if token[1:] in self._audiences else [part for part in token.split(".") if part]

    def _judge(
        self, text: str, match: re.Match[str], said: list[str], brackets: dict[int, _Openers], first: int
    ) -> None:
        """Keep one region, or say what is wrong with it."""
        closing = match.start() - 1
        line = self._line(first, match.start()) + self._first_line
        if closing < 0 or text[closing] != "]":
            hint = f"write [text]{{.{said[0]}}}, and links inside: [[text](url)]{{.{said[0]}}}"
            self._problem(line, f"{{.{said[0]}}} encloses nothing", hint)
            return
        opener = brackets.get(closing, _Openers(None, None, pending=False))
        if _escaped(text, closing):
            if said[0] in self._audiences:
                hint = "put the backslash before the first bracket to show it, or take it away"
                self._problem(line, f"the bracket before {{.{said[0]}}} is escaped", hint)
        elif opener.strict is None and opener.loose is not None and _escaped(text, opener.loose):
            pass  # it is shown, not meant
        elif said[0] not in self._audiences:
            self._unknown(text, opener, said[0], line)
        else:
            self._region(text, match, said, opener, first)

    def _unknown(self, text: str, opener: _Openers, word: str, line: int) -> None:
        at = opener.strict
        if word.casefold() not in self._folded and (word in self._words or (at is not None and self._is_link(text, at))):
            return
        nearest = difflib.get_close_matches(word.lower(), sorted(self._audiences), n=1)
        known = f"known audiences: {', '.join(sorted(self._audiences))}; words of other tools belong into `directives`"
        self._problem(line, f"unknown audience {word!r}", f"did you mean {nearest[0]!r}?" if nearest else known)

    def _is_link(self, text: str, at: int) -> bool:
        label = text[at + 1 : at + 1000].partition("]")[0]
        if text[at - 1 : at] in ("]", "!") or label.startswith(("^", "[")):
            return True
        return label.casefold() in self._labels

    def _region(self, text: str, match: re.Match[str], said: list[str], opener: _Openers, first: int) -> None:
        at, audience = opener.strict, said[0]
        line = self._line(first, match.start()) + self._first_line
        if trouble := _trouble(text, match, opener):
            self._problem(line, f"{trouble} [text]{{.{audience}}}", _OPENING)
        elif match["list"].strip() != f".{audience}" or not match["close"]:
            hint = f"write {{.{audience}}} and nothing else in the braces"
            self._problem(line, f"{match[0]!r} is more or less than an audience", hint)
        elif at is not None:
            begin = self._line(first, at)
            column = self._starts[first] + at - self._starts[begin]
            base = self._starts[first] - self._starts[line - self._first_line]
            self.found.append(InlineRegion(
                audience, begin + self._first_line, column, line, base + match.end(), base + match.start() - 1,
                attribute=_in_attribute(self._lines[begin], column),
            ))

    def _line(self, first: int, at: int) -> int:
        """Return the index of the line that has a place of the block that begins with line `first`."""
        return bisect_right(self._starts, self._starts[first] + at) - 1

    def _problem(self, line: int, message: str, hint: str) -> None:
        self.problems.append(Problem(line, message, hint))


def _in_attribute(line: str, column: int) -> bool:
    near = line[max(column - _NEAR, 0) : column]
    return _ATTRIBUTE_LINE.match(line, 0, column) is not None or _ATTRIBUTE.search(near) is not None


def _trouble(text: str, match: re.Match[str], opener: _Openers) -> str:
    """Return what keeps a region from being clear, or nothing."""
    at = opener.strict
    if at is None:
        return "no bracket opens"
    if opener.loose is not None and opener.loose != at:
        return "it is not clear which bracket opens"
    if opener.pending:
        return "a bracket before it is never closed:"
    if text[at - 1 : at] == "]":
        return "a link by reference must stand inside of it:"
    return "what follows would be left of a link:" if text.startswith("(", match.end()) else ""


def _brackets(text: str, code: Sequence[Span], hidden: Sequence[Span]) -> dict[int, _Openers]:
    """Return for each closing bracket where it opens."""
    strict: list[int] = []
    loose: list[int] = []
    found: dict[int, tuple[int | None, int | None]] = {}
    for match in re.finditer(r"[\[\]]", text):
        at, sign = match.start(), match[0]
        plain = not (_escaped(text, at) or within(code, at) or within(hidden, at))
        if sign == "[":
            loose.append(at)
            if plain:
                strict.append(at)
        else:
            other = loose.pop() if loose else None
            found[at] = (strict.pop() if plain and strict else None, other)
    unclosed = min(strict, default=len(text))
    return {at: _Openers(one, other, pending=unclosed < at) for at, (one, other) in found.items()}


def _escaped(text: str, at: int) -> bool:
    start = at
    while start and text[start - 1] == "\\":
        start -= 1
    return (at - start) % 2 == 1
