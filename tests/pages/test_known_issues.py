"""The register of known issues in a stage: its pages, where it steps aside, and what articles show."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest

MKDOCS = "site_name: Help centre\nsite_url: https://help.example.com/\n"


# ---------------------------------------------------------------------------------------------- pages


def test_without_a_known_issue_there_is_nothing(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """No page, no feed, no entry of navigation, no word for the audit."""
    found = staged({"content/index.md": files["content/index.md"], "content/inside.md": files["content/inside.md"]}, mkdocs=MKDOCS + "nav: [index.md]\n")
    assert (found.ours, found.config["nav"], found.staged.words, found.notes) == ({}, ["index.md"], (), ())


def test_the_register_has_the_open_ones_by_area_and_the_newly_closed(staged: Callable[..., Any], files: dict[str, str], issue: Callable[..., str]) -> None:
    """What was closed long ago is in the archive; an issue of two areas is in both."""
    found = staged({**files, "content/d.md": issue("Old logo", "{state: mitigated, opened: 2026-11-21}", product_areas="[mobile, billing]"),
                    "content/e.md": issue("Nobody knows", "{opened: 2026-11-21}"), "content/f.md": issue("At large", product_areas="[]")})
    assert found.outline() == [
        "# Known issues", "## Billing", "../d/", "../a/", "## Mobile app", "../d/", "## Other", "../f/", "## Status not known", "../e/",
        "## Closed in the last 30 days", "../b/",
    ]
    assert found.outline("archive.md") == ["# Older known issues", "## 2025", "../../c/"]
    text = found.page()
    assert "3 known issues are open. Of 1 more the status is not known." in text
    assert "[Older known issues](archive.md)" in text
    assert "[Known issues](index.md)" in found.page("archive.md")


def test_a_card_tells_what_is_known(staged: Callable[..., Any], files: dict[str, str], issue: Callable[..., str]) -> None:
    """State, description, versions, workaround and days; a resolved one has no workaround any more but a version."""
    found = staged(files | {"content/b.md": issue("Wrong logo", "{opened: 2026-10-01, fixed_in: '4.3', workaround: Upload it twice.}", tickets="[SUP-2]")})
    cards = found.page().split('<li class="kb-issue">')[1:]
    assert [re.findall(r"<dt>(.*?)</dt><dd>(?:<time [^>]*>)?(.*?)(?:</time>)?</dd>", card) for card in cards] == [
        [("Affects", "web, 4.2"), ("Workaround", "Export by month."), ("Known since", "2026-11-01"), ("Updated", "2026-11-20")],
        [("Fixed in", "4.3"), ("Closed", "2026-11-10"), ("Known since", "2026-10-01")],
    ]
    assert "<p>After 10,000 rows.</p>" in cards[0]
    assert '<span class="kb-state kb-state--resolved">Resolved</span>' in cards[1]


@pytest.mark.parametrize(
    ("days", "register", "archive"), [(30, ["## Closed in the last 30 days", "../x/"], []), (31, [], ["## 2026", "../../x/"])],
)
def test_after_thirty_days_an_issue_moves(staged: Callable[..., Any], days: int, register: list[str], archive: list[str], issue: Callable[..., str]) -> None:
    """It is never in neither."""
    today = dt.date(2026, 11, 10) + dt.timedelta(days)
    found = staged({"content/x.md": issue(known_issue="{opened: 2026-10-01}", tickets="[SUP-2]")}, today=today)
    assert found.outline()[1:] == register
    assert (found.outline("archive.md")[1:] if "archive.md" in found.ours else []) == archive
    assert len(found.ids()) == (2 if register else 0)
    assert len(found.ids("areas/billing.xml")) == (2 if register else 0)
    assert found.ids("issues/x.xml") == ["x/resolved/2026-11-10T09:30:00Z", "x/opened/2026-10-01"]


@pytest.mark.parametrize(
    ("edition", "sources"),
    [("public", {"a", "b", "c"}), ("partners", {"a", "b", "c", "partner"}), ("internal", {"a", "b", "c", "inside"})],
)
def test_each_edition_has_a_register_of_its_own(staged: Callable[..., Any], edition: str, sources: set[str], files: dict[str, str]) -> None:
    """With feeds for the issues that it shows, and no word of the others in any of its files."""
    found = staged(files, edition)
    files = found.ours
    assert {name.removeprefix("issues/").removesuffix(".xml") for name in files if name.startswith("issues/")} == sources
    text = b"".join(files.values()).decode()
    assert ("Heron loses" in text, "The API fails" in text) == ("inside" in sources, "partner" in sources)
    assert "Heron Ltd" not in text


def test_archived_issues_are_in_the_archive(staged: Callable[..., Any], issue: Callable[..., str]) -> None:
    """They are out of navigation, but none vanishes."""
    found = staged({"content/x.md": issue(confidence="archived"), "content/y.md": issue("Draft", confidence="work-in-progress")})
    assert (found.outline(), found.outline("archive.md")) == (["# Known issues"], ["# Older known issues", "## Without a date", "../../x/"])
    assert found.ids() == []
    assert found.ids("issues/x.xml") == ["x/confirmed/2026-11-01", "x/opened/2026-11-01"]


HOSTILE = "<script>alert(1)</script> ]]> &amp; {{ 7*7 }} [x](y) `c` *b* \\"


def test_no_text_of_an_issue_is_markup(staged: Callable[..., Any], issue: Callable[..., str]) -> None:
    """Title, description, versions and workaround are shown as they are written, on one line of HTML each."""
    said = f"{{affects: ['{HOSTILE}'], workaround: \"{HOSTILE[:-1]}\\n\\n# Heading\\n\\n```\", opened: 2026-11-01, state: confirmed, fixed_in: '{HOSTILE}'}}"
    found = staged({"content/x.md": issue(f"'{HOSTILE}'", said, description=f"'{HOSTILE}'")})
    card = found.page().partition('<li class="kb-issue">')[2]
    assert card.count("&lt;script&gt;alert(1)&lt;/script&gt; ]]&gt; &amp;amp; {{ 7*7 }} [x](y) `c` *b*") == 5
    assert all(line.startswith("<") for line in card.partition("</ul>")[0].splitlines() if line)
    assert [entry.title for entry in found.feed().entries] == [f"Confirmed: {HOSTILE}", f"Known issue: {HOSTILE}"]


# ---------------------------------------------------------------------------------------------- navigation


@pytest.mark.parametrize(
    ("nav", "made"),
    [
        ("[index.md]", ["index.md", {"Known issues": ["known-issues/index.md", {"Older known issues": "known-issues/archive.md"}]}]),
        ("[known-issues/index.md, index.md]", ["known-issues/index.md", "index.md"]),
        ("[{Help: [index.md, {Bugs: ./known-issues/index.md}]}]", [{"Help": ["index.md", {"Bugs": "./known-issues/index.md"}]}]),
        ("[{Bugs: [known-issues/index.md, known-issues/archive.md]}]", [{"Bugs": ["known-issues/index.md", "known-issues/archive.md"]}]),
    ],
)
def test_navigation_leads_to_the_register(staged: Callable[..., Any], nav: str, made: list[Any], files: dict[str, str]) -> None:
    """Where the site names it, there; else at the end. Its pages are none that are missing."""
    found = staged(mkdocs=f"{MKDOCS}nav: {nav}\n")
    assert (found.config["nav"], found.notes) == (made, ())
    without = staged({"content/index.md": files["content/index.md"]}, mkdocs=f"{MKDOCS}nav: {nav}\n")
    assert "known-issues" not in str(without.config["nav"])
    assert without.notes == ()


def test_without_an_archive_the_register_is_one_entry(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """And where the engine makes the navigation, it finds the files itself; a preview names them."""
    files = {"content/index.md": files["content/index.md"], "content/a.md": files["content/a.md"]}
    assert staged(files, mkdocs=f"{MKDOCS}nav: [index.md]\n").config["nav"][1:] == [{"Known issues": "known-issues/index.md"}]
    assert "nav" not in staged(files).config
    assert staged(files, preview=True).config["nav"][-1] == {"Known issues": [{"Known issues": "known-issues/index.md"}]}


# ---------------------------------------------------------------------------------------------- stepping aside


@pytest.mark.parametrize(
    "more",
    [
        {"content/known-issues/index.md": "---\naudience: public\n---\nMine.\n"}, {"content/known-issues.md": "---\naudience: public\n---\nMine.\n"},
        {"content/Known-Issues/README.md": "---\naudience: public\n---\nMine.\n"}, {"content/known-issues.html": "<p>Mine.</p>"},
        {"content/z.md": "---\naudience: public\nredirect_from: [/known-issues/]\n---\n"},
    ],
    ids=["index", "page", "case", "asset", "redirect"],
)
def test_the_register_steps_aside_for_what_the_site_has(staged: Callable[..., Any], more: dict[str, str], files: dict[str, str]) -> None:
    """The site's own page stays at its address, a note says so, and the feeds are there all the same."""
    found = staged(files | more)
    assert found.notes == ("known-issues/index.md: the site has something else at this address, so kbtool does not put known issues there",)
    assert not {"archive.md"} & set(found.ours)
    assert b"All known" not in b"".join(found.ours.values())
    assert found.front("a.md")["kbtool"]["known_issue"]["register"] == ""
    assert found.feed().feed.link == "https://help.example.com/"


def test_an_archive_that_cannot_be_is_the_end_of_the_register(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """None vanishes."""
    found = staged(files | {"content/known-issues/archive.md": "---\naudience: public\n---\nMine.\n"})
    assert found.outline()[-2:] == ["## Older known issues", "../c/"]
    assert found.page("archive.md") == "Mine.\n"
    assert found.notes == ("known-issues/archive.md: the site has something else at this address, so kbtool does not put known issues there",)


def test_a_feed_steps_aside_for_an_asset(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """An asset in its place is a note as well, and no page leads there; a file where a folder is to be stops all of it."""
    found = staged(files | {"content/known-issues/feed.xml": "mine"})
    assert found.notes == ("known-issues/feed.xml: the site has something else at this address, so kbtool does not put known issues there",)
    assert "feed.xml" not in found.ours
    assert "Follow all" not in found.page()
    found = staged(files | {"content/known-issues": "a file"})
    assert not (found.docs / "known-issues").exists()
    assert len(found.notes) == 7


def test_a_page_of_another_edition_is_not_in_the_way(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """What the edition does not show needs no address in it."""
    files |= {"content/known-issues/index.md": "---\naudience: internal\n---\nMine.\n"}
    assert staged(files).outline()[0] == "# Known issues"
    assert staged(files, "internal").page() == "Mine.\n"


def test_articles_may_live_beside_the_register(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """A folder of known issues gets the register as its index."""
    found = staged({"content/known-issues/a.md": files["content/a.md"]})
    assert found.outline() == ["# Known issues", "## Billing", "a/"]
    assert found.notes == ()


# ---------------------------------------------------------------------------------------------- the page of an issue


def test_what_the_theme_is_told_of_an_issue(staged: Callable[..., Any], files: dict[str, str]) -> None:
    """State, days, links that are relative to the page, and the feeds for its head; no ticket."""
    meta = staged(files).front("a.md")
    assert meta["kbtool"]["known_issue"] == {
        "state": "investigating", "label": "Investigating", "affects": ["web", "4.2"], "fixed_in": "",
        "workaround": {"text": "Export by month.", "url": ""}, "opened": "2026-11-01", "updated": "2026-11-20", "closed_on": "",
        "feed": "../known-issues/issues/a.xml", "register": "../known-issues/",
    }
    assert meta["kbtool"]["feeds"] == [
        {"title": "Exports stop - Help centre", "url": "../known-issues/issues/a.xml"},
        {"title": "Known issues - Help centre", "url": "../known-issues/feed.xml"},
    ]
    assert meta["template"] == "kb-feeds.html"


def test_colleagues_see_the_tickets(staged: Callable[..., Any], files: dict[str, str], issue: Callable[..., str]) -> None:
    """With their state, and a link where it is one; and whether the article says something else than its ticket."""
    files |= {"content/a.md": issue(known_issue="{state: resolved, updated: 2026-11-21}", tickets="[SUP-1, SUP-2, SUP-3, NO-1]")}
    told = staged(files, "internal").front("a.md")["kbtool"]["known_issue"]
    assert told["tickets"] == [
        {"key": "SUP-1", "url": "https://tickets.example.com/1", "state": "open"}, {"key": "SUP-2", "url": "", "state": "closed on 2026-11-10"},
        {"key": "SUP-3", "url": "", "state": "closed on 2025-03-01"}, {"key": "NO-1", "url": "", "state": "not known"},
    ]
    assert told["said_otherwise"] is True
    for edition in ("public", "partners"):
        assert not {"tickets", "said_otherwise"} & set(staged(files, edition).front("a.md")["kbtool"]["known_issue"])


@pytest.mark.parametrize(
    ("workaround", "text", "url"),
    [
        ("'#part'", "How to work around it", "#part"), ("index.md", "Help", "../"), ("sub/y.md", "Why", "../sub/y/"),
        ("https://status.example.com/", "https://status.example.com/", "https://status.example.com/"),
    ],
)
def test_links_of_the_workaround_fit_the_page(staged: Callable[..., Any], workaround: str, text: str, url: str, files: dict[str, str], issue: Callable[..., str]) -> None:
    """On the article, and on the register, which is elsewhere."""
    article = issue(known_issue=f"{{workaround: {workaround}, state: confirmed, opened: 2026-11-01}}") + "\n## Part\n"
    found = staged({"content/x.md": article, "content/index.md": files["content/index.md"], "content/sub/y.md": "---\naudience: public\ntitle: Why\n---\n"})
    assert found.front("x.md")["kbtool"]["known_issue"]["workaround"] == {"text": text, "url": url}
    assert f'<a href="{url.replace("#part", "../x/#part")}">{text}</a>' in found.page()


def test_without_directory_urls_all_links_are_files(staged: Callable[..., Any]) -> None:
    """The form of the site's addresses holds for these pages, too."""
    found = staged(mkdocs=MKDOCS + "use_directory_urls: false\n")
    assert found.outline()[2:3] == ["../a.html"]
    assert '<a href="feed.xml" type="application/atom+xml">' in found.page()
    assert found.outline("archive.md")[2:] == ["../c.html"]
    assert found.front("a.md")["kbtool"]["known_issue"]["register"] == "known-issues/index.html"
    assert {entry.link for entry in found.feed().entries} == {"https://help.example.com/a.html", "https://help.example.com/b.html"}


def test_a_template_of_the_article_stays(staged: Callable[..., Any], issue: Callable[..., str]) -> None:
    """It is its writer's choice; the page then announces no feed in its head, and links to it all the same."""
    assert staged({"content/x.md": issue(template="mine.html")}).front("x.md")["template"] == "mine.html"
