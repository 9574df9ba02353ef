"""Tickets: what kbtool knows of an issue, bug or support case, and the protocol of the systems that hold them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket as its tracker describes it; all times are aware of their zone."""

    key: str
    state: Literal["open", "closed"]
    resolution: str | None = None
    closed_at: dt.datetime | None = None
    updated_at: dt.datetime | None = None
    title: str = ""
    url: str = ""
    confidential: bool = False


@runtime_checkable
class Tracker(Protocol):
    """A system that holds tickets: a frozen dataclass whose fields are its options.

    `fetch` asks for many keys in as few requests as it can and yields the tickets it finds, in any order; a key that it
    does not yield is one that the tracker does not have.
    """

    kind: ClassVar[str]

    def fetch(self, keys: Iterable[str]) -> Iterator[Ticket]:
        """Yield the tickets with these keys."""
        ...
