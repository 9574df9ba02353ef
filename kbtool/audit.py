"""Reads a built site byte by byte for anything its edition may not show.

It is the second witness to the boundary between audiences: it shares no code with the compiler that redacts, and its input
is plain data, so a bug there is not repeated here. A site repeats itself on every page, so each piece of a page, each chunk (a
run without white space) and each clean tag is read once; what is shown is read only if a site has anything of the withheld.
"""

from __future__ import annotations

import stat
from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from kbtool.forked import processors, side_by_side
from kbtool.kept_hits import LENGTH, PHRASE, Heard, Hit, Searched, digest, heard, keep, length, read_searched
from kbtool.passages import Passages
from kbtool.site_pieces import Pieces
from kbtool.site_text import BROKEN, blocks_apart, embedded, texts
from kbtool.site_words import (
    BARRIER,
    GLUE,
    TAG,
    Folder,
    comment_readings,
    decode_escapes,
    fold_words,
    has_hidden_tag,
    has_words,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from pathlib import Path

_WHAT = 120  # characters of a leak that are shown
_START = 200  # bytes in which a page of HTML begins
_WINDOW, _NEAR = 4000, 1000  # chunks
_FEW = 200  # phrases that are sooner looked for in all that was read than all files are searched
_MANY = 400  #: files from which it is worth having more processes
_PAGE = 3  # other files, or entries of an index, that take as long as a page


@dataclass(frozen=True)
class Withheld:
    """What an edition must not show, and what it may."""

    phrases: Mapping[str, str]  #: exact string that may appear nowhere -> where it comes from
    titles: Mapping[str, str]  #: title of a withheld article -> its path
    texts: Mapping[str, str]  #: label, as "content/x.md:10 region" -> withheld source text (Markdown)
    shown: Iterable[str]  #: all text that the edition may show (Markdown, titles, values of the configuration)
    files: Mapping[bytes, str] = field(default_factory=dict)  #: `digest` of a withheld file's bytes -> its path
    beside: Iterable[str] = ()  #: what stands beside one another on pages although nothing shown says so, as Markdown


@dataclass(frozen=True, order=True)
class Leak:
    """One thing in one file of a site that its edition may not show."""

    file: str  #: path in the site, POSIX
    what: str  #: the leaked words, at most 120 characters
    source: str  #: the label of what leaked; empty for "link" and "unreadable"
    kind: str  #: "phrase", "title", "text", "name", "file", "link" or "unreadable"


class _Reading(NamedTuple):
    """What is in a file; the key, its digest, is empty if that is not to be kept."""

    key: bytes
    hits: Collection[Hit]
    leaks: Sequence[Leak] = ()


class _Share(NamedTuple):
    """What a process found in its share of the files, and all that it came across."""

    readings: Sequence[_Reading]
    heard: Heard
    forgotten: AbstractSet[str]


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

    def __init__(
        self, withheld: Withheld, allowed: Collection[str] = (), known: Iterable[Path] = (), kept: Path | None = None
    ) -> None:
        """Learn what to look for; files with the same bytes as a `known` one, such as the theme's, are passed over.

        What is found in what is shown is `kept` in a file, so that the next auditor need only read what is new.
        """
        self._hides = bool(withheld.phrases or withheld.titles or withheld.texts or withheld.files)
        if not self._hides:  # the widest edition
            return
        self._quiet = quiet = [fold_words(text) for text in allowed]
        self._beside = withheld.beside
        phrases = {
            phrase: label for phrase, label in withheld.phrases.items()
            if not any(has_words(text, fold_words(phrase)) for text in quiet)
        }
        self._phrases = phrases
        self._folder = Folder(phrases)
        self._passages = Passages(withheld.titles, withheld.texts, withheld.shown, self._folder.words, kept)
        self._longest = max([self._passages.longest, *(len(fold_words(phrase).split()) for phrase in phrases)])
        self._files = {key: at for key, at in withheld.files.items() if not any(has_words(it, fold_words(at)) for it in quiet)}
        self._lengths = {key[:LENGTH] for key in self._files}  # so that few files need a digest
        self._known: defaultdict[int, list[Path]] = defaultdict(list)
        for path in known:
            self._known[path.stat().st_size].append(path)
        self._pages = Pieces[Hit](self, self._longest)
        self._angles = any("<" in phrase or ">" in phrase for phrase in phrases)
        self._clean_tags: set[str] = set()
        self._words: dict[str, None] | None = None  # all that is searched, if it is to be kept
        self._apart: set[str] = set()  # words of tags that were searched by themselves
        self._heard = Heard()  # what others searched for us

    def audit(self, site: Path, kept: Path | None = None) -> list[Leak]:
        """Return what leaks in a site, as `audit_site` does.

        What is found is `kept` in a file too, so that the next audit need only search what is new. A site is read as a whole
        each time: what was found in a file is known by its bytes.
        """
        entries = [*_walk(site, "")]
        leaks = [replace(trouble, file=name) for _, name, trouble in entries if trouble]
        found: list[tuple[str, str, Collection[Hit]]] = []
        if self._hides:
            whole = [(path, name) for path, name, trouble in entries if not trouble and not path.is_dir()]
            readings = self._search_site([path for path, _ in whole], kept)
            for (_, name), reading in zip(whole, readings, strict=True):
                leaks += (replace(leak, file=name) for leak in reading.leaks)
                found.append((name, "", reading.hits))
            found += self._names([name for _, name, _ in entries])
        if words := {hit for *_, hits in found for hit in hits if hit[0] != PHRASE}:
            self._passages.look_up(words, self._quiet, self._beside)
        files = {name: path for path, name, _ in entries}
        for name, kind, hits in found:
            told = sorted((self._passages.place(hit[1]), hit, leak) for hit in hits for leak in self._leaks(hit))
            leaks += (
                replace(leak, file=name, kind=kind or leak.kind) for _, hit, leak in told
                if kind or leak.kind != "title" or self._is_in_one_block(files[name], hit)
            )
        first: dict[tuple[str, str, str], Leak] = {}
        for leak in leaks:
            first.setdefault((leak.file, leak.source, leak.kind), leak)
        return sorted(first.values())

    # -- what is kept

    def _search_site(self, paths: Sequence[Path], kept: Path | None) -> list[_Reading]:
        """Return what is in files, by way of what is kept of them."""
        was = read_searched(kept) if kept else None
        known = self._still_known(was) if was else {}
        self._words = {} if kept else None
        recalled = [self._recall(path, known) if known else None for path in paths]
        searched = iter(self._search_all([path for path, reading in zip(paths, recalled, strict=True) if reading is None]))
        readings = [reading or next(searched) for reading in recalled]
        if kept:
            files = {reading.key: frozenset(reading.hits) for reading in readings if reading.key}
            sought = self._passages.sought(self._longest, {*self._phrases} - self._folder.forgotten)
            keep(kept, was if known else None, sought, files, self._heard.joined(self._all_heard()))
            self._words, self._heard = None, Heard()
        return readings

    def _still_known(self, was: Searched) -> dict[bytes, frozenset[Hit]]:
        """Return what is known of files from before, if there is surely nothing else in them that is looked for now."""
        new = {*self._phrases} - was.sought.phrases
        if was.is_overgrown or was.sought.span < self._longest or len(new) > _FEW:
            return {}
        if any("<" in phrase or ">" in phrase for phrase in new):
            return {}
        for phrase in [*self._folder.near(new, was.heard.words, was.heard.chunks)]:
            if not self._is_forgotten(phrase):
                return {}
        table = frozenset[Hit]().union(*was.files.values())
        if self._passages.has_new(was.sought, table, was.heard.lines(), {*was.heard.apart.decode().split()}):
            return {}
        still = {hit for hit in table if self._looks_for(hit)}
        return {key: hits & still for key, hits in was.files.items()}

    def _looks_for(self, hit: Hit) -> bool:
        if hit[0] == PHRASE:
            return hit[1] in self._phrases and not self._is_forgotten(hit[1])
        return self._passages.looks_for(hit)

    def _is_forgotten(self, phrase: str) -> bool:
        """Return whether a phrase is shown; it is looked for no longer then."""
        if phrase not in self._folder.forgotten and self._passages.is_shown(phrase):
            self._folder.forget(phrase)
        return phrase in self._folder.forgotten

    def _all_heard(self) -> Heard:
        return heard(self._words or (), self._folder.spellings, sorted(self._apart))

    # -- what is found

    def _search_all(self, paths: Sequence[Path]) -> Iterator[_Reading]:
        """Return what is in files; of many, each processor searches some next to one another, which are like one another."""
        if len(paths) < _MANY or processors() == 1:
            yield from map(self._content, paths)
            return
        shares = enumerate(_shares(paths, processors()))
        for part in side_by_side([partial(self._search_share, share, away=number > 0) for number, share in shares]):
            self._heard = self._heard.joined(part.heard)
            for phrase in part.forgotten - self._folder.forgotten:
                self._folder.forget(phrase)
            yield from part.readings

    def _search_share(self, paths: Sequence[Path], *, away: bool) -> _Share:
        readings = [self._content(path) for path in paths]
        return _Share(readings, self._all_heard() if away and self._words is not None else Heard(), self._folder.forgotten)

    def _leaks(self, hit: Hit) -> Iterator[Leak]:
        kind, words = hit
        if kind == PHRASE:
            yield Leak("", words[:_WHAT], self._phrases[words], "phrase")
        else:
            yield from (Leak("", words[:_WHAT], label, what) for label, what in self._passages.leaks(hit))

    def _names(self, names: Sequence[str]) -> Iterator[tuple[str, str, list[Hit]]]:
        """Return what the names of entries say; those without markup are searched together, since few say anything."""
        plain = [name for name in names if "<" not in name and not has_hidden_tag(name)]
        clean = {*plain} if not any(self._search_words(*plain)) else ()
        return ((name, "name", self._name(name)) for name in names if name not in clean)

    def _name(self, name: str) -> list[Hit]:
        """Return what the name of an entry says that the names of its folders do not."""
        hits = [*self._search(name)]
        outside = {*self._search(name.rpartition("/")[0])} if hits else ()
        return [hit for hit in hits if hit not in outside]

    def _recall(self, path: Path, known: Mapping[bytes, frozenset[Hit]]) -> _Reading | None:
        """Return what is known of a file with these bytes."""
        try:
            key = digest(path.read_bytes())
        except OSError:
            return None
        return _Reading(key, known[key]) if key in known and key not in self._files else None

    def _content(self, path: Path) -> _Reading:
        hits: dict[Hit, None] = {}
        leaks: list[Leak] = []
        key = b""
        try:
            data = path.read_bytes()
            if self._words is not None or length(data) in self._lengths:
                key = digest(data)
            if whole := self._files.get(key):
                leaks.append(Leak("", whole[:_WHAT], whole, "file"))
            if any(known.read_bytes() == data for known in self._known.get(len(data), ())):
                return _Reading(b"", hits, leaks)
            self._read(data, hits)
        except BROKEN as error:
            return _Reading(b"", hits, [*leaks, _trouble(error)])
        return _Reading(key, hits, leaks)

    def _read(self, data: bytes, hits: dict[Hit, None]) -> None:
        for text in embedded(data) if self._read_page(data, hits) else texts(data):
            hits |= dict.fromkeys(self._search(text))

    def _is_in_one_block(self, path: Path, hit: Hit) -> bool:
        """Return whether a title is more than the end of one heading, entry or paragraph of a page with the begin of the next."""
        hits: dict[Hit, None] = {}
        try:
            self._read(blocks_apart(path.read_bytes()), hits)
        except BROKEN:
            return True
        return hit in hits

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
        strange = bool(tags) and not self._angles and self._passages.words.isdisjoint(words)
        if strange:
            self._apart.update(words)
        return strange

    def _search_markup(self, text: str) -> Iterator[Hit]:
        if "<" in text:
            yield from self._search_tagged(text)
        if has_hidden_tag(text):
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
                folded.append(self._folder.run_together(window, self._longest))
            if self._words is not None:
                self._words |= dict.fromkeys(folded)
            yield from ((PHRASE, phrase) for phrase in [*self._folder.phrases(window, folded)] if not self._is_forgotten(phrase))
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


def _shares(paths: Sequence[Path], count: int) -> list[Sequence[Path]]:
    """Return files in so many rows of about the same work."""
    ends = [*accumulate(_PAGE if path.suffix == ".html" else 1 for path in paths)]
    starts = [bisect(ends, ends[-1] * number // count) for number in range(count)]
    return [paths[start:end] for start, end in pairwise([*starts, len(paths)])]


def _trouble(error: Exception) -> Leak:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return Leak("", (text or type(error).__name__)[:_WHAT], "", "unreadable")
