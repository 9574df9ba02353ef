"""Freshness: by when a review is due, and the verdict that an article's findings add up to."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbtool.articles import Article, load_article
from kbtool.config import Config, load_config
from kbtool.dates import Interval
from kbtool.finding import Finding, Severity, Verdict
from kbtool.freshness import ExpiryBlock, add, expiry_blocks, on_the_calendar, review_by, review_interval, verdict
from kbtool.testing import knowledge_base

CONFIG = '[tool.kbtool]\nreview_in = "9 months"\n[tool.kbtool.intervals]\nconcept = "2 years"\nlow = "5 years"\n'


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Return a configuration with intervals of its own."""
    folder = tmp_path_factory.mktemp("kb")
    (folder / "content").mkdir()
    (folder / "pyproject.toml").write_text(CONFIG)
    return load_config(folder)


@pytest.fixture(scope="module")
def read(config: Config) -> Callable[[str], Article]:
    """Return a function that reads an article from the lines of its front matter, and a body."""

    def read_lines(front_matter: str, body: str = "") -> Article:
        Path(config.root / "content/a.md").write_text(f"---\n{front_matter}\n---\n{body}")
        return load_article(config, "a.md")

    return read_lines


@pytest.mark.parametrize(
    ("front_matter", "interval"),
    [
        ("title: x", Interval(months=9)),
        ("content_type: how-to", Interval(months=6)),
        ("content_type: troubleshooting", Interval(months=6)),
        ("content_type: known-issue", Interval(months=3)),
        ("content_type: runbook", Interval(months=3)),
        ("content_type: reference", Interval(months=12)),
        ("content_type: concept", Interval(months=24)),
        ("risk: high", Interval(months=3)),
        ("risk: low", Interval(months=60)),
        ("risk: medium", Interval(months=9)),
        ("content_type: concept\nrisk: high", Interval(months=3)),
        ("content_type: concept\nrisk: low", Interval(months=24)),
        ("content_type: runbook\nrisk: high\nreview_in: 2 years", Interval(months=24)),
        ("review_in: 90 days", Interval(days=90)),
    ],
)
def test_how_long_a_review_holds(read: Callable[..., Article], config: Config, front_matter: str, interval: Interval) -> None:
    """The article's own word goes first, then the shortest that its type and risk ask for, then the configuration."""
    assert review_interval(read(front_matter), config) == interval


@pytest.mark.parametrize(
    ("front_matter", "due"),
    [
        ("last_reviewed_on: 2026-01-15", "2026-10-15"),
        ("last_reviewed_on: 2026-08-31\nreview_in: 6 months", "2027-02-28"),
        ("last_reviewed_on: 2027-08-31\nreview_in: 6 months", "2028-02-29"),
        ("last_reviewed_on: 2024-02-29\nreview_in: 1 year", "2025-02-28"),
        ("last_reviewed_on: 2026-01-15\nreview_in: P10D", "2026-01-25"),
        ("last_reviewed_on: 2199-12-01\nreview_in: 1 year", "2199-12-31"),
        ("title: x", None),
        ("last_reviewed_on: 2026-01-15\nevergreen: it does not change", None),
        ("last_reviewed_on: 2026-01-15\nconfidence: archived", None),
        ("last_reviewed_on: 2026-01-15\nreview_in: soon", None),
        ("last_reviewed_on: yesterday", None),
    ],
)
def test_by_when_a_review_is_due(read: Callable[..., Article], config: Config, front_matter: str, due: str | None) -> None:
    """Calendar arithmetic with the end of the month cut; no date where the calendar does not apply or cannot be read."""
    assert review_by(read(front_matter), config) == (dt.date.fromisoformat(due) if due else None)


@pytest.mark.parametrize(
    ("front_matter", "on"),
    [("title: x", True), ("evergreen: why", False), ("evergreen: ", True), ("confidence: archived", False), ("draft: true", True)],
)
def test_what_is_on_the_calendar(read: Callable[..., Article], front_matter: str, on: bool) -> None:
    """Evergreen needs its reason, archived needs none; all else falls due."""
    assert on_the_calendar(read(front_matter)) is on


DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2199, 12, 31))


@given(day=DAYS, later=DAYS, months=st.integers(0, 600), days=st.integers(0, 18300))
def test_a_later_review_is_never_due_earlier(day: dt.date, later: dt.date, months: int, days: int) -> None:
    """Adding an interval keeps the order of days, never goes back, and never leaves the calendar."""
    interval = Interval(months, days)
    first, second = sorted([day, later])
    assert first <= add(first, interval) <= add(second, interval)


def made(code: str, severity: Severity, message: str) -> Finding:
    """Return a finding about the article."""
    return Finding(code=code, name="x", severity=severity, path="content/a.md", message=message)


OVERDUE, DUE = made("KB102", Severity.ERROR, "overdue"), made("KB103", Severity.WARNING, "due")
LINK = made("KB201", Severity.ERROR, "broken link")


@pytest.mark.parametrize(
    ("front_matter", "findings", "word", "reasons"),
    [
        ("last_reviewed_on: 2026-10-01", [], Verdict.FRESH, ()),
        ("last_reviewed_on: 2026-10-01", [LINK], Verdict.FRESH, ()),
        ("last_reviewed_on: 2026-10-01", [DUE], Verdict.DUE, ("due",)),
        ("last_reviewed_on: 2026-10-01", [DUE, OVERDUE, LINK], Verdict.STALE, ("overdue",)),
        ("evergreen: why", [OVERDUE], Verdict.STALE, ("overdue",)),
        ("confidence: archived", [], Verdict.ARCHIVED, ()),
        ("last_reviewed_on: never", [], Verdict.UNKNOWN, ("last_reviewed_on: 'never' is not a date",)),
        ("last_reviewed_on: 2026-10-01\nreview_in: soon", [], Verdict.UNKNOWN, ("review_in: 'soon' is not an interval",)),
        ("expires: soon", [], Verdict.UNKNOWN, ("expires: 'soon' is not a date",)),
        ("audience: pubic", [OVERDUE], Verdict.UNKNOWN, ("audience: 'pubic' is not one of internal, public",)),
        ("last_reviewed_on: 2026-10-01\ntagz: x", [], Verdict.FRESH, ()),
        ("last_reviewed_on: 2026-10-01\nrisk: extreme", [], Verdict.FRESH, ()),
    ],
)
def test_the_verdict_on_an_article(
    read: Callable[..., Article], config: Config, front_matter: str, findings: list[Finding], word: Verdict, reasons: tuple[str, ...]
) -> None:
    """Freshness errors make it stale, warnings due; what decides and cannot be read makes it unknown, and never fresh."""
    found = verdict(read(front_matter), findings, config)
    assert (found.path, found.verdict, found.reasons) == ("content/a.md", word, reasons)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a\n<!-- expires 2026-12-31 -->\nb\n<!-- end expires -->\n", [ExpiryBlock(5, dt.date(2026, 12, 31))]),
        ("<!-- expires: 2026-12-31 -->\n<!-- end expires -->\n", [ExpiryBlock(4, dt.date(2026, 12, 31))]),
        ("<!-- expires 2026-12-32 -->\n<!-- end expires -->\n", "expires: there is no day '2026-12-32' in the calendar"),
        ("<!-- expires soon -->\n<!-- end expires -->\n", "expires: 'soon' is not a date"),
        ("<!-- expires -->\n<!-- end expires -->\n", "the end or the start of a part that expires, without its day"),
        ("<!-- expires 2026-12-31 -->\nb\n", "a part that expires starts here and never ends"),
        ("```\n<!-- expires 2026-12-31 -->\n```\n", []),
        ("<!-- end expires -->\n", "the end or the start of a part that expires, without its day"),
        ("<!-- it expires some day -->\n", []),
    ],
)
def test_parts_that_expire(read: Callable[..., Article], body: str, expected: list[ExpiryBlock] | str) -> None:
    """Each part has its day, or the fault for which it has none; in code there are no such parts."""
    found = list(expiry_blocks(read("title: x", body)))
    if isinstance(expected, str):
        assert [(block.line, block.day, block.fault) for block in found] == [(4, None, expected)]
        assert found[0].hint
    else:
        assert found == expected


def test_what_nobody_can_be_shown_is_never_fresh(tmp_path: Path) -> None:
    """An article whose name cannot stand on a page has no other finding about its freshness, and is unknown."""
    evidence = knowledge_base(tmp_path, {os.fsdecode(b"content/a\xff.md"): "---\ntitle: x\nlast_reviewed_on: 2026-11-01\n---\n"})
    found = verdict(evidence.articles[0], [], evidence.config)
    assert (found.verdict, found.reasons) == (Verdict.UNKNOWN, ("its file cannot be named on a page",))
