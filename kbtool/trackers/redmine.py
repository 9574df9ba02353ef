"""Redmine: a hundred issues in one request of its REST API; what the list leaves out is asked for alone.

Written against a Redmine 5.0.4. Its traps, all measured: without `status_id=*` a list leaves out what is closed. A key that is
wrong is no error, the answer is what nobody may see. One bad number in a list, or an offset in a time, is status 422 for all
of it. An issue that was reopened keeps its `closed_on`. An issue in a private project is not `is_private`. The list of
projects leaves out those that are closed, unless it is filtered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers.http import Session
from kbtool.trackers.numbered import NumberedTracker
from kbtool.trackers.options import listed
from kbtool.trackers.remote import moment

_PAGE = 100  #: what a Redmine gives at most, whatever `limit` says
_MOST_CHANGED = 1000  #: issues; beyond that it is cheaper to ask for all that are wanted
_MOST_PROJECTS = 10_000
_SWITCHED_OFF = "its REST API is switched off (Administration → Settings → API)"


@dataclass(frozen=True)
class RedmineTracker(NumberedTracker):
    """Reads the issues of a Redmine; keys are `RM-12`. A status that Redmine counts as closed is closed, and no other is."""

    kind: ClassVar[str] = "redmine"
    pages: ClassVar[str] = "issues/"

    token_env: str = "REDMINE_API_KEY"  # noqa: S105 - a name
    prefix: str = "RM"
    closed_states: tuple[str, ...] = ()  #: names of further statuses that count as closed, such as "Resolved"

    def authorization(self, token: str) -> dict[str, str]:
        """Return the header that holds the key; as a part of an address it would be in logs."""
        return {"X-Redmine-API-Key": token} if token else {}

    async def probe(self, session: Session) -> None:
        """Ask who we are: lists answer a wrong key as they answer nobody."""
        reply = await session.get("users/current.json", expect=(200, 403))
        if reply.status == 403:
            raise TrackerAuthError(_SWITCHED_OFF)

    async def many(self, session: Session, numbers: Sequence[str]) -> list[Answer]:
        """Ask for up to a hundred issues; without `status_id` the list would leave out those that are closed."""
        reply = await session.get("issues.json", issue_id=",".join(numbers), status_id="*", limit=_PAGE)
        return [await self._answer(session, issue) for issue in reply.value["issues"]]

    async def one(self, session: Session, key: str, number: str) -> Answer:
        """Ask for one issue: 404 is one that does not exist (any more), 403 one that this key may not see (401: nobody may)."""
        hidden = (403,) if self.token_env else (401, 403)
        reply = await session.get(f"issues/{number}.json", expect=(200, 404, *hidden))
        if reply.status == 404:
            return Answer(key, Outcome.MISSING)
        if reply.status in hidden:
            return self.hidden(key)
        return await self._answer(session, reply.value["issue"])

    async def changed_keys(self, session: Session, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        """Return the issues of the whole Redmine that changed since then; deleted ones are not among them.

        The newest come first, so one that changes meanwhile pushes none to a page that was read already.
        """
        del keys
        after = f">={since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"  # with another zone it would be status 422
        newest = {"updated_on": after, "status_id": "*", "sort": "updated_on:desc,id:desc"}
        issues = await _listed(session, "issues", newest, most=_MOST_CHANGED)
        return None if issues is None else {self.key_for(issue["id"]) for issue in issues}

    async def _answer(self, session: Session, issue: Mapping[str, Any]) -> Answer:
        status, number = issue["status"], issue["id"]
        is_closed = await _is_closed(session, status)
        counts = is_closed or listed(status["name"], self.closed_states, ()) == "closed"
        return Answer.found(Ticket(
            self.key_for(number), "closed" if counts else "open", status["name"] if counts else None,
            moment(issue["closed_on"]) if is_closed else None,  # it stays when an issue is opened again
            moment(issue["updated_on"]), str(issue["subject"]), f"{self.url.rstrip('/')}/issues/{number}",
            confidential=issue.get("is_private") is not False or not await self._is_public(session, issue["project"]["id"]),
        ))

    async def _is_public(self, session: Session, project: int) -> bool:
        """Return whether everybody may see a project; nobody sees any other, so then there is nothing to ask."""
        return not self.token_env or project in await session.once("public", lambda: _public_projects(session))


async def _public_projects(session: Session) -> frozenset[int]:
    """Return the public projects, none where they are too many; a list without a filter would leave out the closed ones."""
    public = {"f[]": "is_public", "op[is_public]": "=", "v[is_public][]": "1"}
    projects = await _listed(session, "projects", public, most=_MOST_PROJECTS)
    return frozenset(project["id"] for project in projects or () if project.get("is_public") is True)


async def _is_closed(session: Session, status: Mapping[str, Any]) -> bool:
    """Return whether a status counts as closed; versions before 5 say that in the list of statuses only."""
    if "is_closed" in status:
        return _true_or_false(status["is_closed"])
    return status["id"] in await session.once("closed", lambda: _closed_statuses(session))


async def _closed_statuses(session: Session) -> frozenset[int]:
    value = (await session.get("issue_statuses.json")).value
    return frozenset(status["id"] for status in value["issue_statuses"] if _true_or_false(status.get("is_closed", False)))


def _true_or_false(value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError(value)


async def _listed(session: Session, name: str, asked: Mapping[str, str], most: int) -> list[Any] | None:
    """Return all of a list, page by page; None where it is longer than that, or breaks off."""
    found: list[Any] = []
    total = 1
    while len(found) < total <= most:
        params = {**asked, "limit": _PAGE, "offset": len(found)}
        value = (await session.request("GET", f"{name}.json", params=params)).value
        found += value[name]
        total = value["total_count"]
        if total and not value[name]:
            return None
    return found if total <= most else None
