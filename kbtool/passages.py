"""What the audit looks for in a site: runs of words that nothing shown has, parts of texts, short texts, titles.

What is shown is read only to look up what a site was found to hold: that is little, and often nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cached_property
from itertools import chain, compress, count, repeat
from typing import TYPE_CHECKING

from kbtool.forked import spread
from kbtool.kept_hits import PART, WHOLE, Hit, Searched, Sought, heard, keep, read_searched
from kbtool.site_words import fold_words, without_tags

if TYPE_CHECKING:
    from pathlib import Path

_SHINGLE = 8  # words
_STEP = 4  # words from one look to the next: every shingle has a run that begins at such a place
_RUN = _SHINGLE - _STEP + 1  # words
_PHRASE, _TITLE = 4, 3  # words from which a text, a title, tells without a rare word
_LONG = 12  # characters that make a word telling
_DIGITS = 6  # digits that make bare numbers telling: icons are full of shorter ones
_MIXED = 4  # characters from which a word of letters and digits tells
_OFTEN = 50  # times that a word is in long texts which makes it a bad sign of a short one
_DIGEST = 16  # bytes
_MANY = 400  #: texts from which it is worth having more processes
_KEY = 8  # characters from which such a word tells alone, out of a longer text


_TARGET = r"(?:<[^>\n]*>|[^\s()]*(?:\([^\s()]*\)[^\s()]*)*)"  # what a link leads to
# What comes first in each choice is one character: then a text is not tried at the others.
_NOT_WORDS = re.compile(
    r"\n[ \t>]*(?:```+|~~~+)(?:[^\"\n]*\b(?:hl_lines|linenums)=\"[\d -]*\")*[^\"\n]*"  # a fence and its language, up to its title
    r"|\"[ \t]+(?:hl_lines|linenums)=\"[\d -]*"  # its numbers of lines, behind that
    r"|\n[ \t]*(?:!!!|\?\?\?\+?|:::+|===[!+]?)[^\"\n]*"  # an admonition, tab or region
    rf"|\]\(\s*{_TARGET}|\n {{0,3}}\[(?!\^)[^\]\n]+\]:[ \t]*{_TARGET}"
    r"|\]\[[^\]\n]*\]"  # its reference
)
_NOT_SEEN = re.compile(  # images, titles of links, attributes, numbers of lists, icons, comments
    r"!\[[^\]\n]*\](?:\([^)\n]*\)|\[[^\]\n]*\])?|\]\([^)\n]*\)|\{:? ?[.\#][^{}\n]*\}"
    r"|\n[ \t>]*\d+[.)][ \t]|:[a-z][a-z0-9_+-]*:|<!--(?s:.)*?-->"
)


def _displayed(markdown: str) -> str:
    """Return the text that a page shows."""
    return _NOT_WORDS.sub(" ", _NOT_SEEN.sub(" ", "\n" + markdown))


def _readings(markdown: str) -> Iterable[str]:
    """Return the text that a page shows, and all that its source says, both untagged."""
    plain = [_displayed(markdown), _NOT_WORDS.sub(" ", "\n" + markdown)]
    return dict.fromkeys(chain.from_iterable(map(without_tags, plain)))


def _hashes(words: list[str], size: int = _SHINGLE, step: int = 1) -> Iterator[int]:
    return map(hash, zip(*(words[i::step] for i in range(size)), strict=False))


def _is_telling(word: str) -> bool:
    return len(word) >= _LONG or re.search(r"\d", word) is not None


def _is_key(word: str) -> bool:
    """Return whether a word tells alone, wherever it stands: a key, an id, the name of a host, a canary."""
    return len(word) >= _KEY and not word.isdigit() and not word.isalpha()


def _is_distinctive(title: list[str]) -> bool:
    length = len("".join(title))
    mixed = any(re.search(r"\d", word) and not word.isdigit() for word in title)
    return len(title) >= _TITLE or length >= _LONG or (mixed and length >= _MIXED)


_Filed = tuple[int, list[str]]  # a short text, and where in it a word or pair of words is


class Runs:
    """Looks for eight words in a row of long texts, and for short texts as a whole, in words of any number.

    Each look is at so few words that a set can be asked for all of them at once; only where it has one are they compared.
    """

    def __init__(self, long: Mapping[str, str], short: Iterable[str]) -> None:
        """Learn folded texts; the long ones have labels."""
        self._long = long
        self._runs: set[int] = set()  # hashes of `_RUN` words
        self._count: Counter[str] = Counter()  # words of long texts
        for words in map(str.split, long):
            self._runs.update(_hashes(words, _RUN))
            self._count.update(words)
        self.silent: AbstractSet[str] = frozenset()  #: parts of long texts, or near them, that are not looked for
        self.look_for(short)

    @property
    def has_any(self) -> bool:
        """Return whether anything is looked for."""
        return bool(self._runs or self.short)

    def look_for(self, short: Iterable[str]) -> None:
        """Look for these short texts and no others.

        Each is filed under its rarest word; if that is not rare, under as many pairs in a row as there are words from one look
        at a pair to the next.
        """
        self._single: defaultdict[str, list[_Filed]] = defaultdict(list)
        self._double: defaultdict[tuple[str, str], list[_Filed]] = defaultdict(list)
        self.short = frozenset(short)
        for words in map(str.split, sorted(self.short)):
            counts = [self._count[word] for word in words]
            if len(words) <= _STEP or min(counts) <= _OFTEN:
                at = counts.index(min(counts))
                self._single[words[at]].append((at, words))
            else:
                sums = [sum(counts[at : at + _STEP + 1]) for at in range(len(words) - _STEP)]
                for at in range(first := sums.index(min(sums)), first + _STEP):
                    self._double[words[at], words[at + 1]].append((at, words))

    @cached_property
    def _parts(self) -> dict[int, str]:
        """Hash of eight words in a row -> the label of the first text that has them."""
        parts: dict[int, str] = {}
        for folded, label in reversed([*self._long.items()]):
            parts.update(zip(_hashes(folded.split()), repeat(label)))
        return parts

    def get_ready(self) -> None:
        """Learn all that a search needs, so that processes that are forked to search have it in common."""
        _ = self._parts

    def label(self, part: str) -> str:
        """Return the label of the first long text that has these eight words."""
        return self._parts[hash(tuple(part.split()))]

    def find(self, folded: str) -> Iterator[Hit]:
        """Yield what the words have in them."""
        words = folded.split()
        yield from ((PART, part) for part in map(" ".join, self._parts_near(words)) if self._has_part(part))
        yield from ((WHOLE, text) for text in self._short_in(words))

    def looks_for(self, hit: Hit) -> bool:
        """Return whether words are among those that are looked for."""
        kind, words = hit
        return words in self.short if kind == WHOLE else self._has_part(words)

    def _has_part(self, part: str) -> bool:
        return part not in self.silent and hash(tuple(part.split())) in self._parts

    def _parts_near(self, words: list[str]) -> Iterator[tuple[str, ...]]:
        """Yield the eight words around each run that is part of a long text."""
        for last in compress(count(0, _STEP), map(self._runs.__contains__, _hashes(words, _RUN, _STEP))):
            for at in range(max(last - _STEP + 1, 0), min(last, len(words) - _SHINGLE) + 1):
                yield tuple(words[at : at + _SHINGLE])

    def _short_in(self, words: list[str]) -> Iterator[str]:
        heads = [(at, self._single[words[at]]) for at in compress(count(), map(self._single.__contains__, words))]
        pairs = zip(words[::_STEP], words[1::_STEP], strict=False) if self._double else ()
        doubles = compress(count(0, _STEP), map(self._double.__contains__, pairs))
        heads += [(at, self._double[words[at], words[at + 1]]) for at in doubles]
        for at, filed in heads:
            for before, text in filed:
                if at >= before and words[at - before : at - before + len(text)] == text:
                    yield " ".join(text)


class Passages:
    """What is withheld, and of what a site has of it, what nothing shown has."""

    def __init__(
        self, titles: Mapping[str, str], texts: Mapping[str, str], shown: Iterable[str], fold: Callable[[str], str],
        kept: Path | None = None,
    ) -> None:
        """Learn what to look for, what may be shown, and how to fold a text.

        What is shown need not be read again if it was searched for the same, by what is `kept` in a file.
        """
        self._shown, self._fold = shown, fold
        self._told: dict[str, bool] = {}  # phrase -> whether it is shown
        self._long: dict[str, str] = {}
        self._short: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)  # words -> labels, and whether text or title
        for title, path in titles.items():
            folded = fold_words(next(iter(_readings(title))))
            if _is_distinctive(folded.split()):
                self._short[folded].add((path, "title"))
        sources: defaultdict[str, list[str]] = defaultdict(list)
        for label, source in sorted(texts.items()):
            sources[source].append(label)
        for source, labels in sources.items():
            for folded in self._learn(source, labels[0]):
                self._short[folded].update(zip(labels, repeat("text")))
        self.longest = max([_SHINGLE, *(len(text.split()) for text in self._short)])  #: words that are looked for in a row
        self._looked_up: set[Hit] = set()
        self._silent: set[Hit]  # those that are shown or allowed
        self._seen: set[str]  # telling words that are shown
        self._silence(kept)

    def _learn(self, source: str, label: str) -> Iterator[str]:
        """Keep the parts of a long text; yield the short ones."""
        short = dict.fromkeys(map(fold_words, _readings(source)))
        for folded in (*short, fold_words(_NOT_WORDS.sub(" ", source))):
            if folded.count(" ") >= _SHINGLE - 1:
                self._long.setdefault(folded, label)
        for folded in short:
            words = folded.split()
            bare = len(folded) < _DIGITS and folded.replace(" ", "").isdigit()
            if len(words) < _SHINGLE and not bare and (len(words) >= _PHRASE or any(map(_is_telling, words))):
                yield folded
        yield from filter(_is_key, {*fold_words(source).split()})

    def _silence(self, kept: Path | None) -> None:
        """Look no longer for what is shown, as a page shows it for the most part.

        That is nearly all that a site can hold of what is both shown and withheld. `look_up` takes more time, since it tries
        every reading of what is shown, and is asked only for what a site was found to hold.
        """
        telling = {word for text in self._short for word in _rare(text)}
        self._runs = Runs(self._long, {*self._short, *telling})
        found = self._found_in_shown(kept) if self._runs.has_any else ()
        self._silent = {(kind, text) for kind, text in found if kind == WHOLE}
        self._seen = {word for _, word in self._silent if word in telling}
        self._runs.silent = {part for kind, part in found if kind == PART}
        self._runs.look_for(text for text in self._short if any(self.leaks((WHOLE, text))))

    def _found_in_shown(self, kept: Path | None) -> AbstractSet[Hit]:
        """Return what is both shown and looked for."""
        was = read_searched(kept) if kept else None
        known = self._still_shown(was) if was else {}
        shown = {hashlib.blake2b(markdown.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).digest(): markdown
                 for markdown in self._shown}
        new = [key for key in shown if key not in known]
        if new:
            self._runs.get_ready()
        searched = spread(self._search_shown, [shown[key] for key in new], _MANY)
        files = {key: known[key] for key in shown if key in known}
        files |= {key: hits for key, (_, hits) in zip(new, searched, strict=True)}
        if kept:
            keep(kept, was if known else None, self.sought(0, ()), files, heard(dict.fromkeys(words for words, _ in searched)))
        return frozenset[Hit]().union(*files.values())

    def _search_shown(self, texts: Iterable[str]) -> list[tuple[str, frozenset[Hit]]]:
        """Return the words of texts, and what is in them."""
        folded = [self._fold(next(without_tags(_displayed(markdown)))) for markdown in texts]
        return [(words, frozenset(self._runs.find(words))) for words in folded]

    def _still_shown(self, was: Searched) -> Mapping[bytes, frozenset[Hit]]:
        """Return what is known of texts that are shown, if there is surely nothing else in them that is looked for now."""
        table = frozenset[Hit]().union(*was.files.values())
        if was.is_overgrown or self.has_new(was.sought, table, was.heard.lines(), frozenset()):
            return {}
        if was.sought == self.sought(0, ()):
            return was.files
        still = {hit for hit in table if self.looks_for(hit)}
        return {key: hits & still for key, hits in was.files.items()}

    @cached_property
    def _everything(self) -> str:
        return "\n".join(self._shown).casefold()

    def is_shown(self, phrase: str) -> bool:
        """Return whether what may be shown has a phrase as it is."""
        if phrase not in self._told:
            self._told[phrase] = phrase.casefold() in self._everything
        return self._told[phrase]

    @cached_property
    def words(self) -> AbstractSet[str]:
        """All words of what is looked for."""
        return {*chain.from_iterable(map(str.split, (*self._long, *self._short)))}

    def sought(self, span: int, phrases: Iterable[str]) -> Sought:
        """Return what is looked for, with these phrases."""
        long = frozenset(map(_digest, self._long))
        return Sought(span, frozenset(phrases), self._runs.short, long, frozenset(self._runs.silent))

    def looks_for(self, hit: Hit) -> bool:
        """Return whether words are among those that are looked for."""
        return self._runs.looks_for(hit)

    def has_new(self, was: Sought, known: Container[Hit], lines: Iterable[str], apart: AbstractSet[str]) -> bool:
        """Return whether words may hold anything, other than what is known, that is looked for now and was not.

        What has one of the words `apart` may stand there although no line says so.
        """
        short = self._runs.short - was.short
        long = [text for text in self._long if _digest(text) not in was.long]
        if not apart.isdisjoint(chain.from_iterable(map(str.split, (*long, *short)))):
            return True
        runs = Runs(dict.fromkeys([*long, *was.silent - self._runs.silent], ""), short)
        hits = (hit for line in lines for hit in runs.find(line)) if runs.has_any else ()
        return any(hit not in known and self.looks_for(hit) for hit in hits)

    def place(self, words: str) -> tuple[int, int]:
        """Return where words stand in what is looked for: in which text, and where in it."""
        places = ((number, text.find(words)) for number, text in enumerate(self._long))
        return next((place for place in places if place[1] >= 0), (len(self._long), 0))

    def find(self, folded: str) -> Iterator[Hit]:
        """Yield the parts, titles and short texts that folded words have in them, and that may be withheld."""
        return self._runs.find(folded)

    def look_up(self, hits: Iterable[Hit], quiet: Iterable[str], beside: Iterable[str]) -> None:
        """Look up which of what a site was found to hold is shown, or in folded texts that silence it, and so no leak.

        Of what only stands `beside` one another, that are parts: a title or a short text would be no longer looked for anywhere.
        """
        new = {*hits} - self._looked_up
        self._looked_up |= new
        if not new:
            return
        short = {words for kind, words in new if kind == WHOLE}
        telling = {word for words in short for word in _rare(words)}
        runs = Runs({words: "" for kind, words in new if kind == PART}, short | telling)
        for text in quiet:
            self._silent.update(new.intersection(runs.find(text)))
        for markdown in beside if any(kind == PART for kind, _ in new) else ():
            self._silent |= {hit for folded in self._forms(markdown) for hit in runs.find(folded) if hit[0] == PART}
        for markdown in self._shown if not new <= self._silent else ():
            found = {hit for folded in self._forms(markdown) for hit in runs.find(folded)}
            self._silent |= found
            self._seen.update(words for kind, words in found if kind == WHOLE and words in telling)

    def _forms(self, markdown: str) -> Iterable[str]:
        """Return the words of what is shown, as it stands and as pages show it."""
        return dict.fromkeys(map(self._fold, (markdown, *_readings(markdown))))

    def leaks(self, hit: Hit) -> Iterator[tuple[str, str]]:
        """Yield the labels of what a hit of words leaks, and whether text or title, once it was looked up."""
        kind, words = hit
        if hit in self._silent:
            return
        if kind == PART:
            yield self._runs.label(words), "text"
        else:
            rare = words.count(" ") >= _PHRASE - 1 or not self._seen.issuperset(_rare(words))
            yield from ((label, what) for label, what in sorted(self._short[words]) if rare or what == "title")


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST).hexdigest()


def _rare(words: str) -> list[str]:
    """Return the words that tell, if no other is shown, of a text that is too short to tell by itself."""
    return [word for word in words.split() if _is_telling(word)] if words.count(" ") < _PHRASE - 1 else []
