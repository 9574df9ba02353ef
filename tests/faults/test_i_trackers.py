"""What trackers say of credentials, tickets, lists and states (FAULTS.md, group I), against a server that says it."""

from __future__ import annotations

import datetime as dt
import json
from email.utils import format_datetime
from typing import Any

import pytest
from fault_fixtures import unreachable
from small_tracker import TOKEN, WANTED, outcomes, reasons

from kbtool.tickets import Answer, Outcome, TrackerAuthError


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("where", ["/me", "/tickets", "/tickets/T-6"])
def test_i05_refused_credentials_end_the_run(
    generic_tracker: Any, ticket_app: Any, fault_server: Any, status: int, where: str, no_pauses: None
) -> None:
    """A 401 wherever it comes, and the probe's 403, raise without the token in their text; other trackers answer as ever."""
    app = ticket_app.usual()

    def expired(request: Any) -> Any:
        return fault_server.json({"error": f"bad token {TOKEN}"}, status) if request.path == where else app(request)

    fault_server.app = expired
    tracker = generic_tracker(fault_server)
    if status == 401 or where == "/me":
        with pytest.raises(TrackerAuthError) as error:
            outcomes(tracker)
        assert TOKEN not in f"{error.value!r} {error.value.reason}"
    elif where == "/tickets":
        assert reasons(tracker) == {"HTTP 403"}
    else:
        assert outcomes(tracker) == WANTED | {"T-6": Outcome.FORBIDDEN}
    fault_server.app = app
    assert outcomes(generic_tracker(fault_server)) == WANTED


def test_i07_a_moved_ticket_names_its_new_key(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """A 301 of a ticket says where it lives now; its state is not read there."""
    fault_server.app = ticket_app.usual()
    assert list(generic_tracker(fault_server).fetch(["T-3"])) == [Answer("T-3", Outcome.MOVED, moved_to="T-2")]
    assert fault_server.of("/tickets/T-2") == []


def test_i07_a_renamed_project_is_followed_on_its_host(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """A redirect of the list, on the same host, is followed, with the query that it has."""
    app = ticket_app.usual()
    fault_server.app = lambda request: (
        fault_server.html(301, Location=f"{fault_server.url}/new{request.target}") if not request.path.startswith("/new") and "?" in request.target
        else app(type(request)(request.method, request.target.removeprefix("/new"), request.headers, request.body, request.at)))
    assert outcomes(generic_tracker(fault_server)) == WANTED


def test_i08_a_deleted_ticket_is_gone(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """410 is an answer: it was deleted."""
    fault_server.app = ticket_app.usual()
    assert list(generic_tracker(fault_server).fetch(["T-4"])) == [Answer("T-4", Outcome.GONE, reason="it was deleted")]


@pytest.mark.parametrize("status", [200, 301, 403, 404, 410])
def test_i09_a_page_is_no_answer(generic_tracker: Any, ticket_app: Any, fault_server: Any, status: int) -> None:
    """A captive portal or a login page, with whatever status, says nothing about a ticket."""
    app = ticket_app.usual()
    fault_server.app = lambda request: fault_server.html(status, Location="/") if request.path.startswith("/tickets/") else app(request)
    why = "the answer is not JSON; a login page or a proxy may have sent it"
    assert list(generic_tracker(fault_server).fetch(["T-6"])) == [Answer("T-6", Outcome.UNREACHABLE, reason=why)]
    fault_server.app = lambda _: fault_server.html(200)
    assert reasons(generic_tracker(fault_server)) == {why}


@pytest.mark.usefixtures("no_pauses")
@pytest.mark.parametrize("second", ["error", "page", "other"])
def test_i21_a_list_that_breaks_off_is_no_list(generic_tracker: Any, ticket_app: Any, fault_server: Any, second: str) -> None:
    """Where the second page does not come, no key of the batch is found, missing or closed: there is no answer."""
    app = ticket_app.usual(many=50)
    broken = {"error": fault_server.html(500), "page": fault_server.html(200), "other": fault_server.json({"tickets": None})}[second]
    fault_server.app = lambda request: broken if request.query.get("page") == ["2"] else app(request)
    keys = [*WANTED, *(f"T-{1001 + number}" for number in range(50))]
    assert len(reasons(generic_tracker(fault_server, page_size=20), keys)) == 1


def test_i21_what_falls_between_two_pages_is_asked_for(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """When the list changes between two pages, so that a ticket is on none, it is asked for alone, and one that is on both counts once."""
    app = ticket_app.usual(many=50)
    keys = [f"T-{1001 + number}" for number in range(50)]

    def shifting(request: Any) -> Any:
        reply = app(request)
        if request.query.get("page") == ["2"]:
            value = json.loads(reply.body)
            value["tickets"] = [{"key": "T-1001", "status": "new", "title": "again"}, *value["tickets"][3:]]
            return fault_server.json(value)
        return reply

    fault_server.app = shifting
    assert outcomes(generic_tracker(fault_server, page_size=20), keys) == dict.fromkeys(keys, Outcome.FOUND)
    assert {request.path for request in fault_server.of("/tickets/")} == {"/tickets/T-1021", "/tickets/T-1022", "/tickets/T-1023"}


def test_i21_a_list_without_end_ends_at_the_deadline(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """A server that always has one more page holds nobody up."""
    app = ticket_app.usual()
    fault_server.app = lambda request: fault_server.json({"tickets": [], "pages": 10**9}) if "page" in request.query else app(request)
    assert reasons(generic_tracker(fault_server, deadline=1), ["T-1", "T-2"]) == {"no complete answer within 1 seconds"}


def test_i22_an_unknown_status_is_neither_open_nor_closed(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """A status that no mapping knows is no state; mapped, the same answer is one."""
    fault_server.app = ticket_app.usual()
    assert reasons(generic_tracker(fault_server), ["T-7"]) == {"its status 'Verified' is not known"}
    found = generic_tracker(fault_server, states={"Verified": "closed"}).fetch(["T-7"])
    assert [(answer.outcome, answer.ticket.state) for answer in found] == [(Outcome.FOUND, "closed")]


def test_i24_not_modified_is_an_answer(ask: Any, fault_server: Any) -> None:
    """304 to an ETag reaches who asked for it; to who did not, it is of no use."""
    fault_server.app = lambda request: fault_server.Reply(304 if request.headers.get("if-none-match") == '"1"' else 500)
    reply = ask(fault_server, method="GET", expect=(200, 304), headers={"If-None-Match": '"1"'})
    assert (reply.status, reply.value) == (304, None)
    assert unreachable(ask, fault_server, headers={"If-None-Match": '"1"'}) == "HTTP 304"


@pytest.mark.parametrize(("off", "notes"), [
    (-3600, ["its clock and ours differ by more than 5 minutes"]), (3600, ["its clock and ours differ by more than 5 minutes"]),
    (-200, []), (200, []),
])
def test_i25_a_clock_that_is_wrong_is_noted_once(generic_tracker: Any, ticket_app: Any, fault_server: Any, off: int, notes: list[str]) -> None:
    """Where the clocks differ by more than five minutes, the tracker's notes say so, once; its answers count."""
    app = ticket_app.usual()

    def late(request: Any) -> Any:
        reply, date = app(request), format_datetime(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=off), usegmt=True)
        return type(reply)(reply.status, reply.body, {**reply.headers, "Date": date})

    fault_server.app = late
    tracker = generic_tracker(fault_server)
    assert outcomes(tracker) == WANTED
    assert outcomes(tracker) == WANTED
    assert tracker.notes == notes


@pytest.mark.parametrize("date", ["", "yesterday", "Sun, 99 Nov 2026 10:00:00 GMT", "2026"])
def test_i25_a_date_that_is_none_is_not_noted(ask: Any, fault_server: Any, date: str) -> None:
    """What cannot be read says nothing about a clock."""
    fault_server.app = lambda _: fault_server.json(1, Date=date)
    assert ask(fault_server).session.notes == []


def test_i26_tickets_merged_into_each_other_are_not_followed(generic_tracker: Any, ticket_app: Any, fault_server: Any) -> None:
    """Each names where it went, in one request; one that moved to itself is no answer."""
    fault_server.app = ticket_app({"T-1": {"moved_to": "T-2"}, "T-2": {"moved_to": "T-1"}, "T-3": {"moved_to": "T-3"}})
    answers = {answer.key: answer for answer in generic_tracker(fault_server).fetch(["T-1", "T-2", "T-3"])}
    assert answers["T-1"] == Answer("T-1", Outcome.MOVED, moved_to="T-2")
    assert answers["T-2"] == Answer("T-2", Outcome.MOVED, moved_to="T-1")
    assert answers["T-3"] == Answer("T-3", Outcome.UNREACHABLE, reason="it says that the ticket moved to where it was")
    assert len(fault_server.of("/tickets/")) == 3
