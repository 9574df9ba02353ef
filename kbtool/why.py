"""The timeline of an article: reviews, substantive edits, landings under what it covers, and its tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from kbtool.articles import Article
from kbtool.covers import Code
from kbtool.evidence import Evidence
from kbtool.review import edits_of, tickets_of

_LANDINGS = 20  #: landings of covered code that a timeline shows, the newest


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: its day (UTC, None where nobody knows), what it was, in words, and its commit."""

    day: dt.date | None
    what: str
    text: str
    commit: str = ""
    order: int = 0


def timeline(article: Article, evidence: Evidence) -> list[Moment]:
    """Return what happened to an article, oldest first."""
    found = [*_reviews(article, evidence), *_edits(article, evidence), *_code(article, evidence), *_tickets(article, evidence)]
    found += _ignored(article, evidence)
    found += _plans(article)
    return sorted(found, key=lambda moment: (moment.day or dt.date.min, moment.order))


def _reviews(article: Article, evidence: Evidence) -> Iterator[Moment]:
    reviews = evidence.reviews
    if reviews.histories is None or reviews.main is None:
        return
    main = reviews.main
    for number, day in reviews.histories.reviews(reviews.prefix + article.path):
        landed, who = main.landed_on(number), ", ".join(main.authors(number))
        late = f", landed on {landed}" if landed and landed.isoformat() != day else ""
        yield Moment(dt.date.fromisoformat(day), "review", f"{who}{late}", main.line.landings.ids[number], number)
    found = reviews.of(article).review
    if found is not None and not found.commit:
        yield Moment(found.day, "review", "not committed yet", order=found.landing)


def _edits(article: Article, evidence: Evidence) -> Iterator[Moment]:
    main = evidence.reviews.main
    if main is None:
        return
    landings = main.line.landings
    for edit in edits_of(article, evidence):
        text = f"{', '.join(edit.authors)}: {landings.subject(edit.number)}"
        yield Moment(edit.day, "edit", text, landings.ids[edit.number], edit.number)


def _code(article: Article, evidence: Evidence) -> Iterator[Moment]:
    reviews = evidence.reviews
    for name in dict.fromkeys(glob.repository for glob in reviews.globs(article)):
        if name in reviews.code:
            yield from _landings(name, reviews.code[name], article, evidence)


def _landings(name: str, code: Code, article: Article, evidence: Evidence) -> Iterator[Moment]:
    history = code.history
    paths: dict[int, list[str]] = {}
    for path in sorted(code.covered(glob for glob in evidence.reviews.globs(article) if glob.repository == name)):
        for number in history.landings_of(path, -1):
            paths.setdefault(number, []).append(f"{name}:{path}" if name else path)
    for number in sorted(set(paths) - history.ignored)[-_LANDINGS:]:
        more = f" and {len(paths[number]) - 1} more" if len(paths[number]) > 1 else ""
        text = f"{', '.join(history.authors(number))}: {history.line.landings.subject(number)} ({paths[number][0]}{more})"
        yield Moment(history.landed_on(number), "code", text, history.line.landings.ids[number], number)


def _ignored(article: Article, evidence: Evidence) -> Iterator[Moment]:
    """Yield what changed the article or its code since the review and does not count."""
    main = evidence.reviews.main
    if main is None:
        return
    for ignored in evidence.reviews.of(article).ignored:
        for number in filter(None, map(main.line.landings.numbers.get, ignored.landings)):
            text = f"{ignored.part}, does not count: {main.line.landings.subject(number)}"
            yield Moment(main.landed_on(number), "ignored", text, main.line.landings.ids[number], number)


def _tickets(article: Article, evidence: Evidence) -> Iterator[Moment]:
    for ticket in tickets_of(article, evidence) or ():
        if ticket.closed_at:
            how = f": {ticket.resolution}" if ticket.resolution else ""
            yield Moment(ticket.closed_at.date(), "ticket", f"{ticket.key} closed{how}")


def _plans(article: Article) -> Iterator[Moment]:
    if article.front_matter.expires:
        yield Moment(article.front_matter.expires, "expires", "the day that its front matter names")
