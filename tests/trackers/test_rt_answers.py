"""RT's tracker where a server is none, or another one: references, options, the old interface, other answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from pytest_httpserver import HTTPServer

from kbtool.tickets import Answer, Outcome
from kbtool.trackers.rt import RtTracker

URL = "https://rt.example.com/rt"
TICKET: dict[str, Any] = {
    "id": "7", "type": "ticket", "Status": "resolved", "Subject": "Export fails", "Queue": {"id": "3", "type": "queue", "Name": "Support"},
    "Resolved": "2026-11-20T08:00:00Z", "LastUpdated": "2026-11-21T08:00:00Z",
}
NOT_JSON = "the answer is not JSON; a login page or a proxy may have sent it"


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("SUP-12", "SUP-12"), (f"{URL}/Ticket/Display.html?id=12", "SUP-12"), (f"{URL}/Ticket/Display.html?id=12#txn-345", "SUP-12"),
        (f"{URL}/Ticket/Display.html?id=12&ForceShowHistory=1#txn-345", "SUP-12"), (f"{URL}/Ticket/12", "SUP-12"),
        (f"{URL}/SelfService/Display.html?id=12", "SUP-12"), ("https://RT.example.com/rt/Ticket/12", "SUP-12"),
        ("RT-12", None), ("sup-12", None), ("SUP-0", None), ("SUP-٣", None), (f"{URL}/Ticket/Display.html?id=12x", None),
        (f"{URL}/Ticket/Display.html?id=", None), (f"{URL}/Ticket/History.html?id=12", None), (f"{URL}/Ticket/12/attachment/3", None),
        (f"{URL}/REST/2.0/ticket/12", None), ("https://rt.example.com/Ticket/12", None), (f"https://evil.example/{URL}/Ticket/12", None),
        (f"{URL}/Ticket/DisplayXhtml?id=12", None),
    ],
)
def test_a_reference_is_a_key_or_the_address_of_a_page(reference: str, key: str | None) -> None:
    """One form for each ticket, for agents' pages and customers'; other pages are not the ticket's."""
    assert RtTracker(URL, prefix="SUP").key_of(reference) == key


def test_a_text_mentions_tickets_as_words_of_their_own() -> None:
    """In prose, and as addresses that a sentence goes on after."""
    tracker = RtTracker(URL, prefix="SUP")
    text = f"See SUP-1, <{URL}/Ticket/2> and {URL}/Ticket/Display.html?id=3#txn-9. No SUP-1-2, XSUP-4, SUP-5/6 or {URL}/Ticket/7/x."
    assert [one.key for one in tracker.mentions(text)] == ["SUP-1", "SUP-2", "SUP-3"]
    assert [tracker.key_of(text[one.start : one.end]) for one in tracker.mentions(text)] == ["SUP-1", "SUP-2", "SUP-3"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prefix": "SUP "}, "prefix must be letters"), ({"open_states": "open"}, "should be a valid tuple"),
        ({"closed_states": ["Open"]}, "closed_states and open_states both have 'open'"),
        ({"url": "http://rt.example.com"}, "others on the way can read the token"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], words: str) -> None:
    """As the configuration reads them."""
    with pytest.raises(ValidationError, match=re.escape(words)):
        TypeAdapter(RtTracker).validate_python({"url": URL, **options})


@pytest.fixture
def tracker(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> RtTracker:
    """A tracker on a server that accepts its token."""
    monkeypatch.setenv("RT_TOKEN", "1-27-8417")
    httpserver.expect_oneshot_request("/REST/2.0/rt").respond_with_json({"Version": "5.0.3"})
    return RtTracker(httpserver.url_for("/"))


def test_an_rt_without_the_interface_shows_its_login_page(httpserver, monkeypatch) -> None:
    """What is not there is redirected to a login: no ticket is missing for that."""
    monkeypatch.setenv("RT_TOKEN", "1-27-8417")
    httpserver.expect_request("/NoAuth/Login.html").respond_with_data("<!DOCTYPE html><title>Login</title>", content_type="text/html")
    httpserver.expect_request(re.compile("")).respond_with_data("", 302, {"Location": "/NoAuth/Login.html?next=1"})
    assert list(RtTracker(httpserver.url_for("/")).fetch(["RT-7"])) == [Answer("RT-7", Outcome.UNREACHABLE, reason=NOT_JSON)]


@pytest.mark.parametrize("value", [
    {"items": None}, {"items": {"7": TICKET}}, {"items": [None]}, {"items": [{"id": "7"}]}, {}, [], {"items": [{**TICKET, "Resolved": "soon"}]},
    {"items": [{**TICKET, "LastUpdated": 5}]}, {"message": "Unauthorized"},
])
def test_an_answer_of_another_shape_is_no_answer(httpserver, tracker, value) -> None:
    """What cannot be understood is said to be unknown, never closed, and never missing."""
    httpserver.expect_request("/REST/2.0/tickets").respond_with_json(value)
    httpserver.expect_request("/REST/2.0/ticket/7").respond_with_json({"message": "Not Found"}, 404)
    answers = list(tracker.fetch(["RT-7"]))
    assert answers == [Answer("RT-7", Outcome.UNREACHABLE, reason="an answer that kbtool does not understand")]


@pytest.mark.parametrize("number", ["", "x", None, True, -7, 7.5, "6/../8", [6]])
def test_a_ticket_that_moved_nowhere_is_no_answer(httpserver, tracker, number) -> None:
    """The number that a ticket was merged into has to be one."""
    httpserver.expect_request("/REST/2.0/tickets").respond_with_json({"items": []})
    httpserver.expect_request("/REST/2.0/ticket/7").respond_with_json({**TICKET, "id": number})
    [answer] = tracker.fetch(["RT-7"])
    assert (answer.outcome, answer.moved_to) == (Outcome.UNREACHABLE, "")


@pytest.mark.parametrize("number", ["7", 7])
def test_a_ticket_that_only_the_search_left_out_is_found(httpserver, tracker, number) -> None:
    """A reminder or an approval is in no search; its number may be written as text or as a number."""
    httpserver.expect_request("/REST/2.0/tickets").respond_with_json({"items": []})
    httpserver.expect_request("/REST/2.0/ticket/7").respond_with_json({**TICKET, "id": number, "Type": "reminder"})
    [answer] = tracker.fetch(["RT-7"])
    assert (answer.key, answer.ticket.state) == ("RT-7", "closed")


def test_what_is_no_key_is_not_asked_for(httpserver, tracker) -> None:
    """It is unknown, and keeps no other from its answer."""
    httpserver.expect_request("/REST/2.0/tickets").respond_with_json({"items": [TICKET]})
    answers = {answer.key: answer for answer in tracker.fetch(["RT-7", "RT-7 OR id > 0", "XX-7"])}
    assert answers["RT-7"].outcome is Outcome.FOUND
    assert {answers[key].reason for key in ("RT-7 OR id > 0", "XX-7")} == {"it is no key of this tracker"}
    assert [request.form["query"] for request, _ in httpserver.log if request.form] == ["id = 7"]
