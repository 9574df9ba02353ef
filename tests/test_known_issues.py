"""Known issues: which state and days each has, what helps against it, when it moves into the archive, and what was resolved."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kbtool.editions import RedactionError
from kbtool.evidence import Evidence
from kbtool.known_issues import (
    KnownIssue,
    ResolvedTicket,
    Workaround,
    absolute,
    known_issues,
    resolved,
    site_url,
    withheld_words,
    words_of,
)
from kbtool.testing import knowledge_base
from kbtool.urls import Target

TODAY = dt.date(2026, 11, 22)
TICKETS = """\
OPEN-1: {state: open, updated_at: 2026-11-20T09:00:00Z}
AGAIN-1: {state: open, reopened_at: 2026-11-12T23:30:00-02:00, updated_at: 2026-11-13T02:00:00Z}
DONE-1: {state: closed, resolution: fixed, closed_at: 2026-11-10T09:30:00Z, updated_at: 2026-11-11T09:30:00Z}
TWICE-1: {state: closed, resolution: fixed, closed_at: 2026-11-10T09:30:15.5Z, reopened_at: 2026-11-05T08:00:00Z}
NEVER-1: {state: closed, resolution: Won't Fix, closed_at: 2026-11-10T09:30:00Z}
SAME-1: {state: closed, resolution: duplicate, closed_at: 2026-11-10T09:30:00Z}
UNDATED-1: {state: closed, resolution: fixed}
"""


def issue_text(known_issue: str = "", tickets: str = "", body: str = "Text.\n", **keys: str) -> str:
    """Return a known issue that everybody may see."""
    lines = {"title": "It breaks", "audience": "public", "content_type": "known-issue", **keys}
    if known_issue:
        lines["known_issue"] = known_issue
    if tickets:
        lines["tickets"] = tickets
    return "---\n" + "".join(f"{key}: {value}\n" for key, value in lines.items()) + f"---\n\n{body}"


@pytest.fixture
def gathered(tmp_path: Path) -> Callable[..., Evidence]:
    """Return a function that writes a knowledge base with the tickets above, and gathers its evidence."""

    def gather(files: dict[str, str], *, config: str = "", tickets: str = TICKETS, today: dt.date = TODAY) -> Evidence:
        return knowledge_base(tmp_path / "kb", {"checks/tickets.yml": tickets, **files}, config=config, today=today)

    return gather


@pytest.fixture
def one(gathered: Callable[..., Evidence]) -> Callable[..., KnownIssue]:
    """Return a function that makes a known issue as readers of an edition see it."""

    def make(*args: str, edition: str = "public", **keys: Any) -> KnownIssue:
        evidence = gathered({"content/a.md": issue_text(*args, **keys)})
        (found,) = known_issues(evidence, evidence.editions[edition])
        return found

    return make


def happened(issue: KnownIssue) -> list[str]:
    """Return the events of an issue as `what stamp`."""
    return [f"{event.what} {event.stamp}" for event in issue.events]


# ---------------------------------------------------------------------------------------------- state and days


@pytest.mark.parametrize(
    ("known_issue", "tickets", "state"),
    [
        ("", "", ""),
        ("", "[OPEN-1]", "investigating"),
        ("", "[AGAIN-1]", "investigating"),
        ("", "[DONE-1]", "resolved"),
        ("", "[NEVER-1]", "will-not-fix"),
        ("", "[SAME-1]", ""),
        ("", "[NOWHERE-1]", ""),
        ("", "[OPEN-1, DONE-1]", "investigating"),
        ("", "[DONE-1, OPEN-1]", "resolved"),
        ("", "[NOWHERE-1, DONE-1]", ""),
        ("{state: confirmed}", "", "confirmed"),
        ("{state: mitigated}", "[OPEN-1]", "mitigated"),
        ("{state: confirmed}", "[DONE-1]", "confirmed"),
        ("{state: resolved}", "[OPEN-1]", "resolved"),
        ("{state: will-not-fix}", "[DONE-1]", "will-not-fix"),
        ("{state: investigating}", "[NOWHERE-1]", "investigating"),
        ("{opened: 2026-11-01}", "[DONE-1]", "resolved"),
    ],
)
def test_what_is_written_stands_and_the_first_ticket_tells_the_rest(
    one: Callable[..., KnownIssue], known_issue: str, tickets: str, state: str
) -> None:
    """A state that neither tells is not known; it is never guessed to be resolved."""
    assert one(known_issue, tickets).state == state


@pytest.mark.parametrize(
    ("resolution", "state"),
    [
        ("fixed", "resolved"), ("Done", "resolved"), ("COMPLETED", "resolved"), ("Closed", "resolved"), ("solved", "resolved"),
        ("", "resolved"), ("Released in 4.3", "resolved"), ("Won't Fix", "will-not-fix"), ("Won’t Do", "will-not-fix"),
        ("wontfix", "will-not-fix"), ("NOT_PLANNED", "will-not-fix"), ("Rejected", "will-not-fix"), ("Closed - won't fix", "will-not-fix"),
        ("Cannot Reproduce", "will-not-fix"), ("Not a Bug", "will-not-fix"), ("Works as designed", "will-not-fix"),
        ("Declined", "will-not-fix"), ("Removed the cause", "resolved"), ("Invalid", "will-not-fix"), ("Duplicate", ""), ("DUPLICATE", ""), ("Moved", ""), ("merged into 12", ""), ("merged", "resolved"), ("not merged", "will-not-fix"),
    ],
)
def test_how_a_resolution_is_read(gathered: Callable[..., Evidence], resolution: str, state: str) -> None:
    """Closed without a fix is said so; a duplicate lives on in another ticket, so it tells no state."""
    tickets = f'A-1: {{state: closed, resolution: "{resolution}", closed_at: 2026-11-10T09:00:00Z}}'
    evidence = gathered({"content/a.md": issue_text(tickets="[A-1]")}, tickets=tickets)
    assert [issue.state for issue in known_issues(evidence, evidence.editions["public"])] == [state]


@pytest.mark.parametrize(
    ("known_issue", "tickets", "events", "updated"),
    [
        ("", "", [], None),
        ("{opened: 2026-11-01}", "", ["opened 2026-11-01"], "2026-11-01"),
        ("{opened: 2026-11-01}", "[OPEN-1]", ["opened 2026-11-01"], "2026-11-20"),
        ("", "[DONE-1]", ["resolved 2026-11-10T09:30:00Z"], "2026-11-11"),
        ("{opened: 2026-11-01}", "[DONE-1]", ["opened 2026-11-01", "resolved 2026-11-10T09:30:00Z"], "2026-11-11"),
        ("{opened: 2026-11-01}", "[AGAIN-1]", ["opened 2026-11-01", "reopened 2026-11-13T01:30:00Z"], "2026-11-13"),
        ("", "[TWICE-1]", ["reopened 2026-11-05T08:00:00Z", "resolved 2026-11-10T09:30:15Z"], "2026-11-10"),
        ("{state: resolved}", "[DONE-1]", ["resolved 2026-11-10T09:30:00Z"], "2026-11-11"),
        ("{state: resolved, updated: 2026-11-15}", "[DONE-1]", ["resolved 2026-11-15"], "2026-11-15"),
        ("{state: resolved, updated: 2026-11-15}", "[OPEN-1]", ["resolved 2026-11-15"], "2026-11-20"),
        ("{state: resolved, opened: 2026-11-01}", "", ["opened 2026-11-01"], "2026-11-01"),
        ("{updated: 2026-11-15}", "[UNDATED-1]", ["resolved 2026-11-15"], "2026-11-15"),
        ("", "[UNDATED-1]", [], None),
        ("{state: investigating, opened: 2026-11-01}", "", ["opened 2026-11-01"], "2026-11-01"),
        ("{state: confirmed, opened: 2026-11-01}", "", ["opened 2026-11-01", "confirmed 2026-11-01"], "2026-11-01"),
        ("{state: mitigated, opened: 2026-11-01, updated: 2026-11-03}", "", ["opened 2026-11-01", "mitigated 2026-11-03"], "2026-11-03"),
        ("{state: confirmed, opened: 2026-11-01}", "[DONE-1]", ["opened 2026-11-01", "confirmed 2026-11-01"], "2026-11-11"),
        ("{state: resolved, updated: 2026-10-01}", "[AGAIN-1]", ["resolved 2026-10-01"], "2026-11-13"),
        ("{updated: 2026-11-15, opened: 2026-11-01}", "[SAME-1]", ["opened 2026-11-01"], "2026-11-15"),
    ],
)
def test_what_has_happened_and_when(
    one: Callable[..., KnownIssue], known_issue: str, tickets: str, events: list[str], updated: str | None
) -> None:
    """The day of a state is told by whoever tells the state; moments are UTC, to the second; the newest of all days is `updated`."""
    found = one(known_issue, tickets)
    assert happened(found) == events
    assert str(found.updated) == str(updated)


def test_the_moment_of_a_day_is_its_beginning(one: Callable[..., KnownIssue]) -> None:
    """RFC 3339 has no days."""
    first, second = one("{opened: 2026-11-01}", "[DONE-1]").events
    assert (first.moment, first.day) == ("2026-11-01T00:00:00Z", dt.date(2026, 11, 1))
    assert (second.moment, second.day) == ("2026-11-10T09:30:00Z", dt.date(2026, 11, 10))


@pytest.mark.parametrize(
    ("known_issue", "tickets", "otherwise"),
    [
        ("{state: confirmed}", "[DONE-1]", True), ("{state: resolved}", "[OPEN-1]", True), ("{state: confirmed}", "[OPEN-1]", False),
        ("{state: will-not-fix}", "[DONE-1]", False), ("{state: confirmed}", "[NOWHERE-1]", False), ("", "[DONE-1]", False),
        ("{state: confirmed}", "", False),
    ],
)
def test_a_ticket_that_contradicts_is_noticed(one: Callable[..., KnownIssue], known_issue: str, tickets: str, otherwise: bool) -> None:
    """What somebody wrote stands; that the ticket is in another state is said to colleagues."""
    assert one(known_issue, tickets).said_otherwise is otherwise


# ---------------------------------------------------------------------------------------------- where it is listed


@pytest.mark.parametrize(
    ("closed", "keys", "older"),
    [
        ("2026-11-22", {}, False), ("2026-10-23", {}, False), ("2026-10-22", {}, True), ("2024-01-01", {}, True), ("", {}, True),
        ("2026-11-22", {"confidence": "archived"}, False), ("2026-10-22", {"confidence": "archived"}, True),
    ],
)
def test_a_closed_issue_stays_thirty_days(one: Callable[..., KnownIssue], closed: str, keys: dict[str, str], older: bool) -> None:
    """Then it is in the archive; so is one that was closed nobody knows when."""
    said = f"{{state: resolved, updated: {closed}}}" if closed else "{state: resolved, opened: 2026-11-20}"
    found = one(said, **keys)
    assert (found.open, found.is_older(TODAY)) == (False, older)


@pytest.mark.parametrize("state", ["investigating", "confirmed", "mitigated"])
def test_an_open_issue_stays_until_it_is_closed_or_archived(one: Callable[..., KnownIssue], state: str) -> None:
    """However old it is."""
    said = f"{{state: {state}, opened: 2020-01-01}}"
    found, archived = one(said), one(said, confidence="archived")
    assert (found.open, found.is_older(TODAY), found.is_news(TODAY)) == (True, False, True)
    assert (archived.open, archived.is_older(TODAY), archived.is_news(TODAY)) == (False, True, False)


def test_a_silent_tracker_brings_no_old_news_back(one: Callable[..., KnownIssue]) -> None:
    """Of an issue whose state is not known, the shared feeds tell for thirty days; the register has it as long as that lasts."""
    old, new = one("{opened: 2025-01-01}", "[GONE-1]"), one("{opened: 2026-11-01}", "[GONE-1]")
    assert (old.open, old.is_older(TODAY), old.is_news(TODAY)) == (True, False, False)
    assert (new.open, new.is_older(TODAY), new.is_news(TODAY)) == (True, False, True)
    assert one("", "[GONE-1]").is_news(TODAY) is False


def test_which_articles_are_known_issues(gathered: Callable[..., Evidence]) -> None:
    """Those of that type that an edition shows: no other type, nothing unfinished or withheld outside."""
    evidence = gathered({
        "content/a.md": issue_text(), "content/how.md": issue_text("{state: confirmed}", content_type="how-to"),
        "content/draft.md": issue_text(confidence="work-in-progress"), "content/inside.md": issue_text(audience="internal"),
        "content/p.md": issue_text(audience="partners"), "content/broken.md": issue_text(audience="[public]"),
        "content/old.md": issue_text(confidence="archived"),
    }, config='[tool.kbtool.editions.partners]\naudiences = ["public", "partners"]')
    found = {name: [issue.article.source for issue in known_issues(evidence, edition)] for name, edition in evidence.editions.items()}
    assert found == {
        "public": ["a.md", "old.md"], "partners": ["a.md", "old.md", "p.md"], "internal": ["a.md", "draft.md", "inside.md", "old.md"],
    }


# ---------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Export month by month.", Workaround("Export month by month.")),
        ("none", Workaround("none")),
        ("See b.md for more", Workaround("See b.md for more")),
        ("#what-to-do", Workaround("", Target("article", "a.md", "what-to-do"))),
        ("#nowhere", Workaround()),
        ("#hidden-part", Workaround()),
        ("b.md", Workaround("Another way", Target("article", "b.md"))),
        ("./b.md#part", Workaround("Another way", Target("article", "b.md", "part"))),
        ("/b/", Workaround("Another way", Target("article", "b.md"))),
        ("[Another road](b.md)", Workaround("Another road", Target("article", "b.md"))),
        ("[Inside](secret.md)", Workaround()),
        ("secret.md", Workaround()),
        ("b.md#nowhere", Workaround()),
        ("nowhere.md", Workaround("nowhere.md")),
        ("/x.png", Workaround()),
        ("https://status.example.com/1", Workaround("https://status.example.com/1", Target("external", "https://status.example.com/1"))),
        ("[Status](https://status.example.com/1)", Workaround("Status", Target("external", "https://status.example.com/1"))),
        ("javascript:alert(1)", Workaround("javascript:alert(1)")),
        ("[x](javascript:alert(1))", Workaround("[x](javascript:alert(1))")),
    ],
)
def test_a_workaround_is_words_or_a_link_that_the_edition_shows(gathered: Callable[..., Evidence], written: str, shown: Workaround) -> None:
    """A link to what readers cannot see is none, and its words go with it."""
    body = "## What to do\n\n::: internal\n\n## Hidden part\n\n:::\n"
    evidence = gathered({
        "content/a.md": issue_text(f"{{workaround: '{written}'}}", body=body),
        "content/b.md": "---\ntitle: Another way\naudience: public\n---\n\n## Part\n", "content/secret.md": "---\ntitle: Secret\n---\n",
        "content/x.png": "x",
    })
    assert [issue.workaround for issue in known_issues(evidence, evidence.editions["public"])] == [shown]


HIDING = issue_text(
    '{affects: ["web <!-- Heron -->", "4.2"], workaround: "Export.\\n::: internal\\nAsk the ledger crew.\\n:::\\nThen again.", fixed_in: "4.3"}',
    description='"It stops.\\n::: internal\\nHeron Ltd saw it.\\n:::"', title='"It <!-- Heron --> breaks"',
)


def test_regions_and_comments_in_the_front_matter_are_cut(gathered: Callable[..., Evidence]) -> None:
    """As in the body: inside, regions stay without their markers, and comments go in any edition."""
    evidence = gathered({"content/a.md": HIDING})
    public, internal = (known_issues(evidence, evidence.editions[name])[0] for name in ("public", "internal"))
    assert (public.title, public.description, public.affects) == ("It breaks", "It stops.", ("web", "4.2"))
    assert public.workaround == Workaround("Export.\nThen again.")
    assert internal.workaround == Workaround("Export.\nAsk the ledger crew.\nThen again.")
    assert internal.description == "It stops.\nHeron Ltd saw it."


def test_a_region_in_the_front_matter_that_does_not_close_stops_the_edition(one: Callable[..., KnownIssue]) -> None:
    """Where it ends is not known, so nothing is published."""
    with pytest.raises(RedactionError, match=r"content/a\.md: .*front matter: this ::: block is never closed"):
        one('{workaround: "Export.\\n::: internal\\nAsk the ledger crew."}')


def test_the_audit_is_told_what_may_be_shown_and_what_not(gathered: Callable[..., Evidence]) -> None:
    """What an edition cuts is withheld, all of a hidden issue is, but for names of versions; what it shows is no leak."""
    evidence = gathered({"content/a.md": HIDING, "content/b.md": issue_text(
        "{affects: [web], workaround: Ask the ledger crew at once, fixed_in: '4.3'}", audience="internal", description="Only Heron.")})
    public, (a, b) = evidence.editions["public"], evidence.articles
    assert words_of(a, public) == ("web ", "4.2", "Export.\nThen again.", "4.3", "It stops.")
    assert set(withheld_words(a, public)) == {
        "content/a.md: description", "content/a.md: known_issue.affects.0", "content/a.md: known_issue.workaround"}
    assert withheld_words(b, public) == {
        "content/b.md: description": "Only Heron.", "content/b.md: known_issue.workaround": "Ask the ledger crew at once"}
    assert withheld_words(b, evidence.editions["internal"]) == {}


# ---------------------------------------------------------------------------------------------- addresses and the help desk


@pytest.mark.parametrize(
    ("mkdocs", "found"),
    [
        ("site_url: https://help.example.com/\n", "https://help.example.com/"),
        ("site_url: https://help.example.com/a/b\n", "https://help.example.com/a/b/"),
        ("site_url: http://localhost:8000\n", "http://localhost:8000/"),
        ("site_url: ''\n", ""), ("site_name: x\n", ""), ("site_url: !ENV SITE\n", ""), ("site_url: /help/\n", ""),
        ("site_url: [x]\n", ""), ("site_url: 'https://[::1'\n", ""), ("site_url: ftp://x.example/\n", ""),
    ],
)
def test_the_address_of_a_site(gathered: Callable[..., Evidence], mkdocs: str, found: str) -> None:
    """Only a whole address that stands in mkdocs.yml is one."""
    evidence = gathered({"content/a.md": "x", "mkdocs.yml": mkdocs})
    assert site_url(evidence, evidence.editions["public"]) == found
    assert absolute(found, "a b/é/") == f"{found}a%20b/%C3%A9/"


def test_resolved_tickets_lead_to_the_articles_that_name_them(gathered: Callable[..., Evidence]) -> None:
    """By the day of closing, with what each edition shows of the articles, and the version in which it is fixed."""
    evidence = gathered({
        "mkdocs.yml": "site_url: https://help.example.com/\n",
        "content/a.md": issue_text("{fixed_in: '4.3'}", "[DONE-1]"),
        "content/b.md": "---\naudience: internal\n---\n\nUntil DONE-1 is fixed, and NEVER-1.\n",
        "content/c.md": issue_text(tickets="[OPEN-1, UNDATED-1]"),
    }, config='[tool.kbtool.editions.internal.mkdocs]\nsite_url = ""')
    assert resolved(evidence, dt.date(2026, 11, 10)) == [
        ResolvedTicket(
            key="DONE-1", tracker="tickets", closed_at=dt.datetime(2026, 11, 10, 9, 30, tzinfo=dt.UTC), resolution="fixed",
            articles=("content/a.md", "content/b.md"),
            urls={"public": ("https://help.example.com/a/",), "internal": ("a/", "b/")}, fixed_in="4.3",
        ),
        ResolvedTicket(
            key="NEVER-1", tracker="tickets", closed_at=dt.datetime(2026, 11, 10, 9, 30, tzinfo=dt.UTC), resolution="Won't Fix",
            articles=("content/b.md",), urls={"internal": ("b/",)}, fixed_in="",
        ),
        ResolvedTicket(
            key="UNDATED-1", tracker="tickets", closed_at=None, resolution="fixed", articles=("content/c.md",),
            urls={"public": ("https://help.example.com/c/",), "internal": ("c/",)}, fixed_in="",
        ),
    ]


def test_what_was_resolved_before_is_not_told_again(gathered: Callable[..., Evidence]) -> None:
    """The day counts in UTC; a ticket whose closing has no date counts by its last change."""
    tickets = (
        "LATE-1: {state: closed, closed_at: 2026-11-10T23:30:00-02:00}\nEARLY-1: {state: closed, closed_at: 2026-11-10T23:30:00+02:00}\n"
        "OLD-1: {state: closed, updated_at: 2026-11-01T00:00:00Z}\nNEW-1: {state: closed, updated_at: 2026-11-12T00:00:00Z}\n"
    )
    evidence = gathered({"content/a.md": "LATE-1, EARLY-1, OLD-1 and NEW-1. `LATE-2`\n"}, tickets=tickets)
    assert [one.key for one in resolved(evidence, dt.date(2026, 11, 11))] == ["LATE-1", "NEW-1"]
    assert [one.key for one in resolved(evidence, dt.date(2026, 11, 13))] == []
