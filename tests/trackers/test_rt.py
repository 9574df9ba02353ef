"""RT: the contract and the traps, against a server that answers as an RT 5.0.3 did when it was asked the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from kbtool.testing import TrackerContract, TrackerKeys
from kbtool.tickets import Answer, Outcome, TrackerAuthError
from kbtool.trackers.rt import RtTracker

TOKEN = "1-27-841749a1841701d03c8ccad6a8134f1e"
NEVER = "1970-01-01T00:00:00Z"
NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@dataclass
class Case:
    """A ticket as RT has it."""

    status: str = "open"
    queue: str = "Support"
    resolved: str = NEVER
    updated: dt.datetime = NOON
    subject: str = "Export fails"
    merged_into: int = 0
    is_hidden: bool = False  #: from the user who asks


@dataclass
class Rt:
    """REST 2 of an RT, for one user."""

    tickets: dict[int, Case]
    zone: dt.timedelta = dt.timedelta(0)  #: of the user who asks
    sees_queues: bool = True  #: whether that user has the right SeeQueue
    counts: bool = True  #: whether RT counts what its users may see (UseSQLForACLChecks)
    seen: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Response:
        """Answer a request."""
        self.seen.append(request)
        if request.headers.get("Authorization") != f"token {TOKEN}":
            return _json({"message": "Unauthorized"}, 401)
        path = request.path.removeprefix("/REST/2.0/")
        if path == "rt":
            return _json({"Version": "5.0.3+dfsg-3~deb12u6"})
        if path == "tickets" and request.method == "POST":
            return self._search(request)
        if request.method == "GET" and (found := re.fullmatch(r"ticket/(\d+)", path)):
            return self._ticket(int(found[1]), request)
        return _json({"message": "Not Found"}, 404)

    def paths(self) -> list[str]:
        """Return what was asked for."""
        return [request.path.removeprefix("/REST/2.0/") for request in self.seen]

    def _ticket(self, number: int, request: Request) -> Response:
        if "If-Modified-Since" in request.headers:
            return Response("", 500)
        while number in self.tickets and self.tickets[number].merged_into:
            number = self.tickets[number].merged_into
        if number not in self.tickets:
            return _json({"message": "Not Found"}, 404)
        case = self.tickets[number]
        if case.is_hidden:
            return _json({"message": "Forbidden"}, 403)
        fields = {**self._fields(case, request.args), "EffectiveId": {"type": "ticket", "id": str(number), "_url": "…"}}
        answer = _json({**fields, "id": number, "_hyperlinks": []})
        answer.headers.update({"ETag": '"178"', "Last-Modified": _written(case.updated)})
        return answer

    def _search(self, request: Request) -> Response:
        form = request.form  # empty for JSON, which RT takes for no query at all
        query = form.get("query", "")
        visible = {n: case for n, case in self.tickets.items() if not (case.merged_into or case.is_hidden or case.status == "deleted")}
        if since := re.fullmatch(r"LastUpdated > '(.*)'", query):
            after = self._read(since[1])
            found = [n for n, case in visible.items() if case.updated > after]
        elif not query or re.fullmatch(r"id = \d+(?: OR id = \d+)*", query):
            found = [n for n in map(int, re.findall(r"\d+", query)) if n in visible]
        else:
            return _json({"message": f"Wrong query, expecting a OPERATOR in '{query}' at RT/Tickets.pm line 3187.\n"}, 400)
        if form.get("orderby") == "LastUpdated":
            found.sort(key=lambda n: visible[n].updated, reverse=form.get("order") == "DESC")
        return _json(self._page(found, visible, form))

    def _page(self, found: list[int], visible: Mapping[int, Case], form: Mapping[str, str]) -> dict[str, Any]:
        size, page = min(int(form.get("per_page", 20)), 100), int(form.get("page", 1))
        wanted = [name for name in form.get("fields", "").split(",") if name]
        items = []
        for number in found[(page - 1) * size : page * size]:
            fields = {"EffectiveId": str(number), **self._fields(visible[number], form)}
            items.append({"type": "ticket", "id": str(number), "_url": "…", **{name: fields[name] for name in wanted}})
        count = {"total": len(found), "pages": -(-len(found) // size)} if self.counts else {"total": None, "pages": None}
        return {"items": items, "count": len(items), "page": page, "per_page": size, **count}

    def _fields(self, case: Case, asked: Mapping[str, str]) -> dict[str, Any]:
        queue = {"type": "queue", "id": "3", "_url": "…"}
        if asked.get("fields[Queue]") == "Name":
            queue["Name"] = case.queue if self.sees_queues else ""
        return {"Subject": case.subject, "Status": case.status, "Queue": queue, "Resolved": case.resolved,
                "LastUpdated": _written(case.updated)}

    def _read(self, text: str) -> dt.datetime:
        """Read a time as RT does: in the zone of the user, and of ISO 8601 the day alone."""
        text = text.partition("T")[0] + " 00:00:00" if "T" in text else text[:19]
        return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC) - self.zone


def _json(value: object, status: int = 200) -> Response:
    return Response(json.dumps(value), status, content_type='application/json; charset="utf-8"')


def _written(time: dt.datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture
def rt(httpserver: HTTPServer) -> Rt:
    """An RT with a ticket of each kind, and 130 in a queue that is no secret."""
    made = Rt({
        1: Case(), 2: Case("resolved", resolved="2026-11-20T08:00:00Z"), 3: Case("rejected", resolved="2026-11-21T08:00:00Z"),
        4: Case("open", resolved="2026-11-20T08:00:00Z"), 5: Case(merged_into=6), 6: Case("stalled"), 7: Case("deleted"),
        8: Case("new"), 9: Case(is_hidden=True), 10: Case(merged_into=5), 11: Case("waiting for a part"), 12: Case(merged_into=9),
        **{number: Case(queue="Known bugs", updated=NOON + dt.timedelta(minutes=number)) for number in range(101, 231)},
    })
    httpserver.expect_request(re.compile("")).respond_with_handler(made.answer)
    return made


@pytest.fixture
def tracker(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> RtTracker:
    """The tracker, with the token of a user."""
    monkeypatch.setenv("RT_TOKEN", TOKEN)
    monkeypatch.setenv("RT_WRONG_TOKEN", "1-27-0")
    return RtTracker(httpserver.url_for("/"), public_queues=("Known bugs",))


def fetched(tracker: RtTracker, *numbers: int) -> list[Answer]:
    """Return the answers for numbers, in their order."""
    answers = {answer.key: answer for answer in tracker.fetch(f"RT-{number}" for number in numbers)}
    assert len(answers) == len(set(numbers))
    return [answers[f"RT-{number}"] for number in numbers]


class TestRt(TrackerContract):
    """RT does what every tracker must."""

    @pytest.fixture
    def keys(self, rt: Rt) -> TrackerKeys:  # noqa: ARG002 - the server has to be there
        """Tickets of each kind."""
        return TrackerKeys(open="RT-1", closed="RT-2", reopened="RT-4", moved="RT-5", gone="RT-7", forbidden="RT-9", missing="RT-999",
                           confidential="RT-1", many=tuple(f"RT-{number}" for number in range(101, 231)))

    @pytest.fixture
    def wrong_token(self, tracker: RtTracker) -> RtTracker:
        """The tracker with a token that RT does not know."""
        return RtTracker(tracker.url, token_env="RT_WRONG_TOKEN")


def test_a_ticket_has_all_that_rt_says_of_it(rt, tracker) -> None:
    """Subject, page, status when closed, and the times; of an open ticket only when it changed."""
    done, still_open = (answer.ticket for answer in fetched(tracker, 3, 1))
    assert (done.state, done.resolution, done.title, done.url) == (
        "closed", "rejected", "Export fails", f"{tracker.url}Ticket/Display.html?id=3")
    assert (done.closed_at, done.updated_at) == (dt.datetime(2026, 11, 21, 8, tzinfo=dt.UTC), NOON)
    assert (still_open.state, still_open.resolution, still_open.closed_at, still_open.updated_at) == ("open", None, None, NOON)


# ---------------------------------------------------------------------------------------------- the traps


def test_a_search_in_json_is_answered_with_nothing(rt, tracker) -> None:
    """RT takes JSON for no query, and says 200 with no ticket; the tracker sends a form."""
    fetched(tracker, 1, 2)
    [search] = [request for request in rt.seen if request.path.endswith("/tickets")]
    assert search.mimetype == "application/x-www-form-urlencoded"
    assert search.form["query"] == "id = 1 OR id = 2"  # RT has no `id IN (1, 2)`


def test_a_page_has_twenty_tickets_unless_one_asks_for_a_hundred(rt, tracker) -> None:
    """And no more than that, whatever one asks for: 130 tickets are two searches."""
    assert {answer.outcome for answer in fetched(tracker, *range(101, 231))} == {Outcome.FOUND}
    assert rt.paths() == ["rt", "tickets", "tickets"]


def test_a_date_that_is_not_set_is_1970(rt, tracker) -> None:
    """A closed ticket without a date of its closing, as a status of one's own may leave it, was closed at no known time."""
    rt.tickets[1].status = "resolved"
    found = fetched(tracker, 1)[0].ticket
    assert (found.state, found.closed_at) == ("closed", None)


def test_a_reopened_ticket_keeps_its_date(rt, tracker) -> None:
    """`Resolved` stays when a ticket is opened again; it counts for none that is open."""
    found = fetched(tracker, 4)[0].ticket
    assert (found.state, found.closed_at, found.resolution) == ("open", None, None)


def test_a_merged_ticket_is_answered_with_the_other(rt, tracker) -> None:
    """A search does not find it, and alone it is 200 with the number, as a number, of the ticket it is part of now."""
    assert fetched(tracker, 5, 10) == [Answer(key, Outcome.MOVED, moved_to="RT-6") for key in ("RT-5", "RT-10")]
    assert fetched(tracker, 12) == [Answer("RT-12", Outcome.FORBIDDEN, reason="the user of RT_TOKEN may not see it")]


def test_a_deleted_ticket_is_found_alone_only(rt, tracker) -> None:
    """A search never finds it; alone it is 200 with the status `deleted`: it is gone, not closed."""
    assert fetched(tracker, 7) == [Answer("RT-7", Outcome.GONE)]
    assert rt.paths() == ["rt", "tickets", "ticket/7"]
    with_it = RtTracker(tracker.url, closed_states=("resolved", "deleted"))
    assert fetched(with_it, 7) == [Answer("RT-7", Outcome.GONE)]


def test_a_search_leaves_out_what_is_missing_or_forbidden(rt, tracker) -> None:
    """Alone the one is 404 and the other 403."""
    assert fetched(tracker, 999, 9) == [
        Answer("RT-999", Outcome.MISSING), Answer("RT-9", Outcome.FORBIDDEN, reason="the user of RT_TOKEN may not see it")]


def test_a_wrong_token_is_refused_at_once(rt, tracker) -> None:
    """One request tells it, for a fetch and for a question about changes."""
    wrong = RtTracker(tracker.url, token_env="RT_WRONG_TOKEN")
    with pytest.raises(TrackerAuthError, match="it does not accept the credentials"):
        list(wrong.fetch(["RT-1", "RT-999"]))
    with pytest.raises(TrackerAuthError):
        wrong.changed(NOON, ["RT-1"])
    assert rt.paths() == ["rt", "rt"]


def test_nothing_is_asked_with_a_condition(rt, tracker) -> None:
    """`Last-Modified` is no HTTP date, and RT breaks when it gets that back."""
    fetched(tracker, 5, 5, 7)
    fetched(tracker, 5)
    assert [name for request in rt.seen for name, _ in request.headers if name.startswith("If-")] == []


@pytest.mark.parametrize("hours", [-12, -8, 0, 1, 5.5, 14])
def test_the_time_in_a_search_is_read_in_the_zone_of_the_user(rt, tracker, hours: float) -> None:
    """Whatever that zone is, what changed since then is found, and nothing else; ISO 8601, which RT misreads, is not sent."""
    rt.zone = dt.timedelta(hours=hours)
    rt.tickets[101].updated = NOON - dt.timedelta(seconds=1)
    for since in (NOON, NOON.astimezone(dt.timezone(dt.timedelta(hours=9)))):
        assert tracker.changed(since, ["RT-1", "RT-102", "RT-101", "RT-999"]) == {"RT-1", "RT-102"}
    assert {request.form["query"] for request in rt.seen if request.form} == {"LastUpdated > '2026-11-21 23:59:59'"}


# ---------------------------------------------------------------------------------------------- statuses, secrets, amounts


@pytest.mark.parametrize(
    ("options", "status", "state"),
    [
        ({}, "new", "open"), ({}, "open", "open"), ({}, "stalled", "open"), ({}, "resolved", "closed"), ({}, "rejected", "closed"),
        ({"closed_states": ("shipped",)}, "shipped", "closed"), ({"open_states": ("in review",)}, "In review", "open"),
        ({"closed_states": ("shipped",)}, "resolved", None), ({}, "shipped", None), ({}, "", None),
    ],
)
def test_a_status_is_open_or_closed_where_the_options_say_so(rt, tracker, options, status, state) -> None:
    """One that they do not name is not known, and the reason says which it is and where it belongs."""
    rt.tickets[1].status = status
    answer = fetched(RtTracker(tracker.url, **options), 1)[0]
    assert (answer.ticket and answer.ticket.state) == state
    if state is None:
        assert answer == Answer("RT-1", Outcome.UNREACHABLE, reason=f"its status {status!r} is in neither closed_states nor open_states")


def test_a_long_status_does_not_make_a_long_reason(rt, tracker) -> None:
    """What a server says is cut, and holds no character that a terminal obeys."""
    rt.tickets[1].status = "\x1b[31m" + "x" * 1000
    reason = fetched(tracker, 1)[0].reason
    assert len(reason) < 160
    assert reason.isprintable()


@pytest.mark.parametrize(("queue", "sees_queues", "confidential"), [
    ("Known bugs", True, False), ("Support", True, True), ("known bugs", True, True), ("", True, True), ("Known bugs", False, True)])
def test_tickets_are_secret_but_for_those_of_public_queues(rt, tracker, queue, sees_queues, confidential) -> None:
    """A queue whose name the user may not see (the right SeeQueue) is none of them."""
    rt.sees_queues = sees_queues
    rt.tickets[1].queue = queue
    assert fetched(tracker, 1)[0].ticket.confidential is confidential


def test_without_public_queues_every_ticket_is_secret(rt, tracker) -> None:
    """They are support cases."""
    assert fetched(RtTracker(tracker.url), 101)[0].ticket.confidential


def test_122_tickets_take_five_requests(rt, tracker) -> None:
    """Who we are, two searches, and one for each of the two that do not exist."""
    answers = fetched(tracker, *range(101, 221), 998, 999)
    assert [answer.outcome for answer in answers] == [*[Outcome.FOUND] * 120, Outcome.MISSING, Outcome.MISSING]
    assert sorted(rt.paths()) == ["rt", "ticket/998", "ticket/999", "tickets", "tickets"]


def test_changed_tickets_come_page_by_page(rt, tracker) -> None:
    """All pages are read; those that were merged or deleted are in none of them."""
    changed = tracker.changed(NOON, [f"RT-{number}" for number in range(1, 300)])
    assert changed == {f"RT-{number}" for number in (1, 2, 3, 4, 6, 8, 11, *range(101, 231))}
    assert rt.paths() == ["rt", "tickets", "tickets"]
    assert tracker.changed(NOON + dt.timedelta(days=2), ["RT-1"]) == set()


def test_too_many_changes_cannot_be_told(rt, tracker) -> None:
    """Ten pages are enough; beyond that it is None, and so it is where RT does not count what this user may not see."""
    rt.counts = False
    assert tracker.changed(NOON, ["RT-1"]) is None
    assert rt.paths() == ["rt", "tickets"]
    rt.counts = True
    rt.tickets |= {number: Case() for number in range(1001, 2001)}
    assert tracker.changed(NOON, ["RT-1"]) is None
    assert rt.paths()[2:] == ["rt", *["tickets"] * 10]
