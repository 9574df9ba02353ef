"""Reads pages that repeat each other piece by piece, so that what was read once is not read again.

The pages of a site share their navigation. A page is cut before some tags, and a piece is passed over if it stood behind the
same words before. That misses nothing, because

- a piece ends where no tag, comment or escape is open, in any way of reading the page: how a text is read does not depend on
  where it was cut;
- each piece is searched behind as many pieces before it as surely have more words than anything that is looked for: what ends
  in this piece has begun in these. They are its context, and what was found in a piece is remembered for it and its context.
  Of a long piece only an end is context, which begins with a tag and so is cut where nothing is open, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Generic, TypeVar

from kbtool.site_words import HIDDEN_TAG, QUOTED_TAG, TAG, UNQUOTED_TAG, comment_readings, decode_escapes, fold_words

_SECTION, _ENTRY, _BLOCK = b"<nav", b"<li", b"<div"  # what pages repeat, from large to small
_TRIES = 16  # entries or blocks that are put together to get a piece that can stand alone
_SHORT = 400  # bytes of a piece that is context as a whole
# What a tag begins and the piece does not end: more text could make it a tag, or another one.
_UNENDED = QUOTED_TAG.removesuffix(">") + r"""(?:["']|\Z)"""
_TAGS = re.compile(f"{QUOTED_TAG}|({_UNENDED})|{UNQUOTED_TAG}")

Hit = TypeVar("Hit")
Hits = dict[Hit, None]  # a set that keeps its order
_Key = tuple[int, bytes]  # context and piece


def sure_words(text: str) -> int:
    """Return how many words a piece has at least, however it is read and whatever is next to it; 0 if it cannot stand alone."""
    if not (text[-1:].isspace() or text.endswith(">")):  # then an escape or a word may go on behind it
        return 0
    least = [
        _words_between_tags(reading)
        for plain in ([text, decode_escapes(text)] if HIDDEN_TAG.search(text) else [text])
        for reading in comment_readings(plain)
    ]
    return max(0, min(least) - text.endswith(">"))  # the last word may run into the next piece


def _words_between_tags(text: str) -> int:
    pieces = _TAGS.split(text)
    if any(pieces[1::2]):
        return 0
    joined = "".join(pieces[::2])
    if "<!--" in joined:
        return 0
    # A run of ASCII letters and digits between white space is one word, and no escape.
    return sum(map(bytes.isalnum, joined.encode().split())) if joined.isascii() else len(fold_words(joined).split())


class Pieces(Generic[Hit]):
    """Searches pages with a function that finds things of at most `span` words in a text, and remembers what it has read."""

    def __init__(self, search: Callable[[str], Hits[Hit]], span: int) -> None:
        """Begin with nothing read."""
        self.search, self._span = search, span
        self.contexts: list[tuple[bytes, ...]] = [()]  # what is before a piece; at first the beginning of a page
        self._numbers: dict[tuple[bytes, ...], int] = {(): 0}  # context -> its place in that list
        self._words: dict[bytes, int] = {}  # what `sure_words` says of a piece
        self._tails: dict[bytes, bytes] = {}  # piece -> an end of it that has more words than `span`
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

    def behind(self, context: int, piece: bytes) -> int:
        """Return the context behind a piece: the last pieces that have more words than anything that is looked for."""
        pieces, words = (*self.contexts[context], self._tail(piece)), 0
        for start in range(len(pieces) - 1, -1, -1):
            words += self._count(pieces[start])
            if words > self._span:
                pieces = pieces[start:]
                break
        if pieces not in self._numbers:
            self._numbers[pieces] = len(self.contexts)
            self.contexts.append(pieces)
        return self._numbers[pieces]

    def _tail(self, piece: bytes) -> bytes:
        """Return an end of a piece that has enough words to be a context alone; it begins with a tag, if it can."""
        if len(piece) <= _SHORT:
            return piece
        if piece not in self._tails:
            self._tails[piece] = piece
            text = piece.decode()
            starts = [] if "<!--" in text or HIDDEN_TAG.search(text) else [match.start() for match in TAG.finditer(text)]
            least = _SHORT // 2
            for start in reversed(starts):
                if len(text) - start >= least and text[start - 1 : start].isspace():
                    if self._count(tail := text[start:].encode()) > self._span:
                        self._tails[piece] = tail
                        break
                    least = 2 * (len(text) - start)
        return self._tails[piece]

    def cut(self, text: bytes) -> tuple[list[bytes], bytes]:
        """Return pieces that can stand alone, and what is left over."""
        pieces: list[bytes] = []
        rest, tries = b"", 0
        for number, part in enumerate(text.split(_BLOCK)):
            rest += _BLOCK + part if number else part
            tries += 1
            if tries <= _TRIES and self._count(rest):
                pieces.append(rest)
                rest, tries = b"", 0
        if rest and pieces and self._count(pieces[-1] + rest):
            pieces[-1] += rest
            rest = b""
        return pieces, rest

    def _count(self, piece: bytes) -> int:
        if piece not in self._words:
            self._words[piece] = sure_words(piece.decode())
        return self._words[piece]


class _Reader(Generic[Hit]):
    """Where the reading of one page is."""

    def __init__(self, pieces: Pieces[Hit]) -> None:
        self._all = pieces
        self._context = 0  # of the next piece
        self._rest, self._tries = b"", 0  # what cannot stand alone yet, and for how many entries
        self._taken: list[_Key] = []  # pieces
        self._run: list[_Key] = []  # pieces that are new, in a row; they are searched together
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
                self._run.append(at)
                after = self._all.behind(*at)
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
        found = self._all.search(b"".join((*self._all.contexts[start], *(piece for _, piece in self._run), rest)).decode())
        own = [self._in_context(at) for at in self._run] if found else [dict[Hit, None]()] * len(self._run)
        if found.keys() <= set[Hit]().union(*own):  # else it is in the rest, and these pieces are read anew on another page
            for at, hits in zip(self._run, own, strict=True):
                self._all.steps[at] = self._all.behind(*at)
                if hits:
                    self._all.hits[at] = hits
        self._found |= found
        self._run = []

    def _in_context(self, at: _Key) -> Hits[Hit]:
        return self._all.search(b"".join((*self._all.contexts[at[0]], at[1])).decode())
