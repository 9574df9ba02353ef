"""KB103 review-due."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.review_due import ReviewDue
from kbtool.testing import check_article, in_words

TEXT = "---\ntitle: x\nlast_reviewed_on: 2026-01-15\nreview_in: 6 months\n---\n"  # due by 2026-07-15


@pytest.mark.parametrize(
    ("today", "days"),
    [("2026-06-30", None), ("2026-07-01", "14 days"), ("2026-07-13", "2 days"), ("2026-07-14", "1 day"), ("2026-07-15", None)],
)
def test_the_fourteen_days_before(today: str, days: str | None) -> None:
    """The warning stands for the 14 days before the due day; on that day KB102 takes over."""
    words = [f"content/article.md:3:1 KB103 warning: the review is due by 2026-07-15, in {days} (review it now)"]
    assert in_words(check_article(ReviewDue(), TEXT, today=today)) == (words if days else [])


@pytest.mark.parametrize(("today", "fires"), [("2026-06-14", False), ("2026-06-15", True), ("2026-07-14", True)])
def test_due_soon_of_the_configuration(today: str, *, fires: bool) -> None:
    """The configuration sets how long before the due day the warning comes, in calendar months too."""
    assert bool(check_article(ReviewDue(), TEXT, today=today, config='due_soon = "1 month"')) is fires


def test_evidence() -> None:
    """The finding carries the due day and the days left as data."""
    found = check_article(ReviewDue(), TEXT, today="2026-07-10")
    assert [dict(one.evidence) for one in found] == [{"review_by": "2026-07-15", "days_left": 5}]


@pytest.mark.parametrize(
    "lines",
    [
        "title: x", "last_reviewed_on: 2026-10-01", "last_reviewed_on: 2026-06-01\nevergreen: a law",
        "last_reviewed_on: 2026-06-01\nconfidence: archived", "last_reviewed_on: 2026-06-01\nreview_in: soon",
    ],
)
def test_clean(lines: str) -> None:
    """What is not near, has no calendar, or has an interval that cannot be read is clean."""
    assert check_article(ReviewDue(), f"---\n{lines}\n---\n") == []
