"""FAULTS.md 2.8, rows H22 and H23: what the feeds of a built site may tell, and what may never change in them."""

from __future__ import annotations

from typing import Any

import feedparser
import pytest

ISSUE = """---
title: Exports stop
description: The file ends too early.
audience: public
owners: [ana]
product_areas: [billing]
content_type: known-issue
last_reviewed_on: 2026-11-20
tickets: [VAULT-4711]
known_issue: {opened: 2026-11-01}
---

# Exports stop

Sometimes.
"""
CUSTOMER = "Kanarienvogel AG wants its money back"


@pytest.fixture
def told(kb: Any) -> Any:
    """Return a function that builds the help centre with one ticket in a state, and returns its feeds by name."""
    kb.write("mkdocs.yml", "site_name: Help\nsite_url: https://help.example.com/\ntheme: {name: material, font: false}\n")
    kb.write("content/exports.md", ISSUE)

    def build(ticket: str, **more: Any) -> dict[str, bytes]:
        kb.write("checks/tickets.yml", f"VAULT-4711: {{{ticket}}}\n")
        done = kb.run("build", "--edition", "public", "--exit-zero", **more)
        assert done.code == 0, done.err
        folder = kb.root / "site/public"
        assert CUSTOMER.encode() not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        return {path.name: path.read_bytes() for path in (folder / "known-issues").rglob("*.xml")}

    return build


@pytest.mark.parametrize("confidential", ["true", "false"])
def test_h22_a_feed_has_the_words_of_the_article_never_those_of_a_ticket(told: Any, confidential: str) -> None:
    """The title of a ticket may name a customer: no feed has it, whoever may see the ticket, nor its key."""
    feeds = told(f"state: open, title: {CUSTOMER}, confidential: {confidential}")
    assert sorted(feeds) == ["billing.xml", "exports.xml", "feed.xml"]
    (entry,) = feedparser.parse(feeds["feed.xml"]).entries
    assert (entry.title, entry.summary) == ("Known issue: Exports stop", "The file ends too early.")
    assert b"VAULT-4711" not in b"".join(feeds.values())


def test_h23_ids_and_days_change_with_the_state_alone(told: Any) -> None:
    """A build on another day, a comment on the ticket, another title of it: the same bytes. A new state: one new entry."""
    first = told("state: open, updated_at: 2026-11-02T00:00:00Z")
    assert told("state: open, updated_at: 2026-11-21T00:00:00Z, title: Other", today="2026-11-25") == first
    then = told("state: closed, resolution: fixed, closed_at: 2026-11-21T10:00:00Z")
    before, after = (feedparser.parse(feeds["feed.xml"]) for feeds in (first, then))
    assert [(entry.id, entry.updated) for entry in after.entries] == [
        ("tag:help.example.com,2026:exports/resolved/2026-11-21T10:00:00Z", "2026-11-21T10:00:00Z"),
        *((entry.id, entry.updated) for entry in before.entries),
    ]
    assert (before.feed.id, before.feed.updated) == ("tag:help.example.com,2026:known-issues", "2026-11-01T00:00:00Z")
    assert (after.feed.id, after.feed.updated) == ("tag:help.example.com,2026:known-issues", "2026-11-21T10:00:00Z")
