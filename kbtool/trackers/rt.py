"""Request Tracker: its REST API 2, a hundred tickets in one search; what that leaves out is asked for alone.

Written against an RT 5.0.3. Its traps, all measured: a search has to be a form, for one in JSON is answered with nothing, and
`id IN (…)` is an error. A search finds no ticket that was merged or deleted, or may not be seen; asked for alone, a merged one
is answered with the other's number. A date that is not set is the year 1970, and `Resolved` stays when a ticket is opened again.
Dates in a search are read in the time zone of whoever asks, whatever zone they name, and misread when they are ISO 8601.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from kbtool.tickets import Answer, Outcome, Ticket
from kbtool.trackers.http import Session
from kbtool.trackers.numbered import NumberedTracker
from kbtool.trackers.options import listed, refuse_both
from kbtool.trackers.remote import moment, short

_PAGE = 100  #: what RT gives at most
_PAGES = 10  #: of changed tickets, beyond which it is cheaper to ask for all that are wanted
_FIELDS = {"fields": "Subject,Status,Resolved,LastUpdated,Queue", "fields[Queue]": "Name"}
_WESTERNMOST = dt.timedelta(hours=12)  #: the time zone of a user is at most so far behind UTC
_NEVER = dt.datetime(1971, 1, 1, tzinfo=dt.UTC)  #: a date before that is none
_DELETED = "deleted"


@dataclass(frozen=True)
class RtTracker(NumberedTracker):
    """Reads the tickets of an RT 5; keys are `RT-12`. A status that the options do not name is not known."""

    kind: ClassVar[str] = "rt"
    pages: ClassVar[str] = r"(?:(?:Ticket|SelfService)/Display\.html\?id=|Ticket/)"

    token_env: str = "RT_TOKEN"  # noqa: S105 - a name
    prefix: str = "RT"
    open_states: tuple[str, ...] = ("new", "open", "stalled")  #: the statuses of a ticket that somebody still works on
    closed_states: tuple[str, ...] = ("resolved", "rejected")  #: those of one that is done; `deleted` is one that is gone
    public_queues: tuple[str, ...] = ()  #: the names of queues whose tickets are no secret; all others are

    def __post_init__(self) -> None:
        """Refuse a status that is open and closed."""
        super().__post_init__()
        refuse_both(self.closed_states, self.open_states)

    def authorization(self, token: str) -> dict[str, str]:
        """Return the header that holds the token."""
        return {"Authorization": f"token {token}"} if token else {}

    async def probe(self, session: Session) -> None:
        """Ask for the version, which RT tells those only who may log in."""
        (await session.get("REST/2.0/rt")).value["Version"]

    async def many(self, session: Session, numbers: Sequence[str]) -> list[Answer]:
        """Search for up to a hundred tickets."""
        value = await _search(session, " OR ".join(f"id = {number}" for number in numbers), _FIELDS)
        return [self._answer(ticket) for ticket in value["items"]]

    async def one(self, session: Session, key: str, number: str) -> Answer:
        """Ask for one ticket: 403 is one that this user may not see, another number that of the ticket it was merged into."""
        path, params = f"REST/2.0/ticket/{number}", {"fields[Queue]": "Name"}
        reply = await session.request("GET", path, expect=(200, 403, 404), params=params)
        if reply.status == 404:
            return Answer(key, Outcome.MISSING)
        if reply.status == 403:
            return self.hidden(key)
        other = self.key_for(reply.value["id"])
        if not self.number(other):
            raise ValueError(other)
        return self._answer(reply.value) if other == key else Answer(key, Outcome.MOVED, moved_to=other)

    async def changed_keys(self, session: Session, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        """Return the tickets of the whole RT that changed since then; merged and deleted ones are not among them.

        In which zone RT reads the time is not known, so it is one that is early enough in any, and what comes is looked through.
        """
        del keys
        early = since.astimezone(dt.UTC) - _WESTERNMOST - dt.timedelta(seconds=1)
        query = f"LastUpdated > '{early:%Y-%m-%d %H:%M:%S}'"
        found: set[str] = set()
        for page in range(1, _PAGES + 1):
            asked = {"fields": "LastUpdated", "page": str(page), "orderby": "LastUpdated", "order": "DESC"}
            value = await _search(session, query, asked)
            found |= {self.key_for(ticket["id"]) for ticket in value["items"] if not _is_before(ticket["LastUpdated"], since)}
            if value["pages"] is None:  # an RT that does not count what this user may not see
                return None
            if page >= value["pages"]:
                return found
        return None

    def _answer(self, ticket: Mapping[str, Any]) -> Answer:
        key, status = self.key_for(ticket["id"]), str(ticket["Status"])
        if status == _DELETED:
            return Answer(key, Outcome.GONE)
        state = listed(status, self.closed_states, self.open_states)
        if state is None:
            reason = f"its status {short(status)!r} is in neither closed_states nor open_states"
            return Answer(key, Outcome.UNREACHABLE, reason=reason)
        is_closed = state == "closed"
        queue = ticket["Queue"]
        return Answer.found(Ticket(
            key, state, status if is_closed else None,
            _time(ticket["Resolved"]) if is_closed else None, _time(ticket["LastUpdated"]), str(ticket["Subject"]),
            f"{self.url.rstrip('/')}/Ticket/Display.html?id={ticket['id']}",
            confidential=not (isinstance(queue, dict) and queue.get("Name") in self.public_queues),
        ))


async def _search(session: Session, query: str, more: Mapping[str, str]) -> dict[str, Any]:
    form = {"query": query, "per_page": str(_PAGE), **more}
    value = (await session.request("POST", "REST/2.0/tickets", form=form)).value
    if not isinstance(value["items"], list):
        raise TypeError
    return dict(value)


def _is_before(text: str, since: dt.datetime) -> bool:
    time = _time(text)
    return time is not None and time < since


def _time(text: str) -> dt.datetime | None:
    """Return a time, or None where there is none, which RT writes as the beginning of 1970."""
    time = moment(text)
    return time if time and time >= _NEVER else None
