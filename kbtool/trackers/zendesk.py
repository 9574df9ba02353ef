"""Zendesk: a hundred tickets in one request of its REST API 2; what that leaves out is asked for alone.

Written from its documents and from recorded answers, not against a real one. Its traps: nobody, too, is told who they are, an
"anonymous user". An agent with restrictions is told "not found" of what other groups work on. A merged ticket is closed like
any other but for a tag. A ticket does not say when it was solved; its metrics do, which lie beside it or within it. A solved
ticket becomes closed by itself, which changes nothing. The address in a ticket is that of the API, not of a page.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers.http import Session, UnreachableError
from kbtool.trackers.numbered import NumberedTracker
from kbtool.trackers.options import State, folded, listed, refuse_both, signed
from kbtool.trackers.remote import moment, short

_STATES: dict[str, State] = {
    "new": "open", "open": "open", "pending": "open", "hold": "open", "solved": "closed", "closed": "closed",
}
_PAGE = 500  #: tickets of an export in one answer; they come with their whole first message
_PAGES = 5  #: the most requests for an export; Zendesk allows ten in a minute
_OVERLAP = dt.timedelta(minutes=5)  #: an export leaves out the last minute, and refuses to begin in it


@dataclass(frozen=True)
class ZendeskTracker(NumberedTracker):
    """Reads the tickets of a Zendesk; keys are `ZD-12`. They are support cases, so all of them are confidential."""

    kind: ClassVar[str] = "zendesk"
    pages: ClassVar[str] = r"(?:agent/tickets|tickets|(?:hc/(?:[a-z]{2,3}(?:-[a-z0-9]{2,4})?/)?)?requests)/"

    token_env: str = "ZENDESK_API_TOKEN"  # noqa: S105 - a name
    user_env: str = "ZENDESK_EMAIL"  #: the one that holds the agent's e-mail address; "" sends the token alone (OAuth)
    prefix: str = "ZD"
    closed_states: tuple[str, ...] = ()  #: statuses, also of your own, that count as closed
    open_states: tuple[str, ...] = ()  #: statuses, also of your own, that count as open

    def __post_init__(self) -> None:
        """Refuse a status that is open and closed, and to ask without a token."""
        super().__post_init__()
        if not self.token_env:
            raise ValueError("token_env: Zendesk shows tickets to agents only; name the variable that holds a token")
        refuse_both(self.closed_states, self.open_states)

    # ------------------------------------------------------------------------------------------ who asks

    def authorization(self, token: str) -> dict[str, str]:
        """Return the header that signs requests, by the agent's address and token, or by the token alone."""
        return signed(self.user_env, token, "/token:")

    async def probe(self, session: Session) -> None:
        """Ask who we are; Zendesk tells nobody, too, that they are an "anonymous user"."""
        try:
            user = (await session.get("api/v2/users/me")).value["user"]
        except UnreachableError as error:
            if str(error) == "HTTP 403":  # and no rate limit
                raise TrackerAuthError("the token may not read (HTTP 403); an OAuth token needs the scope `read`") from None
            raise
        if user["id"] is None:
            raise TrackerAuthError("it takes who asks for an anonymous user")
        if user["role"] not in ("agent", "admin"):
            raise TrackerAuthError(f"its user has the role “{short(user['role'])}”, and only agents can read tickets")
        session.memory["sees all"] = user.get("restricted_agent") is False

    # ------------------------------------------------------------------------------------------ tickets

    async def many(self, session: Session, numbers: Sequence[str]) -> list[Answer]:
        """Ask for up to a hundred tickets; their metrics say when they were solved."""
        value = (await session.get("api/v2/tickets/show_many", ids=",".join(numbers), include="metric_sets")).value
        labels, metrics = await self._labels(session), _metrics(value)
        return [self._answer(ticket, metrics, labels) for ticket in value["tickets"]]

    async def one(self, session: Session, key: str, number: str) -> Answer:
        """Ask for one ticket."""
        reply = await session.get(f"api/v2/tickets/{number}", expect=(200, 403, 404), include="metric_sets")
        if reply.status == 403:
            return Answer(key, Outcome.FORBIDDEN, reason="this agent may not see it")
        if reply.status == 404:
            return _absent(session, key, reply.value)
        return self._answer(reply.value["ticket"], _metrics(reply.value), await self._labels(session))

    def _answer(self, ticket: Any, metrics: Mapping[int, Any], labels: Mapping[int, str]) -> Answer:
        number, status = ticket["id"], ticket["status"]
        key = self.key_for(number)
        if status == "deleted":
            return Answer(key, Outcome.GONE)
        if status == "closed" and "closed_by_merge" in (ticket.get("tags") or ()):
            return Answer(key, Outcome.MOVED, reason="it was merged into another ticket; Zendesk does not say which")
        label = labels.get(ticket.get("custom_status_id"), status)
        state = self._listed(label) or self._listed(status) or _STATES.get(status)
        if state is None:
            why = f"its status “{short(label)}” is not known; list it in closed_states or open_states"
            return Answer(key, Outcome.UNREACHABLE, reason=why)
        metric = ticket.get("metric_set") or metrics.get(number) or {}
        return Answer.found(Ticket(
            key=key, state=state, closed_at=moment(metric.get("solved_at")) if state == "closed" else None,
            updated_at=moment(ticket.get("updated_at")), title=ticket.get("subject") or "",
            url=f"{self.url.rstrip('/')}/agent/tickets/{number}", confidential=True,
        ))

    def _listed(self, name: str) -> State | None:
        return listed(name, self.closed_states, self.open_states)

    async def _labels(self, session: Session) -> Mapping[int, str]:
        """Return the names of the account's own statuses by their ids; nothing where the options name none."""
        if folded((*self.closed_states, *self.open_states)) <= _STATES.keys():
            return {}
        return await session.once("labels", lambda: _custom_statuses(session))

    # ------------------------------------------------------------------------------------------ what has changed

    async def changed_keys(self, session: Session, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        """Return which tickets an export says have changed, deleted ones too; only administrators may have one."""
        del keys
        place: dict[str, Any] = {"start_time": int((since - _OVERLAP).timestamp())}
        changed: set[str] = set()
        for _ in range(_PAGES):
            value = (await session.get("api/v2/incremental/tickets/cursor", per_page=_PAGE, **place)).value
            changed |= {self.key_for(ticket["id"]) for ticket in value["tickets"]}
            if value["end_of_stream"]:
                return changed
            place = {"cursor": value["after_cursor"]}
        return None


async def _custom_statuses(session: Session) -> dict[int, str]:
    value = (await session.get("api/v2/custom_statuses")).value
    return {status["id"]: status["agent_label"] for status in value["custom_statuses"]}


def _metrics(value: Any) -> dict[int, Any]:
    """Return the metrics of tickets by their numbers; they stand beside the tickets, in exports within them."""
    return {metric["ticket_id"]: metric for metric in value.get("metric_sets") or ()}


def _absent(session: Session, key: str, value: Any) -> Answer:
    """Say what "not found" means to who asks: an agent with restrictions does not see every ticket."""
    if value.get("error") != "RecordNotFound":
        raise UnreachableError("HTTP 404", 404)
    if session.memory.get("sees all"):
        return Answer(key, Outcome.MISSING)
    return Answer(key, Outcome.FORBIDDEN, reason="this agent may not see all tickets, or there is none")
