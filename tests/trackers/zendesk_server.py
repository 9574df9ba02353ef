"""A Zendesk, written from its documents and from recorded answers, with its traps."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import dataclass, field
from typing import Any

from werkzeug import Request, Response

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@dataclass
class FakeZendesk:
    """What Zendesk does, with its traps; `tickets` are by number, `metrics` lie beside them."""

    user: dict[str, Any] = field(default_factory=lambda: {"id": 7, "role": "admin", "restricted_agent": False})
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    metrics: dict[int, dict[str, Any]] = field(default_factory=dict)
    deleted: dict[int, str] = field(default_factory=dict)  #: when
    hidden: tuple[int, ...] = ()  #: tickets of groups that an agent with restrictions is not in
    refused: tuple[int, ...] = ()  #: tickets of which it says so
    page: int = 1000  #: the most tickets of an export in one answer
    first: list[Response] = field(default_factory=list)  #: answers that come before any other
    log: list[str] = field(default_factory=list)

    def add(self, number: int, status: str = "open", updated: str = "2026-11-02T10:00:00Z", solved: str | None = None, **more: Any) -> None:
        """Add a ticket; the address in it is that of the interface."""
        self.tickets[number] = {
            "id": number, "url": f"https://acme.zendesk.com/api/v2/tickets/{number}.json", "subject": f"About {number}", "status": status,
            "updated_at": updated, "tags": [], "custom_status_id": None, "is_public": True, **more,
        }
        self.metrics[number] = {"id": 9000 + number, "ticket_id": number, "solved_at": solved, "reopens": 0}

    def __call__(self, request: Request) -> Response:
        """Answer a request."""
        path = request.path.removeprefix("/api/v2/").removesuffix(".json")
        self.log.append(path)
        if self.first:
            return self.first.pop(0)
        given = request.headers.get("Authorization")
        if given not in (None, "Basic " + base64.b64encode(b"ana@example.com/token:right-token").decode(), "Bearer right-token"):
            return reply({"error": "Couldn't authenticate you"}, 401)
        if path == "users/me":
            return reply({"user": self.user if given else {"id": None, "name": "Anonymous user", "role": "end-user"}})
        if given is None or self.user["role"] == "end-user":
            return reply({"error": "Forbidden", "description": "You do not have access to this page."}, 403)
        return self.get(path, request.args)

    def get(self, path: str, args: Any) -> Response:
        """Answer an agent."""
        if path == "tickets/show_many":
            return self.many([int(one) for one in args["ids"].split(",")], args.get("include", ""))
        if path == "custom_statuses":
            statuses = [("Solved", "solved", 1), ("Waiting for the vendor", "open", 2), ("Will not fix", "pending", 3)]
            return reply({"custom_statuses": [
                {"id": number, "agent_label": label, "status_category": kind, "active": True} for label, kind, number in statuses]})
        if path == "incremental/tickets/cursor":
            return self.export(args)
        return self.one(int(path.removeprefix("tickets/")), args.get("include", ""))

    def many(self, numbers: list[int], include: str) -> Response:
        """Answer for many tickets: of the unknown, deleted and hidden ones not a word, and of more than 100 neither."""
        seen = [number for number in numbers[:100] if number in self.tickets and number not in (*self.hidden, *self.refused)]
        more = {"metric_sets": [self.metrics[number] for number in seen]} if "metric_sets" in include else {}
        return reply({"tickets": [self.tickets[number] for number in seen], "next_page": None, "previous_page": None, "count": len(seen), **more})

    def one(self, number: int, include: str) -> Response:
        """Answer for one ticket."""
        if number in self.refused:
            return reply({"error": "Forbidden", "description": "You do not have access to this page."}, 403)
        if number not in self.tickets or number in self.hidden:
            return reply({"error": "RecordNotFound", "description": "Not found"}, 404)
        more = {"metric_sets": [self.metrics[number]]} if "metric_sets" in include else {}
        return reply({"ticket": self.tickets[number], **more})

    def export(self, args: Any) -> Response:
        """Answer an administrator with what has changed, deleted tickets too, but for the last minute."""
        if self.user["role"] != "admin":
            return reply({"error": "Forbidden", "description": "You do not have access to this page."}, 403)
        start, _, at = args.get("cursor", f"{args.get('start_time')}:0").partition(":")
        if int(start) > NOW.timestamp() - 60:
            return reply({"error": "InvalidValue", "description": "Too recent start_time. Use a start_time older than 60 seconds"}, 400)
        gone = [{"id": number, "status": "deleted", "updated_at": when} for number, when in self.deleted.items()]
        changed = [one for one in [*self.tickets.values(), *gone]
                   if int(start) <= dt.datetime.fromisoformat(one["updated_at"]).timestamp() < NOW.timestamp() - 60]
        size = min(self.page, int(args["per_page"]))
        end = int(at) + size
        return reply({"tickets": changed[int(at) : end], "after_cursor": f"{start}:{end}", "end_of_stream": end >= len(changed)})


def reply(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type="application/json; charset=utf-8")
