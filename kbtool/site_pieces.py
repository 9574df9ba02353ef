"""Reads pages that repeat each other piece by piece, so that what was read once is not read again.

The pages of a site share their navigation. A page is cut before some tags, and a piece is passed over if it stood behind the
same words before. That misses nothing, because

- a piece ends where no tag, comment or escape is open, in any way of reading the page: how a text is read does not depend on
  where it was cut;
- each piece is searched behind so much of the text before it as surely has more words than anything that is looked for: what
  ends in this piece has begun there. That is its context, and what was found in a piece is remembered for it and its context.

Most of what is on one page is on no other. So pieces that are met for the first time are searched together, and remembered
from the second time on.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from operator import methodcaller
from typing import Generic, NamedTuple, Protocol, TypeVar

from kbtool.site_words import (
    BARRIER,
    GLUE,
    QUOTED_TAG,
    UNQUOTED_TAG,
    comment_readings,
    decode_escapes,
    fold_words,
    has_hidden_tag,
)

_SECTION, _ENTRY = b"<nav", b"<li"  # what pages repeat
_TRIES = 16  # times that more is added to get a piece that can stand alone
# What a tag begins and the piece does not end: more text could make it a tag, or another one. It comes before a tag in which
# quotes do not matter, and is none.
_UNENDED = QUOTED_TAG.removesuffix(">") + r"""(?:["']|\Z)"""
_TAGS = re.compile(f"({QUOTED_TAG}|{_UNENDED}|{UNQUOTED_TAG})")

_ENDS = methodcaller("endswith", ">")

Hit = TypeVar("Hit")
Found = TypeVar("Found")
Hits = dict[Hit, None]  # a set that keeps its order
_Key = tuple[int, bytes]  # number of a context, and piece


class Parts(NamedTuple):
    """A piece taken apart.

    `words` are so many as it has at least, however it is read and whatever is next to it; 0 if it cannot stand alone.
    `text` is what is between its tags, with `GLUE` for them; None if there is more than one way to read it.
    """

    words: int
    text: str | None = None
    tags: Sequence[str] = ()


def take_apart(text: str) -> Parts:
    """Take a piece apart."""
    if not (text[-1:].isspace() or text.endswith(">")):  # then an escape or a word may go on behind it
        return Parts(0)
    runs_on = text.endswith(">")  # its last word may run into the next piece
    if "<!--" in text or GLUE in text or BARRIER in text or has_hidden_tag(text):
        readings = [text, decode_escapes(text)] if has_hidden_tag(text) else [text]
        words = min(_take_apart(one).words for plain in readings for one in comment_readings(plain.replace(GLUE, " ")))
        return Parts(max(0, words - runs_on))
    parts = _take_apart(text)
    return parts._replace(words=max(0, parts.words - runs_on))


def _take_apart(text: str) -> Parts:
    pieces = _TAGS.split(text)
    tags = pieces[1::2]
    if "<!--" in text or not all(map(_ENDS, tags)):
        return Parts(0)
    glued = GLUE.join(pieces[::2])
    chunks = glued.split()
    joined = glued.replace(GLUE, "")
    words = sum(map(str.isalnum, joined.split()) if joined.isascii() else map(_is_word, chunks))
    # A word at an end may run into what is next to it; elsewhere tags beside white space part nothing.
    bare = " ".join(filter(None, [chunk.strip(GLUE) for chunk in chunks]))
    if not bare:
        return Parts(words, glued[:1], tags)
    before, after = _edge(glued[:1], chunks[0]), _edge(glued[-1:], chunks[-1])
    return Parts(words, f"{before}{bare}{after}", tags)


def _edge(char: str, chunk: str) -> str:
    """Return what is between a text that begins or ends with this and what is next to it."""
    if char.isspace() or (char == GLUE and not chunk.strip(GLUE)):
        return " "
    return GLUE if char == GLUE else ""


def _is_word(chunk: str) -> bool:
    """Return whether what is between white space is surely a word, also when tags in it run it together."""
    joined = chunk.replace(GLUE, "")
    # Letters and digits of ASCII are one word, and no escape.
    return joined.isalnum() if joined.isascii() else bool(fold_words(joined))


class Search(Protocol[Found]):
    """Finds things in what pages are made of; `Hits` keep the order."""

    def page(self, text: str) -> Hits[Found]:
        """Return what is in a text with tags, in any way of reading it."""
        ...

    def words(self, text: str) -> Hits[Found]:
        """Return what is in a text with `GLUE` for its tags."""
        ...

    def tags(self, tags: Iterable[str]) -> Hits[Found]:
        """Return what is in tags."""
        ...


class Pieces(Generic[Hit]):
    """Searches pages and remembers what it has read."""

    def __init__(self, search: Search[Hit], span: int) -> None:
        """Begin with nothing read; what `search` finds has at most `span` words."""
        self.search, self._span = search, span
        self.contexts: list[Context] = [Context("")]  # at first the beginning of a page
        self._numbers: dict[Context, int] = {Context(""): 0}  # context -> its place in that list
        self.met: set[bytes] = set()  # pieces that were read once, with what is next to them
        self._parts: dict[bytes, Parts] = {}
        self.steps: dict[_Key, int] = {}  # the context behind a piece that was searched
        self.hits: dict[_Key, Hits[Hit]] = {}  # what was found in such a piece, if anything
        self.sections: dict[_Key, int] = {}  # the context behind many pieces without a hit

    def read(self, page: bytes) -> Hits[Hit]:
        """Return what is in a page.

        Raises:
            UnicodeDecodeError: something in it that is new is not UTF-8.
        """
        reader = _Reader(self)
        for number, section in enumerate(page.split(_SECTION)):
            reader.take_section(section, _SECTION if number else b"")
        return reader.end()

    def parts(self, piece: bytes) -> Parts:
        """Take a piece apart that comes more than once."""
        if piece not in self._parts:
            self._parts[piece] = take_apart(piece.decode())
        return self._parts[piece]

    def behind(self, number: int, parts: Parts, piece: bytes) -> int:
        """Return the context behind a piece: the last words, more of them than anything that is looked for has."""
        before = self.contexts[number]
        if parts.words > self._span:
            before = Context("", plain=parts.text is not None)
        if parts.text is None or not before.plain:  # to be read in several ways again
            context = Context(before.page + piece.decode(), plain=False)
        else:
            context = Context(self._end_of(before.text + parts.text))
        if context not in self._numbers:
            self._numbers[context] = len(self.contexts)
            self.contexts.append(context)
        return self._numbers[context]

    def _end_of(self, text: str) -> str:
        for most in (4 * self._span, -1):  # few are enough, as a rule
            words, chunks = 0, text.rsplit(None, most)
            for at in range(len(chunks) - 1, 0, -1):
                chunk = chunks[at]
                words += (chunk.isascii() and chunk.isalnum()) or _is_word(chunk)  # the first is the same, and faster
                if words > self._span:
                    end = GLUE if text.endswith(GLUE) else " " if text[-1:].isspace() else ""
                    return " ".join(chunks[at:]).rstrip(GLUE) + end
        return text


class Context(NamedTuple):
    """The text before a piece, with `GLUE` for its tags; or with the tags, if there is more than one way to read it."""

    text: str
    plain: bool = True

    @property
    def page(self) -> str:
        """The text with tags."""
        return self.text.replace(GLUE, "<b>") if self.plain else self.text


class _Reader(Generic[Hit]):
    """Where the reading of one page is."""

    def __init__(self, pieces: Pieces[Hit]) -> None:
        self._all = pieces
        self._context = 0  # of the next piece
        self._new: list[bytes] = []  # pieces that are met for the first time or cannot stand alone, in a row; they become one
        self._once = False  # whether one of them is met for the first time
        self._tries = 0  # how often they could not stand alone
        self._first = 0  # the context of the first piece that is to be searched
        self._run: list[tuple[_Key | None, int, Parts, bytes]] = []  # pieces to search, in a row, with the contexts behind them
        self._taken: list[_Key | None] = []  # pieces that were read; None for one that is not remembered
        self._sections: list[tuple[_Key, list[_Key | None], int]] = []  # and the pieces in them
        self._found: Hits[Hit] = {}

    def take_section(self, section: bytes, mark: bytes) -> None:
        """Read a section; `mark` is what it was cut off from."""
        key, start = (self._context, section), len(self._taken)
        whole = not self._new
        after = self._all.sections.get(key) if whole else None
        if after is not None:
            self._search_run()
            self._context = after
            return
        first, *entries = section.split(_ENTRY)
        self._take(mark + first, b"")
        for entry in entries:
            self._take(entry, _ENTRY)
        if whole and not self._new:
            self._sections.append((key, self._taken[start:], self._context))

    def _take(self, piece: bytes, mark: bytes) -> None:
        if piece not in self._all.met:
            self._all.met.add(piece)
            self._once = True
        elif not self._new or self._join():
            if self._passes(piece):
                return
            parts = self._all.parts(mark + piece)
            if parts.words:
                self._queue((self._context, piece), parts, mark + piece)
                return
        self._new.append(mark + piece)

    def _passes(self, piece: bytes) -> bool:
        """Pass over a piece that was searched in this context."""
        at = (self._context, piece)
        after = self._all.steps.get(at)
        if after is None:
            return False
        self._search_run()
        self._found |= self._all.hits.get(at, {})
        self._taken.append(at)
        self._context = after
        return True

    def _join(self) -> bool:
        """Make one of the pieces that are new or cannot stand alone, unless that cannot either."""
        piece = b"".join(self._new)
        known = not self._once and self._passes(piece)
        if not known:
            parts = take_apart(piece.decode()) if self._tries <= _TRIES else Parts(0)
            if not parts.words:
                self._tries += 1
                return False
            self._queue(None if self._once else (self._context, piece), parts, piece)
        self._new, self._tries, self._once = [], 0, False
        return True

    def _queue(self, at: _Key | None, parts: Parts, piece: bytes) -> None:
        if not self._run:
            self._first = self._context
        self._context = self._all.behind(self._context, parts, piece)
        self._run.append((at, self._context, parts, piece))
        self._taken.append(at)

    def end(self) -> Hits[Hit]:
        """Search what is left, and remember the sections in which nothing was found."""
        rest = b"".join(self._new) if self._new and not self._join() else b""
        self._search_run(rest)
        for key, pieces, after in self._sections:
            if all(piece in self._all.steps and piece not in self._all.hits for piece in pieces):
                self._all.sections[key] = after
        return self._found

    def _search_run(self, rest: bytes = b"") -> None:
        if not self._run and not rest:
            return
        first = self._first if self._run else self._context
        found = self._search(first, [(parts, piece) for _, _, parts, piece in self._run], rest)
        for at, after, parts, piece in self._run:
            if at is not None:
                hits = self._search(at[0], [(parts, piece)]) if found else found
                self._all.steps[at] = after
                if hits:
                    self._all.hits[at] = hits
        self._found |= found
        self._run = []

    def _search(self, context: int, run: Sequence[tuple[Parts, bytes]], rest: bytes = b"") -> Hits[Hit]:
        """Search pieces in a row in their context, and an end that cannot stand alone."""
        before = self._all.contexts[context]
        texts = [parts.text for parts, _ in run]
        if rest or not before.plain or None in texts:
            return self._all.search.page(before.page + b"".join((*(piece for _, piece in run), rest)).decode())
        tags = self._all.search.tags(tag for parts, _ in run for tag in parts.tags)
        return tags | self._all.search.words(before.text + "".join(text or "" for text in texts))
