"""Where articles name tickets in what they show: in their text, title, description and the like. Kept from run to run."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pydantic import BaseModel

from kbtool.articles import Article
from kbtool.cache import Cache, is_worth_writing
from kbtool.config import Config
from kbtool.regions import code_test, comment_spans
from kbtool.tickets import Tracker

_SHOWN = ("title", "description", "tags", "known_issue")
_SENTENCE_END = re.compile(r"[.!?][\"')\]]*\s|\n[ \t]*(?:\n|[-*+>|#]|\d+[.)] )")
#: Underscores around words; what stands before is looked at afterwards, since a pattern that begins with a letter is fast.
_EMPHASIS = re.compile(r"_(?:(?<![^\s(\[\"'*]_)_{0,2}(?=[^\s_])|(?<=[^\s_]_)_{0,2}(?![^\s)\]\"'*.,;:!?]))")
_LONGEST = 200  #: characters of a sentence
_FILE = "tickets"  #: of the cache


class Mentioned(NamedTuple):
    """One place: its words, line and column in the file, its sentence in a text, and what each tracker takes the words for."""

    words: str
    line: int
    column: int
    sentence: str
    in_code: bool
    hidden: bool  #: in a comment
    claims: Mapping[str, str]  #: tracker → key


class TicketMentions:
    """The places of all articles; `keep` keeps them for the next run, if every tracker says what its mentions depend on."""

    def __init__(self, trackers: Mapping[str, Tracker], config: Config, cache: Cache) -> None:
        self._trackers, self._config, self._cache = trackers, config, cache
        self._found: dict[str, Sequence[Mentioned]] = {}
        self._kept: dict[str, Sequence[Mentioned]] | None = None
        self._key = ""

    def of(self, article: Article) -> Sequence[Mentioned]:
        """Return the places of an article, those of its front matter first, then those of its text, in their order.

        Raises:
            ConfigError: a tracker's file cannot be read.
        """
        if not self._trackers or not article.readable:
            return ()
        digest = article.file.digest
        name = "" if article.placeholders or not digest else f"{digest} {article.source}"  # a folder has titles and tags to give
        if self._kept is None:
            self._kept = self._read()
        found = self._kept.get(name)
        if found is None:
            found = tuple(_mentions(article, self._trackers))
        if name:
            self._found[name] = found
        return found

    def keep(self) -> None:
        """Keep what this run has found."""
        kept = self._kept or {}
        if self._key and is_worth_writing(len(self._found.keys() ^ kept.keys()), len(kept)):
            rows = {name: [[*one[:-1], dict(one.claims)] for one in found] for name, found in self._found.items()}
            self._cache.write(_FILE, self._key, {"mentions": json.dumps(rows).encode()})

    def _read(self) -> dict[str, Sequence[Mentioned]]:
        parts = [getattr(tracker, "mentions_depend_on", None) for tracker in self._trackers.values()]
        if None in parts:  # a stranger's, of which only its own code knows
            return {}
        said = json.dumps([self._config.model_dump_json(exclude={"root", "base"}), *self._trackers, *parts])
        self._key = hashlib.sha256(said.encode()).hexdigest()
        sections = self._cache.read(_FILE, self._key)
        try:
            return {} if sections is None else {name: _rows(rows) for name, rows in json.loads(sections["mentions"]).items()}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            self._cache.damaged(_FILE)
            return {}


def _rows(rows: list[list[object]]) -> Sequence[Mentioned]:
    return tuple(
        Mentioned(str(words), int(str(line)), int(str(column)), str(sentence), bool(in_code), bool(hidden), _claims(claims))
        for words, line, column, sentence, in_code, hidden, claims in rows
    )


def _claims(claims: object) -> dict[str, str]:
    if not isinstance(claims, dict):
        raise TypeError
    return {str(name): str(key) for name, key in claims.items()}


def _mentions(article: Article, trackers: Mapping[str, Tracker]) -> Iterator[Mentioned]:
    for name in _SHOWN:
        if value := getattr(article.front_matter, name):
            for start, end, claims in _claimed(text := "\n".join(_texts(value)), trackers):
                place = article.place(written_key(article, name))
                yield Mentioned(text[start:end], place.line, place.column, "", in_code=False, hidden=False, claims=claims)
    body = article.body
    found = _claimed(body, trackers)
    in_code, comments = (code_test(body), comment_spans(body)[0]) if found else (None, [])
    for start, end, claims in found:
        yield Mentioned(
            body[start:end], article.body_line + body.count("\n", 0, start), start - body.rfind("\n", 0, start),
            _sentence(body, start, end), in_code=bool(in_code and in_code(start, inline=True)),
            hidden=any(first <= start < last for first, last in comments), claims=claims,
        )


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a value of the front matter."""
    if isinstance(value, str):
        yield value
    parts = dict(value).values() if isinstance(value, BaseModel) else value if isinstance(value, tuple) else ()
    for part in parts:
        yield from _texts(part)


def _claimed(text: str, trackers: Mapping[str, Tracker]) -> list[tuple[int, int, dict[str, str]]]:
    """Return start and end of each mention in a text, and what each tracker takes it for; underscores of Markdown are no part."""
    found: dict[tuple[int, int], dict[str, str]] = {}
    if "_" in text:
        text = _EMPHASIS.sub(lambda match: " " * len(match[0]), text)
    for name, tracker in trackers.items():
        for mention in tracker.mentions(text):
            found.setdefault((mention.start, mention.end), {})[name] = mention.key
    return [(*span, claims) for span, claims in sorted(found.items(), key=lambda one: one[0])]


def _sentence(body: str, start: int, end: int) -> str:
    """Return the sentence around a place of a text, on one line; a long one from a little before the place on."""
    window = max(0, start - _LONGEST // 2)
    first = max((match.end() for match in _SENTENCE_END.finditer(body, window, start)), default=window)
    last = _SENTENCE_END.search(body, end)
    cut = "…" if first == window > 0 else ""
    text = cut + " ".join(body[first : last.start() + 1 if last else len(body)].split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def written_key(article: Article, name: str) -> str:
    """Return how an article spells a key of its front matter."""
    if not article.aliases:
        return name
    return next((theirs for theirs, ours in article.aliases.items() if ours == name and (theirs,) in article.places), name)
