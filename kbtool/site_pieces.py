"""Reads pages that repeat each other piece by piece, so that what was read once is not read again.

The pages of a site share their navigation. A page is cut before some tags, and a piece is passed over if it stood behind the
same words before. That misses nothing, because

- a piece ends where no tag, comment or escape is open, in any way of reading the page: how a text is read does not depend on
  where it was cut;
- each piece is searched behind so much of the text before it as surely has more words than anything that is looked for: what
  ends in this piece has begun there. That is its context, and what was found in a piece is remembered for it and its context.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from kbtool.site_words import BARRIER, GLUE, HIDDEN_TAG, QUOTED_TAG, UNQUOTED_TAG, comment_readings, decode_escapes, fold_words

_SECTION, _ENTRY, _BLOCK = b"<nav", b"<li", b"<div"  # what pages repeat, from large to small
_TRIES = 16  # entries or blocks that are put together to get a piece that can stand alone
# What a tag begins and the piece does not end: more text could make it a tag, or another one.
_UNENDED = QUOTED_TAG.removesuffix(">") + r"""(?:["']|\Z)"""
_TAGS = re.compile(f"(?P<tag>{QUOTED_TAG})|({_UNENDED})|(?P<other>{UNQUOTED_TAG})")

Hit = TypeVar("Hit")
Found = TypeVar("Found")
Hits = dict[Hit, None]  # a set that keeps its order
_Key = tuple[int, bytes]  # number of a context, and piece
_Context = tuple[str, bool]  # text before a piece, and whether it has `GLUE` for its tags, else the tags


class Parts(NamedTuple):
    """A piece taken apart.

    `words` are so many as it has at least, however it is read and whatever is next to it; 0 if it cannot stand alone.
    `text` is what is between its tags, with `GLUE` for them; None if there is more than one way to read it.
    """

    words: int
    text: str | None = None
    tags: tuple[str, ...] = ()


def take_apart(text: str) -> Parts:
    """Take a piece apart."""
    if not (text[-1:].isspace() or text.endswith(">")):  # then an escape or a word may go on behind it
        return Parts(0)
    runs_on = text.endswith(">")  # its last word may run into the next piece
    if "<!--" in text or GLUE in text or BARRIER in text or HIDDEN_TAG.search(text):
        readings = [text, decode_escapes(text)] if HIDDEN_TAG.search(text) else [text]
        words = min(_take_apart(one).words for plain in readings for one in comment_readings(plain.replace(GLUE, " ")))
        return Parts(max(0, words - runs_on))
    parts = _take_apart(text)
    return parts._replace(words=max(0, parts.words - runs_on))


def _take_apart(text: str) -> Parts:
    pieces = _TAGS.split(text)
    if any(pieces[2::4]) or "<!--" in text:
        return Parts(0)
    glued = GLUE.join(pieces[::4])
    chunks = glued.split()
    joined = glued.replace(GLUE, "")
    words = sum(map(str.isalnum, joined.split()) if joined.isascii() else map(_is_word, chunks))
    # A word at an end may run into what is next to it; elsewhere tags beside white space part nothing.
    bare = " ".join(filter(None, [chunk.strip(GLUE) for chunk in chunks]))
    if not bare:
        return Parts(words, glued[:1], (*filter(None, pieces[1::4]), *filter(None, pieces[3::4])))
    before, after = _edge(glued[:1], chunks[0]), _edge(glued[-1:], chunks[-1])
    return Parts(words, f"{before}{bare}{after}", (*filter(None, pieces[1::4]), *filter(None, pieces[3::4])))


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
        self._search, self._span = search, span
        self._contexts: list[_Context] = [("", True)]  # at first the beginning of a page
        self._numbers: dict[_Context, int] = {("", True): 0}  # context -> its place in that list
        self._parts: dict[bytes, Parts] = {}
        self._tags: dict[bytes, Hits[Hit]] = {}  # what was found in the tags of a piece
        self.steps: dict[_Key, int] = {}  # the context behind a piece that was searched
        self.hits: dict[_Key, Hits[Hit]] = {}  # what was found in such a piece, if anything
        # The contexts behind sections and entries without a hit, which are many pieces.
        self.sections: dict[_Key, int] = {}
        self.entries: dict[_Key, int] = {}

    def read(self, page: bytes) -> Hits[Hit]:
        """Return what is in a page.

        Raises:
            UnicodeDecodeError: something in it that is new is not UTF-8.
        """
        reader = _Reader(self)
        for number, section in enumerate(page.split(_SECTION)):
            if not reader.skips(self.sections, section):
                reader.take_section(section, _SECTION if number else b"")
        return reader.end()

    def behind(self, number: int, piece: bytes) -> int:
        """Return the context behind a piece: the last words, more of them than anything that is looked for has."""
        (before, plain), parts = self._contexts[number], self._parts[piece]
        if parts.text is None:  # to be read in several ways again
            context = ("" if parts.words > self._span else before if not plain else _as_page(before)) + piece.decode(), False
        elif plain:
            context = self._end_of(before + parts.text), True
        elif parts.words > self._span:
            context = self._end_of(parts.text), True
        else:
            context = before + piece.decode(), False
        if context not in self._numbers:
            self._numbers[context] = len(self._contexts)
            self._contexts.append(context)
        return self._numbers[context]

    def _end_of(self, text: str) -> str:
        for most in (4 * self._span, -1):  # few are enough, as a rule
            words, chunks = 0, text.rsplit(None, most)
            for at in range(len(chunks) - 1, 0, -1):
                words += _is_word(chunks[at])
                if words > self._span:
                    end = GLUE if text.endswith(GLUE) else " " if text[-1:].isspace() else ""
                    return " ".join(chunks[at:]).rstrip(GLUE) + end
        return text

    def cut(self, text: bytes) -> tuple[list[bytes], bytes]:
        """Return pieces that can stand alone, and what is left over."""
        pieces: list[bytes] = []
        rest, tries = b"", 0
        for number, part in enumerate(text.split(_BLOCK)):
            rest += _BLOCK + part if number else part
            tries += 1
            if tries <= _TRIES and self._take_apart(rest).words:
                pieces.append(rest)
                rest, tries = b"", 0
        if rest and pieces and self._take_apart(pieces[-1] + rest).words:
            pieces[-1] += rest
            rest = b""
        return pieces, rest

    def _take_apart(self, piece: bytes) -> Parts:
        if piece not in self._parts:
            self._parts[piece] = take_apart(piece.decode())
        return self._parts[piece]

    def search(self, context: int, pieces: Sequence[bytes], rest: bytes = b"") -> Hits[Hit]:
        """Search pieces in a row in their context, and an end that cannot stand alone."""
        before, plain = self._contexts[context]
        texts = [self._parts[piece].text for piece in pieces]
        if rest or not plain or None in texts:
            return self._search.page((_as_page(before) if plain else before) + b"".join((*pieces, rest)).decode())
        found: Hits[Hit] = {}
        new = [piece for piece in pieces if piece not in self._tags]
        if not self._search.tags(tag for piece in new for tag in self._parts[piece].tags):
            self._tags |= dict.fromkeys(new, found)
        for piece in pieces:
            if piece not in self._tags:
                self._tags[piece] = self._search.tags(self._parts[piece].tags)
            found = found | self._tags[piece] if self._tags[piece] else found
        return found | self._search.words(before + "".join(text or "" for text in texts))


def _as_page(text: str) -> str:
    return text.replace(GLUE, "<b>")


class _Reader(Generic[Hit]):
    """Where the reading of one page is."""

    def __init__(self, pieces: Pieces[Hit]) -> None:
        self._all = pieces
        self._context = 0  # of the next piece
        self._rest, self._tries = b"", 0  # what cannot stand alone yet, and for how many entries
        self._taken: list[_Key] = []  # pieces
        self._run: list[_Key] = []  # pieces that are new, in a row; they are searched together
        self._behind: list[int] = []  # the contexts behind them
        self._whole: list[tuple[dict[_Key, int], _Key, list[_Key], int]] = []  # sections and entries, and their pieces
        self._found: Hits[Hit] = {}

    def skips(self, known: dict[_Key, int], text: bytes) -> bool:
        """Pass over a section or entry that is known to be clean."""
        after = None if self._rest else known.get((self._context, text))
        if after is None:
            return False
        if self._run:
            self._search_run()
        self._context = after
        return True

    def take_section(self, section: bytes, before: bytes) -> None:
        """Take the entries of a section; `before` is what it was cut off from."""
        key, whole, start = (self._context, section), not self._rest, len(self._taken)
        for number, entry in enumerate(section.split(_ENTRY)):
            if number:
                if not self.skips(self._all.entries, entry):
                    self._take_entry(entry)
            else:
                self._take(before + entry)
        if whole and not self._rest:
            self._whole.append((self._all.sections, key, self._taken[start:], self._context))

    def _take_entry(self, entry: bytes) -> None:
        key, whole, start = (self._context, entry), not self._rest, len(self._taken)
        self._take(_ENTRY + entry)
        if whole and not self._rest:
            self._whole.append((self._all.entries, key, self._taken[start:], self._context))

    def _take(self, text: bytes) -> None:
        """Cut a text, and pass over those of its pieces that were searched in this context."""
        pieces, self._rest = self._all.cut(self._rest + text) if self._tries < _TRIES else ([], self._rest + text)
        self._tries = self._tries + 1 if self._rest else 0
        for piece in pieces:
            at = (self._context, piece)
            self._taken.append(at)
            after = self._all.steps.get(at)
            if after is None:
                after = self._all.behind(*at)
                self._run.append(at)
                self._behind.append(after)
            else:
                if self._run:
                    self._search_run()
                self._found |= self._all.hits.get(at, {})
            self._context = after

    def end(self) -> Hits[Hit]:
        """Search what is left, and remember the sections and entries in which nothing was found."""
        if self._run or self._rest:
            self._search_run(self._rest)
        for known, key, pieces, after in self._whole:
            if all(piece in self._all.steps and piece not in self._all.hits for piece in pieces):
                known[key] = after
        return self._found

    def _search_run(self, rest: bytes = b"") -> None:
        start = self._run[0][0] if self._run else self._context
        found = self._all.search(start, [piece for _, piece in self._run], rest)
        own = [self._all.search(at, [piece]) for at, piece in self._run] if found else [dict[Hit, None]()] * len(self._run)
        if found.keys() <= set[Hit]().union(*own):  # else it is in the rest, and these pieces are read anew on another page
            for at, after, hits in zip(self._run, self._behind, own, strict=True):
                self._all.steps[at] = after
                if hits:
                    self._all.hits[at] = hits
        self._found |= found
        self._run, self._behind = [], []
