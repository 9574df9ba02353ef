"""The timeline of an article: reviews, substantive edits, landings under what it covers, and its tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from kbtool.articles import Article
from kbtool.covers import MAIN, Code
from kbtool.evidence import Evidence
from kbtool.review import edits_of
from kbtool.review_evidence import label

_LANDINGS = 20  #: landings of covered code that a timeline shows of each repository, the newest


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened: its day (UTC, None where nobody knows), what it was, in words, and its commit.

    `order` tells apart what happened on one day: the number of the landing.
    """

    day: dt.date | None
    what: str
    text: str
    commit: str = ""
    order: int = 0


def timeline(article: Article, evidence: Evidence) -> list[Moment]:
    """Return what happened to an article, oldest first; what one landing brought was there when it was reviewed."""
    parts = (_unknown, _tickets, _edits, _code, _ignored, _reviews, _plans)
    found = [moment for part in parts for moment in part(article, evidence)]
    return sorted(found, key=lambda moment: (moment.day or dt.date.min, moment.order))


def _unknown(article: Article, evidence: Evidence) -> Iterator[Moment]:
    reviews = evidence.reviews
    for name in dict.fromkeys((MAIN, *(glob.repository for glob in reviews.globs(article)))):
        what = f"the history of {name}" if name else "history"
        if name not in reviews.code:
            yield Moment(None, "unknown", f"{what}: {reviews.missing.get(name, 'it was not read')}")
        elif reviews.code[name].history.is_cut:
            oldest = reviews.code[name].history.line.landings.ids[0]
            yield Moment(None, "unknown", f"{what} is cut off at {oldest[:12]}; what is older is not known", oldest)


def _tickets(article: Article, evidence: Evidence) -> Iterator[Moment]:
    for one in {one.key: one for one in evidence.tickets.of(article)}.values():
        ticket = one.ticket
        if one.unknown:
            yield Moment(None, "unknown", f"{one.key}: {one.unknown}")
        elif ticket is not None and ticket.closed_at:
            how = f": {ticket.resolution}" if ticket.resolution else ""
            yield Moment(ticket.closed_at.astimezone(dt.UTC).date(), "ticket", f"{ticket.key} closed{how}")
        elif ticket is not None and ticket.reopened_at:
            yield Moment(ticket.reopened_at.astimezone(dt.UTC).date(), "ticket", f"{ticket.key} reopened")


def _edits(article: Article, evidence: Evidence) -> Iterator[Moment]:
    for edit in edits_of(article, evidence):
        landings = evidence.reviews.code[MAIN].history.line.landings
        text = f"{', '.join(edit.authors)}: {landings.subject(edit.number)}"
        yield Moment(edit.day, "edit", text, landings.ids[edit.number], edit.number)
    change = evidence.reviews.of(article).text
    if change is not None and change.landings and change.since not in {edit.day for edit in edits_of(article, evidence)}:
        text = f"{', '.join(change.authors)}: {change.subject} (title, description, or what the article shows of others)"
        yield Moment(change.since, "edit", text)


def _code(article: Article, evidence: Evidence) -> Iterator[Moment]:
    reviews = evidence.reviews
    for name in dict.fromkeys(glob.repository for glob in reviews.globs(article)):
        if name in reviews.code:
            yield from _landings(name, reviews.code[name], article, evidence)


def _landings(name: str, code: Code, article: Article, evidence: Evidence) -> Iterator[Moment]:
    history = code.history
    paths: dict[int, list[str]] = {}
    for path in sorted(code.covered(glob for glob in evidence.reviews.globs(article) if glob.repository == name)):
        for number in history.landings_of(path, 0 if history.is_cut else -1):
            paths.setdefault(number, []).append(label(name, path))
    counting = sorted(paths.keys() - history.ignored)
    if len(counting) > _LANDINGS:
        last = counting[-_LANDINGS - 1]
        yield Moment(history.landed_on(last), "code", f"and {len(counting) - _LANDINGS} landings before", order=last)
    for number in counting[-_LANDINGS:]:
        more = f" and {len(paths[number]) - 1} more" if len(paths[number]) > 1 else ""
        text = f"{', '.join(history.authors(number))}: {history.line.landings.subject(number)} ({paths[number][0]}{more})"
        yield Moment(history.landed_on(number), "code", text, history.line.landings.ids[number], number)


def _ignored(article: Article, evidence: Evidence) -> Iterator[Moment]:
    """Yield what changed the article or its code since the review and does not count."""
    reviews = evidence.reviews
    for ignored in reviews.of(article).ignored:
        for history in (code.history for code in reviews.code.values()):
            landings = history.line.landings
            for number in (landings.numbers[commit] for commit in ignored.landings if commit in landings.numbers):
                text = f"{', '.join(history.authors(number))}: {landings.subject(number)} ({ignored.part}; it does not count)"
                yield Moment(history.landed_on(number), "ignored", text, landings.ids[number], number)


def _reviews(article: Article, evidence: Evidence) -> Iterator[Moment]:
    reviews, main = evidence.reviews, evidence.reviews.main
    if reviews.histories is None or main is None:
        return
    for number, day in reviews.histories.reviews(reviews.prefix + article.path):
        if number == 0 and main.is_cut:
            yield Moment(dt.date.fromisoformat(day), "review", "before the history that is here")
            continue
        landed = main.landed_on(number)
        late = f", landed on {landed}" if landed and landed.isoformat() != day else ""
        yield Moment(dt.date.fromisoformat(day), "review", f"{', '.join(main.authors(number))}{late}",
                     main.line.landings.ids[number], number)
    found = reviews.of(article).review
    if found is not None and not found.commit:
        yield Moment(found.day, "review", "not committed yet", order=found.landing)


def _plans(article: Article, evidence: Evidence) -> Iterator[Moment]:
    del evidence
    if article.front_matter.expires:
        yield Moment(article.front_matter.expires, "expires", "the day that its front matter names")
