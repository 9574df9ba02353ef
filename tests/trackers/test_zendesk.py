"""Zendesk: the contract and the traps."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response
from zendesk_server import NOW, FakeZendesk, reply

from kbtool.testing import TrackerContract, TrackerKeys
from kbtool.tickets import Answer, Outcome, TrackerAuthError
from kbtool.trackers.zendesk import ZendeskTracker

SOLVED = "2026-11-01T09:00:00Z"
RESTRICTED = "this agent may not see all tickets, or there is none"


@pytest.fixture
def zendesk(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> FakeZendesk:
    """A Zendesk with 130 tickets and one of every kind."""
    fake = FakeZendesk()
    for number in range(1, 131):
        fake.add(number)
    fake.add(201, "solved", solved=SOLVED)
    fake.add(202, solved=SOLVED)  # reopened: the customer wrote again
    fake.add(203, "closed", solved=SOLVED, tags=["vip", "closed_by_merge"])
    server.expect_request(re.compile(".*")).respond_with_handler(fake)
    monkeypatch.setenv("ZENDESK_EMAIL", "ana@example.com")
    monkeypatch.setenv("ZENDESK_API_TOKEN", "right-token")
    monkeypatch.setenv("WRONG_TOKEN", "wrong-token")
    return fake


@pytest.fixture
def tracker(zendesk: FakeZendesk, server: HTTPServer) -> ZendeskTracker:
    """A tracker with the account of an administrator."""
    return ZendeskTracker(server.url_for(""))


def ask(tracker: ZendeskTracker, *keys: str) -> dict[str, Answer]:
    """Return the answers by their keys."""
    return {answer.key: answer for answer in tracker.fetch(keys)}


class TestZendesk(TrackerContract):
    """The contract of all trackers."""

    @pytest.fixture
    def keys(self) -> TrackerKeys:
        """The tickets of the server."""
        return TrackerKeys(open="ZD-1", closed="ZD-201", missing="ZD-999", reopened="ZD-202", moved="ZD-203", confidential="ZD-1")

    @pytest.fixture
    def wrong_token(self, tracker: ZendeskTracker) -> ZendeskTracker:
        """The same with a token that is not known."""
        return ZendeskTracker(tracker.url, token_env="WRONG_TOKEN")


def test_122_tickets_need_five_requests(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """Two of them are missing; who asks is one of the five."""
    answers = ask(tracker, *(f"ZD-{number}" for number in range(1, 121)), "ZD-998", "ZD-999")
    assert sorted(key for key, answer in answers.items() if answer.outcome is Outcome.MISSING) == ["ZD-998", "ZD-999"]
    assert [answer.outcome for answer in answers.values()].count(Outcome.FOUND) == 120
    assert len(zendesk.log) == 5


def test_every_ticket_is_confidential(tracker: ZendeskTracker) -> None:
    """They are support cases, also where all comments are public."""
    found = [answer.ticket for answer in tracker.fetch(["ZD-1", "ZD-201", "ZD-202"])]
    assert [ticket.confidential for ticket in found if ticket] == [True, True, True]


def test_a_ticket_comes_with_its_facts(tracker: ZendeskTracker) -> None:
    """The date of solving lies beside the tickets; the address is that of the page, not of the interface."""
    ticket = ask(tracker, "ZD-201")["ZD-201"].ticket
    assert ticket is not None
    assert (ticket.title, ticket.url) == ("About 201", f"{tracker.url.rstrip('/')}/agent/tickets/201")
    assert (ticket.state, ticket.resolution, ticket.closed_at) == ("closed", None, dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC))
    assert ticket.updated_at == dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)


def test_metrics_within_a_ticket_are_read_too(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """Where Zendesk puts them depends on the endpoint; an archived ticket may have none."""
    zendesk.add(300, "closed", metric_set={"solved_at": SOLVED})
    zendesk.add(301, "closed")
    found = [answer.ticket for answer in tracker.fetch(["ZD-300", "ZD-301"])]
    assert [ticket.closed_at for ticket in found if ticket] == [dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC), None]


def test_solved_and_closed_are_the_same_for_an_article(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """Zendesk closes a solved ticket by itself after some days; nothing that an article was reviewed against changes."""
    before = ask(tracker, "ZD-201")["ZD-201"].ticket
    zendesk.tickets[201]["status"] = "closed"
    after = ask(tracker, "ZD-201")["ZD-201"].ticket
    assert before == after


def test_a_merged_ticket_was_not_solved(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """It is closed with a tag, and its own state says nothing; on a ticket that is still open the tag means nothing."""
    zendesk.add(300, "open", tags=["closed_by_merge"])
    answers = ask(tracker, "ZD-203", "ZD-300")
    why = "it was merged into another ticket; Zendesk does not say which"
    assert answers["ZD-203"] == Answer("ZD-203", Outcome.MOVED, reason=why)
    assert answers["ZD-300"].outcome is Outcome.FOUND


@pytest.mark.parametrize("user", [
    {"id": 7, "role": "agent", "restricted_agent": True, "ticket_restriction": "groups"}, {"id": 7, "role": "agent"},
])
def test_an_agent_with_restrictions_is_no_witness(tracker: ZendeskTracker, zendesk: FakeZendesk, user: dict[str, Any]) -> None:
    """To it, a ticket of another group is "not found" like one that does not exist; both are unknown."""
    zendesk.user, zendesk.hidden, zendesk.refused = user, (1,), (2,)
    answers = ask(tracker, "ZD-1", "ZD-2", "ZD-3", "ZD-999")
    assert answers["ZD-1"] == Answer("ZD-1", Outcome.FORBIDDEN, reason=RESTRICTED)
    assert answers["ZD-999"] == Answer("ZD-999", Outcome.FORBIDDEN, reason=RESTRICTED)
    assert (answers["ZD-2"], answers["ZD-3"].outcome) == (Answer("ZD-2", Outcome.FORBIDDEN, reason="this agent may not see it"), Outcome.FOUND)


def test_a_deleted_ticket_is_gone_or_missing(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """Usually it is not there; where it is still shown, its status says so."""
    zendesk.add(300, "deleted")
    answers = ask(tracker, "ZD-300", "ZD-301")
    assert (answers["ZD-300"].outcome, answers["ZD-301"].outcome) == (Outcome.GONE, Outcome.MISSING)


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ({"id": None, "name": "Anonymous user", "role": "end-user"}, "it takes who asks for an anonymous user"),
        ({"id": 9, "role": "end-user"}, "its user has the role “end-user”, and only agents can read tickets"),
    ],
)
def test_whoever_is_no_agent_is_refused(tracker: ZendeskTracker, zendesk: FakeZendesk, user: dict[str, Any], words: str) -> None:
    """Zendesk answers 200 when nobody asks who they are; no ticket is asked for then."""
    zendesk.user = user
    with pytest.raises(TrackerAuthError) as caught:
        ask(tracker, "ZD-1")
    assert (caught.value.reason, zendesk.log) == (words, ["users/me"])


def test_a_token_without_the_right_scope_is_refused(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """An OAuth token is made for whatever scope was named, and then forbidden everything."""
    zendesk.first = [reply({"error": "Forbidden"}, 403)]
    with pytest.raises(TrackerAuthError, match=re.escape("the token may not read (HTTP 403); an OAuth token needs the scope `read`")):
        ask(tracker, "ZD-1")


def test_without_a_user_the_token_goes_alone(tracker: ZendeskTracker, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is how OAuth tokens are sent; else the variable of the user has to be set, and the message names it."""
    monkeypatch.delenv("ZENDESK_EMAIL")
    assert ask(ZendeskTracker(tracker.url, user_env=""), "ZD-1")["ZD-1"].outcome is Outcome.FOUND
    with pytest.raises(TrackerAuthError, match=r"^the environment variable ZENDESK_EMAIL is not set$"):
        ask(tracker, "ZD-1")


@pytest.mark.parametrize(
    ("status", "custom", "options", "expected"),
    [
        ("new", None, {}, "open"),
        ("pending", None, {}, "open"),
        ("hold", None, {}, "open"),
        ("solved", None, {}, "closed"),
        ("closed", None, {}, "closed"),
        ("hold", None, {"closed_states": ("Hold",)}, "closed"),
        ("solved", None, {"open_states": ("solved",)}, "open"),
        ("pending", 3, {}, "open"),
        ("pending", 3, {"closed_states": ("will not fix",)}, "closed"),
        ("open", 2, {"closed_states": ("Will not fix",)}, "open"),
        ("solved", 1, {"open_states": ("Will not fix", "solved")}, "open"),
        ("open", 2, {"closed_states": ("Will not fix", "open")}, "closed"),
        ("pending", 99, {"closed_states": ("Will not fix",)}, "open"),
        ("dormant", None, {}, "its status “dormant” is not known; list it in closed_states or open_states"),
        ("dormant", None, {"open_states": ("dormant",)}, "open"),
    ],
)
def test_the_category_decides_unless_the_options_do(
    tracker: ZendeskTracker, zendesk: FakeZendesk, status: str, custom: int | None, options: dict[str, Any], expected: str
) -> None:
    """Statuses of the account's own belong to one of Zendesk's, and can be listed by the name that agents see."""
    zendesk.add(300, status, custom_status_id=custom)
    answer = ask(ZendeskTracker(tracker.url, **options), "ZD-300")["ZD-300"]
    assert (answer.ticket.state if answer.ticket else answer.reason) == expected
    own = {"open", "hold", "solved", "closed"}
    asked = any(name.lower() not in own for names in options.values() for name in names)
    assert zendesk.log.count("custom_statuses") == asked


@pytest.mark.parametrize("answer", [reply({"error": {"title": "No help desk at acme.zendesk.com"}}, 404), Response("<html>", 404, content_type="text/html")])
def test_a_404_that_is_not_about_a_ticket_says_nothing(tracker: ZendeskTracker, zendesk: FakeZendesk, answer: Response) -> None:
    """Only "RecordNotFound" does."""
    zendesk.first = [reply({"user": zendesk.user}), reply({"tickets": []}), answer]
    assert ask(tracker, "ZD-1")["ZD-1"].outcome is Outcome.UNREACHABLE


def test_the_answer_for_another_ticket_is_none(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """What was not asked for is not believed."""
    zendesk.first = [reply({"user": zendesk.user}), reply({"tickets": []}), reply({"ticket": zendesk.tickets[2]})]
    assert ask(tracker, "ZD-1")["ZD-1"] == Answer("ZD-1", Outcome.UNREACHABLE, reason="an answer about another ticket")


def test_a_reset_in_seconds_to_go_is_no_date(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """A limit is over in so many seconds; a long one is said, and the tickets are unknown."""
    zendesk.first = [Response("", 429, {"ratelimit-remaining": "0", "ratelimit-reset": "1"})]
    assert ask(tracker, "ZD-1")["ZD-1"].outcome is Outcome.FOUND
    zendesk.first = [Response("", 429, {"ratelimit-remaining": "0", "ratelimit-reset": "3000"})]
    assert ask(tracker, "ZD-1")["ZD-1"].reason.startswith("its rate limit is used up until 2")


# ---------------------------------------------------------------------------------------------- what has changed

SINCE = dt.datetime(2026, 11, 20, tzinfo=dt.UTC)


def test_an_export_says_what_has_changed(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """Page after page, with deleted tickets, and a little from before; what was not asked for is left out."""
    zendesk.page = 2
    for number in (300, 301, 302, 303):
        zendesk.add(number, updated="2026-11-21T00:00:00Z")
    zendesk.add(304, updated="2026-11-19T23:58:00Z")  # while the last export was made
    zendesk.deleted[305] = "2026-11-21T00:00:00Z"
    assert tracker.changed(SINCE, ["ZD-1", "ZD-300", "ZD-304", "ZD-305"]) == {"ZD-300", "ZD-304", "ZD-305"}
    assert zendesk.log.count("incremental/tickets/cursor") == 3


def test_a_long_export_is_not_read_to_its_end(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """Ten requests a minute are allowed; after five it is given up, and all tickets have to be asked for."""
    zendesk.page = 2
    assert tracker.changed(dt.datetime(2026, 11, 1, tzinfo=dt.UTC), ["ZD-1"]) is None
    assert zendesk.log.count("incremental/tickets/cursor") == 5


def test_an_agent_has_no_export(tracker: ZendeskTracker, zendesk: FakeZendesk) -> None:
    """Only administrators may have one; nobody else can tell what has changed. It cannot begin in the last minute, either."""
    assert tracker.changed(NOW, ["ZD-1"]) == set()
    zendesk.user = {"id": 7, "role": "agent", "restricted_agent": False}
    assert tracker.changed(SINCE, ["ZD-1"]) is None


# ---------------------------------------------------------------------------------------------- references

ACME = "https://acme.zendesk.com"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ZD-12, (ZD-13) and **ZD-14**. Is it ZD-15?", ["ZD-12", "ZD-13", "ZD-14", "ZD-15"]),
        ("zd-12 XZD-12 ZD-12a ZD-12-b my/ZD-12 ZD-12/x ZD-12.png #ZD-12 ZD-0 ZD-012 ZD-1234567890123456789 ZD-٣", []),
        (f"{ACME}/agent/tickets/12, {ACME}/tickets/13 and {ACME}/requests/14", ["ZD-12", "ZD-13", "ZD-14"]),
        (f"{ACME}/hc/requests/12?page=2 {ACME}/hc/en-us/requests/13#x {ACME}/hc/de/requests/14", ["ZD-12", "ZD-13", "ZD-14"]),
        (f"{ACME}/agent/users/12 {ACME}/agent/tickets/12x {ACME}/hc/articles/12 https://other.zendesk.com/agent/tickets/12", []),
    ],
)
def test_a_text_mentions_keys_and_addresses(text: str, found: list[str]) -> None:
    """Keys with the prefix, and pages for agents and for customers."""
    tracker = ZendeskTracker(ACME)
    assert [mention.key for mention in tracker.mentions(text)] == found
    assert [tracker.key_of(word) for word in ("ZD-12", f"{ACME}/agent/tickets/12", "12", "ZD-12?x=1")] == ["ZD-12", "ZD-12", None, None]


def test_the_prefix_is_yours() -> None:
    """Another one makes another key of the same ticket."""
    tracker = ZendeskTracker(ACME, prefix="CASE")
    assert [tracker.key_of(word) for word in ("CASE-12", f"{ACME}/agent/tickets/12", "ZD-12")] == ["CASE-12", "CASE-12", None]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prefix": "ZD-"}, "prefix must be letters, digits and underscores, such as SUP"),
        ({"token_env": ""}, "token_env: Zendesk shows tickets to agents only; name the variable that holds a token"),
        ({"closed_states": ("hold",), "open_states": ("Hold",)}, "closed_states and open_states both have 'hold'"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, Any], words: str) -> None:
    """With what to write instead."""
    with pytest.raises(ValueError, match=re.escape(words)):
        ZendeskTracker(**{"url": ACME, **options})
