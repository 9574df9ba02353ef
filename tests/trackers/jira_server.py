"""A Jira, Cloud or Data Center, written from their documents and from what others have measured, with its traps."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response

NOT_SEEN = "Issue does not exist or you do not have permission to see it."
CATEGORIES = {"Open": "new", "In Progress": "indeterminate", "Done": "done"}
BULKFETCH = {"issueIdsOrKeys", "fields", "fieldsByKeys", "expand", "properties"}
SEARCH_JQL = {"jql", "fields", "maxResults", "nextPageToken", "fieldsByKeys", "failFast", "expand", "properties", "reconcileIssues"}
SEARCH = {"jql", "fields", "maxResults", "startAt", "validateQuery", "expand"}


@dataclass
class FakeJira:
    """What Jira does, with its traps; `issues` are by their present keys, `moved` has old ones."""

    cloud: bool = True
    bulkfetch: int = 200  #: the status of this endpoint
    page: int = 100  #: the most issues of one answer
    zone: int = 0  #: hours by which the account's clock is ahead of UTC
    issues: dict[str, dict[str, Any]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)
    hidden: tuple[str, ...] = ("SEC",)  #: projects that the account may not see
    open_to_all: tuple[str, ...] = ()  #: projects that nobody may see, too
    named: int = 100  #: the most unknown keys that the refusal of a query names
    later: tuple[str, ...] = ()  #: issues that a batch cannot tell now
    first: list[Response] = field(default_factory=list)  #: answers that come before any other
    log: list[str] = field(default_factory=list)
    bodies: list[dict[str, Any]] = field(default_factory=list)

    def add(self, key: str, status: str = "Open", **fields: Any) -> None:
        """Add an issue."""
        self.issues[key] = {
            "summary": f"About {key}", "updated": "2026-11-02T10:00:00.000+0100", "resolution": None, "resolutiondate": None,
            "status": {"name": status, "statusCategory": {"key": CATEGORIES.get(status, "undefined")}},
            **({"statuscategorychangedate": "2026-10-01T08:00:00.000+0000"} if self.cloud else {}), **fields,
        }

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        path = request.path.removeprefix("/jira")
        self.log.append(f"{request.method} {path}")
        if self.first:
            return self.first.pop(0)
        known = request.headers.get("Authorization") == self.sign()
        if not self.cloud and not known and "Authorization" in request.headers:
            return Response("<html>Basic Authentication Failure</html>", 401, content_type="text/html")
        version, _, rest = path.removeprefix("/rest/api/").partition("/")
        if version not in ("2", "3") or (version == "3" and not self.cloud):
            return Response("<status><status-code>404</status-code></status>", 404, content_type="application/xml")
        if request.method == "POST":
            self.bodies.append(json.loads(request.data))
            return self.post(rest, self.bodies[-1], known=known)
        return self.get(rest, request.args.get("fields", ""), known=known)

    def sign(self) -> str:
        """Return the only credentials that are known."""
        return "Basic " + base64.b64encode(b"ana@example.com:right-token").decode() if self.cloud else "Bearer right-token"

    def get(self, rest: str, fields: str, *, known: bool) -> Response:
        """Answer GET."""
        if rest == "serverInfo":
            return reply({"baseUrl": "https://acme.example", "deploymentType": "Cloud" if self.cloud else "Server"})
        if rest == "myself":
            return reply({"accountId" if self.cloud else "name": "5b10"}) if known else Response("Client must be authenticated", 401)
        kind, _, name = rest.partition("/")
        if kind == "project":
            return reply({"key": name}) if self.sees(f"{name}-1", known=known) else error(404, f"No project could be found with key '{name}'.")
        issue = self.look_up(name, fields.split(","), known=known)
        return reply(issue) if issue else error(404, NOT_SEEN)

    def post(self, rest: str, body: dict[str, Any], *, known: bool) -> Response:
        """Answer POST."""
        if rest == "issue/bulkfetch":
            return self.bulk(body, known=known) if self.cloud and self.bulkfetch == 200 else Response("", self.bulkfetch or 404)
        if rest == "search" and self.cloud:
            return error(410, "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")
        if set(body) - (SEARCH_JQL if self.cloud else SEARCH):
            return error(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        if not isinstance(body.get("validateQuery", True), bool):
            return error(400, 'Can not construct instance of java.lang.Boolean from String value: only "true" or "false" recognized')
        return self.query(body, known=known)

    def bulk(self, body: dict[str, Any], *, known: bool) -> Response:
        """Answer for many issues: what is not there, or not to be seen, is left out without a word."""
        if set(body) - BULKFETCH or len(body["issueIdsOrKeys"]) > 100:
            return error(400, "Invalid request payload. Refer to the REST API documentation and try again.")
        found = [self.look_up(key, body["fields"], known=known) for key in body["issueIdsOrKeys"] if key not in self.later]
        issues = {issue["id"]: issue for issue in found if issue}
        errors = [{"id": key, "errorMessage": "Try again later"} for key in self.later]
        return reply({"issues": [issues[name] for name in sorted(issues)], "issueErrors": errors})

    def query(self, body: dict[str, Any], *, known: bool) -> Response:
        """Answer a query: one unknown key refuses all of it, unless it is not validated; dates are in the account's zone."""
        keys = re.findall(r'"([A-Z]+-\d+)"', body["jql"])
        found = {key: self.look_up(key, body.get("fields", []), known=known) for key in keys}
        lost = [key for key, issue in found.items() if not issue]
        if lost and body.get("validateQuery", True):
            return error(400, *(f"An issue with key '{key}' does not exist for field 'key'." for key in lost[: self.named]))
        issues = list({issue["id"]: issue for issue in found.values() if issue}.values())
        if start := re.search(r'updated >= "([^"]+)"', body["jql"]):
            since = dt.datetime.fromisoformat(start[1]).replace(tzinfo=dt.timezone(dt.timedelta(hours=self.zone)))
            issues = [issue for issue in issues if dt.datetime.fromisoformat(self.issues[issue["key"]]["updated"]) >= since]
        at = int(body.get("nextPageToken") or body.get("startAt") or 0)
        size = min(self.page, body["maxResults"])
        part, end = issues[at : at + size], at + size >= len(issues)
        if self.cloud:
            return reply({"issues": part, "isLast": end, **({} if end else {"nextPageToken": str(at + size)})})
        return reply({"issues": part, "startAt": at, "maxResults": size, "total": len(issues)})

    def look_up(self, key: str, fields: list[str], *, known: bool) -> dict[str, Any] | None:
        """Return an issue, also by an old key or one in small letters, under its present key; only the fields asked for."""
        now = self.moved.get(key.upper(), key.upper())
        if now not in self.issues or not self.sees(now, known=known):
            return None
        has = {name: value for name, value in self.issues[now].items() if name in fields}
        return {"id": str(10000 + list(self.issues).index(now)), "key": now, "fields": has}

    def sees(self, key: str, *, known: bool) -> bool:
        """Return whether whoever asks may see the project of an issue."""
        project = key.partition("-")[0]
        exists = any(issue.startswith(f"{project}-") for issue in self.issues)
        return exists and (project in self.open_to_all or (known and project not in self.hidden))


def reply(value: Any, status: int = 200, **headers: str) -> Response:
    return Response(json.dumps(value), status, headers, content_type="application/json;charset=UTF-8")


def error(status: int, *messages: str) -> Response:
    return reply({"errorMessages": messages, "errors": {}}, status)
