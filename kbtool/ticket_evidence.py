"""What is known about the tickets that articles name: in their front matter, and in their text outside of code.

Nothing here judges, and nothing asks a server: the embedded tracker is a file, and the others answer from the snapshot.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

from kbtool.articles import Article
from kbtool.config import Config
from kbtool.snapshot import Record, Snapshot, SnapshotError, Source, read
from kbtool.ticket_mentions import TicketMentions, written_key
from kbtool.tickets import Answer, Outcome, Ticket, Tracker

SYNC = "`kbtool tickets sync`"
EMBEDDED = "tickets"  #: the name of the tracker that is the file checks/tickets.yml
_NOTHING_SAID = (Outcome.FORBIDDEN, Outcome.UNREACHABLE)
_FUTURE = dt.timedelta(hours=1)  #: what two clocks may differ


class NamedTicket(NamedTuple):
    """A ticket at one place of an article, and what is known about it: the ticket, or why there is none, or why nothing is known.

    `number` counts the entries of `tickets` in the front matter from 0, and is -1 elsewhere; in the text, `sentence` names the
    ticket. `line` and `column` are those of the file. `moved_to` is the key that it has now, where its tracker says so.
    """

    reference: str
    key: str
    tracker: str
    line: int
    column: int
    number: int = -1
    sentence: str = ""
    expects: str | None = None
    ticket: Ticket | None = None
    unknown: str = ""
    missing: str = ""
    moved_to: str = ""
    private: bool = True
    hidden: bool = False  #: in a comment, which no edition shows
    in_code: bool = False  #: an example, which does not speak of the ticket

    @property
    def in_front_matter(self) -> bool:
        """Return whether the front matter names it."""
        return self.number >= 0


@dataclass
class TicketEvidence:
    """The tickets of all articles.

    Args:
        config: the configuration.
        trackers: those of the configuration by name, the embedded one among them.
        now: the moment to judge by.
        mentions: where articles name them.
    """

    config: Config
    trackers: Mapping[str, Tracker]
    now: dt.datetime
    mentions: TicketMentions
    _named: dict[str, tuple[NamedTicket, ...]] = field(default_factory=dict)
    _spoken_of: dict[str, tuple[NamedTicket, ...]] = field(default_factory=dict)
    _answers: dict[tuple[str, str], NamedTicket] = field(default_factory=dict)

    def of(self, article: Article) -> tuple[NamedTicket, ...]:
        """Return the tickets that an article speaks of, those of the front matter first, then those of the text in its order.

        Raises:
            ConfigError: the file of a `file` tracker cannot be read.
        """
        found = self._spoken_of.get(article.path)
        if found is None:
            spoken_of = (one for one in self.named(article) if one.in_front_matter or (one.sentence and not one.in_code))
            found = self._spoken_of[article.path] = tuple(spoken_of)
        return found

    def read_in(self, article: Article) -> tuple[NamedTicket, ...]:
        """Return the tickets in what editions may show of an article: its text, code and all, title, description and the like."""
        return tuple(one for one in self.named(article) if not one.in_front_matter and not one.hidden)

    def named(self, article: Article) -> tuple[NamedTicket, ...]:
        """Return every ticket that an article names anywhere; see `of`."""
        if article.path not in self._named:
            parts = (self._in_front_matter, self._mentioned) if article.readable else ()
            self._named[article.path] = tuple(self._known(one) for part in parts for one in part(article))
        return self._named[article.path]

    def claim(self, reference: str) -> tuple[str, str, str]:
        """Return the tracker and the key that a reference stands for; or why there is none, as the third."""
        claims = {name: key for name, tracker in self.trackers.items() if (key := tracker.key_of(reference)) is not None}
        tracker, key, missing = _one_of(claims)
        return tracker, key, missing and self._why_none(claims, missing)

    def _why_none(self, claims: Mapping[str, str], missing: str) -> str:
        if claims or self.trackers.keys() - {EMBEDDED}:
            return missing
        file = f"{self.config.checks_folder}/tickets.yml"
        return f"{file} does not have it" if self.trackers else f"no tracker is configured, and there is no {file}"

    def look_up(self, reference: str) -> NamedTicket:
        """Return what is known of the ticket that a reference stands for, without a place."""
        tracker, key, missing = self.claim(reference)
        return self._known(NamedTicket(reference, key, tracker, 0, 0, missing=missing))

    def checked_at(self, one: NamedTicket) -> dt.datetime | None:
        """Return when the tracker has last said what is known of a ticket; None for a file, and for what it has not said."""
        record = self.snapshot.records.get((one.tracker, one.key)) if isinstance(self.snapshot, Snapshot) else None
        return record.checked_at if record and record.answer.outcome not in _NOTHING_SAID else None

    @cached_property
    def snapshot(self) -> Snapshot | str:
        """Return the snapshot, or why it cannot be used."""
        path = self.config.settings / self.config.snapshot
        try:
            return read(path.read_text("utf-8"))
        except FileNotFoundError:
            return f"there is no snapshot yet; run {SYNC}"
        except (OSError, UnicodeDecodeError):
            return f"the snapshot {self.config.snapshot} cannot be read; remove it and run {SYNC}"
        except SnapshotError as error:
            return f"the snapshot {self.config.snapshot}, {error}; remove it and run {SYNC}"

    # ------------------------------------------------------------------------------------------ what articles name

    def _in_front_matter(self, article: Article) -> Iterator[NamedTicket]:
        for number, one in enumerate(article.front_matter.tickets):
            place = article.place(written_key(article, "tickets"), number)
            tracker, key, missing = self.claim(one.ref)
            yield NamedTicket(one.ref, key, tracker, place.line, place.column, number, expects=one.expects, missing=missing)

    def _mentioned(self, article: Article) -> Iterator[NamedTicket]:
        for one in self.mentions.of(article):
            tracker, key, missing = _one_of(one.claims)
            yield NamedTicket(
                one.words, key, tracker, one.line, one.column, sentence=one.sentence, missing=missing, in_code=one.in_code,
                hidden=one.hidden, private=not all(map(self._is_public, one.claims)),
            )

    # ------------------------------------------------------------------------------------------ what is known of them

    def _known(self, one: NamedTicket) -> NamedTicket:
        if not one.tracker:
            return one
        place = one.tracker, one.key
        if place not in self._answers:
            self._answers[place] = self._answered(NamedTicket(one.key, one.key, one.tracker, 0, 0), one.key)
        told = self._answers[place]
        return one._replace(
            ticket=told.ticket, unknown=told.unknown, missing=told.missing, moved_to=told.moved_to, private=told.private)

    def _is_public(self, tracker: str) -> bool:
        return tracker == EMBEDDED or self.config.trackers[tracker].public

    def _answered(self, one: NamedTicket, key: str) -> NamedTicket:
        """Return what is known of a ticket under a key, which is another one than its own where it has moved."""
        name = one.tracker
        found = self._from_file(name, key) if self.trackers[name].kind == "file" else self._from_snapshot(name, key)
        one = one._replace(private=not self._is_public(name))
        if isinstance(found, str):
            return one._replace(unknown=found)
        if found.ticket is not None:  # under the key that articles and their seals know it by
            return one._replace(ticket=replace(found.ticket, key=one.key), private=one.private or found.ticket.confidential)
        if found.outcome is Outcome.MOVED:
            return self._moved(one._replace(private=True), found, key)
        if found.outcome in (Outcome.MISSING, Outcome.GONE):
            it = "it" if key == one.key else f"{key}, to which it has moved,"
            was = "was deleted" if found.outcome is Outcome.GONE else "does not exist"
            return one._replace(missing=f"{it} {was}, says the tracker {name}")
        forbidden = found.outcome is Outcome.FORBIDDEN
        reason = found.reason or ("it may not be seen with this token" if forbidden else "there was no answer")
        return one._replace(unknown=f"{name} has not told of {key}: {reason}", private=one.private or forbidden)

    def _moved(self, one: NamedTicket, found: Answer, key: str) -> NamedTicket:
        """Follow a ticket to its new key, once."""
        new = self.trackers[one.tracker].key_of(found.moved_to) if found.moved_to else None
        if not found.moved_to or new == one.key:
            where = "in a circle" if new else "and it is not said where"
            return one._replace(moved_to="", unknown=f"{one.key} has moved {where}, says the tracker {one.tracker}")
        moved = one._replace(moved_to=new or found.moved_to)
        if new is None or key != one.key:
            return moved._replace(unknown=f"{one.key} has moved to {moved.moved_to}; name that one")
        return self._answered(moved, new)

    def _from_file(self, name: str, key: str) -> Answer:
        return next(iter(self.trackers[name].fetch([key])))

    def _from_snapshot(self, name: str, key: str) -> Answer | str:
        """Return what the snapshot says of a ticket, or why it says nothing; what holds for others too does not name it."""
        snapshot = self.snapshot
        if isinstance(snapshot, str):
            return snapshot
        source, record = snapshot.sources.get(name), snapshot.records.get((name, key))
        if source is not None and not source.is_of(self.trackers[name]):
            return f"the snapshot is of another tracker {name}; run {SYNC}"
        if source is None or record is None:
            return f"the snapshot does not have {key}; run {SYNC}"
        if record.answer.outcome in _NOTHING_SAID:
            return record.answer
        return self._not_in_time(name, record, source) or record.answer

    def _not_in_time(self, name: str, record: Record, source: Source) -> str:
        """Return why a record is no evidence today, or ""."""
        age = self.now - record.checked_at
        if age < -_FUTURE:
            return f"the snapshot is from {record.checked_at:%Y-%m-%d}, after the day to judge by"
        if age <= self.config.trackers[name].max_age:
            return ""
        told = "was last heard of" if record.checked_at == source.synced_at else f"has last told of {record.answer.key}"
        return f"{name} {told} on {record.checked_at:%Y-%m-%d %H:%M} UTC, which is too long ago; run {SYNC}"


def _one_of(claims: Mapping[str, str]) -> tuple[str, str, str]:
    """Return the tracker that a reference belongs to, and its key; what is written down in the file goes before a pattern."""
    if EMBEDDED in claims:
        return EMBEDDED, claims[EMBEDDED], ""
    if len(claims) == 1:
        return *next(iter(claims.items())), ""
    if claims:
        return "", "", f"the trackers {' and '.join(sorted(claims))} both have tickets of this form; narrow one of them"
    return "", "", "no tracker of the configuration has tickets of this form"
