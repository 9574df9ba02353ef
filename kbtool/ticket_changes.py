"""Which of an article's tickets were resolved or reopened since its review.

The seal of a review signs state, resolution and closing date of the tickets of the front matter together. Where its part is
broken, the closed tickets that explain the break (had they been open, the seal would hold) were resolved since; where nothing
explains it, dates decide, as they do for tickets of the text, and where there was no snapshot to sign. A ticket that is in the
state which the article expects of it is no change, whenever it came into it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import Literal, NamedTuple

from kbtool.articles import Article
from kbtool.evidence import Evidence
from kbtool.freshness import is_current
from kbtool.signatures import NOTHING, sign_tickets
from kbtool.ticket_evidence import NamedTicket
from kbtool.tickets import Ticket

_MOST = 10  #: tickets of one article that are tried in all combinations


class TicketChange(NamedTuple):
    """A ticket that is not as the article takes it to be: what happened, and on which day if that is known."""

    named: NamedTicket
    what: Literal["resolved", "reopened", "changed"]
    since: dt.date | None
    expected: bool = False  #: the article says which state it expects


def ticket_changes(article: Article, evidence: Evidence) -> Iterator[TicketChange]:
    """Yield what has become of the tickets of an article: against what it expects of them, else since its review."""
    named = [one for one in evidence.tickets.of(article) if one.ticket is not None]
    if not named:
        return
    expected = {_place(one) for one in named if one.ticket and one.expects == one.ticket.state}
    sentences = {_place(one): one.sentence for one in reversed(named) if one.sentence}
    told: set[tuple[str, str]] = set()
    for one in [*_unexpected(named), *(_since_review(article, named, evidence) if is_current(article) else ())]:
        place = _place(one.named)
        if place not in told and (place not in expected or one.what == "changed"):
            told.add(place)  # a ticket of the front matter that the text names as well is said once, with what the text says
            yield one._replace(named=one.named._replace(sentence=sentences.get(place, "")))


def _unexpected(named: Sequence[NamedTicket]) -> Iterator[TicketChange]:
    for one in named:
        ticket = one.ticket
        if ticket is not None and one.expects is not None and one.expects != ticket.state:
            day = _day(ticket.closed_at or ticket.reopened_at)
            yield TicketChange(one, "resolved" if ticket.state == "closed" else "reopened", day, expected=True)


def _since_review(article: Article, named: Sequence[NamedTicket], evidence: Evidence) -> Iterator[TicketChange]:
    seal = evidence.reviews.seal(article)[0]
    silent = seal and any(one.in_front_matter and one.ticket is None for one in evidence.tickets.of(article))
    if seal is None or seal.tickets == NOTHING or silent:
        yield from _by_dates(article, named)
        return
    sealed = list({_place(one): one for one in named if one.in_front_matter}.values())
    if _signed(sealed) != seal.tickets:
        explained = _explaining(sealed, seal.tickets)
        if explained is not None:
            yield from (TicketChange(one, "resolved", _day(one.ticket.closed_at)) for one in explained if one.ticket)
        else:
            yield from list(_by_dates(article, sealed)) or _undated(sealed)
    yield from _by_dates(article, [one for one in named if not one.in_front_matter and _place(one) not in map(_place, sealed)])


def _place(one: NamedTicket) -> tuple[str, str]:
    return one.tracker, one.key


def _signed(named: Sequence[NamedTicket], opened: Sequence[NamedTicket] = ()) -> str:
    """Return the signature of tickets, some of them taken to be open still."""
    return sign_tickets(_opened(one.ticket) if one in opened else one.ticket for one in named if one.ticket is not None)


def _opened(ticket: Ticket) -> Ticket:
    return replace(ticket, state="open", resolution=None, closed_at=None)


def _explaining(sealed: Sequence[NamedTicket], signature: str) -> Sequence[NamedTicket] | None:
    """Return the fewest closed tickets that were open when the seal was made, or None where that is not what broke it."""
    closed = [one for one in sealed if one.ticket and one.ticket.state == "closed"][:_MOST]
    tries = (some for count in range(1, len(closed) + 1) for some in combinations(closed, count))
    return next((some for some in tries if _signed(sealed, some) == signature), None)


def _undated(sealed: Sequence[NamedTicket]) -> Iterator[TicketChange]:
    """Yield what is left to say of a broken seal: that its only ticket, open now, was not; else that one of them is another."""
    for one in sealed[:1]:
        reopened = len(sealed) == 1 and one.ticket is not None and one.ticket.state == "open" and not one.ticket.resolution
        yield TicketChange(one, "reopened" if reopened else "changed", None)


def _by_dates(article: Article, named: Sequence[NamedTicket]) -> Iterator[TicketChange]:
    """Yield what happened after the day of the review; a closed ticket without a date may have been closed then."""
    reviewed = article.front_matter.last_reviewed_on
    for one in named:
        ticket = one.ticket
        if ticket is None or reviewed is None:
            continue
        closed, reopened = _day(ticket.closed_at), _day(ticket.reopened_at)
        if ticket.state == "closed" and (closed is None or closed > reviewed):
            yield TicketChange(one, "resolved", closed)
        elif ticket.state == "open" and reopened is not None and reopened > reviewed:
            yield TicketChange(one, "reopened", reopened)


def _day(moment: dt.datetime | None) -> dt.date | None:
    return moment.astimezone(dt.UTC).date() if moment else None
