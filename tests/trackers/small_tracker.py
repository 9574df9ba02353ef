"""A small tracker, and the tracker that asks it: what is tested with them holds for all adapters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fault_server import Reply, Request, json_reply

from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers.http import Session, part
from kbtool.trackers.remote import RemoteTracker, moment

TOKEN = "s3cret+token/of~tests=="  #: has what base64 and percent forms change


@dataclass(frozen=True)
class GenericTracker(RemoteTracker):
    """Tickets `T-1` of a server such as `Tickets`."""

    kind: ClassVar[str] = "generic"
    batch_size: ClassVar[int] = 100

    states: Mapping[str, str] = field(default_factory=lambda: {"new": "open", "done": "closed"}, hash=False)
    page_size: int = 100

    def pattern(self) -> re.Pattern[str]:
        """Return `T-1`, and the address of its page."""
        url = re.escape(self.url.rstrip("/"))
        return re.compile(rf"(?<![\w/#.@=&%-])(?:{url}/tickets/)?(?P<key>T-[1-9][0-9]{{0,17}})(?![\w/#@%-]|[.?&=:]\w)")

    def key(self, match: re.Match[str]) -> str | None:
        """Return the key."""
        return match["key"]

    def authorization(self, token: str) -> dict[str, str]:
        """Return the token in a header of its own, as Redmine and GitLab want it."""
        return {"X-Token": token} if token else {}

    async def probe(self, session: Session) -> None:
        """Ask who we are."""
        reply = await session.get("me", expect=(200, 403))
        if reply.status == 403:
            raise TrackerAuthError(f"it says: {reply.value['error']}")

    async def batch(self, session: Session, keys: Sequence[str]) -> list[Answer]:
        """Read all pages of the list."""
        found: list[Answer] = []
        page, pages = 1, 1
        while page <= pages:
            value = (await session.get("tickets", ids=",".join(keys), page=page, size=self.page_size)).value
            found += [self._answer(ticket) for ticket in value["tickets"]]
            page, pages = page + 1, value["pages"]
        return found

    async def single(self, session: Session, key: str) -> Answer:
        """Tell why it was left out."""
        reply = await session.get(f"tickets/{part(key)}", expect=(200, 301, 403, 404, 410), follow=False)
        if reply.status == 301:
            return Answer(key, Outcome.MOVED, moved_to=reply.headers["location"].rpartition("/")[2])
        if reply.status == 200:
            return self._answer(reply.value)
        outcome = {403: Outcome.FORBIDDEN, 404: Outcome.MISSING, 410: Outcome.GONE}[reply.status]
        return Answer(key, outcome, reason=reply.value["error"])

    def _answer(self, value: Mapping[str, Any]) -> Answer:
        key, state = value["key"], self.states.get(value["status"])
        if state is None:
            return Answer(key, Outcome.UNREACHABLE, reason=f"its status {value['status']!r} is not known")
        at = moment(value.get("closed_at"))
        return Answer.found(Ticket(key, state, closed_at=at if state == "closed" else None, title=value["title"]))  # type: ignore[arg-type]


class Tickets:
    """An app with tickets: a batch leaves out what is not there or not to be seen; a single one says why."""

    def __init__(self, tickets: Mapping[str, Mapping[str, Any]], token: str = TOKEN) -> None:
        self.tickets, self.token = dict(tickets), token

    @classmethod
    def usual(cls, many: int = 0) -> Tickets:
        """Return tickets of every outcome, T-1 to T-7, and more that are open, from T-1001 on."""
        done = {"status": "done", "closed_at": "2026-11-01T09:00:00Z", "title": "Done"}
        found = {"T-1": {"status": "new", "title": "Open"}, "T-2": done, "T-3": {"moved_to": "T-2"}, "T-4": {"gone": True}}
        found |= {"T-5": {"secret": True}, "T-7": {"status": "Verified", "title": "In a state of its own"}}
        return cls(found | {f"T-{1001 + n}": {"status": "new", "title": f"Number {n}"} for n in range(many)})

    def __call__(self, request: Request) -> Reply:
        """Answer as a well-behaved server."""
        if request.headers.get("x-token", "") != self.token:
            return json_reply({"error": "who are you?"}, 401)
        if request.path == "/me":
            return json_reply({"login": "bot"})
        if request.path == "/tickets":
            return self._list(request.query)
        key = request.path.removeprefix("/tickets/")
        return self._single(key, self.tickets.get(key))

    def _list(self, query: Mapping[str, list[str]]) -> Reply:
        page, size = int(query["page"][0]), int(query["size"][0])
        found = [{"key": key, **self.tickets[key]} for key in query["ids"][0].split(",") if "status" in self.tickets.get(key, {})]
        return json_reply({"tickets": found[(page - 1) * size : page * size], "pages": max(1, -(-len(found) // size))})

    def _single(self, key: str, ticket: Mapping[str, Any] | None) -> Reply:
        if ticket is None:
            return json_reply({"error": "no such ticket"}, 404)
        if "moved_to" in ticket:
            return json_reply({}, 301, Location=f"/tickets/{ticket['moved_to']}")
        if "gone" in ticket:
            return json_reply({"error": "it was deleted"}, 410)
        return json_reply({"error": "not for you"}, 403) if "secret" in ticket else json_reply({"key": key, **ticket})


#: What becomes of the tickets of `Tickets.usual`.
WANTED = {
    "T-1": Outcome.FOUND, "T-2": Outcome.FOUND, "T-3": Outcome.MOVED, "T-4": Outcome.GONE, "T-5": Outcome.FORBIDDEN,
    "T-6": Outcome.MISSING, "T-7": Outcome.UNREACHABLE,
}


def outcomes(tracker: RemoteTracker, keys: Sequence[str] = tuple(WANTED)) -> dict[str, Outcome]:
    """Return what became of each key; each has one answer."""
    answers = list(tracker.fetch(keys))
    assert sorted(answer.key for answer in answers) == sorted(keys)
    return {answer.key: answer.outcome for answer in answers}


def reasons(tracker: RemoteTracker, keys: Sequence[str] = tuple(WANTED)) -> set[str]:
    """Return why there was no answer for any of the keys."""
    answers = list(tracker.fetch(keys))
    assert {answer.key: answer.outcome for answer in answers} == dict.fromkeys(keys, Outcome.UNREACHABLE)
    return {answer.reason for answer in answers}
