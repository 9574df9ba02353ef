"""Reads a built site byte by byte for anything its edition may not show.

It is the second witness to the boundary between audiences: it shares no code with the compiler that redacts, and its input
is plain data, so a bug there is not repeated here. A site repeats itself on every page, so each piece of a page, each chunk (a
run without white space) and each clean tag is read once; what is shown is read only if a site has anything of the withheld.
"""

from __future__ import annotations

import hashlib
import stat
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING

from kbtool.passages import PHRASE, Hit, Passages
from kbtool.site_pieces import Pieces
from kbtool.site_text import BROKEN, texts
from kbtool.site_words import (
    BARRIER,
    GLUE,
    HIDDEN_TAG,
    TAG,
    Folder,
    comment_readings,
    decode_escapes,
    fold_words,
    has_words,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

_WHAT = 120  # characters of a leak that are shown
_START = 200  # bytes in which a page of HTML begins
_WINDOW, _NEAR = 4000, 1000  # chunks
_LENGTH = 8  # bytes of a digest that are the length of the file



@dataclass(frozen=True)
class Withheld:
    """What an edition must not show, and what it may."""

    phrases: Mapping[str, str]  #: exact string that may appear nowhere -> where it comes from
    titles: Mapping[str, str]  #: title of a withheld article -> its path
    texts: Mapping[str, str]  #: label, as "content/x.md:10 region" -> withheld source text (Markdown)
    shown: Iterable[str]  #: all text that the edition may show (Markdown, titles, values of the configuration)
    files: Mapping[bytes, str] = field(default_factory=dict)  #: `digest` of a withheld file's bytes -> its path


@dataclass(frozen=True, order=True)
class Leak:
    """One thing in one file of a site that its edition may not show."""

    file: str  #: path in the site, POSIX
    what: str  #: the leaked words, at most 120 characters
    source: str  #: the label of what leaked; empty for "link" and "unreadable"
    kind: str  #: "phrase", "title", "text", "name", "file", "link" or "unreadable"


def audit_site(site: Path, withheld: Withheld, *, allowed: Collection[str] = ()) -> list[Leak]:
    """Return what leaks in `site`, sorted: at most one per file, source and kind.

    A phrase is found whatever its case and encoding, but not inside a longer number: SUP-4 is not in SUP-43. Titles and
    texts are found by their words, so also through markup, punctuation and line breaks, unless `shown` has the same words
    in a row; phrases unless it has them as they are. `allowed` silences leaks whose words it contains. Nothing raises: what
    cannot be read, a missing site too, is a leak of the kind "unreadable".
    """
    return Auditor(withheld, allowed).audit(site)


class Auditor:
    """What `audit_site` does in two steps, so that the first can be done while the site is being built."""

    def __init__(self, withheld: Withheld, allowed: Collection[str] = (), known: Iterable[Path] = ()) -> None:
        """Learn what to look for; files with the same bytes as a `known` one, such as the theme's, are passed over."""
        self._hides = bool(withheld.phrases or withheld.titles or withheld.texts or withheld.files)
        if not self._hides:  # the widest edition
            return
        quiet = [fold_words(text) for text in allowed]
        phrases = {
            phrase: label for phrase, label in withheld.phrases.items()
            if not any(has_words(text, fold_words(phrase)) for text in quiet)
        }
        self._phrases = phrases
        self._folder = Folder(phrases)
        self._passages = Passages(withheld.titles, withheld.texts, withheld.shown, quiet, self._folder.words)
        self._longest = max([self._passages.longest, *(len(fold_words(phrase).split()) for phrase in phrases)])
        self._files = {
            key: path for key, path in withheld.files.items() if not any(has_words(it, fold_words(path)) for it in quiet)
        }
        self._lengths = {key[:_LENGTH] for key in self._files}  # so that few files need a digest
        self._known: defaultdict[int, list[Path]] = defaultdict(list)
        for path in known:
            self._known[path.stat().st_size].append(path)
        self._pages = Pieces[Hit](self, self._longest)
        self._angles = any("<" in phrase or ">" in phrase for phrase in phrases)
        self._clean_tags: set[str] = set()

    def audit(self, site: Path) -> list[Leak]:
        """Return what leaks in a site, as `audit_site` does."""
        leaks: list[Leak] = []
        found: list[tuple[str, str, Collection[Hit]]] = []
        for path, name, trouble in _walk(site, ""):
            if self._hides:
                found.append((name, "name", self._name(name)))
                inside, more = ({}, []) if trouble else self._content(path)
                found.append((name, "", inside))
                leaks += (replace(leak, file=name) for leak in more)
            if trouble:
                leaks.append(replace(trouble, file=name))
        if words := {hit for *_, hits in found for hit in hits if hit[0] != PHRASE}:
            self._passages.look_up(words)
        for name, kind, hits in found:
            leaks += (replace(leak, file=name, kind=kind or leak.kind) for leak in chain.from_iterable(map(self._leaks, hits)))
        first: dict[tuple[str, str, str], Leak] = {}
        for leak in leaks:
            first.setdefault((leak.file, leak.source, leak.kind), leak)
        return sorted(first.values())

    def _leaks(self, hit: Hit) -> Iterator[Leak]:
        kind, words = hit
        if kind == PHRASE:
            yield Leak("", words[:_WHAT], self._phrases[words], "phrase")
        else:
            yield from (Leak("", words[:_WHAT], label, what) for label, what in self._passages.leaks(hit))

    def _name(self, name: str) -> list[Hit]:
        """Return what the name of an entry says that the names of its folders do not."""
        hits = [*self._search(name)]
        outside = {*self._search(name.rpartition("/")[0])} if hits else ()
        return [hit for hit in hits if hit not in outside]

    def _content(self, path: Path) -> tuple[Collection[Hit], list[Leak]]:
        hits: dict[Hit, None] = {}
        leaks: list[Leak] = []
        try:
            data = b"" if path.is_dir() else path.read_bytes()
            if _length(data) in self._lengths and (whole := self._files.get(digest(data))):
                leaks.append(Leak("", whole[:_WHAT], whole, "file"))
            if any(known.read_bytes() == data for known in self._known.get(len(data), ())):
                return hits, leaks
            if not self._read_page(data, hits):
                for text in texts(data):
                    hits |= dict.fromkeys(self._search(text))
        except BROKEN as error:
            leaks.append(_trouble(error))
        return hits, leaks

    def _read_page(self, data: bytes, hits: dict[Hit, None]) -> bool:
        """Search a page of HTML, unless these bytes are something else."""
        if not data[:_START].lstrip().startswith(b"<"):
            return False
        try:
            hits |= self._pages.read(data)
        except UnicodeDecodeError:
            return False
        return True

    def _search(self, text: str) -> Iterator[Hit]:
        # "<" need not begin a tag here. What is then found in the words of text and tags in a row has a word of a tag, or a "<".
        if not text.lstrip().startswith("<") and not self._are_strange(TAG.findall(text)):
            yield from self._search_words(text)
        yield from self._search_markup(text)

    def _are_strange(self, tags: list[str]) -> bool:
        """Return whether nothing that is looked for has a word of these tags, or a sign of one."""
        words = fold_words(" ".join({*tags})).split()
        return bool(tags) and not self._angles and self._passages.words.isdisjoint(words)

    def _search_markup(self, text: str) -> Iterator[Hit]:
        if "<" in text:
            yield from self._search_tagged(text)
        if HIDDEN_TAG.search(text):
            yield from self._search_tagged(decode_escapes(text))

    def page(self, text: str) -> dict[Hit, None]:
        """Return what is in a text with tags, in any way of reading it."""
        return dict.fromkeys(self._search_markup(text))

    def words(self, text: str) -> dict[Hit, None]:
        """Return what is in a text with `GLUE` for its tags, with the words beside one apart and run together."""
        return dict.fromkeys(self._search_chunks(text.split()))

    def tags(self, tags: Iterable[str]) -> dict[Hit, None]:
        """Return what is in tags, each by itself."""
        new = {*tags} - self._clean_tags
        if not new:
            return {}
        if not any(self._search_words(*new)):
            self._clean_tags |= new
            return {}
        hits = {tag: dict.fromkeys(self._search_words(tag)) for tag in sorted(new)}
        self._clean_tags.update(tag for tag, found in hits.items() if not found)
        return {hit: None for found in hits.values() for hit in found}

    def _search_tagged(self, text: str) -> Iterator[Hit]:
        """Yield what is between tags and in them."""
        text = text.replace(GLUE, " ").replace(BARRIER, " ")
        for reading in comment_readings(text):
            pieces = TAG.split(reading)
            yield from self.words(GLUE.join(pieces[::2]))
        yield from self.tags(TAG.findall(text) if "<!--" in text else pieces[1::2])

    def _search_words(self, *texts: str) -> Iterator[Hit]:
        plain = (text.replace(GLUE, " ").replace(BARRIER, " ") for text in texts)
        return self._search_chunks(f" {BARRIER} ".join(plain).split())

    def _search_chunks(self, chunks: list[str]) -> Iterator[Hit]:
        """Yield what is in chunks, a window of them at a time, so that what takes time for a hit takes little of it."""
        before: list[str] = []
        for at in range(0, len(chunks), _WINDOW):
            window = before + chunks[at : at + _WINDOW]
            folded = [self._folder.fold(window)]
            if not self._folder.glued.isdisjoint(window):
                folded.append(self._folder.fold(" ".join(window).replace(GLUE, "").split()))
            for phrase in [*self._folder.phrases(window, folded)]:
                if self._passages.is_shown(phrase):
                    self._folder.forget(phrase)
                else:
                    yield PHRASE, phrase
            yield from chain.from_iterable(map(self._passages.find, folded))
            before = self._end_of(window)

    def _end_of(self, chunks: list[str]) -> list[str]:
        """Return the last chunks, with more words than anything that is looked for, however they are read."""
        words = 0
        for at in range(len(chunks) - 1, -1, -1):
            words += bool(self._folder[chunks[at]])
            if words > self._longest:
                chunks = chunks[at:]
                break
        return [chunk for at, chunk in enumerate(chunks, _NEAR - len(chunks)) if at >= 0 or self._folder[chunk]]


def _walk(path: Path, name: str) -> Iterator[tuple[Path, str, Leak | None]]:
    """Yield each entry of a site with its name and what keeps it from being read."""
    trouble, inside = None, []
    try:
        mode = path.stat(follow_symlinks=not name).st_mode
        if stat.S_ISLNK(mode):
            trouble = Leak("", str(path.readlink()), "", "link")
        elif stat.S_ISDIR(mode):
            inside = sorted(path.iterdir())
        elif not stat.S_ISREG(mode):  # opening a pipe would wait for ever
            trouble = Leak("", "not a regular file", "", "unreadable")
    except OSError as error:
        trouble = _trouble(error)
    printable = name.encode(errors="surrogateescape").decode(errors="replace")
    yield path, printable or ".", trouble
    for entry in inside:
        yield from _walk(entry, f"{name}/{entry.name}" if name else entry.name)


def digest(data: bytes) -> bytes:
    """Return what tells whether two files have the same bytes: their length, and a hash."""
    return _length(data) + hashlib.blake2b(data).digest()


def _length(data: bytes) -> bytes:
    return len(data).to_bytes(_LENGTH)


def _trouble(error: Exception) -> Leak:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return Leak("", (text or type(error).__name__)[:_WHAT], "", "unreadable")
