"""Reads a built site byte by byte for anything its edition may not show.

It is the second witness to the boundary between audiences: it shares no code with the compiler that redacts, and its input
is plain data, so a bug there is not repeated here. A site repeats itself on every page, so each chunk (a run without white
space) is decoded, folded and searched for phrases once, and each clean tag is read once.

It is longer than a file should be, so that whoever must trust it can read it alone.
"""

from __future__ import annotations

import hashlib
import re
import stat
from collections import defaultdict
from dataclasses import dataclass, field, replace
from itertools import chain, pairwise
from typing import TYPE_CHECKING

from kbtool.site_text import BROKEN, texts
from kbtool.site_words import (
    HIDDEN_TAG,
    TAG,
    Folder,
    decode_escapes,
    fold_words,
    has,
    has_words,
    plain_text,
    spaced,
    without_tags,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from pathlib import Path

_SHINGLE = 8  # words
_STEP = 3  # words from one look to the next: every shingle has a run that begins at such a place
_RUN = _SHINGLE - _STEP + 1  # words
_PHRASE, _TITLE = 4, 3  # words from which a text, a title, tells without a rare word
_LONG = 12  # characters that make a word telling
_DIGITS = 6  # digits that make bare numbers telling: icons are full of shorter ones
_MIXED = 4  # characters from which a word of letters and digits tells
_KEY = 8  # characters from which such a word tells alone, out of a longer text
_WHAT = 120  # characters of a leak that are shown


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
    in a row. `allowed` silences leaks whose words it contains. Nothing raises: what cannot be read, a missing site too, is
    a leak of the kind "unreadable".
    """
    return Auditor(withheld, allowed).audit(site)


class Auditor:
    """What `audit_site` does in two steps, so that the first can be done while the site is being built."""

    def __init__(self, withheld: Withheld, allowed: Collection[str] = (), known: Iterable[Path] = ()) -> None:
        """Learn what to look for; files with the same bytes as a `known` one, such as the theme's, are passed over."""
        self._hides = bool(withheld.phrases or withheld.titles or withheld.texts or withheld.files)
        quiet = [fold_words(text) for text in allowed]
        folded = {phrase: fold_words(phrase) for phrase in withheld.phrases}
        self._labels = {
            phrase: label for phrase, label in withheld.phrases.items()
            if not any(has_words(text, folded[phrase]) for text in quiet)
        }
        self._folder = Folder(self._labels)
        self._passages = _Passages(withheld, quiet, self._folder)
        self._clean_tags: set[str] = set()
        self._files = {
            key: path for key, path in withheld.files.items() if not any(has_words(it, fold_words(path)) for it in quiet)
        }
        self._seen: dict[bytes, list[Leak]] = {digest(path.read_bytes()): [] for path in known} if self._hides else {}

    def audit(self, site: Path) -> list[Leak]:
        """Return what leaks in a site, as `audit_site` does."""
        if not self._hides:  # the widest edition
            return sorted(replace(trouble, file=name) for _, name, trouble in _walk(site, "") if trouble)
        leaks: dict[tuple[str, str, str], Leak] = {}
        for leak in chain.from_iterable(self._read(*entry) for entry in _walk(site, "")):
            leaks.setdefault((leak.file, leak.source, leak.kind), leak)
        return sorted(leaks.values())

    def _read(self, path: Path, name: str, trouble: Leak | None) -> Iterator[Leak]:
        """Yield what leaks by the name and by the bytes of one entry of a site."""
        outside = {*self._search(name.rpartition("/")[0])}
        for leak in self._search(name):
            if leak not in outside:
                yield replace(leak, file=name, kind="name")
        for leak in [trouble] if trouble else self._content(path):
            yield replace(leak, file=name)

    def _content(self, path: Path) -> list[Leak]:
        try:
            data = b"" if path.is_dir() else path.read_bytes()
        except OSError as error:
            return [_trouble(error)]
        known = digest(data)
        if known not in self._seen:
            self._seen[known] = [*dict.fromkeys(self._scan(data))]
        whole = self._files.get(known)
        return [*self._seen[known], *([Leak("", whole[:_WHAT], whole, "file")] if whole else [])]

    def _scan(self, data: bytes) -> Iterator[Leak]:
        try:
            yield from chain.from_iterable(map(self._search, texts(data)))
        except BROKEN as error:
            yield _trouble(error)

    def _search(self, text: str) -> Iterator[Leak]:
        if not text.lstrip().startswith("<"):
            yield from self._search_words(text)  # "<" need not be a tag here
        if "<" in text:
            yield from self._search_markup(text)
        if HIDDEN_TAG.search(text):
            yield from self._search_markup(decode_escapes(text))

    def _search_markup(self, text: str) -> Iterator[Leak]:
        yield from chain.from_iterable(map(self._search_words, without_tags(text)))
        tags = {*TAG.findall(text)} - self._clean_tags
        leaks = [*self._search_words("\n".join(sorted(tags)))]
        yield from leaks
        if not leaks:
            self._clean_tags |= tags

    def _search_words(self, text: str) -> Iterator[Leak]:
        chunks = text.split()
        folded = self._folder.fold(chunks)
        for form, phrase in self._folder.phrases_near(chunks):
            # Of a form of many words only the longest is known to be there.
            if " " not in form or (fold_words(form) in folded and has(spaced(plain_text(text)), form)):
                yield Leak("", phrase[:_WHAT], self._labels[phrase], "phrase")
        yield from self._passages.find(folded)


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
    """Return what tells whether two files have the same bytes."""
    return hashlib.blake2b(data).digest()


def _trouble(error: Exception) -> Leak:
    text = error.strerror if isinstance(error, OSError) else str(error)
    return Leak("", (text or type(error).__name__)[:_WHAT], "", "unreadable")


# -- what to look for ------------------------------------------------------------------------------------------------


_NOT_WORDS = re.compile(
    r"\n[ \t>]*(?:```+|~~~+)[^\"\n]*"  # a fence and its language, up to its title
    r"|\n[ \t]*(?:!!!|\?\?\?\+?|:::+|===[!+]?)[^\"\n]*"  # an admonition, tab or region
    r"|(?:\]\(\s*|\n {0,3}\[(?!\^)[^\]\n]+\]:[ \t]*)"  # what a link leads to
    r"(?:<[^>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)"
    r"|\]\[[^\]\n]*\]"  # its reference
)
_NOT_SEEN = re.compile(  # images, titles of links, attributes, numbers of lists, icons, comments
    r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])?|\]\([^)\n]*\)|\{:? ?[.\#][^{}\n]*\}"
    r"|\n[ \t>]*\d+[.)][ \t]|:[a-z][a-z0-9_+-]*:|<!--(?s:.)*?-->"
)


def _readings(markdown: str) -> Iterable[str]:
    """Return the text that a page shows, and all that its source says, both untagged."""
    sources = _NOT_SEEN.sub(" ", "\n" + markdown), "\n" + markdown
    plain = [_NOT_WORDS.sub(" ", source) for source in sources]
    return dict.fromkeys(chain.from_iterable(map(without_tags, plain)))


def _hashes(words: list[str], size: int = _SHINGLE, step: int = 1) -> Iterator[int]:
    return map(hash, zip(*(words[i::step] for i in range(size)), strict=False))


_Head = str | tuple[str, str]


def _heads(words: list[str]) -> Iterator[_Head]:
    return chain(words, pairwise(words))


def _is_telling(word: str) -> bool:
    return len(word) >= _LONG or re.search(r"\d", word) is not None


def _is_key(word: str) -> bool:
    """Return whether a word tells alone, wherever it stands: a key, an id, the name of a host, a canary."""
    return len(word) >= _KEY and not word.isdigit() and not word.isalpha()


def _is_distinctive(title: list[str]) -> bool:
    length = len("".join(title))
    mixed = any(re.search(r"\d", word) and not word.isdigit() for word in title)
    return len(title) >= _TITLE or length >= _LONG or (mixed and length >= _MIXED)


class _Passages:
    """Runs of words that nothing shown has: parts of texts, short texts, titles."""

    def __init__(self, withheld: Withheld, quiet: Iterable[str], folder: Folder) -> None:
        self._folder = folder
        self._parts: dict[int, str] = {}  # hash of eight words in a row -> label
        self._runs: set[int] = set()  # hashes of fewer words: the first look
        self._whole: defaultdict[_Head, list[Leak]] = defaultdict(list)
        needles = {*self._titles(withheld.titles), *self._texts(withheld.texts)}
        shown = [*chain.from_iterable(map(self._forms, withheld.shown))]
        self._index(sorted(needles), shown)
        for folded in chain(shown, quiet):
            self._silence(folded)

    def _forms(self, markdown: str) -> Iterable[str]:
        texts = {markdown: None, **dict.fromkeys(_readings(markdown))}
        return dict.fromkeys(self._folder.fold(text.split()) for text in texts)

    def _titles(self, titles: Mapping[str, str]) -> Iterator[Leak]:
        for title, path in titles.items():
            folded = fold_words(next(iter(_readings(title))))
            if _is_distinctive(folded.split()):
                yield Leak("", folded, path, "title")

    def _texts(self, texts: Mapping[str, str]) -> Iterator[Leak]:
        """Keep the parts of long texts, yield the short ones."""
        for label, source in sorted(texts.items()):
            short = {self._folder.fold(text.split()) for text in _readings(source)}
            for folded in {*short, self._folder.fold(_NOT_WORDS.sub(" ", source).split())}:
                self._runs.update(_hashes(folded.split(), _RUN))
                for part in _hashes(folded.split()):
                    self._parts.setdefault(part, label)
            for folded in short:
                bare = len(folded) < _DIGITS and folded.replace(" ", "").isdigit()
                if folded.count(" ") < _SHINGLE - 1 and folded and not bare:
                    yield Leak("", folded, label, "text")
            yield from (Leak("", word, label, "text") for word in self._folder.fold(source.split()).split() if _is_key(word))

    def _index(self, needles: list[Leak], shown: list[str]) -> None:
        """File each needle under its first pair of words that nothing shown has."""
        heads = {*chain.from_iterable(_heads(it.what.split()) for it in needles)}
        known: set[_Head] = set()
        for folded in shown:
            known |= heads.intersection(_heads(folded.split()))
        for needle in needles:
            words = needle.what.split()
            rare = any(_is_telling(word) and word not in known for word in words)
            if needle.kind == "title" or len(words) >= _PHRASE or rare:
                pairs = [*_heads(words)][len(words) :] or words
                head = next((pair for pair in pairs if pair not in known), pairs[0])
                self._whole[head].append(needle)

    def _silence(self, folded: str) -> None:
        words = folded.split()
        for part, _ in [*self._parts_in(words)]:
            self._parts.pop(hash(part), None)
        for head, needle in [*self._whole_in(words, folded)]:
            self._whole[head].remove(needle)

    def find(self, folded: str) -> Iterator[Leak]:
        """Yield the titles and texts that the words have in them."""
        words = folded.split()
        for part, label in self._parts_in(words):
            yield Leak("", " ".join(part)[:_WHAT], label, "text")
        for needle in sorted(it for _, it in self._whole_in(words, folded)):
            yield replace(needle, what=needle.what[:_WHAT])

    def _parts_in(self, words: list[str]) -> Iterator[tuple[tuple[str, ...], str]]:
        looks = enumerate(_hashes(words, _RUN, _STEP))
        for last in [at * _STEP for at, run in looks if run in self._runs]:
            for at in range(max(last - _STEP + 1, 0), last + 1):
                part = tuple(words[at : at + _SHINGLE])
                if label := self._parts.get(hash(part)):
                    yield part, label

    def _whole_in(self, words: list[str], folded: str) -> Iterator[tuple[_Head, Leak]]:
        if not self._whole.keys().isdisjoint(_heads(words)):
            for head in self._whole.keys() & {*_heads(words)}:
                for needle in self._whole[head]:
                    if has_words(folded, needle.what):
                        yield head, needle
