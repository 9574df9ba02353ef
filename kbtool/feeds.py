"""Atom feeds (RFC 4287): the same entries always make the same bytes, and no text can break the XML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

NAMESPACE = "http://www.w3.org/2005/Atom"
MEDIA_TYPE = "application/atom+xml"
NEVER = "1970-01-01T00:00:00Z"  #: when a feed changed of whose entries nothing is known
_YEAR = 2026  #: of the tags: a day on which the host was its owner's, the same for all time
#: What XML 1.0 cannot hold or readers should not get: controls, surrogates, and what turns the direction of the text around it.
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `updated` is RFC 3339 in UTC, `link` a whole address, `categories` pairs of term and label."""

    id: str
    title: str
    updated: str
    link: str
    summary: str
    categories: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: `link` is the address of the page that it belongs to, `address` its own."""

    id: str
    title: str
    updated: str
    link: str
    address: str
    author: str
    entries: tuple[Entry, ...]


def tag(site: str, *parts: str) -> str:
    """Return the id (RFC 4151) of something on a site: it depends on the site's address and the parts alone."""
    found = urlsplit(site)
    path = "/".join(quote(part, safe="/:") for part in (found.path.strip("/"), *parts) if part)
    return f"tag:{(found.hostname or '').lower()},{_YEAR}:{path}"


def clean(text: str) -> str:
    """Return a text without what a feed cannot hold, each run of white space as one space but for line ends."""
    lines = (" ".join(line.split()) for line in _NOT_TEXT.sub("", text).splitlines())
    return "\n".join(lines).strip()


def atom(feed: Feed) -> bytes:
    """Return a feed as a file, its newest entry first."""
    root = ET.Element("feed", {"xmlns": NAMESPACE})
    _texts(root, (("id", feed.id), ("title", _line(feed.title)), ("updated", feed.updated)))
    ET.SubElement(root, "link", {"rel": "self", "type": MEDIA_TYPE, "href": feed.address})
    ET.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.link})
    _texts(ET.SubElement(root, "author"), [("name", _line(feed.author))])
    for entry in sorted(sorted(feed.entries, key=lambda one: one.id), key=lambda one: one.updated, reverse=True):
        _add(ET.SubElement(root, "entry"), entry)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, "unicode")}\n'.encode()


def _add(element: ET.Element, entry: Entry) -> None:
    _texts(element, (("id", entry.id), ("title", _line(entry.title)), ("updated", entry.updated)))
    ET.SubElement(element, "link", {"rel": "alternate", "type": "text/html", "href": entry.link})
    for term, label in entry.categories:
        ET.SubElement(element, "category", {"term": _line(term), "label": _line(label)})
    _texts(element, [("summary", text)] if (text := clean(entry.summary)) else [])


def _texts(element: ET.Element, texts: Iterable[tuple[str, str]]) -> None:
    for name, text in texts:
        ET.SubElement(element, name).text = text


def _line(text: str) -> str:
    return " ".join(clean(text).split())
