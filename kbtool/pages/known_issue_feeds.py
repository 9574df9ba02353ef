"""The Atom feeds of an edition's known issues: of all, of each product area, of each issue.

An entry is an event: its id is made of the site's address, the article's path, what happened and when, and so is what it says of
that. An issue that was closed a while ago leaves the feeds that it shares with others, and keeps its own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from kbtool.editions import Edition
from kbtool.evidence import Evidence
from kbtool.feeds import NEVER, Entry, Feed, tag
from kbtool.known_issues import LABELS, Event, KnownIssue, absolute
from kbtool.setting_marks import without_comments
from kbtool.site_config import overlay
from kbtool.urls import page_key

FOLDER = "known-issues"
ALL = f"{FOLDER}/feed.xml"
NAME = "Known issues"
HAPPENED = {"opened": "Known issue", "reopened": "Open again"} | LABELS
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


def area_feed(area: str) -> str:
    """Return the path of a product area's feed; an id that is no plain file name gets one, which no other id has."""
    if _PLAIN.fullmatch(area):
        return f"{FOLDER}/areas/{area}.xml"
    plain = re.sub(r"[^a-z0-9]+", "-", area.lower())[:40]
    name = f"{plain}-{hashlib.sha256(area.encode('utf-8', 'replace')).hexdigest()[:8]}".lstrip("-")
    return f"{FOLDER}/areas/{name}.xml"


def issue_feed(issue: KnownIssue) -> str:
    """Return the path of an issue's own feed."""
    return f"{FOLDER}/issues/{_key(issue)}.xml"


def area_name(area: str, evidence: Evidence) -> str:
    """Return the name of a product area, or its id where the register has none."""
    found = (evidence.product_areas or {}).get(area)
    return (found.name if found else None) or area


def site_name(evidence: Evidence, edition: Edition) -> str:
    """Return the name of an edition's site."""
    found = without_comments(overlay(evidence.site.values, edition.mkdocs).get("site_name"))
    return found if isinstance(found, str) and found.strip() else NAME


@dataclass(frozen=True)
class Feeds:
    """Makes the feeds of one edition, whose site is at `base`; `page` is the path of the page that they belong to."""

    evidence: Evidence
    edition: Edition
    base: str
    page: str

    def of(self, issues: Sequence[KnownIssue]) -> Iterator[tuple[str, Feed]]:
        """Yield path below the site, and feed."""
        name = site_name(self.evidence, self.edition)
        yield ALL, self._feed(ALL, f"{NAME} - {name}", issues, FOLDER)
        for area in sorted({area for issue in issues for area in issue.article.front_matter.product_areas}):
            ours = [issue for issue in issues if area in issue.article.front_matter.product_areas]
            title = f"{NAME}: {area_name(area, self.evidence)} - {name}"
            yield area_feed(area), self._feed(area_feed(area), title, ours, FOLDER, "areas", area)
        for issue in issues:
            address, page = issue_feed(issue), absolute(self.base, self.evidence.urls.url(issue.article.source))
            made = self._feed(address, f"{issue.title} - {name}", [issue], FOLDER, "issues", _key(issue))
            yield address, replace(made, link=page, entries=tuple(self._entries(issue)))

    def _feed(self, path: str, title: str, issues: Sequence[KnownIssue], *parts: str) -> Feed:
        current = [issue for issue in issues if issue.is_news(self.evidence.today)]
        return Feed(
            id=tag(self.base, *parts), title=title,
            updated=max((event.moment for issue in issues for event in issue.events), default=NEVER),
            link=absolute(self.base, self.page), address=absolute(self.base, path),
            author=site_name(self.evidence, self.edition),
            entries=tuple(entry for issue in current for entry in self._entries(issue)),
        )

    def _entries(self, issue: KnownIssue) -> Iterator[Entry]:
        areas = issue.article.front_matter.product_areas
        for event in issue.events:
            yield Entry(
                id=tag(self.base, _key(issue), event.what, event.stamp), title=f"{HAPPENED[event.what]}: {issue.title}",
                updated=event.moment, link=absolute(self.base, self.evidence.urls.url(issue.article.source)),
                summary="\n".join(self._summary(issue, event)),
                categories=tuple((area, area_name(area, self.evidence)) for area in areas),
            )

    def _summary(self, issue: KnownIssue, event: Event) -> Iterator[str]:
        """Yield the lines of an entry; it tells of its event, whatever has become of the issue since."""
        yield issue.description
        if issue.affects:
            yield f"Affects: {', '.join(issue.affects)}"
        text, target = issue.workaround
        if event.what != "resolved" and (text or target):
            yield "Workaround: " + " ".join(filter(None, (text, self._address(issue))))
        if event.what == "resolved" and issue.fixed_in:
            yield f"Fixed in: {issue.fixed_in}"

    def _address(self, issue: KnownIssue) -> str:
        """Return the whole address of what an issue's workaround leads to, if that is not in its words already."""
        text, target = issue.workaround
        if target is None or target.source == text:
            return ""
        if target.kind == "external":
            return target.source
        return absolute(self.base, self.evidence.urls.url(target.source)) + (f"#{target.anchor}" if target.anchor else "")


def _key(issue: KnownIssue) -> str:
    return page_key(issue.article.source) or "index"
