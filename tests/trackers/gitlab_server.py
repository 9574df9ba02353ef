"""GitLab in memory, after its documentation: REST below /api/v4, and of GraphQL the one field that the tracker asks for."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote

from graphql import build_schema, graphql_sync
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

SCHEMA = build_schema("""
scalar IssueID
type Issue { iid: ID! reference(full: Boolean = false): String! }
type Query { issue(id: IssueID!): Issue }
""")
MAX_COMPLEXITY = 250
LISTED = {  # the parameters of the list, and the values that they may have
    "iids[]": r"\d+", "state": "all|opened|closed", "scope": "all|created_by_me|assigned_to_me", "per_page": r"\d+", "page": r"\d+",
    "updated_after": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "order_by": "created_at|updated_at", "sort": "asc|desc",
}


@dataclass
class Project:
    """A project: its path with capitals, who may see it, and which role the token has in it, or in its group."""

    path: str
    id: int
    visibility: str = "public"
    issues: str = "enabled"
    role: int = 0
    group_role: int = 0
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def is_reporter(self) -> bool:
        """Whether the token may see confidential issues."""
        return max(self.role, self.group_role) >= 20


@dataclass
class GitLab:
    """GitLab, with the token `good`."""

    server: HTTPServer
    projects: dict[str, Project] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    scopes: tuple[str, ...] = ("read_api",)
    replies: dict[str, list[Response]] = field(default_factory=dict)  #: the end of a path → what is answered there first
    seen: list[Request] = field(default_factory=list)
    then: Callable[[Request], object] = lambda _: None  #: called after each answer
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> str:
        """Return the address of the server."""
        return self.server.url_for("/").rstrip("/")

    def project(self, path: str, **more: Any) -> Project:
        """Add a project."""
        self.projects[path.lower()] = Project(path, 70 + len(self.projects), **more)
        return self.projects[path.lower()]

    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [request.path for request in self.seen]

    def handle(self, request: Request) -> Response:
        """Answer one request; a bad token first, on public pages, too."""
        with self.lock:
            self.seen.append(request)
        token = request.headers.get("Authorization")
        if token not in (None, "Bearer good"):
            return reply(401, {"message": "401 Unauthorized"})
        for end, found in self.replies.items():
            if request.path.endswith(end) and found:
                return found.pop(0)
        answer = self._handle(request, known=token is not None)
        self.then(request)
        return answer

    def _handle(self, request: Request, *, known: bool) -> Response:
        scope = "read_user" if request.path == "/api/v4/user" else "read_api"
        if known and not {scope, "read_api", "api"} & set(self.scopes):
            return reply(403, {"error": "insufficient_scope", "error_description": "The request requires higher privileges than provided by the access token.", "scope": scope})
        if request.path == "/api/graphql":
            return self._graphql(request.json)
        if request.path == "/api/v4/user":
            return reply(200, {"id": 5, "username": "project_70_bot", "state": "active"}) if known else reply(401, {"message": "401 Unauthorized"})
        return self._project(request, known=known)

    def _project(self, request: Request, *, known: bool) -> Response:
        raw = request.environ["REQUEST_URI"].partition("?")[0]
        match = re.fullmatch(r"/api/v4/projects/([^/]+)(?:/(issues)(?:/(\d+))?)?", raw)
        assert match, raw
        name = unquote(match[1]).lower()
        if name in self.renamed:
            new = self.projects[self.renamed[name]]
            location = f"{self.base}{raw.replace(match[1], str(new.id))}"
            query = request.query_string.decode()
            return reply(301, {"message": "Moved"}, location=f"{location}?{query}" if query else location)
        home = self.projects.get(name) or next((one for one in self.projects.values() if str(one.id) == name), None)
        if home and not known:
            home = replace(home, role=0, group_role=0)
        if home is None or (home.visibility != "public" and not max(home.role, home.group_role)):
            return reply(404, {"message": "404 Project Not Found"})
        if match[3]:
            return self._one(home, int(match[3]))
        return self._list(home, request) if match[2] else reply(200, self._shown(home, known=known))

    def _shown(self, home: Project, *, known: bool) -> dict[str, Any]:
        found = {"id": home.id, "path_with_namespace": home.path, "web_url": f"{self.base}/{home.path}"}
        if not known:
            return found
        access = {name: {"access_level": role, "notification_level": 3} if role else None
                  for name, role in (("project_access", home.role), ("group_access", home.group_role))}
        return {**found, "visibility": home.visibility, "issues_access_level": home.issues, "permissions": access}

    def _visible(self, home: Project) -> dict[int, dict[str, Any]]:
        if home.issues == "disabled" or (home.issues == "private" and not max(home.role, home.group_role)):
            return {}
        return {iid: one for iid, one in home.tickets.items() if home.is_reporter or not one["confidential"]}

    def _one(self, home: Project, iid: int) -> Response:
        found = self._visible(home).get(iid)
        return reply(200, self._issue(home, iid, found)) if found else reply(404, {"message": "404 Not found"})

    def _list(self, home: Project, request: Request) -> Response:
        for name, text in request.args.items(multi=True):
            assert re.fullmatch(LISTED[name], text), (name, text)
        args = request.args
        found = [self._issue(home, iid, one) for iid, one in self._visible(home).items() if one["issue_type"] != "task"]
        wanted = [int(iid) for iid in args.getlist("iids[]")]
        found = [one for one in found if (not wanted or one["iid"] in wanted) and one["updated_at"].replace(".", "Z") >= args.get("updated_after", "")]
        found = [one for one in found if args.get("state", "all") in ("all", one["state"])]
        found.sort(key=lambda one: one[args.get("order_by", "created_at")], reverse=args.get("sort", "desc") == "desc")
        size, page = min(int(args.get("per_page", 20)), 100), int(args.get("page", 1))
        more = str(page + 1) if len(found) > page * size else ""
        return reply(200, found[(page - 1) * size : page * size], x_next_page=more, x_per_page=str(size))

    def _issue(self, home: Project, iid: int, one: dict[str, Any]) -> dict[str, Any]:
        return {"iid": iid, "web_url": f"{self.base}/{home.path}/-/issues/{iid}", **one, "_links": {"self": "", **one.get("_links", {})}}

    def _graphql(self, body: Any) -> Response:
        complexity = 3 * body["query"].count("issue(")
        if complexity > MAX_COMPLEXITY:
            return reply(200, {"errors": [{"message": f"Query has complexity of {complexity}, which exceeds max complexity of {MAX_COMPLEXITY}"}]})
        result = graphql_sync(SCHEMA, body["query"], {"issue": self._found}, variable_values=body["variables"])
        assert not result.errors, result.errors
        return reply(200, {"data": result.data})

    def _found(self, _info: Any, id: str) -> Any:  # noqa: A002
        number = int(id.removeprefix("gid://gitlab/Issue/"))
        for home in self.projects.values():
            for iid in self._visible(home) if home.visibility == "public" or home.is_reporter else ():
                if home.tickets[iid]["id"] == number:
                    return {"iid": str(iid), "reference": _reference(home.path, iid)}
        return None


def _reference(path: str, iid: int) -> Callable[..., str]:
    return lambda _info, *, full: f"{path}#{iid}" if full else f"#{iid}"


def reply(status: int, value: Any, **headers: str) -> Response:
    """Return an answer in JSON."""
    return Response(json.dumps(value), status, {name.replace("_", "-"): text for name, text in headers.items()}, content_type="application/json")


def retry_later(**headers: str) -> Response:
    """Return what GitLab says to those who ask too often."""
    return Response("Retry later\n", 429, {name.replace("_", "-"): text for name, text in headers.items()}, content_type="text/plain")


def issue(state: str = "opened", **more: Any) -> dict[str, Any]:
    """Return an issue as GitLab keeps it."""
    closed = "2026-11-01T09:00:00.123Z" if state == "closed" else None
    return {
        "id": more.pop("id", 1), "title": "Export fails", "state": state, "closed_at": closed, "created_at": "2026-01-04T15:31:39.996Z",
        "updated_at": "2026-11-02T09:00:00.996Z", "confidential": False, "moved_to_id": None, "issue_type": "issue", **more,
    }
