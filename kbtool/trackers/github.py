"""GitHub: issues and pull requests, a hundred in one GraphQL query; what that leaves out is asked of the REST API, one by one.

GraphQL says the same of a ticket that never existed, was deleted, or was transferred; REST tells these apart. Both are asked
one request after the other, as GitHub wants it.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlsplit

from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers.http import Reply, Session, UnreachableError, part
from kbtool.trackers.remote import RemoteTracker, moment, short

_REPOSITORY = r"[A-Za-z0-9][A-Za-z0-9_-]{0,38}/[A-Za-z0-9_.-]{1,100}"
_NUMBER = r"[1-9][0-9]{0,8}"  # GraphQL's numbers have 32 bits
_BEFORE = r"(?<![\w/#@.&=%-])"
_AFTER = r"(?![\w/#@%-]|[.?&=:]\w)"
_LINK = r"(?<!\]\()"  # `[text](#88)` leads to a heading
_ENTERPRISE = "/api/v3"
_PAGE, _PAGES = 100, 10  #: tickets of a page, and the most pages that `changed_keys` reads
_LIMITED = 60.0  #: seconds to wait where GitHub does not say how long
_NO_REPOSITORY = "its repository does not exist, or this token may not read it"
_OPEN, _CLOSED, _MERGED = "OPEN", "CLOSED", "MERGED"
# `state` has another type in each of the two, hence the alias; without `enableDuplicate` a duplicate reads as not planned.
_FIELDS = """fragment fields on IssueOrPullRequest {
  __typename
  ... on Issue {
    title url closedAt updatedAt state stateReason(enableDuplicate: true)
    reopened: timelineItems(last: 1, itemTypes: [REOPENED_EVENT]) { nodes { ... on ReopenedEvent { createdAt } } }
  }
  ... on PullRequest {
    title url closedAt updatedAt pullState: state
    reopened: timelineItems(last: 1, itemTypes: [REOPENED_EVENT]) { nodes { ... on ReopenedEvent { createdAt } } }
  }
}"""


@dataclass(frozen=True)
class GithubTracker(RemoteTracker):
    """Tickets of GitHub and GitHub Enterprise; keys are `acme/shop#88`, in small letters as GitHub tells no others apart."""

    kind: ClassVar[str] = "github"
    at_once: ClassVar[int] = 1

    url: str = "https://api.github.com"  #: the address of its API; of an Enterprise Server, `https://ghe.example.com/api/v3`
    token_env: str = "GITHUB_TOKEN"  # noqa: S105 - a name
    repository: str = ""  #: the repository, such as `acme/shop`, whose tickets may be called `#88` or `GH-88`
    repositories: tuple[str, ...] = ()  #: globs of the repositories whose tickets are meant, such as `acme/*`; all by default

    def __post_init__(self) -> None:
        """Refuse a repository that is none."""
        super().__post_init__()
        if self.repository and not re.fullmatch(_REPOSITORY, self.repository):
            raise ValueError("repository must be one, such as acme/shop")

    # ------------------------------------------------------------------------------------------ references

    def pattern(self) -> re.Pattern[str]:
        """Return `acme/shop#88`, the addresses of issues and pull requests, `#88` and `GH-88`."""
        page = rf"/(?:issues|pull)/(?P<page>{_NUMBER})(?:/(?:files|commits|checks)?)?(?:[?#][\w=&%.+-]{{0,200}}\w)?"
        url = rf"(?i:https?://(?:www\.)?{re.escape(self._web)})/(?P<home>{_REPOSITORY}){page}"
        word = rf"{_LINK}(?:(?P<at>{_REPOSITORY})\#|\#|GH-)(?P<number>{_NUMBER})"
        return re.compile(rf"{_BEFORE}(?:{url}|{word}){_AFTER}")

    def key(self, match: re.Match[str]) -> str | None:
        """Return the full form in small letters, or None for a repository that is not one of ours."""
        bare = not (match["home"] or match["at"])
        name = (match["home"] or match["at"] or self.repository).lower()
        ours = bare or not self.repositories or any(fnmatchcase(name, glob.lower()) for glob in self.repositories)
        if not name or not ours or name.endswith(("/.", "/..")):
            return None
        return f"{name}#{match['page'] or match['number']}"

    def _ours(self, keys: Sequence[str]) -> list[str]:
        """Return those that are keys: nothing else may get into a request."""
        return [key for key in keys if self.key_of(key) == key]

    @cached_property
    def _web(self) -> str:
        """Return the host of the pages."""
        host = urlsplit(self.url).netloc
        return host if self._is_enterprise else host.removeprefix("api.")

    @property
    def _is_enterprise(self) -> bool:
        return self.url.rstrip("/").endswith(_ENTERPRISE)

    # ------------------------------------------------------------------------------------------ requests

    def authorization(self, token: str) -> dict[str, str]:
        """Return the token as a bearer, with the version of the API that this file was written for."""
        headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
        return {**headers, "Authorization": f"Bearer {token}"} if token else headers

    async def probe(self, session: Session) -> None:
        """Ask for the rate limit: that counts against none, needs no right, and a bad token gets 401."""
        reply = await session.get("rate_limit", expect=(200, 404))  # 404: an Enterprise Server that has no limits
        if reply.status == 200 and reply.value["resources"].get("graphql", {}).get("limit") == 0:
            raise TrackerAuthError("GitHub has not seen the token: it grants the limits of nobody")

    def limit(self, reply: Reply) -> float | None:
        """Return 60 seconds for a limit without headers: GraphQL's comes as a 200, and the secondary one as a bare 403."""
        value = reply.value if isinstance(reply.value, dict) else {}
        message = str(value.get("message", "")).lower()
        limited = reply.status == 403 and ("rate limit" in message or "abuse" in message)
        in_graphql = any(kind.startswith("RATE_LIMIT") for kind in map(_kind, value.get("errors") or ()))
        return _LIMITED if limited or in_graphql or reply.status == 429 else None

    async def batch(self, session: Session, keys: Sequence[str]) -> list[Answer]:
        """Ask for all of them in one query, which GraphQL answers for those with a token only."""
        asked = _by_repository(self._ours(keys) if self.token_env else ())
        if not asked:
            return []
        path = "../graphql" if self._is_enterprise else "graphql"
        body = {"query": _query(asked), "variables": _variables(asked)}
        value = (await session.request("POST", path, body=body)).value
        errors = {tuple(error.get("path") or ()): error for error in value.get("errors") or ()}
        data = value.get("data")
        if not isinstance(data, dict):
            raise UnreachableError(f"GitHub says: {_message(next(iter(errors.values()), None))}")
        return list(_answers(session, data, errors, asked))

    async def single(self, session: Session, key: str) -> Answer:
        """Ask the REST API, which tells what was deleted or transferred from what never was; redirects say where it went."""
        if not self._ours([key]):
            return Answer(key, Outcome.UNREACHABLE, reason="it is no key of this tracker")
        name, _, number = key.partition("#")
        reply = await session.get(f"{_path(name)}/issues/{number}", expect=(200, 301, 403, 404, 410), follow=False)
        said = _message(reply.value)
        if reply.status == 301:
            return Answer(key, Outcome.MOVED, moved_to=await self._new_key(session, reply.headers.get("location", "")))
        if reply.status == 410 and "disabled" not in said:
            return Answer(key, Outcome.GONE)
        if reply.status in (403, 410):
            return Answer(key, Outcome.FORBIDDEN, reason=f"GitHub says: {said}")
        if reply.status == 404:
            return await self._not_found(session, key)
        return _found(key, _from_rest(reply.value), confidential=bool(self.token_env) and session.memory.get(name, True))

    async def _new_key(self, session: Session, location: str) -> str:
        """Return the key of what is at an address of the API, where repositories are numbers; "" if it is not to be seen."""
        base = f"{self.url.rstrip('/')}/"
        if not location.startswith(base):
            return ""
        reply = await session.get(location.removeprefix(base), expect=(200, 403, 404, 410))
        match = self._pattern.fullmatch(reply.value.get("html_url", ""))
        return f"{match['home'].lower()}#{match['page']}" if match and match["home"] else ""

    async def _not_found(self, session: Session, key: str) -> Answer:
        """Tell a number that is yet to come from one that was given out: 404 also hides what is in a repository out of sight."""
        name, _, number = key.partition("#")
        newest = await session.once(("newest", name), lambda: _newest(session, name))
        if newest is None:
            return Answer(key, Outcome.FORBIDDEN, reason=_NO_REPOSITORY)
        if int(number) <= newest:
            why = "its number is taken, but by what this token may not see: it was transferred, or is a discussion"
            return Answer(key, Outcome.FORBIDDEN, reason=why)
        return Answer(key, Outcome.MISSING)

    async def changed_keys(self, session: Session, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        """Read what was updated, repository by repository; ten pages at most."""
        found: set[str] = set()
        asked = 0
        for name in _by_repository(self._ours(keys)):
            for page in itertools.count(1):
                asked += 1
                issues = await _updated(session, name, since, page) if asked <= _PAGES else None
                if issues is None:
                    return None
                found.update(f"{name}#{issue['number']}" for issue in issues)
                if len(issues) < _PAGE:
                    break
        return found


def _by_repository(keys: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in keys:
        name, _, number = key.partition("#")
        found.setdefault(name, []).append(number)
    return found


def _path(name: str) -> str:
    owner, _, repository = name.partition("/")
    return f"repos/{part(owner)}/{part(repository)}"


def _query(asked: Mapping[str, Sequence[str]]) -> str:
    """Return the query; names travel as variables, and numbers are digits and nothing else."""
    declared = ", ".join(f"$o{at}: String!, $n{at}: String!" for at in range(len(asked)))
    repositories = "\n".join(
        f"  r{at}: repository(owner: $o{at}, name: $n{at}) {{ nameWithOwner isPrivate "
        + " ".join(f"i{number}: issueOrPullRequest(number: {number}) {{ ...fields }}" for number in numbers) + " }"
        for at, numbers in enumerate(asked.values())
    )
    return f"query tickets({declared}) {{\n{repositories}\n}}\n{_FIELDS}"


def _variables(asked: Mapping[str, Sequence[str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for at, name in enumerate(asked):
        found[f"o{at}"], _, found[f"n{at}"] = name.partition("/")
    return found


def _answers(
    session: Session, data: Mapping[str, Any], errors: Mapping[tuple[Any, ...], Any], asked: Mapping[str, Sequence[str]]
) -> Iterator[Answer]:
    """Yield what a reply says; what GraphQL cannot find is left out, for REST to tell why."""
    for at, (name, numbers) in enumerate(asked.items()):
        home = data.get(f"r{at}")
        if home is None:
            yield from (_unseen(f"{name}#{number}", errors.get((f"r{at}",))) for number in numbers)
            continue
        session.memory[name] = home["isPrivate"] is not False
        for number in numbers:
            key, error = f"{name}#{number}", errors.get((f"r{at}", f"i{number}"))
            node = home[f"i{number}"]
            if node is not None and home["nameWithOwner"].lower() != name:
                yield Answer(key, Outcome.MOVED, moved_to=f"{home['nameWithOwner'].lower()}#{number}")
            elif node is not None:
                yield _found(key, node, confidential=session.memory[name])
            elif error is not None and _kind(error) != "NOT_FOUND":
                yield _unseen(key, error)


def _unseen(key: str, error: Any) -> Answer:
    kind = _kind(error)
    if kind == "NOT_FOUND":
        return Answer(key, Outcome.FORBIDDEN, reason=_NO_REPOSITORY)
    outcome = Outcome.FORBIDDEN if kind in ("FORBIDDEN", "INSUFFICIENT_SCOPES") else Outcome.UNREACHABLE
    return Answer(key, outcome, reason=f"GitHub says: {_message(error)}")


def _found(key: str, node: Mapping[str, Any], *, confidential: bool) -> Answer:
    """Return the ticket of a GraphQL node, or that its state is none that GitHub has today."""
    pull = node["__typename"] == "PullRequest"
    state = node["pullState" if pull else "state"]
    if state not in (_OPEN, _CLOSED, _MERGED):
        return Answer(key, Outcome.UNREACHABLE, reason=f"the state {short(state)} is not one that kbtool knows")
    is_open = state == _OPEN
    if pull:
        resolution = "merged" if state == _MERGED else "not merged"
    else:
        resolution = short(node.get("stateReason") or "").lower().replace("_", " ")
    events = [event["createdAt"] for event in node["reopened"]["nodes"] or () if event]
    return Answer.found(Ticket(
        key=key, state="open" if is_open else "closed", resolution=None if is_open else resolution or None,
        closed_at=None if is_open else moment(node["closedAt"]), updated_at=moment(node["updatedAt"]),
        title=node["title"], url=node["url"], confidential=confidential,
        reopened_at=moment(events[-1]) if is_open and events else None,
    ))


def _from_rest(issue: Mapping[str, Any]) -> dict[str, Any]:
    """Return an issue of the REST API as GraphQL would write it."""
    pull = issue.get("pull_request")
    state = issue["state"].upper()
    return {
        "__typename": "PullRequest" if pull else "Issue", "title": issue["title"], "url": issue["html_url"],
        "closedAt": issue["closed_at"], "updatedAt": issue["updated_at"], "stateReason": issue.get("state_reason"),
        "state": state, "pullState": _MERGED if pull and pull.get("merged_at") else state, "reopened": {"nodes": []},
    }


async def _updated(session: Session, name: str, since: dt.datetime, page: int) -> list[dict[str, Any]] | None:
    """Return a page of what was updated, the newest first: what changes meanwhile is read twice then, and hides nothing."""
    return await _listed(
        session, name, sort="updated", direction="desc", since=f"{since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        per_page=_PAGE, page=page,
    )


async def _newest(session: Session, name: str) -> int | None:
    """Return the newest number of a repository, 0 if it has none yet; None where its tickets may not be read."""
    issues = await _listed(session, name, sort="created", direction="desc", per_page=1)
    return None if issues is None else max((issue["number"] for issue in issues), default=0)


async def _listed(session: Session, name: str, **params: Any) -> list[dict[str, Any]] | None:
    """Return issues and pull requests of a repository, None where they may not be read."""
    reply = await session.get(f"{_path(name)}/issues", expect=(200, 403, 404, 410), state="all", **params)
    return list(reply.value) if reply.status == 200 else None


def _kind(error: Any) -> str:
    return str(error.get("type", "")) if isinstance(error, dict) else ""


def _message(value: Any) -> str:
    return short(value.get("message") or "nothing") if isinstance(value, dict) else "nothing"
