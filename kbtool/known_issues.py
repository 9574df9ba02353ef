"""Known issues: what an edition says of each, which are open, and what has happened to them.

What the front matter says under `known_issue` stands. What it leaves out comes from the first ticket of `tickets`, of which
only its state and its dates are ever shown outside. Nothing is guessed: a state that nobody tells is not known.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from kbtool.articles import Article
from kbtool.editions import Edition, redact_text
from kbtool.evidence import Evidence
from kbtool.front_matter import KnownIssue as Said
from kbtool.site_config import overlay
from kbtool.ticket_evidence import NamedTicket
from kbtool.tickets import Ticket
from kbtool.urls import Target

CONTENT_TYPE = "known-issue"
NOT_KNOWN = ""  #: the state of an issue of which nobody says one
LABELS = {
    "investigating": "Investigating", "confirmed": "Confirmed", "mitigated": "Mitigated", "resolved": "Resolved",
    "will-not-fix": "Will not be fixed", NOT_KNOWN: "Status not known",
}
CLOSED = ("resolved", "will-not-fix")
KEPT = dt.timedelta(days=30)  #: how long a closed issue stays among the others
REGISTER, ARCHIVE = "known-issues/index.md", "known-issues/archive.md"
TITLES = {REGISTER: "Known issues", ARCHIVE: "Older known issues"}
_TELLING = 12  #: characters from which a text of `known_issue` is looked for where it must not be

_NOT_FIXED = re.compile(
    "notmerged|w(?:on|ill)(?:t|not)(?:be)?(?:fix|do|resolve)|not(?:planned|a?bug|anissue|fixed|reproduc|todo)|(?:cannot|cant|unableto)reproduc"
    "|rejected|declined|invalid|incomplete|worksforme|asdesigned|bydesign|asintended|expectedbehaviou?r|abandoned|obsolete"
    "|outofscope|deferred|postponed|cancell?ed"
)
_ELSEWHERE = re.compile("duplicate|(?<!re)moved|merged(?:into|with|to)")  # what is merged alone is code
_LINK = re.compile(
    r"(?:\[(?P<label>[^\]\n]+)\]\()?(?P<address>#\S+|\.{0,2}/\S*|https?://\S+|[^\s#]+\.(?:md|markdown)(?:#\S*)?)(?(label)\))"
)


class Event(NamedTuple):
    """Something that happened to an issue: it was opened, opened again, or came into a state (`what`).

    `stamp` is when, in UTC: a day where only that is known, else to the second.
    """

    stamp: str
    what: str

    @property
    def moment(self) -> str:
        """Return when it happened, as RFC 3339; a day begins at midnight."""
        return self.stamp if "T" in self.stamp else f"{self.stamp}T00:00:00Z"

    @property
    def day(self) -> dt.date:
        """Return the day on which it happened."""
        return dt.date.fromisoformat(self.stamp[:10])


class Workaround(NamedTuple):
    """What helps until an issue is fixed: words, and what they lead to if anything, an article of the edition or an address.

    Without words, the target is a part of the issue's own article.
    """

    text: str = ""
    target: Target | None = None


@dataclass(frozen=True)
class KnownIssue:
    """An article of the type known-issue as the readers of one edition may see it; dates are days in UTC.

    `state` is one of LABELS. `tickets` are those of the front matter, for editions that are internal.
    """

    article: Article
    title: str
    description: str
    state: str
    affects: tuple[str, ...]
    workaround: Workaround
    opened: dt.date | None
    updated: dt.date | None
    fixed_in: str
    events: tuple[Event, ...]
    tickets: tuple[NamedTicket, ...]

    @property
    def label(self) -> str:
        """Return the state in words."""
        return LABELS[self.state]

    @property
    def open(self) -> bool:
        """Return whether it belongs among those that readers may still meet; an archived article is looked after by nobody."""
        return self.state not in CLOSED and self.article.front_matter.state != "archived"

    @cached_property
    def closed_on(self) -> dt.date | None:
        """Return the day on which it came into its last state, or None where that is not known."""
        return next((event.day for event in reversed(self.events) if event.what == self.state and self.state in CLOSED), None)

    def is_older(self, today: dt.date) -> bool:
        """Return whether it belongs into the archive."""
        return not self.open and (self.closed_on is None or today - self.closed_on > KEPT)

    def is_news(self, today: dt.date) -> bool:
        """Return whether the feeds that it shares with others tell of it.

        One whose state is not known is in them for a while after something happened: were a tracker silent for long, all that was
        ever closed there would come back as new.
        """
        last = max((event.day for event in self.events), default=dt.date.min)
        return not self.is_older(today) and (self.state != NOT_KNOWN or today - last <= KEPT)

    @property
    def said_otherwise(self) -> bool:
        """Return whether the article tells a state that its ticket contradicts; it stands, and KB301 and KB302 watch it."""
        ticket, said = _first_ticket(self.tickets), self.article.front_matter.known_issue
        return bool(ticket and said and said.state and (said.state in CLOSED) is not (ticket.state == "closed"))


def known_issues(evidence: Evidence, edition: Edition) -> tuple[KnownIssue, ...]:
    """Return the known issues that an edition shows, by path.

    Raises:
        RedactionError: regions or comments of an article do not close.
    """
    return tuple(
        _known_issue(article, edition, evidence) for article in evidence.articles
        if article.front_matter.content_type == CONTENT_TYPE and edition.shows(article)
    )


def _known_issue(article: Article, edition: Edition, evidence: Evidence) -> KnownIssue:
    said = article.front_matter.known_issue or Said()
    tickets = tuple(one for one in evidence.tickets.of(article) if one.in_front_matter)
    ticket = _first_ticket(tickets)
    state = said.state or _state_of(ticket)
    texts = {name.removeprefix("known_issue."): redact_text(text, article, edition).strip() for name, text in _texts(article)}
    return KnownIssue(
        article=article, title=edition.title(article), description=texts.get("description", ""), state=state,
        affects=tuple(text for name, text in texts.items() if name.startswith("affects") and text),
        workaround=_workaround(texts.get("workaround", ""), article, edition, evidence), opened=said.opened,
        updated=max((day for day in (said.opened, said.updated, *_days(ticket)) if day), default=None),
        fixed_in=texts.get("fixed_in", ""), events=tuple(_events(said, state, ticket)), tickets=tickets,
    )


def _texts(article: Article) -> Iterator[tuple[str, str]]:
    """Yield the texts of the front matter that tell of an issue, with the name of each."""
    found = article.front_matter
    said = found.known_issue or Said()
    for number, affected in enumerate(said.affects):
        yield f"known_issue.affects.{number}", affected
    for name, text in (
        ("known_issue.workaround", said.workaround), ("known_issue.fixed_in", said.fixed_in), ("description", found.description),
    ):
        if text:
            yield name, text


def words_of(article: Article, edition: Edition) -> tuple[str, ...]:
    """Return the words of an article's front matter that an edition may show because the article is a known issue."""
    return tuple(redact_text(text, article, edition) for _, text in _texts(article))


def withheld_words(article: Article, edition: Edition) -> dict[str, str]:
    """Return what an edition does not show, as it stands, of an article's description and `known_issue`, by where it is.

    Names of versions are no secret, and too short to tell one text from another.
    """
    shown = edition.shows(article)
    return {
        f"{article.path}: {name}": text for name, text in _texts(article)
        if (name == "description" or len(text) >= _TELLING) and not (shown and redact_text(text, article, edition) == text)
    }


def _first_ticket(tickets: Iterable[NamedTicket]) -> Ticket | None:
    """Return the first ticket of the front matter, if anything is known of it."""
    return next((one.ticket for one in tickets if one.number == 0), None)


def _state_of(ticket: Ticket | None) -> str:
    """Return the state that a ticket tells; one closed as a duplicate says nothing, since its bug lives on in another."""
    if ticket is None or ticket.state == "open":
        return "investigating" if ticket else NOT_KNOWN
    resolution = "".join(char for char in (ticket.resolution or "").casefold() if char.isalnum())
    if _ELSEWHERE.search(resolution):
        return NOT_KNOWN
    return "will-not-fix" if _NOT_FIXED.search(resolution) else "resolved"


def _days(ticket: Ticket | None) -> Iterator[dt.date]:
    for moment in (ticket.closed_at, ticket.reopened_at, ticket.updated_at) if ticket else ():
        if moment:
            yield moment.astimezone(dt.UTC).date()


def _events(said: Said, state: str, ticket: Ticket | None) -> list[Event]:
    """Return what is known to have happened, oldest first.

    The day of a state comes from whoever tells the state: the article's `updated`, or the ticket. Where an article tells no day,
    that of a ticket which agrees stands in; for an open issue, then the day on which it was opened.
    """
    closed = state in CLOSED
    agrees = ticket is not None and (ticket.state == "closed") is closed
    events = {Event(said.opened.isoformat(), "opened")} if said.opened else set()
    if ticket and ticket.reopened_at and (agrees or not said.state):
        events.add(Event(_stamp(ticket.reopened_at), "reopened"))
    if said.updated and said.state:
        events.add(Event(said.updated.isoformat(), state))
    elif closed and agrees and ticket and ticket.closed_at:
        events.add(Event(_stamp(ticket.closed_at), state))
    elif said.updated and closed:
        events.add(Event(said.updated.isoformat(), state))
    elif said.state and said.opened and state not in (*CLOSED, "investigating"):
        events.add(Event(said.opened.isoformat(), state))
    return sorted(events, key=lambda event: (event.stamp, event.what != "opened", event.what == state))


def _stamp(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _workaround(text: str, article: Article, edition: Edition, evidence: Evidence) -> Workaround:
    """Return the workaround; a link is none where the edition does not show what it leads to."""
    link = _LINK.fullmatch(text)
    if not link:
        return Workaround(text)
    target = evidence.urls.resolve(article.source, link["address"])
    if target.kind == "external":
        return Workaround(link["label"] or text, target._replace(source=link["address"]))
    other = evidence.content.by_source.get(target.source)
    if target.kind != "article" or other is None:
        return Workaround("" if target.kind == "asset" else text)
    if not edition.shows(other) or (target.anchor and target.anchor not in edition.anchors(other)):
        return Workaround()
    return Workaround(link["label"] or ("" if other is article else edition.title(other)), target)


# ---------------------------------------------------------------------------------------------- for the help desk


@dataclass(frozen=True, slots=True)
class ResolvedTicket:
    """A closed ticket and the articles that name it, so that whoever asked can be told.

    `articles` are paths; `urls` has edition → the addresses of those that it shows, whole where `site_url` is known.
    `fixed_in` is what the first of them says. `closed_at` is None where the tracker does not say when.
    """

    key: str
    tracker: str
    closed_at: dt.datetime | None
    resolution: str
    articles: tuple[str, ...]
    urls: Mapping[str, tuple[str, ...]]
    fixed_in: str


def resolved(evidence: Evidence, since: dt.date) -> list[ResolvedTicket]:
    """Return the tickets that were closed on a day or later, oldest first, with the articles that name them.

    One whose closing has no date is there unless it was last changed before that day.
    """
    naming: dict[tuple[str, str], dict[str, Article]] = {}
    tickets: dict[tuple[str, str], Ticket] = {}
    for article in evidence.articles:
        for one in evidence.tickets.of(article):
            ticket = one.ticket
            if ticket is None or ticket.state == "open" or _last_day(ticket) < since:
                continue
            tickets[one.tracker, ticket.key] = ticket
            naming.setdefault((one.tracker, ticket.key), {})[article.path] = article
    found = [_resolved(place, tickets[place], [*articles.values()], evidence) for place, articles in sorted(naming.items())]
    return sorted(found, key=lambda one: _stamp(one.closed_at) if one.closed_at else "without a date")


def _last_day(ticket: Ticket) -> dt.date:
    moment = ticket.closed_at or ticket.updated_at
    return moment.astimezone(dt.UTC).date() if moment else dt.date.max


def _resolved(place: tuple[str, str], ticket: Ticket, articles: list[Article], evidence: Evidence) -> ResolvedTicket:
    said = [article.front_matter.known_issue for article in articles]
    urls: dict[str, tuple[str, ...]] = {}
    for name, edition in evidence.editions.items():
        base, shown = site_url(evidence, edition), [article.source for article in articles if edition.shows(article)]
        if shown:
            urls[name] = tuple(absolute(base, evidence.urls.url(source)) for source in shown)
    return ResolvedTicket(
        key=place[1], tracker=place[0], closed_at=ticket.closed_at, resolution=ticket.resolution or "",
        articles=tuple(article.path for article in articles), urls=urls,
        fixed_in=next((one.fixed_in for one in said if one and one.fixed_in), ""),
    )


def site_url(evidence: Evidence, edition: Edition) -> str:
    """Return the address of an edition's site, with a slash at its end, or nothing where `mkdocs.yml` does not spell it out."""
    found = overlay(evidence.site.values, edition.mkdocs).get("site_url")
    try:
        parts = urlsplit(found.strip() if isinstance(found, str) else "")
        host = parts.hostname
    except ValueError:
        return ""
    usable = parts.scheme in ("http", "https") and host
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/" if usable else ""


def absolute(base: str, url: str) -> str:
    """Return the whole address of a path below a site; the path alone where the site's address is not known."""
    return f"{base}{quote(url)}"
