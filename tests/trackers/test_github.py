"""GitHub: the contract and the traps."""

from __future__ import annotations

import datetime as dt
import os
import re
import time
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from github_server import CLOSED, REOPENED, UPDATED, GitHub, issue, reply
from pytest_httpserver import HTTPServer
from werkzeug import Response

from kbtool.testing import TrackerContract, TrackerKeys
from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers.github import GithubTracker

SOON = str(int(time.time()) + 3000)  #: as GitHub writes when a limit begins anew


@pytest.fixture
def github(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> GitHub:
    """Return a GitHub with four repositories, and the right token in the environment."""
    monkeypatch.setenv("GITHUB_TOKEN", "good")
    monkeypatch.setenv("WRONG_TOKEN", "bad")
    found = GitHub(server)
    shop = found.repo("Acme/Shop", tickets={number: issue() for number in range(1, 131)}, deleted={96}, transferred={97: "acme/moved#5", 98: "acme/hidden#1"})
    shop.tickets |= {2: issue("CLOSED", "COMPLETED"), 3: issue(why="REOPENED", reopened=REOPENED)}
    for number in (96, 97, 98, 99):
        del shop.tickets[number]
    found.repo("acme/moved", tickets={5: issue("CLOSED", "COMPLETED")})
    found.repo("acme/secret", private=True, tickets={1: issue()})
    found.repo("acme/hidden", private=True, visible=False, tickets={1: issue()})
    server.expect_request(re.compile(".*")).respond_with_handler(found.handle)
    return found


@pytest.fixture
def tracker(github: GitHub) -> GithubTracker:
    """Return the tracker for it."""
    return GithubTracker(url=f"{github.base}/api/v3", repository="Acme/shop")


def fetch(tracker: GithubTracker, *keys: str) -> dict[str, Answer]:
    """Return the answers by key."""
    return {answer.key: answer for answer in tracker.fetch(keys)}


def ticket(tracker: GithubTracker, key: str) -> Ticket:
    """Return a ticket that is found."""
    found = fetch(tracker, key)[key]
    assert found.ticket is not None, found
    return found.ticket


class TestGithub(TrackerContract):
    """The contract."""

    @pytest.fixture
    def keys(self) -> TrackerKeys:
        """Return what the fake has."""
        return TrackerKeys(
            open="acme/shop#1", closed="acme/shop#2", missing="acme/shop#4711", reopened="acme/shop#3", moved="acme/shop#97",
            gone="acme/shop#96", forbidden="acme/hidden#1", confidential="acme/secret#1",
            many=tuple(f"acme/shop#{number}" for number in (1, *range(4, 96), *range(100, 127))),
        )

    @pytest.fixture
    def wrong_token(self, tracker: GithubTracker) -> GithubTracker:
        """Return the tracker with a token that GitHub refuses."""
        return replace(tracker, token_env="WRONG_TOKEN")


# -------------------------------------------------------------------------------------------------- what tickets are


@pytest.mark.parametrize(("state", "why", "kind", "resolution"), [
    ("CLOSED", "COMPLETED", "Issue", "completed"), ("CLOSED", "NOT_PLANNED", "Issue", "not planned"),
    ("CLOSED", "DUPLICATE", "Issue", "duplicate"), ("CLOSED", None, "Issue", None),
    ("MERGED", None, "PullRequest", "merged"), ("CLOSED", None, "PullRequest", "not merged"),
])
@pytest.mark.parametrize("nobody", [False, True])
def test_the_resolution_is_why_it_was_closed(tracker: GithubTracker, github: GitHub, nobody: bool, state: str, why: str | None, kind: str, resolution: str | None) -> None:
    """A closed issue says why, a duplicate too; a pull request was merged or not; REST and GraphQL agree."""
    github.repos["acme/shop"].tickets[50] = issue(state, why, kind)
    found = ticket(replace(tracker, token_env="") if nobody else tracker, "acme/shop#50")
    assert (found.state, found.resolution, found.closed_at) == ("closed", resolution, dt.datetime(2026, 11, 1, 9, tzinfo=dt.UTC))
    assert found.url.endswith(f"/Acme/Shop/{'pull' if kind == 'PullRequest' else 'issues'}/50")
    assert (found.confidential, found.title, found.updated_at) == (False, "Export fails", dt.datetime(2026, 11, 2, 9, tzinfo=dt.UTC))


def test_a_reopened_issue_says_since_when(tracker: GithubTracker, github: GitHub) -> None:
    """The last reopening is dated, its reason is no resolution; once closed again, it is of no interest."""
    found = ticket(tracker, "acme/shop#3")
    assert (found.state, found.resolution, found.reopened_at) == ("open", None, dt.datetime(2026, 10, 3, 8, 30, tzinfo=dt.UTC))
    github.repos["acme/shop"].tickets[3] = issue("CLOSED", "COMPLETED", reopened=REOPENED)
    assert ticket(tracker, "acme/shop#3").reopened_at is None


def test_a_state_that_github_does_not_have_today_is_not_closed(tracker: GithubTracker, github: GitHub) -> None:
    """A new state is unknown, and is named."""
    body = {"data": {"r0": {"nameWithOwner": "acme/shop", "isPrivate": False, "i1": {"__typename": "Issue", "state": "SNOOZED\u202e" + "x" * 99}}}}
    github.replies["/graphql"] = reply(200, body)
    found = fetch(tracker, "acme/shop#1")["acme/shop#1"]
    assert found.outcome is Outcome.UNREACHABLE
    assert found.reason.startswith("the state SNOOZED xxx")
    assert found.reason.isprintable()


# -------------------------------------------------------------------------------------------------- what is not found


@pytest.mark.parametrize(("key", "answer"), [
    ("acme/shop#97", Answer("acme/shop#97", Outcome.MOVED, moved_to="acme/moved#5")),
    ("acme/shop#96", Answer("acme/shop#96", Outcome.GONE)),
    ("acme/shop#4711", Answer("acme/shop#4711", Outcome.MISSING)),
    ("acme/shop#98", Answer("acme/shop#98", Outcome.FORBIDDEN, reason="its number is taken, but by what this token may not see: it was transferred, or is a discussion")),
    ("acme/hidden#1", Answer("acme/hidden#1", Outcome.FORBIDDEN, reason="its repository does not exist, or this token may not read it")),
    ("acme/nowhere#1", Answer("acme/nowhere#1", Outcome.FORBIDDEN, reason="its repository does not exist, or this token may not read it")),
    ("acme/old-name#2", Answer("acme/old-name#2", Outcome.MOVED, moved_to="acme/shop#2")),
    ("acme/old-name#96", Answer("acme/old-name#96", Outcome.MOVED)),
])
def test_what_graphql_does_not_find_is_told_apart(tracker: GithubTracker, github: GitHub, key: str, answer: Answer) -> None:
    """Transferred, deleted, never there, out of sight, in a repository with another name: each has its own answer."""
    github.renamed["acme/old-name"] = "acme/shop"
    assert list(tracker.fetch([key])) == [answer]


def test_a_transferred_issue_is_not_read_under_its_old_number(tracker: GithubTracker) -> None:
    """The redirect is not followed: the other repository's issue is closed, and that says nothing of this key."""
    answers = fetch(tracker, "acme/shop#97", "acme/moved#5")
    assert [(answer.outcome, answer.ticket and answer.ticket.state) for answer in answers.values()] == [(Outcome.FOUND, "closed"), (Outcome.MOVED, None)]


def test_a_transfer_to_another_host_is_moved_and_nothing_is_asked_there(tracker: GithubTracker, github: GitHub) -> None:
    """An address elsewhere is not asked."""
    github.replies["/issues/97"] = reply(301, {"message": "Moved Permanently"}, Location="https://evil.example/api/v3/repositories/1/issues/5")
    assert list(tracker.fetch(["acme/shop#97"])) == [Answer("acme/shop#97", Outcome.MOVED)]
    assert github.paths()[-1] == "/repos/acme/shop/issues/97"


def test_disabled_issues_are_not_deleted_ones(tracker: GithubTracker, github: GitHub) -> None:
    """410 is also what a repository without issues answers."""
    home = github.repos["acme/moved"]
    home.issues_disabled, home.tickets = True, {}
    assert list(tracker.fetch(["acme/moved#5"])) == [Answer("acme/moved#5", Outcome.FORBIDDEN, reason="GitHub says: Issues are disabled for this repo")]


@pytest.mark.parametrize(("kind", "outcome"), [
    ("FORBIDDEN", Outcome.FORBIDDEN), ("INSUFFICIENT_SCOPES", Outcome.FORBIDDEN), ("SERVICE_UNAVAILABLE", Outcome.UNREACHABLE),
])
def test_another_error_of_graphql_is_not_missing(tracker: GithubTracker, github: GitHub, kind: str, outcome: Outcome) -> None:
    """What a token may not see is forbidden; an error of GitHub's own is no answer; the other tickets have theirs."""
    github.errors[7] = kind
    answers = fetch(tracker, "acme/shop#7", "acme/shop#8")
    assert answers["acme/shop#7"] == Answer("acme/shop#7", outcome, reason=f"GitHub says: No: {kind}")
    assert answers["acme/shop#8"].outcome is Outcome.FOUND
    assert len(github.seen) == 2


def test_a_right_that_is_missing_for_the_rest_api_is_forbidden(tracker: GithubTracker, github: GitHub) -> None:
    """403 without any limit is about rights."""
    github.replies["/issues/4711"] = reply(403, {"message": "Resource not accessible by personal access token"})
    assert list(tracker.fetch(["acme/shop#4711"])) == [
        Answer("acme/shop#4711", Outcome.FORBIDDEN, reason="GitHub says: Resource not accessible by personal access token")]


@pytest.mark.parametrize("data", [None, "null"])
def test_a_query_that_fails_as_a_whole_is_no_answer(tracker: GithubTracker, github: GitHub, data: Any) -> None:
    """A timeout comes as null, or as the word null, with 200."""
    github.replies["/graphql"] = reply(200, {"data": data, "errors": [{"message": "Something went wrong while executing your query."}]})
    assert list(tracker.fetch(["acme/shop#1"])) == [
        Answer("acme/shop#1", Outcome.UNREACHABLE, reason="GitHub says: Something went wrong while executing your query.")]


# -------------------------------------------------------------------------------------------------- limits and tokens


@pytest.mark.parametrize("found", [
    reply(200, {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}),
    reply(200, {"data": None, "errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": "API rate limit already exceeded"}]}),
    reply(200, {"errors": [{"type": "RATE_LIMITED"}]}, x_ratelimit_remaining="0", x_ratelimit_reset=SOON),
    reply(403, {"message": "API rate limit exceeded for user ID 1."}, x_ratelimit_remaining="0", x_ratelimit_reset=SOON),
    reply(403, {"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}),
    reply(429, {"message": "You have exceeded a secondary rate limit."}, retry_after="3600"), reply(429, {"message": "Too many requests"}),
])
def test_a_used_up_limit_ends_the_run(tracker: GithubTracker, github: GitHub, found: Response) -> None:
    """However GitHub says it, nothing more is asked, and nothing is known."""
    github.replies["/graphql"] = found
    answers = list(tracker.fetch([f"acme/shop#{number}" for number in range(1, 301)]))
    assert len(answers) == 300
    assert {answer.outcome for answer in answers} == {Outcome.UNREACHABLE}
    assert all(answer.reason.startswith("its rate limit is used up until ") for answer in answers)
    assert github.paths() == ["/rate_limit", "/api/graphql"]


def test_an_answer_that_uses_the_limit_up_is_still_an_answer(tracker: GithubTracker, github: GitHub) -> None:
    """Nothing left, but the data is there; an open ticket has no closing date whatever it says."""
    node = {"__typename": "Issue", "title": "", "url": "", "closedAt": CLOSED, "updatedAt": UPDATED, "state": "OPEN", "stateReason": None, "reopened": {"nodes": None}}
    body = {"data": {"r0": {"nameWithOwner": "Acme/Shop", "isPrivate": False, "i1": node}}}
    github.replies["/graphql"] = reply(200, body, x_ratelimit_remaining="0", x_ratelimit_reset=SOON)
    found = ticket(tracker, "acme/shop#1")
    assert (found.state, found.closed_at) == ("open", None)


def test_a_token_of_actions_passes_the_probe(tracker: GithubTracker, github: GitHub) -> None:
    """It has no user, so only what any token may do is asked."""
    github.graphql_limit = 1000
    assert ticket(tracker, "acme/shop#1").state == "open"
    assert github.paths() == ["/rate_limit", "/api/graphql"]


def test_an_enterprise_server_without_limits_passes_the_probe(tracker: GithubTracker, github: GitHub) -> None:
    """404 says that there are none."""
    github.replies["/rate_limit"] = reply(404, {"message": "Rate limiting is not enabled."})
    assert ticket(tracker, "acme/shop#1").state == "open"


def test_a_token_that_gets_lost_on_the_way_is_noticed(tracker: GithubTracker, github: GitHub) -> None:
    """Who is nobody to GitHub has no limit in GraphQL; then no answer is believed."""
    github.graphql_limit = 0
    with pytest.raises(TrackerAuthError, match="GitHub has not seen the token"):
        list(tracker.fetch(["acme/shop#1"]))


def test_without_a_token_public_tickets_are_read_one_by_one(tracker: GithubTracker, github: GitHub) -> None:
    """GraphQL answers nobody, REST does; what nobody sees may exist."""
    nobody = replace(tracker, token_env="")
    answers = fetch(nobody, "acme/shop#1", "acme/shop#4711", "acme/shop#97", "acme/hidden#1")
    assert {key: answer.outcome for key, answer in answers.items()} == {
        "acme/shop#1": Outcome.FOUND, "acme/shop#4711": Outcome.FORBIDDEN, "acme/shop#97": Outcome.MOVED, "acme/hidden#1": Outcome.FORBIDDEN}
    assert answers["acme/hidden#1"].reason == "its repository does not exist, or this token may not read it"
    assert not [request for request in github.seen if "Authorization" in request.headers]


# -------------------------------------------------------------------------------------------------- requests


def test_122_tickets_are_six_requests_one_after_the_other(tracker: GithubTracker, github: GitHub) -> None:
    """Two of them are missing; a second one costs one request more, and never are two under way."""
    numbers = [*range(4, 96), *range(100, 128), 4711, 4712]
    answers = list(tracker.fetch([f"acme/shop#{number}" for number in numbers]))
    assert [sum(answer.outcome is outcome for answer in answers) for outcome in (Outcome.FOUND, Outcome.MISSING)] == [120, 2]
    assert sorted(github.paths()) == sorted([
        "/rate_limit", "/api/graphql", "/api/graphql", "/repos/acme/shop/issues/4711", "/repos/acme/shop/issues/4712", "/repos/acme/shop/issues"])
    assert github.at_once[1] == 1


def test_several_repositories_are_one_query_and_names_are_variables(tracker: GithubTracker, github: GitHub) -> None:
    """No name is part of the query."""
    answers = fetch(tracker, "acme/shop#1", "acme/secret#1", "acme/shop#2", "acme/nowhere#1")
    assert {key: answer.ticket and answer.ticket.confidential for key, answer in answers.items()} == {
        "acme/shop#1": False, "acme/shop#2": False, "acme/secret#1": True, "acme/nowhere#1": None}
    [body] = github.queries
    assert body["variables"] == {"o0": "acme", "n0": "shop", "o1": "acme", "n1": "secret", "o2": "acme", "n2": "nowhere"}
    assert "acme" not in body["query"]


@pytest.mark.parametrize("url", ["", "/api/v3/"])
def test_graphql_is_beside_rest(github: GitHub, url: str) -> None:
    """At github.com it is below the API, at an Enterprise Server it is not."""
    github.replies["/rate_limit"] = reply(404, {})
    github.replies["/graphql"] = reply(200, {"data": {"r0": None}})
    list(GithubTracker(url=github.base + url).fetch(["acme/shop#1"]))
    assert [request.path for request in github.seen] == [f"{url.rstrip('/')}/rate_limit", "/api/graphql" if url else "/graphql"]


def test_no_transient_fault_changes_an_answer(tracker: GithubTracker, github: GitHub, faulty: Any) -> None:
    """Resets, errors, limits, drips, cuts and garbage, at random: each answer is that of a good day, or none."""
    keys = ["acme/secret#1", "acme/hidden#1", *(f"acme/shop#{number}" for number in (1, 2, 3, 96, 98, 4711))]
    good = fetch(tracker, *keys)
    for seed in range(1000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 8):
        found = fetch(replace(tracker, url=tracker.url.replace(github.base, faulty(github.base, seed).url)), *keys)
        assert [(seed, one, good[key]) for key, one in found.items() if one not in (good[key], replace(one, outcome=Outcome.UNREACHABLE))] == []


@pytest.mark.parametrize("key", ["{k}) {{ x }} #1", "{n}/../../user#1", "{n}#1?state=all", "{n}#01", "#1", "{n}#", "{K}#1"])
def test_what_is_no_key_is_in_no_request(tracker: GithubTracker, github: GitHub, key: str) -> None:
    """Whoever edits a snapshot does not write requests."""
    key = key.format(k="acme/shop#1", n="acme/shop", K="Acme/Shop")
    assert list(tracker.fetch([key])) == [Answer(key, Outcome.UNREACHABLE, reason="it is no key of this tracker")]
    assert tracker.changed(dt.datetime(2026, 11, 10, tzinfo=dt.UTC), [key]) == set()
    assert {request.path.rpartition("/")[2] for request in github.seen} == {"rate_limit"}


class TestChanged:
    """What may have changed."""

    since: ClassVar = dt.datetime(2026, 11, 10, 1, 2, 3, 999, tzinfo=dt.timezone(dt.timedelta(hours=1)))

    def test_of_the_keys_those_are_named_that_were_updated(self, tracker: GithubTracker, github: GitHub) -> None:
        """Closed ones, too, over several pages; the moment is sent in UTC, as GitHub reads it."""
        tickets = github.repos["acme/shop"].tickets
        for number in range(10, 90):
            tickets[number] = issue("CLOSED", updatedAt="2026-11-10T00:02:03Z")
        tickets |= {number: issue(updatedAt="2026-11-11T00:00:00Z") for number in range(200, 230)}
        keys = [f"acme/shop#{number}" for number in (1, 10, 89, 90, 200)]
        assert tracker.changed(self.since, [*keys, "acme/secret#1"]) == {"acme/shop#10", "acme/shop#89", "acme/shop#200"}
        listed = [request for request in github.seen if request.path.endswith("/issues")]
        assert [request.args.get("page") for request in listed] == ["1", "2", "1"]
        assert {request.args["since"] for request in listed} == {"2026-11-10T00:02:03Z"}

    def test_a_change_between_two_pages_hides_none(self, tracker: GithubTracker, github: GitHub) -> None:
        """A ticket that moves to the end of the list while it is read does not pull another one across the edge of a page."""
        tickets = github.repos["acme/shop"].tickets
        tickets |= {number: issue(updatedAt=f"2026-11-11T00:{number // 60:02}:{number % 60:02}Z") for number in range(1, 151)}
        github.then = lambda request: request.args.get("page") == "1" and tickets.update({5: issue(updatedAt="2026-11-12T00:00:00Z")})
        keys = {f"acme/shop#{number}" for number in range(1, 151)}
        assert keys - (tracker.changed(self.since, sorted(keys)) or set()) <= {"acme/shop#5"}

    def test_more_than_ten_pages_are_too_many(self, tracker: GithubTracker, github: GitHub) -> None:
        """Then nobody knows, and everything is asked for."""
        github.repos["acme/shop"].tickets |= {number: issue(updatedAt="2026-11-11T00:00:00Z") for number in range(1000, 2001)}
        assert tracker.changed(self.since, ["acme/shop#1"]) is None
        assert len(github.seen) == 11

    def test_a_repository_that_cannot_be_listed_is_not_unchanged(self, tracker: GithubTracker) -> None:
        """Not everything is known then."""
        assert tracker.changed(self.since, ["acme/shop#1", "acme/hidden#1"]) is None


# -------------------------------------------------------------------------------------------------- references


@pytest.mark.parametrize(("reference", "key"), [
    ("acme/shop#88", "acme/shop#88"), ("Acme/Shop#88", "acme/shop#88"), ("#88", "acme/shop#88"), ("GH-88", "acme/shop#88"),
    ("other/re.po_x#1", "other/re.po_x#1"),
    ("https://github.com/Acme/shop/issues/88", "acme/shop#88"), ("https://github.com/acme/shop/pull/88", "acme/shop#88"),
    ("http://www.GitHub.com/acme/shop/issues/88#issuecomment-12", "acme/shop#88"),
    ("https://github.com/acme/shop/pull/88/files?w=1", "acme/shop#88"), ("https://github.com/acme/shop/pull/88/", "acme/shop#88"),
    ("https://github.com/acme/shop/discussions/88", None), ("https://github.com/acme/shop/issues/88/edit", None),
    ("https://ghe.example.com/acme/shop/issues/88", None), ("https://github.com.evil.example/acme/shop/issues/88", None),
    ("https://api.github.com/repos/acme/shop/issues/88", None), ("https://github.com/acme/shop/issues/new", None),
    ("acme/shop", None), ("acme/shop#0", None), ("acme/shop#088", None), ("acme/shop#1234567890", None), ("acme/..#1", None), ("../shop#1", None),
    ("acme/.#1", None), ("-acme/shop#1", None), ("a/b/c#1", None), ("acme/shop#١", None), ("gh-88", None), ("88", None),
])
def test_what_stands_for_a_ticket(reference: str, key: str | None) -> None:
    """Keys, whatever their case, and addresses of pages; short forms where a repository is configured."""
    assert GithubTracker(repository="Acme/Shop").key_of(reference) == key


@pytest.mark.parametrize(("text", "keys"), [
    ("Fixed in #12, GH-13 (acme/shop#14).", ["acme/shop#12", "acme/shop#13", "acme/shop#14"]),
    ("See [it](https://github.com/acme/shop/issues/15) or <https://github.com/acme/shop/pull/16>.", ["acme/shop#15", "acme/shop#16"]),
    ("Is it https://github.com/acme/shop/issues/17? Or #18?", ["acme/shop#17", "acme/shop#18"]),
    ("&#88; [top](#88) [text](a/b#1) a#88 ##88 #88a x/y/z#1 docs/#1 v1.2#3 https://x.example/?u=https://github.com/acme/shop/issues/1", []),
    ("https://web.archive.org/web/2020/https://github.com/acme/shop/issues/1 https://example.com/acme/shop#1", []),
])
def test_a_text_mentions_tickets_where_readers_see_them(text: str, keys: list[str]) -> None:
    """In sentences and as links, never as a part of something longer, nor as the target of a link to a heading."""
    found = list(GithubTracker(repository="acme/shop").mentions(text))
    assert [one.key for one in found] == keys


def test_without_a_repository_short_forms_are_no_references() -> None:
    """Nobody knows what `#88` is a number of."""
    assert [GithubTracker().key_of(word) for word in ("#88", "GH-88", "acme/shop#88")] == [None, None, "acme/shop#88"]


def test_repositories_narrow_what_is_meant() -> None:
    """Others belong to another tracker, or to none; the repository of short forms is always meant."""
    tracker = GithubTracker(repository="tools/kb", repositories=("Acme/*", "other/shop"))
    keys = [tracker.key_of(word) for word in ("acme/shop#1", "ACME/x#2", "other/shop#3", "other/x#4", "#5", "https://github.com/other/x/issues/6")]
    assert keys == ["acme/shop#1", "acme/x#2", "other/shop#3", None, "tools/kb#5", None]


@pytest.mark.parametrize(("url", "page"), [
    ("https://ghe.example.com/api/v3", "https://ghe.example.com/acme/shop/issues/1"),
    ("https://ghe.example.com:8443/api/v3/", "https://ghe.example.com:8443/acme/shop/issues/1"),
    ("https://api.acme.ghe.com", "https://acme.ghe.com/acme/shop/issues/1"),
])
def test_pages_are_on_the_host_of_the_api(url: str, page: str) -> None:
    """Of an Enterprise Server, of a tenant of GitHub's cloud, not of github.com then."""
    assert GithubTracker(url=url).key_of(page) == "acme/shop#1"
    assert GithubTracker(url=url).key_of("https://github.com/acme/shop/issues/1") is None


def test_a_repository_that_is_none_is_refused() -> None:
    """A short form would lead nowhere."""
    with pytest.raises(ValueError, match="repository must be one, such as acme/shop"):
        GithubTracker(repository="https://github.com/acme/shop")
