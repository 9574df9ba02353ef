"""The history of articles: their versions across renames, when each review was made, which edits were substantive.

What a version says (its review date, its seal, its words but for white space) is read once for each blob and kept.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from kbtool.config import Config, FolderDefaults
from kbtool.content_files import decode
from kbtool.dates import parse_date
from kbtool.front_matter import read_front_matter, split
from kbtool.history import History, Unproven, last_second

_OPEN = re.compile(rb"(?:\xef\xbb\xbf)?---[ \t]*\r?\n")
_CLOSE = re.compile(rb"\n(?:---|\.\.\.)[ \t]*\r?(?:\n|\Z)")
_BLANK = b" \t\n\r\x0b\x0c"
_DIGITS = 24  #: of a body's digest
_SILENCE = re.compile(rb"<!--\s*kbtool\s*:\s*ignore\b[^<>]*-->")  #: no word of the article
FETCH_ALL = "`git fetch --unshallow` brings it; in CI, write fetch-depth: 0 (GitHub) or GIT_DEPTH: 0 (GitLab)"
_LEFT_OUT = "this clone leaves out older versions of the article: `git fetch --refetch --no-filter` brings them"


class Fact(NamedTuple):
    """What one version of an article says: the day of its review ("" for none), its seal, and a digest of its body."""

    reviewed_on: str
    seal: str
    body: str


class FactReader:
    """Reads facts from the bytes of an article, under one configuration; a date that cannot be read is none.

    Versions are many, and nearly all have the date on a line of its own: only the others are read as YAML.
    """

    def __init__(self, config: Config) -> None:
        """Prepare for the keys that this knowledge base uses."""
        self._config = config
        self._names = [name.encode() for name in _names_of(config, "last_reviewed_on")]
        self._seal_names = [name.encode() for name in _names_of(config, "review_seal")]
        self.dates = _line_of(config, "last_reviewed_on")
        self.seals = _line_of(config, "review_seal")
        self.style = config.preset_.date_style
        self.key = json.dumps([*(one.pattern.decode() for one in (self.dates, self.seals, _SILENCE)), self.style])
        self._days: dict[bytes, str] = {}

    def read(self, raw: bytes) -> Fact:
        """Return what a version says."""
        if b"\r" in raw:
            raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        opened = _OPEN.match(raw)
        closed = _CLOSE.search(raw, opened.end() - 1) if opened else None
        head, body = (raw[: closed.start()], raw[closed.end() :]) if closed else (b"", raw)
        if b"kbtool" in body:
            body = _SILENCE.sub(b"", body)
        digest = hashlib.sha256(body.translate(None, _BLANK)).hexdigest()[:_DIGITS]
        dates = self.dates.findall(head)
        seal = self.seals.search(head) if any(name in head for name in self._seal_names) else None
        day = self._day(dates[0]) if len(dates) == 1 else ""  # of several lines, some are within a text
        if not day and (b"\\" in head or any(name in head for name in self._names)):  # a quoted key may be written in escapes
            day = self._day_of_yaml(raw)
        return Fact(day, seal[1].decode("utf-8", "replace") if seal else "", digest)

    def _day_of_yaml(self, raw: bytes) -> str:
        found, _ = read_front_matter(split(decode(raw)[0]).raw, self._config, FolderDefaults())
        return found.last_reviewed_on.isoformat() if found.last_reviewed_on else ""

    def _day(self, written: bytes) -> str:
        if written not in self._days:
            try:
                self._days[written] = parse_date(written.decode(), self.style).isoformat()
            except (ValueError, UnicodeDecodeError):
                self._days[written] = ""
        return self._days[written]


def _names_of(config: Config, key: str) -> list[str]:
    return [key, *(theirs for theirs, ours in config.key_aliases.items() if ours == key)]


def _line_of(config: Config, key: str) -> re.Pattern[bytes]:
    words, quote = "|".join(map(re.escape, _names_of(config, key))), """["']?"""
    value = rf"""{quote}([^"'#\r\n]*?){quote}[ \t]*(?:[ \t]#.*)?\r?$"""
    return re.compile(rf"^{quote}(?:{words}){quote}[ \t]*:[ \t]*{value}".encode(), re.MULTILINE)


class Version(NamedTuple):
    """An article as a landing left it; `blob` is "" where the landing removed it."""

    number: int
    blob: str
    path: str


@dataclass(frozen=True, slots=True)
class Edit:
    """A substantive change of an article: its landing (number), its day (UTC) and who made it."""

    number: int
    day: dt.date | None
    authors: tuple[str, ...]


class Review(NamedTuple):
    """Where the present review stands in history.

    `base` is the newest landing that certainly came before it: later ones are since the review. `landing` is the one that
    brought it (one past the newest where it is not committed yet), `commit` the id of the review commit, `blob` the
    article as it was there.
    """

    day: dt.date
    base: int
    landing: int
    commit: str = ""
    blob: str = ""


@dataclass
class ArticleHistories:
    """The histories of articles by their path in the repository."""

    history: History
    reader: FactReader
    facts: dict[str, Fact | None] = field(default_factory=dict)
    similar: dict[str, dict[str, str]] = field(default_factory=dict)  #: landing's id → new path → old path
    untold: frozenset[str] = frozenset()  #: ids of landings whose renames this partial clone cannot tell
    _gone: dict[int, dict[str, str]] = field(default_factory=dict)  #: landing → blob → a path from which it removed that

    @cached_property
    def _versions(self) -> dict[str, tuple[Version, ...]]:
        return {}

    def versions(self, path: str) -> tuple[Version, ...]:
        """Return the versions of an article on the main line, oldest first, under the names that it had before too."""
        found = self._versions.get(path)
        if found is None:
            trail = sorted(self._trail(path, self.history.newest, set()), key=lambda one: one.number)
            found = self._versions[path] = tuple(trail)
        return found

    def _trail(self, path: str, until: int, seen: set[str]) -> list[Version]:
        landings, before = self.history.line.landings, 0
        found: list[Version] = []
        seen.add(path)
        for number, state in landings.steps(path):
            if number > until:
                break
            blob = landings.states[state][7:]
            found.append(Version(number, blob, path))
            source = self._source(path, number, blob) if state and not before else ""
            if source and source not in seen:
                found += self._trail(source, number - 1, seen)
            before = state
        return found

    def _source(self, path: str, number: int, blob: str) -> str:
        """Return the path from which a landing moved a file here, or ""."""
        if number not in self._gone:
            gone = self.history.removed.get(number, ())
            self._gone[number] = {self.history.state_at(other, number - 1)[7:]: other for other in gone}
        return self._gone[number].get(blob) or self.similar.get(self.history.line.landings.ids[number], {}).get(path, "")

    def fact(self, blob: str) -> Fact | None:
        """Return what a version says; None for one that was removed.

        Raises:
            Unproven: this clone does not have the blob.
        """
        if not blob:
            return None
        found = self.facts.get(blob)
        if found is None:
            raise Unproven(_LEFT_OUT)
        return found

    def body_at(self, path: str, number: int) -> str:
        """Return the digest of the body that the main line had after a landing; raises Unproven as `fact` does."""
        for version in reversed(self.versions(path)):
            if version.number <= number:
                fact = self.fact(version.blob)
                return fact.body if fact else ""
        return ""

    def side_versions(self, path: str) -> Iterator[tuple[int, str]]:
        """Yield (side commit, blob) for what merged branches did to the article, under any of its names."""
        sides = self.history.line.sides
        if not sides.changes:
            return
        for name in {path, *(version.path for version in self.versions(path))}:
            if name in sides.changes:
                for side, state in sides.steps(name):
                    yield side, sides.states[state][7:]

    def is_cut(self, path: str) -> bool:
        """Return whether this clone does not know if the article is older than its first version here."""
        return bool(self._cut_before(path))

    def _cut_before(self, path: str) -> str:
        """Return why it is not known what came before the first version of an article, "" where it is."""
        versions = self.versions(path)
        if not versions:
            return ""
        if versions[0].number == 0 and self.history.is_cut:
            return self.cut_off()
        return _LEFT_OUT if self.untold and self.history.line.landings.ids[versions[0].number] in self.untold else ""

    def first_landing(self, path: str) -> int | None:
        """Return the landing that brought the article; None where it is not committed.

        Raises:
            Unproven: this clone does not know it.
        """
        versions = self.versions(path)
        if why := self._cut_before(path):
            raise Unproven(why)
        return versions[0].number if versions and self.history.state_at(path, self.history.newest) else None

    def cut_off(self) -> str:
        """Return why a shallow clone cannot answer."""
        return f"history is cut off at {self.history.line.landings.ids[0][:12]}, so what is older is not known: {FETCH_ALL}"

    def review(self, path: str, day: dt.date, seal: str | None = None) -> Review:
        """Return where the review of that day (and with that seal, if one is given) stands.

        Raises:
            Unproven: it cannot be told.
        """
        history, text = self.history, day.isoformat()
        by_day = history.landed_by(last_second(day))
        current = self.fact(history.state_at(path, history.newest)[7:])
        if current is None or current.reviewed_on != text or (seal is not None and current.seal != seal):
            return Review(day, min(history.newest, by_day), history.newest + 1)
        if why := self._cut_before(path):
            raise Unproven(why)
        found = self._oldest(path, day, seal)
        base = min(found.base, by_day) if seal is None else found.base
        if history.is_cut and base < 0:
            raise Unproven(self.cut_off())
        return Review(day, base, found.landing, found.commit, found.blob)

    def _oldest(self, path: str, day: dt.date, seal: str | None) -> Review:
        """Return the oldest commit with this review: the one that contains the least of the main line."""
        line, text = self.history.line, day.isoformat()
        shown = [version for version in self.versions(path) if self._shows(version.blob, text, seal)]
        found = [Review(day, one.number, one.number, line.landings.ids[one.number], one.blob) for one in shown[:1]]
        for side, blob in self.side_versions(path):
            if self._shows(blob, text, seal):
                if self.history.git.shallow & {line.sides.ids[other] for other in line.by_branch[line.branch[side]]}:
                    raise Unproven("history is cut off within the branch that holds the review")
                found.append(Review(day, line.contained[side], line.branch[side], line.sides.ids[side], blob))
        return min(found, key=lambda review: (review.base, review.landing))

    def _shows(self, blob: str, text: str, seal: str | None) -> bool:
        fact = self.fact(blob)
        return fact is not None and fact.reviewed_on == text and (seal is None or fact.seal == seal)

    def edits(self, path: str) -> list[Edit]:
        """Return the substantive changes of an article, oldest first; its first version is one."""
        landed_on = self.history.landed_on
        return [Edit(number, landed_on(number), self._authors(path, number)) for number in self.edited_by(path)]

    def edited_by(self, path: str) -> list[int]:
        """Return the landings that changed an article in substance, oldest first."""
        return [number for number in self.rewordings(path) if number not in self.history.ignored]

    def rewordings(self, path: str) -> list[int]:
        """Return the landings that changed the body of an article, also those that do not count, oldest first."""
        found, before = [], ""
        for version in self.versions(path):
            fact = self.facts.get(version.blob)
            if fact and fact.body != before:
                before = fact.body
                found.append(version.number)
        return found

    def changed_on(self, path: str) -> dt.date | None:
        """Return the day of the last substantive change; where none counts, that of the first version; None if not known."""
        edits, versions = self.edited_by(path), self.versions(path)
        number = edits[-1] if edits else versions[0].number if versions else None
        if number is None or (number == versions[0].number and self.is_cut(path)):
            return None
        return self.history.landed_on(number)

    def _authors(self, path: str, number: int) -> tuple[str, ...]:
        """Return who changed the article in a landing: of a merge, those whose commits touched it."""
        line = self.history.line
        mine = [side for side, _ in self.side_versions(path) if line.branch[side] == number] if number in line.by_branch else []
        names = [self.history.author(side, side=True) for side in mine if side not in self.history.ignored_sides]
        return tuple(dict.fromkeys(names)) or tuple(self.history.authors(number))

    def reviews(self, path: str) -> list[tuple[int, str]]:
        """Return (landing, day) for each review that the main line has seen, oldest first."""
        facts = [(version.number, self.facts.get(version.blob)) for version in self.versions(path)]
        dated = [(number, fact.reviewed_on) for number, fact in facts if fact]
        return [(number, day) for (_, before), (number, day) in pairwise([(-1, ""), *dated]) if day and day != before]
