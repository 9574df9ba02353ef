"""Atom feeds: what an independent reader finds in them, whatever the texts are, and that ids depend on nothing else."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.feeds import NAMESPACE, NEVER, Entry, Feed, atom, clean, tag

ENTRY = Entry("tag:help.example.com,2026:a/opened/2026-11-02", "Known issue: A", "2026-11-02T00:00:00Z", "https://help.example.com/a/", "Text.")
FEED = Feed(
    "tag:help.example.com,2026:known-issues", "Known issues", "2026-11-02T00:00:00Z", "https://help.example.com/known-issues/",
    "https://help.example.com/known-issues/feed.xml", "Help centre", (ENTRY,),
)


def test_a_feed_is_read_back_as_it_was_made() -> None:
    """All that RFC 4287 asks for is there: id, title, updated, author, and both links."""
    found = feedparser.parse(atom(replace(FEED, entries=(replace(ENTRY, categories=(("billing", "Billing"),)),))))
    assert (found.bozo, found.version, found.encoding) == (False, "atom10", "utf-8")
    about = found.feed
    assert (about.id, about.title, about.updated, about.author, about.link) == (
        FEED.id, "Known issues", "2026-11-02T00:00:00Z", "Help centre", "https://help.example.com/known-issues/")
    assert {(link.rel, link.type, link.href) for link in about.links} == {
        ("self", "application/atom+xml", FEED.address), ("alternate", "text/html", FEED.link)}
    (entry,) = found.entries
    assert (entry.id, entry.title, entry.updated, entry.link, entry.summary) == (
        ENTRY.id, "Known issue: A", ENTRY.updated, ENTRY.link, "Text.")
    assert [(one.term, one.label) for one in entry.tags] == [("billing", "Billing")]


def test_entries_stand_newest_first_whatever_order_they_come_in() -> None:
    """Of one moment, the id decides, so the bytes are the same."""
    entries = tuple(replace(ENTRY, id=f"tag:x,2026:{n}", updated=f"2026-11-{day:02}T00:00:00Z") for n, day in ((1, 2), (3, 9), (2, 9)))
    one, other = (atom(replace(FEED, entries=found)) for found in (entries, entries[::-1]))
    assert one == other
    assert [entry.id for entry in feedparser.parse(one).entries] == ["tag:x,2026:2", "tag:x,2026:3", "tag:x,2026:1"]


def test_a_feed_without_entries_is_a_feed() -> None:
    """Whoever subscribed keeps their subscription; an entry without words has no summary."""
    found = feedparser.parse(atom(replace(FEED, updated=NEVER, entries=())))
    assert (found.bozo, found.entries, found.feed.updated) == (False, [], NEVER)
    assert b"summary" not in atom(replace(FEED, entries=(replace(ENTRY, summary=" \n "),)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a ]]> b", "a ]]> b"),
        ("<b>&amp;&lt;", "<b>&amp;&lt;"),
        ("</title><entry>", "</title><entry>"),
        ("a\x00\x08\x1b[31mb\x7f\x9f", "a[31mb"),
        ("a\ufffe\uffff\ud800b", "ab"),
        ("gpj.exe \u202eevil\u2066", "gpj.exe evil"),
        ("שלום עולם", "שלום עולם"),
        ("a\r\n\tb\u2028c", "a b c"),
        ("\U0001f469\u200d\U0001f52c", "\U0001f469\u200d\U0001f52c"),
        ("", ""),
    ],
)
def test_no_title_breaks_the_xml(text: str, shown: str) -> None:
    """Markup is text; controls, what turns the direction of a text, and what XML cannot hold are left out."""
    made = atom(replace(FEED, title=text, author=text, entries=(replace(ENTRY, title=text, categories=((text, text),)),)))
    root = ET.fromstring(made)
    names = {"atom": NAMESPACE}
    found = [root.find(path, names) for path in ("atom:title", "atom:author/atom:name", "atom:entry/atom:title")]
    assert [element.text or "" for element in found if element is not None] == [shown] * 3
    category = root.find("atom:entry/atom:category", names)
    assert category is not None
    assert (category.get("term"), category.get("label")) == (shown, shown)
    assert not feedparser.parse(made).bozo


@given(st.text())
def test_any_text_makes_a_feed_that_is_read_back(text: str) -> None:
    """Whatever Unicode has: the XML is well formed, and cleaning twice is cleaning once."""
    root = ET.fromstring(atom(replace(FEED, title=text, entries=(replace(ENTRY, summary=text),))))
    summary = root.find(f"{{{NAMESPACE}}}entry/{{{NAMESPACE}}}summary")
    assert ("" if summary is None else summary.text) == clean(text)
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("site", "parts", "made"),
    [
        ("https://help.example.com/", ("known-issues",), "tag:help.example.com,2026:known-issues"),
        ("https://Help.Example.COM:8443/a/b/", ("x/y", "opened", "2026-11-02"), "tag:help.example.com,2026:a/b/x/y/opened/2026-11-02"),
        ("https://h.example/", ("é ü/?#", "resolved", "2026-11-02T09:00:00Z"), "tag:h.example,2026:%C3%A9%20%C3%BC/%3F%23/resolved/2026-11-02T09:00:00Z"),
    ],
)
def test_an_id_is_made_of_the_site_and_the_parts(site: str, parts: tuple[str, ...], made: str) -> None:
    """It is a tag URI: no day of building is in it, and two sites on one host have two."""
    assert tag(site, *parts) == made
