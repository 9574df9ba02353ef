"""Jira: a hundred issues in one request of its REST API, version 3 in Cloud and 2 in Data Center.

Written from their documents and from what others have measured, not against a real one. Their traps: a batch leaves out, without
a word, what does not exist, may not be seen, or was moved (that comes under its new key). Cloud answers a wrong token as it
answers nobody. "Does not exist or you do not have permission to see it" is one message. One unknown key refuses a whole query,
and dates in a query are read in the time zone of whoever asks. A closed issue may have no resolution, an open one still have one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers.http import Session, UnreachableError, part
from kbtool.trackers.options import State, listed, refuse_both, signed
from kbtool.trackers.remote import RemoteTracker, moment, short

_FIELDS = ("summary", "status", "resolution", "resolutiondate", "statuscategorychangedate", "updated", "security")
_CATEGORIES: dict[str, State] = {"new": "open", "indeterminate": "open", "done": "closed"}
_PROJECT = r"[A-Z][A-Z0-9_]{0,49}"
_NUMBER = r"[1-9][0-9]{0,17}"
_KEY = re.compile(rf"{_PROJECT}-{_NUMBER}")
_LINK_WITH_QUERY = re.compile(r"(https?://[^\s?#]+)[?#]\S*", re.IGNORECASE)
_NO_SUCH_PATH = (404, 405, 410)
_PAGE = 100  #: issues a request; servers cut larger pages silently
_CHUNK = 250  #: keys in one query for what has changed
_PAGES = 10  #: the most requests that such a question may cost
_ROUNDS = 3  #: how often a query is asked again without the keys that it was refused for


@dataclass(frozen=True)
class JiraTracker(RemoteTracker):
    """Reads issues of a Jira; whether it is Cloud or Data Center, the server says.

    Keys are `SUP-431`. A word such as UTF-8 looks like one, so in running text only keys of `projects` count.
    """

    kind: ClassVar[str] = "jira"

    token_env: str = "JIRA_API_TOKEN"  # noqa: S105 - a name
    user_env: str = "JIRA_USER_EMAIL"  #: the one that holds the account's address; "" sends the token alone (Data Center)
    web_url: str = ""  #: the address of its pages, where that is not `url`
    projects: tuple[str, ...] = ()  #: keys of projects, such as SUP; issues of other ones are not this tracker's
    public_projects: tuple[str, ...] = ()  #: projects that everybody may see; the issues of all others are confidential
    closed_states: tuple[str, ...] = ()  #: statuses that count as closed, whatever their category
    open_states: tuple[str, ...] = ()  #: statuses that count as open, whatever their category

    def __post_init__(self) -> None:
        """Refuse addresses, project keys and statuses that cannot be meant."""
        super().__post_init__()
        if self.web_url and not re.fullmatch(r"https?://[^\s?#]+", self.web_url):
            raise ValueError("web_url must be the address of the tracker's pages, such as https://acme.atlassian.net")
        for project in (*self.projects, *self.public_projects):
            if not re.fullmatch(_PROJECT, project):  # so none means anything in a pattern
                raise ValueError(f"{project!r} is no key of a project; they are written in capitals, such as SUP")
        refuse_both(self.closed_states, self.open_states)

    # ------------------------------------------------------------------------------------------ references

    def pattern(self) -> re.Pattern[str]:
        """Return the pattern of page addresses and, if `projects` says which, of keys."""
        site = urlsplit(self._site)
        projects = "|".join(self.projects)
        page = rf"(?i:https?://{re.escape(site.netloc)}{re.escape(site.path)}/browse/)"
        link = rf"(?<![\w/=]){page}(?P<link>(?i:{projects or _PROJECT})-{_NUMBER})(?![\w%-]|/\w)"
        if not projects:
            return re.compile(link)
        alone = rf"(?<![\w./#@&=?%+~-])(?P<alone>(?:{projects})-{_NUMBER})(?![\w/#@=%~-]|[.?&+]\w)"
        return re.compile(rf"{link}|{alone}")

    def key(self, match: re.Match[str]) -> str | None:
        """Return the key in capitals; an address may have it in small letters."""
        return next(found for found in match.groups() if found).upper()

    def key_of(self, reference: str) -> str | None:
        """Return the key, of an address whatever its query; without `projects`, also a bare key, which is meant as one here."""
        whole = reference.strip()
        link = _LINK_WITH_QUERY.fullmatch(whole)
        found = super().key_of(link[1] if link else whole)
        return whole if not (found or self.projects) and _KEY.fullmatch(whole) else found

    @property
    def _site(self) -> str:
        return (self.web_url or self.url).rstrip("/")

    # ------------------------------------------------------------------------------------------ who asks, and whom

    def authorization(self, token: str) -> dict[str, str]:
        """Return the header that signs requests, by the account's address and token, or by the token alone."""
        return signed(self.user_env, token)

    async def probe(self, session: Session) -> None:
        """Ask who we are: with a wrong token, Jira Cloud answers most questions as if nobody had asked."""
        try:
            reply = await session.get(f"{await self._api(session)}/myself")
        except UnreachableError as error:
            if str(error) == "HTTP 403":  # and no rate limit
                raise TrackerAuthError(
                    "it refuses the credentials (HTTP 403); after several wrong ones, Data Center wants a log-in by hand"
                ) from None
            raise
        if not (reply.value.get("accountId") or reply.value.get("name")):
            raise TrackerAuthError("it does not know who asks")

    async def _api(self, session: Session) -> str:
        cloud = await session.once("cloud", lambda: _is_cloud(session))
        return f"rest/api/{3 if cloud else 2}"

    # ------------------------------------------------------------------------------------------ issues

    async def batch(self, session: Session, keys: Sequence[str]) -> list[Answer]:
        """Return answers for the issues that are where their keys say."""
        known = [key for key in keys if _KEY.fullmatch(key)]
        issues = await self._issues(session, known) if known else []
        session.memory.setdefault("seen", set()).update(_project(issue["key"]) for issue in issues)
        return [self._answer(issue) for issue in issues]

    async def _issues(self, session: Session, keys: Sequence[str]) -> list[Any]:
        """Return issues by their keys: in Cloud at once, elsewhere by a query."""
        api = await self._api(session)
        if api.endswith("3"):
            try:
                reply = await session.request(
                    "POST", f"{api}/issue/bulkfetch", body={"issueIdsOrKeys": list(keys), "fields": list(_FIELDS)})
            except UnreachableError as error:
                if error.status not in _NO_SUCH_PATH:
                    raise
            else:
                return list(reply.value["issues"])
        issues, _ = await self._search(session, keys, _FIELDS)
        return issues

    async def single(self, session: Session, key: str) -> Answer:
        """Return the answer for one issue; Jira answers for one that was moved under its new key."""
        if not _KEY.fullmatch(key):
            return Answer(key, Outcome.UNREACHABLE, reason="it is no key of this tracker")
        api = await self._api(session)
        reply = await session.get(f"{api}/issue/{part(key)}", expect=(200, 403, 404), fields=",".join(_FIELDS))
        if reply.status == 403:
            return Answer(key, Outcome.FORBIDDEN)
        if reply.status == 404:
            return await self._absent(session, key, reply.value)
        now = reply.value["key"]
        if now == key:
            return self._answer(reply.value)
        if not _KEY.fullmatch(now):
            raise ValueError(now)
        return Answer(key, Outcome.MOVED, moved_to=now)

    async def _absent(self, session: Session, key: str, value: Any) -> Answer:
        """Say what "does not exist or you do not have permission to see it" means: the first, if its project can be seen."""
        if "errorMessages" not in value:
            raise UnreachableError("HTTP 404", 404)
        project = _project(key)
        if not self.token_env or project in session.memory.get("seen", ()):
            return Answer(key, Outcome.MISSING)
        if await session.once(("project", project), lambda: self._is_seen(session, project)):
            return Answer(key, Outcome.MISSING)
        return Answer(key, Outcome.FORBIDDEN, reason=f"this account cannot see the project {project}, or there is none")

    async def _is_seen(self, session: Session, project: str) -> bool:
        reply = await session.get(f"{await self._api(session)}/project/{part(project)}", expect=(200, 403, 404))
        return reply.status == 200

    def _answer(self, issue: Any) -> Answer:
        key, fields = issue["key"], issue["fields"]
        name, category = fields["status"]["name"], fields["status"].get("statusCategory", {}).get("key", "")
        state = listed(name, self.closed_states, self.open_states) or _CATEGORIES.get(category)
        if state is None:
            why = f"its status “{short(name)}” is in no category; list it in closed_states or open_states"
            return Answer(key, Outcome.UNREACHABLE, reason=why)
        closed = state == "closed"
        return Answer.found(Ticket(
            key=key, state=state, resolution=(fields.get("resolution") or {}).get("name") if closed else None,
            closed_at=_closed_at(fields, category) if closed else None, updated_at=moment(fields.get("updated")),
            title=fields.get("summary") or "", url=f"{self._site}/browse/{key}",
            confidential=fields.get("security") is not None or _project(key) not in self.public_projects,
        ))

    # ------------------------------------------------------------------------------------------ queries

    async def changed_keys(self, session: Session, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        """Return which of the keys were updated; a query is read in the account's zone, so it asks for a day more."""
        known = [key for key in keys if _KEY.fullmatch(key)]
        chunks = [known[at : at + _CHUNK] for at in range(0, len(known), _CHUNK)]
        if len(chunks) > _PAGES:
            return None
        start = f"{since.astimezone(dt.UTC) - dt.timedelta(days=1):%Y-%m-%d %H:%M}"
        changed = set(keys) - set(known)
        for chunk in chunks:
            issues, refused = await self._search(session, chunk, ("updated",), f' AND updated >= "{start}"')
            found = {issue["key"] for issue in issues}
            if found - set(chunk):
                return None  # an issue was moved, and its new key does not say which of the keys was its old one
            changed |= found | refused
        return changed

    async def _search(
        self, session: Session, keys: Sequence[str], fields: Sequence[str], condition: str = ""
    ) -> tuple[list[Any], set[str]]:
        """Return the issues that a query finds, and the keys that it was refused for: one unknown key refuses all of it."""
        refused: set[str] = set()
        for _ in range(_ROUNDS):
            asked = [key for key in keys if key not in refused]
            if not asked:
                return [], refused
            quoted = ", ".join(f'"{key}"' for key in asked)
            found = await self._pages(session, f"key in ({quoted}){condition} ORDER BY key", fields, strict=bool(condition))
            if not isinstance(found, str):
                return found, refused
            named = _named(asked, found)
            if not named:
                break
            refused |= named
        raise UnreachableError("it refuses the query (HTTP 400)", 400)

    async def _pages(self, session: Session, jql: str, fields: Sequence[str], *, strict: bool) -> list[Any] | str:
        """Return the issues of all pages of a query, or why it was refused."""
        api = await self._api(session)
        path = f"{api}/search/jql" if api.endswith("3") else f"{api}/search"
        body: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": _PAGE}
        if api.endswith("2"):
            # Data Center wants a boolean here, and no word; a query that is not validated just leaves out unknown keys.
            body |= {"validateQuery": strict, "startAt": 0}
        issues: list[Any] = []
        for _ in range(_PAGES):
            reply = await session.request("POST", path, expect=(200, 400), body=body)
            if reply.status == 400:
                return " ".join(map(str, reply.value.get("errorMessages", ())))
            issues += reply.value["issues"]
            more = _next_page(reply.value, len(issues))
            if more is None:
                return issues
            body |= more
        raise UnreachableError(f"an answer of more than {_PAGES} pages")


async def _is_cloud(session: Session) -> bool:
    reply = await session.get("rest/api/2/serverInfo")
    return bool(reply.value.get("deploymentType") == "Cloud")


def _next_page(value: Any, so_far: int) -> dict[str, Any] | None:
    """Return what a request for the next page has in it, by token (Cloud) or by number (Data Center); None after the last."""
    if "total" in value:
        return {"startAt": so_far} if value["issues"] and so_far < value["total"] else None
    token = value.get("nextPageToken")
    return {"nextPageToken": token} if token and not value.get("isLast") else None


def _named(keys: Iterable[str], message: str) -> set[str]:
    """Return the keys that a message names, in whatever language it is written."""
    return set(keys) & set(re.findall(rf"(?<![\w-]){_KEY.pattern}(?![\w-])", message))


def _closed_at(fields: Any, category: str) -> dt.datetime | None:
    """Return when it was resolved; a workflow that sets no resolution has the time at which its category changed."""
    return moment(fields.get("resolutiondate") or (fields.get("statuscategorychangedate") if category == "done" else None))


def _project(key: str) -> str:
    return key.rpartition("-")[0]
