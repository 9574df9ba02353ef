"""Tickets: what kbtool knows of an issue, bug or support case, and the protocol of the systems that hold them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as its tracker describes it; all times are aware of their zone.

    `closed_at` is None for an open ticket, also for one that was closed before. `reopened_at` is when that was undone, if
    its tracker says so or two syncs saw it happen.
    """

    key: str
    state: Literal["open", "closed"]
    resolution: str | None = None
    closed_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    title: str = ""
    url: str = ""
    confidential: bool = False
    reopened_at: dt.datetime | None = None


class Outcome(StrEnum):
    """What became of the question for a ticket. Only MISSING and GONE say that there is no such ticket."""

    FOUND = "found"
    MOVED = "moved"  #: it lives under another key now, or was merged into another ticket; its old state says nothing
    GONE = "gone"  #: it was deleted
    MISSING = "missing"  #: there is none, says a tracker that knows who asks
    FORBIDDEN = "forbidden"  #: it may be there; whoever asks may not see it
    UNREACHABLE = "unreachable"  #: there was no answer, or none that can be understood


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tracker says of one key: the ticket if it was found, its new key if it moved, else why there is none."""

    key: str
    outcome: Outcome
    ticket: Ticket | None = None
    moved_to: str = ""
    reason: str = ""

    @classmethod
    def found(cls, ticket: Ticket) -> Answer:
        """Return the answer that has the ticket."""
        return cls(ticket.key, Outcome.FOUND, ticket)


@dataclass(frozen=True, slots=True)
class Mention:
    """Where a text names a ticket: from character `start` to `end`, and the ticket's key."""

    start: int
    end: int
    key: str


class TrackerAuthError(Exception):
    """The tracker does not accept the credentials; the reason is fit for a message and holds no token."""

    def __init__(self, reason: str = "it does not accept the credentials") -> None:
        super().__init__(reason)
        self.reason = reason


@runtime_checkable
class Tracker(Protocol):
    """A system that holds tickets: a frozen dataclass whose fields are its options.

    A key is how the tracker and articles call a ticket, one form for each: `SUP-431`, `acme/shop#88`.
    """

    kind: ClassVar[str]

    def key_of(self, reference: str) -> str | None:
        """Return the key that a reference (a key, or the address of its page) stands for; None if it is not one of ours."""
        ...

    def mentions(self, text: str) -> Iterator[Mention]:
        """Yield where a text names tickets of this tracker, from left to right."""
        ...

    def fetch(self, keys: Iterable[str]) -> Iterator[Answer]:
        """Yield one answer for each key, in any order, asking for many in one request; a tracker that is silent yields no error.

        Raises:
            TrackerAuthError: the tracker does not accept the credentials; nothing that it says may be believed.
        """
        ...

    def changed(self, since: dt.datetime, keys: Iterable[str]) -> set[str] | None:
        """Return which of the keys may have changed since a moment, in few requests; None where that cannot be told.

        Raises:
            TrackerAuthError: the tracker does not accept the credentials.
        """
        ...
