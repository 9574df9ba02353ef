"""What earlier runs worked out about articles, so that a file that has not changed need not be read again.

An article is known again by the state of its file, else by its bytes, since a new checkout has new times. A state counts
only when the file was last changed before the run that read it began: what is changed while it is read, or within the same
tick of the clock, may look the same and is known by its bytes alone, as git does it. All that a fact depends on besides is in
the key: the configuration, the slugger, and the versions of what kbtool reads with.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, TypeAdapter, create_model

from kbtool.cache import FOLDER, Cache, is_worth_writing
from kbtool.characters import OddCharacter
from kbtool.config import Config
from kbtool.content_files import NO_STATE, State
from kbtool.errors import IncompleteError
from kbtool.front_matter import FrontMatter, Problem
from kbtool.marks import NO_MARKS, Marks
from kbtool.site_config import Slugger
from kbtool.yaml_text import Key, Place

_NAME = "content"
_COARSEST = 2 * 10**9  #: nanoseconds to which file systems round the time of a change
_READERS = ("markdown", "pydantic", "pymdown-extensions", "pyromark", "pyyaml")
_ARTICLE = TypeAdapter(dict[str, Any])
_HEAD = TypeAdapter(tuple[str, dict[str, tuple[int, int]]])
#: The properties of `Markdown` that are kept, once somebody has asked for them.
FACTS = frozenset({"mentioned", "anchors", "first_heading", "words", "words_digest", "marks"})

if TYPE_CHECKING:
    _Typed = FrontMatter
else:  # the values have their types already, so the functions that read them from YAML are left out
    _Typed = create_model(
        "_Typed", __base__=FrontMatter,
        **{name: (found.annotation, found.default) for name, found in FrontMatter.model_fields.items()},
    )


class Kept(BaseModel):
    """What is kept of one article; a fact that nobody has asked for yet is not set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    state: State
    digest: str
    audience: str
    front_matter: _Typed
    problems: tuple[Problem, ...]
    body_start: int
    body_line: int
    control_characters: tuple[OddCharacter, ...]
    hidden_characters: tuple[OddCharacter, ...]
    mentioned: tuple[str, ...] = ()
    anchors: frozenset[str] = frozenset()
    first_heading: str | None = None
    words: int = 0
    marks: Marks = NO_MARKS
    words_digest: str = ""

    def tell(self, into: dict[str, Any]) -> None:
        """Write those of the facts that are set into the attributes of a `Markdown`."""
        values = vars(self)
        for name in FACTS & self.model_fields_set:
            into[name] = values[name]


class KeptPlaces(Mapping[Key, Place]):
    """The places of an article's keys under the names by which they are kept; a place is made when it is asked for."""

    def __init__(self, places: Mapping[str, tuple[int, int]]) -> None:
        self._places = places

    def __getitem__(self, key: Key) -> Place:
        """Return the place of a key."""
        return Place(*self._places[_name(key)])

    def __iter__(self) -> Iterator[Key]:
        """Return an iterator over the keys, in the order of the front matter."""
        return (tuple(json.loads(name)) if name.startswith("[") else (name,) for name in self._places)

    def __len__(self) -> int:
        """Return how many keys have a place."""
        return len(self._places)


def _name(key: Key) -> str:
    """Return a key as text: one at the top is itself, those below, and what looks like one of them, are JSON."""
    name = str(key[0])
    if len(key) == 1 and not name.startswith("["):
        return name
    if len(key) == 2 and name.isidentifier() and isinstance(key[1], int):
        return f'["{name}", {key[1]}]'  # what JSON makes of nearly every key, in a tenth of the time
    return json.dumps(key)


class Head(NamedTuple):
    """The part of an article's text above its body, and where its keys stand."""

    text: str
    places: Mapping[Key, Place]


def read_head(line: bytes) -> Head:
    """Return a head that was kept; most articles are never asked for theirs, since there is nothing to say about them.

    Raises:
        IncompleteError: it is not what was written. Nobody but an attacker makes such a line under a right checksum.
    """
    try:
        text, places = _HEAD.validator.validate_json(line)
    except ValueError:
        raise IncompleteError("the cache holds what kbtool did not write", where=FOLDER, kind="cache",
                              hint="delete it, or run with --no-cache") from None
    return Head(text, KeptPlaces(places))


class Keepable(Protocol):
    """An article, as far as it is kept."""

    @property
    def source(self) -> str:
        """Return its path inside the content folder."""
        ...

    @property
    def head(self) -> Head:
        """Return its head."""
        ...

    def news(self) -> dict[str, Any] | None:
        """Return all else that is known, under the names of `Kept`; None where the cache knows it."""
        ...


class ArticleCache:
    """The articles that earlier runs have read, by their path inside the content folder."""

    def __init__(self, cache: Cache, config: Config, slugger: Slugger, *, read: bool = True) -> None:
        self._cache, self._key = cache, _key(config, slugger) if cache.folder else ""
        self._began = cache.moment() or 0
        self._kept: dict[str, Kept] = {}
        self._lines: dict[str, tuple[bytes, bytes]] = {}
        self._told: dict[str, frozenset[str]] = {}  #: what was kept of each article by this run
        sections = cache.read(_NAME, self._key) if read else None
        if sections is not None:
            try:
                self._load(sections)
            except (KeyError, ValueError):  # among them pydantic's
                cache.damaged(_NAME)

    def _load(self, sections: Mapping[str, bytes]) -> None:
        lines = list(zip(sections["articles"].splitlines(), sections["heads"].splitlines(), strict=True))
        read = Kept.__pydantic_validator__.validate_json
        kept = [read(line) for line, _ in lines]
        self._kept = {one.source: one for one in kept}
        self._lines = {one.source: line for one, line in zip(kept, lines, strict=True)}

    def get(self, source: str) -> Kept | None:
        """Return what is kept of an article."""
        return self._kept.get(source)

    def head(self, source: str) -> bytes:
        """Return the head of an article of which something is kept, for `read_head`."""
        return self._lines[source][1]

    def keep(self, articles: Iterable[Keepable]) -> None:
        """Keep these articles and no others, if anything can be written; what came from here and is the same is not made anew."""
        if not self._began:
            return
        lines = {}
        for article in articles:
            news = article.news()
            if news is None or (article.source in self._lines and self._told.get(article.source) == news.keys()):
                lines[article.source] = self._lines[article.source]
            else:
                self._told[article.source] = frozenset(news)
                with contextlib.suppress(ValueError):  # a file's name that is not UTF-8
                    lines[article.source] = self._line(news, article.head)
        new = sum(self._lines.get(source) is not line for source, line in lines.items())
        if is_worth_writing(new + len(self._lines.keys() - lines.keys()), len(self._lines)):
            sections = {
                "articles": b"\n".join(article for article, _ in lines.values()),
                "heads": b"\n".join(head for _, head in lines.values()),
            }
            self._cache.write(_NAME, self._key, sections)
        self._lines = lines

    def _line(self, article: dict[str, Any], head: Head) -> tuple[bytes, bytes]:
        if max(article["state"][2:]) >= self._began - _COARSEST:
            article["state"] = NO_STATE
        places = {_name(key): (place.line, place.column) for key, place in head.places.items()}
        return _ARTICLE.serializer.to_json(article), _HEAD.serializer.to_json((head.text, places))


def _key(config: Config, slugger: Slugger) -> str:
    """Return a digest of all that facts depend on besides an article's bytes and kbtool itself."""
    parts = [config.model_dump_json(exclude={"root", "base"}), slugger.name, sys.version, *map(version, _READERS)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
