"""The feeds of known issues in a stage, as an independent reader reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest


def test_which_feeds_there_are(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """One of all, one for each product area, one for each issue; an id that is no file name makes one."""
    found = staged(files, "partners")
    assert [name for name in found.ours if name.endswith(".xml")] == [
        "areas/billing.xml", "areas/dd-area-6d031ec1.xml", "areas/mobile.xml", "feed.xml", "issues/a.xml", "issues/b.xml", "issues/c.xml",
        "issues/partner.xml",
    ]
    about = found.feed("areas/dd-area-6d031ec1.xml").feed
    assert about.title == "Known issues: Ödd / area - Help centre"
    assert about.id == "tag:help.example.com,2026:partners/known-issues/areas/%C3%96dd%20/%20area"
    assert [link.href for link in about.links] == [
        "https://help.example.com/partners/known-issues/areas/dd-area-6d031ec1.xml", "https://help.example.com/partners/known-issues/"]


def test_what_an_entry_says(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """What edition shows of the article, in words that were true of the event."""
    found = staged(files).feed()
    told = {entry.id.rpartition("2026:")[2]: entry for entry in found.entries}
    assert list(told) == ["b/resolved/2026-11-10T09:30:00Z", "a/opened/2026-11-01", "b/opened/2026-10-01"]
    fixed, opened = told["b/resolved/2026-11-10T09:30:00Z"], told["a/opened/2026-11-01"]
    assert (fixed.title, fixed.updated, fixed.link, fixed.summary) == (
        "Resolved: Wrong logo", "2026-11-10T09:30:00Z", "https://help.example.com/b/", "Fixed in: 4.3")
    assert (opened.title, opened.updated, opened.summary) == (
        "Known issue: Exports stop", "2026-11-01T00:00:00Z", "After 10,000 rows.\nAffects: web, 4.2\nWorkaround: Export by month.")
    assert {(one.term, one.label) for one in fixed.tags} == {("mobile", "Mobile app"), ("billing", "Billing")}
    assert found.feed.updated == "2026-11-10T09:30:00Z"


@pytest.mark.parametrize(
    ("workaround", "told"),
    [
        ("'#part'", "Workaround: https://help.example.com/x/#part"), ("index.md", "Workaround: Help https://help.example.com/"),
        ("https://status.example.com/", "Workaround: https://status.example.com/"),
        ("'[Status](https://status.example.com/)'", "Workaround: Status https://status.example.com/"), ("inside.md", None),
    ],
)
def test_a_workaround_in_a_feed_has_a_whole_address(staged: Callable[..., Any], workaround: str, told: str | None, files: dict[str, str], issue: Callable[..., str]) -> None:
    """A feed is read elsewhere, where no relative link leads anywhere."""
    article = issue(known_issue=f"{{workaround: {workaround}, opened: 2026-11-01}}", tickets="[SUP-1]") + "\n## Part\n"
    found = staged({"content/x.md": article, "content/index.md": files["content/index.md"], "content/inside.md": files["content/inside.md"]})
    assert found.feed().entries[0].get("summary") == told


OPEN, CLOSED, LATER = "SUP-1: {state: open}", "SUP-1: {state: closed, closed_at: 2026-11-10T09:30:00Z}", "SUP-1: {state: closed, closed_at: 2026-11-20T08:00:00Z}"
REOPENED = "SUP-1: {state: open, reopened_at: 2026-11-15T10:00:00Z}"


def test_a_customer_hears_of_each_change(staged: Callable[..., Any], issue: Callable[..., str]) -> None:
    """Fixed, open again, fixed again: each is an entry of its own, and those that stay keep id and moment."""
    seen: dict[str, tuple[str, str]] = {}
    told = []
    for tickets in (OPEN, CLOSED, REOPENED, LATER):
        entries = staged({"content/x.md": issue(known_issue="{opened: 2026-11-01}", tickets="[SUP-1]")}, tickets=tickets).feed("issues/x.xml").entries
        told.append([entry.id.rpartition("2026:x/")[2] for entry in entries if entry.id not in seen])
        for entry in entries:
            assert seen.setdefault(entry.id, (entry.updated, entry.title)) == (entry.updated, entry.title)
            assert entry.title.endswith(": It breaks")
    assert told == [["opened/2026-11-01"], ["resolved/2026-11-10T09:30:00Z"], ["reopened/2026-11-15T10:00:00Z"], ["resolved/2026-11-20T08:00:00Z"]]


def test_two_stages_on_two_days_are_the_same_bytes(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """No day of building is in a feed: until the thirty days are over, nothing changes."""
    one, other = (staged(files, today=dt.date(2026, 11, day)).ours for day in (22, 30))
    assert one == other


def test_an_issue_that_is_narrowed_leaves_the_feeds(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """Its entries and its own feed are gone from the wider edition, and nothing of it stays on the disk."""
    assert "a/opened/2026-11-01" in staged(files).ids()
    found = staged(files | {"content/a.md": files["content/a.md"].replace("audience: public", "audience: internal")})
    assert "issues/a.xml" not in found.ours
    assert b"Exports stop" not in b"".join(found.ours.values())


@pytest.mark.parametrize("mkdocs", ["site_name: x\n", "site_name: x\nsite_url: !ENV SITE\n"])
def test_without_an_address_there_are_no_feeds(staged: Callable[..., Any], mkdocs: str) -> None:
    """An entry needs whole addresses: a note says what is missing, and no page speaks of a feed."""
    found = staged(mkdocs=mkdocs)
    assert sorted(found.ours) == ["archive.md", "index.md"]
    assert found.notes == ("mkdocs.yml: without a site_url the known issues have no feeds",)
    assert "Follow" not in found.page()
    assert (found.front("a.md")["kbtool"]["feeds"], found.front("a.md")["kbtool"]["known_issue"]["feed"]) == ([], "")
    assert "template" not in found.front("a.md")


@pytest.mark.parametrize(
    ("known_issue", "key"),
    [("{state: resolved}", "updated"), ("{state: resolved, opened: 2026-11-01}", "updated"), ("{state: confirmed}", "opened"), ("{}", "opened")],
)
def test_an_issue_without_a_date_is_a_note(staged: Callable[..., Any], known_issue: str, key: str, issue: Callable[..., str]) -> None:
    """No feed can tell of it, so its writer is told."""
    found = staged({"content/x.md": issue(known_issue=known_issue)})
    assert found.notes == (f"content/x.md: no feed tells of this known issue, since it has no date; say known_issue.{key}",)
    assert staged({"content/x.md": issue(known_issue=known_issue, confidence="archived")}).notes == (found.notes if key == "updated" else ())
