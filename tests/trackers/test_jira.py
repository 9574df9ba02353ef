"""Jira, Cloud and Data Center: the contract and the traps."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from jira_server import FakeJira, error, reply
from pytest_httpserver import HTTPServer
from werkzeug import Response

from kbtool.testing import TrackerContract, TrackerKeys
from kbtool.tickets import Answer, Outcome, TrackerAuthError
from kbtool.trackers.jira import JiraTracker

UTC = dt.UTC


@pytest.fixture(params=["cloud", "data-center"])
def jira(request: pytest.FixtureRequest, server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> FakeJira:
    """Both of them, with 130 issues and one of every kind."""
    fake = FakeJira(cloud=request.param == "cloud")
    done = {"resolution": {"name": "Fixed"}, "resolutiondate": "2026-11-01T09:00:00.000+0000"}
    for number in range(1, 131):
        fake.add(f"SUP-{number}")
    fake.add("SUP-201", "Done", **done)
    fake.add("SUP-202", "In Progress", **done)  # reopened, by a workflow that clears nothing
    fake.add("SUP-203", security={"name": "Staff only"})
    fake.add("OPS-7", "Done", **done)
    fake.add("SEC-1")
    fake.moved["SUP-204"] = "OPS-7"
    server.expect_request(re.compile(".*")).respond_with_handler(fake)
    monkeypatch.setenv("JIRA_USER_EMAIL", "ana@example.com")
    monkeypatch.setenv("JIRA_API_TOKEN", "right-token")
    monkeypatch.setenv("WRONG_TOKEN", "wrong-token")
    return fake


@pytest.fixture
def options(jira: FakeJira, server: HTTPServer) -> dict[str, Any]:
    """What the configuration says."""
    more = {} if jira.cloud else {"user_env": ""}
    return {"url": server.url_for("/jira"), "projects": ("SUP", "OPS", "SEC"), "public_projects": ("SUP",), **more}


@pytest.fixture
def tracker(options: dict[str, Any]) -> JiraTracker:
    """A tracker that may read most issues."""
    return JiraTracker(**options)


def ask(tracker: JiraTracker, *keys: str) -> dict[str, Answer]:
    """Return the answers by their keys."""
    return {answer.key: answer for answer in tracker.fetch(keys)}


def only(kind: str) -> Any:
    """Run a test with one of the two."""
    return pytest.mark.parametrize("jira", [kind], indirect=True)


class TestJira(TrackerContract):
    """The contract of all trackers, with Cloud and with Data Center."""

    @pytest.fixture
    def keys(self) -> TrackerKeys:
        """The issues of the server."""
        return TrackerKeys(
            open="SUP-1", closed="SUP-201", missing="SUP-999", reopened="SUP-202", moved="SUP-204", forbidden="SEC-1",
            confidential="SUP-203", many=tuple(f"SUP-{number}" for number in range(1, 131)),
        )

    @pytest.fixture
    def wrong_token(self, options: dict[str, Any]) -> JiraTracker:
        """The same with a token that is not known."""
        return JiraTracker(**options, token_env="WRONG_TOKEN")


def test_122_issues_need_six_requests(tracker: JiraTracker, jira: FakeJira) -> None:
    """Two of them are missing; what the server is and who asks is part of the six."""
    answers = ask(tracker, *(f"SUP-{number}" for number in range(1, 121)), "SUP-998", "SUP-999")
    assert sorted(key for key, answer in answers.items() if answer.outcome is Outcome.MISSING) == ["SUP-998", "SUP-999"]
    assert [answer.outcome for answer in answers.values()].count(Outcome.FOUND) == 120
    assert len(jira.log) == 6


def test_an_issue_comes_with_its_facts(tracker: JiraTracker, options: dict[str, Any]) -> None:
    """Times are in UTC; resolution and date come as Jira names them."""
    ticket = ask(tracker, "SUP-201")["SUP-201"].ticket
    assert ticket is not None
    assert (ticket.title, ticket.url) == ("About SUP-201", f"{options['url']}/browse/SUP-201")
    assert (ticket.state, ticket.resolution, ticket.confidential) == ("closed", "Fixed", False)
    assert (ticket.closed_at, ticket.updated_at) == (dt.datetime(2026, 11, 1, 9, tzinfo=UTC), dt.datetime(2026, 11, 2, 9, tzinfo=UTC))


def test_a_moved_key_comes_back_under_its_new_key(tracker: JiraTracker) -> None:
    """The old key has moved and says nothing of a state, though the issue is done; the new key, asked with it, is found."""
    answers = ask(tracker, "SUP-204", "OPS-7")
    assert answers["SUP-204"] == Answer("SUP-204", Outcome.MOVED, moved_to="OPS-7")
    assert answers["OPS-7"].outcome is Outcome.FOUND


@only("cloud")
def test_a_new_key_that_is_none_is_not_believed(tracker: JiraTracker, jira: FakeJira) -> None:
    """What an issue is called now is text of a server."""
    jira.first = [reply({"deploymentType": "Cloud"}), reply({"accountId": "1"}), reply({"issues": []}), reply({"key": "../x", "fields": {}})]
    assert ask(tracker, "SUP-1")["SUP-1"] == Answer("SUP-1", Outcome.UNREACHABLE, reason="an answer that kbtool does not understand")


def test_a_project_that_cannot_be_seen_is_not_missing(tracker: JiraTracker, jira: FakeJira) -> None:
    """Jira says the same of an issue that is not there and of one that may not be seen; its project tells, asked once."""
    answers = ask(tracker, *(f"SEC-{number}" for number in range(1, 11)))
    why = "this account cannot see the project SEC, or there is none"
    assert set(answers.values()) == {Answer(key, Outcome.FORBIDDEN, reason=why) for key in answers}
    assert [line for line in jira.log if "/project/" in line] == [f"GET /rest/api/{3 if jira.cloud else 2}/project/SEC"]


def test_a_refused_issue_is_forbidden(tracker: JiraTracker, jira: FakeJira) -> None:
    """Where a Jira, or what stands before it, says so in as many words."""
    jira.first = [reply({"deploymentType": "Cloud"}), reply({"accountId": "1"}), reply({"issues": []}), error(403, "No.")]
    assert ask(tracker, "SUP-1")["SUP-1"] == Answer("SUP-1", Outcome.FORBIDDEN)


HOSTILE = ('SUP-1") OR project = ("SEC', "../../user?x=1", "sup-1", "SUP-1\n")


def test_what_is_no_key_is_in_no_request(tracker: JiraTracker, jira: FakeJira) -> None:
    """Keys may come from a file; a text that is none is not asked for, and has changed for all that is known."""
    answers = ask(tracker, "SUP-1", *HOSTILE)
    why = "it is no key of this tracker"
    assert [answers[key] for key in HOSTILE] == [Answer(key, Outcome.UNREACHABLE, reason=why) for key in HOSTILE]
    assert tracker.changed(dt.datetime(2026, 11, 20, tzinfo=UTC), ["SUP-1", *HOSTILE]) == set(HOSTILE)
    asked = len(jira.bodies)
    assert {answer.reason for answer in tracker.fetch(HOSTILE)} == {why}
    assert len(jira.bodies) == asked
    assert [word for word in ("SEC", "user", "sup-1") if word in str((jira.log, jira.bodies))] == []


def test_an_empty_project_that_can_be_seen_says_missing(tracker: JiraTracker) -> None:
    """Also where no issue of the project was found with the missing one."""
    assert ask(tracker, "OPS-999")["OPS-999"] == Answer("OPS-999", Outcome.MISSING)


def test_a_wrong_token_asks_for_no_issue(options: dict[str, Any], jira: FakeJira) -> None:
    """Cloud would answer as if nobody had asked: every issue "does not exist"."""
    with pytest.raises(TrackerAuthError, match="does not accept the credentials"):
        ask(JiraTracker(**options, token_env="WRONG_TOKEN"), "SUP-1")
    assert not [line for line in jira.log if "issue" in line or "search" in line]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("JIRA_USER_EMAIL", "", "the environment variable JIRA_USER_EMAIL is not set"),
        ("JIRA_USER_EMAIL", "a:b", "the environment variable JIRA_USER_EMAIL holds characters that no user name has"),
        ("JIRA_API_TOKEN", "", "the environment variable JIRA_API_TOKEN is not set"),
    ],
)
@only("cloud")
def test_what_is_not_set_is_named(
    tracker: JiraTracker, jira: FakeJira, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    """The message names the variable, never a value, and nothing is sent."""
    monkeypatch.setenv(name, value)
    with pytest.raises(TrackerAuthError) as caught:
        ask(tracker, "SUP-1")
    assert (caught.value.reason, jira.log) == (words, [])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply({}, 403), "it refuses the credentials (HTTP 403); after several wrong ones, Data Center wants a log-in by hand"),
        (reply({"displayName": "Anonymous"}), "it does not know who asks"),
    ],
)
def test_whoever_is_not_known_is_refused(tracker: JiraTracker, jira: FakeJira, answer: Response, words: str) -> None:
    """Also where the answer to "who am I" is no 401."""
    jira.first = [reply({"deploymentType": "Cloud"}), answer]
    with pytest.raises(TrackerAuthError) as caught:
        ask(tracker, "SUP-1")
    assert caught.value.reason == words


@only("cloud")
def test_nobody_sees_what_is_public(options: dict[str, Any], jira: FakeJira) -> None:
    """Without a token no one asks who we are, and what is not seen is forbidden, never missing."""
    jira.open_to_all = ("SUP",)
    answers = ask(JiraTracker(**options, token_env=""), "SUP-1", "SUP-999", "OPS-7")
    assert {key: answer.outcome.value for key, answer in answers.items()} == {"SUP-1": "found", "SUP-999": "forbidden", "OPS-7": "forbidden"}
    assert not [line for line in jira.log if "myself" in line or "project" in line]


@pytest.mark.parametrize("status", [404, 405])
@only("cloud")
def test_where_bulkfetch_is_missing_it_searches(tracker: JiraTracker, jira: FakeJira, status: int) -> None:
    """It says nothing of the issues that the endpoint is not there; one unknown key does not spoil the query for the others."""
    jira.bulkfetch, jira.page = status, 40
    answers = ask(tracker, *(f"SUP-{number}" for number in range(1, 61)), "SUP-999", "SUP-204")
    assert sorted(key for key, one in answers.items() if one.outcome is not Outcome.FOUND) == ["SUP-204", "SUP-999"]
    assert (answers["SUP-999"].outcome, answers["SUP-204"].moved_to) == (Outcome.MISSING, "OPS-7")
    assert jira.log.count("POST /rest/api/3/search/jql") == 3  # refused, and two pages


@only("cloud")
def test_what_a_batch_cannot_tell_is_asked_for_alone(tracker: JiraTracker, jira: FakeJira) -> None:
    """An issue among the errors of a batch is there all the same."""
    jira.later = ("SUP-2",)
    assert {answer.outcome for answer in tracker.fetch(["SUP-1", "SUP-2"])} == {Outcome.FOUND}


@only("cloud")
def test_other_errors_of_bulkfetch_are_no_reason_to_search(tracker: JiraTracker, jira: FakeJira) -> None:
    """A batch that is refused for another reason is unknown."""
    jira.bulkfetch = 400
    assert ask(tracker, "SUP-1")["SUP-1"] == Answer("SUP-1", Outcome.UNREACHABLE, reason="HTTP 400")
    assert not [line for line in jira.log if "search" in line]


@only("data-center")
def test_data_center_is_told_with_a_boolean_not_to_validate(tracker: JiraTracker, jira: FakeJira) -> None:
    """A word such as "warn" is an error there; pages are counted, and may be shorter than asked for."""
    jira.page = 50
    answers = ask(tracker, *(f"SUP-{number}" for number in range(1, 100)), "SUP-999")
    assert [one.outcome for one in answers.values()].count(Outcome.FOUND) == 99
    assert [(body["validateQuery"], body["startAt"]) for body in jira.bodies] == [(False, 0), (False, 50)]


@pytest.mark.parametrize(
    ("status", "options_more", "expected"),
    [
        ("Open", {}, "open"),
        ("In Progress", {}, "open"),
        ("Done", {}, "closed"),
        ("Parked", {}, "its status “Parked” is in no category; list it in closed_states or open_states"),
        ("Parked", {"open_states": ("parked",)}, "open"),
        ("Parked", {"closed_states": (" PARKED",)}, "closed"),
        ("In Progress", {"closed_states": ("In progress",)}, "closed"),
        ("Done", {"open_states": ("done",)}, "open"),
        ("Lost\n" * 50, {}, f"its status “{'Lost ' * 15}Lost…” is in no category; list it in closed_states or open_states"),
    ],
)
@only("cloud")
def test_the_category_decides_unless_the_options_do(
    options: dict[str, Any], jira: FakeJira, status: str, options_more: dict[str, Any], expected: str
) -> None:
    """A status in no category is neither open nor closed, and its name is said."""
    jira.add("SUP-300", status)
    answer = ask(JiraTracker(**options, **options_more), "SUP-300")["SUP-300"]
    assert (answer.ticket.state if answer.ticket else answer.reason) == expected
    assert answer.outcome is (Outcome.FOUND if answer.ticket else Outcome.UNREACHABLE)


@only("cloud")
def test_a_workflow_that_sets_no_resolution_has_a_closing_date(tracker: JiraTracker, jira: FakeJira) -> None:
    """Cloud knows when the category changed."""
    jira.add("SUP-300", "Done")
    ticket = ask(tracker, "SUP-300")["SUP-300"].ticket
    assert ticket is not None
    assert (ticket.resolution, ticket.closed_at) == (None, dt.datetime(2026, 10, 1, 8, tzinfo=UTC))


def test_what_a_reopened_issue_kept_is_dropped(tracker: JiraTracker) -> None:
    """An open issue has no resolution, whatever its workflow forgot to clear."""
    ticket = ask(tracker, "SUP-202")["SUP-202"].ticket
    assert ticket is not None
    assert (ticket.state, ticket.resolution, ticket.closed_at) == ("open", None, None)


@pytest.mark.parametrize(("key", "public", "expected"), [
    ("SUP-1", (), True), ("SUP-1", ("SUP",), False), ("SUP-203", ("SUP",), True), ("OPS-7", ("SUP",), True), ("OPS-7", ("OPS",), False),
])
def test_issues_are_confidential_unless_their_project_is_public(options: dict[str, Any], key: str, public: tuple[str, ...], expected: bool) -> None:
    """An issue does not say whether its project is public, so the configuration has to; a security level goes before."""
    ticket = ask(JiraTracker(**{**options, "public_projects": public}), key)[key].ticket
    assert ticket is not None
    assert ticket.confidential is expected


@only("cloud")
def test_a_rate_limit_is_waited_for_or_said(tracker: JiraTracker, jira: FakeJira) -> None:
    """Jira names the end of a limit in ISO 8601, to the minute; a near one is waited for, and after a far one nothing is known."""
    jira.first = [Response("", 429, {"Retry-After": "0", "RateLimit-Reason": "jira-burst-based"})]
    assert ask(tracker, "SUP-1")["SUP-1"].outcome is Outcome.FOUND
    reset = dt.datetime.now(UTC) + dt.timedelta(hours=2)
    jira.first = [Response("", 429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{reset:%Y-%m-%dT%H:%MZ}"})]
    answer = ask(tracker, "SUP-1")["SUP-1"]
    assert answer.outcome is Outcome.UNREACHABLE
    assert answer.reason.startswith("its rate limit is used up until 2")


@pytest.mark.parametrize("answer", [reply({"code": 404, "message": "Not Found"}, 404), Response("<html>", 404, content_type="text/html")])
@only("cloud")
def test_a_404_that_is_not_of_jira_says_nothing(tracker: JiraTracker, jira: FakeJira, answer: Response) -> None:
    """A proxy or gateway that knows no such path is no witness for a missing issue."""
    jira.first = [reply({"deploymentType": "Cloud"}), reply({"accountId": "1"}), reply({"issues": []}), answer]
    assert ask(tracker, "SUP-1")["SUP-1"].outcome is Outcome.UNREACHABLE


# ---------------------------------------------------------------------------------------------- what has changed


@pytest.mark.parametrize("zone", [-12, 0, 14])
def test_changes_are_found_in_every_zone(tracker: JiraTracker, jira: FakeJira, zone: int) -> None:
    """A query is read in the zone of the account's clock, to the minute; what is named too much is just asked for."""
    jira.zone = zone
    jira.add("SUP-300", updated="2026-11-20T12:00:30.000+0000")
    keys = ["SUP-1", "SUP-300"]
    assert tracker.changed(dt.datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC), keys) == {"SUP-300"}
    assert tracker.changed(dt.datetime(2026, 11, 23, tzinfo=UTC), keys) == set()


def test_a_key_that_is_gone_has_changed(tracker: JiraTracker) -> None:
    """A deleted issue is in no list of changes, but the query is refused for it."""
    assert tracker.changed(dt.datetime(2026, 11, 20, tzinfo=UTC), ["SUP-1", "SUP-999"]) == {"SUP-999"}


def test_a_moved_key_cannot_be_told_from_others(tracker: JiraTracker, jira: FakeJira) -> None:
    """It comes under its new key, so all have to be asked for; so they have where there would be too many queries."""
    since = dt.datetime(2026, 10, 1, tzinfo=UTC)
    assert tracker.changed(since, ["SUP-1", "SUP-204"]) is None
    asked = len(jira.log)
    assert tracker.changed(since, [f"SUP-{number}" for number in range(1001, 3502)]) is None
    assert [line for line in jira.log[asked:] if "search" in line] == []


@pytest.mark.parametrize(("unknown", "expected"), [(2, {"SUP-998", "SUP-999"}), (4, None)])
def test_a_refusal_may_name_one_key_after_another(tracker: JiraTracker, jira: FakeJira, unknown: int, expected: set[str] | None) -> None:
    """The query is asked again without the keys that were named, but not for ever."""
    jira.named = 1
    keys = [f"SUP-{1000 - number}" for number in range(1, unknown + 1)]
    assert tracker.changed(dt.datetime(2026, 11, 20, tzinfo=UTC), ["SUP-1", *keys]) == expected


@only("cloud")
def test_a_query_that_is_refused_tells_nothing(tracker: JiraTracker, jira: FakeJira) -> None:
    """A refusal that names no key is not understood."""
    jira.first = [reply({"deploymentType": "Cloud"}), reply({"accountId": "1"}), error(400, "No.")]
    assert tracker.changed(dt.datetime(2026, 10, 1, tzinfo=UTC), ["SUP-1"]) is None
