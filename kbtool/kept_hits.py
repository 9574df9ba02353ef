"""What audits found, in the files of a site and in what it may show, kept by digests: nothing is searched twice for the same.

What a file holds of what is looked for follows from its bytes alone, not from what may be shown. So an audit searches the files
that are new, and the others only for what is looked for since. For that all words that were searched are kept too: if none of
them is anything new, the files have nothing of it; else all are searched again. It is the same with texts that may be shown.

A record that is cut off, altered or of other code is none. Nothing of it is believed beyond what it was written for: it lies in
the work folder beside what is published from there, never where a stranger's run keeps things (see `cache`).
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from kbtool.cache import Cache

if TYPE_CHECKING:
    from pathlib import Path

Hit = tuple[str, str]  #: `PHRASE` and a phrase, `PART` and eight words of a text, `WHOLE` and the words of a short text or title
PHRASE, PART, WHOLE = "phrase", "part", "whole"

LENGTH = 8  #: bytes of a digest that are the length of the file
_LINE = b"\n"
_GROWTH = 2  # times what the words of a whole site took that may be kept, before a site is searched as a whole again


class Sought(NamedTuple):
    """What was looked for: all that decides what is found, so that another run can tell what is new.

    `span` is how many words in a row have been read together at least; `long` are the digests of texts whose parts are looked
    for, `silent` parts of them that are not.
    """

    span: int
    phrases: frozenset[str]
    short: frozenset[str]
    long: frozenset[str]
    silent: frozenset[str]


class Heard(NamedTuple):
    """All that was searched, a line each: words as they stand in a row, chunks as they are spelled, words of tags.

    Those of the tags that no text that was looked for has: tags of such words were only searched apart from the text around them.
    """

    words: bytes = b""
    chunks: bytes = b""
    apart: bytes = b""

    def lines(self) -> Iterator[str]:
        """Yield words that stand in a row."""
        return (line.decode("utf-8", "surrogatepass") for line in self.words.split(_LINE))

    def joined(self, other: Heard) -> Heard:
        """Return what either has; what both have is there twice."""
        return Heard(*(_LINE.join(filter(None, both)) for both in zip(self, other, strict=True)))


def heard(*parts: Iterable[str]) -> Heard:
    """Return what was searched."""
    return Heard(*(_LINE.join(text.encode("utf-8", "surrogatepass") for text in texts) for texts in parts))


class Searched(NamedTuple):
    """Files in which all of what was sought was looked for.

    `files` are their digests with what was found in them, `heard` is all that was read in them, and maybe more; `whole` is how
    many bytes of words that was when they were last searched together.
    """

    sought: Sought
    files: Mapping[bytes, frozenset[Hit]]
    heard: Heard
    whole: int

    @property
    def is_overgrown(self) -> bool:
        """Return whether most of what is kept may be of files that are no more."""
        return len(self.heard.words) > _GROWTH * self.whole


def read_searched(path: Path) -> Searched | None:
    """Return what was kept in a file; None where there is nothing that can be used."""
    cache = Cache(path.parent)
    sections = cache.read(path.name, sys.version)
    try:
        return _searched(sections) if sections is not None else None
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        cache.damaged(path.name)
        return None


def keep(path: Path, was: Searched | None, sought: Sought, files: Mapping[bytes, frozenset[Hit]], new: Heard) -> None:
    """Keep what was found, and all that was searched: `new` in addition to what was used from before."""
    if was is None:
        write_searched(path, Searched(sought, files, new, len(new.words)))
    elif (sought, files) != was[:2]:
        write_searched(path, Searched(sought, files, was.heard.joined(new), was.whole))


def write_searched(path: Path, searched: Searched) -> None:
    """Keep what was searched; a disk that is full or read-only keeps nothing, which costs time later and nothing else."""
    table = {hit: number for number, hit in enumerate(sorted(set[Hit]().union(*searched.files.values())))}
    values = {
        "span": searched.sought.span,
        "sought": [sorted(texts) for texts in searched.sought[1:]],
        "hits": [*table],
        "files": {key.hex(): sorted(table[hit] for hit in hits) for key, hits in searched.files.items()},
        "whole": searched.whole,
    }
    Cache(path.parent).write(path.name, sys.version, {"hits": json.dumps(values).encode(), **searched.heard._asdict()})


def _searched(sections: Mapping[str, bytes]) -> Searched:
    values = json.loads(sections["hits"])
    table = [_hit(*hit) for hit in values["hits"]]
    files = {bytes.fromhex(key): frozenset(table[number] for number in numbers) for key, numbers in values["files"].items()}
    phrases, short, long, silent = (frozenset(map(_text, texts)) for texts in values["sought"])
    sought = Sought(int(values["span"]), phrases, short, long, silent)
    return Searched(sought, files, Heard(*(sections[name] for name in Heard._fields)), int(values["whole"]))


def _hit(kind: str, words: str) -> Hit:
    if kind not in (PHRASE, PART, WHOLE):
        raise ValueError(kind)
    return kind, _text(words)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def digest(data: bytes) -> bytes:
    """Return what tells whether two files have the same bytes: their length, and a hash."""
    return length(data) + hashlib.blake2b(data).digest()


def length(data: bytes) -> bytes:
    """Return the length of a file as the first bytes of its digest."""
    return len(data).to_bytes(LENGTH)
