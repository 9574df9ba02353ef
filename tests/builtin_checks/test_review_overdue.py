"""KB102 review-overdue."""

from __future__ import annotations

import pytest

from kbtool.builtin_checks.review_overdue import ReviewOverdue
from kbtool.testing import check_article, check_files, in_words

HINT = "read it against the product, then run `kbtool review content/article.md`"


def reviewed(day: str, *lines: str) -> str:
    return "\n".join(["---", "title: x", f"last_reviewed_on: {day}", *lines, "---", ""])


@pytest.mark.parametrize(
    ("today", "since"),
    [("2026-07-14", None), ("2026-07-15", "today"), ("2026-07-16", "1 day ago"), ("2026-08-15", "31 days ago")],
)
def test_the_day_itself_fires(today: str, since: str | None) -> None:
    """The review is overdue from the very day on that the interval ends."""
    found = check_article(ReviewOverdue(), reviewed("2026-01-15", "review_in: 6 months"), today=today)
    words = [f"content/article.md:3:1 KB102 error: the review was due by 2026-07-15, {since} ({HINT})"]
    assert in_words(found) == (words if since else [])


def test_a_path_that_a_shell_would_take_apart() -> None:
    """The command of the hint is one that can be pasted."""
    found = check_article(ReviewOverdue(), reviewed("2026-01-15"), path="content/x y's.md", today="2027-01-30")
    assert found[0].hint == """read it against the product, then run `kbtool review 'content/x y'"'"'s.md'`"""


def test_evidence() -> None:
    """The finding carries the due day and the days since as data."""
    found = check_article(ReviewOverdue(), reviewed("2026-01-15", "review_in: 10 days"), today="2026-01-30")
    assert [dict(one.evidence) for one in found] == [{"review_by": "2026-01-25", "days_late": 5}]


DUE = {
    "month's end": (("2025-08-31", "review_in: 6 months"), "2026-02-28"),
    "leap day": (("2024-02-29", "review_in: 1 year"), "2025-02-28"),
    "days": (("2026-01-01", "review_in: 90 days"), "2026-04-01"),
    "words": (("2026-01-01", "review_in: six weeks"), "2026-02-12"),
    "ISO": (("2026-01-01", "review_in: P3M"), "2026-04-01"),
    "a time before midnight in UTC": (("2026-01-02T10:00:00+13:00", "review_in: 1 month"), "2026-02-01"),
    "how-to": (("2026-01-01", "content_type: how-to"), "2026-07-01"),
    "concept": (("2025-10-01", "content_type: concept"), "2026-10-01"),
    "runbook": (("2026-01-01", "content_type: runbook"), "2026-04-01"),
    "risk": (("2026-01-01", "content_type: concept", "risk: high"), "2026-04-01"),
    "low risk": (("2025-10-01", "content_type: concept", "risk: low"), "2026-10-01"),
    "its own interval wins": (("2026-01-01", "content_type: concept", "risk: high", "review_in: 1 month"), "2026-02-01"),
    "nothing said": (("2026-01-01",), "2026-07-01"),
    "not validated": (("2026-01-01", "confidence: not-validated"), "2026-07-01"),
}


@pytest.mark.parametrize(("text", "due"), DUE.values(), ids=DUE)
def test_due_day(text: tuple[str, ...], due: str) -> None:
    """The due day is calendar arithmetic on the article's own interval, else on that of its type and risk."""
    assert [found.evidence["review_by"] for found in check_article(ReviewOverdue(), reviewed(*text))] == [due]
    assert [found.evidence["days_late"] for found in check_article(ReviewOverdue(), reviewed(*text), today=due)] == [0]


CLEAN = {
    "recent": ("2026-11-01",),
    "the future": ("2027-11-01", "review_in: 1 day"),
    "evergreen": ("2020-01-01", "evergreen: a law"),
    "archived": ("2020-01-01", "confidence: archived"),
    "unreadable interval": ("2020-01-01", "review_in: soon"),
    "unreadable date": ("2020-02-30",),
    "the last year": ("2199-12-31", "review_in: 50 years"),
}


@pytest.mark.parametrize("text", CLEAN.values(), ids=CLEAN)
def test_clean(text: tuple[str, ...]) -> None:
    """What is not due, has no calendar, or cannot be read (KB001) is clean."""
    assert check_article(ReviewOverdue(), reviewed(*text)) == []


@pytest.mark.parametrize(
    ("grace", "today", "fires"),
    [
        (14, "2026-07-28", ["warning"]), (14, "2026-07-29", ["error"]), (1, "2026-07-15", ["warning"]), (0, "2026-07-15", ["error"]),
        (-5, "2026-07-14", []), (10**12, "2026-11-22", ["warning"]),
    ],
)
def test_grace_days(grace: int, today: str, fires: list[str]) -> None:
    """For that many days it is a warning; the option cannot make a review overdue before its day, nor hide that it is."""
    text = reviewed("2026-01-15", "review_in: 6 months")
    assert [found.severity for found in check_article(ReviewOverdue(grace_days=grace), text, today=today)] == fires


def test_configuration() -> None:
    """Intervals and severity come from the configuration, a folder's table, or the article, the nearest first."""
    config = (
        'review_in = "1 month"\nintervals = {how-to = "2 months"}\n[tool.kbtool.checks.review-overdue]\nseverity = "warning"\n'
        '[tool.kbtool.defaults."slow/**"]\nreview_in = "3 months"'
    )
    files = {
        "content/a.md": reviewed("2026-01-01"), "content/b.md": reviewed("2026-01-01", "content_type: how-to"),
        "content/slow/c.md": reviewed("2026-01-01", "content_type: how-to"),
        "content/slow/d.md": reviewed("2026-01-01", "review_in: 4 months"),
    }
    found = check_files(ReviewOverdue(), files, config=config)
    assert [one.evidence["review_by"] for one in found] == ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"]
    assert {one.severity for one in found} == {"warning"}


def test_presets() -> None:
    """A date under a preset's key is judged, and the finding stands there."""
    text = "---\ntitle: x\nauthor: ana\nms.date: 01/15/2026\nms.update-cycle: 180-days\n---\n"
    assert in_words(check_article(ReviewOverdue(), text, config='preset = "microsoft"')) == [
        f"content/article.md:4:1 KB102 error: the review was due by 2026-07-14, 131 days ago ({HINT})",
    ]
