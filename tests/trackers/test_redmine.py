"""Redmine, the real one: the contract, and each trap, shown in what the server answers and in what the tracker makes of it."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import pytest

from kbtool.testing import TrackerContract, TrackerKeys
from kbtool.tickets import Answer, Outcome, TrackerAuthError
from kbtool.trackers import redmine as adapter
from kbtool.trackers.redmine import RedmineTracker

pytestmark = pytest.mark.xdist_group("redmine")  # one worker starts one server for all of them

KEY, GUEST, WRONG = "REDMINE_API_KEY", "REDMINE_GUEST_KEY", "REDMINE_WRONG_KEY"
NEVER = 999_999


@pytest.fixture(autouse=True)
def keys_of_users(redmine, monkeypatch) -> None:
    """The keys of two users, and one of nobody, in the environment."""
    monkeypatch.setenv(KEY, redmine.key)
    monkeypatch.setenv(GUEST, redmine.other_key)
    monkeypatch.setenv(WRONG, "0" * 40)


@pytest.fixture
def tracker(redmine) -> RedmineTracker:
    """The tracker, asking as `support`."""
    return RedmineTracker(redmine.url)


def fetched(tracker: RedmineTracker, *numbers: int) -> list[Answer]:
    """Return the answers for numbers, in their order."""
    answers = {answer.key: answer for answer in tracker.fetch(f"RM-{number}" for number in numbers)}
    assert len(answers) == len(set(numbers))
    return [answers[f"RM-{number}"] for number in numbers]


def listed(redmine, query: str, key: str | None = None) -> list[dict[str, Any]]:
    """Return the issues that the server lists."""
    status, value = redmine.ask(f"issues.json?{query}", redmine.key if key is None else key)
    assert status == 200
    issues: list[dict[str, Any]] = value["issues"]
    return issues


@pytest.fixture(scope="module")
def keys(redmine) -> TrackerKeys:
    """Tickets of each kind."""
    number = {name: redmine.create(name) for name in ("open", "closed", "reopened", "gone")}
    redmine.close(number["closed"])
    redmine.close(number["reopened"])
    redmine.reopen(number["reopened"])
    redmine.delete(number["gone"])
    number |= {"forbidden": redmine.create(project="vault"), "confidential": redmine.create(project="board"), "missing": NEVER}
    return TrackerKeys(**{name: f"RM-{value}" for name, value in number.items()}, many=tuple(f"RM-{one}" for one in redmine.ids))


class TestRedmine(TrackerContract):
    """Redmine does what every tracker must."""

    @pytest.fixture
    def wrong_token(self, redmine) -> RedmineTracker:
        """The tracker with a key that Redmine does not know."""
        return RedmineTracker(redmine.url, token_env=WRONG)


def test_a_ticket_has_all_that_redmine_says_of_it(redmine, tracker) -> None:
    """Subject, page, status when closed, and the times, as UTC; Redmine's clock is in another zone."""
    number = redmine.create("Export: “fails” & more")
    redmine.set_status(number, "Rejected")
    at = dt.datetime.fromisoformat(redmine.ask(f"issues/{number}.json", redmine.key)[1]["issue"]["closed_on"])
    found = fetched(tracker, number)[0].ticket
    assert (found.state, found.resolution, found.title) == ("closed", "Rejected", "Export: “fails” & more")
    assert found.url == f"{redmine.url}/issues/{number}"
    assert found.closed_at == found.updated_at == at
    assert found.closed_at.utcoffset() == dt.timedelta(0)
    assert abs((found.closed_at - dt.datetime.now(dt.UTC)).total_seconds()) < 600


# ---------------------------------------------------------------------------------------------- the traps


def test_without_a_status_a_list_leaves_out_what_is_closed(redmine, tracker) -> None:
    """`issue_id=…` alone has no closed issue; the tracker asks for all of them."""
    number = redmine.create()
    redmine.close(number)
    assert listed(redmine, f"issue_id={number}") == []
    before = len(redmine.requests())
    assert fetched(tracker, number)[0].ticket.state == "closed"
    assert not any(f"/issues/{number}.json" in line for line in redmine.requests()[before:])  # it was in the list


def test_a_list_has_no_more_than_a_hundred(redmine, tracker) -> None:
    """`limit=500` is 100, silently; the tracker asks twice for 130."""
    assert len(listed(redmine, "limit=500&status_id=*")) == 100
    before = len(redmine.requests())
    assert {answer.outcome for answer in fetched(tracker, *redmine.ids)} == {Outcome.FOUND}
    assert [line.partition("?")[0] for line in redmine.requests()[before:]].count('GET "/issues.json') == 2


def test_resolved_is_not_closed_unless_the_configuration_says_so(redmine, tracker) -> None:
    """The status that Redmine calls Resolved is an open one; `closed_states` closes it, at a time that Redmine does not know."""
    number = redmine.create()
    redmine.set_status(number, "Resolved")
    assert listed(redmine, f"issue_id={number}")[0]["status"] == {"id": 3, "name": "Resolved", "is_closed": False}
    assert fetched(tracker, number)[0].ticket.state == "open"
    found = fetched(RedmineTracker(redmine.url, closed_states=("resolved",)), number)[0].ticket
    assert (found.state, found.resolution, found.closed_at) == ("closed", "Resolved", None)


def test_a_reopened_issue_keeps_its_closing_date(redmine, tracker) -> None:
    """`closed_on` stays when an issue is opened again, and when it is only resolved after that; it counts for no such ticket."""
    number = redmine.create()
    redmine.close(number)
    redmine.reopen(number)
    assert listed(redmine, f"issue_id={number}")[0]["closed_on"] is not None
    found = fetched(tracker, number)[0].ticket
    assert (found.state, found.closed_at, found.resolution) == ("open", None, None)
    redmine.set_status(number, "Resolved")
    found = fetched(RedmineTracker(redmine.url, closed_states=("Resolved",)), number)[0].ticket
    assert (found.state, found.closed_at) == ("closed", None)


def test_a_wrong_key_is_answered_like_nobody(redmine, tracker) -> None:
    """Lists and public issues are 200 with a key that is wrong, and what is private is not there; only who one is gets 401."""
    private = redmine.create(project="board")
    seen = listed(redmine, f"issue_id=1,{private}&status_id=*", "0" * 40)
    assert [issue["id"] for issue in seen] == [1]
    assert redmine.ask("issues/1.json", "0" * 40)[0] == 200
    assert redmine.ask("users/current.json", "0" * 40)[0] == 401
    wrong = RedmineTracker(redmine.url, token_env=WRONG)
    before = len(redmine.requests())
    with pytest.raises(TrackerAuthError, match="it does not accept the credentials"):
        list(wrong.fetch(["RM-1", f"RM-{private}"]))
    with pytest.raises(TrackerAuthError):
        wrong.changed(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), ["RM-1"])
    assert redmine.requests()[before:] == ['GET "/users/current.json"'] * 2


def test_an_issue_that_was_deleted_or_never_was_is_404(redmine, tracker) -> None:
    """Both are left out of the list, and 404 alone."""
    number = redmine.create()
    redmine.delete(number)
    assert listed(redmine, f"issue_id={number},{NEVER}&status_id=*") == []
    assert [redmine.ask(f"issues/{one}.json", redmine.key) for one in (number, NEVER)] == [(404, None)] * 2
    assert fetched(tracker, number, NEVER) == [Answer(f"RM-{one}", Outcome.MISSING) for one in (number, NEVER)]


def test_an_issue_that_one_may_not_see_is_403_and_for_nobody_401(redmine) -> None:
    """It is left out of the list like one that does not exist, and told from it alone."""
    number = redmine.create(project="vault")
    assert listed(redmine, f"issue_id={number}&status_id=*") == []
    assert redmine.ask(f"issues/{number}.json", redmine.key)[0] == 403
    assert redmine.ask(f"issues/{number}.json")[0] == 401
    hidden = {KEY: f"the user of {KEY} may not see it", "": "nobody without a token can see it"}
    for name, reason in hidden.items():
        assert fetched(RedmineTracker(redmine.url, token_env=name), number) == [Answer(f"RM-{number}", Outcome.FORBIDDEN, reason=reason)]


def test_a_private_issue_is_confidential(redmine, tracker) -> None:
    """`is_private` hides an issue of a public project from all but a few; another user may not see it at all."""
    number = redmine.create(private=True)
    assert fetched(tracker, number)[0].ticket.confidential
    assert fetched(RedmineTracker(redmine.url, token_env=GUEST), number)[0].outcome is Outcome.FORBIDDEN


def test_an_issue_of_a_private_project_is_not_marked_as_private(redmine, tracker) -> None:
    """`is_private` is false there, and the project is not public: the ticket is confidential."""
    number = redmine.create(project="board")
    assert listed(redmine, f"issue_id={number}")[0]["is_private"] is False
    assert [answer.ticket.confidential for answer in fetched(tracker, number, 1)] == [True, False]


def test_moving_keeps_the_number(redmine, tracker) -> None:
    """An issue that moves to another project is the same ticket, as confidential as its new project."""
    number = redmine.create("Moves")
    redmine.move(number, "board")
    found = fetched(tracker, number)[0]
    assert (found.outcome, found.ticket.title, found.ticket.confidential) == (Outcome.FOUND, "Moves", True)


def test_a_list_of_projects_leaves_out_the_closed_ones(redmine, tracker) -> None:
    """A closed project is as public as it was, and so are its issues; the list names it only when it is filtered."""
    redmine.add_project("closing", public=True)
    number = redmine.create(project="closing")
    redmine.end_project("closing", "close")
    assert "closing" not in [project["identifier"] for project in redmine.ask("projects.json", redmine.key)[1]["projects"]]
    found = fetched(tracker, number)[0].ticket
    assert (found.state, found.confidential) == ("open", False)


def test_an_archived_project_hides_its_issues_from_everybody(redmine, tracker) -> None:
    """Its issues are 403 even for an administrator: they are there, and not for us."""
    redmine.add_project("archiving", public=True)
    number = redmine.create(project="archiving")
    redmine.end_project("archiving", "archive")
    assert redmine.ask(f"issues/{number}.json", redmine.admin_key)[0] == 403
    assert fetched(tracker, number)[0].outcome is Outcome.FORBIDDEN


def test_one_word_among_the_numbers_spoils_a_list(redmine, tracker) -> None:
    """`issue_id=1,abc` is 422 for all of it; what is no key is not asked for, and keeps no other from its answer."""
    assert redmine.ask("issues.json?issue_id=1,abc", redmine.key) == (422, {"errors": ["Issue is invalid"]})
    before = len(redmine.requests())
    bad = ["RM-abc", "RM-01", "RM-", "XX-1", "RM-1/../2", "RM-1,2"]
    answers = {answer.key: answer for answer in tracker.fetch(["RM-1", *bad])}
    assert answers["RM-1"].outcome is Outcome.FOUND
    assert [answers[key] for key in bad] == [Answer(key, Outcome.UNREACHABLE, reason="it is no key of this tracker") for key in bad]
    assert [line.split("?")[0] for line in redmine.requests()[before:]] == [
        'GET "/users/current.json"', 'GET "/issues.json', 'GET "/projects.json']


def test_long_numbers_fit_into_an_address(redmine, tracker) -> None:
    """A hundred of the longest numbers are one list, of nothing; an address of 16,000 characters would be refused."""
    longest = [10**17 + number for number in range(100)]
    assert listed(redmine, f"issue_id={','.join(map(str, longest))}&status_id=*") == []
    outcomes = [answer.outcome for answer in fetched(tracker, *longest)]
    assert (outcomes.count(Outcome.MISSING), outcomes.count(Outcome.UNREACHABLE)) == (50, 50)  # no more than 50 one by one


def test_a_time_with_an_offset_is_refused(redmine, tracker) -> None:
    """`updated_on=>=…+01:00` is 422; the tracker asks in UTC, whatever zone a moment is in."""
    status, value = redmine.ask(f"issues.json?updated_on={quote('>=2026-01-01T00:00:00+01:00')}", redmine.key)
    assert (status, value) == (422, {"errors": ["Updated is invalid"]})
    number = redmine.create()
    at = fetched(tracker, number)[0].ticket.updated_at
    east = dt.timezone(dt.timedelta(hours=9))
    assert tracker.changed(at.astimezone(east), [f"RM-{number}", f"RM-{NEVER}"]) == {f"RM-{number}"}
    assert tracker.changed((at + dt.timedelta(seconds=2)).astimezone(east), [f"RM-{number}"]) == set()


def test_a_switched_off_interface_answers_as_if_there_was_no_key(redmine, tracker) -> None:
    """With the REST interface off a key counts for nothing, and lists are 200 all the same; the message says what to switch on."""
    private = redmine.create(project="board")
    with redmine.setting("rest_api_enabled", "0"):
        assert listed(redmine, f"issue_id={private}") == []
        with pytest.raises(TrackerAuthError, match="its REST API is switched off"):
            list(tracker.fetch(["RM-1"]))
    assert fetched(tracker, private)[0].outcome is Outcome.FOUND


def test_a_redmine_behind_a_login_shows_nobody_anything(redmine, tracker) -> None:
    """Where everybody must log in, nobody gets 401 for all there is; a key works as ever."""
    with redmine.setting("login_required", "1"):
        with pytest.raises(TrackerAuthError):
            list(RedmineTracker(redmine.url, token_env="").fetch(["RM-1"]))
        assert fetched(tracker, 1)[0].outcome is Outcome.FOUND


# ---------------------------------------------------------------------------------------------- how much is asked


def test_122_tickets_take_six_requests(redmine, tracker) -> None:
    """Who we are, two lists, the projects once, and one for each of the two that do not exist."""
    before = len(redmine.requests())
    answers = fetched(tracker, *redmine.ids[:120], NEVER, NEVER + 1)
    assert [answer.outcome for answer in answers] == [*[Outcome.FOUND] * 120, Outcome.MISSING, Outcome.MISSING]
    assert sorted(line.partition("?")[0] for line in redmine.requests()[before:]) == [
        'GET "/issues.json', 'GET "/issues.json', f'GET "/issues/{NEVER + 1}.json"', f'GET "/issues/{NEVER}.json"',
        'GET "/projects.json', 'GET "/users/current.json"']


def test_nobody_sees_what_is_public_and_knows_of_nothing_that_it_is_missing(redmine) -> None:
    """Without a key there are public tickets, and no projects to ask for; what nobody sees may be there all the same."""
    before = len(redmine.requests())
    found, missing = fetched(RedmineTracker(redmine.url, token_env=""), 1, NEVER)
    assert (found.outcome, found.ticket.confidential, missing.outcome) == (Outcome.FOUND, False, Outcome.FORBIDDEN)
    assert len(redmine.requests()) - before == 2


def test_changed_tickets_are_those_that_changed(redmine, tracker) -> None:
    """Of the keys that one asks about, those that changed since then: made, closed or opened, in whatever project."""
    closed, made = redmine.create(), redmine.create(project="board")
    redmine.close(closed)
    since = fetched(tracker, closed)[0].ticket.updated_at
    wanted = {f"RM-{closed}", f"RM-{made}", "RM-1"}
    assert tracker.changed(since, wanted) >= {f"RM-{closed}"}
    assert tracker.changed(since - dt.timedelta(minutes=2), wanted) >= {f"RM-{closed}", f"RM-{made}"}
    assert tracker.changed(since + dt.timedelta(hours=1), wanted) == set()


def test_changed_tickets_come_page_by_page_up_to_a_number(redmine, tracker, monkeypatch) -> None:
    """All pages are read; where they would be too many, it cannot be told, and one request has told that."""
    monkeypatch.setattr(adapter, "_PAGE", 40)
    long_ago = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    wanted = {f"RM-{number}" for number in redmine.ids}
    assert tracker.changed(long_ago, [*wanted, f"RM-{NEVER}"]) == wanted
    monkeypatch.setattr(adapter, "_MOST_CHANGED", 129)
    before = len(redmine.requests())
    assert tracker.changed(long_ago, wanted) is None
    assert len(redmine.requests()) - before == 2
