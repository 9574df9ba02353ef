"""GitLab: the issues of each project in one request; what that leaves out is asked for alone.

An issue that was moved stays behind as a closed one, so closed may only mean moved. What a token may not see is 404, as is what
never was: only who may see confidential issues can tell them apart.
"""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, ClassVar

from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers.http import Reply, Session, UnreachableError, part
from kbtool.trackers.remote import RemoteTracker, moment, short

_SEGMENT = r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_-])?"
_PROJECT = rf"{_SEGMENT}(?:/{_SEGMENT}){{1,21}}"
_NUMBER = r"[1-9][0-9]{0,8}"
_BEFORE = r"(?<![\w/#@.&=%-])"
_AFTER = r"(?![\w/#@%-]|[.?&=:]\w)"
_LINK = r"(?<!\]\()"  # `[text](#12)` leads to a heading
_API = "api/v4"
_PAGE, _PAGES = 100, 10  #: issues of a page, the most that GitLab gives, and the most pages of one question
_AT_ONCE = 40  #: issues of one GraphQL query; GitLab refuses queries that are too complex
_REPORTER = 20  #: the role from which on nobody keeps an issue of the project from its owner
_EVERYBODY = ("enabled", "public")  #: levels of access to issues that are as wide as the project
_NO_PROJECT = "its project does not exist, or this token may not read it"


@dataclass(frozen=True, slots=True)
class _Project:
    """What GitLab says of a project to this token."""

    path: str  #: its present one, in small letters
    public: bool  #: whether everybody may read its issues
    complete: bool  #: whether this token may read all of them


@dataclass(frozen=True)
class GitlabTracker(RemoteTracker):
    """Tickets of GitLab; keys are `group/project#12`, in small letters as GitLab tells no others apart."""

    kind: ClassVar[str] = "gitlab"

    url: str = "https://gitlab.com"  #: the address of GitLab
    token_env: str = "GITLAB_TOKEN"  # noqa: S105 - a name
    project: str = ""  #: the project, such as `group/project`, whose tickets may be called `#12`
    projects: tuple[str, ...] = ()  #: globs of the projects whose tickets are meant, such as `group/*`; all by default

    def __post_init__(self) -> None:
        """Refuse a project that is none."""
        super().__post_init__()
        if self.project and not re.fullmatch(_PROJECT, self.project):
            raise ValueError("project must be one with its groups, such as group/project")

    # ------------------------------------------------------------------------------------------ references

    def pattern(self) -> re.Pattern[str]:
        """Return `group/project#12`, the addresses of issues and work items, and `#12`."""
        base = re.escape(self._base.partition("://")[2])
        page = rf"(?:/-)?/(?:issues(?:/incident)?|work_items)/(?P<page>{_NUMBER})/?(?:[?#][\w=&%.+-]{{0,200}}\w)?"
        url = rf"(?i:https?://{base})/(?P<home>{_PROJECT}){page}"
        word = rf"{_LINK}(?P<at>{_PROJECT})?\#(?P<number>{_NUMBER})"
        return re.compile(rf"{_BEFORE}(?:{url}|{word}){_AFTER}")

    def key(self, match: re.Match[str]) -> str | None:
        """Return the full form in small letters, or None for a project that is not one of ours."""
        bare = not (match["home"] or match["at"])
        name = (match["home"] or match["at"] or self.project).lower()
        ours = bare or not self.projects or any(fnmatchcase(name, glob.lower()) for glob in self.projects)
        return f"{name}#{match['page'] or match['number']}" if name and ours else None

    def _ours(self, keys: Sequence[str]) -> list[str]:
        """Return those that are keys: nothing else may get into a request."""
        return [key for key in keys if self.key_of(key) == key]

    @cached_property
    def _base(self) -> str:
        """Return the address of the pages; that of the API, as CI_API_V4_URL has it, stands for it, too."""
        return self.url.rstrip("/").removesuffix(f"/{_API}")

    # ------------------------------------------------------------------------------------------ requests

    def authorization(self, token: str) -> dict[str, str]:
        """Return the token as a bearer: personal, project and group tokens may come so, and those of OAuth have to."""
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def probe(self, session: Session) -> None:
        """Ask who the token belongs to: a project's or a group's has a user, too."""
        reply = _in_scope(await session.get(self._path("user"), expect=(200, 403)))
        if reply.status == 403:
            raise TrackerAuthError(f"GitLab says: {short(reply.value.get('message') or 'forbidden')}")
        if "id" not in reply.value:
            raise UnreachableError("GitLab does not say whose token it is")

    def parts(self, keys: Sequence[str]) -> list[Sequence[str]]:
        """Return the keys by project, for each request is about one."""
        found: dict[str, list[str]] = {}
        for key in keys:
            found.setdefault(key.partition("#")[0], []).append(key)
        return [batch for of_project in found.values() for batch in super(GitlabTracker, self).parts(of_project)]

    async def batch(self, session: Session, keys: Sequence[str]) -> list[Answer]:
        """Ask for the project, which tells who may see its issues, and for all issues in one request."""
        ours = self._ours(keys)
        if not ours:
            return []
        name = ours[0].partition("#")[0]
        home = await self._project(session, name)
        if home is None:
            return [Answer(key, Outcome.FORBIDDEN, reason=_NO_PROJECT) for key in ours]
        issues = await self._issues(session, name, {"iids[]": [key.partition("#")[2] for key in ours]}, _PAGES)
        return await self._answers_of(session, name, home, issues or ())

    async def single(self, session: Session, key: str) -> Answer:
        """Ask for it alone: a list leaves out some types of issues, and says nothing of those that it may not show."""
        if not self._ours([key]):
            return Answer(key, Outcome.UNREACHABLE, reason="it is no key of this tracker")
        name, _, number = key.partition("#")
        home = await self._project(session, name)
        if home is None:
            return Answer(key, Outcome.FORBIDDEN, reason=_NO_PROJECT)
        reply = _in_scope(await session.get(f"{self._of(name)}/issues/{number}", expect=(200, 403, 404)))
        if reply.status == 200:
            [answer] = await self._answers_of(session, name, home, [reply.value])
            return answer
        if reply.status == 404 and home.complete:
            return Answer(key, Outcome.MISSING)
        why = "there is none, or it is confidential; a token with the role Reporter can tell"
        return Answer(key, Outcome.FORBIDDEN, reason=why)

    async def changed_keys(self, session: Session, since: dt.datetime, keys: Sequence[str]) -> set[str] | None:
        """Read what was updated, project by project, the newest first: what changes meanwhile is read twice and hides nothing."""
        found: set[str] = set()
        asked = 0
        params = {"updated_after": f"{since.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}", "order_by": "updated_at", "sort": "desc"}
        for name in dict.fromkeys(key.partition("#")[0] for key in self._ours(keys)):
            issues = await self._issues(session, name, params, _PAGES - asked)
            if issues is None:
                return None
            asked += max(1, -(-len(issues) // _PAGE))
            found.update(f"{name}#{issue['iid']}" for issue in issues)
        return found

    # ------------------------------------------------------------------------------------------ what GitLab has

    @property
    def _is_api(self) -> bool:
        return self.url.rstrip("/").endswith(f"/{_API}")

    def _path(self, path: str) -> str:
        return path if self._is_api else f"{_API}/{path}"

    def _of(self, name: str) -> str:
        return self._path(f"projects/{part(name)}")

    async def _project(self, session: Session, name: str) -> _Project | None:
        """Return a project, asked for once, or None where it is not to be seen."""
        return await session.once(("project", name), lambda: self._read_project(session, name))

    async def _read_project(self, session: Session, name: str) -> _Project | None:
        reply = _in_scope(await session.get(self._of(name), expect=(200, 403, 404)))
        if reply.status != 200:
            return None
        value = reply.value
        level = value.get("issues_access_level")
        roles = [access["access_level"] for access in (value.get("permissions") or {}).values() if access]
        return _Project(
            path=value["path_with_namespace"].lower(),
            public=not self.token_env or (value.get("visibility") == "public" and level in _EVERYBODY),
            complete=max(roles, default=0) >= _REPORTER and level != "disabled",
        )

    async def _issues(self, session: Session, name: str, params: Mapping[str, Any], most: int) -> list[dict[str, Any]] | None:
        """Return the issues of a project on so many pages; None where there are more, or they are not to be seen."""
        found: list[dict[str, Any]] = []
        for page in itertools.count(1):
            if page > most:
                return None
            reply = _in_scope(await session.get(
                f"{self._of(name)}/issues", expect=(200, 403, 404), state="all", scope="all", per_page=_PAGE, page=page, **params,
            ))
            if reply.status != 200:
                return None
            found += reply.value
            more = reply.headers.get("x-next-page", str(page + 1) if len(reply.value) == _PAGE else "")
            if not more.strip():
                return found
        raise AssertionError("unreachable")

    async def _answers_of(
        self, session: Session, name: str, home: _Project, issues: Sequence[Mapping[str, Any]]
    ) -> list[Answer]:
        moved = [issue["moved_to_id"] for issue in issues if _is_moved(issue)]
        try:
            homes: Mapping[int, str] | None = await self._new_keys(session, moved)
        except UnreachableError:
            homes = None
        return [_answer(name, home, issue, homes) for issue in issues]

    async def _new_keys(self, session: Session, numbers: Sequence[int]) -> dict[int, str]:
        """Return the keys of issues that have these numbers in all of GitLab; REST tells them to administrators only.

        Raises:
            UnreachableError: GitLab may tell another time.
        """
        path = "../graphql" if self._is_api else "api/graphql"
        found: dict[int, str] = {}
        for some in (numbers[at : at + _AT_ONCE] for at in range(0, len(numbers), _AT_ONCE)):
            reply = await session.request("POST", path, body=_where(some), expect=(200, 403, 404))
            data = reply.value.get("data") or {}
            references = {number: (data.get(f"i{at}") or {}).get("reference") or "" for at, number in enumerate(some)}
            found |= {number: text.lower() for number, text in references.items() if re.fullmatch(f"{_PROJECT}#{_NUMBER}", text)}
        return found


def _where(numbers: Sequence[int]) -> dict[str, Any]:
    """Return the query for the keys of issues."""
    declared = ", ".join(f"$i{at}: IssueID!" for at in range(len(numbers)))
    fields = " ".join(f"i{at}: issue(id: $i{at}) {{ reference(full: true) }}" for at in range(len(numbers)))
    variables = {f"i{at}": f"gid://gitlab/Issue/{number}" for at, number in enumerate(numbers)}
    return {"query": f"query moved({declared}) {{ {fields} }}", "variables": variables}


def _in_scope(reply: Reply) -> Reply:
    """Return a reply, but for the one that says that the token was made for something else."""
    if reply.status == 403 and isinstance(reply.value, dict) and reply.value.get("error") == "insufficient_scope":
        raise TrackerAuthError("the token lacks the scope read_api")
    return reply


def _is_moved(issue: Mapping[str, Any]) -> bool:
    return issue["state"] == "closed" and issue.get("moved_to_id") is not None


def _answer(name: str, home: _Project, issue: Mapping[str, Any], homes: Mapping[int, str] | None) -> Answer:
    key, state = f"{name}#{issue['iid']}", issue["state"]
    if _is_moved(issue):
        if homes is None:
            return Answer(key, Outcome.UNREACHABLE, reason="it has moved, and GitLab did not answer where it is now")
        return Answer(key, Outcome.MOVED, moved_to=homes.get(issue["moved_to_id"], ""))
    if home.path != name:
        return Answer(key, Outcome.MOVED, moved_to=f"{home.path}#{issue['iid']}")
    if state not in ("opened", "closed"):
        return Answer(key, Outcome.UNREACHABLE, reason=f"the state {short(state)} is not one that kbtool knows")
    is_open = state == "opened"
    duplicate = (issue.get("_links") or {}).get("closed_as_duplicate_of")
    return Answer.found(Ticket(
        key=key, state="open" if is_open else "closed", resolution="duplicate" if duplicate and not is_open else None,
        closed_at=None if is_open else moment(issue.get("closed_at")), updated_at=moment(issue["updated_at"]),
        title=issue["title"], url=issue["web_url"], confidential=issue.get("confidential") is not False or not home.public,
    ))
