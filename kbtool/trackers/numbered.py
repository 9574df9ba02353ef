"""What trackers have in common whose tickets are known by a number alone, such as Redmine, RT and Zendesk."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from kbtool.tickets import Answer, Outcome
from kbtool.trackers.http import Session
from kbtool.trackers.remote import RemoteTracker

_NUMBER = r"[1-9][0-9]{0,17}"
_BEFORE = r"(?<![\w/#@.&=?%+-])"
_AFTER = r"(?![\w/#@%+-]|[.?&=:]\w)"
_REST = r"(?:[?&][\w=&%.+-]{0,200}\w)?(?:\#[\w-]{0,80}\w)?"  # of an address: a tab, a comment on the page


@dataclass(frozen=True)
class NumberedTracker(RemoteTracker):
    """A tracker of numbers: the configuration names a prefix that makes keys of them, such as `RM-12`."""

    pages: ClassVar[str]  #: a pattern: what stands between the address of the tracker and the number in that of a ticket's page

    prefix: str = ""  #: what stands before the number in a key

    def __post_init__(self) -> None:
        """Refuse a prefix that would make no words."""
        super().__post_init__()
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,31}", self.prefix):
            raise ValueError("prefix must be letters, digits and underscores, such as SUP: keys are SUP-12 then")

    def pattern(self) -> re.Pattern[str]:
        """Return the prefix with a number, or the address of a ticket's page."""
        site = urlsplit(self.url.rstrip("/"))
        page = rf"(?i:https?://{re.escape(site.netloc)}){re.escape(site.path)}/{self.pages}(?P<page>{_NUMBER})/?{_REST}"
        return re.compile(rf"{_BEFORE}(?:{re.escape(self.prefix)}-(?P<number>{_NUMBER})|{page}){_AFTER}")

    def key(self, match: re.Match[str]) -> str:
        """Return prefix and number."""
        return self.key_for(match["number"] or match["page"])

    def key_for(self, number: object) -> str:
        """Return the key of the ticket with a number, whether the server writes that as a number or as a text."""
        return f"{self.prefix}-{number}"

    def number(self, key: str) -> str:
        """Return the number of a key, "" for a text that is no key of this tracker: no request may hold that."""
        prefix, _, number = key.rpartition("-")
        return number if prefix == self.prefix and re.fullmatch(_NUMBER, number) else ""

    async def single(self, session: Session, key: str) -> Answer:
        """Ask for one ticket by its number."""
        number = self.number(key)
        if not number:
            return Answer(key, Outcome.UNREACHABLE, reason="it is no key of this tracker")
        return await self.one(session, key, number)

    @abstractmethod
    async def one(self, session: Session, key: str, number: str) -> Answer:
        """Return the answer for one key, which has this number."""

    def hidden(self, key: str) -> Answer:
        """Return the answer for a ticket that is there, or may be, and not for whoever asks."""
        who = f"the user of {self.token_env} may not see it" if self.token_env else "nobody without a token can see it"
        return Answer(key, Outcome.FORBIDDEN, reason=who)

    async def batch(self, session: Session, keys: Sequence[str]) -> list[Answer]:
        """Ask for many tickets by their numbers."""
        numbers = [number for key in keys if (number := self.number(key))]
        return await self.many(session, numbers) if numbers else []

    @abstractmethod
    async def many(self, session: Session, numbers: Sequence[str]) -> list[Answer]:
        """Return the answers for those of up to a hundred numbers that one request tells."""
