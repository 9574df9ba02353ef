"""Redmine's tracker where no server is needed, or one that a real one is not: references, options, other versions, other answers."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from pytest_httpserver import HTTPServer

from kbtool.tickets import Answer, Outcome
from kbtool.trackers.redmine import RedmineTracker

URL = "https://bugs.example.com/redmine"
ISSUE: dict[str, Any] = {
    "id": 7, "project": {"id": 1, "name": "acme"}, "status": {"id": 5, "name": "Closed", "is_closed": True}, "subject": "Export fails",
    "is_private": False, "created_on": "2026-01-01T08:00:00Z", "updated_on": "2026-03-02T08:00:00Z", "closed_on": "2026-03-01T08:00:00Z",
}


@pytest.mark.parametrize(
    ("reference", "key"),
    [
        ("RM-12", "RM-12"), (" RM-12\n", "RM-12"), (f"{URL}/issues/12", "RM-12"), (f"{URL}/issues/12/", "RM-12"),
        (f"{URL}/issues/12#note-3", "RM-12"), (f"{URL}/issues/12?tab=notes#note-3", "RM-12"),
        ("http://BUGS.example.com/redmine/issues/12", "RM-12"), ("RM-999999999999999999", "RM-999999999999999999"),
        ("rm-12", None), ("RM-0", None), ("RM-012", None), ("RM-1000000000000000000", None), ("RM-١", None), ("RM12", None), ("12", None),
        ("XRM-12", None), ("RM-12-3", None), (f"{URL}/issues/12.json", None), (f"{URL}/issues/12/edit", None), (f"{URL}/issues", None),
        (f"{URL}/Issues/12", None), ("https://bugs.example.com/issues/12", None), ("https://evil.example/redmine/issues/12", None),
        (f"https://evil.example/?to={URL}/issues/12", None), ("bugs.example.com/redmine/issues/12", None),
    ],
)
def test_a_reference_is_a_key_or_the_address_of_a_page(reference: str, key: str | None) -> None:
    """One form for each ticket; comments and tabs of its page are the ticket's, other pages are not."""
    assert RedmineTracker(URL + "/").key_of(reference) == key


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("See RM-1, (RM-2), “RM-3” and RM-4.", ["RM-1", "RM-2", "RM-3", "RM-4"]),
        (f"See <{URL}/issues/5>, [it]({URL}/issues/6#note-1) and {URL}/issues/7.", ["RM-5", "RM-6", "RM-7"]),
        ("Is it RM-1? No: RM-2!", ["RM-1", "RM-2"]),
        ("xRM-1 RM-1x RM-1-2 a/RM-1 RM-1/a #RM-1 me@RM-1 RM-1.2 RM-1.html ?q=RM-1 RM-1=2 RM-1%20", []),
        (f"https://evil.example/{URL}/issues/5 {URL}/issues/5/edit {URL}/issues/5x", []),
    ],
)
def test_a_text_mentions_tickets_as_words_of_their_own(text: str, keys: list[str]) -> None:
    """Each with its place; a part of a longer word, path or address is none."""
    found = list(RedmineTracker(URL).mentions(text))
    assert [one.key for one in found] == keys
    assert [RedmineTracker(URL).key_of(text[one.start : one.end]) for one in found] == keys


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prefix": ""}, "prefix must be letters, digits and underscores"), ({"prefix": "RM-"}, "prefix must be"),
        ({"prefix": "(a+)+"}, "prefix must be"), ({"closed_states": "Resolved"}, "should be a valid tuple"),
        ({"url": "http://bugs.example.com"}, "others on the way can read the token"), ({"url": "bugs.example.com"}, "url must be the address"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], words: str) -> None:
    """As the configuration reads them."""
    with pytest.raises(ValidationError, match=re.escape(words)):
        TypeAdapter(RedmineTracker).validate_python({"url": URL, **options})


def test_a_prefix_of_ones_own_makes_the_keys() -> None:
    """`BUG-12`, when the configuration says so; RM-12 is no ticket then."""
    tracker = TypeAdapter(RedmineTracker).validate_python({"url": URL, "prefix": "BUG", "closed_states": ["Resolved"]})
    assert [tracker.key_of(word) for word in ("BUG-12", "RM-12", f"{URL}/issues/12")] == ["BUG-12", None, "BUG-12"]


@pytest.fixture
def tracker(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> RedmineTracker:
    """A tracker on a server below /redmine that knows the key, and no projects that are public but the first."""
    monkeypatch.setenv("REDMINE_API_KEY", "k" * 40)
    signed = {"X-Redmine-API-Key": "k" * 40}
    httpserver.expect_request("/redmine/users/current.json", headers=signed).respond_with_json({"user": {"id": 5}})
    projects = [{"id": 1, "is_public": True}, {"id": 2, "is_public": False}, {"id": 3}]
    httpserver.expect_request("/redmine/projects.json", headers=signed).respond_with_json({"projects": projects, "total_count": 3})
    return RedmineTracker(httpserver.url_for("/redmine/"))


def answered(httpserver: HTTPServer, tracker: RedmineTracker, value: object) -> Answer:
    """Return what the tracker makes of a list, where no issue is to be had alone."""
    httpserver.expect_request("/redmine/issues.json").respond_with_data(json.dumps(value), content_type="application/json")
    httpserver.expect_request("/redmine/issues/7.json").respond_with_data("", status=404)
    [answer] = tracker.fetch(["RM-7"])
    return answer


def test_a_redmine_may_live_below_a_path(httpserver, tracker) -> None:
    """All requests go there, and the page of the ticket is there."""
    answer = answered(httpserver, tracker, {"issues": [ISSUE]})
    assert answer.ticket.url == httpserver.url_for("/redmine/issues/7")
    assert not answer.ticket.confidential


@pytest.mark.parametrize(("project", "private", "confidential"), [
    (1, False, False), (1, True, True), (1, None, True), (2, False, True), (3, False, True), (4, False, True)])
def test_what_is_not_known_to_be_public_is_confidential(httpserver, tracker, project, private, confidential) -> None:
    """A project that is not in the list, or of which the list does not say, is not public; an older Redmine says it of none."""
    answer = answered(httpserver, tracker, {"issues": [{**ISSUE, "project": {"id": project}, "is_private": private}]})
    assert answer.ticket.confidential is confidential


@pytest.mark.parametrize(("number", "state"), [(1, "open"), (5, "closed"), (6, "open")])
def test_before_version_5_the_list_of_statuses_says_which_are_closed(httpserver, tracker, number, state) -> None:
    """An issue does not say there whether its status is a closed one; an issue without that is asked about once."""
    statuses = [{"id": 1, "name": "New", "is_closed": False}, {"id": 5, "name": "Closed", "is_closed": True}, {"id": 6, "name": "Odd"}]
    httpserver.expect_oneshot_request("/redmine/issue_statuses.json").respond_with_json({"issue_statuses": statuses})
    answer = answered(httpserver, tracker, {"issues": [{**ISSUE, "status": {"id": number, "name": "It"}}]})
    assert (answer.ticket.state, answer.ticket.closed_at is not None) == (state, state == "closed")


@pytest.mark.parametrize("value", [
    {"issues": [{**ISSUE, "status": {"id": 5, "name": "Closed", "is_closed": "no"}}]},
    {"issues": [{**ISSUE, "status": {"id": 5, "name": "Closed", "is_closed": None}}]},
    {"issues": [{**ISSUE, "status": None}]}, {"issues": [{**ISSUE, "updated_on": "yesterday"}]}, {"issues": [{**ISSUE, "project": 1}]},
    {"issues": ["7"]}, {"issues": None}, {"issue": ISSUE}, [], "issues",
])
def test_an_answer_of_another_shape_is_no_answer(httpserver, tracker, value) -> None:
    """What cannot be understood is said to be unknown, never closed, and never missing."""
    answer = answered(httpserver, tracker, value)
    assert answer == Answer("RM-7", Outcome.UNREACHABLE, reason="an answer that kbtool does not understand")


def test_an_issue_of_another_number_is_no_answer(httpserver, tracker) -> None:
    """Redmine never answers with another issue; who does is not believed."""
    httpserver.expect_request("/redmine/issues.json").respond_with_json({"issues": []})
    httpserver.expect_request("/redmine/issues/7.json").respond_with_json({"issue": {**ISSUE, "id": 8}})
    assert [answer.outcome for answer in tracker.fetch(["RM-7"])] == [Outcome.UNREACHABLE]


def test_a_list_of_projects_that_breaks_off_makes_nothing_public(httpserver, monkeypatch) -> None:
    """Where a list says that there is more than it gives, what it leaves out is not known."""
    monkeypatch.setenv("REDMINE_API_KEY", "k" * 40)
    httpserver.expect_request("/users/current.json").respond_with_json({"user": {"id": 5}})
    httpserver.expect_request("/issues.json").respond_with_json({"issues": [ISSUE]})
    asked = {"f[]": "is_public", "op[is_public]": "=", "v[is_public][]": "1", "limit": "100"}
    first = {"projects": [{"id": 1, "is_public": True}], "total_count": 2}
    httpserver.expect_request("/projects.json", query_string=asked | {"offset": "0"}).respond_with_json(first)
    httpserver.expect_request("/projects.json", query_string=asked | {"offset": "1"}).respond_with_json({**first, "projects": []})
    [answer] = RedmineTracker(httpserver.url_for("/")).fetch(["RM-7"])
    assert (answer.outcome, answer.ticket.confidential) == (Outcome.FOUND, True)
