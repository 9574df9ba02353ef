"""The register of an edition's known issues, its archive, its feeds, and what the theme shows on the page of each issue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from urllib.parse import quote

from kbtool.editions import Edition
from kbtool.evidence import Evidence
from kbtool.feeds import Feed, atom
from kbtool.known_issues import (
    ARCHIVE,
    CLOSED,
    KEPT,
    LABELS,
    NOT_KNOWN,
    REGISTER,
    TITLES,
    KnownIssue,
    known_issues,
    site_url,
    words_of,
)
from kbtool.pages import environment
from kbtool.pages.known_issue_feeds import ALL, HAPPENED, Feeds, area_feed, area_name, issue_feed
from kbtool.ticket_evidence import NamedTicket
from kbtool.urls import folded, page_key, relative_url

TEMPLATE = "kb-feeds.html"  #: the theme's template for pages that announce feeds
_BELOW, _LATELY, _UNDATED = "How to work around it", f"Closed in the last {KEPT.days} days", "Without a date"
_PAGES = (".md", ".markdown", ".html", ".htm")


@dataclass(frozen=True)
class Register:
    """What an edition has of its known issues beside their articles; all empty where it shows none.

    `pages` are Markdown by their path below the edition's docs, `feeds` files by theirs, `facts` what the theme shows of an issue
    by the article's source. `words` are all those that the edition may show because of them, for the audit.
    """

    pages: Mapping[str, str] = field(default_factory=dict)
    feeds: Mapping[str, bytes] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def make_register(evidence: Evidence, edition: Edition, taken: Collection[str]) -> Register:
    """Return the register of an edition.

    Args:
        evidence: the knowledge base.
        edition: whose readers it is for.
        taken: paths below the edition's docs that the site needs itself, those of redirects too; the register steps aside.

    Raises:
        RedactionError: regions or comments of an article do not close.
    """
    issues = known_issues(evidence, edition)
    if not issues:
        return Register()
    steps = _Steps(taken)
    pages = [REGISTER] if steps.may(REGISTER) else []
    if pages and any(issue.is_older(evidence.today) for issue in issues) and steps.may(ARCHIVE):
        pages.append(ARCHIVE)
    base = site_url(evidence, edition)
    home = evidence.urls.page_url(REGISTER) if pages else ""
    feeds = dict(Feeds(evidence, edition, base, home).of(issues)) if base else {}
    feeds = {path: feed for path, feed in feeds.items() if steps.may(path)}
    made = _Pages(evidence, edition, issues, pages, feeds)
    words = [word for issue in issues for word in words_of(issue.article, edition)]
    return Register(
        pages=dict(made.pages()), feeds={path: atom(feed) for path, feed in feeds.items()},
        facts={issue.article.source: made.facts(issue) for issue in issues},
        words=(*TITLES.values(), *HAPPENED.values(), _BELOW, _LATELY, _UNDATED, *words),
        notes=(*steps.notes, *_notes(issues, base, evidence)),
    )


def _notes(issues: Iterable[KnownIssue], base: str, evidence: Evidence) -> Iterator[str]:
    if not base:
        yield f"{evidence.config.mkdocs}: without a site_url the known issues have no feeds"
        return
    for issue in issues:
        closed = issue.state in CLOSED
        if (closed and not issue.closed_on) or (issue.open and not issue.events):
            key = "updated" if closed else "opened"
            yield f"{issue.article.path}: no feed tells of this known issue, since it has no date; say known_issue.{key}"


@dataclass
class _Steps:
    """Where the site has something already, so that what kbtool makes steps aside."""

    taken: Collection[str]
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._files = {folded(path) for path in self.taken}
        self._pages = {folded(page_key(path)) for path in self.taken if path.endswith(_PAGES)}

    def may(self, path: str) -> bool:
        """Return whether a page or feed may be written; if not, a note says so."""
        name = folded(path)
        parts = name.split("/")
        taken = any("/".join(parts[:n]) in self._files for n in range(1, len(parts) + 1))
        if taken or (path.endswith(_PAGES) and page_key(name) in self._pages):
            self.notes.append(f"{path}: the site has something else at this address, so kbtool does not put known issues there")
            return False
        return True


@dataclass(frozen=True)
class _Pages:
    """Makes the pages of one edition, and the facts for its theme."""

    evidence: Evidence
    edition: Edition
    issues: Sequence[KnownIssue]
    written: Sequence[str]
    feeds: Mapping[str, Feed]

    def pages(self) -> Iterator[tuple[str, str]]:
        """Yield path and text of the register, and of the archive if anything is in it."""
        older = sorted((issue for issue in self.issues if issue.is_older(self.evidence.today)), key=_last_closed_first)
        if REGISTER in self.written:
            yield REGISTER, self._register([] if ARCHIVE in self.written else older)
        if ARCHIVE in self.written:
            yield ARCHIVE, self._archive(older)

    def _register(self, older: Sequence[KnownIssue]) -> str:
        """Return the register; what would be in the archive is at its end where that page cannot be."""
        here = self.evidence.urls.page_url(REGISTER)
        current = [issue for issue in self.issues if not issue.is_older(self.evidence.today)]
        known = [issue for issue in current if issue.open and issue.state != NOT_KNOWN]
        areas = list(self._areas(known))
        recent = sorted((issue for issue in current if not issue.open), key=_last_closed_first)
        return environment().get_template("known_issues.md.jinja").render(
            title=TITLES[REGISTER], meta=self._meta(here, [ALL, *(area_feed(area) for area, _, _ in areas if area)]),
            areas=[(name, self._url(here, area_feed(area)), self._cards(here, ours)) for area, name, ours in areas],
            unknown=self._cards(here, _latest_first(issue for issue in current if issue.state == NOT_KNOWN)),
            recent=self._cards(here, recent), older=self._cards(here, older), feed=self._url(here, ALL), count=len(known),
            labels=LABELS, lately=_LATELY, archive_title=TITLES[ARCHIVE],
            archive=ARCHIVE.rpartition("/")[2] if ARCHIVE in self.written else "",
        )

    def _archive(self, older: Sequence[KnownIssue]) -> str:
        here = self.evidence.urls.page_url(ARCHIVE)
        return environment().get_template("known_issues_archive.md.jinja").render(
            title=TITLES[ARCHIVE], meta=self._meta(here, [ALL]), register=REGISTER.rpartition("/")[2],
            register_title=TITLES[REGISTER], years=[(year, self._cards(here, ours)) for year, ours in groupby(older, key=_year)],
        )

    def _areas(self, issues: Sequence[KnownIssue]) -> Iterator[tuple[str, str, list[KnownIssue]]]:
        """Yield each product area with its name and its issues, by name; at the end those of no area."""
        areas = {area for issue in issues for area in issue.article.front_matter.product_areas}
        for name, area in sorted((area_name(area, self.evidence), area) for area in areas):
            yield area, name, _latest_first(issue for issue in issues if area in issue.article.front_matter.product_areas)
        if rest := [issue for issue in issues if not issue.article.front_matter.product_areas]:
            yield "", "Other", _latest_first(rest)

    def _cards(self, here: str, issues: Iterable[KnownIssue]) -> list[dict[str, Any]]:
        urls = self.evidence.urls
        return [
            self._told(here, issue) | {
                "title": issue.title, "description": issue.description,
                "url": quote(relative_url(here, urls.url(issue.article.source))),
            } for issue in issues
        ]

    def facts(self, issue: KnownIssue) -> dict[str, Any]:
        """Return what the theme shows on the page of an issue."""
        here, own = self.evidence.urls.url(issue.article.source), issue_feed(issue)
        found = self._told(here, issue) | {
            "feed": self._url(here, own),
            "register": quote(relative_url(here, self.evidence.urls.page_url(REGISTER))) if REGISTER in self.written else "",
        }
        if self.edition.internal:
            found |= {"tickets": [_ticket(one) for one in issue.tickets], "said_otherwise": issue.said_otherwise}
        return {"known_issue": found, **self._meta(here, [own, ALL])}

    def _told(self, here: str, issue: KnownIssue) -> dict[str, Any]:
        """Return what is told of an issue wherever it stands."""
        return {
            "state": issue.state or "unknown", "label": issue.label, "affects": list(issue.affects), "fixed_in": issue.fixed_in,
            "workaround": self._workaround(here, issue), "opened": _iso(issue.opened), "updated": _iso(issue.updated),
            "closed_on": _iso(issue.closed_on),
        }

    def _workaround(self, here: str, issue: KnownIssue) -> dict[str, str] | None:
        text, target = issue.workaround
        if target is None:
            return {"text": text, "url": ""} if text else None
        if target.kind == "external":
            return {"text": text, "url": target.source}
        there = self.evidence.urls.url(target.source)
        url = "" if there == here and target.anchor else quote(relative_url(here, there))
        return {"text": text or _BELOW, "url": url + (f"#{quote(target.anchor)}" if target.anchor else "")}

    def _url(self, here: str, feed: str) -> str:
        """Return the link to a feed, if there is that feed."""
        return quote(relative_url(here, feed)) if feed in self.feeds else ""

    def _meta(self, here: str, feeds: Iterable[str]) -> dict[str, Any]:
        """Return what the theme announces in the head of a page: those of these feeds that there are."""
        found = [path for path in feeds if path in self.feeds]
        return {"feeds": [{"title": self.feeds[path].title, "url": self._url(here, path)} for path in found]}


def _ticket(one: NamedTicket) -> dict[str, str]:
    """Return a ticket for colleagues: its key, its page and its state."""
    ticket = one.ticket
    url = ticket.url if ticket and ticket.url.startswith(("https://", "http://")) else ""
    closed = f" on {ticket.closed_at.astimezone(dt.UTC).date()}" if ticket and ticket.closed_at else ""
    return {"key": one.key or one.reference, "url": url, "state": f"{ticket.state}{closed}" if ticket else "not known"}


def _last_closed_first(issue: KnownIssue) -> tuple[int, str, str]:
    return -(issue.closed_on.toordinal() if issue.closed_on else 0), issue.title.casefold(), issue.article.path


def _latest_first(issues: Iterable[KnownIssue]) -> list[KnownIssue]:
    return sorted(
        issues, key=lambda one: (-(one.updated.toordinal() if one.updated else 0), one.title.casefold(), one.article.path)
    )


def _year(issue: KnownIssue) -> str:
    return str(issue.closed_on.year) if issue.closed_on else _UNDATED


def _iso(day: dt.date | None) -> str:
    return day.isoformat() if day else ""
