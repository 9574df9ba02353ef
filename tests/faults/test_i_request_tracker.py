"""Faults I: RT's first interface, which says in an answer with status 200 that something went wrong."""

from __future__ import annotations

import re

import pytest
from pytest_httpserver import HTTPServer

from kbtool.tickets import Answer, Outcome
from kbtool.trackers.rt import RtTracker

BODIES = (
    "RT/4.4.4 401 Credentials required\n", "RT/4.4.4 200 Ok\n\n# Ticket 7 does not exist.\n",
    "RT/4.4.4 200 Ok\n\nid: ticket/7\nQueue: Support\nStatus: resolved\nResolved: Mon Nov 23 05:04:53 2026\n",
)
REASON = "the answer is not JSON; a login page or a proxy may have sent it"


@pytest.fixture
def tracker(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> RtTracker:
    """A tracker on a server whose first answer, to the question who asks, is that of the present interface."""
    monkeypatch.setenv("RT_TOKEN", "1-27-8417")
    httpserver.expect_oneshot_request("/REST/2.0/rt").respond_with_json({"Version": "5.0.3"})
    return RtTracker(httpserver.url_for("/"))


@pytest.mark.parametrize("body", BODIES)
def test_i10_an_answer_of_the_old_interface_is_none(httpserver: HTTPServer, tracker: RtTracker, body: str) -> None:
    """That one has to log in, that there is no ticket, that it is resolved: none of it is believed, and the ticket is unknown."""
    httpserver.expect_request(re.compile("")).respond_with_data(body, content_type="text/plain; charset=utf-8")
    for _ in ("what the search is answered", "what the probe is answered"):
        assert list(tracker.fetch(["RT-7"])) == [Answer("RT-7", Outcome.UNREACHABLE, reason=REASON)]


def test_i10_calling_it_json_makes_it_none(httpserver: HTTPServer, tracker: RtTracker) -> None:
    """A body that is not what its header says is no answer either."""
    httpserver.expect_request(re.compile("")).respond_with_data(BODIES[1], content_type="application/json")
    assert [answer.outcome for answer in tracker.fetch(["RT-7"])] == [Outcome.UNREACHABLE]
