"""The verdict on an article: fresh, due, stale, unknown or archived, and by when its review is due."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kbtool.articles import Article
from kbtool.check import SkipCheck
from kbtool.config import Config
from kbtool.covers import MAIN
from kbtool.dates import DATE_HINT, Interval, parse_date
from kbtool.evidence import Evidence
from kbtool.finding import ArticleVerdict, Finding, Severity, Unknown, Verdict

FAMILY = ("KB1", "KB301", "KB302")  #: how the codes of the checks that judge freshness begin


def review_interval(article: Article, config: Config) -> Interval:
    """Return how long a review of this article holds: its own `review_in`, else what its type and risk ask for."""
    front_matter = article.front_matter
    return front_matter.review_in or config.interval_for(front_matter.content_type, front_matter.risk)


def review_by(article: Article, config: Config) -> dt.date | None:
    """Return the day from which the review is overdue; None without a review, or where the calendar does not apply.

    An interval that could not be read gives no date either: the finding about it stands instead.
    """
    front_matter = article.front_matter
    if front_matter.last_reviewed_on is None or not on_the_calendar(article):
        return None
    if "review_in" in article.unreadable_keys:
        return None
    return add(front_matter.last_reviewed_on, review_interval(article, config))


def add(day: dt.date, interval: Interval) -> dt.date:
    """Return the day after the interval, or the last day that kbtool accepts where that is later."""
    return _add(day, interval.months, interval.days)


@lru_cache(maxsize=4096)  # many articles are reviewed on the same days
def _add(day: dt.date, months: int, days: int) -> dt.date:
    try:
        return Interval(months, days).after(day)
    except (ValueError, OverflowError):
        return dt.date(2199, 12, 31)


def is_current(article: Article) -> bool:
    """Return whether an article claims to be right today: it has been reviewed and is not archived."""
    return article.readable and article.front_matter.last_reviewed_on is not None and article.front_matter.state != "archived"


def past_grace(article: Article, since: dt.date | None, evidence: Evidence) -> bool:
    """Return whether something that landed on a day has outlasted the article's grace; what has no day has."""
    return since is None or (evidence.today - since).days >= evidence.config.grace_for(article.front_matter.risk)


def review_command(article: Article) -> str:
    """Return the command that reviews an article, as a shell takes it."""
    return f"kbtool review {shlex.quote(article.path)}"


def require_history(evidence: Evidence) -> None:
    """Return where the history of the knowledge base is at hand.

    Raises:
        SkipCheck: it is not, for the reason that it gives.
    """
    reviews = evidence.reviews
    if not reviews.wanted:
        raise SkipCheck("history was not read (--no-git)")
    if reviews.histories is None:
        raise SkipCheck(reviews.missing.get(MAIN, "there is no history"), lasting=True)


def on_the_calendar(article: Article) -> bool:
    """Return whether the article falls due by date at all: evergreen and archived ones do not."""
    return not article.front_matter.evergreen and article.front_matter.state != "archived"


def verdict(article: Article, findings: Iterable[Finding], config: Config, unknown: Sequence[Unknown] = ()) -> ArticleVerdict:
    """Return the verdict that the freshness findings of this article, and what is unknown about it, add up to.

    One that is silenced counts as a warning: somebody has judged it and named a day, but nobody has reviewed the article.
    """
    mine = [finding for finding in findings if finding.code.startswith(FAMILY)]
    errors = [finding.message for finding in mine if finding.severity is Severity.ERROR and finding.suppression is None]
    reasons = tuple(errors or map(_reason, mine))
    missing = tuple(dict.fromkeys(one.reason for one in unknown))
    lasting = any(one.lasting for one in unknown)
    due = review_by(article, config)
    if not article.readable or article.unreadable_keys & {"last_reviewed_on", "review_in", "expires"}:
        why = article.problems[0].message if article.problems else "its file cannot be named on a page"
        return ArticleVerdict(article.path, Verdict.UNKNOWN, due, (why,))
    if article.front_matter.state == "archived":
        return ArticleVerdict(article.path, Verdict.ARCHIVED)
    if errors:
        return ArticleVerdict(article.path, Verdict.STALE, due, reasons, missing, lasting)
    if missing:
        return ArticleVerdict(article.path, Verdict.UNKNOWN, due, missing, missing, lasting)
    return ArticleVerdict(article.path, Verdict.DUE if mine else Verdict.FRESH, due, reasons)


def _reason(finding: Finding) -> str:
    return finding.message + (f" ({finding.suppression})" if finding.suppression else "")


@dataclass(frozen=True, slots=True)
class ExpiryBlock:
    """A part of an article that expires: its day, or the fault for which no day can be told."""

    line: int
    day: dt.date | None = None
    fault: str = ""
    hint: str = ""


def expiry_blocks(article: Article) -> Iterator[ExpiryBlock]:
    """Yield the parts of an article between `<!-- expires … -->` and `<!-- end expires -->`."""
    for expiry in article.markdown.expiries:
        if expiry.end is None:
            fault = "a part that expires starts here and never ends"
            yield ExpiryBlock(expiry.start, None, fault, "close it with <!-- end expires -->")
            continue
        if not expiry.date:
            yield ExpiryBlock(expiry.start, None, "the end or the start of a part that expires, without its day",
                              "write <!-- expires YYYY-MM-DD --> where it starts")
            continue
        try:
            yield ExpiryBlock(expiry.start, parse_date(expiry.date))
        except ValueError as error:
            yield ExpiryBlock(expiry.start, None, f"expires: {error}", DATE_HINT)
