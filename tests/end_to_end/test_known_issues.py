"""Known issues on built sites: what customers and colleagues get, that nothing leaks, and that a second build is the same."""

from __future__ import annotations

import re
import shutil
from typing import Any

import feedparser
import pytest

MKDOCS = "site_name: Help centre\nsite_url: https://help.example.com/\ntheme: {name: material, font: false}\nnav: [index.md, bugs/export.md]\n"
CONFIG = """\
[tool.kbtool]
[tool.kbtool.editions.partners]
audiences = ["public", "partners"]
[tool.kbtool.editions.partners.mkdocs]
site_url = "https://partners.example.com/"
[tool.kbtool.editions.internal.mkdocs]
site_url = "https://wiki.example.com/"
[tool.kbtool.trackers.support]
kind = "file"
path = "checks/support.yml"
"""
PRIVATE = """\
SUP-431:
  state: open
  url: "https://tickets.example.com/431"
  title: Heron Ltd threatens to leave over its exports
SUP-432: {state: closed, resolution: fixed, closed_at: 2026-11-10T09:30:00Z, title: Osprey GmbH lost all of its logos}
"""


def issue(title: str, known_issue: str, **keys: str) -> str:
    """Return the text of a known issue that everybody may see."""
    lines = {"title": title, "audience": "public", "owners": "[ana]", "product_areas": "[billing]", "content_type": "known-issue",
             "last_reviewed_on": "2026-11-20", **keys}
    head = "".join(f"{key}: {value}\n" for key, value in lines.items())
    return f"---\n{head}known_issue: {known_issue}\n---\n\n# {title}\n\nIt has been seen on the web.\n"


@pytest.fixture
def bugs(kb: Any) -> Any:
    """A knowledge base with an open and a closed known issue, one for partners, one inside, and private tickets."""
    kb.write("pyproject.toml", CONFIG)
    kb.write("mkdocs.yml", MKDOCS)
    kb.write("checks/support.yml", PRIVATE)
    kb.write("content/bugs/export.md", issue(
        "Exports stop", "{state: confirmed, workaround: Export by month., opened: 2026-11-01, affects: [web]}", tickets="[SUP-431]",
        description="After ten thousand rows."))
    kb.write("content/bugs/logo.md", issue("Wrong logo", "{opened: 2026-10-01, fixed_in: '4.3'}", tickets="[SUP-432]"))
    kb.write("content/bugs/api.md", issue("The partner API is slow", "{state: mitigated, opened: 2026-11-05}", audience="partners"))
    kb.write("content/bugs/ledger.md", issue(
        "Ledger reconciliation loses cents", "{state: confirmed, opened: 2026-11-05, workaround: Ask the ledger crew in their own channel}",
        audience="internal", description="Seen at three customers that must not be named.", tickets="[SUP-432]"))
    return kb


def site(kb: Any, edition: str) -> dict[str, bytes]:
    """Return all files of a built site."""
    folder = kb.root / "site" / edition
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def texts(files: dict[str, bytes]) -> str:
    """Return all that pages, feeds, sitemap and search index say."""
    return "\n".join(data.decode() for name, data in files.items() if name.endswith((".html", ".xml", ".json")))


def test_each_edition_gets_its_register_and_no_more(bugs: Any) -> None:
    """Three sites, all clean; the audit is content with their pages and feeds."""
    done = bugs.run("build")
    assert (done.code, done.err) == (0, "")
    told = {name: texts(site(bugs, name)) for name in ("public", "partners", "internal")}
    for name, text in told.items():
        assert "Exports stop" in text
        assert ("The partner API is slow" in text) is (name == "partners"), name
        assert ("Ledger reconciliation" in text, "ledger crew" in text) == (name == "internal",) * 2, name
        assert ("SUP-431" in text, "https://tickets.example.com/431" in text) == (name == "internal",) * 2, name
        assert "Heron" not in text
        assert "Osprey" not in text
        assert bugs.run("audit", f"site/{name}", "--edition", name).code == 0


def test_pages_lead_to_the_register_and_announce_their_feeds(bugs: Any) -> None:
    """Navigation of every page has the register; the page of an issue shows its status below the title, and links its feed."""
    assert bugs.run("build").code == 0
    files = site(bugs, "public")
    home, page = files["index.html"].decode(), files["bugs/export/index.html"].decode()
    assert 'href="known-issues/"' in home
    assert "application/atom+xml" not in home
    assert page.index("Exports stop</h1>") < page.index("kb-status") < page.index("It has been seen on the web.")
    for href in ("../../known-issues/issues/bugs/export.xml", "../../known-issues/feed.xml"):
        assert '<link rel="alternate feed" type="application/atom+xml" title="' in page
        assert f'href="{href}">' in page.partition("</head>")[0]
    inside = site(bugs, "internal")
    assert "The article says so, its ticket does not." in inside["bugs/ledger/index.html"].decode()
    assert "its ticket does not" not in inside["bugs/export/index.html"].decode()
    register = files["known-issues/index.html"].decode()
    assert '<a href="../bugs/export/">Exports stop</a>' in register
    assert 'href="areas/billing.xml">' in register.partition("</head>")[0]
    assert "kb-facts" not in register
    assert "https://help.example.com/known-issues/" in files["sitemap.xml"].decode()


def test_the_sites_own_main_template_keeps_its_place(bugs: Any) -> None:
    """The head with the feeds is laid over it."""
    bugs.write("mkdocs.yml", MKDOCS.replace("font: false", "font: false, custom_dir: overrides"))
    bugs.write("overrides/main.html", '{% extends "base.html" %}{% block extrahead %}<meta name="mine" content="yes">{% endblock %}')
    assert bugs.run("build", "--edition", "public").code == 0
    head = site(bugs, "public")["bugs/export/index.html"].decode().partition("</head>")[0]
    assert '<meta name="mine" content="yes">' in head
    assert "application/atom+xml" in head


def test_names_of_the_registers_are_text(bugs: Any) -> None:
    """What an area or an owner is called is no markup on any page, nor is the path of an article."""
    bugs.write("checks/product_areas.yml", "billing: {name: 'Billing <i>&</i> co'}\n")
    bugs.write("checks/owners.yml", "ana: {name: 'Ana <b>A.</b>', email: ana@example.com}\n")
    (bugs.root / "content/bugs/logo.md").rename(bugs.root / "content/bugs/<s>logo.md")
    assert bugs.run("build", "--edition", "internal", "--exit-zero").code == 0
    text = texts({name: data for name, data in site(bugs, "internal").items() if name.endswith(".html")})
    assert "Billing &lt;i&gt;&amp;&lt;/i&gt; co" in text
    assert "Ana &lt;b&gt;A.&lt;/b&gt;" in text
    assert "content/bugs/&lt;s&gt;logo.md" in text
    assert not {"Billing <i>", "Ana <b>", "bugs/<s>"} & set(re.findall(r"Billing <i>|Ana <b>|bugs/<s>", text))


def test_feeds_validate_and_are_the_same_bytes_in_two_builds(bugs: Any) -> None:
    """An independent reader reads all of them; a clean build on another day changes none."""
    assert bugs.run("build").code == 0
    first = {name: data for name, data in site(bugs, "public").items() if name.startswith("known-issues/") and name.endswith(".xml")}
    assert sorted(first) == [
        "known-issues/areas/billing.xml", "known-issues/feed.xml", "known-issues/issues/bugs/export.xml", "known-issues/issues/bugs/logo.xml"]
    for data in first.values():
        found = feedparser.parse(data)
        assert (found.bozo, found.version) == (False, "atom10")
    shutil.rmtree(bugs.root / "site")
    shutil.rmtree(bugs.root / ".kbtool")
    assert bugs.run("build", today="2026-11-25").code == 0
    assert {name: site(bugs, "public")[name] for name in first} == first


def test_an_issue_that_is_narrowed_leaves_no_trace(bugs: Any) -> None:
    """At the next build its page, its feed, its entries and its card are gone from the help centre."""
    assert bugs.run("build").code == 0
    path = bugs.root / "content/bugs/export.md"
    path.write_text(path.read_text().replace("audience: public", "audience: internal"))
    assert bugs.run("build").code == 0
    files = site(bugs, "public")
    assert "known-issues/issues/bugs/export.xml" not in files
    assert "Exports stop" not in texts(files)
    assert "Exports stop" in texts(site(bugs, "internal"))


def test_without_known_issues_there_is_no_register(kb: Any) -> None:
    """Nor a folder, nor a warning."""
    done = kb.run("build")
    assert (done.code, done.err) == (0, "")
    assert not [name for name in site(kb, "public") if "known-issues" in name]


def test_words_planted_into_a_feed_are_a_leak(bugs: Any) -> None:
    """The audit reads feeds as it reads pages: ticket keys, their titles, and what hidden issues say."""
    assert bugs.run("build").code == 0
    feed = bugs.root / "site/public/known-issues/feed.xml"
    clean = feed.read_text()
    for words in (
        "SUP-431", "Heron Ltd threatens to leave over its exports", "Ask the ledger crew in their own channel",
        "Seen at three customers that must not be named.", "Ledger reconciliation loses cents",
    ):
        feed.write_text(clean.replace("</title>", f" {words}</title>", 1))
        assert bugs.run("audit", "site/public").code == 1, words


def test_a_new_known_issue_has_the_keys_to_fill_in(kb: Any) -> None:
    """Its template builds as it is, with the workaround linked; the ticket tells the state once it is named."""
    kb.write("mkdocs.yml", MKDOCS.replace("nav: [index.md, bugs/export.md]\n", ""))
    done = kb.run("new", "It breaks", "--type", "known-issue", "--in", "bugs", "--owner", "ana", "--area", "billing", "--audience", "public")
    assert (done.code, done.out) == (0, "content/bugs/it-breaks.md\n")
    path = kb.root / done.out.strip()
    text = path.read_text().replace("confidence: work-in-progress\n", "last_reviewed_on: 2026-11-20\n").replace("tickets: []", "tickets: [BUG-1]")
    path.write_text(text.replace("  opened:\n", "  opened: 2026-11-01\n"))
    kb.write("checks/tickets.yml", "BUG-1: {state: open}\n")
    built = kb.run("build", "--edition", "public")
    assert (built.code, built.err) == (0, "")
    page = (kb.root / "site/public/bugs/it-breaks/index.html").read_text()
    assert '<a href="#what-to-do-until-it-is-fixed">How to work around it</a>' in page
    assert "Investigating" in page
