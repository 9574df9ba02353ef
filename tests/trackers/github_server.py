"""GitHub in memory: it checks each request, and its own answers, with GitHub's descriptions of its APIs.

`github_schema.graphql` and `github_openapi.json` are cut out of those by `github_api.py`.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from graphql import GraphQLError, build_schema, graphql_sync
from jsonschema import Draft202012Validator, validate
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

HERE = Path(__file__).parent
SCHEMA = build_schema((HERE / "github_schema.graphql").read_text())
OPENAPI = json.loads((HERE / "github_openapi.json").read_text().replace('"nullable": true', '"$comment": "nullable"'))
CLOSED, UPDATED, REOPENED = "2026-11-01T09:00:00Z", "2026-11-02T09:00:00Z", "2026-10-03T08:30:00Z"


@dataclass
class Repo:
    """A repository as the fake has it: its name with capitals, tickets by number, and what has become of others."""

    name: str
    id: int
    private: bool = False
    visible: bool = True
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    transferred: dict[int, str] = field(default_factory=dict)  #: number → `owner/repo#n`
    deleted: set[int] = field(default_factory=set)
    issues_disabled: bool = False


@dataclass
class GitHub:
    """GitHub in memory, where an Enterprise Server has its API: REST below /api/v3, GraphQL at /api/graphql."""

    server: HTTPServer
    repos: dict[str, Repo] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)  #: number → type of the error that GraphQL answers for it
    seen: list[Request] = field(default_factory=list)
    queries: list[dict[str, Any]] = field(default_factory=list)
    replies: dict[str, Response] = field(default_factory=dict)  #: the end of a path → what is answered there instead
    graphql_limit: int = 5000
    then: Callable[[Request], object] = lambda _: None  #: called after each answer
    at_once: list[int] = field(default_factory=lambda: [0, 0])  #: requests under way, and the most there ever were
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base(self) -> str:
        """Return the address of the server."""
        return self.server.url_for("/").rstrip("/")

    def repo(self, name: str, **more: Any) -> Repo:
        """Add a repository."""
        self.repos[name.lower()] = Repo(name, 1000 + len(self.repos), **more)
        return self.repos[name.lower()]

    def paths(self) -> list[str]:
        """Return what was asked for, in order."""
        return [request.path.removeprefix("/api/v3") for request in self.seen]

    def handle(self, request: Request) -> Response:
        """Answer one request; a bad token first, as GitHub does."""
        with self.lock:
            self.at_once[0] += 1
            self.at_once[1] = max(self.at_once)
            self.seen.append(request)
        time.sleep(0.002)
        try:
            return self._handle(request)
        finally:
            self.then(request)
            with self.lock:
                self.at_once[0] -= 1

    def _handle(self, request: Request) -> Response:
        assert request.headers["X-GitHub-Api-Version"] == "2022-11-28"
        assert request.headers["User-Agent"].startswith("kbtool/")
        token = request.headers.get("Authorization")
        if token not in (None, "Bearer good"):
            return reply(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401"})
        for end, found in self.replies.items():
            if request.path.endswith(end):
                return found
        if request.path == "/api/graphql":
            return self._graphql(request.json) if token else reply(401, {"message": "This endpoint requires you to be authenticated."})
        return self._rest(request.path.removeprefix("/api/v3"), request)

    # ---------------------------------------------------------------------------------------- GraphQL

    def _graphql(self, body: Any) -> Response:
        self.queries.append(body)
        result = graphql_sync(SCHEMA, body["query"], {"repository": self._repository}, variable_values=body["variables"])
        errors = [one for one in result.errors or () if not (one.extensions or {}).get("type")]
        assert not errors, errors
        value: dict[str, Any] = {"data": result.data}
        if result.errors:
            value["errors"] = [{"type": one.extensions["type"], "path": one.path, "message": one.message} for one in result.errors]
        return reply(200, value)

    def _repository(self, _info: Any, owner: str, name: str, followRenames: bool) -> Any:  # noqa: N803
        assert followRenames
        wanted = f"{owner}/{name}".lower()
        found = self.repos.get(self.renamed.get(wanted, wanted))
        if not (found and found.visible):
            raise GraphQLError(f"Could not resolve to a Repository with the name '{owner}/{name}'.", extensions={"type": "NOT_FOUND"})
        return {"nameWithOwner": found.name, "isPrivate": found.private,
                "issueOrPullRequest": lambda _info, number: self._node(found, number)}

    def _node(self, home: Repo, number: int) -> Any:
        if number in self.errors:
            raise GraphQLError(f"No: {self.errors[number]}", extensions={"type": self.errors[number]})
        if number not in home.tickets:
            message = f"Could not resolve to an issue or pull request with the number of {number}."
            raise GraphQLError(message, extensions={"type": "NOT_FOUND"})
        ticket = home.tickets[number]
        return {**ticket, "url": self._page(home, number), "stateReason": self._reason(ticket), "timelineItems": self._timeline(ticket)}

    def _reason(self, ticket: Any) -> Any:
        """Return the reason, which is another one for a duplicate where nobody asks for it."""
        def reason(_info: Any, *, enableDuplicate: bool) -> Any:  # noqa: N803
            return "NOT_PLANNED" if ticket.get("why") == "DUPLICATE" and not enableDuplicate else ticket.get("why")
        return reason

    def _timeline(self, ticket: Any) -> Any:
        def timeline(_info: Any, *, last: int, itemTypes: list[str]) -> Any:  # noqa: N803
            assert (last, itemTypes) == (1, ["REOPENED_EVENT"])
            at = ticket.get("reopened")
            return {"nodes": [{"__typename": "ReopenedEvent", "createdAt": at}] if at else []}
        return timeline

    def _page(self, home: Repo, number: int) -> str:
        kind = "pull" if home.tickets[number]["__typename"] == "PullRequest" else "issues"
        return f"{self.base}/{home.name}/{kind}/{number}"

    # ---------------------------------------------------------------------------------------- REST

    def _rest(self, path: str, request: Request) -> Response:
        if path == "/rate_limit":
            limits = {"limit": self.graphql_limit, "remaining": self.graphql_limit, "reset": 1, "used": 0}
            return checked(path, request, 200, {"resources": {"core": limits, "search": limits, "graphql": limits}})
        match = re.fullmatch(r"/(?:repos/([\w.-]+/[\w.-]+)|repositories/(\d+))/issues(?:/(\d+))?", path)
        assert match, path
        home = self.repos.get(match[1].lower()) if match[1] else next(one for one in self.repos.values() if one.id == int(match[2]))
        template = "/repos/{owner}/{repo}/issues" + ("/{issue_number}" if match[3] else "")
        if match[1] and (new := self.repos.get(self.renamed.get(match[1].lower(), ""))):
            return self._moved(template, request, f"/repositories/{new.id}{path.removeprefix('/repos/' + match[1])}")
        if not (home and home.visible):
            return checked(template, request, 404, {"message": "Not Found"})
        if home.issues_disabled and int(match[3] or 0) not in home.tickets:
            return reply(410, {"message": "Issues are disabled for this repo"})
        return self._one(template, request, home, int(match[3])) if match[3] else self._list(template, request, home)

    def _one(self, template: str, request: Request, home: Repo, number: int) -> Response:
        new, _, at = home.transferred.get(number, "").partition("#")
        if new and self.repos[new].visible:
            return self._moved(template, request, f"/repositories/{self.repos[new].id}/issues/{at}")
        if number in home.deleted:
            return checked(template, request, 410, {"message": "This issue was deleted"})
        if number not in home.tickets:
            return checked(template, request, 404, {"message": "Not Found"})
        return checked(template, request, 200, self._rest_issue(home, number))

    def _moved(self, template: str, request: Request, path: str) -> Response:
        url = f"{self.base}/api/v3{path}"
        found = checked(template, request, 301, {"message": "Moved Permanently", "url": url})
        found.headers["Location"] = url
        return found

    def _list(self, template: str, request: Request, home: Repo) -> Response:
        args = request.args
        found = [self._rest_issue(home, number) for number in home.tickets if home.tickets[number]["updatedAt"] >= args.get("since", "")]
        found = [one for one in found if args.get("state", "open") in ("all", one["state"])]
        by = {"updated": "updated_at", "created": "number"}[args["sort"]]
        found.sort(key=lambda one: str(one[by]).zfill(20), reverse=args.get("direction", "desc") == "desc")
        size = min(int(args.get("per_page", 30)), 100)
        page = int(args.get("page", 1))
        return checked(template, request, 200, found[(page - 1) * size : page * size])

    def _rest_issue(self, home: Repo, number: int) -> dict[str, Any]:
        ticket = home.tickets[number]
        found = {
            "number": number, "title": ticket["title"], "html_url": self._page(home, number), "closed_at": ticket["closedAt"],
            "state": "open" if ticket["state"] == "OPEN" else "closed", "updated_at": ticket["updatedAt"],
            "state_reason": (ticket.get("why") or "").lower() or None,
        }
        if ticket["__typename"] == "PullRequest":
            merged = ticket["closedAt"] if ticket["state"] == "MERGED" else None
            found["pull_request"] = {**dict.fromkeys(("diff_url", "html_url", "patch_url", "url"), found["html_url"]), "merged_at": merged}
        return found


def reply(status: int, value: Any, **headers: str) -> Response:
    """Return an answer in JSON."""
    return Response(json.dumps(value), status, {name.replace("_", "-"): text for name, text in headers.items()}, content_type="application/json; charset=utf-8")


def checked(template: str, request: Request, status: int, value: Any) -> Response:
    """Return an answer; the request, and the answer, are as GitHub describes this operation."""
    described = OPENAPI["paths"][template]["get"]
    known = {one["name"]: one["schema"] for one in described["parameters"] if one["in"] == "query"}
    assert (request.method, set(request.args) - set(known)) == ("GET", set())
    for name, text in request.args.items():
        validate(int(text) if known[name]["type"] == "integer" else text, known[name], format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert int(request.args.get("per_page", 30)) <= 100
    if status not in (403, 410) or str(status) in described["responses"]:
        validate(_without_null(value), {**described["responses"][str(status)], "components": OPENAPI["components"]})
    return reply(status, value)


def _without_null(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_null(one) if one is not None else CLOSED if key.endswith("_at") else "completed" for key, one in value.items()}
    return [_without_null(one) for one in value] if isinstance(value, list) else value


def issue(state: str = "OPEN", why: str | None = None, kind: str = "Issue", **more: Any) -> dict[str, Any]:
    """Return a ticket as the fake keeps it."""
    closed = None if state == "OPEN" else CLOSED
    return {"__typename": kind, "title": "Export fails", "state": state, "why": why, "closedAt": closed, "updatedAt": UPDATED, **more}
