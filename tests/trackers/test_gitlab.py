"""GitLab: the contract and the traps."""

from __future__ import annotations

import datetime as dt
import os
import re
import time
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from gitlab_server import GitLab, issue, reply, retry_later
from pytest_httpserver import HTTPServer
from werkzeug import Response

from kbtool.testing import TrackerContract, TrackerKeys
from kbtool.tickets import Answer, Outcome, Ticket, TrackerAuthError
from kbtool.trackers.gitlab import GitlabTracker

NOT_TOLD = "there is none, or it is confidential; a token with the role Reporter can tell"
NO_PROJECT = "its project does not exist, or this token may not read it"


@pytest.fixture
def gitlab(server: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> GitLab:
    """Return a GitLab with five projects, and the right token in the environment."""
    monkeypatch.setenv("GITLAB_TOKEN", "good")
    monkeypatch.setenv("WRONG_TOKEN", "bad")
    found = GitLab(server)
    shop = found.project("Group/sub/Shop", role=20, tickets={number: issue() for number in range(1, 131)})
    shop.tickets |= {2: issue("closed"), 3: issue("closed", moved_to_id=900), 4: issue("closed", moved_to_id=901), 5: issue(confidential=True)}
    del shop.tickets[99]
    found.project("group/moved", tickets={7: issue("opened", id=900)})
    found.project("group/private", visibility="private", group_role=30, tickets={1: issue()})
    found.project("group/hidden", visibility="private", tickets={1: issue("opened", id=901)})
    found.project("open/source", tickets={1: issue(), 2: issue(confidential=True)})
    server.expect_request(re.compile(".*")).respond_with_handler(found.handle)
    return found


@pytest.fixture
def tracker(gitlab: GitLab) -> GitlabTracker:
    """Return the tracker for it."""
    return GitlabTracker(url=gitlab.base, project="group/sub/shop")


def fetch(tracker: GitlabTracker, *keys: str) -> dict[str, Answer]:
    """Return the answers by key."""
    return {answer.key: answer for answer in tracker.fetch(keys)}


def ticket(tracker: GitlabTracker, key: str) -> Ticket:
    """Return a ticket that is found."""
    found = fetch(tracker, key)[key]
    assert found.ticket is not None, found
    return found.ticket


class TestGitlab(TrackerContract):
    """The contract."""

    @pytest.fixture
    def keys(self) -> TrackerKeys:
        """Return what the fake has."""
        return TrackerKeys(
            open="group/sub/shop#1", closed="group/sub/shop#2", missing="group/sub/shop#4711", moved="group/sub/shop#3",
            forbidden="group/hidden#1", confidential="group/sub/shop#5", reopened="group/sub/shop#6",
            many=tuple(f"group/sub/shop#{number}" for number in (1, *range(6, 99), *range(100, 127))),
        )

    @pytest.fixture
    def wrong_token(self, tracker: GitlabTracker) -> GitlabTracker:
        """Return the tracker with a token that GitLab refuses."""
        return replace(tracker, token_env="WRONG_TOKEN")


# -------------------------------------------------------------------------------------------------- what tickets are


def test_a_closed_issue_has_its_date(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """Times are those of GitLab, and REST knows one reason only."""
    found = ticket(tracker, "group/sub/shop#2")
    assert (found.state, found.resolution, found.closed_at) == ("closed", None, dt.datetime(2026, 11, 1, 9, 0, 0, 123000, dt.UTC))
    assert (found.title, found.url, found.confidential) == ("Export fails", f"{gitlab.base}/Group/sub/Shop/-/issues/2", False)
    gitlab.projects["group/sub/shop"].tickets[2]["_links"] = {"closed_as_duplicate_of": f"{gitlab.base}/api/v4/projects/70/issues/1"}
    assert ticket(tracker, "group/sub/shop#2").resolution == "duplicate"


def test_a_reopened_issue_has_no_closing_date(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """Whatever date it still has; and what it was a duplicate of is past, too."""
    gitlab.projects["group/sub/shop"].tickets[6] = issue(
        closed_at="2026-01-01T00:00:00Z", moved_to_id=900, _links={"closed_as_duplicate_of": "x"})
    found = ticket(tracker, "group/sub/shop#6")
    assert (found.state, found.closed_at, found.resolution) == ("open", None, None)


def test_closed_may_only_mean_moved(tracker: GitlabTracker) -> None:
    """The original of a moved issue is closed; its new key is told if this token may see it."""
    assert fetch(tracker, *(f"group/sub/shop#{number}" for number in (3, 4))) == {
        "group/sub/shop#3": Answer("group/sub/shop#3", Outcome.MOVED, moved_to="group/moved#7"),
        "group/sub/shop#4": Answer("group/sub/shop#4", Outcome.MOVED),
    }


def test_many_moved_issues_are_not_too_complex_a_query(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """GitLab refuses one of more than 250 points, so the question comes in parts."""
    for number in range(10, 95):
        gitlab.projects["group/sub/shop"].tickets[number] = issue("closed", moved_to_id=900)
    answers = list(tracker.fetch([f"group/sub/shop#{number}" for number in range(10, 95)]))
    assert {(answer.outcome, answer.moved_to) for answer in answers} == {(Outcome.MOVED, "group/moved#7")}
    assert gitlab.paths().count("/api/graphql") == 3


@pytest.mark.parametrize(("found", "answer"), [
    (reply(404, {"message": "404 Not Found"}), Answer("group/sub/shop#3", Outcome.MOVED)),
    (reply(200, {"errors": [{"message": "no"}], "data": None}), Answer("group/sub/shop#3", Outcome.MOVED)),
    (Response("<html>", 200, content_type="text/html"), Answer("group/sub/shop#3", Outcome.UNREACHABLE, reason="it has moved, and GitLab did not answer where it is now")),
])
def test_where_it_moved_to_is_extra(tracker: GitlabTracker, gitlab: GitLab, found: Response, answer: Answer) -> None:
    """Where GitLab never tells, the issue has moved all the same; where it may another time, nothing is said."""
    gitlab.replies["/api/graphql"] = [found]
    answers = fetch(tracker, "group/sub/shop#1", "group/sub/shop#3")
    assert answers["group/sub/shop#3"] == answer
    assert answers["group/sub/shop#1"].outcome is Outcome.FOUND


def test_a_state_that_gitlab_does_not_have_today_is_not_closed(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """A new state is unknown, and is named."""
    gitlab.projects["group/sub/shop"].tickets[6] = issue("locked")
    assert list(tracker.fetch(["group/sub/shop#6"])) == [
        Answer("group/sub/shop#6", Outcome.UNREACHABLE, reason="the state locked is not one that kbtool knows")]


@pytest.mark.parametrize(("visibility", "issues", "confidential", "expected"), [
    ("public", "enabled", False, False), ("public", "enabled", True, True), ("public", "private", False, True),
    ("internal", "enabled", False, True), ("private", "enabled", False, True), ("public", None, False, True),
    ("public", "enabled", None, True),
])
def test_confidential_is_what_not_everybody_may_read(tracker: GitlabTracker, gitlab: GitLab, visibility: str, issues: Any, confidential: Any, expected: bool) -> None:
    """Of the issue, of the project, of the issues of a public project; and what GitLab does not say."""
    home = gitlab.projects["group/sub/shop"]
    home.visibility, home.issues = visibility, issues
    home.tickets[6] = issue(confidential=confidential)
    assert ticket(tracker, "group/sub/shop#6").confidential is expected


# -------------------------------------------------------------------------------------------------- what is not found


@pytest.mark.parametrize(("key", "answer"), [
    ("group/sub/shop#4711", Answer("group/sub/shop#4711", Outcome.MISSING)),
    ("group/private#4711", Answer("group/private#4711", Outcome.MISSING)),
    ("open/source#4711", Answer("open/source#4711", Outcome.FORBIDDEN, reason=NOT_TOLD)),
    ("open/source#2", Answer("open/source#2", Outcome.FORBIDDEN, reason=NOT_TOLD)),
    ("group/hidden#1", Answer("group/hidden#1", Outcome.FORBIDDEN, reason=NO_PROJECT)),
    ("group/nowhere#1", Answer("group/nowhere#1", Outcome.FORBIDDEN, reason=NO_PROJECT)),
    ("group/old#2", Answer("group/old#2", Outcome.MOVED, moved_to="group/sub/shop#2")),
    ("group/old#4711", Answer("group/old#4711", Outcome.MISSING)),
])
def test_404_means_missing_only_to_who_sees_everything(tracker: GitlabTracker, gitlab: GitLab, key: str, answer: Answer) -> None:
    """A guest cannot tell a confidential issue from none, by a role in the group neither less nor more than by one in the project."""
    gitlab.renamed["group/old"] = "group/sub/shop"
    assert list(tracker.fetch([key])) == [answer]


@pytest.mark.parametrize("role", [10, 15])
def test_a_guest_cannot_tell(tracker: GitlabTracker, gitlab: GitLab, role: int) -> None:
    """Guests and planners do not see everything."""
    gitlab.projects["group/sub/shop"].role = role
    assert list(tracker.fetch(["group/sub/shop#4711"])) == [Answer("group/sub/shop#4711", Outcome.FORBIDDEN, reason=NOT_TOLD)]


def test_the_higher_of_two_roles_counts(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """A guest of the project who is a developer of its group sees everything."""
    home = gitlab.projects["group/sub/shop"]
    home.role, home.group_role = 10, 30
    assert list(tracker.fetch(["group/sub/shop#4711"])) == [Answer("group/sub/shop#4711", Outcome.MISSING)]


@pytest.mark.parametrize("end", ["/issues", "/issues/4711"])
def test_a_right_that_is_missing_is_forbidden(tracker: GitlabTracker, gitlab: GitLab, end: str) -> None:
    """403 is not 404, for the list and for one; the other tickets are asked for alone then."""
    gitlab.replies |= {end: [reply(403, {"message": "403 Forbidden"})], "/issues/4711": [reply(403, {"message": "403 Forbidden"})]}
    answers = fetch(tracker, "group/sub/shop#1", "group/sub/shop#4711")
    assert answers["group/sub/shop#4711"] == Answer("group/sub/shop#4711", Outcome.FORBIDDEN, reason=NOT_TOLD)
    assert answers["group/sub/shop#1"].outcome is Outcome.FOUND


def test_a_project_without_issues_misses_none(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """Issues that were switched off are still there."""
    gitlab.projects["group/sub/shop"].issues = "disabled"
    assert fetch(tracker, "group/sub/shop#1")["group/sub/shop#1"].outcome is Outcome.FORBIDDEN


def test_a_type_that_the_list_leaves_out_is_found(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """Tasks are no part of it, and are asked for alone."""
    gitlab.projects["group/sub/shop"].tickets[6] = issue("closed", issue_type="task")
    assert ticket(tracker, "group/sub/shop#6").state == "closed"


def test_without_a_token_public_projects_are_read(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """What nobody sees may exist; what nobody may not see is not confidential to anybody."""
    nobody = replace(tracker, token_env="")
    answers = fetch(nobody, "open/source#1", "open/source#4711", "group/private#1")
    assert {key: answer.outcome for key, answer in answers.items()} == {
        "open/source#1": Outcome.FOUND, "open/source#4711": Outcome.FORBIDDEN, "group/private#1": Outcome.FORBIDDEN}
    assert answers["open/source#1"].ticket is not None
    assert not answers["open/source#1"].ticket.confidential
    assert not [request for request in gitlab.seen if "Authorization" in request.headers or request.path.endswith("/user")]


# -------------------------------------------------------------------------------------------------- limits and tokens


@pytest.mark.parametrize("scopes", [("read_repository",), ("read_user",)])
def test_a_token_for_something_else_is_named(tracker: GitlabTracker, gitlab: GitLab, scopes: tuple[str, ...]) -> None:
    """With another scope it may say whose it is, or not even that; either way it is the token."""
    gitlab.scopes = scopes
    with pytest.raises(TrackerAuthError, match="the token lacks the scope read_api"):
        list(tracker.fetch(["group/sub/shop#1"]))


def test_a_blocked_user_is_named(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """403 with a reason is about the credentials."""
    gitlab.replies["/user"] = [reply(403, {"message": "403 Forbidden - Your account has been blocked."})]
    with pytest.raises(TrackerAuthError, match="Your account has been blocked"):
        list(tracker.fetch(["group/sub/shop#1"]))


def test_retry_later_is_waited_for(tracker: GitlabTracker, gitlab: GitLab, no_pauses: None) -> None:
    """429 comes as text, with headers or without; after a while there is an answer."""
    gitlab.replies["/issues"] = [retry_later(), retry_later(retry_after="0")]
    assert ticket(tracker, "group/sub/shop#2").state == "closed"
    assert len(gitlab.seen) == 5


@pytest.mark.parametrize("headers", [{"retry_after": "3600"}, {"ratelimit_remaining": "0", "ratelimit_reset": str(int(time.time()) + 3000)}])
def test_a_used_up_limit_ends_the_run(tracker: GitlabTracker, gitlab: GitLab, headers: dict[str, str]) -> None:
    """Both headers are read; nothing is asked again, and nothing is known."""
    gitlab.replies["/user"] = [retry_later(**headers)]
    [answer] = tracker.fetch(["group/sub/shop#1"])
    assert (answer.outcome, answer.reason.partition(" until ")[0]) == (Outcome.UNREACHABLE, "its rate limit is used up")
    assert len(gitlab.seen) == 1


# -------------------------------------------------------------------------------------------------- requests


def test_122_tickets_are_six_requests(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """Two of them are missing; the project is asked for once."""
    numbers = [*range(6, 99), *range(100, 127), 4711, 4712]
    answers = list(tracker.fetch([f"group/sub/shop#{number}" for number in numbers]))
    assert [sum(answer.outcome is outcome for answer in answers) for outcome in (Outcome.FOUND, Outcome.MISSING)] == [120, 2]
    project = "/api/v4/projects/group/sub/shop"
    assert sorted(gitlab.paths()) == sorted([
        "/api/v4/user", project, f"{project}/issues", f"{project}/issues", f"{project}/issues/4711", f"{project}/issues/4712"])


def test_each_project_is_asked_for_its_own(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """Closed ones among them, a hundred a page, and never the list of all projects, which is of one's own issues only."""
    keys = ["group/sub/shop#1", "group/private#1", "group/sub/shop#2"]
    assert {answer.key for answer in tracker.fetch(keys)} == set(keys)
    listed = [request for request in gitlab.seen if request.path.endswith("/issues")]
    assert sorted(request.args.getlist("iids[]") for request in listed) == [["1"], ["1", "2"]]
    assert {(request.args["state"], request.args["per_page"]) for request in listed} == {("all", "100")}
    assert all("/projects/group%2F" in request.environ["REQUEST_URI"] for request in listed)


def test_the_address_of_the_api_stands_for_gitlab(tracker: GitlabTracker, gitlab: GitLab) -> None:
    """CI_API_V4_URL is one."""
    other = replace(tracker, url=f"{gitlab.base}/api/v4/")
    assert fetch(other, "group/sub/shop#3")["group/sub/shop#3"].moved_to == "group/moved#7"
    assert other.key_of(f"{gitlab.base}/group/sub/shop/-/issues/3") == "group/sub/shop#3"
    assert set(gitlab.paths()) == {"/api/v4/user", "/api/v4/projects/group/sub/shop", "/api/v4/projects/group/sub/shop/issues", "/api/graphql"}


def test_no_transient_fault_changes_an_answer(tracker: GitlabTracker, gitlab: GitLab, faulty: Any) -> None:
    """Resets, errors, limits, drips, cuts and garbage, at random: each answer is that of a good day, or none."""
    keys = ["open/source#2", "group/hidden#1", *(f"group/sub/shop#{number}" for number in (1, 2, 3, 4, 5, 4711))]
    good = fetch(tracker, *keys)
    for seed in range(1000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 8):
        found = fetch(replace(tracker, url=tracker.url.replace(gitlab.base, faulty(gitlab.base, seed).url)), *keys)
        assert [(seed, one, good[key]) for key, one in found.items() if one not in (good[key], replace(one, outcome=Outcome.UNREACHABLE))] == []


@pytest.mark.parametrize("key", ["{k}) {{ x }} #1", "{n}/../../user#1", "{n}#1?state=all", "{n}#01", "#1", "{n}#", "{K}#1"])
def test_what_is_no_key_is_in_no_request(tracker: GitlabTracker, gitlab: GitLab, key: str) -> None:
    """Whoever edits a snapshot does not write requests."""
    key = key.format(k="group/sub/shop#1", n="group/sub/shop", K="Group/sub/Shop")
    assert list(tracker.fetch([key])) == [Answer(key, Outcome.UNREACHABLE, reason="it is no key of this tracker")]
    assert tracker.changed(dt.datetime(2026, 11, 10, tzinfo=dt.UTC), [key]) == set()
    assert {request.path.rpartition("/")[2] for request in gitlab.seen} == {"user"}


class TestChanged:
    """What may have changed."""

    since: ClassVar = dt.datetime(2026, 11, 10, 1, 2, 3, 999, tzinfo=dt.timezone(dt.timedelta(hours=1)))

    def test_of_the_keys_those_are_named_that_were_updated(self, tracker: GitlabTracker, gitlab: GitLab) -> None:
        """Closed ones, too, over several pages; the moment is sent in UTC."""
        tickets = gitlab.projects["group/sub/shop"].tickets
        tickets |= {number: issue("closed", updated_at="2026-11-10T00:02:03.000Z") for number in range(10, 90)}
        tickets |= {number: issue(updated_at="2026-11-11T00:00:00.000Z") for number in range(200, 230)}
        keys = [f"group/sub/shop#{number}" for number in (1, 10, 89, 90, 200)]
        assert tracker.changed(self.since, [*keys, "group/private#1"]) == {"group/sub/shop#10", "group/sub/shop#89", "group/sub/shop#200"}
        listed = [request for request in gitlab.seen if request.path.endswith("/issues")]
        assert [request.args["page"] for request in listed] == ["1", "2", "1"]
        assert {request.args["updated_after"] for request in listed} == {"2026-11-10T00:02:03Z"}

    def test_a_change_between_two_pages_hides_none(self, tracker: GitlabTracker, gitlab: GitLab) -> None:
        """A ticket that moves to the end of the list while it is read does not pull another one across the edge of a page."""
        tickets = gitlab.projects["group/sub/shop"].tickets
        tickets |= {number: issue(updated_at=f"2026-11-11T00:{number // 60:02}:{number % 60:02}Z") for number in range(1, 151)}
        gitlab.then = lambda request: request.args.get("page") == "1" and tickets.update({5: issue(updated_at="2026-11-12T00:00:00Z")})
        keys = {f"group/sub/shop#{number}" for number in range(1, 151)}
        assert keys - (tracker.changed(self.since, sorted(keys)) or set()) <= {"group/sub/shop#5"}

    def test_pages_are_counted_where_a_proxy_drops_the_header(self, tracker: GitlabTracker, gitlab: GitLab) -> None:
        """A full page is not the last one."""
        full = [{"iid": number} for number in range(1, 101)]
        gitlab.replies["/issues"] = [reply(200, full), reply(200, [{"iid": 101}])]
        assert tracker.changed(self.since, ["group/sub/shop#101", "group/sub/shop#102"]) == {"group/sub/shop#101"}

    def test_more_than_ten_pages_are_too_many(self, tracker: GitlabTracker, gitlab: GitLab) -> None:
        """Over all projects; then nobody knows, and everything is asked for."""
        gitlab.projects["group/sub/shop"].tickets |= {number: issue(updated_at="2026-11-11T00:00:00Z") for number in range(1000, 1901)}
        assert tracker.changed(self.since, ["group/sub/shop#1", "group/private#1"]) is None
        assert len(gitlab.seen) == 11

    def test_a_project_that_cannot_be_listed_is_not_unchanged(self, tracker: GitlabTracker) -> None:
        """Not everything is known then."""
        assert tracker.changed(self.since, ["group/sub/shop#1", "group/hidden#1"]) is None


# -------------------------------------------------------------------------------------------------- references


@pytest.mark.parametrize(("reference", "key"), [
    ("group/project#12", "group/project#12"), ("Group/sub/deep/Project#12", "group/sub/deep/project#12"), ("#12", "group/project#12"),
    ("https://gitlab.com/Group/project/-/issues/12", "group/project#12"), ("https://gitlab.com/group/project/issues/12", "group/project#12"),
    ("https://GitLab.com/group/sub/project/-/work_items/12#note_34", "group/sub/project#12"),
    ("https://gitlab.com/group/project/-/issues/incident/12", "group/project#12"), ("https://gitlab.com/group/project/-/issues/12/?x=1", "group/project#12"),
    ("https://gitlab.com/group/project/-/merge_requests/12", None), ("https://gitlab.com/group/project/-/issues/12/designs", None),
    ("https://gitlab.com/group/-/issues/12", None), ("https://gitlab.com.evil.example/group/project/-/issues/12", None),
    ("https://gitlab.com/api/v4/projects/1/issues/12", "api/v4/projects/1#12"),
    ("group#12", None), ("group/project", None), ("group/project!12", None), ("group/project#0", None), ("group/project#012", None),
    ("group/../project#1", None), ("group/.#1", None), ("-group/project#1", None), ("group//project#1", None), ("group/project#1234567890", None),
    ("a/" * 30 + "project#1", None), ("12", None),
])
def test_what_stands_for_a_ticket(reference: str, key: str | None) -> None:
    """Keys, whatever their case, and addresses of pages; short forms where a project is configured."""
    assert GitlabTracker(project="Group/Project").key_of(reference) == key


@pytest.mark.parametrize(("text", "keys"), [
    ("Fixed in #12 (group/sub/project#14).", ["group/project#12", "group/sub/project#14"]),
    ("See [it](https://gitlab.com/group/project/-/issues/15) or <https://gitlab.com/a/b/-/work_items/16>.", ["group/project#15", "a/b#16"]),
    ("Is it https://gitlab.com/a/b/-/issues/17? Or #18?", ["a/b#17", "group/project#18"]),
    ("&#12; [top](#12) [text](a/b#1) a#12 ##12 #12a /x/y#1 v1.2#3 https://example.com/acme/shop#1", []),
    ("https://web.archive.org/web/2020/https://gitlab.com/a/b/-/issues/1 https://x.example/?u=https://gitlab.com/a/b/-/issues/1", []),
])
def test_a_text_mentions_tickets_where_readers_see_them(text: str, keys: list[str]) -> None:
    """In sentences and as links, never as a part of something longer, nor as the target of a link to a heading."""
    assert [one.key for one in GitlabTracker(project="group/project").mentions(text)] == keys


def test_without_a_project_short_forms_are_no_references() -> None:
    """Nobody knows what `#12` is a number of."""
    assert [GitlabTracker().key_of(word) for word in ("#12", "group/project#12")] == [None, "group/project#12"]


def test_projects_narrow_what_is_meant() -> None:
    """Others belong to another tracker, or to none; the project of short forms is always meant."""
    tracker = GitlabTracker(project="tools/kb", projects=("Group/*", "other/shop"))
    keys = [tracker.key_of(word) for word in ("group/shop#1", "GROUP/sub/x#2", "other/shop#3", "other/x#4", "#5", "https://gitlab.com/other/x/-/issues/6")]
    assert keys == ["group/shop#1", "group/sub/x#2", "other/shop#3", None, "tools/kb#5", None]


def test_pages_are_where_gitlab_is() -> None:
    """A path before the projects is a part of the address."""
    tracker = GitlabTracker(url="https://example.com:8443/gitlab/")
    assert tracker.key_of("https://example.com:8443/gitlab/group/project/-/issues/12") == "group/project#12"
    assert tracker.key_of("https://gitlab.com/group/project/-/issues/12") is None


def test_a_project_that_is_none_is_refused() -> None:
    """A short form would lead nowhere."""
    with pytest.raises(ValueError, match="project must be one with its groups, such as group/project"):
        GitlabTracker(project="project")
