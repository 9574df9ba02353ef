"""KB104 review-in-future."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.review_in_future import ReviewInFuture
from kbtool.testing import check_article, in_words


@pytest.mark.parametrize(("day", "fires"), [("2026-11-21", False), ("2026-11-22", False), ("2026-11-23", True), ("2199-12-31", True)])
def test_boundary(day: str, *, fires: bool) -> None:
    """A review may be dated today, and not a day later."""
    found = in_words(check_article(ReviewInFuture(), f"---\ntitle: x\nlast_reviewed_on: {day}\n---\n"))
    words = [
        (f"content/article.md:3:1 KB104 error: the review is dated {day}, which is after today, 2026-11-22 "
        "(write the day on which somebody looked)"),
    ]
    assert found == (words if fires else [])


@pytest.mark.parametrize(
    ("moment", "fires"),
    [("2026-11-23T10:00:00+13:00", False), ("2026-11-22T23:30:00-01:00", True), ("2026-11-22T23:30:00Z", False)],
)
def test_a_time_is_its_day_in_utc(moment: str, *, fires: bool) -> None:
    """A time of review counts as its day in UTC, so a writer in Auckland is not ahead of time."""
    assert bool(check_article(ReviewInFuture(), f"---\nlast_reviewed_on: {moment}\n---\n")) is fires


@pytest.mark.parametrize("state", ["evergreen: a law", "confidence: archived", "draft: true"])
def test_a_false_date_is_false_in_any_state(state: str) -> None:
    """Articles that have no calendar are held to true dates as well."""
    found = check_article(ReviewInFuture(), f"---\n{state}\nlast_reviewed_on: 2027-01-01\n---\n")
    assert [one.line for one in found] == [3]


@pytest.mark.parametrize("lines", ["title: x", "last_reviewed_on:", "last_reviewed_on: 3026-01-01", "expires: 2027-01-01"])
def test_clean(lines: str) -> None:
    """Without a date that can be read there is nothing to say, and other dates may lie ahead."""
    assert check_article(ReviewInFuture(), f"---\n{lines}\n---\n") == []


def test_preset() -> None:
    """The finding stands at the author's own key."""
    found = check_article(ReviewInFuture(), "---\ntitle: x\nms.date: 12/31/2026\n---\n", config='preset = "microsoft"')
    assert [(one.line, one.column) for one in found] == [(3, 1)]
